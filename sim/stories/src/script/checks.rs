//! What is expected of the decisive answers, as lines of a script.

use super::captures::Captures;
use super::dates::Dates;
use crate::decisive::{Check, Place, Want};
use std::fmt::Write as _;

/// What turns texts into words of the shell.
pub struct Words {
    /// Values that earlier answers gave, by variable.
    pub captures: Captures,
    /// Dates, from the target's today.
    pub dates: Dates,
}

impl Words {
    /// A text as one word of a shell, with variables where there is what was taken, and for dates.
    pub fn quoted(&mut self, text: &str) -> String {
        let quoted = self.captures.quoted(text);
        self.dates.quoted(&quoted)
    }

    /// The line of a check.
    pub fn line(&mut self, check: &Check) -> String {
        let number = check.number + 1;
        let mut out = String::new();
        let _ = match &check.want {
            Want::Status(statuses) => {
                let patterns: Vec<String> = statuses.iter().map(u16::to_string).collect();
                let patterns = if patterns.is_empty() { "'2??'".to_owned() } else { patterns.join(" ") };
                writeln!(out, "want_status {number} {patterns}")
            }
            Want::Value(place, value) => {
                let (what, expected, received) =
                    (self.what(number, place), self.quoted(&value.to_string()), self.read(number, place));
                writeln!(out, "want_value {what} {expected} \"{received}\"")
            }
            Want::Same(place, other, from) => {
                let (what, expected, received) =
                    (self.what(number, place), self.read(other + 1, from), self.read(number, place));
                writeln!(out, "want_value {what} \"{expected}\" \"{received}\"")
            }
            Want::Row { array, id, is_there } => {
                let id = self.quoted(id);
                writeln!(out, "want_row {number} {array} {id} {}", if *is_there { "yes" } else { "no" })
            }
            Want::Once { array, id, other } => {
                let id = self.quoted(id);
                writeln!(out, "want_once {number} {array} {id} {}", other + 1)
            }
            Want::Rows { array, count } => {
                writeln!(out, "want_value 'rows of {array} in answer {number}' {count} \"$(rows {number} {array})\"")
            }
            Want::Not(place, value) => {
                let (what, other, received) =
                    (self.what(number, place), self.quoted(&value.to_string()), self.read(number, place));
                writeln!(out, "want_not {what} {other} \"{received}\"")
            }
            Want::Order { array, first, second } => {
                let (first, second) = (self.quoted(first), self.quoted(second));
                writeln!(out, "want_order {number} {array} {first} {second}")
            }
            Want::AtMost(place, most) => {
                let (what, received) = (self.what(number, place), self.read(number, place));
                writeln!(out, "want_at_most {what} {most} \"{received}\"")
            }
            Want::Envelope => writeln!(out, "want_envelope {number}"),
            Want::Within(seconds) => writeln!(out, "want_within {number} {seconds}"),
        };
        out
    }

    fn what(&mut self, number: usize, place: &Place) -> String {
        let what = match &place.row {
            Some((_, id, field)) => format!("{field} of {id} in answer {number}"),
            None => format!("{} of answer {number}", place.text()),
        };
        self.quoted(&what)
    }

    /// The command that reads a place of an answer.
    fn read(&mut self, number: usize, place: &Place) -> String {
        match &place.row {
            Some((array, id, field)) => format!("$(row {number} {array} {} {field})", self.quoted(id)),
            None => format!("$(value {number} {})", place.text()),
        }
    }
}

/// The statuses as words of a sentence.
pub fn either(statuses: &[u16]) -> String {
    if statuses.is_empty() {
        return "success".to_owned();
    }
    let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
    statuses.join(" or ")
}
