//! What the tests of the engine share.
#![allow(dead_code)] // Each test file uses a part of it.

use fieldday_engine::cell::{CellRun, Keep};
use fieldday_engine::run::{Options, RunOutcome, run};
use fieldday_history::Event;
use fieldday_plan::Plan;
use fieldday_rules::Measures;
use fieldday_scenario::Scenario;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A built-in scenario, made small.
pub struct Small(pub Scenario);

/// The built-in scenario of that name with so many reps.
pub fn scenario(name: &str, reps: u64) -> Small {
    let mut scenario = Scenario::load(name).unwrap();
    scenario.with_reps(reps);
    Small(scenario)
}

impl Small {
    /// With so many reps a cell.
    pub fn with_small_cells(mut self, reps_a_cell: u32) -> Small {
        let people = &mut self.0.people;
        people.reps_per_tenant = Some(reps_a_cell / people.tenants_per_cell);
        let reps = people.reps;
        self.0.with_reps(reps);
        self
    }
}

/// Its plan.
pub fn plan(scenario: Small, seed: u64) -> Plan {
    Plan::new(Arc::new(scenario.0), seed).unwrap()
}

/// Runs it.
pub fn outcome(plan: &Plan, threads: usize, keep: Keep) -> RunOutcome {
    let stop = AtomicBool::new(false);
    run(plan, &Options { threads, keep, stop: &stop }, |_| ControlFlow::Continue(())).unwrap()
}

/// The events of one cell.
pub fn events_of(plan: &Plan, cell: u32) -> Vec<Event> {
    let keep = Keep { history: false, events: true };
    let run = CellRun::new(plan.scenario(), plan.cell(cell), keep, Measures::default());
    run.run(&AtomicBool::new(false)).0.kept.unwrap()
}
