//! What makes the measurements of a live run worthless.

use crate::machine::{self, Took};
use fieldday_live::prepare::Lived;
use fieldday_paint::units::counted;

/// Why what was measured says nothing of the target: the generator, or whoever gives tokens, could not keep up.
pub fn troubles(lived: &Lived, took: Took) -> Vec<String> {
    let outcome = &lived.outcome;
    let share = took.cpu_s.map(|cpu| cpu / (took.wall_s.max(0.001) * machine::cores() as f64));
    let mut troubles = outcome.health.troubles(&lived.plan.plan.scenario().live.generator, share);
    if let Some(first) = outcome.panicked.first() {
        let reps = counted(outcome.panicked.len() as u64, "rep", "reps");
        troubles.push(format!("{reps} panicked, {first} first: that is a bug of fieldday"));
    }
    troubles.extend(outcome.not_allowed.iter().map(|host| {
        format!("audio was not uploaded to {host}, which is not allowed (--allow {host}); uploads and the steps after them were not tested")
    }));
    troubles
        .extend(outcome.token_trouble.iter().map(|trouble| format!("no session token could be obtained: {trouble}")));
    troubles
}
