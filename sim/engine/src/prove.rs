//! Whether the judges bite: for every defect, how many rep-days go by until one of its rules breaks; and for the system
//! without defects, whether any rule ever does.
//!
//! A trial is one defect under one seed: small cells of its scenario are lived one after the other until a rule named for
//! the defect is broken, or the cap is reached. Trials are independent, so they run side by side; what comes of them is put
//! together in a fixed order, and the same seeds give the same table on any number of threads.

use crate::all_defects::Defect;
use crate::cell::{CellRun, Keep};
use crate::pass;
use crate::run::{NoThreads, Options, RunOutcome, run};
use fieldday_api::rules::Rule;
use fieldday_plan::shard::Shard;
use fieldday_plan::{Plan, PlanError};
use fieldday_rules::{Findings, Measures, Settings, Violation};
use fieldday_scenario::{Scenario, ScenarioError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Reps of each tenant in a trial's cells: few, so that rep-days are counted finely.
const REPS_PER_TENANT: u32 = 5;

/// A proof that cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// A scenario is not there, or wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A plan cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The system gives no threads.
    #[error(transparent)]
    Threads(#[from] NoThreads),
}

/// How much is tried before a defect counts as not found.
pub struct Effort<'a> {
    /// How many threads; 0 for one a core.
    pub threads: usize,
    /// Under how many seeds each defect is tried, from 1.
    pub seeds: u64,
    /// After so many rep-days a trial is given up.
    pub cap: u64,
    /// Set from outside to end early.
    pub stop: &'a AtomicBool,
}

/// One defect under one seed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The defect that was switched on.
    pub defect: Defect,
    /// The seed of the plan.
    pub seed: u64,
    /// Rep-days lived, those of the cell that showed it included.
    pub rep_days: u64,
    /// The first of its rules that broke, if one did.
    pub found: Option<Rule>,
}

