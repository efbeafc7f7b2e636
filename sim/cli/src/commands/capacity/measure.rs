//! One level: a live run of so many reps at the busiest part of the day, of which the middle is measured.

use super::args::CapacityArgs;
use super::asked::lived;
use super::phases::{Cut, LINGERS_S, LevelTime, NOTICE, PREPARES_FOR, Watched, seconds, watched};
use super::start::Start;
use super::steady::warm_up_most;
use crate::commands::run::troubles::troubles;
use crate::failure::Failure;
use crate::machine::{self, Stopwatch, Took};
use crate::output;
use fieldday_api::redact::line_without_secrets;
use fieldday_api::rules::{Rule, RuleWeight};
use fieldday_capacity::excerpt::Schedule;
use fieldday_capacity::journal::{Header, MockTerms};
use fieldday_capacity::level::{About, Level};
use fieldday_capacity::part::LevelPart;
use fieldday_kernel::time::{Span, TimeOfDay};
use fieldday_live::prepare::{Called, LiveOptions, Lived, PrepareError, Prepared, prepare};
use fieldday_live::provision::ProvisionError;
use fieldday_live::run::LiveOutcome;
use fieldday_metrics::TargetMetrics;
use fieldday_mock::{Options as MockOptions, Service};
use fieldday_paint::units::counted;
use fieldday_plan::shard::Shard;
use fieldday_rules::{RuleVerdict, Traffic};
use fieldday_scenario::RuleSetting;
use fieldday_scenario::Scenario;
use fieldday_scenario::limits::Limit;
use std::cell::Cell;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A target that could be used before is asked so many times whether it can still be …
const LOOKS_AGAIN: u64 = 3;
/// … with a pause of this length before each time.
const PAUSES: Duration = Duration::from_secs(5);
/// Nothing of a level is measured before it is said what: no level waits so long for that.
const NOT_YET: Span = Span::hours(24);

/// What the levels of a search have in common: workers, certificates, addresses and key.
pub struct Bench {
    workers: usize,
    cacert: Option<PathBuf>,
    sources: Vec<IpAddr>,
    key: Option<PathBuf>,
    has_looked: Cell<bool>,
    /// When the search must be over; none if it takes as long as it needs.
    ends_by: Cell<Option<Instant>>,
}

/// A level that was played, with what was measured of it.
pub struct Played {
    pub part: LevelPart,
    pub about: About,
    /// Whether a disturbance of the target could not be undone.
    pub stays_disturbed: bool,
}

/// A level, once all parts of it are there.
pub struct Measured {
    pub level: Level,
    /// Whether a disturbance of the target could not be undone.
    pub stays_disturbed: bool,
}

impl Played {
    /// The level that it is, judged by these limits.
    pub fn level(self, limits: &[Limit]) -> Measured {
        Measured { level: self.part.level(self.about, limits), stays_disturbed: self.stays_disturbed }
    }
}

impl Bench {
    pub fn new(args: &CapacityArgs) -> Bench {
        machine::take_small_pages();
        let threads = args.threads.unwrap_or(machine::cores().saturating_sub(1).max(1));
        Bench {
            workers: usize::try_from(threads).unwrap_or(1),
            cacert: args.search.drive.cacert.clone(),
            sources: args.search.drive.source_address.clone(),
            key: args.search.drive.key.clone(),
            has_looked: Cell::new(false),
            ends_by: Cell::new(None),
        }
    }
    /// Levels are over by then, or are not measured.
    pub fn ends_by(&self, ends_by: Option<Instant>) {
        self.ends_by.set(ends_by);
    }

    /// A level of so many reps that are measured for so long, of which everything is checked and nothing begun.
    pub fn prepare(
        &self,
        header: &Header,
        schedule: &Schedule,
        (reps, for_s): (u64, f64),
        shard: Option<Shard>,
    ) -> Result<Prepared, PrepareError> {
        let called = match header.target.as_str() {
            "mock" => {
                let terms = header.mock.unwrap_or_default();
                Called::Mock(Box::new(move |options| with_terms(options, terms)))
            }
            url => Called::Url(url.to_owned()),
        };
        let lasts = self.lasts(header, for_s);
        let options = LiveOptions {
            workers: self.workers,
            plateau: Some((NOT_YET, seconds(for_s))),
            scripts: Some(schedule.scripts.clone()),
            cacert: self.cacert.clone(),
            sources: self.sources.clone(),
            key: self.key.clone(),
            shard,
            // One of several shards is enough.
            disturb: header.disturb && shard.is_none_or(|shard| shard.index == 0),
            ..LiveOptions::default()
        };
        prepare(played(header, reps, lasts), header.seed, called, options)
    }

