//! Columns that line up.

use crate::paint::{Paint, Tone};

/// One entry.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    text: String,
    tone: Tone,
    to_the_right: bool,
}

impl Entry {
    /// In a tone.
    pub fn tone(mut self, tone: Tone) -> Entry {
        self.tone = tone;
        self
    }
}

/// Words, which stand at their column's left.
pub fn words(text: impl Into<String>) -> Entry {
    Entry { text: text.into(), ..Entry::default() }
}

/// A figure, which stands at its column's right.
pub fn figure(text: impl Into<String>) -> Entry {
    Entry { text: text.into(), to_the_right: true, ..Entry::default() }
}

/// Rows of entries.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Entry>>,
}

impl Table {
    /// Adds a row.
    pub fn row(&mut self, entries: impl Into<Vec<Entry>>) {
        self.rows.push(entries.into());
    }
    /// Adds another's rows.
    pub fn append(&mut self, other: Table) {
        self.rows.extend(other.rows);
    }
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    /// The rows as lines, two blanks between columns, `indent` before the first, none after the last.
    pub fn render(&self, paint: Paint, indent: usize) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column| self.rows.iter().filter_map(|row| row.get(column)).map(width_of).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(indent);
            let mut owed = 0;
            for (column, entry) in row.iter().enumerate() {
                let pad = widths[column] - width_of(entry);
                let before = owed + if entry.to_the_right { pad } else { 0 };
                owed = if entry.to_the_right { 2 } else { pad + 2 };
                if entry.text.is_empty() {
                    owed += before;
                    continue;
                }
                line.push_str(&" ".repeat(before));
                line.push_str(&paint.on(entry.tone, &entry.text));
            }
            out.push_str(&line);
            out.push('\n');
        }
        out
    }
}

/// All that is written here takes one place a character.
fn width_of(entry: &Entry) -> usize {
    entry.text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_no_line_ends_in_blanks() {
        let mut table = Table::default();
        table.row([words("name"), figure("count"), words("note")]);
        table.row([words("✓ a"), figure("1,234"), words("")]);
        table.row([words("longer"), figure(""), words("x").tone(Tone::Bad)]);
        let text = table.render(Paint::new(false), 1);
        assert_eq!(text, " name    count  note\n ✓ a     1,234\n longer         x\n");
        let coloured = table.render(Paint::new(true), 1);
        assert!(coloured.contains("longer         \u{1b}["), "colour takes no room: {coloured:?}");
    }
}
