//! The clocks that a live run has beside the attempts': on the wire, from when calls were due, as people felt it.

use fieldday_folder::summary::{Percentiles, Summary};
use fieldday_paint::text::heading;
use fieldday_paint::units::{count, micros};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, figure, words};

pub(super) fn write(out: &mut String, summary: &Summary, paint: Paint) {
    let mut table = Table::default();
    for limit in &summary.limits {
        for (clock, of) in [("wire", limit.wire), ("due", limit.due), ("felt", limit.felt)] {
            if let Some(of) = of {
                table.row(row(&limit.label, clock, &of));
            }
        }
    }
    if table.is_empty() {
        return;
    }
    heading(out, paint, "CLOCKS", "wire: the target's own; due: since the plan wanted it; felt: as the rep waited");
    let mut whole = Table::default();
    let mut head = vec![words(""), words("")];
    head.extend(["p50", "p95", "p99", "p99.9", "max", "samples"].map(|title| figure(title).tone(Tone::Faint)));
    whole.row(head);
    whole.append(table);
    out.push_str(&whole.render_within(paint, 2, &[5, 2, 6, 7]));
}

fn row(label: &str, clock: &str, of: &Percentiles) -> Vec<fieldday_paint::Entry> {
    let mut row = vec![words(label), words(clock)];
    row.extend([of.p50_us, of.p95_us, of.p99_us, of.p999_us, of.max_us].map(|us| figure(micros(us))));
    row.push(figure(count(of.count)));
    row
}