    /// How long a level plays at most, by the wall.
    pub fn lasts(&self, header: &Header, for_s: f64) -> Span {
        warm_up_most(header) + seconds(for_s) + NOTICE
    }
    /// The scripts of a level of so many reps.
    pub fn schedule(
        &self,
        header: &Header,
        per_rep: f64,
        (reps, for_s): (u64, f64),
        shard: Option<Shard>,
    ) -> Result<Schedule, Failure> {
        let stop = AtomicBool::new(false);
        let (_, cast) = lived(header, &header.scenario.name, reps, shard, &stop)?;
        Ok(cast.schedule(header.window, header.scenario.live.speed, self.lasts(header, for_s), per_rep))
    }

    /// Measures a level; none if it was interrupted, or if the search's time would be over before the level is. A target that could be
    /// used before and cannot be used now is tried again: one connection that breaks must not end a search.
    pub fn level(
        &self,
        header: &Header,
        per_rep: f64,
        reps: u64,
        for_s: f64,
        start: &Start,
        interrupted: &Arc<AtomicBool>,
    ) -> Result<Option<Played>, Failure> {
        let schedule = self.schedule(header, per_rep, (reps, for_s), start.shard())?;
        for left in (0..if self.has_looked.get() { LOOKS_AGAIN } else { 0 }).rev() {
            match self.once(header, &schedule, (reps, for_s), start, interrupted) {
                Err(Failure::Prepare(PrepareError::Unusable(why))) => {
                    let again = counted(left + 1, "try", "tries");
                    output::note(&format!("  the target cannot be used: {why}; {again} left"));
                    std::thread::sleep(PAUSES);
                }
                ended => return ended,
            }
            if interrupted.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        self.once(header, &schedule, (reps, for_s), start, interrupted)
    }
    fn once(
        &self,
        header: &Header,
        schedule: &Schedule,
        (reps, for_s): (u64, f64),
        start: &Start,
        interrupted: &Arc<AtomicBool>,
    ) -> Result<Option<Played>, Failure> {
        let began = machine::now();
        let prepared = self.prepare(header, schedule, (reps, for_s), start.shard())?;
        let is_first = !self.has_looked.get();
        if let Some(command) = prepared.provision().map(line_without_secrets) {
            match start.shard() {
                None => output::note(&format!("provisioning: {command}")),
                Some(_) if is_first => output::note(&format!(
                    "provisioning is left out (--shard: load the target once, before the shards begin): {command}"
                )),
                Some(_) => {}
            }
        }
        if is_first {
            prepared.left_out().iter().for_each(|part| output::note(&format!("no account for {part}")));
        }
        let mut ready = match prepared.open(interrupted) {
            Err(PrepareError::Provision(ProvisionError::Interrupted)) => return Ok(None),
            opened => opened?,
        };
        let seen = ready.look()?;
        self.has_looked.set(true);
        seen.notes.iter().filter(|_| is_first).for_each(|note| output::note(note));
        let stopwatch = Stopwatch::start();
        // Shards measure the same moments, so one of them cannot hurry.
        let ends_by = self.ends_by.get().filter(|_| start.shard().is_none());
        let time = LevelTime { for_s, ends_by };
        let ended = machine::with_stdout_aside(|| watched(ready, header, schedule, time, start, interrupted))?;
        let Watched { lived, cut, offered, unsteady, measured } = ended;
        let took = stopwatch.took();
        let stays_disturbed = warn_of_what_is_not_undone(&lived);
        let suffered = match cut {
            Some(Cut::Interrupted | Cut::OutOfTime) => return Ok(None),
            Some(Cut::NotTogether(why)) => return Err(Failure::Start(why)),
            Some(Cut::Suffered(why)) => Some(why),
            None if lived.outcome.target_died => lived.outcome.budget.clone(),
            None => None,
        };
        let ran = &lived.outcome;
        let traffic = ran.traffic.clone().unwrap_or_else(|| Traffic::new(Span::ZERO, Span::ZERO));
        let invalid = match suffered {
            Some(_) => None,
            None => why_invalid(&lived, &traffic, took),
        };
        unsteady.iter().for_each(|why| output::note(&format!("  {why}")));
        // What is not measured of a level is no part of it, unless nothing was.
        let target_metrics = (!lived.observed.exporters.is_empty()).then(|| lived.observed.figures(measured));
        let gaps = target_metrics.iter().flat_map(TargetMetrics::gaps);
        gaps.for_each(|gap| output::note(&format!("  {gap}")));
        let (measures, rules_broken) = (ran.run.measures.clone(), rules_broken(ran));
        let (of, disturbed) = (&lived.disturbances, lived.disturbances.happened());
        let ended = (!disturbed.is_empty()).then(|| of.ended.since(of.opens));
        let part = LevelPart { offered, traffic, measures, rules_broken, invalid, suffered, disturbed, ended };
        let about = About { target_metrics, ..About::of(reps, began) };
        Ok(Some(Played { part, about, stays_disturbed }))
    }
}

/// The scenario of a run that plays scripts for so long: no day passes in it, so its clocks are real and its link is there for
/// nobody. What the simulated network kept from its end is in no script.
fn played(header: &Header, reps: u64, lasts: Span) -> Scenario {
    let mut scenario = header.scenario.clone();
    scenario.with_reps(reps);
    let lasts_s = lasts.as_seconds() + PREPARES_FOR.as_secs() as i64;
    let minutes = u32::try_from(lasts_s / 60 + 2).unwrap_or(u32::MAX);
    let from = header.window.0.seconds() / 60;
    let until = from.saturating_add(minutes).min(24 * 60 - 1);
    scenario.live.window = Some((TimeOfDay::hm(0, until.saturating_sub(minutes).min(from)), TimeOfDay::hm(0, until)));
    scenario.live.speed = 1;
    scenario.live.scales.clear();
    scenario.live.link = false;
    scenario.live.ramp_s = header.warm_up_s;
    scenario.live.linger_s = LINGERS_S;
    // What is played has no app, and what was made beforehand was made out of turn: its rules are no question of capacity.
    for rule in Rule::ALL {
        scenario.rules.0.insert(*rule, RuleSetting { weight: RuleWeight::Off, why: "scripts have no app".to_owned() });
    }
    scenario
}

fn with_terms(options: &mut MockOptions, terms: MockTerms) {
    options.workers = terms.workers.map(|workers| workers as usize);
    if let Some(us) = terms.delay_us {
        let span = Span::micros(i64::try_from(us).unwrap_or(i64::MAX));
        options.service = if terms.exponential { Service::Exponential(span) } else { Service::Fixed(span) };
    }
}

/// Why what was measured says nothing of the target.
fn why_invalid(lived: &Lived, traffic: &Traffic, took: Took) -> Option<String> {
    let mut troubles = troubles(lived, took);
    troubles.extend(lived.outcome.budget.clone());
    if traffic.over().next().is_none() {
        troubles.push(
            "no request completed during the measurement; use a longer --level, or more reps (--from)".to_owned(),
        );
    }
    (!troubles.is_empty()).then(|| troubles.join("; "))
}

/// Warns of disturbances that could not be undone; says whether there are any.
fn warn_of_what_is_not_undone(lived: &Lived) -> bool {
    let stays: Vec<_> = lived.disturbances.disturbed.iter().filter(|of| !of.is_undone).collect();
    for of in &stays {
        let why = of.trouble.as_deref().unwrap_or("it was not undone");
        output::note(&format!(
            "warning: the target may still be disturbed by {:?}: {why}; undo it by hand",
            of.planned.name
        ));
    }
    !stays.is_empty()
}

fn rules_broken(ran: &LiveOutcome) -> Vec<String> {
    let broken = |rule: &&Rule| ran.run.findings.verdict(**rule) == RuleVerdict::Broken;
    Rule::ALL.iter().filter(broken).map(|rule| rule.name().to_owned()).collect()
}
