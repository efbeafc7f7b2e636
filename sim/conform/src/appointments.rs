//! Appointments changed, again and again, and moved: `appointment.patch.*`, `appointment.list.complete`, `write.atomic`,
//! `read.your-writes`. What was changed is put back.

use crate::actor::{Actor, Reply};
use crate::notes::MALFORMED;
use crate::together::together;
use crate::{Pass, place};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::fixed::Money;
use fieldday_api::names::{AppointmentStatus, Outcome};
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::{Appointment, AppointmentPatch, AppointmentQuery};
use fieldday_kernel::time::{Span, Time, TimeOfDay};

use Rule::{
    AppointmentListComplete as LIST, AppointmentPatchIdempotent as AGAIN, AppointmentPatchOrdered as ORDERED,
    AppointmentPatchPartial as PARTIAL, AppointmentWonDealSize as WON, OwnershipOwnOnly as OWN, ReadYourWrites as READ,
    WriteAtomic as ATOMIC,
};

pub(crate) fn patch(id: &SmolStr, body: AppointmentPatch) -> Call {
    Call::UpdateAppointment { appointment_id: id.clone(), body }
}
pub(crate) fn get(id: &SmolStr) -> Call {
    Call::GetAppointment { appointment_id: id.clone() }
}
pub(crate) fn appointment(reply: &Reply) -> Option<&Appointment> {
    match reply.success()? {
        Answer::Appointment(detail) => Some(&detail.appointment),
        _ => None,
    }
}
/// The fields in which two appointments differ, of those that bodies can name.
pub(crate) fn differing(one: &Appointment, other: &Appointment, but: &[&str]) -> Option<String> {
    let fields = [
        ("scheduled_start", one.scheduled_start == other.scheduled_start),
        ("scheduled_end", one.scheduled_end == other.scheduled_end),
        ("status", one.status == other.status),
        ("outcome", one.outcome == other.outcome),
        ("deal_size", one.deal_size == other.deal_size),
        ("location", one.location == other.location),
        ("service_type", one.service_type == other.service_type),
        ("notes", one.notes == other.notes),
        ("assigned_rep_id", one.assigned_rep_id == other.assigned_rep_id),
    ];
    let names: Vec<_> =
        fields.iter().filter(|(name, same)| !same && !but.contains(name)).map(|(name, _)| *name).collect();
    (!names.is_empty()).then(|| format!("another {}", names.join(", ")))
}
fn service(text: &str) -> AppointmentPatch {
    AppointmentPatch { service_type: Some(text.into()), ..AppointmentPatch::default() }
}
fn notes(text: &str) -> AppointmentPatch {
    AppointmentPatch { notes: Some(text.to_owned().into()), ..AppointmentPatch::default() }
}
fn won(cents: i64) -> AppointmentPatch {
    AppointmentPatch {
        outcome: Some(Outcome::Won),
        deal_size: Some(Money::whole(cents)),
        ..AppointmentPatch::default()
    }
}

impl Pass {
    pub(crate) async fn reads(&self, by: &Actor, id: &SmolStr) -> Option<Appointment> {
        appointment(&by.ask_until_decided(get(id)).await).cloned()
    }
    /// Puts back what a body can put back.
    pub(crate) async fn restores(&self, by: &Actor, was: &Appointment) {
        let body = AppointmentPatch {
            scheduled_start: Some(was.scheduled_start),
            scheduled_end: Some(was.scheduled_end),
            status: Some(was.status),
            outcome: Some(was.outcome),
            deal_size: was.deal_size.or((was.outcome == Outcome::Won).then(|| Money::whole(1))),
            service_type: Some(was.service_type.clone()),
            notes: was.notes.clone(),
            ..AppointmentPatch::default()
        };
        by.ask_until_decided(patch(&was.id, body)).await;
    }

