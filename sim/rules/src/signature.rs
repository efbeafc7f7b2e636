//! What makes two violations the same kind: the rule, the endpoint, and the sentence without what differs from day to day.

use crate::findings::Violation;
use fieldday_api::SmolStr;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of violation. Those of one defect under another seed, or of a day made smaller, are equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The rule that was broken.
    pub rule: Rule,
    /// The endpoint of the call that showed it, if one did.
    pub op: Option<Op>,
    /// The sentence, with `#` for every id, number, date and time.
    pub shape: SmolStr,
}

impl Violation {
    /// Which kind of violation it is.
    pub fn signature(&self) -> Signature {
        Signature { rule: self.rule, op: self.op, shape: shape(&self.says).into() }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.op {
            Some(op) => write!(f, "{} at {}: {}", self.rule, op.label(), self.shape),
            None => write!(f, "{}: {}", self.rule, self.shape),
        }
    }
}

/// What stands for everything that differs.
const ANY: &str = "#";
/// What a number may be followed by: a span is shown in the unit that suits its length.
const UNITS: [&str; 4] = ["µs", "ms", "s", "min"];

/// A sentence without its ids, numbers, dates and times.
fn shape(says: &str) -> String {
    let mut shape = String::with_capacity(says.len());
    let mut rest = says;
    while let Some(first) = rest.chars().next() {
        if !is_of_word(first) {
            shape.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        // A full stop or a colon after a word is none of it.
        let word = rest[..end].trim_end_matches(['.', ':', '-']);
        let word = if word.is_empty() { &rest[..end] } else { word };
        rest = &rest[word.len()..];
        if !differs(word) {
            shape.push_str(word);
            continue;
        }
        shape.push_str(ANY);
        rest = without_unit(rest);
    }
    shape
}

/// Names of clients and elements are one word, times too.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '/' | '+')
}

/// Whatever has a digit in it; and the one id in a million that has none.
fn differs(word: &str) -> bool {
    let is_id = |tail: &str| tail.len() >= 8 && tail.bytes().all(|b| b.is_ascii_hexdigit());
    word.bytes().any(|b| b.is_ascii_digit()) || word.rsplit_once('_').is_some_and(|(_, tail)| is_id(tail))
}

fn without_unit(after_number: &str) -> &str {
    let Some(after_space) = after_number.strip_prefix(' ') else { return after_number };
    let end = after_space.find(|c: char| !c.is_alphanumeric()).unwrap_or(after_space.len());
    if UNITS.contains(&&after_space[..end]) { &after_space[end..] } else { after_number }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::time::Span;

    #[test]
    fn ids_numbers_dates_and_times_make_no_difference() {
        let same = [
            [
                "appt_5a2f30 scheduled_start: expected 2026-06-10T18:00:00Z, seen 2026-06-10T17:00:00.000250Z",
                "appt_ffffffffff scheduled_start: expected 2026-06-11T00:00:00Z, seen 2026-06-11T01:00:00Z",
            ],
            [
                "expected one shift on 2026-06-10, shift_1 with clock_in_at 07:02:11, got shift_2 with 07:02:12",
                "expected one shift on 2027-01-01, shift_9ab with clock_in_at 08:00:00, got shift_3b with 23:59:59",
            ],
            [
                "expected 12 queued actions at the day's end, the app has 3",
                "expected 1 queued actions at the day's end, the app has 0",
            ],
            ["told by cell-0/tenant-1/rep-07.", "told by cell-11/tenant-0/rep-123."],
            ["expected to wait 850 ms, the app waited 1.5 s", "expected to wait 15.0 s, the app waited 2 min"],
        ];
        for [one, other] in same {
            assert_eq!(shape(one), shape(other));
        }
        assert_eq!(
            shape("expected one shift on 2026-06-10, shift_1 with clock_in_at 07:02:11, got shift_2: twice."),
            "expected one shift on #, # with clock_in_at #, got #: twice."
        );
        assert_eq!(
            shape("a fix within 150 m of it - 3 were - is wanted"),
            "a fix within # m of it - # were - is wanted"
        );
    }

    #[test]
    fn words_make_a_difference() {
        for text in [
            "audio_url is null",
            "expected confirmed, seen cancelled",
            "the back-off of GET appointments/{id}…",
            "",
            "…",
            "-",
        ] {
            assert_eq!(shape(text), text);
        }
        assert_ne!(shape("expected 3, seen null"), shape("expected null, seen 3"));
    }

    #[test]
    fn a_kind_is_a_line_and_can_be_kept() {
        let violation = Violation {
            rule: Rule::ShiftClockInOnce,
            at: Span::seconds(3),
            event: 17,
            client: 4,
            client_name: "cell-0/tenant-0/rep-04".into(),
            call: Some(2),
            request_id: None,
            op: Some(Op::ClockIn),
            row: None,
            says: "expected shift_1, got shift_2".to_owned(),
        };
        let signature = violation.signature();
        assert_eq!(signature.to_string(), "shift.clock-in.once at POST clock-in: expected #, got #");
        let later = Violation {
            at: Span::seconds(9),
            event: 99,
            says: "expected shift_8, got shift_b7".to_owned(),
            ..violation
        };
        assert_eq!(later.signature(), signature);
        assert_ne!(Violation { op: None, ..later }.signature(), signature);
        let text = serde_json::to_string(&signature).unwrap();
        assert_eq!(serde_json::from_str::<Signature>(&text).unwrap(), signature);
    }
}
