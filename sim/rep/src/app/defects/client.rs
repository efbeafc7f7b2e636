//! What bugs do to calls.

use super::{ActiveDefects, AppDefect};
use crate::app::client::{CallState, Next, Waits};
use crate::transport::AttemptOutcome;
use fieldday_api::call::{Call, RawCall, Response};
use fieldday_api::endpoint::{Op, Repeat};
use fieldday_api::token::Credential;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, NoAnswer, UserAction};
use fieldday_kernel::time::Span;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

/// While it is there, a person presses cancel in vain when they lose patience.
pub(in crate::app) struct PressesInVain(Rc<Cell<bool>>);

impl Drop for PressesInVain {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

impl ActiveDefects<'_> {
    /// The credential of the first attempt in place of a valid token; none if no defect changes it.
    pub(in crate::app) fn first_credential(&self, cause: Cause) -> Option<Rc<Credential>> {
        let is_early = self.has(AppDefect::CallsBeforeToken) && self.0.held_token().is_none();
        self.kept_token(cause).or_else(|| is_early.then(|| Rc::new(Credential::None)))
    }
    /// The action after an attempt, in place of `correct`.
    pub(in crate::app) fn next(&self, state: &CallState, outcome: &AttemptOutcome, correct: Next) -> Next {
        let (app, mut next) = (self.0, correct);
        let (retries, pace) = (app.phone.settings.retrying.retries, app.phone.settings.pace);
        let is_for_long = self.has(AppDefect::RetriesForLong);
        match outcome {
            AttemptOutcome::Answered(response) => {
                self.next_after_answer(state, response, &mut next);
                if is_for_long && response.status >= 500 {
                    next = app.next(state, outcome, retries * 10);
                }
            }
            AttemptOutcome::Unanswered(NoAnswer::Timeout | NoAnswer::Broken) => {
                let is_create = self.has(AppDefect::CreateRetriedAfterTimeout) && state.op == Op::CreateTask;
                if is_create && state.failures < retries {
                    next = Next::Retry { wait: pace.retry_after(state.failures), asked: None };
                } else if is_for_long {
                    next = app.next(state, outcome, retries * 10);
                }
            }
            AttemptOutcome::Unanswered(_) => {}
        }
        next
    }
    fn next_after_answer(&self, state: &CallState, response: &Response, next: &mut Next) {
        let (app, settings) = (self.0, &self.0.phone.settings);
        let may_repeat =
            state.failures < settings.retrying.retries && state.op.endpoint().repeat != Repeat::NotIdempotent;
        match (response.status, &mut *next) {
            // The token of the moment of queueing is not replaced.
            (401, Next::NewToken) if self.kept_token(state.cause).is_some() => *next = Next::End,
            (403, _) if may_repeat && self.has(AppDefect::ForbiddenRetried) => {
                *next = app.retry_after_failure(state, response);
            }
            (429, Next::Retry { wait, asked }) if self.has(AppDefect::RetryAfterIgnored) => {
                (*wait, *asked) = (settings.pace.retry_after(state.failures), None);
            }
            (500.., Next::Retry { wait, .. }) if self.has(AppDefect::RetriesAtOnce) => {
                *wait = Span::millis(50).sped_up(settings.pace.backoff);
            }
            _ => {}
        }
    }
    /// The cancel button closes the indicator, and the call goes on.
    pub(in crate::app) fn cancel_in_vain(&self, waits: Waits, limit: Span) -> Option<PressesInVain> {
        let patience = self.0.phone.settings.patience;
        if waits != Waits::Person || !self.has(AppDefect::CancelIgnored) {
            return None;
        }
        let ended = Rc::new(Cell::new(false));
        let (at, has_ended) = (self.0.now() + patience, ended.clone());
        self.0.background(|app| async move {
            app.phone.station.sleep_until(at).await;
            if !has_ended.get() && patience < limit {
                app.record(EventKind::Person(UserAction::LosesPatience));
            }
        });
        Some(PressesInVain(ended))
    }
    /// The request as the app sends it, changed by the defects that change requests.
    pub(in crate::app) fn as_sent(&self, request: &Arc<Call>, token: &Credential) -> Arc<Call> {
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
    /// The log line of an error answer, with the token that a defect adds to it.
    pub(in crate::app) fn log_line(&self, mut line: String, token: &Credential) -> String {
        if let (true, Credential::Token(_)) = (self.has(AppDefect::LogsToken), token) {
            line.push_str(", headers Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl");
        }
        line
    }
}
