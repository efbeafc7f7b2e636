//! A horizontal axis with a title: even columns with ticks of one's own, or numbers that stand where they belong.

use super::{Scale, Tick};

/// Numbers that range over more than this factor stand on a logarithmic axis.
const WIDE: f64 = 20.0;

/// A horizontal axis.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Axis {
    /// What it shows, with its unit: it stands under the axis.
    pub title: String,
    /// The words beside it; those of some columns if there are none.
    pub ticks: Vec<Tick>,
    /// Where each column stands, from 0 to 1; evenly if there are none.
    pub places: Vec<f64>,
}

impl Axis {
    /// Even columns, with these words beside them.
    pub fn even(title: impl Into<String>, ticks: Vec<Tick>) -> Axis {
        Axis { title: title.into(), ticks, places: Vec::new() }
    }
    /// An axis of numbers, one a column, in ascending order: logarithmic if they range far and none is below one.
    pub fn numbers(title: impl Into<String>, columns: &[f64], words: fn(f64) -> String) -> Axis {
        let (least, most) =
            columns.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), x| (least.min(*x), most.max(*x)));
        let is_wide = least >= 1.0 && most > WIDE * least;
        let scale = if is_wide { Scale::log(columns.iter().copied()) } else { Scale::linear(columns.iter().copied()) };
        let title: String = title.into();
        let title = if is_wide { format!("{title}, logarithmic") } else { title };
        Axis { title, ticks: scale.ticks(words), places: columns.iter().map(|x| scale.place(*x)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_where_they_belong() {
        let whole = |x: f64| format!("{x:.0}");
        let near = Axis::numbers("Instances", &[1.0, 2.0, 8.0], whole);
        assert_eq!((near.title.as_str(), &near.places), ("Instances", &vec![0.125, 0.25, 1.0]));
        assert_eq!(near.ticks.iter().map(|tick| tick.words.as_str()).collect::<Vec<_>>(), ["0", "2", "4", "6", "8"]);
        let far = Axis::numbers("Reps", &[100.0, 1_000.0, 10_000.0], whole);
        assert_eq!(far.title, "Reps, logarithmic");
        assert!(far.places.iter().zip([0.0, 0.5, 1.0]).all(|(place, at)| (place - at).abs() < 1e-9), "{far:?}");
    }
}
