//! What a search costs, before it begins and while it goes on: the search is played with the levels that a target with a given
//! edge would show.

use super::{Next, Range};
use crate::disturbed::LevelDisturbance;
use crate::level::{Judged, Level};
use crate::share::Share;
use fieldday_rules::disturbed::DisturbanceResult;
use fieldday_rules::limit_result::{LimitResult, LimitUnit, LimitVerdict};

/// The cost of what a search still measures.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Price {
    /// How many levels are measured, repetitions included.
    pub levels: u64,
    /// How long that takes by the wall clock, in seconds, preparations and warm-ups included.
    pub seconds: f64,
    /// How many requests are sent, those of preparations and warm-ups included.
    pub requests: f64,
}

/// The facts about levels that are known before the first one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Terms {
    /// Requests a second that one rep makes.
    pub per_rep_per_s: f64,
    /// Requests that one rep sends before a level begins: clocking in, and what its part of the day needs.
    pub prepared_per_rep: f64,
    /// Preparing a level is given up after this time, in seconds.
    pub prepares_for_s: f64,
    /// The smallest share that a limit allows beyond it.
    pub allowed: f64,
    /// The length of warm-ups below the edge, where the load is steady after the first one, in seconds.
    pub warm_up_s: f64,
    /// The length of warm-ups above the edge, in seconds: a target answers less there than is offered, so the load is not steady.
    pub warm_up_above_s: f64,
    /// The least time of a level that is neither prepared, warmed up nor measured, in seconds.
    pub notice_s: f64,
}

/// So many levels at most are played: a search with more of them is as good as endless.
const MOST_LEVELS: usize = 500;
/// The share beyond a limit is taken to rise with the load as that of M/M/1 does: its logarithm is linear in the load, and reaches 0
/// at this multiple of the load at the edge.
const SATURATED: f64 = 1.2;
/// How much more shares are taken to vary than those of independent requests: as much as makes searches of queues as long as they are.
const DESIGN_EFFECT: f64 = 20.0;

impl Range {
    /// The cost of what is left of a search, if the edge is at so many reps and these levels were measured.
    pub fn price(&self, terms: Terms, levels: &[Level], edge: u64) -> Price {
        let edge = edge.max(1) as f64;
        let mut all = levels.to_vec();
        let mut price = Price::default();
        while all.len() < MOST_LEVELS
            && let Next::Measure { reps, for_s, .. } = self.next(&all)
        {
            price.add(terms, reps, for_s, edge);
            all.push(self.expected(terms, (reps, for_s), edge, levels));
        }
        price
    }
    /// A level as a target with this edge would show it, with limits like those of the levels that were measured if there are any.
    fn expected(&self, terms: Terms, (reps, for_s): (u64, f64), edge: f64, measured: &[Level]) -> Level {
        let load = reps as f64 / edge;
        let of = (terms.per_rep_per_s * reps as f64 * for_s) as u64;
        let verdict = if load > 1.0 { LimitVerdict::Exceeded } else { LimitVerdict::Held };
        let share = |allowed: f64, of: u64| {
            let beyond = libm::pow(allowed.clamp(0.0, 1.0), ((SATURATED - load) / (SATURATED - 1.0)).max(0.0));
            Share { design_effect: DESIGN_EFFECT, ..Share::new((beyond * of as f64).round() as u64, of) }
        };
        // A limit on some endpoints has only their requests as samples.
        let sampled = |share: Share| of * share.of / measured.first().map_or(1, |level| level.requests.max(1));
        let like = |limit: &Judged| match limit.result.built_in {
            // Nobody asked for it, and a target breaks it later than what was asked for.
            true => Judged { share: limit.share.map(|_| Share::new(0, of)), ..limit.clone() },
            false => {
                let result = LimitResult { verdict, ..limit.result.clone() };
                Judged {
                    result,
                    share: limit.share.map(|of| share(limit.allowed, sampled(of))),
                    allowed: limit.allowed,
                }
            }
        };
        let limits = match measured.first() {
            Some(level) => level.limits.iter().map(like).collect(),
            None => {
                vec![Judged { result: limit(verdict), share: Some(share(terms.allowed, of)), allowed: terms.allowed }]
            }
        };
        let disturbances = self.disturbing.iter().map(|_| disturbance(verdict)).collect();
        Level { limits, disturbances, ..Level::empty(reps, for_s) }
    }
    /// The number of reps at which the edge is taken to be for what is left: between the two where it is known to be, or as far above
    /// those that hold as the next level is, but no lower than `likely`.
    pub fn likely_edge(&self, levels: &[Level], likely: u64) -> u64 {
        let edge = match self.edge(levels) {
            (Some(low), Some(high)) => (low as f64 * high as f64).sqrt() as u64,
            (Some(low), None) => likely.max((low as f64 * self.step) as u64),
            (None, Some(high)) => high / 2,
            (None, None) => likely,
        };
        edge.clamp(self.from, self.to)
    }
    /// Levels no longer than leaves time for so many in so many seconds, but as long as planned disturbances need.
    pub fn within(&mut self, seconds: f64, levels: f64, overhead_s: f64) {
        let most = (seconds / levels - overhead_s).max(5.0).max(self.disturbing.map_or(0.0, |of| of.needs_s));
        self.longest_s = self.longest_s.min(most);
        self.shortest_s = self.shortest_s.min(self.longest_s);
    }
}

