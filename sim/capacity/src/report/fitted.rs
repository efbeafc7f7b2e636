//! What the fitted models say of the question that was asked.

use super::breaks::{Breaks, breaks};
use super::trust::Trust;
use crate::day::Day;
use crate::demand::{self, Demand};
use crate::journal::Header;
use crate::level::Level;
use crate::search::{Ending, Finding, curve};
use crate::usl::{self, Usl};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Times as many reps for which needed instances are told.
const TIMES: [u64; 4] = [1, 2, 5, 10];
/// The share of an instance's capacity that is left free.
pub const HEADROOM: f64 = 0.3;

/// The models that could be fitted to the levels, and what follows from them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fitted {
    /// The Universal Scalability Law; absent if it is not used, and then `missing` says why.
    pub usl: Option<Usl>,
    /// The queueing model; absent if it is not used, and then `missing` says why.
    pub queue: Option<Demand>,
    /// The load at which the queueing model predicts that each limit is exceeded, the first one first.
    pub breaks: Vec<Breaks>,
    /// Utilisation of the workers over the day, at the number of reps that the target carries.
    pub moments: Vec<Moment>,
    /// The number of instances that more reps need, if the load is spread evenly over instances like this one.
    pub instances: Vec<Instances>,
    /// The models that are not used, each with the reason and with what would help.
    pub missing: Vec<String>,
}

/// A quarter of an hour of the day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// When the quarter of an hour begins, by the rep's clock: `07:45`.
    pub from: String,
    /// The share of the workers' time that one rep takes in that quarter of an hour, in real time.
    pub utilisation_per_rep: f64,
    /// The number of reps at which all workers are always busy.
    pub saturates_at_reps: f64,
}

/// The instances that a greater number of reps needs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instances {
    /// The multiple of the reps that the target carries.
    pub times: u64,
    /// The number of reps: `times` the number that the target carries.
    pub reps: u64,
    /// The requests a second of so many reps.
    pub requests_per_s: f64,
    /// The number of instances that hold every limit, without spare capacity.
    pub least: u64,
    /// The number of instances with 30 % of spare capacity.
    pub with_headroom: u64,
}

impl Fitted {
    /// Fits both models to the levels and keeps those that explain them.
    pub fn new(header: &Header, levels: &[Level], finding: &Finding, day: &Day) -> Fitted {
        let mut fitted = Fitted::default();
        if header.disturb {
            let why = "no model is fitted: the levels were disturbed on purpose, so they show no steady state; a search without --disturb fits them";
            fitted.missing.push(why.to_owned());
            return fitted;
        }
        let points: Vec<(f64, f64)> = curve(levels).iter().map(|of| (of.in_flight, of.requests_per_s)).collect();
        let trust = Trust::new(header, levels, finding);
        match trust.usl(usl::fit(&points)) {
            Ok(usl) => fitted.usl = Some(usl),
            Err(why) => fitted.missing.push(why),
        }
        let queue = demand::fit(levels).map(|queue| (breaks(&header.scenario.limits, &queue), queue));
        match trust.queue(queue) {
            Ok((breaks, queue)) => {
                fitted.moments = moments(day, &queue);
                (fitted.breaks, fitted.queue) = (breaks, Some(queue));
            }
            Err(why) => fitted.missing.push(why),
        }
        fitted.instances = instances(finding);
        fitted
    }
    /// The first quarter of an hour to saturate, as reps grow.
    pub fn first_moment(&self) -> Option<&Moment> {
        self.moments.iter().min_by(|a, b| a.saturates_at_reps.total_cmp(&b.saturates_at_reps))
    }
}

fn moments(day: &Day, queue: &Demand) -> Vec<Moment> {
    let known = |op| queue.endpoints.iter().find(|of| of.op == op).map(|of| of.service_us / 1e6);
    let mean = f64::from(queue.workers) / queue.saturates_at.max(1e-12);
    let moment = |bin: &crate::day::Bin| {
        // Of an endpoint that no level called, the mean of the others is taken.
        let work: f64 = bin.endpoints.iter().map(|of| of.requests_per_s * known(of.op).unwrap_or(mean)).sum();
        let utilisation_per_rep = work / f64::from(queue.workers.max(1));
        let saturates_at_reps = 1.0 / utilisation_per_rep.max(1e-12);
        Moment { from: bin.from.clone(), utilisation_per_rep, saturates_at_reps }
    };
    day.bins.iter().filter(|bin| bin.requests_per_s > 0.0).map(moment).collect()
}

/// Load is spread evenly, and instances share nothing: so each carries what this one does. Of an edge that was not found
/// nothing follows.
fn instances(finding: &Finding) -> Vec<Instances> {
    if finding.ending != Ending::Found {
        return Vec::new();
    }
    let (Some(carries), Some(rate)) = (finding.carries, finding.requests_per_s) else { return Vec::new() };
    // What is sure, where anything is.
    let each = finding.low.unwrap_or(carries).max(1) as f64;
    let needed = |times: u64| Instances {
        times,
        reps: carries * times,
        requests_per_s: rate * times as f64,
        least: ((carries * times) as f64 / each).ceil() as u64,
        with_headroom: ((carries * times) as f64 / (each * (1.0 - HEADROOM))).ceil() as u64,
    };
    TIMES.iter().map(|times| needed(*times)).collect()
}
