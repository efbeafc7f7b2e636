//! A request's way through the plant.

use super::instance::{State, Ticket};
use super::{Bucket, Event, Job, Plant, Stage};
use crate::simulate::{Resource, Tally};
use fieldday_engine::transport::plant::{PlantOutcome, PlantReply};
use fieldday_kernel::time::{Span, Time};
use fieldday_scenario::plant as spec;

/// The codes of the steps of a request that go into the fingerprint.
const ARRIVED: u8 = 0;
const SERVED: u8 = 1;
const REFUSED: u8 = 2;
const BROKEN: u8 = 3;
/// The rate limit counts in millionths of a request.
const ONE_REQUEST: u64 = 1_000_000;

impl Plant {
    /// A request reaches the load balancer.
    pub(super) fn arrives(&mut self, ticket: Ticket, tell: &mut impl FnMut(u32, PlantReply)) {
        let Some(job) = self.job(ticket).copied() else { return };
        let (op, key, now) = (job.arrival.op, job.arrival.key, self.now);
        self.note(ARRIVED, &job);
        let again = u64::from(job.arrival.attempt > 0);
        self.gauges.count(op, now, |tally| {
            tally.offered += 1;
            tally.retries += again;
        });
        self.gauges.levels.in_plant += 1;
        if !self.bucket.takes_one(&self.spec, now) {
            self.gauges.struck(Resource::RateLimit, now);
            let retry_after = self.spec.rate_limit.map(|limit| Span::seconds(i64::from(limit.retry_after_s)));
            return self.refuses(ticket, 429, retry_after, tell, |tally| tally.rate_limited += 1);
        }
        let Some(chosen) = self.choice.choose(&self.instances, key) else {
            return self.refuses(ticket, 503, None, tell, |tally| tally.turned_away += 1);
        };
        let usual = self.laws.draw(op, key);
        self.jobs[ticket.slot as usize].instance = chosen;
        self.jobs[ticket.slot as usize].work = (usual, Span::ZERO);
        let instance = &mut self.instances[chosen as usize];
        if instance.busy < self.spec.workers {
            self.begins(ticket);
        } else if instance.waiting_live < self.spec.queue {
            instance.waiting.push_back(ticket);
            instance.waiting_live += 1;
            self.gauges.levels.waiting += 1;
            self.jobs[ticket.slot as usize].stage = Stage::Waiting;
        } else {
            self.gauges.struck(Resource::Queue, now);
            return self.refuses(ticket, 503, None, tell, |tally| tally.turned_away += 1);
        }
        if self.spec.give_up_ms > 0 {
            self.give_ups.push_back((now + Span::millis(i64::from(self.spec.give_up_ms)), ticket));
        }
    }

    /// A worker takes a request.
    fn begins(&mut self, ticket: Ticket) {
        let now = self.now;
        let job = self.jobs[ticket.slot as usize];
        let instance = &mut self.instances[job.instance as usize];
        instance.busy += 1;
        let cold = if now < instance.cold_until { self.spec.cold_start.cold_percent } else { 100 };
        let slow = self.slowness.iter().filter(|slowness| slowness.slows(job.arrival.op));
        let percent = slow.fold(i64::from(cold), |percent, slowness| percent * i64::from(slowness.percent) / 100);
        let micros = i128::from(job.work.0.as_micros()) * i128::from(percent) / 100;
        let all = Span::micros(micros.min(i128::from(Span::hours(24).as_micros())) as i64);
        let share = self.spec.database.map_or(0, |database| i64::from(database.percent.min(100)));
        let query = Span::micros(all.as_micros() / 100 * share + all.as_micros() % 100 * share / 100);
        let work = (all - query, query);
        self.gauges.levels.busy += 1;
        if self.gauges.counts(now) {
            self.gauges.work[job.arrival.op.index()] += all;
        }
        let job = &mut self.jobs[ticket.slot as usize];
        (job.stage, job.work) = (Stage::Working, work);
        self.schedule(now + work.0, Event::Worked(ticket));
    }

    /// The work outside the database is done, and the request needs a connection of the database, if it queries it at all.
    pub(super) fn needs_the_database(&mut self, ticket: Ticket, tell: &mut impl FnMut(u32, PlantReply)) {
        let Some(job) = self.job(ticket).copied() else { return };
        let Some(database) = self.spec.database.filter(|_| job.work.1 > Span::ZERO) else {
            return self.is_served(ticket, tell);
        };
        if self.connections_used < database.connections {
            self.queries(ticket);
        } else {
            self.jobs[ticket.slot as usize].stage = Stage::Connecting;
            self.connecting.push_back(ticket);
        }
    }
    fn queries(&mut self, ticket: Ticket) {
        self.connections_used += 1;
        let job = &mut self.jobs[ticket.slot as usize];
        job.stage = Stage::Querying;
        let done = self.now + job.work.1;
        self.schedule(done, Event::Answered(ticket));
    }
    /// The work in the database is done, and with it the request.
    pub(super) fn is_answered(&mut self, ticket: Ticket, tell: &mut impl FnMut(u32, PlantReply)) {
        if self.job(ticket).is_some() {
            self.frees_connection();
            self.is_served(ticket, tell);
        }
    }
    fn frees_connection(&mut self) {
        self.connections_used -= 1;
        while let Some(next) = self.connecting.pop_front() {
            if self.job(next).is_some_and(|job| job.stage == Stage::Connecting) {
                return self.queries(next);
            }
        }
    }

