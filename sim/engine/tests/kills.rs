//! The app dies between any two steps, and nothing that its person was told is lost.

mod common;

use common::{plan, scenario};
use fieldday_engine::cell::{CellOutcome, CellRun, Keep};
use fieldday_history::EventKind;
use fieldday_plan::Plan;
use fieldday_rules::Measures;
use std::sync::atomic::AtomicBool;

/// A day of a few reps in which every phone's app dies before its `fuse`th step.
fn day(plan: &Plan, fuse: Option<u64>) -> (CellOutcome, u64) {
    let keep = Keep { history: false, events: true };
    let run = CellRun::new(plan.scenario(), plan.cell(0), keep, Measures::default());
    let phones = run.phones().to_vec();
    phones.iter().for_each(|phone| phone.fuse.set(fuse));
    let (outcome, _) = run.run_keeping(&AtomicBool::new(false), &phones);
    let steps = phones.iter().map(|phone| phone.steps()).max().unwrap();
    (outcome, steps)
}

#[test]
fn whatever_step_the_app_dies_at_the_queue_survives_and_drains() {
    let plan = plan(scenario("demo", 2), 4);
    let (calm, steps) = day(&plan, None);
    assert_eq!(calm.findings.violations, []);
    assert!(steps > 300, "a day of {steps} steps");
    let mut killed = 0;
    // Every step of the morning, then every 11th: the whole day holds the same kinds of await points again and again.
    for fuse in (1..120).chain((120..steps).step_by(11)) {
        let (outcome, _) = day(&plan, Some(fuse));
        assert_eq!(outcome.findings.violations, [], "killed before step {fuse}");
        let events = outcome.kept.unwrap();
        killed += events.iter().filter(|e| matches!(e.what, EventKind::Killed)).count();
        let left: Vec<_> =
            events.iter().filter(|e| matches!(e.what, EventKind::DayEnded { queued: 1.., .. })).collect();
        assert!(left.is_empty(), "killed before step {fuse}: {left:?}");
    }
    assert!(killed > 150, "{killed} kills happened");
}
