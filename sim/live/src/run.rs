//! A run on the wall clock, from a plan to what came of it.

use crate::attack::{GooseWishes, Seat, attack};
use crate::cell::CellOptions;
use crate::clock::WallClock;
use crate::health::Health;
use crate::http::WireSettings;
use crate::script::Scripts;
use crate::worker::{CellOrder, Command, Orders, RunProgress, WorkerOutcome, work};
use fieldday_engine::recorder::Recorder;
use fieldday_engine::run::RunOutcome;
use fieldday_history::file::Lines;
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Span, Time, TimeOfDay};
use fieldday_plan::shard::{Shard, portion};
use fieldday_plan::{CellPlan, EVENING};
use fieldday_rep::station::DayClock;
use fieldday_rules::{Contract, Traffic};
use fieldday_scenario::{Connections, HttpVersion, Scenario};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;

/// How often a run looks at its budget and whether it should stop.
const LOOKS_EVERY: Duration = Duration::from_millis(200);

/// A run that is about to begin.
pub struct LiveRun {
    /// The scenario of the run, with the command line's changes.
    pub scenario: Arc<Scenario>,
    /// The cells of its plan, with the identities that the target knows.
    pub cells: Vec<CellPlan>,
    /// Which part of the run it is: of what the scenario allows, it gets its portion.
    pub shard: Option<Shard>,
    /// The protocol's clock, which the target shares.
    pub clock: WallClock,
    /// The time at which the window opened, on the protocol's clock.
    pub opens: Time,
    /// Connections, tokens and dialect, for all cells.
    pub wire: Arc<WireSettings>,
    /// The number of workers, each of which is a thread.
    pub workers: usize,
    /// Whether a history is wanted.
    pub history: bool,
    /// The name of the only rep who begins; everybody if none.
    pub only: Option<String>,
    /// From when to when alone is measured, by the protocol's clock; all of the run if none.
    pub plateau: Option<(Time, Time)>,
    /// Whether what the wire carries is kept, request by request.
    pub traffic: bool,
    /// The dashboard and request log that goose is to provide.
    pub goose: GooseWishes,
    /// What clients play in place of their days, if they do.
    pub scripts: Option<Scripts>,
}

/// The result of a live run.
pub struct LiveOutcome {
    /// The figures that a run on the virtual clock has, too.
    pub run: RunOutcome,
    /// What the wire carried in the part that was measured, if it was a part.
    pub traffic: Option<Traffic>,
    /// What it carried over all of the run, counted from when the window opened, if that was wanted.
    pub all_traffic: Option<Traffic>,
    /// How the target's answers differ from the specification in form.
    pub contract: Contract,
    /// By how much the generator sent requests late and woke late.
    pub health: Health,
    /// The time for which the target was called, by the wall's clock.
    pub took: Duration,
    /// Why the run ended before its time, if its budget or a dead target did it.
    pub budget: Option<String>,
    /// Whether the target stopped answering, and the run ended for that.
    pub target_died: bool,
    /// The names of the reps whose tasks panicked.
    pub panicked: Vec<String>,
    /// The number of requests that goose counted.
    pub goose_requests: u64,
    /// The build of the target that answered, if it said so.
    pub version: Option<String>,
    /// The first of what a source of tokens had to say.
    pub token_trouble: Option<String>,
    /// The first host that audio was not sent to, since nobody allowed it.
    pub not_allowed: Option<String>,
}

/// What can keep a run from its end.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The system gives no threads, sockets or timers.
    #[error("the system cannot provide what a run needs: {0}")]
    System(#[from] std::io::Error),
    /// Goose could not be configured or run.
    #[error("goose cannot run: {0}")]
    Goose(String),
    /// There is no such rep.
    #[error("the plan has no rep called {0:?}")]
    NoSuchRep(String),
    /// A worker's thread panicked.
    #[error("a worker panicked; this is a bug of fieldday")]
    Worker,
}

