//! The end of a failure as a sequence diagram, in Mermaid.

use crate::attempts::attempts;
use crate::told::Told;
use crate::words;
use fieldday_history::event::{GroundTruth, Sent};
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
            let _ = writeln!(out, "    Note over A{client},B: point of no return");
        }
        let _ = writeln!(out, "    {line}");
    }
    let rule = violation.rule;
    let _ = writeln!(out, "    Note over A{},B: {rule} is broken: {}\n```\n", violation.client, plain(rule.sentence()));
    out
}

fn message(event: &Event, is_lost: impl Fn(&Sent) -> bool) -> Option<String> {
    let c = event.client;
    let backend =
        |call: u32, attempt: u8, what: String| Some(plain(&format!("{what} (call {call}{})", words::attempt(attempt))));
    match &event.what {
        EventKind::Person(deed) => Some(format!("P{c}->>A{c}: {}", plain(&words::action_words(deed)))),
        EventKind::Sent(sent) => {
            let what = backend(sent.call, sent.attempt, sent.request.op().to_string())?;
            Some(if is_lost(sent) { format!("A{c}-xN{c}: {what}") } else { format!("A{c}->>B: {what}") })
        }
        EventKind::Answered { call, attempt, response, .. } => {
            Some(format!("B-->>A{c}: {}", backend(*call, *attempt, response.status.to_string())?))
        }
        EventKind::Unanswered { call, attempt, why, .. } => {
            Some(format!("N{c}--xA{c}: {}", backend(*call, *attempt, words::unanswered(*why).to_owned())?))
        }
        EventKind::GroundTruth(GroundTruth::LostOnTheWayBack { call, attempt, status }) => {
            Some(format!("B--xN{c}: {}", backend(*call, *attempt, format!("{status}, lost on the way back"))?))
        }
        EventKind::GroundTruth(GroundTruth::Late { call, attempt, status }) => {
            Some(format!("B--xA{c}: {}", backend(*call, *attempt, format!("{status}, too late"))?))
        }
        EventKind::Network { online } => Some(format!("N{c}->>A{c}: {}", words::network(*online))),
        EventKind::Killed => Some(format!("A{c}->>A{c}: is killed")),
        EventKind::Launched { launch: 1 } => Some(format!("A{c}->>A{c}: starts")),
        EventKind::Launched { .. } => Some(format!("A{c}->>A{c}: starts again")),
        EventKind::Queued { action, request } => {
            Some(format!("A{c}->>A{c}: queues action {action}, {}", plain(&request.op().to_string())))
        }
        _ => None,
    }
}

/// Without what means something to Mermaid.
fn plain(text: &str) -> String {
    one_line(text).chars().map(|c| if ";#\n\r".contains(c) { ',' } else { c }).collect()
}
