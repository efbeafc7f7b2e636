//! What was run: the facts of a run, its shards and its network traces.

use fieldday_plan::shard::Shard;
use fieldday_rules::verdict::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
