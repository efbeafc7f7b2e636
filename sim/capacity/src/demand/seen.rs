//! Numbers of reps as the fit sees them: the levels of each taken together.

use crate::level::Level;
use fieldday_api::endpoint::Op;
use std::collections::BTreeMap;

/// Workers are full at a level that served less than was offered by this share and by so many deviations of a count. It has no
/// steady state, so its latencies say nothing.
const SERVED_LESS: f64 = 0.03;
const DEVIATIONS: f64 = 3.0;

/// A number of reps: all its levels together.
pub(super) struct Seen {
    pub reps: u64,
    pub requests: f64,
    pub rate: f64,
    pub mean_s: f64,
    pub p95_s: f64,
    pub arrivals_scv: f64,
    /// Requests a second, by endpoint.
    pub ops: BTreeMap<Op, f64>,
}

/// The levels by their number of reps, the smallest first.
pub(super) fn seen(levels: &[&Level]) -> Vec<Seen> {
    let mut of: BTreeMap<u64, Vec<&Level>> = BTreeMap::new();
    levels.iter().filter(|level| level.requests > 0).for_each(|level| of.entry(level.reps).or_default().push(level));
    of.into_iter().map(|(reps, levels)| together(reps, &levels)).collect()
}

fn together(reps: u64, levels: &[&Level]) -> Seen {
    let seconds: f64 = levels.iter().map(|level| level.measured_s).sum();
    let requests: f64 = levels.iter().map(|level| level.requests as f64).sum();
    let mean = |of: &dyn Fn(&Level) -> f64| {
        levels.iter().map(|level| of(level) * level.requests as f64).sum::<f64>() / requests.max(1.0)
    };
    let mut ops: BTreeMap<Op, f64> = BTreeMap::new();
    for endpoint in levels.iter().flat_map(|level| &level.endpoints).filter(|of| of.op != Op::PutAudio) {
        *ops.entry(endpoint.op).or_default() += endpoint.requests as f64 / seconds.max(1e-6);
    }
    Seen {
        reps,
        requests,
        rate: requests / seconds.max(1e-6),
        mean_s: mean(&|level| level.latency.mean_us) / 1e6,
        p95_s: mean(&|level| level.latency.p95_us as f64) / 1e6,
        arrivals_scv: mean(&|level| level.arrivals_scv),
        ops,
    }
}

/// Requests a second of one rep: the median of the levels, since reps of a target that is full send fewer.
pub(super) fn per_rep(seen: &[Seen]) -> f64 {
    let mut rates: Vec<f64> = seen.iter().map(|level| level.rate / level.reps.max(1) as f64).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

/// The levels at which the workers were not full; all of them, if fewer than `least` would be left.
pub(super) fn without_full(seen: Vec<Seen>, least: usize) -> Vec<Seen> {
    let per_rep = per_rep(&seen);
    let is_full = |level: &Seen| {
        let offered = per_rep * level.reps as f64 * level.requests / level.rate.max(1e-12);
        let less = offered - level.requests;
        less > SERVED_LESS * offered && less > DEVIATIONS * offered.sqrt()
    };
    if seen.iter().filter(|level| !is_full(level)).count() < least {
        return seen;
    }
    seen.into_iter().filter(|level| !is_full(level)).collect()
}

/// How the times between requests vary, weighted by how many requests there were.
pub(super) fn arrivals_scv(seen: &[Seen]) -> f64 {
    let sum: f64 = seen.iter().map(|level| level.arrivals_scv * level.requests).sum();
    sum / seen.iter().map(|level| level.requests).sum::<f64>().max(1.0)
}
