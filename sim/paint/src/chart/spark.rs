//! Many values in the room of a word: a line without axes.

use std::fmt::Write as _;

/// The sides of the box that it is drawn in.
const BOX: (f64, f64) = (100.0, 20.0);

/// The values as a line on a logarithmic scale, with gaps where there is none and a dot at the last one. Values that are alike
/// make a level line, not a mountain of noise: the scale spans a factor of two at least.
pub fn sparkline(values: &[Option<f64>]) -> String {
    let logs = || values.iter().flatten().filter(|value| **value > 0.0).map(|value| libm::log(*value));
    let (low, high) = (logs().fold(f64::INFINITY, f64::min), logs().fold(f64::NEG_INFINITY, f64::max));
    if !low.is_finite() {
        return String::new();
    }
    let (range, middle) = ((high - low).max(std::f64::consts::LN_2), (low + high) / 2.0);
    let y = |value: f64| BOX.1 * (0.5 - (libm::log(value) - middle) / range * 0.8);
    let x = |place: usize| place as f64 / values.len().saturating_sub(1).max(1) as f64 * BOX.0;
    let (mut path, mut open, mut last) = (String::new(), false, (0.0, 0.0));
    for (place, value) in values.iter().enumerate() {
        let Some(value) = value.filter(|value| *value > 0.0) else {
            open = false;
            continue;
        };
        last = (x(place), y(value));
        let _ = write!(path, "{}{:.1} {:.1}", if open { 'L' } else { 'M' }, last.0, last.1);
        open = true;
    }
    let (width, height) = BOX;
    format!(
        "<svg class=\"spark\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"{path}\"/><path class=\"last\" d=\"M{:.1} {:.1}h0\"/></svg>",
        last.0, last.1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(values: &[Option<f64>]) -> Vec<f64> {
        let svg = sparkline(values);
        let path = svg.split("<path d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        path.split(['M', 'L']).skip(1).map(|point| point.split_once(' ').unwrap().1.parse().unwrap()).collect()
    }

    #[test]
    fn a_line_rises_with_its_values_and_stays_level_where_they_are_alike() {
        let tenfold = heights(&[Some(10.0), Some(100.0)]);
        assert_eq!(tenfold, [18.0, 2.0], "the whole height but a margin");
        let alike = heights(&[Some(100.0), Some(104.0), Some(100.0)]);
        assert!((alike[0] - alike[1]).abs() < 1.5, "four percent are a sixteenth of the height: {alike:?}");
    }

    #[test]
    fn a_night_without_a_value_is_a_gap() {
        let svg = sparkline(&[Some(1.0), None, Some(2.0), Some(2.0)]);
        assert_eq!((svg.matches('M').count(), svg.matches('L').count()), (3, 1), "{svg}");
        assert_eq!(sparkline(&[None, None]), "");
    }
}
