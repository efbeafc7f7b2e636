//! A visit: the drive there, what is found at the door, the recording, and what comes of it.

use super::Person;
use super::day::Next;
use super::habits::Habit;
use crate::app::{Created, Started};
use fieldday_api::SmolStr;
use fieldday_api::fixed::Money;
use fieldday_api::names::{AppointmentStatus, Assignee, Outcome, Priority};
use fieldday_api::wire::appointments::AppointmentPatch;
use fieldday_api::wire::extras::WinPost;
use fieldday_api::wire::tasks::TaskCreate;
use fieldday_history::event::UserAction;
use fieldday_kernel::random::name_key;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::{VisitFate, VisitPlan};

/// How long a rep waits at a closed door.
const WAITS_AT_THE_DOOR: Span = Span::minutes(10);
/// How often, and how far apart, a rep tries to start a recording.
const RECORDING_TRIES: u32 = 3;
const TRIES_AGAIN_AFTER: Span = Span::seconds(30);

impl Person {
    /// Drives to a visit and makes it, from the door to the outcome.
    pub(super) async fn makes(&mut self, next: Next) {
        let id = next.appointment_id.clone();
        self.settled.push(id.clone());
        let town = self.town.clone();
        // A visit whose place nobody knows is not made.
        let Some(visit) = town.visit(&next, &self.plan.persona) else { return };
        let visit = visit.as_ref();
        let occasion = name_key(&visit.name);
        self.drives_to(visit, &next, occasion).await;
        if self.does(Habit::OPENS_DETAILS, occasion, self.plan.persona.opens_details_ppm) {
            self.tap(|app| {
                let id = id.clone();
                async move { app.open_appointment(&id).await }
            })
            .await;
        }
        self.wait_until(self.rings_at(next.start, occasion)).await;
        match visit.fate {
            VisitFate::NoShow => {
                self.wait(WAITS_AT_THE_DOOR).await;
                self.note(UserAction::FindsNobody { appointment_id: id });
                self.says(visit, occasion, AppointmentStatus::NoShow, Outcome::NoShow, None).await;
            }
            VisitFate::CancelledAtTheDoor => {
                self.wait(Span::minutes(2)).await;
                self.note(UserAction::IsTurnedAway { appointment_id: id });
                self.says(visit, occasion, AppointmentStatus::Cancelled, Outcome::Lost, None).await;
            }
            VisitFate::Held { outcome, deal_size } => {
                self.talks(visit, &next, occasion).await;
                if self.does(Habit::CORRECTS_OUTCOME, occasion, self.plan.persona.corrects_outcome_ppm) {
                    self.says(visit, occasion, AppointmentStatus::Completed, Outcome::Lost, None).await;
                    self.wait(Span::seconds(20)).await;
                }
                self.says(visit, occasion, AppointmentStatus::Completed, outcome, deal_size).await;
                self.follows_up(visit, &next, occasion, outcome, deal_size).await;
            }
        }
    }

    async fn drives_to(&self, visit: &VisitPlan, next: &Next, occasion: u64) {
        self.note(UserAction::DrivesTo { appointment_id: visit.appointment_id.clone() });
        let leg = self.drive(visit.place, occasion).await;
        let on_the_way = Span::micros(leg.arrive.since(leg.depart).as_micros() * 2 / 5);
        if let Some(contact) = &next.contact_card_id
            && self.does(Habit::READS_AT_RED_LIGHTS, occasion, self.plan.persona.messages_at_red_lights_ppm)
        {
            self.wait(on_the_way).await;
            let scrolls = u32::from(self.does(Habit::SCROLLS, occasion, self.plan.persona.scrolls_ppm));
            self.tap(|app| async move { app.open_thread(contact, scrolls).await }).await;
        }
        if self.does(Habit::ASKS_OTTO, occasion, self.plan.persona.asks_otto_ppm) {
            self.tap(|app| async move { app.ask_otto().await }).await;
        }
        self.wait_until(leg.arrive).await;
        self.stay();
        self.note(UserAction::Arrives { appointment_id: visit.appointment_id.clone() });
    }

    /// When a rep rings who is there in time: about when the appointment begins. Who comes later rings at once.
    fn rings_at(&self, start: Time, occasion: u64) -> Time {
        let within = Span::seconds(i64::from(self.plan.persona.rings_within_s));
        start - within + self.takes(Habit::RINGS, occasion, within)
    }

