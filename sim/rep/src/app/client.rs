//! The API client: one call with its token, its attempts, its waits between them, and what the person sees meanwhile.

use super::App;
use super::defects::AppDefect;
use crate::station::Ended;
use crate::transport::{Attempt, AttemptOutcome};
use fieldday_api::call::{Answer, Call, RawCall, Response};
use fieldday_api::defaults::INDICATOR_AFTER;
use fieldday_api::endpoint::{Op, Repeat, TimeoutClass};
use fieldday_api::private;
use fieldday_api::token::Credential;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, CredentialKind, NoAnswer, UserAction};
use fieldday_kernel::random::Purpose;
use fieldday_kernel::time::{Span, Time};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

/// How a call ended for the app.
#[derive(Clone, Debug)]
pub enum CallOutcome {
    /// With an answer, good or bad.
    Answered(Arc<Response>),
    /// No answer came: why.
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
    /// Whether the backend may have acted without the app knowing.
    pub fn is_in_doubt(&self) -> bool {
        match self {
            CallOutcome::Answered(response) => response.status >= 500 || matches!(response.answer, Answer::Foreign(_)),
            CallOutcome::Unanswered(lapse) => lapse.is_indeterminate(),
            CallOutcome::Offline => false,
        }
    }
}

/// Who waits for the call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// A person looks at the screen, and may lose patience.
    Person,
    /// Background work: nobody looks at a spinner.
    Nobody,
}

/// What the app's waits are spread by.
const JITTER: Purpose = Purpose::new("app.retry.jitter");

