//! What became of an endpoint's requests in a simulated deployment, in its servers and for the apps.

use super::forms::Micros;
use super::outcome::{Latency, Tally};
use fieldday_api::endpoint::Op;
use fieldday_kernel::time::{Span, Time};
use fieldday_rules::OpMeasures;
use fieldday_rules::limits::attempt_percentiles;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of an endpoint's requests over the whole measured part, and how long its attempts took for the apps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndpointTally {
    /// The endpoint that was called.
    #[schemars(with = "String")]
    pub op: Op,
    /// Its requests, by what became of them.
    pub tally: Tally,
    /// Work that it made: the sum of its service times.
    #[schemars(with = "Micros")]
    pub work: Span,
    /// Its times in the plant; none if no request was served.
    pub latency: Option<Latency>,
    /// How long its attempts took for those who made them, the way over the network included; none if none was measured.
    #[serde(default)]
    pub attempts: Option<AttemptTimes>,
    /// The bin in which its 95th percentile was greatest, by its beginning, of those with samples enough for one.
    #[schemars(with = "Option<String>")]
    pub worst_at: Option<Time>,
    /// The 95th percentile in that bin; none if no bin has samples enough for one.
    #[schemars(with = "Option<Micros>")]
    pub worst_p95: Option<Span>,
}

/// How long attempts of an endpoint took by their clients' clock, from sending until the answer. Attempts that failed or were
/// given up are slower than any other. Of reps who stand for several, each attempt counts once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AttemptTimes {
    /// The number of attempts: answered with success, failed, or given up.
    pub count: u64,
    /// How many of them failed or were given up.
    pub without_success: u64,
    /// The median.
    pub p50: AttemptTime,
    /// The 95th percentile.
    pub p95: AttemptTime,
    /// The 99th percentile.
    pub p99: AttemptTime,
}

/// A percentile of attempts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AttemptTime {
    /// The time.
    #[schemars(with = "Micros")]
    pub time: Span,
    /// Whether it is only a lower bound, since the attempt at this rank failed or was given up.
    pub at_least: bool,
}

impl EndpointTally {
    /// That of an endpoint of which no request reached the plant.
    pub(super) fn uncalled(op: Op) -> EndpointTally {
        EndpointTally {
            op,
            tally: Tally::default(),
            work: Span::ZERO,
            latency: None,
            attempts: None,
            worst_at: None,
            worst_p95: None,
        }
    }
}

impl AttemptTimes {
    /// The figures of what was measured of an endpoint; none of nothing.
    pub(super) fn of(measured: &OpMeasures) -> Option<AttemptTimes> {
        let (count, without_success, percentiles) = attempt_percentiles(measured, [500_000, 950_000, 990_000])?;
        let time = |us: u64| Span::micros(i64::try_from(us).unwrap_or(i64::MAX));
        let [p50, p95, p99] = percentiles.map(|of| AttemptTime { time: time(of.us), at_least: of.at_least });
        Some(AttemptTimes { count, without_success, p50, p95, p99 })
    }
}
