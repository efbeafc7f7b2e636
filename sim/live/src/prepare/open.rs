//! Setting the target up: serving the mock, or loading a deployment by the scenario's command and finding it.

use super::error::PrepareError;
use super::ready::{Ready, Served, TAKES_PLACE};
use super::{Checked, Prepared};
use crate::clock::{WallClock, utc_now};
use crate::http::{AnswerBudget, Connector, NoConnection, WireSettings};
use crate::machine::random;
use crate::plan::LivePlan;
use crate::preflight::Unusable;
use crate::provision::Provision;
use crate::run::{day_clocks, window};
use crate::target::Target;
use fieldday_api::private;
use fieldday_data::export::{Export, ExportError, Format};
use fieldday_kernel::time::Time;
use fieldday_mock::{Clock, Mock, Options as MockOptions};
use fieldday_plan::CellPlan;
use fieldday_plan::shard::portion;
use fieldday_scenario::Scenario;
use fieldday_tokens::{Source, Wallet};
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::runtime::Builder;

/// Threads that the tool's own mock serves on.
const MOCK_THREADS: usize = 1;

impl Prepared {
    /// Sets the target up: serves the mock, or loads the deployment by the scenario's command and finds out where it is.
    ///
    /// While the command works, `stop` ends it and what it started, with [`ProvisionError::Interrupted`](crate::provision::ProvisionError::Interrupted).
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
