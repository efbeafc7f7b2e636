//! What a search costs, before it begins.

use super::{BEYOND_MIN, Range};

/// The greatest cost of a search, if the edge is at some number of reps.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Price {
    /// How many levels are measured, repetitions included.
    pub levels: u64,
    /// How long that takes by the wall clock, in seconds, warm-ups included.
    pub seconds: f64,
    /// How many requests are sent, those of warm-ups included.
    pub requests: f64,
}

/// The facts about levels that are known before the first one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Terms {
    /// Requests a second that one rep makes.
    pub per_rep_per_s: f64,
    /// The smallest share that a limit allows beyond it.
    pub allowed: f64,
    /// Seconds of a level that are not measured.
    pub overhead_s: f64,
}

impl Range {
    /// The cost of the search if the edge is at so many reps: the climb there, the halving, and both sides again.
    pub fn price(&self, terms: Terms, edge: u64) -> Price {
        let (edge, mut reps) = (edge.clamp(self.from, self.to) as f64, self.from as f64);
        let mut all = Vec::new();
        while reps < edge {
            all.push(reps);
            reps *= self.step;
        }
        all.push(reps.min(self.to as f64));
        // Each level halves what is left of the last step.
        let halvings = (libm::log(self.step) / libm::log(1.0 + self.resolution)).max(1.0);
        let again = 2 * self.repeats.saturating_sub(1);
        let near = libm::ceil(libm::log2(halvings)) as usize + again as usize;
        all.extend(std::iter::repeat_n(edge, near));
        let mut price = Price { levels: all.len() as u64, seconds: 0.0, requests: 0.0 };
        for reps in all {
            let rate = terms.per_rep_per_s * reps;
            let enough_s = BEYOND_MIN / terms.allowed.max(1e-6) / rate.max(1e-9);
            let lasts_s = self.lengthened(enough_s.max(self.shortest_s)) + terms.overhead_s;
            price.seconds += lasts_s;
            price.requests += rate * lasts_s;
        }
        price
    }
    /// Levels no longer than leaves time for so many in so many seconds, but as long as planned disturbances need.
    pub fn within(&mut self, seconds: f64, levels: f64, overhead_s: f64) {
        let most = (seconds / levels - overhead_s).max(5.0).max(self.disturbing.map_or(0.0, |of| of.needs_s));
        self.longest_s = self.longest_s.min(most);
        self.shortest_s = self.shortest_s.min(self.longest_s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disturbed::Disturbing;
    use crate::search::{Ending, Next};
    use crate::synthetic::TARGET;

    const TERMS: Terms = Terms { per_rep_per_s: 0.5, allowed: 0.05, overhead_s: 20.0 };

    #[test]
    fn a_search_costs_about_what_was_said() {
        let range = Range::default();
        let price = range.price(TERMS, TARGET.truth() as u64);
        let (mut levels, mut seconds, mut requests) = (Vec::new(), 0.0, 0.0);
        while let Next::Measure { reps, for_s, .. } = range.next(&levels) {
            levels.push(TARGET.level(reps, for_s));
            seconds += for_s + TERMS.overhead_s;
            requests += (for_s + TERMS.overhead_s) * reps as f64 * TERMS.per_rep_per_s;
        }
        assert!(matches!(range.next(&levels), Next::Done(Ending::Found)));
        assert!((0.6..1.6).contains(&(price.seconds / seconds)), "{price:?}, and it took {seconds} s");
        assert!((0.5..2.0).contains(&(price.requests / requests)), "{price:?}, and {requests} were sent");
    }

    #[test]
    fn a_search_that_is_given_less_time_has_shorter_levels() {
        let mut range = Range::default();
        let whole = range.price(Terms { per_rep_per_s: 0.003, ..TERMS }, 1_000);
        range.within(900.0, 15.0, 20.0);
        assert_eq!((range.shortest_s, range.longest_s), (30.0, 40.0));
        let bounded = range.price(Terms { per_rep_per_s: 0.003, ..TERMS }, 1_000);
        assert!(whole.seconds > 3_600.0 && bounded.seconds < 1_200.0, "{whole:?} {bounded:?}");
    }

    #[test]
    fn disturbances_are_part_of_the_price_and_no_bound_leaves_them_out() {
        let disturbing = Some(Disturbing { needs_s: 200.0, takes_s: 90.0 });
        let (plain, disturbed) = (Range::default(), Range { disturbing, ..Range::default() });
        let (without, with) = (plain.price(TERMS, 1_000), disturbed.price(TERMS, 1_000));
        // Each level is as long as the disturbances need, since 30 s beside them are less.
        assert_eq!((without.levels, with.seconds), (with.levels, with.levels as f64 * 220.0));
        assert!(without.seconds < with.seconds / 3.0, "{without:?} {with:?}");
        let mut bounded = disturbed;
        bounded.within(600.0, 15.0, 20.0);
        assert_eq!((bounded.longest_s, bounded.shortest_s), (200.0, 30.0));
    }
}
