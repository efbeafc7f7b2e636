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

/// What came of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The version of this document's shape.
    pub schema: u32,
    /// The version of Field Day.
    pub version: String,
    /// False if the run was ended early: figures cover what was done by then.
    pub complete: bool,
    /// What it comes to.
    pub verdict: Verdict,
    /// What ran.
    pub ran: Ran,
    /// Every endpoint that was called, in the spec's order.
    pub limits: Vec<Limit>,
    /// Every limit that the scenario sets, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenario_limits: Vec<LimitResult>,
    /// Every rule, in the catalogue's order.
    pub rules: Vec<RuleLine>,
    /// What reps felt.
    pub felt: Felt,
    /// How the target's answers differ from the spec in form; none if they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractPart>,
    /// What the target answered where it failed, the most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<FailureLine>,
    /// Endpoints that never succeeded, and what could not be exercised without them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_exercised_parts: Vec<NotExercised>,
    /// What breaks nothing and is worth knowing: where the specification is silent, and rules that the scenario mutes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingLine>,
    /// Dangers that break no rule, and that showed.
    pub hazards: Vec<HazardLine>,
    /// How latencies on the wire changed over a live run, by endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latency_trends: Vec<LatencyTrend>,
    /// Where the generator of a live run could not keep up, in a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generator: Vec<String>,
    /// Why a live run ended before its time; none if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// What reps of a live run wanted done and what the target kept them from; none if it kept them from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undelivered: Option<UndeliveredLine>,
    /// What came of disturbances of the target that were planned, in the order in which they began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbances: Vec<DisturbanceResult>,
    /// What the target's exporters told while a live run called it; none if none was scraped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_metrics: Option<TargetMetrics>,
    /// States that should sometimes be reached, and were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<MarkLine>,
    /// The first cases of each broken rule.
    pub violations: Vec<Case>,
    /// How much was done.
    pub totals: Totals,
    /// What it cost the machine that ran it.
    pub cost: Cost,
    /// Of the whole event stream: 32 hexadecimal digits.
    pub fingerprint: String,
    /// What running twice showed, if that was asked for.
    pub verification: Option<Verification>,
    /// What was recorded.
    pub history: Option<HistoryPart>,
    /// The shards that this run was merged from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<ShardsPart>,
    /// The conformance pass before the day of a live run, if there was one. What it found is among the rules and violations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conformance: Option<ConformancePart>,
    /// The line that gives the same run again.
    pub reproduce: String,
}

/// The conformance pass before the day of a live run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConformancePart {
    /// How many requests it made. They are in no latency and no error rate.
    pub requests: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Why it says too little, in a sentence each: the result of the run is then inconclusive.
    pub problems: Vec<String>,
    /// What it could not put to the test.
    pub not_tried: Vec<NotTried>,
}

/// A rule, or a part of it, that a conformance pass could not put to the test.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotTried {
    /// The rule.
    pub rule: String,
    /// The part, and why.
    pub reason: String,
}

/// The shards that a run was merged from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShardsPart {
    /// How many shards the run has.
    pub of: u64,
    /// Those that were merged, in their order.
    pub merged: Vec<ShardLine>,
    /// What keeps the result from being that of the whole run, in a sentence each: shards that are missing, were killed, stand
    /// twice, are of another run or version.
    pub problems: Vec<String>,
    /// Whether `--partial` accepts that: the verdict is then that of the merged shards.
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
    /// Its index, from 0.
    pub shard: u64,
    /// What it came to by itself; none if its summary is missing.
    pub outcome: Option<Outcome>,
    /// Its cells.
    pub cells: u64,
    /// Its requests.
    pub requests: u64,
    /// Seconds on its machine's clock.
    pub wall_s: f64,
    /// How far its machine's clock was ahead of that of the storage it wrote to, in microseconds; none if that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead_of_storage_us: Option<i64>,
    /// How far its machine's clock was ahead of the target's, in microseconds, to some half a second; none if the target told no
    /// time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead_of_target_us: Option<i64>,
}

