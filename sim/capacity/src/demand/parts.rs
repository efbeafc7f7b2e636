//! A distribution as some of its parts, each with its mean and its weight.

/// Each of so many parts has a hundredth of the values; the rest is the tail, which decides how long others wait …
const BULK: usize = 90;
/// … and each part of which has this share of what is left, down to single values.
const OF_THE_REST: f64 = 0.15;

/// The means of parts of what was sorted, each with its share of the values.
pub(super) fn parts(sorted: &[f64]) -> Vec<(f64, f64)> {
    let n = sorted.len();
    let (mut parts, mut from) = (Vec::new(), 0);
    while from < n {
        let until = match parts.len() {
            i if i < BULK => (i + 1) * n / 100,
            _ => from + (((n - from) as f64 * OF_THE_REST) as usize).max(1),
        };
        // Of few values some hundredths have none.
        let until = until.max(from + 1);
        let of = &sorted[from..until];
        parts.push((of.iter().sum::<f64>() / of.len() as f64, of.len() as f64 / n as f64));
        from = until;
    }
    parts
}

/// The mean of values with their weights.
pub(super) fn mean(parts: &[(f64, f64)]) -> f64 {
    let weights: f64 = parts.iter().map(|(_, weight)| weight).sum();
    parts.iter().map(|(value, weight)| value * weight).sum::<f64>() / weights.max(1e-12)
}

/// The squared coefficient of variation of values with their weights.
pub(super) fn scv(parts: &[(f64, f64)]) -> f64 {
    let (weights, mean) = (parts.iter().map(|(_, weight)| weight).sum::<f64>(), mean(parts));
    let squares = parts.iter().map(|(value, weight)| value * value * weight).sum::<f64>() / weights.max(1e-12);
    if mean > 0.0 { (squares / (mean * mean) - 1.0).max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_the_mean_and_the_tail() {
        let sorted: Vec<f64> = (0..5_000).map(|i| -libm::log(1.0 - (f64::from(i) + 0.5) / 5_000.0)).collect();
        let of = parts(&sorted);
        let weights: f64 = of.iter().map(|(_, weight)| weight).sum();
        assert!((weights - 1.0).abs() < 1e-9 && of.len() < 160, "{weights}, {} parts", of.len());
        assert!((mean(&of) - sorted.iter().sum::<f64>() / 5_000.0).abs() < 1e-9);
        let all: Vec<(f64, f64)> = sorted.iter().map(|value| (*value, 1.0)).collect();
        assert!((scv(&of) - scv(&all)).abs() < 2e-3, "{} not {}", scv(&of), scv(&all));
        assert_eq!(of.last().unwrap().0, sorted[4_999]);
        for few in [0, 1, 7, 150] {
            assert!((mean(&parts(&sorted[..few])) - mean(&all[..few])).abs() < 1e-9, "{few}");
        }
    }
}
