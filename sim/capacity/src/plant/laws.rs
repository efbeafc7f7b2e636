//! How long requests are worked on, by endpoint.

use fieldday_api::endpoint::Op;
use fieldday_backend::ServiceTimes;
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::Span;
use fieldday_scenario::plant::{Law, Service};

/// The purpose of the draws of work: they are keyed by the request alone, so one request fewer changes no other's.
const WORK: Purpose = Purpose::new("plant.service");

/// The distributions of the service time, by endpoint.
pub(super) struct Laws {
    seed: u64,
    of: Vec<Option<Law>>,
}

impl Laws {
    pub(super) fn new(service: &Service, seed: u64) -> Laws {
        Laws { seed, of: Op::ALL.iter().map(|op| service.of(*op).cloned()).collect() }
    }
    /// How long the request of that key is worked on. An endpoint that nothing says anything about takes no time: a plant
    /// is only made when every endpoint that the spec demands has a law.
    pub(super) fn draw(&self, op: Op, key: u64) -> Span {
        let Some(law) = &self.of[op.index()] else { return Span::ZERO };
        let stream = || Stream::new(self.seed, WORK, key, 0, 0);
        Span::micros(match law {
            Law::Constant { us } => *us as i64,
            Law::Exponential { mean_us } => stream().exponential(*mean_us as f64) as i64,
            Law::LogNormal { median_us, spread_percent } => {
                stream().log_normal(*median_us as f64, f64::from(*spread_percent) / 100.0) as i64
            }
            Law::Quantiles { points } => quantile(points, stream().below(1_000_000)),
        })
    }
}

/// Between quantiles it is linear, beyond them flat.
fn quantile(points: &[(u32, u64)], at_ppm: u64) -> i64 {
    let next = points.partition_point(|(ppm, _)| u64::from(*ppm) < at_ppm);
    match (next.checked_sub(1).map(|i| points[i]), points.get(next)) {
        (Some((low, from)), Some((high, to))) => {
            let (run, along) = (u64::from(high - low).max(1), at_ppm - u64::from(low));
            (from + (to - from) * along / run) as i64
        }
        (None, Some((_, value))) => *value as i64,
        (Some((_, value)), None) => value as i64,
        (None, None) => 0,
    }
}

/// The mean of a law, in microseconds.
pub fn mean_us(law: &Law) -> f64 {
    match law {
        Law::Constant { us } => *us as f64,
        Law::Exponential { mean_us } => *mean_us as f64,
        Law::LogNormal { median_us, spread_percent } => {
            let deviation = libm::log(f64::from(*spread_percent) / 100.0);
            *median_us as f64 * libm::exp(deviation * deviation / 2.0)
        }
        Law::Quantiles { points } => {
            let ends = points.first().map_or(0.0, |p| f64::from(p.0) * p.1 as f64)
                + points.last().map_or(0.0, |p| (1e6 - f64::from(p.0)) * p.1 as f64);
            let within =
                points.windows(2).map(|pair| f64::from(pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) as f64 / 2.0);
            (ends + within.sum::<f64>()) / 1e6
        }
    }
}

/// The service times of the model backend as laws: the default where a scenario has none.
pub fn default_service() -> Service {
    let times = ServiceTimes::default();
    let law = |op: Op| {
        let spread = times.of(op);
        Law::LogNormal { median_us: spread.median_us, spread_percent: spread.spread_percent }
    };
    Service {
        reads: Some(law(Op::ListAppointments)),
        writes: Some(law(Op::ClockIn)),
        health: Some(law(Op::Health)),
        ops: Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn_mean(law: Law) -> (f64, f64) {
        let service = Service { reads: Some(law.clone()), ..Service::default() };
        let laws = Laws::new(&service, 3);
        let sum: i64 = (0..40_000).map(|key| laws.draw(Op::ListTasks, key).as_micros()).sum();
        (sum as f64 / 40_000.0, mean_us(&law))
    }

    #[test]
    fn what_is_drawn_has_the_mean_of_its_law() {
        let points = vec![(0, 1_000), (500_000, 20_000), (950_000, 30_000), (1_000_000, 90_000)];
        for law in [
            Law::Constant { us: 5_000 },
            Law::Exponential { mean_us: 20_000 },
            Law::LogNormal { median_us: 20_000, spread_percent: 160 },
            Law::Quantiles { points },
            Law::Quantiles { points: vec![(500_000, 7_000)] },
        ] {
            let (drawn, mean) = drawn_mean(law.clone());
            assert!((drawn / mean - 1.0).abs() < 0.015, "{law:?}: {drawn} for {mean}");
        }
    }
}
