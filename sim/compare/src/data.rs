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
    /// The version of this document's shape.
    pub schema: u32,
    /// The version of Field Day.
    pub version: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// The new runs that were used.
    pub new: Vec<RunLine>,
    /// The runs that they were compared with.
    pub baseline: Vec<RunLine>,
    /// Runs that were not used.
    pub left_out: Vec<LeftOut>,
    /// What else is not the same on both sides, in a sentence each.
    pub differences: Vec<String>,
    /// The method.
    pub method: Method,
    /// The limits on change that were given.
    pub limits: Vec<LimitLine>,
    /// Shares of failures that are greater or smaller by more than chance, the greatest change first.
    #[serde(default)]
    pub errors: Vec<ErrorChange>,
    /// Every percentile of every endpoint that could be compared, in the spec's order.
    pub lines: Vec<PercentileChange>,
    /// Those that could not.
    pub not_compared: Vec<NotCompared>,
    /// Rules, limits, contract findings, hazards and marks with a changed result.
    pub changes: Vec<Change>,
}

/// What a comparison comes to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// In a word.
    pub outcome: Outcome,
    /// The exit code of the command.
    pub exit_code: u8,
    /// In a sentence each: why.
    pub reasons: Vec<String>,
}

/// What a comparison comes to, in a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All limits on change are held; without any, nothing is worse by as much as matters.
    NoWorse,
    /// A limit on change is exceeded; without any, something is slower or newly broken.
    Worse,
    /// These runs cannot tell.
    CannotTell,
}

/// A run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunLine {
    /// Its folder.
    pub folder: String,
    /// Its scenario.
    pub scenario: String,
    /// Its seed, in hexadecimal.
    pub seed: String,
    /// What it called.
    pub target: String,
    /// The version of Field Day that ran it.
    pub version: String,
    /// When it began.
    pub started_at: String,
    /// The result.
    pub outcome: RunOutcome,
}

/// A run that was not used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its folder.
    pub folder: String,
    /// Why.
    pub why: String,
}

/// The method.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// By which test.
    pub test: TestKind,
    /// Whether every run has its twin of the same seed on the other side.
    pub paired: bool,
    /// Nights of the history from which it was learned how much runs vary.
    pub history_nights: u64,
    /// Pairs of neighbouring nights among them in which everything was measured that is compared.
    pub history_pairs: u64,
    /// The share of comparisons of like runs in which anything may be called changed.
    pub level: f64,
    /// How often the truth is within an interval.
    pub interval: f64,
    /// Which latency is compared: `wire` of live runs, `attempt` of virtual ones.
    pub clock: String,
}

/// By which test.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TestKind {
    /// Permutations of which runs are new.
    Permutation,
    /// Flips of which of a pair is new.
    SignFlip,
    /// Rotations: too few runs for permutations, so logarithms are taken to be normal.
    Rotation,
    /// None was needed: the runs of both sides are the same events.
    Identical,
    /// None is possible: too few runs, and no history.
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
    /// The endpoint's name; `all` of all endpoints together.
    pub op: String,
    /// Its short form for people.
    pub label: String,
    /// How attempts failed, as in a summary's `outcomes`; none of failures of every kind together.
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
    /// The endpoint's name.
    pub op: String,
    /// Its short form for people.
    pub label: String,
    /// `p50`, `p95` or `p99`.
    pub percentile: String,
    /// What it comes to.
    pub says: Says,
    /// The new runs' geometric mean, in microseconds.
    pub new_us: u64,
    /// The baseline's.
    pub baseline_us: u64,
    /// New over baseline.
    pub ratio: f64,
    /// The ends of its interval; none if nothing is known of how much runs vary.
    pub interval: Option<[f64; 2]>,
    /// The p-value, adjusted for all lines.
    pub p: Option<f64>,
    /// The smallest effect that matters, as a ratio above 1.
    pub matters: f64,
    /// Of no difference: how great one may be at most, as a ratio above 1.
    pub no_more_than: Option<f64>,
    /// For an inconclusive line: how many more runs per side would probably tell; none if unknown or more than 100.
    pub more_runs: Option<u64>,
    /// Each new run's value, in microseconds.
    pub new_runs_us: Vec<u64>,
    /// Each baseline run's.
    pub baseline_runs_us: Vec<u64>,
    /// Attempts were given up at the time limit there, so the values are but lower bounds.
    pub at_limit: bool,
    /// The share of attempts that succeed is not the same on both sides: what changed may be which of them do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub success_differs: bool,
}

/// What a line comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// It became slower.
    Slower,
    /// It became faster.
    Faster,
    /// It did not change by as much as matters.
    NoDifference,
    /// These runs cannot tell.
    CannotTell,
}

/// A percentile of an endpoint that could not be compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotCompared {
    /// The endpoint's name.
    pub op: String,
    /// Its short form for people.
    pub label: String,
    /// `p50`, `p95` or `p99`.
    pub percentile: String,
    /// Why not.
    pub why: String,
}

/// A limit on change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitLine {
    /// As it was written.
    pub text: String,
    /// What it comes to.
    pub outcome: Outcome,
    /// Why, in a sentence.
    pub says: String,
}

/// A changed result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Of which kind.
    pub kind: ChangeKind,
    /// Its name.
    pub name: String,
    /// The result in the baseline: `held in 5 of 5`.
    pub baseline: String,
    /// How in the new runs.
    pub new: String,
    /// Whether that is worse.
    pub direction: Direction,
}

/// What can have a changed result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A rule.
    Rule,
    /// A limit of the scenario.
    Limit,
    /// A difference of form that the scenario takes for a broken rule.
    ContractBroken,
    /// A difference of form that is a note.
    ContractNote,
    /// A danger that the specification holds.
    Hazard,
    /// A state that should sometimes be reached.
    Mark,
}

/// Whether a change is for the worse.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// It is.
    Worse,
    /// It is for the better.
    Better,
    /// Neither.
    Other,
}

impl RunLine {
    /// Of a night.
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
    /// What the command exits with.
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
