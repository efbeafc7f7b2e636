//! How many of what size when: a heat map over a run of columns, sizes on a logarithmic scale, lines upon it.

use super::lines::{Line, Shape, View};
use super::scale::{Mark, Scale, Tick};
use super::{Axis, SIDE};
use askama::Template;
use std::fmt::Write as _;

/// The style's classes for the steps of colour, from the least to the most.
const STEPS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];

/// A heat map of times, in microseconds.
pub struct Heat<'a> {
    /// An id of its own on the page.
    pub id: &'a str,
    /// The heading of the chart.
    pub title: &'a str,
    /// What it says in a sentence, for who does not see it.
    pub alt: String,
    /// A sentence below the chart.
    pub note: String,
    /// One label for each column.
    pub labels: &'a [String],
    /// Where rows begin; the last one ends at the last of these.
    pub bounds: Vec<f64>,
    /// For each column, the count of each row.
    pub counts: Vec<Vec<u64>>,
    /// Lines that are drawn over the map, such as percentiles.
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

impl Heat<'_> {
    /// The figure over its axis, with its table.
    pub fn html_over(&self, x: &Axis) -> String {
        let shown = self.bounds.iter().copied().chain(self.rules.iter().map(|(value, _)| *value));
        let scale = Scale::time(shown);
        let mut shapes = self.cells(scale);
        let line = |line: &Line| Shape {
            name: line.name.clone(),
            colour: line.colour,
            class: "line",
            path: self.path(line, scale),
        };
        shapes.extend(self.lines.iter().map(line));
        let mut heads: Vec<String> = self.lines.iter().map(|line| line.name.clone()).collect();
        heads.extend(self.more.iter().map(|(head, _)| head.clone()));
        let rules = self.rules.iter().map(|(value, words)| Tick { at: scale.place(*value), words: words.clone() });
        let view = View {
            id: self.id,
            title: self.title,
            alt: &self.alt,
            note: &self.note,
            legend: true,
            height: "tall",
            shapes,
            marks: &self.marks,
            rules: rules.collect(),
            y: scale.ticks(|us| crate::units::tick(us as u64)),
            x,
            columns: "Time",
            axis: "",
            places: &[],
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
    /// A path a step of colour, each step four times as many as the one before.
    fn cells(&self, scale: Scale) -> Vec<Shape> {
        let most = self.counts.iter().flatten().copied().max().unwrap_or(0).max(1);
        let mut paths = vec![String::new(); STEPS.len()];
        let mut least = [u64::MAX; STEPS.len()];
        let width = SIDE / self.labels.len().max(1) as f64;
        for (column, counts) in self.counts.iter().enumerate() {
            for (row, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let (Some(from), Some(to)) = (self.bounds.get(row), self.bounds.get(row + 1)) else { continue };
                let fewer = (0..STEPS.len()).take_while(|step| count << (2 * step) < most).count();
                let step = STEPS.len() - 1 - fewer.min(STEPS.len() - 1);
                least[step] = least[step].min(*count);
                let (top, bottom) = ((1.0 - scale.place(*to)) * SIDE, (1.0 - scale.place(*from)) * SIDE);
                let left = column as f64 * width;
                let _ = write!(paths[step], "M{left:.1} {top:.0}h{width:.1}V{bottom:.0}h-{width:.1}Z");
            }
        }
        let shape = |(step, path): (usize, String)| {
            let name = if least[step] == u64::MAX {
                String::new()
            } else {
                format!("from {}", crate::units::count(least[step]))
            };
            Shape { name, colour: STEPS[step], class: "area", path }
        };
        paths.into_iter().enumerate().map(shape).filter(|shape| !shape.path.is_empty()).collect()
    }
    fn path(&self, line: &Line, scale: Scale) -> String {
        let (mut path, mut open) = (String::new(), false);
        for (column, value) in line.values.iter().enumerate() {
            let Some(value) = value else {
                open = false;
                continue;
            };
            let x = (column as f64 + 0.5) / self.labels.len().max(1) as f64 * SIDE;
            let _ = write!(path, "{}{x:.0} {:.0}", if open { 'L' } else { 'M' }, (1.0 - scale.place(*value)) * SIDE);
            open = true;
        }
        path
    }
}