    fn is_served(&mut self, ticket: Ticket, tell: &mut impl FnMut(u32, PlantReply)) {
        let Some(job) = self.job(ticket).copied() else { return };
        self.note(SERVED, &job);
        self.gauges.served(job.arrival.op, self.now, self.now.since(job.arrival.at));
        self.leaves(ticket, PlantOutcome::Served, tell);
        self.frees_worker(job.instance);
    }
    /// A worker is free: it takes whoever waits longest.
    fn frees_worker(&mut self, number: u32) {
        let instance = &mut self.instances[number as usize];
        instance.busy -= 1;
        self.gauges.levels.busy -= 1;
        if instance.state == State::Gone {
            return;
        }
        while let Some(next) = self.instances[number as usize].waiting.pop_front() {
            if self.job(next).is_some_and(|job| job.stage == Stage::Waiting) {
                self.instances[number as usize].waiting_live -= 1;
                self.gauges.levels.waiting -= 1;
                return self.begins(next);
            }
        }
        self.is_idle(number);
    }

    /// The plant has had a request for too long.
    pub(super) fn gives_up(&mut self, ticket: Ticket, tell: &mut impl FnMut(u32, PlantReply)) {
        if self.job(ticket).is_some() {
            self.refuses(ticket, 504, None, tell, |tally| tally.timed_out += 1);
        }
    }
    /// Ends a request with an error answer, in whatever stage it is.
    fn refuses(
        &mut self,
        ticket: Ticket,
        status: u16,
        retry_after: Option<Span>,
        tell: &mut impl FnMut(u32, PlantReply),
        add: impl Fn(&mut Tally),
    ) {
        self.ends(ticket, REFUSED, PlantOutcome::Refused { status, retry_after }, tell, add);
    }
    /// The connection of a request breaks.
    pub(super) fn breaks(&mut self, ticket: Ticket, tell: &mut impl FnMut(u32, PlantReply)) {
        self.ends(ticket, BROKEN, PlantOutcome::Broken, tell, |tally| tally.broken += 1);
    }
    fn ends(
        &mut self,
        ticket: Ticket,
        note: u8,
        ruling: PlantOutcome,
        tell: &mut impl FnMut(u32, PlantReply),
        add: impl Fn(&mut Tally),
    ) {
        let Some(job) = self.job(ticket).copied() else { return };
        self.note(note, &job);
        self.gauges.count(job.arrival.op, self.now, add);
        self.leaves(ticket, ruling, tell);
        match job.stage {
            Stage::Waiting => {
                self.instances[job.instance as usize].waiting_live -= 1;
                self.gauges.levels.waiting -= 1;
                self.is_idle(job.instance);
            }
            Stage::Working | Stage::Connecting => self.frees_worker(job.instance),
            Stage::Querying => {
                self.frees_connection();
                self.frees_worker(job.instance);
            }
            Stage::Coming | Stage::Free => {}
        }
    }
    /// A request is over: its cell is told, and its place is free.
    fn leaves(&mut self, ticket: Ticket, what: PlantOutcome, tell: &mut impl FnMut(u32, PlantReply)) {
        let job: &mut Job = &mut self.jobs[ticket.slot as usize];
        job.stage = Stage::Free;
        job.turn = job.turn.wrapping_add(1);
        let (cell, number, sojourn) = (job.cell, job.arrival.number, self.now.since(job.arrival.at));
        self.free.push(ticket.slot);
        self.alive -= 1;
        self.gauges.levels.in_plant -= 1;
        self.gauges.sojourn += i128::from(sojourn.as_micros());
        tell(cell, PlantReply { number, at: self.now, what });
    }
}

impl Bucket {
    pub(super) fn full(spec: &spec::Plant, now: Time) -> Bucket {
        let tokens = spec.rate_limit.map_or(0, |limit| u64::from(limit.burst) * ONE_REQUEST);
        Bucket { tokens, filled: now }
    }
    /// Takes a token from the bucket; false if there is none.
    fn takes_one(&mut self, spec: &spec::Plant, now: Time) -> bool {
        let Some(limit) = spec.rate_limit else { return true };
        let passed = now.since(self.filled).as_micros().max(0).unsigned_abs();
        // So many a second are as many millionths a microsecond.
        let more = passed.saturating_mul(u64::from(limit.per_second));
        self.tokens = self.tokens.saturating_add(more).min(u64::from(limit.burst) * ONE_REQUEST);
        self.filled = now;
        let passes = self.tokens >= ONE_REQUEST;
        self.tokens -= if passes { ONE_REQUEST } else { 0 };
        passes
    }
}
