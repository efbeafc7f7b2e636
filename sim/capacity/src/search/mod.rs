//! How many reps hold every limit: the search, as a function of the levels that were measured so far.
//!
//! It climbs from the smallest number by a factor until a limit breaks, halves the gap (geometrically) until it is as small as
//! was asked for, and measures both sides of the edge again until each is known with the confidence that was asked for, or
//! was measured as often as allowed. What is to be measured next depends on nothing but what was measured: so a search that
//! was interrupted goes on from its journal.

mod curve;
mod finding;
mod interval;
mod price;

pub use curve::{Knee, Point, curve, knee};
pub use finding::Finding;
pub use price::{Price, Terms};

pub use crate::share::{Share, Standing};

use crate::disturbed::Disturbing;
use crate::level::{Judged, Level, by_majority};
use fieldday_rules::limit_result::LimitVerdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Samples beyond a percentile that make it mean something.
const BEYOND_MIN: f64 = 10.0;
/// A level that was invalid so often is beyond what the generator can do.
const INVALID_MOST: u32 = 2;
/// If nothing is sure to break, a level is measured so many times the resolution above.
const ABOVE: f64 = 4.0;
/// How close, as a ratio, a search goes to where the generator gives up: that edge is nobody's answer.
const NEAR_THE_GENERATOR: f64 = 1.3;

/// Why a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The greatest number of reps that holds and the smallest that does not are as close as was asked for.
    Found,
    /// A limit is broken even at the smallest number of reps.
    NeverHolds,
    /// Every limit is held even at the greatest.
    NeverBreaks,
    /// The generator fell behind before a limit was exceeded.
    GeneratorGaveUp,
    /// A planned disturbance decided nothing at two levels in a row, or could not be undone.
    DisturbanceUndecided,
    /// The user interrupted the search; it can be resumed.
    Interrupted,
    /// The time that `--within` allows is over.
    OutOfTime,
}

/// The range and the settings of the search.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The smallest number of reps that is measured, and the first.
    pub from: u64,
    /// The greatest number of reps that may be measured.
    pub to: u64,
    /// The factor from one level to the next, until a limit is exceeded.
    pub step: f64,
    /// The greatest gap, as a share, between the number of reps that holds and the one that does not at the end of the
    /// search.
    pub resolution: f64,
    /// The greatest number of measurements of a level near the edge.
    pub repeats: u32,
    /// The smallest number of levels, which the models need.
    pub levels: u32,
    /// The confidence that is required to call a level held or broken.
    pub confidence: f64,
    /// The shortest time for which a level is measured, in seconds.
    pub shortest_s: f64,
    /// The longest time for which a level is measured, in seconds.
    pub longest_s: f64,
    /// The time that planned disturbances take of each level; absent without `--disturb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disturbing: Option<Disturbing>,
}

impl Default for Range {
    fn default() -> Range {
        Range {
            from: 10,
            to: 2_000,
            step: 2.0,
            resolution: 0.05,
            repeats: 3,
            levels: 6,
            confidence: 0.95,
            shortest_s: 30.0,
            longest_s: 600.0,
            disturbing: None,
        }
    }
}

/// The option of a search that is wrong, and what to use.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}; {instead}")]
pub struct WrongRange {
    /// The option with its value, and what is wrong with it.
    pub what: String,
    /// The values that the option may have.
    pub instead: String,
}

/// The next step of a search.
#[derive(Clone, PartialEq, Debug)]
pub enum Next {
    /// A level is to be measured.
    Measure {
        /// The number of reps, all shards together.
        reps: u64,
        /// The length of the measured part, in seconds.
        for_s: f64,
        /// Why this is measured next, in a phrase.
        why: &'static str,
    },
    /// Nothing: the search has come to its end.
    Done(Ending),
}

/// The levels of one number of reps, taken together.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Known {
    /// Whether its share is within what the limit allows.
    pub standing: Standing,
    /// The number of times that it was measured.
    pub times: u32,
}

