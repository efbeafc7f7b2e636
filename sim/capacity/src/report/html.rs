//! The report as a page: one file that loads nothing.

use super::Report;
use super::document::{Part, parts};
use super::simulated;
use crate::search::Ending;
use fieldday_api::endpoint::Op;
use fieldday_paint::chart::{Kind, Line, LineChart, Scale};
use fieldday_paint::frame::{Frame, escaped};
use fieldday_paint::units::{count, micros, number};
use std::fmt::Write as _;

/// Colours of the day's endpoints: those beyond are drawn together.
const COLOURS: [&str; 6] = ["c1", "c2", "c3", "c4", "c6", "c7"];

pub(super) fn render(report: &Report) -> String {
    let parts = parts(report);
    let mut body = verdict(report);
    for part in &parts {
        body.push_str(&section(part, &charts(report, part.id)));
    }
    let sections: Vec<(&str, String)> = std::iter::once(("answer", "The answer".to_owned()))
        .chain(parts.iter().map(|part| (part.id, part.title.clone())))
        .collect();
    let title = format!("Capacity: {}", report.asked.scenario);
    Frame { title: &title, kind: "Capacity", sections: &sections, body: &body, data: &[], scripts: &[] }.html()
}

/// A part as a section of a page, with its charts before its table.
pub(super) fn section(part: &Part, charts: &str) -> String {
    format!("<section id=\"{}\">{}{charts}{}</section>\n", part.id, heading(part), table(part))
}

fn verdict(report: &Report) -> String {
    let (class, word) = match report.measured.finding.ending {
        Ending::Found => ("held", "Found"),
        Ending::NeverHolds => ("broken", "Never holds"),
        Ending::NeverBreaks => ("held", "Never breaks"),
        Ending::GeneratorGaveUp => ("invalid", "The generator gave up"),
        Ending::Interrupted => ("interrupted", "Interrupted"),
    };
    let mut answer = report.answer.iter();
    let first = answer.next().cloned().unwrap_or_default();
    let rest: String = answer.map(|sentence| format!("<li>{}</li>", escaped(sentence))).collect();
    let asked = &report.asked;
    let limits: String = asked.limits.iter().map(|limit| format!("<code>{}</code> ", escaped(limit))).collect();
    format!(
        "<div class=\"verdict {class}\" id=\"answer\"><p class=\"word\">{word}</p><h1>{}</h1><ul>{rest}</ul>\
         <p class=\"about\">{}</p></div>\n\
         <section aria-label=\"What was asked\"><dl class=\"pairs\"><dt>Target</dt><dd>{}</dd><dt>Scenario</dt><dd>{}, seed {}, \
         speed {}</dd><dt>Limits</dt><dd>{limits}</dd><dt>Generator</dt><dd>{}</dd></dl>\
         <div class=\"paste\"><code>{}</code></div></section>\n",
        escaped(&first),
        escaped(&asked.about),
        escaped(&asked.target),
        escaped(&asked.scenario),
        escaped(&asked.seed),
        asked.speed,
        escaped(&asked.machine),
        escaped(&asked.reproduce)
    )
}

fn heading(part: &Part) -> String {
    let kind = part.kind.word().map_or(String::new(), |word| format!(" <small class=\"is-quiet\">{word}</small>"));
    let says: String =
        part.says.iter().map(|sentence| format!("<p class=\"lead\">{}</p>", escaped(sentence))).collect();
    format!("<h2>{}{kind}</h2>{says}", escaped(&part.title))
}

/// Rows of a table that is shown at once; a longer one is opened by whoever wants it.
const SHOWN: usize = 30;

fn table(part: &Part) -> String {
    match part.rows.len() {
        0 => String::new(),
        1..=SHOWN => rows(part),
        many => format!("<details><summary>All {many} rows</summary>{}</details>", rows(part)),
    }
}

fn rows(part: &Part) -> String {
    let title = escaped(&part.title);
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\"><table><caption class=\"hidden\">{title}</caption><thead><tr>"
    );
    let classes: Vec<&str> = (0..part.heads.len()).map(|column| class(part, column)).collect();
    for (head, class) in part.heads.iter().zip(&classes) {
        let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", escaped(head));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in &part.rows {
        out.push_str("<tr>");
        for (column, (text, class)) in row.iter().zip(&classes).enumerate() {
            let (open, close) = if column == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
            let _ = write!(out, "<{open}{class}>{}</{close}>", escaped(text));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>");
    out
}

/// A column of figures stands to the right; the first one is what the others are of.
fn class(part: &Part, column: usize) -> &'static str {
    let is_figure =
        |text: &String| text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit() || "+-–".contains(c));
    let is_of_figures = column > 0 && part.rows.iter().filter_map(|row| row.get(column)).all(is_figure);
    if is_of_figures { " class=\"n\"" } else { "" }
}

