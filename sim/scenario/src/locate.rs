//! Which key stands at a place of the text, and at which place a key stands.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The way to a value: keys, and positions in lists.
pub(super) type Path = Vec<String>;

/// As people write it: `outage[0].from`.
pub(super) fn shown(path: &[String]) -> String {
    let mut text = String::new();
    for step in path {
        if step.bytes().all(|b| b.is_ascii_digit()) && !step.is_empty() {
            text.push_str(&format!("[{step}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(step);
        }
    }
    text
}

/// The key whose place, or whose value's place, is the least that holds `at`.
pub(super) fn path_at(text: &str, at: Range<usize>) -> Path {
    find(text, at, false)
}

/// The table that is the least to hold `at`.
pub(super) fn table_at(text: &str, at: Range<usize>) -> Path {
    find(text, at, true)
}

fn find(text: &str, at: Range<usize>, tables_alone: bool) -> Path {
    let Ok(table) = DeTable::parse(text) else { return Path::new() };
    let mut found = Found { at, path: Path::new(), width: usize::MAX, tables_alone };
    found.look_in_table(table.get_ref(), &mut Path::new());
    found.path
}

struct Found {
    at: Range<usize>,
    path: Path,
    width: usize,
    tables_alone: bool,
}

impl Found {
    fn offer(&mut self, place: Range<usize>, path: &Path) {
        let holds = place.start <= self.at.start && self.at.end <= place.end;
        if holds && place.len() < self.width {
            (self.width, self.path) = (place.len(), path.clone());
        }
    }
    fn look_in_table(&mut self, table: &DeTable<'_>, path: &mut Path) {
        for (key, value) in table {
            path.push(key.get_ref().to_string());
            if !self.tables_alone {
                self.offer(key.span(), path);
            }
            self.look_at(value, path);
            path.pop();
        }
    }
    fn look_at(&mut self, value: &Spanned<DeValue<'_>>, path: &mut Path) {
        if !self.tables_alone || matches!(value.get_ref(), DeValue::Table(_)) {
            self.offer(value.span(), path);
        }
        match value.get_ref() {
            DeValue::Table(table) => self.look_in_table(table, path),
            DeValue::Array(values) => {
                for (i, value) in values.iter().enumerate() {
                    path.push(i.to_string());
                    self.look_at(value, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }
}

/// Where the value of that key stands; where the nearest table around it does, if the file leaves the key out.
pub(super) fn span_of(text: &str, path: &[String]) -> Option<Range<usize>> {
    let table = DeTable::parse(text).ok()?;
    let (mut span, mut table, mut steps) = (None, table.get_ref(), path.iter());
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    loop {
        let step = steps.next();
        value = match (value.map(Spanned::get_ref), step) {
            (_, None) => return span,
            (None, Some(step)) => {
                let found = table.iter().find(|(key, _)| key.get_ref() == step.as_str());
                found.map(|(key, value)| {
                    span = Some(if matches!(value.get_ref(), DeValue::Table(_)) { key.span() } else { value.span() });
                    value
                })
            }
            (Some(DeValue::Array(values)), Some(step)) => {
                let found = step.parse().ok().and_then(|i: usize| values.get(i));
                span = found.map(Spanned::span).or(span);
                found
            }
            (Some(_), Some(_)) => None,
        };
        match value.map(Spanned::get_ref) {
            None => return span,
            Some(DeValue::Table(inner)) => (table, value) = (inner, None),
            Some(_) => {}
        }
    }
}

/// Line and column, from 1, of a place in the text.
pub(super) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "name = 'x'\n[people]\nreps = 7\nmix = { steady = 3 }\n[[outage]]\nname = 'a'\n[[outage]]\nname = 'b'\n";

    #[test]
    fn a_key_is_found_by_its_place_and_a_place_by_its_key() {
        for (path, word) in
            [("people.reps", "7"), ("people.mix.steady", "3"), ("outage.1.name", "'b'"), ("name", "'x'")]
        {
            let path: Path = path.split('.').map(str::to_owned).collect();
            let span = span_of(TEXT, &path).unwrap();
            assert_eq!(&TEXT[span.clone()], word);
            assert_eq!(path_at(TEXT, span), path);
        }
        assert_eq!(shown(&["outage".into(), "1".into(), "name".into()]), "outage[1].name");
    }

    #[test]
    fn a_key_that_is_left_out_is_placed_at_its_table() {
        let span = span_of(TEXT, &["people".into(), "tenants".into()]).unwrap();
        assert_eq!(line_and_column(TEXT, span.start), (2, 2));
        assert_eq!(span_of(TEXT, &["visits".into()]), None);
        assert_eq!(line_and_column("ä\nöx", 5), (2, 2));
    }
}
