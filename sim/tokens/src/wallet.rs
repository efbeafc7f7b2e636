//! The tokens of all users of a run: one fetch at a time for each, and a few at a time for all.

use crate::{Identity, Jwt, Source, TokenError};
use fieldday_api::SmolStr;
use fieldday_api::defaults::REFRESH_MARGIN;
use fieldday_kernel::time::Time;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Tokens as they are handed out: the same to everybody who asked while they were fetched.
type Outcome = Result<Jwt, Arc<TokenError>>;

/// The tokens of all users of a run.
pub struct Wallet {
    source: Source,
    users: Mutex<HashMap<SmolStr, Arc<User>>>,
    permits: Semaphore,
    fetches: AtomicU64,
}

/// One user's place in the wallet.
#[derive(Default)]
struct User {
    /// How many fetches ended. Whoever waited while it grew has its answer.
    ended: AtomicU64,
    last: tokio::sync::Mutex<Option<Outcome>>,
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wallet").field("source", &self.source).field("fetches", &self.fetches()).finish()
    }
}

impl Wallet {
    /// Fetches from `source`, so many at a time at most.
    pub fn new(source: Source, parallel: usize) -> Wallet {
        let permits = Semaphore::new(parallel.clamp(1, Semaphore::MAX_PERMITS));
        Wallet { source, users: Mutex::default(), permits, fetches: AtomicU64::new(0) }
    }

    /// The source that the tokens come from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The number of tokens that were asked of the source so far.
    pub fn fetches(&self) -> u64 {
        self.fetches.load(Ordering::Relaxed)
    }

    /// A token for `who` that lives for ten seconds yet: the one in hand, or a new one. For whoever keeps no token of
    /// its own.
    pub async fn token(&self, who: &Identity, now: Time) -> Outcome {
        self.get(who, now, |held| held.expires_at().since(now) > REFRESH_MARGIN).await
    }

    /// A new token for `who`. For an app, which asks only when its own is about to end or was refused.
    pub async fn fresh(&self, who: &Identity, now: Time) -> Outcome {
        self.get(who, now, |_| false).await
    }

    async fn get(&self, who: &Identity, now: Time, is_good: impl Fn(&Jwt) -> bool) -> Outcome {
        let user = {
            let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
            users.entry(who.user_id.clone()).or_default().clone()
        };
        let ended_before = user.ended.load(Ordering::Acquire);
        // Held over the fetch: others of this user wait here, and if this future is dropped, the next of them fetches.
        let mut last = user.last.lock().await;
        match &*last {
            Some(Ok(held)) if is_good(held) => return Ok(held.clone()),
            // Somebody fetched meanwhile. Even an error is shared: a thousand who ask in vain make one fetch.
            Some(outcome) if user.ended.load(Ordering::Acquire) != ended_before => return outcome.clone(),
            _ => {}
        }
        let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
        self.fetches.fetch_add(1, Ordering::Relaxed);
        let outcome = self.source.token(who, now).await.map_err(Arc::new);
        *last = Some(outcome.clone());
        user.ended.fetch_add(1, Ordering::Release);
        outcome
    }
}
