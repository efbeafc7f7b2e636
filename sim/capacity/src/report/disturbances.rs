//! The planned disturbances of a search: what they are, what came of each at each level, and how the levels near the edge went.

use super::parts::{MEASURED, section};
use super::{Report, answer};
use crate::disturbed::LevelDisturbance;
use crate::level::Level;
use fieldday_api::redact::line_without_secrets;
use fieldday_paint::chart::{Axis, Kind, Line, LineChart, Mark, Scale};
use fieldday_paint::document::{Section, Table, figures, words};
use fieldday_paint::units::{count, counted, micros};
use fieldday_rules::limit_result::{LimitUnit, LimitVerdict};
use fieldday_scenario::Disturbance;

/// Each planned disturbance in a phrase.
pub(super) fn planned(report: &Report) -> Vec<String> {
    let phrase = |of: &Disturbance| {
        let run = line_without_secrets(&of.run);
        format!("{:?}, {} s into each level, for {} s: {run}", of.name, of.at_s, of.lasts_s)
    };
    report.asked.disturbances.iter().map(phrase).collect()
}

/// A table of every level's disturbances, in the order in which the levels were measured.
pub(super) fn of_levels(report: &Report) -> Section {
    let disturbed = || report.measured.levels.iter().filter(|level| !level.disturbances.is_empty());
    if disturbed().next().is_none() {
        return Section::default();
    }
    let mut table = Table::new([
        figures("reps"),
        words("disturbance"),
        figures("from"),
        figures("until"),
        words("exceeded, as may be"),
        words("exceeded, and should not be"),
        figures("held again after"),
        words("result"),
    ]);
    let seconds = |at: Option<f64>| at.map_or("-".to_owned(), |at| format!("{at:.1} s"));
    let list = |limits: &[String]| if limits.is_empty() { "-".to_owned() } else { limits.join(", ") };
    for (level, of) in disturbed().flat_map(|level| level.disturbances.iter().map(move |of| (level, of))) {
        let result = &of.result;
        table.row([
            count(level.reps),
            result.name.clone(),
            seconds(of.from_s),
            seconds(of.until_s),
            list(&result.exceeded),
            list(&result.not_allowed),
            result.held_again_after_us.map_or("-".to_owned(), micros),
            standing(level, of).to_owned(),
        ]);
    }
    let mut says: Vec<String> = planned(report).iter().map(|of| answer::sentence(of)).collect();
    says.push(
        "Seconds count from the beginning of the measured part; a request belongs to the period in which it began."
            .to_owned(),
    );
    section("disturbances", "Disturbances", MEASURED, says, table)
}

fn standing(level: &Level, of: &LevelDisturbance) -> &'static str {
    match of.result.verdict {
        _ if level.suffered.is_some() => "stopped early",
        LimitVerdict::Held => "held",
        LimitVerdict::Exceeded => "broken",
        LimitVerdict::Inconclusive => "not decided",
    }
}

/// How the last level at the capacity went, and the last one of the smallest number of reps that does not hold: second by second,
/// with a mark at each disturbance.
pub(super) fn courses(report: &Report) -> String {
    let finding = &report.measured.finding;
    let levels = || report.measured.levels.iter().filter(|level| !level.course.is_empty());
    let known: Vec<u64> = levels().filter(|level| level.counts()).map(|level| level.reps).collect();
    let above = known.iter().copied().filter(|reps| finding.carries.is_none_or(|carries| *reps > carries)).min();
    let at = |reps: u64| levels().rfind(move |level| level.reps == reps && level.counts());
    let near = finding.carries.into_iter().chain(above).filter_map(at);
    let mut shown: Vec<&Level> = near.collect();
    if shown.is_empty() {
        // Where no level counts, the last one shows at least what was tried.
        shown.extend(levels().next_back());
    }
    shown.into_iter().map(course).collect()
}

fn course(level: &Level) -> String {
    let from: Vec<f64> = level.course.iter().map(|slice| slice.from_s).collect();
    let labels: Vec<String> = from.iter().map(|at| seconds(*at)).collect();
    let axis = Axis::numbers("Seconds of the measured part", &from, seconds);
    let last = from.last().copied().unwrap_or(0.0).max(1.0);
    let edge = |at: f64| (at / last).clamp(0.0, 1.0);
    // Along the axis, whose places are those of the slices.
    let place = |at: f64| {
        let (first, end) = (axis.places.first().copied().unwrap_or(0.0), axis.places.last().copied().unwrap_or(1.0));
        first + (end - first) * edge(at)
    };
    let mark = |of: &LevelDisturbance| {
        Some(Mark { from: place(of.from_s?), until: place(of.until_s?), words: of.result.name.clone() })
    };
    let marks: Vec<Mark> = level.disturbances.iter().filter_map(mark).collect();
    let values = level.course.iter().map(|slice| slice.p95_us.map(|us| us as f64)).collect();
    let lines = vec![Line { name: "p95".to_owned(), colour: "c1", values }];
    let is_time = |of: &&crate::level::Judged| of.result.unit == LimitUnit::Micros;
    let rules: Vec<(f64, String)> =
        level.limits.iter().filter(is_time).map(|of| (of.result.bound as f64, of.result.text.clone())).collect();
    let drawn = lines.iter().flat_map(|line| line.values.iter().copied().flatten());
    let scale = Scale::log(drawn.chain(rules.iter().map(|rule| rule.0)));
    let reps = counted(level.reps, "rep", "reps");
    let names: Vec<&str> = level.disturbances.iter().map(|of| of.result.name.as_str()).collect();
    let (id, title) = (format!("chart-course-{}", level.reps), format!("A level of {reps}, while it was disturbed"));
    LineChart {
        id: &id,
        title: &title,
        alt: format!("95th percentile of latency over a level of {reps}; marked: {}.", names.join(", ")),
        note: "Logarithmic, by when requests began; answered requests alone.".to_owned(),
        kind: Kind::Lines,
        scale,
        columns: "From second",
        labels: &labels,
        lines,
        marks,
        rules,
        words: |us| micros(us.round() as u64),
        more: vec![
            ("requests".to_owned(), level.course.iter().map(|slice| count(slice.requests)).collect()),
            ("failed".to_owned(), level.course.iter().map(|slice| count(slice.failed)).collect()),
        ],
    }
    .html_over(&axis)
}

fn seconds(at: f64) -> String {
    count(at.round() as u64)
}
