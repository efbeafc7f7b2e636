//! What a scenario says about runs on the wall clock. On the virtual clock none of it matters.

use super::disturb::Disturbance;
use super::metrics::MetricsSettings;
use fieldday_kernel::time::{Time, TimeOfDay};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of live runs, in real time against a mock or a deployment.
///
/// There are two clocks. The clock of the *day* decides when people act: it shows the tenant's local time within `window`
/// and runs `speed` times as fast as real time. The clock of the *protocol* is real time: timeouts, waits between attempts,
/// tokens, polls and cache lifetimes are scaled only if `scales` names them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Live {
    /// Simulated seconds per real second for what people do: 1 is real time.
    ///
    /// People's actions move closer together, the protocol's times do not. At high speeds lists come from the cache more often
    /// (5 minutes of cache are hours of the day), sessions are polled for longer than the visit lasts, gaps in coverage and
    /// recordings are shorter, and queues may not be empty when the day ends.
    #[schemars(range(min = 1, max = 10_000))]
    pub speed: u32,
    /// Times of the protocol that are scaled by `speed`, too: "timeouts", "backoff", "polling", "cache".
    ///
    /// By default none are. With "polling" and "cache" the mix of calls at high speed is that of a real day. The life of
    /// tokens is `token_life_s` of the switches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<Scaled>,
    /// The part of the day to run, in local time, for example ["07:30", "09:00"]; default: from the first departure until two
    /// hours after the last visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<[String; 2]>")]
    pub window: Option<(TimeOfDay, TimeOfDay)>,
    /// Ramp-up in real seconds: reps who would already be at work when the window opens start spread over this time.
    #[schemars(range(max = 3600))]
    pub ramp_s: u32,
    /// Graceful stop in real seconds: how long phones stay on after the window to empty their queues.
    #[schemars(range(max = 3600))]
    pub linger_s: u32,
    /// Whether reps who are still at work when the window closes clock out.
    pub clock_out: bool,
    /// Whether to simulate the mobile network between phone and target; false for pure load on the server.
    pub link: bool,
    /// Connections: one set per rep, or a shared pool.
    pub connections: Connections,
    /// Number of connections of the shared pool.
    #[schemars(range(min = 1, max = 100_000))]
    pub shared_connections: u32,
    /// The HTTP version of requests to the target.
    pub http: HttpVersion,
    /// Whether managers and CSRs work, too.
    pub office: bool,
    /// Whether auditors read back what was written.
    pub auditors: bool,
    /// Whether intruders send requests that must be refused; by default only with the built-in mock.
    pub intruders: bool,
    /// Whether a conformance pass tests every rule of the API before the day begins, with three reps who have no part in it. It
    /// takes about a minute and writes to the target; not with the built-in mock, and not in shards.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub conform: bool,
    /// Hosts beyond loopback to which requests are allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// The run stops after this number of requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<u64>,
    /// The run stops and fails when the target has answered no request for this many real seconds; 0 for never.
    #[schemars(range(max = 3600))]
    pub dead_after_s: u32,
    /// The run stops after this number of errors: attempts that reached the target and were not answered as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<u64>,
    /// Allowed difference of the target's clock, in seconds.
    #[schemars(range(max = 3600))]
    pub clock_difference_s: u32,
    /// Each tenant's date is its local date at this time, instead of the scenario's. Set by runs against a deployment, whose
    /// tenants can have different dates around midnight.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub dated_at: Option<Time>,
    /// Limits on the load generator, beyond which a run is invalid.
    pub generator: Generator,
    /// Planned disturbances of the target; they happen only with `--disturb`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub disturb: Vec<Disturbance>,
    /// Metrics of the target that are scraped meanwhile.
    #[serde(skip_serializing_if = "MetricsSettings::is_default")]
    pub metrics: MetricsSettings,
}

impl Default for Live {
    fn default() -> Live {
        Live {
            speed: 60,
            scales: Vec::new(),
            window: None,
            ramp_s: 10,
            linger_s: 30,
            clock_out: true,
            link: true,
            connections: Connections::PerRep,
            shared_connections: 64,
            http: HttpVersion::Http1,
            office: true,
            auditors: true,
            intruders: false,
            conform: false,
            allow: Vec::new(),
            max_requests: None,
            dead_after_s: 30,
            max_errors: None,
            clock_difference_s: 5,
            dated_at: None,
            generator: Generator::default(),
            disturb: Vec::new(),
            metrics: MetricsSettings::default(),
        }
    }
}

/// Times of the protocol that can be scaled by `speed`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scaled {
    /// Timeouts of the app. Limits on the target are not scaled.
    Timeouts,
    /// Waits before a call, an upload or the queue is retried, except those of a `Retry-After`.
    Backoff,
    /// Interval and duration of polling.
    Polling,
    /// How long cached data counts as fresh.
    Cache,
}

impl Scaled {
    /// The word for it in scenarios.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scaled::Timeouts => "timeouts",
            Scaled::Backoff => "backoff",
            Scaled::Polling => "polling",
            Scaled::Cache => "cache",
        }
    }
}

/// Connections: one set per rep, or a shared pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Connections {
    /// Each rep has its own connections, as phones do.
    PerRep,
    /// All reps share a bounded pool.
    Shared,
}

/// HTTP versions that the generator speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum HttpVersion {
    /// HTTP/1.1
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2: negotiated by TLS, with prior knowledge without it.
    #[serde(rename = "2")]
    Http2,
}

/// Limits on the load generator, beyond which a run is invalid.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Generator {
    /// 99th percentile of the lateness of requests, in milliseconds.
    #[schemars(range(min = 1, max = 60_000))]
    pub late_p99_ms: u32,
    /// Average use of the available processors, in percent.
    #[schemars(range(min = 1, max = 100))]
    pub cpu_percent: u32,
    /// 99th percentile of stalls of a worker thread, in milliseconds.
    #[schemars(range(min = 1, max = 60_000))]
    pub lag_p99_ms: u32,
}

impl Default for Generator {
    fn default() -> Generator {
        Generator { late_p99_ms: 100, cpu_percent: 95, lag_p99_ms: 100 }
    }
}

/// Whether a section says nothing that the default does not.
pub(super) fn is_default<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
}
