//! One level: a live run of so many reps at the busiest part of the day, of which the middle is measured.

use super::CapacityArgs;
use crate::commands::live::{MOCK_THREADS, TAKES_PLACE, allowed, certificates, enough_files, mock_options, provision};
use crate::failure::Failure;
use crate::machine::{self, Stopwatch};
use crate::output;
use crate::stage::Stage;
use fieldday_api::private;
use fieldday_api::rules::Rule;
use fieldday_capacity::day::Day;
use fieldday_capacity::journal::{Header, MockTerms};
use fieldday_capacity::level::{About, Level, SUFFERS};
use fieldday_engine::setup;
use fieldday_kernel::time::{Span, Time, TimeOfDay};
use fieldday_live::attack::GooseWishes;
use fieldday_live::clock::{WallClock, utc_now};
use fieldday_live::http::{Connector, WireSettings};
use fieldday_live::preflight::{Unusable, preflight};
use fieldday_live::run::{LiveOutcome, LiveRun, window};
use fieldday_live::target::Target;
use fieldday_live::worker::Pulse;
use fieldday_mock::{Mock, Options as MockOptions, Service};
use fieldday_paint::units::{count, counted};
use fieldday_rules::{Traffic, Verdict};
use fieldday_tokens::{Source, Wallet};
use fieldday_world::scenario::Scenario;
use fieldday_world::scenario::limits::Measure;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

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
/// Reps come to work in this share of the warm-up; in what is left, their first calls are over.
const RAMP_SHARE: f64 = 0.6;

/// What measures levels.
pub struct Bench {
    target: String,
    is_mock: bool,
    workers: usize,
    roots: Vec<Vec<u8>>,
    runtime: Runtime,
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
    pub fn new(header: &Header, args: &CapacityArgs) -> Result<Bench, Failure> {
        machine::take_small_pages();
        let is_mock = header.target == "mock";
        if !is_mock {
            allowed(&Target::parse(&header.target)?, &header.scenario)?;
            // A target's data are people's: their tokens mean nothing beyond this search.
            let _ = private::set_token_key((machine::random(), machine::random()));
        }
        let threads = args.threads.unwrap_or(machine::cores().saturating_sub(1).max(1));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(MOCK_THREADS).enable_all().build();
        Ok(Bench {
            target: header.target.clone(),
            is_mock,
            workers: usize::try_from(threads).unwrap_or(1),
            roots: args.search.drive.cacert.as_deref().map(certificates).transpose()?.unwrap_or_default(),
            runtime: runtime.map_err(Failure::Runtime)?,
            has_looked: Cell::new(false),
        })
    }

    /// Measures a level; none if it was interrupted.
    pub fn level(
        &self,
        header: &Header,
        day: &Day,
        reps: u64,
        for_s: f64,
        interrupted: &Arc<AtomicBool>,
    ) -> Result<Option<Level>, Failure> {
        let began = machine::now();
        let scenario = at_its_busiest(header, day, reps, for_s);
        let mut stage = Stage::new(Arc::new(scenario), header.seed, self.is_mock)?;
        if !self.is_mock {
            stage.ends_before_midnight(utc_now())?;
        }
        enough_files(&stage, self.is_mock)?;
        let source = Source::of(&stage.scenario.tokens, setup::token_life(&stage.scenario))?;
        let clock = WallClock::showing(if self.is_mock { stage.opens() - TAKES_PLACE } else { utc_now() });
        let planned = clock.now() + TAKES_PLACE;
        let mock = match self.is_mock {
            true => {
                let options = mock_options(&stage, &source, clock, planned)?;
                Some(self.runtime.block_on(Mock::serve(with_terms(options, header.mock.unwrap_or_default())))?)
            }
            false => None,
        };
        let target = Target::parse(mock.as_ref().map_or(self.target.clone(), Mock::base_url).as_str())?;
        if !self.is_mock {
            provision(&stage, &target)?;
        }
        let wire = self.wire(&stage, &target, source)?;
        let difference = Span::seconds(i64::from(stage.scenario.live.clock_difference_s));
        let looked = preflight(&wire, &stage.cells[0], clock.now(), difference, self.is_mock);
        let seen = self.runtime.block_on(looked)?;
        if !self.has_looked.replace(true) {
            stage.left_out.iter().for_each(|part| output::note(&format!("nobody plays {part}")));
            seen.notes.iter().for_each(|note| output::note(note));
        }
        let opens = clock.now().max(planned);
        let from = opens + Span::seconds(i64::from(header.warm_up_s));
        let plateau = (from, from + Span::micros((for_s * 1e6) as i64));
        let live = LiveRun {
            scenario: stage.scenario.clone(),
            cells: std::mem::take(&mut stage.cells),
            clock,
            opens,
            wire,
            workers: self.workers,
            history: false,
            only: None,
            plateau: Some(plateau),
            goose: GooseWishes::default(),
        };
        let stopwatch = Stopwatch::start();
        let (ran, cut) = machine::with_stdout_aside(false, || watched(live, header, clock, plateau, interrupted))?;
        let took = stopwatch.took();
        if let Some(mock) = mock {
            self.runtime.block_on(mock.stop());
        }
        if matches!(cut, Some(Cut::Interrupted)) {
            return Ok(None);
        }
        let traffic = ran.traffic.clone().unwrap_or_else(|| Traffic::new(Span::ZERO, Span::ZERO));
        let suffered = match cut {
            Some(Cut::Suffered(why)) => Some(why),
            _ => None,
        };
        let invalid = if suffered.is_some() { None } else { why_invalid(&stage.scenario, &ran, &traffic, took) };
        let about = About { reps, began, rules_broken: rules_broken(&ran), invalid, suffered };
        Ok(Some(Level::new(about, &traffic, &ran.run.measures, &stage.scenario.limits)))
    }

