//! What broke: the last thing that a failing run says before its verdict.

use fieldday_folder::summary::{Case, Consequence, Difference, RuleLine, RuleVerdict, Summary};
use fieldday_paint::line;
use fieldday_paint::text::{fact, heading};
use fieldday_paint::units::count;
use fieldday_paint::wrapped;
use fieldday_paint::{Paint, Tone};
use std::fmt::Write as _;

/// Rules that are told whole; of further ones the rules' section has the counts.
const TOLD: usize = 10;

pub(super) fn write(out: &mut String, summary: &Summary, paint: Paint) {
    if let Some(difference) = summary.verification.as_ref().and_then(|v| v.difference.as_ref()) {
        differs(out, difference, paint);
    }
    let broken: Vec<_> = summary.rules.iter().filter(|rule| rule.verdict == RuleVerdict::Broken).collect();
    if broken.is_empty() {
        return;
    }
    heading(out, paint, "BROKEN", "");
    // A rule of which every case follows from another's is told under that one.
    let follows = |rule: &RuleLine| summary.violations.iter().find(|case| case.of == rule.rule)?.follows.as_deref();
    let (causes, followers): (Vec<&RuleLine>, Vec<&RuleLine>) =
        broken.into_iter().partition(|rule| follows(rule).is_none());
    for rule in causes.iter().take(TOLD) {
        let cases = format!("{} of {} cases", count(rule.broken), count(rule.exercised));
        line!(out, "  {}  {cases}  §{}", paint.on(Tone::Bad, &format!("✗ {}", rule.rule)), rule.section);
        wrapped(&rule.sentence, paint.prose(4)).iter().for_each(|text| line!(out, "    {text}"));
        if let Some(case) = summary.violations.iter().find(|case| case.of == rule.rule) {
            first(out, case, paint);
        }
    }
    if let Some(more) = causes.len().checked_sub(TOLD + 1) {
        line!(out, "  and {} more, above", more + 1);
    }
    for rule in followers.iter().take(TOLD) {
        let cases = format!("{} of {} cases", count(rule.broken), count(rule.exercised));
        let cause = follows(rule).unwrap_or_default();
        line!(out, "  {}  {cases}  follows from {cause}", paint.on(Tone::Bad, &format!("✗ {}", rule.rule)));
    }
}

fn first(out: &mut String, case: &Case, paint: Paint) {
    fact(out, paint, "first", &case.says);
    fact(out, paint, "when", &format!("{} ({})", case.local, case.at));
    let call = case.call.map(|call| format!(", call {call}")).unwrap_or_default();
    let endpoint = case.endpoint.as_ref().map(|endpoint| format!(", {endpoint}")).unwrap_or_default();
    fact(out, paint, "who", &format!("{}{call}{endpoint}", case.who));
    if let Some(id) = &case.request_id {
        fact(out, paint, "request", id);
    }
    for Consequence { of, says, count: cases } in &case.consequences {
        let times = if *cases > 1 { format!(" ({} cases)", count(*cases)) } else { String::new() };
        fact(out, paint, "so also", &format!("{of}{times}: {says}"));
    }
}

fn differs(out: &mut String, difference: &Difference, paint: Paint) {
    heading(out, paint, "DIFFERENCE", "two runs of the same scenario and seed");
    line!(out, "  {} differs; its first {} events agree", difference.cell, count(difference.agreed_until));
    let Some(event) = difference.event else {
        line!(out, "  Run alone, again and again, it was the same each time: threads or recording are to blame.");
        return;
    };
    line!(out, "  the first event that differs is number {}", count(event));
    for (which, event) in [("one  ", &difference.one), ("other", &difference.other)] {
        line!(out, "    {which}  {}", event.as_deref().unwrap_or("(had ended)"));
    }
}
