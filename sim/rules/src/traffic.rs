//! What a wire carried in a part of a run: request by request, so that throughput, requests in flight and latency are those
//! of the same moments.

use fieldday_api::endpoint::Op;
use fieldday_history::event::WireEnd;
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};

/// One request on the wire. Times are microseconds from when the part begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Carried {
    /// The endpoint of the request.
    pub op: Op,
    /// When its first byte was sent; negative if that was before.
    pub began_us: i64,
    /// The end of the answer, or the moment at which the request failed.
    pub ended_us: i64,
    /// Whether an answer came that may be what was expected: success, or a refusal that is no 429.
    pub good: bool,
}

impl Carried {
    /// The time on the wire, in microseconds.
    pub fn took_us(&self) -> u64 {
        (self.ended_us - self.began_us).max(1).unsigned_abs()
    }
}

/// What the wire carried from one moment to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Traffic {
    /// From when, since the start of the events' clock.
    pub from: Span,
    /// The end of the part that is measured, from the start of the events' clock.
    pub until: Span,
    /// Every request that was under way at some time in between, in the order in which they ended.
    pub carried: Vec<Carried>,
}

impl Traffic {
    /// Traffic without a request, for the part between the two times.
    pub fn new(from: Span, until: Span) -> Traffic {
        Traffic { from, until, carried: Vec::new() }
    }
    /// The next event. Those after the end count too: a request may have begun before it.
    pub fn on(&mut self, event: &Event) {
        let EventKind::Wire(wire) = &event.what else { return };
        let ended_us = (event.at - self.from).as_micros();
        let began_us = ended_us - wire.service.as_micros();
        if ended_us > 0 && began_us < self.lasts().as_micros() {
            let good = matches!(wire.end, WireEnd::Answered { status: 200..300 | 400..=428 | 430..500, .. });
            self.carried.push(Carried { op: wire.op, began_us, ended_us, good });
        }
    }
    /// The length of the part.
    pub fn lasts(&self) -> Span {
        self.until - self.from
    }
    /// The requests that were over when the part ended.
    pub fn over(&self) -> impl Iterator<Item = &Carried> {
        let lasts = self.lasts().as_micros();
        self.carried.iter().filter(move |one| one.ended_us <= lasts)
    }
    /// Requests under way at once, on average, of those that are asked for.
    pub fn in_flight(&self, of: impl Fn(&Carried) -> bool) -> f64 {
        let lasts = self.lasts().as_micros();
        let within = |one: &Carried| one.ended_us.min(lasts) - one.began_us.max(0);
        let sum: i64 = self.carried.iter().filter(|one| of(one)).map(within).sum();
        if lasts > 0 { sum as f64 / lasts as f64 } else { 0.0 }
    }
    /// Adds what another wire carried in the same part.
    pub fn merge(&mut self, other: Traffic) {
        self.carried.extend(other.carried);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_history::event::Wire;

    fn ended(at_ms: i64, took_ms: i64, status: u16) -> Event {
        let wire = Wire {
            op: Op::Health,
            call: 0,
            attempt: 0,
            end: WireEnd::Answered { status, bytes: 0, request_id: None },
            service: Span::millis(took_ms),
            connect: Span::ZERO,
            late: Span::ZERO,
            lag: Span::ZERO,
            deviations: Vec::new(),
        };
        Event { at: Span::millis(at_ms), client: 0, what: EventKind::Wire(Box::new(wire)) }
    }

    #[test]
    fn a_request_counts_for_as_long_as_it_was_under_way_within() {
        let mut traffic = Traffic::new(Span::millis(1_000), Span::millis(2_000));
        // Before; over the beginning; within, failed; over the end; after.
        let events = [(900, 100, 200), (1_100, 200, 200), (1_500, 300, 503), (2_300, 500, 200), (2_600, 500, 200)];
        events.iter().for_each(|(at, took, status)| traffic.on(&ended(*at, *took, *status)));
        assert_eq!(traffic.carried.len(), 3);
        assert_eq!(traffic.over().count(), 2);
        assert_eq!(traffic.over().filter(|one| !one.good).count(), 1);
        assert!((traffic.in_flight(|_| true) - 0.6).abs() < 1e-9, "100 + 300 + 200 of 1,000 ms");
    }
}
