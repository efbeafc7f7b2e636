//! How much was done, at what cost, and where it is kept.

use crate::{conformance, shards};
use fieldday_folder::summary::{Cost, Summary};
use fieldday_paint::text::heading;
use fieldday_paint::units::{bytes, count, counted, number, seconds};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, words};

pub(super) fn write(out: &mut String, summary: &Summary, folder: Option<&str>, paint: Paint) {
    let (totals, cost) = (&summary.totals, &summary.cost);
    heading(out, paint, "TOTALS", "");
    let mut table = Table::default();
    let mut say = |what: &str, text: String| table.row([words(what), words(text)]);
    if totals.events > 0 {
        say("rep-days", rep_days(summary));
        say("requests", requests(summary));
        say("events", count(totals.events));
        say("fingerprint", summary.fingerprint.clone());
    }
    if was_timed(cost) {
        say("time", time(cost));
    }
    if let Some(memory) = cost.peak_memory_bytes {
        say("memory", format!("{} at most", bytes(memory)));
    }
    if let Some(verification) = summary.verification.as_ref().filter(|v| v.agreed) {
        say("verified", format!("✓ the same twice: {}", verification.compared));
    }
    if let Some(shards) = shards::line(summary) {
        say("shards", shards);
    }
    if let Some(pass) = conformance::line(summary) {
        say("pass", pass);
    }
    if let Some(folder) = folder {
        say("folder", folder.to_owned());
    }
    if let Some(history) = &summary.history {
        let cells = history.only_cells.as_ref().map(|cells| format!(" of {}", cells.join(", ")));
        say("history", format!("{}{}: {}", history.file, cells.unwrap_or_default(), history.why));
    }
    out.push_str(&table.render_within(paint, 2, &[]));
    if summary.verification.as_ref().is_some_and(|v| !v.agreed) {
        out.push_str(&paint.on(Tone::Bad, "  verified     ✗ not the same twice\n"));
    }
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
