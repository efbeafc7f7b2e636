//! Why a target refuses a token: what its answer says, and, where that is nothing, what it answers to other tokens.

use super::{Asking, Preflight};
use crate::http::Exchange;
use fieldday_api::call::{Answer, Call};
use fieldday_api::dialect::read_answer_to;
use fieldday_api::error::ErrorCode;
use fieldday_api::private::scrub;
use fieldday_kernel::time::{Span, Time};
use fieldday_tokens::{Identity, Jwt, Key};
use serde_json::Value;

/// The reason why the target refuses a token.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenTrouble {
    /// Something in front of the API wants another kind of authentication.
    #[error("it asks for {0} authentication, so a proxy answers instead of the API")]
    Proxy(String),
    /// The key that signs is none that the target trusts.
    #[error("it does not accept the key that signs{}", if *is_development { ", which is the development key" } else { "" })]
    Key {
        /// Whether no key was named, so that the development key signs.
        is_development: bool,
    },
    /// The key is right and the user unknown.
    #[error("it trusts the key, but does not know the user {user} of {tenant}")]
    User {
        /// The id of the user that the token names.
        user: String,
        /// The id of the tenant that the token names.
        tenant: String,
    },
    /// The target finds no tenant in the token.
    #[error("it finds no tenant in the token, whose claim for it is {0}")]
    Tenant(&'static str),
    /// The role may not do what every rep may.
    #[error("the role {role:?} in the claim {claim} may not read what every rep may read")]
    Role {
        /// The name of the role in the token.
        role: String,
        /// The claim that holds the role.
        claim: &'static str,
    },
    /// The target thinks that the token has expired.
    #[error("it considers the token expired{}", of_clock(*ahead))]
    Expired {
        /// How far ahead its clock is, if it says what time it is.
        ahead: Option<Span>,
    },
    /// The target thinks that the token is of the future.
    #[error("it considers the token not valid yet{}", of_clock(*ahead))]
    NotYetValid {
        /// How far ahead its clock is, if it says what time it is.
        ahead: Option<Span>,
    },
    /// The target's answers do not tell which of the causes it is.
    #[error("it gives the same answer to {same}, so it is unknown whether key, user or time is wrong{}", said(says))]
    Untold {
        /// The tokens to which it gives the same answer, in words.
        same: &'static str,
        /// The message of the target's answer; empty if it had none.
        says: String,
    },
}

fn of_clock(ahead: Option<Span>) -> String {
    match ahead {
        None => ", and its clock is unknown".to_owned(),
        Some(ahead) if ahead.as_seconds() == 0 => ", though its clock agrees with this one".to_owned(),
        Some(ahead) => format!("; its clock is {}", ahead_words(ahead)),
    }
}

fn said(says: &str) -> String {
    if says.is_empty() { String::new() } else { format!("; it says {says:?}") }
}

impl TokenTrouble {
    /// What the user can do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            TokenTrouble::Proxy(_) => "name an address behind it, or have it let this machine pass",
            TokenTrouble::Key { is_development: true } => {
                "only `fieldday mock` on the loopback trusts it: --key FILE or [tokens] names a key that the target trusts \
                 (`fieldday tokens new-key`, `fieldday tokens jwks`), or another source of tokens"
            }
            TokenTrouble::Key { is_development: false } => {
                "the target must trust the key that signs (`fieldday tokens jwks`), or [tokens] name another source"
            }
            TokenTrouble::User { .. } => {
                "load the scenario's data (`provision` in [data]), or list the target's users (`users` in [data]): docs/data.md"
            }
            TokenTrouble::Tenant(_) => "set `tenant_claim` in [tokens] to the claim that the target reads",
            TokenTrouble::Role { .. } => "set `role_claim` in [tokens], and the roles in the file of users",
            TokenTrouble::Expired { .. } => {
                "correct a clock, use a longer token life (`life_s` in [tokens]), or renew the tokens in the file"
            }
            TokenTrouble::NotYetValid { .. } => "correct one of the clocks",
            TokenTrouble::Untold { .. } => {
                "check in this order: that the target trusts the key (`fieldday tokens jwks`), `issuer` and the claims in [tokens], the target's users, its clock; the target's log may say which it is"
            }
        }
    }
}

/// What an answer says, to be compared with others.
struct Says {
    status: u16,
    /// The code, as the target writes it.
    code: Option<String>,
    known: Option<ErrorCode>,
    message: String,
}

impl PartialEq for Says {
    /// Without what differs from answer to answer by itself: ids, times and counts in a message.
    fn eq(&self, other: &Says) -> bool {
        let words = |text: &str| -> Vec<String> {
            let of = text.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
            of.map(str::to_owned).collect()
        };
        (self.status, &self.code, self.known) == (other.status, &other.code, other.known)
            && words(&self.message) == words(&other.message)
    }
}

