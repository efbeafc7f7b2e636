//! A browser on a good line: no queue, no cache, no retry but the person's own. Desks, auditors and intruders use one.

use crate::surroundings::{Attempt, Ending, Surroundings};
use fieldday_api::call::{Call, Response};
use fieldday_api::token::{Claims, Credential};
use fieldday_history::What;
use fieldday_history::event::{Bearer, Cause, Lapse, RefreshReason, Sent};
use fieldday_kernel::time::{Span, Time};
use std::rc::Rc;
use std::sync::Arc;

/// A token with less life left is fetched anew.
const REFRESH_MARGIN: Span = Span::seconds(10);
/// How long the identity provider is waited for.
const FETCH_LIMIT: Span = Span::seconds(10);

/// A browser.
pub(crate) struct Browser<S: Surroundings> {
    pub around: S,
    calls: u32,
    token: Option<(Claims, Time)>,
}

impl<S: Surroundings> Browser<S> {
    pub fn new(around: S) -> Browser<S> {
        Browser { around, calls: 0, token: None }
    }
    /// Asks with a good token; no answer if none came.
    pub async fn call(&mut self, request: Call, cause: Cause) -> Option<Arc<Response>> {
        let claims = self.claims().await?;
        self.send(request, cause, Bearer::Own, Credential::Token(claims)).await
    }
    /// Asks with whatever token.
    pub async fn send(
        &mut self,
        request: Call,
        cause: Cause,
        bearer: Bearer,
        credential: Credential,
    ) -> Option<Arc<Response>> {
        let (call, attempt) = (self.next_call(), 0);
        let request = Arc::new(request);
        let patience = request.op().endpoint().class.limit();
        self.around.record(What::Sent(Sent { call, attempt, cause, bearer, patience, request: request.clone() }));
        let sent_at = self.around.now();
        let (deadline, at_deadline) = (sent_at + patience, Lapse::Timeout);
        let credential = Rc::new(credential);
        let ending = self.around.attempt(Attempt { call, attempt, request, credential, deadline, at_deadline }).await;
        let took = self.around.now().since(sent_at);
        match ending {
            Ending::Answered(response) => {
                self.around.record(What::Answered { call, attempt, response: response.clone(), took });
                if let Some(request_id) = response.request_id() {
                    let (status, request_id) = (response.status, request_id.clone());
                    self.around.record(What::Logged { call, status, request_id, leaks: None });
                }
                Some(response)
            }
            Ending::Unanswered(why) => {
                self.around.record(What::Unanswered { call, attempt, why, took });
                None
            }
        }
    }
    /// What a good token says; none if none can be had.
    pub async fn claims(&mut self) -> Option<Claims> {
        let now = self.around.now();
        if let Some((claims, expires_at)) = &self.token
            && expires_at.since(now) > REFRESH_MARGIN
        {
            return Some(claims.clone());
        }
        let why = if self.token.is_some() { RefreshReason::Expiring } else { RefreshReason::First };
        let claims = self.around.fetch_token(now + FETCH_LIMIT).await?;
        self.around.record(What::TokenRefreshed { why });
        self.token = Some((claims.clone(), claims.expires_at));
        Some(claims)
    }
    fn next_call(&mut self) -> u32 {
        self.calls += 1;
        self.calls
    }
}
