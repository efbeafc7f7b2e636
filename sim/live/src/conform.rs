//! A conformance pass on the wall clock: a few people at their stations, one executor that the wall feeds, nobody's day.

use crate::cell::recorder;
use crate::clock::WallClock;
use crate::health::Health;
use crate::http::WireSettings;
use crate::inbox::Inbox;
use crate::run::{LiveOutcome, add_recorded};
use crate::transport::Arrival;
use crate::transport::http::HttpTransport;
use fieldday_conform::{Means, NoCast, Pass, Trouble};
use fieldday_engine::cell::Furnishing;
use fieldday_engine::pass;
use fieldday_engine::recorder::SharedRecorder;
use fieldday_engine::run::RunOutcome;
use fieldday_engine::setup;
use fieldday_history::file::Lines;
use fieldday_kernel::executor::Executor;
use fieldday_kernel::time::{Date, Span, Time, TimeOfDay};
use fieldday_mock::{Options as MockOptions, Service};
use fieldday_plan::CellPlan;
use fieldday_rep::station::{CellContext, DayClock};
use fieldday_rules::{Contract, Findings};
use fieldday_scenario::Scenario;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::LocalOptions;

/// How often it is looked whether the pass should stop.
const LOOKS_EVERY: Duration = Duration::from_millis(100);
/// For how long a recording's processing is polled.
const WATCHES: Span = Span::seconds(20);
/// How long the tool's own mock works on a request, in percent of what it would in a day.
const SERVICE_PERCENT: u32 = 15;
/// How long after its beginning a pass over the mock meets trouble: first it looks for rows, which takes half a second.
const TROUBLE: Span = Span::seconds(3);
/// The day of a pass over the tool's own mock, whose clock may show any: on it, clocks were set back.
const MOCK_DATE: &str = "2026-11-01";
/// The part of that day. By UTC the next one has begun, and by the offset of the night before, too: whoever takes either
/// for the local date is an hour away from being right.
const MOCK_WINDOW: (TimeOfDay, TimeOfDay) = (TimeOfDay::hm(23, 5), TimeOfDay::hm(23, 59));
/// No pass takes longer: a target that answers nothing in time would hold it up for hours.
pub(crate) const AT_MOST: Span = Span::minutes(5);

/// A conformance pass that has not begun.
pub struct ConformRun {
    /// The scenario as [`settled`] leaves it.
    pub scenario: Arc<Scenario>,
    /// The cell of its plan that takes part, with the identities that the target knows.
    pub cell: CellPlan,
    /// The protocol's clock, which is also the built-in mock's.
    pub clock: WallClock,
    /// When the pass begins, by that clock.
    pub opens: Time,
    /// The wire, which a day may use after it.
    pub wire: Arc<WireSettings>,
    /// When the target is made to fail, if it is.
    pub trouble: Option<Trouble>,
}

/// The progress of a pass under way.
pub struct PassProgress<'a> {
    /// The number of requests that ended, answered or not.
    pub requests: u64,
    /// The findings so far; shares, and what only the end decides, are not settled.
    pub findings: &'a Findings,
}

/// The reason why a pass cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConformError {
    /// The system gives no sockets or timers.
    #[error("the system cannot provide what a pass needs: {0}")]
    System(#[from] std::io::Error),
    /// The cell has fewer than two tenants, or no tenant with two reps.
    #[error("a conformance pass needs two tenants, one of them with two reps: this scenario has fewer")]
    NoCast,
}

impl From<NoCast> for ConformError {
    fn from(_: NoCast) -> ConformError {
        ConformError::NoCast
    }
}

/// A scenario as a pass is made of it on the wall clock: a while within one day, at the protocol's own pace. The tool's own
/// mock processes recordings at once, so that there is something to watch. Its clock shows an hour at which a wrong date
/// shows, unless the scenario names a window, or has people in several territories, who may have several dates then.
pub fn settled(scenario: Scenario, is_mock: bool) -> Scenario {
    let mut scenario = pass::settled(scenario, false);
    let live = &mut scenario.live;
    // Nobody lives a day: what is left of it is how long the local dates must not change.
    (live.speed, live.linger_s) = (10_000, AT_MOST.as_seconds() as u32);
    scenario.day.dates.truncate(1);
    if is_mock {
        if scenario.live.window.is_none() && scenario.people.territories.len() == 1 {
            scenario.live.window = Some(MOCK_WINDOW);
            scenario.day.dates = Date::parse(MOCK_DATE).into_iter().collect();
        }
        (scenario.shunya.transcription_s, scenario.shunya.analysis_s) = ((1, 2), (1, 2));
    }
    scenario
}

/// When the window of a mock's day opens.
pub(crate) fn opens(cell: &CellPlan, from: TimeOfDay) -> Time {
    cell.tenants.first().map_or(cell.start, |tenant| tenant.data.zone.at(tenant.date, from))
}

/// When the tool's own mock is made to fail: before a pass does anything else.
pub(crate) fn trouble_from(opens: Time) -> Trouble {
    let at = |number: i64| {
        let from = opens + TROUBLE + Span::seconds(3).times(number);
        (from, from + Span::seconds(2))
    };
    Trouble { before_commit: at(0), after_commit: at(1), lost_answer: at(2) }
}

