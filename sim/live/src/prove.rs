//! Whether the checks bite over HTTP: each defect of the backend is built into the tool's own mock, which a conformance pass
//! puts to the test and, if the pass does not find it, a day of two minutes; and passes over the mock without any.
//!
//! A trial ends with the find. Each has a mock of its own and mostly waits for it, so several go on side by side; what comes
//! of them is put together in a fixed order.

use crate::clock::span;
use crate::conform::{ConformError, fails_for_a_pass, settled};
use crate::health::Health;
use crate::prepare::{Called, LiveOptions, Lived, PrepareError, Ready, prepare};
use crate::run::{LiveError, lasts, window};
use crate::worker::RunProgress;
use fieldday_api::rules::Rule;
use fieldday_engine::all_defects::Defect;
use fieldday_engine::live_trial::{LiveLook, LiveTrial};
use fieldday_engine::prove::PASSES;
use fieldday_kernel::time::Span;
use fieldday_scenario::{Scenario, ScenarioError};
use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// How long the window of a day is open.
const DAY: Span = Span::minutes(2);
/// How long the reps of a day have for what is left in their queues.
const LINGERS_S: u32 = 20;
/// Reps of each tenant in a day.
const REPS_PER_TENANT: u32 = 5;
/// The number of reps in the day of a trial.
const REPS: u64 = 10;

/// Goose's handlers are the process's: one day at a time.
static ONE_DAY: Mutex<()> = Mutex::new(());

/// How many trials are made, and how many at once.
pub struct Effort<'a> {
    /// Under how many seeds each defect is tried, from 1.
    pub seeds: u64,
    /// The seeds of passes without a defect, each of which is made once.
    pub clean: Range<u64>,
    /// How many trials go on side by side.
    pub at_once: usize,
    /// Set from outside to end early.
    pub stop: &'a AtomicBool,
}

/// What can keep a proof from its end.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// A scenario is not there, or wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A mock or a plan that cannot be had.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// A pass that cannot be made.
    #[error(transparent)]
    Conform(#[from] ConformError),
    /// A day that cannot be lived.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The system gives no threads, sockets or timers.
    #[error("the system does not give what a proof needs: {0}")]
    System(#[from] std::io::Error),
}

/// Tries each of these defects under each seed, seed by seed, and then makes the passes without one. `on_trial` is told of
/// each in the order in which they end. Trials that were cut short by an interrupt are left out.
pub fn prove(
    defects: &[Defect],
    effort: &Effort<'_>,
    on_trial: impl Fn(&LiveTrial) + Sync,
) -> Result<Vec<LiveTrial>, ProveError> {
    let with = (1..=effort.seeds).flat_map(|seed| defects.iter().map(move |defect| (Some(*defect), seed)));
    let orders: Vec<_> = with.chain(effort.clean.clone().map(|seed| (None, seed))).collect();
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let works = || {
        let mut trials = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((defect, seed)) = orders.get(number).copied() else { break };
            let tried = trial(defect, seed, effort.stop).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            let Some(tried) = tried else { break };
            on_trial(&tried);
            trials.push((number, tried));
        }
        Ok::<_, ProveError>(trials)
    };
    let mut trials = thread::scope(|scope| {
        let threads = (0..effort.at_once.clamp(1, orders.len().max(1)))
            .map(|number| thread::Builder::new().name(format!("trials-{number}")).spawn_scoped(scope, works));
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        let mut trials = Vec::new();
        for thread in threads {
            trials.extend(thread.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))?);
        }
        Ok::<_, ProveError>(trials)
    })?;
    trials.sort_by_key(|(number, _)| *number);
    Ok(trials.into_iter().map(|(_, trial)| trial).collect())
}

/// Makes one trial; none if it was interrupted.
fn trial(defect: Option<Defect>, seed: u64, stop: &AtomicBool) -> Result<Option<LiveTrial>, ProveError> {
    let Some(pass) = pass(defect, seed, stop)? else { return Ok(None) };
    let mut trial = LiveTrial { defect, seed, pass, day: None };
    if let Some(defect) = defect.filter(|_| trial.pass.found.is_none()) {
        let Some(day) = day(defect, seed, stop)? else { return Ok(None) };
        trial.day = Some(day);
    }
    Ok(Some(trial))
}

/// What a look saw while it went on.
struct Watch<'a> {
    rules: &'static [Rule],
    ends_with_the_find: bool,
    stop: &'a AtomicBool,
    /// Set to end the look.
    enough: AtomicBool,
    began: Instant,
    found: Cell<Option<(Rule, u64, Span)>>,
}