impl Range {
    /// Says what is wrong with it, if anything.
    pub fn check(&self) -> Result<(), WrongRange> {
        let wrong = |what: String, instead: &str| Err(WrongRange { what, instead: instead.to_owned() });
        let is_within = |value: f64, low: f64, high: f64| value.is_finite() && (low..=high).contains(&value);
        match () {
            () if self.from == 0 => wrong("--from 0: a level needs at least one rep".to_owned(), "use 1 or more"),
            () if self.from > self.to => {
                wrong(format!("--from {} is more than --to {}", self.from, self.to), "give the smaller number first")
            }
            () if !is_within(self.step, 1.1, 10.0) => {
                wrong(format!("--step {}: a level is a multiple of the one before", self.step), "1.1 to 10, such as 2")
            }
            () if !is_within(self.resolution, 0.005, 0.5) => {
                wrong(format!("--resolution {}", self.resolution), "a share from 0.005 to 0.5, such as 0.05")
            }
            () if !is_within(self.confidence, 0.5, 0.999) => {
                wrong(format!("--confidence {}", self.confidence), "a share from 0.5 to 0.999, such as 0.95")
            }
            () if !is_within(self.shortest_s, 1.0, self.longest_s.min(86_400.0)) => {
                let what = format!("a level of {} s at least and {} s at most", self.shortest_s, self.longest_s);
                wrong(what, "--level SECONDS from 1, and --longest no shorter than that")
            }
            () => Ok(()),
        }
    }
    /// The next step, as a function of nothing but the levels measured so far.
    pub fn next(&self, levels: &[Level]) -> Next {
        let known = self.known(levels);
        let measure = |reps: u64, why| Next::Measure { reps, for_s: self.lasts(reps, levels), why };
        if let Some(reps) = once_invalid(levels) {
            return measure(reps, "repeated: the generator could not keep up");
        }
        let ceiling = ceiling(levels);
        let (low, high) = edge(&known);
        let again = |reps: &u64| self.is_worth_another(&known, levels, *reps);
        match (low, high) {
            (None, None) if ceiling.is_some_and(|at| at <= self.from) => Next::Done(Ending::GeneratorGaveUp),
            (None, None) => measure(self.from, "the smallest"),
            (_, Some(high)) if again(&high) => measure(high, "repeated: probably exceeds a limit"),
            (None, Some(_)) => Next::Done(Ending::NeverHolds),
            (Some(low), None) if low >= self.to => self.confirmed(&known, low, levels, Ending::NeverBreaks),
            (Some(low), None) => {
                let up = ((low as f64 * self.step).ceil() as u64).clamp(low + 1, self.to);
                match ceiling {
                    Some(at) if up >= at && (at as f64) < low as f64 * NEAR_THE_GENERATOR => {
                        self.confirmed(&known, low, levels, Ending::GeneratorGaveUp)
                    }
                    Some(at) if up >= at => match between(low, at) {
                        Some(reps) => measure(reps, "below the limit of the generator"),
                        None => self.confirmed(&known, low, levels, Ending::GeneratorGaveUp),
                    },
                    _ => measure(up, "step up"),
                }
            }
            (Some(low), Some(high)) => {
                let is_wide = (high - low) as f64 > low as f64 * self.resolution;
                match between(low, high).filter(|reps| is_wide && !is_hopeless(levels, *reps)) {
                    Some(reps) => measure(reps, "between holding and exceeding"),
                    None => match self.above(&known, high, levels) {
                        Some(reps) => measure(reps, "above the edge, to bound it"),
                        None => self.confirmed(&known, low, levels, Ending::Found),
                    },
                }
            }
        }
    }
    /// Once the edge is found: its lower side is made sure of, and levels are added where the models have too few.
    fn confirmed(&self, known: &BTreeMap<u64, Known>, low: u64, levels: &[Level], ending: Ending) -> Next {
        let measure = |reps: u64, why| Next::Measure { reps, for_s: self.lasts(reps, levels), why };
        if self.is_worth_another(known, levels, low) {
            return measure(low, "repeated: probably holds");
        }
        if known.len() < self.levels as usize {
            let mut gaps: Vec<(u64, u64)> =
                known.keys().zip(known.keys().skip(1)).map(|two| (*two.0, *two.1)).collect();
            if known.len() == 1 {
                gaps.push(((low / 4).max(1), low));
            }
            let wider = |a: &(u64, u64), b: &(u64, u64)| (a.1 * b.0).cmp(&(b.1 * a.0));
            let middles = gaps.into_iter().filter_map(|gap| between(gap.0, gap.1).map(|reps| (gap, reps)));
            let widest = middles.filter(|(_, reps)| !is_hopeless(levels, *reps));
            if let Some((_, reps)) = widest.max_by(|a, b| wider(&a.0, &b.0)) {
                return measure(reps, "more levels for the models");
            }
        }
        Next::Done(ending)
    }
    /// A number of reps above the edge, if none that was measured is sure to break: else nothing says how far up the edge may be.
    fn above(&self, known: &BTreeMap<u64, Known>, high: u64, levels: &[Level]) -> Option<u64> {
        if known.values().any(|of| of.standing == Standing::Broken) {
            return None;
        }
        let top = known.keys().next_back().map_or(high, |top| high.max(*top)) as f64;
        let reps = libm::ceil(top * (1.0 + ABOVE * self.resolution)) as u64;
        let is_reachable = reps <= self.to && ceiling(levels).is_none_or(|at| reps < at) && !is_hopeless(levels, reps);
        (is_reachable && reps as f64 <= high as f64 * self.step).then_some(reps)
    }
    /// Whether measuring that number of reps again may make sure of it.
    fn is_worth_another(&self, known: &BTreeMap<u64, Known>, levels: &[Level], reps: u64) -> bool {
        let open = known.get(&reps).is_some_and(|of| !of.standing.is_sure() && of.times < self.repeats);
        open && !is_hopeless(levels, reps)
    }
    /// The greatest number of reps that holds, as far as can be told, and the smallest that does not.
    pub fn edge(&self, levels: &[Level]) -> (Option<u64>, Option<u64>) {
        edge(&self.known(levels))
    }
    /// How each number of reps stands, by all levels that count.
    pub fn known(&self, levels: &[Level]) -> BTreeMap<u64, Known> {
        let mut of: BTreeMap<u64, Vec<&Level>> = BTreeMap::new();
        levels.iter().filter(|level| level.counts()).for_each(|level| of.entry(level.reps).or_default().push(level));
        let known = |levels: Vec<&Level>| Known { standing: self.standing(&levels), times: levels.len() as u32 };
        of.into_iter().map(|(reps, levels)| (reps, known(levels))).collect()
    }
    /// How levels of the same number of reps stand: as the worst of their limits.
    pub fn standing(&self, levels: &[&Level]) -> Standing {
        if levels.iter().any(|level| level.suffered.is_some()) {
            return Standing::Broken;
        }
        let by_limit = self.by_limit(levels).into_iter().map(|(_, standing)| standing);
        let by_disturbance = by_disturbance(levels).into_iter().map(|(_, standing)| standing);
        by_limit.chain(by_disturbance).max().unwrap_or(Standing::Held)
    }
    /// How levels of the same number of reps stand to each limit, by its text.
    pub fn by_limit<'a>(&self, levels: &[&'a Level]) -> Vec<(&'a str, Standing)> {
        let Some(first) = levels.first() else { return Vec::new() };
        let of = |place: usize| levels.iter().filter_map(|level| level.limits.get(place)).collect::<Vec<&Judged>>();
        let standing = |(place, limit): (usize, &'a Judged)| {
            let standing = match Judged::standing(&of(place), self.confidence) {
                // Nobody asked for it: without a failure no samples are needed to show that it holds.
                Standing::LooksHeld if limit.result.built_in && !has_failed(&of(place)) => Standing::Held,
                standing => standing,
            };
            (limit.result.text.as_str(), standing)
        };
        first.limits.iter().enumerate().map(standing).collect()
    }
    /// How long a level must be for every limit's percentile to mean something, by what the levels so far had of samples.
    fn lasts(&self, reps: u64, levels: &[Level]) -> f64 {
        let nearest = levels.iter().filter(|level| level.counts() && level.measured_s > 0.0);
        let Some(like) = nearest.min_by_key(|level| level.reps.abs_diff(reps)) else {
            return self.lengthened(self.shortest_s);
        };
        // What began while a limit may be exceeded is no sample of it.
        let sampled_s = (like.measured_s - self.disturbing.map_or(0.0, |of| of.takes_s)).max(1.0);
        // A level is not made longer for what nobody asked about.
        let needed = |limit: &Judged| {
            if limit.result.built_in {
                return None;
            }
            let share = limit.share.filter(|_| limit.allowed > 0.0)?;
            let per_s = share.of as f64 / sampled_s * reps as f64 / like.reps.max(1) as f64;
            (per_s > 0.0).then(|| BEYOND_MIN / limit.allowed / per_s)
        };
        self.lengthened(like.limits.iter().filter_map(needed).fold(self.shortest_s, f64::max))
    }
    /// How long a level is of which so much is wanted beside its disturbances, if there are any.
    fn lengthened(&self, for_s: f64) -> f64 {
        self.disturbing.map_or(for_s, |of| of.lengthened(for_s)).min(self.longest_s)
    }
}