/// The part of a day that is lived, by local time.
pub fn window(scenario: &Scenario) -> (TimeOfDay, TimeOfDay) {
    scenario.live.window.unwrap_or_else(|| {
        let end = (scenario.day.latest.seconds() + EVENING.as_seconds() as u32) / 60;
        (scenario.day.leave_home.0, TimeOfDay::hm(0, end.min(24 * 60 - 1)))
    })
}

/// The clocks of a cell's tenants, if the window opens when the protocol's clock shows `opens`.
pub fn day_clocks(scenario: &Scenario, cell: &CellPlan, opens: Time) -> Vec<DayClock> {
    let (from, _) = window(scenario);
    let day = |tenant: &fieldday_plan::TenantPlan| DayClock {
        from: opens,
        day_from: tenant.data.zone.at(tenant.date, from),
        speed: scenario.live.speed,
    };
    cell.tenants.iter().map(day).collect()
}

/// How long the window is open, by the wall.
pub fn lasts(scenario: &Scenario) -> Span {
    let (from, until) = window(scenario);
    let open_s = i64::from(until.seconds()) - i64::from(from.seconds());
    Span::micros(Span::seconds(open_s.max(1)).as_micros() / i64::from(scenario.live.speed.max(1)))
}

impl LiveRun {
    /// Lives it, to its end or until `stop` is set. `history` takes what the cells tell as it comes, on this thread.
    pub fn live(
        self,
        stop: &AtomicBool,
        pulse: &Arc<RunProgress>,
        mut history: impl FnMut(Lines),
        mut tick: impl FnMut(&RunProgress),
    ) -> Result<LiveOutcome, LiveError> {
        let live = &self.scenario.live;
        let terms = CellOptions {
            opens: self.opens,
            closes: self.opens + lasts(&self.scenario),
            ramp: Span::seconds(i64::from(live.ramp_s)),
            lingers: Span::seconds(i64::from(live.linger_s)),
            clock_out: live.clock_out,
            link: live.link,
            history: self.history,
            keep: false,
            plateau: self.plateau,
            traffic: self.traffic,
        };
        let of_all = |most: Option<u64>| most.map(|most| portion(self.shard, most));
        let (max_requests, max_errors) = (of_all(live.max_requests), of_all(live.max_errors));
        let planned = self.cells.len() as u32;
        let clocks = |cell: &CellPlan| day_clocks(&self.scenario, cell, self.opens);
        let (seats, orders) = seats(self.cells, self.workers, self.only.as_ref(), self.scripts, clocks)?;
        let wire = self.wire;
        let (to_history, from_workers) = channel();
        let mut told = Vec::new();
        let mut threads = Vec::new();
        let pool = (portion(self.shard, live.shared_connections.into()) as usize).div_ceil(orders.len().max(1));
        for (number, cells) in orders.into_iter().enumerate() {
            let (tell, commands) = unbounded_channel();
            let orders = Orders {
                scenario: self.scenario.clone(),
                terms,
                clock: self.clock,
                wire: wire.clone(),
                pool,
                number,
                pulse: pulse.clone(),
                history: to_history.clone(),
            };
            let thread = thread::Builder::new().name(format!("worker-{number}"));
            threads.push(thread.spawn(move || work(orders, cells, commands))?);
            told.push(tell);
        }
        drop::<Sender<Lines>>(to_history);
        let began = std::time::Instant::now();
        pulse.silence.begins(self.clock.now());
        let host = wire.connector.target().to_string();
        let (workers, wishes) = (told.clone(), self.goose.clone());
        let goose = thread::Builder::new().name("goose".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            Ok::<_, std::io::Error>(runtime.block_on(attack(host, seats, workers, &wishes)))
        })?;
        let (mut budget, mut target_died) = (None, false);
        let mut home = false;
        loop {
            match from_workers.recv_timeout(LOOKS_EVERY) {
                Ok(lines) => history(lines),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            tick(pulse);
            budget = budget.or_else(|| spent(pulse, max_requests, max_errors));
            let now = self.clock.now();
            if budget.is_none() {
                budget = pulse.silence.ended_the_run(now, live.dead_after_s);
                target_died = budget.is_some();
            }
            // Goose ends after its last user, or at once if it cannot begin.
            let gone = goose.is_finished() && pulse.begun.load(Ordering::Relaxed) == 0;
            if !home && (stop.load(Ordering::Relaxed) || budget.is_some() || gone) {
                home = true;
                for worker in &told {
                    // One that is gone has nobody to send home.
                    let _ = worker.send(Command::Stop);
                }
            }
        }
        let took = began.elapsed();
        drop(told);
        let ends: Result<Vec<_>, _> =
            threads.into_iter().map(|thread| thread.join().map_err(|_| LiveError::Worker)).collect();
        let ends: Vec<WorkerOutcome> = ends?.into_iter().collect::<Result<_, _>>()?;
        let goose =
            goose.join().map_err(|_| LiveError::Worker)??.map_err(|error| LiveError::Goose(format!("{error:?}")))?;
        let goose_requests = goose.requests.values().map(|of| (of.success_count + of.fail_count) as u64).sum();
        let Together { run, traffic, all_traffic, contract, health, panicked } = together(ends, planned, !home);
        let token_trouble = wire.token_trouble.lock().ok().and_then(|mut first| first.take());
        let not_allowed = wire.not_allowed.lock().ok().and_then(|mut first| first.take());
        let version = wire.version.get().cloned();
        Ok(LiveOutcome {
            run,
            traffic,
            all_traffic,
            contract,
            health,
            took,
            budget,
            target_died,
            panicked,
            goose_requests,
            version,
            token_trouble,
            not_allowed,
        })
    }
}

