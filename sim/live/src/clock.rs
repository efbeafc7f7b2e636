//! The protocol's clock of a live run: the wall. People's plans go by their tenant's
//! [day clock](fieldday_rep::station::DayClock).

use fieldday_kernel::time::{Span, Time};
use std::time::{Duration, Instant};

/// The protocol's clock: an origin, and the time that has passed on the wall since.
///
/// Against a deployment the origin is the time of day. Against the tool's own mock, whose clock is the same, it may be any:
/// the scenario's own date.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    origin: Time,
    started: Instant,
}

impl WallClock {
    /// A clock that shows `origin` now.
    pub fn showing(origin: Time) -> WallClock {
        WallClock { origin, started: Instant::now() }
    }
    /// The time that the clock shows, which passes as fast as real time.
    pub fn now(&self) -> Time {
        self.origin + span(self.started.elapsed())
    }
    /// When it shows that; now, if that has passed.
    pub fn instant(&self, at: Time) -> Instant {
        self.started + at.since(self.origin).duration()
    }
}

/// What the wall's libraries say as a span.
pub(crate) fn span(took: Duration) -> Span {
    Span::micros(i64::try_from(took.as_micros()).unwrap_or(i64::MAX))
}

/// The system's time in UTC.
pub fn utc_now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_shows_an_origin_goes_on_from_there() {
        let clock = WallClock::showing(Time::from_micros(5_000_000));
        let (first, second) = (clock.now(), clock.now());
        assert!(first >= Time::from_micros(5_000_000) && second >= first);
        assert!(clock.instant(first) <= Instant::now());
    }
}
