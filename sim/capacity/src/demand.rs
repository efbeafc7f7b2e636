//! A queueing model fitted to the levels: how long an endpoint keeps a worker, how many workers there are, and so at which
//! load, endpoint and moment of the day they are all busy.
//!
//! Every request is taken to wait in one queue before workers that are all alike. An endpoint's latency without load is its
//! *floor*; a share of that, the same for all, keeps a worker busy (the rest is the way there and back). The number of workers
//! and that share are those under which the waits of the queue ([`Queue`]) fit the mean latencies of the levels best, by
//! least squares of their logarithms.

use crate::level::Level;
use crate::queue::Queue;
use fieldday_api::endpoint::Op;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Levels that it takes at least: two parameters go through any two.
pub const LEVELS_MIN: usize = 4;
/// The most workers that are tried.
const WORKERS_MOST: u32 = 4_096;
/// Shares of the floor that a worker may be busy for, in hundredths.
const BUSY_SHARES: std::ops::RangeInclusive<u32> = 30..=110;
/// Below this utilisation everywhere, the number of workers is a guess.
const UTILISATION_MIN: f64 = 0.5;

/// What was fitted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// Requests that can be worked on at once.
    pub workers: u32,
    /// The numbers of workers that fit nearly as well: the least and the greatest.
    pub workers_range: (u32, u32),
    /// The share of the latency without load that keeps a worker busy.
    pub busy_share: f64,
    /// The squared coefficient of variation of the time between requests, as measured.
    pub arrivals_scv: f64,
    /// The requests a second, of the mix that was measured, at which every worker is busy all of the time.
    pub saturates_at: f64,
    /// Requests a second of one rep.
    pub requests_per_s_per_rep: f64,
    /// By endpoint, the one that keeps workers the longest first.
    pub endpoints: Vec<EndpointDemand>,
    /// Measured and fitted, level by level.
    pub residuals: Vec<Waited>,
    /// The root of the mean squared relative error of the mean latencies.
    pub error: f64,
    /// Why it may not be trusted.
    pub warnings: Vec<String>,
}

/// What an endpoint asks of the workers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointDemand {
    /// The endpoint's word.
    #[schemars(with = "String")]
    pub op: Op,
    /// Its latency without load, in microseconds.
    pub floor_us: f64,
    /// How long it keeps a worker, in microseconds.
    pub service_us: f64,
    /// Its share of the requests.
    pub share_of_requests: f64,
    /// Its share of the time that workers are busy.
    pub share_of_work: f64,
    /// Its latencies without load, in microseconds, points of the same weight.
    pub floor_points_us: Vec<f64>,
}

/// A level's mean latency, measured and fitted.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waited {
    /// Reps.
    pub reps: u64,
    /// How busy the workers are by the model.
    pub utilisation: f64,
    /// The mean latency, measured, in microseconds.
    pub measured_us: f64,
    /// Fitted; none where the model has no steady state.
    pub fitted_us: Option<f64>,
    /// The 95th percentile, measured.
    pub measured_p95_us: f64,
    /// Fitted: no part of what was fitted to.
    pub fitted_p95_us: Option<f64>,
}

/// Why nothing was fitted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    /// Too few levels.
    #[error("a queueing model needs {LEVELS_MIN} levels at least, and there are {0}: measure more of them")]
    TooFew(usize),
    /// Nothing fits.
    #[error("no number of workers up to {WORKERS_MOST} explains the latencies: they do not come from one queue")]
    Nothing,
}

/// A level as the fit sees it: all levels of the same number of reps.
struct Seen {
    reps: u64,
    rate: f64,
    mean_s: f64,
    p95_s: f64,
    arrivals_scv: f64,
    /// By endpoint: rate and mean latency.
    ops: BTreeMap<Op, (f64, f64)>,
}

/// A candidate.
struct Candidate {
    workers: u32,
    busy_share: f64,
    error: f64,
}

