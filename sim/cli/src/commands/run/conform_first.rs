//! The conformance pass before the day of a live run: with people of its own, in the same run folder, and under the same verdict.

use crate::commands::conform::{EXPECTED, unanswered};
use crate::failure::Failure;
use crate::output;
use crate::progress::Ticker;
use fieldday_engine::run::RunOutcome;
use fieldday_folder::CellClock;
use fieldday_folder::summary::ConformancePart;
use fieldday_history::file::Lines;
use fieldday_live::prepare::Ready;
use fieldday_live::run::LiveOutcome;
use fieldday_plan::CONFORMANCE_CELL;
use fieldday_rules::Measures;
use std::sync::atomic::AtomicBool;

/// A pass that is over, and what it recorded.
pub(super) struct PassBefore {
    outcome: LiveOutcome,
    history: Vec<Lines>,
    clock: CellClock,
}

/// Makes the pass, if the scenario asks for one.
pub(super) fn conform_first(ready: &mut Ready, stop: &AtomicBool) -> Result<Option<PassBefore>, Failure> {
    let Some(cell) = ready.pass() else { return Ok(None) };
    let zones = cell.tenants.iter().map(|tenant| (tenant.name.clone(), tenant.data.zone.clone()));
    let clock = CellClock { start: cell.start, zones: zones.collect() };
    output::note("the conformance pass comes first, with three reps of its own; it takes about a minute");
    let mut ticker = Ticker::new("requests", EXPECTED);
    let (mut told, mut history) = (0, Vec::new());
    let tick = |requests| {
        ticker.more(requests - told, "");
        told = requests;
    };
    let outcome = ready.conform_first(stop, |lines| history.push(lines), tick)?;
    ticker.finish();
    Ok(outcome.map(|outcome| PassBefore { outcome, history, clock }))
}

impl PassBefore {
    /// Takes the recorded events out, a piece for each time that they were fetched.
    pub(super) fn take_history(&mut self) -> Vec<Lines> {
        std::mem::take(&mut self.history)
    }
    /// The clock of its people: they may be users of a file, whom the plan does not know.
    pub(super) fn clock(&self) -> (u32, CellClock) {
        (CONFORMANCE_CELL, self.clock.clone())
    }
    /// The pass as the run's summary has it.
    pub(super) fn part(&self) -> ConformancePart {
        let outcome = &self.outcome;
        let problems = outcome.budget.iter().cloned().chain(unanswered(&outcome.run));
        let problems = problems.map(|problem| format!("the conformance pass: {problem}")).collect();
        ConformancePart::new(&outcome.run.findings, outcome.run.requests, outcome.took.as_secs_f64(), problems)
    }
    /// Adds what it found to what the day found. What it measured is no figure of the day: most of its requests are wrong on
    /// purpose.
    pub(super) fn join(self, day: &mut LiveOutcome) {
        let LiveOutcome { run, contract, health, .. } = self.outcome;
        // Whether it came to its end, its part of the summary says.
        day.run.merge(RunOutcome { measures: Measures::new(), complete: true, ..run });
        day.contract.merge(&contract);
        day.health.merge(&health);
    }
}
