//! `series.json`: a run over its day, and where its reps were. What `report.html` draws, for other programs too.
//!
//! The shape is versioned, and described in `results/README.md`. Lists by bin are as long as the run has bins. Nothing
//! private is in it: no addresses, no people's names; and the places of a live run are all moved by an offset that is drawn
//! for the run and kept nowhere.

mod columns;
mod ground;
mod map;
mod metrics;
mod way;

pub use columns::{BUCKET_BOUNDS, Columns};
pub use ground::Ground;
pub use map::{Hole, Map, MapRep, MapTenant, Pin};
pub use metrics::MetricColumn;

use fieldday_engine::run::RunOutcome;
use fieldday_kernel::text::printable_json;
use fieldday_kernel::time::{Date, Span, Time};
use fieldday_metrics::Observed;
use serde::{Deserialize, Serialize};

/// The version of the shape.
pub const SERIES_SCHEMA: u32 = 1;
/// The file's name in a run folder.
pub const SERIES: &str = "series.json";

/// The content of `series.json`: the figures of a run over the day, for charts and the map.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeriesFile {
    /// The version of this document's shape.
    pub schema: u32,
    /// Whose clock the day is told by: the zone of the plan's first tenant.
    pub zone: String,
    /// How far that clock is ahead of UTC, at noon, in seconds.
    pub offset_s: i64,
    /// The local dates that are laid over one another.
    pub dates: Vec<Date>,
    /// When the first bin begins, on the first date.
    pub starts_at: Time,
    /// The length of each bin, in seconds.
    pub bin_s: i64,
    /// The number of reps in the run.
    pub reps: u64,
    /// The counts and latencies, one entry per bin.
    #[serde(flatten)]
    pub columns: Columns,
    /// The metrics of the target over the day; empty if no exporter was scraped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricColumn>,
    /// The times in which the target was disturbed on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbances: Vec<DisturbedTime>,
    /// The territories, and where reps were when.
    pub map: Map,
}

/// A disturbance of the target that was planned.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DisturbedTime {
    /// The name of the disturbance.
    pub name: String,
    /// When it began, by the clock of the series.
    pub from: Time,
    /// When it was undone, by the clock of the series.
    pub until: Time,
}

impl SeriesFile {
    /// The series of a run.
    pub fn new(ground: &Ground<'_>, outcome: &RunOutcome) -> SeriesFile {
        let series = &outcome.measures.series;
        let starts_at = if series.bins().is_empty() { ground.plan.start() } else { series.begins() };
        let first = ground.cell(0);
        let zone = first.and_then(|cell| Some(cell.tenants.first()?.data.zone.clone()));
        let zone = zone.unwrap_or_else(fieldday_kernel::time::Zone::utc);
        let noon = ground.plan.start() + Span::hours(12);
        SeriesFile {
            schema: SERIES_SCHEMA,
            offset_s: zone.offset(noon).as_seconds(),
            zone: zone.name.to_string(),
            dates: ground.plan.scenario().day.dates.clone(),
            starts_at,
            bin_s: series.width().as_seconds(),
            reps: series.reps(),
            columns: Columns::new(series),
            metrics: Vec::new(),
            disturbances: Vec::new(),
            map: map::draw(ground, outcome, starts_at),
        }
    }
    /// With what the target's exporters told, by the same bins.
    #[must_use]
    pub fn with_metrics(mut self, observed: &Observed) -> SeriesFile {
        let (from, width, bins) = (self.starts_at, Span::seconds(self.bin_s), self.bins());
        self.metrics = metrics::columns(observed, from, width, bins);
        self
    }
    /// The number of bins.
    pub fn bins(&self) -> usize {
        self.columns.attempts.len()
    }
    /// The document: one line, for it is long.
    pub fn to_json(&self) -> String {
        // Plain data of strings and numbers: it cannot fail.
        printable_json(serde_json::to_string(self).unwrap_or_default()) + "\n"
    }
}
