//! The charts of a report's page.

use super::Report;
use fieldday_api::endpoint::Op;
use fieldday_paint::chart::{Axis, Kind, Line, LineChart, Mark, Scale, Tick};
use fieldday_paint::units::{count, fraction, micros, number};

/// Colours of the day's endpoints: those beyond are drawn together.
const COLOURS: [&str; 6] = ["c1", "c2", "c3", "c4", "c6", "c7"];

/// Marks nearer than this share of the axis have no room for a word each.
const NEAR: f64 = 0.12;

pub(super) fn latency(report: &Report) -> String {
    let curve = &report.measured.curve;
    let finding = &report.measured.finding;
    let labels: Vec<String> = curve.iter().map(|point| count(point.reps)).collect();
    let reps: Vec<f64> = curve.iter().map(|point| point.reps as f64).collect();
    let axis = Axis::numbers("Reps", &reps, |reps| count(reps.round() as u64));
    let mark = |at: u64, words: &str| {
        let place = curve.iter().position(|point| point.reps == at).and_then(|number| axis.places.get(number))?;
        Some(Mark { from: *place, until: *place, words: words.to_owned() })
    };
    let carried = finding.carries.and_then(|reps| mark(reps, "carries"));
    let knee_at = finding.knee.filter(|knee| finding.carries != Some(knee.reps));
    let knee_at = knee_at.and_then(|knee| mark(knee.reps, "knee"));
    let marks = match (knee_at, carried) {
        // Words that would stand upon each other stand beside the first of both.
        (Some(knee), Some(carried)) if (carried.from - knee.from).abs() < NEAR => {
            let words = String::new();
            vec![Mark { words: "knee, carries".to_owned(), ..knee }, Mark { words, ..carried }]
        }
        (knee, carried) => knee.into_iter().chain(carried).collect(),
    };
    let line = |name: &str, colour, of: &dyn Fn(&crate::search::Point) -> f64| Line {
        name: name.to_owned(),
        colour,
        values: curve.iter().map(|point| Some(of(point))).collect(),
    };
    let lines = vec![
        line("p50", "c2", &|point| point.p50_us),
        line("p95", "c1", &|point| point.p95_us),
        line("p99", "c3", &|point| point.p99_us),
    ];
    let bounds = report.measured.levels.first().into_iter().flat_map(|level| &level.limits);
    let is_time = |of: &&crate::level::Judged| of.result.unit == fieldday_rules::limit_result::LimitUnit::Micros;
    let rules: Vec<(f64, String)> =
        bounds.filter(is_time).map(|of| (of.result.bound as f64, of.result.text.clone())).collect();
    let values = lines.iter().flat_map(|line| line.values.iter().copied().flatten());
    let scale = Scale::log(values.chain(rules.iter().map(|rule| rule.0)));
    let knee = finding.knee.map_or(String::new(), |knee| format!(" The knee is at {} reps.", count(knee.reps)));
    let carries =
        finding.carries.map_or(String::new(), |reps| format!(" Every limit holds up to {} reps.", count(reps)));
    LineChart {
        id: "chart-latency",
        title: "Latency on the wire by number of reps",
        alt: format!("Median, 95th and 99th percentile of latency for {} numbers of reps.{carries}{knee}", curve.len()),
        note: format!("Logarithmic; one point per measured number of reps.{carries}{knee}"),
        kind: Kind::Lines,
        scale,
        columns: "Reps",
        labels: &labels,
        lines,
        marks,
        rules,
        words: |us| micros(us.round() as u64),
        more: vec![
            ("requests/s".to_owned(), curve.iter().map(|point| number(point.requests_per_s)).collect()),
            ("in flight".to_owned(), curve.iter().map(|point| number(point.in_flight)).collect()),
        ],
    }
    .html_over(&axis)
}

pub(super) fn throughput(report: &Report) -> String {
    let mut curve = report.measured.curve.clone();
    curve.sort_by(|a, b| a.in_flight.total_cmp(&b.in_flight));
    let labels: Vec<String> = curve.iter().map(|point| number(point.in_flight)).collect();
    let in_flight: Vec<f64> = curve.iter().map(|point| point.in_flight).collect();
    let measured = curve.iter().map(|point| Some(point.requests_per_s)).collect();
    let fitted = |at: f64| report.fitted.usl.as_ref().and_then(|usl| usl.throughput(at));
    let mut lines = vec![Line { name: "measured".to_owned(), colour: "c1", values: measured }];
    if report.fitted.usl.is_some() {
        let values = curve.iter().map(|point| fitted(point.in_flight)).collect();
        lines.push(Line { name: "fitted (Universal Scalability Law)".to_owned(), colour: "c3", values });
    }
    let scale = Scale::linear(lines.iter().flat_map(|line| line.values.iter().copied().flatten()));
    LineChart {
        id: "chart-throughput",
        title: "Throughput by requests in flight",
        alt: format!("Requests per second at {} concurrency levels, measured and fitted.", curve.len()),
        note: "One point per measured number of reps.".to_owned(),
        kind: Kind::Lines,
        scale,
        columns: "In flight",
        labels: &labels,
        lines,
        marks: Vec::new(),
        rules: Vec::new(),
        words: number,
        more: vec![("reps".to_owned(), curve.iter().map(|point| count(point.reps)).collect())],
    }
    .html_over(&Axis::numbers("Requests in flight", &in_flight, number))
}

