//! The conformance pass over HTTP: nothing on the clean mock, and a race that only requests side by side show.

use crate::common::ready;
use fieldday_api::rules::Rule;
use fieldday_live::conform::{fails_for_a_pass, settled};
use fieldday_live::prepare::{Called, Lived};
use fieldday_live::run::window;
use fieldday_scenario::Scenario;
use std::sync::atomic::AtomicBool;

fn pass(defect: Option<&str>) -> Lived {
    let mut scenario = settled(Scenario::load("smoke").unwrap(), true);
    scenario.defects.extend(defect.map(str::to_owned));
    let called = Called::Mock(Box::new(fails_for_a_pass(window(&scenario).0)));
    ready(scenario, called, None).conform(&AtomicBool::new(false), |_| {}, |_| {}).unwrap()
}

#[test]
fn a_clean_mock_conforms() {
    let lived = pass(None);
    let said: Vec<_> = lived.outcome.run.findings.shown().map(|violation| &violation.says).collect();
    assert_eq!(said, [""; 0]);
    assert!(lived.outcome.run.complete && lived.outcome.contract.is_empty());
    let exercised = |rule: Rule| lived.outcome.run.findings.count(rule).exercised;
    assert!(exercised(Rule::ShiftClockInOnce) > 20 && exercised(Rule::ValidationRejects) > 50);
}

#[test]
fn a_race_of_the_mock_is_found() {
    let lived = pass(Some("start-race"));
    assert!(lived.outcome.run.findings.count(Rule::RecordingStartOnce).broken > 0);
}