/// Tries each defect under each seed, in its scenario. `on_trial` is told of each in the order in which they end. Trials
/// that were cut short by an interrupt are left out.
pub fn prove(
    defects: &[Defect],
    effort: &Effort<'_>,
    on_trial: impl Fn(&Trial) + Sync,
) -> Result<Vec<Trial>, ProveError> {
    let mut trials = Vec::new();
    for defect in defects {
        let scenario = in_small_cells(*defect, effort.cap)?;
        for seed in 1..=effort.seeds {
            trials.push((*defect, Plan::new(scenario.clone(), seed)?));
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(effort.threads).build().map_err(NoThreads::from)?;
    let tried: Vec<Option<Trial>> = pool.install(|| {
        // Trials differ much in length: each is handed out by itself.
        trials.par_iter().with_max_len(1).map(|(defect, plan)| trial(*defect, plan, effort, &on_trial)).collect()
    });
    Ok(tried.into_iter().flatten().collect())
}

/// The scenario whose people make conformance passes: the smallest that has enough of them.
pub const PASSES: &str = "smoke";

/// One defect under one seed, as a conformance pass saw it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassTrial {
    /// The defect; none of a pass without one.
    pub defect: Option<Defect>,
    /// The seed of the plan.
    pub seed: u64,
    /// The number of requests that the pass sent.
    pub requests: u64,
    /// The first of the defect's rules that broke; without a defect, the first that did: a false alarm.
    pub found: Option<Rule>,
}

/// Makes a conformance pass of each of these defects of the backend under each seed; none stands for a pass without a defect.
/// Those that were cut short by an interrupt are left out.
pub fn passes(defects: &[Option<Defect>], seeds: u64, effort: &Effort<'_>) -> Result<Vec<PassTrial>, ProveError> {
    let mut trials = Vec::new();
    for defect in defects.iter().copied().filter(|defect| !matches!(defect, Some(Defect::App(_)))) {
        for seed in 1..=seeds {
            let mut scenario = pass::settled(Scenario::load(PASSES)?, true);
            scenario.defects.extend(defect.map(|defect| defect.name().to_owned()));
            trials.push((defect, Plan::new(Arc::new(scenario), seed)?));
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(effort.threads).build().map_err(NoThreads::from)?;
    let made: Vec<Option<PassTrial>> = pool.install(|| {
        trials.par_iter().with_max_len(1).map(|(defect, plan)| pass_trial(*defect, plan, effort.stop)).collect()
    });
    Ok(made.into_iter().flatten().collect())
}

/// Its cells one after the other on this thread: a pool of its own would have this thread begin other trials while it waits.
fn pass_trial(defect: Option<Defect>, plan: &Plan, stop: &AtomicBool) -> Option<PassTrial> {
    let mut findings = Findings::new(&Settings::default());
    let mut requests = 0;
    for index in 0..plan.cells() {
        let (keep, measures) = (Keep::default(), Measures::default());
        let cell = CellRun::conforming(plan.scenario(), plan.cell(index), keep, measures).ok()?;
        let (outcome, _) = cell.run(stop);
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        requests += outcome.requests;
        findings.merge(outcome.findings);
    }
    let rules = defect.map_or(Rule::ALL, |defect| defect.info().rules);
    let found = rules.iter().copied().find(|rule| findings.count(*rule).broken > 0);
    Some(PassTrial { defect, seed: plan.seed(), requests, found })
}

/// The scenario of a defect with the defect in it, as many small cells.
fn in_small_cells(defect: Defect, cap: u64) -> Result<Arc<Scenario>, ScenarioError> {
    let mut scenario = Scenario::load(defect.info().scenario)?;
    scenario.defects.push(defect.name().to_owned());
    scenario.people.reps_per_tenant = Some(REPS_PER_TENANT);
    scenario.with_reps(cap);
    Ok(Arc::new(scenario))
}

fn trial(defect: Defect, plan: &Plan, effort: &Effort<'_>, on_trial: &impl Fn(&Trial)) -> Option<Trial> {
    let mut trial = Trial { defect, seed: plan.seed(), rep_days: 0, found: None };
    let mut findings = Findings::new(&Settings::default());
    for index in 0..plan.cells() {
        let cell = CellRun::new(plan.scenario(), plan.cell(index), Keep::default(), Measures::default());
        let (outcome, _) = cell.run(effort.stop);
        if effort.stop.load(Ordering::Relaxed) {
            return None;
        }
        trial.rep_days += outcome.rep_days;
        findings.merge(outcome.findings);
        trial.found = defect.info().rules.iter().copied().find(|rule| findings.count(*rule).broken > 0);
        if trial.found.is_some() || trial.rep_days >= effort.cap {
            break;
        }
    }
    on_trial(&trial);
    Some(trial)
}

/// A violation of a rule, as an example.
pub struct Example {
    /// The defect that breaks it.
    pub defect: Defect,
    /// In the first cells of its scenario, under this seed.
    pub seed: u64,
    /// The first violation of the rule under that seed.
    pub violation: Violation,
}

/// The first violation of a rule that one of its defects leads to within `cap` rep-days; none if none does.
pub fn example(rule: Rule, cap: u64) -> Result<Option<Example>, ProveError> {
    let seed = 1;
    for defect in Defect::all().filter(|defect| defect.info().rules.contains(&rule)) {
        let plan = Plan::new(in_small_cells(defect, cap)?, seed)?;
        let mut findings = Findings::new(&Settings::default());
        for index in 0..plan.cells() {
            let cell = CellRun::new(plan.scenario(), plan.cell(index), Keep::default(), Measures::default());
            let (outcome, _) = cell.run(&AtomicBool::new(false));
            findings.merge(outcome.findings);
            if let Some(violation) = findings.shown().find(|v| v.rule == rule).cloned() {
                return Ok(Some(Example { defect, seed, violation }));
            }
        }
    }
    Ok(None)
}

/// Rep-days of each scenario in a round of [`clean`].
const ROUND: u64 = 5_000;
/// False alarms of which more than their number is kept.
const ALARMS_KEPT: usize = 20;

/// The system without defects: what was lived of each scenario, and what was found. Rounds add up, so it can be kept
/// between them and gone on from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clean {
    /// The number of complete rounds.
    pub rounds: u64,
    /// The number of rep-days of each scenario in a round.
    pub each: u64,
    /// The results by scenario, in the order of their names.
    pub scenarios: Vec<CleanScenario>,
    /// The first false alarms, as examples.
    pub alarms: Vec<Alarm>,
}

/// A scenario as it is, lived for many rep-days.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanScenario {
    /// The name of the scenario.
    pub scenario: String,
    /// The number of rep-days that were simulated.
    pub rep_days: u64,
    /// The number of requests that reached a backend.
    pub requests: u64,
    /// Cases in which a rule was broken: false alarms, every one.
    pub broken: u64,
}

/// A rule that was found broken where nothing is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// The name of the scenario.
    pub scenario: String,
    /// The seed under which it was found.
    pub seed: u64,
    /// The number of reps of the run.
    pub reps: u64,
    /// The rule that was reported broken.
    pub rule: String,
}

