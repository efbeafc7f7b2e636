//! Many seeds, side by side, in search of one that breaks a rule. Failures of one kind are counted together, and the one
//! that showed first in its day is kept.
//!
//! For a given set of seeds the result is the same on any number of threads.

use crate::cell::{CellRun, Keep};
use crate::run::NoThreads;
use fieldday_api::SmolStr;
use fieldday_rules::{Mark, Marks, Measures, Signature};
use fieldday_world::plan::{Plan, PlanError};
use fieldday_world::scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How to explore.
pub struct Options<'a> {
    /// How many threads; 0 for one a core.
    pub threads: usize,
    /// The first seed.
    pub from: u64,
    /// How many seeds; `u64::MAX` until it is stopped.
    pub seeds: u64,
    /// Whether each seed draws which mishaps, habits and operations are on.
    pub swarm: bool,
    /// Reps of each seed.
    pub reps: u64,
    /// Whether the first failure ends it.
    pub stop_at_first: bool,
    /// Set from outside to end early.
    pub stop: &'a AtomicBool,
}

/// A kind of failure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Which kind.
    pub signature: Signature,
    /// Under how many seeds it showed.
    pub seeds: u64,
    /// The seed under which it showed at the earliest event.
    pub seed: u64,
    /// In which cell.
    pub cell: u32,
    /// At which event of that cell.
    pub event: u64,
    /// To whom.
    pub client: SmolStr,
    /// What was expected, and what was seen.
    pub says: String,
    /// What the swarm drew for that seed.
    pub drawn: Vec<String>,
}

/// What was explored so far.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Explored {
    /// Every seed from the first up to this one is done.
    pub next: u64,
    /// Seeds beyond that are done, too.
    pub beyond: BTreeSet<u64>,
    /// Seeds done.
    pub seeds: u64,
    /// Rep-days lived.
    pub rep_days: u64,
    /// Requests that reached a backend.
    pub requests: u64,
    /// Kinds of failures.
    pub failures: Vec<Failure>,
    /// How often each mark was reached, by name.
    pub marks: BTreeMap<String, u64>,
}

/// What one seed came to.
struct Seed {
    seed: u64,
    rep_days: u64,
    requests: u64,
    failures: Vec<Failure>,
    marks: Marks,
}

/// An exploration that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    /// A plan cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// There are no threads.
    #[error(transparent)]
    Threads(#[from] NoThreads),
}

/// Explores. `so_far` is what an earlier exploration of the same came to; `on_seed` is told after each seed what there is by
/// then, and which marks were newly reached.
pub fn explore(
    scenario: &Scenario,
    options: &Options<'_>,
    so_far: Explored,
    on_seed: impl Fn(&Explored, &[Mark]) + Sync,
) -> Result<Explored, ExploreError> {
    let so_far = if so_far.seeds == 0 { Explored { next: options.from, ..so_far } } else { so_far };
    let end = options.from.saturating_add(options.seeds);
    let next = AtomicU64::new(so_far.next);
    let beyond = so_far.beyond.clone();
    let ended = AtomicBool::new(false);
    let merged = Mutex::new((so_far, None));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().map_err(NoThreads::from)?;
    pool.broadcast(|_| {
        while !ended.load(Ordering::Relaxed) && !options.stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            if beyond.contains(&seed) {
                continue;
            }
            let lived = live(scenario, seed, options);
            let mut merged = merged.lock().unwrap_or_else(PoisonError::into_inner);
            match lived {
                Ok(Some(seed)) => {
                    let failed = !seed.failures.is_empty();
                    let new = merged.0.add(seed);
                    on_seed(&merged.0, &new);
                    if failed && options.stop_at_first {
                        ended.store(true, Ordering::Relaxed);
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    merged.1 = Some(error);
                    ended.store(true, Ordering::Relaxed);
                }
            }
        }
    });
    let (explored, error) = merged.into_inner().unwrap_or_else(PoisonError::into_inner);
    match error {
        Some(error) => Err(error.into()),
        None => Ok(explored),
    }
}

