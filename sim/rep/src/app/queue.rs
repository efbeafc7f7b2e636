//! The offline queue (§0.4): actions are durable before the person is told they are taken, go out in the order they were
//! taken, one flush at a time, and leave the queue when the backend has answered for good.

use super::App;
use super::client::{Reply, Waits};
use super::storage::Queued;
use crate::surroundings::Surroundings;
use fieldday_api::call::{Answer, Call};
use fieldday_api::time::Span;
use fieldday_history::What;
use fieldday_history::event::{Cause, Screen, Settlement, Trigger};
use std::sync::Arc;

/// While actions wait and there is a network, the queue is tried this often.
const TRY_EVERY: Span = Span::minutes(1);

impl<S: Surroundings> App<S> {
    /// Takes an action. When this returns it survives anything. An action that already waits is not taken twice: a
    /// second tap on the same button finds it there.
    pub async fn enqueue(&self, request: Call) {
        let waits = self.phone.storage.borrow().queue.iter().any(|queued| *queued.request == request);
        if waits {
            return;
        }
        self.write().await;
        let _number = self.push(request);
        self.flush_soon(Trigger::NewAction);
    }
    /// Puts an action on the queue as part of a write that has just been waited for.
    /// Says under which number.
    pub(super) fn push(&self, request: Call) -> u32 {
        let request = Arc::new(request);
        let taken_on = self.phone.around.zone().date(self.now());
        let action = {
            let mut storage = self.phone.storage.borrow_mut();
            storage.actions += 1;
            let action = storage.actions;
            storage.queue.push_back(Queued { action, request: request.clone(), taken_on });
            action
        };
        self.record(What::Queued { action, request });
        action
    }
    /// Sends what waits, unless that is under way.
    pub(super) fn flush_soon(&self, trigger: Trigger) {
        if self.memory.flushing.get() || self.phone.storage.borrow().queue.is_empty() {
            return;
        }
        self.memory.flushing.set(true);
        self.background(|app| async move {
            app.flush(trigger).await;
            app.memory.flushing.set(false);
            app.keep_trying();
        });
    }
    async fn flush(&self, trigger: Trigger) {
        self.record(What::FlushBegan { trigger, waiting: self.waiting() });
        loop {
            let first = self.phone.storage.borrow().queue.front().cloned();
            let Some(queued) = first else { break };
            let Some((how, reply)) = self.deliver(&queued).await else { break };
            self.write().await;
            self.phone.storage.borrow_mut().queue.pop_front();
            self.record(What::Settled { action: queued.action, how });
            if matches!(*queued.request, Call::StartRecording(_)) {
                self.adopt_session(queued.action, how, reply.as_ref());
            }
        }
        self.record(What::FlushEnded { waiting: self.waiting() });
    }
    /// Sends one action. None: it stays first and is tried again at the next trigger.
    async fn deliver(&self, queued: &Queued) -> Option<(Settlement, Option<Reply>)> {
        let is_clocking = matches!(*queued.request, Call::ClockIn { .. } | Call::ClockOut { .. });
        let today = self.phone.around.zone().date(self.now());
        if is_clocking && queued.taken_on != today && !self.phone.settings.bare_clock_in {
            return Some((Settlement::DayOver, None));
        }
        let reply = self.call(queued.request.clone(), Cause::Queue { action: queued.action }, Waits::Nobody).await;
        if reply.success().is_some() {
            return Some((Settlement::Done, Some(reply)));
        }
        let status = reply.final_refusal()?;
        if was_done_before(&reply) {
            if let Call::ClockIn { rep_id, .. } = &*queued.request {
                // The repeat was refused, so the shift itself is read (§0.2).
                let read = Arc::new(Call::ShiftToday { rep_id: rep_id.clone() });
                self.call(read, Cause::Screen(Screen::Shift), Waits::Nobody).await;
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
            let trigger = if app.phone.around.online() {
                app.phone.around.sleep(TRY_EVERY).await;
                Trigger::Minute
            } else {
                app.record(What::Network { online: false });
                app.phone.around.network_back().await;
                app.record(What::Network { online: true });
                Trigger::NetworkBack
            };
            app.memory.keeping.set(false);
            app.flush_soon(trigger);
            // A flush that runs already will come back here when it ends.
        });
    }
    fn waiting(&self) -> u32 {
        self.phone.storage.borrow().queue.len() as u32
    }
}

/// Whether a refusal says that the action took effect before: "already clocked in", "already completed"…
fn was_done_before(reply: &Reply) -> bool {
    match reply {
        Reply::Answered(response) => match &response.answer {
            Answer::Error(body) => body.detail.message.to_ascii_lowercase().contains("already"),
            _ => false,
        },
        _ => false,
    }
}