impl Clean {
    /// Whether every count is one that can have been lived: those of a damaged file may be too large to be added up.
    pub fn is_countable(&self) -> bool {
        const MOST: u64 = 1 << 48;
        let each = |line: &CleanScenario| [line.rep_days, line.requests, line.broken].iter().all(|n| *n < MOST);
        self.each < MOST
            && self.rounds < MOST
            && self.scenarios.len() <= Scenario::builtin_names().len()
            && self.scenarios.iter().all(each)
    }
    /// The number of rep-days of all scenarios together.
    pub fn rep_days(&self) -> u64 {
        self.scenarios.iter().map(|line| line.rep_days).sum()
    }
    fn add(&mut self, plan: &Plan, reps: u64, outcome: &RunOutcome) {
        let name = &plan.scenario().name;
        let at = self.scenarios.iter().position(|line| line.scenario == *name).unwrap_or_else(|| {
            let line = CleanScenario { scenario: name.clone(), rep_days: 0, requests: 0, broken: 0 };
            self.scenarios.push(line);
            self.scenarios.len() - 1
        });
        let line = &mut self.scenarios[at];
        line.rep_days += outcome.rep_days;
        line.requests += outcome.requests;
        line.broken += outcome.findings.rules.iter().map(|rule| rule.broken).sum::<u64>();
        let broken = Rule::ALL.iter().filter(|rule| outcome.findings.count(**rule).broken > 0);
        let alarms =
            broken.map(|rule| Alarm { scenario: name.clone(), seed: plan.seed(), reps, rule: rule.name().to_owned() });
        self.alarms.extend(alarms.take(ALARMS_KEPT - self.alarms.len().min(ALARMS_KEPT)));
    }
    /// Lives so many rep-days of a scenario under a seed.
    fn live(
        &mut self,
        scenario: &str,
        rep_days: u64,
        seed: u64,
        effort: &Effort<'_>,
        on_cell: &mut (impl FnMut(u64) + Send),
    ) -> Result<(), ProveError> {
        let mut scenario = Scenario::load(scenario)?;
        let dates = scenario.day.dates.len().max(1) as u64;
        let reps = rep_days.div_ceil(dates);
        scenario.with_reps(reps);
        let plan = Plan::new(Arc::new(scenario), seed)?;
        let options = Options { threads: effort.threads, keep: Keep::default(), stop: effort.stop };
        let outcome = run(&plan, &options, |cell| {
            on_cell(cell.rep_days);
            ControlFlow::Continue(())
        })?;
        self.add(&plan, reps, &outcome);
        Ok(())
    }
    /// Adds what the next shard lived.
    pub fn merge(&mut self, next: Clean) {
        for of in next.scenarios {
            match self.scenarios.iter_mut().find(|line| line.scenario == of.scenario) {
                Some(line) => {
                    line.rep_days += of.rep_days;
                    line.requests += of.requests;
                    line.broken += of.broken;
                }
                None => self.scenarios.push(of),
            }
        }
        self.scenarios.sort_by(|a, b| a.scenario.cmp(&b.scenario));
        self.alarms.extend(next.alarms);
        self.alarms.truncate(ALARMS_KEPT);
    }
}

/// A shard's part of what [`clean`] lives in all: whole scenarios of whole rounds. [`Clean::merge`] puts the parts together.
pub fn clean_part(
    rep_days: u64,
    seed: u64,
    effort: &Effort<'_>,
    shard: Shard,
    mut on_cell: impl FnMut(u64) + Send,
) -> Result<Clean, ProveError> {
    let names = Scenario::builtin_names();
    let share = rep_days.div_ceil(names.len() as u64);
    let all = share.div_ceil(ROUND) * names.len() as u64;
    let mut lived = Clean::default();
    for number in shard.share(all) {
        let (round, name) = (number / names.len() as u64, &names[(number % names.len() as u64) as usize]);
        lived.live(name, (share - round * ROUND).min(ROUND), seed + round, effort, &mut on_cell)?;
        if effort.stop.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(lived)
}

/// Lives all built-in scenarios, without a defect, until there are `rep_days` of them together, an equal share of each.
/// Goes on from `so_far`. Round by round, each under the next seed, so that an early end has lived of every scenario: what
/// is there by then is given. `on_round` is told of every whole round.
pub fn clean(
    rep_days: u64,
    seed: u64,
    effort: &Effort<'_>,
    so_far: Clean,
    mut on_cell: impl FnMut(u64) + Send,
    mut on_round: impl FnMut(&Clean),
) -> Result<Clean, ProveError> {
    let names = Scenario::builtin_names();
    let share = rep_days.div_ceil(names.len() as u64);
    let mut lived = so_far;
    loop {
        let Some(left) = share.checked_sub(lived.each).filter(|left| *left > 0) else {
            return Ok(lived);
        };
        let round = left.min(ROUND);
        for name in &names {
            lived.live(name, round, seed + lived.rounds, effort, &mut on_cell)?;
            if effort.stop.load(Ordering::Relaxed) {
                return Ok(lived);
            }
        }
        lived.rounds += 1;
        lived.each += round;
        on_round(&lived);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_of_the_system_without_defects_add_up_to_all_of_it() {
        let stop = AtomicBool::new(false);
        let effort = Effort { threads: 0, seeds: 1, cap: 10, stop: &stop };
        let whole = clean(40, 7, &effort, Clean::default(), |_| {}, |_| {}).unwrap();
        for of in [2, 5] {
            let mut merged = Clean::default();
            for index in 0..of {
                merged.merge(clean_part(40, 7, &effort, Shard { index, of }, |_| {}).unwrap());
            }
            assert_eq!((&merged.scenarios, &merged.alarms), (&whole.scenarios, &whole.alarms), "of {of}");
        }
    }
}
