//! The checks of a conformance pass.

use fieldday_api::SmolStr;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use serde::{Deserialize, Serialize};

/// A case of a conformance pass: what was tried of which rule, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Checked {
    /// The rule that is put to the test.
    pub rule: Rule,
    /// What was tried, in a few words: `clock-in, 8 at a time`.
    pub check: SmolStr,
    /// The call whose answer decided it, if it was one's.
    pub call: Option<u32>,
    /// The endpoint that it is about, if it is about one.
    pub op: Option<Op>,
    /// Whether the rule held in this case.
    pub outcome: CheckOutcome,
}

/// What came of a case of a conformance pass.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// The answer was the required one.
    Held,
    /// The answer was not the required one.
    Broken {
        /// What was expected, in a sentence without private values.
        expected: SmolStr,
        /// What came instead, in a sentence without private values.
        came: SmolStr,
    },
    /// Nobody can say: there was no answer, or one that is not the target's judgement (5xx, 429).
    Undecided,
    /// The check could not be made.
    Untested {
        /// The reason, in a sentence.
        why: SmolStr,
    },
}
