//! A trend on a terminal: a row a night, what changed, what did not hold.

use super::words::{sign, when, word};
use super::{Group, Trend};
use fieldday_folder::summary::Outcome;
use fieldday_paint::line;
use fieldday_paint::text::heading;
use fieldday_paint::units::{change, count, counted, micros};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, figure, words};
use std::fmt::Write as _;

/// Steps of one night that are listed.
const STEPS_MOST: usize = 6;

/// The whole of it.
pub fn report(trend: &Trend, paint: Paint) -> String {
    let mut out = String::new();
    if trend.groups.is_empty() && trend.capacity.is_empty() {
        line!(out, "there are no nights in {}", trend.place);
    }
    for (place, group) in trend.groups.iter().enumerate() {
        if place > 0 {
            out.push('\n');
        }
        line!(out, "{}", paint.on(Tone::Strong, &group.title()));
        line!(out, "  {}", group.ended());
        nights(&mut out, group, paint);
        changed(&mut out, group, paint);
        not_held(&mut out, group, paint);
    }
    if !trend.capacity.is_empty() {
        heading(&mut out, paint, "CAPACITY", "");
        let mut table = Table::default();
        for search in &trend.capacity {
            table.row([words(when(&search.began)), words(search.scenario.clone()), words(search.words())]);
        }
        out.push_str(&table.render(paint, 2));
    }
    if !trend.skipped.is_empty() {
        heading(&mut out, paint, "SKIPPED", "");
        for skipped in &trend.skipped {
            line!(out, "  {} {}", paint.on(Tone::Doubt, "!"), skipped.why);
        }
    }
    out
}

fn nights(out: &mut String, group: &Group, paint: Paint) {
    heading(out, paint, "NIGHTS", "");
    let mut table = Table::default();
    for night in &group.nights {
        let tone = match night.outcome {
            Outcome::Held => Tone::Good,
            Outcome::Broken => Tone::Bad,
            Outcome::Invalid | Outcome::Interrupted => Tone::Doubt,
        };
        table.row([
            words(format!("{} {}", sign(night.outcome), word(night.outcome))).tone(tone),
            words(when(&night.started_at)),
            figure(count(night.requests)),
            words("requests"),
            words(short(&night.note(), paint)),
        ]);
    }
    out.push_str(&table.render(paint, 2));
}

/// As much of a sentence as fits beside the rest of its row.
fn short(text: &str, paint: Paint) -> String {
    let most = paint.prose(0) / 2;
    let cut: String = text.chars().take(most).collect();
    if cut.chars().count() < text.chars().count() { format!("{cut}…") } else { cut }
}

fn changed(out: &mut String, group: &Group, paint: Paint) {
    if group.changes.is_empty() {
        line!(out, "\n  from no night on is any latency different by more than chance");
        return;
    }
    heading(out, paint, "CHANGED", "from that night on, by more than chance");
    for point in &group.changes {
        line!(out, "  {} {}, p {:.3}", paint.on(Tone::Doubt, "→"), when(&point.started_at), point.p);
        let mut table = Table::default();
        for step in point.lines.iter().take(STEPS_MOST) {
            let last = group.series[step.series as usize].values_us.iter().rev().find_map(|value| *value);
            table.row([
                words(step.label.clone()),
                words(step.percentile.clone()),
                figure(change(libm::log(step.ratio))),
                words(last.map_or_else(String::new, |us| format!("{} in the last night", micros(us)))),
            ]);
        }
        out.push_str(&table.render(paint, 4));
        let more = point.lines.len().saturating_sub(STEPS_MOST);
        if more > 0 {
            line!(out, "    and {more} more");
        }
    }
}

fn not_held(out: &mut String, group: &Group, paint: Paint) {
    let exceeded: Vec<_> = group.limits.iter().filter(|limit| limit.exceeded() > 0).collect();
    let broken = |verdicts: &[String]| verdicts.iter().filter(|verdict| *verdict == "broken").count();
    let rules: Vec<_> = group.rules.iter().filter(|rule| broken(&rule.verdicts) > 0).collect();
    if exceeded.is_empty() && rules.is_empty() {
        return;
    }
    heading(out, paint, "NOT HELD", "");
    let of = counted(group.nights.len() as u64, "night", "nights");
    let mut table = Table::default();
    for rule in rules {
        let (times, last) = (broken(&rule.verdicts), rule.verdicts.last().map_or("", String::as_str));
        table.row([
            words(format!("✗ {}", rule.rule)),
            words(format!("broken in {times} of {of}; in the last one {last}")),
        ]);
    }
    for limit in exceeded {
        let (times, last) = (limit.exceeded(), limit.last());
        table.row([words(format!("✗ {}", limit.text)), words(format!("exceeded in {times} of {of}; last {last}"))]);
    }
    out.push_str(&table.render(paint, 2));
}
