//! What is measured of each run: three percentiles of every endpoint, as logarithms.

use crate::judge::{Judged, Sample, Says as Judgement};
use crate::sides::Sides;
use crate::{ErrorChange, NotCompared, PercentileChange, Says};
use fieldday_api::endpoint::Op;
use fieldday_folder::nights::Night;
use fieldday_folder::summary::{Limit, Percentiles};
use fieldday_rules::limits::needed;

/// The percentiles that are compared, each with the share of a million that is beyond it.
pub const PERCENTILES: [(&str, u64); 3] = [("p50", 500_000), ("p95", 50_000), ("p99", 10_000)];

/// The percentiles that both sides have, with their values.
#[derive(Debug)]
pub(crate) struct Lines {
    pub keys: Vec<Key>,
    pub sample: Sample,
    pub not_compared: Vec<NotCompared>,
    /// Each key's values in microseconds, of the new runs and of the baseline.
    values: Vec<(Vec<u64>, Vec<u64>)>,
    /// Whether attempts were given up there in some run.
    at_limit: Vec<bool>,
    identical: bool,
}

/// A percentile of an endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// The place in [`PERCENTILES`].
    pub percentile: usize,
}

impl Key {
    /// `p95`
    pub fn as_str(&self) -> &'static str {
        PERCENTILES[self.percentile].0
    }
    /// Every percentile of every endpoint that one of the runs called, in the spec's order.
    pub fn all<'a>(nights: impl Iterator<Item = &'a Night> + Clone) -> Vec<Key> {
        let mut keys = Vec::new();
        for op in Op::ALL {
            let called = nights.clone().flat_map(|night| &night.summary.limits);
            let Some(line) = called.filter(|line| line.label == op.label()).find(|line| line.answered > 0) else {
                continue;
            };
            for percentile in 0..PERCENTILES.len() {
                keys.push(Key { op: line.op.clone(), label: line.label.clone(), percentile });
            }
        }
        keys
    }
    fn line<'a>(&self, night: &'a Night) -> Option<&'a Limit> {
        night.summary.limits.iter().find(|line| line.op == self.op)
    }
    fn samples(&self, night: &Night) -> u64 {
        self.line(night).and_then(|line| clock(line, night)).map_or(0, |of| of.count)
    }
    /// Its value in a run, in microseconds; none if there were too few samples for it to mean anything.
    pub fn value_us(&self, night: &Night) -> Option<u64> {
        let of = clock(self.line(night)?, night)?;
        (of.count >= needed(PERCENTILES[self.percentile].1)).then_some(self.of(of).max(1))
    }
    fn of(&self, percentiles: &Percentiles) -> u64 {
        [percentiles.p50_us, percentiles.p95_us, percentiles.p99_us][self.percentile]
    }
    /// The spec's time limit, if it has one.
    pub fn limit_us(&self, night: &Night) -> Option<u64> {
        self.line(night)?.limit_us
    }
    /// Whether attempts were given up there, so that the value is but a lower bound.
    fn is_at_limit(&self, night: &Night) -> bool {
        let Some(line) = self.line(night) else { return false };
        let limit = line.limit_us.unwrap_or(u64::MAX);
        // Three digits of a latency count.
        line.timed_out > 0 && self.value_us(night).is_some_and(|value| value >= limit - limit / 500)
    }
}

/// On the wire where a target was called; as the app saw it in virtual time.
fn clock<'a>(line: &'a Limit, night: &Night) -> Option<&'a Percentiles> {
    if night.kind().is_live() { line.wire.as_ref() } else { Some(&line.latency) }
}

impl Lines {
    pub fn of(sides: &Sides) -> Lines {
        let all = || sides.new.iter().chain(&sides.baseline);
        let (mut keys, mut not_compared) = (Vec::new(), Vec::new());
        for key in Key::all(all()) {
            match without(&key, sides) {
                None => keys.push(key),
                Some(why) => {
                    let percentile = key.as_str().to_owned();
                    not_compared.push(NotCompared { op: key.op, label: key.label, percentile, why });
                }
            }
        }
        let history = neighbours(&keys, &sides.history);
        let of = |nights: &[Night], key: &Key| nights.iter().filter_map(|night| key.value_us(night)).collect();
        let values: Vec<(Vec<u64>, Vec<u64>)> =
            keys.iter().map(|key| (of(&sides.new, key), of(&sides.baseline, key))).collect();
        let column = |(place, (new, baseline)): (usize, &(Vec<u64>, Vec<u64>))| {
            let runs = new.iter().chain(baseline).map(|value| libm::log(*value as f64));
            runs.chain(history.iter().map(|differences| differences[place])).collect()
        };
        let sample = Sample {
            columns: values.iter().enumerate().map(column).collect(),
            family: keys.iter().map(|key| key.percentile).collect(),
            new: sides.new.len(),
            base: sides.baseline.len(),
            history: history.len(),
            paired: sides.paired,
        };
        let at_limit = keys.iter().map(|key| all().any(|night| key.is_at_limit(night))).collect();
        Lines { keys, sample, not_compared, values, at_limit, identical: sides.identical }
    }