/// Fits it to the levels that count. Those at which requests failed in numbers are left out: a target that refuses or gives
/// up has other latencies than one that works.
pub fn fit(levels: &[Level]) -> Result<Demand, Unfit> {
    let good = |level: &&Level| level.counts() && level.suffered.is_none() && level.errors * 20 <= level.requests;
    let levels: Vec<&Level> = levels.iter().filter(good).collect();
    let seen = seen(&levels);
    if seen.len() < LEVELS_MIN {
        return Err(Unfit::TooFew(seen.len()));
    }
    let floors = Floors::new(&seen, &levels);
    let mut workers = 1;
    let mut candidates: Vec<Candidate> = Vec::new();
    while workers <= WORKERS_MOST {
        let tried = BUSY_SHARES.filter_map(|percent| {
            let busy_share = f64::from(percent) / 100.0;
            floors.error(&seen, workers, busy_share).map(|error| Candidate { workers, busy_share, error })
        });
        candidates.extend(tried.min_by(|a, b| a.error.total_cmp(&b.error)));
        // Finely where one more makes a difference.
        workers += (workers / 24).max(1);
    }
    let best = candidates.iter().min_by(|a, b| a.error.total_cmp(&b.error)).ok_or(Unfit::Nothing)?;
    let n = seen.len() as f64;
    // Nearly as good: by the F test's rule for one parameter more, at some 95 %.
    let nearly = best.error * (1.0 + 4.0 / (n - 2.0).max(1.0)) + 1e-9;
    let near: Vec<u32> = candidates.iter().filter(|of| of.error <= nearly).map(|of| of.workers).collect();
    let range = (near.iter().min().copied().unwrap_or(1), near.iter().max().copied().unwrap_or(1));
    Ok(floors.demand(&seen, best, range))
}

fn seen(levels: &[&Level]) -> Vec<Seen> {
    let mut of: BTreeMap<u64, Vec<&Level>> = BTreeMap::new();
    levels.iter().filter(|level| level.requests > 0).for_each(|level| of.entry(level.reps).or_default().push(level));
    let seen = |(reps, levels): (u64, Vec<&Level>)| {
        let seconds: f64 = levels.iter().map(|level| level.measured_s).sum();
        let requests: f64 = levels.iter().map(|level| level.requests as f64).sum();
        let mean = |of: &dyn Fn(&Level) -> f64| {
            levels.iter().map(|level| of(level) * level.requests as f64).sum::<f64>() / requests.max(1.0)
        };
        let mut ops: BTreeMap<Op, (f64, f64)> = BTreeMap::new();
        for endpoint in levels.iter().flat_map(|level| &level.endpoints).filter(|of| of.op != Op::PutAudio) {
            let sum = ops.entry(endpoint.op).or_default();
            sum.0 += endpoint.requests as f64;
            sum.1 += endpoint.requests as f64 * endpoint.latency.mean_us / 1e6;
        }
        ops.values_mut().for_each(|sum| *sum = (sum.0 / seconds.max(1e-6), sum.1 / sum.0.max(1.0)));
        Seen {
            reps,
            rate: requests / seconds.max(1e-6),
            mean_s: mean(&|level| level.latency.mean_us) / 1e6,
            p95_s: mean(&|level| level.latency.p95_us as f64) / 1e6,
            arrivals_scv: mean(&|level| level.arrivals_scv),
            ops,
        }
    };
    of.into_iter().map(seen).collect()
}

/// Latencies without load, by endpoint, as the least loaded levels have them.
struct Floors {
    mean_s: BTreeMap<Op, f64>,
    points_s: BTreeMap<Op, Vec<f64>>,
    arrivals_scv: f64,
}