/// What ran.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ran {
    /// The scenario's name.
    pub scenario: String,
    /// Its story.
    pub about: String,
    /// The seed, in hexadecimal: JSON's numbers do not hold 64 bits.
    pub seed: String,
    /// What was called.
    pub target: String,
    /// Which part of the run this is, if it is one of several: `cells` are then the part's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The reps' local dates.
    pub dates: Vec<String>,
    /// The virtual time before anybody gets up.
    pub starts_at: String,
    /// The virtual time after everybody is done.
    pub ends_at: String,
    /// Reps who work each date.
    pub reps: u64,
    /// Number of tenants.
    pub tenants: u64,
    /// Cells of the plan, and how many ran.
    pub cells: u64,
    /// Cells that ran.
    pub cells_ran: u64,
    /// Defects that were built in.
    pub defects: Vec<String>,
    /// Elements that were taken out of the plan.
    pub without: Vec<String>,
}

/// One endpoint's latency against the spec's limit, attempt by attempt, as phones and desks measured it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The endpoint's name.
    pub op: String,
    /// Its short form for people.
    pub label: String,
    /// Its timeout class: endpoints of a class are judged together.
    pub class: String,
    /// How long an answer may take; none for the audio itself, which takes as long as its bytes do.
    pub limit_us: Option<u64>,
    /// Attempts that were sent.
    pub attempts: u64,
    /// How attempts ended.
    #[serde(default)]
    pub outcomes: Outcomes,
    /// Attempts that were answered, with whatever.
    pub answered: u64,
    /// Answers of 4xx.
    pub client_errors: u64,
    /// Answers of 5xx.
    pub server_errors: u64,
    /// Answers that are none of the API's: a captive portal's page.
    pub foreign: u64,
    /// Attempts that were given up after the limit.
    pub timed_out: u64,
    /// Attempts that found no network.
    pub unreachable: u64,
    /// Attempts whose connection broke.
    pub broken_off: u64,
    /// Attempts that their person cancelled.
    pub cancelled: u64,
    /// Attempts that ended with the app.
    pub killed: u64,
    /// How long attempts took that were answered with success or timed out; the latter count as if they were answered when
    /// they were given up.
    pub latency: Percentiles,
    /// The same with each attempt that failed otherwise counted as slower than any answer; none if none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_failures: Option<PercentilesWithFailures>,
    /// Attempts that were answered, with whatever, or timed out.
    #[serde(default)]
    pub judged: u64,
    /// Those of them that took longer than the limit, whether the backend or the network was slow.
    pub beyond: u64,
    /// What the backend's answers mean for the limit.
    pub mark: LimitMark,
    /// On the wire: what the target itself took. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<Percentiles>,
    /// How much of that it took to open a connection, of the attempts that had to. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<Percentiles>,
    /// From when calls were due by the plan. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Percentiles>,
    /// As people felt it, queue, link and repeats included. Live runs only.
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
    /// Refused with 429.
    pub rate_limited: u64,
    /// Answered with a 5xx.
    pub server_error: u64,
    /// Answered with a redirect, a page, or something unreadable.
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
    /// Those of them that were not answered as expected.
    pub fn errors(&self) -> u64 {
        self.refused
            + self.rate_limited
            + self.server_error
            + self.not_the_api
            + self.timed_out
            + self.connection_failed
    }
    /// These and others together.
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

/// Failures of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureLine {
    /// The endpoint's name.
    pub op: String,
    /// Its short form for people.
    pub label: String,
    /// How the attempts ended, as in `outcomes`: `server-error`.
    pub outcome: String,
    /// The answer's status; none if no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the answer said, with `#` for ids, or what kept it away.
    pub message: String,
    /// How many attempts failed so.
    pub count: u64,
    /// The request id of the first that had one, to look for in the target's logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When the first of them ended, UTC.
    pub first: String,
    /// When the last of them ended, UTC.
    pub last: String,
}

/// How an endpoint stands to its limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitMark {
    /// Of the answers of its class, no more than allowed came after the limit.
    Held,
    /// Of the answers of its class, more than allowed came after the limit, and this endpoint has its part in that.
    Exceeded,
    /// There is no limit, or there were too few answers to say.
    Open,
}

/// Percentiles of attempts of which some failed: where none is given, the attempt at that place failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PercentilesWithFailures {
    /// Attempts, those that failed among them.
    pub count: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Half are below.
    pub p50_us: Option<u64>,
    /// 95 of 100 are below.
    pub p95_us: Option<u64>,
    /// 99 of 100 are below.
    pub p99_us: Option<u64>,
    /// 999 of 1000 are below.
    pub p999_us: Option<u64>,
}