impl Watch<'_> {
    fn new(defect: Option<Defect>, stop: &AtomicBool) -> Watch<'_> {
        Watch {
            rules: defect.map_or(Rule::ALL, |defect| defect.info().rules),
            ends_with_the_find: defect.is_some(),
            stop,
            enough: AtomicBool::new(false),
            began: Instant::now(),
            found: Cell::new(None),
        }
    }
    /// Looks what is broken by now.
    fn look(&self, requests: u64, broken: impl Fn(Rule) -> bool) {
        if self.found.get().is_none()
            && let Some(rule) = self.rules.iter().copied().find(|rule| broken(*rule))
        {
            self.found.set(Some((rule, requests, span(self.began.elapsed()))));
        }
        if self.stop.load(Ordering::Relaxed) || self.ends_with_the_find && self.found.get().is_some() {
            self.enough.store(true, Ordering::Relaxed);
        }
    }
    /// What the look came to; none if it was interrupted.
    fn ends(&self, lived: &Lived) -> Option<LiveLook> {
        let outcome = &lived.outcome;
        // What only the end decides.
        self.look(outcome.run.requests, |rule| outcome.run.findings.count(rule).broken > 0);
        let found = self.found.get();
        if found.is_none() && !outcome.run.complete && self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let (requests, took) = match found {
            Some((_, requests, took)) if self.ends_with_the_find => (requests, took),
            _ => (outcome.run.requests, span(outcome.took)),
        };
        let is_beside = |rule: &Rule| !self.rules.contains(rule) && outcome.run.findings.count(*rule).broken > 0;
        Some(LiveLook {
            requests,
            took,
            found: found.map(|(rule, ..)| rule),
            beside: Rule::ALL.iter().copied().filter(is_beside).collect(),
            late_p99: late_p99(&outcome.health),
            cut: outcome.budget.clone().filter(|_| found.is_none()),
        })
    }
}

fn late_p99(health: &Health) -> Span {
    Span::micros(i64::try_from(health.late.value_at_quantile(0.99)).unwrap_or(i64::MAX))
}

/// A conformance pass. The mock is not looked at before: what it makes of tokens is among what the pass tries.
fn pass(defect: Option<Defect>, seed: u64, stop: &AtomicBool) -> Result<Option<LiveLook>, ProveError> {
    let mut scenario = settled(Scenario::load(PASSES)?, true);
    scenario.defects.extend(defect.map(|defect| defect.name().to_owned()));
    let called = Called::Mock(Box::new(fails_for_a_pass(window(&scenario).0)));
    let ready = ready(scenario, seed, called)?;
    let watch = Watch::new(defect, stop);
    let lived = ready.conform(
        &watch.enough,
        |_| {},
        |progress| watch.look(progress.requests, |rule| progress.findings.count(rule).broken > 0),
    )?;
    Ok(watch.ends(&lived))
}

/// A day of the scenario that the defect names, with few reps, in two minutes.
fn day(defect: Defect, seed: u64, stop: &AtomicBool) -> Result<Option<LiveLook>, ProveError> {
    let _one = ONE_DAY.lock().unwrap_or_else(PoisonError::into_inner);
    let ready = ready(of_a_day(defect)?, seed, Called::Mock(Box::new(|_| ())))?;
    let (watch, pulse) = (Watch::new(Some(defect), stop), Arc::new(RunProgress::default()));
    let tick = |pulse: &RunProgress| {
        let glances = pulse.glances.lock().unwrap_or_else(PoisonError::into_inner);
        let broken = |rule: Rule| glances.values().any(|glance| glance.broken[rule.index()] > 0);
        watch.look(pulse.requests.load(Ordering::Relaxed), broken);
    };
    let lived = ready.run(&watch.enough, &pulse, |_| {}, tick)?;
    Ok(watch.ends(&lived))
}

fn of_a_day(defect: Defect) -> Result<Scenario, ScenarioError> {
    let mut scenario = Scenario::load(defect.info().scenario)?;
    scenario.defects.push(defect.name().to_owned());
    scenario.must_exercise.clear();
    scenario.day.dates.truncate(1);
    scenario.people.reps_per_tenant = Some(REPS_PER_TENANT);
    scenario.with_reps(REPS);
    scenario.live.speed = 1;
    let speed = lasts(&scenario).as_seconds().div_euclid(DAY.as_seconds()).max(1);
    let live = &mut scenario.live;
    live.speed = u32::try_from(speed).unwrap_or(u32::MAX);
    (live.intruders, live.linger_s) = (true, LINGERS_S);
    Ok(scenario)
}

fn ready(scenario: Scenario, seed: u64, called: Called) -> Result<Ready, PrepareError> {
    // No history is wanted: what was found is counted, and can be looked at with `conform` and `run`.
    let options = LiveOptions { workers: 1, ..LiveOptions::default() };
    prepare(scenario, seed, called, options)?.open(&AtomicBool::new(false))
}
