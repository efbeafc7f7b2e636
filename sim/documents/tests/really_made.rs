//! What the terminal says of runs that were really made.

use fieldday_documents::terminal;
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use fieldday_folder::{Facts, Outcome, Recipe, Summary};
use fieldday_plan::Plan;
use fieldday_scenario::{Limit, Scenario};
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

#[test]
fn a_broken_rule_ends_with_whom_it_was_broken_for_and_the_lines_to_paste() {
    let mut scenario = Scenario::load("weekday").unwrap();
    scenario.with_reps(12);
    scenario.defects = vec!["task-created-twice".to_owned()];
    let plan = Plan::new(Arc::new(scenario), 1).unwrap();
    let stop = AtomicBool::new(false);
    let options = Options { threads: 1, keep: Keep::default(), stop: &stop };
    let outcome = run(&plan, &options, |_| ControlFlow::Continue(())).unwrap();
    let recipe = Recipe { scenario: "weekday".to_owned(), seed: 1, reps: Some(12), ..Recipe::default() };
    let summary = Summary::new(Facts { recipe, ..Facts::default() }, &plan, &outcome);
    let case = summary.violations.iter().find(|case| case.of == "task.create.single").unwrap();
    let text = terminal::report(&summary, None, fieldday_paint::Paint::new(false));
    let last: Vec<&str> = text.lines().rev().take(3).collect();
    assert!(text.contains(&case.who), "{text}");
    assert!(last[1].ends_with(&summary.reproduce), "{last:?}");
    assert!(
        summary.reproduce.replace(" run ", " shrink ").starts_with(last[0].trim_start_matches("  small: ")),
        "{last:?}"
    );
}