/// A distribution in a few figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percentiles {
    /// Samples.
    pub count: u64,
    /// Half are below.
    pub p50_us: u64,
    /// 95 of 100 are below.
    pub p95_us: u64,
    /// 99 of 100 are below.
    pub p99_us: u64,
    /// 999 of 1000 are below.
    pub p999_us: u64,
    /// The greatest.
    pub max_us: u64,
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleLine {
    /// Its name.
    pub rule: String,
    /// Section of the specification.
    pub section: String,
    /// What it says.
    pub sentence: String,
    /// What it comes to.
    pub verdict: RuleVerdict,
    /// Cases that were decided.
    pub exercised: u64,
    /// Cases in which it was broken.
    pub broken: u64,
    /// Inconclusive cases.
    pub inconclusive: u64,
    /// Whether the scenario must exercise it.
    pub must_exercise: bool,
    /// What the scenario says about it, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<Muted>,
    /// What of it can be put to the test by itself, each by its own cases; empty if that is all of it at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<RulePart>,
}

/// One part of a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulePart {
    /// Its name within the rule.
    pub part: String,
    /// What a case of it is.
    pub sentence: String,
    /// Cases that were decided.
    pub exercised: u64,
    /// Cases in which it was broken.
    pub broken: u64,
    /// Inconclusive cases.
    pub inconclusive: u64,
}

impl RuleLine {
    /// The names of the parts that had no decided case, where others had some.
    pub fn parts_not_exercised(&self) -> Vec<&str> {
        let without = self.parts.iter().filter(|part| part.exercised == 0 && self.exercised > 0);
        without.map(|part| part.part.as_str()).collect()
    }
}

/// What a scenario takes a broken case of a rule for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Muted {
    /// `finding`, `off`, or `broken`.
    #[serde(rename = "as")]
    pub weight: RuleWeight,
    /// The scenario's reason.
    pub why: String,
    /// Cases that would have broken the rule.
    pub found: u64,
}

/// Something that a target does and that breaks nothing: the specification leaves it open, or the scenario takes a rule's broken
/// cases for findings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingLine {
    /// The reading's name, or the rule's.
    pub of: String,
    /// Where the specification speaks of it.
    pub section: String,
    /// What the target does and why nobody is guilty, or what the rule says.
    pub sentence: String,
    /// The scenario's reason, if it is a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// In how many cases.
    pub count: u64,
    /// The first case.
    pub first: Option<Case>,
}

/// What reps felt.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Felt {
    /// Completed rep-days.
    pub rep_days: u64,
    /// How long loading indicators were looked at.
    pub spinner_us: u64,
    /// By endpoint, the longest first.
    pub spinner_by_endpoint: Vec<Part>,
    /// How often "Retrying..." was shown.
    pub retrying: u64,
    /// Calls that a user cancelled.
    pub cancelled: u64,
    /// How long phones were without network.
    pub offline_us: u64,
    /// How long in a rep's day.
    pub offline_by_day: Percentiles,
    /// How long old data stood on screens, marked as old.
    pub stale_us: u64,
    /// By screen, the longest first.
    pub stale_by_screen: Vec<Part>,
    /// How old shown data was; answers count as new.
    pub age_shown: Percentiles,
    /// Screens that had nothing to show.
    pub nothing_to_show: u64,
    /// Actions that waited when a queue began to be sent.
    pub queue_length: Lengths,
    /// From the network's return to an empty queue.
    pub queue_drain: Percentiles,
    /// Actions that still waited at the end of a day.
    pub queued_at_end: u64,
    /// How long audio took to be stored, all attempts and pauses included.
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
    /// The name of the component that took it.
    pub of: String,
    /// How long it took, in microseconds.
    pub us: u64,
}

/// A distribution of counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// Samples.
    pub count: u64,
    /// Half are below.
    pub p50: u64,
    /// 95 of 100 are below.
    pub p95: u64,
    /// 99 of 100 are below.
    pub p99: u64,
    /// The greatest.
    pub max: u64,
}

/// How answers differ from the spec in form.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractPart {
    /// Every difference once.
    pub findings: Vec<ContractLine>,
    /// How often one was met that there was no room to tell apart.
    pub more: u64,
}

/// One difference of form.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractLine {
    /// Its kind's name.
    pub kind: String,
    /// Where the spec says how it should be.
    pub section: String,
    /// How it should be.
    pub sentence: String,
    /// Whether the scenario takes it for a broken rule.
    pub severity: ContractSeverity,
    /// The endpoint's name.
    pub op: String,
    /// Its short form for people.
    pub label: String,
    /// Where in the answer: `data.tasks[].due_at`.
    pub at: String,
    /// What the first one had instead, in a word.
    pub first: String,
    /// In how many answers.
    pub count: u64,
    /// What it led to, at worst.
    #[serde(default)]
    pub consequence: ContractConsequence,
}

