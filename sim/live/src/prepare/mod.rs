//! A run on the wall clock as a library call: [`prepare`] checks everything that can be checked before anything is done, then
//! [`Prepared::open`] sets the target up, [`Ready::look`] looks at it, and [`Ready::run`] lives the day.

mod checks;
pub(crate) mod error;
mod open;
mod ready;

pub use checks::writable;
pub use error::PrepareError;
pub use ready::{Lived, Ready};

use crate::attack::GooseWishes;
use crate::clock::utc_now;
use crate::conform;
use crate::plan::LivePlan;
use crate::scrape::ExporterUrl;
use crate::script::Scripts;
use crate::sizing::Sizing;
use crate::target::Target;
use checks::{allowed, ends_before_midnight, enough_files_and_ports, exporters, read_certificates};
use fieldday_engine::setup;
use fieldday_kernel::time::{Span, Time};
use fieldday_mock::Options as MockOptions;
use fieldday_plan::CellPlan;
use fieldday_plan::shard::Shard;
use fieldday_scenario::{Scenario, TokenSource};
use fieldday_tokens::{Keyless, Source};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

/// The target of a run.
pub enum Called {
    /// The tool's own mock, in this process and with the run's clock; changed by this before it serves.
    Mock(Box<dyn FnOnce(&mut MockOptions)>),
    /// A deployment with this base URL.
    Url(String),
}

impl Called {
    /// The target that the command line names: `mock`, or a base URL.
    pub fn named(text: &str) -> Called {
        if text == "mock" { Called::Mock(Box::new(|_| ())) } else { Called::Url(text.to_owned()) }
    }
}

/// How a run is driven, beside what its scenario says.
#[derive(Clone, Debug, Default)]
pub struct LiveOptions {
    /// So many workers, each a thread; one at least.
    pub workers: usize,
    /// Whether the run's history is kept.
    pub history: bool,
    /// Which part of the plan is run; all of it if none. It gets its portion of what the scenario allows the whole run.
    pub shard: Option<Shard>,
    /// When the window will open at the earliest; now if none.
    pub starts_at: Option<Time>,
    /// The name of the only rep who begins; all begin if none.
    pub only: Option<String>,
    /// How long after the window opened it is measured, and for how long; all of the run if none.
    pub plateau: Option<(Span, Span)>,
    /// The scripts that clients play in place of living their days.
    pub scripts: Option<Scripts>,
    /// A PEM file of root certificates to trust beside the system's.
    pub cacert: Option<PathBuf>,
    /// Where connections come from, in turn; wherever the system likes if there is none.
    pub sources: Vec<IpAddr>,
    /// The key that signs tokens, in place of what the scenario says.
    pub key: Option<PathBuf>,
    /// Which build the target runs, if somebody knows better than its answers.
    pub version: Option<String>,
    /// Where goose shows its dashboard and writes its log of requests, if it is to.
    pub goose: GooseWishes,
    /// Whether the scenario's planned disturbances of the target happen.
    pub disturb: bool,
    /// The target is only looked at: it is not loaded by the scenario's command.
    pub dry_run: bool,
}

/// The target after its checks.
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

impl Prepared {
    /// The scenario that is run.
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
    /// The cores, memory, files and connections that the run may need on this machine.
    pub fn sizing(&self) -> Sizing {
        self.sizing
    }
    /// The command that loads the target, if the scenario has one for it.
    pub fn provision(&self) -> Option<&str> {
        self.scenario().data.provision.as_deref().filter(|_| matches!(self.called, Checked::Deployment(_)))
    }
}
