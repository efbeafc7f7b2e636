//! At which rows of a series of runs the columns step: binary segmentation by the greatest statistic over all columns and
//! all places, against the same runs in any other order.
//!
//! Runs that are all alike could have come in any order. So the order is shuffled, for all columns at once, and a step is
//! marked only if hardly any order has one as great anywhere. Then the runs before it and those after it are looked at by
//! themselves. The chance that a series of like runs has any mark is at most the level.

use super::moderate::Moderated;
use super::relabel::shuffle;
use fieldday_kernel::random::{Purpose, Stream};

/// Orders that are tried, beside the one that came to pass.
const ORDERS: usize = 999;
/// Runs that a part between two steps has at least.
const PART_MIN: usize = 3;
const ORDER: Purpose = Purpose::new("trend/order");

/// A place at which columns step.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// The first row that is different.
    pub row: usize,
    /// How likely such a step is somewhere if nothing changed.
    pub p: f64,
    /// The columns that step there, with the difference: of its mean from there to its next step, less that since its last one.
    pub columns: Vec<(usize, f64)>,
}

/// A column: a value a row, where there is one. Columns of a family vary alike, as far as is known.
pub type Series = (Vec<Option<f64>>, usize);

/// The steps of all columns, in the order of rows.
pub fn steps(columns: &[Series], level: f64) -> Vec<Step> {
    let rows = columns.first().map_or(0, |(values, _)| values.len());
    let mut found = Vec::new();
    divide(columns, 0, rows, level, &mut found);
    found.sort_by_key(|step| step.row);
    measure(columns, rows, &mut found);
    found
}

/// How great each column's steps are: when one was found, what lies beyond the next was not told apart from it yet.
fn measure(columns: &[Series], rows: usize, found: &mut [Step]) {
    let seen: Vec<(usize, Vec<usize>)> =
        found.iter().map(|step| (step.row, step.columns.iter().map(|(column, _)| *column).collect())).collect();
    for (place, step) in found.iter_mut().enumerate() {
        for (column, by) in &mut step.columns {
            let is_its = |(_, columns): &&(usize, Vec<usize>)| columns.contains(column);
            let from = seen[..place].iter().rev().find(is_its).map_or(0, |(row, _)| *row);
            let until = seen[place + 1..].iter().find(is_its).map_or(rows, |(row, _)| *row);
            let values = &columns[*column].0;
            *by = mean(&values[step.row..until]) - mean(&values[from..step.row]);
        }
        step.columns.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    }
}

fn mean(values: &[Option<f64>]) -> f64 {
    let (n, sum) = values.iter().flatten().fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x));
    sum / f64::max(n, 1.0)
}

fn divide(columns: &[Series], from: usize, until: usize, level: f64, found: &mut Vec<Step>) {
    let rows: Vec<usize> = (from..until).collect();
    // So few rows have too few orders: 5 of 6 that step in the middle would come one time in ten.
    if rows.len() < 2 * PART_MIN + 1 {
        return;
    }
    let seen = Splits::of(columns, &rows);
    let Some(best) = seen.best() else { return };
    let mut stream = Stream::new(0, ORDER, from as u64, until as u64, 0);
    let mut order = rows.clone();
    let mut greatest: Vec<f64> = (0..ORDERS)
        .map(|_| {
            shuffle(&mut order, &mut stream);
            Splits::of(columns, &order).best().map_or(0.0, |best| best.statistic)
        })
        .collect();
    let as_great = greatest.iter().filter(|other| **other >= best.statistic * (1.0 - 1e-9)).count();
    let p = (as_great + 1) as f64 / (ORDERS + 1) as f64;
    if p > level {
        return;
    }
    // Whatever else steps at that row, by the same measure.
    greatest.sort_by(f64::total_cmp);
    let bar = greatest[((ORDERS as f64 * (1.0 - level)) as usize).min(ORDERS - 1)];
    let at_that_row = seen.all.iter().filter(|split| split.place == best.place && split.statistic > bar);
    let stepping = at_that_row.map(|split| (split.column, split.difference)).collect();
    let row = from + best.place;
    found.push(Step { row, p, columns: stepping });
    divide(columns, from, row, level, found);
    divide(columns, row, until, level, found);
}

/// A way to divide a column in two.
#[derive(Clone, Copy)]
struct Split {
    column: usize,
    /// The number of rows before the division.
    place: usize,
    statistic: f64,
    difference: f64,
}

/// Every way to divide every column in two.
struct Splits {
    all: Vec<Split>,
}

impl Splits {
    fn of(columns: &[Series], order: &[usize]) -> Splits {
        let families = columns.iter().map(|(_, family)| family + 1).max().unwrap_or(0);
        let spreads: Vec<Option<f64>> = columns.iter().map(|(values, _)| between_neighbours(values, order)).collect();
        let learned: Vec<Moderated> = (0..families)
            .map(|family| {
                let theirs = columns.iter().zip(&spreads).filter(|((_, of), _)| *of == family);
                // Differences of neighbours have two thirds of the freedom of as many values.
                let variances: Vec<f64> = theirs.filter_map(|(_, spread)| *spread).collect();
                Moderated::learn(&variances, freedom(order.len()))
            })
            .collect();
        let mut all = Vec::new();
        for (column, ((values, family), spread)) in columns.iter().zip(&spreads).enumerate() {
            let Some(spread) = spread else { continue };
            let variance = learned[*family].of(*spread, freedom(order.len()));
            splits(column, values, order, variance, &mut all);
        }
        Splits { all }
    }
    fn best(&self) -> Option<Split> {
        self.all.iter().copied().max_by(|a, b| a.statistic.total_cmp(&b.statistic))
    }
}

fn freedom(rows: usize) -> f64 {
    (rows as f64 - 1.0) * 2.0 / 3.0
}

/// The variance by differences of neighbours: a step adds one difference to it, not half of the series.
fn between_neighbours(values: &[Option<f64>], order: &[usize]) -> Option<f64> {
    let there: Vec<f64> = order.iter().filter_map(|row| values[*row]).collect();
    if there.len() < 2 * PART_MIN {
        return None;
    }
    let sum: f64 = there.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])).sum();
    Some(sum / (2.0 * (there.len() - 1) as f64))
}

fn splits(column: usize, values: &[Option<f64>], order: &[usize], variance: f64, all: &mut Vec<Split>) {
    let there =
        |rows: &[usize]| rows.iter().filter_map(|row| values[*row]).fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x));
    let (n, sum) = there(order);
    let (mut before_n, mut before) = (0.0, 0.0);
    for place in 1..order.len() {
        if let Some(x) = values[order[place - 1]] {
            before_n += 1.0;
            before += x;
        }
        let after_n = n - before_n;
        if before_n < PART_MIN as f64 || after_n < PART_MIN as f64 || values[order[place]].is_none() {
            continue;
        }
        let difference = (sum - before) / after_n - before / before_n;
        let scale = libm::sqrt(variance * (1.0 / before_n + 1.0 / after_n));
        let statistic = if difference == 0.0 { 0.0 } else { difference.abs() / scale };
        all.push(Split { column, place, statistic, difference });
    }
}
