//! A fast subset of the proof: every defect under three seeds, and ten thousand rep-days without one. It takes an
//! optimised build, so it runs where it is asked for: `cargo test --release -p fieldday-engine --test proof -- --ignored`.

use fieldday_engine::defects::Defect;
use fieldday_engine::prove::{Clean, Effort, clean, prove};
use std::sync::atomic::AtomicBool;

#[test]
#[ignore = "takes minutes in a debug build"]
fn every_judge_bites_and_none_without_a_cause() {
    let stop = AtomicBool::new(false);
    let effort = Effort { threads: 0, seeds: 3, cap: 1_000, stop: &stop };
    let defects: Vec<Defect> = Defect::all().collect();
    let trials = prove(&defects, &effort, |_| {}).unwrap();
    assert_eq!(trials.len(), defects.len() * 3);
    let missed: Vec<_> = trials.iter().filter(|trial| trial.found.is_none()).collect();
    assert!(missed.is_empty(), "nobody saw {missed:?}");
    let lived = clean(10_000, 0x5eed, &effort, Clean::default(), |_| {}, |_| {}).unwrap();
    assert_eq!(lived.alarms, [], "false alarms");
    assert!(lived.rep_days() >= 10_000);
}
