//! The API client: one call with its token, its attempts, its waits between them, and what the person sees meanwhile.

use super::App;
use super::defects::AppDefect;
use crate::station::Ended;
use crate::transport::{Attempt, AttemptOutcome};
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::defaults::INDICATOR_AFTER;
use fieldday_api::endpoint::{Op, Repeat, TimeoutClass};
use fieldday_api::private;
use fieldday_api::token::Credential;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, CredentialKind, NoAnswer};
use fieldday_kernel::random::Purpose;
use fieldday_kernel::time::Span;
use std::rc::Rc;
use std::sync::Arc;

/// How a call ended for the app.
#[derive(Clone, Debug)]
pub enum CallOutcome {
    /// The backend answered, whatever the status.
    Answered(Arc<Response>),
    /// It was sent and no answer came; holds the reason.
    Unanswered(NoAnswer),
    /// It was never sent: there is no network, or no token to be had.
    Offline,
}

impl CallOutcome {
    /// The answer, if it is the one that was hoped for.
    pub fn success(&self) -> Option<&Arc<Response>> {
        match self {
            CallOutcome::Answered(response) if response.is_success() => Some(response),
            _ => None,
        }
    }
    /// The status of a refusal for good: a 4xx that another try would not change.
    pub fn final_refusal(&self) -> Option<u16> {
        match self {
            CallOutcome::Answered(r) if (400..500).contains(&r.status) && ![401, 408, 425, 429].contains(&r.status) => {
                Some(r.status)
            }
            _ => None,
        }
    }
    /// Whether a refusal says that the action took effect before.
    pub fn says_done_before(&self) -> bool {
        matches!(self, CallOutcome::Answered(response) if response.says_done_before())
    }
    /// Whether the backend may have acted without the app knowing.
    pub fn is_in_doubt(&self) -> bool {
        match self {
            CallOutcome::Answered(response) => response.status >= 500 || matches!(response.answer, Answer::Foreign(_)),
            CallOutcome::Unanswered(lapse) => lapse.is_indeterminate(),
            CallOutcome::Offline => false,
        }
    }
}

/// Whether a person waits for the call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// A person looks at the screen, and may lose patience.
    Person,
    /// Nobody waits for it: background work.
    Nobody,
}

/// The purpose of the draws of jitter between attempts.
const JITTER: Purpose = Purpose::new("app.retry.jitter");

/// A call while it is made: how often it failed so far, and whether its token was refused.
pub(super) struct CallState {
    pub(super) op: Op,
    pub(super) cause: Cause,
    pub(super) failures: u32,
    pub(super) token_was_refused: bool,
}

/// What the app does after an attempt.
#[derive(Clone, Copy)]
pub(super) enum Next {
    /// Nothing: the call ends with what came of the attempt.
    End,
    /// Another attempt at once, with a new token.
    NewToken,
    /// Another attempt after a wait; `asked` is what `Retry-After` said.
    Retry { wait: Span, asked: Option<Span> },
}

impl App {
    /// Makes a call: with a token, again once after a 401, after 1, 2 and 4 s if the server failed, after `Retry-After`
    /// if it asked for that. What may not be repeated is not.
    pub(super) async fn call(&self, request: Arc<Call>, cause: Cause, waits: Waits) -> CallOutcome {
        self.call_as(self.phone.next_call(), request, cause, waits).await
    }
    /// Makes a call under a number that was taken before.
    pub(super) async fn call_as(&self, call: u32, request: Arc<Call>, cause: Cause, waits: Waits) -> CallOutcome {
        let mut state = CallState { op: request.op(), cause, failures: 0, token_was_refused: false };
        let mut credential = self.defects().first_credential(cause);
        for attempt in 0_u8.. {
            if !self.phone.station.online() {
                return CallOutcome::Offline;
            }
            let token = match credential.take() {
                Some(token) => token,
                None => match self.token().await {
                    Some(token) => token,
                    None => return CallOutcome::Offline,
                },
            };
            let outcome = self.attempt(call, attempt, &request, &token, cause, waits).await;
            let next = self.next(&state, &outcome, self.phone.settings.retrying.retries);
            match self.defects().next(&state, &outcome, next) {
                Next::End => return self.ends(&request, outcome),
                Next::NewToken => {
                    state.token_was_refused = true;
                    credential = self.token_after_refusal(&token).await;
                    if credential.is_none() {
                        return self.ends(&request, outcome);
                    }
                }
                Next::Retry { wait, asked } => {
                    self.pause_before_retry((call, attempt), request.op(), waits, wait, asked).await;
                    state.failures += 1;
                }
            }
        }
        CallOutcome::Offline
    }
    /// The action after an attempt (§0.3), with at most so many retries.
    pub(super) fn next(&self, state: &CallState, outcome: &AttemptOutcome, retries: u32) -> Next {
        let may_retry = state.failures < retries;
        let may_repeat = may_retry && state.op.endpoint().repeat != Repeat::NotIdempotent;
        let backoff = self.phone.settings.pace.retry_after(state.failures);
        match outcome {
            // A start is safe to send again and its person waits for it; the queue has its own triggers, and a read shows
            // what the cache has.
            AttemptOutcome::Unanswered(NoAnswer::Timeout | NoAnswer::Broken)
                if may_repeat && state.op == Op::StartRecording =>
            {
                Next::Retry { wait: backoff, asked: None }
            }
            AttemptOutcome::Unanswered(_) => Next::End,
            AttemptOutcome::Answered(response) => match response.status {
                401 if !state.token_was_refused => Next::NewToken,
                429 if may_retry => {
                    Next::Retry { wait: response.retry_after.unwrap_or(backoff), asked: response.retry_after }
                }
                500.. if may_repeat => self.retry_after_failure(state, response),
                _ => Next::End,
            },
        }
    }
    /// A retry after 1, 2 or 4 s, or when the server wants it if that is later.
    pub(super) fn retry_after_failure(&self, state: &CallState, response: &Response) -> Next {
        let backoff = self.phone.settings.pace.retry_after(state.failures.min(2));
        Next::Retry { wait: backoff.max(response.retry_after.unwrap_or(Span::ZERO)), asked: response.retry_after }
    }
    /// The call ends. What answers 404 leaves the cache.
    fn ends(&self, request: &Call, outcome: AttemptOutcome) -> CallOutcome {
        match outcome {
            AttemptOutcome::Unanswered(why) => CallOutcome::Unanswered(why),
            AttemptOutcome::Answered(response) => {
                if response.status == 404 {
                    self.evict(request);
                }
                CallOutcome::Answered(response)
            }
        }
    }
    /// Some time from none to `most`, where the app spreads its waits.
    pub(super) fn jittered(&self, most: Span, action: u64, attempt: u64) -> Option<Span> {
        let draw = || self.phone.station.stream(JITTER, action, attempt).range(0..most.as_micros() + 1);
        self.phone.settings.retrying.jitter.then(|| Span::micros(draw()))
    }
    /// Waits before the next attempt; `asked` is what `Retry-After` said, and the least however waits are spread.
    async fn pause_before_retry(&self, tried: (u32, u8), op: Op, waits: Waits, wait: Span, asked: Option<Span>) {
        let (call, attempt) = (u64::from(tried.0), u64::from(tried.1));
        let wait = match (self.jittered(wait.times(2), call, attempt), asked) {
            (Some(spread), None) => spread,
            (Some(spread), Some(least)) => least + spread,
            (None, _) => wait,
        };
        if waits == Waits::Person {
            self.record(EventKind::Retrying { op });
        }
        self.phone.station.sleep(wait).await;
    }

