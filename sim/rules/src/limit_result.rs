//! What a limit comes to: its verdict, and the figures behind it.

use fieldday_paint::units::{count, micros};
use fieldday_scenario::limits::{Limit, Measure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of a limit of the scenario.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitResult {
    /// The limit, as the scenario has it.
    pub text: String,
    /// Whether it was held, exceeded or could not be decided.
    pub verdict: LimitVerdict,
    /// The clock of the latency: `attempt`, `due`, `felt` or `wire`. Absent for a rate of errors or requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// The unit of `bound`, `actual` and `margin`.
    pub unit: LimitUnit,
    /// The value that the actual value is compared with, in `unit`.
    pub bound: u64,
    /// The measured value; absent if nothing was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<u64>,
    /// Whether the actual value is only a lower bound, because attempts were given up after that time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
    /// The margin between the actual value and the bound; negative if the limit is exceeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<i64>,
    /// The number of samples that the actual value rests on.
    pub sample_count: u64,
    /// Whether the limit is optional: a run may end without having decided it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Whether it is a default limit of live runs, unless the scenario replaces it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub built_in: bool,
    /// The reason why the limit could not be decided, or a note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The result of a limit, in a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitVerdict {
    /// Within its bound, with enough samples.
    Held,
    /// The actual value is beyond the bound.
    Exceeded,
    /// It could not be decided: too few samples, or none.
    Inconclusive,
}

/// The unit of a limit's figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum LimitUnit {
    /// Microseconds: the unit of latencies.
    #[serde(rename = "us")]
    Micros,
    /// Parts in a million: the unit of shares and of growth.
    #[serde(rename = "ppm")]
    Ppm,
    /// Thousandths of a request per second: the unit of rates.
    #[serde(rename = "milli-requests-per-s")]
    MilliPerSecond,
}

impl LimitResult {
    /// A limit that nothing decides, and why.
    pub(crate) fn undecided(limit: &Limit, sample_count: u64, why: String) -> LimitResult {
        let unit = match limit.measure {
            Measure::ErrorRate | Measure::Within(_) | Measure::Growth => LimitUnit::Ppm,
            Measure::Requests => LimitUnit::MilliPerSecond,
            Measure::Percentile(_) | Measure::Mean | Measure::Max => LimitUnit::Micros,
        };
        LimitResult {
            text: limit.text().to_owned(),
            verdict: LimitVerdict::Inconclusive,
            clock: None,
            unit,
            bound: limit.bound,
            actual: None,
            at_least: false,
            margin: None,
            sample_count,
            optional: limit.optional,
            built_in: false,
            note: Some(why),
        }
    }
    /// What was measured: `≥5.00 s` where attempts were given up.
    pub fn actual_words(&self) -> String {
        if self.actual.is_none() && self.verdict == LimitVerdict::Exceeded {
            return "no success".to_owned();
        }
        let value = self.actual.map_or("-".to_owned(), |value| self.unit.words(value));
        if self.at_least { format!("≥{value}") } else { value }
    }
    /// The bound in words, with its unit.
    pub fn bound_words(&self) -> String {
        self.unit.words(self.bound)
    }
    /// How far it was from that, with a sign; none where nobody knows.
    pub fn margin_words(&self) -> Option<String> {
        self.margin.map(|by| self.unit.signed(by))
    }
}

impl LimitUnit {
    /// A figure with its unit, rounded in the one way in which every document rounds it.
    pub fn words(self, value: u64) -> String {
        match self {
            LimitUnit::Micros => micros(value),
            LimitUnit::Ppm => percent(value),
            LimitUnit::MilliPerSecond => format!("{}.{} /s", count(value / 1_000), value % 1_000 / 100),
        }
    }
    fn signed(self, by: i64) -> String {
        let sign = if by < 0 { "−" } else { "+" };
        format!("{sign}{}", self.words(by.unsigned_abs()))
    }
}

/// Exactly: a share must not round to its limit. `99.9 %`, `0.0042 %`.
fn percent(ppm: u64) -> String {
    let (whole, fraction) = (ppm / 10_000, format!("{:04}", ppm % 10_000));
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} %"),
        fraction => format!("{whole}.{fraction} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shown_exactly_and_margins_with_their_sign() {
        let shares: Vec<_> = [0, 42, 5_000, 999_000, 999_999, 1_000_000].map(percent).into();
        assert_eq!(shares, ["0 %", "0.0042 %", "0.5 %", "99.9 %", "99.9999 %", "100 %"]);
        assert_eq!(LimitUnit::Micros.signed(-160_000), "−160 ms");
        assert_eq!(LimitUnit::MilliPerSecond.signed(2_340), "+2.3 /s");
    }
}
