//! What a series is made of, beside what was measured.

use fieldday_plan::{CellPlan, Plan};
use std::collections::BTreeMap;

/// What a series is made of, beside what was measured.
pub struct Ground<'a> {
    /// The plan of the run, for its people and places.
    pub plan: &'a Plan,
    /// The plan's cells as they were lived, where that differs from the plan.
    pub cells: BTreeMap<u32, CellPlan>,
    /// How many times as fast as the clock of the events the day passed.
    pub speed: u32,
    /// Something that nobody can guess, to move the places of a live run by; none of a virtual run, whose places are made up.
    pub secret: Option<u64>,
}

impl Ground<'_> {
    /// The ground of a run on the virtual clock, where everything is as planned.
    pub fn of_plan(plan: &Plan) -> Ground<'_> {
        Ground { plan, cells: BTreeMap::new(), speed: 1, secret: None }
    }
    /// A cell as it was lived.
    pub(super) fn cell(&self, index: u32) -> Option<CellPlan> {
        let lived = self.cells.get(&index).cloned();
        lived.or_else(|| (index < self.plan.cells()).then(|| self.plan.cell(index)))
    }
}
