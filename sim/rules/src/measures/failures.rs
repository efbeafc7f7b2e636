//! What the target answered where it failed: endpoint, status and message, counted, with when and one request id.

use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Response};
use fieldday_api::endpoint::Op;
use fieldday_history::{EndedAttempt, OutcomeClass};
use fieldday_kernel::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Kinds of failures that are told apart; what comes after them is counted by endpoint, class and status alone.
const KINDS_MAX: usize = 500;
/// Characters of a message that are shown.
const MESSAGE_MAX: usize = 160;
/// What stands for the messages that there was no room for.
const OTHER_MESSAGES: &str = "other messages";

/// Failures of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The number of attempts that failed in this way.
    pub count: u64,
    /// When the first of them ended, by the clock of the run.
    pub first: Time,
    /// The time at which the last of them ended.
    pub last: Time,
    /// The request id of one of them, if the target gave any.
    pub request_id: Option<SmolStr>,
}

/// What failures of one kind have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FailureKind {
    /// The endpoint of the failed attempts.
    pub op: Op,
    /// The outcome class; one of the errors.
    pub class: OutcomeClass,
    /// The answer's status; none if none came.
    pub status: Option<u16>,
    /// What the answer said, or what kept it away; ids are `#`.
    pub message: SmolStr,
}

/// The failures of a run, counted by kind.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Failures(BTreeMap<FailureKind, Failure>);

impl Failures {
    /// Every kind, the most frequent first.
    pub fn by_count(&self) -> Vec<(&FailureKind, &Failure)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(_, failure)| std::cmp::Reverse(failure.count));
        all
    }
    /// Whether no attempt failed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(super) fn on(&mut self, at: Time, ended: &EndedAttempt) {
        if !ended.class.is_error() {
            return;
        }
        let message = ended.response.as_deref().map_or_else(|| ended.why.clone(), words_of);
        let kind = FailureKind { op: ended.op, class: ended.class, status: ended.status, message };
        let request_id = ended.response.as_ref().and_then(|response| response.request_id()).cloned();
        let request_id = request_id.filter(|id| !id.is_empty());
        self.add(kind, &Failure { count: 1, first: at, last: at, request_id });
    }
    fn add(&mut self, mut kind: FailureKind, more: &Failure) {
        if self.0.len() >= KINDS_MAX && !self.0.contains_key(&kind) {
            kind.message = OTHER_MESSAGES.into();
        }
        match self.0.get_mut(&kind) {
            Some(failure) => {
                failure.count += more.count;
                // Of several cells, the first id by time stands, whatever the order in which cells are put together.
                if (more.first, &more.request_id) < (failure.first, &failure.request_id) {
                    failure.request_id = more.request_id.clone().or(failure.request_id.take());
                }
                failure.first = failure.first.min(more.first);
                failure.last = failure.last.max(more.last);
            }
            None => {
                self.0.insert(kind, more.clone());
            }
        }
    }
    pub(super) fn merge(&mut self, other: &Failures) {
        other.0.iter().for_each(|(kind, failure)| self.add(kind.clone(), failure));
    }
}

/// What an answer said, so that equal failures have equal words.
fn words_of(response: &Response) -> SmolStr {
    match &response.answer {
        Answer::Error(body) => {
            let mut words = without_ids(&body.detail.message);
            if body.detail.message == "validation failed" {
                let places = body.detail.details.iter().map(|(place, what)| format!("{place}: {what}"));
                let places = places.filter(|place| place.len() <= 60).take(3).collect::<Vec<_>>().join(", ");
                words.push_str(&if places.is_empty() { places } else { format!(" ({places})") });
            }
            words.into()
        }
        Answer::Foreign(what) => without_ids(what).into(),
        _ => SmolStr::default(),
    }
}

/// A message in which each word that holds a digit is `#`: an id, a date, a count.
fn without_ids(message: &str) -> String {
    let word = |word: &str| {
        if word.bytes().any(|byte| byte.is_ascii_digit()) { "#".to_owned() } else { word.to_owned() }
    };
    let words: Vec<String> = message.split_whitespace().map(word).collect();
    let words = words.join(" ");
    match words.char_indices().nth(MESSAGE_MAX) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(at_s: i64, message: &str) -> (Time, EndedAttempt) {
        let outcome = EndedAttempt {
            op: Op::ClockIn,
            class: OutcomeClass::ConnectionFailed,
            status: None,
            response: None,
            why: message.into(),
        };
        (Time::from_micros(at_s * 1_000_000), outcome)
    }

    #[test]
    fn failures_of_one_kind_are_counted_with_their_first_and_last_moment() {
        let mut failures = Failures::default();
        for (at_s, message) in [(5, "refused"), (9, "reset"), (7, "refused")] {
            let (at, outcome) = failed(at_s, message);
            failures.on(at, &outcome);
        }
        let all = failures.by_count();
        let (kind, failure) = all[0];
        assert_eq!((kind.message.as_str(), failure.count), ("refused", 2));
        assert_eq!((failure.first.micros(), failure.last.micros()), (5_000_000, 7_000_000));
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn what_was_expected_is_no_failure() {
        let (at, outcome) = failed(1, "");
        let mut failures = Failures::default();
        failures.on(at, &EndedAttempt { class: OutcomeClass::Expected, ..outcome.clone() });
        failures.on(at, &EndedAttempt { class: OutcomeClass::NotTheTarget, ..outcome });
        assert!(failures.is_empty());
    }

    #[test]
    fn ids_in_messages_do_not_make_kinds_of_their_own() {
        assert_eq!(without_ids("Task task_1234 not found"), "Task # not found");
        assert_eq!(without_ids("call 415-555-0182 at 10:32"), "call # at #");
        assert_eq!(without_ids(&"word ".repeat(100)).chars().count(), MESSAGE_MAX + 1);
    }

    #[test]
    fn however_many_kinds_there_are_the_table_stays_small_and_counts_all() {
        let mut failures = Failures::default();
        let letters = |n: u32| -> String { n.to_string().bytes().map(|b| char::from(b + 49)).collect() };
        for n in 0..2_000 {
            let (at, outcome) = failed(1, &letters(n));
            failures.on(at, &outcome);
        }
        assert_eq!(failures.by_count().iter().map(|(_, failure)| failure.count).sum::<u64>(), 2_000);
        assert_eq!(failures.by_count().len(), KINDS_MAX + 1);
    }
}
