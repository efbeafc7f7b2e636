//! What the target's exporters told, by bin.

use fieldday_kernel::time::{Span, Time};
use fieldday_metrics::{Observed, Unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One series of an exporter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MetricColumn {
    /// What the metric measures, in words.
    pub what: String,
    /// The name of the metric, as the exporter has it.
    pub name: String,
    /// The labels that tell this series from others of the metric.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The unit of `values` and `of`.
    pub unit: Unit,
    /// The capacity that the values are a part of, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<f64>,
    /// The greatest value that was scraped in each bin; none where none was.
    pub values: Vec<Option<f64>>,
}

/// Every series that has a value within the bins.
pub(super) fn columns(observed: &Observed, from: Time, width: Span, bins: usize) -> Vec<MetricColumn> {
    let column = |series: &fieldday_metrics::Kept| MetricColumn {
        what: series.what.clone(),
        name: series.name.clone(),
        labels: series.labels.clone(),
        unit: series.unit,
        of: series.there_is(),
        values: series.columns(from, width, bins),
    };
    let all = observed.series.iter().map(column);
    all.filter(|column| column.values.iter().any(Option::is_some)).collect()
}

impl MetricColumn {
    /// What it is, with the labels that tell it from others.
    pub fn title(&self) -> String {
        fieldday_metrics::figures::title(&self.what, &self.labels)
    }
}