impl Terms {
    /// How long it takes to prepare so many reps, in seconds, if a target with this edge answers as fast as it can.
    fn prepares_s(&self, reps: f64, edge: f64) -> f64 {
        (self.prepared_per_rep * reps / (self.per_rep_per_s * edge).max(1e-9)).min(self.prepares_for_s)
    }
}

impl Price {
    fn add(&mut self, terms: Terms, reps: u64, for_s: f64, edge: f64) {
        let reps = reps as f64;
        let warm_up_s = if reps > edge { terms.warm_up_above_s } else { terms.warm_up_s };
        let plays_s = warm_up_s + for_s + terms.notice_s;
        self.levels += 1;
        self.seconds += terms.prepares_s(reps, edge) + plays_s;
        self.requests += reps * (terms.per_rep_per_s * plays_s + terms.prepared_per_rep);
    }
}

/// A limit of which nothing is known but its verdict.
fn limit(verdict: LimitVerdict) -> LimitResult {
    LimitResult {
        text: String::new(),
        verdict,
        clock: None,
        unit: LimitUnit::Micros,
        bound: 0,
        actual: None,
        at_least: false,
        margin: None,
        optional: false,
        built_in: false,
        sample_count: 0,
        note: None,
    }
}

/// A disturbance of which nothing is known but its verdict.
fn disturbance(verdict: LimitVerdict) -> LevelDisturbance {
    let result = DisturbanceResult {
        name: String::new(),
        began: None,
        ended: None,
        exceeded: Vec::new(),
        not_allowed: Vec::new(),
        held_again_after_us: None,
        holds_again_within_us: 0,
        verdict,
        note: None,
    };
    LevelDisturbance { from_s: None, until_s: None, result }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disturbed::Disturbing;
    use crate::played::{Target, Work};
    use crate::search::Ending;
    use fieldday_scenario::limits::Limit;

    const TERMS: Terms = Terms {
        per_rep_per_s: 0.5,
        prepared_per_rep: 1.5,
        prepares_for_s: 120.0,
        allowed: 0.05,
        warm_up_s: 10.0,
        warm_up_above_s: 20.0,
        notice_s: 4.0,
    };

    /// What the search takes at a target that is played request by request.
    fn took(range: &Range, target: &Target, bound_ms: u32, edge: f64, seed: u64) -> (Price, Vec<Level>) {
        let limits = [Limit::parse(&format!("wire p95 < {bound_ms} ms")).unwrap()];
        let (mut price, mut levels) = (Price::default(), Vec::new());
        loop {
            match range.next(&levels) {
                Next::Measure { reps, for_s, .. } => {
                    price.add(TERMS, reps, for_s, edge);
                    levels.push(target.level((reps, 0.5), for_s, &limits, seed * 1_000 + levels.len() as u64));
                }
                Next::Done(ending) => {
                    assert_eq!(ending, Ending::Found);
                    return (price, levels);
                }
            }
        }
    }

    #[test]
    fn a_search_costs_what_was_said_whatever_the_target() {
        let mut range = Range { longest_s: 60.0, ..Range::default() };
        range.within(900.0, 15.0, 16.0);
        for (target, bound_ms) in [
            (Target::of(1, Work::Exponential(0.02)), 150),
            (Target::of(8, Work::Exponential(0.02)), 100),
            (Target::of(4, Work::Fixed(0.02)), 50),
            (Target::of(2, Work::LogNormal(0.02, 2.5)), 120),
        ] {
            let edge = target.edge_per_s(0.95, f64::from(bound_ms) / 1e3) / 0.5;
            let said = range.price(TERMS, &[], edge as u64);
            let all: Vec<Price> = (0..8).map(|seed| took(&range, &target, bound_ms, edge, seed).0).collect();
            let mean = |of: fn(&Price) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
            let (seconds, requests) = (mean(|of| of.seconds), mean(|of| of.requests));
            println!(
                "{target:?}: {said:?}, took {seconds:.0} s, {requests:.0} requests, {:.1} levels",
                mean(|of| of.levels as f64)
            );
            assert!((0.75..1.33).contains(&(said.seconds / seconds)), "{target:?}: {said:?}, in the mean {seconds} s");
            assert!((0.7..1.4).contains(&(said.requests / requests)), "{target:?}: {said:?}, in the mean {requests}");
        }
    }

    #[test]
    fn what_is_left_falls_with_the_levels_and_is_nothing_at_the_end() {
        let (range, target) = (Range { longest_s: 40.0, ..Range::default() }, Target::of(4, Work::Exponential(0.02)));
        let edge = target.edge_per_s(0.95, 0.1) / 0.5;
        let (_, levels) = took(&range, &target, 100, edge, 1);
        let left = |n: usize| range.price(TERMS, &levels[..n], range.likely_edge(&levels[..n], edge as u64)).seconds;
        let (at_first, half) = (left(0), left(levels.len() / 2));
        assert!(at_first > half && half > 0.0, "{at_first} s, then {half} s");
        assert_eq!(left(levels.len()), 0.0);
        // Where nothing is known of the edge it is the likely one, and above what holds once that held.
        assert_eq!(range.likely_edge(&[], 1_000), 1_000);
        let climbed = range.likely_edge(&levels[..2], 1);
        assert_eq!(climbed, levels[1].reps * 2);
    }

    #[test]
    fn a_search_that_is_given_less_time_has_shorter_levels() {
        let mut range = Range::default();
        let whole = range.price(Terms { per_rep_per_s: 0.003, prepared_per_rep: 0.0, ..TERMS }, &[], 1_000);
        range.within(900.0, 15.0, 20.0);
        assert_eq!((range.shortest_s, range.longest_s), (30.0, 40.0));
        let bounded = range.price(Terms { per_rep_per_s: 0.003, prepared_per_rep: 0.0, ..TERMS }, &[], 1_000);
        assert!(whole.seconds > 2_400.0 && bounded.seconds < 1_200.0, "{whole:?} {bounded:?}");
    }

    #[test]
    fn disturbances_are_part_of_the_price_and_no_bound_leaves_them_out() {
        let disturbing = Some(Disturbing { needs_s: 200.0, takes_s: 90.0 });
        let (plain, disturbed) = (Range::default(), Range { disturbing, ..Range::default() });
        let (without, with) = (plain.price(TERMS, &[], 1_000), disturbed.price(TERMS, &[], 1_000));
        // Each level is as long as the disturbances need, since 30 s beside them are less.
        let each = with.seconds / with.levels as f64 - 200.0;
        assert!((14.0..30.0).contains(&each), "{each} s beside what is measured: {with:?}");
        assert!(without.seconds < with.seconds / 3.0, "{without:?} {with:?}");
        let mut bounded = disturbed;
        bounded.within(600.0, 15.0, 20.0);
        assert_eq!((bounded.longest_s, bounded.shortest_s), (200.0, 30.0));
    }
}
