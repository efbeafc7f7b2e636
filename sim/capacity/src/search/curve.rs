//! The curve of latency over throughput, and its knee.

use crate::level::Level;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A curve of fewer points has no knee: too few to tell a bend from noise.
const POINTS_MIN: usize = 5;
/// A curve that is no further than this from a straight line has no knee.
const BENT_MIN: f64 = 0.1;

/// A point of the curve: all levels of the same number of reps that count, on average.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The number of reps.
    pub reps: u64,
    /// The number of times that it was measured.
    pub times: u32,
    /// Requests a second that were served: answered as expected.
    pub requests_per_s: f64,
    /// The mean number of requests in flight while these levels were measured.
    pub in_flight: f64,
    /// The mean latency of the answered requests, in microseconds.
    pub mean_us: f64,
    /// The median latency, in microseconds: the mean of the levels' medians.
    pub p50_us: f64,
    /// The 95th percentile of the latency, in microseconds: the mean of the levels' percentiles.
    pub p95_us: f64,
    /// The 99th percentile of the latency, in microseconds: the mean of the levels' percentiles.
    pub p99_us: f64,
}

/// Where more load begins to cost more latency than it brings throughput.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Knee {
    /// Reps at the point that is furthest below the chord of the curve (Kneedle).
    pub reps: u64,
    /// Requests a second that were served at the knee.
    pub requests_per_s: f64,
    /// The mean number of requests in flight at the knee.
    pub in_flight: f64,
    /// The distance of the knee below the chord, as a share of the height of the curve: 0 for a straight line.
    pub bend: f64,
    /// Reps at the point of the greatest throughput by latency (Kleinrock's power), for comparison.
    pub power_reps: u64,
}

/// The curve of these levels, by number of reps.
pub fn curve(levels: &[Level]) -> Vec<Point> {
    let mut of: BTreeMap<u64, Vec<&Level>> = BTreeMap::new();
    // One that was ended early has no throughput of its own.
    let counts = |level: &&Level| level.counts() && level.suffered.is_none() && level.served_per_s > 0.0;
    levels.iter().filter(counts).for_each(|level| of.entry(level.reps).or_default().push(level));
    of.into_iter().map(|(reps, levels)| point(reps, &levels)).collect()
}

fn point(reps: u64, levels: &[&Level]) -> Point {
    let mean = |of: &dyn Fn(&Level) -> f64| levels.iter().map(|level| of(level)).sum::<f64>() / levels.len() as f64;
    Point {
        reps,
        times: levels.len() as u32,
        requests_per_s: mean(&|level| level.served_per_s),
        in_flight: mean(&|level| level.in_flight),
        mean_us: mean(&|level| level.latency.mean_us),
        p50_us: mean(&|level| level.latency.p50_us as f64),
        p95_us: mean(&|level| level.latency.p95_us as f64),
        p99_us: mean(&|level| level.latency.p99_us as f64),
    }
}

/// The knee of a curve, by Kneedle (Satopää et al. 2011) for a curve that is convex and goes up: throughput and mean latency
/// are scaled to 0 to 1 over what was measured, and the knee is where the curve is furthest below its chord.
pub fn knee(curve: &[Point]) -> Option<Knee> {
    if curve.len() < POINTS_MIN {
        return None;
    }
    let range = |of: &dyn Fn(&Point) -> f64| {
        let values = || curve.iter().map(of);
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    };
    let (x, y) = (range(&|point| point.requests_per_s), range(&|point| point.mean_us));
    if x.1 <= x.0 || y.1 <= y.0 {
        return None;
    }
    let below = |point: &Point| (point.requests_per_s - x.0) / (x.1 - x.0) - (point.mean_us - y.0) / (y.1 - y.0);
    let power = |point: &Point| point.requests_per_s / point.mean_us.max(1.0);
    let at = curve.iter().max_by(|a, b| below(a).total_cmp(&below(b)))?;
    let strongest = curve.iter().max_by(|a, b| power(a).total_cmp(&power(b)))?;
    (below(at) >= BENT_MIN).then(|| Knee {
        reps: at.reps,
        requests_per_s: at.requests_per_s,
        in_flight: at.in_flight,
        bend: below(at),
        power_reps: strongest.reps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(of: impl Fn(f64) -> f64) -> Vec<Point> {
        let point = |i: u64| {
            let load = i as f64 / 20.0;
            let mean_us = of(load);
            let requests_per_s = 100.0 * load;
            let in_flight = requests_per_s * mean_us / 1e6;
            Point { reps: 10 * i, times: 1, requests_per_s, in_flight, mean_us, p50_us: 0.0, p95_us: 0.0, p99_us: 0.0 }
        };
        (1..20).map(point).collect()
    }

    #[test]
    fn the_knee_of_an_mm1_queue_is_where_its_tangent_is_parallel_to_the_chord() {
        // R = 1 / (1 − ρ) from 0.05 to 0.95: the chord's slope is (20 − 1.053) / 0.9, R' = R², so ρ = 1 − 0.218.
        let knee = knee(&points(|load| 10_000.0 / (1.0 - load))).unwrap();
        // Measured at 150 and at 160, the later lies further below the chord.
        assert_eq!(knee.reps, 160, "{knee:?}");
        // Power of M/M/1 is greatest at half load (Kleinrock).
        assert_eq!(knee.power_reps, 100);
    }

    #[test]
    fn a_straight_line_and_too_few_points_have_no_knee() {
        assert_eq!(knee(&points(|load| 10_000.0 + 1_000.0 * load)), None);
        assert_eq!(knee(&points(|load| 10_000.0 / (1.0 - load))[..4]), None);
        assert_eq!(knee(&points(|_| 10_000.0)), None);
    }
}
