//! At the end of the day the app reads back what it did: its shift, its lists, its sessions, past the cache. A write that was
//! lost or doubled cannot hide until tomorrow.

use super::App;
use super::client::Waits;
use super::recording::is_stand_in;
use fieldday_api::call::Call;
use fieldday_api::defaults::PAGE;
use fieldday_api::names::TaskStatus;
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_api::wire::tasks::TaskQuery;
use fieldday_history::event::Cause;
use std::sync::Arc;

impl App {
    /// Reads back what the app did during the day, so that a lost write shows.
    pub async fn read_back(&self) {
        let date = Some(self.phone.station.zone().date(self.now()));
        let tasks =
            |status| Call::ListTasks(TaskQuery { status: Some(status), limit: Some(PAGE), ..Default::default() });
        let mut reads = vec![
            Call::ShiftToday { rep_id: self.phone.owner.rep_id.clone() },
            Call::ListAppointments(AppointmentQuery { date, ..Default::default() }),
            tasks(TaskStatus::Open),
            tasks(TaskStatus::Overdue),
            tasks(TaskStatus::Completed),
        ];
        let sessions = self.phone.storage.borrow().sessions.clone();
        let known = sessions.into_iter().filter(|id| !is_stand_in(id));
        reads.extend(known.map(|session_id| Call::GetRecording { session_id }));
        for read in reads {
            self.call(Arc::new(read), Cause::ReadBack, Waits::Nobody).await;
        }
    }
}
