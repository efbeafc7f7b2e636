//! How far a simulation is: a small fleet of the same scenario lives its day first, and shows which share of the requests comes by
//! when.

use super::{Question, SimulateError, Watch, simulate};
use fieldday_kernel::time::Time;

/// The reps of the small fleet.
const REPS: u64 = 500;
/// A fleet is worth a small one beforehand if it is so many times as large.
const WORTH: u64 = 20;

/// Which share of a day's requests comes by when.
#[derive(Clone, Debug, Default)]
pub struct Pilot {
    /// The end of each piece of the day, and how many requests had come by then.
    came: Vec<(Time, u64)>,
}

impl Pilot {
    /// The course of this question's day by a small fleet; without any pieces if the fleet itself is small.
    pub fn of(question: &Question, watch: &Watch<'_>) -> Result<Pilot, SimulateError> {
        if question.scenario.people.reps < REPS * WORTH {
            return Ok(Pilot::default());
        }
        let small = Question { window: None, each_for: None, threads: 1, ..question.with_reps(REPS) };
        let outcome = simulate(&small, watch)?;
        let mut all = 0;
        let came = outcome.bins.iter().map(|bin| {
            all += bin.tally.offered;
            (bin.at + bin.span, all)
        });
        Ok(Pilot { came: came.collect() })
    }
    /// The share of the requests up to `until` that have come by `at`, from 0 to 1; none if nothing is known of it.
    pub fn share(&self, at: Time, until: Option<Time>) -> Option<f64> {
        let by = |at: Time| self.came.iter().take_while(|(end, _)| *end <= at).last().map_or(0, |(_, came)| *came);
        let all = until.map_or_else(|| self.came.last().map_or(0, |(_, came)| *came), by);
        (all > 0).then(|| (by(at) as f64 / all as f64).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_scenario::Scenario;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn the_share_of_the_requests_rises_with_the_day_and_a_small_fleet_has_none() {
        let question = Question::new(Scenario::load("weekday").unwrap(), 1).with_reps(REPS * WORTH);
        let watch = Watch { stop: &AtomicBool::new(false), progress: &|_| () };
        let pilot = Pilot::of(&question, &watch).unwrap();
        let (first, last) = (pilot.came[0].0, pilot.came[pilot.came.len() - 1].0);
        assert_eq!(pilot.share(first, None), Some(0.0), "at midnight nobody works");
        assert_eq!(pilot.share(last, None), Some(1.0));
        let middle = pilot.came[pilot.came.len() / 2].0;
        let share = pilot.share(middle, None).unwrap();
        assert!((0.1..0.9).contains(&share), "{share} by the middle of the day");
        assert!(pilot.share(middle, Some(last)).unwrap() < pilot.share(middle, Some(middle)).unwrap());
        let small = Pilot::of(&question.with_reps(REPS), &watch).unwrap();
        assert_eq!(small.share(middle, None), None);
    }
}
