//! How long answers took over a live run, bin by bin and endpoint by endpoint: enough to see whether an endpoint becomes
//! slower as requests are served, or with the load, and no more. [`crate::growth`] reads it.
//!
//! There are never more than [`BINS_MAX`] bins: where one more would be needed, neighbours are put together. Sums are of
//! whole numbers, so parts add up in any order and come out the same.

use fieldday_api::endpoint::Op;
use fieldday_kernel::time::{Span, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most bins that a run has.
const BINS_MAX: i64 = 128;
/// How fine logarithms are kept: 1/65,536 is 0.0015 % of a latency.
const FINE: f64 = 65_536.0;

/// What was answered with success in each bin, by endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AnswerBins {
    /// How long a bin lasts, in seconds: a power of two. Bins begin at multiples of it since 1970.
    width_s: i64,
    bins: BTreeMap<(i64, u8), Answers>,
}

/// The answers of an endpoint in a bin.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Answers {
    count: u64,
    /// The sum of the natural logarithms of how long they took in microseconds, times [`FINE`].
    logarithms: i64,
}

/// One endpoint in one bin, beside what all endpoints did until then.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GrowthPoint {
    /// How many of the endpoint's answers there were.
    pub count: u64,
    /// The mean of the natural logarithms of how long they took in microseconds.
    pub mean_log_us: f64,
    /// How many requests were served in all when half of the bin's were.
    pub served: f64,
    /// Requests served a second in this bin.
    pub load: f64,
}

impl Default for AnswerBins {
    fn default() -> Self {
        AnswerBins { width_s: 1, bins: BTreeMap::new() }
    }
}

impl AnswerBins {
    /// An answer of success that took so long.
    pub fn add(&mut self, at: Time, op: Op, took: Span) {
        let micros = took.as_micros().max(1) as f64;
        let answers = self.bins.entry((at.micros().div_euclid(self.width_us()), op.index() as u8)).or_default();
        answers.count += 1;
        answers.logarithms += (libm::log(micros) * FINE).round() as i64;
        self.coarsen_to_fit();
    }
    /// Adds the bins of another worker, of whatever width.
    pub fn merge(&mut self, other: &AnswerBins) {
        let mut other = other.clone();
        while self.width_s != other.width_s {
            let finer = if self.width_s < other.width_s { &mut *self } else { &mut other };
            finer.coarsen();
        }
        for (key, theirs) in other.bins {
            self.bins.entry(key).or_default().add(theirs);
        }
        self.coarsen_to_fit();
    }
    /// An endpoint's bins, the first one first.
    pub fn points(&self, op: Op) -> Vec<GrowthPoint> {
        let mut totals: BTreeMap<i64, u64> = BTreeMap::new();
        for ((bin, _), answers) in &self.bins {
            *totals.entry(*bin).or_default() += answers.count;
        }
        let mut served = 0;
        let mut points = Vec::new();
        for (bin, total) in totals {
            if let Some(answers) = self.bins.get(&(bin, op.index() as u8)) {
                points.push(GrowthPoint {
                    count: answers.count,
                    mean_log_us: answers.logarithms as f64 / FINE / answers.count as f64,
                    served: served as f64 + total as f64 / 2.0,
                    load: total as f64 / self.width_s as f64,
                });
            }
            served += total;
        }
        points
    }

    fn width_us(&self) -> i64 {
        Span::seconds(self.width_s).as_micros()
    }
    fn coarsen_to_fit(&mut self) {
        let span = |bins: &BTreeMap<(i64, u8), Answers>| match (bins.first_key_value(), bins.last_key_value()) {
            (Some(((first, _), _)), Some(((last, _), _))) => last - first + 1,
            _ => 0,
        };
        while span(&self.bins) > BINS_MAX {
            self.coarsen();
        }
    }
    /// Puts neighbours together, into bins twice as wide.
    fn coarsen(&mut self) {
        self.width_s *= 2;
        for ((bin, op), answers) in std::mem::take(&mut self.bins) {
            self.bins.entry((bin.div_euclid(2), op)).or_default().add(answers);
        }
    }
}

impl Answers {
    fn add(&mut self, other: Answers) {
        self.count += other.count;
        self.logarithms += other.logarithms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Time {
        Time::from_micros(s * 1_000_000)
    }

    #[test]
    fn parts_add_up_in_any_order_and_bins_stay_few() {
        let (mut whole, mut even, mut odd) = (AnswerBins::default(), AnswerBins::default(), AnswerBins::default());
        for s in 0..1_000 {
            let (op, took) = (if s % 3 == 0 { Op::Health } else { Op::ListTasks }, Span::millis(1 + s % 7));
            whole.add(at(s), op, took);
            if s % 2 == 0 { &mut even } else { &mut odd }.add(at(s), op, took);
        }
        let joined = |mut first: AnswerBins, second: &AnswerBins| {
            first.merge(second);
            first.points(Op::ListTasks)
        };
        let points = whole.points(Op::ListTasks);
        assert!(points.len() <= BINS_MAX as usize, "{}", points.len());
        assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 666);
        assert_eq!(joined(even.clone(), &odd), points);
        assert_eq!(joined(odd, &even), points);
    }

    #[test]
    fn a_bin_has_the_mean_the_load_and_what_was_served_so_far() {
        let mut bins = AnswerBins::default();
        bins.add(at(10), Op::Health, Span::millis(1));
        bins.add(at(10), Op::ListTasks, Span::millis(4));
        bins.add(at(12), Op::ListTasks, Span::millis(4));
        let points = bins.points(Op::ListTasks);
        assert_eq!(
            points.iter().map(|p| (p.count, p.served, p.load)).collect::<Vec<_>>(),
            [(1, 1.0, 2.0), (1, 2.5, 1.0)]
        );
        assert!((points[0].mean_log_us - libm::log(4_000.0)).abs() < 1e-4, "{points:?}");
    }
}
