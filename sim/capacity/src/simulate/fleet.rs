//! All cells of a plan in lockstep over one plant: conservative, synchronous, parallel.
//!
//! What happens in a cell shows in the plant no earlier than one way over the network later, and the other way round. So
//! with the cells at T, the plant may go on to T plus one way, and with its verdicts of until then the cells may go on to
//! T plus two ways, without asking each other. Then they exchange what they have: requests in the order of (time, cell,
//! number), verdicts in the order of their times. Neither the number of threads nor their timing shows in that.
//!
//! A cell in which nothing is due costs nothing in a window, and windows in which nothing is due anywhere are left out.
//! A cell is made when its first rep is about to get up, and gone when its last one is done.

use super::gathering::Gathering;
use super::shadows;
use crate::plant::Plant;
use fieldday_engine::cell::CellRun;
use fieldday_engine::meter::SharedMeter;
use fieldday_engine::transport::plant::{PlantReply, PlantRequest};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::Plan;
use fieldday_rep::app::settings::Retrying;
use fieldday_rules::Measures;
use std::any::Any;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The settings of a fleet's run through the day.
pub(super) struct FleetOptions<'a> {
    pub plan: &'a Plan,
    pub retrying: Retrying,
    /// How many reps each simulated one stands for.
    pub stands_for: u32,
    pub lookahead: Span,
    /// The beginning of the measured part.
    pub from: Time,
    /// The end of the measured part, at which the run ends.
    pub until: Time,
    pub threads: usize,
    /// Whether the cells' own events are fingerprinted too.
    pub recorded: bool,
    pub stop: &'a AtomicBool,
    /// Told now and then how far it is.
    pub progress: &'a (dyn Fn(Time) + Sync),
}

/// What a fleet's run leaves behind.
pub(super) struct FleetOutcome {
    pub plant: Plant,
    /// The attempts of all clients, by endpoint.
    pub attempts: Measures,
    pub windows: u64,
    pub visits: u64,
    pub alive_max: u64,
    /// The fingerprint of each cell's events, in the plan's order; empty unless they were asked for.
    pub cells: Vec<Fingerprint>,
    pub complete: bool,
}

/// Each thread should have at least so many reps; with fewer it waits longer than it works.
const REPS_WORTH_A_THREAD: u64 = 20_000;
/// `progress` is called once in so many windows.
const LOOKS_EVERY: u64 = 1_000;

/// What a thread and the leader pass each other. Only one of them has it at a time.
#[derive(Default)]
struct Mail {
    verdicts: Vec<(u32, PlantReply)>,
    arrivals: Vec<(u32, PlantRequest)>,
    next_due: Option<Time>,
    alive: u64,
    visits: u64,
    prints: Vec<(u32, Fingerprint)>,
    /// What the thread's cells measured, once it is over.
    attempts: Option<Measures>,
    panic: Option<Box<dyn Any + Send>>,
}

