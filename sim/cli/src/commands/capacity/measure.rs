//! One level: a live run of so many reps at the busiest part of the day, of which the middle is measured.

use super::args::CapacityArgs;
use super::asked::lived;
use super::overload::{Overload, far_beyond_us};
use super::start::Start;
use crate::commands::run::troubles::troubles;
use crate::failure::Failure;
use crate::machine::{self, Stopwatch, Took};
use crate::output;
use fieldday_api::redact::line_without_secrets;
use fieldday_api::rules::{Rule, RuleWeight};
use fieldday_capacity::excerpt::{Offered, Schedule};
use fieldday_capacity::journal::{Header, MockTerms};
use fieldday_capacity::level::{About, Level};
use fieldday_capacity::part::LevelPart;
use fieldday_kernel::time::{Span, Time, TimeOfDay};
use fieldday_live::prepare::{Called, LiveOptions, Lived, PrepareError, Prepared, Ready, prepare};
use fieldday_live::provision::ProvisionError;
use fieldday_live::run::LiveOutcome;
use fieldday_live::start::StartError;
use fieldday_live::worker::RunProgress;
use fieldday_metrics::TargetMetrics;
use fieldday_mock::{Options as MockOptions, Service};
use fieldday_paint::units::counted;
use fieldday_plan::shard::Shard;
use fieldday_rules::{RuleVerdict, Traffic};
use fieldday_scenario::RuleSetting;
use fieldday_scenario::Scenario;
use fieldday_scenario::limits::Limit;
use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The time between two lines of progress.
const A_WHILE: Duration = Duration::from_secs(10);
/// A target that could be used before is asked so many times whether it can still be …
const LOOKS_AGAIN: u64 = 3;
/// … with a pause of this length before each time.
const PAUSES: Duration = Duration::from_secs(5);
/// A warm-up lasts so many times as long as was asked for at most.
const WARM_UP_MOST: u32 = 3;
/// The load is steady if as much ended as was offered in each of the last two quarters of a warm-up, but for this share …
const STEADY_SHARE: f64 = 0.1;
/// … or so many times the deviation of a count.
const STEADY_DEVIATIONS: f64 = 3.0;
/// What is measured begins so long after that was decided: workers have to hear of it.
const NOTICE: Span = Span::millis(1_500);
/// Nothing of a level is measured before it is said what: no level waits so long for that.
const NOT_YET: Span = Span::hours(24);
/// Preparing a level gives up after this time.
const PREPARES_FOR: Duration = Duration::from_secs(120);

/// What the levels of a search have in common: workers, certificates, addresses and key.
pub struct Bench {
    workers: usize,
    cacert: Option<PathBuf>,
    sources: Vec<IpAddr>,
    key: Option<PathBuf>,
    has_looked: Cell<bool>,
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

/// How a level ended, if not by itself.
#[derive(Debug)]
enum Cut {
    /// The other shards did not come to it.
    NotTogether(StartError),
    /// The user interrupted it.
    Interrupted,
    /// The target was overloaded; holds the reason for people.
    Suffered(String),
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
        }
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

    /// Measures a level; none if it was interrupted. A target that was looked at before and cannot be used now is looked at
    /// again: one connection that breaks must not end a search.
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
        let ended = machine::with_stdout_aside(|| watched(ready, header, schedule, for_s, start, interrupted))?;
        let Watched { lived, cut, offered, unsteady, measured } = ended;
        let took = stopwatch.took();
        let stays_disturbed = warn_of_what_is_not_undone(&lived);
        let suffered = match cut {
            Some(Cut::Interrupted) => return Ok(None),
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
    scenario.live.linger_s = 1;
    // What is played has no app, and what was made beforehand was made out of turn: its rules are no question of capacity.
    for rule in Rule::ALL {
        scenario.rules.0.insert(*rule, RuleSetting { weight: RuleWeight::Off, why: "scripts have no app".to_owned() });
    }
    scenario
}

fn seconds(s: f64) -> Span {
    Span::micros((s * 1e6) as i64)
}
fn warm_up_most(header: &Header) -> Span {
    Span::seconds(i64::from(header.warm_up_s * WARM_UP_MOST))
}

fn with_terms(options: &mut MockOptions, terms: MockTerms) {
    options.workers = terms.workers.map(|workers| workers as usize);
    if let Some(us) = terms.delay_us {
        let span = Span::micros(i64::try_from(us).unwrap_or(i64::MAX));
        options.service = if terms.exponential { Service::Exponential(span) } else { Service::Fixed(span) };
    }
}

/// The run of a level, before its figures are computed.
struct Watched {
    lived: Lived,
    cut: Option<Cut>,
    offered: Offered,
    /// Why the load was not steady when it was measured.
    unsteady: Option<String>,
    /// From when until when it was measured, if it came to that.
    measured: Option<(Time, Time)>,
}

/// The phase of a level that goes on.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Prepares,
    WarmsUp { begins: Time },
    Measures { begins: Time, from: Time, until: Time },
}

impl Phase {
    /// How long what is measured goes on; none before that.
    fn measured(self, now: Time) -> Option<Span> {
        match self {
            Phase::Measures { from, .. } if now >= from => Some(now.since(from)),
            Phase::Prepares | Phase::WarmsUp { .. } | Phase::Measures { .. } => None,
        }
    }
}

