//! From arguments to a plan: which scenario, changed how, under which seed.

use crate::args::{ChoiceArgs, DEFAULT_SEED};
use crate::failure::{Failure, nearest};
use crate::{machine, output};
use fieldday_engine::all_defects::Defect;
use fieldday_folder::{Recipe, RunFolder};
use fieldday_kernel::time::{Date, Time, TimeOfDay};
use fieldday_plan::Plan;
use fieldday_plan::repro::Repro;
use fieldday_scenario::Scenario;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What was chosen.
pub struct Choice {
    pub recipe: Recipe,
    pub plan: Plan,
    /// The run folder that it comes from, if what is lived is what the folder holds.
    pub kept: Option<RunFolder>,
}

/// The same before it is planned: a scenario may be changed further.
pub struct Unplanned {
    pub recipe: Recipe,
    pub scenario: Scenario,
    pub seed: u64,
    pub kept: Option<RunFolder>,
}

/// Reads a date that a scenario may have.
pub fn date(text: &str) -> Result<Date, String> {
    let within = Date::parse("2000-01-01")..=Date::parse("2099-12-31");
    let date = Date::parse(text).ok_or("a date is a year, a month and a day: 2026-06-10")?;
    if within.contains(&Some(date)) { Ok(date) } else { Err("dates must be from 2000-01-01 to 2099-12-31".to_owned()) }
}

/// Reads a part of the day.
pub fn window(text: &str) -> Result<(TimeOfDay, TimeOfDay), String> {
    let read = text.split_once('-').and_then(|(from, until)| Some((TimeOfDay::parse(from)?, TimeOfDay::parse(until)?)));
    match read {
        Some((from, until)) if from < until => Ok((from, until)),
        Some(_) => Err("the window must open before it closes".to_owned()),
        None => Err("a window is two times of day: 07:30-09:00".to_owned()),
    }
}

/// Reads a moment that has not passed.
pub fn moment(text: &str) -> Result<Time, String> {
    let moment = Time::parse(text).ok_or("a moment is a date and time with its zone: 2026-06-10T02:00:00Z")?;
    if moment < machine::now() { Err(format!("{moment} has passed")) } else { Ok(moment) }
}

/// Reads how long something may take: `90s`, `15m` or `2h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('h') => (number, 3_600),
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) => (number, 1),
        None => return Err("a number with its unit, for example 90s, 15m or 2h".to_owned()),
    };
    match number.parse::<u64>() {
        Ok(number @ 1..=100_000) => Ok(Duration::from_secs(number * seconds)),
        _ => Err("a whole number from 1 with its unit, for example 90s, 15m or 2h".to_owned()),
    }
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

/// Builds defects in beside the scenario's own.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_bounded_as_in_a_scenario_file() {
        assert!(date("2026-06-10").is_ok());
        assert!(["1999-12-31", "2100-01-01", "2026-02-30", "today"].iter().all(|text| date(text).is_err()));
    }

    #[test]
    fn times_have_a_unit_and_are_not_endless() {
        assert_eq!(duration("90s").map(|time| time.as_secs()), Ok(90));
        assert_eq!(duration("2h").map(|time| time.as_secs()), Ok(7_200));
        for text in ["", "s", "10", "1d", "-1m", "0s", "ä", "99999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_moment_has_a_zone_and_is_yet_to_come() {
        assert!(moment("2000-01-01T00:00:00Z").unwrap_err().contains("has passed"));
        assert!(moment("tomorrow").unwrap_err().contains("2026-06-10T02:00:00Z"));
        assert!(moment("2099-06-10T02:00:00+02:00").is_ok());
    }
}
