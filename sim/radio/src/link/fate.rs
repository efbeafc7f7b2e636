//! What becomes of one attempt and of its answer.

use super::FATE;
use super::conditions::{bytes_in, transfer_time};
use super::timeline::Segment;
use super::{DownlinkOutcome, Link, UplinkOutcome};
use crate::network::{Radio, RadioProfile};
use fieldday_kernel::random::{MILLION, Stream};
use fieldday_kernel::time::{Span, Time};

/// A request above this size is an upload: when it ends early, the other side has a part of it.
const UPLOAD_BYTES: u64 = 64 * 1024;
/// The phone finds out that it has no network by looking at its radio.
const RADIO_CHECK: Span = Span::millis(5);

/// The draws of one attempt on one of its ways. They come from one stream, always as many and in the same order, so that
/// none depends on how another came out: the round trip, the way out, the way back.
struct Draws {
    /// Where in the distribution its round trip lies: the same on both ways.
    rtt_ppm: u32,
    way: Way,
}

impl Draws {
    fn out(seed: u64, entity: u64, attempt: u64) -> Draws {
        let mut stream = Stream::new(seed, FATE, entity, attempt, 0);
        Draws { rtt_ppm: ppm(&mut stream), way: Way::new(&mut stream) }
    }
    fn back(seed: u64, entity: u64, attempt: u64) -> Draws {
        let mut stream = Stream::new(seed, FATE, entity, attempt, 0);
        let rtt_ppm = ppm(&mut stream);
        Way::new(&mut stream);
        Draws { rtt_ppm, way: Way::new(&mut stream) }
    }
}

/// The draws of one way.
#[derive(Clone, Copy)]
struct Way {
    /// Below half the bearer's loss, which is of the round trip: a packet is lost and sent again.
    loss: u32,
    /// Below the bearer's chance: a bad state breaks the connection.
    breaks: u32,
}

fn ppm(stream: &mut Stream) -> u32 {
    stream.below(u64::from(MILLION)) as u32
}

struct Failed {
    at: Time,
    sent_bytes: u64,
    /// Whether the phone notices then; if not, an upload notices when nothing has moved for the stall limit.
    noticed: bool,
}

impl Way {
    fn new(stream: &mut Stream) -> Way {
        Way { loss: ppm(stream), breaks: ppm(stream) }
    }
}

impl Link {
    /// What becomes of a request of that size which leaves at `at`. `attempt` is the attempt's own key.
    pub fn send(&mut self, at: Time, bytes: u64, attempt: u64) -> UplinkOutcome {
        let segment = self.timeline.at(at);
        if segment.radio == Radio::None {
            self.used = None;
            return UplinkOutcome::Unreachable { at: at + RADIO_CHECK };
        }
        let draws = Draws::out(self.seed, self.entity, attempt);
        let rtt = self.conditions.rtt(at, draws.rtt_ppm, self.bearer(segment));
        if segment.portal {
            return UplinkOutcome::Portal { at: at + rtt.times(3) };
        }
        // A new connection takes two round trips before the first byte.
        self.reconnected = !self.connected(at);
        let connected = if self.reconnected { at + rtt.times(2) } else { at };
        match self.transfer(at, connected, bytes, draws.way) {
            Ok(sent) => {
                let lost = draws.way.loss < self.bearer(segment).loss_ppm / 2;
                let again = if lost { rtt + self.air.profile.retransmit } else { Span::ZERO };
                let at = sent + Span::micros(rtt.as_micros() / 2) + again;
                self.used = Some(at);
                UplinkOutcome::Arrives { at }
            }
            Err(failed) => {
                self.used = None;
                if bytes <= UPLOAD_BYTES {
                    return UplinkOutcome::Lost;
                }
                let at = if failed.noticed { failed.at } else { failed.at + self.air.profile.stall };
                UplinkOutcome::Cut { at, sent_bytes: failed.sent_bytes.min(bytes) }
            }
        }
    }

