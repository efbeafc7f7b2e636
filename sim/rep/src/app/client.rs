//! The API client: one call with its token, its attempts, its waits between them, and what the person sees meanwhile.

use super::App;
use crate::surroundings::{Attempt, Ending, Surroundings};
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::{Op, Repeat, TimeoutClass};
use fieldday_api::time::Span;
use fieldday_history::What;
use fieldday_history::event::{Bearer, Cause, Lapse, Sent};
use std::sync::Arc;

/// How a call ended for the app.
#[derive(Clone, Debug)]
pub enum Reply {
    /// With an answer, good or bad.
    Answered(Arc<Response>),
    /// Without one.
    Unanswered(Lapse),
    /// It was never sent: there is no network, or no token to be had.
    Offline,
}

impl Reply {
    /// The answer, if it is the one that was hoped for.
    pub fn success(&self) -> Option<&Arc<Response>> {
        match self {
            Reply::Answered(response) if response.is_success() => Some(response),
            _ => None,
        }
    }
    /// The status of a refusal for good: a 4xx that another try would not change.
    pub fn final_refusal(&self) -> Option<u16> {
        match self {
            Reply::Answered(r) if (400..500).contains(&r.status) && ![401, 408, 425, 429].contains(&r.status) => {
                Some(r.status)
            }
            _ => None,
        }
    }
    /// Whether the backend may have acted without the app knowing.
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Reply::Answered(response) => response.status >= 500 || matches!(response.answer, Answer::Foreign(_)),
            Reply::Unanswered(lapse) => lapse.is_undetermined(),
            Reply::Offline => false,
        }
    }
}

/// Who waits for the call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// A person looks at the screen, and may lose patience.
    Person,
    /// Nobody.
    Nobody,
}

/// After a 5xx, at most so many more attempts (§0.3).
const RETRIES: u32 = 3;
/// From here on a loading indicator is shown (§0.4).
const INDICATOR_AFTER: Span = Span::seconds(1);

impl<S: Surroundings> App<S> {
    /// Makes a call: with a token, again once after a 401, after 1, 2 and 4 s if the server failed, after `Retry-After`
    /// if it asked for that. What may not be repeated is not.
    pub(super) async fn call(&self, request: Arc<Call>, cause: Cause, waits: Waits) -> Reply {
        self.call_as(self.phone.next_call(), request, cause, waits).await
    }
    /// The same, under a number that the caller knows.
    pub(super) async fn call_as(&self, call: u32, request: Arc<Call>, cause: Cause, waits: Waits) -> Reply {
        let endpoint = request.op().endpoint();
        let mut failures = 0;
        let mut refused_token = false;
        let mut credential = None;
        for attempt in 0_u8.. {
            if !self.phone.around.online() {
                return Reply::Offline;
            }
            let token = match credential.take() {
                Some(token) => token,
                None => match self.token().await {
                    Some(token) => token,
                    None => return Reply::Offline,
                },
            };
            let ending = self.attempt(call, attempt, &request, &token, cause, waits).await;
            let may_repeat = endpoint.repeat != Repeat::NotIdempotent && failures < RETRIES;
            let response = match ending {
                Ending::Unanswered(lapse) => {
                    // A start is safe to send again and its person waits for it; the queue has its own triggers, and a
                    // read shows what the cache has.
                    let send_again = lapse != Lapse::Cancelled && lapse != Lapse::Unreachable && may_repeat;
                    if !(send_again && request.op() == Op::StartRecording) {
                        return Reply::Unanswered(lapse);
                    }
                    self.pause_before_retry(request.op(), waits, Span::seconds(1 << failures)).await;
                    failures += 1;
                    continue;
                }
                Ending::Answered(response) => response,
            };
            match response.status {
                401 if !refused_token => {
                    refused_token = true;
                    credential = self.token_after_refusal(&token).await;
                    if credential.is_none() {
                        return Reply::Answered(response);
                    }
                }
                429 if failures < RETRIES => {
                    let wait = response.retry_after.unwrap_or(Span::seconds(1 << failures));
                    self.pause_before_retry(request.op(), waits, wait).await;
                    failures += 1;
                }
                500.. if may_repeat => {
                    let wait = Span::seconds(1 << failures).max(response.retry_after.unwrap_or(Span::ZERO));
                    self.pause_before_retry(request.op(), waits, wait).await;
                    failures += 1;
                }
                404 => {
                    self.evict(&request);
                    return Reply::Answered(response);
                }
                _ => return Reply::Answered(response),
            }
        }
        Reply::Offline
    }

    async fn pause_before_retry(&self, op: Op, waits: Waits, wait: Span) {
        if waits == Waits::Person {
            self.record(What::Retrying { op });
        }
        self.phone.around.sleep(wait).await;
    }

    async fn attempt(
        &self,
        call: u32,
        attempt: u8,
        request: &Arc<Call>,
        token: &std::rc::Rc<fieldday_api::token::Credential>,
        cause: Cause,
        waits: Waits,
    ) -> Ending {
        let op = request.op();
        let (patience, at_deadline) = self.patience(op, waits);
        let bearer = if op.endpoint().roles.is_empty() { Bearer::None } else { Bearer::Own };
        let request = request.clone();
        self.record(What::Sent(Sent { call, attempt, cause, bearer, patience, request: request.clone() }));
        let sent_at = self.now();
        let deadline = sent_at + patience;
        let credential = token.clone();
        let ending =
            self.phone.around.attempt(Attempt { call, attempt, request, credential, deadline, at_deadline }).await;
        let took = self.now().since(sent_at);
        match &ending {
            Ending::Answered(response) => {
                self.record(What::Answered { call, attempt, response: response.clone(), took });
                if let Some(request_id) = response.request_id() {
                    let (status, request_id) = (response.status, request_id.clone());
                    self.record(What::Logged { call, status, request_id, leaks: None });
                }
            }
            Ending::Unanswered(why) => self.record(What::Unanswered { call, attempt, why: *why, took }),
        }
        if waits == Waits::Person && took > INDICATOR_AFTER {
            self.record(What::Spinner { op, during: took - INDICATOR_AFTER });
        }
        ending
    }

    /// How long an answer is waited for, and what it means when it does not come.
    fn patience(&self, op: Op, waits: Waits) -> (Span, Lapse) {
        let settings = &self.phone.settings;
        let limit = match op.endpoint().class {
            TimeoutClass::Transfer if settings.audio_has_30_s => Span::seconds(30),
            // The link ends a transfer that stalls; the rest takes as long as it takes.
            TimeoutClass::Transfer => Span::hours(4),
            class => class.limit(),
        };
        if waits == Waits::Person && settings.patience < limit {
            (settings.patience, Lapse::Cancelled)
        } else {
            (limit, Lapse::Timeout)
        }
    }

    fn evict(&self, request: &Call) {
        if let Some(id) = request.path_id()
            && request.op() != Op::PutAudio
        {
            self.phone.storage.borrow_mut().cache.evict(id);
            self.record(What::Evicted { id: id.into() });
        }
    }
}
