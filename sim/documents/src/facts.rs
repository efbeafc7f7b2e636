//! What a run comes to in numbers that are no verdict: how much was done, at what cost, and where it is kept.

use crate::{conformance, shards};
use fieldday_folder::summary::{Cost, RanTrace, Summary};
use fieldday_paint::units::{bytes, count, counted, number, seconds};

/// Each with its title. `folder` is where the run's files are.
pub(crate) fn totals(summary: &Summary, folder: Option<&str>) -> Vec<(&'static str, String)> {
    let (totals, cost) = (&summary.totals, &summary.cost);
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    if totals.events > 0 {
        facts.push(("rep-days", rep_days(summary)));
        facts.push(("requests", requests(summary)));
        facts.push(("events", count(totals.events)));
        facts.push(("fingerprint", summary.fingerprint.clone()));
    }
    if was_timed(cost) {
        facts.push(("time", time(cost)));
    }
    facts.extend(cost.peak_memory_bytes.map(|of| ("memory", format!("{} at most", bytes(of)))));
    facts.extend(summary.verification.as_ref().map(|checked| {
        let word = if checked.agreed { "✓ the same twice" } else { "✗ not the same twice" };
        ("verified", format!("{word}: {}", checked.compared))
    }));
    facts.extend(shards::line(summary).map(|line| ("shards", line)));
    facts.extend(conformance::line(summary).map(|line| ("conformance", line)));
    facts.extend(folder.map(|folder| ("folder", folder.to_owned())));
    facts.extend(summary.history.as_ref().map(|part| {
        let cells = part.only_cells.as_ref().map_or(String::new(), |cells| format!(" of {}", cells.join(", ")));
        ("history", format!("{}{cells}: {}", part.file, part.why))
    }));
    facts
}

/// The network traces with whose phones had them, those that go before others first: none if there were none.
pub(crate) fn network_traces(summary: &Summary) -> Option<String> {
    let each = |of: &RanTrace| format!("{}: {}", of.whose, of.files);
    let traces: Vec<String> = summary.ran.traces.iter().map(each).collect();
    (!traces.is_empty()).then(|| traces.join("; "))
}

/// Of a history that was judged again, nobody knows what it cost to live it.
fn was_timed(cost: &Cost) -> bool {
    cost.threads > 0
}

fn rep_days(summary: &Summary) -> String {
    let (days, cost) = (count(summary.totals.rep_days), &summary.cost);
    if was_timed(cost) { format!("{days}, {} a second", number(cost.rep_days_per_s)) } else { days }
}

fn requests(summary: &Summary) -> String {
    let (totals, cost) = (&summary.totals, &summary.cost);
    if !was_timed(cost) {
        return format!("{} ({} a rep-day)", count(totals.requests), number(cost.requests_per_rep_day));
    }
    let per_cpu = cost.requests_per_cpu_s.map(|rate| format!(", {} a CPU second", number(rate)));
    format!(
        "{} ({} a rep-day), {} a second{}",
        count(totals.requests),
        number(cost.requests_per_rep_day),
        number(cost.requests_per_s),
        per_cpu.unwrap_or_default()
    )
}

fn time(cost: &Cost) -> String {
    let cpu = cost.cpu_s.map(|s| format!(", {} of CPU", seconds(s)));
    let threads = counted(cost.threads, "thread", "threads");
    format!("{}{} on {threads}", seconds(cost.wall_s), cpu.unwrap_or_default())
}
