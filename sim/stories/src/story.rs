//! A failure as a story: what the people and the phones did, what went over the network, what nobody could see, the rule in
//! the specification's words, and the point of no return.

use crate::diagram::diagram;
pub use crate::told::Told;
use crate::words::{LEGEND, says};
use fieldday_history::{Event, EventKind};
use fieldday_paint::text::markdown;
use fieldday_paint::units::counted;
use std::fmt::Write as _;

/// Events that a story tells at most; of a longer one, the last.
const TOLD: usize = 120;

/// The clients' names, by number.
pub fn names(events: &[Event]) -> Vec<&str> {
    let name = |event| match event {
        &Event { what: EventKind::Client(ref client), .. } => Some(client.name.as_str()),
        _ => None,
    };
    events.iter().filter_map(name).collect()
}

/// The story of a failure, in Markdown.
pub fn story(told: &Told<'_>) -> String {
    let violation = &told.size.violation;
    let rule = violation.rule;
    let mut out = format!(
        "# {rule}\n\n> {} (§{})\n\n{}\n\nReproduce: `{}`\n\n",
        rule.sentence(),
        rule.section(),
        markdown(&capital(&violation.says)),
        told.again,
    );
    let size = told.size;
    let _ = writeln!(
        out,
        "{}, {}, {}, {} up to the violation.\n",
        counted(size.tenants, "tenant", "tenants"),
        counted(size.clients, "client", "clients"),
        counted(size.calls, "call", "calls"),
        counted(size.events, "event", "events")
    );
    out.push_str(&diagram(told));
    table(&mut out, told);
    out
}

fn table(out: &mut String, story: &Told<'_>) {
    let told: Vec<&Event> = story.events.iter().filter(|event| is_told(&event.what)).collect();
    let left_out = told.len().saturating_sub(TOLD);
    if left_out > 0 {
        let _ = writeln!(out, "The first {left_out} events are omitted.\n");
    }
    let _ = write!(out, "| time ({}) | who | what |\n| --- | --- | --- |\n", story.zone.name);
    let mut marked = false;
    for event in &told[left_out..] {
        let who = story.names.get(event.client as usize).copied().unwrap_or_default();
        if !marked && story.no_return.is_some_and(|at| event.at >= at) {
            marked = true;
            out.push_str("| | | **point of no return** |\n");
        }
        let millis = event.at.as_micros().rem_euclid(1_000_000) / 1_000;
        let when = format!("{}.{millis:03}", story.zone.time_of_day(story.start + event.at));
        let _ = writeln!(out, "| {when} | {who} | {} |", markdown(&says(&event.what)));
    }
    let violation = &story.size.violation;
    let _ = writeln!(out, "| | | **{} is broken: {}** |", violation.rule, markdown(&violation.says));
    let _ = writeln!(out, "\n```text\n{LEGEND}```");
}

/// What only shows how a screen looked tells nothing of what went wrong.
fn is_told(what: &EventKind) -> bool {
    !matches!(
        what,
        EventKind::Client(_)
            | EventKind::Shown { .. }
            | EventKind::StaleShown { .. }
            | EventKind::Spinner { .. }
            | EventKind::Logged { .. }
    )
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}
