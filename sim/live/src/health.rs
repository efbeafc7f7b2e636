//! How the generator itself fares: whether what it measured can be believed.

use fieldday_kernel::time::Span;
use fieldday_scenario::Generator;
use hdrhistogram::Histogram;

/// How punctual a worker was.
#[derive(Clone, Debug)]
pub struct Health {
    /// By how much requests were sent late, in microseconds.
    pub late: Histogram<u64>,
    /// By how much the worker woke late, in microseconds.
    pub lag: Histogram<u64>,
}

impl Default for Health {
    fn default() -> Health {
        // An hour at most, to three digits.
        let new = || {
            Histogram::new_with_bounds(1, fieldday_api::defaults::LONGEST_US, 3)
                .expect("bounds that are constant and right")
        };
        Health { late: new(), lag: new() }
    }
}

impl Health {
    /// A request was sent so late.
    pub fn sent_late(&mut self, by: Span) {
        self.late.saturating_record(by.as_micros().max(0).unsigned_abs());
    }
    /// Records how late the worker woke.
    pub fn woke_late(&mut self, by: Span) {
        self.lag.saturating_record(by.as_micros().max(0).unsigned_abs());
    }
    /// Adds what another worker saw.
    pub fn merge(&mut self, other: &Health) {
        // Of the same bounds, so it cannot fail.
        let _ = self.late.add(&other.late);
        let _ = self.lag.add(&other.lag);
    }
    /// Where the generator could not keep up, in a sentence each; none if it did.
    pub fn troubles(&self, limits: &Generator, cpu_share: Option<f64>) -> Vec<String> {
        let mut troubles = Vec::new();
        let mut over = |what: &str, of: &Histogram<u64>, limit_ms: u32| {
            let p99 = of.value_at_quantile(0.99);
            if !of.is_empty() && p99 > u64::from(limit_ms) * 1_000 {
                let p99 = p99 as f64 / 1_000.0;
                troubles.push(format!("the generator fell behind: {what}, p99 {p99:.0} ms (limit {limit_ms} ms)"));
            }
        };
        over("requests were sent late", &self.late, limits.late_p99_ms);
        over("a worker thread stalled", &self.lag, limits.lag_p99_ms);
        if let Some(share) = cpu_share.filter(|share| *share * 100.0 > f64::from(limits.cpu_percent)) {
            let (used, limit) = (share * 100.0, limits.cpu_percent);
            troubles.push(format!("the generator's processors were {used:.0} % busy (limit {limit} %)"));
        }
        troubles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generator_that_falls_behind_is_told_from_one_that_does_not() {
        let mut health = Health::default();
        (0..1_000).for_each(|_| health.sent_late(Span::millis(2)));
        assert_eq!(health.troubles(&Generator::default(), Some(0.5)), [""; 0]);
        (0..50).for_each(|_| health.sent_late(Span::millis(900)));
        let troubles = health.troubles(&Generator::default(), Some(0.99));
        assert_eq!(troubles.len(), 2, "{troubles:?}");
        assert!(troubles[0].contains("sent late") && troubles[1].contains("99 % busy"));
    }
}
