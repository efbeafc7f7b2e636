//! What serves the requests: a deterministic queueing model on integer time.
//!
//! A request reaches a load balancer, which refuses it (429, 503) or gives it to an instance. There it waits for a worker,
//! is worked on, waits for a connection of the database that all instances share, is worked on there, and takes effect.
//! Whoever has been in the plant for too long is answered 504; whoever's instance goes away loses the connection. The
//! plant works on for apps that have given up, as servers do: they cannot know.
//!
//! How long a request is worked on is drawn from a stream named by the request alone; the queues do the rest. Events come
//! in the order of their times, arrivals of one moment in the order of (cell, number), so the order in which they were
//! handed in does not matter.

pub mod callers;
mod gauges;
mod instance;
mod laws;
mod ledger;
mod scaling;
mod serving;
mod trouble;

#[cfg(test)]
mod tests;

pub use laws::{default_service, mean_us};
pub use ledger::Ledger;

use fieldday_api::endpoint::Op;
use fieldday_engine::transport::plant::{PlantOutcome, PlantReply, PlantRequest};
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_scenario::plant as spec;
use gauges::Gauges;
use instance::{Choice, Instance, Ticket};
use laws::Laws;
use scaling::Scaler;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use trouble::{Rolling, Slowness};
use xxhash_rust::xxh3::Xxh3;

/// A plant that cannot be built; holds the first problem of its description, with what would be right.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct PlantError(String);

/// When a plant runs, and what of that is measured.
#[derive(Clone, Debug)]
pub struct When {
    /// When the plant begins to run.
    pub start: Time,
    /// The local date of the day, on which the times of day of troubles fall.
    pub date: fieldday_kernel::time::Date,
    /// The zone in which the times of day of troubles are local.
    pub zone: Zone,
    /// When the measured part begins.
    pub from: Time,
    /// When the measured part ends.
    pub until: Time,
}

/// An event of the plant's own timeline; arrivals and deadlines have queues of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Event {
    /// A request's work outside the database is done.
    Worked(Ticket),
    /// A request's work in the database is done.
    Answered(Ticket),
    /// Autoscaling evaluates its metric.
    Looks,
    /// An instance that was ordered has started and takes requests.
    Joins,
    /// A trouble begins; holds its place in the plant's list.
    Begins(u32),
    /// A trouble ends; holds its place in the plant's list.
    Ends(u32),
    /// An instance must have drained by now; holds its number.
    DrainOver(u32),
    /// An instance is back after its restart; holds its number.
    Back(u32),
}

/// The stage in which a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// It has not reached the load balancer yet.
    Coming,
    /// It waits at an instance for a worker.
    Waiting,
    /// A worker works on it, outside the database.
    Working,
    /// A worker waits with it for a connection.
    Connecting,
    /// The database works on it, and a worker waits for that.
    Querying,
    /// The entry holds no request and can be used again.
    Free,
}

/// An entry of the plant's table of requests.
#[derive(Clone, Copy)]
struct Job {
    turn: u32,
    stage: Stage,
    cell: u32,
    instance: u32,
    arrival: PlantRequest,
    /// How long it is worked on without the database, and there.
    work: (Span, Span),
    told_too_late: bool,
}

type Coming = Reverse<(Time, u32, u32, Ticket)>;

/// A simulated deployment: load balancer, instances, database and rate limit.
pub struct Plant {
    spec: spec::Plant,
    laws: Laws,
    lookahead: Span,
    now: Time,
    sequence: u64,
    timeline: BinaryHeap<Reverse<(Time, u64, Event)>>,
    coming: BinaryHeap<Coming>,
    /// When the app of each request stops waiting, less the lookahead, the earliest first.
    deadlines: BinaryHeap<Reverse<(Time, Ticket)>>,
    /// When each request in the plant is answered 504, the earliest first.
    give_ups: VecDeque<(Time, Ticket)>,
    jobs: Vec<Job>,
    free: Vec<u32>,
    /// Requests that are on their way or here.
    alive: u64,
    instances: Vec<Instance>,
    choice: Choice,
    connections_used: u32,
    connecting: VecDeque<Ticket>,
    bucket: Bucket,
    scaler: Option<Scaler>,
    slowness: Vec<Slowness>,
    rolling: Rolling,
    troubles: Vec<spec::PlantTrouble>,
    gauges: Gauges,
    print: Xxh3,
    requests: u64,
}

