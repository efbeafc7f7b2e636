//! The clock of people's days. It is the phone's clock, unless a run on the wall clock goes through the day faster than real
//! time: then people's plans go by this one, and all that the protocol says goes by the phone's.

use fieldday_kernel::time::{Span, Time};

/// Converts between the phone's clock and the time of a tenant's day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayClock {
    /// When the phone's clock shows this …
    pub from: Time,
    /// … it is this time of the day.
    pub day_from: Time,
    /// How many times as fast as the phone's clock the day passes.
    pub speed: u32,
}

impl DayClock {
    /// The day passes as the phone's clock does.
    pub fn real_time() -> DayClock {
        DayClock { from: Time::default(), day_from: Time::default(), speed: 1 }
    }
    /// The time of the day when the phone's clock shows `now`.
    pub fn day(&self, now: Time) -> Time {
        self.day_from + Span::micros(now.since(self.from).as_micros().saturating_mul(i64::from(self.speed)))
    }
    /// What the phone's clock shows at that time of the day, rounded up: by then it is that time.
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
    fn at_the_wall_time_of_a_moment_of_the_day_that_moment_has_come() {
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
    fn in_real_time_both_clocks_show_the_same() {
        for at in [-5, 0, 7, 1_781_077_540_635_775].map(Time::from_micros) {
            assert_eq!((DayClock::real_time().day(at), DayClock::real_time().wall(at)), (at, at));
        }
    }
}
