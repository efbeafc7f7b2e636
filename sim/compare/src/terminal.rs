//! A comparison on a terminal: what changed first, what it comes to last.

use crate::words::{SECTIONS, method, what};
use crate::{Comparison, Direction, Line, Outcome, Says};
use fieldday_paint::text::heading;
use fieldday_paint::units::micros;
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, figure, words};
use fieldday_paint::{line, wrapped};
use std::fmt::Write as _;

/// The whole of it.
pub fn report(comparison: &Comparison, paint: Paint) -> String {
    let mut out = String::new();
    line!(out, "{}  {}", paint.on(Tone::Strong, "new     "), what(&comparison.new));
    line!(out, "{}  {}", paint.on(Tone::Strong, "baseline"), what(&comparison.baseline));
    for said in method(comparison) {
        line!(out, "  {said}");
    }
    notes(&mut out, comparison, paint);
    limits(&mut out, comparison, paint);
    for (title, say, note) in SECTIONS {
        lines(&mut out, comparison.lines_that(say), (title, note), paint);
    }
    not_compared(&mut out, comparison, paint);
    changes(&mut out, comparison, paint);
    verdict(&mut out, comparison, paint);
    out
}

fn notes(out: &mut String, comparison: &Comparison, paint: Paint) {
    for left in &comparison.left_out {
        line!(out, "  {} not used: {}: {}", paint.on(Tone::Doubt, "!"), left.folder, left.why);
    }
    for difference in &comparison.differences {
        line!(out, "  {} not the same: {difference}", paint.on(Tone::Doubt, "!"));
    }
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::NoWorse => Tone::Good,
        Outcome::Worse => Tone::Bad,
        Outcome::CannotTell => Tone::Doubt,
    }
}

fn limits(out: &mut String, comparison: &Comparison, paint: Paint) {
    if comparison.limits.is_empty() {
        return;
    }
    heading(out, paint, "LIMITS ON CHANGE", "");
    for limit in &comparison.limits {
        line!(out, "  {} {}", paint.on(tone(limit.outcome), limit.outcome.sign()), limit.text);
        for text in wrapped(&limit.says, paint.prose(4)) {
            line!(out, "    {text}");
        }
    }
}

fn lines(out: &mut String, lines: Vec<&Line>, (title, note): (&str, &str), paint: Paint) {
    if lines.is_empty() {
        return;
    }
    heading(out, paint, title, note);
    let mut table = Table::default();
    let head =
        [words(""), words(""), figure("baseline"), figure("new"), figure("change"), words("interval"), words("")];
    table.row(head.map(|entry| entry.tone(Tone::Faint)));
    for line in lines {
        let (sign, tone) = match line.says {
            Says::Slower => ("✗", Tone::Bad),
            Says::Faster => ("✓", Tone::Good),
            Says::NoDifference => ("=", Tone::Good),
            Says::CannotTell => ("?", Tone::Doubt),
        };
        let p = if matches!(line.says, Says::Slower | Says::Faster) {
            format!(", {}", line.p_words())
        } else {
            String::new()
        };
        table.row([
            words(format!("{sign} {}", line.label)).tone(tone),
            words(line.percentile.clone()),
            figure(micros(line.baseline_us)),
            figure(micros(line.new_us)),
            figure(line.mid()),
            words(line.ends()),
            words(format!("{}{p}", line.phrase())),
        ]);
    }
    out.push_str(&table.render(paint, 2));
}

fn not_compared(out: &mut String, comparison: &Comparison, paint: Paint) {
    if comparison.not_compared.is_empty() {
        return;
    }
    heading(out, paint, "NOT COMPARED", "");
    let mut table = Table::default();
    for not in &comparison.not_compared {
        table.row([words(format!("· {}", not.label)), words(not.percentile.clone()), words(not.why.clone())]);
    }
    out.push_str(&table.render(paint, 2));
}

fn changes(out: &mut String, comparison: &Comparison, paint: Paint) {
    if comparison.changes.is_empty() {
        return;
    }
    heading(out, paint, "CAME OUT OTHERWISE", "rules, limits, contract, hazards, marks");
    let mut table = Table::default();
    for change in &comparison.changes {
        let (sign, tone) = match change.direction {
            Direction::Worse => ("✗", Tone::Bad),
            Direction::Better => ("✓", Tone::Good),
            Direction::Other => ("·", Tone::Plain),
        };
        table.row([
            words(format!("{sign} {}", change.name)).tone(tone),
            words(change.kind.words()),
            words(format!("{} → {}", change.baseline, change.new)),
        ]);
    }
    out.push_str(&table.render(paint, 2));
}

fn verdict(out: &mut String, comparison: &Comparison, paint: Paint) {
    let outcome = comparison.verdict.outcome;
    line!(out, "\n{}", paint.on(tone(outcome), &format!("{} {}", outcome.sign(), outcome.words())));
    for reason in &comparison.verdict.reasons {
        for (place, text) in wrapped(reason, paint.prose(4)).into_iter().enumerate() {
            line!(out, "{}{text}", if place == 0 { "  " } else { "    " });
        }
    }
}
