//! What is to be said, before it is known where: a document of sections with texts, lists, tables and charts.
//!
//! Whoever has something to say makes a [`Document`] once. A renderer for each medium turns it into text for a
//! [terminal](Document::terminal), [Markdown](Document::markdown) or a [page](Document::html). A figure is put into words
//! before it comes here, so it reads the same in all of them. For programs the data itself is written, as [JSON](crate::json).

mod markdown;
mod page;
mod terminal;

use crate::Tone;
pub use page::html;

/// A document that can be a page, Markdown, or text for a terminal.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Document {
    /// The kind of document, as the page's head names it: `Comparison`.
    pub kind: &'static str,
    /// The title of its page.
    pub title: String,
    /// The verdict, which comes first; none of a document without one.
    pub verdict: Option<Verdict>,
    /// What stands before the first section.
    pub lead: Vec<Block>,
    /// The sections, in their order.
    pub sections: Vec<Section>,
}

/// The verdict of a document, with what led to it.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// The sign and colour of the verdict.
    pub mark: Mark,
    /// The verdict in a word.
    pub word: String,
    /// In a sentence: the title of the page.
    pub headline: String,
    /// The reasons for the verdict, a sentence each.
    pub reasons: Vec<String>,
    /// What was judged: runs, scenario, seed.
    pub about: String,
    /// The place of the verdict in text.
    pub place: Place,
}

/// Where the verdict stands in text. On a page it is always the first thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// At its end, where a terminal's eye is: the word.
    Last,
    /// At its beginning: the sentence.
    First,
    /// Nowhere: the sections say it.
    Page,
}

/// A sign before something that is good, bad, or neither. Never colour alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The sign, a single character.
    pub sign: &'static str,
    /// The meaning of the sign, which decides its colour.
    pub tone: Tone,
}

impl Mark {
    /// For what is as it should be.
    pub const GOOD: Mark = Mark { sign: "✓", tone: Tone::Good };
    /// Something is broken, or worse.
    pub const BAD: Mark = Mark { sign: "✗", tone: Tone::Bad };
    /// For what could not be decided.
    pub const DOUBT: Mark = Mark { sign: "?", tone: Tone::Doubt };
    /// For what the reader should know.
    pub const NOTE: Mark = Mark { sign: "!", tone: Tone::Doubt };
    /// For what is neither good nor bad.
    pub const OPEN: Mark = Mark { sign: "·", tone: Tone::Plain };
    /// For what is the same as before.
    pub const SAME: Mark = Mark { sign: "=", tone: Tone::Good };
    /// For what did not come to an end.
    pub const CUT: Mark = Mark { sign: "–", tone: Tone::Doubt };
    /// For the point from which something is different.
    pub const FROM: Mark = Mark { sign: "→", tone: Tone::Doubt };
}

/// On which media something is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    /// On every medium.
    All,
    /// In text: terminal and Markdown.
    Text,
    /// On a page alone, not in text.
    Page,
    /// Not on a terminal, where it would push the rest out of sight.
    Files,
    /// On a terminal alone, not in files.
    Terminal,
    /// On terminal and page, not in Markdown, which is short.
    Screens,
    /// In Markdown alone, neither on a terminal nor on a page.
    Markdown,
}

/// A medium that a document is written for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Medium {
    Terminal,
    Markdown,
    Page,
}

impl On {
    fn is(self, medium: Medium) -> bool {
        match self {
            On::All => true,
            On::Text => medium != Medium::Page,
            On::Page => medium == Medium::Page,
            On::Files => medium != Medium::Terminal,
            On::Terminal => medium == Medium::Terminal,
            On::Screens => medium != Medium::Markdown,
            On::Markdown => medium == Medium::Markdown,
        }
    }
}

/// A part of a document under a heading.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Section {
    /// The id of the section's element on a page.
    pub id: String,
    /// The heading of the section.
    pub title: String,
    /// Whether the heading is a name, which a terminal does not write in capitals.
    pub is_name: bool,
    /// What kind of figures it has, in a word: `measured`.
    pub tag: Option<&'static str>,
    /// A sentence below the heading.
    pub note: String,
    /// The content of the section.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// The media on which it is shown.
    pub on: On,
    /// A heading of its own; none if empty.
    pub title: String,
    /// The content of the block.
    pub body: Body,
}

/// The content of a block.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    /// A paragraph of text.
    Text(String),
    /// Items, each with its mark.
    List(Vec<Item>),
    /// A table with heads.
    Table(Table),
    /// A chart, as HTML: shown on pages alone.
    Chart(String),
    /// Facts, each with a title.
    Pairs(Vec<(&'static str, String)>),
    /// A few numbers that matter most.
    Numbers(Vec<Number>),
    /// A line to be pasted, with what it does.
    Paste(&'static str, String),
}

/// An item of a list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Item {
    /// The mark before the item; none if it has none.
    pub mark: Option<Mark>,
    /// The name of what it is about; none if empty.
    pub name: String,
    /// Where a page leads from the name: `#rule-tenancy.isolated`; nowhere if empty.
    pub link: String,
    /// The sentence of the item.
    pub text: String,
    /// What else there is to it, a line each.
    pub more: Vec<String>,
}

impl Item {
    /// An item with a mark and a text.
    pub fn marked(mark: Mark, text: impl Into<String>) -> Item {
        Item { mark: Some(mark), text: text.into(), ..Item::default() }
    }
    /// With a mark, about something that has a name.
    pub fn about(mark: Mark, name: impl Into<String>, text: impl Into<String>) -> Item {
        Item { name: name.into(), ..Item::marked(mark, text) }
    }
}

/// A figure that is shown large, with its unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Number {
    /// What the figure counts or measures.
    pub what: &'static str,
    /// The number with its unit.
    pub value: String,
    /// What it is a part of, or how it was measured.
    pub note: String,
}

