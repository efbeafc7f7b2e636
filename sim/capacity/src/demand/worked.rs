//! How long each request kept a worker, worked out from when requests began and ended.
//!
//! One queue before so many workers gives a request the first worker that is free, in the order in which they came. So a request
//! began to be worked on when it came, or when of all earlier ones so few were left that a worker was free; both are in the
//! trace. What is left of its latency is work, whatever the distribution and however the requests came. If the number of workers
//! is wrong, what is left depends on how many others were there, or is less than nothing: so it tells the number, too.

use super::shape::Shape;
use crate::trace::Trace;
use fieldday_api::endpoint::Op;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Fewer requests than that tell nothing.
const REQUESTS_MIN: usize = 30;
/// Requests that found the fewest others there are taken for such that did not wait, until there are so many, or this share of all.
const ALONE_MIN: usize = 300;
const ALONE_SHARE: usize = 3;
/// An endpoint has a distribution of its own if there are so many of them; the others share one.
const SHAPED_MIN: usize = 50;
/// A request waited clearly if it did so for this share of the median latency without a wait: the way there and back blurs less.
const CLEARLY: f64 = 0.15;
/// So many requests must have waited clearly to tell how much of a latency is the way there and back.
const WAITED_MIN: f64 = 10.0;
/// What it may be is first taken to be such a share of the most that it can be.
const FIRST_GUESSES: [f64; 3] = [1.0, 0.3, 0.0];
/// More requests than this share overtook so many others that there must be more workers.
const OVERTAKE_MOST: f64 = 0.01;

/// By less than that, in microseconds, the ways of two requests to the target differ: they may reach it in another order.
const ON_THE_WAY_US: i64 = 1_000;

/// A request of a trace.
struct One {
    /// The place of its endpoint.
    op: usize,
    began_us: i64,
    ended_us: i64,
    /// How many others were there when it came.
    found: u32,
}

/// Latencies of an endpoint's requests that did not wait.
struct Alone {
    mean_s: f64,
    median_s: f64,
    variance: f64,
    requests: f64,
    /// The place of the distribution.
    shape: usize,
}

/// The requests of levels, and which of them surely did not wait.
pub(super) struct Requests {
    ops: Vec<Op>,
    levels: Vec<Vec<One>>,
    alone: Vec<Option<Alone>>,
    shapes: Vec<Shape>,
    /// The least latency of any: no more of each is the way there and back.
    least_s: f64,
    /// The greatest number at once: of more workers one was always free.
    pub most: u32,
}

/// What follows from a number of workers.
#[derive(Clone, Copy)]
pub(super) struct Worked {
    pub workers: u32,
    /// How likely the latencies are then, as a logarithm.
    pub likely: f64,
    /// The part of each latency that keeps no worker, in seconds.
    pub overhead: Overhead,
    /// Whether too many requests ended before a worker could have begun them.
    pub is_impossible: bool,
}

/// The part of each latency that keeps no worker, in seconds: the way there and back.
#[derive(Clone, Copy)]
pub(super) struct Overhead {
    pub taken_s: f64,
    /// As it was measured, with its deviation; of either sign, since that is noise.
    pub measured_s: f64,
    pub deviation_s: f64,
    /// It is no more than that.
    pub most_s: f64,
}

impl Overhead {
    /// What to take for it, if it was measured as so much: less where it may be chance, and never what is impossible.
    pub fn taken(measured_s: f64, deviation_s: f64, most_s: f64) -> f64 {
        let (of, noise) = (measured_s * measured_s, deviation_s * deviation_s);
        let surely = if of > 0.0 { of / (of + noise) } else { 0.0 };
        (measured_s * surely).clamp(0.0, most_s)
    }
}

