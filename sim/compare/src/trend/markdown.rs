//! A trend as Markdown, for a job's summary or a chat.

use super::words::{sign, when, word};
use super::{Group, Trend};
use crate::markdown::plain;
use fieldday_paint::line;
use fieldday_paint::units::count;
use std::fmt::Write as _;

/// The whole of it.
pub fn report(trend: &Trend) -> String {
    let mut out = String::new();
    trend.groups.iter().for_each(|group| of_group(&mut out, group));
    if trend.groups.is_empty() && trend.capacity.is_empty() {
        line!(out, "There are no nights in {}.", plain(&trend.place));
    }
    if !trend.capacity.is_empty() {
        line!(out, "## Capacity\n\n| began | scenario | carries |\n| --- | --- | --- |");
        for search in &trend.capacity {
            line!(out, "| {} | {} | {} |", when(&search.began), plain(&search.scenario), search.words());
        }
        out.push('\n');
    }
    trend.skipped.iter().for_each(|skipped| line!(out, "- skipped: {}", plain(&skipped.why)));
    out
}

fn of_group(out: &mut String, group: &Group) {
    line!(out, "## {}\n\n{}\n", plain(&group.title()), group.ended());
    group.changes.iter().for_each(|point| line!(out, "- changed {}", plain(&point.words())));
    if group.changes.is_empty() {
        line!(out, "- from no night on is any latency different by more than chance");
    }
    line!(out, "\n| | night | requests | broken rules | exceeded limits | |\n| --- | --- | ---: | --- | --- | --- |");
    for night in &group.nights {
        line!(
            out,
            "| {} {} | {} | {} | {} | {} | {} |",
            sign(night.outcome),
            word(night.outcome),
            when(&night.started_at),
            count(night.requests),
            plain(&night.rules_broken.join(", ")),
            plain(&night.limits_exceeded.join(", ")),
            plain(&night.note())
        );
    }
    out.push('\n');
}
