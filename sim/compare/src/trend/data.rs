//! A trend as data: what `--format json` prints. The shape is versioned; its JSON schema is committed beside this crate.

use fieldday_folder::summary::Outcome;
use fieldday_rules::limit_result::{LimitUnit, LimitVerdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the shape.
pub const SCHEMA: u32 = 1;

/// The results of many nights, in groups that can be looked at together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trend {
    /// The schema version of this document.
    pub schema: u32,
    /// The version of Field Day.
    pub version: String,
    /// The directory in which the nights' folders are.
    pub place: String,
    /// Nights that can be looked at as one series.
    pub groups: Vec<Group>,
    /// Searches for capacity, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity: Vec<CapacityLine>,
    /// Folders that could not be read.
    pub skipped: Vec<SkippedLine>,
}

/// Nights of one scenario, shape and kind of target, the oldest first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The name of the scenario.
    pub scenario: String,
    /// The kind of target in words: the model, the mock, this machine, or a host.
    pub target: String,
    /// Reps, and, of live runs, the speed.
    pub shape: String,
    /// Which latency is shown: `wire` of live runs, `attempt` of virtual ones.
    pub clock: String,
    /// The nights of the group, the oldest first.
    pub nights: Vec<NightLine>,
    /// The percentiles over the nights.
    pub series: Vec<SeriesLine>,
    /// The nights from which on something is different.
    pub changes: Vec<ChangePoint>,
    /// Single nights that stand out from those before them.
    #[serde(default)]
    pub outliers: Vec<OutlierNight>,
    /// The rules that did not hold in every night.
    pub rules: Vec<RuleRow>,
    /// The scenario's limits over the nights.
    pub limits: Vec<LimitRow>,
}

/// One night: a run and its result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NightLine {
    /// The path of the run folder.
    pub folder: String,
    /// Whether there is a `report.html` in it.
    pub has_report: bool,
    /// When it began, in UTC, by its machine's clock.
    pub started_at: String,
    /// The seed of the run, in hexadecimal.
    pub seed: String,
    /// The verdict of the run.
    pub outcome: Outcome,
    /// The reasons, a sentence each.
    pub reasons: Vec<String>,
    /// The reason why its figures are not part of the series; absent if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_used: Option<String>,
    /// Requests that reached the target.
    pub requests: u64,
    /// Attempts that reached the target, or should have.
    #[serde(default)]
    pub reached: u64,
    /// The attempts that were not answered as expected.
    #[serde(default)]
    pub errors: u64,
    /// The names of the rules that were broken.
    pub rules_broken: Vec<String>,
    /// Limits of the scenario that were exceeded.
    pub limits_exceeded: Vec<String>,
    /// The target of the run.
    pub target: String,
}

/// A percentile of an endpoint over the nights.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesLine {
    /// The endpoint's name in kebab case: `list-appointments`.
    pub op: String,
    /// The endpoint in its short form, for people.
    pub label: String,
    /// The percentile: `p50`, `p95` or `p99`.
    pub percentile: String,
    /// The spec's time limit, if it has one.
    pub limit_us: Option<u64>,
    /// A value a night, in microseconds; none where there were too few samples, or the night is not used.
    pub values_us: Vec<Option<u64>>,
}

/// A night from which on something is different.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePoint {
    /// The place of the night among the group's nights, from 0.
    pub night: u64,
    /// When that night began, in UTC.
    pub started_at: String,
    /// The p-value: the probability that like nights show such a step anywhere.
    pub p: f64,
    /// The percentiles that changed, the greatest change first.
    pub lines: Vec<StepLine>,
}

/// A percentile whose level changed from one night on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepLine {
    /// The place of the percentile in the group's series, from 0.
    pub series: u64,
    /// The endpoint in its short form.
    pub label: String,
    /// The percentile: `p50`, `p95` or `p99`.
    pub percentile: String,
    /// The ratio of the nights from then on to those before.
    pub ratio: f64,
}

/// A night that stands out from those before it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutlierNight {
    /// The place of the night among the group's nights, from 0.
    pub night: u64,
    /// When that night began, in UTC.
    pub started_at: String,
    /// The percentiles that stand out, the greatest difference first.
    pub lines: Vec<OutlierLine>,
}

/// A percentile that stands out in one night.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutlierLine {
    /// The place of the percentile in the group's series, from 0.
    pub series: u64,
    /// The endpoint in its short form.
    pub label: String,
    /// The percentile: `p50`, `p95` or `p99`.
    pub percentile: String,
    /// Its value in that night, in microseconds.
    pub value_us: u64,
    /// The median of the earlier nights.
    pub usual_us: u64,
    /// The ratio of its value to that median.
    pub times: f64,
}

/// A rule over the nights.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleRow {
    /// The name of the rule.
    pub rule: String,
    /// Its verdict in each run: `held`, `broken`, `inconclusive`, `not-exercised`, `not-judged`.
    pub verdicts: Vec<String>,
}

/// A limit of the scenario over the nights.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitRow {
    /// The limit as the scenario has it.
    pub text: String,
    /// The unit of the bound and the values.
    pub unit: LimitUnit,
    /// The bound of the limit, in `unit`.
    pub bound: u64,
    /// The measured value of each night.
    pub values: Vec<Option<u64>>,
    /// Its result in each run; none where it was not set.
    pub verdicts: Vec<Option<LimitVerdict>>,
}

/// A search for capacity, and what it found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityLine {
    /// The path of the search's folder.
    pub folder: String,
    /// When it began, as the folder's name says.
    pub began: String,
    /// The name of the scenario.
    pub scenario: String,
    /// The target of the search.
    pub target: String,
    /// The names of the disturbances that each level lived; absent without `--disturb`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbances: Vec<String>,
    /// The greatest number of reps that held every limit, if any did.
    pub carries: Option<u64>,
    /// The greatest number of reps that held with the required confidence.
    pub low: Option<u64>,
    /// The smallest number of reps that exceeded a limit with the required confidence.
    pub high: Option<u64>,
}

/// A folder that could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkippedLine {
    /// The folder that was skipped.
    pub folder: String,
    /// The reason, in a sentence.
    pub why: String,
}

impl Trend {
    /// The document of `--format json`.
    pub fn to_json(&self) -> String {
        // Plain data of strings and numbers: it cannot fail.
        fieldday_paint::json(self).unwrap_or_default()
    }
}