    /// What becomes of the answer to that attempt, of that size, which leaves the backend at `at`.
    pub fn reply(&mut self, at: Time, bytes: u64, attempt: u64) -> DownlinkOutcome {
        let draws = Draws::back(self.seed, self.entity, attempt);
        let Link { timeline, conditions, air, used, .. } = self;
        let bearer = air.profile.bearer_of(timeline.at(at).class());
        let rtt = conditions.rtt(at, draws.rtt_ppm, bearer);
        let again = if draws.way.loss < bearer.loss_ppm / 2 { rtt + air.profile.retransmit } else { Span::ZERO };
        let begins = at + Span::micros(rtt.as_micros() / 2) + again;
        let mut arrives = conditions.down(begins, bytes, bearer);
        // The phone it goes to may be out of reach, or in its bad seconds, when it gets there.
        let there = timeline.at(arrives);
        let bearer = air.profile.bearer_of(there.class());
        if let Some(good) = conditions.bad_down_until(arrives, there.class(), bearer) {
            if draws.way.breaks < bearer.break_ppm || good.since(arrives) > air.profile.stall {
                *used = None;
                return DownlinkOutcome::Lost;
            }
            arrives = good + Span::micros(rtt.as_micros() / 2);
        }
        if timeline.first_offline(at, arrives).is_some() {
            *used = None;
            return DownlinkOutcome::Lost;
        }
        self.used = Some(arrives);
        DownlinkOutcome::Arrives { at: arrives }
    }

    fn bearer(&self, segment: Segment) -> &RadioProfile {
        self.air.profile.bearer_of(segment.class())
    }

    /// Whether what was last sent had to open a connection first.
    pub fn reconnected(&self) -> bool {
        self.reconnected
    }
    /// Whether a connection is open: it was used lately, and the network was there ever since.
    fn connected(&mut self, at: Time) -> bool {
        let Some(used) = self.used else { return false };
        at.since(used) < self.air.profile.idle_close && self.timeline.first_offline(used.min(at), at).is_none()
    }

    /// Moves bytes over the uplink from `from` on, through good and bad seconds; when the last one has left. `asked` is when
    /// the app asked for it: the wait for a connection counts towards the stall.
    fn transfer(&mut self, asked: Time, from: Time, bytes: u64, way: Way) -> Result<Time, Failed> {
        let Link { timeline, conditions, air, .. } = self;
        let profile = &air.profile;
        let (mut now, mut moved, mut sent) = (from, asked, 0_u64);
        let (mut met_bad, mut radio) = (false, timeline.at(from).radio);
        loop {
            let segment = timeline.at(now);
            if segment.radio == Radio::None {
                return Err(Failed { at: now, sent_bytes: sent, noticed: true });
            }
            if segment.radio != radio {
                (radio, now) = (segment.radio, now + profile.handover);
                continue;
            }
            let (class, bearer) = (segment.class(), profile.bearer_of(segment.class()));
            if let Some(good) = conditions.nothing_up_until(now, class, bearer) {
                // One throw an attempt: a connection that is going to break does so in the first bad state.
                if !met_bad && way.breaks < bearer.break_ppm {
                    return Err(Failed { at: now, sent_bytes: sent, noticed: false });
                }
                met_bad = true;
                now = good.min(segment.until);
                if now.since(moved) >= profile.stall {
                    return Err(Failed { at: moved + profile.stall, sent_bytes: sent, noticed: true });
                }
                continue;
            }
            let (kbit_s, steady_until) = conditions.up(now, class, bearer);
            let until = steady_until.min(segment.until);
            let needed = transfer_time(bytes - sent, kbit_s);
            if needed <= until.since(now) {
                return Ok(now + needed);
            }
            sent = (sent + bytes_in(until.since(now), kbit_s)).min(bytes);
            (now, moved) = (until, until);
        }
    }
}
