//! The clocks that only a run on the wall has: what the target took, and how long a person waited for a call in all.

use fieldday_api::endpoint::Op;
use fieldday_history::event::{Cause, WireEnd};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::Span;
use std::collections::BTreeMap;

/// Which clock took a time.
pub(super) enum LiveClock {
    /// The wire: the target's own time, and how much later than due it began.
    Wire {
        /// How much later than due the attempt was sent.
        late: Span,
        /// What it took to open a connection.
        connect: Span,
    },
    /// The person: from their wish to its fulfilment, with link, queue and repeats.
    Felt,
}

/// What is under way on a live run. Empty on the virtual clock, where nobody begins by an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Live {
    is_live: bool,
    /// Since when a call is wanted, by client and number.
    calls: BTreeMap<(u32, u32), (Op, Span)>,
    /// Since when an action waits.
    queued: BTreeMap<(u32, u32), (Op, Span)>,
}

impl Live {
    /// A time that an event ends, of an endpoint.
    pub fn on(&mut self, event: &Event) -> Option<(LiveClock, Op, Span)> {
        if !self.is_live {
            self.is_live = matches!(event.what, EventKind::Began);
            return None;
        }
        let of = |number: u32| (event.client, number);
        match &event.what {
            EventKind::Wire(wire) if matches!(wire.end, WireEnd::Answered { .. }) => {
                Some((LiveClock::Wire { late: wire.late, connect: wire.connect }, wire.op, wire.service))
            }
            EventKind::Queued { action, request } => {
                self.queued.insert(of(*action), (request.op(), event.at));
                None
            }
            EventKind::Settled { action, .. } => {
                let (op, since) = self.queued.remove(&of(*action))?;
                Some((LiveClock::Felt, op, event.at - since))
            }
            EventKind::Sent(sent) if sent.attempt == 0 && !matches!(sent.cause, Cause::Queue { .. }) => {
                self.calls.insert(of(sent.call), (sent.request.op(), event.at));
                None
            }
            EventKind::Answered { call, response, .. } if response.is_success() || is_final(response.status) => {
                let (op, since) = self.calls.remove(&of(*call))?;
                Some((LiveClock::Felt, op, event.at - since))
            }
            // Whatever the app had under way died with it, and nobody waits for it any more.
            EventKind::Killed | EventKind::DayEnded { .. } => {
                self.calls.retain(|(client, _), _| *client != event.client);
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
