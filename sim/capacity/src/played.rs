//! Targets of known capacity, played request by request in virtual time: what searches, models and the closed forms of
//! [`queue`](crate::queue) are checked against.

use crate::level::{About, Level};
use fieldday_api::endpoint::Op;
use fieldday_history::OutcomeClass;
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::{Span, Time};
use fieldday_rules::{Carried, Measures, Traffic};
use fieldday_scenario::limits::Limit;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// So many requests are played to tell a share.
const PLAYED: usize = 400_000;
/// How often the gap around an edge is halved.
const HALVINGS: u32 = 12;
/// More failures than this share, and a level does not hold.
const FAILURES_MOST: f64 = 0.01;

/// So long the load becomes steady before a level is measured, in seconds.
const WARM_UP_S: f64 = 20.0;

/// How long a request is worked on, in seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Work {
    /// Every request is worked on for the same time.
    Fixed(f64),
    /// Exponentially distributed, with that mean.
    Exponential(f64),
    /// Log-normal, of that mean; the second number is the ratio of its 84th percentile to its median.
    LogNormal(f64, f64),
}

impl Work {
    /// The mean, in seconds.
    pub fn mean_s(self) -> f64 {
        let (Work::Fixed(mean) | Work::Exponential(mean) | Work::LogNormal(mean, _)) = self;
        mean
    }
    /// How long the next request is worked on, in seconds.
    pub fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            Work::Fixed(mean) => mean,
            Work::Exponential(mean) => stream.exponential(mean),
            Work::LogNormal(mean, spread) => {
                let deviation = libm::log(spread);
                stream.log_normal(mean * libm::exp(-deviation * deviation / 2.0), spread)
            }
        }
    }
}

/// A target. A request is refused if too many are there already, waits for a worker, then with that worker for the lock if it
/// is a write, then for a connection of the database, and is worked on. Each queue is first come, first served.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Target {
    /// How many requests are worked on at once.
    pub workers: u32,
    /// The distribution of the time for which a request is worked on.
    pub work: Work,
    /// A request that finds so many there, waiting or worked on, is refused at once.
    pub sheds_above: Option<u32>,
    /// A lock that every write holds before its work begins.
    pub lock: Option<Lock>,
    /// Connections of a database, each kept for the whole of a request's work.
    pub connections: Option<u32>,
}

/// A lock that all writes share, held by one at a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lock {
    /// How long a write holds the lock, in seconds.
    pub held_s: f64,
    /// The share of the requests that are writes, in millionths.
    pub writes_ppm: u32,
}

/// A request that was played.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Played {
    /// When it came, in seconds since the first moment of virtual time.
    pub came_s: f64,
    /// When it was answered, in seconds on the same clock; when it came, if it was refused.
    pub ended_s: f64,
    /// Whether it was served; else it was refused.
    pub served: bool,
    /// Whether it was a write, and so needed the lock.
    pub is_write: bool,
}

impl Played {
    /// The time from its arrival to its answer, in seconds; 0 if it was refused.
    pub fn took_s(&self) -> f64 {
        self.ended_s - self.came_s
    }
}

