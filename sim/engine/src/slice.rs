//! A broken rule of a recorded day, cut down to the events that its judge needs.
//!
//! Whole calls are taken out as long as the same rule still breaks in the same way. Every write to what the violation is
//! about stays, needed or not: without it, what is left would tell of a backend that changes rows by itself.

use crate::setup;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_history::event::Sent;
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::{Time, Zone};
use fieldday_rules::{Findings, Judges, Violation};
use fieldday_scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So often is a smaller day judged at most.
const TRIALS: u32 = 600;

/// A day as it was recorded.
pub struct Day<'a> {
    /// The scenario, as it was settled for the run.
    pub scenario: &'a Scenario,
    /// The time from which the cell's events count.
    pub start: Time,
    /// The zones of its tenants.
    pub zones: BTreeMap<SmolStr, Zone>,
    /// The recorded events of the cell, in order.
    pub events: &'a [Event],
}

/// What is left of a day, and the violation in it.
pub struct Slice {
    /// The events, up to the violation.
    pub events: Vec<Event>,
    /// The violation, by the numbers of these events.
    pub violation: Violation,
    /// The number of calls among the events.
    pub calls: u64,
}

/// A call of a client; or, without a number, whatever else the client noted.
type Group = (u32, Option<u32>);

/// Cuts a day down to what a violation in it needs.
pub fn slice(day: &Day<'_>, violation: &Violation) -> Slice {
    let until = usize::try_from(violation.event).unwrap_or(usize::MAX).saturating_add(1).min(day.events.len());
    let whole = &day.events[..until];
    let about = ids_of(whole, violation);
    // What a conformance pass decided by itself, and names no row, follows from its one call.
    let is_decided = matches!(whole.last().map(|event| &event.what), Some(EventKind::Checked(_)));
    let every_write = about.is_empty() && !is_decided;
    let mut groups: Vec<Group> = Vec::new();
    let mut stay: BTreeSet<Group> = BTreeSet::from([(violation.client, violation.call)]);
    for event in whole.iter().filter(|event| !matches!(event.what, EventKind::Client(_))) {
        let group = group_of(event);
        if let EventKind::Sent(sent) = &event.what
            && sent.request.op().writes()
            && (every_write || ids_in(&sent.request).iter().any(|id| about.contains(id)))
        {
            stay.insert(group);
        }
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let mut removable: Vec<Group> = groups.into_iter().filter(|group| !stay.contains(group)).collect();
    let kept_without = |gone: &BTreeSet<Group>| -> Vec<Event> {
        let kept = |event: &&Event| matches!(event.what, EventKind::Client(_)) || !gone.contains(&group_of(event));
        whole.iter().filter(kept).cloned().collect()
    };
    let breaks = |events: &[Event]| judged(day, events, violation);
    let (mut gone, mut trials) = (BTreeSet::new(), 0);
    let mut size = removable.len();
    while size > 0 && trials < TRIALS {
        let mut at = 0;
        while at < removable.len() && trials < TRIALS {
            let chunk: Vec<Group> = removable[at..(at + size).min(removable.len())].to_vec();
            let mut without: BTreeSet<Group> = gone.clone();
            without.extend(chunk.iter().copied());
            trials += 1;
            if breaks(&kept_without(&without)).is_some() {
                gone = without;
                removable.drain(at..at + chunk.len());
            } else {
                at += chunk.len();
            }
        }
        size /= 2;
    }
    let events = kept_without(&gone);
    let found = breaks(&events).unwrap_or_else(|| violation.clone());
    let end = usize::try_from(found.event).map_or(events.len(), |event| (event + 1).min(events.len()));
    let events = events[..end].to_vec();
    let calls: BTreeSet<_> =
        events.iter().filter_map(|event| group_of(event).1.map(|call| (event.client, call))).collect();
    Slice { calls: calls.len() as u64, violation: found, events }
}

/// What the judges say of events of a day, whether they came so or were changed.
pub fn findings(day: &Day<'_>, events: &[Event]) -> Findings {
    let settings = setup::judges(day.scenario, setup::pace(day.scenario), day.start, day.zones.clone());
    let mut judges = Judges::new(Arc::new(settings));
    events.iter().for_each(|event| judges.on(event));
    judges.finish()
}

/// The first violation of the same kind among these events.
fn judged(day: &Day<'_>, events: &[Event], like: &Violation) -> Option<Violation> {
    let signature = like.signature();
    findings(day, events).violations.into_iter().find(|violation| violation.signature() == signature)
}

fn group_of(event: &Event) -> Group {
    let call = match &event.what {
        EventKind::Sent(Sent { call, .. })
        | EventKind::Answered { call, .. }
        | EventKind::Unanswered { call, .. }
        | EventKind::Logged { call, .. } => Some(*call),
        EventKind::Wire(wire) => Some(wire.call),
        _ => None,
    };
    (event.client, call)
}

/// What a violation is about: the ids in its sentence, and those in the call in which it showed.
fn ids_of(events: &[Event], violation: &Violation) -> BTreeSet<String> {
    let mut ids = words(&violation.says);
    let calls = events.iter().filter_map(|event| match &event.what {
        EventKind::Sent(sent) if event.client == violation.client && Some(sent.call) == violation.call => {
            Some(&sent.request)
        }
        _ => None,
    });
    calls.for_each(|call| ids.extend(ids_in(call)));
    ids
}
fn ids_in(call: &Call) -> BTreeSet<String> {
    words(&serde_json::to_string(call).unwrap_or_default())
}
/// Words that name a row: `appt_0123`, `session-7_a`, but no field's name.
fn words(text: &str) -> BTreeSet<String> {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_id = |word: &&str| word.contains('_') && word.bytes().any(|b| b.is_ascii_digit());
    text.split(|c| !is_inside(c)).filter(is_id).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_the_names_of_fields() {
        let text = r#"expected appt_de43f8 of rep_7, but "scheduled_start" and "rep_id" are none"#;
        assert_eq!(words(text), BTreeSet::from(["appt_de43f8".to_owned(), "rep_7".to_owned()]));
    }
}
