//! The conformance pass over the model: nothing on a clean one, every defect of the backend by a rule of its own, and the same
//! twice.

use fieldday_api::rules::{Rule, Side};
use fieldday_backend::BackendDefect;
use fieldday_engine::all_defects::Defect;
use fieldday_engine::cell::Keep;
use fieldday_engine::prove::{Effort, PASSES, passes};
use fieldday_engine::run::{Options, RunOutcome};
use fieldday_engine::{conform, pass};
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn pass(seed: u64, threads: usize) -> RunOutcome {
    let scenario = pass::settled(Scenario::load(PASSES).unwrap(), true);
    let plan = Plan::new(Arc::new(scenario), seed).unwrap();
    let stop = AtomicBool::new(false);
    conform::run(&plan, &Options { threads, keep: Keep::default(), stop: &stop }, |_| ControlFlow::Continue(()))
        .unwrap()
}

/// Rules of which a pass makes no case on the model, and why.
const UNTRIED: [Rule; 0] = [];

#[test]
fn a_clean_model_conforms_and_every_rule_has_tens_of_cases() {
    for seed in 1..=4 {
        let outcome = pass(seed, 0);
        let said: Vec<_> = outcome.findings.shown().map(|violation| &violation.says).collect();
        assert_eq!(said, [""; 0], "seed {seed}");
        for rule in Rule::ALL.iter().filter(|rule| rule.side() == Side::Api && !UNTRIED.contains(rule)) {
            let cases = outcome.findings.count(*rule);
            assert!(cases.exercised >= 10, "{} has {} cases under seed {seed}", rule.name(), cases.exercised);
        }
    }
}

#[test]
fn a_pass_is_the_same_twice_and_on_any_number_of_threads() {
    assert_eq!(pass(7, 1).fingerprint, pass(7, 2).fingerprint);
    assert_ne!(pass(7, 1).fingerprint, pass(8, 1).fingerprint);
}

/// Defects of the backend that no pass finds.
const UNSEEN: [&str; 0] = [];

#[test]
fn a_pass_finds_every_defect_of_the_backend_by_a_rule_of_its_own() {
    let stop = AtomicBool::new(false);
    let effort = Effort { threads: 0, seeds: 1, cap: 0, stop: &stop };
    let defects = BackendDefect::ALL.iter().map(|defect| Some(Defect::Backend(*defect)));
    let defects: Vec<Option<Defect>> = defects.chain([None]).collect();
    let trials = passes(&defects, 1, &effort).unwrap();
    assert_eq!(trials.len(), defects.len());
    let unseen: Vec<_> = trials
        .iter()
        .filter(|trial| trial.found.is_none())
        .filter_map(|trial| trial.defect.map(Defect::name))
        .collect();
    assert_eq!(unseen, UNSEEN);
    let alarms: Vec<_> = trials.iter().filter(|trial| trial.defect.is_none() && trial.found.is_some()).collect();
    assert!(alarms.is_empty(), "{alarms:?}");
}