/// The charts of a part.
fn charts(report: &Report, id: &str) -> String {
    match id {
        "levels" => latency(report) + &throughput(report),
        "day" => demand(report),
        "queue" => residuals(report),
        "course" => report.simulated.as_deref().map(simulated::chart).unwrap_or_default(),
        _ => String::new(),
    }
}

fn latency(report: &Report) -> String {
    let curve = &report.measured.curve;
    let finding = &report.measured.finding;
    let mark = |reps: u64| match () {
        () if finding.carries == Some(reps) => " carries",
        () if finding.knee.is_some_and(|knee| knee.reps == reps) => " knee",
        () => "",
    };
    let labels: Vec<String> = curve.iter().map(|point| count(point.reps) + mark(point.reps)).collect();
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
    let is_time = |of: &&crate::level::Judged| of.result.unit == fieldday_rules::limits::LimitUnit::Micros;
    let rules: Vec<(f64, String)> =
        bounds.filter(is_time).map(|of| (of.result.bound as f64, of.result.text.clone())).collect();
    let values = lines.iter().flat_map(|line| line.values.iter().copied().flatten());
    let scale = Scale::log(values.chain(rules.iter().map(|rule| rule.0)));
    let knee = finding.knee.map_or(String::new(), |knee| format!(" The knee is at {} reps.", count(knee.reps)));
    let carries =
        finding.carries.map_or(String::new(), |reps| format!(" Every limit is held up to {} reps.", count(reps)));
    LineChart {
        id: "chart-latency",
        title: "Latency on the wire by number of reps",
        alt: format!("Median, 95th and 99th percentile of latency for {} numbers of reps.{carries}{knee}", curve.len()),
        note: format!("Logarithmic; a column each number of reps that was measured.{carries}{knee}"),
        kind: Kind::Lines,
        scale,
        columns: "Reps",
        labels: &labels,
        lines,
        rules,
        words: |us| micros(us.round() as u64),
        more: vec![
            ("requests/s".to_owned(), curve.iter().map(|point| number(point.requests_per_s)).collect()),
            ("in flight".to_owned(), curve.iter().map(|point| number(point.in_flight)).collect()),
        ],
    }
    .html()
}

fn throughput(report: &Report) -> String {
    let mut curve = report.measured.curve.clone();
    curve.sort_by(|a, b| a.in_flight.total_cmp(&b.in_flight));
    let labels: Vec<String> = curve.iter().map(|point| number(point.in_flight)).collect();
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
        title: "Throughput by requests under way at once",
        alt: format!("Requests a second for {} concurrencies, measured and fitted.", curve.len()),
        note: "A column each level; the distance between columns is not to scale.".to_owned(),
        kind: Kind::Lines,
        scale,
        columns: "In flight",
        labels: &labels,
        lines,
        rules: Vec::new(),
        words: number,
        more: vec![("reps".to_owned(), curve.iter().map(|point| count(point.reps)).collect())],
    }
    .html()
}

fn residuals(report: &Report) -> String {
    let Some(queue) = &report.fitted.queue else { return String::new() };
    let labels: Vec<String> = queue.residuals.iter().map(|of| format!("{:.0} %", of.utilisation * 100.0)).collect();
    let line = |name: &str, colour, values| Line { name: name.to_owned(), colour, values };
    let lines = vec![
        line("mean, measured", "c1", queue.residuals.iter().map(|of| Some(of.measured_us)).collect()),
        line("mean, fitted", "c3", queue.residuals.iter().map(|of| of.fitted_us).collect()),
    ];
    let scale = Scale::log(lines.iter().flat_map(|line| line.values.iter().copied().flatten()));
    LineChart {
        id: "chart-queue",
        title: "Mean latency by how busy the workers are",
        alt: "Mean latency, measured and by the queueing model, by utilisation.".to_owned(),
        note: "Logarithmic; a column each number of reps.".to_owned(),
        kind: Kind::Lines,
        scale,
        columns: "Workers busy",
        labels: &labels,
        lines,
        rules: Vec::new(),
        words: |us| micros(us.round() as u64),
        more: vec![("reps".to_owned(), queue.residuals.iter().map(|of| count(of.reps)).collect())],
    }
    .html()
}

fn demand(report: &Report) -> String {
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
    let peak =
        report.day.peak().map_or(String::new(), |bin| format!(" Most in the quarter of an hour from {}.", bin.from));
    LineChart {
        id: "chart-day",
        title: "Requests a second of a thousand reps, by time of day",
        alt: format!("Requests a second over the day by endpoint.{peak}"),
        note: format!("In real time, local time.{peak}"),
        kind: Kind::Bars,
        scale: Scale::linear(bins.iter().map(|bin| bin.requests_per_s * 1e3)),
        columns: "From",
        labels: &labels,
        lines,
        rules: Vec::new(),
        words: number,
        more: Vec::new(),
    }
    .html()
}
