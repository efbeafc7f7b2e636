//! Differences between the target's answers and the documented contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
