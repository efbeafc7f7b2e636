//! From values to places between 0 and 1, and the values to write beside an axis.

/// How values become places.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scale {
    /// From nought to the greatest.
    Linear {
        /// The greatest.
        max: f64,
    },
    /// Each step as many times as much.
    Log {
        /// The least, above nought.
        min: f64,
        /// The greatest.
        max: f64,
    },
}

/// A word beside an axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Tick {
    /// Where, from 0 to 1.
    pub at: f64,
    /// What.
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
    /// The place of a value, from 0 to 1; what lies beyond an end stands at it.
    pub fn place(&self, value: f64) -> f64 {
        let place = match *self {
            Scale::Linear { max } => value / max,
            Scale::Log { min, max } if value > 0.0 => libm::log(value / min) / libm::log(max / min),
            Scale::Log { .. } => 0.0,
        };
        place.clamp(0.0, 1.0)
    }
    /// Round values to write beside it, with words of one's own.
    pub fn ticks(&self, words: impl Fn(f64) -> String) -> Vec<Tick> {
        let tick = |value: f64| Tick { at: self.place(value), words: words(value) };
        match *self {
            Scale::Linear { max } => (0..=4).map(|i| tick(max * f64::from(i) / 4.0)).collect(),
            Scale::Log { min, max } => std::iter::successors(Some(min), |value| Some(value * 10.0))
                .take_while(|value| *value <= max * 1.001)
                .map(tick)
                .collect(),
        }
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
        assert_eq!(Scale::log(std::iter::empty()).ticks(|v| v.to_string()).len(), 2);
    }
}
