//! `fieldday run --target mock|URL`: the day on the wall clock. What is about to happen is said first, and the target is
//! looked at; then the run, the report and the folder.

use super::args::{LiveArgs, RunArgs};
use super::conform_first::{PassBefore, conform_first};
use super::finish::{Shown, finish, recorded, run_file};
use super::troubles::troubles;
use crate::choice::Unplanned;
use crate::commands::stories::replay_or;
use crate::commands::{ledger, stories};
use crate::failure::Failure;
use crate::machine::{self, Stopwatch};
use crate::watcher::{Watcher, Watching};
use crate::{exit, interrupt, output, planned};
use fieldday_api::endpoint::Op;
use fieldday_api::redact::line_without_secrets;
use fieldday_folder::series::{DisturbedTime, Ground, SeriesFile};
use fieldday_folder::summary::NotExercised;
use fieldday_folder::{DisturbedFacts, Facts, Recipe, RunFolderWriter, Summary};
use fieldday_kernel::time::Span;
use fieldday_live::attack::GooseWishes;
use fieldday_live::clock::utc_now;
use fieldday_live::disturb::Disturbed;
use fieldday_live::prepare::{Called, LiveOptions, Lived, Ready, prepare};
use fieldday_live::run::{lasts, peak_requests_per_s, window};
use fieldday_live::sizing::Sizing;
use fieldday_live::start::{Together, wait_until};
use fieldday_live::worker::{AUDITS_FOR, RunProgress};
use fieldday_metrics::TargetMetrics;
use fieldday_paint::units::{self, count, counted};
use fieldday_scenario::{Live, Scaled, Scenario};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a shard waits for the others.
const START_WITHIN: Duration = Duration::from_secs(600);

pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    machine::take_small_pages();
    let Unplanned { mut recipe, scenario, seed, .. } = Unplanned::new(&args.choice)?;
    recipe.live.clone_from(&args.again);
    recipe.shard = args.shard;
    let is_mock = args.target == "mock";
    let scenario = settled(scenario, &args.live, is_mock, args.choice.date.is_some())?;
    let prepared = prepare(scenario, seed, Called::named(&args.target), options(args))
        .map_err(Failure::of(&args.choice.scenario))?;
    prepared.left_out().iter().for_each(|part| output::note(&format!("nobody plays {part}")));
    if let Some(command) = prepared.provision().map(line_without_secrets) {
        let what = match () {
            () if args.live.dry_run => "provisioning is left out (--dry-run)",
            () if args.shard.is_some() => {
                "provisioning is left out (--shard: load the target once, before the shards begin)"
            }
            () => "provisioning",
        };
        output::note(&format!("{what}: {command}"));
    }
    let disturbances = &prepared.scenario().live.disturb;
    planned::check(disturbances, args.live.disturb)?;
    planned::tell(disturbances, args.live.disturb, "after the window opens");
    if prepared.scenario().live.conform && !prepared.conforms_first() {
        let why = if is_mock { "the built-in mock: `fieldday conform --target mock` tests it" } else { "a shard" };
        output::note(&format!("the conformance pass is left out with {why}"));
    }
    let stop = interrupt::flag();
    // A mock's clock runs from when it is there, so that it comes as late as possible; a deployment is looked at first.
    if is_mock && !args.live.dry_run && !comes_the_moment(args, &stop)? {
        return Ok(exit::INTERRUPTED);
    }
    let sizing = prepared.sizing();
    let mut ready = prepared.open(&stop)?;
    let target = if is_mock { "mock".to_owned() } else { ready.target().to_string() };
    announce(&ready, is_mock);
    let seen = ready.look()?;
    seen.notes.iter().for_each(|note| output::note(note));
    let ahead_of_target = seen.clock_ahead.map(|ahead| Span::ZERO - ahead);
    if args.live.dry_run {
        tell_sizing(&sizing);
        output::note("the target can be used; nothing was begun (--dry-run)");
        return Ok(0);
    }
    // What was found by then is kept, also where the run ends here.
    let pass = conform_first(&mut ready, &stop)?;
    if pass.is_none() && stop.load(Ordering::Relaxed) {
        return Ok(exit::INTERRUPTED);
    }
    if !is_mock && !comes_the_moment(args, &stop)? && pass.is_none() {
        return Ok(exit::INTERRUPTED);
    }
    ready.open_window()?;
    let plan = &ready.plan().plan;
    let out = (!args.no_out).then_some(args.out.as_path());
    let file = run_file(plan, target.clone(), &recipe, Some(ready.opens()));
    let keeper = RunFolderWriter::new(out, file, Some(plan))?;
    if let Some(port) = args.live.dashboard {
        output::note(&format!("goose's dashboard: http://127.0.0.1:{port}"));
    }
    live(args, Described { recipe, target, ahead_of_target }, ready, pass, keeper, &stop)
}