/// A table of a document: rows under heads.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// The columns, from left to right.
    pub columns: Vec<Column>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Row>,
    /// Whether the last row is the latest: a page has it first, a terminal last.
    pub is_by_time: bool,
    /// Whether its cells are sentences: a terminal has no columns for them.
    pub is_prose: bool,
    /// Of a table that a page shows to whoever opens it: the words to open it by.
    pub folded: Option<String>,
    /// The columns that leave a terminal that is too narrow for all, the first of them first.
    pub may_go: Vec<usize>,
}

/// A column of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// The words at the head of the column.
    pub head: &'static str,
    /// Whether it has figures, which stand to the right.
    pub is_figures: bool,
    /// The media on which the column is shown.
    pub on: On,
    /// Whether it needs no head on a terminal.
    pub is_obvious: bool,
}

/// A column of words, which stand to the left.
pub const fn words(head: &'static str) -> Column {
    Column { head, is_figures: false, on: On::All, is_obvious: false }
}

/// A column of figures, which stand to the right.
pub const fn figures(head: &'static str) -> Column {
    Column { is_figures: true, ..words(head) }
}

impl Column {
    /// The column on these media alone.
    pub const fn on(mut self, on: On) -> Column {
        self.on = on;
        self
    }
    /// Without a head on a terminal.
    pub const fn obvious(mut self) -> Column {
        self.is_obvious = true;
        self
    }
}

/// A row of a table.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Row {
    /// The mark before the row; none if it has none.
    pub mark: Option<Mark>,
    /// The cells, one for each column.
    pub cells: Vec<Cell>,
}

/// A cell of a table.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell {
    /// The text of the cell.
    pub text: String,
    /// The meaning of the text, which decides its colour.
    pub tone: Tone,
    /// The place that a page leads to from the cell; none if nowhere.
    pub link: Option<String>,
    /// What a page draws in its place, as HTML.
    pub drawn: Option<String>,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, ..Cell::default() }
    }
}
impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        text.to_owned().into()
    }
}
impl Cell {
    /// The cell in another tone.
    pub fn tone(mut self, tone: Tone) -> Cell {
        self.tone = tone;
        self
    }
}

impl Section {
    /// A section without blocks.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Section {
        Section { id: id.into(), title: title.into(), ..Section::default() }
    }
    /// Adds a block, if there is anything in it.
    pub fn add(&mut self, on: On, title: &str, body: Body) {
        let is_empty = match &body {
            Body::Text(text) | Body::Chart(text) => text.is_empty(),
            Body::List(items) => items.is_empty(),
            Body::Table(table) => table.rows.is_empty(),
            Body::Pairs(pairs) => pairs.is_empty(),
            Body::Numbers(numbers) => numbers.is_empty(),
            Body::Paste(_, line) => line.is_empty(),
        };
        if !is_empty {
            self.blocks.push(Block { on, title: title.to_owned(), body });
        }
    }
    fn shown(&self, medium: Medium) -> impl Iterator<Item = &Block> {
        let charts = medium == Medium::Page;
        self.blocks.iter().filter(move |block| block.on.is(medium) && (charts || !matches!(block.body, Body::Chart(_))))
    }
}

impl Table {
    /// An empty one with these columns.
    pub fn new(columns: impl Into<Vec<Column>>) -> Table {
        Table { columns: columns.into(), ..Table::default() }
    }
    /// Adds a row without a mark.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<Cell>>) {
        self.rows.push(Row { mark: None, cells: cells.into_iter().map(Into::into).collect() });
    }
    /// Adds a row with a mark.
    pub fn marked(&mut self, mark: Mark, cells: impl IntoIterator<Item = impl Into<Cell>>) {
        self.rows.push(Row { mark: Some(mark), cells: cells.into_iter().map(Into::into).collect() });
    }
    /// The table with the rows at these places alone.
    pub fn of_rows(&self, places: impl IntoIterator<Item = usize>) -> Table {
        let rows = places.into_iter().map(|place| self.rows[place].clone()).collect();
        Table { rows, ..self.clone() }
    }
    fn is_marked(&self) -> bool {
        self.rows.iter().any(|row| row.mark.is_some())
    }
    /// The columns of a medium, with their places.
    fn shown(&self, medium: Medium) -> Vec<(usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.on.is(medium)).collect()
    }
}

#[cfg(test)]
mod tests;
