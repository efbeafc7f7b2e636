//! What a person decides, and from what: one stream of draws per habit and occasion, so that no decision moves another.

use super::Person;
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::Span;

/// The purposes of a person's draws, one per habit.
pub struct Habit;

#[allow(missing_docs)] // Each is what the person then does.
impl Habit {
    pub const LOOKS: Purpose = Purpose::new("looks at the screen");
    pub const DRIVES: Purpose = Purpose::new("drives");
    pub const PLANS_TO_BE_EARLY: Purpose = Purpose::new("plans to be early");
    pub const RINGS: Purpose = Purpose::new("rings");
    pub const GREETS: Purpose = Purpose::new("greets");
    pub const DOUBLE_TAPS: Purpose = Purpose::new("taps twice");
    pub const LOOKS_BACK: Purpose = Purpose::new("looks back");
    pub const SCROLLS: Purpose = Purpose::new("scrolls");
    pub const OPENS_DETAILS: Purpose = Purpose::new("opens details");
    pub const READS_AT_RED_LIGHTS: Purpose = Purpose::new("reads at red lights");
    pub const ASKS_OTTO: Purpose = Purpose::new("asks otto");
    pub const RECORDS_LATE: Purpose = Purpose::new("records late");
    pub const CORRECTS_OUTCOME: Purpose = Purpose::new("corrects the outcome");
    pub const WRITES_NOTES: Purpose = Purpose::new("writes notes");
    pub const CREATES_TASK: Purpose = Purpose::new("creates a task");
    pub const SAYS_YES: Purpose = Purpose::new("says yes");
    pub const COMPLETES_TASK: Purpose = Purpose::new("completes a task");
    pub const POSTPONES_TASK: Purpose = Purpose::new("postpones a task");
    pub const WATCHES_RESULTS: Purpose = Purpose::new("watches results");
    pub const POSTS_WIN: Purpose = Purpose::new("posts a win");
    pub const CLOSES_APP: Purpose = Purpose::new("closes the app");
    pub const FORGETS_CLOCK_OUT: Purpose = Purpose::new("forgets to clock out");
}

impl Person {
    /// The draws of a habit on an occasion.
    pub(super) fn draws(&self, habit: Purpose, occasion: u64) -> Stream {
        self.phone.station.stream(habit, occasion, 0)
    }
    /// How long something takes on this occasion that takes `mean` on average: a triangle from nothing to twice the mean, as
    /// the sum of two even draws, in microseconds, so that no two people do anything on the same second.
    pub(super) fn takes(&self, habit: Purpose, occasion: u64, mean: Span) -> Span {
        let (mut draws, most) = (self.draws(habit, occasion), mean.as_micros() + 1);
        Span::micros(draws.range(0..most) + draws.range(0..most))
    }
    /// Whether the person does it on this occasion.
    pub(super) fn does(&self, habit: Purpose, occasion: u64, ppm: u32) -> bool {
        ppm > 0 && self.draws(habit, occasion).bernoulli(ppm)
    }
}
