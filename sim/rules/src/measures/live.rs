//! The clocks that only a run on the wall has: what the target took, and how long a person waited for a call in all.

use fieldday_api::endpoint::Op;
use fieldday_history::event::{Cause, Settlement, WireEnd};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::Span;
use std::collections::BTreeMap;

/// Which clock took a time.
pub(super) enum LiveClock {
    /// The wire: the target's own time, and how much later than due it began.
    Wire {
        /// How much later than due the attempt was sent.
        late: Span,
        /// The time to open a connection; zero where one was open.
        connect: Span,
    },
    /// The person: from their wish to its fulfilment, with link, queue and repeats.
    Felt,
}

/// What is under way on a live run. Empty on the virtual clock, where nobody begins by an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Live {
    is_live: bool,
    /// Since when a call is wanted, by client and number, and whether the target failed it so far.
    calls: BTreeMap<(u32, u32), (Op, Span, bool)>,
    /// Actions on queues, by client and number: the endpoint, and since when the action waits.
    queued: BTreeMap<(u32, u32), (Op, Span)>,
    /// Calls that failed for good with the last event.
    failed: Vec<Op>,
}

impl Live {
    /// The endpoints of the calls that failed for good with the last event.
    pub fn given_up(&mut self) -> Vec<Op> {
        std::mem::take(&mut self.failed)
    }
    /// A time that an event ends, of an endpoint; `target_failed` says that the client's last attempt to write did.
    pub fn on(&mut self, event: &Event, target_failed: bool) -> Option<(LiveClock, Op, Span)> {
        if !self.is_live {
            self.is_live = matches!(event.what, EventKind::Began);
            return None;
        }
        let of = |number: u32| (event.client, number);
        match &event.what {
            // A failed attempt has no latency: it counts as slower than any bound.
            EventKind::Wire(wire) if matches!(wire.end, WireEnd::Answered { status: 200..300, .. }) => {
                Some((LiveClock::Wire { late: wire.late, connect: wire.connect }, wire.op, wire.service))
            }
            EventKind::Queued { action, request } => {
                self.queued.insert(of(*action), (request.op(), event.at));
                None
            }
            EventKind::Settled { action, how } => {
                let (op, since) = self.queued.remove(&of(*action))?;
                match how {
                    Settlement::Refused { .. } => {
                        self.failed.push(op);
                        None
                    }
                    _ => Some((LiveClock::Felt, op, event.at - since)),
                }
            }
            EventKind::Sent(sent) if sent.attempt == 0 && !matches!(sent.cause, Cause::Queue { .. }) => {
                self.calls.insert(of(sent.call), (sent.request.op(), event.at, false));
                None
            }
            EventKind::Answered { call, response, .. } if response.is_success() => {
                let (op, since, _) = self.calls.remove(&of(*call))?;
                Some((LiveClock::Felt, op, event.at - since))
            }
            EventKind::Answered { call, response, .. } if is_final(response.status) => {
                let (op, ..) = self.calls.remove(&of(*call))?;
                self.failed.push(op);
                None
            }
            EventKind::Answered { call, .. } => {
                if let Some((.., failed)) = self.calls.get_mut(&of(*call)) {
                    *failed = true;
                }
                None
            }
            // Whatever the app had under way died with it, and nobody waits for it any more.
            EventKind::Killed => {
                self.calls.retain(|(client, _), _| *client != event.client);
                None
            }
            EventKind::DayEnded { .. } => {
                let is_theirs = |client: u32| client == event.client;
                self.failed.extend(
                    self.calls
                        .iter()
                        .filter(|((c, _), (.., failed))| is_theirs(*c) && *failed)
                        .map(|(_, (op, ..))| *op),
                );
                // What the network alone kept back, no target failed.
                let waiting = self.queued.iter().filter(|((c, _), _)| target_failed && is_theirs(*c));
                self.failed.extend(waiting.map(|(_, (op, _))| *op));
                self.calls.retain(|(client, _), _| !is_theirs(*client));
                self.queued.retain(|(client, _), _| !is_theirs(*client));
                None
            }
            _ => None,
        }
    }
}

/// Whether a refusal ends a call.
pub(super) fn is_final(status: u16) -> bool {
    (400..500).contains(&status) && ![401, 408, 425, 429].contains(&status)
}
