//! What is wrong with a scenario file: where, what is allowed, and what was probably meant.

use super::builtin::builtin_names;
use super::limits::{Limit, LimitError};
use super::locate::{self, Path};
use super::words::nearest;
use std::fmt;
use std::ops::Range;

/// A scenario that cannot be used. It prints a paragraph a problem.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct ScenarioError {
    /// The file as it was named.
    pub file: String,
    /// Everything that is wrong, in the order of the file; at least one thing.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Line and column, from 1, where the text is known.
    pub at: Option<(usize, usize)>,
    /// The bytes of the text.
    pub span: Option<Range<usize>>,
    /// The key: `people.tenants_per_cell`, `outage[0].from`; empty for the file as a whole.
    pub key: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The values that would be right, if they can be named.
    pub allowed: Option<String>,
    /// The name that was probably meant, if one is near.
    pub suggestion: Option<String>,
}

/// A problem by its key alone, before it is placed in the text.
pub(super) struct Finding {
    pub path: Path,
    pub message: String,
    pub allowed: Option<String>,
    pub suggestion: Option<String>,
}

impl Problem {
    /// What the file has at that place.
    fn text_in<'a>(&self, text: &'a str) -> &'a str {
        self.span.clone().and_then(|span| text.get(span)).unwrap_or("")
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            f.write_str(&self.file)?;
            if let Some((line, column)) = problem.at {
                write!(f, ":{line}:{column}")?;
            }
            if !problem.key.is_empty() {
                write!(f, ": `{}`", problem.key)?;
            }
            write!(f, ": {}", problem.message)?;
            if let Some(allowed) = &problem.allowed {
                write!(f, "\n  allowed: {allowed}")?;
            }
            if let Some(suggestion) = &problem.suggestion {
                write!(f, "\n  did you mean `{suggestion}`?")?;
            }
        }
        Ok(())
    }
}

impl ScenarioError {
    fn one(file: &str, problem: Problem) -> ScenarioError {
        ScenarioError { file: file.to_owned(), problems: vec![problem] }
    }
    fn without_place(message: String) -> Problem {
        Problem { at: None, span: None, key: String::new(), message, allowed: None, suggestion: None }
    }

    pub(super) fn no_such_scenario(name: &str) -> ScenarioError {
        let problem = Problem {
            allowed: Some(format!("a path that ends in .toml, or one of {}", builtin_names().join(", "))),
            suggestion: nearest(name, builtin_names()).map(str::to_owned),
            ..Self::without_place("there is no built-in scenario with this name".to_owned())
        };
        Self::one(name, problem)
    }

    pub(super) fn unreadable(path: &str, error: &std::io::Error) -> ScenarioError {
        let allowed = Some(format!("an existing file, or one of {}", builtin_names().join(", ")));
        Self::one(path, Problem { allowed, ..Self::without_place(format!("cannot be read: {error}")) })
    }

    /// Places problems that are known by their keys.
    pub(super) fn located(findings: Vec<Finding>, text: &str, file: &str) -> ScenarioError {
        let place = |finding: Finding| {
            let span = locate::span_of(text, &finding.path);
            Problem {
                at: span.as_ref().map(|span| locate::line_and_column(text, span.start)),
                span,
                key: locate::shown(&finding.path),
                message: finding.message,
                allowed: finding.allowed,
                suggestion: finding.suggestion,
            }
        };
        let mut problems: Vec<Problem> = findings.into_iter().map(place).collect();
        problems.sort_by_key(|p| p.at);
        ScenarioError { file: file.to_owned(), problems }
    }

    /// What toml says, with the key, what is allowed and what was probably meant.
    pub(super) fn from_toml(error: &toml::de::Error, text: &str, file: &str) -> ScenarioError {
        let span = error.span();
        let mut path = span.clone().map(|span| locate::path_at(text, span)).unwrap_or_default();
        let mut problem = Problem {
            at: span.as_ref().map(|span| locate::line_and_column(text, span.start)),
            key: String::new(),
            ..Self::without_place(without_rust_types(error.message()))
        };
        problem.span = span.clone();
        let words: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
        if error.message().starts_with("unknown field") || error.message().starts_with("unknown variant") {
            let (written, allowed) = words.split_first().map_or(("", &[][..]), |(w, a)| (*w, a));
            let is_key = error.message().starts_with("unknown field");
            if is_key && path.last().is_none_or(|last| last != written) {
                path.push(written.to_owned());
            }
            problem.message =
                if is_key { "unknown key".to_owned() } else { format!("{written:?} is not allowed here") };
            problem.allowed = (!allowed.is_empty()).then(|| allowed.join(", "));
            problem.suggestion = nearest(written, allowed.iter().copied()).map(str::to_owned);
        } else if error.message().starts_with("missing field") {
            path = span.map(|span| locate::table_at(text, span)).unwrap_or_default();
            path.extend(words.first().map(|w| (*w).to_owned()));
            problem.message = "is missing".to_owned();
        } else if path.first().is_some_and(|key| key == "limits")
            && let Some((wrong, at, number)) = wrong_limit(text, span.clone())
        {
            path.extend(number.filter(|_| path.len() == 1).map(|number| number.to_string()));
            (problem.message, problem.allowed, problem.suggestion) =
                (wrong.message, Some(wrong.expected), wrong.suggestion);
            problem.at = Some(locate::line_and_column(text, at));
        } else if path.first().is_some_and(|key| key == "must_exercise" || key == "rules")
            && error.message().contains("no rule is called")
        {
            let rules: Vec<&str> = fieldday_api::rules::Rule::ALL.iter().map(|r| r.name()).collect();
            let written = error.message().split('"').nth(1).unwrap_or_default();
            problem.suggestion = nearest(written, rules.iter().copied()).map(str::to_owned);
            problem.allowed = Some("the names of the rules (`fieldday rules` lists them)".to_owned());
        } else if error.message().contains("map, expected a string") && problem.text_in(text).contains(['-', ':']) {
            // An unquoted date or time is a value of its own kind in TOML, which serde sees as a map.
            problem.allowed = Some("dates and times in quotes: \"2026-06-10\", \"07:30\"".to_owned());
        }
        problem.key = locate::shown(&path);
        Self::one(file, problem)
    }
}

/// Which of the limits that stand there is wrong, what is wrong with it, and where in the text. The place is that of the
/// character, unless the string has escapes before it.
fn wrong_limit(text: &str, span: Option<Range<usize>>) -> Option<(LimitError, usize, Option<usize>)> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        Many(Vec<String>),
    }
    const KEY: &str = "limits = ";
    let span = span?;
    let written = text.get(span.clone())?;
    let document = format!("{KEY}{written}");
    let read: toml::Table = toml::from_str(&document).ok()?;
    let texts = match read.get("limits")?.clone().try_into().ok()? {
        Written::One(text) => vec![text],
        Written::Many(texts) => texts,
    };
    let is_list = written.starts_with('[');
    let mut from = 0;
    for (number, limit) in texts.iter().enumerate() {
        let place = from + written.get(from..)?.find(limit.as_str())?;
        if let Err(error) = Limit::parse(limit) {
            let before: usize = limit.chars().take(error.at).map(char::len_utf8).sum();
            return Some((error, span.start + place + before, is_list.then_some(number)));
        }
        from = place + limit.len();
    }
    None
}

/// Whoever writes a scenario need not know how its numbers are kept.
fn without_rust_types(message: &str) -> String {
    ["u8", "u16", "u32", "u64", "i32", "i64", "usize"].iter().fold(message.to_owned(), |message, name| {
        message.replace(&format!("expected {name}"), "expected a whole number")
    })
}
