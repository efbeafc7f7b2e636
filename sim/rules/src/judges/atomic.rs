//! `write.atomic` (§0.2): an update whose answer was lost or was 5xx happened wholly or not at all.
//!
//! Decided where one answer shows a value that only a doubtful update explains: then the update has landed, and the
//! other fields that it named must not show what certainly came before it.

use crate::exchanges::Exchange;
use crate::facts::{Facts, views};
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::told::About;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;

#[derive(Default)]
pub(crate) struct Atomic;

impl Judge for Atomic {
    const RULES: &'static [Rule] = &[Rule::WriteAtomic];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[
        Op::ListAppointments,
        Op::GetAppointment,
        Op::UpdateAppointment,
        Op::ListTasks,
        Op::CreateTask,
        Op::CompleteTask,
        Op::UpdateTask,
    ]);

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        notes.held_times(Rule::WriteAtomic, facts.looked.whole);
        for (kind, id, field) in &facts.looked.torn {
            notes.broken(Rule::WriteAtomic, x, || {
                let field = views::name(*kind, *field);
                format!(
                    "an update of {id} whose end is unknown took effect, but not on {field}, which it named as well"
                )
                .about(id)
            });
        }
    }
}