    /// The talk itself, recorded if the rep records and that works.
    async fn talks(&self, visit: &VisitPlan, next: &Next, occasion: u64) {
        let id = &visit.appointment_id;
        let planned = next.end.since(next.start);
        let over = self.now() + (planned + visit.overrun).max(Span::minutes(5));
        if !self.plan.routine.recordings {
            self.wait_until(over).await;
            return;
        }
        // Shoes off, a chair, and the question whether it may be recorded.
        let greeting = Span::seconds(i64::from(self.plan.persona.greets_for_s));
        self.wait(self.takes(Habit::GREETS, occasion, greeting)).await;
        if self.does(Habit::RECORDS_LATE, occasion, self.plan.persona.records_late_ppm) {
            self.wait(Span::minutes(4)).await;
            self.note(UserAction::RecordsLate { appointment_id: id.clone() });
        } else {
            self.note(UserAction::Records { appointment_id: id.clone() });
        }
        let records = self.starts_recording(visit, occasion).await;
        self.wait_until(over).await;
        if !records {
            return;
        }
        self.note(UserAction::StopsRecording { appointment_id: id.clone() });
        let kbit_s = visit.audio_kbit_s;
        let session = self.tap(|app| async move { app.stop_recording(kbit_s).await }).await;
        if let Some(session) = session
            && self.does(Habit::WATCHES_RESULTS, occasion, self.plan.persona.watches_results_ppm)
        {
            let session = &session;
            self.tap(|app| async move { app.watch(session.clone()) }).await;
        }
        if self.does(Habit::CLOSES_APP, occasion, self.plan.persona.closes_app_while_uploading_ppm) {
            self.wait(Span::seconds(8)).await;
            self.note(UserAction::ClosesApp);
            self.phone.kill();
        }
    }

    async fn starts_recording(&self, visit: &VisitPlan, occasion: u64) -> bool {
        for attempt in 0..RECORDING_TRIES {
            let (id, place, mode) = (&visit.appointment_id, visit.place, visit.mode);
            let occasion = occasion.wrapping_add(u64::from(attempt));
            let started =
                self.tap_nervously(occasion, |app| async move { app.start_recording(id, place, mode).await }).await;
            match started {
                Started::Recording | Started::Ignored => return true,
                Started::NotAllowed => break,
                Started::OutsideGeofence | Started::NoAnswer | Started::Refused => self.wait(TRIES_AGAIN_AFTER).await,
            }
        }
        self.note(UserAction::GivesUpRecording { appointment_id: visit.appointment_id.clone() });
        false
    }

    /// Reports the outcome of a visit in the app.
    async fn says(
        &self,
        visit: &VisitPlan,
        occasion: u64,
        status: AppointmentStatus,
        outcome: Outcome,
        deal_size: Option<Money>,
    ) {
        self.looks(occasion, 0).await;
        self.note(UserAction::PicksOutcome { appointment_id: visit.appointment_id.clone() });
        let notes = self.does(Habit::WRITES_NOTES, occasion, self.plan.persona.writes_notes_ppm);
        let body = AppointmentPatch {
            status: Some(status),
            outcome: Some(outcome),
            deal_size,
            notes: notes.then(|| "Roof seen, customer friendly, to be called again".into()),
            ..Default::default()
        };
        let (id, body) = (&visit.appointment_id, &body);
        self.tap_nervously(occasion, |app| async move { app.set_outcome(id, body.clone()).await }).await;
    }

    async fn follows_up(
        &self,
        visit: &VisitPlan,
        next: &Next,
        occasion: u64,
        outcome: Outcome,
        deal_size: Option<Money>,
    ) {
        if self.does(Habit::CREATES_TASK, occasion, self.plan.persona.creates_task_ppm) {
            self.looks(occasion, 1).await;
            self.note(UserAction::WritesTask);
            let task = self.follow_up_task(&visit.appointment_id, next, occasion);
            let task = &task;
            let yes_ppm = self.plan.persona.says_yes_to_retry_ppm;
            // If the app dies meanwhile, the person leaves it at that: the task may be there.
            let created = self
                .try_nervously(occasion, |app| async move {
                    let mut asked = 0;
                    app.create_task(task.clone(), || {
                        asked += 1;
                        asked <= 3 && self.does(Habit::SAYS_YES, occasion.wrapping_add(asked), yes_ppm)
                    })
                    .await
                })
                .await;
            if created == Ok(Created::NeedsNetwork) {
                self.wait(Span::minutes(1)).await;
            }
        }
        if outcome == Outcome::Won && self.does(Habit::POSTS_WIN, occasion, self.plan.persona.posts_win_ppm) {
            let post =
                WinPost { appointment_id: visit.appointment_id.clone(), message: "Another one".into(), deal_size };
            let post = &post;
            self.looks(occasion, 2).await;
            self.tap(|app| async move { app.post_win(post.clone()).await }).await;
        }
    }

    fn follow_up_task(&self, appointment_id: &SmolStr, next: &Next, occasion: u64) -> TaskCreate {
        TaskCreate {
            // Two tasks of one description are told apart by it.
            description: format!("Follow up, visit {occasion:016x}").into(),
            assigned_to: Assignee::SalesRep,
            contact_card_id: next.contact_card_id.clone(),
            lead_id: None,
            appointment_id: Some(appointment_id.clone()),
            call_id: None,
            due_at: Some(self.now() + Span::hours(24)),
            priority: Some(Priority::Medium),
            source: None,
        }
    }
}
