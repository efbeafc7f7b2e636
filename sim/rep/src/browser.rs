//! A browser on a good line: no queue, no cache, no retry but the person's own. Desks, auditors and intruders use one.

use crate::station::{Ended, Station};
use crate::transport::{Attempt, AttemptOutcome};
use fieldday_api::call::{Call, Response};
use fieldday_api::defaults::{REFRESH_MARGIN, TOKEN_FETCH_LIMIT};
use fieldday_api::token::{Claims, Credential};
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, CredentialKind, NoAnswer, RefreshReason};
use fieldday_kernel::time::Time;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// A client with one token in memory, whose calls are never retried.
pub(crate) struct Browser {
    pub station: Station,
    calls: u32,
    token: Option<(Claims, Time)>,
}

impl Browser {
    pub fn new(station: Station) -> Browser {
        Browser { station, calls: 0, token: None }
    }
    /// Asks with a good token; no answer if none came.
    pub async fn call(&mut self, request: Call, cause: Cause) -> Option<Arc<Response>> {
        let claims = self.claims().await?;
        self.send(request, cause, CredentialKind::Own, Credential::Token(claims)).await
    }
    /// Sends a request with this credential and waits for the answer; none if none came.
    pub async fn send(
        &mut self,
        request: Call,
        cause: Cause,
        bearer: CredentialKind,
        credential: Credential,
    ) -> Option<Arc<Response>> {
        let attempt = self.attempt_of(request, cause, bearer, credential);
        answer(self.station.clone(), attempt).await
    }
    /// Begins to ask with a good token; none if none can be had. What is given waits for the answer.
    pub async fn begins(
        &mut self,
        request: Call,
        cause: Cause,
    ) -> Option<impl Future<Output = Option<Arc<Response>>> + use<>> {
        let claims = self.claims().await?;
        let attempt = self.attempt_of(request, cause, CredentialKind::Own, Credential::Token(claims));
        Some(answer(self.station.clone(), attempt))
    }
    fn attempt_of(&mut self, request: Call, cause: Cause, bearer: CredentialKind, credential: Credential) -> Attempt {
        let call = self.next_call();
        let patience = request.op().endpoint().class.limit();
        Attempt {
            call,
            attempt: 0,
            request: Arc::new(request),
            credential: Rc::new(credential),
            bearer,
            cause,
            patience,
            at_deadline: NoAnswer::Timeout,
        }
    }
    /// The claims of a valid token, fetched if need be; none if none can be had.
    pub async fn claims(&mut self) -> Option<Claims> {
        let now = self.station.now();
        if let Some((claims, expires_at)) = &self.token
            && expires_at.since(now) > REFRESH_MARGIN
        {
            return Some(claims.clone());
        }
        let why = if self.token.is_some() { RefreshReason::Expiring } else { RefreshReason::First };
        let claims = self.station.fetch_token(now + TOKEN_FETCH_LIMIT).await?;
        self.station.record(EventKind::TokenRefreshed { why });
        self.token = Some((claims.clone(), claims.expires_at));
        Some(claims)
    }
    fn next_call(&mut self) -> u32 {
        self.calls += 1;
        self.calls
    }
}

/// Sends an attempt and waits for its answer; none if none came.
async fn answer(station: Station, attempt: Attempt) -> Option<Arc<Response>> {
    let call = attempt.call;
    let Ended { outcome, .. } = station.attempt(attempt).await;
    let AttemptOutcome::Answered(response) = outcome else { return None };
    if let Some(request_id) = response.request_id() {
        let (status, request_id) = (response.status, request_id.clone());
        station.record(EventKind::Logged { call, status, request_id, leaks: None });
    }
    Some(response)
}
