//! Rules and what was found: verdicts, violations and their cases, hazards, marks, and what was not exercised.

use fieldday_api::rules::RuleWeight;
use fieldday_rules::RuleVerdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
