//! Phone numbers: international (`+1 415 555 0182`, `0049 30 1234567`), North American (`415-555-0182`, `(415) 555-0183`,
//! `415.555.0182`), and those that begin with the 0 of a trunk line (`020 7946 0958`, `01 23 45 67 89`).

use super::PrivateKind;
use std::ops::Range;

/// Adds every phone number of a text.
pub(super) fn find(text: &str, found: &mut Vec<(Range<usize>, PrivateKind)>) {
    let mut from = 0;
    while let Some(start) = text[from..].find(|c: char| c.is_ascii_digit() || c == '+' || c == '(').map(|at| from + at)
    {
        let Some(groups) = Groups::read(text, start) else {
            from = start + 1;
            continue;
        };
        let is_apart = stands_apart(&text[..start]) || is_said(text, start);
        match groups.number().filter(|_| is_apart) {
            Some(length) => {
                found.push((start..start + length, PrivateKind::Phone));
                from = start + length;
            }
            // All the digits and letters that go on from here belong to something else.
            None => {
                let rest = &text[start + 1..];
                from = start + 1 + rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            }
        }
    }
}

/// Whether a number can begin behind this: not within a word, an id, a date, a time or a decimal number.
fn stands_apart(before: &str) -> bool {
    let mut back = before.chars().rev();
    match (back.next(), back.next()) {
        (None, _) => true,
        (Some('-'), next) => next.is_none_or(|c| c == ' '),
        (Some('/'), next) => !next.is_some_and(|c| c.is_ascii_digit()),
        (Some(c), _) => !c.is_alphanumeric() && !"_.:+=".contains(c),
    }
}

/// Whether what stands before a number names it: `phone=`, `tel:`, `to:`.
fn is_said(text: &str, start: usize) -> bool {
    let Some(before) = text[..start].strip_suffix(['=', ':']) else { return false };
    before.ends_with(|c: char| c.is_ascii_alphabetic() || c == '"')
}

/// Digits in groups, and what stands between them, from one place of a text on.
struct Groups<'a> {
    text: &'a str,
    international: bool,
    /// Each group's digits, where it ends (from the start), whether parentheses are around it, and what stands before it.
    groups: Vec<Group<'a>>,
}

#[derive(Clone, Copy)]
struct Group<'a> {
    digits: &'a str,
    end: usize,
    in_parentheses: bool,
    before: &'a str,
}

/// More groups than a number has.
const GROUPS: usize = 8;

