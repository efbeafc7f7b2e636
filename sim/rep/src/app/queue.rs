//! The offline queue (§0.4): actions are durable before the person is told they are taken, go out in the order they were
//! taken, one flush at a time, and leave the queue when the backend has answered for good.

use super::App;
use super::client::{CallOutcome, Waits};
use super::defects::AppDefect;
use super::storage::Queued;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, Settlement, Trigger};
use fieldday_kernel::time::Span;
use std::sync::Arc;

/// While actions wait and there is a network, the queue is tried this often.
const TRY_EVERY: Span = Span::minutes(1);
/// How long the queue takes to be read from a slow store: for a defect that looks before and notes after.
const QUEUE_IS_READ_IN: Span = Span::millis(150);

impl App {
    /// Takes an action. When this returns it survives anything. An action that already waits is not taken twice: a
    /// second tap on the same button finds it there.
    pub async fn enqueue(&self, request: Call) {
        let waits = self.phone.storage.borrow().queue.iter().any(|queued| *queued.request == request);
        if waits {
            return;
        }
        if self.has(AppDefect::CompletesTaskDirectly) && request.op() == Op::CompleteTask && self.phone.station.online()
        {
            self.call(Arc::new(request), Cause::Tap, Waits::Person).await;
            return;
        }
        self.write().await;
        // Another tap may have come through while this one waited for the store.
        if self.phone.storage.borrow().queue.iter().any(|queued| *queued.request == request) {
            return;
        }
        if self.has(AppDefect::SameTypeCollapsed) {
            let op = request.op();
            self.phone.storage.borrow_mut().queue.retain(|queued| queued.request.op() != op);
        }
        let _number = self.push(request);
        self.flush_soon(Trigger::NewAction);
    }
    /// Puts an action on the queue as part of a write that has just been waited for.
    /// Says under which number.
    pub(super) fn push(&self, request: Call) -> u32 {
        let request = Arc::new(request);
        let taken_on = self.phone.station.zone().date(self.now());
        let action = {
            let mut storage = self.phone.storage.borrow_mut();
            storage.actions += 1;
            let action = storage.actions;
            let token = self.held_token().filter(|_| self.has(AppDefect::TokenKeptFromEnqueue));
            storage.queue.push_back(Queued { action, request: request.clone(), taken_on, token });
            action
        };
        self.record(EventKind::Queued { action, request });
        action
    }
    /// Sends what waits, unless that is under way.
    pub(super) fn flush_soon(&self, trigger: Trigger) {
        let flushing = self.memory.flushing.get();
        if flushing && self.has(AppDefect::EventResendsInFlight) && trigger == Trigger::NewAction {
            self.background(|app| async move { app.resend_head().await });
        }
        if flushing || self.phone.storage.borrow().queue.is_empty() {
            return;
        }
        let is_new = matches!(trigger, Trigger::NewAction | Trigger::Minute);
        if is_new && self.has(AppDefect::FlushOnlyOnReconnect) && self.phone.station.online() {
            return;
        }
        if self.has(AppDefect::BusyFlagPersisted) && std::mem::replace(&mut self.phone.storage.borrow_mut().busy, true)
        {
            return;
        }
        let looks_first = !self.has(AppDefect::DoubleFlush);
        self.memory.flushing.set(looks_first);
        self.background(|app| async move {
            if !looks_first {
                app.phone.station.sleep(QUEUE_IS_READ_IN).await;
                app.memory.flushing.set(true);
            }
            app.flush(trigger).await;
            app.memory.flushing.set(false);
            app.phone.storage.borrow_mut().busy = false;
            app.keep_trying();
        });
    }
    async fn flush(&self, trigger: Trigger) {
        self.record(EventKind::FlushBegan { trigger, waiting: self.waiting() });
        if self.has(AppDefect::ReplayInParallel) {
            self.send_all_at_once().await;
        }
        while let Some(queued) = self.next_in_line() {
            if self.has(AppDefect::DequeueBeforeAck) {
                self.settle(&queued, Settlement::Done, None).await;
                self.deliver(&queued).await;
                continue;
            }
            let Some((how, reply)) = self.deliver(&queued).await else { break };
            self.settle(&queued, how, reply.as_ref()).await;
        }
        self.record(EventKind::FlushEnded { waiting: self.waiting() });
    }
    fn next_in_line(&self) -> Option<Queued> {
        let storage = self.phone.storage.borrow();
        let newest_first = self.has(AppDefect::ReplayNewestFirst);
        if newest_first { storage.queue.back().cloned() } else { storage.queue.front().cloned() }
    }
    /// An action leaves the queue.
    async fn settle(&self, queued: &Queued, how: Settlement, reply: Option<&CallOutcome>) {
        self.write().await;
        self.phone.storage.borrow_mut().queue.retain(|waits| waits.action != queued.action);
        self.record(EventKind::Settled { action: queued.action, how });
        if matches!(*queued.request, Call::StartRecording(_)) {
            self.adopt_session(queued.action, how, reply);
        }
    }
    /// The way of a defect.
    async fn send_all_at_once(&self) {
        let waiting: Vec<Queued> = self.phone.storage.borrow().queue.iter().skip(1).cloned().collect();
        for queued in waiting {
            self.background(|app| async move {
                if let Some((how, reply)) = app.deliver(&queued).await {
                    app.settle(&queued, how, reply.as_ref()).await;
                }
            });
        }
    }
    /// The way of a defect.
    async fn resend_head(&self) {
        if let Some(queued) = self.next_in_line() {
            self.deliver(&queued).await;
        }
    }
    /// Sends one action. None: it stays first and is tried again at the next trigger.
    async fn deliver(&self, queued: &Queued) -> Option<(Settlement, Option<CallOutcome>)> {
        let is_clocking = matches!(*queued.request, Call::ClockIn { .. } | Call::ClockOut { .. });
        // A token may be long in coming, and midnight may be in between.
        if is_clocking && queued.token.is_none() && self.token().await.is_none() {
            return None;
        }
        let today = self.phone.station.zone().date(self.now());
        let whatever_the_day = self.phone.settings.bare_clock_in || self.has(AppDefect::ClockInWhateverTheDay);
        if is_clocking && queued.taken_on != today && !whatever_the_day {
            return Some((Settlement::DayOver, None));
        }
        let cause = Cause::Queue { action: queued.action };
        let reply = match &queued.token {
            None => self.call(queued.request.clone(), cause, Waits::Nobody).await,
            Some(token) => self.call_with(token, queued.request.clone(), cause).await,
        };
        if reply.success().is_some() || self.takes_for_success(&reply) {
            return Some((Settlement::Done, Some(reply)));
        }
        let status = reply.final_refusal().filter(|_| !self.has(AppDefect::PoisonBlocksHead))?;
        if was_done_before(&reply) {
            if let Call::ClockIn { rep_id, .. } = &*queued.request {
                // The repeat was refused, so the shift itself is read (§0.2).
                let read = Arc::new(Call::ShiftToday { rep_id: rep_id.clone() });
                self.call(read, Cause::ReadBack, Waits::Nobody).await;
            }
            return Some((Settlement::AlreadyDone, Some(reply)));
        }
        Some((Settlement::Refused { status }, Some(reply)))
    }
    /// While something waits, the queue is tried again when the network comes back, and every minute.
    pub(super) fn keep_trying(&self) {
        if self.memory.keeping.get() || self.phone.storage.borrow().queue.is_empty() {
            return;
        }
        self.memory.keeping.set(true);
        self.background(|app| async move {
            let every = TRY_EVERY.sped_up(app.phone.settings.pace.backoff);
            let trigger = if app.phone.station.online() {
                let wait = app.jittered(every.times(2), app.now().micros().unsigned_abs(), 1).unwrap_or(every);
                app.phone.station.sleep(wait).await;
                Trigger::Minute
            } else {
                app.record(EventKind::Network { online: false });
                app.phone.station.network_back().await;
                app.record(EventKind::Network { online: true });
                if let Some(wait) = app.jittered(every, app.now().micros().unsigned_abs(), 0) {
                    app.phone.station.sleep(wait).await;
                }
                Trigger::NetworkBack
            };
            app.memory.keeping.set(false);
            app.flush_soon(trigger);
            // A flush that runs already will come back here when it ends.
        });
    }
    /// What defects take for success.
    fn takes_for_success(&self, reply: &CallOutcome) -> bool {
        let CallOutcome::Answered(response) = reply else { return false };
        let is_page = response.status < 300 && matches!(response.answer, Answer::Foreign(_));
        (is_page && self.has(AppDefect::PortalTakenForInternet))
            || ((400..500).contains(&response.status) && self.has(AppDefect::AnyRefusalDone))
    }
    fn waiting(&self) -> u32 {
        self.phone.storage.borrow().queue.len() as u32
    }
}

/// Whether a refusal says that the action took effect before: "already clocked in", "already completed"…
fn was_done_before(reply: &CallOutcome) -> bool {
    match reply {
        CallOutcome::Answered(response) => match &response.answer {
            Answer::Error(body) => body.detail.message.to_ascii_lowercase().contains("already"),
            _ => false,
        },
        _ => false,
    }
}
