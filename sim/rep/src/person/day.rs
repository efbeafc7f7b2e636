//! A working day.

use super::Person;
use super::habits::Habit;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Response};
use fieldday_api::names::{AppointmentStatus, Outcome};
use fieldday_api::private::Private;
use fieldday_api::wire::appointments::AppointmentSummary;
use fieldday_api::wire::tasks::TaskPatch;
use fieldday_history::event::UserAction;
use fieldday_kernel::random::name_key;
use fieldday_kernel::time::{Span, Time};
use fieldday_radio::track::expected_drive;
use std::sync::Arc;

/// Where an appointment of the list is, as far as the person needs it.
pub(super) struct Next {
    pub appointment_id: SmolStr,
    /// The id of the customer's contact card; none if a deployment's list leaves it out.
    pub contact_card_id: Option<SmolStr>,
    pub address: Private,
    pub start: Time,
    pub end: Time,
}

/// Without a list to go by, they look again after this.
const LOOKS_AGAIN_AFTER: Span = Span::minutes(5);
/// A rep who is later than this after the end does not go any more.
const TOO_LATE: Span = Span::minutes(10);

impl Person {
    /// Lives the day from leaving home to the end of work.
    pub async fn day(mut self) {
        self.stay();
        self.wait_until(self.plan.leaves_home).await;
        self.begins_work().await;
        while let Some(next) = self.next_visit().await {
            self.has_lunch_if_it_is_time(next.start).await;
            self.spends_time_until_it_is_time_to_drive(&next).await;
            self.makes(next).await;
        }
        self.does_tasks(2).await;
        self.ends_work().await;
        self.goes_home().await;
        self.wait_until(self.plan.lives_until).await;
        self.phone.linger().await;
        self.phone.end_day();
    }

    async fn begins_work(&self) {
        self.note(UserAction::LeavesHome);
        let today = name_key("clock-in");
        if self.plan.routine.clock_in {
            self.note(UserAction::ClocksIn);
            self.tap_nervously(today, |app| async move { app.clock_in().await }).await;
        }
        self.opens_dashboard().await;
        self.looks(today, 0).await;
        self.opens_shift().await;
        self.looks(today, 1).await;
        if self.does(Habit::LOOKS_BACK, today, self.plan.persona.looks_back_ppm) {
            let yesterday = self.phone.station.zone().date(self.now()).plus_days(-1);
            self.tap(|app| async move { app.open_past_appointments(yesterday).await }).await;
            self.looks(today, 2).await;
            let scrolls = u32::from(self.does(Habit::SCROLLS, today, self.plan.persona.scrolls_ppm)) * 2;
            self.tap(|app| async move { app.open_completed_tasks(scrolls).await }).await;
        }
        self.does_tasks(1).await;
    }

    /// The next visit by what the app shows; none when the list is done or the day is over.
    async fn next_visit(&mut self) -> Option<Next> {
        loop {
            if self.now() >= self.plan.stops_work {
                return None;
            }
            let shown = self.tap(|app| async move { app.todays_appointments().await }).await;
            let Some(list) = shown.as_ref().and_then(appointments) else {
                self.wait(LOOKS_AGAIN_AFTER).await;
                continue;
            };
            self.note_changes(list);
            return list
                .iter()
                .filter(|a| is_still_to_come(a) && !self.settled.contains(&a.appointment_id))
                .filter(|a| a.scheduled_end + TOO_LATE > self.now())
                .min_by_key(|a| (a.scheduled_start, &a.appointment_id))
                .map(|a| Next {
                    appointment_id: a.appointment_id.clone(),
                    contact_card_id: Some(a.contact_card_id.clone()).filter(|id| !id.is_empty()),
                    address: a.address.clone(),
                    start: a.scheduled_start,
                    end: a.scheduled_end,
                });
        }
    }
    /// Notes which visits the office has cancelled, by the latest list of appointments.
    fn note_changes(&mut self, list: &[AppointmentSummary]) {
        for off in list.iter().filter(|a| a.status == AppointmentStatus::Cancelled) {
            if !self.settled.contains(&off.appointment_id) {
                self.settled.push(off.appointment_id.clone());
                self.note(UserAction::FindsItChanged { appointment_id: off.appointment_id.clone() });
            }
        }
    }

    async fn has_lunch_if_it_is_time(&mut self, next_start: Time) {
        let Some(lunch) = self.plan.lunch.filter(|lunch| !self.lunched && self.now() >= lunch.at) else {
            return;
        };
        let occasion = name_key("lunch");
        let there = expected_drive(self.phone.station.here(), lunch.place, &self.town.roads);
        let takes = Span::minutes(i64::from(lunch.minutes));
        if self.now() + there + takes > next_start {
            return;
        }
        self.lunched = true;
        let leg = self.drive(lunch.place, occasion).await;
        self.wait_until(leg.arrive).await;
        self.stay();
        self.note(UserAction::HasLunch);
        let over = self.now() + takes;
        self.opens_dashboard().await;
        self.does_tasks(3).await;
        // The café's Wi-Fi may have answered all that with a page of its own; by now somebody has clicked it away.
        self.wait(Span::minutes(5)).await;
        self.tap(|app| async move { app.open_feeds().await }).await;
        self.wait_until(over).await;
    }

