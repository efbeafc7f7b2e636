//! From values to places between 0 and 1, and the values to write beside an axis.

/// The scale of an axis of values.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scale {
    /// A linear axis from 0.
    Linear {
        /// The value at the end of the axis.
        max: f64,
    },
    /// A logarithmic axis.
    Log {
        /// The value at the beginning of the axis, above 0.
        min: f64,
        /// The value at the end of the axis.
        max: f64,
    },
    /// The same for microseconds, which people count in seconds, minutes and hours.
    Time {
        /// The value at the beginning of the axis, above 0.
        min: f64,
        /// The value at the end of the axis.
        max: f64,
    },
}

/// Spans that a scale of times begins, ends and is marked at: from 10 µs to ten days.
const SPANS_US: [f64; 12] = [10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 6e7, 6e8, 3.6e9, 3.6e10, 8.64e11];

/// A stretch of the horizontal axis with words for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    /// The beginning of the stretch, as a share of the axis from 0 to 1.
    pub from: f64,
    /// The end of the stretch, as a share of the axis from 0 to 1.
    pub until: f64,
    /// The words for it.
    pub words: String,
}

/// A word beside an axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Tick {
    /// The place of the tick, as a share of the axis from 0 to 1.
    pub at: f64,
    /// The label beside the tick.
    pub words: String,
}

impl Scale {
    /// A linear scale up to a round value that is not below any of these.
    pub fn linear(values: impl Iterator<Item = f64>) -> Scale {
        Scale::Linear { max: round_up(values.fold(0.0, f64::max)) }
    }
    /// A logarithmic scale over whole decades around these.
    pub fn log(values: impl Iterator<Item = f64>) -> Scale {
        let (mut min, mut max) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            (min, max) = (min.min(value), max.max(value));
        }
        if !min.is_finite() {
            (min, max) = (1.0, 10.0);
        }
        let (low, high) = (decade_below(min), decade_above(max));
        Scale::Log { min: low, max: if high > low { high } else { low * 10.0 } }
    }
    /// A logarithmic scale of microseconds around these.
    pub fn time(values: impl Iterator<Item = f64>) -> Scale {
        let (mut min, mut max) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            (min, max) = (min.min(value), max.max(value));
        }
        if !min.is_finite() {
            (min, max) = (1e5, 1e6);
        }
        let low = SPANS_US.iter().rposition(|span| *span <= min).unwrap_or(0).min(SPANS_US.len() - 2);
        let high = SPANS_US.iter().position(|span| *span >= max).unwrap_or(SPANS_US.len() - 1).max(low + 1);
        Scale::Time { min: SPANS_US[low], max: SPANS_US[high] }
    }
    /// The place of a value, from 0 to 1; what lies beyond an end stands at it.
    pub fn place(&self, value: f64) -> f64 {
        let place = match *self {
            Scale::Linear { max } => value / max,
            Scale::Log { min, max } | Scale::Time { min, max } if value > 0.0 => {
                libm::log(value / min) / libm::log(max / min)
            }
            Scale::Log { .. } | Scale::Time { .. } => 0.0,
        };
        place.clamp(0.0, 1.0)
    }
    /// Round values to write beside it, with words of one's own.
    pub fn ticks(&self, words: impl Fn(f64) -> String) -> Vec<Tick> {
        let tick = |value: f64| Tick { at: self.place(value), words: short(&words(value)) };
        match *self {
            Scale::Linear { max } => (0..=4).map(|i| tick(max * f64::from(i) / 4.0)).collect(),
            Scale::Log { min, max } => {
                let decades = std::iter::successors(Some(min), |value| Some(value * 10.0));
                decades.take_while(|value| *value <= max * 1.001).map(tick).collect()
            }
            Scale::Time { min, max } => {
                SPANS_US.into_iter().filter(|span| (min..=max).contains(span)).map(tick).collect()
            }
        }
    }
}

/// A round value without noughts that say nothing: `10.0 s` is `10 s`.
fn short(words: &str) -> String {
    let ends = words.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(words.len());
    let (number, unit) = words.split_at(ends);
    match number.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => format!("{whole}{unit}"),
            fraction => format!("{whole}.{fraction}{unit}"),
        },
        None => words.to_owned(),
    }
}
fn decade_below(value: f64) -> f64 {
    std::iter::successors(Some(1.0), |decade| Some(decade * 10.0))
        .take_while(|decade| *decade <= value)
        .last()
        .unwrap_or(1.0)
}
fn decade_above(value: f64) -> f64 {
    std::iter::successors(Some(1.0), |decade| Some(decade * 10.0)).find(|decade| *decade >= value).unwrap_or(1.0)
}
/// The next of 1, 2, 4, 8 and their tens and tenths that can be cut in four.
fn round_up(value: f64) -> f64 {
    let mut unit = 1e-3;
    while unit * 10.0 < value {
        unit *= 10.0;
    }
    let steps = [1.0, 2.0, 4.0, 8.0, 10.0];
    let found = steps.iter().map(|step| step * unit).find(|round| *round >= value * 0.999_999);
    if value <= 0.0 { 1.0 } else { found.unwrap_or(unit * 10.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_they_belong_and_axes_end_at_round_ones() {
        assert_eq!(Scale::linear([3.0, 7.0].into_iter()), Scale::Linear { max: 8.0 });
        assert_eq!(Scale::linear([0.0].into_iter()), Scale::Linear { max: 1.0 });
        let log = Scale::log([1_200.0, 45_000.0].into_iter());
        assert_eq!(log, Scale::Log { min: 1_000.0, max: 100_000.0 });
        assert!((log.place(10_000.0) - 0.5).abs() < 1e-9);
        assert_eq!([log.place(0.0), log.place(1e9)], [0.0, 1.0]);
        let words: Vec<String> = log.ticks(|value| format!("{value:.0}")).into_iter().map(|tick| tick.words).collect();
        assert_eq!(words, ["1000", "10000", "100000"]);
        let times = Scale::time([80_000.0, 70e6].into_iter());
        let words: Vec<String> =
            times.ticks(|us| crate::units::tick(us as u64)).into_iter().map(|tick| tick.words).collect();
        assert_eq!(words, ["10 ms", "100 ms", "1 s", "10 s", "1 min", "10 min"]);
        assert_eq!([short("8.00"), short("2.50"), short("10.0 s"), short("4,000")], ["8", "2.5", "10 s", "4,000"]);
        assert_eq!(Scale::log(std::iter::empty()).ticks(|v| v.to_string()).len(), 2);
    }
}
