//! What came of a trial over HTTP: plain data, beside what [trials on the virtual clock](crate::prove) come to. The wall clock
//! makes them; documents tell them.

use crate::all_defects::Defect;
use fieldday_api::rules::Rule;
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};

/// One look at a mock: a conformance pass, or a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveLook {
    /// Requests until the find, or until the end without one.
    pub requests: u64,
    /// The time until then, by the wall's clock.
    pub took: Span,
    /// The first of the defect's rules that broke; without a defect, the first that did.
    pub found: Option<Rule>,
    /// Rules that broke by then and are not named for the defect.
    pub beside: Vec<Rule>,
    /// By how much requests were sent late, the hundredth part of them.
    pub late_p99: Span,
    /// Why it ended before its time, if it did and found nothing.
    pub cut: Option<String>,
}

/// One defect of the backend under one seed: a conformance pass and, if that found nothing, a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveTrial {
    /// The defect; none of a pass without one.
    pub defect: Option<Defect>,
    /// The seed of the plan.
    pub seed: u64,
    /// The conformance pass, which comes first.
    pub pass: LiveLook,
    /// The day, if one was lived.
    pub day: Option<LiveLook>,
}

impl LiveTrial {
    /// The pass, and the day if there was one.
    pub fn looks(&self) -> impl Iterator<Item = &LiveLook> {
        std::iter::once(&self.pass).chain(&self.day)
    }
    /// The first of the defect's rules that broke.
    pub fn found(&self) -> Option<Rule> {
        self.looks().find_map(|look| look.found)
    }
    /// Requests until the find, or until the end.
    pub fn requests(&self) -> u64 {
        self.looks().map(|look| look.requests).sum()
    }
    /// The time of all looks together, by the wall's clock.
    pub fn took(&self) -> Span {
        self.looks().fold(Span::ZERO, |all, look| all + look.took)
    }
}
