//! What a conformance pass decided itself: the cases that no other judge decides, since what must come follows from what the
//! pass did on purpose (bounds of parameters, enumerations, nulls, repeats side by side, references to other people's rows).
//!
//! The pass says which rule was put to the test, by which call, what was expected and what came; this judge counts.

use crate::exchanges::ClientEvent;
use crate::judge::{Judge, Ops};
use crate::notes::{Notes, Place};
use fieldday_api::rules::Rule;
use fieldday_history::event::{CheckOutcome, EventKind};

#[derive(Default)]
pub(crate) struct Checks;

impl Judge for Checks {
    // Every rule of the backend may be put to the test, and each has a judge of its own beside this.
    const RULES: &'static [Rule] = &[];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::NONE;

    fn on_event(&mut self, told: &ClientEvent<'_>, notes: &mut Notes) {
        let EventKind::Checked(checked) = told.what else { return };
        let place = Place { at: told.at, client: told.client, call: checked.call, request_id: None, op: checked.op };
        match &checked.outcome {
            CheckOutcome::Held => notes.held(checked.rule),
            CheckOutcome::Undecided => notes.inconclusive(checked.rule),
            CheckOutcome::Broken { expected, came } => {
                notes.broken(checked.rule, &place, || format!("{}: expected {expected}, got {came}", checked.check))
            }
            CheckOutcome::Untested { why } => {
                notes.findings.untested(checked.rule, format!("{}: {why}", checked.check).into());
            }
        }
    }
}