/// Waits for the moment at which the run is to begin, or for the other shards. False if it was interrupted.
fn comes_the_moment(args: &RunArgs, stop: &AtomicBool) -> Result<bool, Failure> {
    let live = &args.live;
    let moment = match (&live.start_together, args.shard) {
        (Some(dir), Some(shard)) => {
            let within = live.start_within.unwrap_or(START_WITHIN);
            let waiting = |there| output::note(&format!("{there} of {} shards are ready", shard.of));
            Together { dir, shard, within }.wait(stop, machine::now, waiting)?
        }
        _ => live.start_at,
    };
    let Some(moment) = moment else { return Ok(!stop.load(Ordering::Relaxed)) };
    let late = machine::now().since(moment);
    if late > Span::seconds(1) {
        output::note(&format!("warning: the other shards began {} s ago", late.as_seconds()));
    } else {
        output::note(&format!("the run begins at {moment}"));
    }
    Ok(wait_until(moment, stop, machine::now))
}

/// Prints the cores, memory, files and connections that the run needs, beside those of this machine.
fn tell_sizing(sizing: &Sizing) {
    let host = machine::host();
    let ports = sizing.ports.map_or(String::new(), |ports| format!(" of {} source ports here", count(ports)));
    let memory = host.memory_bytes.map_or(String::new(), |bytes| format!(" of {}", units::bytes(bytes)));
    output::note(&format!(
        "sizing: {:.1} cores of {}, {}{memory}, {} open files, {} connections{ports}; {} like this one",
        sizing.cores,
        host.cores,
        units::bytes(sizing.memory_bytes),
        count(sizing.open_files),
        count(sizing.connections),
        counted(sizing.machines(host.cores, host.memory_bytes), "machine", "machines"),
    ));
}

/// The scenario with what the command line says about the run.
fn settled(mut scenario: Scenario, args: &LiveArgs, is_mock: bool, dated: bool) -> Result<Scenario, Failure> {
    let is_made_for_it = scenario.live != Live::default();
    let live = &mut scenario.live;
    args.drive.over(live)?;
    live.max_requests = args.max_requests.or(live.max_requests);
    live.max_errors = args.max_errors.or(live.max_errors);
    live.intruders |= args.intruders || is_mock;
    live.conform |= args.conform;
    // One day is lived; against a deployment, today.
    scenario.day.dates.truncate(1);
    if !is_mock && !dated {
        scenario.set_today(args.start_at.unwrap_or_else(utc_now));
    }
    if !is_made_for_it {
        // A part of a day, or one that passes faster than its polls, need not exercise what a whole day does. A scenario
        // that says how it is lived on the wall clock says what that must exercise, too.
        scenario.must_exercise.clear();
    }
    Ok(scenario)
}

fn options(args: &RunArgs) -> LiveOptions {
    let live = &args.live;
    LiveOptions {
        workers: usize::try_from(workers(args)).unwrap_or(1),
        history: !args.no_out,
        shard: args.shard,
        starts_at: live.start_at,
        only: live.only_rep.clone(),
        plateau: None,
        scripts: None,
        cacert: live.drive.cacert.clone(),
        sources: live.drive.source_address.clone(),
        key: live.drive.key.clone(),
        version: live.target_version.clone(),
        disturb: live.disturb,
        dry_run: live.dry_run,
        goose: GooseWishes { dashboard: live.dashboard, request_log: live.request_log.clone() },
    }
}