/// The scenario of a seed, and what was drawn for it.
pub fn of_seed(scenario: &Scenario, seed: u64, swarm: bool, reps: u64) -> (Scenario, Vec<String>) {
    let (mut scenario, drawn) = if swarm { scenario.swarm(seed) } else { (scenario.clone(), Vec::new()) };
    let drawn = drawn.iter().map(ToString::to_string).collect();
    scenario.with_reps(reps);
    (scenario, drawn)
}

/// Lives one seed; none if it was interrupted.
fn live(scenario: &Scenario, seed: u64, options: &Options<'_>) -> Result<Option<Seed>, PlanError> {
    let (scenario, drawn) = of_seed(scenario, seed, options.swarm, options.reps);
    let plan = Plan::new(Arc::new(scenario), seed)?;
    let mut lived = Seed { seed, rep_days: 0, requests: 0, failures: Vec::new(), marks: Marks::default() };
    for index in 0..plan.cells() {
        let cell = CellRun::new(plan.scenario(), plan.cell(index), Keep::default(), Measures::default());
        let (outcome, _) = cell.run(options.stop);
        if !outcome.complete {
            return Ok(None);
        }
        lived.rep_days += outcome.rep_days;
        lived.requests += outcome.requests;
        lived.marks.merge(&outcome.findings.marks);
        for violation in &outcome.findings.violations {
            let signature = violation.signature();
            if lived.failures.iter().all(|failure| failure.signature != signature) {
                lived.failures.push(Failure {
                    signature,
                    seeds: 1,
                    seed,
                    cell: index,
                    event: violation.event,
                    client: violation.client_name.clone(),
                    says: violation.says.clone(),
                    drawn: drawn.clone(),
                });
            }
        }
    }
    Ok(Some(lived))
}

impl Explored {
    /// Adds a seed; gives the marks that it reached first.
    fn add(&mut self, lived: Seed) -> Vec<Mark> {
        self.seeds += 1;
        self.rep_days += lived.rep_days;
        self.requests += lived.requests;
        self.beyond.insert(lived.seed);
        while self.beyond.remove(&self.next) {
            self.next += 1;
        }
        for failure in lived.failures {
            match self.failures.iter_mut().find(|known| known.signature == failure.signature) {
                Some(known) => {
                    let seeds = known.seeds + 1;
                    if (failure.event, failure.seed) < (known.event, known.seed) {
                        *known = failure;
                    }
                    known.seeds = seeds;
                }
                None => self.failures.push(failure),
            }
        }
        // In an order that does not depend on which seed ended first.
        self.failures.sort_by(|a, b| a.signature.cmp(&b.signature));
        let mut new = Vec::new();
        for mark in lived.marks.reached() {
            let count = self.marks.entry(mark.name().to_owned()).or_default();
            if *count == 0 {
                new.push(mark);
            }
            *count += lived.marks.count(mark);
        }
        new
    }
    /// Whether a mark was reached.
    pub fn has_reached(&self, mark: Mark) -> bool {
        self.marks.get(mark.name()).is_some_and(|count| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explored(threads: usize, from: u64, seeds: u64, so_far: Explored) -> Explored {
        let mut scenario = Scenario::load("rough").unwrap();
        scenario.defects.push("double-flush".into());
        let stop = AtomicBool::new(false);
        let options = Options { threads, from, seeds, swarm: true, reps: 6, stop_at_first: false, stop: &stop };
        explore(&scenario, &options, so_far, |_, _| {}).unwrap()
    }

    #[test]
    fn threads_and_interruptions_change_nothing() {
        let whole = explored(1, 1, 8, Explored::default());
        assert_eq!(explored(2, 1, 8, Explored::default()), whole);
        assert!(!whole.failures.is_empty() && whole.seeds == 8 && whole.next == 9);
        let half = explored(2, 1, 3, Explored::default());
        assert_eq!(explored(2, 1, 8, half), whole, "resumed");
    }
}
