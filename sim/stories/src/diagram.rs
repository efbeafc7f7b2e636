//! The end of a failure as a sequence diagram, in Mermaid.

use crate::attempts::attempts;
use crate::told::Told;
use fieldday_history::event::{GroundTruth, NoAnswer, Sent};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::text::one_line;
use fieldday_kernel::time::Span;
use std::fmt::Write as _;

/// Messages before the violation that a diagram shows at most.
const SHOWN: usize = 20;

/// The last messages before a violation, and the violation as a note.
pub(crate) fn diagram(told: &Told<'_>) -> String {
    let sent = attempts(told.events);
    let is_lost = |sent_here: &Sent| sent.iter().any(|a| a.never_arrived && std::ptr::eq(a.sent, sent_here));
    let line = |event: &Event| Some((event.client, event.at, message(event, is_lost)?));
    let mut lines: Vec<(u32, Span, String)> = told.events.iter().filter_map(line).collect();
    let left_out = lines.len().saturating_sub(SHOWN);
    lines.drain(..left_out);
    let violation = &told.size.violation;
    let mut clients: Vec<u32> = lines.iter().map(|(client, ..)| *client).chain([violation.client]).collect();
    clients.sort();
    clients.dedup();
    let mut out = "```mermaid\nsequenceDiagram\n".to_owned();
    for client in &clients {
        let name = told.names.get(*client as usize).copied().unwrap_or("somebody");
        let name = plain(name.split_once('/').map_or(name, |(_, name)| name));
        let _ = writeln!(out, "    participant P{client} as person of {name}");
        let _ = writeln!(out, "    participant A{client} as app of {name}");
        let _ = writeln!(out, "    participant N{client} as network of {name}");
    }
    out.push_str("    participant B as backend\n");
    let mut marked = told.no_return.is_none();
    for (client, at, line) in lines {
        if !marked && told.no_return.is_some_and(|no_return| at >= no_return) {
            marked = true;
            let _ = writeln!(out, "    Note over A{client},B: from here on it could no longer end well");
        }
        let _ = writeln!(out, "    {line}");
    }
    let rule = violation.rule;
    let _ = writeln!(out, "    Note over A{},B: {rule} is broken: {}\n```\n", violation.client, plain(rule.sentence()));
    out
}

fn message(event: &Event, is_lost: impl Fn(&Sent) -> bool) -> Option<String> {
    let c = event.client;
    let backend = |call: u32, attempt: u8, what: String| {
        let again = if attempt > 0 { format!(", attempt {}", attempt + 1) } else { String::new() };
        Some(plain(&format!("{what} (call {call}{again})")))
    };
    match &event.what {
        EventKind::Person(deed) => Some(format!("P{c}->>A{c}: {}", plain(&crate::timeline::plain(deed)))),
        EventKind::Sent(sent) => {
            let what = backend(sent.call, sent.attempt, sent.request.op().to_string())?;
            Some(if is_lost(sent) { format!("A{c}-xN{c}: {what}") } else { format!("A{c}->>B: {what}") })
        }
        EventKind::Answered { call, attempt, response, .. } => {
            Some(format!("B-->>A{c}: {}", backend(*call, *attempt, response.status.to_string())?))
        }
        EventKind::Unanswered { call, attempt, why, .. } => {
            Some(format!("N{c}--xA{c}: {}", backend(*call, *attempt, unanswered(*why).to_owned())?))
        }
        EventKind::GroundTruth(GroundTruth::LostOnTheWayBack { call, attempt, status }) => {
            Some(format!("B--xN{c}: {}", backend(*call, *attempt, format!("{status}, lost"))?))
        }
        EventKind::GroundTruth(GroundTruth::Late { call, attempt, status }) => {
            Some(format!("B--xA{c}: {}", backend(*call, *attempt, format!("{status}, too late"))?))
        }
        EventKind::Network { online } => {
            Some(format!("N{c}->>A{c}: network {}", if *online { "comes back" } else { "is gone" }))
        }
        EventKind::Killed => Some(format!("A{c}->>A{c}: dies")),
        EventKind::Launched { launch } => Some(format!("A{c}->>A{c}: starts, for the {launch}. time")),
        EventKind::Queued { action, request } => {
            Some(format!("A{c}->>A{c}: queues action {action}, {}", plain(&request.op().to_string())))
        }
        _ => None,
    }
}

/// Why no answer came, as every picture of it says.
pub(crate) fn unanswered(why: NoAnswer) -> &'static str {
    match why {
        NoAnswer::Timeout => "no answer in time",
        NoAnswer::Unreachable => "no network",
        NoAnswer::Broken => "the connection broke",
        NoAnswer::Cancelled => "not waited for",
        NoAnswer::Killed => "the app died",
    }
}

/// Without what means something to Mermaid.
fn plain(text: &str) -> String {
    one_line(text).chars().map(|c| if ";#\n\r".contains(c) { ',' } else { c }).collect()
}
