//! Limits that a scenario sets on top of the spec's: `p99 < 800 ms for PATCH appointments`, `error rate < 0.5 %`,
//! `clock-in: 99.9 % within 2 s`, `requests >= 50 /s`.
//!
//! ```text
//! limit     = [ endpoints ":" ] condition [ "for" endpoints ] [ ", optional" ]
//! condition = [ clock ] measure sign duration          p50 … p99.99, mean, max;  < or <=
//!           | [ clock ] percent "within" duration
//!           | "error rate" sign percent                not answered as expected, of all that reached the target;  < or <=
//!           | "growth" sign percent                    how much longer answers take at the end of a live run than at
//!                                                      its beginning, the load being equal; the worst endpoint decides
//!           | "requests" sign number "/s"              what left for the target;  > or >=
//! clock     = "attempt" | "due" | "felt" | "wire"
//! endpoints = a label, an endpoint's word, "reads", "updates", "recording", "health", "uploads", or "all"
//! ```
//!
//! A limit that cannot be decided, because there were too few samples, makes a run inconclusive, unless it is optional.
//!
//! Case does not matter. A limit is kept as the text that it was, and written as that.

mod parse;
mod scope;

pub use scope::Scope;

use fieldday_api::endpoint::TimeoutClass;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;
use std::fmt;

/// A limit of the scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limit {
    /// The limit as it was given.
    text: String,
    /// Which latency, where it is one of a latency.
    pub clock: Clock,
    /// The figure that is limited.
    pub measure: Measure,
    /// On which side of the bound is right.
    pub side: Side,
    /// The bound: microseconds of a latency, parts in a million of a share or a rate of errors, thousandths of a request a
    /// second.
    pub bound: u64,
    /// The endpoints that the figure is taken over.
    pub scope: Scope,
    /// Whether a run may end without having decided it.
    pub optional: bool,
}

/// The clock of a latency: from which moment to which it is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Clock {
    /// The `attempt` latency: from sending to the end of the answer, as the phone's app sees it.
    #[default]
    Attempt,
    /// The `due` latency: from the time at which the plan had it, so that coordinated omission shows. Live runs only.
    Due,
    /// The `felt` latency: with queue, link and repeats, as the person felt it. Live runs only.
    Felt,
    /// The `wire` latency: the time that the target itself took. Live runs only.
    Wire,
}

/// The figure that a limit bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// The latency below which so many of a million are.
    Percentile(u32),
    /// The mean latency, in microseconds.
    Mean,
    /// The greatest latency, in microseconds.
    Max,
    /// The share of the attempts that reached the target and were not answered as expected.
    ErrorRate,
    /// The share of calls that were answered within so many microseconds.
    Within(u64),
    /// By which share answers take longer on the wire at the end of a live run than at its beginning.
    Growth,
    /// The rate of requests, in thousandths per second.
    Requests,
}

/// On which side of the bound is right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// What is wrong with the text of a limit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}; expected {expected}")]
pub struct LimitError {
    /// The place of the error in the text, in characters from 0.
    pub at: usize,
    /// What is wrong, in a few words.
    pub message: String,
    /// What was expected there, with an example.
    pub expected: String,
    /// The word that was probably meant, if one is near.
    pub suggestion: Option<String>,
}

impl Clock {
    /// Every clock, in the order of their names.
    pub const ALL: [Clock; 4] = [Clock::Attempt, Clock::Due, Clock::Felt, Clock::Wire];
    /// The word for it in limits and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Clock::Attempt => "attempt",
            Clock::Due => "due",
            Clock::Felt => "felt",
            Clock::Wire => "wire",
        }
    }
}

impl Side {
    /// Whether a value is on the right side of the bound.
    pub fn holds(self, value: u64, bound: u64) -> bool {
        match self {
            Side::Below => value < bound,
            Side::AtMost => value <= bound,
            Side::Above => value > bound,
            Side::AtLeast => value >= bound,
        }
    }
    /// Whether the bound is the greatest value allowed, so that less is better.
    pub const fn is_upper(self) -> bool {
        matches!(self, Side::Below | Side::AtMost)
    }
}

impl Limit {
    /// What every live run is held to unless its scenario says otherwise: 99 % of what reached the target is answered as
    /// expected, over all endpoints and over those of each timeout class. A scenario with a limit on the error rate of
    /// all endpoints replaces all of these; one on some endpoints, that of their class.
    pub fn built_in(limits: &[Limit]) -> Vec<Limit> {
        let own = || limits.iter().filter(|limit| limit.measure == Measure::ErrorRate);
        if own().any(|limit| limit.scope == Scope::All) {
            return Vec::new();
        }
        let error_rate = |text: &str, scope: Scope| Limit {
            text: text.to_owned(),
            clock: Clock::Attempt,
            measure: Measure::ErrorRate,
            side: Side::AtMost,
            bound: 10_000,
            scope,
            optional: true,
        };
        let all = [
            error_rate("error rate <= 1 %", Scope::All),
            error_rate("error rate <= 1 % for reads", Scope::Class(TimeoutClass::Read)),
            error_rate("error rate <= 1 % for updates", Scope::Class(TimeoutClass::Update)),
            error_rate("error rate <= 1 % for recording", Scope::Class(TimeoutClass::Recording)),
            error_rate("error rate <= 1 % for uploads", Scope::Class(TimeoutClass::Transfer)),
        ];
        let is_replaced = |built_in: &Limit| {
            built_in.scope != Scope::All && own().any(|limit| limit.scope.ops().any(|op| built_in.scope.holds(op)))
        };
        all.into_iter().filter(|limit| !is_replaced(limit)).collect()
    }
    /// The limit as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}
impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Limit::parse(&text).map_err(D::Error::custom)
    }
}
impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "ScenarioLimit".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": parse::EXAMPLES })
    }
}

#[cfg(test)]
mod tests;