/// How levels of the same number of reps stand to each planned disturbance. One is one observation, so it is sure when two agree.
pub fn by_disturbance(levels: &[&Level]) -> Vec<(String, Standing)> {
    let Some(first) = levels.first() else { return Vec::new() };
    let standing = |place: usize| {
        let verdicts = levels.iter().filter_map(move |level| Some(level.disturbances.get(place)?.result.verdict));
        let decided = verdicts.filter(|verdict| *verdict != LimitVerdict::Inconclusive);
        by_majority(decided.map(|verdict| verdict == LimitVerdict::Exceeded))
    };
    let named = |(place, of): (usize, &crate::disturbed::LevelDisturbance)| {
        (format!("the disturbance {:?}", of.result.name), standing(place))
    };
    first.disturbances.iter().enumerate().map(named).collect()
}

/// Whether the generator fell behind at a level, which tells of the machine and not of the target.
fn fell_behind(level: &Level) -> bool {
    !level.counts() && !level.is_undecided()
}

/// Whether anything was beyond a limit at all.
fn has_failed(of: &[&Judged]) -> bool {
    of.iter().any(|judged| judged.share.is_some_and(|share| share.beyond > 0))
}

/// The greatest number of reps that holds below the smallest that breaks, and that.
fn edge(known: &BTreeMap<u64, Known>) -> (Option<u64>, Option<u64>) {
    let high = known.iter().find(|(_, of)| !of.standing.holds()).map(|(reps, _)| *reps);
    let low = known.keys().rev().find(|reps| high.is_none_or(|high| **reps < high)).copied();
    (low, high)
}

