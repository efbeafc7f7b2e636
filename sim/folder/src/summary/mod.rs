//! What came of a run, as `summary.json` holds it and as the terminal shows it.
//!
//! All of it but [`Cost`] follows from scenario, seed and version alone. Times and latencies are whole microseconds. The
//! shape is versioned; its JSON schema is committed beside this crate, and a test compares the two.

mod contract;
mod findings;
mod latency;
mod ran;

pub use contract::*;
pub use findings::*;
pub use latency::*;
pub use ran::*;

pub use fieldday_history::OutcomeClass;
use fieldday_metrics::TargetMetrics;
pub use fieldday_rules::RuleVerdict;
use fieldday_rules::disturbed::DisturbanceResult;
use fieldday_rules::growth::LatencyTrend;
use fieldday_rules::limit_result::LimitResult;
pub use fieldday_rules::verdict::{Outcome, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the shape.
pub const SCHEMA: u32 = 1;

/// What a run on the virtual clock calls.
pub const ON_THE_VIRTUAL_CLOCK: &str = "the model backend, on the virtual clock";

/// What a run comes to, in the word that people read: what files for programs call `invalid` is inconclusive.
pub const fn verdict_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Invalid => "inconclusive",
        Outcome::Held | Outcome::Broken | Outcome::Interrupted => outcome.as_str(),
    }
}

/// The result of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The schema version of this document.
    pub schema: u32,
    /// The version of Field Day.
    pub version: String,
    /// False if the run was ended early: figures cover what was done by then.
    pub complete: bool,
    /// The verdict with its exit code and reasons.
    pub verdict: Verdict,
    /// The run: scenario, seed, plan and target.
    pub ran: Ran,
    /// Every endpoint that was called, in the spec's order.
    pub limits: Vec<Limit>,
    /// Every limit that the scenario sets, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenario_limits: Vec<LimitResult>,
    /// Every rule, in the catalogue's order.
    pub rules: Vec<RuleLine>,
    /// Waiting, queues and old data, as reps met them.
    pub felt: Felt,
    /// The contract findings: how the target's answers differ from the specification in form; absent if they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractPart>,
    /// The target's failures by kind, the most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<FailureLine>,
    /// Endpoints that never succeeded, what could not be exercised without them, and what no user was there for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_exercised_parts: Vec<NotExercised>,
    /// The findings: readings where the specification is silent, and rules that the scenario only reports or switches off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingLine>,
    /// Hazards that occurred: behaviour that no rule forbids, but that may do harm.
    pub hazards: Vec<HazardLine>,
    /// How latencies on the wire changed over a live run, by endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latency_trends: Vec<LatencyTrend>,
    /// The reasons why the generator of a live run fell behind, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generator: Vec<String>,
    /// The reason why a live run ended early; absent if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// What a live run did not deliver because the target failed; absent if everything was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undelivered: Option<UndeliveredLine>,
    /// The results of the planned disturbances, in the order in which they began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbances: Vec<DisturbanceResult>,
    /// The metrics of the target during a live run; absent if no exporter was scraped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_metrics: Option<TargetMetrics>,
    /// The marks that were reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<MarkLine>,
    /// The first cases of each broken rule.
    pub violations: Vec<Case>,
    /// Counts and latencies over the whole run.
    pub totals: Totals,
    /// The resources that the run used.
    pub cost: Cost,
    /// The fingerprint of all events: 32 hexadecimal digits.
    pub fingerprint: String,
    /// The comparison of two runs, with `--verify`.
    pub verification: Option<Verification>,
    /// The file of recorded events; absent if nothing was recorded.
    pub history: Option<HistoryPart>,
    /// The shards that this run was merged from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<ShardsPart>,
    /// The conformance pass before the day of a live run, if there was one. Its findings are among the rules and violations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conformance: Option<ConformancePart>,
    /// The command line that repeats the run.
    pub reproduce: String,
}

/// The conformance pass before the day of a live run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConformancePart {
    /// The number of its requests, which are not part of latencies and error rates.
    pub requests: u64,
    /// The duration of the pass, in seconds.
    pub seconds: f64,
    /// The reasons why the pass is inconclusive, and with it the run, a sentence each.
    pub problems: Vec<String>,
    /// The checks that could not be tried.
    pub not_tried: Vec<NotTried>,
}

/// A rule, or a part of a rule, that a conformance pass could not test.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotTried {
    /// The name of the rule.
    pub rule: String,
    /// The part, and the reason.
    pub reason: String,
}

/// Counts and latencies over the whole run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// The number of rep-days that were simulated or driven.
    pub rep_days: u64,
    /// Requests that reached a backend.
    pub requests: u64,
    /// The number of attempts that were sent, retries included.
    pub attempts: u64,
    /// The number of events in the histories of all cells.
    pub events: u64,
    /// How long attempts took at all endpoints but the audio itself, of those that have a latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Percentiles>,
    /// The same on the wire. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<Percentiles>,
}

/// What was not delivered by the end of the reps' days because the target failed the last attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndeliveredLine {
    /// Actions that were still in offline queues.
    pub actions: u64,
    /// Recordings whose audio was not stored.
    pub uploads: u64,
}

/// The resources that the run used, which differ from run to run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Threads that cells ran on.
    pub threads: u64,
    /// Seconds on the wall's clock.
    pub wall_s: f64,
    /// Processor time in seconds, if the system reports it.
    pub cpu_s: Option<f64>,
    /// The greatest amount of memory, if the system reports it.
    pub peak_memory_bytes: Option<u64>,
    /// Rep-days per second of the wall's clock.
    pub rep_days_per_s: f64,
    /// Requests per second of the wall's clock.
    pub requests_per_s: f64,
    /// Requests a second of processor time.
    pub requests_per_cpu_s: Option<f64>,
    /// Requests that a rep makes in a day.
    pub requests_per_rep_day: f64,
}

/// The comparison of two runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Whether both runs had the same fingerprint in every cell.
    pub agreed: bool,
    /// The intended difference between the two runs, such as the number of threads.
    pub compared: String,
    /// The first difference between the two; null if they agreed.
    pub difference: Option<Difference>,
}

/// The first difference between two runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The name of the cell that differs.
    pub cell: String,
    /// The number of equal events before the difference.
    pub agreed_until: u64,
    /// The number of the first event that differs, if it was found again.
    pub event: Option<u64>,
    /// The event of the first run, as JSON; absent if that run had ended.
    pub one: Option<String>,
    /// The event of the second run, likewise.
    pub other: Option<String>,
}

/// The file of recorded events, and which cells it holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryPart {
    /// The file in the run folder.
    pub file: String,
    /// The recorded cells, if not all were recorded.
    pub only_cells: Option<Vec<String>>,
    /// The reason why these cells were recorded.
    pub why: String,
}
