//! How often a page of nights that are alike has a change marked, and how often a slow-down that stays is marked.

use crate::nights::{BUSY, COLUMNS, PERCENTILES, WORLDS, percent};
use fieldday_compare::judge::LEVEL;
use fieldday_compare::stats::steps::{Series, Step, steps};

pub fn table(trials: usize, _only: &str) {
    println!(
        "| nights | how they vary | pages with a false mark | found after half of them | within a night of it | found after three nights |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for nights in [10, 20, 30] {
        for world in WORLDS {
            let (mut alarms, mut found, mut placed, mut late) = (0, 0, 0, 0);
            for trial in 0..trials {
                let mut stream = world.stream("steps", trial + nights * 1_000_000);
                let rows: Vec<Vec<f64>> = (0..nights).map(|_| world.run(&mut stream)).collect();
                alarms += usize::from(!marked(&rows, nights).is_empty());
                let near = |step: &Step, at: usize| step.row.abs_diff(at) <= 1;
                let has = |step: &Step| step.columns.iter().any(|(column, by)| *column == BUSY && *by > 0.0);
                let half = marked(&rows, nights / 2);
                found += usize::from(half.iter().any(has));
                placed += usize::from(half.iter().any(|step| near(step, nights / 2) && has(step)));
                late += usize::from(marked(&rows, nights - 3).iter().any(has));
            }
            let of = |part: usize| percent(part, trials);
            println!("| {nights} | {} | {} | {} | {} | {} |", world.name, of(alarms), of(found), of(placed), of(late));
        }
    }
}

/// The steps, with the busy endpoint's p95 a fifth slower from a night on.
fn marked(rows: &[Vec<f64>], from: usize) -> Vec<Step> {
    let series = |column: usize| -> Series {
        let slower = |night: usize| if column == BUSY && night >= from { libm::log(1.2) } else { 0.0 };
        let values = rows.iter().enumerate().map(|(night, row)| Some(row[column] + slower(night)));
        (values.collect(), column % PERCENTILES)
    };
    steps(&(0..COLUMNS).map(series).collect::<Vec<_>>(), LEVEL)
}
