//! `summary.md`: the answer, and what to do, for a job's summary or a chat. It names every broken rule; all else is bounded.

use super::{Source, tables, target};
use crate::first::{self, Answer, StoryPaths};
use crate::{conformance, shards};
use fieldday_folder::summary::*;
use fieldday_paint::line;
use fieldday_paint::text::markdown;
use fieldday_paint::units::{counted, enough};
use std::fmt::Write as _;
use std::io;

/// Kinds of failures that are shown.
const FAILURES: usize = 5;
/// Endpoints that are shown.
const SLOWEST: usize = 6;
/// Series of the target that are shown.
const METRICS: usize = 12;
/// Findings that are told.
const FINDINGS: usize = 4;

pub(super) fn render(source: &Source<'_>) -> io::Result<String> {
    let summary = source.summary;
    let mut out = String::new();
    answer(&mut out, source);
    failures(&mut out, summary);
    slowest(&mut out, summary);
    of_the_target(&mut out, summary);
    held(&mut out, summary);
    findings(&mut out, summary);
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

/// What breaks nothing, a line each.
fn findings(out: &mut String, summary: &Summary) {
    for of in summary.findings.iter().take(FINDINGS) {
        let why = of.why.as_deref().unwrap_or(&of.sentence);
        line!(out, "\nFinding `{}`, {}: {}", of.of, counted(of.count, "case", "cases"), markdown(why));
    }
    if let Some(more) = summary.findings.len().checked_sub(FINDINGS + 1) {
        line!(out, "\nand {}", counted(more as u64 + 1, "more finding", "more findings"));
    }
    for of in summary.hazards.iter().filter(|of| of.count > 0) {
        let first = of.measured.first().map_or(String::new(), |first| format!(" {}", markdown(first)));
        let cases = counted(of.count, "case", "cases");
        line!(out, "\nHazard `{}`, {cases}: {}{first}", of.hazard, markdown(&of.sentence));
    }
}

/// What the target answered where it failed, the most frequent first.
fn failures(out: &mut String, summary: &Summary) {
    if summary.failures.is_empty() {
        return;
    }
    let all = summary.failures.len();
    let table = tables::failures(summary).of_rows(0..all.min(FAILURES));
    line!(out, "\n{}", table.markdown().trim_end());
    if all > FAILURES {
        line!(out, "\nand {} more kinds of failures, in `summary.json`", all - FAILURES);
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

/// What the target's exporters told.
fn of_the_target(out: &mut String, summary: &Summary) {
    let Some(metrics) = &summary.target_metrics else { return };
    let table = target::table(summary);
    let all = table.rows.len();
    if all > 0 {
        line!(out, "\n{}", table.of_rows(0..all.min(METRICS)).markdown().trim_end());
    }
    if all > METRICS {
        line!(out, "\nand {} more series, in `summary.json`", all - METRICS);
    }
    for note in target::notes(metrics) {
        line!(out, "\n{}", markdown(&note));
    }
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
