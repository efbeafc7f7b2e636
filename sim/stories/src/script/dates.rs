//! Dates in a script: counted from the target's today, as variables, since the rows of another day are not there.

use fieldday_kernel::time::Date;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Days around a story's date that are taken for dates of the story; what is further away is left as it stands.
const NEAR: i32 = 120;

/// The dates that a script names.
pub struct Dates {
    /// The story's date.
    today: Date,
    used: BTreeSet<i32>,
}

impl Dates {
    /// Those around a date.
    pub fn new(today: Date) -> Dates {
        Dates { today, used: BTreeSet::new() }
    }

    /// A text within single quotes, with variables in place of its dates.
    pub fn quoted(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let is_whole =
                rest.starts_with(|c: char| c.is_ascii_digit()) && !out.ends_with(|c: char| c.is_ascii_digit());
            match rest.get(..10).filter(|_| is_whole).and_then(Date::parse) {
                Some(date) if (date.days() - self.today.days()).abs() <= NEAR => {
                    let after = date.days() - self.today.days();
                    self.used.insert(after);
                    let _ = write!(out, "'\"${}\"'", name(after));
                    rest = &rest[10..];
                }
                _ => {
                    let next = rest.chars().next().map_or(rest.len(), char::len_utf8);
                    out.push_str(&rest[..next]);
                    rest = &rest[next..];
                }
            }
        }
        out
    }

    /// The lines that set the variables.
    pub fn lines(&self) -> String {
        let mut out = String::new();
        for after in self.used.iter().filter(|after| **after != 0) {
            let _ = writeln!(out, "{}=$(day {after})", name(*after));
        }
        out
    }
}

fn name(after: i32) -> String {
    match after {
        0 => "TODAY".to_owned(),
        after if after < 0 => format!("day_minus_{}", -after),
        after => format!("day_plus_{after}"),
    }
}