impl Target {
    /// A target with workers alone: it refuses nothing, and has neither a lock nor a database.
    pub fn of(workers: u32, work: Work) -> Target {
        Target { workers, work, sheds_above: None, lock: None, connections: None }
    }
    /// The greatest number of requests a second that it can serve for long.
    pub fn most_per_s(&self) -> f64 {
        let work_s = self.work.mean_s();
        let by_lock = self.lock.map_or((f64::INFINITY, 0.0), |lock| {
            let writes = f64::from(lock.writes_ppm) / 1e6;
            (1.0 / (writes * lock.held_s).max(1e-12), writes * lock.held_s)
        });
        let by_connections = self.connections.map_or(f64::INFINITY, |of| f64::from(of) / work_s);
        (f64::from(self.workers) / (work_s + by_lock.1)).min(by_lock.0).min(by_connections)
    }
    /// Requests that come at random, so many a second, to an idle target; the same of the same number.
    pub fn play(&self, rate: f64, number: u64) -> impl Iterator<Item = Played> + use<> {
        let mut stream = Stream::new(number, Purpose::new("played"), 0, 0, 0);
        let (target, mut now, mut busy) = (*self, 0.0, Busy::of(self));
        std::iter::repeat_with(move || {
            now += stream.exponential(1.0 / rate);
            let is_write = target.lock.is_some_and(|lock| stream.bernoulli(lock.writes_ppm));
            let work_s = target.work.draw(&mut stream);
            busy.serve(&target, now, work_s, is_write)
        })
    }
    /// What a search would measure of so many reps, each of whom sends so many requests a second: after twenty seconds of warm-up;
    /// the same of the same number.
    pub fn level(&self, (reps, per_rep): (u64, f64), for_s: f64, limits: &[Limit], number: u64) -> Level {
        let micros = |s: f64| ((s - WARM_UP_S) * 1e6).round() as i64;
        let lasts = Span::micros((for_s * 1e6) as i64);
        let (mut traffic, mut measures) = (Traffic::new(Span::ZERO, lasts), Measures::default());
        let came = self.play(reps as f64 * per_rep, number).take_while(|one| one.came_s < WARM_UP_S + for_s);
        for one in came {
            let op = if one.is_write { Op::CreateTask } else { Op::ListTasks };
            let (began_us, ended_us) = (micros(one.came_s), micros(one.ended_s));
            if ended_us > 0 {
                traffic.carried.push(Carried { op, began_us, ended_us, good: one.served });
            }
            if !(1..=lasts.as_micros()).contains(&ended_us) {
                continue;
            }
            if one.served {
                measures.record_wire(op, Span::micros(ended_us - began_us));
                measures.record_ended(op, OutcomeClass::Expected, 1);
            } else {
                measures.record_ended(op, OutcomeClass::ServerError, 1);
            }
        }
        traffic.carried.sort_by_key(|one| one.ended_us);
        Level::new(About::of(reps, Time::from_micros(0)), &traffic, &measures, limits)
    }
    /// The share of requests that are not answered within a time, at so many a second, and the share that is refused.
    pub fn beyond(&self, rate: f64, bound_s: f64) -> (f64, f64) {
        let (mut beyond, mut refused) = (0_u64, 0_u64);
        // The target is idle at first: that is no steady state.
        for one in self.play(rate, 11).skip(PLAYED / 20).take(PLAYED) {
            beyond += u64::from(!one.served || one.took_s() > bound_s);
            refused += u64::from(!one.served);
        }
        (beyond as f64 / PLAYED as f64, refused as f64 / PLAYED as f64)
    }
    /// The greatest number of requests a second at which that share of them is answered within the bound and no more than one
    /// in a hundred is refused.
    pub fn edge_per_s(&self, share: f64, bound_s: f64) -> f64 {
        let (mut low, mut high) = (0.0, self.most_per_s());
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            let (beyond, refused) = self.beyond(middle, bound_s);
            if beyond <= 1.0 - share && refused <= FAILURES_MOST { low = middle } else { high = middle }
        }
        (low + high) / 2.0
    }
    /// The time within which that share of requests is answered, in seconds, at so many a second.
    pub fn quantile_s(&self, rate: f64, share: f64) -> f64 {
        let mut took: Vec<f64> = self.play(rate, 11).skip(PLAYED / 20).take(PLAYED).map(|one| one.took_s()).collect();
        took.sort_by(f64::total_cmp);
        took[((took.len() as f64 * share) as usize).min(took.len() - 1)]
    }
}

/// How long requests take in one queue before so many workers, in seconds, if they come at these times and are worked on for so
/// long, both in seconds.
pub(crate) fn through(workers: u32, requests: impl Iterator<Item = (f64, f64)>) -> impl Iterator<Item = f64> {
    let target = Target::of(workers, Work::Fixed(0.0));
    let mut busy = Busy::of(&target);
    requests.map(move |(came_s, work_s)| busy.serve(&target, came_s, work_s, false).took_s())
}

/// When a worker, the lock or a connection is free again, in nanoseconds, so that it has an order.
struct Busy {
    workers: BinaryHeap<Reverse<u64>>,
    connections: BinaryHeap<Reverse<u64>>,
    lock_s: f64,
    /// When those that are there will be answered; of a target that refuses nobody it is not kept.
    there: BinaryHeap<Reverse<u64>>,
}

