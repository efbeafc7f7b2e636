//! Many days in a table, over reps and instances, with the curves that they make.

use super::SimulationAsked;
use super::charts::plain;
use super::limits::full;
use super::moments::time;
use crate::report::parts::{SIMULATED, charted, section};
use crate::simulate::{Grid, GridPoint};
use fieldday_kernel::time::Span;
use fieldday_paint::chart::{Axis, Line, LineChart, Scale};
use fieldday_paint::document::{Mark, Section, Table, figures, words};
use fieldday_paint::units::{count, counted, fraction, micros, number, ppm};

/// Colours of the curves. More curves than this are in the table alone.
const COLOURS: [&str; 8] = ["c1", "c3", "c2", "c7", "c4", "c6", "c8", "c5"];

/// A table with a row for each point, and a chart of the points if there are several. Nothing without points.
pub(super) fn sections(grid: &Grid, asked: &SimulationAsked) -> Vec<Section> {
    if grid.points.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new([
        figures("reps"),
        figures("instances"),
        words("verdict"),
        figures("requests/s"),
        figures("workers busy"),
        figures("queue"),
        figures("refused"),
        figures("p95"),
        figures("slowest p95"),
        words("limits exceeded"),
    ]);
    for point in &grid.points {
        let (mark, word) = standing(point);
        let first = point.first_broken.as_ref().map(|broken| full(&broken.full));
        let undecided = (!point.undecided.is_empty()).then(|| format!("undecided: {}", point.undecided.join(", ")));
        let exceeded = (!point.exceeded.is_empty()).then(|| point.exceeded.join(", "));
        table.marked(
            mark,
            [
                count(point.reps),
                count(point.instances.into()),
                word.to_owned(),
                number(point.peak_milli as f64 / 1e3),
                ppm(point.utilisation_ppm.into()),
                count(point.queue_max),
                ppm(point.refused_ppm.into()),
                point.p95.map_or("–".to_owned(), time),
                point.worst_p95.map_or("–".to_owned(), time),
                exceeded.into_iter().chain(first).chain(undecided).collect::<Vec<_>>().join("; "),
            ],
        );
    }
    let says = "Each row is a whole simulation. Its figures are those of the worst interval: requests per second that arrived, the share of the workers' time that was used, the most requests that waited, the share refused, the p95 of all requests together and of the slowest endpoint (of those with 20 requests in an interval).";
    let curves = if grid.points.len() > 1 { curves(grid, asked) } else { String::new() };
    vec![charted(section("grid", "Reps and instances", SIMULATED, vec![says.to_owned()], table), curves)]
}

fn standing(point: &GridPoint) -> (Mark, &'static str) {
    match (point.holds, point.undecided.is_empty()) {
        (false, _) => (Mark::BAD, "exceeded"),
        (true, false) => (Mark::DOUBT, "undecided"),
        (true, true) => (Mark::GOOD, "holds"),
    }
}

