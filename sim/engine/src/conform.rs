//! The conformance pass on the virtual clock: the model backend put to the test, cell by cell, without anybody's day.

use crate::cell::{CellOutcome, CellRun};
use crate::run::{NoThreads, Options, RunOutcome, run_cells};
use fieldday_plan::Plan;
use std::ops::ControlFlow;

/// Makes a pass of each cell of the plan. `on_cell` sees each cell's outcome in the plan's order.
pub fn run<F>(plan: &Plan, options: &Options<'_>, on_cell: F) -> Result<RunOutcome, NoThreads>
where
    F: FnMut(CellOutcome) -> ControlFlow<()> + Send,
{
    let passes = |index, measures| CellRun::conforming(plan.scenario(), plan.cell(index), options.keep, measures).ok();
    run_cells(plan, options, passes, on_cell)
}