impl Asking<'_> {
    fn says(&self, call: &Call, answer: &Exchange) -> Says {
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = ["/detail/error_code", "/error_code", "/code", "/error/code"].iter().find_map(|at| json.pointer(at));
        let read =
            read_answer_to(call, answer.status, answer.content_type.as_deref(), &answer.body, &self.wire.dialect);
        let (known, mut message) = match read.answer {
            Answer::Error(body) => (Some(body.detail.error_code), body.detail.message.to_string()),
            _ => (None, String::new()),
        };
        // RFC 6750: why a bearer token is refused stands in the challenge.
        if let Some((_, described)) = answer.challenge.as_deref().and_then(|text| text.split_once("error_description="))
        {
            let described = described.trim_start_matches('"').split('"').next().unwrap_or_default();
            message = format!("{message} {}", scrub(described)).trim().to_owned();
        }
        Says { status: answer.status, code: code.and_then(Value::as_str).map(str::to_owned), known, message }
    }

    /// What is wrong with the token that was answered so.
    pub(super) async fn why_refused(
        &self,
        call: &Call,
        answer: &Exchange,
        (who, jwt): (&Identity, &Jwt),
        others: &[Identity],
        (now, seen): (Time, &Preflight),
    ) -> TokenTrouble {
        let scheme = answer.challenge.as_deref().and_then(|text| text.split_whitespace().next()).unwrap_or("Bearer");
        if !scheme.eq_ignore_ascii_case("bearer") && scheme.bytes().all(|b| b.is_ascii_alphabetic()) {
            return TokenTrouble::Proxy(scheme.to_owned());
        }
        let (real, ahead) = (self.says(call, answer), seen.clock_ahead);
        let message = real.message.to_ascii_lowercase();
        let mentions = |words: &[&str]| words.iter().any(|word| message.contains(word));
        match real.known {
            Some(ErrorCode::TokenExpired) => return TokenTrouble::Expired { ahead },
            Some(ErrorCode::MissingTenantId) => return TokenTrouble::Tenant(jwt.claims.named_by.0.as_str()),
            _ if mentions(&["not yet valid", "immature", "nbf", "iat)"]) => return TokenTrouble::NotYetValid { ahead },
            _ if mentions(&["expired"]) => return TokenTrouble::Expired { ahead },
            _ if real.status == 403 => {
                let role = jwt.claims.role.as_deref().unwrap_or_default().to_owned();
                return TokenTrouble::Role { role, claim: jwt.claims.named_by.2.as_str() };
            }
            _ => {}
        }
        let unknown = || TokenTrouble::User { user: who.user_id.to_string(), tenant: who.tenant.to_string() };
        // Somebody else's token that is taken shows that key and time are right.
        for other in others {
            let Ok(token) = self.wire.wallet.token(other, now).await else { continue };
            if self.asked(call, &token).await.is_some_and(|answer| answer.status < 400) {
                return unknown();
            }
        }
        let forged = self.asked(call, &jwt.forged()).await.map(|answer| self.says(call, &answer));
        if forged.as_ref().is_some_and(|forged| *forged != real) {
            return unknown();
        }
        let Some(key) = self.wire.wallet.source().key() else {
            return TokenTrouble::Untold { same: "a token whose signature is broken", says: real.message };
        };
        let long_ago = now - Span::hours(24 * 7);
        let mut claims = jwt.claims.clone();
        (claims.issued_at, claims.expires_at) = (long_ago, long_ago + Span::seconds(60));
        let expired = self.asked(call, &key.sign(&claims)).await.map(|answer| self.says(call, &answer));
        let same = "a token that has expired and to one whose signature is broken";
        match expired {
            // It reads what this key signs, for it sees that it has expired.
            Some(expired) if expired != real => unknown(),
            // A target that keeps to the codes of the specification would say so.
            Some(_) if real.code.as_deref() == Some("INVALID_TOKEN") => {
                TokenTrouble::Key { is_development: key.kid() == Key::development().kid() }
            }
            _ => TokenTrouble::Untold { same, says: real.message },
        }
    }
    async fn asked(&self, call: &Call, token: &Jwt) -> Option<Exchange> {
        self.ask(call, Some(&token.expose_as_bearer())).await.ok()
    }
}

/// How far a clock is off.
pub(super) fn ahead_words(ahead: Span) -> String {
    format!("{} s {}", ahead.as_seconds().abs(), if ahead > Span::ZERO { "ahead" } else { "behind" })
}
