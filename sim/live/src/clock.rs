//! The two clocks of a live run: the protocol's, which is the wall, and the day's, which people's plans go by.

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
    /// What it shows.
    pub fn now(&self) -> Time {
        self.origin + Span::micros(i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX))
    }
    /// When it shows that; now, if that has passed.
    pub fn instant(&self, at: Time) -> Instant {
        self.started + duration(at.since(self.origin))
    }
}

/// A span as the wall's libraries have it; none of it if it is negative.
pub(crate) fn duration(span: Span) -> Duration {
    Duration::from_micros(span.as_micros().max(0).unsigned_abs())
}

/// The time of day.
pub fn utc_now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A tenant's day: which time of the day it is when the protocol's clock shows what it shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayClock {
    /// When the protocol's clock shows this …
    pub from: Time,
    /// … it is this time of the day.
    pub day_from: Time,
    /// So many times as fast as the protocol's clock.
    pub speed: u32,
}

impl DayClock {
    /// The time of the day then.
    pub fn day(&self, now: Time) -> Time {
        self.day_from + Span::micros(now.since(self.from).as_micros().saturating_mul(i64::from(self.speed)))
    }
    /// What the protocol's clock shows at that time of the day, rounded up: by then it is that time.
    pub fn wall(&self, day: Time) -> Time {
        let speed = i64::from(self.speed.max(1));
        let span = day.since(self.day_from).as_micros();
        self.from + Span::micros(span.div_euclid(speed) + i64::from(span.rem_euclid(speed) != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_wall_time_of_a_moment_of_the_day_that_moment_has_come() {
        let clock = DayClock { from: Time::from_micros(1_000), day_from: Time::from_micros(50_000), speed: 7 };
        for day in [50_000, 50_001, 50_006, 50_007, 50_008, 1_234_567] {
            let day = Time::from_micros(day);
            let wall = clock.wall(day);
            assert!(clock.day(wall) >= day);
            assert!(clock.day(wall - Span::micros(1)) < day);
        }
        // Before the window opens it was earlier in the day.
        assert_eq!(clock.wall(Time::from_micros(50_000 - 14)), Time::from_micros(998));
    }

    #[test]
    fn a_clock_that_shows_an_origin_goes_on_from_there() {
        let clock = WallClock::showing(Time::from_micros(5_000_000));
        let (first, second) = (clock.now(), clock.now());
        assert!(first >= Time::from_micros(5_000_000) && second >= first);
        assert!(clock.instant(first) <= Instant::now());
    }
}
