//! The offline queue (§0.4): actions are durable before the person is told they are taken, go out in the order they were
//! taken, one flush at a time, and leave the queue when the backend has answered for good.

use super::App;
use super::client::{CallOutcome, Waits};
use super::defects::AppDefect;
use super::storage::Queued;
use fieldday_api::call::Call;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, Settlement, Trigger};
use fieldday_kernel::time::Span;
use std::sync::Arc;

/// While actions wait and there is a network, the queue is tried this often.
const TRY_EVERY: Span = Span::minutes(1);

impl App {
    /// Takes an action. When this returns it survives anything. An action that already waits is not taken twice: a
    /// second tap on the same button finds it there.
    pub async fn enqueue(&self, request: Call) {
        let waits = self.phone.storage.borrow().queue.iter().any(|queued| *queued.request == request);
        if waits {
            return;
        }
        if self.defects().goes_past_the_queue(&request).await {
            return;
        }
        self.write().await;
        // Another tap may have come through while this one waited for the store.
        if self.phone.storage.borrow().queue.iter().any(|queued| *queued.request == request) {
            return;
        }
        self.defects().make_room_for(&request);
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
            storage.queue.push_back(Queued { action, request: request.clone(), taken_on });
            action
        };
        self.defects().keep_token_for(action);
        self.record(EventKind::Queued { action, request });
        action
    }
    /// Sends what waits, unless that is under way.
    pub(super) fn flush_soon(&self, trigger: Trigger) {
        if self.defects().flush_otherwise(trigger) {
            return;
        }
        if self.memory.flushing.get() || self.phone.storage.borrow().queue.is_empty() {
            return;
        }
        self.memory.flushing.set(true);
        self.background(|app| async move {
            app.flush(trigger).await;
            app.flushed();
        });
    }
    /// Sends one action after the other, the oldest first, until one stays.
    async fn flush(&self, trigger: Trigger) {
        self.record(EventKind::FlushBegan { trigger, waiting: self.waiting() });
        while let Some(queued) = self.oldest() {
            let Some((how, reply)) = self.deliver(&queued).await else { break };
            self.settle(&queued, how, reply.as_ref()).await;
        }
        self.record(EventKind::FlushEnded { waiting: self.waiting() });
    }
    /// Marks that no flush is under way any more.
    pub(super) fn flushed(&self) {
        self.memory.flushing.set(false);
        self.keep_trying();
    }
    fn oldest(&self) -> Option<Queued> {
        self.phone.storage.borrow().queue.front().cloned()
    }
    /// Removes an action from the queue and records how it was settled.
    pub(super) async fn settle(&self, queued: &Queued, how: Settlement, reply: Option<&CallOutcome>) {
        self.write().await;
        self.phone.storage.borrow_mut().queue.retain(|waits| waits.action != queued.action);
        self.record(EventKind::Settled { action: queued.action, how });
        if matches!(*queued.request, Call::StartRecording(_)) {
            self.adopt_session(queued.action, how, reply);
        }
    }
    /// Sends one action. None: it stays first and is tried again at the next trigger.
    pub(super) async fn deliver(&self, queued: &Queued) -> Option<(Settlement, Option<CallOutcome>)> {
        let is_clocking = matches!(*queued.request, Call::ClockIn { .. } | Call::ClockOut { .. });
        let cause = Cause::Queue { action: queued.action };
        // A token may be long in coming, and midnight may be in between.
        if is_clocking && self.defects().kept_token(cause).is_none() && self.token().await.is_none() {
            return None;
        }
        let today = self.phone.station.zone().date(self.now());
        let whatever_the_day = self.phone.settings.bare_clock_in || self.has(AppDefect::ClockInWhateverTheDay);
        if is_clocking && queued.taken_on != today && !whatever_the_day {
            return Some((Settlement::DayOver, None));
        }
        let reply = self.call(queued.request.clone(), cause, Waits::Nobody).await;
        let how = self.defects().settlement(&reply, settlement(&reply))?;
        if let (Settlement::AlreadyDone, Call::ClockIn { rep_id, .. }) = (how, &*queued.request) {
            // The repeat was refused, so the shift itself is read (§0.2).
            let read = Arc::new(Call::ShiftToday { rep_id: rep_id.clone() });
            self.call(read, Cause::ReadBack, Waits::Nobody).await;
        }
        Some((how, Some(reply)))
    }
    /// While something waits, the queue is tried again when the network comes back, and every minute.
    fn keep_trying(&self) {
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
    pub(super) fn waiting(&self) -> u32 {
        self.phone.storage.borrow().queue.len() as u32
    }
}

/// How an action leaves the queue that brought this answer; none if it stays.
fn settlement(reply: &CallOutcome) -> Option<Settlement> {
    match reply.final_refusal() {
        _ if reply.success().is_some() => Some(Settlement::Done),
        Some(_) if reply.says_done_before() => Some(Settlement::AlreadyDone),
        Some(status) => Some(Settlement::Refused { status }),
        None => None,
    }
}
