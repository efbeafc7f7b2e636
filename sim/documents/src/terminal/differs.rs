//! Two runs of the same scenario and seed that differ: where they part.

use fieldday_folder::summary::{Difference, Summary};
use fieldday_paint::Paint;
use fieldday_paint::line;
use fieldday_paint::text::heading;
use fieldday_paint::units::count;
use std::fmt::Write as _;

pub(super) fn write(out: &mut String, summary: &Summary, paint: Paint) {
    if let Some(difference) = summary.verification.as_ref().and_then(|v| v.difference.as_ref()) {
        differs(out, difference, paint);
    }
}

fn differs(out: &mut String, difference: &Difference, paint: Paint) {
    heading(out, paint, "DIFFERENCE", "two runs of the same scenario and seed");
    line!(out, "  {} differs; its first {} events agree", difference.cell, count(difference.agreed_until));
    let Some(event) = difference.event else {
        line!(out, "  Run alone, again and again, it was the same each time: threads or recording are to blame.");
        return;
    };
    line!(out, "  the first event that differs is number {}", count(event));
    for (which, event) in [("one  ", &difference.one), ("other", &difference.other)] {
        line!(out, "    {which}  {}", event.as_deref().unwrap_or("(had ended)"));
    }
}
