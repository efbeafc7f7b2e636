//! `fieldday run --target mock|URL`: the day on the wall clock. What is about to happen is said first, and the target is
//! looked at; then the run, the report and the folder.

use crate::args::{Format, LiveArgs, RunArgs};
use crate::choice::Choice;
use crate::failure::{Failure, WRONG};
use crate::machine::{self, Stopwatch};
use crate::stage::Stage;
use crate::watcher::{Watcher, Watching};
use crate::{interrupt, otlp, output, show};
use fieldday_api::private;
use fieldday_documents::terminal;
use fieldday_engine::setup;
use fieldday_folder::series::SeriesFile;
use fieldday_folder::summary::HistoryPart;
use fieldday_folder::{Facts, Folder, FolderError, HISTORY, Outcome, RUN_SCHEMA, RunFile, Summary};
use fieldday_history::file::{FORMAT, Header, Lines};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Span, Time};
use fieldday_live::attack::GooseWishes;
use fieldday_live::clock::{WallClock, utc_now};
use fieldday_live::http::{Connector, WireSettings};
use fieldday_live::preflight::{Unusable, preflight};
use fieldday_live::provision::Provision;
use fieldday_live::run::{LiveOutcome, LiveRun, day_clocks, lasts, most_connections, peak_requests_per_s, window};
use fieldday_live::target::Target;
use fieldday_live::worker::{AUDITS_FOR, Pulse};
use fieldday_mock::{Clock as MockClock, Mock, Options as MockOptions};
use fieldday_paint::units::{count, counted};
use fieldday_rep::station::DayClock;
use fieldday_tokens::{Source, Wallet};
use fieldday_world::export::{Export, Format as ExportFormat};
use fieldday_world::plan::Plan;
use fieldday_world::scenario::{Connections, Live, Scaled, Scenario};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Threads that the tool's own mock serves on.
pub(super) const MOCK_THREADS: usize = 1;
/// A protocol's clock shows this a moment before the window opens: everybody takes their place.
pub(super) const TAKES_PLACE: Span = Span::millis(500);

pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    machine::take_small_pages();
    let mut choice = Choice::new(&args.choice)?;
    choice.recipe.live.clone_from(&args.again);
    let is_mock = args.target == "mock";
    let scenario = settled(choice.plan.scenario(), &args.live, is_mock, args.choice.date.is_some());
    let mut stage = Stage::new(Arc::new(scenario), choice.plan.seed(), is_mock)?;
    stage.left_out.iter().for_each(|part| output::note(&format!("nobody plays {part}")));
    if !is_mock {
        stage.ends_before_midnight(utc_now())?;
    }
    enough_files(&stage, is_mock)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(MOCK_THREADS).enable_all().build();
    let runtime = runtime.map_err(Failure::Runtime)?;

    let source = Source::of(&stage.scenario.tokens, setup::token_life(&stage.scenario))?;
    let opens = stage.opens();
    let clock = WallClock::showing(if is_mock { opens - TAKES_PLACE } else { utc_now() });
    let opens = clock.now() + TAKES_PLACE;
    let mock = match is_mock {
        true => Some(runtime.block_on(Mock::serve(mock_options(&stage, &source, clock, opens)?))?),
        false => None,
    };
    let target = Target::parse(mock.as_ref().map_or(args.target.clone(), Mock::base_url).as_str())?;
    allowed(&target, &stage.scenario)?;
    if !is_mock {
        // A target's data are people's: their tokens mean nothing beyond this run.
        let _ = private::set_token_key((machine::random(), machine::random()));
        provision(&stage, &target)?;
    }
    let roots = args.live.drive.cacert.as_deref().map(certificates).transpose()?.unwrap_or_default();
    let unreachable = |error: fieldday_live::http::NoConnection| Unusable::Unreachable {
        target: target.to_string(),
        why: error.to_string(),
    };
    let connector =
        runtime.block_on(Connector::new(target.clone(), stage.scenario.live.http, &roots)).map_err(unreachable)?;
    let wire = WireSettings {
        connector,
        http: stage.scenario.live.http,
        roots,
        dialect: stage.scenario.dialect.table(),
        wallet: Wallet::new(source, stage.scenario.tokens.parallel as usize),
        run: machine::random(),
        upload_bytes: stage.scenario.data.upload_bytes,
        version: args.live.target_version.clone().map_or_else(Default::default, Into::into),
        token_trouble: Default::default(),
    };
    announce(&stage, &target, is_mock);
    let difference = Span::seconds(i64::from(stage.scenario.live.clock_difference_s));
    let seen = runtime.block_on(preflight(&wire, &stage.cells[0], clock.now(), difference, is_mock))?;
    seen.notes.iter().for_each(|note| output::note(note));
    if args.live.dry_run {
        output::note("the target can be used; nothing was begun (--dry-run)");
        return Ok(0);
    }
    let opens = clock.now().max(opens);
    let mut keeper = Keeper::new(args, &stage, &target, is_mock, (choice.recipe.to_string(), opens))?;
    let live = LiveRun {
        scenario: stage.scenario.clone(),
        cells: std::mem::take(&mut stage.cells),
        clock,
        opens,
        wire,
        workers: workers(args),
        history: keeper.folder.is_some(),
        only: args.live.only_rep.clone(),
        plateau: None,
        goose: GooseWishes { dashboard: args.live.dashboard, request_log: args.live.request_log.clone() },
    };
    if let Some(port) = args.live.dashboard {
        output::note(&format!("goose's dashboard: http://127.0.0.1:{port}"));
    }
    let stop = interrupt::flag();
    let title = format!("{}, seed {:#x}, {}", stage.scenario.name, stage.plan.seed(), keeper.run.target);
    let seen = Watching { title, scenario: stage.scenario.clone() };
    let stopwatch = Stopwatch::start();
    let ran = machine::with_stdout_aside(output::stderr_is_terminal(), || go(live, &stop, &mut keeper, seen))?;
    let took = stopwatch.took();
    if let Some(mock) = mock {
        runtime.block_on(mock.stop());
    }
    report(args, &stage, &target, is_mock, &choice, ran, took, keeper)
}