/// The rate limit's token bucket, in millionths of a token.
#[derive(Clone, Copy, Default)]
struct Bucket {
    tokens: u64,
    filled: Time,
}

impl Plant {
    /// A plant before its day. `lookahead` is the shortest way from it to any app.
    pub fn new(spec: &spec::Plant, seed: u64, lookahead: Span, when: &When) -> Result<Plant, PlantError> {
        if let Some(problem) = spec.first_problem() {
            return Err(PlantError(problem));
        }
        let service = spec.service.clone().unwrap_or_else(default_service);
        let connections = spec.database.map_or(0, |database| u64::from(database.connections));
        let every = Span::minutes(i64::from(spec.hold.every_minutes.max(1)));
        let mut plant = Plant {
            laws: Laws::new(&service, seed),
            lookahead,
            now: when.start,
            sequence: 0,
            timeline: BinaryHeap::new(),
            coming: BinaryHeap::new(),
            deadlines: BinaryHeap::new(),
            give_ups: VecDeque::new(),
            jobs: Vec::new(),
            free: Vec::new(),
            alive: 0,
            instances: Vec::new(),
            choice: Choice::new(spec.balancer, seed),
            connections_used: 0,
            connecting: VecDeque::new(),
            bucket: Bucket::full(spec, when.start),
            scaler: spec.scaling.map(|scaling| Scaler::new(scaling, when.start)),
            slowness: Vec::new(),
            rolling: Rolling::default(),
            troubles: spec.trouble.clone(),
            gauges: Gauges::new(when.from, when.until, every, connections, when.start),
            print: Xxh3::new(),
            requests: 0,
            spec: spec.clone(),
        };
        for _ in 0..spec.instances {
            plant.opens(when.start);
        }
        if let Some(scaling) = &spec.scaling {
            plant.schedule(when.start + Span::seconds(i64::from(scaling.every_s)), Event::Looks);
        }
        plant.expect_troubles(when);
        plant.levels();
        Ok(plant)
    }

