//! A comparison as a page: one file that needs nothing else, in the style of a run's report.

use crate::words::{SECTIONS, method, what};
use crate::{Comparison, Direction, Line, Outcome, Says};
use askama::Template;
use fieldday_paint::frame::Frame;
use fieldday_paint::units::micros;

/// The picture of an interval shows a half to twice as much.
const WIDEST: f64 = std::f64::consts::LN_2;

#[derive(Template)]
#[template(path = "compare.html")]
struct Body<'a> {
    comparison: &'a Comparison,
    class: &'static str,
    word: &'static str,
    new: String,
    baseline: String,
    sections: Vec<Section<'a>>,
    method: Vec<String>,
}

struct Section<'a> {
    id: &'static str,
    title: &'static str,
    note: &'static str,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    line: &'a Line,
    class: &'static str,
    baseline: String,
    new: String,
    /// From where to where the interval is drawn, and its middle, in percent.
    from: f64,
    width: f64,
    mid: f64,
}

impl Body<'_> {
    fn sign(&self, outcome: &Outcome) -> &'static str {
        outcome.sign()
    }
    fn class_of(&self, outcome: &Outcome) -> &'static str {
        class_of(*outcome)
    }
    fn direction(&self, direction: &Direction) -> (&'static str, &'static str) {
        match direction {
            Direction::Worse => ("✗", "is-broken"),
            Direction::Better => ("✓", "is-held"),
            Direction::Other => ("·", "is-quiet"),
        }
    }
}

fn class_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NoWorse => "is-held",
        Outcome::Worse => "is-broken",
        Outcome::CannotTell => "is-doubt",
    }
}

/// The page.
pub fn html(comparison: &Comparison) -> String {
    let ids = [("changed", "Changed"), ("open", "Cannot tell"), ("same", "No difference that matters")];
    let sections: Vec<Section<'_>> = SECTIONS
        .iter()
        .zip(ids)
        .map(|((_, say, note), (id, title))| Section {
            id,
            title,
            note,
            rows: comparison.lines_that(say).into_iter().map(row).collect(),
        })
        .filter(|section| !section.rows.is_empty())
        .collect();
    let mut toc: Vec<(&str, String)> = Vec::new();
    if !comparison.limits.is_empty() {
        toc.push(("limits", "Limits on change".to_owned()));
    }
    toc.extend(sections.iter().map(|section| (section.id, section.title.to_owned())));
    if !comparison.changes.is_empty() {
        toc.push(("otherwise", "Came out otherwise".to_owned()));
    }
    toc.push(("how", "How it was judged".to_owned()));
    let outcome = comparison.verdict.outcome;
    let body = Body {
        comparison,
        class: match outcome {
            Outcome::NoWorse => "held",
            Outcome::Worse => "broken",
            Outcome::CannotTell => "invalid",
        },
        word: outcome.words(),
        new: what(&comparison.new),
        baseline: what(&comparison.baseline),
        sections,
        method: method(comparison),
    };
    let frame = Frame {
        title: "Comparison of runs",
        kind: "Comparison",
        sections: &toc,
        // Writing to memory: it cannot fail.
        body: &body.render().unwrap_or_default(),
        data: &[],
        scripts: &[],
    };
    frame.html()
}

fn row(line: &Line) -> Row<'_> {
    let place = |log: f64| ((log / WIDEST + 1.0) / 2.0).clamp(0.0, 1.0) * 100.0;
    let [low, high] = line.interval.unwrap_or([line.ratio; 2]);
    let (from, until) = (place(libm::log(low)), place(libm::log(high)));
    Row {
        line,
        class: match line.says {
            Says::Slower => "is-broken",
            Says::Faster | Says::NoDifference => "is-held",
            Says::CannotTell => "is-doubt",
        },
        baseline: micros(line.baseline_us),
        new: micros(line.new_us),
        from,
        width: until - from,
        mid: place(libm::log(line.ratio)),
    }
}
