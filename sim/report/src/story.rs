//! A failure as a story: what the people and the phones did, what went over the network, what nobody could see, the rule in
//! the specification's words, and the moment from which on it could no longer end well.

use crate::timeline::says;
use fieldday_api::time::{Span, Time, Zone};
use fieldday_engine::shrink::Size;
use fieldday_history::{Event, What};
use std::fmt::Write as _;

/// Events that a story tells at most; of a longer one, the last.
const TOLD: usize = 120;

/// The story of a failure, in Markdown. `no_return` is the moment from which on no repair would have helped.
pub fn story(events: &[Event], size: &Size, start: Time, zone: &Zone, no_return: Option<Span>, again: &str) -> String {
    let violation = &size.violation;
    let rule = violation.rule;
    let mut out = format!(
        "# {rule}\n\n> {} (§{})\n\n{}\n\nAgain: `{again}`\n\n",
        rule.sentence(),
        rule.section(),
        capital(&violation.says),
    );
    let _ = writeln!(
        out,
        "{} tenants, {} clients, {} calls, {} events up to the violation.\n",
        size.tenants, size.clients, size.calls, size.events
    );
    let names: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Client(client) => Some(client.name.as_str()),
            _ => None,
        })
        .collect();
    let told: Vec<&Event> = events.iter().filter(|event| is_told(&event.what)).collect();
    let left_out = told.len().saturating_sub(TOLD);
    if left_out > 0 {
        let _ = writeln!(out, "The first {left_out} events are left out.\n");
    }
    out.push_str("| when | who | what |\n| --- | --- | --- |\n");
    let mut marked = false;
    for event in &told[left_out..] {
        let who = names.get(event.client as usize).copied().unwrap_or_default();
        if !marked && no_return.is_some_and(|at| event.at >= at) {
            marked = true;
            out.push_str("| | | **from here on it could no longer end well** |\n");
        }
        let millis = event.at.as_micros().rem_euclid(1_000_000) / 1_000;
        let when = format!("{}.{millis:03}", zone.time_of_day(start + event.at));
        let _ = writeln!(out, "| {when} | {who} | {} |", says(&event.what).replace('|', "/"));
    }
    let _ = writeln!(out, "| | | **{rule} is broken: {}** |", violation.says.replace('|', "/"));
    out
}

/// What only shows how a screen looked tells nothing of what went wrong.
fn is_told(what: &What) -> bool {
    !matches!(
        what,
        What::Client(_) | What::Shown { .. } | What::StaleShown { .. } | What::Spinner { .. } | What::Logged { .. }
    )
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}
