//! How fast and how long bytes move at a moment: as the profile of the place and the seed have it, or as a trace has it.

use super::weather::Weather;
use super::{SPEED, TRACE};
use crate::network::RadioProfile;
use crate::trace::{Series, Trace};
use fieldday_kernel::random::{MILLION, Stream};
use fieldday_kernel::time::{Span, Time};
use std::sync::Arc;

/// A bandwidth is drawn for so long. Ours: measured quantiles are of seconds, and a long transfer meets many of them.
const STEADY_US: i64 = 10_000_000;

/// What a phone's radio gives it, wherever it has a network.
pub(super) struct Conditions {
    seed: u64,
    entity: u64,
    weather: Weather,
    /// The bandwidths that were drawn last: for which stretch of time, and where in their distributions they lie.
    speed: (i64, Speed),
    trace: Option<Traced>,
}

/// Where in their distributions the bandwidths up and down lie.
#[derive(Clone, Copy)]
struct Speed {
    up_ppm: u32,
    down_ppm: u32,
}

impl Speed {
    /// That of a phone in a stretch of time, whatever its radio: a good place is good for each.
    fn draw(seed: u64, entity: u64, stretch: i64) -> Speed {
        let mut stream = Stream::new(seed, SPEED, entity, 0, stretch as u64);
        let mut ppm = || stream.below(u64::from(MILLION)) as u32;
        Speed { up_ppm: ppm(), down_ppm: ppm() }
    }
}

/// A trace, and how far into it this phone is at the epoch.
struct Traced {
    trace: Arc<Trace>,
    offset: Span,
}

impl Traced {
    /// A value at a moment, and until when.
    fn read(&self, series: &Series, at: Time) -> (i64, Time) {
        let (value, until) = series.at(at + self.offset);
        (value, until - self.offset)
    }
}

impl Conditions {
    pub fn new(seed: u64, entity: u64, trace: Option<Arc<Trace>>) -> Conditions {
        let traced = |trace: Arc<Trace>| {
            let length = trace.length().as_micros().unsigned_abs();
            let offset = Stream::new(seed, TRACE, entity, 0, 0).below(length);
            Traced { trace, offset: Span::micros(offset as i64) }
        };
        let (weather, speed) = (Weather::new(seed, entity), (0, Speed::draw(seed, entity, 0)));
        Conditions { seed, entity, weather, speed, trace: trace.map(traced) }
    }
    /// The speed at a moment, and until when it is that.
    fn speed(&mut self, at: Time) -> (Speed, Time) {
        let stretch = at.micros().div_euclid(STEADY_US);
        if self.speed.0 != stretch {
            self.speed = (stretch, Speed::draw(self.seed, self.entity, stretch));
        }
        (self.speed.1, Time::from_micros((stretch + 1) * STEADY_US))
    }

    /// The round trip of an attempt that begins at `at` and draws `at_ppm` of the profile's.
    pub fn rtt(&self, at: Time, at_ppm: u32, bearer: &RadioProfile) -> Span {
        let measured = self.trace.as_ref().and_then(|of| Some(of.read(of.trace.rtt.as_ref()?, at).0));
        measured.map_or_else(|| bearer.rtt(at_ppm), Span::micros)
    }

    /// If nothing moves up at `at`: until when.
    pub fn nothing_up_until(&mut self, at: Time, class: usize, bearer: &RadioProfile) -> Option<Time> {
        match &self.trace {
            None => self.weather.bad_until(at, class, bearer),
            Some(of) => {
                let (kbit_s, until) = of.read(&of.trace.up, at);
                (kbit_s == 0).then_some(until)
            }
        }
    }
    /// From a moment on at which something moves up: how much, in kbit/s, and until when it is that for certain.
    pub fn up(&mut self, at: Time, class: usize, bearer: &RadioProfile) -> (i64, Time) {
        if let Some(of) = &self.trace {
            return of.read(&of.trace.up, at);
        }
        let (speed, until) = self.speed(at);
        (bearer.uplink.at(speed.up_ppm).max(1), until.min(self.weather.good_until(at, class, bearer)))
    }

    /// When so many bytes that begin to come down at `from` are there, if the phone stays where it is.
    pub fn down(&mut self, from: Time, bytes: u64, bearer: &RadioProfile) -> Time {
        // A trace in which nothing ever moves is refused when it is read, so this comes to an end.
        let (mut now, mut left) = (from, bytes);
        loop {
            let (kbit_s, until) = self.down_at(now, bearer);
            let needed = if kbit_s > 0 { transfer_time(left, kbit_s) } else { Span::micros(i64::MAX) };
            if needed <= until.since(now) {
                return now + needed;
            }
            left -= bytes_in(until.since(now), kbit_s).min(left);
            now = until;
        }
    }
    fn down_at(&mut self, at: Time, bearer: &RadioProfile) -> (i64, Time) {
        let traced = self.trace.as_ref().and_then(|of| Some(of.read(of.trace.down.as_ref()?, at)));
        traced.unwrap_or_else(|| {
            let (speed, until) = self.speed(at);
            (bearer.downlink.at(speed.down_ppm).max(1), until)
        })
    }
    /// If an answer meets bad seconds at `at`: until when. What a trace has of them is in [`Conditions::down`] already.
    pub fn bad_down_until(&mut self, at: Time, class: usize, bearer: &RadioProfile) -> Option<Time> {
        let is_traced = self.trace.as_ref().is_some_and(|of| of.trace.down.is_some());
        if is_traced { None } else { self.weather.bad_until(at, class, bearer) }
    }
}

/// How long that many bytes take.
pub(super) fn transfer_time(bytes: u64, kbit_s: i64) -> Span {
    // 8,000 µs a byte at 1 kbit/s.
    Span::micros((i128::from(bytes) * 8_000 / i128::from(kbit_s)).min(1 << 60) as i64)
}

/// How many bytes move in that time.
pub(super) fn bytes_in(span: Span, kbit_s: i64) -> u64 {
    (i128::from(span.as_micros()) * i128::from(kbit_s) / 8_000) as u64
}