/// Makes the tool's own mock fail when a pass expects it to.
pub fn fails_for_a_pass(from: TimeOfDay) -> impl FnOnce(&mut MockOptions) {
    move |options| {
        // A pass wants answers, not a day's latencies: a thousand requests, one after the other.
        options.service = Service::Scaled(SERVICE_PERCENT);
        options.prepare = Some(Box::new(move |cell| {
            cell.mishaps = pass::mishaps(cell, trouble_from(opens(cell, from)));
        }));
    }
}

impl ConformRun {
    /// Makes the pass, to its end or until `stop` is set. `history` takes what is told as it comes, on this thread, and `tick`
    /// is told how far it is.
    pub fn run(
        self,
        stop: &AtomicBool,
        history: impl FnMut(Lines),
        tick: impl FnMut(&PassProgress<'_>),
    ) -> Result<LiveOutcome, ConformError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
        runtime.block_on(self.passes(stop, history, tick))
    }
    async fn passes(
        self,
        stop: &AtomicBool,
        mut history: impl FnMut(Lines),
        mut tick: impl FnMut(&PassProgress<'_>),
    ) -> Result<LiveOutcome, ConformError> {
        let ConformRun { scenario, cell, clock, opens, wire, trouble } = self;
        let (began, index) = (Instant::now(), cell.index);
        let executor = Executor::new(clock.now());
        let inbox = Rc::new(Inbox::default());
        let transport = HttpTransport::new(0, wire.clone(), clock, inbox.clone(), None);
        let recorder = SharedRecorder::new(Some(recorder(&scenario, &cell, true)));
        let context = CellContext {
            clock: executor.handle(),
            seed: cell.seed,
            events: Box::new(recorder.clone()),
            transport: transport.clone(),
            lingers: Span::ZERO,
        };
        let app = setup::app(&scenario, setup::pace(&scenario));
        let furnishing = Furnishing { context: Rc::new(context), app: &app, mobile: false, office_one_way: Span::ZERO };
        let days = vec![DayClock::real_time(); cell.tenants.len()];
        let actors = furnishing.seat_conformers(&cell.tenants, &days)?;
        actors.iter().for_each(|actor| transport.introduce(&actor.client));
        let means = Means {
            begins: opens.max(clock.now()),
            signs: wire.wallet.source().key().is_some(),
            owns_clock: false,
            watches: WATCHES,
            trouble,
            ..pass::means(&scenario, opens)
        };
        let (over, done) = (Rc::new(Cell::new(false)), Pass::new(actors, means).run());
        let ended = over.clone();
        executor.handle().spawn(async move {
            done.await;
            ended.set(true);
        });
        let mut health = Health::default();
        let (mut requests, until) = (0, clock.now() + AT_MOST);
        while !over.get() && !stop.load(Ordering::Relaxed) && clock.now() < until {
            executor.run_to(clock.now());
            while let Some((_, arrival)) = inbox.take() {
                executor.run_to(clock.now());
                if let Arrival::Attempt(completion) = &arrival {
                    health.sent_late(completion.lag);
                    requests += 1;
                }
                arrival.deliver();
                executor.run_to(clock.now());
            }
            let next = executor.next_due().map(|at| clock.instant(at));
            let look = Instant::now() + LOOKS_EVERY;
            let wakes = tokio::time::Instant::from_std(next.map_or(look, |next| next.min(look)));
            tokio::select! {
                () = inbox.wait() => {}
                () = tokio::time::sleep_until(wakes) => {}
            }
            let mut lines = Lines::default();
            recorder.with(|recorder| recorder.take_lines(&mut lines));
            if !lines.is_empty() {
                history(lines);
            }
            recorder.with(|recorder| tick(&PassProgress { requests, findings: recorder.judges.so_far() }));
        }
        drop(executor);
        transport.close();
        let mut lines = Lines::default();
        recorder.with(|recorder| recorder.take_lines(&mut lines));
        history(lines);
        let complete = over.get();
        let (mut run, mut contract) = (RunOutcome::nothing(1, complete), Contract::default());
        run.cells = 1;
        if let Some(recorder) = recorder.take() {
            let print = add_recorded(&mut run, &mut contract, recorder);
            run.prints.push((index, print));
        }
        run.combine_prints();
        Ok(LiveOutcome {
            contract,
            run,
            traffic: None,
            all_traffic: None,
            health,
            took: began.elapsed(),
            budget: (!complete && clock.now() >= until).then(|| {
                format!("stopped after {} minutes: the target is too slow for a pass", AT_MOST.as_seconds() / 60)
            }),
            target_died: false,
            panicked: Vec::new(),
            goose_requests: 0,
            version: wire.version.get().cloned(),
            token_trouble: wire.token_trouble.lock().ok().and_then(|mut first| first.take()),
            not_allowed: wire.not_allowed.lock().ok().and_then(|mut first| first.take()),
        })
    }
}
