//! Where the specification contradicts itself or leaves a choice: the readings that a scenario may choose and a backend follows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a repeated clock-in answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockInRepeat {
    /// The shift that is there (2.4.1).
    #[default]
    ReturnShift,
    /// 400 "already clocked in" (0.2).
    Refuse,
}

/// What a limit beyond the maximum does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PageBeyond {
    /// It is refused.
    #[default]
    Refuse,
    /// The maximum applies.
    Cut,
}
