//! Every rule: held, broken, in doubt, or without a case.

use crate::tables::untested_parts;
use fieldday_folder::summary::{RuleLine, RuleVerdict, Summary};
use fieldday_paint::line;
use fieldday_paint::text::heading;
use fieldday_paint::units::{count, counted};
use fieldday_paint::{Entry, Table, figure, words, wrapped};
use fieldday_paint::{Paint, Tone};
use std::fmt::Write as _;

pub(super) fn write(out: &mut String, summary: &Summary, paint: Paint) {
    heading(out, paint, "RULES", "by how many cases were decided; * the scenario must exercise it");
    let of = |verdict| summary.rules.iter().filter(move |rule| rule.verdict == verdict);
    let mut table = Table::default();
    for rule in of(RuleVerdict::Broken) {
        let cases = format!("{} of {} broken", count(rule.broken), count(rule.exercised));
        table.row([marked("✗", rule, Tone::Bad), words(cases)]);
    }
    for rule in of(RuleVerdict::Inconclusive) {
        let cases = format!("{}, none of which could be decided", counted(rule.inconclusive, "case", "cases"));
        table.row([marked("?", rule, Tone::Doubt), words(cases)]);
    }
    for rule in of(RuleVerdict::Finding) {
        let found = rule.muted.as_ref().map_or(0, |muted| muted.found);
        let cases = format!("{} of {} broken, a finding here", count(found), count(rule.exercised));
        table.row([marked("!", rule, Tone::Doubt), words(cases)]);
    }
    if !table.is_empty() {
        out.push_str(&table.render_within(paint, 2, &[]));
    }
    held(out, &of(RuleVerdict::Held).collect::<Vec<_>>(), paint);
    for rule in of(RuleVerdict::NotExercised).filter(|rule| rule.must_exercise) {
        line!(out, "  {}  no case", paint.on(Tone::Doubt, &format!("– {}*", rule.rule)));
    }
    let others = |verdict| of(verdict).filter(|rule| !rule.must_exercise).map(|rule| rule.rule.as_str());
    names(out, "– parts not exercised: ", untested_parts(summary).iter().map(String::as_str).collect(), paint);
    names(out, "– not exercised: ", others(RuleVerdict::NotExercised).collect(), paint);
    for (rule, muted) in summary.rules.iter().filter_map(|rule| Some((rule, rule.muted.as_ref()?))) {
        let weight = if muted.weight.as_str() == "off" { "is switched off" } else { "counts as a finding" };
        let text = format!("{} {weight} in this scenario: {}", rule.rule, muted.why);
        wrapped(&text, paint.prose(2)).iter().for_each(|text| line!(out, "  {}", paint.on(Tone::Faint, text)));
    }
}

/// Below this, one column of rules is enough.
const TWO_COLUMNS: usize = 80;

/// Two columns of them, if there is room: there are many, and little to say of each.
fn held(out: &mut String, rules: &[&RuleLine], paint: Paint) {
    let mut table = Table::default();
    let rows = rules.len().div_ceil(if paint.width() < TWO_COLUMNS { 1 } else { 2 });
    for (i, left) in rules.iter().take(rows).enumerate() {
        let mut row = vec![marked("✓", left, Tone::Good), figure(count(left.exercised))];
        if let Some(right) = rules.get(rows + i) {
            row.extend([words("  "), marked("✓", right, Tone::Good), figure(count(right.exercised))]);
        }
        table.row(row);
    }
    out.push_str(&table.render_within(paint, 2, &[]));
}

fn marked(mark: &str, rule: &RuleLine, tone: Tone) -> Entry {
    words(format!("{mark} {}{}", rule.rule, if rule.must_exercise { "*" } else { "" })).tone(tone)
}

fn names(out: &mut String, title: &str, names: Vec<&str>, paint: Paint) {
    if names.is_empty() {
        return;
    }
    for (i, text) in wrapped(&names.join(", "), paint.prose(2 + title.chars().count())).iter().enumerate() {
        let before = if i == 0 { title.to_owned() } else { " ".repeat(title.chars().count()) };
        line!(out, "  {}", paint.on(Tone::Faint, &format!("{before}{text}")));
    }
}
