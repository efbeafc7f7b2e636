//! `ownership.own-only` (§0.1, §0.5): a rep reads and changes only what is its own.
//!
//! Most answers name their rep. The appointment list does not: its entries are compared with what is known of each
//! appointment's assignment, where a reassignment under way or in doubt leaves both reps possible. A task without a rep's
//! name belongs to its appointment's rep or to whoever made it, and changes hands only with the appointment.

use crate::exchanges::Exchange;
use crate::facts::views::ASSIGNED;
use crate::facts::{Facts, Kind};
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::Answer;
use fieldday_api::rules::Rule;

const RULE: Rule = Rule::OwnershipOwnOnly;

#[derive(Default)]
pub(crate) struct OwnOnly;

impl Judge for OwnOnly {
    const RULES: &'static [Rule] = &[RULE];
    const SENT: Ops = Ops::NONE;

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        if !x.client.is_phone() {
            return;
        }
        let Some(answer) = x.success() else { return };
        let named = |id: &SmolStr, what: &str, notes: &mut Notes| {
            // A target that names nobody says nothing.
            if !id.is_empty() {
                notes.judge(RULE, x, x.client.is(id), || format!("expected the rep's own {what}, got one of {id}"));
            }
        };
        match answer {
            Answer::Appointments(list) if !list.appointments.is_empty() => listed(x, facts, notes),
            Answer::Appointment(detail) => {
                if let Some(id) = &detail.appointment.assigned_rep_id {
                    named(id, "appointment", notes);
                }
            }
            Answer::Tasks(list) if !list.tasks.is_empty() => {
                let foreign = &facts.looked.foreign_task;
                notes.judge(RULE, x, foreign.is_none(), || {
                    let id = foreign.as_deref().unwrap_or_default();
                    format!(
                        "expected only the rep's own tasks, {id} stood in another rep's list and did not change hands"
                    )
                    .about(id)
                });
            }
            Answer::Recording(body) => named(&body.session.rep_id, "session", notes),
            Answer::ShiftDay(day) => named(&day.shift.rep_id, "shift", notes),
            Answer::Shift(shift) => named(&shift.rep_id, "shift", notes),
            _ => {}
        }
    }
}

fn listed(x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
    let mut foreign = facts.looked.impossible.iter();
    let foreign = foreign.find(|i| i.kind == Kind::Appointment && i.wrong.field == ASSIGNED);
    notes.judge(RULE, x, foreign.is_none(), || {
        let (id, says) = foreign.map(|i| (i.id.clone(), i.says())).unwrap_or_default();
        format!("expected only the rep's own appointments in its list; {says}").about(&id)
    });
}
