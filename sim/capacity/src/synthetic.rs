//! Levels that nobody measured: what a queue in closed form would show.

use crate::level::{Endpoint, Judged, Latency, Level};
use crate::played::{self, Work};
use crate::queue::{Queue, exponential};
use crate::search::Share;
use crate::trace::{Trace, Traced};
use fieldday_api::endpoint::Op;
use fieldday_rules::limit_result::{LimitResult, LimitUnit, LimitVerdict};

/// A target with so many workers, and what reps ask of it.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub workers: u32,
    pub service_s: f64,
    pub rate_per_rep: f64,
    /// The bound of the limit on the 95th percentile, in seconds.
    pub bound_s: f64,
}

pub(crate) const TARGET: Target = Target { workers: 4, service_s: 0.02, rate_per_rep: 0.5, bound_s: 0.1 };

impl Target {
    pub fn queue(&self, reps: u64) -> Queue {
        Queue::mmc(self.workers, reps as f64 * self.rate_per_rep, self.service_s)
    }
    /// The greatest number of reps whose p95 is within the bound.
    pub fn truth(&self) -> f64 {
        self.queue(1).greatest_rate(0.95, self.bound_s, &exponential(self.service_s, 500)) / self.rate_per_rep
    }
    /// What would be measured, without noise but that of whole numbers.
    pub fn level(&self, reps: u64, measured_s: f64) -> Level {
        let (queue, points) = (self.queue(reps), exponential(self.service_s, 200));
        let rate = queue.rate.min(0.999 * f64::from(self.workers) / self.service_s);
        let queue = Queue { rate, ..queue };
        let mean_us = (self.service_s + queue.mean_wait_s().unwrap_or(10.0)) * 1e6;
        let at = |share: f64| (queue.quantile_s(share, &points).unwrap_or(10.0) * 1e6) as u64;
        let latency = Latency { mean_us, p50_us: at(0.5), p95_us: at(0.95), p99_us: at(0.99) };
        let requests = (rate * measured_s).round() as u64;
        let beyond = (queue.beyond(self.bound_s, &exponential(self.service_s, 500)) * requests as f64).round() as u64;
        let points_us = (0..100).map(|i| at((f64::from(i) + 0.5) / 100.0)).collect();
        let verdict =
            if latency.p95_us as f64 > self.bound_s * 1e6 { LimitVerdict::Exceeded } else { LimitVerdict::Held };
        Level {
            requests,
            requests_per_s: rate,
            served_per_s: rate,
            in_flight: rate * mean_us / 1e6,
            in_flight_by_little: rate * mean_us / 1e6,
            endpoints: vec![Endpoint {
                op: Op::ListAppointments,
                requests,
                requests_per_s: rate,
                latency: latency.clone(),
                points_us,
            }],
            limits: vec![Judged {
                result: LimitResult {
                    text: "wire p95 < 100 ms".to_owned(),
                    verdict,
                    clock: None,
                    unit: LimitUnit::Micros,
                    bound: (self.bound_s * 1e6) as u64,
                    actual: Some(latency.p95_us),
                    at_least: false,
                    margin: None,
                    optional: false,
                    built_in: false,
                    sample_count: requests,
                    note: None,
                },
                share: Some(Share::new(beyond, requests)),
                allowed: 0.05,
            }],
            latency,
            trace: self.trace(rate, measured_s, reps),
            ..Level::empty(reps, measured_s)
        }
    }
    /// Requests of such a level, which have the noise of chance.
    fn trace(&self, rate: f64, measured_s: f64, number: u64) -> Option<Trace> {
        let target = played::Target::of(self.workers, Work::Exponential(self.service_s));
        let played = target.level((1, rate), measured_s, &[], number).trace?;
        let of_op = |one: &Traced| Traced { op: Op::ListAppointments, ..*one };
        Some(Trace::of(played.requests().iter().map(of_op).collect()))
    }
}
