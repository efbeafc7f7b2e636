//! What went over the network up to a violation: each attempt with its answer, or with why there was none.

use fieldday_history::event::{GroundTruth, NoAnswer, Sent};
use fieldday_history::{AttemptEnd, End, Event, EventKind, OpenAttempts};
use fieldday_kernel::time::Span;

/// One attempt of a call.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The number within the cell of the client that sent it.
    pub client: u32,
    /// That client's name in the plan.
    pub name: &'a str,
    /// The request with its cause and credential.
    pub sent: &'a Sent,
    /// The time of sending, from the cell's start.
    pub at: Span,
    /// When its answer came, or was no longer waited for; of one that was under way yet, when the story ends.
    pub until: Span,
    /// How it ended; none if it was in flight when the rule broke.
    pub end: Option<End<'a>>,
    /// When it was over at the backend, too, however long its client waited; none if nothing tells.
    pub over: Option<Span>,
    /// Whether it is known never to have reached the backend.
    pub never_arrived: bool,
}

/// Why there is no answer, in words; none if there is one.
pub fn problem(end: Option<End<'_>>) -> Option<&'static str> {
    Some(match end {
        Some(End::Answered(_)) => return None,
        Some(End::Unanswered(NoAnswer::Timeout)) => "no answer: timed out",
        Some(End::Unanswered(NoAnswer::Unreachable)) => "no answer: there was no network, so the request never left",
        Some(End::Unanswered(NoAnswer::Broken)) => "no answer: connection broken",
        Some(End::Unanswered(NoAnswer::Cancelled)) => "no answer: cancelled by the person",
        Some(End::Unanswered(NoAnswer::Killed)) => "no answer: app killed",
        None => "no answer yet when the rule was broken",
    })
}

/// The attempts in the order in which they were sent.
pub fn attempts(events: &[Event]) -> Vec<Attempt<'_>> {
    let last = events.last().map_or(Span::ZERO, |event| event.at);
    let mut names: Vec<&str> = Vec::new();
    let mut attempts: Vec<Attempt<'_>> = Vec::new();
    let mut open = OpenAttempts::default();
    for event in events {
        match &event.what {
            EventKind::Client(client) => names.push(client.name.as_str()),
            EventKind::Sent(sent) => {
                let name = names.get(event.client as usize).copied().unwrap_or_default();
                let (client, at) = (event.client, event.at);
                open.sent(client, sent.call, sent.attempt, attempts.len());
                attempts.push(Attempt {
                    client,
                    name,
                    sent,
                    at,
                    until: last,
                    end: None,
                    over: None,
                    never_arrived: false,
                });
            }
            EventKind::GroundTruth(GroundTruth::LostOnTheWayOut { call, attempt }) => {
                if let Some(place) = open.get(event.client, *call, *attempt) {
                    attempts[*place].never_arrived = true;
                }
            }
            EventKind::GroundTruth(
                GroundTruth::LostOnTheWayBack { call, attempt, .. }
                | GroundTruth::Late { call, attempt, .. }
                | GroundTruth::CutByBackend { call, attempt, .. },
            ) => over(&mut attempts, event, *call, *attempt),
            EventKind::Wire(wire) => over(&mut attempts, event, wire.call, wire.attempt),
            _ => {}
        }
        if let Some(ended) = AttemptEnd::of(&event.what)
            && let Some(place) = open.ended(event.client, ended.call, ended.attempt)
        {
            let found = &mut attempts[place];
            (found.until, found.end) = (event.at, Some(ended.end));
            if matches!(ended.end, End::Answered(_)) {
                found.over = Some(event.at);
            }
            found.never_arrived |= matches!(ended.end, End::Unanswered(why) if !why.is_indeterminate());
        }
    }
    attempts
}

/// Notes that an attempt is over at the backend.
fn over(attempts: &mut [Attempt<'_>], event: &Event, call: u32, attempt: u8) {
    let is_it = |it: &&mut Attempt<'_>| (it.client, it.sent.call, it.sent.attempt) == (event.client, call, attempt);
    if let Some(it) = attempts.iter_mut().rev().find(is_it) {
        it.over = Some(event.at);
    }
}
