//! Every built-in scenario holds as it is, and puts to the test what it says it does.

mod common;

use common::{outcome, plan};
use fieldday_engine::cell::Keep;
use fieldday_scenario::Scenario;

#[test]
fn every_scenario_holds_and_exercises_what_it_must() {
    for name in Scenario::builtin_names() {
        let scenario = Scenario::load(name).unwrap();
        let must = scenario.demanded();
        for seed in [1, 2] {
            let outcome = outcome(&plan(common::Small(scenario.clone()), seed), 0, Keep::default());
            assert_eq!(outcome.findings.violations, [], "{name}, seed {seed}");
            assert_eq!(outcome.findings.unexercised(&must), [], "{name}, seed {seed}");
        }
    }
}
