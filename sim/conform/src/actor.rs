//! Somebody who asks: a station with a token, and what came back.

use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::defaults::{REFRESH_MARGIN, TOKEN_FETCH_LIMIT};
use fieldday_api::endpoint::Op;
use fieldday_api::error::ErrorCode;
use fieldday_api::token::{Claims, Credential};
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, Client, CredentialKind, NoAnswer, RefreshReason};
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::station::Station;
use fieldday_rep::transport::{Attempt, AttemptOutcome};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// How long somebody waits who wants the connection to break while the target works.
const BREAKS_AFTER: Span = Span::millis(4);
/// How long a request whose connection broke may still be worked on.
const SETTLES: Span = Span::millis(600);
/// How often a request is asked again that met an error of the server, and how long after.
const AGAIN: (u32, Span) = (2, Span::millis(250));

/// A client of the pass: it sends one call at a time and waits for the answer.
pub struct Actor {
    /// The client's link, clock, random streams and transport.
    pub station: Station,
    /// The client as the history introduces it.
    pub client: Client,
    calls: Cell<u32>,
    token: RefCell<Option<(Claims, Time)>>,
}

/// The call that was sent, and its answer.
#[derive(Clone)]
pub struct Reply {
    /// The number of the call, unique for the client.
    pub call: u32,
    /// The endpoint that was called.
    pub op: Op,
    /// The answer; none if none came.
    pub response: Option<Arc<Response>>,
}

impl Reply {
    /// The status; none without an answer.
    pub fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.status)
    }
    /// The code of an error.
    pub fn code(&self) -> Option<ErrorCode> {
        match self.response.as_ref().map(|response| &response.answer) {
            Some(Answer::Error(body)) => Some(body.detail.error_code),
            _ => None,
        }
    }
    /// What was answered, if that is what the endpoint promises.
    pub fn success(&self) -> Option<&Answer> {
        self.response.as_ref().filter(|response| response.is_success()).map(|response| &response.answer)
    }
    /// Whether the target refused it: a 4xx that is a judgement of the request.
    pub fn is_refused(&self) -> bool {
        self.status().is_some_and(|status| (400..500).contains(&status) && ![408, 425, 429].contains(&status))
    }
    /// Whether the target decided anything.
    pub fn is_decided(&self) -> bool {
        self.is_refused() || self.success().is_some()
    }
    /// The answer in words, without private values.
    pub fn says(&self) -> String {
        match (self.status(), self.code()) {
            (None, _) => "no answer".to_owned(),
            (Some(status), Some(code)) => format!("{status} {}", code_name(code)),
            (Some(status), None) if self.success().is_none() => format!("{status} with something else than promised"),
            (Some(status), None) => status.to_string(),
        }
    }
}

fn code_name(code: ErrorCode) -> String {
    let mut name = String::new();
    for (place, letter) in format!("{code:?}").chars().enumerate() {
        if place > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

impl Actor {
    /// A client that has sent nothing yet.
    pub fn new(station: Station, client: Client) -> Actor {
        Actor { station, client, calls: Cell::new(0), token: RefCell::default() }
    }
    /// A rep's id; the user's of somebody who is none.
    pub fn rep_id(&self) -> &SmolStr {
        self.client.rep_id.as_ref().unwrap_or(&self.client.user_id)
    }
    /// The time on the clock of the client's station.
    pub fn now(&self) -> Time {
        self.station.now()
    }
    /// What a good token says; none if none can be had.
    pub async fn claims(&self) -> Option<Claims> {
        let now = self.station.now();
        let held = self.token.borrow().clone();
        if let Some((claims, expires_at)) = &held
            && expires_at.since(now) > REFRESH_MARGIN
        {
            return Some(claims.clone());
        }
        let why = if held.is_some() { RefreshReason::Expiring } else { RefreshReason::First };
        let claims = self.station.fetch_token(now + TOKEN_FETCH_LIMIT).await?;
        self.station.record(EventKind::TokenRefreshed { why });
        *self.token.borrow_mut() = Some((claims.clone(), claims.expires_at));
        Some(claims)
    }
    /// Forgets the token: the next request goes with one that was issued just before.
    pub fn forget_token(&self) {
        *self.token.borrow_mut() = None;
    }
    /// Asks with the own token.
    pub async fn ask(&self, call: Call) -> Reply {
        let Some(claims) = self.claims().await else {
            return Reply { call: self.calls.get(), op: call.op(), response: None };
        };
        self.ask_as(call, CredentialKind::Own, Credential::Token(claims)).await
    }
    /// The same, and again if the target did not decide: for what changes nothing however often it is asked.
    pub async fn ask_until_decided(&self, call: Call) -> Reply {
        let mut reply = self.ask(call.clone()).await;
        for _ in 0..AGAIN.0 {
            if reply.is_decided() {
                break;
            }
            self.station.sleep(AGAIN.1).await;
            reply = self.ask(call.clone()).await;
        }
        reply
    }
    /// Asks with whatever is shown as proof of who asks.
    pub async fn ask_as(&self, call: Call, bearer: CredentialKind, credential: Credential) -> Reply {
        let patience = call.op().endpoint().class.limit();
        self.attempt(call, bearer, credential, patience, NoAnswer::Timeout).await
    }
    /// Asks, and breaks the connection off while the target works. Then waits until it has surely ended there.
    pub async fn ask_and_break(&self, call: Call) {
        let Some(claims) = self.claims().await else { return };
        let token = Credential::Token(claims);
        self.attempt(call, CredentialKind::Own, token, BREAKS_AFTER, NoAnswer::Broken).await;
        self.station.sleep(SETTLES).await;
    }
    async fn attempt(
        &self,
        call: Call,
        bearer: CredentialKind,
        credential: Credential,
        patience: Span,
        at_deadline: NoAnswer,
    ) -> Reply {
        let (op, number) = (call.op(), self.calls.get() + 1);
        self.calls.set(number);
        let attempt = Attempt {
            call: number,
            attempt: 0,
            request: Arc::new(call),
            credential: Rc::new(credential),
            bearer,
            cause: Cause::Check,
            patience,
            at_deadline,
        };
        let response = match self.station.attempt(attempt).await.outcome {
            AttemptOutcome::Answered(response) => Some(response),
            AttemptOutcome::Unanswered(_) => None,
        };
        if let Some(response) = &response
            && let Some(request_id) = response.request_id()
        {
            let (status, request_id) = (response.status, request_id.clone());
            self.station.record(EventKind::Logged { call: number, status, request_id, leaks: None });
        }
        Reply { call: number, op, response }
    }
}
