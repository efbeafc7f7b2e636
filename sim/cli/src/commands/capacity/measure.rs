//! One level: a live run of so many reps at the busiest part of the day, of which the middle is measured.

use super::CapacityArgs;
use crate::commands::live::troubles;
use crate::failure::Failure;
use crate::machine::{self, Stopwatch, Took};
use crate::output;
use fieldday_api::redact::line_without_secrets;
use fieldday_api::rules::Rule;
use fieldday_capacity::day::Day;
use fieldday_capacity::journal::{Header, MockTerms};
use fieldday_capacity::level::{About, Level, SUFFERS};
use fieldday_kernel::time::{Span, TimeOfDay};
use fieldday_live::prepare::{Called, LiveOptions, Lived, PrepareError, Prepared, Ready, prepare};
use fieldday_live::provision::ProvisionError;
use fieldday_live::run::{LiveOutcome, window};
use fieldday_live::worker::RunProgress;
use fieldday_mock::{Options as MockOptions, Service};
use fieldday_paint::units::{count, counted};
use fieldday_rules::{RuleVerdict, Traffic};
use fieldday_scenario::Scenario;
use fieldday_scenario::limits::Measure;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two lines of progress.
const A_WHILE: Duration = Duration::from_secs(10);
/// Phones stay on for so long at most after a level, for what still waits to be sent.
const LINGERS_S: u32 = 10;
/// Fewer requests than this say nothing of a target that suffers.
const REQUESTS_MIN: u64 = 200;
/// A latency is far beyond its limit if it is so many times as long …
const FAR_BEYOND: u64 = 10;
/// … and a target suffers if this share of its answers are.
const MOST_ARE_SLOW: f64 = 0.5;
/// So often a target is looked at again that could be used before …
const LOOKS_AGAIN: u64 = 3;
/// … after so long.
const PAUSES: Duration = Duration::from_secs(5);
/// Reps come to work in this share of the warm-up; in what is left, their first calls are over.
const RAMP_SHARE: f64 = 0.6;

/// What measures levels.
pub struct Bench {
    workers: usize,
    cacert: Option<PathBuf>,
    key: Option<PathBuf>,
    has_looked: Cell<bool>,
}

/// How a level ended, if not by itself.
#[derive(Clone, Debug)]
enum Cut {
    /// Somebody interrupted it.
    Interrupted,
    /// The target could not cope.
    Suffered(String),
}

impl Bench {
    pub fn new(args: &CapacityArgs) -> Bench {
        machine::take_small_pages();
        let threads = args.threads.unwrap_or(machine::cores().saturating_sub(1).max(1));
        Bench {
            workers: usize::try_from(threads).unwrap_or(1),
            cacert: args.search.drive.cacert.clone(),
            key: args.search.drive.key.clone(),
            has_looked: Cell::new(false),
        }
    }

    /// A level of so many reps that are measured for so long, of which everything is checked and nothing begun.
    pub fn prepare(&self, header: &Header, day: &Day, reps: u64, for_s: f64) -> Result<Prepared, PrepareError> {
        let called = match header.target.as_str() {
            "mock" => {
                let terms = header.mock.unwrap_or_default();
                Called::Mock(Box::new(move |options| with_terms(options, terms)))
            }
            url => Called::Url(url.to_owned()),
        };
        let options = LiveOptions {
            workers: self.workers,
            plateau: Some((Span::seconds(i64::from(header.warm_up_s)), Span::micros((for_s * 1e6) as i64))),
            cacert: self.cacert.clone(),
            key: self.key.clone(),
            ..LiveOptions::default()
        };
        prepare(at_its_busiest(header, day, reps, for_s), header.seed, called, options)
    }

