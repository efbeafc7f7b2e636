//! A worker: one thread, one executor whose clock the wall feeds, and the cells that live on it.
//!
//! Whatever comes from outside (an answer, a token, a rep who is to begin) is stamped when it is taken in: the clock is set
//! to that moment, all that was due by then happens first, and then the news is told. So the order in which a cell saw
//! things is in its history, and the same order gives the same day again.

use crate::cell::{CellOptions, LiveCell};
use crate::clock::WallClock;
use crate::health::Health;
use crate::http::WireSettings;
use crate::inbox::Inbox;
use crate::script::Conduct;
use crate::silence::Silence;
use crate::transport::http::HttpTransport;
use crate::transport::{Arrival, WireCompletion};
use crate::watch::{LiveStats, StatsSnapshot};
use fieldday_api::SmolStr;
use fieldday_api::endpoint::Op;
use fieldday_engine::recorder::Recorder;
use fieldday_history::event::WireEnd;
use fieldday_history::file::Lines;
use fieldday_kernel::executor::Executor;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::CellPlan;
use fieldday_rep::player::Script;
use fieldday_rep::station::DayClock;
use fieldday_scenario::{Connections, Scenario};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::LocalOptions;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// How often parts of histories are handed on.
const HANDS_ON_EVERY: Duration = Duration::from_millis(500);
/// How often it is said how reps are.
const GLANCES_EVERY: Duration = Duration::from_secs(1);
/// How long a request may still be on the wire after its phone was switched off.
pub const LAST_WORDS: Span = Span::seconds(3);
/// How long after the last phone is switched off an auditor may still read.
pub const AUDITS_FOR: Span = Span::minutes(5);

/// A cell that a worker runs.
pub struct CellOrder {
    /// The plan, with the identities that the target knows.
    pub plan: CellPlan,
    /// The clock of each tenant's day, in the order of the plan's tenants.
    pub days: Vec<DayClock>,
    /// Only these reps begin: all if none is named.
    pub only: Option<String>,
    /// The scripts that its clients play in place of their days, by client name; none if they live their days.
    pub scripts: Option<BTreeMap<SmolStr, Script>>,
}

/// A command to a worker under way.
pub enum Command {
    /// A rep begins, by cell and place among the cell's reps.
    Join {
        /// The place of the cell among the worker's, from 0.
        cell: usize,
        /// The place of the rep among the cell's, from 0.
        rep: usize,
        /// Who is told what the rep's calls came to, until their day ends.
        tell: UnboundedSender<Request>,
    },
    /// Everybody stops, and phones stay on only as long as they linger.
    Stop,
}

/// One request that the wire was done with, for goose's metrics.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The endpoint of the request.
    pub op: Op,
    /// The time from its sending to its end on the wire.
    pub service: Span,
    /// The HTTP status; none if no answer came.
    pub status: Option<u16>,
}

/// What a worker is given beside its cells.
pub struct Orders {
    /// The scenario that is run.
    pub scenario: Arc<Scenario>,
    /// The window, the speed and the other conditions of a cell.
    pub terms: CellOptions,
    /// The protocol's clock, the same for all workers.
    pub clock: WallClock,
    /// The settings and tokens of the wire, shared by all workers.
    pub wire: Arc<WireSettings>,
    /// The number of connections in each worker's pool, where connections are shared.
    pub pool: usize,
    /// The number of this worker, from 0.
    pub number: usize,
    /// The counters of the run, which all workers add to.
    pub pulse: Arc<RunProgress>,
    /// The channel for parts of the history.
    pub history: std::sync::mpsc::Sender<Lines>,
}