impl<'a> Groups<'a> {
    fn read(text: &'a str, start: usize) -> Option<Groups<'a>> {
        let text = &text[start..];
        let international = text.starts_with('+');
        let mut at = usize::from(international);
        let mut groups: Vec<Group<'a>> = Vec::new();
        while groups.len() < GROUPS {
            // Between two groups: one sign, or a parenthesis with a blank or none beside it.
            let rest = &text[at..];
            let gap = if groups.is_empty() {
                0
            } else {
                rest.find(|c: char| !" -./\u{a0}\u{2011}\u{2013}".contains(c)).unwrap_or(0)
            };
            let before = &rest[..gap];
            if before.chars().count() > 1 && before != " - " {
                break;
            }
            let rest = &rest[gap..];
            let in_parentheses = rest.starts_with('(');
            let rest = &rest[usize::from(in_parentheses)..];
            let digits = &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())];
            let closes = in_parentheses && rest[digits.len()..].starts_with(')');
            let joined = before.is_empty() && !groups.is_empty() && !in_parentheses && !groups.last()?.in_parentheses;
            if digits.is_empty() || closes != in_parentheses || joined {
                break;
            }
            at += gap + digits.len() + 2 * usize::from(in_parentheses);
            groups.push(Group { digits, end: at, in_parentheses, before });
        }
        (!groups.is_empty()).then_some(Groups { text, international, groups })
    }

    /// How long the phone number is, if this is one.
    fn number(&self) -> Option<usize> {
        let lengths: Vec<usize> = self.groups.iter().map(|group| group.digits.len()).collect();
        if self.international {
            return self.international();
        }
        if let Some(first) = self.groups.first()
            && first.digits.starts_with("00")
            && (3..=5).contains(&lengths[0])
            && !first.digits[2..].starts_with('0')
            && self.groups.iter().all(|group| group.before != ".")
        {
            return self.whole(10, 15, 3);
        }
        self.north_american().or_else(|| self.trunk(&lengths))
    }

    /// After a `+`: a country's code and the rest. A decimal number is none.
    fn international(&self) -> Option<usize> {
        let first = self.groups.first()?;
        let is_decimal = self.groups.len() == 2 && self.groups[1].before == ".";
        if first.digits.starts_with('0') || first.in_parentheses || is_decimal || self.is_date(1) {
            return None;
        }
        // What goes on behind the number, as another after a blank, is left out of it.
        (1..=self.groups.len()).rev().find_map(|count| {
            let digits: usize = self.groups[..count].iter().map(|group| group.digits.len()).sum();
            let end = self.groups[count - 1].end;
            ((8..=15).contains(&digits) && self.ends(end)).then_some(end)
        })
    }

    /// Three, three and four digits, the first three in parentheses or not; a 1 may stand before them.
    fn north_american(&self) -> Option<usize> {
        let skip = usize::from(self.groups.first()?.digits == "1" && self.groups.len() > 3);
        let [area, exchange, line, ..] = &self.groups[skip..] else { return None };
        if (area.digits.len(), exchange.digits.len(), line.digits.len()) != (3, 3, 4)
            || exchange.in_parentheses
            || line.in_parentheses
        {
            return None;
        }
        let is_assigned = |group: &Group<'_>| !group.digits.starts_with(['0', '1']);
        let is_hyphenated = [exchange, line].iter().all(|group| group.before == "-");
        let holds = area.in_parentheses || is_hyphenated || (is_assigned(area) && is_assigned(exchange));
        (holds && self.ends(line.end)).then_some(line.end)
    }

    /// A 0 and a digit other than 0 first, and nine to twelve digits in two to five groups.
    fn trunk(&self, lengths: &[usize]) -> Option<usize> {
        let first = self.groups.first()?;
        let is_trunk = first.digits.len() >= 2 && first.digits.len() <= 5 && first.digits.starts_with('0');
        if !is_trunk || first.digits[1..].starts_with('0') || self.is_date(0) {
            return None;
        }
        let by_points = self.groups.iter().any(|group| group.before == ".");
        if by_points && (lengths != [2; 5] || self.groups[1..].iter().any(|group| group.before != ".")) {
            return None;
        }
        if self.groups[2.min(self.groups.len())..].iter().any(|group| group.before == "/") || lengths.contains(&1) {
            return None;
        }
        self.whole(9, 12, 5)
    }

    /// All groups, if they have so many digits together, and there are two at least and so many at most.
    fn whole(&self, least: usize, most: usize, groups: usize) -> Option<usize> {
        let digits: usize = self.groups.iter().map(|group| group.digits.len()).sum();
        let end = self.groups.last()?.end;
        let holds = (least..=most).contains(&digits) && (2..=groups).contains(&self.groups.len());
        (holds && self.ends(end)).then_some(end)
    }

    /// Whether a date stands there, or begins at the group of that number: 06-10-2026, 2026-06-10.
    fn is_date(&self, from: usize) -> bool {
        let is_year = |group: &Group<'_>| {
            group.digits.len() == 4 && (group.digits.starts_with("19") || group.digits.starts_with("20"))
        };
        let is_two = |group: &Group<'_>| group.digits.len() == 2;
        self.groups[from.min(self.groups.len())..].windows(3).any(|of| match of {
            [a, b, c] => (is_two(a) && is_two(b) && is_year(c)) || (is_year(a) && is_two(b) && is_two(c)),
            _ => false,
        })
    }

    /// Whether what ends there does not go on as something else.
    fn ends(&self, end: usize) -> bool {
        let mut rest = self.text[end..].chars();
        match rest.next() {
            None => true,
            Some('.' | '-' | ',' | '/') => !rest.next().is_some_and(|c| c.is_ascii_digit()),
            Some(':') => !rest.next().is_some_and(|c| c.is_ascii_digit()),
            // An extension: `x12`.
            Some('x') => rest.next().is_some_and(|c| c.is_ascii_digit()),
            Some(c) => !c.is_alphanumeric() && c != '_' && c != '%',
        }
    }
}
