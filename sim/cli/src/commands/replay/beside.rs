//! What was lived again, beside what a run folder holds of it.

use crate::failure::Failure;
use crate::{exit, output};
use fieldday_engine::cell::Keep;
use fieldday_engine::replay::Replayed;
use fieldday_engine::run::{self, Options};
use fieldday_folder::{Compared, HISTORY, RunFolder};
use fieldday_plan::Plan;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// A run of more cells than this is not lived again as a whole to compare its fingerprint.
const CELLS: u32 = 64;

/// Compares the whole run's fingerprint and the cell's recorded events, says what came of it, and gives the exit code.
pub fn with_folder(kept: &RunFolder, plan: &Plan, day: &Replayed, stop: &AtomicBool) -> Result<u8, Failure> {
    let history = kept.compare(day)?;
    let same_print = fingerprint(kept, plan, stop)?;
    let same_history = print_comparison(&history, &day.cell);
    Ok(if same_print && same_history { 0 } else { exit::INCONCLUSIVE })
}

/// Whether the run has the fingerprint of the folder, as far as that can be known.
fn fingerprint(kept: &RunFolder, plan: &Plan, stop: &AtomicBool) -> Result<bool, Failure> {
    let Some(recorded) = &kept.fingerprint else {
        output::note("the folder has no fingerprint of a complete run to compare with");
        return Ok(true);
    };
    if plan.cells() > CELLS {
        output::note(&format!("the fingerprint is not compared: it covers all {} cells", plan.cells()));
        return Ok(true);
    }
    let options = Options { threads: 0, keep: Keep::default(), stop };
    let lived = run::run(plan, &options, |_| ControlFlow::Continue(()))?.fingerprint.to_string();
    if stop.load(Ordering::Relaxed) {
        output::note("interrupted: the fingerprint is not compared");
        return Ok(true);
    }
    if lived == *recorded {
        output::note(&format!("same events as in the folder, fingerprint {lived}"));
        return Ok(true);
    }
    output::note(&format!(
        "warning: the events differ from the folder's: recorded fingerprint {recorded}, this run {lived}"
    ));
    Ok(false)
}

/// Whether nothing recorded speaks against what was lived.
fn print_comparison(history: &Compared, cell: &str) -> bool {
    match history {
        Compared::NoHistory => {}
        Compared::NotRecorded => output::note(&format!("{HISTORY} does not contain {cell}")),
        Compared::Same => output::note(&format!("every event of {cell} is identical to {HISTORY}")),
        Compared::SameUntilCut(events) => {
            output::note(&format!("{HISTORY} ends after {events} events of {cell}; all of them are identical"));
        }
        Compared::Differs { number, recorded, lived } => {
            let shown = |event: &Option<String>| event.clone().unwrap_or_else(|| "no event".to_owned());
            output::note(&format!("warning: event {number} of {cell} differs from {HISTORY}"));
            output::note(&format!("  recorded  {}\n  this run  {}", shown(recorded), shown(lived)));
            return false;
        }
    }
    true
}
