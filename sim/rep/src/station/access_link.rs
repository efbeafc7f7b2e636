//! How a client reaches the backend: over a phone's mobile network, or over a steady line.

use fieldday_kernel::time::{Span, Time};
use fieldday_radio::link::{DownlinkOutcome, Link, UplinkOutcome};
use fieldday_radio::place::Point;
use fieldday_radio::track::Leg;
use std::cell::{Cell, RefCell};

/// A client's line. Moments are those of the day, since people move by the day's clock.
pub enum AccessLink {
    /// A phone's mobile network, with all that may happen to it.
    Mobile(Box<RefCell<Link>>),
    /// A line that carries everything: an office's, or a phone's where the scenario has no mobile network.
    Direct {
        /// The latency of one direction.
        one_way: Span,
        /// The leg on which the client moves, by the clock of the day.
        leg: Cell<Leg>,
    },
}

impl AccessLink {
    /// A steady line, of a client who has not moved yet.
    pub fn direct(one_way: Span) -> AccessLink {
        AccessLink::Direct { one_way, leg: Cell::new(Leg::stay(Point::default(), Time::default())) }
    }
    /// What the network does to a request that leaves at `at`, by the day's clock.
    pub(super) fn send(&self, at: Time, bytes: u64, key: u64) -> UplinkOutcome {
        match self {
            AccessLink::Mobile(link) => link.borrow_mut().send(at, bytes, key),
            AccessLink::Direct { one_way, .. } => UplinkOutcome::Arrives { at: at + *one_way },
        }
    }
    /// What the network does to an answer that leaves the backend at `at`, by the day's clock.
    pub(super) fn reply(&self, at: Time, bytes: u64, key: u64) -> DownlinkOutcome {
        match self {
            AccessLink::Mobile(link) => link.borrow_mut().reply(at, bytes, key),
            AccessLink::Direct { one_way, .. } => DownlinkOutcome::Arrives { at: at + *one_way },
        }
    }
    /// Whether the phone had lost its connection before what was last sent.
    pub(super) fn reconnected(&self) -> bool {
        match self {
            AccessLink::Mobile(link) => link.borrow().reconnected(),
            AccessLink::Direct { .. } => false,
        }
    }
    /// When there next is a network: `at` itself if there is one then.
    pub(super) fn next_online(&self, at: Time) -> Option<Time> {
        match self {
            AccessLink::Mobile(link) => link.borrow_mut().next_online(at),
            AccessLink::Direct { .. } => Some(at),
        }
    }
    pub(super) fn follow(&self, new: Leg) {
        match self {
            AccessLink::Mobile(link) => link.borrow_mut().follow(new),
            AccessLink::Direct { leg, .. } => leg.set(new),
        }
    }
    pub(super) fn here(&self, at: Time) -> Point {
        match self {
            AccessLink::Mobile(link) => link.borrow().here(at),
            AccessLink::Direct { leg, .. } => leg.get().at(at),
        }
    }
    /// The `reading`th reading of the positioning system, with the error in metres that it reports.
    pub(super) fn fix(&self, at: Time, reading: u32) -> (Point, u32) {
        match self {
            AccessLink::Mobile(link) => {
                let (point, accuracy_m) = link.borrow_mut().fix(at, u64::from(reading));
                (point, accuracy_m.max(0).unsigned_abs())
            }
            AccessLink::Direct { .. } => (self.here(at), 5),
        }
    }
}
