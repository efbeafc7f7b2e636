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

/// Something to be said.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Document {
    /// What kind of page it is: `Comparison`.
    pub kind: &'static str,
    /// The title of its page.
    pub title: String,
    /// What it comes to.
    pub verdict: Option<Verdict>,
    /// What stands before the first section.
    pub lead: Vec<Block>,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// What a document comes to.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// Whether it is good.
    pub mark: Mark,
    /// In a word.
    pub word: String,
    /// In a sentence: the title of the page.
    pub headline: String,
    /// Why, or what else: a sentence each.
    pub reasons: Vec<String>,
    /// What it is about.
    pub about: String,
    /// Where text has it.
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
    /// The sign.
    pub sign: &'static str,
    /// What it means.
    pub tone: Tone,
}

impl Mark {
    /// All is well.
    pub const GOOD: Mark = Mark { sign: "✓", tone: Tone::Good };
    /// Something is broken, or worse.
    pub const BAD: Mark = Mark { sign: "✗", tone: Tone::Bad };
    /// Nobody can tell.
    pub const DOUBT: Mark = Mark { sign: "?", tone: Tone::Doubt };
    /// Something to know.
    pub const NOTE: Mark = Mark { sign: "!", tone: Tone::Doubt };
    /// Neither good nor bad.
    pub const OPEN: Mark = Mark { sign: "·", tone: Tone::Plain };
    /// The same as before.
    pub const SAME: Mark = Mark { sign: "=", tone: Tone::Good };
    /// It did not come to an end.
    pub const CUT: Mark = Mark { sign: "–", tone: Tone::Doubt };
    /// From here on something is different.
    pub const FROM: Mark = Mark { sign: "→", tone: Tone::Doubt };
}

/// On which media something is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    /// On all.
    All,
    /// In text: terminal and Markdown.
    Text,
    /// On a page alone.
    Page,
    /// Not on a terminal, where it would push the rest out of sight.
    Files,
    /// On a terminal alone.
    Terminal,
    /// On terminal and page, not in Markdown, which is short.
    Screens,
    /// In Markdown alone.
    Markdown,
}

/// A medium.
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

/// A section.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Section {
    /// Its id on a page.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Whether the heading is a name, which a terminal does not write in capitals.
    pub is_name: bool,
    /// What kind of figures it has, in a word: `measured`.
    pub tag: Option<&'static str>,
    /// What it is about.
    pub note: String,
    /// What is in it.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// Where it is shown.
    pub on: On,
    /// A heading of its own; none if empty.
    pub title: String,
    /// What it is.
    pub body: Body,
}

/// What a block is.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    /// A paragraph.
    Text(String),
    /// Items, each with its mark.
    List(Vec<Item>),
    /// A table.
    Table(Table),
    /// A chart, as HTML: shown on pages alone.
    Chart(String),
    /// Facts with their titles.
    Pairs(Vec<(&'static str, String)>),
    /// A few numbers that matter most.
    Numbers(Vec<Number>),
    /// A line to be pasted, with what it does.
    Paste(&'static str, String),
}

/// An item of a list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Item {
    /// Its mark, if it has one.
    pub mark: Option<Mark>,
    /// The name of what it is about; none if empty.
    pub name: String,
    /// Where a page leads from the name: `#rule-tenancy.isolated`; nowhere if empty.
    pub link: String,
    /// What it says.
    pub text: String,
    /// What else there is to it, a line each.
    pub more: Vec<String>,
}

impl Item {
    /// With a mark.
    pub fn marked(mark: Mark, text: impl Into<String>) -> Item {
        Item { mark: Some(mark), text: text.into(), ..Item::default() }
    }
    /// With a mark, about something that has a name.
    pub fn about(mark: Mark, name: impl Into<String>, text: impl Into<String>) -> Item {
        Item { name: name.into(), ..Item::marked(mark, text) }
    }
}

/// A number that matters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Number {
    /// What it counts.
    pub what: &'static str,
    /// The number with its unit.
    pub value: String,
    /// What it is a part of, or how it was measured.
    pub note: String,
}

/// Rows under heads.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
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

/// A column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its head.
    pub head: &'static str,
    /// Whether it has figures, which stand to the right.
    pub is_figures: bool,
    /// Where it is shown.
    pub on: On,
    /// Whether it needs no head on a terminal.
    pub is_obvious: bool,
}

/// A column of words.
pub const fn words(head: &'static str) -> Column {
    Column { head, is_figures: false, on: On::All, is_obvious: false }
}

/// A column of figures.
pub const fn figures(head: &'static str) -> Column {
    Column { is_figures: true, ..words(head) }
}

impl Column {
    /// Shown there alone.
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

/// A row.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Row {
    /// Its mark, if it has one.
    pub mark: Option<Mark>,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// What that means.
    pub tone: Tone,
    /// Where it leads on a page.
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
    /// In a tone.
    pub fn tone(mut self, tone: Tone) -> Cell {
        self.tone = tone;
        self
    }
}

impl Section {
    /// An empty one.
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
    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<Cell>>) {
        self.rows.push(Row { mark: None, cells: cells.into_iter().map(Into::into).collect() });
    }
    /// Adds a row with a mark.
    pub fn marked(&mut self, mark: Mark, cells: impl IntoIterator<Item = impl Into<Cell>>) {
        self.rows.push(Row { mark: Some(mark), cells: cells.into_iter().map(Into::into).collect() });
    }
    /// With these rows alone.
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
