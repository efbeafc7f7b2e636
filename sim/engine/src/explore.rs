//! Many seeds, side by side, in search of one that breaks a rule. Failures of one kind are counted together, and the one
//! with the fewest events before it is kept: it is the shortest to read.
//!
//! Seeds are counted in their order, so what is known at any moment is what the seeds from the first up to the
//! [next](Explored::next) have shown. That is the same on any number of threads, and whether they were lived in one go or not.

use crate::cell::{CellRun, Keep};
use crate::run::NoThreads;
use fieldday_api::SmolStr;
use fieldday_plan::{Plan, PlanError};
use fieldday_rules::{Findings, Mark, Marks, Measures, Settings, Signature};
use fieldday_scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How far an exploration goes, and on how many threads.
pub struct Options<'a> {
    /// How many threads; 0 for one a core.
    pub threads: usize,
    /// The seed to begin with; the others follow it.
    pub from: u64,
    /// How many seeds; `u64::MAX` until it is stopped.
    pub seeds: u64,
    /// Whether each seed draws which mishaps, habits and operations are on.
    pub swarm: bool,
    /// The number of reps under each seed.
    pub reps: u64,
    /// Whether the first failure ends it.
    pub stop_at_first: bool,
    /// Set from outside to end early.
    pub stop: &'a AtomicBool,
}

/// A kind of failure, with its first and shortest examples.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The rule, endpoint and form that violations of one kind share.
    pub signature: Signature,
    /// The number of seeds under which it showed.
    pub seeds: u64,
    /// The first seed under which it showed.
    pub first_seed: u64,
    /// The one under which it showed at the earliest event; of equals, the first.
    pub seed: u64,
    /// The cell's place in the plan.
    pub cell: u32,
    /// The number of the event in that cell's stream, from 0.
    pub event: u64,
    /// The name in the plan of the client that it happened to.
    pub client: SmolStr,
    /// What was expected and what was seen, in a sentence.
    pub says: String,
    /// The settings that the swarm drew for that seed.
    pub drawn: Vec<String>,
}

/// The result of the seeds so far.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Explored {
    /// Every seed from the first up to this one is done, and no other.
    pub next: u64,
    /// The number of seeds that are done.
    pub seeds: u64,
    /// The number of rep-days that were simulated.
    pub rep_days: u64,
    /// The number of requests that reached a backend.
    pub requests: u64,
    /// The failures, one for each signature.
    pub failures: Vec<Failure>,
    /// How often each mark was reached, by name.
    pub marks: BTreeMap<String, u64>,
}

/// The result of one seed.
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
    /// The system gives no threads.
    #[error(transparent)]
    Threads(#[from] NoThreads),
}

/// Explores. `so_far` is what an earlier exploration of the same came to; `on_seed` is told after each seed, in their order,
/// what there is by then, and which marks were newly reached.
pub fn explore(
    scenario: &Scenario,
    options: &Options<'_>,
    so_far: Explored,
    on_seed: impl FnMut(&Explored, &[Mark]) + Send,
) -> Result<Explored, ExploreError> {
    let so_far = if so_far.seeds == 0 { Explored { next: options.from, ..so_far } } else { so_far };
    let end = options.from.saturating_add(options.seeds);
    let next = AtomicU64::new(so_far.next);
    let ended = AtomicBool::new(false);
    let line = Mutex::new(SeedBuffer { explored: so_far, early: BTreeMap::new(), error: None, on_seed });
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().map_err(NoThreads::from)?;
    pool.broadcast(|_| {
        while !ended.load(Ordering::Relaxed) && !options.stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            // A seed that was cut short is as good as not lived.
            let Some(lived) = live(scenario, seed, options).transpose() else { break };
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            line.early.insert(seed, lived);
            if line.advance(options.stop_at_first).is_break() {
                ended.store(true, Ordering::Relaxed);
            }
        }
    });
    let line = line.into_inner().unwrap_or_else(PoisonError::into_inner);
    match line.error {
        Some(error) => Err(error.into()),
        None => Ok(line.explored),
    }
}

/// Where seeds wait until those before them are counted.
struct SeedBuffer<F> {
    explored: Explored,
    early: BTreeMap<u64, Result<Seed, PlanError>>,
    error: Option<PlanError>,
    on_seed: F,
}