    async fn spends_time_until_it_is_time_to_drive(&self, next: &Next) {
        let every = Span::minutes(i64::from(self.plan.persona.looks_at_dashboard_every_minutes.max(1)));
        let visit = self.town.visit(next, &self.plan.persona);
        // A visit whose place nobody knows is not made, so nobody needs to be early for it.
        let early = visit.as_ref().map_or(Span::ZERO, |visit| self.plans_to_be_early(name_key(&visit.name)));
        let place = visit.map_or(self.phone.station.here(), |visit| visit.place);
        loop {
            let drive = expected_drive(self.phone.station.here(), place, &self.town.roads);
            let leave_at = next.start - drive - early;
            if self.now() >= leave_at {
                return;
            }
            self.wait_until(leave_at.min(self.now() + every)).await;
            if self.now() < leave_at {
                self.opens_dashboard().await;
            }
        }
    }

    /// How long before the appointed time the person means to arrive.
    fn plans_to_be_early(&self, occasion: u64) -> Span {
        let usual = Span::seconds(i64::from(self.plan.persona.plans_to_be_early_s));
        self.takes(Habit::PLANS_TO_BE_EARLY, occasion, usual)
    }

    async fn opens_dashboard(&self) {
        if self.plan.routine.dashboard {
            self.tap(|app| async move { app.open_dashboard().await }).await;
        }
    }
    async fn opens_shift(&self) {
        if self.plan.routine.shift {
            self.tap(|app| async move { app.open_shift().await }).await;
        }
    }

    /// Goes through the open tasks: does some, puts some off.
    pub(super) async fn does_tasks(&self, round: u64) {
        if !self.plan.routine.tasks {
            return;
        }
        let shown = self.tap(|app| async move { app.open_tasks().await }).await;
        let Some(Answer::Tasks(list)) = shown.as_deref().map(|r| &r.answer) else { return };
        let overdue = match list.overdue_count {
            0 => None,
            _ => self.tap(|app| async move { app.overdue_tasks().await }).await,
        };
        let overdue = match overdue.as_deref().map(|r| &r.answer) {
            Some(Answer::Tasks(list)) => list.tasks.as_slice(),
            _ => &[],
        };
        for task in overdue.iter().chain(&list.tasks).take(6) {
            let occasion = name_key(&task.id).wrapping_add(round);
            let id = &task.id;
            if self.does(Habit::COMPLETES_TASK, occasion, self.plan.persona.completes_task_ppm) {
                self.wait(Span::seconds(40)).await;
                self.note(UserAction::TicksTask { task_id: id.clone() });
                self.tap_nervously(occasion, |app| async move { app.complete_task(id).await }).await;
            } else if self.does(Habit::POSTPONES_TASK, occasion, self.plan.persona.postpones_task_ppm) {
                let body = TaskPatch { due_at: Some(self.now() + Span::hours(24)), ..Default::default() };
                let body = &body;
                self.tap(|app| async move { app.update_task(id, body.clone()).await }).await;
            }
        }
    }

    async fn ends_work(&self) {
        self.opens_dashboard().await;
        if !self.plan.routine.clock_in {
            return;
        }
        let tonight = name_key("clock-out");
        if self.does(Habit::FORGETS_CLOCK_OUT, tonight, self.plan.persona.forgets_clock_out_ppm) {
            self.note(UserAction::ForgetsToClockOut);
            return;
        }
        self.note(UserAction::ClocksOut);
        self.looks(tonight, 0).await;
        self.tap_nervously(tonight, |app| async move { app.clock_out().await }).await;
        self.looks(tonight, 1).await;
        self.opens_shift().await;
    }

    async fn goes_home(&self) {
        self.note(UserAction::GoesHome);
        let leg = self.drive(self.plan.home, name_key("home")).await;
        self.wait_until(leg.arrive).await;
        self.stay();
        // At home, on the sofa: the last look, and what waits goes out.
        self.wait(Span::minutes(3)).await;
        self.opens_dashboard().await;
        self.opens_shift().await;
        if self.plan.reads_back {
            self.wait(Span::minutes(2)).await;
            self.tap(|app| async move { app.read_back().await }).await;
        }
    }
}

fn appointments(response: &Arc<Response>) -> Option<&[AppointmentSummary]> {
    match &response.answer {
        Answer::Appointments(list) => Some(&list.appointments),
        _ => None,
    }
}

fn is_still_to_come(a: &AppointmentSummary) -> bool {
    matches!(a.status, AppointmentStatus::Scheduled | AppointmentStatus::Confirmed) && a.outcome == Outcome::Pending
}
