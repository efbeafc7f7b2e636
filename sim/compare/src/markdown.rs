//! A comparison as Markdown, for a job's summary or a chat.

use crate::words::{SECTIONS, method, what};
use crate::{Comparison, Direction, Line};
use fieldday_paint::line;
use fieldday_paint::units::micros;
use std::fmt::Write as _;

/// The whole of it.
pub fn report(comparison: &Comparison) -> String {
    let mut out = String::new();
    let verdict = &comparison.verdict;
    line!(out, "## {} {}\n", verdict.outcome.sign(), verdict.outcome.words());
    line!(out, "New: {}. Baseline: {}.\n", plain(&what(&comparison.new)), plain(&what(&comparison.baseline)));
    verdict.reasons.iter().for_each(|reason| line!(out, "- {}", plain(reason)));
    if !comparison.limits.is_empty() {
        line!(out, "\n| | limit on change | |\n| --- | --- | --- |");
        for limit in &comparison.limits {
            line!(out, "| {} | {} | {} |", limit.outcome.sign(), plain(&limit.text), plain(&limit.says));
        }
    }
    for (title, say, _) in SECTIONS {
        lines(&mut out, title, &comparison.lines_that(say));
    }
    if !comparison.changes.is_empty() {
        line!(out, "\n### CAME OUT OTHERWISE\n\n| | | what | before | now |\n| --- | --- | --- | --- | --- |");
        for change in &comparison.changes {
            let sign = match change.direction {
                Direction::Worse => "✗",
                Direction::Better => "✓",
                Direction::Other => "·",
            };
            let (name, before, now) = (plain(&change.name), &change.baseline, &change.new);
            line!(out, "| {sign} | {} | {name} | {before} | {now} |", change.kind.words());
        }
    }
    out.push('\n');
    method(comparison).iter().for_each(|said| line!(out, "- {}", plain(said)));
    comparison.differences.iter().for_each(|said| line!(out, "- not the same: {}", plain(said)));
    comparison
        .left_out
        .iter()
        .for_each(|out_of| line!(out, "- not used: {}: {}", plain(&out_of.folder), plain(&out_of.why)));
    let not = comparison.not_compared.len();
    if not > 0 {
        line!(out, "- not compared for want of samples: {not}");
    }
    out
}

fn lines(out: &mut String, title: &str, lines: &[&Line]) {
    if lines.is_empty() {
        return;
    }
    line!(out, "\n### {title}\n\n| endpoint | | baseline | new | change | interval | |");
    line!(out, "| --- | --- | ---: | ---: | ---: | --- | --- |");
    for line in lines {
        line!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            plain(&line.label),
            line.percentile,
            micros(line.baseline_us),
            micros(line.new_us),
            line.mid(),
            line.ends(),
            line.phrase()
        );
    }
}

/// Text that is nothing but text in a cell of a table.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '#' | '[' | ']' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
