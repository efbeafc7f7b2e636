//! A run on the wall clock as a library call: [`prepare`] checks everything that can be checked before anything is done, then
//! [`Prepared::open`] sets the target up, [`Ready::look`] looks at it, and [`Ready::run`] lives the day.

use crate::attack::GooseWishes;
use crate::clock::{WallClock, utc_now};
use crate::conform::{self, ConformError, ConformRun, PassProgress};
use crate::disturb::{Disturbances, Disturber};
use crate::http::{AnswerBudget, Connector, NoConnection, WireSettings, certificates};
use crate::machine::{raise_open_files, random};
use crate::plan::LivePlan;
use crate::preflight::{Preflight, Terms, Unusable, preflight};
use crate::provision::{Provision, ProvisionError};
use crate::run::{LiveError, LiveOutcome, LiveRun, day_clocks, lasts, window};
use crate::scrape::{self, ExporterUrl, Scraper};
use crate::script::Scripts;
use crate::sizing::{Sizing, reps};
use crate::target::{NoTarget, Target};
use crate::worker::RunProgress;
use fieldday_api::private;
use fieldday_data::export::{Export, ExportError, Format};
use fieldday_data::roster::{CastError, RosterError, SpareError};
use fieldday_engine::setup;
use fieldday_history::file::Lines;
use fieldday_kernel::time::{Span, Time};
use fieldday_metrics::Observed;
use fieldday_mock::{Clock, Mock, MockError, Options as MockOptions};
use fieldday_plan::shard::{Shard, portion};
use fieldday_plan::{CellPlan, PlanError};
use fieldday_scenario::{Scenario, TokenSource};
use fieldday_tokens::{Keyless, Source, TokenError, Wallet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Threads that the tool's own mock serves on.
const MOCK_THREADS: usize = 1;
/// A protocol's clock shows this a moment before the window opens: everybody takes their place.
const TAKES_PLACE: Span = Span::millis(500);

/// What a run calls.
pub enum Called {
    /// The tool's own mock, in this process and with the run's clock; changed by this before it serves.
    Mock(Box<dyn FnOnce(&mut MockOptions)>),
    /// A deployment, by its base URL.
    Url(String),
}

impl Called {
    /// What somebody means who writes `mock`, or a base URL.
    pub fn named(text: &str) -> Called {
        if text == "mock" { Called::Mock(Box::new(|_| ())) } else { Called::Url(text.to_owned()) }
    }
}

/// How a run is driven, beside what its scenario says.
#[derive(Clone, Debug, Default)]
pub struct LiveOptions {
    /// So many workers, each a thread; one at least.
    pub workers: usize,
    /// Whether a history is wanted.
    pub history: bool,
    /// Which part of the plan is run; all of it if none. It gets its portion of what the scenario allows the whole run.
    pub shard: Option<Shard>,
    /// When the window will open at the earliest; now if none.
    pub starts_at: Option<Time>,
    /// Only this rep begins.
    pub only: Option<String>,
    /// How long after the window opened it is measured, and for how long; all of the run if none.
    pub plateau: Option<(Span, Span)>,
    /// What clients play in place of their days: they do not live those.
    pub scripts: Option<Scripts>,
    /// Further root certificates to trust, in PEM.
    pub cacert: Option<PathBuf>,
    /// Where connections come from, in turn; wherever the system likes if there is none.
    pub sources: Vec<IpAddr>,
    /// The key that signs tokens, in place of what the scenario says.
    pub key: Option<PathBuf>,
    /// Which build the target runs, if somebody knows better than its answers.
    pub version: Option<String>,
    /// What goose is asked for.
    pub goose: GooseWishes,
    /// The scenario's planned disturbances happen.
    pub disturb: bool,
    /// The target is only looked at: it is not loaded by the scenario's command.
    pub dry_run: bool,
}

/// Why a run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A plan that cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A file of users that is wrong.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// Users who cannot play the plan.
    #[error(transparent)]
    Cast(#[from] CastError),
    /// Users who cannot play the conformance pass.
    #[error(transparent)]
    Spare(#[from] SpareError),
    /// There is no such rep.
    #[error("the plan has no rep called {0:?}")]
    NoSuchRep(String),
    /// A target that is no base URL.
    #[error(transparent)]
    NoTarget(#[from] NoTarget),
    /// An exporter whose URL is none.
    #[error("metrics: {0}")]
    NoExporter(#[source] NoTarget),
    /// A target beyond loopback that nobody allowed.
    #[error("{host} is not on this machine, and requests to it are not allowed")]
    NotAllowed {
        /// Its host.
        host: String,
    },
    /// An exporter beyond loopback that nobody allowed.
    #[error("{host} is not on this machine, and metrics may not be scraped from it")]
    MetricsNotAllowed {
        /// Its host.
        host: String,
    },
    /// A command that loads the target, and lacks its password.
    #[error("`data.provision` lacks its password: run folders keep the command without it")]
    NoSecret,
    /// A disturbance that lacks a password of its commands.
    #[error("the disturbance {0:?} lacks a password of its commands: run folders keep them without it")]
    NoSecretToDisturb(String),
    /// A day that ends while it is lived.
    #[error(
        "the local date of {tenant} would change during the run: its local time is {time}, and the run takes {minutes} minutes"
    )]
    Midnight {
        /// The tenant, and its zone.
        tenant: String,
        /// The time of day there.
        time: String,
        /// How long the run takes.
        minutes: i64,
        /// In how many minutes the day of the plan is over there, if it has begun.
        midnight_min: Option<i64>,
    },
    /// More open files than the system allows.
    #[error("{reps} reps need about {needed} open files, but the system allows {allowed}")]
    TooFewFiles {
        /// So many reps.
        reps: u64,
        /// Need so many.
        needed: u64,
        /// And may have so many.
        allowed: u64,
    },
    /// More connections than there are ports for.
    #[error(
        "{reps} reps may open {needed} connections at once, but from {sources} there are only {ports} ports to one target"
    )]
    TooFewPorts {
        /// So many reps.
        reps: u64,
        /// May open so many.
        needed: u64,
        /// From so many addresses, in words.
        sources: String,
        /// There are so many ports.
        ports: u64,
    },
    /// Tokens that cannot be had.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Tokens that a mock of ours could not verify.
    #[error("the built-in mock accepts only tokens of this run, but the scenario's [tokens] names another source")]
    MockNeedsAKey,
    /// A file that cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A port that goose's dashboard cannot have.
    #[error("the dashboard cannot listen on port {port} of the loopback: {source}")]
    Dashboard {
        /// The port.
        port: u16,
        /// One that it could have.
        free: Option<u16>,
        /// Why not.
        source: io::Error,
    },
    /// Sockets and timers that the system does not give.
    #[error("the system cannot provide what a server needs: {0}")]
    Runtime(#[source] io::Error),
    /// A mock that cannot serve.
    #[error(transparent)]
    Mock(#[from] MockError),
    /// A target that could not be loaded.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// A target that cannot be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// A target that cannot be used for the conformance pass, since it does not know its people.
    #[error("the people of the conformance pass cannot use the target: {0}")]
    NoConformance(#[source] Unusable),
}

/// What is called, checked.
enum Checked {
    Mock(Box<dyn FnOnce(&mut MockOptions)>),
    Deployment(Target),
}

/// A run of which everything was checked, and nothing done yet.
pub struct Prepared {
    plan: LivePlan,
    cells: Vec<CellPlan>,
    /// The people of the conformance pass before the day, if there is to be one.
    pass: Option<CellPlan>,
    left_out: Vec<String>,
    sizing: Sizing,
    called: Checked,
    source: Source,
    roots: Vec<Vec<u8>>,
    exporters: Vec<ExporterUrl>,
    options: LiveOptions,
}

/// Plans a run of a scenario as it is to be lived, and checks whatever can be checked without calling the target.
pub fn prepare(
    mut scenario: Scenario,
    seed: u64,
    called: Called,
    options: LiveOptions,
) -> Result<Prepared, PrepareError> {
    let called = match called {
        Called::Mock(change) => Checked::Mock(change),
        Called::Url(url) => Checked::Deployment(allowed(Target::parse(&url)?, &scenario)?),
    };
    let exporters = exporters(&scenario)?;
    let is_mock = matches!(called, Checked::Mock(_));
    if !is_mock && !options.dry_run && scenario.data.lacks_a_secret() {
        return Err(PrepareError::NoSecret);
    }
    let lacking = scenario.live.disturb.iter().find(|of| options.disturb && of.lacks_a_secret());
    if let Some(of) = lacking.filter(|_| !options.dry_run) {
        return Err(PrepareError::NoSecretToDisturb(of.name.clone()));
    }
    if let Some(key) = &options.key {
        scenario.tokens.source = TokenSource::Local;
        scenario.tokens.key = Some(key.display().to_string());
    }
    let scenario = Arc::new(scenario);
    let plan = LivePlan::new(scenario.clone(), seed, is_mock)?.of_shard(options.shard)?;
    let (mut cells, mut left_out) = (Vec::new(), Vec::new());
    for index in plan.plan.cells_run() {
        let (cell, nobody) = plan.cell(index)?;
        cells.push(cell);
        left_out.extend(nobody);
    }
    if let Some(name) = &options.only
        && !cells.iter().flat_map(|cell| &cell.tenants).flat_map(|tenant| &tenant.reps).any(|rep| rep.name == *name)
    {
        return Err(PrepareError::NoSuchRep(name.clone()));
    }
    // The tool's own mock serves one day's clock, and shards would make the same pass many times.
    let pass = (scenario.live.conform && !is_mock && options.shard.is_none()).then(|| plan.conformance_cell(&cells));
    let pass = pass.transpose()?;
    if !is_mock {
        let takes = pass.as_ref().map_or(Span::ZERO, |_| conform::AT_MOST);
        ends_before_midnight(&scenario, &cells, options.starts_at.unwrap_or_else(utc_now), takes)?;
    }
    // Where the mock is in this process, it holds both ends.
    let (ends, sources) = (if is_mock { 2 } else { 1 }, options.sources.len() as u64);
    let sizing = Sizing::of(&scenario, &cells, ends, sources);
    enough_files_and_ports(&sizing, sources)?;
    let is_near = matches!(&called, Checked::Deployment(target) if target.is_loopback());
    let keyless = if is_near { Keyless::Development } else { Keyless::Generated };
    let source = Source::of(&scenario.tokens, setup::token_life(&scenario), keyless)?;
    if is_mock && source.key().is_none() {
        return Err(PrepareError::MockNeedsAKey);
    }
    let roots = options.cacert.as_deref().map(read_certificates).transpose()?.unwrap_or_default();
    options.goose.request_log.as_deref().map_or(Ok(()), writable)?;
    if let Some(port) = options.goose.dashboard {
        // Free again at once: goose takes it when the run begins.
        let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        if let Err(source) = bind(port) {
            let free =
                (port.saturating_add(1)..=port.saturating_add(100)).find(|next| *next >= 1_024 && bind(*next).is_ok());
            let free = free.or_else(|| (5_118..5_218).find(|next| bind(*next).is_ok()));
            return Err(PrepareError::Dashboard { port, free, source });
        }
    }
    Ok(Prepared { plan, cells, pass, left_out, sizing, called, source, roots, exporters, options })
}

/// Where metrics are scraped: on this machine, or on hosts that the scenario says may be called.
fn exporters(scenario: &Scenario) -> Result<Vec<ExporterUrl>, PrepareError> {
    let mut exporters = Vec::new();
    for url in &scenario.live.metrics.urls {
        let exporter = ExporterUrl::parse(url).map_err(PrepareError::NoExporter)?;
        let target = exporter.target();
        if !target.is_loopback() && !target.is_among(&scenario.live.allow) {
            return Err(PrepareError::MetricsNotAllowed { host: target.host().to_owned() });
        }
        exporters.push(exporter);
    }
    Ok(exporters)
}

/// A target on this machine, or one that the scenario says may be called.
fn allowed(target: Target, scenario: &Scenario) -> Result<Target, PrepareError> {
    if target.is_loopback() || target.is_among(&scenario.live.allow) {
        return Ok(target);
    }
    Err(PrepareError::NotAllowed { host: target.host().to_owned() })
}

/// All tenants have the plan's date now, and still have it when the run ends.
///
/// `before` is how long what comes before the window may take.
fn ends_before_midnight(scenario: &Scenario, cells: &[CellPlan], now: Time, before: Span) -> Result<(), PrepareError> {
    let lasts = before + lasts(scenario) + Span::seconds(i64::from(scenario.live.linger_s));
    for tenant in cells.iter().flat_map(|cell| &cell.tenants) {
        let (zone, date) = (&tenant.data.zone, tenant.date);
        if zone.date(now) != date || zone.date(now + lasts) != date {
            let (tenant, time) = (format!("{} ({})", tenant.name, zone.name), zone.time_of_day(now).to_string());
            let midnight = (zone.date(now) == date).then(|| zone.midnight(date.plus_days(1)).since(now).as_seconds());
            let minutes = lasts.as_seconds() / 60;
            return Err(PrepareError::Midnight { tenant, time, minutes, midnight_min: midnight.map(|s| s / 60 + 1) });
        }
    }
    Ok(())
}

/// Whether the system has a file and a port for each connection that a run may come to.
fn enough_files_and_ports(sizing: &Sizing, sources: u64) -> Result<(), PrepareError> {
    let &Sizing { reps, connections, open_files: needed, .. } = sizing;
    if let Some(allowed) = raise_open_files(needed).filter(|allowed| *allowed < needed) {
        return Err(PrepareError::TooFewFiles { reps, needed, allowed });
    }
    match sizing.ports {
        Some(ports) if connections > ports => {
            let sources = if sources > 1 { format!("{sources} addresses") } else { "one address".to_owned() };
            Err(PrepareError::TooFewPorts { reps, needed: connections, sources, ports })
        }
        _ => Ok(()),
    }
}

fn read_certificates(path: &Path) -> Result<Vec<Vec<u8>>, PrepareError> {
    let unreadable = |source| PrepareError::Unreadable { path: path.to_owned(), source };
    let read = certificates(&fs::read(path).map_err(unreadable)?);
    read.ok_or_else(|| unreadable(io::Error::new(io::ErrorKind::InvalidData, "it contains no certificate")))
}

/// Whether a file can be written; it is left as it is, or not there.
///
/// It is an error if it cannot: [`PrepareError::Unwritable`].
pub fn writable(path: &Path) -> Result<(), PrepareError> {
    let unwritable = |source| PrepareError::Unwritable { path: path.to_owned(), source };
    let is_new = !path.exists();
    // To open a pipe would wait for whoever reads from it.
    #[cfg(unix)]
    if fs::metadata(path).is_ok_and(|data| std::os::unix::fs::FileTypeExt::is_fifo(&data.file_type())) {
        return Err(unwritable(io::Error::other("it is a pipe, not a file")));
    }
    OpenOptions::new().append(true).create(true).open(path).map_err(unwritable)?;
    if is_new { fs::remove_file(path).map_err(unwritable) } else { Ok(()) }
}

impl Prepared {
    /// The scenario.
    pub fn scenario(&self) -> &Arc<Scenario> {
        self.plan.plan.scenario()
    }
    /// Parts that nobody of the file of users plays.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }
    /// Whether a conformance pass comes before the day: one that the scenario asks for, at a deployment, and not in a shard.
    pub fn conforms_first(&self) -> bool {
        self.pass.is_some()
    }
    /// What the run needs of this machine.
    pub fn sizing(&self) -> Sizing {
        self.sizing
    }
    /// The command that loads the target, if the scenario has one for it.
    pub fn provision(&self) -> Option<&str> {
        self.scenario().data.provision.as_deref().filter(|_| matches!(self.called, Checked::Deployment(_)))
    }
    /// Sets the target up: serves the mock, or loads the deployment by the scenario's command and finds out where it is.
    ///
    /// While the command works, `stop` ends it and what it started, with [`ProvisionError::Interrupted`].
    pub fn open(self, stop: &AtomicBool) -> Result<Ready, PrepareError> {
        let scenario = self.plan.plan.scenario().clone();
        let runtime = Builder::new_multi_thread().worker_threads(MOCK_THREADS).enable_all().build();
        let runtime = runtime.map_err(PrepareError::Runtime)?;
        let (clock, opens, target, mock) = match self.called {
            Checked::Mock(change) => {
                let opens = opens(&self.plan, &self.cells);
                let clock = WallClock::showing(opens - TAKES_PLACE);
                let mut options = mock_options(&self.plan, &self.source, clock, opens)?;
                change(&mut options);
                let mock = runtime.block_on(Mock::serve(options))?;
                (clock, opens, Target::parse(&mock.base_url())?, Some(mock))
            }
            Checked::Deployment(target) => {
                // A target's data are people's: their tokens mean nothing beyond this process, whose first key stays.
                let _ = private::set_token_key((random(), random()));
                // Shards would load the target in each other's way: it is loaded before they begin.
                if !self.options.dry_run && self.options.shard.is_none() {
                    let cells = self.cells.iter().chain(&self.pass);
                    provision(&scenario, cells, &target, stop)?;
                }
                let clock = WallClock::showing(utc_now());
                (clock, clock.now() + TAKES_PLACE, target, None)
            }
        };
        let served = Served { mock, runtime };
        let (http, roots) = (scenario.live.http, self.roots);
        let unreachable = |why: NoConnection| Unusable::Unreachable { target: target.to_string(), why };
        let connector = served.runtime.block_on(Connector::new(target.clone(), http, &roots)).map_err(unreachable)?;
        let connector = connector.from_sources(&self.options.sources);
        let wire = Arc::new(WireSettings {
            connector,
            http,
            roots,
            dialect: scenario.dialect.table(scenario.switches.accept_422),
            wallet: Wallet::new(self.source, portion(self.options.shard, scenario.tokens.parallel.into()) as usize),
            run: random(),
            upload_bytes: scenario.data.upload_bytes,
            answers: AnswerBudget::default(),
            allow: scenario.live.allow.clone(),
            not_allowed: Default::default(),
            version: self.options.version.clone().map_or_else(Default::default, Into::into),
            token_trouble: Default::default(),
        });
        let (plan, cells, pass, exporters, options) = (self.plan, self.cells, self.pass, self.exporters, self.options);
        Ok(Ready { plan, cells, pass, target, wire, exporters, clock, opens, options, served })
    }
}

/// When the window opens, by the plan: what a mock's clock is to show then.
fn opens(plan: &LivePlan, cells: &[CellPlan]) -> Time {
    let first = cells.first().and_then(|cell| cell.tenants.first());
    let from = window(plan.plan.scenario()).0;
    first.map_or(plan.plan.start(), |tenant| tenant.data.zone.at(tenant.date, from))
}

/// The tool's own mock, whose clock is the run's.
fn mock_options(plan: &LivePlan, source: &Source, clock: WallClock, opens: Time) -> Result<MockOptions, PrepareError> {
    let key = source.key().ok_or(PrepareError::MockNeedsAKey)?;
    let mut options = MockOptions::trusting(plan.plan.clone(), std::slice::from_ref(key));
    options.clock = Clock::at(clock.now());
    let scenario = plan.plan.scenario().clone();
    options.prepare = Some(Box::new(move |cell| {
        let Some(day) = day_clocks(&scenario, cell, opens).first().copied() else { return };
        for mishap in &mut cell.mishaps {
            (mishap.from, mishap.until) = (day.wall(mishap.from), day.wall(mishap.until));
        }
    }));
    Ok(options)
}

/// Loads the target by the scenario's command, if it has one.
fn provision<'a>(
    scenario: &Scenario,
    mut cells: impl Iterator<Item = &'a CellPlan> + Clone,
    target: &Target,
    stop: &AtomicBool,
) -> Result<(), PrepareError> {
    let data = &scenario.data;
    let (Some(command), Some(first)) = (&data.provision, cells.clone().next()) else { return Ok(()) };
    let folder = std::env::temp_dir().join(format!("fieldday-export-{:016x}", random()));
    let failed = |source| PrepareError::Unwritable { path: folder.clone(), source };
    fs::create_dir(&folder).map_err(failed)?;
    let written = |error: ExportError| failed(io::Error::other(error.to_string()));
    let open = |name: &str| File::create_new(folder.join(name)).map(BufWriter::new);
    let mut export = Export::new(Format::Json, open).map_err(written)?;
    cells.try_for_each(|cell| export.add(cell)).map_err(written)?;
    export.finish().map_err(written)?;
    let (url, date) = (target.to_string(), first.date.to_string());
    let timeout = Duration::from_secs(u64::from(data.timeout_s));
    let done = Provision { command, timeout, export: &folder, target: &url, date: &date }.run(stop);
    // Left behind, it would be in the way of nobody: the people in it are invented.
    let _ = fs::remove_dir_all(&folder);
    Ok(done?)
}

/// What serves the mock, until nobody needs it any more.
struct Served {
    mock: Option<Mock>,
    runtime: Runtime,
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mock) = self.mock.take() {
            self.runtime.block_on(mock.stop());
        }
    }
}