impl Busy {
    fn of(target: &Target) -> Busy {
        let idle = |n: u32| (0..n.max(1)).map(|_| Reverse(0)).collect();
        let connections = target.connections.map_or_else(BinaryHeap::new, idle);
        Busy { workers: idle(target.workers), connections, lock_s: 0.0, there: BinaryHeap::new() }
    }
    /// Requests begin in the order in which they came, and each takes all it needs in that order: so a request's own times
    /// follow from when each of those things is free.
    fn serve(&mut self, target: &Target, came_s: f64, work_s: f64, is_write: bool) -> Played {
        let nanos = |s: f64| (s * 1e9) as u64;
        let of = |heap: &mut BinaryHeap<Reverse<u64>>| heap.pop().map_or(0.0, |Reverse(at)| at as f64 / 1e9);
        if let Some(most) = target.sheds_above {
            while self.there.peek().is_some_and(|Reverse(at)| *at <= nanos(came_s)) {
                self.there.pop();
            }
            if self.there.len() >= most as usize {
                return Played { came_s, ended_s: came_s, served: false, is_write };
            }
        }
        let mut begins_s = of(&mut self.workers).max(came_s);
        if let Some(lock) = target.lock.filter(|_| is_write) {
            begins_s = begins_s.max(self.lock_s) + lock.held_s;
            self.lock_s = begins_s;
        }
        if target.connections.is_some() {
            begins_s = begins_s.max(of(&mut self.connections));
        }
        let ended_s = begins_s + work_s;
        self.workers.push(Reverse(nanos(ended_s)));
        if target.connections.is_some() {
            self.connections.push(Reverse(nanos(ended_s)));
        }
        if target.sheds_above.is_some() {
            self.there.push(Reverse(nanos(ended_s)));
        }
        Played { came_s, ended_s, served: true, is_write }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Queue;

    fn mean_wait_s(target: Target, rate: f64) -> f64 {
        let waits = target.play(rate, 3).skip(20_000).take(400_000).map(|one| one.took_s() - target.work.mean_s());
        waits.sum::<f64>() / 400_000.0
    }

    #[test]
    fn queues_without_more_wait_as_their_closed_forms_say() {
        for (workers, busy) in [(1, 0.5), (4, 0.7)] {
            let rate = f64::from(workers) * busy / 0.02;
            let said = Queue::mmc(workers, rate, 0.02).mean_wait_s().unwrap();
            let played = mean_wait_s(Target::of(workers, Work::Exponential(0.02)), rate);
            assert!((played / said - 1.0).abs() < 0.05, "M/M/{workers}: {played} not {said}");
        }
        let deviation = libm::log(2.5);
        let service_scv = libm::exp(deviation * deviation) - 1.0;
        let said = Queue { service_scv, ..Queue::mmc(1, 25.0, 0.02) }.mean_wait_s().unwrap();
        let played = mean_wait_s(Target::of(1, Work::LogNormal(0.02, 2.5)), 25.0);
        assert!((played / said - 1.0).abs() < 0.05, "log-normal: {played} not {said}");
    }

    #[test]
    fn a_target_that_sheds_refuses_as_erlangs_b_says() {
        // Two workers and nobody waits: of 2 erlang, 2 / (1 + 2 + 2) are refused.
        let target = Target { sheds_above: Some(2), ..Target::of(2, Work::Exponential(0.02)) };
        let (_, refused) = target.beyond(100.0, 10.0);
        assert!((refused - 0.4).abs() < 0.01, "{refused}");
    }

    #[test]
    fn a_pool_and_a_lock_are_servers_of_their_own() {
        // As many connections as are fewer than the workers are the servers.
        let pooled = Target { connections: Some(2), ..Target::of(64, Work::Exponential(0.02)) };
        let said = Queue::mmc(2, 70.0, 0.02).mean_wait_s().unwrap();
        let played = mean_wait_s(pooled, 70.0);
        assert!((played / said - 1.0).abs() < 0.05, "{played} not {said}");
        assert_eq!(pooled.most_per_s(), 100.0);
        // Writes of no work with enough workers: M/D/1.
        let lock = Some(Lock { held_s: 0.05, writes_ppm: 1_000_000 });
        let locked = Target { lock, ..Target::of(1_000, Work::Fixed(0.0)) };
        let said = Queue::mdc(1, 14.0, 0.05).mean_wait_s().unwrap() + 0.05;
        let played = mean_wait_s(locked, 14.0);
        assert!((played / said - 1.0).abs() < 0.05, "{played} not {said}");
        assert!((locked.most_per_s() - 20.0).abs() < 1e-9);
    }
}
