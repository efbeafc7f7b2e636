//! What a person decides, and from what: one stream of draws per habit and occasion, so that no decision moves another.

use super::Person;
use fieldday_kernel::random::{Purpose, Stream};

/// The purposes of a person's draws.
pub struct Habit;

#[allow(missing_docs)] // Each is what the person then does.
impl Habit {
    pub const LOOKS: Purpose = Purpose::new("looks at the screen");
    pub const DRIVES: Purpose = Purpose::new("drives");
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
    /// Whether the person does it on this occasion.
    pub(super) fn does(&self, habit: Purpose, occasion: u64, ppm: u32) -> bool {
        ppm > 0 && self.draws(habit, occasion).bernoulli(ppm)
    }
}
