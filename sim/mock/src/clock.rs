//! The mock's clock: the time that the backend takes it to be.

use fieldday_kernel::time::{Span, Time};
use std::time::{Instant, SystemTime};

/// A moment of the machine's monotonic clock, and the time that it stands for. It goes on at the pace of the wall and
/// never back, whatever happens to the wall's own clock. Whoever shares a copy has the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clock {
    began: Instant,
    origin: Time,
}

impl Clock {
    /// A clock that shows the system's time and goes on from it at the monotonic clock's pace.
    pub fn wall() -> Clock {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Clock::at(Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)))
    }
    /// A clock that shows `origin` now.
    pub fn at(origin: Time) -> Clock {
        Clock::new(Instant::now(), origin)
    }
    /// A clock that showed `origin` at the moment `began`.
    pub const fn new(began: Instant, origin: Time) -> Clock {
        Clock { began, origin }
    }
    /// The time that the clock shows now.
    pub fn now(&self) -> Time {
        let passed = self.began.elapsed().as_micros();
        self.origin + Span::micros(i64::try_from(passed).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn it_goes_on_from_its_origin() {
        let origin = Time::from_micros(1_000_000);
        let began = Instant::now() - Duration::from_secs(3);
        let clock = Clock::new(began, origin);
        assert!(clock.now() >= origin + Span::seconds(3));
        assert!(Clock::at(origin).now() < origin + Span::hours(1));
        assert!(Clock::wall().now() > Time::parse("2025-01-01T00:00:00Z").unwrap());
    }
}
