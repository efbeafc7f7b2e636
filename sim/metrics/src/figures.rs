//! What reports and programs are given: a figure or two of each series, and which of them were full.

use fieldday_paint::units;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is used to this share of what there is, is full.
pub const FULL: f64 = 0.95;

/// The metrics of the target during the run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetMetrics {
    /// Each exporter that was scraped.
    pub exporters: Vec<Exporter>,
    /// Each series that was kept.
    pub series: Vec<MetricFigures>,
    /// The number of series that were not kept, because there was no room for them.
    #[serde(default)]
    pub left_out: u64,
}

/// An exporter that was scraped during the run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exporter {
    /// The URL that was scraped, without user, password and query.
    pub url: String,
    /// The number of scrapes, failed ones included.
    pub scrapes: u64,
    /// The number of failed scrapes. Each leaves a gap in the series.
    pub failed: u64,
    /// The cause of the first failed scrape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The unit of the values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A number of processors at work.
    Cores,
    /// A number of bytes.
    Bytes,
    /// A number of seconds.
    Seconds,
    /// A number of events per second, from a counter.
    PerSecond,
    /// A number of things that exist at the time.
    Count,
}

/// The series of one metric.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricFigures {
    /// What the metric measures, in words.
    pub what: String,
    /// The name of the metric, as the exporter has it.
    pub name: String,
    /// The labels that tell this series from others of the metric.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The unit of the values.
    pub unit: Unit,
    /// The number of values that were scraped.
    pub values: u64,
    /// The median of the scraped values, in `unit`.
    pub median: f64,
    /// The greatest of the scraped values, in `unit`.
    pub greatest: f64,
    /// The capacity of the resource, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<f64>,
    /// The number of scraped values at which the resource was full.
    pub full: u64,
    /// The first time at which the resource was full, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_full: Option<String>,
    /// The number of resets of a counter, because its process started again.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub restarts: u64,
}

fn is_nought(n: &u64) -> bool {
    *n == 0
}

impl Unit {
    /// A value with its unit, for people.
    pub fn words(self, value: f64) -> String {
        match self {
            Unit::Cores => format!("{} cores", units::number(value)),
            Unit::Bytes => units::bytes(value.max(0.0) as u64),
            Unit::Seconds => units::micros((value.max(0.0) * 1e6) as u64),
            Unit::PerSecond => format!("{}/s", units::number(value)),
            Unit::Count if value.fract() == 0.0 && value >= 0.0 => units::count(value as u64),
            Unit::Count => units::number(value),
        }
    }
}

impl MetricFigures {
    /// What it is, with the labels that tell it from others.
    pub fn title(&self) -> String {
        title(&self.what, &self.labels)
    }
    /// What was full, in words; none if it was not.
    pub fn full_words(&self) -> Option<String> {
        let of = self.of.map_or(String::new(), |of| format!(" of {}", self.unit.words(of)));
        let share = units::share(self.full, self.values);
        (self.full > 0)
            .then(|| format!("{}: {}{of}, at {share} of the scrapes", self.title(), self.unit.words(self.greatest)))
    }
}

/// What something is, with the labels that tell it from others.
pub fn title(what: &str, labels: &BTreeMap<String, String>) -> String {
    let told: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if told.is_empty() { what.to_owned() } else { format!("{what} ({})", told.join(", ")) }
}

impl TargetMetrics {
    /// What was full, those first that were for the longest.
    pub fn full(&self) -> Vec<String> {
        let mut full: Vec<&MetricFigures> = self.series.iter().filter(|of| of.full > 0).collect();
        full.sort_by_key(|of| std::cmp::Reverse(of.full * 1_000 / of.values.max(1)));
        full.into_iter().filter_map(MetricFigures::full_words).collect()
    }
    /// What to say of exporters that could not be read every time, a sentence each.
    pub fn gaps(&self) -> Vec<String> {
        let failed = self.exporters.iter().filter(|of| of.failed > 0);
        let gap = |of: &Exporter| {
            let (failed, all) = (units::count(of.failed), units::counted(of.scrapes, "scrape", "scrapes"));
            let why = of.why.as_deref().unwrap_or("no reason is known");
            format!("{failed} of {all} of {} failed; the first cause: {why}", of.url)
        };
        failed.map(gap).collect()
    }
}