pub(super) fn residuals(report: &Report) -> String {
    let Some(queue) = &report.fitted.queue else { return String::new() };
    let mut residuals = queue.residuals.clone();
    residuals.sort_by(|a, b| a.utilisation.total_cmp(&b.utilisation));
    let labels: Vec<String> = residuals.iter().map(|of| fraction(of.utilisation)).collect();
    let utilisation: Vec<f64> = residuals.iter().map(|of| of.utilisation).collect();
    let line = |name: &str, colour, values| Line { name: name.to_owned(), colour, values };
    let lines = vec![
        line("mean, measured", "c1", residuals.iter().map(|of| Some(of.measured_us)).collect()),
        line("mean, fitted", "c3", residuals.iter().map(|of| of.fitted_us).collect()),
    ];
    let scale = Scale::log(lines.iter().flat_map(|line| line.values.iter().copied().flatten()));
    LineChart {
        id: "chart-queue",
        title: "Mean latency by utilisation of the workers",
        alt: "Mean latency, measured and modelled, by utilisation.".to_owned(),
        note: "Logarithmic; one point per number of reps.".to_owned(),
        kind: Kind::Lines,
        scale,
        columns: "Workers busy",
        labels: &labels,
        lines,
        marks: Vec::new(),
        rules: Vec::new(),
        words: |us| micros(us.round() as u64),
        more: vec![("reps".to_owned(), residuals.iter().map(|of| count(of.reps)).collect())],
    }
    .html_over(&Axis::numbers("Utilisation of the workers", &utilisation, fraction))
}

pub(super) fn demand(report: &Report) -> String {
    let bins = &report.day.bins;
    let labels: Vec<String> = bins.iter().map(|bin| bin.from.clone()).collect();
    let rate =
        |bin: &crate::day::Bin, op: Op| bin.endpoints.iter().find(|of| of.op == op).map_or(0.0, |of| of.requests_per_s);
    let mut ops: Vec<(f64, Op)> = Op::ALL.iter().map(|op| (bins.iter().map(|bin| rate(bin, *op)).sum(), *op)).collect();
    ops.sort_by(|a, b| b.0.total_cmp(&a.0));
    let shown: Vec<Op> = ops.iter().filter(|of| of.0 > 0.0).take(COLOURS.len()).map(|of| of.1).collect();
    // A thousand reps: a rep alone is a small number.
    let of = |op: Op| bins.iter().map(|bin| Some(rate(bin, op) * 1e3)).collect();
    let mut lines: Vec<Line> = shown
        .iter()
        .zip(COLOURS)
        .map(|(op, colour)| Line { name: op.label().to_owned(), colour, values: of(*op) })
        .collect();
    let others = |bin: &crate::day::Bin| bin.requests_per_s - shown.iter().map(|op| rate(bin, *op)).sum::<f64>();
    lines.push(Line {
        name: "others".to_owned(),
        colour: "c5",
        values: bins.iter().map(|bin| Some(others(bin).max(0.0) * 1e3)).collect(),
    });
    let peak = report
        .day
        .peak()
        .map_or(String::new(), |bin| format!(" The busiest quarter of an hour starts at {}.", bin.from));
    LineChart {
        id: "chart-day",
        title: "Requests per second of 1,000 reps, by time of day",
        alt: format!("Requests per second over the day by endpoint.{peak}"),
        note: format!("In real time, local time.{peak}"),
        kind: Kind::Bars,
        scale: Scale::linear(bins.iter().map(|bin| bin.requests_per_s * 1e3)),
        columns: "From",
        labels: &labels,
        lines,
        marks: Vec::new(),
        rules: Vec::new(),
        words: number,
        more: Vec::new(),
    }
    .html_over(&hours(&labels))
}

/// The axis below a chart over the day: whole hours, as many as there is room for.
fn hours(labels: &[String]) -> Axis {
    let every = |hours: u32| {
        let is_whole = |label: &str| {
            let hour = label.strip_suffix(":00").and_then(|hour| hour.parse::<u32>().ok());
            hour.is_some_and(|hour| hour.is_multiple_of(hours))
        };
        let tick = |(column, label): (usize, &String)| Tick {
            // A column begins at its time.
            at: column as f64 / labels.len() as f64,
            words: label.clone(),
        };
        labels.iter().enumerate().filter(|(_, label)| is_whole(label)).map(tick).collect()
    };
    Axis::first_of([1, 2, 3, 4, 6, 12].map(every).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_the_day_are_whole_and_as_many_as_have_room() {
        let labels: Vec<String> =
            (27..75).map(|quarter| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15)).collect();
        let axis = format!("{:?}", hours(&labels));
        assert!(axis.contains("\"08:00\"") && axis.contains("\"18:00\"") && !axis.contains("\"06:45\""), "{axis}");
        assert!(!axis.contains("\"07:00\""), "every second hour has room: {axis}");
    }
}
