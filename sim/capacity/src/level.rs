//! A level: so many reps for a while, and what was measured of it.

use crate::disturbed::{self, CourseSlice, LevelDisturbance};
use crate::excerpt::Offered;
use crate::share::{Share, Standing};
use crate::trace::Trace;
use fieldday_api::endpoint::Op;
use fieldday_history::OutcomeClass;
use fieldday_kernel::time::{Span, Time};
use fieldday_metrics::TargetMetrics;
use fieldday_rules::disturbed::{Happened, excuse, excused};
use fieldday_rules::limit_result::{LimitResult, LimitVerdict};
use fieldday_rules::limits;
use fieldday_rules::{Carried, Measures, Traffic};
use fieldday_scenario::limits::{Limit, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A level is looked at in so many slices, to see by how much its shares vary.
const SLICES: usize = 20;
/// So many points of a distribution of latencies are kept.
const POINTS: usize = 100;
/// More than this share of requests without a good answer: the target suffers.
pub const SUFFERS: f64 = 0.2;

/// The measurements of a level: so many reps for a while.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The number of reps, all shards together.
    pub reps: u64,
    /// When the level began, by the machine's clock, in UTC.
    #[schemars(with = "String")]
    pub began: Time,
    /// The length of the measured part, in seconds, without warm-up and cool-down.
    pub measured_s: f64,
    /// Requests that ended within the measured part, uploads of audio left out.
    pub requests: u64,
    /// Requests per second that ended within the measured part, answered as expected or not.
    pub requests_per_s: f64,
    /// Requests per second that were answered as expected: the load that the target served.
    pub served_per_s: f64,
    /// The offered load: requests that were due. Absent if the load does not come from simulated days.
    pub offered: Option<Offered>,
    /// Mean number of requests in flight while the level was measured.
    pub in_flight: f64,
    /// The mean number in flight by Little's law, as requests a second times mean latency: a cross-check.
    pub in_flight_by_little: f64,
    /// Attempts that reached the target, or should have, and were not answered as expected.
    pub errors: u64,
    /// Errors by the way in which they ended; kinds without an attempt are left out.
    pub failures: Vec<Failed>,
    /// Wire latency of the answered requests, over all endpoints except uploads of audio.
    pub latency: Latency,
    /// The squared coefficient of variation of the time between two requests: 1 if requests arrive independently of each
    /// other.
    pub arrivals_scv: f64,
    /// The measurements of each endpoint that was answered.
    pub endpoints: Vec<Endpoint>,
    /// The results of the scenario's limits, in its order, then of those that are built in.
    pub limits: Vec<Judged>,
    /// What came of the planned disturbances, in the order in which they began; absent without `--disturb`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbances: Vec<LevelDisturbance>,
    /// How the level went, slice by slice, if it was disturbed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub course: Vec<CourseSlice>,
    /// Rules of the API that the target broke during the level, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules_broken: Vec<String>,
    /// The metrics of the target during the level; absent if no exporter was scraped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_metrics: Option<TargetMetrics>,
    /// The reason why the level does not count, if so: the generator fell behind, the level was cut short, or a disturbance decided
    /// nothing.
    pub invalid: Option<String>,
    /// Why it was stopped early, if the target was overloaded; such a level does not hold, whatever its percentiles.
    pub suffered: Option<String>,
    /// When each request began and how long it took: what the queueing model is fitted to. The journal has it, a report does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// Attempts that ended in the same way, other than with the expected answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// The way in which they ended.
    #[schemars(with = "String")]
    pub outcome: OutcomeClass,
    /// The number of attempts that ended so, over all endpoints except uploads of audio.
    pub attempts: u64,
}

/// Latencies on the wire, in microseconds, of all answers but 429 and server errors; 0 if there were none.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// The arithmetic mean, in microseconds.
    pub mean_us: f64,
    /// The median, in microseconds.
    pub p50_us: u64,
    /// The 95th percentile, in microseconds.
    pub p95_us: u64,
    /// The 99th percentile, in microseconds.
    pub p99_us: u64,
}

/// The measurements of an endpoint at a level, over all answers but 429 and server errors.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The endpoint's name, as scenario files write it: `clock-in`.
    #[schemars(with = "String")]
    pub op: Op,
    /// The number of requests that were answered so.
    pub requests: u64,
    /// Requests per second that were answered so.
    pub requests_per_s: f64,
    /// The latency on the wire of those answers.
    pub latency: Latency,
    /// Points of the distribution of the wire latency, in microseconds, each with the same weight.
    pub points_us: Vec<u64>,
}

/// The result of a limit at a level.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// The limit, its verdict and what was measured, as in every report.
    pub result: LimitResult,
    /// The requests beyond the bound; absent for a limit on a mean, a maximum or a rate of requests.
    pub share: Option<Share>,
    /// The share of requests that may be beyond the bound.
    pub allowed: f64,
}

