//! What the target's exporters told: the table, and what is said of it beside a limit.

use fieldday_folder::summary::Summary;
use fieldday_metrics::{MetricFigures, TargetMetrics};
use fieldday_paint::Tone;
use fieldday_paint::document::{Cell, Table, figures, words};
use fieldday_paint::units::{count, counted, share};

/// The line that explains the table's figures.
pub(crate) const SAYS: &str = "what its exporters told meanwhile; full: 95 % of what there is, or what --metric says";
/// So many things that were full are named beside a limit.
const NAMED: usize = 3;

/// Every series that was kept.
pub(crate) fn table(summary: &Summary) -> Table {
    let mut table = Table::new([
        words("of the target").obvious(),
        figures("scrapes"),
        figures("median"),
        figures("greatest"),
        figures("of"),
        figures("full"),
    ]);
    table.may_go = vec![1];
    for of in summary.target_metrics.iter().flat_map(|metrics| &metrics.series) {
        table.row(row(of));
    }
    table
}

fn row(of: &MetricFigures) -> Vec<Cell> {
    let full = match (of.of, of.full) {
        (None, _) => Cell::from("-").tone(Tone::Faint),
        (Some(_), 0) => "0 %".into(),
        (Some(_), full) => Cell::from(share(full, of.values)).tone(Tone::Bad),
    };
    let there_is = of.of.map_or_else(|| Cell::from("-").tone(Tone::Faint), |all| of.unit.words(all).into());
    let value = |value| Cell::from(of.unit.words(value));
    vec![of.title().into(), count(of.values).into(), value(of.median), value(of.greatest), there_is, full]
}

/// What to say below the table, a sentence each.
pub(crate) fn notes(metrics: &TargetMetrics) -> Vec<String> {
    let mut notes = metrics.gaps();
    for of in metrics.series.iter().filter(|of| of.restarts > 0) {
        notes.push(format!(
            "{} began anew {}: its process started again",
            of.title(),
            counted(of.restarts, "time", "times")
        ));
    }
    if metrics.left_out > 0 {
        notes.push(format!("there was no room for {}", counted(metrics.left_out, "more series", "more series")));
    }
    if metrics.series.is_empty() {
        notes.push("no metric that is kept was found; --metric names others".to_owned());
    }
    notes
}

/// What was full while limits were exceeded, to stand beside the first of them; empty if nothing was, or nothing is known.
pub(crate) fn full_meanwhile(summary: &Summary) -> String {
    let full = summary.target_metrics.as_ref().map_or_else(Vec::new, TargetMetrics::full);
    let more = full.len().saturating_sub(NAMED);
    let named: Vec<String> = full.into_iter().take(NAMED).collect();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    if named.is_empty() { String::new() } else { format!("; full meanwhile: {}{more}", named.join("; ")) }
}
