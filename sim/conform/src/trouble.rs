//! Writes that go wrong at the target: they took effect wholly or not at all, and can be repeated (`write.atomic`, and the
//! idempotency of each).

use crate::actor::Actor;
use crate::{Pass, appointments, place, tasks};
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::fixed::Money;
use fieldday_api::names::{AppointmentStatus, Outcome, Priority};
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::{Appointment, AppointmentPatch};
use fieldday_api::wire::tasks::TaskPatch;
use fieldday_kernel::time::{Span, Time};

use Rule::WriteAtomic as ATOMIC;

impl Pass {
    pub(crate) async fn meets_trouble(&self) {
        let Some(trouble) = self.means.trouble else {
            let why = "faults cannot be injected into this target; `fieldday conform` without --target tests this";
            return self.untested(ATOMIC, "repeats after an error of the server", why);
        };
        let times = [
            ("an error before the commit", trouble.before_commit),
            ("an error after the commit", trouble.after_commit),
            ("a lost answer", trouble.lost_answer),
        ];
        let by = self.rep();
        let Some(appointment) = self.appointment(place::REP, 4) else { return };
        let Some(was) = self.reads(by, &appointment.appointment_id).await else { return };
        for (number, (what, (from, until))) in times.into_iter().enumerate() {
            if by.now() >= until {
                self.untested(ATOMIC, what, "the pass took too long to meet it");
                continue;
            }
            self.goes_wrong(by, &was.id, number as i64, what, (from, until)).await;
        }
        self.restores(by, &was).await;
    }
    async fn goes_wrong(&self, by: &Actor, id: &SmolStr, number: i64, what: &str, (from, until): (Time, Time)) {
        let task = self.creates(place::REP, tasks::new("for trouble", Some(self.group(15).due(100 + number)))).await;
        let Some(before) = self.reads(by, id).await else { return };
        let body = AppointmentPatch {
            scheduled_start: Some(before.scheduled_start + Span::minutes(5)),
            scheduled_end: Some(before.scheduled_end + Span::minutes(5)),
            status: Some(if number == 1 { AppointmentStatus::Confirmed } else { AppointmentStatus::Completed }),
            outcome: Some(Outcome::Won),
            deal_size: Some(Money::whole(700 + number)),
            service_type: Some(format!("Trouble {number}").into()),
            notes: Some(format!("Field Day conformance check {number}").into()),
            ..AppointmentPatch::default()
        };
        let mut calls = vec![(Rule::AppointmentPatchIdempotent, appointments::patch(id, body.clone()))];
        if let Some(task) = &task {
            let update = TaskPatch { priority: Some(Priority::Low), ..TaskPatch::default() };
            calls.push((Rule::TaskUpdateIdempotent, tasks::update(&task.id, update)));
            calls.push((Rule::TaskCompleteOnce, tasks::complete(&task.id)));
        }
        by.station.sleep_until(from + Span::millis(200)).await;
        for (_, call) in &calls {
            by.ask(call.clone()).await;
        }
        by.station.sleep_until(until + Span::millis(200)).await;
        if let Some(now) = self.reads(by, id).await {
            let wholly = is_wholly(&before, &now, &body);
            self.case(by, ATOMIC, format!("an update that met {what}"), None).judge(
                wholly,
                "every field changed, or none",
                || appointments::differing(&before, &now, &[]).unwrap_or_default(),
            );
        }
        for (rule, call) in calls {
            self.repeats_after(by, rule, call, what).await;
        }
    }
    async fn repeats_after(&self, by: &Actor, rule: Rule, call: Call, what: &str) {
        let reply = by.ask(call).await;
        let case = self.case(by, rule, format!("{} again after {what}", reply.op), &reply);
        case.succeeds("an acknowledgement", |_| None);
    }
}

/// Whether an appointment is as it was, or has every field of a body.
fn is_wholly(before: &Appointment, now: &Appointment, body: &AppointmentPatch) -> bool {
    let none = appointments::differing(before, now, &[]).is_none();
    let all = Some(now.scheduled_start) == body.scheduled_start
        && Some(now.scheduled_end) == body.scheduled_end
        && Some(now.status) == body.status
        && Some(now.outcome) == body.outcome
        && now.deal_size == body.deal_size
        && Some(&now.service_type) == body.service_type.as_ref();
    none || all
}
