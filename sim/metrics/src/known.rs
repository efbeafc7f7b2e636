//! Which metrics are kept: those that the user names, or else the well-known ones. Names are those of the exporters that most
//! targets have: the Prometheus client libraries, cAdvisor, node_exporter, postgres_exporter, prom-client, Micrometer,
//! HikariCP, Tomcat and Go's `database/sql`.

use crate::figures::Unit;
use crate::text::{Page, Sample};
use fieldday_scenario::Metric;
use std::collections::BTreeMap;

/// Labels that say which of several processes or machines a value is of.
const WHERE: &[&str] = &["job", "instance", "namespace", "pod", "container", "node", "server"];

/// One thing that is looked at: how much of something is used, and how much there is.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What the metric measures, in words.
    pub what: String,
    /// The name of the metric that says how much is used, or free.
    pub used: String,
    /// The metric that says how much there is.
    pub of: Option<String>,
    /// The unit of the values.
    pub unit: Unit,
    /// Whether `used` says how much of `of` is free.
    pub is_free: bool,
    /// Decides which samples of `used` count.
    picks: fn(&Sample<'_>) -> bool,
    /// Samples that differ in other labels than these are summed; none if no samples are summed.
    by: Option<&'static [&'static str]>,
    /// Labels that the user names.
    labels: BTreeMap<String, String>,
    /// From which value on it is full, as the user says.
    pub full: Option<u64>,
}

/// A row of the table below.
type Known<'a> = (&'a str, &'a str, Option<&'a str>, Unit);

const PLAIN: [Known<'static>; 13] = [
    ("process CPU", "process_cpu_seconds_total", None, Unit::Cores),
    ("process memory", "process_resident_memory_bytes", None, Unit::Bytes),
    ("open files", "process_open_fds", Some("process_max_fds"), Unit::Count),
    ("event-loop lag", "nodejs_eventloop_lag_seconds", None, Unit::Seconds),
    ("event-loop lag, p99", "nodejs_eventloop_lag_p99_seconds", None, Unit::Seconds),
    ("database connections", "hikaricp_connections_active", Some("hikaricp_connections_max"), Unit::Count),
    ("waiting for a database connection", "hikaricp_connections_pending", None, Unit::Count),
    ("database connections", "go_sql_in_use_connections", Some("go_sql_max_open_connections"), Unit::Count),
    ("server threads", "tomcat_threads_busy_threads", Some("tomcat_threads_config_max_threads"), Unit::Count),
    ("goroutines", "go_goroutines", None, Unit::Count),
    ("Redis memory", "redis_memory_used_bytes", Some("redis_memory_max_bytes"), Unit::Bytes),
    ("Redis clients", "redis_connected_clients", Some("redis_config_maxclients"), Unit::Count),
    ("node load", "node_load1", None, Unit::Count),
];

/// The metrics that are kept of every exporter that has them.
pub fn well_known() -> Vec<Wanted> {
    let mut all: Vec<Wanted> = PLAIN.iter().map(plain).collect();
    let summed = |known: Known<'_>, picks: fn(&Sample<'_>) -> bool| Wanted { picks, by: Some(WHERE), ..plain(&known) };
    all.extend([
        summed(("container CPU", "container_cpu_usage_seconds_total", None, Unit::Cores), is_of_container),
        summed(
            (
                "container memory",
                "container_memory_working_set_bytes",
                Some("container_spec_memory_limit_bytes"),
                Unit::Bytes,
            ),
            is_of_container,
        ),
        summed(("node CPU", "node_cpu_seconds_total", Some("node_cpu_seconds_total"), Unit::Cores), is_busy),
        summed(
            ("Postgres connections", "pg_stat_activity_count", Some("pg_settings_max_connections"), Unit::Count),
            |_| true,
        ),
        summed(("heap", "jvm_memory_used_bytes", Some("jvm_memory_max_bytes"), Unit::Bytes), |sample| {
            label(sample, "area") == "heap"
        }),
    ]);
    let free = |known: Known<'_>| Wanted { is_free: true, ..plain(&known) };
    all.push(free(("node memory", "node_memory_MemAvailable_bytes", Some("node_memory_MemTotal_bytes"), Unit::Bytes)));
    let disk = free(("disk", "node_filesystem_avail_bytes", Some("node_filesystem_size_bytes"), Unit::Bytes));
    all.push(Wanted { picks: |sample| label(sample, "device").starts_with('/'), ..disk });
    all
}

