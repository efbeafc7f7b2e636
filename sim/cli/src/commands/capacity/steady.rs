//! When a warm-up is over: a level's load is steady once what ends is what is offered.

use fieldday_capacity::excerpt::Schedule;
use fieldday_capacity::journal::Header;
use fieldday_kernel::time::Span;

/// A warm-up lasts so many times as long as was asked for at most.
pub const WARM_UPS_MOST: u32 = 3;
/// The load is steady if as much ended as was offered in each of the last two quarters of a warm-up, but for this share …
const STEADY_SHARE: f64 = 0.1;
/// … or so many times the deviation of a count.
const STEADY_DEVIATIONS: f64 = 3.0;

/// How long a level warms up at most.
pub fn warm_up_most(header: &Header) -> Span {
    Span::seconds(i64::from(header.warm_up_s * WARM_UPS_MOST))
}

/// Whether a level's load is steady: what ends is what is offered, so no queue grows or drains.
pub struct Steady {
    period: Span,
    least: Span,
    /// How many requests had ended at the end of each period.
    ended: Vec<u64>,
}

impl Steady {
    pub fn new(header: &Header) -> Steady {
        let least = Span::seconds(i64::from(header.warm_up_s));
        Steady { period: Span::micros((least.as_micros() / 4).max(1)), least, ended: Vec::new() }
    }
    /// Looks at what had ended so long after the beginning.
    pub fn look(&mut self, since: Span, ended: u64, schedule: &Schedule) -> bool {
        if since < self.period.times(self.ended.len() as i64) {
            return false;
        }
        self.ended.push(ended);
        let periods = self.ended.len().saturating_sub(1) as i64;
        if since < self.least || periods < 4 {
            return false;
        }
        (periods - 1..=periods).all(|period| {
            let due = |at: i64| schedule.due_by(self.period.times(at));
            let offered = (due(period) - due(period - 1)) as f64;
            let (before, after) = (self.ended[(period - 1) as usize], self.ended[period as usize]);
            let off = ((after - before) as f64 - offered).abs();
            off <= (offered * STEADY_SHARE).max(STEADY_DEVIATIONS * offered.max(1.0).sqrt())
        })
    }
}

pub fn why_unsteady(after: Span) -> String {
    format!("the load was not steady after {} s: the target did not answer as much as was offered", after.as_seconds())
}
