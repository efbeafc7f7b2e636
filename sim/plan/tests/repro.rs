//! The plan of a `repro.toml` is that of the scenario from which it was written.

use fieldday_api::rules::Rule;
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use fieldday_scenario::repro::{FORMAT, Repro};
use std::sync::Arc;

/// A file has its keys in an order of its own; the plan must not depend on it.
#[test]
fn a_written_scenario_gives_the_same_plan() {
    let scenario = Scenario::load("rough").unwrap();
    let repro = Repro {
        fieldday_repro: FORMAT,
        version: "0.1.0".into(),
        seed: "0x5eed".into(),
        cell: 0,
        rule: Rule::ShiftClockInOnce,
        endpoint: "POST clock-in".into(),
        shape: "expected #".into(),
        scenario: scenario.clone(),
    };
    let read = Repro::parse(&repro.to_toml("repro.toml"), "repro.toml").unwrap();
    let cell = |scenario: Scenario| Plan::new(Arc::new(scenario), 7).unwrap().cell(0);
    let json = |scenario| serde_json::to_string(&cell(scenario)).unwrap();
    assert_eq!(json(read.scenario), json(scenario));
}