impl Requests {
    /// Of the traces of levels; none if there are too few requests to tell anything.
    pub fn new<'a>(traces: impl Iterator<Item = &'a Trace>) -> Option<Requests> {
        let (mut ops, mut levels) = (Vec::<Op>::new(), Vec::new());
        for trace in traces {
            let mut there = BinaryHeap::<Reverse<i64>>::new();
            let mut level = Vec::new();
            for one in trace.requests() {
                let op = ops.iter().position(|op| *op == one.op).unwrap_or_else(|| {
                    ops.push(one.op);
                    ops.len() - 1
                });
                while there.peek().is_some_and(|Reverse(ended)| *ended <= one.began_us) {
                    there.pop();
                }
                let ended_us = one.began_us + one.took_us;
                level.push(One { op, began_us: one.began_us, ended_us, found: there.len() as u32 });
                there.push(Reverse(ended_us));
            }
            in_order_of_service(&mut level);
            levels.push(level);
        }
        let counted = || levels.iter().flatten().filter(|one: &&One| one.counts());
        let most = counted().map(|one| one.found + 1).max()?;
        let mut by_found = vec![0; most as usize];
        counted().for_each(|one| by_found[one.found as usize] += 1);
        let all = counted().count();
        if all < REQUESTS_MIN {
            return None;
        }
        let mut sum = 0;
        let few = by_found.iter().position(|n| {
            sum += n;
            sum >= ALONE_MIN.min(all / ALONE_SHARE)
        })? as u32;
        let mut of_op = vec![Vec::new(); ops.len()];
        counted().filter(|one| one.found <= few).for_each(|one| of_op[one.op].push(one.latency_s()));
        let least_s = of_op.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        of_op.iter_mut().for_each(|of| of.sort_by(f64::total_cmp));
        let mut shapes = Vec::new();
        let mut others: Vec<f64> = of_op.iter().filter(|of| of.len() < SHAPED_MIN).flatten().copied().collect();
        others.sort_by(f64::total_cmp);
        let of_others = (!others.is_empty()).then(|| {
            shapes.push(Shape::new(&others));
            shapes.len() - 1
        });
        let alone = of_op
            .iter()
            .map(|of| {
                let shape = if of.len() >= SHAPED_MIN {
                    shapes.push(Shape::new(of));
                    Some(shapes.len() - 1)
                } else {
                    of_others
                };
                Alone::of(of, shape?)
            })
            .collect();
        Some(Requests { ops, levels, alone, shapes, least_s, most })
    }
    /// Each request that began within the measured parts, with its level and how long a worker had been free for it when it ended,
    /// in seconds.
    fn each(&self, workers: u32, mut with: impl FnMut(usize, &One, f64)) {
        for (place, level) in self.levels.iter().enumerate() {
            // When the workers will be free: the latest ends of those that came before.
            let mut free: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
            for one in level {
                let since_us = match free.peek() {
                    Some(Reverse(at)) if free.len() >= workers as usize => *at,
                    _ => i64::MIN / 4,
                };
                free.push(Reverse(one.ended_us));
                if free.len() > workers as usize {
                    free.pop();
                }
                if one.counts() {
                    with(place, one, (one.ended_us - since_us) as f64 / 1e6);
                }
            }
        }
    }
    /// What follows from that number of workers.
    pub fn worked(&self, workers: u32) -> Worked {
        let overhead = self.overhead(workers);
        // What did not wait is not blurred again: it is what the shape was made of.
        let (mut at_once, mut after_a_wait) = (0.0, [0.0; Shape::BLURS]);
        let (mut overtook, mut all) = (0.0, 0.0_f64);
        self.each(workers, |_, one, free_s| {
            let Some(alone) = &self.alone[one.op] else { return };
            let (shape, latency_s) = (&self.shapes[alone.shape], one.latency_s());
            let worked_s = free_s + overhead.taken_s;
            all += 1.0;
            if worked_s >= latency_s {
                at_once += shape.log(0, latency_s);
                return;
            }
            overtook += f64::from(u8::from(worked_s < -CLEARLY * alone.median_s));
            for (blur, sum) in after_a_wait.iter_mut().enumerate() {
                *sum += shape.log(blur, worked_s);
            }
        });
        let likely = at_once + after_a_wait.into_iter().fold(f64::NEG_INFINITY, f64::max);
        Worked { workers, likely, overhead, is_impossible: overtook > OVERTAKE_MOST * all.max(1.0) }
    }
    /// By how much longer requests take that found a worker free: of the others the way to the target is over while they wait, and
    /// the worker that they wait for is free by as much earlier as its answer takes back.
    fn overhead(&self, workers: u32) -> Overhead {
        let most_s = self.least_s;
        // A request that came shortly before an answer had come back found that worker free all the same: so such are asked that
        // waited longer than the way there and back, which is not known yet.
        for share in FIRST_GUESSES {
            let Some((measured_s, _)) = self.longer_s(workers, share * most_s) else { continue };
            let guess_s = measured_s.clamp(0.0, most_s);
            let Some((measured_s, deviation_s)) = self.longer_s(workers, guess_s) else { continue };
            let taken_s = Overhead::taken(measured_s, deviation_s, most_s);
            return Overhead { taken_s, measured_s, deviation_s, most_s };
        }
        // Nothing says how much it is: none, or all that it can be.
        Overhead { taken_s: 0.0, measured_s: most_s / 2.0, deviation_s: most_s / 2.0, most_s }
    }
    /// How much longer requests take that did not wait than those are worked on that clearly waited, if the way there and back is
    /// so long; with its deviation, in seconds. None if too few waited.
    fn longer_s(&self, workers: u32, overhead_s: f64) -> Option<(f64, f64)> {
        let mut waited = vec![(0.0, 0.0); self.ops.len()];
        self.each(workers, |_, one, free_s| {
            let Some(alone) = &self.alone[one.op] else { return };
            if one.latency_s() - free_s > overhead_s + CLEARLY * alone.median_s {
                waited[one.op].0 += 1.0;
                waited[one.op].1 += free_s;
            }
        });
        let (mut weights, mut sum, mut count) = (0.0, 0.0, 0.0);
        for (alone, (n, worked_s)) in self.alone.iter().zip(waited) {
            let Some(alone) = alone.as_ref().filter(|_| n > 0.0) else { continue };
            // An endpoint whose requests all take the same time would weigh without end.
            let variance = alone.variance.max(1e-6 * alone.mean_s * alone.mean_s);
            let weight = 1.0 / (variance * (1.0 / alone.requests + 1.0 / n));
            weights += weight;
            sum += weight * (alone.mean_s - worked_s / n);
            count += n;
        }
        (count >= WAITED_MIN).then(|| (sum / weights, 1.0 / f64::sqrt(weights)))
    }
    /// How long requests kept a worker, in seconds, by endpoint and sorted.
    pub fn work_s(&self, worked: &Worked) -> BTreeMap<Op, Vec<f64>> {
        let mut of: BTreeMap<Op, Vec<f64>> = BTreeMap::new();
        self.each(worked.workers, |_, one, free_s| {
            of.entry(self.ops[one.op]).or_default().push(work_s(one, free_s, worked));
        });
        of.values_mut().for_each(|of| of.sort_by(f64::total_cmp));
        of
    }
    /// The mean wait of each level's requests, in seconds, in the order of the traces.
    pub fn waits_s(&self, worked: &Worked) -> Vec<f64> {
        let mut of = vec![(0.0, 0.0); self.levels.len()];
        self.each(worked.workers, |level, one, free_s| {
            of[level].0 += one.latency_s() - worked.overhead.taken_s - work_s(one, free_s, worked);
            of[level].1 += 1.0;
        });
        of.into_iter().map(|(sum, n)| f64::max(sum / f64::max(n, 1.0), 0.0)).collect()
    }
    /// The mean latency of requests that did not wait, in seconds.
    pub fn alone_s(&self) -> f64 {
        let of = || self.alone.iter().flatten();
        of().map(|of| of.mean_s * of.requests).sum::<f64>() / of().map(|of| of.requests).sum::<f64>().max(1.0)
    }
}

