//! Values over a run of columns: lines, areas upon one another, or bars.

use super::scale::{Mark, Scale, Tick};
use super::{Axis, SIDE};
use askama::Template;
use std::fmt::Write as _;

/// The way in which a chart draws its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A line for each row of values.
    Lines,
    /// Areas, one upon the other.
    Stacked,
    /// Bars, one upon the other.
    Bars,
    /// A dot for each value.
    Dots,
}

/// A named row of values, one for each column.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// The name of the row in the legend.
    pub name: String,
    /// Which of the style's colours it has: `c1` to `c8`, `good`, `bad`, `doubt`, `quiet`.
    pub colour: &'static str,
    /// A value a column; none where there is none.
    pub values: Vec<Option<f64>>,
}

/// A chart over a run of columns.
pub struct LineChart<'a> {
    /// An id of its own on the page.
    pub id: &'a str,
    /// The heading of the chart.
    pub title: &'a str,
    /// What it says in a sentence, for who does not see it.
    pub alt: String,
    /// A sentence below the chart.
    pub note: String,
    /// The way in which the values are drawn.
    pub kind: Kind,
    /// The scale of the vertical axis.
    pub scale: Scale,
    /// What the columns are, in a word: the head of the table's first column.
    pub columns: &'a str,
    /// One label for each column.
    pub labels: &'a [String],
    /// The rows of values.
    pub lines: Vec<Line>,
    /// Stretches of time that are marked.
    pub marks: Vec<Mark>,
    /// Values to draw a rule at, with words: limits.
    pub rules: Vec<(f64, String)>,
    /// Gives a value in words, with its unit.
    pub words: fn(f64) -> String,
    /// Columns that are in the table alone.
    pub more: Vec<(String, Vec<String>)>,
}

/// What is drawn of a row.
pub(super) struct Shape {
    pub name: String,
    pub colour: &'static str,
    pub class: &'static str,
    pub path: String,
}

#[derive(Template)]
#[template(path = "chart.html")]
pub(super) struct View<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub alt: &'a str,
    pub note: &'a str,
    pub shapes: Vec<Shape>,
    pub legend: bool,
    pub height: &'static str,
    pub marks: &'a [Mark],
    pub rules: Vec<Tick>,
    pub y: Vec<Tick>,
    pub x: &'a Axis,
    pub columns: &'a str,
    /// The title of the horizontal axis; none if empty.
    pub axis: &'a str,
    /// Where each row's column stands, from 0 to 1; evenly if there are none.
    pub places: &'a [f64],
    pub heads: Vec<String>,
    pub rows: Vec<(String, Vec<String>)>,
}

impl View<'_> {
    /// Where a row's column stands, if that is not evenly.
    fn place(&self, row: &usize) -> Option<f64> {
        self.places.get(*row).copied()
    }
}