impl<F: FnMut(&Explored, &[Mark])> SeedBuffer<F> {
    /// Counts every seed whose turn it is, up to one that ends it all: what was ready beyond that does not count.
    fn advance(&mut self, stop_at_first: bool) -> ControlFlow<()> {
        loop {
            if self.error.is_some() || (stop_at_first && !self.explored.failures.is_empty()) {
                return ControlFlow::Break(());
            }
            match self.early.remove(&self.explored.next) {
                None => return ControlFlow::Continue(()),
                Some(Err(error)) => self.error = Some(error),
                Some(Ok(seed)) => {
                    let new = self.explored.add(seed);
                    (self.on_seed)(&self.explored, &new);
                }
            }
        }
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
    let mut findings = Findings::new(&Settings::default());
    for index in 0..plan.cells() {
        let cell = CellRun::new(plan.scenario(), plan.cell(index), Keep::default(), Measures::default());
        let (outcome, _) = cell.run(options.stop);
        if !outcome.complete {
            return Ok(None);
        }
        lived.rep_days += outcome.rep_days;
        lived.requests += outcome.requests;
        findings.merge(outcome.findings);
    }
    lived.marks = findings.marks.clone();
    for violation in findings.shown() {
        let failure = Failure {
            signature: violation.signature(),
            seeds: 1,
            first_seed: seed,
            seed,
            cell: cell_of(&violation.client_name),
            event: violation.event,
            client: violation.client_name.clone(),
            says: violation.says.clone(),
            drawn: drawn.clone(),
        };
        match lived.failures.iter_mut().find(|known| known.signature == failure.signature) {
            Some(known) if failure.event < known.event => *known = failure,
            Some(_) => {}
            None => lived.failures.push(failure),
        }
    }
    Ok(Some(lived))
}

/// The place in the plan of the cell that a client of this name is in.
fn cell_of(client: &str) -> u32 {
    let number = client.split('/').next().and_then(|cell| cell.strip_prefix("cell-"));
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}

impl Explored {
    /// Adds a seed; gives the marks that it reached first.
    fn add(&mut self, lived: Seed) -> Vec<Mark> {
        self.seeds += 1;
        self.rep_days += lived.rep_days;
        self.requests += lived.requests;
        self.next = lived.seed + 1;
        lived.failures.into_iter().for_each(|failure| self.add_failure(failure));
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
    /// Adds what the next shard explored: seeds after these.
    pub fn merge(&mut self, next: Explored) {
        self.seeds += next.seeds;
        self.rep_days += next.rep_days;
        self.requests += next.requests;
        self.next = self.next.max(next.next);
        next.failures.into_iter().for_each(|failure| self.add_failure(failure));
        self.failures.sort_by(|a, b| a.signature.cmp(&b.signature));
        for (mark, count) in next.marks {
            *self.marks.entry(mark).or_default() += count;
        }
    }
    /// Of each kind of failure the shortest story is kept, the first one of those that are as short.
    fn add_failure(&mut self, failure: Failure) {
        match self.failures.iter_mut().find(|known| known.signature == failure.signature) {
            Some(known) => {
                let (seeds, first_seed) = (known.seeds + failure.seeds, known.first_seed);
                if failure.event < known.event {
                    *known = failure;
                }
                (known.seeds, known.first_seed) = (seeds, first_seed);
            }
            None => self.failures.push(failure),
        }
    }
    /// Whether a mark was reached.
    pub fn has_reached(&self, mark: Mark) -> bool {
        self.marks.get(mark.name()).is_some_and(|count| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: u64 = 1;

    fn explored(threads: usize, seeds: u64, stop_at_first: bool, so_far: Explored) -> Explored {
        explored_from(FROM, threads, seeds, stop_at_first, so_far)
    }
    fn explored_from(from: u64, threads: usize, seeds: u64, stop_at_first: bool, so_far: Explored) -> Explored {
        let mut scenario = Scenario::load("rough").unwrap();
        scenario.defects.push("double-flush".into());
        let stop = AtomicBool::new(false);
        let options = Options { threads, from, seeds, swarm: true, reps: 6, stop_at_first, stop: &stop };
        let mut next = so_far.next.max(from);
        let in_order = |explored: &Explored, _: &[Mark]| {
            next += 1;
            assert_eq!(explored.next, next);
        };
        explore(&scenario, &options, so_far, in_order).unwrap()
    }

    #[test]
    fn threads_and_interruptions_change_nothing() {
        let whole = explored(1, 8, false, Explored::default());
        assert_eq!(explored(2, 8, false, Explored::default()), whole);
        assert!(!whole.failures.is_empty() && whole.seeds == 8 && whole.next == 9);
        let half = explored(2, 3, false, Explored::default());
        assert_eq!(explored(2, 8, false, half.clone()), whole, "resumed");
        // Seeds 1 to 3, and 4 to 8 as another shard has them.
        let mut merged = half;
        merged.merge(explored_from(4, 2, 5, false, Explored::default()));
        assert_eq!(merged, whole, "merged");
        let first = whole.failures.iter().map(|failure| failure.first_seed).min().unwrap();
        let stopped = explored(2, 8, true, Explored::default());
        assert_eq!((stopped.next, stopped.seeds), (first + 1, first), "nothing beyond the first failure counts");
        assert_eq!(explored(2, 8, true, stopped.clone()), stopped);
        assert_eq!(explored(2, 8, false, stopped), whole, "resumed after the first failure");
    }

    #[test]
    fn of_a_kind_the_shortest_story_is_kept() {
        let failure = |seed, event| Failure {
            signature: Signature { rule: fieldday_api::rules::Rule::ShiftToday, op: None, shape: "#".into() },
            seeds: 1,
            first_seed: seed,
            seed,
            cell: 0,
            event,
            client: "cell-0/tenant-0/rep-00".into(),
            says: String::new(),
            drawn: Vec::new(),
        };
        let mut explored = Explored::default();
        for (seed, event) in [(0, 70), (1, 30), (2, 30), (3, 50)] {
            let failures = vec![failure(seed, event)];
            explored.add(Seed { seed, rep_days: 6, requests: 9, failures, marks: Marks::default() });
        }
        assert_eq!(explored.failures, [Failure { seeds: 4, first_seed: 0, ..failure(1, 30) }]);
        assert_eq!((explored.next, explored.rep_days), (4, 24));
    }
}
