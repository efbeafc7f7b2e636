//! The auditor: reads back what should be there, so that a write that was lost or doubled shows, and repeats what may be
//! repeated.

use crate::browser::Browser;
use crate::station::Station;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::defaults::PAGE;
use fieldday_api::names::ShiftStatus;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_api::wire::shifts::{ClockIn, Shift};
use fieldday_api::wire::tasks::TaskQuery;
use fieldday_history::event::Cause;
use fieldday_kernel::time::Span;
use fieldday_plan::AuditorPlan;

/// No rep is clocked in or out again this close to midnight: longer than any request takes.
const BEFORE_MIDNIGHT: Span = Span::minutes(10);

/// A client with a manager's login who reads back what should be there.
pub struct Auditor {
    browser: Browser,
    plan: AuditorPlan,
    /// The pause between two reads, so that auditing adds little load.
    pause: Span,
}

impl Auditor {
    /// An auditor who has read nothing yet, and waits for `pause` between two reads.
    pub fn new(station: Station, plan: AuditorPlan, pause: Span) -> Auditor {
        Auditor { browser: Browser::new(station), plan, pause }
    }
    /// Reads back every rep of the tenant, at each of the planned times.
    pub async fn day(mut self) {
        let rounds = std::mem::take(&mut self.plan.rounds);
        let last = rounds.len();
        for (number, (_, at)) in rounds.into_iter().enumerate() {
            self.browser.station.sleep_until_in_day(at).await;
            for rep_id in self.plan.reps.clone() {
                self.reads_back(&rep_id, number + 1 == last).await;
            }
        }
    }
    /// A rep's list, tasks and shift; the last time each appointment, and what was said to its customer.
    async fn reads_back(&mut self, rep_id: &SmolStr, last: bool) {
        let (date, rep) = (Some(self.plan.date), Some(rep_id.clone()));
        let list =
            self.read(Call::ListAppointments(AppointmentQuery { rep_id: rep, date, ..Default::default() })).await;
        if let Some(Answer::ShiftDay(day)) = self.read(Call::ShiftToday { rep_id: rep_id.clone() }).await {
            self.clocks_again(rep_id, &day.shift).await;
        }
        self.reads_tasks(rep_id).await;
        let Some(Answer::Appointments(list)) = list else { return };
        for appointment in list.appointments.iter().filter(|_| last) {
            self.read(Call::GetAppointment { appointment_id: appointment.appointment_id.clone() }).await;
        }
        // A deployment's list may leave contacts out.
        if let Some(contact) = list.appointments.iter().map(|one| &one.contact_card_id).find(|id| !id.is_empty()) {
            let page = Page { limit: Some(PAGE), offset: None };
            self.read(Call::GetThread { contact_card_id: contact.clone(), page }).await;
        }
    }
    /// A manager may clock a rep in and out, too. What the rep has done already is done once more: it changes nothing
    /// (§0.2). Not shortly before midnight, when a late clock-in would begin another day's shift.
    async fn clocks_again(&mut self, rep_id: &SmolStr, shift: &Shift) {
        let station = &self.browser.station;
        if station.zone().date(station.now() + BEFORE_MIDNIGHT) != shift.shift_date {
            return;
        }
        let rep_id = rep_id.clone();
        self.read(match shift.status {
            ShiftStatus::Active => Call::ClockIn { rep_id, body: ClockIn::default() },
            ShiftStatus::Completed => Call::ClockOut { rep_id },
        })
        .await;
    }
    /// Reads all pages of a rep's tasks.
    async fn reads_tasks(&mut self, rep_id: &SmolStr) {
        let mut offset = 0;
        loop {
            let page = TaskQuery {
                assignee_id: Some(rep_id.clone()),
                limit: Some(PAGE),
                offset: Some(offset).filter(|offset| *offset > 0),
                ..Default::default()
            };
            let Some(Answer::Tasks(list)) = self.read(Call::ListTasks(page)).await else { return };
            offset += PAGE;
            if offset >= list.total {
                return;
            }
        }
    }
    async fn read(&mut self, call: Call) -> Option<Answer> {
        let response = self.browser.call(call, Cause::ReadBack).await;
        self.browser.station.sleep(self.pause).await;
        response.filter(|response| response.is_success()).map(|response| response.answer.clone())
    }
}