/// The scenario with what the command line says about the run.
fn settled(scenario: &Scenario, args: &LiveArgs, is_mock: bool, dated: bool) -> Scenario {
    let mut scenario = scenario.clone();
    let is_made_for_it = scenario.live != Live::default();
    let live = &mut scenario.live;
    args.drive.over(live);
    live.max_requests = args.max_requests.or(live.max_requests);
    live.max_errors = args.max_errors.or(live.max_errors);
    live.intruders |= args.intruders || is_mock;
    // One day is lived; against a deployment, today.
    scenario.day.dates.truncate(1);
    if !is_mock && !dated {
        scenario.set_today(utc_now());
    }
    if !is_made_for_it {
        // A part of a day, or one that passes faster than its polls, need not exercise what a whole day does. A scenario
        // that says how it is lived on the wall clock says what that must exercise, too.
        scenario.must_exercise.clear();
    }
    scenario
}

fn workers(args: &RunArgs) -> usize {
    let cores = machine::cores();
    usize::try_from(args.threads.unwrap_or(cores.saturating_sub(1).max(1))).unwrap_or(1)
}

/// Whether the system lets this process hold all the connections that a run may come to; where it has the mock in it, both
/// of their ends.
pub(super) fn enough_files(stage: &Stage, is_mock: bool) -> Result<(), Failure> {
    /// The runtimes', goose's, the run folder's.
    const OWN: u64 = 200;
    let (reps, ends) = (stage.reps(), if is_mock { 2 } else { 1 });
    let others = if stage.scenario.live.connections == Connections::Shared { 0 } else { stage.others() };
    let needed = (most_connections(reps, &stage.scenario) + others) * ends + OWN;
    match machine::raise_open_files(needed) {
        Some(allowed) if allowed < needed => Err(Failure::TooFewFiles { reps, needed, allowed }),
        _ => Ok(()),
    }
}

pub(super) fn allowed(target: &Target, scenario: &Scenario) -> Result<(), Failure> {
    if target.is_loopback() || scenario.live.allow.iter().any(|host| host == target.host()) {
        return Ok(());
    }
    Err(Failure::NotAllowed { host: target.host().to_owned() })
}

/// The tool's own mock, whose clock is the run's.
pub(super) fn mock_options(
    stage: &Stage,
    source: &Source,
    clock: WallClock,
    opens: Time,
) -> Result<MockOptions, Failure> {
    let key = source.key().ok_or(Failure::MockNeedsAKey)?;
    let mut options =
        MockOptions::trusting(Plan::new(stage.scenario.clone(), stage.plan.seed())?, std::slice::from_ref(key));
    options.clock = MockClock::at(clock.now());
    let scenario = stage.scenario.clone();
    options.prepare = Some(Box::new(move |cell| {
        let Some(day) = day_clocks(&scenario, cell, opens).first().copied() else { return };
        let moved = |at: Time, day: &DayClock| day.wall(at);
        for mishap in &mut cell.mishaps {
            (mishap.from, mishap.until) = (moved(mishap.from, &day), moved(mishap.until, &day));
        }
    }));
    Ok(options)
}

