//! `ownership.own-only` (§0.1, §0.5): a rep reads and changes only what is its own.
//!
//! Most answers name their rep. The appointment list does not: its entries are compared with what is known of each
//! appointment's assignment, where a reassignment under way or in doubt leaves both reps possible. A task without a rep's
//! name belongs to its appointment's rep or to whoever made it, and changes hands only with the appointment.
//!
//! As long as only one rep of a tenant was shown rows, no list of them can hold another's. An appointment that was given
//! away is put to the test by its former rep who asks for it by its id.

use crate::exchanges::Exchange;
use crate::facts::Facts;
use crate::facts::known::Kind;
use crate::facts::views::ASSIGNED;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::Table;
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;

const RULE: Rule = Rule::OwnershipOwnOnly;

#[derive(Default)]
pub(crate) struct OwnOnly {
    /// By tenant: the first rep who was shown appointments, and whether there was another.
    appointments: Table<u8, (u32, bool)>,
    /// By tenant: the first rep who was shown tasks, and whether there was another.
    tasks: Table<u8, (u32, bool)>,
}

/// Whether another rep of the tenant was shown such rows.
fn others_have(seen: &mut Table<u8, (u32, bool)>, x: &Exchange<'_>) -> bool {
    let (first, several) = seen.entry(x.client.tenant).or_insert((x.client.index, false));
    *several |= *first != x.client.index;
    *several
}

impl Judge for OwnOnly {
    const RULES: &'static [Rule] = &[RULE];
    const SENT: Ops = Ops::NONE;

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        if !x.client.is_phone() {
            return;
        }
        let named = |is_case: bool, part: Part, id: &SmolStr, what: &str, notes: &mut Notes| {
            // A target that names nobody says nothing.
            if !id.is_empty() {
                notes.judge_if(is_case, part, x, x.client.is(id), || {
                    format!("expected the rep's own {what}, got one of {id}")
                });
            }
        };
        by_id(x, facts, notes);
        let Some(answer) = x.success() else { return };
        match answer {
            Answer::Appointments(list) if !list.appointments.is_empty() => {
                listed(others_have(&mut self.appointments, x), x, facts, notes);
            }
            Answer::Appointment(detail) => {
                if let Some(id) = &detail.appointment.assigned_rep_id {
                    named(false, Part::OwnRead, id, "appointment", notes);
                }
            }
            Answer::Tasks(list) if !list.tasks.is_empty() => {
                let (others, foreign) = (others_have(&mut self.tasks, x), &facts.looked.foreign_task);
                notes.judge_if(others, Part::OwnLists, x, foreign.is_none(), || {
                    let id = foreign.as_deref().unwrap_or_default();
                    format!("expected only the rep's own tasks, {id} was in another rep's list and was not reassigned")
                        .about(id)
                });
            }
            Answer::Recording(body) => named(true, Part::OwnAnswers, &body.session.rep_id, "session", notes),
            Answer::ShiftDay(day) => named(true, Part::OwnAnswers, &day.shift.rep_id, "shift", notes),
            Answer::Shift(shift) => named(true, Part::OwnAnswers, &shift.rep_id, "shift", notes),
            _ => {}
        }
    }
}

/// An appointment that is another rep's by now, as far as nothing disputes it, is refused to the one who had it. That it
/// was not is told by the answer, which names its rep.
fn by_id(x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
    let (part, id) = match &**x.call {
        Call::GetAppointment { appointment_id } => (Part::OwnRead, appointment_id),
        Call::UpdateAppointment { appointment_id, .. } => (Part::OwnWrite, appointment_id),
        _ => return,
    };
    let assigned = facts.appointments.get(id).and_then(|a| a.settled(ASSIGNED));
    if matches!(x.refusal(), Some(403 | 404)) && assigned.is_some_and(|rep| rep != u64::from(x.client.index)) {
        notes.held(part);
    }
}

fn listed(is_case: bool, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
    let mut foreign = facts.looked.impossible.iter();
    let foreign = foreign.find(|i| i.kind == Kind::Appointment && i.wrong.field == ASSIGNED);
    notes.judge_if(is_case, Part::OwnLists, x, foreign.is_none(), || {
        let (id, says) = foreign.map(|i| (i.id.clone(), i.says())).unwrap_or_default();
        format!("expected only the rep's own appointments in its list; {says}").about(&id)
    });
}
