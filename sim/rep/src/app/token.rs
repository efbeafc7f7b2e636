//! The session token: 60 s of life, fetched again within its last 10, by one fetch at a time (§0.1, §0.3).

use super::App;
use super::defects::AppDefect;
use fieldday_api::defaults::TOKEN_FETCH_LIMIT;
use fieldday_api::token::Credential;
use fieldday_history::EventKind;
use fieldday_history::event::RefreshReason;
use fieldday_kernel::time::Time;
use std::rc::Rc;

/// The session token in the app's memory.
#[derive(Clone)]
pub struct Held {
    credential: Rc<Credential>,
    expires_at: Time,
}

impl App {
    /// A token that is good for a while yet; none if none can be had.
    pub(super) async fn token(&self) -> Option<Rc<Credential>> {
        loop {
            let held = self.memory.token.borrow().clone();
            let reason = match &held {
                Some(held) if held.expires_at.since(self.now()) > self.phone.settings.refresh_margin => {
                    return Some(held.credential.clone());
                }
                Some(_) => RefreshReason::Expiring,
                None => RefreshReason::First,
            };
            if self.memory.fetching.get() && !self.has(AppDefect::RefreshStampede) {
                self.memory.fetched.wait().await;
                // Whoever fetched may have failed; then an old token that still lives is better than none.
                match self.memory.token.borrow().clone() {
                    Some(held) if held.expires_at > self.now() => return Some(held.credential),
                    _ if self.phone.station.online() => continue,
                    _ => return None,
                }
            }
            return match self.fetch(reason).await {
                Some(credential) => Some(credential),
                None => held.filter(|held| held.expires_at > self.now()).map(|held| held.credential),
            };
        }
    }
    /// How long the token in hand lives yet.
    pub(crate) fn token_lives(&self) -> Option<fieldday_kernel::time::Span> {
        self.memory.token.borrow().as_ref().map(|held| held.expires_at.since(self.now()))
    }
    /// The token in memory, expired or not; none before the first.
    pub(super) fn held_token(&self) -> Option<Rc<Credential>> {
        self.memory.token.borrow().as_ref().map(|held| held.credential.clone())
    }
    /// A token in the place of `refused`, which the backend did not take.
    pub(super) async fn token_after_refusal(&self, refused: &Rc<Credential>) -> Option<Rc<Credential>> {
        if self.has(AppDefect::RetriesWithOldToken) {
            return Some(refused.clone());
        }
        let held = self.memory.token.borrow().clone();
        match held {
            // Another call's refusal already brought a new one.
            Some(held) if !Rc::ptr_eq(&held.credential, refused) => Some(held.credential),
            _ if self.memory.fetching.get() => {
                self.memory.fetched.wait().await;
                self.memory.token.borrow().clone().map(|held| held.credential)
            }
            _ => self.fetch(RefreshReason::Refused).await,
        }
    }
    async fn fetch(&self, why: RefreshReason) -> Option<Rc<Credential>> {
        self.memory.fetching.set(true);
        let claims = self.phone.station.fetch_token(self.now() + TOKEN_FETCH_LIMIT).await;
        self.memory.fetching.set(false);
        let credential = claims.map(|claims| {
            let expires_at = claims.expires_at;
            let credential = Rc::new(Credential::Token(claims));
            *self.memory.token.borrow_mut() = Some(Held { credential: credential.clone(), expires_at });
            credential
        });
        self.record(match credential {
            Some(_) => EventKind::TokenRefreshed { why },
            None => EventKind::TokenUnavailable,
        });
        if credential.is_none() {
            self.defects().sign_out();
        }
        self.memory.fetched.notify();
        credential
    }
}