/// The next window, or that there is none.
#[derive(Clone, Copy)]
struct Window {
    ends: Time,
    is_over: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs all cells in lockstep with the plant until `options.until`.
pub(super) fn run(options: &FleetOptions<'_>, plant: Plant) -> Result<FleetOutcome, rayon::ThreadPoolBuildError> {
    // Threads wait for each other in every window: for a small fleet that takes longer than what they do in it.
    let worth = usize::try_from(options.plan.reps() / REPS_WORTH_A_THREAD).unwrap_or(usize::MAX).max(1);
    let threads = if options.threads == 0 { worth.min(rayon::current_num_threads()) } else { options.threads };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let threads = pool.current_num_threads();
    let mails: Vec<Mutex<Mail>> = (0..threads).map(|_| Mutex::default()).collect();
    let start = options.plan.start();
    let window = Mutex::new(Window { ends: start, is_over: false });
    let leader = Mutex::new(Leader::new(plant));
    let gathering = Gathering::new(threads);
    pool.broadcast(|context| {
        let mine = context.index();
        let mut group = CellGroup::new(options, mine, threads);
        loop {
            let now = *lock(&window);
            if now.is_over {
                break;
            }
            let mut mail = lock(&mails[mine]);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| group.goes_to(now.ends, &mut mail))) {
                mail.panic = Some(panic);
            }
            drop(mail);
            if gathering.wait() {
                let mut leader = lock(&leader);
                let next = leader.leads(options, now, &mails);
                *lock(&window) = next.unwrap_or(Window { is_over: true, ..now });
            }
            gathering.wait();
        }
        group.ends(&mut lock(&mails[mine]));
    });
    let leader = leader.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (mut visits, mut prints, mut attempts) = (0, Vec::new(), Measures::new());
    for mail in mails {
        let mail = mail.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(panic) = mail.panic {
            resume_unwind(panic);
        }
        // Counts add up to the same whichever thread had which cells.
        mail.attempts.iter().for_each(|of| attempts.merge(of));
        visits += mail.visits;
        prints.extend(mail.prints);
    }
    prints.sort_by_key(|(cell, _)| *cell);
    let Some(plant) = leader.plant else { unreachable!("the leader keeps its plant") };
    Ok(FleetOutcome {
        plant,
        attempts,
        windows: leader.windows,
        visits,
        alive_max: leader.alive_max,
        cells: prints.into_iter().map(|(_, print)| print).collect(),
        complete: !leader.is_stopped,
    })
}

/// The state of the leader, which one thread advances between two windows.
struct Leader {
    plant: Option<Plant>,
    arrivals: Vec<(u32, PlantRequest)>,
    windows: u64,
    alive_max: u64,
    /// Whether the caller stopped it before the end.
    is_stopped: bool,
}

impl Leader {
    fn new(plant: Plant) -> Leader {
        Leader { plant: Some(plant), arrivals: Vec::new(), windows: 0, alive_max: 0, is_stopped: false }
    }
    /// Takes in what the cells sent, lets the plant go on, hands out its verdicts, and says which window is next.
    fn leads(&mut self, options: &FleetOptions<'_>, now: Window, mails: &[Mutex<Mail>]) -> Option<Window> {
        let plant = self.plant.as_mut()?;
        let (mut due, mut alive) = (None, 0);
        for mail in mails {
            let mut mail = lock(mail);
            if mail.panic.is_some() {
                return None;
            }
            self.arrivals.append(&mut mail.arrivals);
            due = earlier(due, mail.next_due);
            alive += mail.alive;
        }
        self.alive_max = self.alive_max.max(alive);
        self.arrivals.sort_by_key(|(cell, arrival)| (arrival.at, *cell, arrival.number));
        for (cell, arrival) in self.arrivals.drain(..) {
            plant.submit(cell, arrival);
            shadows::of(arrival, options.stands_for).for_each(|other| plant.submit(shadows::NO_CELL, other));
        }
        let next = earlier(due, plant.next_due().map(|at| at + options.lookahead))?;
        let begins = now.ends.max(next);
        self.windows += 1;
        if self.windows.is_multiple_of(LOOKS_EVERY) {
            (options.progress)(begins);
        }
        if begins >= options.until {
            return None;
        }
        self.is_stopped = options.stop.load(Ordering::Relaxed);
        if self.is_stopped {
            return None;
        }
        plant.advance(begins + options.lookahead, &mut |cell, verdict| {
            if cell != shadows::NO_CELL {
                lock(&mails[cell as usize % mails.len()]).verdicts.push((cell, verdict));
            }
        });
        Some(Window { ends: begins + options.lookahead.times(2), is_over: false })
    }
}

fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The place of a cell in its thread's group.
enum CellSlot {
    /// Nobody in the cell has left home yet, and its plan is not made.
    Asleep,
    /// The cell has begun its day and is not over.
    Alive { cell: Box<CellRun>, reps: u64 },
    /// The cell has been closed, and its memory is free.
    Gone,
}

