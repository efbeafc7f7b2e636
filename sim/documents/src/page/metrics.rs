//! What the target's exporters told over the day, on the time axis of the latencies.

use super::day::Day;
use fieldday_folder::series::MetricColumn;
use fieldday_metrics::Unit;
use fieldday_paint::chart::{Kind, Line, LineChart, Scale};
use fieldday_paint::units;

const COLOURS: [&str; 8] = ["c1", "c3", "c6", "c4", "c2", "c8", "c7", "c5"];

/// Charts of what has no bound that is known, by what values are in: an id, a title, and how a value is written.
type OfUnit = (Unit, &'static str, &'static str, fn(f64) -> String);
const UNITS: [OfUnit; 5] = [
    (Unit::Cores, "chart-target-cores", "The target's processors", |value| Unit::Cores.words(value)),
    (Unit::Bytes, "chart-target-bytes", "The target's memory", |value| Unit::Bytes.words(value)),
    (Unit::Seconds, "chart-target-seconds", "The target's own times", |value| Unit::Seconds.words(value)),
    (Unit::PerSecond, "chart-target-rates", "The target's rates", |value| Unit::PerSecond.words(value)),
    (Unit::Count, "chart-target-counts", "The target's numbers", |value| Unit::Count.words(value)),
];

/// The charts: how full what has a bound is, then the rest.
pub(super) fn charts(day: &Day<'_>) -> Vec<String> {
    let (bound, rest): (Vec<_>, Vec<_>) = day.metrics().iter().partition(|of| of.of.is_some());
    let mut charts = Vec::new();
    if !bound.is_empty() {
        let share = |of: &MetricColumn, value: f64| value / of.of.unwrap_or(1.0);
        let lines = lines(day, &bound, share);
        let greatest = lines.iter().flat_map(|line| line.values.iter().flatten().copied()).fold(1.0, f64::max);
        charts.push(
            LineChart {
                alt: "Used share of each resource of the target".to_owned(),
                note: note("Of what there is; the greatest that was scraped in each column.", &bound),
                // Full is on the scale, however little was used.
                scale: Scale::linear(std::iter::once(greatest)),
                words: units::fraction,
                rules: vec![(1.0, "full".to_owned())],
                ..day.chart("chart-target-full", "How full the target was", Kind::Lines, lines)
            }
            .html_over(day.axis()),
        );
    }
    for (unit, id, title, words) in UNITS {
        let of_unit: Vec<&MetricColumn> = rest.iter().copied().filter(|of| of.unit == unit).collect();
        if !of_unit.is_empty() {
            let lines = lines(day, &of_unit, |_, value| value);
            charts.push(
                LineChart {
                    alt: format!("A line a series: {}", names(&of_unit)),
                    note: note("The greatest that was scraped in each column.", &of_unit),
                    words,
                    ..day.chart(id, title, Kind::Lines, lines)
                }
                .html_over(day.axis()),
            );
        }
    }
    charts
}

fn lines(day: &Day<'_>, series: &[&MetricColumn], value: impl Fn(&MetricColumn, f64) -> f64) -> Vec<Line> {
    let line = |(of, colour): (&&MetricColumn, &&'static str)| {
        let values = day.greatest_of(&of.values).into_iter().map(|column| column.map(|it| value(of, it)));
        Line { name: of.title(), colour, values: values.collect() }
    };
    series.iter().zip(&COLOURS).map(line).collect()
}

fn names(series: &[&MetricColumn]) -> String {
    series.iter().map(|of| of.title()).collect::<Vec<_>>().join(", ")
}

fn note(says: &str, series: &[&MetricColumn]) -> String {
    let gaps = "Where a line is broken, a scrape failed.";
    match series {
        // A line that stands alone has no legend.
        [only] => format!("{}. {says} {gaps}", sentence(&only.title())),
        all if all.len() > COLOURS.len() => {
            format!("{says} {gaps} {} more are in series.json.", all.len() - COLOURS.len())
        }
        _ => format!("{says} {gaps}"),
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