/// What a difference of form led to, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContractConsequence {
    /// The answers count as none of the API's.
    Unread,
    /// Something neutral stands in, and rules do not decide by it.
    StandsIn,
    /// It was read all the same.
    #[default]
    Read,
}

/// How much a difference of form weighs.
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
    /// The endpoint's name.
    pub op: String,
    /// Its short form for people.
    pub label: String,
    /// Attempts that said something about it; 0 if another endpoint kept reps from it.
    pub tried: u64,
    /// The part of the day that could not be exercised.
    pub part: String,
    /// Why: what the endpoint answered, or which other one kept reps from it.
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

/// A danger that showed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HazardLine {
    /// Its name.
    pub hazard: String,
    /// What it is.
    pub sentence: String,
    /// How often it showed.
    pub count: u64,
    /// The first case.
    pub first: Option<Case>,
    /// What was measured, where it is a hazard that measures show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<String>,
}

/// A state that was reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkLine {
    /// Its name.
    pub mark: String,
    /// How often the state was reached.
    pub count: u64,
}

/// One case of something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The rule or hazard.
    pub of: String,
    /// When it showed: virtual time, UTC.
    pub at: String,
    /// The same on the rep's clock: `2026-06-10 07:02:11 America/New_York`.
    pub local: String,
    /// At which event of the cell's stream, counted from 0.
    pub event: u64,
    /// To whom: a client's name in the plan.
    pub who: String,
    /// In which of their calls.
    pub call: Option<u32>,
    /// At which endpoint, in its short form.
    pub endpoint: Option<String>,
    /// What the backend's logs call it.
    pub request_id: Option<String>,
    /// What was expected, and what was seen.
    pub says: String,
    /// Which kind of violation it is: equal in every run that shows the same. None of a hazard.
    pub signature: Option<String>,
    /// The id of the row that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// Cases of other rules that follow from it: about the same row, or in the same answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// The rule of the case that this one follows from, which tells it among its consequences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
}

/// A case of another rule that follows from one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consequence {
    /// The rule.
    pub of: String,
    /// The first such sentence.
    pub says: String,
    /// How many cases of the rule.
    pub count: u64,
}

/// How much was done.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Number of rep-days.
    pub rep_days: u64,
    /// Requests that reached a backend.
    pub requests: u64,
    /// Attempts that were sent.
    pub attempts: u64,
    /// Events.
    pub events: u64,
    /// How long attempts took at all endpoints but the audio itself, of those that have a latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Percentiles>,
    /// The same on the wire. Live runs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<Percentiles>,
}

/// What reps wanted done, and what was not done when their day ended because the target failed their last attempt at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndeliveredLine {
    /// Actions that were still in offline queues.
    pub actions: u64,
    /// Recordings whose audio was not stored.
    pub uploads: u64,
}

/// What it cost the machine. Differs from run to run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Threads that cells ran on.
    pub threads: u64,
    /// Seconds on the wall's clock.
    pub wall_s: f64,
    /// Seconds of processor time, if the system tells.
    pub cpu_s: Option<f64>,
    /// The most memory that was held, if the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// Days of reps a second.
    pub rep_days_per_s: f64,
    /// Requests a second.
    pub requests_per_s: f64,
    /// Requests a second of processor time.
    pub requests_per_cpu_s: Option<f64>,
    /// Requests that a rep makes in a day.
    pub requests_per_rep_day: f64,
}

/// What running twice showed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Whether both runs had the same fingerprint in every cell.
    pub agreed: bool,
    /// How the two runs differed on purpose.
    pub compared: String,
    /// Where they parted.
    pub difference: Option<Difference>,
}

/// Where two runs parted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The name of the cell that differs.
    pub cell: String,
    /// Events after which they still agreed.
    pub agreed_until: u64,
    /// The number of the first event that differs, if it was found again.
    pub event: Option<u64>,
    /// That event in the one run, as JSON; none if that had ended.
    pub one: Option<String>,
    /// And in the other.
    pub other: Option<String>,
}

/// What was recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryPart {
    /// The file in the run folder.
    pub file: String,
    /// The cells in it, if it has not all of them.
    pub only_cells: Option<Vec<String>>,
    /// Why it has what it has.
    pub why: String,
}
