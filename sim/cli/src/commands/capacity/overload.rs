//! Whether a level's target is overloaded, so that the level ends at once.

use fieldday_capacity::journal::Header;
use fieldday_capacity::level::SUFFERS;
use fieldday_kernel::time::Span;
use fieldday_live::worker::RunProgress;
use fieldday_paint::units::count;
use fieldday_scenario::Disturbance;
use fieldday_scenario::Scenario;
use fieldday_scenario::limits::{Limit, Measure};
use std::sync::atomic::{AtomicU64, Ordering};

/// Fewer requests than this say nothing of a target that suffers.
const REQUESTS_MIN: u64 = 200;
/// A latency is far beyond its limit if it is so many times as long …
const FAR_BEYOND: u64 = 10;
/// … and a target suffers if this share of its answers are.
const MOST_ARE_SLOW: f64 = 0.5;
/// The commands of a disturbance may take so long beside the time that it lasts.
const COMMANDS_TAKE: Span = Span::seconds(5);

/// Looks at what was counted of a level's requests.
pub struct Overload {
    /// When the target is disturbed or may recover, from the beginning of the measured part.
    apart: Vec<(Span, Span)>,
    /// What was counted at the last look.
    last: Counted,
    /// What was counted while the target was disturbed: that says nothing of its load.
    left_out: Counted,
}

#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Counted {
    requests: u64,
    errors: u64,
    slow: u64,
}

impl Counted {
    fn less(self, other: Counted) -> Counted {
        Counted {
            requests: self.requests - other.requests,
            errors: self.errors - other.errors,
            slow: self.slow - other.slow,
        }
    }
}

impl Overload {
    /// For a level of this search. By the plan of its disturbances: another shard may be the one that disturbs.
    pub fn new(header: &Header) -> Overload {
        let time = |of: &Disturbance| {
            let from = Span::seconds(of.at_s.into());
            let lasts = Span::seconds(of.lasts_s.into()) + Span::seconds(of.holds_again_within_s.into());
            (from, from + lasts + COMMANDS_TAKE)
        };
        let apart = header.disturbances().iter().map(time).collect();
        Overload { apart, last: Counted::default(), left_out: Counted::default() }
    }
    /// Why the target is overloaded; none if it is not. `measured` is how long what is measured goes on.
    pub fn look(&mut self, pulse: &RunProgress, measured: Option<Span>) -> Option<String> {
        let of = |n: &AtomicU64| n.load(Ordering::Relaxed);
        let now = Counted { requests: of(&pulse.requests), errors: of(&pulse.errors), slow: of(&pulse.slow) };
        let before = std::mem::replace(&mut self.last, now);
        if measured.is_some_and(|at| self.apart.iter().any(|(from, until)| (*from..*until).contains(&at))) {
            let more = now.less(before);
            self.left_out.requests += more.requests;
            self.left_out.errors += more.errors;
            self.left_out.slow += more.slow;
            return None;
        }
        let Counted { requests, errors, slow } = now.less(self.left_out);
        let share = |n: u64| n as f64 / requests as f64;
        match () {
            () if requests < REQUESTS_MIN => None,
            () if share(errors) > SUFFERS => {
                Some(format!("stopped early: {} of {} requests failed", count(errors), count(requests)))
            }
            () if share(slow) > MOST_ARE_SLOW => Some(format!(
                "stopped early: {} of {} answers took {FAR_BEYOND} times as long as any limit",
                count(slow),
                count(requests)
            )),
            () => None,
        }
    }
}

/// Microseconds beyond which an answer is far beyond every limit; 0 if no limit is on a latency.
pub fn far_beyond_us(scenario: &Scenario) -> u64 {
    let bound = |limit: &Limit| match limit.measure {
        Measure::Within(us) => us,
        Measure::Percentile(_) | Measure::Mean | Measure::Max => limit.bound,
        Measure::ErrorRate | Measure::Requests | Measure::Growth => 0,
    };
    scenario.limits.iter().map(bound).max().unwrap_or(0).saturating_mul(FAR_BEYOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pulse: &RunProgress, requests: u64, errors: u64) {
        pulse.requests.store(requests, Ordering::Relaxed);
        pulse.errors.store(errors, Ordering::Relaxed);
    }
    fn overload() -> Overload {
        let apart = vec![(Span::seconds(5), Span::seconds(25))];
        Overload { apart, last: Counted::default(), left_out: Counted::default() }
    }

    #[test]
    fn what_fails_while_the_target_is_disturbed_is_no_overload_and_what_fails_afterwards_is() {
        let (mut overload, pulse) = (overload(), RunProgress::default());
        counts(&pulse, 1_000, 10);
        assert_eq!(overload.look(&pulse, Some(Span::seconds(4))), None);
        counts(&pulse, 3_000, 2_000);
        assert_eq!(overload.look(&pulse, Some(Span::seconds(20))), None);
        counts(&pulse, 3_100, 2_000);
        assert_eq!(overload.look(&pulse, Some(Span::seconds(26))), None, "10 of 1,100 beside the disturbance");
        counts(&pulse, 4_000, 2_400);
        let says = overload.look(&pulse, Some(Span::seconds(30))).unwrap();
        assert_eq!(says, "stopped early: 410 of 2,000 requests failed");
    }

    #[test]
    fn a_target_that_fails_without_a_disturbance_is_overloaded_also_before_it_is_measured() {
        let (mut overload, pulse) = (overload(), RunProgress::default());
        counts(&pulse, 199, 199);
        assert_eq!(overload.look(&pulse, None), None, "too few requests");
        counts(&pulse, 300, 199);
        assert!(overload.look(&pulse, None).is_some());
    }
}
