//! A comparison as data: what `--format json` prints. The shape is versioned; its JSON schema is committed beside this crate.

use crate::stats::Null;
use fieldday_folder::nights::Night;
use fieldday_folder::summary::Outcome as RunOutcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the shape.
pub const SCHEMA: u32 = 1;

/// New runs against a baseline.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The schema version of this document.
    pub schema: u32,
    /// The version of Field Day.
    pub version: String,
    /// Whether the new runs are worse, with reasons and exit code.
    pub verdict: Verdict,
    /// The new runs that were used.
    pub new: Vec<RunLine>,
    /// The runs that they were compared with.
    pub baseline: Vec<RunLine>,
    /// Runs that were not used.
    pub left_out: Vec<LeftOut>,
    /// Other differences between the sides, a sentence each.
    pub differences: Vec<String>,
    /// How the comparison was made, and with what confidence.
    pub method: Method,
    /// The limits on change that were given.
    pub limits: Vec<LimitLine>,
    /// Shares of failures that are greater or smaller by more than chance, the greatest change first.
    #[serde(default)]
    pub errors: Vec<ErrorChange>,
    /// Every percentile of every endpoint that could be compared, in the spec's order.
    pub lines: Vec<PercentileChange>,
    /// Percentiles that could not be compared.
    pub not_compared: Vec<NotCompared>,
    /// Rules, limits, contract findings, hazards and marks with a changed result.
    pub changes: Vec<Change>,
}

/// The verdict of a comparison.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The verdict in a word; `reasons` explains it.
    pub outcome: Outcome,
    /// The exit code of the command.
    pub exit_code: u8,
    /// The reasons, a sentence each.
    pub reasons: Vec<String>,
}

/// The result of a comparison, in a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All limits on change hold; without such limits, nothing is worse by a relevant amount.
    NoWorse,
    /// A limit on change is exceeded; without such limits, something is slower or newly broken.
    Worse,
    /// The runs are too few, or vary too much, to decide it.
    CannotTell,
}

/// A run that was used for the comparison.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunLine {
    /// The path of the run folder.
    pub folder: String,
    /// The name of the run's scenario.
    pub scenario: String,
    /// The seed of the run, in hexadecimal.
    pub seed: String,
    /// The target of the run.
    pub target: String,
    /// The version of Field Day that ran it.
    pub version: String,
    /// When it began, in UTC, by its machine's clock.
    pub started_at: String,
    /// The verdict of the run itself.
    pub outcome: RunOutcome,
}

/// A run that was not used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The path of the run folder.
    pub folder: String,
    /// The reason, in a sentence.
    pub why: String,
}

/// How the comparison was made, and with what confidence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// The statistical test that tells changes from chance.
    pub test: TestKind,
    /// Whether every run is paired with a run of the same seed on the other side.
    pub paired: bool,
    /// The number of earlier nights from which the variation between runs was estimated.
    pub history_nights: u64,
    /// The number of pairs of neighbouring nights among them that have all compared percentiles.
    pub history_pairs: u64,
    /// The greatest share of comparisons of like runs in which anything is called changed.
    pub level: f64,
    /// The share of intervals that contain the true value.
    pub interval: f64,
    /// Which latency is compared: `wire` of live runs, `attempt` of virtual ones.
    pub clock: String,
}

/// The statistical test that tells changes from chance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TestKind {
    /// Permutations of the labels new and baseline.
    Permutation,
    /// Flips of the labels within pairs.
    SignFlip,
    /// Rotations: there are too few runs for permutations, so logarithms are assumed to be normal.
    Rotation,
    /// No test was needed: the runs of both sides have the same events.
    Identical,
    /// No test is possible: there are too few runs, and no history.
    None,
}

impl From<Null> for TestKind {
    fn from(null: Null) -> TestKind {
        match null {
            Null::Permutations => TestKind::Permutation,
            Null::SignFlips => TestKind::SignFlip,
            Null::Rotations => TestKind::Rotation,
        }
    }
}

/// A share of failures that changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorChange {
    /// The endpoint's name; `all` for all endpoints together.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// How attempts failed, as in a summary's `outcomes`; absent for failures of every kind together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Attempts that failed in the new runs.
    pub new: u64,
    /// Attempts in the new runs that reached the target.
    pub new_attempts: u64,
    /// Attempts that failed in the baseline.
    pub baseline: u64,
    /// Attempts in the baseline that reached the target.
    pub baseline_attempts: u64,
    /// Whether there are more failures, which is worse.
    pub direction: Direction,
}