/// Lives a level, and ends it when what is measured is over, somebody interrupts, or the target suffers.
fn watched(
    ready: Ready,
    header: &Header,
    schedule: &Schedule,
    for_s: f64,
    start: &Start,
    interrupted: &AtomicBool,
) -> Result<Watched, Failure> {
    let start = start.begin();
    let clock = ready.clock();
    let (pulse, ends) = (Arc::new(RunProgress::default()), AtomicBool::new(false));
    pulse.slow_from_us.store(far_beyond_us(&header.scenario), Ordering::Relaxed);
    let (cut, phase, unsteady) = (RefCell::new(None), Cell::new(Phase::Prepares), RefCell::new(None));
    let (began, mut told, mut steady) = (Instant::now(), Instant::now(), Steady::new(header));
    let mut overload = Overload::new(header);
    let tick = |pulse: &RunProgress| {
        let now = clock.now();
        match phase.get() {
            Phase::Prepares if pulse.conduct.prepared() >= schedule.clients() || began.elapsed() > PREPARES_FOR => {
                match start.moment() {
                    None => {}
                    Some(Err(why)) => *cut.borrow_mut() = Some(Cut::NotTogether(why)),
                    Some(Ok(moment)) => {
                        let begins = moment.unwrap_or(now).max(now) + NOTICE;
                        pulse.conduct.begin_at(begins);
                        phase.set(Phase::WarmsUp { begins });
                    }
                }
            }
            Phase::WarmsUp { begins } => {
                let ended = pulse.requests.load(Ordering::Relaxed);
                let is_steady = steady.look(now.since(begins), ended, schedule);
                // Shards measure the same moments: each warms up for as long as any may. Workers hear of it before.
                let notice = if start.is_of_shards() { NOTICE } else { Span::ZERO };
                if is_steady && !start.is_of_shards() || now.since(begins) + notice >= warm_up_most(header) {
                    if !is_steady {
                        unsteady.replace(Some(steady.why(header)));
                    }
                    let from = if start.is_of_shards() { begins + warm_up_most(header) } else { now } + NOTICE;
                    pulse.conduct.measure(from, from + seconds(for_s));
                    phase.set(Phase::Measures { begins, from, until: from + seconds(for_s) });
                }
            }
            Phase::Prepares | Phase::Measures { .. } => {}
        }
        let is_over = matches!(phase.get(), Phase::Measures { until, .. } if now > until);
        if interrupted.load(Ordering::Relaxed) && !is_over {
            cut.borrow_mut().get_or_insert(Cut::Interrupted);
        } else if let Some(why) = overload.look(pulse, phase.get().measured(now)) {
            cut.borrow_mut().get_or_insert(Cut::Suffered(why));
        }
        if is_over || cut.borrow().is_some() {
            ends.store(true, Ordering::Relaxed);
        }
        if told.elapsed() >= A_WHILE {
            told = Instant::now();
            let phase = match phase.get() {
                Phase::Prepares => "preparing",
                Phase::WarmsUp { .. } => "warming up",
                Phase::Measures { from, .. } if now < from => "warming up",
                Phase::Measures { .. } => "measuring",
            };
            let (requests, errors) = (pulse.requests.load(Ordering::Relaxed), pulse.errors.load(Ordering::Relaxed));
            let (requests, errors) = (counted(requests, "request", "requests"), counted(errors, "error", "errors"));
            output::note(&format!("  {:>4} s  {phase}: {requests}, {errors}", began.elapsed().as_secs()));
        }
    };
    let lived = ready.run(&ends, &pulse, |_| (), tick)?;
    let offered = match phase.get() {
        Phase::Measures { begins, from, until } => schedule.offered(from.since(begins), until.since(begins)),
        Phase::Prepares | Phase::WarmsUp { .. } => {
            schedule.offered(warm_up_most(header), warm_up_most(header) + seconds(for_s))
        }
    };
    let measured = match phase.get() {
        Phase::Measures { from, until, .. } => Some((from, until)),
        Phase::Prepares | Phase::WarmsUp { .. } => None,
    };
    Ok(Watched { lived, cut: cut.into_inner(), offered, unsteady: unsteady.into_inner(), measured })
}

/// Whether a level's load is steady: what ends is what is offered, so no queue grows or drains.
struct Steady {
    period: Span,
    least: Span,
    /// How many requests had ended at the end of each period.
    ended: Vec<u64>,
}

impl Steady {
    fn new(header: &Header) -> Steady {
        let least = Span::seconds(i64::from(header.warm_up_s));
        Steady { period: Span::micros((least.as_micros() / 4).max(1)), least, ended: Vec::new() }
    }
    /// Looks at what had ended so long after the beginning.
    fn look(&mut self, since: Span, ended: u64, schedule: &Schedule) -> bool {
        if since < self.period.times(self.ended.len() as i64) {
            return false;
        }
        self.ended.push(ended);
        let periods = self.ended.len().saturating_sub(1) as i64;
        if since < self.least || periods < 4 {
            return false;
        }
        (periods - 1..=periods).all(|period| {
            let due = |at: i64| schedule.due_by(self.period.times(at));
            let offered = (due(period) - due(period - 1)) as f64;
            let (before, after) = (self.ended[(period - 1) as usize], self.ended[period as usize]);
            let off = ((after - before) as f64 - offered).abs();
            off <= (offered * STEADY_SHARE).max(STEADY_DEVIATIONS * offered.max(1.0).sqrt())
        })
    }
    fn why(&self, header: &Header) -> String {
        format!(
            "the load was not steady after {} s: the target did not answer as much as was offered",
            header.warm_up_s * WARM_UP_MOST
        )
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