    /// Measures a level; none if it was interrupted. A target that was looked at before and cannot be used now is looked at
    /// again: one connection that breaks must not end a search.
    pub fn level(
        &self,
        header: &Header,
        day: &Day,
        reps: u64,
        for_s: f64,
        interrupted: &Arc<AtomicBool>,
    ) -> Result<Option<Level>, Failure> {
        for left in (0..if self.has_looked.get() { LOOKS_AGAIN } else { 0 }).rev() {
            match self.once(header, day, reps, for_s, interrupted) {
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
        self.once(header, day, reps, for_s, interrupted)
    }
    fn once(
        &self,
        header: &Header,
        day: &Day,
        reps: u64,
        for_s: f64,
        interrupted: &Arc<AtomicBool>,
    ) -> Result<Option<Level>, Failure> {
        let began = machine::now();
        let prepared = self.prepare(header, day, reps, for_s)?;
        prepared
            .provision()
            .into_iter()
            .for_each(|command| output::note(&format!("provisioning: {}", line_without_secrets(command))));
        let is_first = !self.has_looked.get();
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
        let (lived, cut) = machine::with_stdout_aside(|| watched(ready, header, interrupted))?;
        let took = stopwatch.took();
        let suffered = match cut {
            Some(Cut::Interrupted) => return Ok(None),
            Some(Cut::Suffered(why)) => Some(why),
            None if lived.outcome.target_died => lived.outcome.budget.clone(),
            None => None,
        };
        let ran = &lived.outcome;
        let traffic = ran.traffic.clone().unwrap_or_else(|| Traffic::new(Span::ZERO, Span::ZERO));
        let invalid = if suffered.is_some() { None } else { why_invalid(&lived, &traffic, took) };
        let about = About { reps, began, rules_broken: rules_broken(ran), invalid, suffered };
        Ok(Some(Level::new(about, &traffic, &ran.run.measures, &lived.plan.plan.scenario().limits)))
    }
}

/// The scenario with so many reps, whose window is the busiest part of its own window, with the warm-up before it.
fn at_its_busiest(header: &Header, day: &Day, reps: u64, for_s: f64) -> Scenario {
    let mut scenario = header.scenario.clone();
    scenario.with_reps(reps);
    let speed = f64::from(scenario.live.speed);
    let (opens, closes) = window(&scenario);
    let (from, until) = day.busiest(Span::seconds((for_s * speed).ceil() as i64), (opens, closes));
    let warm_up_s = (f64::from(header.warm_up_s) * speed).ceil() as u32;
    let minute = |second: u32| TimeOfDay::hm(0, (second / 60).min(24 * 60 - 1));
    let begins = from.seconds().saturating_sub(warm_up_s);
    // Whole minutes, and one more: what is measured is over before the window closes.
    scenario.live.window = Some((minute(begins), minute(until.seconds().max(begins + 60) + 119)));
    scenario.live.ramp_s = (f64::from(header.warm_up_s) * RAMP_SHARE) as u32;
    scenario.live.linger_s = scenario.live.linger_s.min(LINGERS_S);
    scenario
}

fn with_terms(options: &mut MockOptions, terms: MockTerms) {
    options.workers = terms.workers.map(|workers| workers as usize);
    if let Some(us) = terms.delay_us {
        let span = Span::micros(i64::try_from(us).unwrap_or(i64::MAX));
        options.service = if terms.exponential { Service::Exponential(span) } else { Service::Fixed(span) };
    }
}

/// Lives a level, and ends it when what is measured is over, somebody interrupts, or the target suffers.
fn watched(ready: Ready, header: &Header, interrupted: &AtomicBool) -> Result<(Lived, Option<Cut>), Failure> {
    let clock = ready.clock();
    let (from, until) = ready.plateau().unwrap_or((ready.opens(), ready.opens()));
    let (pulse, ends) = (Arc::new(RunProgress::default()), AtomicBool::new(false));
    pulse.slow_from_us.store(far_beyond_us(&header.scenario), Ordering::Relaxed);
    let cut = RefCell::new(None);
    let (began, mut told) = (Instant::now(), Instant::now());
    let tick = |pulse: &RunProgress| {
        let now = clock.now();
        if interrupted.load(Ordering::Relaxed) && now < until {
            cut.borrow_mut().get_or_insert(Cut::Interrupted);
        } else if let Some(why) = suffers(pulse) {
            cut.borrow_mut().get_or_insert(Cut::Suffered(why));
        }
        if now > until || cut.borrow().is_some() {
            ends.store(true, Ordering::Relaxed);
        }
        if told.elapsed() >= A_WHILE {
            told = Instant::now();
            let phase = if now < from { "warming up" } else { "measuring" };
            let (requests, errors) = (pulse.requests.load(Ordering::Relaxed), pulse.errors.load(Ordering::Relaxed));
            let (requests, errors) = (counted(requests, "request", "requests"), counted(errors, "error", "errors"));
            output::note(&format!("  {:>4} s  {phase}: {requests}, {errors}", began.elapsed().as_secs()));
        }
    };
    let lived = ready.run(&ends, &pulse, |_| (), tick)?;
    Ok((lived, cut.into_inner()))
}

/// From how many microseconds on an answer is far beyond every limit; 0 if no limit is on a latency.
fn far_beyond_us(scenario: &Scenario) -> u64 {
    let bound = |limit: &fieldday_scenario::limits::Limit| match limit.measure {
        Measure::Within(us) => us,
        Measure::Percentile(_) | Measure::Mean | Measure::Max => limit.bound,
        Measure::ErrorRate | Measure::Requests | Measure::Growth => 0,
    };
    scenario.limits.iter().map(bound).max().unwrap_or(0).saturating_mul(FAR_BEYOND)
}

fn suffers(pulse: &RunProgress) -> Option<String> {
    let of = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
    let (requests, errors, slow) = (of(&pulse.requests), of(&pulse.errors), of(&pulse.slow));
    let share = |n: u64| n as f64 / requests as f64;
    match () {
        () if requests < REQUESTS_MIN => None,
        () if share(errors) > SUFFERS => {
            Some(format!("stopped early: {} of {} requests failed", count(errors), count(requests)))
        }
        () if share(slow) > MOST_ARE_SLOW => Some(format!(
            "stopped early: {} of {} answers took {FAR_BEYOND} times as long as any limit",
            count(slow),
            count(requests)
        )),
        () => None,
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

fn rules_broken(ran: &LiveOutcome) -> Vec<String> {
    let broken = |rule: &&Rule| ran.run.findings.verdict(**rule) == RuleVerdict::Broken;
    Rule::ALL.iter().filter(broken).map(|rule| rule.name().to_owned()).collect()
}