    async fn attempt(
        &self,
        call: u32,
        attempt: u8,
        request: &Arc<Call>,
        token: &Rc<Credential>,
        cause: Cause,
        waits: Waits,
    ) -> AttemptOutcome {
        let op = request.op();
        let (patience, at_deadline) = self.patience(op, waits);
        let _pressing = self.defects().cancel_in_vain(waits, patience);
        let attempt = Attempt {
            call,
            attempt,
            request: self.defects().as_sent(request, token),
            credential: token.clone(),
            bearer: self.bearer(op, token),
            cause,
            patience,
            at_deadline,
        };
        let Ended { outcome, took } = self.phone.station.attempt(attempt).await;
        if let AttemptOutcome::Answered(response) = &outcome {
            self.heed_policy(&response.answer);
            self.log(call, response, token);
        }
        if waits == Waits::Person && took > INDICATOR_AFTER {
            self.record(EventKind::Spinner { op, during: took - INDICATOR_AFTER });
        }
        outcome
    }
    /// What kind of credential goes along, by the phone's clock.
    fn bearer(&self, op: Op, token: &Credential) -> CredentialKind {
        match token {
            _ if op.endpoint().roles.is_empty() => CredentialKind::None,
            Credential::None => CredentialKind::None,
            Credential::Invalid => CredentialKind::Forged,
            Credential::Token(claims) if claims.expires_at < self.now() => {
                CredentialKind::Expired { ago: self.now().since(claims.expires_at) }
            }
            Credential::Token(_) => CredentialKind::Own,
        }
    }
    /// A line in the app's log about an error answer: its status and its request id (§0.3), nothing else.
    fn log(&self, call: u32, response: &Response, token: &Credential) {
        let Some(request_id) = response.request_id().cloned() else { return };
        let status = response.status;
        let line = format!("call {call} failed: status {status}, request {request_id}");
        let leaks = private::scan(&self.defects().log_line(line, token));
        self.record(EventKind::Logged { call, status, request_id, leaks });
    }
    /// The time limit of a call by its endpoint's class (§0.4).
    fn limit(&self, op: Op) -> Span {
        match op.endpoint().class {
            _ if self.has(AppDefect::OneTimeoutForAll) => Span::seconds(60),
            TimeoutClass::Transfer if self.phone.settings.audio_has_30_s => TimeoutClass::Recording.limit(),
            // The link ends a transfer that stalls; the rest takes as long as it takes.
            TimeoutClass::Transfer => Span::hours(4),
            class => self.phone.settings.pace.limit(class),
        }
    }
    /// The time limit of an attempt with its meaning: a person who waits may cancel sooner.
    fn patience(&self, op: Op, waits: Waits) -> (Span, NoAnswer) {
        let (limit, patience) = (self.limit(op), self.phone.settings.patience);
        match waits {
            Waits::Person if patience < limit && !self.has(AppDefect::CancelIgnored) => (patience, NoAnswer::Cancelled),
            _ => (limit, NoAnswer::Timeout),
        }
    }
    fn evict(&self, request: &Call) {
        if let Some(id) = request.path_id()
            && request.op() != Op::PutAudio
            && !self.has(AppDefect::KeepsWhatIsGone)
        {
            self.phone.storage.borrow_mut().cache.evict(id);
            self.record(EventKind::Evicted { id: id.into() });
        }
    }
}