impl App {
    /// Makes a call: with a token, again once after a 401, after 1, 2 and 4 s if the server failed, after `Retry-After`
    /// if it asked for that. What may not be repeated is not.
    pub(super) async fn call(&self, request: Arc<Call>, cause: Cause, waits: Waits) -> CallOutcome {
        self.call_as(self.phone.next_call(), request, cause, waits).await
    }
    /// The same, under a number that the caller knows.
    pub(super) async fn call_as(&self, call: u32, request: Arc<Call>, cause: Cause, waits: Waits) -> CallOutcome {
        self.attempts(call, request, cause, waits, None).await
    }
    /// The same with a token of the caller's, which is not replaced: the way of a defect.
    pub(super) async fn call_with(&self, token: &Rc<Credential>, request: Arc<Call>, cause: Cause) -> CallOutcome {
        self.attempts(self.phone.next_call(), request, cause, Waits::Nobody, Some(token)).await
    }
    async fn attempts(
        &self,
        call: u32,
        request: Arc<Call>,
        cause: Cause,
        waits: Waits,
        kept: Option<&Rc<Credential>>,
    ) -> CallOutcome {
        let endpoint = request.op().endpoint();
        // After a 5xx, at most so many more attempts (§0.3).
        let most = self.phone.settings.retrying.retries;
        let pace = self.phone.settings.pace;
        let mut failures = 0;
        let mut refused_token = kept.is_some();
        let mut credential = kept.cloned().or_else(|| self.no_token_yet());
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
            let tried = (call, attempt);
            let outcome = self.attempt(call, attempt, &request, &token, cause, waits).await;
            let retries = if self.has(AppDefect::RetriesForLong) { most * 10 } else { most };
            let may_repeat = endpoint.repeat != Repeat::NotIdempotent && failures < retries;
            let response = match outcome {
                AttemptOutcome::Unanswered(lapse) => {
                    // A start is safe to send again and its person waits for it; the queue has its own triggers, and a
                    // read shows what the cache has.
                    let send_again = lapse != NoAnswer::Cancelled && lapse != NoAnswer::Unreachable && may_repeat;
                    let blindly = self.has(AppDefect::CreateRetriedAfterTimeout)
                        && request.op() == Op::CreateTask
                        && matches!(lapse, NoAnswer::Timeout | NoAnswer::Broken)
                        && failures < most;
                    if !(send_again && request.op() == Op::StartRecording || blindly) {
                        return CallOutcome::Unanswered(lapse);
                    }
                    self.pause_before_retry(tried, request.op(), waits, pace.retry_after(failures), None).await;
                    failures += 1;
                    continue;
                }
                AttemptOutcome::Answered(response) => response,
            };
            match response.status {
                401 if !refused_token => {
                    refused_token = true;
                    credential = self.token_after_refusal(&token).await;
                    if credential.is_none() {
                        return CallOutcome::Answered(response);
                    }
                }
                429 if failures < most => {
                    let asked = response.retry_after.filter(|_| !self.has(AppDefect::RetryAfterIgnored));
                    let wait = asked.unwrap_or(pace.retry_after(failures));
                    self.pause_before_retry(tried, request.op(), waits, wait, asked).await;
                    failures += 1;
                }
                500.. | 403 if may_repeat && self.may_repeat_after(response.status) => {
                    let wait = pace.retry_after(failures.min(2)).max(response.retry_after.unwrap_or(Span::ZERO));
                    let at_once = Span::millis(50).sped_up(pace.backoff);
                    let wait = if self.has(AppDefect::RetriesAtOnce) { at_once } else { wait };
                    self.pause_before_retry(tried, request.op(), waits, wait, response.retry_after).await;
                    failures += 1;
                }
                404 => {
                    self.evict(&request);
                    return CallOutcome::Answered(response);
                }
                _ => return CallOutcome::Answered(response),
            }
        }
        CallOutcome::Offline
    }

    fn may_repeat_after(&self, status: u16) -> bool {
        status >= 500 || self.has(AppDefect::ForbiddenRetried)
    }
    /// Some time from none to `most`, where the app spreads its waits.
    pub(super) fn jittered(&self, most: Span, action: u64, attempt: u64) -> Option<Span> {
        let draw = || self.phone.station.stream(JITTER, action, attempt).range(0..most.as_micros() + 1);
        self.phone.settings.retrying.jitter.then(|| Span::micros(draw()))
    }
    /// What goes out in the place of a token that is not there yet: the way of a defect.
    fn no_token_yet(&self) -> Option<Rc<Credential>> {
        let is_early = self.has(AppDefect::CallsBeforeToken) && self.held_token().is_none();
        is_early.then(|| Rc::new(Credential::None))
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
        let in_vain = (self.has(AppDefect::CancelIgnored) && waits == Waits::Person)
            .then(|| self.cancel_in_vain(self.now() + patience));
        let Ended { outcome, took } = self
            .phone
            .station
            .attempt(Attempt {
                call,
                attempt,
                request: self.as_sent(request, token),
                credential: token.clone(),
                bearer: self.bearer(op, token),
                cause,
                patience,
                at_deadline,
            })
            .await;
        in_vain.iter().for_each(|ended| ended.set(true));
        if let AttemptOutcome::Answered(response) = &outcome {
            self.heed_policy(&response.answer);
            self.log(call, response, token);
        }
        if waits == Waits::Person && took > INDICATOR_AFTER && !self.has(AppDefect::NoSpinner) {
            self.record(EventKind::Spinner { op, during: took - INDICATOR_AFTER });
        }
        outcome
    }
    /// What kind of token goes along.
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
    /// The request as it goes out: as it is, but for a defect.
    fn as_sent(&self, request: &Arc<Call>, token: &Credential) -> Arc<Call> {
        let (true, Op::ListTasks, Credential::Token(claims)) =
            (self.has(AppDefect::SendsTenantId), request.op(), token)
        else {
            return request.clone();
        };
        let mut raw = RawCall::of(request);
        let tenant = claims.tenant.as_deref().unwrap_or_default();
        raw.query = format!("{}&tenant_id={tenant}", raw.query).into();
        Arc::new(Call::Raw(Box::new(raw)))
    }
    /// A line in the app's log about an error answer: its status and its request id (§0.3), nothing else.
    fn log(&self, call: u32, response: &Response, token: &Credential) {
        let Some(request_id) = response.request_id().filter(|_| !self.has(AppDefect::RequestIdNotLogged)) else {
            return;
        };
        let mut line = format!("call {call} failed: status {}, request {request_id}", response.status);
        if let (true, Credential::Token(_)) = (self.has(AppDefect::LogsToken), token) {
            line.push_str(", headers Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl");
        }
        let (status, request_id, leaks) = (response.status, request_id.clone(), private::scan(&line));
        self.record(EventKind::Logged { call, status, request_id, leaks });
    }
    /// A person who waits presses cancel in vain, unless the call has ended by then: the way of a defect.
    fn cancel_in_vain(&self, deadline: Time) -> Rc<Cell<bool>> {
        let ended = Rc::new(Cell::new(false));
        let (at, has_ended) = (self.now() + self.phone.settings.patience, ended.clone());
        self.background(|app| async move {
            app.phone.station.sleep_until(at).await;
            if !has_ended.get() && at < deadline {
                app.record(EventKind::Person(UserAction::LosesPatience));
            }
        });
        ended
    }

    /// How long an answer is waited for, and what it means when it does not come.
    fn patience(&self, op: Op, waits: Waits) -> (Span, NoAnswer) {
        let settings = &self.phone.settings;
        let limit = match op.endpoint().class {
            TimeoutClass::Transfer if settings.audio_has_30_s => TimeoutClass::Recording.limit(),
            // The link ends a transfer that stalls; the rest takes as long as it takes.
            TimeoutClass::Transfer => Span::hours(4),
            class => settings.pace.limit(class),
        };
        let limit = if self.has(AppDefect::OneTimeoutForAll) { Span::seconds(60) } else { limit };
        if waits == Waits::Person && settings.patience < limit && !self.has(AppDefect::CancelIgnored) {
            (settings.patience, NoAnswer::Cancelled)
        } else {
            (limit, NoAnswer::Timeout)
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
