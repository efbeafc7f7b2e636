//! From arguments to a plan: which scenario, changed how, under which seed.

use crate::args::{ChoiceArgs, DEFAULT_SEED};
use crate::failure::{Failure, nearest};
use crate::output;
use fieldday_engine::all_defects::Defect;
use fieldday_folder::{Recipe, RunFolder};
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use fieldday_scenario::repro::Repro;
use std::path::Path;
use std::sync::Arc;

/// The plan of a run that the command line chose, and where it comes from.
pub struct Choice {
    pub recipe: Recipe,
    pub plan: Plan,
    /// The run folder that it comes from, if what is lived is what the folder holds.
    pub kept: Option<RunFolder>,
}

/// A choice before it is planned: the scenario may still be changed.
pub struct Unplanned {
    pub recipe: Recipe,
    pub scenario: Scenario,
    pub seed: u64,
    pub kept: Option<RunFolder>,
}

/// Plans what was read from `of`: a file, a built-in scenario or a run folder, which an error names.
pub fn planned(of: &str, scenario: Scenario, seed: u64) -> Result<Plan, Failure> {
    Plan::new(Arc::new(scenario), seed).map_err(|source| Failure::Plan { of: of.to_owned(), source })
}

impl Choice {
    pub fn new(args: &ChoiceArgs) -> Result<Choice, Failure> {
        let Unplanned { recipe, scenario, seed, kept } = Unplanned::new(args)?;
        Ok(Choice { plan: planned(&args.scenario, scenario, seed)?, recipe, kept })
    }
}

impl Unplanned {
    pub fn new(args: &ChoiceArgs) -> Result<Unplanned, Failure> {
        let kept = folder(args)?;
        let (mut scenario, seed) = match &kept {
            Some(kept) => (kept.run.scenario.clone(), args.seed.seed.unwrap_or(kept.seed)),
            None => scenario_and_seed(args)?,
        };
        if args.swarm {
            scenario = scenario.swarm(seed).0;
        }
        if let Some(reps) = args.reps {
            scenario.with_reps(reps);
        }
        if let Some(date) = args.date {
            scenario.day.dates = vec![date];
        }
        add_defects(&mut scenario, &args.defect)?;
        scenario.remove.extend(args.without.iter().cloned());
        let recipe = Recipe {
            scenario: args.scenario.clone(),
            seed,
            swarm: args.swarm,
            reps: args.reps,
            date: args.date.map(|date| date.to_string()),
            without: args.without.clone(),
            defects: args.defect.clone(),
            shard: None,
            live: Vec::new(),
        };
        let changed = kept.as_ref().is_some_and(|kept| kept.seed != seed)
            || args.swarm
            || args.reps.is_some()
            || args.date.is_some()
            || !(args.without.is_empty() && args.defect.is_empty());
        if kept.is_some() && changed {
            output::note("the options change the run, so it is not compared with the one in the folder");
        }
        let kept = kept.filter(|_| !changed);
        Ok(Unplanned { recipe, scenario, seed, kept })
    }
}

/// The run folder that is named in a scenario's place. A built-in scenario goes before a folder of its name.
fn folder(args: &ChoiceArgs) -> Result<Option<RunFolder>, Failure> {
    let path = Path::new(&args.scenario);
    let is_path = args.scenario.contains(std::path::MAIN_SEPARATOR) && !args.scenario.ends_with(".toml");
    if Scenario::builtin_text(&args.scenario).is_some() || !(path.is_dir() || is_path) {
        return Ok(None);
    }
    let kept = RunFolder::open(path)?;
    if kept.run.reproduce.starts_with("fieldday conform") {
        let why =
            format!("it holds a conformance pass, which has no day to run; `{}` repeats the pass", kept.run.reproduce);
        return Err(Failure::NotRelived { path: path.display().to_string(), why });
    }
    let (this, other) = (env!("CARGO_PKG_VERSION"), &kept.run.version);
    if other != this {
        output::note(&format!(
            "{} was run by version {other}; version {this} may produce other events",
            path.display()
        ));
    }
    if !kept.run.complete {
        output::note(&format!("{} is incomplete: its run was stopped or killed", path.display()));
    }
    kept.run.scenario.defects.iter().try_for_each(|name| known_defect(name))?;
    Ok(Some(kept))
}

/// A scenario with the seed that was asked for; or that of a failure's file, with the seed that stands in it if no other
/// was asked for.
fn scenario_and_seed(args: &ChoiceArgs) -> Result<(Scenario, u64), Failure> {
    let path = &args.scenario;
    let text = if path.ends_with(".toml") { std::fs::read_to_string(path).ok() } else { None };
    let Some(text) = text.filter(|text| Repro::is_repro(text)) else {
        return Ok((load(path)?, args.seed.or_default()));
    };
    let repro = Repro::parse(&text, path)?;
    if repro.version != env!("CARGO_PKG_VERSION") {
        let this = env!("CARGO_PKG_VERSION");
        output::note(&format!(
            "{path} was written by version {}; version {this} may produce other events",
            repro.version
        ));
    }
    repro.scenario.defects.iter().try_for_each(|name| known_defect(name))?;
    let seed = args.seed.seed.or(repro.seed_number()).unwrap_or(DEFAULT_SEED);
    Ok((repro.scenario, seed))
}

/// Reads a scenario whose defects are all known.
pub fn load(name_or_path: &str) -> Result<Scenario, Failure> {
    let scenario = Scenario::load(name_or_path)?;
    scenario.defects.iter().try_for_each(|name| known_defect(name))?;
    Ok(scenario)
}

/// Adds defects to those of the scenario, by name.
pub fn add_defects(scenario: &mut Scenario, names: &[String]) -> Result<(), Failure> {
    for name in names {
        known_defect(name)?;
        if !scenario.defects.contains(name) {
            scenario.defects.push(name.clone());
        }
    }
    Ok(())
}

fn known_defect(name: &str) -> Result<(), Failure> {
    match Defect::named(name) {
        Some(_) => Ok(()),
        None => {
            let suggestion = nearest(name, Defect::all().map(Defect::name));
            Err(Failure::NoSuchDefect { name: name.to_owned(), suggestion })
        }
    }
}