fn workers(args: &RunArgs) -> u64 {
    args.threads.unwrap_or(machine::cores().saturating_sub(1).max(1))
}

/// Which of the protocol's own times pass with the day.
fn scaled(scales: &[Scaled]) -> String {
    let words: Vec<_> = scales.iter().map(|scaled| scaled.as_str()).collect();
    if words.is_empty() { String::new() } else { format!(" ({} with it)", words.join(", ")) }
}

/// Prints what is about to be run, before the window opens.
fn announce(ready: &Ready, is_mock: bool) {
    let (reps, plan, target) = (ready.reps(), &ready.plan().plan, ready.target());
    let scenario = plan.scenario();
    let (from, until) = window(scenario);
    let seconds = lasts(scenario).as_seconds();
    let takes = if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) };
    let what = if is_mock { format!("the built-in mock, {target}") } else { target.to_string() };
    let date = ready.cells().first().map_or(String::new(), |cell| format!("{} ", cell.date));
    let peak = peak_requests_per_s(reps, scenario);
    output::note(&format!(
        "{}, seed {:#x}: {} at {what}\n  {date}from {from} to {until} at speed {}{}: {takes}; some {} requests a second at the peak",
        scenario.name,
        plan.seed(),
        counted(reps, "rep", "reps"),
        scenario.live.speed,
        scaled(&scenario.live.scales),
        count(peak.ceil() as u64)
    ));
}

/// What the run folder says of a run before it begins.
struct Described {
    recipe: Recipe,
    target: String,
    /// How far this machine's clock is ahead of the target's, if that is known.
    ahead_of_target: Option<Span>,
}

/// Lives the day while somebody watches, and reports it.
fn live(
    args: &RunArgs,
    described: Described,
    ready: Ready,
    mut pass: Option<PassBefore>,
    mut keeper: RunFolderWriter,
    stop: &Arc<AtomicBool>,
) -> Result<u8, Failure> {
    let Described { recipe, target, ahead_of_target } = described;
    pass.iter_mut().flat_map(PassBefore::take_history).for_each(|lines| {
        keeper.add_lines(lines);
    });
    let scenario = ready.plan().plan.scenario().clone();
    let pulse = Arc::new(RunProgress::default());
    let title = format!("{}, seed {:#x}, {target}", scenario.name, ready.plan().plan.seed());
    let base_url = ready.target().to_string();
    let untried = nobody_off_duty(&ready);
    let stopwatch = Stopwatch::start();
    let mut lived = machine::with_stdout_aside(|| {
        let mut watcher = Watcher::new(Watching { title, scenario: scenario.clone() });
        let tick = |pulse: &RunProgress| watcher.look(pulse, stop.load(Ordering::Relaxed));
        let history = |lines| {
            keeper.add_lines(lines);
        };
        let lived = ready.run(stop, &pulse, history, tick);
        watcher.finish();
        lived
    })?;
    let took = stopwatch.took();
    if let Some(log) = &args.live.request_log
        && let Err(why) = request_log_holds(log, lived.outcome.goose_requests)
    {
        output::note(&format!("warning: the request log {} is incomplete: {why}", log.display()));
    }
    if pulse.audits_cut.load(Ordering::Relaxed) {
        let minutes = AUDITS_FOR.as_seconds() / 60;
        output::note(&format!(
            "auditors were still reading after {minutes} min: not every rep's day was read back, so a lost write may not show"
        ));
    }
    let conformance = pass.as_ref().map(PassBefore::part);
    let clocks = pass.iter().map(PassBefore::clock).collect();
    if let Some(pass) = pass {
        pass.join(&mut lived.outcome);
    }
    let Lived { outcome, plan, observed, .. } = &lived;
    let metrics = (!observed.exporters.is_empty()).then(|| observed.figures(None));
    metrics.iter().flat_map(TargetMetrics::gaps).for_each(|gap| output::note(&gap));
    let whole = outcome.run.complete.then_some(outcome.run.fingerprint);
    let history = keeper.end_history(whole, None, recorded(whole));
    let version = outcome.version.as_ref().map_or(String::new(), |version| format!(", version {version}"));
    let facts = Facts {
        recipe,
        threads: workers(args),
        wall_s: took.wall_s,
        cpu_s: took.cpu_s,
        peak_memory_bytes: machine::peak_memory_bytes(),
        target: Some(match target.as_str() {
            "mock" => "the built-in mock, over HTTP".to_owned(),
            _ => format!("{base_url}{version}"),
        }),
        live_us: Some(u64::try_from(outcome.took.as_micros()).unwrap_or(u64::MAX)),
        generator: troubles(&lived, took),
        budget: outcome.budget.clone(),
        contract: outcome.contract.clone(),
        history,
        metrics,
        disturbed: disturbed(&lived),
        conformance,
        clocks,
        untried,
        ..Facts::default()
    };
    keeper.keep_shard(&facts, &outcome.run, machine::now, ahead_of_target);
    let summary = Summary::new(facts, &plan.plan, &outcome.run);
    let run = keeper.run().clone();
    let place = keeper.close(&summary, &outcome.run.measures, &plan.plan, machine::now(), |folder, run, summary| {
        let (cells, speed) = (plan.unlike_the_plan(), scenario.live.speed);
        let ground = Ground { plan: &plan.plan, cells, speed, secret: Some(machine::random()) };
        let mut series = SeriesFile::new(&ground, &outcome.run).with_metrics(observed);
        let time =
            |of: &Disturbed| Some(DisturbedTime { name: of.planned.name.clone(), from: of.from?, until: of.until? });
        series.disturbances = lived.disturbances.disturbed.iter().filter_map(time).collect();
        fieldday_documents::put(folder, run, summary, &series)
    });
    Ok(finish(&Shown::of(args), run, &summary, place, |place| {
        let violations: Vec<_> = outcome.run.findings.shown().cloned().collect();
        ledger::write(Path::new(place))?;
        stories::write(Path::new(place), &violations, replay_or(Path::new(place), &summary.reproduce))?;
        stories::name_in_documents(Path::new(place), &summary)
    }))
}

