//! What the target's exporters told at each level, and what was full where the first limit broke.

use super::Report;
use super::parts::{MEASURED, section};
use crate::level::Level;
use crate::search::Finding;
use fieldday_metrics::{MetricFigures, TargetMetrics};
use fieldday_paint::document::{Section, Table, figures, words};
use fieldday_paint::units::{count, counted, share};

/// The resources of the target that were full at the smallest number of reps that broke a limit; none if none was scraped or full.
pub(super) fn full_at_the_edge(levels: &[Level], finding: &Finding) -> Option<String> {
    let is_beyond = |level: &&Level| level.counts() && finding.carries.is_none_or(|carries| level.reps > carries);
    let reps = levels.iter().filter(is_beyond).map(|level| level.reps).min()?;
    let there = levels.iter().filter(|level| level.reps == reps).filter_map(|level| level.target_metrics.as_ref());
    let full = there.map(TargetMetrics::full).find(|full| !full.is_empty())?;
    Some(format!("Full meanwhile, at {}: {}.", counted(reps, "rep", "reps"), full.join("; ")))
}

/// A table of every series that the target's exporters told, by level.
pub(super) fn of_levels(report: &Report) -> Section {
    let mut table = Table::new([
        words("of the target"),
        figures("reps"),
        figures("scrapes"),
        figures("median"),
        figures("greatest"),
        figures("of"),
        figures("full"),
    ]);
    let mut scraped: Vec<(&MetricFigures, u64)> = Vec::new();
    for level in &report.measured.levels {
        scraped.extend(level.target_metrics.iter().flat_map(|of| &of.series).map(|of| (of, level.reps)));
    }
    if report.measured.levels.iter().all(|level| level.target_metrics.is_none()) {
        return Section::default();
    }
    scraped.sort_by_key(|(of, reps)| (of.title(), *reps));
    for (of, reps) in scraped {
        table.row([
            of.title(),
            count(reps),
            count(of.values),
            of.unit.words(of.median),
            of.unit.words(of.greatest),
            of.of.map_or("-".to_owned(), |all| of.unit.words(all)),
            of.of.map_or("-".to_owned(), |_| share(of.full, of.values)),
        ]);
    }
    let gap = |level: &Level| {
        let gaps = level.target_metrics.iter().flat_map(TargetMetrics::gaps);
        gaps.map(|gap| format!("At {}: {gap}.", counted(level.reps, "rep", "reps"))).collect::<Vec<_>>()
    };
    let says = report.measured.levels.iter().flat_map(gap).collect();
    section("target", "What the target did meanwhile", MEASURED, says, table)
}