/// A run whose target is there.
pub struct Ready {
    plan: LivePlan,
    cells: Vec<CellPlan>,
    pass: Option<CellPlan>,
    target: Target,
    wire: Arc<WireSettings>,
    exporters: Vec<ExporterUrl>,
    clock: WallClock,
    opens: Time,
    options: LiveOptions,
    served: Served,
}

impl Ready {
    /// The plan.
    pub fn plan(&self) -> &LivePlan {
        &self.plan
    }
    /// Its cells.
    pub fn cells(&self) -> &[CellPlan] {
        &self.cells
    }
    /// How many reps there are.
    pub fn reps(&self) -> u64 {
        reps(&self.cells)
    }
    /// What is called.
    pub fn target(&self) -> &Target {
        &self.target
    }
    /// The protocol's clock.
    pub fn clock(&self) -> WallClock {
        self.clock
    }
    /// When the window opens, by that clock.
    pub fn opens(&self) -> Time {
        self.opens
    }
    /// From when to when it is measured, if not all of the run is.
    pub fn plateau(&self) -> Option<(Time, Time)> {
        let (after, lasts) = self.options.plateau?;
        Some((self.opens + after, self.opens + after + lasts))
    }
    /// Looks at the target as its first rep. The window opens no earlier than that was done.
    pub fn look(&mut self) -> Result<Preflight, PrepareError> {
        let (scenario, is_mock) = (self.plan.plan.scenario(), self.served.mock.is_some());
        let terms = Terms {
            now: self.clock.now(),
            clock_difference: Span::seconds(i64::from(scenario.live.clock_difference_s)),
            leeway: Span::seconds(i64::from(scenario.switches.leeway_s)),
            is_mock,
            is_unloaded: self.options.dry_run && !is_mock && scenario.data.provision.is_some(),
        };
        let looks = |cells| self.served.runtime.block_on(preflight(&self.wire, cells, terms));
        let mut seen = looks(&self.cells)?;
        if let Some(pass) = &self.pass {
            looks(std::slice::from_ref(pass)).map_err(PrepareError::NoConformance)?;
        }
        let metrics = &scenario.live.metrics;
        let told = scrape::look(&self.exporters, metrics, &self.wire.roots);
        seen.notes.extend(self.served.runtime.block_on(told));
        self.opens = self.clock.now().max(self.opens);
        Ok(seen)
    }
    /// The window opens now, however long ago the target was looked at. An error if the local date has changed meanwhile, or will
    /// before the run ends.
    pub fn open_window(&mut self) -> Result<(), PrepareError> {
        self.opens = (self.clock.now() + TAKES_PLACE).max(self.opens);
        match self.served.mock {
            Some(_) => Ok(()),
            None => ends_before_midnight(self.plan.plan.scenario(), &self.cells, self.opens, Span::ZERO),
        }
    }
    /// The people of the conformance pass before the day, if there is to be one.
    pub fn pass(&self) -> Option<&CellPlan> {
        self.pass.as_ref()
    }
    /// Makes the conformance pass that the scenario asks for before the day, with people of its own, to its end or until `stop` is
    /// set. `history` takes what is told as it comes, and `tick` the number of requests so far. None if the scenario asks for none.
    pub fn conform_first(
        &mut self,
        stop: &AtomicBool,
        history: impl FnMut(Lines),
        mut tick: impl FnMut(u64),
    ) -> Result<Option<LiveOutcome>, ConformError> {
        let Some(cell) = self.pass.take() else { return Ok(None) };
        let scenario = Arc::new(conform::settled(self.plan.plan.scenario().as_ref().clone(), false));
        let (clock, wire) = (self.clock, self.wire.clone());
        let pass = ConformRun { scenario, cell, clock, opens: clock.now(), wire, trouble: None };
        pass.run(stop, history, |progress| tick(progress.requests)).map(Some)
    }
    /// Lives the day, to its end or until `stop` is set. `history` takes what the cells tell as it comes, and `tick` is called
    /// again and again meanwhile, both on this thread.
    pub fn run(
        self,
        stop: &AtomicBool,
        pulse: &Arc<RunProgress>,
        history: impl FnMut(Lines),
        tick: impl FnMut(&RunProgress),
    ) -> Result<Lived, LiveError> {
        let plateau = self.plateau();
        let scenario = self.plan.plan.scenario().clone();
        let scraper = Scraper::start(self.exporters, &scenario.live.metrics, self.wire.roots.clone(), self.clock)?;
        let planned = if self.options.disturb { scenario.live.disturb.as_slice() } else { &[] };
        // It undoes what it began when it goes, also where the run fails or panics.
        let disturber = Disturber::start(planned, &self.target.to_string(), self.clock, self.opens)?;
        let live = LiveRun {
            traffic: !planned.is_empty(),
            scenario: self.plan.plan.scenario().clone(),
            cells: self.cells,
            shard: self.options.shard,
            clock: self.clock,
            opens: self.opens,
            wire: self.wire,
            workers: self.options.workers,
            history: self.options.history,
            only: self.options.only,
            plateau,
            goose: self.options.goose,
            scripts: self.options.scripts,
        };
        let outcome = live.live(stop, pulse, history, tick);
        let ended = self.clock.now();
        let disturbed = disturber.finish();
        // It ends with the run, also with one that failed.
        let observed = scraper.map(Scraper::finish).unwrap_or_default();
        let disturbances = Disturbances { opens: self.opens, ended, disturbed };
        Ok(Lived { outcome: outcome?, observed, disturbances, plan: self.plan, _served: self.served })
    }
}