fn plain((what, used, of, unit): &Known<'_>) -> Wanted {
    Wanted {
        what: (*what).to_owned(),
        used: (*used).to_owned(),
        of: of.map(str::to_owned),
        unit: *unit,
        is_free: false,
        picks: |_| true,
        by: None,
        labels: BTreeMap::new(),
        full: None,
    }
}

/// One that the user names.
pub fn named(metric: &Metric) -> Wanted {
    let unit = match metric.name.as_str() {
        name if name.ends_with("cpu_seconds_total") => Unit::Cores,
        name if name.ends_with("_total") => Unit::PerSecond,
        name if name.ends_with("_seconds") => Unit::Seconds,
        name if name.ends_with("_bytes") => Unit::Bytes,
        _ => Unit::Count,
    };
    let wanted = (metric.name.as_str(), metric.name.as_str(), None, unit);
    Wanted { labels: metric.labels.clone(), full: metric.full, ..plain(&wanted) }
}

/// Pools of whatever kind, by the names that a page has: `db_pool_in_use` of `db_pool_size`.
pub fn pools(page: &Page<'_>) -> Vec<Wanted> {
    const USED: [&str; 6] = ["in_use", "used", "active", "busy", "checked_out", "acquired"];
    const SIZE: [&str; 7] = ["size", "max", "max_size", "limit", "capacity", "max_connections", "connections_max"];
    const OTHER: [&str; 4] = ["_total", "_sum", "_count", "_bucket"];
    let names: std::collections::BTreeSet<&str> = page.samples.iter().map(|sample| sample.name).collect();
    let used = names.iter().filter_map(|name| {
        let stem = &name[..name.rfind("_pool_")? + "_pool_".len()];
        let says = &name[stem.len()..];
        let is_used = USED.iter().any(|word| says.contains(word)) && !OTHER.iter().any(|end| says.ends_with(end));
        is_used.then_some((*name, stem))
    });
    used.map(|(name, stem)| {
        let size = SIZE.iter().map(|word| format!("{stem}{word}")).find(|size| names.contains(size.as_str()));
        let what = stem.trim_end_matches('_').replace('_', " ");
        Wanted { what, of: size, ..plain(&("", name, None, Unit::Count)) }
    })
    .collect()
}

impl Wanted {
    /// Whether a sample of `used` counts.
    pub fn counts(&self, sample: &Sample<'_>) -> bool {
        (self.picks)(sample) && self.labels.iter().all(|(name, value)| label(sample, name) == value)
    }
    /// The labels that tell one of several such things from another.
    pub fn group(&self, sample: &Sample<'_>) -> Vec<(String, String)> {
        let is_told = |name: &str| self.by.is_none_or(|by| by.contains(&name));
        let told = sample.labels.iter().filter(|(name, _)| is_told(name));
        let mut told: Vec<_> = told.map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
        told.sort();
        told
    }
}

fn label<'a>(sample: &'a Sample<'_>, name: &str) -> &'a str {
    sample.labels.iter().find(|(of, _)| *of == name).map_or("", |(_, value)| value)
}

/// cAdvisor also has the sums over a pod and over the machine, and the container that only holds a pod's network.
fn is_of_container(sample: &Sample<'_>) -> bool {
    let of = label(sample, "container");
    !["", "POD"].contains(&of) || (of.is_empty() && !label(sample, "name").is_empty())
}

fn is_busy(sample: &Sample<'_>) -> bool {
    !["idle", "iowait"].contains(&label(sample, "mode"))
}