    /// The conclusion for each percentile, in the order of the keys.
    pub fn judge(&self) -> Vec<Judged> {
        let mut judged = self.sample.judge();
        for (one, at_limit) in judged.iter_mut().zip(&self.at_limit) {
            match one.says {
                // The same events: there is nothing to be uncertain of.
                _ if self.identical => {
                    *one = Judged { interval: Some((0.0, 0.0)), says: Judgement::NoMoreThan(0.0), ..*one }
                }
                // Nobody knows how long it would have taken.
                Judgement::NoMoreThan(_) if *at_limit => one.says = Judgement::CannotTell(None),
                _ => {}
            }
        }
        judged
    }
    /// Whether attempts were given up there in some run.
    pub fn is_at_limit(&self, place: usize) -> bool {
        self.at_limit[place]
    }
    /// Whether both sides are the same events.
    pub fn is_identical(&self) -> bool {
        self.identical
    }
    /// The keys that a limit is of.
    pub fn of_limit(&self, limit: &crate::ChangeLimit) -> Vec<usize> {
        let of = |key: &&Key| limit.is_of(&key.label, key.percentile);
        self.keys.iter().enumerate().filter(|(_, key)| of(key)).map(|(place, _)| place).collect()
    }
    /// The lines of the document, in the order of the keys.
    pub fn shown(&self, judged: &[Judged], errors: &[ErrorChange]) -> Vec<PercentileChange> {
        let differs = |op: &str| errors.iter().any(|change| change.op == op);
        let lines = judged.iter().enumerate().map(|(place, one)| self.line(place, one));
        lines.map(|line| PercentileChange { success_differs: differs(&line.op), ..line }).collect()
    }
    fn line(&self, place: usize, one: &Judged) -> PercentileChange {
        let (key, (new, baseline)) = (&self.keys[place], &self.values[place]);
        let (no_more_than, more_runs) = match one.says {
            Judgement::Changed => (None, None),
            Judgement::NoMoreThan(log) => (Some(libm::exp(log)), None),
            Judgement::CannotTell(more) => (None, more.map(|more| more as u64)),
        };
        PercentileChange {
            op: key.op.clone(),
            label: key.label.clone(),
            percentile: key.as_str().to_owned(),
            says: match one.says {
                Judgement::Changed if one.mid > 0.0 => Says::Slower,
                Judgement::Changed => Says::Faster,
                Judgement::NoMoreThan(_) => Says::NoDifference,
                Judgement::CannotTell(_) => Says::CannotTell,
            },
            new_us: geometric_mean(new),
            baseline_us: geometric_mean(baseline),
            ratio: libm::exp(one.mid),
            interval: one.interval.map(|(low, high)| [libm::exp(low), libm::exp(high)]),
            p: one.p,
            matters: libm::exp(one.margin),
            no_more_than,
            more_runs,
            new_runs_us: new.clone(),
            baseline_runs_us: baseline.clone(),
            at_limit: self.at_limit[place],
            success_differs: false,
        }
    }
}

fn geometric_mean(values: &[u64]) -> u64 {
    let sum: f64 = values.iter().map(|value| libm::log(*value as f64)).sum();
    libm::exp(sum / values.len().max(1) as f64).round() as u64
}

/// Why a percentile cannot be compared; none if it can.
fn without(key: &Key, sides: &Sides) -> Option<String> {
    let needed = needed(PERCENTILES[key.percentile].1);
    for (side, nights) in [("new", &sides.new), ("baseline", &sides.baseline)] {
        let few = nights.iter().filter(|night| key.value_us(night).is_none()).count();
        let least = nights.iter().map(|night| key.samples(night)).min().unwrap_or(0);
        if few > 0 {
            let of = nights.len();
            return Some(format!(
                "too few samples in {few} of {of} {side} runs: {needed} are needed, the smallest has {least}"
            ));
        }
    }
    None
}

/// The differences of neighbouring nights over √2, each night used once: they vary as single nights do about their mean, and
/// a release in between two weeks of nights spoils one of them at most, not all.
fn neighbours(keys: &[Key], history: &[Night]) -> Vec<Vec<f64>> {
    let values = |night: &Night| -> Option<Vec<f64>> {
        keys.iter().map(|key| key.value_us(night).map(|value| libm::log(value as f64))).collect()
    };
    let whole: Vec<Vec<f64>> = history.iter().filter_map(values).collect();
    let difference = |(one, other): (&f64, &f64)| (other - one) * std::f64::consts::FRAC_1_SQRT_2;
    // The newest two are a pair, whatever is left over at the other end.
    whole.rchunks_exact(2).map(|pair| pair[0].iter().zip(&pair[1]).map(difference).collect()).collect()
}
