//! What came of a run, as `summary.json` holds it and as the terminal shows it.
//!
//! All of it but [`Cost`] follows from scenario, seed and version alone. Times and latencies are whole microseconds. The
//! shape is versioned; its JSON schema is committed beside this crate, and a test compares the two.

use fieldday_api::rules::RuleWeight;
pub use fieldday_history::OutcomeClass;
use fieldday_metrics::TargetMetrics;
use fieldday_plan::shard::Shard;
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

/// The shards that a run was merged from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShardsPart {
    /// The number of shards that the run was divided into.
    pub of: u64,
    /// The shards that were merged, in the order of their indices.
    pub merged: Vec<ShardLine>,
    /// The reasons why the result is not that of the whole run, a sentence each: shards that are missing, were killed, are
    /// there twice, or belong to another run or version.
    pub problems: Vec<String>,
    /// Whether `--partial` accepts missing shards: the verdict is then that of the merged ones.
    pub partial: bool,
}

impl ShardsPart {
    /// What makes the run inconclusive.
    pub fn missing(&self) -> &[String] {
        if self.partial { &[] } else { &self.problems }
    }
}

/// One of the shards that a run was merged from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShardLine {
    /// The index of the shard, from 0.
    pub shard: u64,
    /// Its own verdict; absent if its summary is missing.
    pub outcome: Option<Outcome>,
    /// The number of cells in the shard.
    pub cells: u64,
    /// The number of requests that reached the target from the shard.
    pub requests: u64,
    /// Its duration on its machine's clock, in seconds.
    pub wall_s: f64,
    /// The difference of its machine's clock to that of the storage, in microseconds, positive if it is ahead; absent if
    /// unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead_of_storage_us: Option<i64>,
    /// The difference of its machine's clock to the target's, in microseconds, positive if it is ahead, accurate to half a
    /// second; absent if the target sent no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead_of_target_us: Option<i64>,
}

/// The run: scenario, seed, plan and target.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ran {
    /// The name of the scenario.
    pub scenario: String,
    /// The scenario's description of itself, in a sentence or more.
    pub about: String,
    /// The seed, in hexadecimal: JSON's numbers do not hold 64 bits.
    pub seed: String,
    /// The URL of the target, `mock`, or words for the model.
    pub target: String,
    /// The shard, if this is a shard of a run: `cells` are then those of the shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The local dates on which reps work: `2026-06-10`.
    pub dates: Vec<String>,
    /// The virtual time at the beginning of the run.
    pub starts_at: String,
    /// The virtual time at the end of the run.
    pub ends_at: String,
    /// The number of reps who work each date.
    pub reps: u64,
    /// The number of tenants in the plan.
    pub tenants: u64,
    /// The number of cells in the plan.
    pub cells: u64,
    /// The number of cells that ran to their end.
    pub cells_ran: u64,
    /// Defects that were built in.
    pub defects: Vec<String>,
    /// Elements that were removed from the plan.
    pub without: Vec<String>,
    /// The network traces and whose phones had them, those that go before others first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<RanTrace>,
}

/// A network trace of a run, and whose phones had it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RanTrace {
    /// Whose phones had it: `persona steady`, `territory newark`, or `all others`.
    pub whose: String,
    /// The file, or the files of both directions, as the scenario names them.
    pub files: String,
}

/// One endpoint's latency against the spec's limit, attempt by attempt, as phones and desks measured it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// Its timeout class: endpoints of a class are judged together.
    pub class: String,
    /// The limit on the time of an answer; absent for the audio itself.
    pub limit_us: Option<u64>,
    /// The number of attempts that were sent, retries included.
    pub attempts: u64,
    /// How the attempts ended, by outcome class.
    #[serde(default)]
    pub outcomes: Outcomes,
    /// Attempts that were answered in any way.
    pub answered: u64,
    /// The number of answers with a status of 4xx.
    pub client_errors: u64,
    /// The number of answers with a status of 5xx.
    pub server_errors: u64,
    /// Answers that are not the API's, such as a captive portal's page.
    pub foreign: u64,
    /// Attempts that were given up after the limit.
    pub timed_out: u64,
    /// Attempts that found no network.
    pub unreachable: u64,
    /// Attempts whose connection broke before the answer was complete.
    pub broken_off: u64,
    /// Attempts that their person cancelled.
    pub cancelled: u64,
    /// Attempts that ended because the app was killed.
    pub killed: u64,
    /// The latency of attempts that succeeded or timed out; the latter count with the time at which they were given up.
    pub latency: Percentiles,
    /// The latency with each other failed attempt counted as slower than any answer; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_failures: Option<PercentilesWithFailures>,
    /// Attempts that were answered in any way, or timed out.
    #[serde(default)]
    pub judged: u64,
    /// The attempts that took longer than the limit, because of the backend or the network.
    pub beyond: u64,
    /// The result for the limit.
    pub mark: LimitMark,
    /// The `wire` latency: the time that the target itself took. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<Percentiles>,
    /// The time to open a connection, of the attempts that opened one. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<Percentiles>,
    /// The `due` latency: from the moment at which an attempt was due. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Percentiles>,
    /// The `felt` latency, with queue, link and retries. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub felt: Option<Percentiles>,
}

