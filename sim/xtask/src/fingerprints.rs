//! `scenarios/fingerprints.toml`: the fingerprints of known runs. `sim/engine/tests/determinism.rs` compares the runs with them.

use crate::{Done, root, write as write_file};
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const FILE: &str = "scenarios/fingerprints.toml";

#[derive(Deserialize)]
struct Known {
    seed: u64,
    reps: u64,
    fingerprint: String,
}

/// Replaces each committed fingerprint by that of the current program. The comments of the file stay.
pub(crate) fn write(_: &[String]) -> Done {
    let mut text = std::fs::read_to_string(root().join(FILE))?;
    let known: BTreeMap<String, Known> = toml::from_str(&text)?;
    for (name, known) in known {
        let mut scenario = Scenario::load(&name)?;
        scenario.with_reps(known.reps);
        let plan = Plan::new(Arc::new(scenario), known.seed)?;
        let stop = AtomicBool::new(false);
        let options = Options { threads: 0, keep: Keep::default(), stop: &stop };
        let today = run(&plan, &options, |_| ControlFlow::Continue(()))?.fingerprint.to_string();
        if today != known.fingerprint {
            println!("{name}: {} is now {today}; CHANGELOG.md must say why", known.fingerprint);
            text = text.replace(&known.fingerprint, &today);
        }
    }
    write_file(FILE, &text)
}
