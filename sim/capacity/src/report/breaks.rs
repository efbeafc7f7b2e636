//! At how much load each limit breaks by the queueing model.

use crate::demand::Demand;
use fieldday_scenario::limits::{Limit, Measure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The load at which the queueing model predicts that a limit is exceeded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breaks {
    /// The limit, as the scenario writes it.
    pub limit: String,
    /// The greatest number of requests a second at which the limit holds.
    pub requests_per_s: f64,
    /// The greatest number of reps at which the limit holds.
    pub reps: f64,
    /// The lower end of its interval of 95 %: as far as the number of measured requests tells.
    pub low_reps: f64,
    /// The upper end of that interval.
    pub high_reps: f64,
}

/// The load at which each limit on a latency breaks, the lowest load first.
pub(super) fn breaks(limits: &[Limit], queue: &Demand) -> Vec<Breaks> {
    let of = |limit: &Limit| {
        let (share, bound) = match limit.measure {
            Measure::Percentile(ppm) => (f64::from(ppm) / 1e6, limit.bound),
            Measure::Within(us) => (limit.bound as f64 / 1e6, us),
            _ => return None,
        };
        let requests_per_s = queue.greatest_rate(share, bound as f64, |op| limit.scope.holds(op));
        if !requests_per_s.is_finite() {
            return None;
        }
        let reps = |rate: f64| rate / queue.requests_per_s_per_rep.max(1e-12);
        let holds = |op| limit.scope.holds(op);
        let (low, high) = queue.greatest_rate_between(share, bound as f64, requests_per_s, holds);
        Some(Breaks {
            limit: limit.text().to_owned(),
            requests_per_s,
            reps: reps(requests_per_s),
            low_reps: reps(low),
            high_reps: reps(high),
        })
    };
    let mut breaks: Vec<Breaks> = limits.iter().filter_map(of).collect();
    breaks.sort_by(|a, b| a.requests_per_s.total_cmp(&b.requests_per_s));
    breaks
}
