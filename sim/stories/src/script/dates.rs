//! Dates in a script: counted from the target's today, as variables, since the rows of another day are not there.

use fieldday_kernel::time::Date;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Days around a story's date that are taken for dates of the story; what is further away is left as it stands.
const NEAR: i32 = 120;

/// The dates that a script names.
pub struct Dates {
    /// The local date on which the story happened.
    today: Date,
    used: BTreeSet<i32>,
    /// Instants that must have passed when the script runs, as their text stands in a request.
    past: Vec<String>,
}

impl Dates {
    /// Dates to be named by their distance from this one.
    pub fn new(today: Date) -> Dates {
        Dates { today, used: BTreeSet::new(), past: Vec::new() }
    }

    /// From here on the instant with this text stands for one that has passed: a target refuses the start of a shift that is
    /// still to come, as it is if the script runs at an earlier hour than the story.
    pub fn must_have_passed(&mut self, instant: String) {
        if !self.past.contains(&instant) {
            self.past.push(instant);
        }
    }

    /// A text within single quotes, with variables in place of its dates, and of its instants that must have passed.
    pub fn quoted(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let is_whole =
                rest.starts_with(|c: char| c.is_ascii_digit()) && !out.ends_with(|c: char| c.is_ascii_digit());
            if let Some(place) = self.past.iter().position(|instant| is_whole && rest.starts_with(instant.as_str())) {
                let _ = write!(out, "'\"$earlier_{}\"'", place + 1);
                rest = &rest[self.past[place].len()..];
                continue;
            }
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
    pub fn lines(&mut self) -> String {
        let past = std::mem::take(&mut self.past);
        let instants: Vec<String> = past.iter().map(|instant| self.quoted(instant)).collect();
        let mut out = String::new();
        for after in self.used.iter().filter(|after| **after != 0) {
            let _ = writeln!(out, "{}=$(day {after})", name(*after));
        }
        for (place, instant) in instants.iter().enumerate() {
            let _ = writeln!(out, "earlier_{0}=$(earlier {0} '{instant}')", place + 1);
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
