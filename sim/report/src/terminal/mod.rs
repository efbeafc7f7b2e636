//! A run's summary on a terminal: what ran, limits, rules, what reps felt, dangers, totals; and of a run that failed, last
//! of all, what broke and the line to paste.

mod clocks;
mod contract;
mod failure;
mod felt;
mod limits;
mod rules;
pub(crate) mod scenario_limits;
mod totals;

use crate::build::ON_THE_VIRTUAL_CLOCK;
use crate::paint::{Paint, Tone};
use crate::summary::{Outcome, Summary};
use crate::units::{count, counted};
use std::fmt::Write as _;

/// Writes to a String, which cannot fail.
macro_rules! line {
    ($out:expr, $($arg:tt)*) => {{ let _ = writeln!($out, $($arg)*); }};
}
pub(crate) use line;

/// The whole report. `folder` is where the run's files are.
pub fn report(summary: &Summary, folder: Option<&str>, colour: bool) -> String {
    let paint = Paint::new(colour);
    let mut out = String::new();
    what_ran(&mut out, summary, paint);
    if summary.totals.requests > 0 {
        limits::write(&mut out, summary, paint);
        clocks::write(&mut out, summary, paint);
        scenario_limits::write(&mut out, summary, paint);
        rules::write(&mut out, summary, paint);
        felt::write(&mut out, summary, paint);
        hazards(&mut out, summary, paint);
        contract::write(&mut out, summary, paint);
    }
    totals::write(&mut out, summary, folder, paint);
    failure::write(&mut out, summary, paint);
    verdict(&mut out, summary, paint);
    out
}

/// A section's first line, with a blank one before it.
pub(crate) fn heading(out: &mut String, paint: Paint, title: &str, note: &str) {
    let gap = if note.is_empty() { "" } else { "  " };
    line!(out, "\n{}{gap}{}", paint.on(Tone::Strong, title), paint.on(Tone::Faint, note));
}

fn what_ran(out: &mut String, summary: &Summary, paint: Paint) {
    let ran = &summary.ran;
    line!(out, "{}  seed {}", paint.on(Tone::Strong, &ran.scenario), ran.seed);
    for about in wrapped(ran.about.trim(), WIDTH - 2) {
        line!(out, "  {about}");
    }
    let cells = match (ran.cells_ran, ran.cells) {
        (ran, of) if ran == of => counted(of, "cell", "cells"),
        (ran, of) => format!("{} of {} cells", count(ran), count(of)),
    };
    let (reps, tenants) = (counted(ran.reps, "rep", "reps"), counted(ran.tenants, "tenant", "tenants"));
    line!(out, "\n  {reps} in {tenants}, {cells}; {}", ran.target);
    let time = if ran.target == ON_THE_VIRTUAL_CLOCK { "virtual time" } else { "the plan's day" };
    line!(out, "  {}; {time} {} to {}", ran.dates.join(", "), ran.starts_at, ran.ends_at);
    for (what, names) in [("with defects", &ran.defects), ("without", &ran.without)] {
        if !names.is_empty() {
            line!(out, "  {what} {}", names.join(", "));
        }
    }
}

fn hazards(out: &mut String, summary: &Summary, paint: Paint) {
    let seen: Vec<_> = summary.hazards.iter().filter(|hazard| hazard.count > 0).collect();
    if seen.is_empty() {
        return;
    }
    heading(out, paint, "HAZARDS", "nothing is broken, and somebody is harmed all the same");
    for hazard in seen {
        let mark = paint.on(Tone::Doubt, "!");
        line!(out, "  {mark} {}  {}", hazard.hazard, counted(hazard.count, "case", "cases"));
        for text in wrapped(&hazard.sentence, WIDTH - 4) {
            line!(out, "    {text}");
        }
        if let Some(first) = &hazard.first {
            line!(out, "    first: {} {}", first.local, first.who);
        }
    }
}

fn verdict(out: &mut String, summary: &Summary, paint: Paint) {
    let (mark, word, tone) = match summary.verdict.outcome {
        Outcome::Held => ("✓", "held", Tone::Good),
        Outcome::Broken => ("✗", "broken", Tone::Bad),
        Outcome::Invalid => ("?", "invalid", Tone::Doubt),
        Outcome::Interrupted => ("?", "interrupted", Tone::Doubt),
    };
    let reasons = wrapped(&summary.verdict.reasons.join("; "), WIDTH - word.len() - 4);
    let gap = format!("\n{}", " ".repeat(word.len() + 4));
    line!(out, "\n{}  {}", paint.on(tone, &format!("{mark} {word}")), reasons.join(&gap));
    if summary.verdict.outcome != Outcome::Held {
        line!(out, "  again: {}", paint.on(Tone::Strong, &summary.reproduce));
        // A live run's failures are told as stories in its folder: no seed gives them again.
        let is_virtual = summary.ran.target == ON_THE_VIRTUAL_CLOCK;
        if is_virtual && summary.verdict.outcome == Outcome::Broken && !summary.violations.is_empty() {
            let shrink = summary.reproduce.replacen("fieldday run", "fieldday shrink", 1);
            line!(out, "  small: {}", paint.on(Tone::Strong, shrink.trim_end_matches(" --record")));
        }
    }
}

/// The width that the report keeps to where it can.
pub(crate) const WIDTH: usize = 100;

/// Text in lines of `width` characters at most, if its words allow.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_at_words_and_long_words_stay_whole() {
        assert_eq!(wrapped("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrapped("abcdefgh i", 4), ["abcdefgh", "i"]);
        assert!(wrapped("  ", 4).is_empty());
    }
}
