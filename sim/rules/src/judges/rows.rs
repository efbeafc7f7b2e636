//! What no write names: of appointments when they were made, their lead and their contact; of tasks the same and their
//! appointment; of sessions when they began, whose they are, of which appointment, and their mode; of shifts whose they are
//! and of which date. A row keeps it, whoever writes to it how often.
//!
//! The rule that a change breaks is that of the endpoint whose answer shows it, or of the writes that there are: for
//! appointments and tasks that a field that is not named keeps its value, for sessions and shifts that a repeat changes
//! nothing.

use crate::exchanges::Exchange;
use crate::facts::Facts;
use crate::facts::record::Repeat;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{ById, digest};
use fieldday_api::SmolStr;
use fieldday_api::call::Answer;
use fieldday_api::endpoint::Op;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::Appointment;
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_api::wire::shifts::Shift;
use fieldday_api::wire::tasks::Task;
use fieldday_kernel::time::Time;

/// The fields that a row keeps, by name; none where an answer leaves one out.
type Kept = [(&'static str, Option<u64>); 4];

#[derive(Default)]
pub(crate) struct Rows {
    known: ById<Kept>,
}

impl Judge for Rows {
    const RULES: &'static [Rule] = &[
        Rule::AppointmentPatchPartial,
        Rule::AppointmentPatchIdempotent,
        Rule::TaskUpdateIdempotent,
        Rule::RecordingStopOnce,
        Rule::ShiftClockInOnce,
        Rule::ShiftClockOutOnce,
    ];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[
        Op::GetAppointment,
        Op::UpdateAppointment,
        Op::ListTasks,
        Op::CreateTask,
        Op::UpdateTask,
        Op::GetRecording,
        Op::StopRecording,
        Op::ClockIn,
        Op::ClockOut,
        Op::ShiftToday,
    ]);

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Some(answer) = x.success() else { return };
        match answer {
            Answer::Appointment(detail) => {
                let part = match (x.op, facts.looked.repeat) {
                    (Op::UpdateAppointment, Some(Repeat::Possible)) => Part::PatchLost,
                    (Op::UpdateAppointment, Some(_)) => Part::PatchRepeat,
                    (Op::UpdateAppointment, None) => Part::PartialAnswer,
                    _ => Part::PartialRead,
                };
                self.keeps(&detail.appointment.id, appointment(&detail.appointment), part, x, notes);
            }
            Answer::Task(shown) => {
                let part = match facts.looked.repeat {
                    Some(Repeat::Possible) => Part::TaskLost,
                    Some(_) => Part::TaskRepeat,
                    None => Part::TaskRow,
                };
                self.keeps(&shown.id, task(shown), part, x, notes);
            }
            Answer::Tasks(list) => {
                // A row that nobody writes to is not asked about.
                let written = |task: &&Task| facts.tasks.get(&task.id).is_some_and(|record| record.was_updated());
                for shown in list.tasks.iter().filter(written) {
                    self.keeps(&shown.id, task(shown), Part::TaskRow, x, notes);
                }
            }
            Answer::Recording(body) => {
                let is_repeat = x.op == Op::StopRecording && facts.session().is_some_and(|s| s.ended_at.is_some());
                let holds = self.keeps(&body.session.id, session(&body.session, facts), Part::StopRow, x, notes);
                notes.held_times(Part::StopRow, u32::from(is_repeat && holds));
            }
            Answer::ShiftDay(day) => {
                self.keeps(&day.shift.id, shift(&day.shift, facts), Part::ClockInRepeat, x, notes);
            }
            Answer::Shift(shown) => {
                self.keeps(&shown.id, shift(shown, facts), Part::ClockOutRepeat, x, notes);
            }
            _ => {}
        }
    }
}

impl Rows {
    /// Compares a row with what it was, and tells whether it is the same.
    fn keeps(&mut self, id: &SmolStr, mut now: Kept, part: Part, x: &Exchange<'_>, notes: &mut Notes) -> bool {
        // What stands in for something that the answer leaves out is compared with nothing.
        for (field, value) in &mut now {
            *value = value.filter(|_| x.response().is_none_or(|response| response.shows(field)));
        }
        let Some(known) = self.known.get_mut(id) else {
            self.known.insert(id.clone(), now);
            return true;
        };
        let mut other = None;
        for ((field, then), (_, now)) in known.iter_mut().zip(now) {
            if now.is_some() && then.is_some_and(|then| Some(then) != now) {
                other = Some(*field);
            }
            *then = now.or(*then);
        }
        if let Some(field) = other {
            notes
                .broken(part, x, || format!("expected {id} to keep its {field}, which no write names, it has another"));
        }
        other.is_none()
    }
}

fn time(at: Time) -> Option<u64> {
    Some(at.micros() as u64)
}

/// An id; none where it is empty.
fn id(id: &str) -> Option<u64> {
    (!id.is_empty()).then(|| digest(id))
}

fn appointment(a: &Appointment) -> Kept {
    [
        ("created_at", time(a.created_at)),
        ("lead_id", id(&a.lead_id)),
        ("contact_card_id", id(&a.contact_card_id)),
        ("", None),
    ]
}

fn task(task: &Task) -> Kept {
    let of = |link: &Option<SmolStr>| link.as_deref().and_then(id);
    [
        ("created_at", time(task.created_at)),
        ("appointment_id", of(&task.appointment_id)),
        ("lead_id", of(&task.lead_id)),
        ("contact_card_id", of(&task.contact_card_id)),
    ]
}

/// A rep, by whichever of its ids an answer names it.
fn rep(rep_id: &str, facts: &Facts) -> Option<u64> {
    facts.person(rep_id).map(u64::from).or_else(|| id(rep_id))
}

fn session(session: &RecordingSession, facts: &Facts) -> Kept {
    [
        ("started_at", time(session.started_at)),
        ("rep_id", rep(&session.rep_id, facts)),
        ("appointment_id", id(&session.appointment_id)),
        ("mode", Some(session.mode as u64)),
    ]
}

fn shift(shift: &Shift, facts: &Facts) -> Kept {
    let date = digest(&shift.shift_date.to_string());
    [("rep_id", rep(&shift.rep_id, facts)), ("shift_date", Some(date)), ("", None), ("", None)]
}