impl Limit {
    /// Attempts that could be beyond the limit. Summaries of older versions say how many latencies there are alone, which were
    /// as many.
    pub fn judged_attempts(&self) -> u64 {
        if self.judged > 0 { self.judged } else { self.latency.count }
    }
}

/// How attempts ended, each counted once. Errors are all but `expected` and `not_the_target`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// Answered as expected: 2xx, or a refusal that the day plans.
    pub expected: u64,
    /// Refused unexpectedly, with a 4xx.
    pub refused: u64,
    /// Refused with the status 429.
    pub rate_limited: u64,
    /// Answered with a status of 5xx.
    pub server_error: u64,
    /// Not an answer of the API: a redirect, a page, or something unreadable.
    pub not_the_api: u64,
    /// Not answered for as long as the client waits.
    pub timed_out: u64,
    /// No connection was made, or it broke before the answer was whole.
    pub connection_failed: u64,
    /// Lost, cut or cancelled by the simulated phone or network.
    pub not_the_target: u64,
}

impl Outcomes {
    /// Attempts that the target is answerable for.
    pub fn reached(&self) -> u64 {
        self.expected + self.errors()
    }
    /// The attempts that were not answered as expected.
    pub fn errors(&self) -> u64 {
        self.refused
            + self.rate_limited
            + self.server_error
            + self.not_the_api
            + self.timed_out
            + self.connection_failed
    }
    /// The sum of both, class by class.
    #[must_use]
    pub fn plus(&self, other: &Outcomes) -> Outcomes {
        Outcomes {
            expected: self.expected + other.expected,
            refused: self.refused + other.refused,
            rate_limited: self.rate_limited + other.rate_limited,
            server_error: self.server_error + other.server_error,
            not_the_api: self.not_the_api + other.not_the_api,
            timed_out: self.timed_out + other.timed_out,
            connection_failed: self.connection_failed + other.connection_failed,
            not_the_target: self.not_the_target + other.not_the_target,
        }
    }
    /// Each count under the name of its class.
    pub fn by_class(&self) -> [(OutcomeClass, u64); OutcomeClass::ALL.len()] {
        OutcomeClass::ALL.map(|class| {
            let n = match class {
                OutcomeClass::Expected => self.expected,
                OutcomeClass::Refused => self.refused,
                OutcomeClass::RateLimited => self.rate_limited,
                OutcomeClass::ServerError => self.server_error,
                OutcomeClass::NotTheApi => self.not_the_api,
                OutcomeClass::TimedOut => self.timed_out,
                OutcomeClass::ConnectionFailed => self.connection_failed,
                OutcomeClass::NotTheTarget => self.not_the_target,
            };
            (class, n)
        })
    }
}

/// The target's failures of one kind: of one endpoint, with the same outcome, status and message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureLine {
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// How the attempts ended, as in `outcomes`: `server-error`.
    pub outcome: String,
    /// The answer's status; none if no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The message of the answer, with `#` for ids, or the reason why there was no answer.
    pub message: String,
    /// The number of attempts that failed in this way.
    pub count: u64,
    /// The request id of the first that had one, to look for in the target's logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When the first of them ended, in UTC.
    pub first: String,
    /// When the last of them ended, in UTC.
    pub last: String,
}

/// The result of an endpoint's limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitMark {
    /// Of the answers of its class, no more than allowed came after the limit.
    Held,
    /// Of the answers of its class, more than allowed came after the limit, and this endpoint has its part in that.
    Exceeded,
    /// There is no limit, or there were too few answers to decide.
    Open,
}

