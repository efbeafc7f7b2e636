//! The charts of a trend's page.

use super::words::{dated, when};
use super::{CapacityLine, Group, SeriesLine};
use crate::lines::PERCENTILES;
use fieldday_paint::chart::{Axis, Kind, Line, LineChart, Scale};
use fieldday_paint::units::{change, count, fraction, micros};

/// Colours of the three percentiles.
const COLOURS: [&str; 3] = ["c2", "c1", "c3"];
/// Colours of limits beside one another.
const LIMIT_COLOURS: [&str; 8] = ["c1", "c3", "c4", "c6", "c7", "c8", "c2", "c5"];

/// The nights of a chart: a label each, and the dates below it.
pub(super) struct Columns {
    labels: Vec<String>,
    axis: Axis,
}

impl Columns {
    /// A column for each of these times, the oldest first.
    pub(super) fn of(began: &[&str]) -> Columns {
        let dates = |before: Option<usize>, column: usize| dated(before.map(|before| began[before]), began[column]);
        Columns { labels: began.iter().map(|at| when(at)).collect(), axis: Axis::of_some(began.len(), dates) }
    }
}

/// The endpoints' percentiles, a chart each; those that stepped come first.
pub(super) fn endpoints(group: &Group, columns: &Columns, place: usize) -> Vec<String> {
    let mut endpoints: Vec<&str> = Vec::new();
    for line in &group.series {
        if !endpoints.contains(&line.op.as_str()) {
            endpoints.push(&line.op);
        }
    }
    let has_step = |op: &str| {
        let series = |step: &super::StepLine| group.series[step.series as usize].op == op;
        group.changes.iter().any(|point| point.lines.iter().any(series))
    };
    endpoints.sort_by_key(|op| !has_step(op));
    let chart = |(number, op): (usize, &&str)| endpoint(group, op, columns, &format!("g{place}-e{number}"));
    endpoints.iter().enumerate().map(chart).collect()
}

/// One endpoint's percentiles, and their level between steps.
fn endpoint(group: &Group, op: &str, columns: &Columns, id: &str) -> String {
    let labels = &columns.labels;
    let series: Vec<(usize, &SeriesLine)> = group.series.iter().enumerate().filter(|(_, line)| line.op == op).collect();
    let mut lines: Vec<Line> = series
        .iter()
        .filter_map(|(_, line)| {
            let percentile = PERCENTILES.iter().position(|(name, _)| *name == line.percentile)?;
            let values = line.values_us.iter().map(|value| value.map(|us| us as f64)).collect();
            Some(Line { name: line.percentile.clone(), colour: COLOURS[percentile], values })
        })
        .collect();
    let mut said = Vec::new();
    for (place, line) in &series {
        let steps: Vec<(usize, f64)> = group
            .changes
            .iter()
            .flat_map(|point| point.lines.iter().map(move |step| (point.night as usize, step)))
            .filter(|(_, step)| step.series as usize == *place)
            .map(|(night, step)| (night, libm::log(step.ratio)))
            .collect();
        for (night, by) in &steps {
            said.push(format!("{} {} from {} on", line.percentile, change(*by), labels[*night]));
        }
        if !steps.is_empty() {
            lines.push(Line {
                name: format!("level of {}", line.percentile),
                colour: "bad",
                values: levels(line, &steps),
            });
        }
    }
    let scale = Scale::log(lines.iter().flat_map(|line| line.values.iter().copied().flatten()));
    let title = series.first().map_or(op, |(_, line)| line.label.as_str());
    let note = if said.is_empty() { String::new() } else { format!("Changed: {}.", said.join("; ")) };
    let last = |line: &Line| {
        let last = line.values.iter().rev().find_map(|value| *value);
        last.map(|us| format!("{} {}", line.name, micros(us as u64)))
    };
    let alt = format!(
        "{title} over {} runs, last {}. {note}",
        labels.len(),
        lines.iter().take(series.len()).filter_map(last).collect::<Vec<_>>().join(", ")
    );
    let chart = LineChart {
        id,
        title,
        alt,
        note,
        kind: Kind::Lines,
        scale,
        columns: "night",
        labels,
        lines,
        marks: Vec::new(),
        rules: Vec::new(),
        words: |us| micros(us.round() as u64),
        more: Vec::new(),
    };
    chart.html_over(&columns.axis)
}

