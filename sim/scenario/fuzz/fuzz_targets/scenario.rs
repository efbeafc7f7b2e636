//! No text makes the scenario parser panic, and what it accepts gives a plan or says why not.
//!
//! `cargo +nightly fuzz run scenario -- -max_total_time=300` in `sim/scenario`; start it from the built-in scenarios with
//! `mkdir -p fuzz/corpus/scenario && cp ../../scenarios/*.toml fuzz/corpus/scenario/`.
#![no_main]

use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|text: &str| {
    if let Ok(mut scenario) = Scenario::parse(text, "fuzzed.toml") {
        scenario.with_reps(2);
        if let Ok(plan) = Plan::new(Arc::new(scenario), 1) {
            let _ = plan.cell(0);
        }
    }
});