impl Ready {
    /// Makes a conformance pass of the target in place of the day, with the people of the plan's first cell. `history` takes
    /// what is told as it comes, and `tick` how far it is.
    pub fn conform(
        self,
        stop: &AtomicBool,
        history: impl FnMut(Lines),
        tick: impl FnMut(&PassProgress<'_>),
    ) -> Result<Lived, ConformError> {
        let is_mock = self.served.mock.is_some();
        let cell = self.cells.into_iter().next().ok_or(ConformError::NoCast)?;
        let trouble =
            is_mock.then(|| conform::trouble_from(conform::opens(&cell, window(self.plan.plan.scenario()).0)));
        let pass = ConformRun {
            scenario: self.plan.plan.scenario().clone(),
            cell,
            clock: self.clock,
            opens: self.opens,
            wire: self.wire,
            trouble,
        };
        let outcome = pass.run(stop, history, tick)?;
        let disturbances = Disturbances { opens: self.opens, ended: self.clock.now(), disturbed: Vec::new() };
        Ok(Lived { outcome, observed: Observed::default(), disturbances, plan: self.plan, _served: self.served })
    }
}

/// A run that was lived. The mock is there until this goes.
pub struct Lived {
    /// What came of it.
    pub outcome: LiveOutcome,
    /// What the target's exporters told meanwhile.
    pub observed: Observed,
    /// How the target was disturbed on purpose.
    pub disturbances: Disturbances,
    /// Its plan.
    pub plan: LivePlan,
    _served: Served,
}
