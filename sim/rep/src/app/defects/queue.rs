//! What bugs do to the offline queue.

use super::{ActiveDefects, AppDefect};
use crate::app::App;
use crate::app::client::{CallOutcome, Waits};
use crate::app::storage::Queued;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::token::Credential;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, Settlement, Trigger};
use fieldday_kernel::time::Span;
use std::rc::Rc;
use std::sync::Arc;

/// How long the queue takes to be read from a slow store, for a bug that looks before and notes after.
const QUEUE_IS_READ_IN: Span = Span::millis(150);

/// Bugs that send the queue in a way of their own.
const FLUSH_WRONGLY: [AppDefect; 5] = [
    AppDefect::BusyFlagPersisted,
    AppDefect::DoubleFlush,
    AppDefect::ReplayInParallel,
    AppDefect::ReplayNewestFirst,
    AppDefect::DequeueBeforeAck,
];

impl ActiveDefects<'_> {
    /// Sends an action without queueing it. True if it did.
    pub(in crate::app) async fn goes_past_the_queue(&self, request: &Call) -> bool {
        let goes = self.has(AppDefect::CompletesTaskDirectly)
            && request.op() == Op::CompleteTask
            && self.0.phone.station.online();
        if goes {
            self.0.call(Arc::new(request.clone()), Cause::Tap, Waits::Person).await;
        }
        goes
    }
    /// Drops what a new action takes the place of.
    pub(in crate::app) fn make_room_for(&self, request: &Call) {
        if self.has(AppDefect::SameTypeCollapsed) {
            self.0.phone.storage.borrow_mut().queue.retain(|queued| queued.request.op() != request.op());
        }
    }
    /// Keeps the token of this moment for an action.
    pub(in crate::app) fn keep_token_for(&self, action: u32) {
        if self.has(AppDefect::TokenKeptFromEnqueue)
            && let Some(token) = self.0.held_token()
        {
            self.0.phone.storage.borrow_mut().for_defects.tokens.insert(action, token);
        }
    }
    /// The token that was kept for the action for which a call is made.
    pub(in crate::app) fn kept_token(&self, cause: Cause) -> Option<Rc<Credential>> {
        match cause {
            Cause::Queue { action } => self.0.phone.storage.borrow().for_defects.tokens.get(&action).cloned(),
            _ => None,
        }
    }
    /// Sends what waits in a wrong way, or not at all where it should be. False if the right way is to be gone.
    pub(in crate::app) fn flush_otherwise(&self, trigger: Trigger) -> bool {
        let app = self.0;
        if app.memory.flushing.get() {
            if self.has(AppDefect::EventResendsInFlight) && trigger == Trigger::NewAction {
                app.background(|app| async move { app.defects().resend_head().await });
            }
            return false;
        }
        if app.phone.storage.borrow().queue.is_empty() {
            return false;
        }
        let is_new = matches!(trigger, Trigger::NewAction | Trigger::Minute);
        if is_new && self.has(AppDefect::FlushOnlyOnReconnect) && app.phone.station.online() {
            return true;
        }
        if self.has(AppDefect::BusyFlagPersisted)
            && std::mem::replace(&mut app.phone.storage.borrow_mut().for_defects.busy, true)
        {
            return true;
        }
        if !FLUSH_WRONGLY.into_iter().any(|defect| self.has(defect)) {
            return false;
        }
        let looks_too_early = self.has(AppDefect::DoubleFlush);
        app.memory.flushing.set(!looks_too_early);
        app.background(|app| async move {
            if looks_too_early {
                app.phone.station.sleep(QUEUE_IS_READ_IN).await;
                app.memory.flushing.set(true);
            }
            app.defects().flush(trigger).await;
            app.phone.storage.borrow_mut().for_defects.busy = false;
            app.flushed();
        });
        true
    }
    async fn flush(&self, trigger: Trigger) {
        let app = self.0;
        app.record(EventKind::FlushBegan { trigger, waiting: app.waiting() });
        if self.has(AppDefect::ReplayInParallel) {
            self.send_all_at_once();
        }
        while let Some(queued) = self.next_in_line() {
            if self.has(AppDefect::DequeueBeforeAck) {
                app.settle(&queued, Settlement::Done, None).await;
                app.deliver(&queued).await;
            } else if !deliver_and_settle(app, &queued).await {
                break;
            }
        }
        app.record(EventKind::FlushEnded { waiting: app.waiting() });
    }
    fn next_in_line(&self) -> Option<Queued> {
        let queue = &self.0.phone.storage.borrow().queue;
        if self.has(AppDefect::ReplayNewestFirst) { queue.back().cloned() } else { queue.front().cloned() }
    }
    fn send_all_at_once(&self) {
        let waiting: Vec<Queued> = self.0.phone.storage.borrow().queue.iter().skip(1).cloned().collect();
        for queued in waiting {
            self.0.background(|app| async move {
                deliver_and_settle(&app, &queued).await;
            });
        }
    }
    async fn resend_head(&self) {
        if let Some(queued) = self.next_in_line() {
            self.0.deliver(&queued).await;
        }
    }
    /// How an action leaves the queue that brought this answer, where `correct` would be right.
    pub(in crate::app) fn settlement(&self, reply: &CallOutcome, correct: Option<Settlement>) -> Option<Settlement> {
        let CallOutcome::Answered(response) = reply else { return correct };
        let is_page = response.status < 300 && matches!(response.answer, Answer::Foreign(_));
        let is_refusal = (400..500).contains(&response.status);
        if is_page && self.has(AppDefect::PortalTakenForInternet) || is_refusal && self.has(AppDefect::AnyRefusalDone) {
            return Some(Settlement::Done);
        }
        correct.filter(|_| !(is_refusal && self.has(AppDefect::PoisonBlocksHead)))
    }
}

/// Delivers and settles an action as a correct app does; false if the action stays in the queue.
async fn deliver_and_settle(app: &App, queued: &Queued) -> bool {
    let Some((how, reply)) = app.deliver(queued).await else { return false };
    app.settle(queued, how, reply.as_ref()).await;
    true
}
