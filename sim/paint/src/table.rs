//! Columns that line up.

use crate::paint::{Paint, Tone};
use crate::text::one_line;
use std::borrow::Cow;

/// A cell of a table on a terminal.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    text: String,
    tone: Tone,
    to_the_right: bool,
}

impl Entry {
    /// The same entry in another tone.
    pub fn tone(mut self, tone: Tone) -> Entry {
        self.tone = tone;
        self
    }
}

/// Words, which stand at their column's left.
pub fn words(text: impl Into<String>) -> Entry {
    Entry { text: clean(text.into()), ..Entry::default() }
}

/// A figure, which stands at its column's right.
pub fn figure(text: impl Into<String>) -> Entry {
    Entry { text: clean(text.into()), to_the_right: true, ..Entry::default() }
}

/// On one line, and without what a terminal would act upon: some of it is what a target said.
fn clean(text: String) -> String {
    match one_line(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(line) => line,
    }
}

/// A table on a terminal, whose columns are as wide as their entries.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Entry>>,
}

impl Table {
    /// Adds a row at the end.
    pub fn row(&mut self, entries: impl Into<Vec<Entry>>) {
        self.rows.push(entries.into());
    }
    /// Adds the rows of another table at the end.
    pub fn append(&mut self, other: Table) {
        self.rows.extend(other.rows);
    }
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    /// The rows as lines, two blanks between columns, `indent` before the first, none after the last.
    pub fn render(&self, paint: Paint, indent: usize) -> String {
        let layout = Layout { columns: self.columns(), indent, last: None };
        self.rows.iter().map(|row| layout.row(row, paint)).collect()
    }
    /// The same within the page's width. What does not fit: the columns of `may_go` leave, the first of them first; a last
    /// column of words is wrapped; and in the end the first column is shortened.
    pub fn render_within(&self, paint: Paint, indent: usize, may_go: &[usize]) -> String {
        let mut layout = Layout { columns: self.columns(), indent, last: None };
        for column in may_go {
            if layout.width() > paint.width() {
                layout.columns.retain(|(place, _)| place != column);
            }
        }
        if layout.width() > paint.width() && self.ends_in_words() {
            layout.wrap_last(paint.width());
        }
        let too_much = layout.width().saturating_sub(paint.width());
        if let Some((_, first)) = layout.columns.first_mut() {
            *first = first.saturating_sub(too_much).max((*first).min(SHORTEST));
        }
        self.rows.iter().map(|row| layout.row(row, paint)).collect()
    }
    /// Every column by its place, with its width.
    fn columns(&self) -> Vec<(usize, usize)> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column| self.rows.iter().filter_map(|row| row.get(column)).map(width_of).max().unwrap_or(0);
        (0..columns).map(|column| (column, width(column))).collect()
    }
    fn ends_in_words(&self) -> bool {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut last = self.rows.iter().filter_map(|row| row.get(columns.wrapping_sub(1)));
        columns > 1 && last.all(|entry| !entry.to_the_right)
    }
}

/// Names are not shortened below this.
const SHORTEST: usize = 14;
/// Words are not wrapped in a narrower column than this, but go on lines of their own.
const WORDS: usize = 20;

/// Which columns are shown, how wide, and where the last one's words go.
struct Layout {
    columns: Vec<(usize, usize)>,
    indent: usize,
    last: Option<Wrap>,
}

/// A last column whose words are wrapped.
struct Wrap {
    column: usize,
    /// Spaces before each line.
    indent: usize,
    width: usize,
    /// Whether it begins on the row's own line.
    beside: bool,
}