/// Deals the cells out to the workers; says where each user's rep lives.
fn seats(
    cells: Vec<CellPlan>,
    workers: usize,
    only: Option<&String>,
    mut scripts: Option<Scripts>,
    clocks: impl Fn(&CellPlan) -> Vec<DayClock>,
) -> Result<(Vec<Seat>, Vec<Vec<CellOrder>>), LiveError> {
    let workers = workers.clamp(1, cells.len().max(1));
    let mut orders: Vec<Vec<CellOrder>> = (0..workers).map(|_| Vec::new()).collect();
    let mut seats = Vec::new();
    for (number, plan) in cells.into_iter().enumerate() {
        let worker = number % workers;
        let cell = orders[worker].len();
        let reps = plan.tenants.iter().flat_map(|tenant| &tenant.reps).enumerate();
        let chosen = reps.filter(|(_, of)| only.is_none_or(|only| of.name == *only));
        seats.extend(chosen.map(|(rep, _)| Seat { worker, cell, rep }));
        let days = clocks(&plan);
        let scripts = scripts.as_mut().map(|scripts| scripts.remove(&plan.index).unwrap_or_default());
        orders[worker].push(CellOrder { plan, days, only: only.cloned(), scripts });
    }
    match only {
        Some(name) if seats.is_empty() => Err(LiveError::NoSuchRep(name.clone())),
        _ => Ok((seats, orders)),
    }
}

fn spent(pulse: &RunProgress, max_requests: Option<u64>, max_errors: Option<u64>) -> Option<String> {
    let (requests, errors) = (pulse.requests.load(Ordering::Relaxed), pulse.errors.load(Ordering::Relaxed));
    match (max_requests, max_errors) {
        (_, Some(most)) if errors >= most => Some(format!("stopped after {errors} errors: max_errors is {most}")),
        (Some(most), _) if requests >= most => {
            Some(format!("stopped after {requests} requests: max_requests is {most}"))
        }
        _ => None,
    }
}

/// The outcomes of all workers together.
struct Together {
    run: RunOutcome,
    traffic: Option<Traffic>,
    all_traffic: Option<Traffic>,
    contract: Contract,
    health: Health,
    panicked: Vec<String>,
}

