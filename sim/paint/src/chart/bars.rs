//! Distributions as bars on one logarithmic scale: from the median to the 99th percentile, with the greatest as a mark and
//! the limit as a line.

use super::scale::{Scale, Tick};
use crate::units::enough;
use askama::Template;

/// The distribution of an endpoint's latencies, in microseconds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Bar {
    /// What the bar is about: an endpoint.
    pub name: String,
    /// The median, in microseconds.
    pub p50: f64,
    /// The 95th percentile, in microseconds.
    pub p95: f64,
    /// The 99th percentile, in microseconds.
    pub p99: f64,
    /// The greatest value, in microseconds.
    pub max: f64,
    /// From here on values are lower bounds: attempts were given up then.
    pub at_least: Option<f64>,
    /// The limit on the values, drawn as a line; none if there is no limit.
    pub limit: Option<f64>,
    /// Whether the bar is drawn as beyond its limit.
    pub is_bad: bool,
    /// The number of samples.
    pub count: u64,
}

/// A chart of distributions on one logarithmic axis.
pub struct LogBars<'a> {
    /// The heading of the chart.
    pub title: &'a str,
    /// A sentence below the chart.
    pub note: &'a str,
    /// The bars, from top to bottom.
    pub bars: &'a [Bar],
    /// Gives a value in words, with its unit.
    pub words: fn(f64) -> String,
}

struct Row<'a> {
    name: &'a str,
    says: String,
    is_bad: bool,
    from: f64,
    mid: f64,
    to: f64,
    max: f64,
    limit: Option<f64>,
}

#[derive(Template)]
#[template(path = "bars.html")]
struct View<'a> {
    title: &'a str,
    note: &'a str,
    rows: Vec<Row<'a>>,
    ticks: Vec<Tick>,
}

impl LogBars<'_> {
    /// The figure. Its bars say in words what they show, one by one.
    pub fn html(&self) -> String {
        let values = self.bars.iter().flat_map(|bar| [bar.p50, bar.p99, bar.max, bar.limit.unwrap_or(bar.max)]);
        let scale = Scale::time(values);
        let percent = |value: f64| scale.place(value) * 100.0;
        let mut rows = Vec::new();
        for bar in self.bars {
            // Nothing is drawn beyond the greatest percentile that is known.
            let p95 = if enough(bar.count, 950) { bar.p95 } else { bar.p50 };
            let p99 = if enough(bar.count, 990) { bar.p99 } else { p95 };
            rows.push(Row {
                says: self.says(bar),
                name: &bar.name,
                is_bad: bar.is_bad,
                from: percent(bar.p50),
                mid: percent(p95),
                to: percent(p99),
                max: percent(bar.max),
                limit: bar.limit.map(percent),
            });
        }
        let ticks = scale.ticks(|us| crate::units::tick(us as u64));
        // Writing to memory: it cannot fail.
        View { title: self.title, note: self.note, rows, ticks }.render().unwrap_or_default()
    }
    fn says(&self, bar: &Bar) -> String {
        let words = self.words;
        let value = |us: f64| {
            let is_bound = bar.at_least.is_some_and(|from| us >= from);
            format!("{}{}", if is_bound { "≥" } else { "" }, words(us))
        };
        let at = |per_mille, us| if enough(bar.count, per_mille) { value(us) } else { "n/a".to_owned() };
        let limit = match bar.limit {
            Some(limit) if bar.is_bad => format!("; beyond its limit of {}", words(limit)),
            Some(limit) => format!("; limit {}", words(limit)),
            None => String::new(),
        };
        format!(
            "{}: p50 {}, p95 {}, p99 {}, max {}{limit}; {} samples",
            bar.name,
            at(500, bar.p50),
            at(950, bar.p95),
            at(990, bar.p99),
            value(bar.max),
            crate::units::count(bar.count)
        )
    }
}
