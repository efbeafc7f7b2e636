//! A run's summary on a terminal: the answer, then what ran, limits, rules, what reps felt, dangers and totals; last of all
//! the verdict once more, where the eye is when the run ends, with the lines to paste.

mod rules;

use crate::first::{Answer, StoryPaths};
use crate::{facts, sections};
use fieldday_folder::ON_THE_VIRTUAL_CLOCK;
use fieldday_folder::summary::Summary;
use fieldday_paint::document::{Body, On, Section};
use fieldday_paint::units::{count, counted};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{line, wrapped};
use std::fmt::Write as _;
use std::path::Path;

/// The whole report. `folder` is where the run's files are. Whatever is wider than the page has less on a line, but for
/// what is there to be pasted.
pub fn report(summary: &Summary, folder: Option<&str>, paint: Paint) -> String {
    let mut out = String::new();
    let stories = folder.map_or_else(StoryPaths::default, |folder| StoryPaths::of(Path::new(folder), Some(folder)));
    let answer = Answer::new(summary, &stories);
    answer.verdict(&mut out, paint);
    out.push_str(&answer.terminal(paint));
    sections::difference(summary).terminal(&mut out, paint);
    what_ran(&mut out, summary, paint);
    if summary.totals.attempts > 0 {
        for section in
            [sections::clocks, sections::endpoints, sections::failures, sections::scenario_limits, sections::target]
        {
            section(summary).terminal(&mut out, paint);
        }
        rules::write(&mut out, summary, paint);
        for section in
            [sections::felt, sections::findings, sections::hazards, sections::contract, sections::not_exercised]
        {
            section(summary).terminal(&mut out, paint);
        }
    }
    totals(summary, folder).terminal(&mut out, paint);
    out.push('\n');
    answer.verdict(&mut out, paint);
    for (what, text) in summary.to_paste() {
        line!(out, "  {what}: {}", paint.on(Tone::Strong, &text));
    }
    out
}

/// How much was done, at what cost, and where it is kept.
fn totals(summary: &Summary, folder: Option<&str>) -> Section {
    let mut section = Section::new("totals", "Totals");
    section.add(On::All, "", Body::Pairs(facts::totals(summary, folder)));
    section
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
    facts::network_traces(summary).iter().for_each(|traces| say(&format!("network traces of {traces}")));
}