impl ErrorChange {
    /// The share of the new runs' attempts that failed.
    pub fn new_share(&self) -> f64 {
        self.new as f64 / self.new_attempts.max(1) as f64
    }
    /// The share of the baseline's attempts that failed.
    pub fn baseline_share(&self) -> f64 {
        self.baseline as f64 / self.baseline_attempts.max(1) as f64
    }
}

/// A percentile of an endpoint, over the attempts that succeeded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PercentileChange {
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// The percentile: `p50`, `p95` or `p99`.
    pub percentile: String,
    /// Slower, faster, no relevant difference, or inconclusive.
    pub says: Says,
    /// The new runs' geometric mean, in microseconds.
    pub new_us: u64,
    /// The geometric mean of the baseline, in microseconds.
    pub baseline_us: u64,
    /// The ratio of new to baseline.
    pub ratio: f64,
    /// The ends of the interval of the ratio; absent if the variation between runs is unknown.
    pub interval: Option<[f64; 2]>,
    /// The p-value, adjusted for all lines.
    pub p: Option<f64>,
    /// The smallest relevant difference, as a ratio above 1.
    pub matters: f64,
    /// If there is no relevant difference: the greatest difference that is still possible, as a ratio above 1.
    pub no_more_than: Option<f64>,
    /// For an inconclusive line: how many more runs per side would probably tell; none if unknown or more than 100.
    pub more_runs: Option<u64>,
    /// Each new run's value, in microseconds.
    pub new_runs_us: Vec<u64>,
    /// The value of each baseline run, in microseconds.
    pub baseline_runs_us: Vec<u64>,
    /// Whether the values are only lower bounds, because attempts were given up at the time limit.
    pub at_limit: bool,
    /// Whether the share of successful attempts differs between the sides, so that other attempts may have succeeded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub success_differs: bool,
}

/// The result for a percentile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// It became slower by more than chance.
    Slower,
    /// It became faster by more than chance.
    Faster,
    /// It did not change by a relevant amount.
    NoDifference,
    /// The runs are too few, or vary too much, to decide it.
    CannotTell,
}

/// A percentile of an endpoint that could not be compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotCompared {
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// The percentile: `p50`, `p95` or `p99`.
    pub percentile: String,
    /// The reason, in a sentence.
    pub why: String,
}

/// A limit on change, as given on the command line, and its result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitLine {
    /// The limit as it was given.
    pub text: String,
    /// Whether the new runs hold the limit.
    pub outcome: Outcome,
    /// The reason, in a sentence.
    pub says: String,
}

/// A rule, limit, finding, hazard or mark with another result than in the baseline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The kind of thing whose result changed.
    pub kind: ChangeKind,
    /// The name of the rule, finding, hazard or mark, or the text of the limit.
    pub name: String,
    /// The result in the baseline: `held in 5 of 5`.
    pub baseline: String,
    /// The result in the new runs.
    pub new: String,
    /// Whether the change is for the worse.
    pub direction: Direction,
}

/// The kinds of results that can change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A rule of the specification.
    Rule,
    /// A limit of the scenario.
    Limit,
    /// A contract finding that the scenario calls `broken`.
    ContractBroken,
    /// A contract finding that is only reported.
    ContractNote,
    /// A hazard: behaviour that no rule forbids, but that may do harm.
    Hazard,
    /// A mark: a state that is hard to reach.
    Mark,
}

/// Whether a change is for the worse.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The change is for the worse.
    Worse,
    /// The change is for the better.
    Better,
    /// The change is neither for the worse nor for the better.
    Other,
}

impl RunLine {
    /// The line for a night's run.
    pub(crate) fn of(night: &Night) -> RunLine {
        RunLine {
            folder: night.path.display().to_string(),
            scenario: night.run.scenario.name.clone(),
            seed: night.run.seed.clone(),
            target: night.run.target.clone(),
            version: night.run.version.clone(),
            started_at: night.run.started_at.to_string(),
            outcome: night.summary.verdict.outcome,
        }
    }
}

impl Outcome {
    /// The exit code of the command.
    pub const fn exit_code(self) -> u8 {
        match self {
            Outcome::NoWorse => 0,
            Outcome::Worse => 1,
            Outcome::CannotTell => 4,
        }
    }
}

impl Comparison {
    /// The document of `--format json`.
    pub fn to_json(&self) -> String {
        // Plain data of strings and numbers: it cannot fail.
        fieldday_paint::json(self).unwrap_or_default()
    }
}
