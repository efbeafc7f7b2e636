//! A run whose target is there: it is looked at, put to the test, and run.

use super::LiveOptions;
use super::checks::ends_before_midnight;
use super::error::PrepareError;
use crate::clock::WallClock;
use crate::conform::{self, ConformError, ConformRun, PassProgress};
use crate::disturb::{Disturbances, Disturber, Opens};
use crate::http::WireSettings;
use crate::plan::LivePlan;
use crate::preflight::{Preflight, Terms, preflight};
use crate::run::{LiveError, LiveOutcome, LiveRun, window};
use crate::scrape::{self, ExporterUrl, Scraper};
use crate::sizing::reps;
use crate::target::Target;
use crate::worker::RunProgress;
use fieldday_history::file::Lines;
use fieldday_kernel::time::{Span, Time};
use fieldday_metrics::Observed;
use fieldday_mock::Mock;
use fieldday_plan::CellPlan;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::runtime::Runtime;

/// A protocol's clock shows this a moment before the window opens: everybody takes their place.
pub(super) const TAKES_PLACE: Span = Span::millis(500);

/// The built-in mock, if it is the target, with its runtime; dropping it stops the mock.
pub(super) struct Served {
    pub(super) mock: Option<Mock>,
    pub(super) runtime: Runtime,
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mock) = self.mock.take() {
            self.runtime.block_on(mock.stop());
        }
    }
}

/// A run whose target has been set up.
pub struct Ready {
    pub(super) plan: LivePlan,
    pub(super) cells: Vec<CellPlan>,
    pub(super) pass: Option<CellPlan>,
    pub(super) target: Target,
    pub(super) wire: Arc<WireSettings>,
    pub(super) exporters: Vec<ExporterUrl>,
    pub(super) clock: WallClock,
    pub(super) opens: Time,
    pub(super) options: LiveOptions,
    pub(super) served: Served,
}

impl Ready {
    /// The plan with the identities that the target knows.
    pub fn plan(&self) -> &LivePlan {
        &self.plan
    }
    /// The cells that are run.
    pub fn cells(&self) -> &[CellPlan] {
        &self.cells
    }
    /// The number of reps in these cells.
    pub fn reps(&self) -> u64 {
        reps(&self.cells)
    }
    /// The target's base URL: the deployment's, or that of the mock that is served.
    pub fn target(&self) -> &Target {
        &self.target
    }
    /// The protocol's clock: the wall clock, or that of the mock's day.
    pub fn clock(&self) -> WallClock {
        self.clock
    }
    /// When the window opens, by the protocol's clock.
    pub fn opens(&self) -> Time {
        self.opens
    }
    /// Between which moments of the protocol's clock the run is measured; none if all of it is.
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
        // Their times count from when the window opens; where scripts are played, from when what is measured of them begins.
        let (conduct, opens, plays) = (pulse.clone(), self.opens, self.options.scripts.is_some());
        let opens: Opens = Arc::new(move || match plays {
            true => conduct.conduct.measured().map(|(from, _)| from),
            false => Some(opens),
        });
        // It undoes what it began when it goes, also where the run fails or panics.
        let disturber = Disturber::start(planned, &self.target.to_string(), self.clock, &opens)?;
        let live = LiveRun {
            // What is measured of scripts is kept anyway.
            traffic: !planned.is_empty() && plateau.is_none(),
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
        let disturbances = Disturbances { opens: opens().unwrap_or(self.opens), ended, disturbed };
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
    /// The result of the run.
    pub outcome: LiveOutcome,
    /// The metrics of the target's exporters during the run.
    pub observed: Observed,
    /// The planned disturbances with when each began and ended.
    pub disturbances: Disturbances,
    /// The plan with the identities that the target knows.
    pub plan: LivePlan,
    _served: Served,
}
