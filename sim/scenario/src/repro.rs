//! `repro.toml`: one failure, self-contained. The scenario is in it whole, with what was taken out of its plan and which
//! defects are in it, beside the seed, the cell, and what broke.

use crate::Scenario;
use fieldday_api::rules::Rule;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// The version of the format. A reader refuses another.
pub const FORMAT: u32 = 1;

/// The content of a `repro.toml`: one failure with all that is needed to show it again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repro {
    /// The version of the format: [`FORMAT`].
    pub fieldday_repro: u32,
    /// The version of Field Day that wrote it: another may live the same day otherwise.
    pub version: String,
    /// The seed, as `0x5eed`: TOML's numbers do not hold 64 bits.
    pub seed: String,
    /// The cell of the plan in which it shows.
    pub cell: u32,
    /// The rule that was broken.
    pub rule: Rule,
    /// The endpoint of the violation, by which two cases are compared.
    pub endpoint: String,
    /// The sentence of the violation with names and numbers left out, so that two cases can be compared.
    pub shape: String,
    /// The whole scenario, with its defects and what was removed from its plan.
    pub scenario: Scenario,
}

/// A file that is no failure of this version.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct ReproError {
    /// The name of the file, as it was given.
    pub file: String,
    /// The problem with its place and what was expected.
    pub problem: String,
}

impl Repro {
    /// Whether a file's text is meant to be one.
    pub fn is_repro(text: &str) -> bool {
        text.lines().any(|line| line.trim_start().starts_with("fieldday_repro"))
    }
    /// Reads one. `file` is the name that errors give.
    pub fn parse(text: &str, file: &str) -> Result<Repro, ReproError> {
        let wrong = |problem: String| ReproError { file: file.to_owned(), problem };
        let repro: Repro = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            wrong(format!("line {line}: {}", error.message()))
        })?;
        if repro.fieldday_repro != FORMAT {
            return Err(wrong(format!("it has format {}; this version reads format {FORMAT}", repro.fieldday_repro)));
        }
        repro
            .seed_number()
            .ok_or_else(|| wrong(format!("`seed`: expected a number such as \"0x5eed\", not {:?}", repro.seed)))?;
        let scenario = toml::to_string(&repro.scenario).map_err(|error| wrong(error.to_string()))?;
        Scenario::parse(&scenario, file).map_err(|error| {
            let first = error.problems.first();
            wrong(first.map_or(String::new(), |p| format!("`scenario.{}`: {}", p.key, p.message)))
        })?;
        Ok(repro)
    }
    /// The seed as a number; none if the text is not `0x` and hexadecimal digits.
    pub fn seed_number(&self) -> Option<u64> {
        u64::from_str_radix(self.seed.strip_prefix("0x")?, 16).ok()
    }
    /// The file. `path` is where it will stand.
    pub fn to_toml(&self, path: &str) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "# {} is broken: {}", self.rule, self.rule.sentence());
        let _ = writeln!(text, "# fieldday run {path}       runs it again");
        let _ = writeln!(text, "# fieldday replay {path}    prints its timeline");
        let _ = writeln!(text, "# fieldday shrink {path}    minimises it further");
        // Plain data of strings and numbers: it cannot fail.
        text.push_str(&toml::to_string(self).unwrap_or_default());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repro() -> Repro {
        Repro {
            fieldday_repro: FORMAT,
            version: "0.1.0".into(),
            seed: "0x5eed".into(),
            cell: 0,
            rule: Rule::ShiftClockInOnce,
            endpoint: "POST clock-in".into(),
            shape: "expected #".into(),
            scenario: Scenario::load("rough").unwrap(),
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = repro().to_toml("repro.toml");
        assert!(Repro::is_repro(&text) && !Repro::is_repro("name = \"x\""));
        assert_eq!(Repro::parse(&text, "repro.toml").unwrap(), repro());
        assert_eq!(repro().seed_number(), Some(0x5eed));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_file_and_key() {
        let text = repro().to_toml("repro.toml");
        for (from, to, says) in [
            ("fieldday_repro = 1", "fieldday_repro = 9", "format 9"),
            ("seed = \"0x5eed\"", "seed = \"seven\"", "`seed`"),
            ("shift.clock-in.once\"", "no.such-rule\"", "no rule is called"),
            ("at_most = 5", "at_most = 5000", "kills"),
        ] {
            let error = Repro::parse(&text.replace(from, to), "r.toml").unwrap_err().to_string();
            assert!(error.contains("r.toml") && error.contains(says), "{error}");
        }
        assert!(Repro::parse(&text[..text.len() / 2], "r.toml").is_err());
    }
}
