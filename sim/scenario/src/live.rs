//! What a scenario says about runs on the wall clock. On the virtual clock none of it matters.

use fieldday_kernel::time::{Time, TimeOfDay};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the day is lived on the wall clock, against a mock or a real deployment.
///
/// Two clocks go side by side. The clock of the *day* says when people do what they do: it shows the tenant's local time
/// within `window`, and passes `speed` times as fast as the wall. The clock of the *protocol* is the wall: timeouts,
/// waits between attempts, tokens, polls and cache lifetimes are never scaled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Live {
    /// How many times as fast as the wall clock the day passes: 1 is real time.
    ///
    /// What people do comes closer together; what the protocol does does not. At high speeds lists come out of the cache
    /// more often (5 minutes of cache are hours of the day), sessions are polled for longer than the visit lasts, gaps in
    /// coverage last less, recordings are shorter, and what is queued may still wait when the day ends.
    #[schemars(range(min = 1, max = 10_000))]
    pub speed: u32,
    /// Which of the protocol's own times pass at `speed`, too: "timeouts", "backoff", "polling", "cache".
    ///
    /// None are, unless they are named here. With "polling" and "cache" the mix of calls at high speed is that of a real
    /// day. How long tokens live is `token_life_s` of the switches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<Scaled>,
    /// Which part of the day is lived, by local time, as ["07:30", "09:00"]; from the first departure until two hours
    /// after the last visit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<[String; 2]>")]
    pub window: Option<(TimeOfDay, TimeOfDay)>,
    /// Seconds of the wall clock over which reps begin who would be under way when the window opens.
    #[schemars(range(max = 3600))]
    pub ramp_s: u32,
    /// How long at most, in seconds of the wall clock, phones stay on after the window for what still waits to be sent.
    #[schemars(range(max = 3600))]
    pub linger_s: u32,
    /// Reps who are still at work when the window closes clock out.
    pub clock_out: bool,
    /// The mobile network between phone and target: off for pure load on the server.
    pub link: bool,
    /// What calls go out over.
    pub connections: Connections,
    /// How many connections are shared, where they are.
    #[schemars(range(min = 1, max = 100_000))]
    pub shared_connections: u32,
    /// Which HTTP is spoken.
    pub http: HttpVersion,
    /// Managers and CSRs work, too.
    pub office: bool,
    /// Auditors read back what should be there.
    pub auditors: bool,
    /// Intruders try what must fail: off unless the target is the tool's own mock.
    pub intruders: bool,
    /// Hosts beyond loopback that may be called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// The run ends after so many requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<u64>,
    /// The run ends, and fails, when the target has answered nothing for so many seconds of the wall clock, while it was
    /// asked; 0 lets it go on.
    #[schemars(range(max = 3600))]
    pub dead_after_s: u32,
    /// The run ends after so many errors: attempts that reached the target and were not answered as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<u64>,
    /// Seconds of the wall clock that the target's clock may differ.
    #[schemars(range(max = 3600))]
    pub clock_difference_s: u32,
    /// The date of the day is what it is at this moment where each tenant is, in place of the scenario's own. Set by a run
    /// against a deployment, whose today is not the same for all tenants around their midnights.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub dated_at: Option<Time>,
    /// What makes a run worthless because the generator could not keep up.
    pub generator: Generator,
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
            allow: Vec::new(),
            max_requests: None,
            dead_after_s: 30,
            max_errors: None,
            clock_difference_s: 5,
            dated_at: None,
            generator: Generator::default(),
        }
    }
}

/// Times of the protocol that a scenario may have pass as fast as the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scaled {
    /// For how long the app waits for an answer. What the target is held to stays as specified.
    Timeouts,
    /// Waits before a call, an upload or the queue is tried again; not what a `Retry-After` asks for.
    Backoff,
    /// How often, and for how long, a recorded session is polled.
    Polling,
    /// For how long what was read counts as fresh.
    Cache,
}

impl Scaled {
    /// As scenarios name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scaled::Timeouts => "timeouts",
            Scaled::Backoff => "backoff",
            Scaled::Polling => "polling",
            Scaled::Cache => "cache",
        }
    }
}

/// What calls go out over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Connections {
    /// Each rep's own connections, as phones have them.
    PerRep,
    /// A bounded pool for all.
    Shared,
}

/// Which HTTP is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum HttpVersion {
    /// HTTP/1.1
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2: negotiated by TLS, with prior knowledge without it.
    #[serde(rename = "2")]
    Http2,
}

/// When the generator's own troubles make a run invalid.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Generator {
    /// So many milliseconds late may a request be sent, at the 99th percentile.
    #[schemars(range(min = 1, max = 60_000))]
    pub late_p99_ms: u32,
    /// So much of the processors that the process may use, in per cent, may be used on average.
    #[schemars(range(min = 1, max = 100))]
    pub cpu_percent: u32,
    /// So many milliseconds may a worker be held up at a time, at the 99th percentile.
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