impl Judged {
    /// How it stands, by all levels of the same number of reps.
    pub fn standing(of: &[&Judged], confidence: f64) -> Standing {
        let shares: Option<Vec<Share>> = of.iter().map(|judged| judged.share).collect();
        match shares {
            Some(shares) => Share::pooled(&shares).standing(of.first().map_or(0.0, |first| first.allowed), confidence),
            // One of a mean or a maximum has no share: the majority says, and nothing is sure before it was asked twice.
            None => by_majority(of.iter().map(|judged| judged.result.verdict == LimitVerdict::Exceeded)),
        }
    }
}

/// How observations of the same load stand, each of which says whether it was broken.
pub(crate) fn by_majority(broken: impl Iterator<Item = bool> + Clone) -> Standing {
    match (broken.clone().filter(|is_broken| *is_broken).count(), broken.count()) {
        (0, 0 | 1) => Standing::LooksHeld,
        (1, 1) => Standing::LooksBroken,
        (0, _) => Standing::Held,
        (all, n) if all == n => Standing::Broken,
        (some, n) if some * 2 > n => Standing::LooksBroken,
        _ => Standing::LooksHeld,
    }
}

/// The facts about a level that do not come from its measurements.
pub struct About {
    /// The number of reps, all shards together.
    pub reps: u64,
    /// When the level began, by the machine's clock.
    pub began: Time,
    /// Rules of the API that the target broke during the level, by name.
    pub rules_broken: Vec<String>,
    /// The reason why the level does not count; none if it does.
    pub invalid: Option<String>,
    /// The offered load; none if the load does not come from simulated days.
    pub offered: Option<Offered>,
    /// The reason why the level was stopped early, if the target was overloaded.
    pub suffered: Option<String>,
    /// The metrics of the target during the level; none if no exporter was scraped.
    pub target_metrics: Option<TargetMetrics>,
    /// The planned disturbances, with when each took place, from the beginning of the measured part; in that order.
    pub disturbed: Vec<Happened>,
    /// When the level ended, from the beginning of the measured part, if before its time.
    pub ended: Option<Span>,
}

impl About {
    /// A valid level of so many reps that began then, of which nothing else is known yet.
    pub fn of(reps: u64, began: Time) -> About {
        let (rules_broken, invalid, offered, suffered, target_metrics) = (Vec::new(), None, None, None, None);
        let (disturbed, ended) = (Vec::new(), None);
        About { reps, began, rules_broken, invalid, offered, suffered, target_metrics, disturbed, ended }
    }
}

impl Level {
    /// A valid level of so many reps that was measured for so many seconds, without any figure.
    pub(crate) fn empty(reps: u64, measured_s: f64) -> Level {
        Level {
            reps,
            began: Time::default(),
            measured_s,
            requests: 0,
            requests_per_s: 0.0,
            served_per_s: 0.0,
            offered: None,
            in_flight: 0.0,
            in_flight_by_little: 0.0,
            errors: 0,
            failures: Vec::new(),
            latency: Latency::default(),
            arrivals_scv: 1.0,
            endpoints: Vec::new(),
            limits: Vec::new(),
            disturbances: Vec::new(),
            course: Vec::new(),
            rules_broken: Vec::new(),
            target_metrics: None,
            invalid: None,
            suffered: None,
            trace: None,
        }
    }
    /// Computes a level's figures from what the wire carried and from what was measured, and judges the limits.
    pub fn new(about: About, traffic: &Traffic, measures: &Measures, limits: &[Limit]) -> Level {
        let seconds = traffic.lasts().as_micros() as f64 / 1e6;
        let over: Vec<&Carried> = traffic.over().filter(|one| one.op != Op::PutAudio).collect();
        // A refusal is fast, and tells nothing of how fast the others are served.
        let latency = latency_of(over.iter().filter(|one| one.good).map(|one| one.took_us()));
        let mean_of_all_us = latency_of(over.iter().map(|one| one.took_us())).mean_us;
        let requests = over.len() as u64;
        let requests_per_s = requests as f64 / seconds.max(1e-6);
        let failures = failures(measures);
        let errors = failures.iter().map(|of| of.attempts).sum();
        let mut endpoints = Vec::new();
        for op in Op::ALL {
            let of_op = over.iter().filter(|one| one.op == *op && one.good);
            let mut took: Vec<u64> = of_op.map(|one| one.took_us()).collect();
            if took.is_empty() {
                continue;
            }
            took.sort();
            let requests = took.len() as u64;
            endpoints.push(Endpoint {
                op: *op,
                requests,
                requests_per_s: requests as f64 / seconds.max(1e-6),
                latency: latency_of(took.iter().copied()),
                points_us: points(&took),
            });
        }
        let wall_us = u64::try_from(traffic.lasts().as_micros()).ok();
        let judged = |limit: &Limit| judged(limit, measures, traffic, wall_us, &about.disturbed);
        let own = limits.iter().map(judged);
        // A target that answers fast because it refuses carries nobody.
        let built_in: Vec<Limit> =
            Limit::built_in(limits).into_iter().filter(|limit| limit.scope == Scope::All).collect();
        let of_built_in = built_in.iter().map(|limit| {
            let judged = judged(limit);
            Judged { result: LimitResult { built_in: true, ..judged.result }, ..judged }
        });
        let judged = own.chain(of_built_in).collect();
        let all: Vec<Limit> = limits.iter().chain(&built_in).cloned().collect();
        let ended = about.ended.map_or(traffic.lasts(), |ended| ended.min(traffic.lasts()));
        let disturbances = disturbed::judged(&about.disturbed, &all, traffic, ended);
        let undecided = disturbed::why_undecided(&about.disturbed, &disturbances).filter(|_| about.suffered.is_none());
        Level {
            reps: about.reps,
            began: about.began,
            measured_s: seconds,
            requests,
            requests_per_s,
            served_per_s: requests.saturating_sub(errors) as f64 / seconds.max(1e-6),
            offered: about.offered,
            in_flight: traffic.in_flight(|one| one.op != Op::PutAudio),
            in_flight_by_little: requests_per_s * mean_of_all_us / 1e6,
            errors,
            failures,
            latency,
            arrivals_scv: arrivals_scv(traffic),
            endpoints,
            limits: judged,
            course: if disturbances.is_empty() { Vec::new() } else { disturbed::course(traffic) },
            disturbances,
            rules_broken: about.rules_broken,
            target_metrics: about.target_metrics,
            invalid: about.invalid.or(undecided),
            suffered: about.suffered,
            trace: Some(Trace::new(traffic)),
        }
    }
    /// Whether the level counts: it is not [`invalid`](Level::invalid).
    pub fn counts(&self) -> bool {
        self.invalid.is_none()
    }
    /// Whether it does not count because a disturbance decided nothing: a command failed, or its recovery was not seen to its end.
    pub fn is_undecided(&self) -> bool {
        let is_open = |of: &LevelDisturbance| of.result.verdict == LimitVerdict::Inconclusive;
        !self.counts() && self.disturbances.iter().any(is_open)
    }
}