/// The geometric mean of the nights between two steps, in each of them.
fn levels(line: &SeriesLine, steps: &[(usize, f64)]) -> Vec<Option<f64>> {
    let mut edges = vec![0];
    edges.extend(steps.iter().map(|(night, _)| *night));
    edges.push(line.values_us.len());
    let mut levels = Vec::new();
    for part in edges.windows(2) {
        let logs: Vec<f64> =
            line.values_us[part[0]..part[1]].iter().filter_map(|value| value.map(|us| libm::log(us as f64))).collect();
        let mean = (!logs.is_empty()).then(|| libm::exp(logs.iter().sum::<f64>() / logs.len() as f64));
        levels.extend(std::iter::repeat_n(mean, part[1] - part[0]));
    }
    levels
}

/// The scenario's limits, as shares of their bounds.
pub(super) fn limits(group: &Group, columns: &Columns, place: usize) -> Vec<String> {
    let labels = &columns.labels;
    let share = |value: Option<u64>, bound: u64| value.filter(|_| bound > 0).map(|value| value as f64 / bound as f64);
    let lines: Vec<Line> = group
        .limits
        .iter()
        .enumerate()
        .map(|(number, limit)| Line {
            name: limit.text.clone(),
            colour: LIMIT_COLOURS[number % LIMIT_COLOURS.len()],
            values: limit.values.iter().map(|value| share(*value, limit.bound)).collect(),
        })
        .collect();
    let chart = |(number, lines): (usize, &[Line])| {
        let values = lines.iter().flat_map(|line| line.values.iter().copied().flatten());
        let chart = LineChart {
            id: &format!("g{place}-l{number}"),
            title: "The scenario's limits",
            alt: format!("{} limits over {} runs, as shares of their bounds", lines.len(), labels.len()),
            note: "Measured value as a share of the limit.".to_owned(),
            kind: Kind::Lines,
            scale: Scale::linear(values.chain([1.0])),
            columns: "night",
            labels,
            lines: lines.to_vec(),
            marks: Vec::new(),
            rules: vec![(1.0, "bound".to_owned())],
            words: fraction,
            more: Vec::new(),
        };
        chart.html_over(&columns.axis)
    };
    lines.chunks(LIMIT_COLOURS.len()).enumerate().map(chart).collect()
}

pub(super) fn capacity(searches: &[CapacityLine]) -> String {
    if searches.is_empty() {
        return String::new();
    }
    let of = |which: fn(&CapacityLine) -> Option<u64>| -> Vec<Option<f64>> {
        searches.iter().map(|search| which(search).map(|reps| reps as f64)).collect()
    };
    let lines = vec![
        Line { name: "carries".to_owned(), colour: "c1", values: of(|search| search.carries) },
        Line { name: "certain to hold".to_owned(), colour: "c2", values: of(|search| search.low) },
        Line { name: "certain to exceed a limit".to_owned(), colour: "c3", values: of(|search| search.high) },
    ];
    let scale = Scale::linear(lines.iter().flat_map(|line| line.values.iter().copied().flatten()));
    let columns = Columns::of(&searches.iter().map(|search| search.began.as_str()).collect::<Vec<_>>());
    let chart = LineChart {
        id: "capacity-chart",
        title: "Capacity of a target in reps",
        alt: searches.last().map_or_else(String::new, |last| format!("Last search: {}", last.words())),
        note: String::new(),
        kind: Kind::Lines,
        scale,
        columns: "search",
        labels: &columns.labels,
        lines,
        marks: Vec::new(),
        rules: Vec::new(),
        words: |reps| count(reps.round() as u64),
        more: vec![(
            "scenario and target".to_owned(),
            searches.iter().map(|search| format!("{} at {}", search.asked(), search.target)).collect(),
        )],
    };
    chart.html_over(&columns.axis)
}