/// What intruders leave out where the file of users has nobody whom the day leaves over: what they try on another rep's shift
/// would be tried on that of a rep who works.
fn nobody_off_duty(ready: &Ready) -> Vec<NotExercised> {
    let tries = ready.plan().plan.scenario().live.intruders;
    let tenants = ready.cells().iter().flat_map(|cell| &cell.tenants).filter(|_| tries);
    let without: Vec<&str> = tenants
        .filter(|tenant| !tenant.intruders.is_empty() && tenant.off_duty.is_none())
        .map(|tenant| tenant.name.as_str())
        .collect();
    let Some(first) = without.first() else { return Vec::new() };
    let more = if without.len() > 1 { format!(" and {} more", without.len() - 1) } else { String::new() };
    vec![NotExercised {
        op: Op::ClockIn.kebab_name(),
        label: Op::ClockIn.label().to_owned(),
        tried: 0,
        part: "a clock-in or clock-out of another rep".to_owned(),
        why: format!("not tried, because the file of users has no rep without a part in the day ({first}{more})"),
    }]
}

/// The facts by which planned disturbances are judged; none if the target was not to be disturbed.
fn disturbed(lived: &Lived) -> Option<DisturbedFacts> {
    let of = &lived.disturbances;
    let traffic = lived.outcome.all_traffic.clone()?;
    Some(DisturbedFacts { happened: of.happened(), traffic, ended: of.ended.since(of.opens) })
}

/// Whether goose, which says nothing if it cannot write, wrote a line of every request.
fn request_log_holds(log: &Path, requests: u64) -> io::Result<()> {
    if !fs::metadata(log)?.is_file() {
        // A device or a pipe: what went there cannot be counted, but whether more can go there is known.
        return OpenOptions::new().append(true).open(log)?.write_all(b"\n");
    }
    let mut lines = 0;
    for line in BufReader::new(File::open(log)?).split(b'\n') {
        lines += u64::from(!line?.is_empty());
    }
    let short = || {
        io::Error::new(
            io::ErrorKind::StorageFull,
            format!("{lines} of {requests} requests are in it; was its disk full?"),
        )
    };
    if lines < requests { Err(short()) } else { Ok(()) }
}
