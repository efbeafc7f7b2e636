//! Latencies without load, as the least loaded levels have them: what is left of them once the wait that the model itself
//! expects there is taken off.

use crate::level::Level;
use crate::queue::Queue;
use fieldday_api::endpoint::Op;
use std::collections::BTreeMap;

/// Levels with up to this share of the greatest number of requests a second are little loaded …
const LITTLE: f64 = 0.35;
/// … and more of them are taken until so many requests were seen.
const REQUESTS_MIN: f64 = 500.0;
/// So many points of a distribution are kept.
const POINTS: usize = 100;

/// A number of reps as the fit sees it: all its levels together.
pub(super) struct Seen {
    pub reps: u64,
    pub requests: f64,
    pub rate: f64,
    pub mean_s: f64,
    pub p95_s: f64,
    pub arrivals_scv: f64,
    /// By endpoint: requests a second and mean latency in seconds.
    pub ops: BTreeMap<Op, (f64, f64)>,
}

/// A set of parameters that is tried.
#[derive(Clone, Copy)]
pub(super) struct Tried {
    pub workers: u32,
    pub busy_share: f64,
    pub arrivals_scv: f64,
}

impl Tried {
    /// Whether a worker is kept for all of an answer's time.
    pub fn is_plain(self) -> bool {
        self.busy_share == 1.0
    }
}

/// Latencies at little load, by endpoint, in seconds.
pub(super) struct Floors {
    pub mean_s: BTreeMap<Op, f64>,
    pub points_s: BTreeMap<Op, Vec<f64>>,
    /// How the times between requests vary, as measured.
    pub arrivals_scv: f64,
    /// Levels of up to so many requests a second are little loaded.
    little: f64,
}

/// A level's mix: the mean latency at little load, and the squared coefficient of variation of that.
#[derive(Clone, Copy)]
pub(super) struct Mix {
    pub mean_s: f64,
    pub scv: f64,
}

impl Floors {
    pub fn new(seen: &[Seen], levels: &[&Level]) -> Floors {
        let mut by_rate: Vec<&Seen> = seen.iter().collect();
        by_rate.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        let most = by_rate.last().map_or(0.0, |level| level.rate);
        let (mut little, mut requests) = (0.0, 0.0);
        for level in by_rate {
            if level.rate <= most * LITTLE || requests < REQUESTS_MIN {
                (little, requests) = (level.rate, requests + level.requests);
            }
        }
        let mut floors =
            Floors { mean_s: BTreeMap::new(), points_s: BTreeMap::new(), arrivals_scv: scv_of(seen), little };
        let ops: Vec<Op> = Op::ALL.iter().copied().filter(|op| seen.iter().any(|of| of.ops.contains_key(op))).collect();
        for op in ops {
            floors.add(op, seen, levels);
        }
        floors
    }
    /// Adds an endpoint's latency, from all levels if no level of little load calls it.
    fn add(&mut self, op: Op, seen: &[Seen], levels: &[&Level]) {
        let reps_of = |is_little: bool| -> Vec<u64> {
            let of = |level: &&Seen| level.ops.contains_key(&op) && (!is_little || self.is_little(level));
            seen.iter().filter(of).map(|level| level.reps).collect()
        };
        let mut reps = reps_of(true);
        if reps.is_empty() {
            reps = reps_of(false);
        }
        let of = levels.iter().filter(|level| reps.contains(&level.reps)).flat_map(|level| &level.endpoints);
        let (mut requests, mut sum_s, mut points) = (0.0, 0.0, Vec::new());
        for endpoint in of.filter(|endpoint| endpoint.op == op) {
            requests += endpoint.requests as f64;
            sum_s += endpoint.requests as f64 * endpoint.latency.mean_us / 1e6;
            // Each point stands for as many requests as were seen, or for one.
            let copies = (endpoint.requests as usize / endpoint.points_us.len().max(1)).max(1);
            let all = endpoint.points_us.iter().flat_map(|us| std::iter::repeat_n(*us as f64 / 1e6, copies));
            points.extend(all);
        }
        points.sort_by(f64::total_cmp);
        self.mean_s.insert(op, sum_s / f64::max(requests, 1.0));
        self.points_s.insert(op, parts(&points));
    }
    fn is_little(&self, level: &Seen) -> bool {
        level.rate <= self.little
    }
    /// The mix of the endpoints that a level called, weighted by their requests a second.
    pub fn mix(&self, level: &Seen) -> Mix {
        let (mut rate, mut first, mut second) = (0.0, 0.0, 0.0);
        for (op, (of, _)) in &level.ops {
            let mean = self.mean_s.get(op).copied().unwrap_or_default();
            let scv = self.points_s.get(op).map_or(0.0, |points| scv(points));
            rate += of;
            first += of * mean;
            second += of * mean * mean * (1.0 + scv);
        }
        let mean_s = first / rate.max(1e-12);
        Mix { mean_s, scv: (second / rate.max(1e-12) / (mean_s * mean_s).max(1e-18) - 1.0).max(0.0) }
    }
    /// The queue at a level of that mix, if so much of each answer's time is a wait at little load.
    pub fn queue(&self, level: &Seen, mix: Mix, tried: Tried, waited_s: f64) -> Queue {
        let Tried { workers, busy_share, arrivals_scv } = tried;
        let service_s = (mix.mean_s - waited_s).max(mix.mean_s * 0.1) * busy_share;
        Queue { servers: workers, rate: level.rate, service_s, service_scv: mix.scv, arrivals_scv }
    }
    /// The mean wait at little load; none if even there is no steady state.
    pub fn waited_s(&self, seen: &[Seen], mixes: &[Mix], tried: Tried) -> Option<f64> {
        let mut waited_s = 0.0;
        // What is waited is no service: a few rounds, and both agree.
        for _ in 0..4 {
            let (mut requests, mut sum) = (0.0, 0.0);
            for (level, mix) in seen.iter().zip(mixes).filter(|(level, _)| self.is_little(level)) {
                requests += level.requests;
                sum += level.requests * self.queue(level, *mix, tried, waited_s).mean_wait_s()?;
            }
            waited_s = sum / f64::max(requests, 1.0);
        }
        Some(waited_s)
    }
}

/// How the times between requests vary, weighted by how many requests there were.
fn scv_of(seen: &[Seen]) -> f64 {
    let sum: f64 = seen.iter().map(|level| level.arrivals_scv * level.requests).sum();
    sum / seen.iter().map(|level| level.requests).sum::<f64>().max(1.0)
}

/// The squared coefficient of variation of some values.
pub(super) fn scv(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|value| value * value).sum::<f64>() / n;
    if mean > 0.0 { (squares / (mean * mean) - 1.0).max(0.0) } else { 0.0 }
}

/// The means of equal parts of what was sorted.
fn parts(sorted: &[f64]) -> Vec<f64> {
    let parts = POINTS.min(sorted.len());
    let part = |i: usize| &sorted[i * sorted.len() / parts..(i + 1) * sorted.len() / parts];
    (0..parts).map(|i| part(i).iter().sum::<f64>() / part(i).len().max(1) as f64).collect()
}
