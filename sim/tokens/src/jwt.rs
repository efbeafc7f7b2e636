//! A signed token. Its text is a secret: whoever has it is that user for a minute.

use crate::{claims, jwk};
use fieldday_api::token::Claims;
use fieldday_kernel::time::Time;
use serde_json::{Map, Value};
use std::fmt;

/// A signed token, with what it says. Printing one prints when it ends, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwt {
    text: String,
    /// The claims in the token; times are whole seconds.
    pub claims: Claims,
}

impl Jwt {
    pub(crate) fn new(text: String, claims: Claims) -> Jwt {
        Jwt { text, claims }
    }
    /// A token from elsewhere, whose signature is nobody's business here; none if it is no token, or does not say when it
    /// ends.
    pub(crate) fn read(text: &str) -> Option<Jwt> {
        let mut parts = text.split('.');
        let (_, payload, _) = (parts.next().filter(|head| !head.is_empty())?, parts.next()?, parts.next()?);
        let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.=".contains(&b));
        if parts.next().is_some() || !is_plain {
            return None;
        }
        let json: Map<String, Value> = serde_json::from_slice(&jwk::decoded(payload)?).ok()?;
        Some(Jwt { claims: claims::from_json(&json)?, text: text.to_owned() })
    }
    /// When it was issued, as `iat` says.
    pub fn issued_at(&self) -> Time {
        self.claims.issued_at
    }
    /// From when it is refused (but for the leeway), as `exp` says.
    pub fn expires_at(&self) -> Time {
        self.claims.expires_at
    }
    /// The token itself. Whoever calls this is answerable for where it goes.
    pub fn expose(&self) -> &str {
        &self.text
    }
    /// The value of an `Authorization` header with it, as secret as the token itself.
    pub fn expose_as_bearer(&self) -> String {
        format!("Bearer {}", self.text)
    }
    /// The same token with another signature of the same length: one that does not verify.
    pub fn forged(&self) -> Jwt {
        let (signed, signature) = self.text.rsplit_once('.').unwrap_or((&self.text, ""));
        // Another first letter is another first six bits, whatever the algorithm.
        let first = if signature.starts_with('A') { 'B' } else { 'A' };
        Jwt { text: format!("{signed}.{first}{}", signature.get(1..).unwrap_or_default()), ..self.clone() }
    }
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token until {}", self.expires_at())
    }
}
impl fmt::Display for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
