//! `summary.md`: the answer, and what to do, for a job's summary or a chat. It names every broken rule; all else is bounded.

use super::{Source, sections, tables};
use crate::first::{self, Answer, StoryPaths};
use crate::{conformance, shards};
use fieldday_folder::summary::*;
use fieldday_paint::line;
use fieldday_paint::text::markdown;
use fieldday_paint::units::{counted, enough};
use std::fmt::Write as _;
use std::io;

/// The level of the headings of sections.
const LEVEL: usize = 3;
/// The most endpoints that the table shows.
const SLOWEST: usize = 6;

pub(super) fn render(source: &Source<'_>) -> io::Result<String> {
    let summary = source.summary;
    let mut out = String::new();
    answer(&mut out, source);
    sections::failures(summary).markdown(&mut out, LEVEL);
    slowest(&mut out, summary);
    sections::target(summary).markdown(&mut out, LEVEL);
    held(&mut out, summary);
    for section in [sections::difference, sections::findings, sections::hazards] {
        section(summary).markdown(&mut out, LEVEL);
    }
    paste(&mut out, source);
    Ok(out)
}

fn answer(out: &mut String, source: &Source<'_>) {
    let summary = source.summary;
    let answer = Answer::new(summary, &StoryPaths::of(source.folder, None));
    let mark = match summary.verdict.outcome {
        Outcome::Held => "✅",
        Outcome::Broken => "❌",
        Outcome::Invalid | Outcome::Interrupted => "⚠️",
    };
    let ran = &summary.ran;
    line!(out, "## {mark} {} {}: {}\n", markdown(&ran.scenario), answer.word, markdown(&answer.why));
    out.push_str(&answer.markdown());
    let reps = counted(ran.reps, "rep", "reps");
    let dates = ran.dates.join(", ");
    line!(out, "\n{reps}, {dates}, seed `{}`; target: {}", ran.seed, markdown(&ran.target));
    if let Some(shards) = shards::line(summary) {
        line!(out, "\nShards: {}", markdown(&shards));
    }
    if let Some(pass) = conformance::line(summary) {
        line!(out, "\nConformance pass: {}", markdown(&pass));
    }
    if !ran.defects.is_empty() {
        line!(out, "\nWith defects: {}", markdown(&ran.defects.join(", ")));
    }
}

/// Those that are nearest to their limit, or beyond it. On the wall clock by what the target itself took: the phone's figures
/// have the simulated network in them.
fn slowest(out: &mut String, summary: &Summary) {
    let is_live = first::is_live(summary);
    let by_limit = |of: &Limit| {
        let latency = if is_live { of.wire? } else { of.latency };
        let limit_us = of.limit_us.filter(|us| *us > 0 && latency.count > 0)?;
        // A percentile of too few samples tells nothing; the greatest is always known.
        let us = if enough(latency.count, 990) { latency.p99_us } else { latency.max_us };
        Some(us.saturating_mul(1_000_000) / limit_us)
    };
    let mut places: Vec<usize> =
        (0..summary.limits.len()).filter(|place| by_limit(&summary.limits[*place]).is_some()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(by_limit(&summary.limits[*place])));
    places.truncate(SLOWEST);
    if places.is_empty() {
        return;
    }
    let table = if is_live {
        tables::on_the_wire(&places.iter().map(|place| &summary.limits[*place]).collect::<Vec<_>>())
    } else {
        let mut table = tables::endpoints(summary).of_rows(places);
        table.columns[0].head = "slowest against their limit";
        table
    };
    line!(out, "\n{}", table.markdown().trim_end());
}

fn held(out: &mut String, summary: &Summary) {
    let of = |verdict| summary.rules.iter().filter(|rule| rule.verdict == verdict).count() as u64;
    let (held, broken) = (of(RuleVerdict::Held), of(RuleVerdict::Broken));
    let open = of(RuleVerdict::Inconclusive) + of(RuleVerdict::NotExercised);
    let muted = of(RuleVerdict::Finding) + of(RuleVerdict::Off);
    let muted = if muted > 0 { format!(", {muted} muted by the scenario") } else { String::new() };
    line!(out, "\nRules: {held} held, {broken} broken, {open} not decided{muted}");
    let parts = crate::tables::untested_parts(summary);
    if !parts.is_empty() {
        line!(out, "\nParts not exercised: {}", parts.join(", "));
    }
}

fn paste(out: &mut String, source: &Source<'_>) {
    line!(out, "\n```sh");
    source.summary.to_paste().iter().for_each(|(_, text)| line!(out, "{text}"));
    line!(out, "fieldday report {}", fieldday_folder::quoted(&source.folder.display().to_string()));
    line!(out, "```");
}
