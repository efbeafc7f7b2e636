//! What `fieldday check` says: the report of a run, made anew of its history, and how it compares with what the folder says.

use crate::terminal;
use fieldday_folder::check::{Checked, Differs};
use fieldday_paint::units::counted;
use fieldday_paint::{Paint, Tone};

/// The report for a terminal: that of the run, made anew, and how it compares.
pub fn report(checked: &Checked, folder: &str, paint: Paint) -> String {
    let mut out = terminal::report(&checked.summary, Some(folder), paint);
    let events = counted(checked.judged.events, "event", "events");
    let cells = counted(checked.judged.cells, "cell", "cells");
    out.push_str(&format!("\nchecked  {events} of {cells}"));
    if !checked.judged.whole {
        out.push_str(&format!("; {}", checked.judged.incomplete()));
    }
    out.push('\n');
    for differs in &checked.differences {
        let Differs { of, what, recorded, judged } = differs;
        let line = format!("  ✗ {of}: {what} differs: recorded {recorded}, judged {judged}");
        out.push_str(&paint.on(Tone::Bad, &line));
        out.push('\n');
    }
    let said = match &checked.not_compared {
        Some(why) => format!("  – not compared with summary.json: {why}"),
        None if checked.differences.is_empty() => "  ✓ says the same as summary.json, of every rule".to_owned(),
        None => return out,
    };
    out.push_str(&said);
    out.push('\n');
    out
}