    pub(crate) async fn updates_appointments(&self) {
        let by = self.rep();
        let Some(id) = self.appointment(place::REP, 1).map(|row| row.appointment_id) else {
            return self.untested(PARTIAL, "updates", "the rep has no appointment within a week of today");
        };
        let Some(was) = self.reads(by, &id).await else { return };
        self.later().await;
        self.patches_again(by, &was).await;
        self.patches_in_order(by, &id).await;
        self.patches_side_by_side(by, &id).await;
        self.wins_without_a_size(by, &id).await;
        self.restores(by, &was).await;
        if let Some(now) = self.reads(by, &id).await {
            let but = if was.deal_size.is_none() { &["notes", "deal_size"][..] } else { &["notes"][..] };
            let case = self.case(by, PARTIAL, "an appointment that was put back", None);
            let other = differing(&was, &now, but);
            case.judge(other.is_none(), "every field as it was", || other.unwrap_or_default());
        }
    }
    /// Each kind of body, and the same once more, at once, later, side by side and after a broken connection.
    async fn patches_again(&self, by: &Actor, was: &Appointment) {
        let id = &was.id;
        let bodies = [
            ("notes", notes("Field Day conformance check"), &["notes"][..]),
            ("service_type", service("Conformance check"), &["service_type"][..]),
            ("outcome and deal_size", won(4_200), &["outcome", "deal_size", "status"][..]),
            (
                "status",
                AppointmentPatch { status: Some(AppointmentStatus::Confirmed), ..Default::default() },
                &["status"][..],
            ),
        ];
        let mut before = was.clone();
        for (number, (name, body, changes)) in bodies.into_iter().enumerate() {
            let first = by.ask(patch(id, body.clone())).await;
            let Some(known) = appointment(&first).cloned() else {
                self.case(by, PARTIAL, format!("an update of {name}"), &first).succeeds("the appointment", |_| None);
                continue;
            };
            let other = differing(&before, &known, changes);
            self.case(by, PARTIAL, format!("the other fields after an update of {name}"), &first).judge(
                other.is_none(),
                "them as they were",
                || other.unwrap_or_default(),
            );
            let read = by.ask_until_decided(get(id)).await;
            self.same_appointment(by, READ, &known, &read, &format!("an appointment read after an update of {name}"));
            let again = by.ask(patch(id, body.clone())).await;
            self.same_appointment(by, AGAIN, &known, &again, &format!("an update of {name} again, at once"));
            if number % 2 == 0 {
                self.later().await;
                let again = by.ask(patch(id, body.clone())).await;
                self.same_appointment(by, AGAIN, &known, &again, &format!("an update of {name} again, later"));
                for times in [2, 8] {
                    for reply in self.at_once(by, &patch(id, body.clone()), times).await {
                        let check = format!("an update of {name} again, {times} at a time");
                        self.same_appointment(by, AGAIN, &known, &reply, &check);
                    }
                }
                by.ask_and_break(patch(id, body.clone())).await;
                let again = by.ask(patch(id, body)).await;
                let check = format!("an update of {name} again, after a broken connection");
                self.same_appointment(by, AGAIN, &known, &again, &check);
            }
            before = known;
        }
    }
    fn same_appointment(&self, by: &Actor, rule: Rule, known: &Appointment, reply: &Reply, check: &str) {
        self.case(by, rule, check, reply)
            .succeeds("the appointment as the update answered it", |reply| differing(known, appointment(reply)?, &[]));
    }
    /// Different bodies, one right after the other: the last one stands.
    async fn patches_in_order(&self, by: &Actor, id: &SmolStr) {
        let texts = ["Conformance one", "Conformance two", "Conformance three"];
        for text in texts {
            let reply = by.ask(patch(id, service(text))).await;
            self.case(by, ORDERED, "updates one right after the other", &reply)
                .succeeds(&format!("service_type {text:?}"), |reply| {
                    (appointment(reply)?.service_type != text).then(|| "another".to_owned())
                });
        }
        let read = by.ask_until_decided(get(id)).await;
        self.case(by, ORDERED, "the appointment after updates one right after the other", &read)
            .succeeds(&format!("service_type {:?}, the last", texts[2]), |reply| {
                (appointment(reply)?.service_type != texts[2]).then(|| "another".to_owned())
            });
    }
    /// Two fields by two people side by side: both are there afterwards.
    async fn patches_side_by_side(&self, by: &Actor, id: &SmolStr) {
        for round in 0..4_u32 {
            let (text, said) = (format!("Side {round}"), format!("Field Day conformance check {round}"));
            self.manager().claims().await;
            let both = [(by, service(&text)), (self.manager(), notes(&said))];
            let replies: Vec<Reply> = together(both.map(|(by, body)| Box::pin(by.ask(patch(id, body))) as _)).await;
            let read = by.ask_until_decided(get(id)).await;
            let case = self.case(by, PARTIAL, "two fields changed side by side by two people", &read);
            if !replies.iter().all(|reply| reply.success().is_some()) {
                case.undecided();
                continue;
            }
            case.succeeds("both changes", |reply| {
                let now = appointment(reply)?;
                let lost = [
                    ("service_type", now.service_type == *text),
                    (
                        "notes",
                        now.notes
                            .as_ref()
                            .is_some_and(|notes| notes.expose() == said || notes.expose().starts_with("private:")),
                    ),
                ];
                lost.iter().find(|(_, there)| !there).map(|(name, _)| format!("the change of {name} lost"))
            });
        }
    }
    /// Won without a size is refused, and nothing changes.
    async fn wins_without_a_size(&self, by: &Actor, id: &SmolStr) {
        let open = AppointmentPatch { outcome: Some(Outcome::Pending), ..AppointmentPatch::default() };
        by.ask(patch(id, open)).await;
        self.later().await;
        let Some(before) = self.reads(by, id).await else { return };
        let body = AppointmentPatch { outcome: Some(Outcome::Won), ..service("Conformance, refused") };
        for _ in 0..2 {
            let reply = by.ask(patch(id, body.clone())).await;
            let expected = "400 VALIDATION_ERROR for an outcome of won without deal_size";
            self.case(by, WON, "won without a deal size", &reply).refuses(MALFORMED, expected);
        }
        if let Some(now) = self.reads(by, id).await {
            let other = differing(&before, &now, &[]);
            self.case(by, Rule::ValidationRejects, "the appointment after a refused update", None).judge(
                other.is_none(),
                "it as it was",
                || other.unwrap_or_default(),
            );
        }
    }

