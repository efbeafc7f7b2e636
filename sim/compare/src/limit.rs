//! Limits on change: `p99 not worse than 10 %`, `p95 of patch-appointment not worse than 5 %`.

use crate::lines::PERCENTILES;
use fieldday_api::endpoint::Op;
use fieldday_scenario::limits::Scope;
use std::str::FromStr;

const EXAMPLES: &str = "\"p99 not worse than 10 %\" or \"p95 of PATCH appointments/{id} not worse than 5 %\"";
const NOT_WORSE: &str = " not worse than ";
/// A limit beyond this says nothing: a thousand percent.
const PERCENT_MOST: f64 = 1_000.0;

/// A limit on how much slower a percentile may have become.
#[derive(Clone, PartialEq, Debug)]
pub struct ChangeLimit {
    text: String,
    /// The place in [`PERCENTILES`].
    percentile: usize,
    scope: Scope,
    /// The natural logarithm of the greatest ratio of new to baseline.
    pub(crate) bound: f64,
}

/// What is wrong with the text of a limit on change.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{problem}; expected {EXAMPLES}{}", suggestion.as_ref().map_or(String::new(), |name| format!("; did you mean `{name}`?")))]
pub struct ChangeLimitError {
    problem: String,
    suggestion: Option<String>,
}

impl FromStr for ChangeLimit {
    type Err = ChangeLimitError;

    fn from_str(text: &str) -> Result<ChangeLimit, ChangeLimitError> {
        let wrong = |problem: String| ChangeLimitError { problem, suggestion: None };
        let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (what, bound) =
            plain.split_once(NOT_WORSE).ok_or_else(|| wrong(format!("{text:?} is not a limit on change")))?;
        let (word, scope) = match what.split_once(" of ").or_else(|| what.split_once(" for ")) {
            Some((word, scope)) => (word, Some(scope)),
            None => (what, None),
        };
        let percentile = PERCENTILES
            .iter()
            .position(|(name, _)| word.eq_ignore_ascii_case(name))
            .ok_or_else(|| wrong(format!("{word:?} is not a percentile that is compared (p50, p95 or p99)")))?;
        let scope = scope.map_or(Ok(Scope::All), |scope| {
            Scope::parse(scope).ok_or_else(|| ChangeLimitError {
                problem: format!("there are no endpoints called {scope:?}"),
                suggestion: Scope::nearest(scope),
            })
        })?;
        let percent = bound.strip_suffix('%').map(str::trim_end).and_then(|digits| digits.parse::<f64>().ok());
        match percent.filter(|percent| (0.0..=PERCENT_MOST).contains(percent)) {
            Some(percent) => {
                let bound = libm::log(1.0 + percent / 100.0);
                Ok(ChangeLimit { text: plain.clone(), percentile, scope, bound })
            }
            None => Err(wrong(format!("{bound:?} is not a share from 0 % to 1000 %"))),
        }
    }
}

impl ChangeLimit {
    /// The limit as it was given on the command line.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// Whether it is of that percentile of that endpoint.
    pub(crate) fn is_of(&self, label: &str, percentile: usize) -> bool {
        percentile == self.percentile && self.scope.ops().any(|op: Op| op.label() == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_for_what_it_says() {
        let limit: ChangeLimit = "p99  not worse than 10 %".parse().unwrap();
        assert_eq!((limit.text(), limit.percentile, limit.scope), ("p99 not worse than 10 %", 2, Scope::All));
        assert!((libm::exp(limit.bound) - 1.1).abs() < 1e-12);
        for text in ["p95 of patch-appointment not worse than 5%", "P95 for PATCH appointments not worse than 5.0 %"] {
            let limit: ChangeLimit = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(limit.is_of("PATCH appointments/{id}", 1) && !limit.is_of("PATCH appointments/{id}", 2), "{text}");
            assert!(!limit.is_of("GET appointments", 1));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, says) in [
            ("p99 < 10 %", "is not a limit on change"),
            ("p98 not worse than 10 %", "p50, p95 or p99"),
            ("p99 of clockin not worse than 10 %", "did you mean `clock-in`?"),
            ("p99 not worse than ten", "is not a share"),
            ("p99 not worse than -3 %", "is not a share"),
        ] {
            let error = text.parse::<ChangeLimit>().unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("p99 not worse than 10 %"), "{text}: {error}");
        }
    }
}
