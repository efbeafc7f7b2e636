//! A queueing model fitted to the levels: how long an endpoint keeps a worker, how many workers there are, and so at which
//! load, endpoint and moment of the day they are all busy.
//!
//! Every request is taken to wait in one queue before workers that are all alike. With a number of workers the requests' traces
//! say how long each of them waited, and how long it kept a worker (`worked`). The number is that under which the
//! latencies are likeliest. Latencies at another load are foretold by playing the queue with the work that was measured.

mod fit;
mod foretold;
mod parts;
mod seen;
mod shape;
mod worked;

pub use fit::{fit, fit_knowing};
pub use foretold::Foretold;

use fieldday_api::endpoint::Op;
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
    /// The part of each latency that keeps no worker: the way there and back.
    pub overhead: Overhead,
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
    /// The 95th percentile of the latency at 80 % of the load at which all workers are always busy; absent if it cannot be
    /// foretold.
    pub at_eighty: Option<Foretold>,
    /// Measured and fitted latencies, by number of reps.
    pub residuals: Vec<Waited>,
    /// The root of the mean squared relative error of the mean latencies.
    pub error: f64,
    /// Reasons to distrust the fit, a sentence each; empty if there are none.
    pub warnings: Vec<String>,
}

/// The part of each latency that keeps no worker, in microseconds: how much longer requests take that find a worker free.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overhead {
    /// The part that the model takes.
    pub us: f64,
    /// As it was measured; negative by chance.
    pub measured_us: f64,
    /// The standard deviation of the measured one.
    pub deviation_us: f64,
    /// The least latency of all: it is no more than that.
    pub most_us: f64,
}

/// The time for which the requests of an endpoint keep workers busy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointDemand {
    /// The endpoint's name, as scenario files write it.
    #[schemars(with = "String")]
    pub op: Op,
    /// Its mean latency without load, in microseconds: the worker time, and the way there and back.
    pub floor_us: f64,
    /// The time for which a request keeps a worker busy, in microseconds.
    pub service_us: f64,
    /// The number of requests that were measured.
    pub requests: u64,
    /// Its share of the requests of all levels together, from 0 to 1.
    pub share_of_requests: f64,
    /// Its share of the time that workers are busy, from 0 to 1.
    pub share_of_work: f64,
    /// Parts of the distribution of the worker time: the mean of each in microseconds, and its share of the requests. The tail
    /// has the smallest parts.
    pub work_parts_us: Vec<(f64, f64)>,
}

impl EndpointDemand {
    /// How long its requests keep a worker, in microseconds, each with its weight: the share of the requests it stands for.
    pub fn work_us(&self) -> Vec<(f64, f64)> {
        self.work_parts_us.iter().map(|(us, weight)| (*us, weight * self.share_of_requests)).collect()
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
    /// There are too few requests in the levels; holds how many there are.
    #[error("{0} requests are too few for a queueing model; measure longer levels (--level), or more reps")]
    TooShort(u64),
    /// The best fit is too far from the measured latencies to be used.
    #[error("the best fit differs from the measured mean latencies by {percent} %; a fit is used up to {} %", fit::ERROR_MOST * 100.0)]
    Off {
        /// The root of the mean squared relative error.
        percent: u64,
    },
    /// Nothing fits the number of workers that is said to be known.
    #[error("with {0} at work at once the measured requests could not have been served; the target has more workers")]
    NotOf(u32),
}

#[cfg(test)]
mod tests;