/// Percentiles of attempts of which some failed: a percentile is absent if the attempt at that rank failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PercentilesWithFailures {
    /// The number of attempts, failed ones included.
    pub count: u64,
    /// The number of attempts that failed.
    pub failed: u64,
    /// The median, in microseconds.
    pub p50_us: Option<u64>,
    /// The 95th percentile, in microseconds.
    pub p95_us: Option<u64>,
    /// The 99th percentile, in microseconds.
    pub p99_us: Option<u64>,
    /// The 99.9th percentile, in microseconds.
    pub p999_us: Option<u64>,
}

/// A distribution in a few figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percentiles {
    /// The number of samples.
    pub count: u64,
    /// The median, in microseconds.
    pub p50_us: u64,
    /// The 95th percentile, in microseconds.
    pub p95_us: u64,
    /// The 99th percentile, in microseconds.
    pub p99_us: u64,
    /// The 99.9th percentile, in microseconds.
    pub p999_us: u64,
    /// The greatest sample, in microseconds.
    pub max_us: u64,
}

/// The result of one rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleLine {
    /// The name of the rule.
    pub rule: String,
    /// The sections of the specification, such as `2.1.3`.
    pub section: String,
    /// The sentence of the rule.
    pub sentence: String,
    /// Whether the rule was held, broken or not exercised, or why that is unknown.
    pub verdict: RuleVerdict,
    /// The number of cases that were decided.
    pub exercised: u64,
    /// The number of cases in which it was broken.
    pub broken: u64,
    /// The number of cases that could not be decided.
    pub inconclusive: u64,
    /// Whether the scenario must exercise it.
    pub must_exercise: bool,
    /// The weight that the scenario gives to the rule, if it sets one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<Muted>,
    /// The parts of the rule that can be tested separately, each with its own cases; empty if the rule has no parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<RulePart>,
}

/// One part of a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulePart {
    /// The name of the part within its rule.
    pub part: String,
    /// The occasions that are cases of this part.
    pub sentence: String,
    /// The number of cases that were decided.
    pub exercised: u64,
    /// The number of cases in which it was broken.
    pub broken: u64,
    /// The number of cases that could not be decided.
    pub inconclusive: u64,
}

impl RuleLine {
    /// The names of the parts that had no decided case, where others had some.
    pub fn parts_not_exercised(&self) -> Vec<&str> {
        let without = self.parts.iter().filter(|part| part.exercised == 0 && self.exercised > 0);
        without.map(|part| part.part.as_str()).collect()
    }
}

/// The weight that the scenario gives to the broken cases of a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Muted {
    /// The weight: `finding`, `off` or `broken`.
    #[serde(rename = "as")]
    pub weight: RuleWeight,
    /// The reason that the scenario gives.
    pub why: String,
    /// Cases that would have broken the rule.
    pub found: u64,
}

/// A finding: a choice that the specification leaves open, or a rule whose broken cases the scenario only reports.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingLine {
    /// The reading's name, or the rule's.
    pub of: String,
    /// The sections of the specification that speak of it, such as `2.1.3`.
    pub section: String,
    /// What the target does and why this breaks no rule, or the sentence of the rule.
    pub sentence: String,
    /// The scenario's reason, if it is a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The number of cases in which it was seen.
    pub count: u64,
    /// The first case that was seen; null if none was kept.
    pub first: Option<Case>,
}

/// Waiting, queues and old data, as reps met them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Felt {
    /// The number of rep-days that came to their end.
    pub rep_days: u64,
    /// The time for which loading indicators were shown.
    pub spinner_us: u64,
    /// The time with a loading indicator by endpoint, the longest first.
    pub spinner_by_endpoint: Vec<Part>,
    /// The number of times that "Retrying..." was shown.
    pub retrying: u64,
    /// Calls that a user cancelled.
    pub cancelled: u64,
    /// The time that phones were without network, in microseconds, over all reps.
    pub offline_us: u64,
    /// The time without network in a rep's day.
    pub offline_by_day: Percentiles,
    /// The time for which screens showed old data, marked as old.
    pub stale_us: u64,
    /// The time with old data by screen, the longest first.
    pub stale_by_screen: Vec<Part>,
    /// The age of the data on the screen; a fresh answer has age 0.
    pub age_shown: Percentiles,
    /// The number of screens that had nothing to show.
    pub nothing_to_show: u64,
    /// The number of queued actions when a queue began to be sent.
    pub queue_length: Lengths,
    /// From the network's return to an empty queue.
    pub queue_drain: Percentiles,
    /// Actions that still waited at the end of a day.
    pub queued_at_end: u64,
    /// The time until audio was stored, with all attempts and pauses.
    pub upload: Percentiles,
    /// Recordings whose audio was not stored at the end of a day.
    pub uploads_unfinished: u64,
    /// Calls that a rep's app made in a day.
    pub calls_by_day: Lengths,
}