impl LineChart<'_> {
    /// The figure, with its table. Below it stand labels of columns.
    pub fn html(&self) -> String {
        self.html_over(&Axis::default())
    }
    /// The same over an axis of one's own: one without words has labels of columns. Bars and areas have even columns.
    pub fn html_over(&self, axis: &Axis) -> String {
        let labels = axis.has_no_words().then(|| Axis::of_columns(self.labels));
        let rules = self.rules.iter().map(|(value, words)| Tick { at: self.scale.place(*value), words: words.clone() });
        let mut heads: Vec<String> = self.lines.iter().map(|line| line.name.clone()).collect();
        heads.extend(self.more.iter().map(|(head, _)| head.clone()));
        let view = View {
            id: self.id,
            title: self.title,
            alt: &self.alt,
            note: &self.note,
            legend: self.lines.len() > 1,
            height: "",
            shapes: self.shapes(axis),
            marks: &self.marks,
            rules: rules.collect(),
            y: match self.scale {
                Scale::Time { .. } => self.scale.ticks(|us| crate::units::tick(us as u64)),
                _ => self.scale.ticks(self.words),
            },
            x: labels.as_ref().unwrap_or(axis),
            columns: self.columns,
            axis: &axis.title,
            places: &axis.places,
            heads,
            rows: self.labels.iter().enumerate().map(|(i, label)| (label.clone(), self.row(i))).collect(),
        };
        // Writing to memory: it cannot fail.
        view.render().unwrap_or_default()
    }

    fn row(&self, column: usize) -> Vec<String> {
        let value = |line: &Line| line.values.get(column).copied().flatten().map_or("–".to_owned(), self.words);
        let more = self.more.iter().map(|(_, values)| values.get(column).cloned().unwrap_or_default());
        self.lines.iter().map(value).chain(more).collect()
    }
    fn shapes(&self, axis: &Axis) -> Vec<Shape> {
        let columns = self.labels.len();
        let mut below = vec![0.0; columns];
        let mut shapes: Vec<Shape> = Vec::new();
        for line in &self.lines {
            let (class, path) = match self.kind {
                Kind::Lines => ("line", self.line(line, axis)),
                Kind::Dots => ("dots", self.dots(line, axis)),
                Kind::Stacked | Kind::Bars => {
                    let from = below.clone();
                    for (below, value) in below.iter_mut().zip(&line.values) {
                        *below += value.unwrap_or(0.0);
                    }
                    let area =
                        if self.kind == Kind::Bars { self.bars(&from, &below) } else { self.area(&from, &below) };
                    ("area", area)
                }
            };
            shapes.push(Shape { name: line.name.clone(), colour: line.colour, class, path });
        }
        shapes
    }
    fn x(&self, column: usize) -> f64 {
        (column as f64 + 0.5) / self.labels.len().max(1) as f64 * SIDE
    }
    /// Where a column stands on an axis that may have numbers.
    fn at(&self, column: usize, axis: &Axis) -> f64 {
        axis.places.get(column).map_or_else(|| self.x(column), |place| place * SIDE)
    }
    fn y(&self, value: f64) -> f64 {
        (1.0 - self.scale.place(value)) * SIDE
    }
    fn line(&self, line: &Line, axis: &Axis) -> String {
        let (mut path, mut open) = (String::new(), false);
        let point = |at: usize| line.values.get(at).copied().flatten();
        for column in 0..self.labels.len() {
            let Some(value) = point(column) else {
                open = false;
                continue;
            };
            let _ = write!(path, "{}{:.0} {:.0}", if open { 'L' } else { 'M' }, self.at(column, axis), self.y(value));
            // One that stands alone is a dot: a line of no length with round ends.
            if !open && point(column + 1).is_none() {
                path.push_str("h0");
            }
            open = true;
        }
        path
    }
    /// Lines of no length, with round ends.
    fn dots(&self, line: &Line, axis: &Axis) -> String {
        let dot = |(column, value): (usize, &Option<f64>)| {
            value.map(|value| format!("M{:.0} {:.0}h0", self.at(column, axis), self.y(value)))
        };
        line.values.iter().enumerate().filter_map(dot).collect()
    }
    fn area(&self, from: &[f64], to: &[f64]) -> String {
        if to.iter().zip(from).all(|(to, from)| to == from) {
            return String::new();
        }
        let mut path = String::new();
        for (column, value) in to.iter().enumerate() {
            let _ = write!(path, "{}{:.0} {:.0}", if column > 0 { 'L' } else { 'M' }, self.x(column), self.y(*value));
        }
        for (column, value) in from.iter().enumerate().rev() {
            let _ = write!(path, "L{:.0} {:.0}", self.x(column), self.y(*value));
        }
        path.push('Z');
        path
    }
    fn bars(&self, from: &[f64], to: &[f64]) -> String {
        let width = SIDE / self.labels.len().max(1) as f64;
        let gap = if self.labels.len() > 80 { 0.0 } else { width * 0.15 };
        let mut path = String::new();
        for (column, (from, to)) in from.iter().zip(to).enumerate().filter(|(_, (from, to))| to > from) {
            let (left, top, bottom) = (column as f64 * width + gap / 2.0, self.y(*to), self.y(*from));
            let _ = write!(path, "M{left:.1} {top:.0}h{:.1}V{bottom:.0}h-{:.1}Z", width - gap, width - gap);
        }
        path
    }
}
