//! The scenario's limits in the summary of a run.

use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use fieldday_report::{Facts, Outcome, Summary, terminal};
use fieldday_world::plan::Plan;
use fieldday_world::scenario::{Limit, Scenario};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[test]
fn an_exceeded_limit_breaks_the_run_and_is_told_with_its_figures() {
    let told = |limits: &[&str]| {
        let mut scenario = Scenario::load("weekday").unwrap();
        scenario.with_reps(12);
        scenario.must_exercise.clear();
        scenario.limits = limits.iter().map(|limit| Limit::parse(limit).unwrap()).collect();
        let plan = Plan::new(Arc::new(scenario), 1).unwrap();
        let stop = AtomicBool::new(false);
        let options = Options { threads: 1, keep: Keep::default(), stop: &stop };
        let outcome = run(&plan, &options, |_| ControlFlow::Continue(())).unwrap();
        let summary = Summary::new(Facts::default(), &plan, &outcome);
        let text = terminal::report(&summary, None, fieldday_paint::Paint::new(false));
        (summary, text)
    };
    let (summary, text) = told(&["p50 < 10 s for reads", "p99 < 1 ms", "p99.99 < 10 min for clock-in"]);
    assert_eq!((summary.verdict.outcome, summary.verdict.exit_code), (Outcome::Broken, 1));
    assert!(summary.verdict.reasons[0].starts_with("1 limit exceeded: p99 < 1 ms (it was "), "{:?}", summary.verdict);
    for part in
        ["SCENARIO LIMITS", "✓ p50 < 10 s for reads", "✗ p99 < 1 ms", "? p99.99 < 10 min for clock-in", "too few"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let (summary, text) = told(&["p50 < 10 s for reads"]);
    assert_eq!(summary.verdict.outcome, Outcome::Held);
    assert!(text.contains("none broken; 1 limit held"), "{text}");
    let (summary, text) = told(&[]);
    assert!(summary.scenario_limits.is_empty() && !text.contains("SCENARIO LIMITS"));
    assert!(!summary.to_json().contains("scenario_limits"));
}