/// Failed attempts by how they ended, uploads of audio left out.
fn failures(measures: &Measures) -> Vec<Failed> {
    let of_api = || Op::ALL.iter().filter(|op| **op != Op::PutAudio);
    let count = |outcome| of_api().map(|op| measures.op(*op).outcome(outcome)).sum();
    let kinds = OutcomeClass::ALL.into_iter().filter(|outcome| outcome.is_error());
    kinds.map(|outcome| Failed { outcome, attempts: count(outcome) }).filter(|of| of.attempts > 0).collect()
}

fn judged(
    limit: &Limit,
    measures: &Measures,
    traffic: &Traffic,
    wall_us: Option<u64>,
    happened: &[Happened],
) -> Judged {
    let mut result = limits::judge(limit, measures, wall_us);
    let allowed = limits::allowed(limit);
    let counted = limits::beyond(limit, measures);
    let parts = excused(happened, limit);
    if parts.is_empty() {
        let slices = disturbed::sliced(limit, traffic, SLICES, |_| true);
        let share = counted.map(|(beyond, of)| Share::sliced(beyond, of, &slices));
        return Judged { result, share, allowed };
    }
    // What began while the limit may be exceeded says nothing of it.
    excuse(std::slice::from_mut(&mut result), happened, std::slice::from_ref(limit), traffic);
    let is_outside = |at: i64| !parts.iter().any(|(from, until)| (*from..*until).contains(&at));
    let slices = disturbed::sliced(limit, traffic, SLICES, |one| is_outside(one.began_us));
    let (beyond, of) = slices.iter().fold((0, 0), |sum, slice| (sum.0 + slice.0, sum.1 + slice.1));
    Judged { result, share: counted.map(|_| Share::sliced(beyond, of, &slices)), allowed }
}

fn latency_of(took: impl Iterator<Item = u64>) -> Latency {
    let mut took: Vec<u64> = took.collect();
    if took.is_empty() {
        return Latency::default();
    }
    took.sort();
    let at = |quantile: f64| took[((took.len() as f64 * quantile).ceil() as usize).clamp(1, took.len()) - 1];
    let mean_us = took.iter().sum::<u64>() as f64 / took.len() as f64;
    Latency { mean_us, p50_us: at(0.5), p95_us: at(0.95), p99_us: at(0.99) }
}

/// The middles of equal parts of what was sorted, their mean kept: the last one stands for a tail that is long.
fn points(sorted: &[u64]) -> Vec<u64> {
    let parts = POINTS.min(sorted.len());
    let part = |i: usize| &sorted[i * sorted.len() / parts..(i + 1) * sorted.len() / parts];
    (0..parts).map(|i| part(i).iter().sum::<u64>() / part(i).len().max(1) as u64).collect()
}

/// The squared coefficient of variation of the times between two requests.
fn arrivals_scv(traffic: &Traffic) -> f64 {
    let mut began: Vec<i64> = traffic.carried.iter().map(|one| one.began_us).filter(|at| *at >= 0).collect();
    began.sort();
    let gaps: Vec<f64> = began.windows(2).map(|two| (two[1] - two[0]) as f64).collect();
    if gaps.len() < 2 {
        return 1.0;
    }
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / (gaps.len() - 1) as f64;
    if mean > 0.0 { variance / (mean * mean) } else { 1.0 }
}