/// Loads the target by the scenario's command, if it has one.
pub(super) fn provision(stage: &Stage, target: &Target) -> Result<(), Failure> {
    let data = &stage.scenario.data;
    let Some(command) = &data.provision else { return Ok(()) };
    let folder = std::env::temp_dir().join(format!("fieldday-export-{:016x}", machine::random()));
    let failed = |source| Failure::File { path: folder.clone(), source };
    std::fs::create_dir(&folder).map_err(failed)?;
    let written = |error: fieldday_world::export::ExportError| failed(std::io::Error::other(error.to_string()));
    let mut export = Export::new(ExportFormat::Json, |name| {
        std::fs::File::create_new(folder.join(name)).map(std::io::BufWriter::new)
    })
    .map_err(written)?;
    stage.cells.iter().try_for_each(|cell| export.add(cell)).map_err(written)?;
    export.finish().map_err(written)?;
    output::note(&format!("provisioning: {command}"));
    let (url, date) = (target.to_string(), stage.cells[0].date.to_string());
    let timeout = Duration::from_secs(u64::from(data.timeout_s));
    let done = Provision { command, timeout, export: &folder, target: &url, date: &date }.run();
    // Left behind, it would be in the way of nobody: the people in it are invented.
    let _ = std::fs::remove_dir_all(&folder);
    Ok(done?)
}

pub(super) fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let unreadable = |source| Failure::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read(path).map_err(unreadable)?;
    let read = fieldday_live::http::certificates(&text);
    read.ok_or_else(|| {
        unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, "there is no certificate in it"))
    })
}

/// Which of the protocol's own times pass with the day.
fn scaled(scales: &[Scaled]) -> String {
    let words: Vec<_> = scales.iter().map(|scaled| scaled.word()).collect();
    if words.is_empty() { String::new() } else { format!(" ({} with it)", words.join(", ")) }
}

/// What is about to happen.
fn announce(stage: &Stage, target: &Target, is_mock: bool) {
    let (reps, scenario) = (stage.reps(), &stage.scenario);
    let (from, until) = window(scenario);
    let seconds = lasts(scenario).as_seconds();
    let takes = if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) };
    let what = if is_mock { format!("the tool's own mock, {target}") } else { target.to_string() };
    let peak = peak_requests_per_s(reps, scenario);
    output::note(&format!(
        "{}, seed {:#x}: {} at {what}\n  {} from {from} to {until} at speed {}{}: {takes}; some {} requests a second at the peak",
        scenario.name,
        stage.plan.seed(),
        counted(reps, "rep", "reps"),
        stage.cells[0].date,
        scenario.live.speed,
        scaled(&scenario.live.scales),
        count(peak.ceil() as u64)
    ));
}

fn go(live: LiveRun, stop: &AtomicBool, keeper: &mut Keeper, seen: Watching) -> Result<LiveOutcome, Failure> {
    let pulse = Arc::new(Pulse::default());
    let mut watcher = Watcher::new(seen);
    let tick = |pulse: &Pulse| watcher.look(pulse, stop.load(Ordering::Relaxed));
    let lived = live.live(stop, &pulse, |lines| keeper.add(lines), tick);
    watcher.finish();
    if pulse.audits_cut.load(Ordering::Relaxed) {
        let minutes = AUDITS_FOR.as_seconds() / 60;
        output::note(&format!(
            "auditors were still reading after {minutes} min: not every rep's day was read back, so a lost write may not show"
        ));
    }
    Ok(lived?)
}