    /// To another hour, into the evening (when the UTC date is another in America), to another date; and to another rep.
    pub(crate) async fn moves_appointments(&self) {
        let by = self.rep();
        let Some(id) = self.appointment(place::REP, 2).map(|row| row.appointment_id) else { return };
        let Some(was) = self.reads(by, &id).await else { return };
        let zone = by.station.zone().clone();
        let date = zone.date(was.scheduled_start);
        let times = [
            ("to another hour", was.scheduled_start + Span::minutes(30)),
            ("to late in the evening", zone.at(date, TimeOfDay::hm(22, 30))),
            ("to early in the morning", zone.at(date, TimeOfDay::hm(0, 30))),
            ("to the day after", zone.at(date.plus_days(1), TimeOfDay::hm(21, 0))),
        ];
        for (where_to, start) in times {
            self.moves(by, &was, start, where_to).await;
        }
        self.restores(by, &was).await;
        self.is_listed(by, &was.id, was.scheduled_start, "moved back").await;
        self.gives_to_another(&was).await;
    }
    async fn moves(&self, by: &Actor, was: &Appointment, start: Time, where_to: &str) {
        let end = start + Span::minutes(45);
        let body =
            AppointmentPatch { scheduled_start: Some(start), scheduled_end: Some(end), ..AppointmentPatch::default() };
        let reply = by.ask(patch(&was.id, body)).await;
        let Some(now) = appointment(&reply) else {
            return self.case(by, LIST, format!("an appointment moved {where_to}"), &reply).undecided();
        };
        self.case(by, ATOMIC, format!("an appointment moved {where_to}"), &reply).judge(
            now.scheduled_start == start && now.scheduled_end == end,
            format!("scheduled_start {start} and scheduled_end {end}"),
            || format!("{} and {}", now.scheduled_start, now.scheduled_end),
        );
        self.is_listed(by, &was.id, start, &format!("moved {where_to}")).await;
    }
    /// It stands in the list of its local date, once, and in neither of those beside it.
    async fn is_listed(&self, by: &Actor, id: &SmolStr, start: Time, check: &str) {
        let date = by.station.zone().date(start);
        for days in [-1, 0, 1] {
            let query = AppointmentQuery { date: Some(date.plus_days(days)), ..AppointmentQuery::default() };
            let reply = by.ask_until_decided(Call::ListAppointments(query)).await;
            let expected = usize::from(days == 0);
            let check = format!("the list of {} with an appointment {check}", date.plus_days(days));
            self.case(by, LIST, check, &reply).succeeds(
                &format!("it {expected} times, it begins at {start}"),
                |reply| {
                    let Answer::Appointments(list) = reply.success()? else { return None };
                    let now = list.appointments.iter().filter(|row| row.appointment_id == *id).count();
                    (now != expected).then(|| format!("it {now} times"))
                },
            );
        }
    }
    /// The office gives it to another rep and back, where the target follows: that field is not in the specification.
    async fn gives_to_another(&self, was: &Appointment) {
        let (by, other, office) = (self.rep(), self.other(), self.manager());
        let to = |rep: &Actor| AppointmentPatch { assigned_rep_id: Some(rep.rep_id().clone()), ..Default::default() };
        let given = office.ask(patch(&was.id, to(other))).await;
        let follows = appointment(&given).is_some_and(|now| now.assigned_rep_id.as_ref() == Some(other.rep_id()));
        if !follows {
            let why = "the target does not take assigned_rep_id, which the specification does not have";
            return self.untested(OWN, "an appointment that the office gave to another rep", why);
        }
        self.later().await;
        for call in [get(&was.id), patch(&was.id, service("Conformance, refused"))] {
            let reply = by.ask_until_decided(call).await;
            let check = format!("{} of an appointment that the office gave to another rep", reply.op);
            self.case(by, OWN, check, &reply).refuses(&[403, 404], "403 or 404");
        }
        office.ask_until_decided(patch(&was.id, to(by))).await;
        self.restores(by, was).await;
    }
}
