//! Tasks: creating one needs the network and is never repeated without the person's yes; ticking one off, like an
//! outcome and a clocking, goes through the queue.

use super::App;
use super::client::Waits;
use super::defects::AppDefect;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::wire::appointments::AppointmentPatch;
use fieldday_api::wire::extras::WinPost;
use fieldday_api::wire::shifts::ClockIn;
use fieldday_api::wire::tasks::{TaskCreate, TaskPatch};
use fieldday_history::EventKind;
use fieldday_history::event::Cause;
use std::sync::Arc;

/// What became of an attempt to create a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Created {
    /// The backend created the task.
    Done,
    /// It is not known whether the backend created it, and the person did not want to try again.
    LeftInDoubt,
    /// The backend refused it for good.
    Refused,
    /// There is no network, and this needs one.
    NeedsNetwork,
    /// A second tap while the first was under way.
    Ignored,
}

impl App {
    /// Creates a task. `says_yes` is asked before it is sent again after an attempt of unknown end.
    pub async fn create_task(&self, task: TaskCreate, mut says_yes: impl FnMut() -> bool) -> Created {
        if self.memory.creating.replace(true) && !self.has(AppDefect::DoubleTapCreatesTwice) {
            return Created::Ignored;
        }
        let created = self.create_once(task, &mut says_yes).await;
        self.memory.creating.set(false);
        created
    }
    async fn create_once(&self, task: TaskCreate, says_yes: &mut impl FnMut() -> bool) -> Created {
        // The very task whose last attempt was left in doubt, from a second tap that came a moment late: no less a repeat.
        let in_doubt =
            self.phone.storage.borrow().in_doubt.clone().filter(|(_, left)| *left == task).map(|(call, _)| call);
        let request = Arc::new(Call::CreateTask(task.clone()));
        let mut doubted = in_doubt;
        loop {
            if let Some(call) = doubted {
                let yes = says_yes();
                self.record(EventKind::AskedToRetry { call, yes });
                if !yes {
                    return Created::LeftInDoubt;
                }
            }
            let call = self.phone.next_call();
            // Handed to the store before it leaves: an app that dies meanwhile must ask, too.
            self.phone.storage.borrow_mut().in_doubt = Some((call, task.clone()));
            let reply = self.call_as(call, request.clone(), Cause::Tap, Waits::Person).await;
            if !reply.is_in_doubt() {
                self.phone.storage.borrow_mut().in_doubt = None;
            }
            if reply.success().is_some() {
                return Created::Done;
            }
            if reply.final_refusal().is_some() {
                return Created::Refused;
            }
            if !reply.is_in_doubt() {
                if self.has(AppDefect::TaskQueuedOffline) {
                    self.enqueue(Call::CreateTask(task)).await;
                }
                return Created::NeedsNetwork;
            }
            doubted = Some(call);
        }
    }
    /// Queues the completion of a task.
    pub async fn complete_task(&self, task_id: &SmolStr) {
        self.enqueue(Call::CompleteTask { task_id: task_id.clone() }).await;
    }
    /// Changes a task: like any update, from the foreground and safe to repeat.
    pub async fn update_task(&self, task_id: &SmolStr, body: TaskPatch) -> bool {
        let request = Call::UpdateTask { task_id: task_id.clone(), body };
        self.call(Arc::new(request), Cause::Tap, Waits::Person).await.success().is_some()
    }
    /// Queues the outcome of a visit.
    pub async fn set_outcome(&self, appointment_id: &SmolStr, body: AppointmentPatch) {
        self.enqueue(Call::UpdateAppointment { appointment_id: appointment_id.clone(), body }).await;
    }
    /// Queues a clock-in, unless one is queued already.
    pub async fn clock_in(&self) {
        let desired = (!self.phone.settings.bare_clock_in).then(|| self.now());
        // Two taps within a moment mean one clock-in: the time is that of the one which waits.
        let rep_id = self.phone.owner.rep_id.clone();
        let waits = self.phone.storage.borrow().queue.iter().any(|q| matches!(*q.request, Call::ClockIn { .. }));
        if !waits {
            self.enqueue(Call::ClockIn { rep_id, body: ClockIn { desired_start_time: desired, notes: None } }).await;
        }
    }
    /// Queues a clock-out.
    pub async fn clock_out(&self) {
        self.enqueue(Call::ClockOut { rep_id: self.phone.owner.rep_id.clone() }).await;
    }
    /// Posts a win, where there is a feed. Needs the network, and is not repeated.
    pub async fn post_win(&self, post: WinPost) {
        if self.phone.settings.optional_endpoints {
            self.call(Arc::new(Call::PostWin(post)), Cause::Tap, Waits::Person).await;
        }
    }
}
