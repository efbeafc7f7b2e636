//! The plan of a run on the wall clock: with the identities and rows that the target knows. A run makes it once, and a rep of
//! that run who lives again makes the same one.

use crate::prepare::error::PrepareError;
use fieldday_data::roster::Roster;
use fieldday_plan::shard::Shard;
use fieldday_plan::{CellPlan, Plan};
use fieldday_scenario::Scenario;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

/// A plan, and the users who play it.
///
/// It holds no cells: those of a run are given away to be lived. One can be made again at any time, which costs less than
/// holding the cells of a large plan twice.
pub struct LivePlan {
    /// The plan of the run, from scenario and seed.
    pub plan: Plan,
    roster: Option<Roster>,
    /// Which users of the file have their turn, where they rotate.
    turn: Option<u64>,
    /// Whether the target's rows are used as they are found.
    found: bool,
}

impl LivePlan {
    /// The plan of a scenario as it is lived, against the tool's own mock or a deployment. Reads the scenario's file of users;
    /// a mock knows the plan's own.
    pub fn new(scenario: Arc<Scenario>, seed: u64, is_mock: bool) -> Result<LivePlan, PrepareError> {
        let data = &scenario.data;
        let roster = data.users.as_deref().filter(|_| !is_mock).map(read).transpose()?;
        let day = scenario.day.dates.first();
        let turn = day.filter(|_| data.rotate).map(|date| u64::from(date.days().unsigned_abs()));
        let found = data.found && !is_mock;
        let plan = match &roster {
            Some(roster) => roster.plan(scenario, seed, turn)?,
            None => Plan::new(scenario, seed)?,
        };
        Ok(LivePlan { plan, roster, turn, found })
    }
    /// The plan of which only this shard is run; all of it if none.
    pub fn of_shard(self, shard: Option<Shard>) -> Result<LivePlan, PrepareError> {
        Ok(LivePlan { plan: self.plan.of_shard(shard)?, ..self })
    }
    /// A cell as it is lived, and the parts in it that nobody of the file of users plays.
    pub fn cell(&self, index: u32) -> Result<(CellPlan, Vec<String>), PrepareError> {
        let mut cell = self.plan.cell(index);
        let left_out = match &self.roster {
            Some(roster) => roster.cast(&self.plan, &mut cell, self.turn)?.left_out,
            None => Vec::new(),
        };
        if self.found {
            cell.as_found(self.plan.scenario());
        }
        Ok((cell, left_out))
    }
    /// The cell of the conformance pass before the day, whose people are not among those of `cells`.
    pub fn conformance_cell(&self, cells: &[CellPlan]) -> Result<CellPlan, PrepareError> {
        let mut cell = match &self.roster {
            Some(roster) => {
                // Whoever has the day off can be in the pass: it is over before the day begins.
                let users = cells.iter().flat_map(CellPlan::users_with_a_part).cloned();
                roster.conformance_cell(&self.plan, &users.collect())?
            }
            None => self.plan.conformance_cell(),
        };
        if self.found {
            cell.as_found(self.plan.scenario());
        }
        Ok(cell)
    }
    /// The cells that are not as the plan makes them, once more: none unless there is a file of users, or rows as found.
    pub fn unlike_the_plan(&self) -> BTreeMap<u32, CellPlan> {
        let all = if self.roster.is_some() || self.found { self.plan.cells_run() } else { 0..0 };
        // What could be made once can be made again.
        all.filter_map(|index| Some((index, self.cell(index).ok()?.0))).collect()
    }
}

fn read(file: &str) -> Result<Roster, PrepareError> {
    let text = fs::read_to_string(file).map_err(|source| PrepareError::Unreadable { path: file.into(), source })?;
    Ok(Roster::parse(&text, file)?)
}