    fn wire(&self, stage: &Stage, target: &Target, source: Source) -> Result<WireSettings, Failure> {
        let http = stage.scenario.live.http;
        let unreachable = |error: fieldday_live::http::NoConnection| Unusable::Unreachable {
            target: target.to_string(),
            why: error.to_string(),
        };
        let connector =
            self.runtime.block_on(Connector::new(target.clone(), http, &self.roots)).map_err(unreachable)?;
        Ok(WireSettings {
            connector,
            http,
            roots: self.roots.clone(),
            dialect: stage.scenario.dialect.table(),
            wallet: Wallet::new(source, stage.scenario.tokens.parallel as usize),
            run: machine::random(),
            upload_bytes: stage.scenario.data.upload_bytes,
            version: Default::default(),
            token_trouble: Default::default(),
        })
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

fn with_terms(mut options: MockOptions, terms: MockTerms) -> MockOptions {
    options.workers = terms.workers.map(|workers| workers as usize);
    if let Some(us) = terms.delay_us {
        let span = Span::micros(i64::try_from(us).unwrap_or(i64::MAX));
        options.service = if terms.exponential { Service::Exponential(span) } else { Service::Fixed(span) };
    }
    options
}

/// Lives a level, and ends it when what is measured is over, somebody interrupts, or the target suffers.
fn watched(
    live: LiveRun,
    header: &Header,
    clock: WallClock,
    (from, until): (Time, Time),
    interrupted: &AtomicBool,
) -> Result<(LiveOutcome, Option<Cut>), Failure> {
    let (pulse, ends) = (Arc::new(Pulse::default()), AtomicBool::new(false));
    pulse.slow_from_us.store(far_beyond_us(&header.scenario), Ordering::Relaxed);
    let cut = RefCell::new(None);
    let (began, mut told) = (Instant::now(), Instant::now());
    let tick = |pulse: &Pulse| {
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
    let ran = live.live(&ends, &pulse, |_| (), tick)?;
    Ok((ran, cut.into_inner()))
}

/// From how many microseconds on an answer is far beyond every limit; 0 if no limit is on a latency.
fn far_beyond_us(scenario: &Scenario) -> u64 {
    let bound = |limit: &fieldday_world::scenario::limits::Limit| match limit.measure {
        Measure::Within(us) => us,
        Measure::Percentile(_) | Measure::Mean | Measure::Max => limit.bound,
        Measure::ErrorRate | Measure::Requests => 0,
    };
    scenario.limits.iter().map(bound).max().unwrap_or(0).saturating_mul(FAR_BEYOND)
}

fn suffers(pulse: &Pulse) -> Option<String> {
    let of = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
    let (requests, errors, slow) = (of(&pulse.requests), of(&pulse.errors), of(&pulse.slow));
    let share = |n: u64| n as f64 / requests as f64;
    match () {
        () if requests < REQUESTS_MIN => None,
        () if share(errors) > SUFFERS => {
            Some(format!("ended early: {} of {} requests failed", count(errors), count(requests)))
        }
        () if share(slow) > MOST_ARE_SLOW => Some(format!(
            "ended early: {} of {} answers took {FAR_BEYOND} times as long as any limit",
            count(slow),
            count(requests)
        )),
        () => None,
    }
}

/// Why what was measured says nothing of the target.
fn why_invalid(scenario: &Scenario, ran: &LiveOutcome, traffic: &Traffic, took: machine::Took) -> Option<String> {
    let share = took.cpu_s.map(|cpu| cpu / (took.wall_s.max(0.001) * machine::cores() as f64));
    let mut troubles = ran.health.troubles(&scenario.live.generator, share);
    if let Some(first) = ran.panicked.first() {
        let reps = counted(ran.panicked.len() as u64, "rep", "reps");
        troubles.push(format!("{reps} panicked, {first} first: that is a bug of fieldday"));
    }
    troubles.extend(ran.token_trouble.iter().map(|trouble| format!("tokens could not be had: {trouble}")));
    troubles.extend(ran.budget.clone());
    if traffic.over().next().is_none() {
        troubles.push("no request was over while it was measured: a longer --level, or more reps (--from)".to_owned());
    }
    (!troubles.is_empty()).then(|| troubles.join("; "))
}

fn rules_broken(ran: &LiveOutcome) -> Vec<String> {
    let broken = |rule: &&Rule| ran.run.findings.verdict(**rule) == Verdict::Broken;
    Rule::ALL.iter().filter(broken).map(|rule| rule.name().to_owned()).collect()
}