/// A number of reps whose only level was invalid: it is tried again.
fn once_invalid(levels: &[Level]) -> Option<u64> {
    let last = levels.last().filter(|level| fell_behind(level))?;
    (invalid(levels, last.reps) < INVALID_MOST).then_some(last.reps)
}

fn invalid(levels: &[Level], reps: u64) -> u32 {
    levels.iter().filter(|level| level.reps == reps && fell_behind(level)).count() as u32
}

/// Whether the generator could not keep up at that number of reps often enough to leave it.
fn is_hopeless(levels: &[Level], reps: u64) -> bool {
    invalid(levels, reps) >= INVALID_MOST
}

/// The smallest number of reps that the generator could not do.
fn ceiling(levels: &[Level]) -> Option<u64> {
    let never = |reps: &u64| !levels.iter().any(|level| level.reps == *reps && level.counts());
    levels.iter().filter(|level| fell_behind(level)).map(|level| level.reps).filter(never).min()
}

/// The number in the middle of two, by their ratio; none if there is none between.
fn between(low: u64, high: u64) -> Option<u64> {
    let middle = ((low as f64 * high as f64).sqrt().round() as u64).clamp(low, high);
    (low < middle && middle < high).then_some(middle).or((high - low > 1).then_some(low + 1))
}

#[cfg(test)]
mod tests;
