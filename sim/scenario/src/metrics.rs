//! What a scenario says about the metrics of a live run's target.

use fieldday_api::redact::{HIDDEN, url_without_secrets};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// Which metrics of the target are scraped during a live run, in the Prometheus text format.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsSettings {
    /// URLs of the target or its exporters, for example "http://127.0.0.1:9100/metrics"; a URL without a path means /metrics.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "without_secrets")]
    pub urls: Vec<String>,
    /// Real seconds between two scrapes.
    #[schemars(range(min = 1, max = 3600))]
    pub every_s: u32,
    /// The metrics to keep; default: the well-known ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub keep: Vec<Metric>,
}

/// A metric of the target's exporters to keep.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The name of the metric, for example process_open_fds.
    pub name: String,
    /// Labels that its series must have, with their values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The value from which on it counts as full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<u64>,
}

/// A text that names no metric.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text:?} names no metric: write NAME, NAME{{label=\"value\"}} or either with `full N` after it")]
pub struct NoMetric {
    /// The text as it was given.
    pub text: String,
}

/// A scenario is kept with each run, and what is kept has no passwords in it.
fn without_secrets<S: Serializer>(urls: &[String], to: S) -> Result<S::Ok, S::Error> {
    urls.iter().map(|url| url_without_secrets(url)).collect::<Vec<_>>().serialize(to)
}

impl Default for MetricsSettings {
    fn default() -> MetricsSettings {
        MetricsSettings { urls: Vec::new(), every_s: 1, keep: Vec::new() }
    }
}

impl MetricsSettings {
    /// Whether a file may leave it out.
    pub(super) fn is_default(&self) -> bool {
        *self == MetricsSettings::default()
    }
    /// Whether a URL was read from where a scenario is kept without passwords, and had one.
    pub fn lacks_a_secret(&self) -> bool {
        self.urls.iter().any(|url| url.contains(HIDDEN))
    }
}

impl Metric {
    /// Reads `process_open_fds`, `db_pool_in_use{db="main"}` or `db_pool_in_use full 20`.
    pub fn parse(text: &str) -> Result<Metric, NoMetric> {
        let read = || {
            let (rest, full) = match text.rsplit_once(" full ") {
                Some((rest, full)) => (rest.trim(), Some(full.trim().parse().ok()?)),
                None => (text.trim(), None),
            };
            let (name, labels) = match rest.split_once('{') {
                Some((name, inside)) => (name, labels(inside.strip_suffix('}')?)?),
                None => (rest, BTreeMap::new()),
            };
            is_name(name, true).then(|| Metric { name: name.to_owned(), labels, full })
        };
        read().ok_or_else(|| NoMetric { text: text.to_owned() })
    }
}

/// `db="main",pool="web"`
fn labels(inside: &str) -> Option<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    for pair in inside.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
        (is_name(name.trim(), false) && !value.contains('"')).then_some(())?;
        labels.insert(name.trim().to_owned(), value.to_owned());
    }
    Some(labels)
}

/// Whether Prometheus takes a text for the name of a metric, or, without colons, of a label.
pub(super) fn is_name(text: &str, with_colons: bool) -> bool {
    let is_of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || (with_colons && b == b':');
    !text.is_empty() && text.bytes().all(is_of_name) && !text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_read_with_its_labels_and_from_where_on_it_is_full() {
        let read = |text: &str| Metric::parse(text).ok();
        let plain = Metric { name: "process_open_fds".into(), ..Metric::default() };
        assert_eq!(read("process_open_fds"), Some(plain.clone()));
        assert_eq!(read("process_open_fds full 1024"), Some(Metric { full: Some(1024), ..plain }));
        let pool = read(r#"db_pool_in_use{db="main", pool="web"} full 20"#).unwrap();
        let labels: Vec<(&str, &str)> = pool.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!((labels, pool.full), (vec![("db", "main"), ("pool", "web")], Some(20)));
        for wrong in ["", "1x", "a b", "a{b}", "a{b=c}", "a{b=\"c\"", "a full", "a full x", "a full -1", "a-b"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn urls_are_kept_without_what_is_secret_in_them() {
        let urls = vec!["http://otto:hunter2@db:9187/metrics?key=hunter2".to_owned()];
        let settings = MetricsSettings { urls, ..MetricsSettings::default() };
        let kept = serde_json::to_string(&settings).unwrap();
        assert_eq!(kept, r#"{"urls":["http://***@db:9187/metrics?***"],"every_s":1}"#);
        assert!(serde_json::from_str::<MetricsSettings>(&kept).unwrap().lacks_a_secret());
    }
}