/// A part of a span.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The name of the component.
    pub of: String,
    /// The time, in microseconds.
    pub us: u64,
}

/// A distribution of counts, of what the field's name says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// The number of samples.
    pub count: u64,
    /// The median.
    pub p50: u64,
    /// The 95th percentile.
    pub p95: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The greatest sample.
    pub max: u64,
}

/// The contract findings: how answers differ from the specification in form.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractPart {
    /// The contract findings, each difference once.
    pub findings: Vec<ContractLine>,
    /// The number of differences beyond those that are listed.
    pub more: u64,
}

/// A difference of form between the target's answers and the specification.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractLine {
    /// The name of the kind of difference.
    pub kind: String,
    /// The section of the specification.
    pub section: String,
    /// The form that the specification requires.
    pub sentence: String,
    /// Whether the scenario calls it `broken`.
    pub severity: ContractSeverity,
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// The place in the answer: `data.tasks[].due_at`.
    pub at: String,
    /// What the first such answer had in its place, in a word.
    pub first: String,
    /// The number of answers that differ in this way.
    pub count: u64,
    /// The worst that the difference led to.
    #[serde(default)]
    pub consequence: ContractConsequence,
}

/// The consequence of a contract finding, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContractConsequence {
    /// Unread: the answers do not count as answers of the API.
    Unread,
    /// Stands in: a neutral value is used, by which no rule is decided.
    StandsIn,
    /// Read: the value was understood.
    #[default]
    Read,
}

/// The weight of a contract finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContractSeverity {
    /// It is reported and does not affect the verdict.
    Note,
    /// It breaks the run as a broken rule does.
    Broken,
}

/// An endpoint that never succeeded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotExercised {
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// The number of its attempts; 0 if it was not tried.
    pub tried: u64,
    /// The part of the day that could not be exercised.
    pub part: String,
    /// The reason: the endpoint's answers, the other endpoint because of which reps did not get that far, or the missing user.
    #[serde(default)]
    pub why: String,
}

impl NotExercised {
    /// Why it was not exercised: `0 of 31 attempts: answered 500 ×31`.
    pub fn says(&self) -> String {
        match (self.tried, self.why.as_str()) {
            (0, why) => why.to_owned(),
            (tried, "") => format!("0 of {tried} attempts succeeded"),
            (tried, why) => format!("0 of {tried} attempts succeeded: {why}"),
        }
    }
}

/// A hazard that occurred, and how often.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HazardLine {
    /// The name of the hazard.
    pub hazard: String,
    /// What happens, and what harm it may do, in a sentence.
    pub sentence: String,
    /// The number of its cases.
    pub count: u64,
    /// The first case that was seen; null if it is found by measuring.
    pub first: Option<Case>,
    /// The measurement, for a hazard that is found by measuring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<String>,
}

/// A state that was reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkLine {
    /// The name of the mark.
    pub mark: String,
    /// The number of times that the state was reached.
    pub count: u64,
}

/// One case of a rule or a hazard.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The name of the rule or hazard.
    pub of: String,
    /// When it was observed: virtual time, UTC.
    pub at: String,
    /// The same time on the rep's clock: `2026-06-10 07:02:11 America/New_York`.
    pub local: String,
    /// The number of the event in the cell's stream, from 0.
    pub event: u64,
    /// The client, by its name in the plan.
    pub who: String,
    /// The number of the client's call.
    pub call: Option<u32>,
    /// The endpoint, in its short form.
    pub endpoint: Option<String>,
    /// The request id, as the backend's logs have it.
    pub request_id: Option<String>,
    /// The expected and the observed values, in a sentence.
    pub says: String,
    /// The kind of the violation, which is equal in all runs that show the same violation. Absent for a hazard.
    pub signature: Option<String>,
    /// The id of the affected row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// The consequences: cases of other rules about the same row, or in the same answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// The rule of the case that this one follows from, and whose consequences contain it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
}

/// A case of another rule that follows from one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consequence {
    /// The name of the rule.
    pub of: String,
    /// The sentence of the first case.
    pub says: String,
    /// The number of cases of the rule.
    pub count: u64,
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
