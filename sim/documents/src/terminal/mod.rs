//! A run's summary on a terminal: the answer, then what ran, limits, rules, what reps felt, dangers and totals; last of all
//! the verdict once more, where the eye is when the run ends, with the lines to paste.

mod contract;
mod differs;
mod rules;
mod totals;

use crate::first::{Answer, StoryPaths};
use crate::{tables, target};
use fieldday_folder::ON_THE_VIRTUAL_CLOCK;
use fieldday_folder::summary::Summary;
use fieldday_paint::document::Table;
use fieldday_paint::text::{faint, heading};
use fieldday_paint::units::{count, counted};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{line, wrapped};
use std::fmt::Write as _;
use std::path::Path;

/// Kinds of failures that a terminal shows.
const FAILURES: usize = 15;

/// The whole report. `folder` is where the run's files are. Whatever is wider than the page has less on a line, but for
/// what is there to be pasted.
pub fn report(summary: &Summary, folder: Option<&str>, paint: Paint) -> String {
    let mut out = String::new();
    let stories = folder.map_or_else(StoryPaths::default, |folder| StoryPaths::of(Path::new(folder), Some(folder)));
    let answer = Answer::new(summary, &stories);
    answer.verdict(&mut out, paint);
    out.push_str(&answer.terminal(paint));
    differs::write(&mut out, summary, paint);
    what_ran(&mut out, summary, paint);
    if summary.totals.attempts > 0 {
        // On the wall clock the target's own time comes first: what the phone saw has the simulated network in it.
        let clocks = "wire: time at the target; due: from the planned moment; felt: how long the rep waited";
        table(&mut out, paint, "CLOCKS", clocks, &tables::clocks(summary));
        let attempts = "attempts as the phone saw them, against the spec's time limits";
        table(&mut out, paint, "LIMITS", attempts, &tables::endpoints(summary));
        faint(&mut out, paint, tables::ENDPOINTS_SAY);
        failures(&mut out, summary, paint);
        let asked = "limits in addition to the spec's: the scenario's own, and the built-in ones";
        table(&mut out, paint, "SCENARIO LIMITS", asked, &tables::scenario_limits(summary));
        of_the_target(&mut out, summary, paint);
        rules::write(&mut out, summary, paint);
        let over = format!("over {}", counted(summary.felt.rep_days, "rep's day", "reps' days"));
        table(&mut out, paint, "WHAT REPS FELT", &over, &tables::felt(&summary.felt));
        findings(&mut out, summary, paint);
        hazards(&mut out, summary, paint);
        contract::write(&mut out, summary, paint);
    }
    totals::write(&mut out, summary, folder, paint);
    out.push('\n');
    answer.verdict(&mut out, paint);
    for (what, text) in summary.to_paste() {
        line!(out, "  {what}: {}", paint.on(Tone::Strong, &text));
    }
    out
}

/// A section that is a table; none if that is empty.
fn table(out: &mut String, paint: Paint, title: &str, note: &str, table: &Table) {
    if !table.rows.is_empty() {
        heading(out, paint, title, note);
        out.push_str(&table.terminal(paint));
    }
}

/// What its exporters told, and what they did not.
fn of_the_target(out: &mut String, summary: &Summary, paint: Paint) {
    let Some(metrics) = &summary.target_metrics else { return };
    heading(out, paint, "THE TARGET", target::SAYS);
    let table = target::table(summary);
    if !table.rows.is_empty() {
        out.push_str(&table.terminal(paint));
    }
    for note in target::notes(metrics) {
        faint(out, paint, &note);
    }
}

fn failures(out: &mut String, summary: &Summary, paint: Paint) {
    let mut of = tables::failures(summary);
    let more = of.rows.len().saturating_sub(FAILURES);
    of.rows.truncate(FAILURES);
    table(out, paint, "FAILURES", "unexpected answers of the target, the most frequent first", &of);
    if more > 0 {
        faint(out, paint, &format!("{} in summary.json", counted(more as u64, "more kind", "more kinds")));
    }
}

fn what_ran(out: &mut String, summary: &Summary, paint: Paint) {
    let ran = &summary.ran;
    line!(out, "\n{}  seed {}", paint.on(Tone::Strong, &ran.scenario), ran.seed);
    let mut say = |text: &str| wrapped(text, paint.prose(2)).iter().for_each(|text| line!(out, "  {text}"));
    say(ran.about.trim());
    let cells = match (ran.cells_ran, ran.cells) {
        (ran, of) if ran == of => counted(of, "cell", "cells"),
        (ran, of) => format!("{} of {} cells", count(ran), count(of)),
    };
    let (reps, tenants) = (counted(ran.reps, "rep", "reps"), counted(ran.tenants, "tenant", "tenants"));
    line!(out, "");
    let mut say = |text: &str| wrapped(text, paint.prose(2)).iter().for_each(|text| line!(out, "  {text}"));
    say(&format!("{reps} in {tenants}, {cells}; {}", ran.target));
    let time = if ran.target == ON_THE_VIRTUAL_CLOCK { "virtual time" } else { "the plan's day" };
    say(&format!("{}; {time} {} to {}", ran.dates.join(", "), ran.starts_at, ran.ends_at));
    for (what, names) in [("with defects", &ran.defects), ("without", &ran.without)] {
        if !names.is_empty() {
            say(&format!("{what} {}", names.join(", ")));
        }
    }
}

fn findings(out: &mut String, summary: &Summary, paint: Paint) {
    if summary.findings.is_empty() {
        return;
    }
    heading(
        out,
        paint,
        "FINDINGS",
        "cases that the specification leaves open or the scenario accepts; no rule is broken",
    );
    for finding in &summary.findings {
        let (mark, cases) = (paint.on(Tone::Doubt, "!"), counted(finding.count, "case", "cases"));
        line!(out, "  {mark} {}  {cases}  §{}", finding.of, finding.section);
        let mut say = |text: &str| wrapped(text, paint.prose(4)).iter().for_each(|text| line!(out, "    {text}"));
        say(&finding.sentence);
        if let Some(why) = &finding.why {
            say(&format!("why: {why}"));
        }
        if let Some(first) = &finding.first {
            say(&format!("first: {}, {}, {}", first.says, first.local, first.who));
        }
    }
}

/// Endpoints that are told of a hazard that measures show.
const MEASURED: usize = 3;

fn hazards(out: &mut String, summary: &Summary, paint: Paint) {
    let seen: Vec<_> = summary.hazards.iter().filter(|hazard| hazard.count > 0).collect();
    if seen.is_empty() {
        return;
    }
    heading(out, paint, "HAZARDS", "no rule is broken, but people can be harmed");
    for hazard in seen {
        let mark = paint.on(Tone::Doubt, "!");
        line!(out, "  {mark} {}  {}", hazard.hazard, counted(hazard.count, "case", "cases"));
        for text in wrapped(&hazard.sentence, paint.prose(4)) {
            line!(out, "    {text}");
        }
        for text in hazard.measured.iter().take(MEASURED).flat_map(|text| wrapped(text, paint.prose(4))) {
            line!(out, "    {text}");
        }
        if let Some(more) = hazard.measured.len().checked_sub(MEASURED + 1) {
            line!(out, "    and {} in summary.json", counted(more as u64 + 1, "more endpoint", "more endpoints"));
        }
        if let Some(first) = &hazard.first {
            let first = format!("first: {} {}", first.local, first.who);
            wrapped(&first, paint.prose(4)).iter().for_each(|text| line!(out, "    {text}"));
        }
    }
}
