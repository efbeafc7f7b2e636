//! Between which numbers of reps the edge is, with a stated confidence: by all levels near it together.
//!
//! A level near the edge tells little alone: its share is within what is allowed or beyond it by chance, and a search that
//! halves a gap follows such chances. So the share beyond a limit is taken to rise with the number of reps as a logistic curve
//! does (that of M/M/c nearly does: the logarithm of the share is linear in the load). The interval holds every number at
//! which that curve may cross what is allowed without the counts near it being too unlikely, by the ratio of likelihoods, divided by
//! how much more the counts vary than those of independent draws.

use super::{Known, Range, Standing};
use crate::disturbed::LevelDisturbance;
use crate::level::{Judged, Level};
use fieldday_rules::limit_result::LimitVerdict;
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

/// Levels within this ratio of the edge tell of it, and the next one on either side.
const NEAR: f64 = 1.6;
/// A level at which the share is so many times what is allowed tells only that the curve is above that there: beyond saturation
/// it is far from logistic. In the same way one below a fraction of it tells only that the curve is below.
const ABOVE: f64 = 4.0;
const BELOW: f64 = 0.2;
/// The least and the greatest slope of the logarithm of the odds over the number of reps, counted in multiples of the edge.
const SLOPES: (f64, f64) = (0.5, 500.0);
/// So many numbers of reps are tried, evenly spread by their ratio.
const TRIED: u32 = 300;
/// Steps in the search for the likeliest slope.
const STEPS: u32 = 32;
/// How the counts vary within levels is known, too: as if by so many levels more.
const WITHIN: f64 = 2.0;

/// The numbers of reps between which an edge is; none on a side where the levels do not tell.
pub(super) type Bounds = (Option<u64>, Option<u64>);

/// The share of a level's samples that were beyond a limit.
struct Counted {
    reps: f64,
    of: f64,
    share: f64,
}

/// The levels near the edge of one limit.
struct Curve {
    levels: Vec<Counted>,
    allowed: f64,
    /// Where the edge seems to be: the scale of the slope.
    edge: f64,
    /// How many times as much the counts vary within levels as independent draws would.
    effect: f64,
}

impl Range {
    /// Where the edge is by all limits, if it seems to be between these two numbers.
    pub(super) fn interval(&self, levels: &[Level], low: u64, high: Option<u64>) -> Bounds {
        let counts: Vec<&Level> = levels.iter().filter(|level| level.counts() && level.suffered.is_none()).collect();
        let edge = high.map_or(low as f64, |high| (low as f64 * high as f64).sqrt());
        let known = self.known(levels);
        // The greatest number that is sure to hold below some, and the smallest that is sure to break above.
        let sure = |is: Standing| move |of: &(&u64, &Known)| of.1.standing == is;
        let held = |below: u64| known.range(..below).rev().find(sure(Standing::Held)).map(|of| *of.0);
        let broken = |above: u64| known.range(above..).find(sure(Standing::Broken)).map(|of| *of.0);
        let (mut least, mut most) = (None::<Option<u64>>, None);
        let mut add = |(low, high): Bounds| {
            least = Some(least.map_or(low, |least| least.zip(low).map(|(a, b)| a.min(b))));
            most = [most, high].into_iter().flatten().min();
        };
        for place in 0..counts.first().map_or(0, |first| first.limits.len()) {
            let of: Vec<(u64, &Judged)> =
                counts.iter().filter_map(|level| Some((level.reps, level.limits.get(place)?))).collect();
            match Curve::of(&of, edge) {
                Some(curve) => {
                    // Where the levels near the edge do not tell, those further away may.
                    let ((least, most), (below, above)) = (curve.crosses(self.confidence), curve.reaches());
                    add((least.or_else(|| held(below)), most.or_else(|| broken(above + 1))));
                }
                // There is no curve of a limit on a mean or a maximum, or that allows nothing.
                None if of.iter().any(|(_, judged)| judged.share.is_none_or(|share| share.beyond > 0)) => {
                    add((held(low + 1), broken(low + 1)));
                }
                // Nothing was ever beyond it.
                None => {}
            }
        }
        // A disturbance is one observation, and no curve.
        let is_exceeded = |of: &LevelDisturbance| of.result.verdict == LimitVerdict::Exceeded;
        if counts.iter().any(|level| level.disturbances.iter().any(is_exceeded)) {
            add((held(low + 1), broken(low + 1)));
        }
        (least.unwrap_or_else(|| held(low + 1)), most)
    }
}

