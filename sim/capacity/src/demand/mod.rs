//! A queueing model fitted to the levels: how long an endpoint keeps a worker, how many workers there are, and so at which
//! load, endpoint and moment of the day they are all busy.
//!
//! Every request is taken to wait in one queue before workers that are all alike. An endpoint's latency without load is its
//! *floor*; a share of that, the same for all, keeps a worker busy (the rest is the way there and back). The number of workers
//! and that share are those under which the waits of the queue ([`Queue`]) fit the mean latencies of the levels best, by
//! least squares of their logarithms.

mod fit;
mod floors;

pub use fit::{fit, fit_knowing};

use crate::queue::Queue;
use fieldday_api::endpoint::Op;
use floors::scv;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Levels that it takes at least: two parameters go through any two.
pub const LEVELS_MIN: usize = 4;

/// A queueing model fitted to the levels of a search.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// The fitted number of workers: requests that are served at once.
    pub workers: u32,
    /// The numbers of workers that fit nearly as well: the least and the greatest.
    pub workers_range: (u32, u32),
    /// The share of the latency without load that keeps a worker busy.
    pub busy_share: f64,
    /// The squared coefficient of variation of the time between requests that the model uses: 1 if requests are independent.
    /// As measured, or fitted if requests come in bursts.
    pub arrivals_scv: f64,
    /// The squared coefficient of variation of the time between requests as it was measured.
    pub arrivals_scv_measured: f64,
    /// The requests a second, of the measured mix, at which all workers are always busy.
    pub saturates_at: f64,
    /// Requests a second that one rep makes, by the measured levels.
    pub requests_per_s_per_rep: f64,
    /// Worker time by endpoint, the endpoint with the greatest share of the work first.
    pub endpoints: Vec<EndpointDemand>,
    /// Measured and fitted latencies, by number of reps.
    pub residuals: Vec<Waited>,
    /// The root of the mean squared relative error of the mean latencies.
    pub error: f64,
    /// Reasons to distrust the fit, a sentence each; empty if there are none.
    pub warnings: Vec<String>,
}

/// The time for which the requests of an endpoint keep workers busy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointDemand {
    /// The endpoint's name, as scenario files write it.
    #[schemars(with = "String")]
    pub op: Op,
    /// Its mean latency without load, in microseconds, as the least loaded levels show it.
    pub floor_us: f64,
    /// The time for which a request keeps a worker busy, in microseconds.
    pub service_us: f64,
    /// Its share of the requests of all levels together, from 0 to 1.
    pub share_of_requests: f64,
    /// Its share of the time that workers are busy, from 0 to 1.
    pub share_of_work: f64,
    /// Points of the distribution of its latency without load, in microseconds, each with the same weight.
    pub floor_points_us: Vec<f64>,
}

impl EndpointDemand {
    /// How long its requests keep a worker, in microseconds, each with its weight: the share of the requests it stands for.
    pub fn work_us(&self) -> Vec<(f64, f64)> {
        let busy_share = self.service_us / self.floor_us.max(1e-12);
        let weight = self.share_of_requests / self.floor_points_us.len().max(1) as f64;
        self.floor_points_us.iter().map(|us| (us * busy_share, weight)).collect()
    }
}

/// The mean latency of a number of reps, measured and fitted.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waited {
    /// The number of reps, all levels of which are taken together.
    pub reps: u64,
    /// How busy the workers are by the model.
    pub utilisation: f64,
    /// The measured mean latency, in microseconds.
    pub measured_us: f64,
    /// The fitted mean latency; absent where the model has no steady state.
    pub fitted_us: Option<f64>,
    /// The measured 95th percentile of the latency, in microseconds.
    pub measured_p95_us: f64,
    /// The fitted 95th percentile, to which nothing was fitted.
    pub fitted_p95_us: Option<f64>,
}

/// The reason why no queueing model could be fitted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    /// There are fewer usable levels than [`LEVELS_MIN`]; holds how many there are.
    #[error("a queueing model needs at least {LEVELS_MIN} levels, but there are {0}; measure more levels")]
    TooFew(usize),
    /// The levels were disturbed on purpose, so they belong to no steady state.
    #[error("the levels were disturbed on purpose (--disturb), so they show no steady state; search without --disturb")]
    Disturbed,
    /// No number of workers that was tried explains the measured levels.
    #[error(
        "no number of workers up to {} explains the latencies, so they do not come from a single queue",
        fit::WORKERS_MOST
    )]
    Nothing,
    /// The best fit is too far from the measured latencies to be used.
    #[error("the best fit differs from the measured mean latencies by {percent} %; a fit is used up to {} %", fit::ERROR_MOST * 100.0)]
    Off {
        /// The root of the mean squared relative error.
        percent: u64,
    },
    /// Nothing fits the number of workers that is said to be known.
    #[error("{0} workers could not have served the measured requests; the target has more")]
    NotOf(u32),
}

impl Demand {
    /// The queue at so many requests a second of the mix that was measured.
    pub fn queue(&self, rate: f64) -> Queue {
        let service_scv = scv(&self.mixed_points_s());
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