fn together(ends: Vec<WorkerOutcome>, planned: u32, by_itself: bool) -> Together {
    let mut outcome = RunOutcome::nothing(planned, by_itself);
    let (mut contract, mut health, mut panicked) = (Contract::default(), Health::default(), Vec::new());
    let mut cells = BTreeMap::new();
    for end in ends {
        outcome.complete &= end.complete;
        health.merge(&end.health);
        cells.extend(end.cells.into_iter().map(|cell| (cell.index, cell)));
    }
    let (mut traffic, mut all_traffic) = (None, None);
    for (index, cell) in cells {
        outcome.cells += 1;
        outcome.rep_days += cell.reps;
        panicked.extend(cell.panicked);
        let Some(mut recorder) = cell.recorder else { continue };
        if let Some(plateau) = recorder.plateau.take() {
            traffic = joined(traffic, plateau.close(&mut recorder.measures));
        }
        if let Some(all) = recorder.traffic.take() {
            all_traffic = joined(all_traffic, all);
        }
        let print = add_recorded(&mut outcome, &mut contract, recorder);
        outcome.prints.push((index, print));
    }
    outcome.combine_prints();
    Together { run: outcome, traffic, all_traffic, contract, health, panicked }
}

/// Adds what was recorded of a cell; gives its fingerprint.
pub(crate) fn add_recorded(outcome: &mut RunOutcome, contract: &mut Contract, recorder: Recorder) -> Fingerprint {
    outcome.events += recorder.fingerprint.events();
    outcome.requests += recorder.requests;
    outcome.measures.merge(&recorder.measures);
    outcome.findings.merge(recorder.judges.finish());
    contract.merge(&recorder.contract);
    recorder.fingerprint.finish()
}

/// What the wire carried for these cells and for one more. Their clocks may start at different times: what counts is from
/// when the part begins.
fn joined(so_far: Option<Traffic>, more: Traffic) -> Option<Traffic> {
    match so_far {
        Some(mut traffic) => {
            traffic.merge(more);
            Some(traffic)
        }
        None => Some(more),
    }
}

/// The most connections that are open at once, roughly.
pub fn most_connections(reps: u64, scenario: &Scenario) -> u64 {
    let live = &scenario.live;
    match (live.connections, live.http) {
        (Connections::Shared, _) => return u64::from(live.shared_connections),
        // One carries as many calls as there are.
        (Connections::PerRep, HttpVersion::Http2) => return reps,
        (Connections::PerRep, HttpVersion::Http1) => {}
    }
    // Each phone keeps one. Whoever opens the app asks for three things at once, and what that opens more than one is kept
    // for a while; so it is with later calls that overlap, of which there are fewer than there are calls.
    let kept_s = crate::http::ConnectionPool::SURPLUS_LIVES.as_secs_f64();
    let opened = 2.0 * reps as f64 * (kept_s / f64::from(live.ramp_s.max(1))).min(1.0);
    let overlapping = peak_requests_per_s(reps, scenario) * kept_s;
    reps + ((opened + overlapping).ceil() as u64).min(2 * reps)
}

/// The most requests a second that a plan will come to, roughly: for what is said before a run begins.
pub fn peak_requests_per_s(reps: u64, scenario: &Scenario) -> f64 {
    // Some 100 requests a rep and day, most of them around the visits; the busiest quarter of an hour has twice the mean.
    let day_s = lasts(scenario).as_seconds().max(1) as f64;
    let (from, until) = window(scenario);
    let share = f64::from(until.seconds().saturating_sub(from.seconds())) / f64::from(13 * 3600);
    reps as f64 * 100.0 * share.min(1.0) * 2.0 / day_s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reps_hold_a_connection_each_and_more_where_many_begin_at_once_or_the_day_is_fast() {
        let mut scenario = Scenario::load("nightly").unwrap();
        scenario.live.speed = 1;
        scenario.live.window = Some((TimeOfDay::hm(11, 0), TimeOfDay::hm(11, 2)));
        scenario.live.ramp_s = 600;
        let few = most_connections(1_000, &scenario);
        assert!((1_200..1_600).contains(&few), "a fifth of them open the app within a minute: {few}");
        scenario.live.ramp_s = 10;
        assert_eq!(most_connections(1_000, &scenario), 3_000);
        scenario.live.http = HttpVersion::Http2;
        assert_eq!(most_connections(1_000, &scenario), 1_000);
        scenario.live.connections = Connections::Shared;
        assert_eq!(most_connections(1_000, &scenario), u64::from(scenario.live.shared_connections));
    }
}
