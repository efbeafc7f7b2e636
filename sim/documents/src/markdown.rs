//! `summary.md`: the verdict, why, and what to do, for a job's summary or a chat. It stays below sixty lines whatever happened.

use super::{Source, tables};
use fieldday_folder::summary::*;
use fieldday_paint::line;
use fieldday_paint::text::{markdown, one_line};
use fieldday_paint::units::{count, counted, limit, micros, share};
use fieldday_rules::limits::LimitVerdict;
use std::fmt::Write as _;
use std::io;

/// Rows of the table of what is broken; `summary.json` has all.
const BROKEN: usize = 12;
/// Kinds of failures that are shown.
const FAILURES: usize = 5;
/// Endpoints that are shown.
const SLOWEST: usize = 6;
/// Findings that are told.
const FINDINGS: usize = 4;
/// Reasons that are told.
const REASONS: usize = 6;

pub(super) fn render(source: &Source<'_>) -> io::Result<String> {
    let summary = source.summary;
    let mut out = String::new();
    verdict(&mut out, summary);
    broken(&mut out, summary);
    failures(&mut out, summary);
    slowest(&mut out, summary);
    held(&mut out, summary);
    findings(&mut out, summary);
    paste(&mut out, source);
    Ok(out)
}

fn verdict(out: &mut String, summary: &Summary) {
    let (mark, word) = match summary.verdict.outcome {
        Outcome::Held => ("✅", "held"),
        Outcome::Broken => ("❌", "broken"),
        Outcome::Invalid => ("⚠️", "invalid: it says nothing"),
        Outcome::Interrupted => ("⚠️", "interrupted"),
    };
    let ran = &summary.ran;
    line!(out, "## {mark} {} {word}\n", markdown(&ran.scenario));
    let reasons = &summary.verdict.reasons;
    reasons.iter().take(REASONS).for_each(|reason| line!(out, "- {}", markdown(reason)));
    if let Some(more) = reasons.len().checked_sub(REASONS + 1) {
        line!(out, "- and {}", counted(more as u64 + 1, "more reason", "more reasons"));
    }
    let (reps, requests) = (counted(ran.reps, "rep", "reps"), counted(summary.totals.requests, "request", "requests"));
    let dates = ran.dates.join(", ");
    line!(out, "\n{reps}, {requests}, {dates}, seed `{}`; target: {}", ran.seed, markdown(&ran.target));
    if !ran.defects.is_empty() {
        line!(out, "\nWith defects: {}", markdown(&ran.defects.join(", ")));
    }
}

/// A row of what is broken: what, the actual value, over how many.
type Row = (String, String, u64);

fn broken(out: &mut String, summary: &Summary) {
    let mut rows: Vec<Row> = Vec::new();
    rows.extend(summary.scenario_limits.iter().filter(|of| of.verdict == LimitVerdict::Exceeded).map(|of| {
        (format!("limit `{}`", of.text), format!("{} (limit {})", of.actual_words(), of.bound_words()), of.sample_count)
    }));
    rows.extend(summary.limits.iter().filter(|of| of.mark == LimitMark::Exceeded).map(|of| {
        let within = of.limit_us.map(limit).unwrap_or_default();
        let beyond = format!("{} beyond, p99 {}", share(of.beyond, of.judged_attempts()), micros(of.latency.p99_us));
        (format!("limit `{}` within {within}", of.label), beyond, of.latency.count)
    }));
    rows.extend(summary.rules.iter().filter(|of| of.verdict == RuleVerdict::Broken).map(|of| {
        (format!("rule `{}` §{}", of.rule, of.section), format!("{} broken", count(of.broken)), of.exercised)
    }));
    let of_form = summary.contract.iter().flat_map(ContractPart::groups);
    rows.extend(of_form.filter(|of| of.first.severity == ContractSeverity::Broken).map(|of| {
        let places: usize = of.words.iter().flat_map(|word| &word.places).map(|(_, places)| places.len()).sum();
        let more = places.checked_sub(2).map_or(String::new(), |more| format!(" and {} more", more + 1));
        let what = format!("contract `{}` {} `{}`{more}", of.first.kind, of.first.label, of.first.at);
        (what, of.first.first.clone(), of.answers)
    }));
    if rows.is_empty() {
        return;
    }
    line!(out, "\n| broken | actual | of |\n| --- | --- | ---: |");
    for (what, actual, of) in rows.iter().take(BROKEN) {
        line!(out, "| {} | {} | {} |", cell(what), cell(actual), count(*of));
    }
    if let Some(more) = rows.len().checked_sub(BROKEN + 1) {
        line!(out, "\nand {} more, in `summary.json`", more + 1);
    }
    let first = summary.violations.iter().find(|case| case.follows.is_none());
    if let Some(case) = first.or(summary.violations.first()) {
        line!(out, "\nFirst case of `{}`: {}  ", case.of, markdown(&case.says));
        line!(out, "{}, {}", markdown(&case.who), case.local);
        let also: Vec<String> = case.consequences.iter().map(|so| format!("`{}`", so.of)).collect();
        if !also.is_empty() {
            line!(out, "So also: {}", also.join(", "));
        }
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

/// Those whose p99 is nearest to their limit, or beyond it.
fn slowest(out: &mut String, summary: &Summary) {
    let by_limit = |place: &usize| {
        let of = &summary.limits[*place];
        let limit_us = of.limit_us.filter(|us| *us > 0 && of.latency.count > 0)?;
        Some(of.latency.p99_us.saturating_mul(1_000_000) / limit_us)
    };
    let mut places: Vec<usize> = (0..summary.limits.len()).filter(|place| by_limit(place).is_some()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(by_limit(place)));
    places.truncate(SLOWEST);
    if !places.is_empty() {
        let mut table = tables::endpoints(summary).of_rows(places);
        table.columns[0].head = "slowest against their limit";
        line!(out, "\n{}", table.markdown().trim_end());
    }
}

fn held(out: &mut String, summary: &Summary) {
    let of = |verdict| summary.rules.iter().filter(|rule| rule.verdict == verdict).count() as u64;
    let (held, broken) = (of(RuleVerdict::Held), of(RuleVerdict::Broken));
    let open = of(RuleVerdict::Inconclusive) + of(RuleVerdict::NotExercised) + of(RuleVerdict::NotJudged);
    let muted = of(RuleVerdict::Finding) + of(RuleVerdict::Off);
    let muted = if muted > 0 { format!(", {muted} muted by the scenario") } else { String::new() };
    line!(out, "\nRules: {held} held, {broken} broken, {open} not decided{muted}");
    let must = summary.rules.iter().filter(|rule| {
        let decided = matches!(rule.verdict, RuleVerdict::Held | RuleVerdict::Broken | RuleVerdict::Finding);
        rule.must_exercise && !decided
    });
    let must: Vec<String> = must.map(|rule| format!("`{}`", rule.rule)).collect();
    if !must.is_empty() {
        line!(out, "\nNot exercised, and had to be: {}", must.join(", "));
    }
    let parts = crate::terminal::untested_parts(summary);
    if !parts.is_empty() {
        line!(out, "\nNot exercised in part: {}", parts.join(", "));
    }
}

fn paste(out: &mut String, source: &Source<'_>) {
    line!(out, "\n```sh");
    source.summary.to_paste().iter().for_each(|(_, text)| line!(out, "{text}"));
    line!(out, "fieldday report {}", fieldday_folder::quoted(&source.folder.display().to_string()));
    line!(out, "```");
}

/// Markup on one line of a table.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}