impl Curve {
    /// The curve of a limit that allows a share; none if nothing was beyond the limit.
    fn of(of: &[(u64, &Judged)], edge: f64) -> Option<Curve> {
        let reps = || of.iter().map(|of| of.0);
        let least = reps().filter(|reps| (*reps as f64) < edge / NEAR).max().unwrap_or(0);
        let most = reps().filter(|reps| *reps as f64 > edge * NEAR).min().unwrap_or(u64::MAX);
        let is_near = |reps: u64| (least..=most).contains(&reps);
        let allowed = of.first().map(|(_, judged)| judged.allowed).filter(|allowed| *allowed > 0.0)?;
        let (mut levels, mut beyond, mut effect) = (Vec::new(), 0.0, 0.0);
        for (reps, judged) in of.iter().filter(|(reps, _)| is_near(*reps)) {
            let share = judged.share?;
            if share.of == 0 {
                continue;
            }
            let level = Counted { reps: *reps as f64, of: share.of as f64, share: share.value() };
            // Where little was beyond, little is known of how it varies.
            let weight = level.share.min(ABOVE * allowed) * level.of;
            beyond += weight;
            effect += weight * share.design_effect;
            levels.push(level);
        }
        (beyond > 0.0).then(|| Curve { levels, allowed, edge, effect: (effect / beyond).max(1.0) })
    }
    /// The smallest number of reps and the greatest.
    fn reaches(&self) -> (u64, u64) {
        let reps = || self.levels.iter().map(|level| level.reps as u64);
        (reps().min().unwrap_or(0), reps().max().unwrap_or(0))
    }
    /// Between which numbers of reps the curve may cross the share that is allowed.
    fn crosses(&self, confidence: f64) -> Bounds {
        let (least, most) = self.reaches();
        let (least, most) = (least as f64, most as f64);
        let tried: Vec<(f64, f64, f64)> = (0..=TRIED)
            .map(|i| least * libm::pow(most / least, f64::from(i) / f64::from(TRIED)))
            .map(|reps| {
                let slope = self.likeliest_slope(reps);
                (reps, slope, self.likelihood(reps, slope))
            })
            .collect();
        let Some(best) = tried.iter().max_by(|a, b| a.2.total_cmp(&b.2)) else { return (None, None) };
        let (differ, free) = self.differ(best.0, best.1);
        let varies = self.effect.max(differ / free);
        let most_unlikely = FisherSnedecor::new(1.0, free + WITHIN).map_or(4.0, |of| of.inverse_cdf(confidence));
        let may = |of: &&(f64, f64, f64)| 2.0 * (best.2 - of.2) / varies <= most_unlikely;
        let (low, high) = (tried.iter().find(may), tried.iter().rev().find(may));
        // At the ends of what was measured nothing says how much further it may be.
        let low = low.filter(|of| of.0 > least).map(|of| libm::floor(of.0) as u64);
        (low, high.filter(|of| of.0 < most).map(|of| libm::ceil(of.0) as u64))
    }
    fn share(&self, reps: f64, crosses: f64, slope: f64) -> f64 {
        let odds = libm::log(self.allowed / (1.0 - self.allowed)) + slope * (reps - crosses) / self.edge;
        1.0 / (1.0 + libm::exp(-odds))
    }
    /// The share that was counted at a level and that of the curve, both cut to the range in which the level tells.
    fn told(&self, level: &Counted, crosses: f64, slope: f64) -> (f64, f64) {
        let within = |share: f64| share.clamp(BELOW * self.allowed, (ABOVE * self.allowed).min(0.999));
        let (share, curve) = (level.share, self.share(level.reps, crosses, slope));
        // Beyond those bounds only the side counts.
        (within(share), within(curve))
    }
    /// The logarithm of the likelihood of what was counted, if the curve crosses what is allowed there.
    fn likelihood(&self, crosses: f64, slope: f64) -> f64 {
        let of = |level: &Counted| {
            let (share, curve) = self.told(level, crosses, slope);
            level.of * (share * libm::log(curve) + (1.0 - share) * libm::log(1.0 - curve))
        };
        self.levels.iter().map(of).sum()
    }
    fn likeliest_slope(&self, crosses: f64) -> f64 {
        let (mut low, mut high) = (libm::log(SLOPES.0), libm::log(SLOPES.1));
        for _ in 0..STEPS {
            let (a, b) = (low + (high - low) * 0.382, low + (high - low) * 0.618);
            let of = |slope: f64| self.likelihood(crosses, libm::exp(slope));
            if of(a) < of(b) { low = a } else { high = b }
        }
        libm::exp((low + high) / 2.0)
    }
    /// Pearson's statistic of the levels against the curve, and its degrees of freedom.
    fn differ(&self, crosses: f64, slope: f64) -> (f64, f64) {
        let of = |level: &Counted| {
            let (share, curve) = self.told(level, crosses, slope);
            level.of * (share - curve) * (share - curve) / (curve * (1.0 - curve))
        };
        (self.levels.iter().map(of).sum(), (self.levels.len() as f64 - 2.0).max(1.0))
    }
}
