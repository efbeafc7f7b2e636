//! A run: all cells of a plan, side by side on as many threads as there are, combined in the plan's order.
//!
//! Each cell is alone on its thread and shares nothing with another, so neither the number of threads nor their timing
//! can change it. What comes of the cells is put together in the plan's order, whatever order they end in.

use crate::cell::{CellOutcome, CellRun, Keep};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_plan::Plan;
use fieldday_rules::{Findings, Measures, Settings as JudgeSettings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// On how many threads a run goes, what it keeps, and how it is stopped.
pub struct Options<'a> {
    /// How many threads; 0 for one a core.
    pub threads: usize,
    /// What to keep of each cell.
    pub keep: Keep,
    /// Set from outside to end early: what is done by then is kept.
    pub stop: &'a AtomicBool,
}

/// The result of all cells together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunOutcome {
    /// The combined fingerprint of all cells, in the plan's order.
    pub fingerprint: Fingerprint,
    /// The number of each cell that ran and its fingerprint, in the plan's order.
    pub prints: Vec<(u32, Fingerprint)>,
    /// The number of cells that ran.
    pub cells: u32,
    /// Cells that were to run: the plan's, or those of its shard.
    pub cells_planned: u32,
    /// The number of events of all cells.
    pub events: u64,
    /// The number of requests that reached a backend.
    pub requests: u64,
    /// The number of rep-days: one for each rep of the cells that ran.
    pub rep_days: u64,
    /// The counts and cases of the judges.
    pub findings: Findings,
    /// The measurements of all cells together.
    pub measures: Measures,
    /// False if it was ended early.
    pub complete: bool,
}

impl RunOutcome {
    /// The result of a run of so many cells, none of which has been counted yet.
    pub fn nothing(cells_planned: u32, complete: bool) -> RunOutcome {
        RunOutcome {
            fingerprint: Fingerprint::default(),
            prints: Vec::new(),
            cells: 0,
            cells_planned,
            events: 0,
            requests: 0,
            rep_days: 0,
            findings: Findings::new(&JudgeSettings::default()),
            measures: Measures::default(),
            complete,
        }
    }
    /// Makes the fingerprint of the whole from those of its cells.
    pub fn combine_prints(&mut self) {
        self.fingerprint = Fingerprint::combine(self.prints.iter().map(|(_, print)| *print));
    }
    /// Adds what came of later cells of the same plan, such as the next shard's.
    pub fn merge(&mut self, later: RunOutcome) {
        self.cells += later.cells;
        self.cells_planned += later.cells_planned;
        self.events += later.events;
        self.requests += later.requests;
        self.rep_days += later.rep_days;
        self.complete &= later.complete;
        self.findings.merge(later.findings);
        self.measures.merge(&later.measures);
        self.prints.extend(later.prints);
        self.combine_prints();
    }
}

/// A run that could not start.
#[derive(Debug, thiserror::Error)]
#[error("threads cannot be started: {0}")]
pub struct NoThreads(#[from] rayon::ThreadPoolBuildError);

struct Merger<F> {
    next: u32,
    /// Ended before an earlier one.
    early: BTreeMap<u32, CellOutcome>,
    /// The last cell that was counted.
    last: Option<u32>,
    outcome: RunOutcome,
    on_cell: F,
}

/// Runs a plan. `on_cell` sees each cell's outcome in the plan's order, counted already, and may end the run.
pub fn run<F>(plan: &Plan, options: &Options<'_>, on_cell: F) -> Result<RunOutcome, NoThreads>
where
    F: FnMut(CellOutcome) -> ControlFlow<()> + Send,
{
    let lives = |index, measures| Some(CellRun::new(plan.scenario(), plan.cell(index), options.keep, measures));
    run_cells(plan, options, lives, on_cell)
}

/// The same of cells as `make` sets them up; those of which it makes none are left out.
pub(crate) fn run_cells<F>(
    plan: &Plan,
    options: &Options<'_>,
    make: impl Fn(u32, Measures) -> Option<CellRun> + Sync,
    on_cell: F,
) -> Result<RunOutcome, NoThreads>
where
    F: FnMut(CellOutcome) -> ControlFlow<()> + Send,
{
    let cells = plan.cells_run();
    let merger = Mutex::new(Merger {
        next: cells.start,
        early: BTreeMap::new(),
        last: None,
        outcome: RunOutcome::nothing(cells.len() as u32, true),
        on_cell,
    });
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let next = AtomicU32::new(cells.start);
    let ended = AtomicBool::new(false);
    pool.broadcast(|_| {
        let mut measures = Measures::default();
        while !ended.load(Ordering::Relaxed) && !options.stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= cells.end {
                break;
            }
            let Some(cell) = make(index, std::mem::take(&mut measures)) else { continue };
            let (outcome, measured) = cell.run(options.stop);
            measures = measured;
            let mut merger = merger.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if merger.add(outcome).is_break() {
                ended.store(true, Ordering::Relaxed);
            }
        }
        let mut merger = merger.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        merger.outcome.measures.merge(&measures);
    });
    let merger = merger.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(merger.finish())
}

impl<F: FnMut(CellOutcome) -> ControlFlow<()>> Merger<F> {
    fn add(&mut self, cell: CellOutcome) -> ControlFlow<()> {
        let index = cell.index;
        let twice = index < self.next || self.early.insert(index, cell).is_some();
        assert!(!twice, "cell {index} ended twice");
        while let Some(cell) = self.early.remove(&self.next) {
            self.next += 1;
            self.count(&cell);
            (self.on_cell)(cell)?;
        }
        ControlFlow::Continue(())
    }
    /// Cells are counted in the plan's order, so that the fingerprint and the first violations of a run do not depend on which
    /// thread was faster.
    fn count(&mut self, cell: &CellOutcome) {
        if let Some(last) = self.last.replace(cell.index) {
            assert!(last < cell.index, "cell {} is counted after cell {last}, against the plan's order", cell.index);
        }
        let outcome = &mut self.outcome;
        outcome.cells += 1;
        outcome.events += cell.events;
        outcome.requests += cell.requests;
        outcome.rep_days += cell.rep_days;
        outcome.complete &= cell.complete;
        outcome.findings.merge(cell.findings.clone());
        outcome.prints.push((cell.index, cell.fingerprint));
    }
    /// An interrupted run has gaps: what ended beyond one counts too, in order.
    fn finish(mut self) -> RunOutcome {
        for cell in std::mem::take(&mut self.early).into_values() {
            self.count(&cell);
            // The run is over; there is nothing left to end.
            let _ = (self.on_cell)(cell);
        }
        let mut outcome = self.outcome;
        outcome.complete &= outcome.cells == outcome.cells_planned;
        outcome.combine_prints();
        outcome
    }
}
