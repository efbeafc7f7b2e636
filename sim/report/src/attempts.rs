//! What went over the network up to a violation: each attempt with its answer, or with why there was none.

use fieldday_api::call::Response;
use fieldday_history::event::{Lapse, Sent, Truth};
use fieldday_history::{Event, What};
use fieldday_kernel::time::Span;

/// One attempt of a call.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Which client's: its number within the cell.
    pub client: u32,
    /// That client's name in the plan.
    pub name: &'a str,
    /// What was sent.
    pub sent: &'a Sent,
    /// When it was sent.
    pub at: Span,
    /// When its answer came, or was no longer waited for; of one that was under way yet, when the story ends.
    pub until: Span,
    /// What came of it.
    pub end: End<'a>,
    /// Whether it is known never to have reached the backend.
    pub never_arrived: bool,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    /// An answer.
    Answered(&'a Response),
    /// None, and why.
    Unanswered(Lapse),
    /// It was under way when the rule broke.
    Open,
}

impl End<'_> {
    /// Why there is no answer, in words; none if there is one.
    pub fn problem(&self) -> Option<&'static str> {
        Some(match self {
            End::Answered(_) => return None,
            End::Unanswered(Lapse::Timeout) => "no answer: the app waited as long as it may",
            End::Unanswered(Lapse::Unreachable) => "no answer: there was no network, so the request never left",
            End::Unanswered(Lapse::Broken) => "no answer: the connection broke",
            End::Unanswered(Lapse::Cancelled) => "no answer: the person did not want to wait",
            End::Unanswered(Lapse::Killed) => "no answer: the app died",
            End::Open => "no answer yet when the rule was broken",
        })
    }
}

/// The attempts in the order in which they were sent.
pub fn attempts(events: &[Event]) -> Vec<Attempt<'_>> {
    let last = events.last().map_or(Span::ZERO, |event| event.at);
    let mut names: Vec<&str> = Vec::new();
    let mut attempts: Vec<Attempt<'_>> = Vec::new();
    for event in events {
        match &event.what {
            What::Client(client) => names.push(client.name.as_str()),
            What::Sent(sent) => {
                let name = names.get(event.client as usize).copied().unwrap_or_default();
                let (client, at) = (event.client, event.at);
                attempts.push(Attempt { client, name, sent, at, until: last, end: End::Open, never_arrived: false });
            }
            What::Answered { call, attempt, response, .. } => {
                if let Some(found) = find(&mut attempts, event.client, *call, *attempt) {
                    (found.until, found.end) = (event.at, End::Answered(response));
                }
            }
            What::Unanswered { call, attempt, why, .. } => {
                if let Some(found) = find(&mut attempts, event.client, *call, *attempt) {
                    (found.until, found.end) = (event.at, End::Unanswered(*why));
                    found.never_arrived |= !why.is_undetermined();
                }
            }
            What::Truth(Truth::LostOnTheWayOut { call, attempt }) => {
                if let Some(found) = find(&mut attempts, event.client, *call, *attempt) {
                    found.never_arrived = true;
                }
            }
            _ => {}
        }
    }
    attempts
}

/// The latest of that number.
fn find<'a, 'e>(attempts: &'a mut [Attempt<'e>], client: u32, call: u32, attempt: u8) -> Option<&'a mut Attempt<'e>> {
    attempts.iter_mut().rev().find(|a| (a.client, a.sent.call, a.sent.attempt) == (client, call, attempt))
}