/// Which number is the horizontal axis: reps, unless there is one number of reps alone.
fn curves(grid: &Grid, asked: &SimulationAsked) -> String {
    let by_reps = asked.reps.len() > 1;
    let sorted = |mut values: Vec<u64>| {
        values.sort();
        values.dedup();
        values
    };
    let instances = sorted(asked.instances.iter().map(|n| u64::from(*n)).collect());
    let reps = sorted(asked.reps.clone());
    let (across, rows) = if by_reps { (reps, instances) } else { (instances, reps) };
    let point = |x: u64, row: u64| {
        let (reps, instances) = if by_reps { (x, row) } else { (row, x) };
        grid.points.iter().find(|point| point.reps == reps && u64::from(point.instances) == instances)
    };
    let title = if by_reps { "Reps" } else { "Instances" };
    let axis = Axis::numbers(title, &across.iter().map(|x| *x as f64).collect::<Vec<_>>(), |x| count(x.round() as u64));
    let labels: Vec<String> = across.iter().map(|x| count(*x)).collect();
    let row_name = |row: u64| {
        if by_reps { counted(row, "instance", "instances") } else { counted(row, "rep", "reps") }
    };
    let lines = |of: &dyn Fn(&GridPoint) -> Option<f64>| -> Vec<Line> {
        let line = |(row, colour): (&u64, &'static str)| Line {
            name: row_name(*row),
            colour,
            values: across.iter().map(|x| point(*x, *row).and_then(of)).collect(),
        };
        rows.iter().zip(COLOURS).map(line).collect()
    };
    let us = |span: Span| span.as_micros().max(0) as f64;
    let verdicts: Vec<(String, Vec<String>)> = rows
        .iter()
        .zip(COLOURS)
        .map(|(row, _)| {
            let of = |x: &u64| {
                point(*x, *row).map_or(String::new(), |point| {
                    let (mark, word) = standing(point);
                    format!("{} {word}", mark.sign)
                })
            };
            (format!("verdict, {}", row_name(*row)), across.iter().map(of).collect())
        })
        .collect();
    let latency = lines(&|point| point.p95.map(us));
    let busy = lines(&|point| Some(f64::from(point.utilisation_ppm) / 1e6));
    let all =
        |lines: &[Line]| -> Vec<f64> { lines.iter().flat_map(|line| line.values.iter().copied().flatten()).collect() };
    let note = format!(
        "One point per simulated day, {}.",
        if by_reps { "a line per number of instances" } else { "by number of instances" }
    );
    let latency = LineChart {
        title: "p95 of the time in the server in the worst interval",
        alt: format!("The 95th percentile of the time in the server by number of {}.", title.to_lowercase()),
        note: format!("Logarithmic. {note}"),
        columns: title,
        labels: &labels,
        words: |us| micros(us.round() as u64),
        more: verdicts.clone(),
        ..plain("chart-grid-latency", Scale::time(all(&latency).into_iter()), latency)
    };
    let busy = LineChart {
        title: "Utilisation of the workers in the busiest interval",
        alt: format!("The share of the workers' time that was used by number of {}.", title.to_lowercase()),
        note,
        columns: title,
        labels: &labels,
        words: fraction,
        more: verdicts,
        ..plain("chart-grid-utilisation", Scale::Linear { max: 1.0 }, busy)
    };
    latency.html_over(&axis) + &busy.html_over(&axis) + &capacity(grid, by_reps)
}

/// How many instances each number of reps needs, where both were asked about.
fn capacity(grid: &Grid, by_reps: bool) -> String {
    let mut of_reps: Vec<(u64, Option<u32>)> = grid
        .points
        .chunk_by(|one, other| one.reps == other.reps)
        .map(|points| {
            let held = points.iter().filter(|point| standing(point).0 == Mark::GOOD);
            (points[0].reps, held.map(|point| point.instances).min())
        })
        .collect();
    of_reps.sort();
    of_reps.dedup_by_key(|(reps, _)| *reps);
    if !by_reps || of_reps.iter().all(|(_, needed)| needed.is_none()) {
        return String::new();
    }
    let axis = Axis::numbers("Reps", &of_reps.iter().map(|(reps, _)| *reps as f64).collect::<Vec<_>>(), |x| {
        count(x.round() as u64)
    });
    let labels: Vec<String> = of_reps.iter().map(|(reps, _)| count(*reps)).collect();
    let values: Vec<Option<f64>> = of_reps.iter().map(|(_, needed)| needed.map(f64::from)).collect();
    let scale = Scale::linear(values.iter().copied().flatten().chain([4.0]));
    let lines = vec![Line { name: "instances".to_owned(), colour: "c1", values }];
    LineChart {
        title: "Fewest instances, of those asked about, that hold every limit",
        alt: "The fewest instances that hold every limit, by number of reps.".to_owned(),
        note: "No point where none of them does.".to_owned(),
        columns: "Reps",
        labels: &labels,
        words: number,
        ..plain("chart-grid-capacity", scale, lines)
    }
    .html_over(&axis)
}