#[allow(clippy::too_many_arguments)] // Everything that a report is made of, once.
fn report(
    args: &RunArgs,
    stage: &Stage,
    target: &Target,
    is_mock: bool,
    choice: &Choice,
    ran: LiveOutcome,
    took: machine::Took,
    mut keeper: Keeper,
) -> Result<u8, Failure> {
    let cores = machine::cores() as f64;
    let share = took.cpu_s.map(|cpu| cpu / (took.wall_s.max(0.001) * cores));
    let mut generator = ran.health.troubles(&stage.scenario.live.generator, share);
    if let Some(first) = ran.panicked.first() {
        let reps = counted(ran.panicked.len() as u64, "rep", "reps");
        generator.push(format!("{reps} panicked, {first} first: that is a bug of fieldday"));
    }
    if let Some(trouble) = &ran.token_trouble {
        generator.push(format!("tokens could not be had: {trouble}"));
    }
    let history = keeper.end_history(&ran);
    let version = ran.version.as_ref().map_or(String::new(), |version| format!(", version {version}"));
    let facts = Facts {
        recipe: choice.recipe.clone(),
        threads: workers(args) as u64,
        wall_s: took.wall_s,
        cpu_s: took.cpu_s,
        peak_memory_bytes: machine::peak_memory_bytes(),
        target: Some(if is_mock { "the tool's own mock, over HTTP".to_owned() } else { format!("{target}{version}") }),
        live_us: Some(u64::try_from(ran.took.as_micros()).unwrap_or(u64::MAX)),
        generator,
        budget: ran.budget.clone(),
        contract: ran.contract.clone(),
        history,
        ..Facts::default()
    };
    let summary = Summary::new(facts, &stage.plan, &ran.run);
    let run = RunFile { ended_at: Some(machine::now()), ..keeper.run.clone() };
    let (place, lost) = keeper.close(&summary, &ran, stage, is_mock);
    let text = match args.format {
        Format::Json => summary.to_json(),
        Format::Terminal => terminal::report(&summary, place.as_deref(), output::stdout_paint()),
    };
    let printed = output::print(&text).err();
    let violations: Vec<_> = ran.run.findings.shown().cloned().collect();
    let told = place.as_deref().map(|place| super::stories::write(Path::new(place), &stage.plan, &violations));
    let untold = match told {
        Some(Ok(stories)) if stories > 0 => {
            let place = place.as_deref().unwrap_or_default();
            output::note(&format!("{}: {place}/violations", counted(stories as u64, "story", "stories")));
            None
        }
        Some(Err(failure)) => Some(failure),
        _ => None,
    };
    let unsent = args.otlp.as_deref().and_then(|url| otlp::send(url, &run, &summary).err());
    let failures: Vec<Failure> =
        lost.map(Failure::Folder).into_iter().chain(printed).chain(untold).chain(unsent).collect();
    failures.iter().for_each(show::failure);
    let verdict = summary.verdict.exit_code;
    Ok(if verdict == Outcome::Held.exit_code() && !failures.is_empty() { WRONG } else { verdict })
}

/// Keeps a run in its folder as it goes, until the folder fails.
struct Keeper {
    run: RunFile,
    folder: Option<Folder>,
    lost: Option<FolderError>,
}

impl Keeper {
    fn new(
        args: &RunArgs,
        stage: &Stage,
        target: &Target,
        is_mock: bool,
        (reproduce, opens): (String, Time),
    ) -> Result<Keeper, FolderError> {
        let run = RunFile {
            schema: RUN_SCHEMA,
            complete: false,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target: if is_mock { "mock".to_owned() } else { target.to_string() },
            seed: format!("{:#x}", stage.plan.seed()),
            reproduce,
            started_at: machine::now(),
            ended_at: None,
            opens: Some(opens),
            host: machine::host(),
            scenario: stage.scenario.as_ref().clone(),
        };
        let mut folder = if args.no_out { None } else { Some(Folder::create(&args.out, &run)?) };
        if let Some(folder) = &mut folder {
            folder.begin_history(&Header {
                fieldday_history: FORMAT,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                scenario: stage.scenario.name.clone(),
                seed: stage.plan.seed(),
                start: stage.plan.start(),
            })?;
        }
        Ok(Keeper { run, folder, lost: None })
    }
    fn attempt(&mut self, what: impl FnOnce(&mut Folder) -> Result<(), FolderError>) {
        if let Some(folder) = self.folder.as_mut().filter(|_| self.lost.is_none())
            && let Err(error) = what(folder)
        {
            self.lost = Some(error);
        }
    }
    fn add(&mut self, lines: Lines) {
        self.attempt(|folder| folder.add_lines(lines));
    }
    fn end_history(&mut self, ran: &LiveOutcome) -> Option<HistoryPart> {
        self.folder.as_ref()?;
        let whole: Option<Fingerprint> = ran.run.complete.then_some(ran.run.fingerprint);
        self.attempt(|folder| folder.end_history(whole));
        let why = if whole.is_some() { "recorded" } else { "recorded until the run was ended" };
        Some(HistoryPart { file: HISTORY.to_owned(), only_cells: None, why: why.to_owned() })
    }
    fn close(
        mut self,
        summary: &Summary,
        ran: &LiveOutcome,
        stage: &Stage,
        is_mock: bool,
    ) -> (Option<String>, Option<FolderError>) {
        let plan = &stage.plan;
        let place = self.folder.as_ref().map(|folder| folder.path().display().to_string());
        let lost = self.lost.take();
        self.attempt(|folder| folder.put_latencies(&ran.run.measures, plan.start(), plan.end()));
        self.attempt(|folder| folder.put_summary(summary));
        let run = RunFile { complete: summary.complete, ended_at: Some(machine::now()), ..self.run.clone() };
        self.attempt(|folder| {
            let ground = stage.ground(is_mock, Some(machine::random()));
            fieldday_documents::put(folder, &run, summary, &SeriesFile::new(&ground, &ran.run))
        });
        if lost.is_none() {
            self.attempt(|folder| folder.close(&run));
        }
        (place, lost.or(self.lost))
    }
}
