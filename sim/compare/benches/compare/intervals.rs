//! How often an interval has the truth in it, by the way in which it is made.

use crate::nights::{COLUMNS, Runs, WORLDS, World, percent};
use fieldday_compare::judge::{INTERVAL, Sample};
use fieldday_compare::stats::student;
use fieldday_kernel::random::Stream;

/// Resamples of a bootstrap.
const RESAMPLES: usize = 400;
/// Of each trial's columns, every so many-th is asked: a bootstrap is slow.
const EVERY: usize = 6;

pub fn table(trials: usize, _only: &str) {
    println!("Intervals of 90 %: how often the truth is inside, and their mean width against the moderated one's");
    println!(
        "| runs | nights | moderated t | of the worst endpoint | t of the column alone | width | bootstrap | width |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for runs in [5, 3, 10] {
        let runs = Runs { name: "intervals", new: runs, base: runs, pairs: 0, paired: false };
        for world in WORLDS {
            row(&world, &runs, trials);
        }
    }
    println!();
}

fn row(world: &World, runs: &Runs, trials: usize) {
    let (mut inside, mut width) = ([0; 3], [0.0; 3]);
    let mut of_column = [0; COLUMNS];
    for trial in 0..trials {
        let mut stream = world.stream("intervals", trial + runs.new * 1_000_000);
        let sample = world.sample(runs, 1.0, &mut stream);
        let judged = sample.judge();
        for (column, one) in judged.iter().enumerate().step_by(EVERY) {
            let intervals =
                [one.interval.unwrap_or_default(), alone(&sample, column), bootstrap(&sample, column, &mut stream)];
            for (way, (low, high)) in intervals.into_iter().enumerate() {
                let has = low <= 0.0 && high >= 0.0;
                inside[way] += usize::from(has);
                of_column[column] += usize::from(has && way == 0);
                width[way] += high - low;
            }
        }
    }
    let asked = trials * COLUMNS.div_ceil(EVERY);
    let worst = of_column.iter().step_by(EVERY).min().copied().unwrap_or(0);
    println!(
        "| {} against {} | {} | {} | {} | {} | {:.2} | {} | {:.2} |",
        runs.new,
        runs.base,
        world.name,
        percent(inside[0], asked),
        percent(worst, trials),
        percent(inside[1], asked),
        width[1] / width[0],
        percent(inside[2], asked),
        width[2] / width[0],
    );
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Student's t with the pooled variance of the two groups.
fn alone(sample: &Sample, column: usize) -> (f64, f64) {
    let (new, base) = sample.columns[column].split_at(sample.new);
    let square = |values: &[f64]| values.iter().map(|x| (x - mean(values)) * (x - mean(values))).sum::<f64>();
    let freedom = (new.len() + base.len() - 2) as f64;
    let variance = (square(new) + square(base)) / freedom;
    let scale = libm::sqrt(variance * (1.0 / new.len() as f64 + 1.0 / base.len() as f64));
    let half = student::quantile(f64::midpoint(1.0, INTERVAL), freedom) * scale;
    let mid = mean(new) - mean(base);
    (mid - half, mid + half)
}

/// The percentile bootstrap: runs drawn again from each side.
fn bootstrap(sample: &Sample, column: usize, stream: &mut Stream) -> (f64, f64) {
    let (new, base) = sample.columns[column].split_at(sample.new);
    let again = |values: &[f64], stream: &mut Stream| {
        (0..values.len()).map(|_| values[stream.below(values.len() as u64) as usize]).sum::<f64>() / values.len() as f64
    };
    let mut drawn: Vec<f64> = (0..RESAMPLES).map(|_| again(new, stream) - again(base, stream)).collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn[((RESAMPLES - 1) as f64 * share).round() as usize];
    (at((1.0 - INTERVAL) / 2.0), at(f64::midpoint(1.0, INTERVAL)))
}