impl Layout {
    fn width(&self) -> usize {
        let columns: usize = self.columns.iter().map(|(_, width)| width + 2).sum();
        self.indent + columns.saturating_sub(2)
    }
    fn wrap_last(&mut self, page: usize) {
        let Some((column, _)) = self.columns.pop() else { return };
        let before = self.width() + 2;
        let beside = page >= before + WORDS;
        let indent = if beside { before } else { self.indent + 4 };
        self.last = Some(Wrap { column, indent, width: page.saturating_sub(indent).max(WORDS), beside });
    }
    /// A row's line, or lines.
    fn row(&self, row: &[Entry], paint: Paint) -> String {
        let mut line = " ".repeat(self.indent);
        let (mut at, mut owed) = (self.indent, 0);
        for (column, width) in &self.columns {
            let Some(entry) = row.get(*column) else { continue };
            let text = shortened(&entry.text, *width);
            let pad = width - text.chars().count();
            let before = owed + if entry.to_the_right { pad } else { 0 };
            owed = if entry.to_the_right { 2 } else { pad + 2 };
            if text.is_empty() {
                owed += before;
                continue;
            }
            line.push_str(&" ".repeat(before));
            line.push_str(&paint.on(entry.tone, &text));
            at += before + text.chars().count();
        }
        let last = self.last.as_ref().and_then(|wrap| Some((wrap, row.get(wrap.column)?)));
        if let Some((wrap, entry)) = last {
            for (number, text) in wrapped(&entry.text, wrap.width).iter().enumerate() {
                if number > 0 || !wrap.beside {
                    line.push('\n');
                    at = 0;
                }
                line.push_str(&" ".repeat(wrap.indent.saturating_sub(at)));
                line.push_str(&paint.on(entry.tone, text));
            }
        }
        line.push('\n');
        line
    }
}

/// A name in at most so many characters: its middle goes first, for names differ at their ends.
pub fn shortened(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let tail = width.saturating_sub(1) / 2;
    let head = width.saturating_sub(1) - tail;
    let end: String = text.chars().skip(length - tail).collect();
    format!("{}…{end}", text.chars().take(head).collect::<String>())
}

/// Text in lines of `width` characters at most, if its words allow. A figure stays with its unit.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let text = one_line(text);
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let is_figure = word.ends_with(|c: char| c.is_ascii_digit());
        let unit = words.next_if(|next| is_figure && UNITS.contains(&next.trim_end_matches([',', ';', ':'])));
        let word = unit.map_or(word.to_owned(), |unit| format!("{word} {unit}"));
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// What stays with the figure before it.
const UNITS: [&str; 9] = ["µs", "ms", "s", "min", "h", "%", "kB", "MB", "GB"];

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

    fn wide() -> Table {
        let mut table = Table::default();
        table.row([words("✓ PATCH appointments/{id}"), figure("1,160"), figure("440 ms"), words("")]);
        table.row([words("✗ GET tasks"), figure("12"), figure("≥10 s"), words("nobody knows why it took so long")]);
        table
    }

    #[test]
    fn what_does_not_fit_leaves_then_wraps_then_is_shortened() {
        let within = |width: usize, may_go: &[usize]| wide().render_within(Paint::new(false).within(width), 2, may_go);
        assert_eq!(within(120, &[1]), wide().render(Paint::new(false), 2), "all of it fits");
        let wraps = "  ✓ PATCH appointments/{id}  440 ms\n  ✗ GET tasks                 ≥10 s  nobody knows why it\n                                     took so long\n";
        assert_eq!(within(60, &[1]), wraps);
        let below = within(40, &[]);
        assert_eq!(
            below,
            "  ✓ PATCH app…tments/{id}  1,160  440 ms\n  ✗ GET tasks                 12   ≥10 s\n      nobody knows why it took so long\n"
        );
    }

    #[test]
    fn names_keep_both_ends_and_text_wraps_at_words() {
        assert_eq!(shortened("shift.clock-in.once", 11), "shift….once");
        assert_eq!([shortened("abc", 3), shortened("abcd", 3)], ["abc", "a…d"]);
        assert_eq!(wrapped("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrapped("abcdefgh i", 4), ["abcdefgh", "i"]);
        assert_eq!(wrapped("p99 7.2 min, max", 8), ["p99", "7.2 min,", "max"]);
        assert!(wrapped("  ", 4).is_empty());
    }
}
