//! Single nights that stand out: one that is twenty times slower is no step, which takes three nights a side.
//!
//! A night is held against the median of the earlier ones, and against their median absolute deviation, which a few wild nights
//! do not move. Nights before the series' last step say nothing of it.

use super::{ChangePoint, OutlierLine, OutlierNight, SeriesLine};

/// Earlier nights that are needed.
pub const NIGHTS_MIN: usize = 5;
/// A night stands out if it is so many deviations away.
pub const DEVIATIONS: f64 = 5.0;
/// And at least so many times as slow, or as fast: nights that are very alike are no reason to mark what nobody minds.
pub const TIMES_LEAST: f64 = 1.5;
/// What makes a median absolute deviation of a normal distribution its standard deviation.
const AS_DEVIATION: f64 = 1.482_602_219;

/// The nights that stand out, each with the percentiles that do, the most first. `started_at` has the begin of each night.
pub fn outliers(series: &[SeriesLine], steps: &[ChangePoint], started_at: &[String]) -> Vec<OutlierNight> {
    let mut nights = Vec::new();
    for (night, began) in started_at.iter().enumerate() {
        let mut lines: Vec<OutlierLine> = Vec::new();
        for (number, line) in series.iter().enumerate() {
            let stepped = |point: &&ChangePoint| point.lines.iter().any(|step| step.series as usize == number);
            let from = steps.iter().filter(stepped).map(|point| point.night as usize).filter(|at| *at <= night).max();
            lines.extend(stands_out(number, line, from.unwrap_or(0), night));
        }
        let size = |line: &OutlierLine| libm::fabs(libm::log(line.times));
        lines.sort_by(|a, b| size(b).total_cmp(&size(a)));
        if !lines.is_empty() {
            nights.push(OutlierNight { night: night as u64, started_at: began.clone(), lines });
        }
    }
    nights
}

fn stands_out(number: usize, line: &SeriesLine, from: usize, night: usize) -> Option<OutlierLine> {
    let value = line.values_us[night]?;
    let earlier: Vec<f64> = line.values_us[from..night].iter().flatten().map(|us| libm::log(*us as f64)).collect();
    if earlier.len() < NIGHTS_MIN {
        return None;
    }
    let usual = median(&earlier);
    let deviations: Vec<f64> = earlier.iter().map(|log| libm::fabs(log - usual)).collect();
    let away = libm::fabs(libm::log(value as f64) - usual);
    let bound = (DEVIATIONS * AS_DEVIATION * median(&deviations)).max(libm::log(TIMES_LEAST));
    (away > bound).then(|| OutlierLine {
        series: number as u64,
        label: line.label.clone(),
        percentile: line.percentile.clone(),
        value_us: value,
        usual_us: libm::exp(usual).round() as u64,
        times: value as f64 / libm::exp(usual),
    })
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}