/// The cells that one thread runs.
struct CellGroup<'a> {
    options: &'a FleetOptions<'a>,
    mine: u32,
    threads: u32,
    meter: SharedMeter,
    slots: Vec<CellSlot>,
    /// When something is due in a cell; only the entry that `due` confirms counts.
    agenda: BinaryHeap<Reverse<(Time, u32)>>,
    due: Vec<Option<Time>>,
}

impl<'a> CellGroup<'a> {
    fn new(options: &'a FleetOptions<'a>, mine: usize, threads: usize) -> CellGroup<'a> {
        let cells = (mine as u32..options.plan.cells()).step_by(threads);
        let mut group = CellGroup {
            options,
            mine: mine as u32,
            threads: threads as u32,
            meter: SharedMeter::new(options.from..options.until),
            slots: cells.clone().map(|_| CellSlot::Asleep).collect(),
            agenda: BinaryHeap::new(),
            due: vec![None; cells.clone().count()],
        };
        for (slot, index) in cells.enumerate() {
            group.is_due(slot as u32, Some(options.plan.wakes(index)));
        }
        group
    }
    fn is_due(&mut self, slot: u32, at: Option<Time>) {
        if self.due[slot as usize] != at {
            self.due[slot as usize] = at;
            self.agenda.extend(at.map(|at| Reverse((at, slot))));
        }
    }

    /// Tells the cells what the plant decided, and lets them live to the window's end.
    fn goes_to(&mut self, until: Time, mail: &mut Mail) {
        for (cell, verdict) in mail.verdicts.drain(..) {
            let slot = cell / self.threads;
            if let CellSlot::Alive { cell, .. } = &self.slots[slot as usize] {
                cell.deliver(&verdict);
                let due = cell.next_due();
                self.is_due(slot, due);
            }
        }
        while let Some(Reverse((at, slot))) = self.agenda.peek().copied().filter(|Reverse((at, _))| *at < until) {
            self.agenda.pop();
            if self.due[slot as usize] == Some(at) {
                self.due[slot as usize] = None;
                self.visits(slot, until, mail);
            }
        }
        while let Some(Reverse((at, slot))) = self.agenda.peek()
            && self.due[*slot as usize] != Some(*at)
        {
            self.agenda.pop();
        }
        mail.next_due = self.agenda.peek().map(|Reverse((at, _))| *at);
    }
    fn visits(&mut self, slot: u32, until: Time, mail: &mut Mail) {
        let index = slot * self.threads + self.mine;
        if let CellSlot::Asleep = self.slots[slot as usize] {
            let plan = self.options.plan.cell(index);
            let reps = plan.tenants.iter().map(|tenant| tenant.reps.len() as u64).sum();
            mail.alive += reps;
            let scenario = self.options.plan.scenario();
            let options = self.options;
            let cell = CellRun::at_plant(scenario, plan, options.retrying, options.recorded, &self.meter);
            self.slots[slot as usize] = CellSlot::Alive { cell: Box::new(cell), reps };
        }
        let CellSlot::Alive { cell, reps } = &self.slots[slot as usize] else { return };
        mail.visits += 1;
        cell.run_before(until);
        cell.departed(|arrival| mail.arrivals.push((index, arrival)));
        let (due, reps) = (cell.next_due(), *reps);
        if cell.live_tasks() == 0 {
            mail.alive -= reps;
            self.closes(slot, mail);
        } else {
            self.is_due(slot, due);
        }
    }
    fn closes(&mut self, slot: u32, mail: &mut Mail) {
        let index = slot * self.threads + self.mine;
        if let CellSlot::Alive { cell, .. } = std::mem::replace(&mut self.slots[slot as usize], CellSlot::Gone) {
            mail.prints.extend(cell.close().map(|print| (index, print)));
        }
    }
    /// The simulation is over: whoever still lives is let go.
    fn ends(mut self, mail: &mut Mail) {
        for slot in 0..self.slots.len() as u32 {
            self.closes(slot, mail);
        }
        mail.attempts = Some(self.meter.take());
    }
}
