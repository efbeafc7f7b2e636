//! How fast the protocol's own times pass on a phone: as the specification has them, or so many times as fast, for a day
//! that is lived faster than the wall.

use crate::endpoint::TimeoutClass;
use fieldday_kernel::time::Span;

/// How many times as fast as specified each kind of the protocol's times passes; 1 is as specified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// For how long the app waits for an answer (§0.4).
    pub timeouts: u32,
    /// Waits before a call, an upload or the queue is tried again (§0.3); not what a `Retry-After` asks for.
    pub backoff: u32,
    /// How often, and for how long, a session is polled (§3.4).
    pub polling: u32,
    /// For how long what was read counts as fresh (§0.4).
    pub cache: u32,
}

impl Pace {
    /// Every time as the specification has it.
    pub const SPECIFIED: Pace = Pace { timeouts: 1, backoff: 1, polling: 1, cache: 1 };

    /// For how long the app waits for an answer to a call of that class.
    pub const fn limit(&self, class: TimeoutClass) -> Span {
        class.limit().sped_up(self.timeouts)
    }
    /// The wait before the retry that follows that many failures: 1 s, 2 s, 4 s … as specified.
    pub const fn retry_after(&self, failures: u32) -> Span {
        Span::seconds(1 << if failures > 30 { 30 } else { failures }).sped_up(self.backoff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_a_pace_a_span_takes_its_part_of_the_time() {
        let pace = Pace { timeouts: 30, backoff: 4, ..Pace::SPECIFIED };
        assert_eq!(pace.limit(TimeoutClass::Read), Span::micros(333_333));
        assert_eq!(Pace::SPECIFIED.limit(TimeoutClass::Read), TimeoutClass::Read.limit());
        assert_eq!((pace.retry_after(0), pace.retry_after(2)), (Span::millis(250), Span::seconds(1)));
        assert_eq!(Span::seconds(1).sped_up(0), Span::seconds(1), "there is no slower than not at all");
    }
}