/// Exchanges two requests that began at nearly the same moment, if the later one ended first: it overtook the other on the way.
fn in_order_of_service(level: &mut [One]) {
    for place in 1..level.len() {
        let (before, after) = (&level[place - 1], &level[place]);
        if after.began_us - before.began_us < ON_THE_WAY_US && after.ended_us < before.ended_us {
            level.swap(place - 1, place);
        }
    }
}

fn work_s(one: &One, free_s: f64, worked: &Worked) -> f64 {
    (one.latency_s() - worked.overhead.taken_s).min(free_s).max(0.0)
}

impl One {
    /// Of those that were under way when the measured part began, the long ones are too many.
    fn counts(&self) -> bool {
        self.began_us >= 0
    }
    fn latency_s(&self) -> f64 {
        (self.ended_us - self.began_us) as f64 / 1e6
    }
}

impl Alone {
    fn of(sorted: &[f64], shape: usize) -> Option<Alone> {
        let requests = sorted.len() as f64;
        let mean_s = sorted.iter().sum::<f64>() / requests.max(1.0);
        let variance = sorted.iter().map(|s| (s - mean_s) * (s - mean_s)).sum::<f64>() / (requests - 1.0).max(1.0);
        let median_s = sorted.get(sorted.len() / 2).copied()?;
        Some(Alone { mean_s, median_s, variance, requests, shape })
    }
}