/// The state of a run under way, which workers write and a watcher reads.
#[derive(Debug, Default)]
pub struct RunProgress {
    /// Requests that ended on the wire, answered or not.
    pub requests: AtomicU64,
    /// Attempts that reached the target, or should have, and were not answered as expected.
    pub errors: AtomicU64,
    /// How long the target has not answered.
    pub silence: Silence,
    /// Requests that took longer on the wire than [`RunProgress::slow_from_us`].
    pub slow: AtomicU64,
    /// The wire latency in microseconds above which a request is slow; 0 if none is.
    pub slow_from_us: AtomicU64,
    /// Reps who have begun their day.
    pub begun: AtomicU64,
    /// Reps whose day has ended and who have no request in flight.
    pub ended: AtomicU64,
    /// The last snapshot of each worker's reps, about once a second, by the worker's number.
    pub glances: Mutex<BTreeMap<usize, StatsSnapshot>>,
    /// Tells clients that play scripts when to begin, and which part of the run is measured.
    pub conduct: Conduct,
    /// Whether the time of auditors was over before they had read everything.
    pub audits_cut: AtomicBool,
}

/// What a worker leaves behind.
pub struct WorkerOutcome {
    /// The end of each cell, in the order in which the worker was given them.
    pub cells: Vec<CellEnd>,
    /// How late requests were sent and the worker woke.
    pub health: Health,
    /// Whether the cells came to their end without being stopped.
    pub complete: bool,
}

/// What a cell leaves behind.
pub struct CellEnd {
    /// The index of the cell in the plan.
    pub index: u32,
    /// The name of the cell.
    pub name: String,
    /// The number of reps who began.
    pub reps: u64,
    /// What was recorded of the cell's clients, with the judges' findings; none if nothing was.
    pub recorder: Option<Recorder>,
    /// The names of the reps whose task panicked.
    pub panicked: Vec<String>,
}