impl Floors {
    fn new(seen: &[Seen], levels: &[&Level]) -> Floors {
        let (mut mean_s, mut points_s) = (BTreeMap::new(), BTreeMap::new());
        for level in seen {
            for (op, (_, mean)) in &level.ops {
                let floor = mean_s.entry(*op).or_insert(*mean);
                *floor = f64::min(*floor, *mean);
            }
        }
        for level in levels.iter().rev() {
            // The least of each point over the levels: a latency without a wait.
            for endpoint in level.endpoints.iter().filter(|of| mean_s.contains_key(&of.op)) {
                let points: Vec<f64> = endpoint.points_us.iter().map(|us| *us as f64 / 1e6).collect();
                let known: &mut (f64, Vec<f64>) = points_s.entry(endpoint.op).or_insert((f64::INFINITY, Vec::new()));
                // One of few requests says little of a distribution.
                let enough = points.len() >= 20 || known.1.len() <= points.len();
                if enough && endpoint.latency.mean_us < known.0 {
                    *known = (endpoint.latency.mean_us, points);
                }
            }
        }
        let scv = seen.iter().map(|level| level.arrivals_scv * level.rate).sum::<f64>();
        let arrivals_scv = scv / seen.iter().map(|level| level.rate).sum::<f64>().max(1e-9);
        Floors { mean_s, points_s: points_s.into_iter().map(|(op, (_, points))| (op, points)).collect(), arrivals_scv }
    }
    /// The queue at a level, and the mean floor of its mix.
    fn queue(&self, level: &Seen, workers: u32, busy_share: f64) -> (Queue, f64) {
        let (mut rate, mut first, mut second) = (0.0, 0.0, 0.0);
        for (op, (of, _)) in &level.ops {
            let floor = self.mean_s.get(op).copied().unwrap_or_default();
            let points = self.points_s.get(op).map(Vec::as_slice).unwrap_or_default();
            let mean = points.iter().sum::<f64>() / points.len().max(1) as f64;
            let squares = points.iter().map(|s| s * s).sum::<f64>() / points.len().max(1) as f64;
            let scv = if mean > 0.0 { (squares / (mean * mean) - 1.0).max(0.0) } else { 0.0 };
            rate += of;
            first += of * floor;
            second += of * floor * floor * (1.0 + scv);
        }
        let floor = first / rate.max(1e-12);
        let scv = second / rate.max(1e-12) / (floor * floor).max(1e-18) - 1.0;
        let service_s = floor * busy_share;
        let arrivals_scv = self.arrivals_scv;
        (Queue { servers: workers, rate: level.rate, service_s, service_scv: scv.max(0.0), arrivals_scv }, floor)
    }
    /// The mean squared error of the logarithms of the levels' latencies; none if a level has no steady state.
    fn error(&self, seen: &[Seen], workers: u32, busy_share: f64) -> Option<f64> {
        let mut sum = 0.0;
        for level in seen {
            let (queue, floor) = self.queue(level, workers, busy_share);
            let off = libm::log(level.mean_s / (floor + queue.mean_wait_s()?).max(1e-9));
            sum += off * off;
        }
        Some(sum / seen.len() as f64)
    }
    fn demand(&self, seen: &[Seen], best: &Candidate, workers_range: (u32, u32)) -> Demand {
        let Candidate { workers, busy_share, error } = *best;
        let (rate, reps) = seen.iter().fold((0.0, 0.0), |sum, level| (sum.0 + level.rate, sum.1 + level.reps as f64));
        let mix = mix(seen);
        let work: f64 = mix.iter().map(|(op, rate)| rate * self.mean_s.get(op).copied().unwrap_or_default()).sum();
        let all: f64 = mix.values().sum();
        let mut endpoints: Vec<EndpointDemand> = mix
            .iter()
            .map(|(op, rate)| {
                let floor = self.mean_s.get(op).copied().unwrap_or_default();
                EndpointDemand {
                    op: *op,
                    floor_us: floor * 1e6,
                    service_us: floor * busy_share * 1e6,
                    share_of_requests: rate / all.max(1e-12),
                    share_of_work: rate * floor / work.max(1e-12),
                    floor_points_us: self.points_s.get(op).into_iter().flatten().map(|s| s * 1e6).collect(),
                }
            })
            .collect();
        endpoints.sort_by(|a, b| b.share_of_work.total_cmp(&a.share_of_work));
        let mut demand = Demand {
            workers,
            workers_range,
            busy_share,
            arrivals_scv: self.arrivals_scv,
            saturates_at: f64::from(workers) / (work / all.max(1e-12) * busy_share).max(1e-12),
            requests_per_s_per_rep: rate / reps.max(1.0),
            endpoints,
            residuals: Vec::new(),
            error: error.sqrt(),
            warnings: Vec::new(),
        };
        demand.residuals = seen
            .iter()
            .map(|level| {
                let (queue, floor) = self.queue(level, workers, busy_share);
                Waited {
                    reps: level.reps,
                    utilisation: queue.utilisation(),
                    measured_us: level.mean_s * 1e6,
                    fitted_us: queue.mean_wait_s().map(|wait| (floor + wait) * 1e6),
                    measured_p95_us: level.p95_s * 1e6,
                    fitted_p95_us: queue.quantile_s(0.95, &demand.mixed_points_s()).map(|s| s * 1e6),
                }
            })
            .collect();
        let busiest = demand.residuals.iter().map(|of| of.utilisation).fold(0.0, f64::max);
        if busiest < UTILISATION_MIN {
            demand.warnings.push(format!(
                "workers were {:.0} % busy at most: how many there are is a guess, measure further up",
                busiest * 100.0
            ));
        }
        if demand.error > 0.25 {
            demand
                .warnings
                .push(format!("latencies differ from the model by {:.0} % on average", demand.error * 100.0));
        }
        if workers_range.1 > workers_range.0 * 2 {
            let (low, high) = workers_range;
            demand.warnings.push(format!("{low} to {high} workers fit nearly as well"));
        }
        demand
    }
}

