//! The link between one phone and the backend: the fate of every attempt, decided by where the phone is, when, and the
//! seed.
//!
//! An attempt meets, in this order: no network (it never leaves), a captive portal (which answers in the backend's place),
//! the bad seconds of its radio (it waits, or its connection breaks), the end of coverage (it is lost, or cut while it
//! uploads). The answer meets the same on its way back, and by then the phone may be elsewhere.
//!
//! A link never waits and knows no clock: it is asked about moments, and answers with moments. What it is asked may go back
//! in time by a little; it is quick when it does not.

mod conditions;
mod fate;
mod fix;
#[cfg(test)]
mod tests;
mod timeline;
mod weather;

pub use crate::network::Radio;

use crate::air::Air;
use crate::place::Point;
use crate::trace::Trace;
use crate::track::Leg;
use conditions::Conditions;
use fieldday_kernel::random::Purpose;
use fieldday_kernel::time::Time;
use std::sync::Arc;
use timeline::Timeline;

/// How the network of a phone does, by time block.
const WEATHER: Purpose = Purpose::new("world.weather");
/// When within a second the slots of a phone's weather begin.
const PHASE: Purpose = Purpose::new("world.weather.phase");
/// How quick a phone's network is, by time.
const SPEED: Purpose = Purpose::new("world.speed");
/// Where in a trace a phone begins.
const TRACE: Purpose = Purpose::new("world.trace");
/// What becomes of an attempt.
const FATE: Purpose = Purpose::new("world.fate");
/// Where the phone believes it is.
const FIX: Purpose = Purpose::new("world.fix");

/// The link of one phone, on its way through the day and the network.
pub struct Link {
    seed: u64,
    entity: u64,
    air: Arc<Air>,
    leg: Leg,
    timeline: Timeline,
    conditions: Conditions,
    /// When the connection was last used; none if there is none.
    used: Option<Time>,
    /// Whether what was last sent had to open a connection first.
    reconnected: bool,
}

/// What becomes of a request on its way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UplinkOutcome {
    /// There is no network, and the phone says so then.
    Unreachable {
        /// The time at which the app is told.
        at: Time,
    },
    /// The backend receives the whole request.
    Arrives {
        /// The arrival of its last byte.
        at: Time,
    },
    /// It is never seen again; the app waits for its timeout.
    Lost,
    /// A captive portal answers 200 with a page of its own.
    Portal {
        /// The time at which the page is there.
        at: Time,
    },
    /// An upload ends in the middle.
    Cut {
        /// The time at which the app is told.
        at: Time,
        /// The bytes that the other side has received.
        sent_bytes: u64,
    },
}

/// What becomes of an answer on its way back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DownlinkOutcome {
    /// The app receives the whole answer.
    Arrives {
        /// The arrival of its last byte.
        at: Time,
    },
    /// It never does: the backend acted, and the app does not know.
    Lost,
}

impl Link {
    /// The link of the phone with that key, standing at the origin until told otherwise.
    pub fn new(seed: u64, entity: u64, air: Arc<Air>) -> Link {
        Link::with_trace(seed, entity, air, None)
    }
    /// The same of a phone whose network was measured: with the trace's figures in place of the profile's bandwidths, bad
    /// seconds and, if they are measured, round trips.
    pub fn with_trace(seed: u64, entity: u64, air: Arc<Air>, trace: Option<Arc<Trace>>) -> Link {
        let leg = Leg::stay(Point::default(), Time::from_micros(0));
        let mut timeline = Timeline::default();
        timeline.follow(&leg, &air, entity);
        let conditions = Conditions::new(seed, entity, trace);
        Link { seed, entity, air, leg, timeline, conditions, used: None, reconnected: false }
    }
    /// From its beginning on, the phone is on this leg. What a place does to a stay (a basement, a portal) counts from the
    /// stay's beginning. What was sent before keeps its fate.
    pub fn follow(&mut self, leg: Leg) {
        self.leg = leg;
        self.timeline.follow(&leg, &self.air, self.entity);
    }
    /// The place of the phone at that time, on its current leg.
    pub fn here(&self, at: Time) -> Point {
        self.leg.at(at)
    }
    /// What it has there and then. With a captive portal it has a network that says it is fine.
    pub fn radio(&mut self, at: Time) -> Radio {
        self.timeline.at(at).radio
    }
    /// When the phone next has a network: `at` itself if it has one; none if not before the leg ends (or ever, on a stay).
    pub fn next_online(&mut self, at: Time) -> Option<Time> {
        let next = self.timeline.next_online(at)?;
        (self.leg.is_stay() || next <= self.leg.arrive.max(at)).then_some(next)
    }
}