/// Works through its cells' day, on this thread.
pub fn work(
    orders: Orders,
    cells: Vec<CellOrder>,
    commands: UnboundedReceiver<Command>,
) -> std::io::Result<WorkerOutcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    // A task like those that carry requests, since waking what a runtime blocks on costs a system call each time.
    let worker = runtime.spawn_local(Worker::new(orders, cells).live(commands));
    match runtime.block_on(worker) {
        Ok(outcome) => Ok(outcome),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// A client, by cell and number, whose day is over, and since when.
type Ended = ((u32, u32), Time);

struct Worker {
    orders: Orders,
    executor: Executor,
    inbox: Rc<Inbox>,
    cells: Vec<LiveCell>,
    transports: Vec<Rc<HttpTransport>>,
    /// The channel to goose for the requests of each rep, by cell and client.
    told: BTreeMap<(u32, u32), UnboundedSender<Request>>,
    /// Requests that goose was not told yet: each message wakes another thread, so several are sent at once.
    untold: Vec<((u32, u32), Request)>,
    /// Clients whose day is over, and since when.
    ended: Rc<RefCell<Vec<Ended>>>,
    begun: Vec<u64>,
    /// Errors of each cell that the run's progress counts already.
    errors: Vec<u64>,
    health: Health,
    watch: Rc<RefCell<LiveStats>>,
    home: Option<Time>,
}

impl Worker {
    fn new(orders: Orders, cells: Vec<CellOrder>) -> Worker {
        let executor = Executor::new(orders.clock.now());
        let inbox = Rc::new(Inbox::default());
        let shared = orders.scenario.live.connections == Connections::Shared;
        let pool = shared.then(|| HttpTransport::pool(orders.pool));
        let mut worker = Worker {
            executor,
            inbox: inbox.clone(),
            cells: Vec::new(),
            transports: Vec::new(),
            told: BTreeMap::new(),
            untold: Vec::new(),
            ended: Rc::default(),
            begun: Vec::new(),
            errors: Vec::new(),
            health: Health::default(),
            watch: Rc::default(),
            home: None,
            orders,
        };
        for (number, order) in cells.into_iter().enumerate() {
            let (scenario, terms) = (worker.orders.scenario.clone(), worker.orders.terms);
            let transport = HttpTransport::new(
                number as u32,
                worker.orders.wire.clone(),
                worker.orders.clock,
                inbox.clone(),
                pool.clone(),
            );
            let mut cell =
                LiveCell::new(&worker.executor, &scenario, order.plan, &order.days, terms, transport.clone());
            for client in cell.clients() {
                transport.introduce(client);
            }
            cell.watched_by(&worker.watch);
            if let Some(scripts) = order.scripts {
                cell.plays(scripts);
            }
            if order.only.is_none() {
                cell.begin(terms);
            }
            worker.cells.push(cell);
            worker.transports.push(transport);
            worker.begun.push(0);
            worker.errors.push(0);
        }
        worker
    }

    async fn live(mut self, mut commands: UnboundedReceiver<Command>) -> WorkerOutcome {
        let mut hands_on = tokio::time::interval(HANDS_ON_EVERY);
        hands_on.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut glances = tokio::time::interval(GLANCES_EVERY);
        glances.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut open = true;
        loop {
            self.take_in();
            self.cells.iter().for_each(|cell| cell.follows(&self.orders.pulse.conduct));
            self.clears_up();
            if self.is_over() {
                self.tell_of_audits();
                break;
            }
            let next = self.executor.next_due();
            let wakes = next.map(|at| tokio::time::Instant::from_std(self.orders.clock.instant(at)));
            let inbox = self.inbox.clone();
            tokio::select! {
                () = inbox.wait() => {}
                () = sleep_until(wakes) => {
                    if let Some(at) = next {
                        self.health.woke_late(self.orders.clock.now().since(at));
                    }
                }
                command = commands.recv(), if open => match command {
                    Some(command) => self.told_to(command),
                    None => open = false,
                },
                _ = hands_on.tick() => self.send_history(),
                _ = glances.tick() => self.snapshot(),
            }
        }
        self.finish()
    }

    /// Runs what is due, and takes in the first of what came.
    fn take_in(&mut self) {
        self.executor.run_to(self.orders.clock.now());
        if let Some((number, arrival)) = self.inbox.take() {
            let now = self.orders.clock.now();
            self.executor.run_to(now);
            let ended = match &arrival {
                Arrival::Attempt(WireCompletion { attempt, end, response, service, lag, .. }) => {
                    self.health.sent_late(*lag);
                    self.orders.pulse.silence.on(now, end, response.as_deref(), *service, attempt);
                    let status = match end {
                        WireEnd::Answered { status, .. } => Some(*status),
                        _ => None,
                    };
                    let request = Request { op: attempt.op(), service: *service, status };
                    Some((attempt.station().client(), request))
                }
                Arrival::Token { .. } => None,
            };
            arrival.deliver();
            self.executor.run_to(now);
            if let Some((client, request)) = ended {
                let pulse = &self.orders.pulse;
                pulse.requests.fetch_add(1, Ordering::Relaxed);
                let slow_from = pulse.slow_from_us.load(Ordering::Relaxed);
                let is_slow = slow_from > 0 && request.service.as_micros().max(0).unsigned_abs() > slow_from;
                pulse.slow.fetch_add(u64::from(is_slow), Ordering::Relaxed);
                let (told, counted) = (self.cells[number as usize].errors(), &mut self.errors[number as usize]);
                pulse.errors.fetch_add(told - *counted, Ordering::Relaxed);
                *counted = told;
                self.untold.push(((number, client), request));
            }
        }
        // Whoever's day is over may still have a request on its way: goose counts that, too. A target that never answers
        // holds nobody up for long.
        let now = self.orders.clock.now();
        if !self.ended.borrow().is_empty() {
            self.tell_goose();
        }
        self.ended.borrow_mut().retain(|((cell, client), since)| {
            if self.cells[*cell as usize].station(*client).in_flight() > 0 {
                if now > *since + LAST_WORDS {
                    self.transports[*cell as usize].cancel_all(*client);
                }
                return true;
            }
            self.told.remove(&(*cell, *client));
            self.orders.pulse.ended.fetch_add(1, Ordering::Relaxed);
            false
        });
    }
    fn told_to(&mut self, command: Command) {
        self.executor.run_to(self.orders.clock.now());
        match command {
            Command::Join { cell, rep, tell } => {
                let Some(of) = self.cells.get(cell) else { return };
                let Some(client) = of.rep_clients().nth(rep) else { return };
                self.told.insert((cell as u32, client), tell);
                self.begun[cell] += 1;
                self.orders.pulse.begun.fetch_add(1, Ordering::Relaxed);
                let (ended, clock) = (self.ended.clone(), self.orders.clock);
                let over = move || ended.borrow_mut().push(((cell as u32, client), clock.now()));
                of.start(rep, self.orders.terms, over);
            }
            Command::Stop => {
                if self.home.is_none() {
                    self.home = Some(self.orders.clock.now());
                    self.cells.iter().for_each(LiveCell::stop);
                }
            }
        }
    }
    /// Lets intruders take back what they made if nobody else is about.
    fn clears_up(&mut self) {
        let waiting: usize = self.cells.iter().map(|cell| cell.intruders().1).sum();
        let all_others_ended = self.told.is_empty() && self.begun.iter().any(|begun| *begun > 0);
        if waiting > 0 && all_others_ended && self.executor.live_tasks() == waiting {
            self.cells.iter().for_each(LiveCell::clears_up);
            self.executor.run_to(self.orders.clock.now());
        }
    }
    /// Whether everybody is done; or should be, long since.
    fn is_over(&self) -> bool {
        let now = self.orders.clock.now();
        let CellOptions { closes, lingers, .. } = self.orders.terms;
        let everybody = self.told.is_empty();
        match self.home {
            // Whoever was told to go home has the time that phones have to linger.
            Some(told) => {
                let cleared_up = self.cells.iter().all(|cell| cell.intruders().0 == 0);
                everybody && cleared_up || now > told + lingers + Span::seconds(5)
            }
            None => {
                let idle = everybody && self.executor.live_tasks() == 0 && self.begun.iter().any(|begun| *begun > 0);
                idle || now > closes + lingers + AUDITS_FOR
            }
        }
    }
    /// Says if auditors were not done when their time was over: whoever was to go home has left already.
    fn tell_of_audits(&self) {
        let audits = self.home.is_none() && self.orders.scenario.live.auditors;
        let cut = audits && self.executor.live_tasks() > 0;
        self.orders.pulse.audits_cut.fetch_or(cut, Ordering::Relaxed);
    }
    fn tell_goose(&mut self) {
        for (client, request) in self.untold.drain(..) {
            if let Some(tell) = self.told.get(&client) {
                // Goose may have gone already: then nobody counts for it.
                let _ = tell.send(request);
            }
        }
    }
    fn send_history(&mut self) {
        self.tell_goose();
        let mut lines = Lines::default();
        self.cells.iter().for_each(|cell| cell.take_lines(&mut lines));
        if !lines.is_empty() {
            // Nobody takes them if the folder failed: the run goes on, and says so at its end.
            let _ = self.orders.history.send(lines);
        }
    }
    /// Says how its reps are, for whoever watches.
    fn snapshot(&self) {
        let mut glance = self.watch.borrow().snapshot();
        for cell in &self.cells {
            cell.broken(|rule, cases| glance.broken[rule.index()] += cases);
        }
        glance.late_p99_us = self.health.late.value_at_quantile(0.99);
        glance.lag_p99_us = self.health.lag.value_at_quantile(0.99);
        // A watcher who panicked watches no more.
        if let Ok(mut glances) = self.orders.pulse.glances.lock() {
            glances.insert(self.orders.number, glance);
        }
    }
    fn finish(mut self) -> WorkerOutcome {
        self.send_history();
        self.snapshot();
        let complete = self.home.is_none();
        let cells = std::mem::take(&mut self.cells);
        drop(self.executor);
        self.transports.iter().for_each(|transport| transport.close());
        let end = |(cell, begun): (LiveCell, u64)| {
            let (index, name) = (cell.index, cell.name.clone());
            let (recorder, panicked) = cell.finish();
            CellEnd { index, name, reps: begun, recorder, panicked }
        };
        let cells = cells.into_iter().zip(self.begun).map(end).collect();
        WorkerOutcome { cells, health: self.health, complete }
    }
}

async fn sleep_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