/// Requests a second by endpoint, summed over the levels.
fn mix(seen: &[Seen]) -> BTreeMap<Op, f64> {
    let mut mix = BTreeMap::new();
    for (op, (rate, _)) in seen.iter().flat_map(|level| &level.ops) {
        *mix.entry(*op).or_default() += rate;
    }
    mix
}

impl Demand {
    /// The queue at so many requests a second of the mix that was measured.
    pub fn queue(&self, rate: f64) -> Queue {
        let points = self.mixed_points_s();
        let mean = points.iter().sum::<f64>() / points.len().max(1) as f64;
        let squares = points.iter().map(|s| s * s).sum::<f64>() / points.len().max(1) as f64;
        let service_scv = if mean > 0.0 { (squares / (mean * mean) - 1.0).max(0.0) } else { 0.0 };
        let service_s = f64::from(self.workers) / self.saturates_at.max(1e-12);
        Queue { servers: self.workers, rate, service_s, service_scv, arrivals_scv: self.arrivals_scv }
    }
    /// Latencies without load of the mix that was measured, in seconds, points of the same weight.
    pub fn mixed_points_s(&self) -> Vec<f64> {
        let of = |endpoint: &EndpointDemand| {
            let copies = (endpoint.share_of_requests * 400.0).round().max(1.0) as usize;
            let points = &endpoint.floor_points_us;
            (0..copies)
                .filter_map(|i| points.get((i * points.len() + points.len() / 2) / copies.max(1) % points.len().max(1)))
                .map(|us| us / 1e6)
                .collect::<Vec<f64>>()
        };
        self.endpoints.iter().flat_map(of).collect()
    }
    /// The percentile of the mix at so many requests a second, in microseconds; none if there is no steady state.
    pub fn quantile_us(&self, share: f64, rate: f64) -> Option<f64> {
        self.queue(rate).quantile_s(share, &self.mixed_points_s()).map(|s| s * 1e6)
    }
    /// The greatest number of requests a second at which that share of the requests of some endpoints is answered within
    /// the bound.
    pub fn greatest_rate(&self, share: f64, bound_us: f64, of: impl Fn(Op) -> bool) -> f64 {
        let points: Vec<f64> = match self.endpoints.iter().filter(|endpoint| of(endpoint.op)).count() {
            0 => return f64::INFINITY,
            1 => {
                let only = self.endpoints.iter().filter(|endpoint| of(endpoint.op));
                only.flat_map(|endpoint| endpoint.floor_points_us.iter().map(|us| us / 1e6)).collect()
            }
            _ => {
                let some = self.endpoints.iter().filter(|endpoint| of(endpoint.op)).cloned().collect();
                Demand { endpoints: some, ..self.clone() }.mixed_points_s()
            }
        };
        self.queue(0.0).greatest_rate(share, bound_us / 1e6, &points)
    }
}

#[cfg(test)]
mod tests;
