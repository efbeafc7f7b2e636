//! Where the tokens of a run come from.

mod clerk;
mod command;
mod file;
mod local;

pub use clerk::Clerk;
pub use command::TokenCommand;
pub use file::TokenFile;
pub use local::Local;

use crate::{Jwt, Key, Stamp, TokenError};
use fieldday_api::SmolStr;
use fieldday_api::defaults::TOKEN_FETCH_LIMIT;
use fieldday_api::names::Role;
use fieldday_kernel::time::{Span, Time};
use fieldday_scenario::{TokenSource, Tokens};
use std::path::Path;
use std::time::{Duration, Instant};
use tracing::{debug, warn};

/// How long a fetch may take, with all its repeats: the app waits no longer either.
const FETCH_LIMIT: Duration = Duration::from_micros(TOKEN_FETCH_LIMIT.as_micros() as u64);

/// The user for whom a token is wanted, and the claims that it should make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The user's id, as tokens have it.
    pub user_id: SmolStr,
    /// The id of the user's tenant, as tokens have it.
    pub tenant: SmolStr,
    /// The role that the token should give.
    pub role: Role,
    /// What the token calls that: one of the names that §0.1 maps.
    pub role_name: SmolStr,
}

/// Where the tokens of a run come from. None of them shows a secret in its Debug.
#[derive(Debug)]
pub enum Source {
    /// The tokens are signed here.
    Local(Local),
    /// The tokens stand in a file.
    File(TokenFile),
    /// A command prints a token each time.
    Command(TokenCommand),
    /// Clerk's Backend API creates the tokens.
    Clerk(Clerk),
}

/// The key that signs where the scenario names none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keyless {
    /// A new one, which is good for this run alone: the tool's own mock is told of it.
    Generated,
    /// The development key: for targets on the loopback.
    Development,
}

impl Source {
    /// The source that a scenario names. `life` is how long a token lives where the scenario's section does not say. Clerk's
    /// address and secret are in the environment. `keyless` is the key that signs where the section names none.
    pub fn of(settings: &Tokens, life: Span, keyless: Keyless) -> Result<Source, TokenError> {
        let path = settings.path.as_deref().unwrap_or_default();
        let said = settings.life_s.map(|seconds| Span::seconds(i64::from(seconds)));
        Ok(match settings.source {
            TokenSource::Local => {
                let key = match &settings.key {
                    Some(file) => Key::load(Path::new(file))?,
                    None if keyless == Keyless::Development => Key::development(),
                    None => Key::generate(crate::Algorithm::EdDsa)?,
                };
                let stamp = Stamp { issuer: settings.issuer.clone(), azp: settings.azp.clone() };
                let named_by = (settings.tenant_claim, settings.user_claim, settings.role_claim);
                Source::Local(Local { key: key.stamping(stamp), named_by, life: said.unwrap_or(life) })
            }
            TokenSource::File => Source::File(TokenFile::open(Path::new(path))?),
            TokenSource::Command => Source::Command(TokenCommand::new(settings.command.clone())),
            TokenSource::Clerk => Source::Clerk(Clerk::from_environment(said)?),
        })
    }

    /// The key that signs, if tokens are signed here: what a mock is to trust.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Source::Local(local) => Some(&local.key),
            Source::File(_) | Source::Command(_) | Source::Clerk(_) => None,
        }
    }

    /// A token for `who`, good at `now`. Every call fetches; a [`Wallet`](crate::Wallet) keeps what was fetched.
    pub async fn token(&self, who: &Identity, now: Time) -> Result<Jwt, TokenError> {
        let (began, user) = (Instant::now(), who.user_id.as_str());
        let fetched = self.fetch(who, now).await;
        let took_us = began.elapsed().as_micros();
        match &fetched {
            Ok(_) => debug!(user, took_us, "token fetched"),
            Err(error) => warn!(user, took_us, %error, "no token"),
        }
        fetched
    }

    async fn fetch(&self, who: &Identity, now: Time) -> Result<Jwt, TokenError> {
        let jwt = match self {
            Source::Local(local) => return Ok(local.token(who, now)),
            Source::File(file) => file.token(who)?,
            Source::Command(command) => command.token(who).await?,
            Source::Clerk(clerk) => clerk.token(who).await?,
        };
        // Somebody else's token would make this rep somebody else, and every verdict about both a wrong one.
        if jwt.claims.user.as_ref().is_some_and(|user| *user != who.user_id) {
            return Err(TokenError::OfAnother { user: who.user_id.clone(), what: "user" });
        }
        if jwt.claims.tenant.as_ref().is_some_and(|tenant| *tenant != who.tenant) {
            return Err(TokenError::OfAnother { user: who.user_id.clone(), what: "tenant" });
        }
        if jwt.expires_at() <= now {
            return Err(TokenError::Expired { user: who.user_id.clone(), at: jwt.expires_at() });
        }
        Ok(jwt)
    }
}