    /// A request of a cell is on its way. It arrives no earlier than the plant has got.
    pub fn submit(&mut self, cell: u32, arrival: PlantRequest) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.jobs.push(Job {
                turn: 0,
                stage: Stage::Free,
                cell: 0,
                instance: 0,
                arrival,
                work: (Span::ZERO, Span::ZERO),
                told_too_late: false,
            });
            (self.jobs.len() - 1) as u32
        });
        let job = &mut self.jobs[slot as usize];
        *job = Job { stage: Stage::Coming, cell, arrival, told_too_late: false, ..*job };
        let ticket = Ticket { slot, turn: job.turn };
        self.alive += 1;
        self.requests += 1;
        self.coming.push(Reverse((arrival.at.max(self.now), cell, arrival.number, ticket)));
        self.deadlines.push(Reverse((arrival.deadline - self.lookahead, ticket)));
    }

    /// When something next happens that a cell may hear of; none while no request is under way.
    pub fn next_due(&mut self) -> Option<Time> {
        if self.alive == 0 {
            return None;
        }
        self.forget_what_is_over();
        let next = [
            self.coming.peek().map(|Reverse((at, ..))| *at),
            self.timeline.peek().map(|Reverse((at, ..))| *at),
            self.deadlines.peek().map(|Reverse((at, _))| *at),
            self.give_ups.front().map(|(at, _)| *at),
        ];
        next.into_iter().flatten().min()
    }

    /// The moment that the plant has come to.
    pub fn now(&self) -> Time {
        self.now
    }
    /// Everything that happens before `until`. `tell` hears the verdicts with their cells, in the order of their times.
    pub fn advance(&mut self, until: Time, tell: &mut impl FnMut(u32, PlantReply)) {
        loop {
            self.forget_what_is_over();
            let own = self.timeline.peek().map(|Reverse((at, ..))| *at);
            let gives_up = self.give_ups.front().map(|(at, _)| *at);
            let deadline = self.deadlines.peek().map(|Reverse((at, _))| *at);
            let arrival = self.coming.peek().map(|Reverse((at, ..))| *at);
            let Some(at) = [own, gives_up, deadline, arrival].into_iter().flatten().min().filter(|at| *at < until)
            else {
                break;
            };
            self.passes(at);
            if own == Some(at) {
                if let Some(Reverse((_, _, event))) = self.timeline.pop() {
                    self.happens(event, tell);
                }
            } else if gives_up == Some(at) {
                if let Some((_, ticket)) = self.give_ups.pop_front() {
                    self.gives_up(ticket, tell);
                }
            } else if deadline == Some(at) {
                if let Some(Reverse((_, ticket))) = self.deadlines.pop() {
                    self.is_too_late(ticket, tell);
                }
            } else if let Some(Reverse((.., ticket))) = self.coming.pop() {
                self.arrives(ticket, tell);
            }
            self.levels();
        }
        self.passes(until);
    }

    fn passes(&mut self, at: Time) {
        self.now = self.now.max(at);
        self.scaler_sees(self.now);
        self.gauges.pass(self.now);
    }
    fn schedule(&mut self, at: Time, event: Event) {
        self.sequence += 1;
        self.timeline.push(Reverse((at, self.sequence, event)));
    }
    /// Deadlines of requests that have ended are passed over.
    fn forget_what_is_over(&mut self) {
        while let Some(Reverse((_, ticket))) = self.deadlines.peek()
            && self.jobs[ticket.slot as usize].turn != ticket.turn
        {
            self.deadlines.pop();
        }
        while let Some((_, ticket)) = self.give_ups.front()
            && self.jobs[ticket.slot as usize].turn != ticket.turn
        {
            self.give_ups.pop_front();
        }
    }
    fn job(&self, ticket: Ticket) -> Option<&Job> {
        self.jobs.get(ticket.slot as usize).filter(|job| job.turn == ticket.turn && job.stage != Stage::Free)
    }

    fn happens(&mut self, event: Event, tell: &mut impl FnMut(u32, PlantReply)) {
        match event {
            Event::Worked(ticket) => self.needs_the_database(ticket, tell),
            Event::Answered(ticket) => self.is_answered(ticket, tell),
            Event::Looks => self.looks(),
            Event::Joins => self.joins(),
            Event::Begins(trouble) => self.begins_trouble(trouble, tell),
            Event::Ends(trouble) => self.ends_trouble(trouble),
            Event::DrainOver(instance) => self.drain_is_over(instance, tell),
            Event::Back(instance) => self.is_back(instance),
        }
    }

    /// An app will have given up before it can hear more.
    fn is_too_late(&mut self, ticket: Ticket, tell: &mut impl FnMut(u32, PlantReply)) {
        let Some(job) = self.job(ticket).copied().filter(|job| !job.told_too_late) else { return };
        self.jobs[ticket.slot as usize].told_too_late = true;
        // What has not even arrived is the network's doing.
        if job.stage != Stage::Coming {
            self.gauges.count(job.arrival.op, self.now, |tally| tally.too_late += 1);
        }
        tell(
            job.cell,
            PlantReply { number: job.arrival.number, at: job.arrival.deadline, what: PlantOutcome::TooLate },
        );
    }

    /// Sets the gauges to the state after an event.
    fn levels(&mut self) {
        let taking = &self.choice.taking;
        let levels = &mut self.gauges.levels;
        levels.instances = taking.len() as u32;
        levels.connections_used = u64::from(self.connections_used);
        let (busy, workers, now) = (levels.busy, levels.workers, self.now);
        let database = self.spec.database.is_some_and(|database| self.connections_used >= database.connections);
        let nobody = taking.is_empty();
        use crate::simulate::Resource;
        self.gauges.full(Resource::Workers, busy >= workers && workers > 0, now);
        self.gauges.full(Resource::Database, database, now);
        self.gauges.full(Resource::Instances, nobody, now);
    }

    /// How many requests were submitted so far, measured or not.
    pub fn requests(&self) -> u64 {
        self.requests
    }
    /// Requests that are on their way or here.
    pub fn alive(&self) -> u64 {
        self.alive
    }
    /// Notes for the fingerprint what became of a request.
    fn note(&mut self, what: u8, job: &Job) {
        let mut line = [0_u8; 24];
        line[..8].copy_from_slice(&self.now.micros().to_le_bytes());
        line[8..16].copy_from_slice(&job.arrival.key.to_le_bytes());
        line[16..20].copy_from_slice(&job.cell.to_le_bytes());
        line[20] = what;
        line[21] = job.arrival.op.index() as u8;
        self.print.update(&line);
    }
}

/// Whether an endpoint is served by the plant at all: the object store is beside it.
pub fn serves(op: Op) -> bool {
    op != Op::PutAudio
}
