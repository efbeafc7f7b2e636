//! The good and bad seconds of a phone's network, by the model of Gilbert and Elliott in slots of a second.
//!
//! The weather of a stretch of ten minutes is drawn from its own stream when somebody first asks for it, so a question
//! about the afternoon draws nothing for the morning. A stretch begins in the long-run mixture of both states.

use super::{PHASE, WEATHER};
use crate::network::RadioProfile;
use fieldday_kernel::random::Stream;
use fieldday_kernel::time::Time;

const SLOTS: i64 = 600;
const SLOT_US: i64 = 1_000_000;

/// The weather over one phone.
pub(super) struct Weather {
    seed: u64,
    entity: u64,
    /// How long before a full second each of its slots begins. Without it, what waits in all phones would go out on the second.
    phase_us: i64,
    /// The stretch of the question, and the one after or before it.
    stretches: [Stretch; 2],
}

#[derive(Default)]
struct Stretch {
    /// Which one, and of which radio; none before the first question.
    drawn: Option<(i64, usize)>,
    /// The bad times: first and end slot, counted from the epoch; ascending, apart.
    bad: Vec<(i64, i64)>,
}

impl Stretch {
    fn draw(&mut self, seed: u64, entity: u64, number: i64, class: usize, bearer: &RadioProfile) {
        self.drawn = Some((number, class));
        self.bad.clear();
        if bearer.enter_ppm == 0 {
            return;
        }
        let mut stream = Stream::new(seed, WEATHER, entity, class as u64, number as u64);
        let (mut slot, end) = (number * SLOTS, (number + 1) * SLOTS);
        let mut bad = stream.bernoulli(bearer.bad_ppm());
        while slot < end {
            // Both sojourns are geometric: the whole part of an exponential, and one.
            let mean = if bad { bearer.bad_mean } else { bearer.good_mean };
            let until = slot.saturating_add(1 + stream.exponential(mean) as i64).min(end);
            if bad {
                self.bad.push((slot, until));
            }
            (slot, bad) = (until, !bad);
        }
    }
}

impl Weather {
    pub fn new(seed: u64, entity: u64) -> Weather {
        let phase_us = Stream::new(seed, PHASE, entity, 0, 0).range(0..SLOT_US);
        Weather { seed, entity, phase_us, stretches: Default::default() }
    }
    fn slot_of(&self, at: Time) -> i64 {
        (at.micros() + self.phase_us).div_euclid(SLOT_US)
    }
    fn beginning_of(&self, slot: i64) -> Time {
        Time::from_micros(slot * SLOT_US - self.phase_us)
    }

    fn stretch(&mut self, number: i64, class: usize, bearer: &RadioProfile) -> &[(i64, i64)] {
        let stretch = &mut self.stretches[(number & 1) as usize];
        if stretch.drawn != Some((number, class)) {
            stretch.draw(self.seed, self.entity, number, class, bearer);
        }
        &stretch.bad
    }

    /// If it is bad at `at`: when it is good again.
    pub fn bad_until(&mut self, at: Time, class: usize, bearer: &RadioProfile) -> Option<Time> {
        let mut slot = self.slot_of(at);
        let mut found = None;
        // A bad state that reaches through several stretches has long outlasted every patience: it is looked at no further.
        for _ in 0..4 {
            let number = slot.div_euclid(SLOTS);
            let bad = self.stretch(number, class, bearer);
            let next = bad.partition_point(|(_, end)| *end <= slot);
            match bad.get(next).copied() {
                Some((first, end)) if first <= slot => {
                    found = Some(self.beginning_of(end));
                    if end < (number + 1) * SLOTS {
                        return found;
                    }
                    // The stretch ends badly: the next one may begin so.
                    slot = end;
                }
                _ => return found,
            }
        }
        found
    }

    /// From a good moment on, until when it is good for certain: the next bad slot, or the end of the stretch.
    pub fn good_until(&mut self, at: Time, class: usize, bearer: &RadioProfile) -> Time {
        let slot = self.slot_of(at);
        let number = slot.div_euclid(SLOTS);
        let bad = self.stretch(number, class, bearer);
        let next = bad.partition_point(|(_, end)| *end <= slot);
        let until = bad.get(next).map_or((number + 1) * SLOTS, |(first, _)| *first);
        self.beginning_of(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Profile, Radio, named};

    #[test]
    fn shares_and_sojourns_are_those_of_the_fit() {
        let profile = named("cautious").unwrap();
        for (radio, share, mean_bad) in [(Radio::Lte, 0.1237, 5.88), (Radio::ThreeG, 0.0601, 2.78)] {
            let (bearer, class) = (profile.bearer(radio, true), Profile::class(radio, true));
            let (mut slots, mut runs) = (0, 0);
            let stretches = 3000;
            for number in 0..stretches {
                let mut weather = Weather::new(5, number);
                for (first, end) in weather.stretch(3, class, bearer) {
                    slots += end - first;
                    // Runs that the stretch's ends cut are no sojourns.
                    runs += i64::from(*first > 1800 && *end < 2400);
                }
            }
            let whole = stretches as i64 * SLOTS;
            let bad = slots as f64 / whole as f64;
            assert!((bad - share).abs() < 0.006, "{radio:?}: {bad}");
            let sojourn = slots as f64 / runs as f64;
            assert!((sojourn / mean_bad - 1.0).abs() < 0.08, "{radio:?}: {sojourn} s");
        }
    }

    #[test]
    fn a_question_has_one_answer_in_whatever_order_it_is_asked() {
        let profile = named("cautious").unwrap();
        let (bearer, class) = (profile.bearer(Radio::Lte, true), Profile::class(Radio::Lte, true));
        let moments: Vec<Time> = (0..4000).map(|i| Time::from_micros(i * 777_777)).collect();
        let mut forwards = Weather::new(1, 2);
        let asked: Vec<_> = moments.iter().map(|t| forwards.bad_until(*t, class, bearer)).collect();
        assert!(asked.iter().any(Option::is_some) && asked.iter().any(Option::is_none));
        let mut backwards = Weather::new(1, 2);
        for (at, answer) in moments.iter().zip(&asked).rev() {
            assert_eq!(backwards.bad_until(*at, class, bearer), *answer);
            match answer {
                Some(end) => assert_eq!(backwards.bad_until(*end, class, bearer), None, "its end is good"),
                None => assert!(backwards.good_until(*at, class, bearer) > *at),
            }
        }
    }
}
