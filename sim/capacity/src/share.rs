//! A share that was counted, and how well it is known: what a limit on a percentile comes to.
//!
//! "p95 < 300 ms" says that at most one in twenty is beyond 300 ms. So a limit is judged by the share beyond its bound,
//! whose interval is Wilson's. Requests that come one after the other wait in the same queue, and so are no independent
//! draws: the count is divided by the *design effect*, the ratio of the variance that the share really had between slices of
//! the level to that of independent draws.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

/// The number of samples, and of those beyond a limit's bound.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The number of samples beyond the bound.
    pub beyond: u64,
    /// The number of all samples.
    pub of: u64,
    /// The design effect: how much more this share varies than it would for independent requests; at least 1.
    pub design_effect: f64,
}

/// Which side of what is allowed a share is on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Within, with the confidence that was asked for.
    Held,
    /// The share is within what is allowed, but not with the confidence that was asked for; so is one of no samples.
    LooksHeld,
    /// The share is beyond what is allowed, but not with the confidence that was asked for.
    LooksBroken,
    /// Beyond, with the confidence that was asked for.
    Broken,
}

impl Standing {
    /// Whether it is known with the confidence that was asked for.
    pub fn is_sure(self) -> bool {
        matches!(self, Standing::Held | Standing::Broken)
    }
    /// Whether the limit is held, as far as can be told.
    pub fn holds(self) -> bool {
        self <= Standing::LooksHeld
    }
}

impl Share {
    /// A share of independent draws: with a design effect of 1.
    pub fn new(beyond: u64, of: u64) -> Share {
        Share { beyond, of, design_effect: 1.0 }
    }
    /// A share whose design effect follows from its slices, each a pair: how many were beyond, of how many.
    pub fn sliced(beyond: u64, of: u64, slices: &[(u64, u64)]) -> Share {
        // A queue remembers for longer the fuller it is: what is alike over longer slices shows in longer slices alone.
        let joined = |n: usize| -> Vec<(u64, u64)> {
            let sum = |part: &[(u64, u64)]| part.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            slices.chunks(n).map(sum).collect()
        };
        let design_effect = [1, 2, 4].into_iter().map(|n| design_effect(&joined(n))).fold(1.0, f64::max);
        Share { beyond, of, design_effect }
    }
    /// The share, from 0 to 1; 0 if there are no samples.
    pub fn value(&self) -> f64 {
        if self.of == 0 { 0.0 } else { self.beyond as f64 / self.of as f64 }
    }
    /// The lower and the upper end of Wilson's interval, from 0 to 1; all of it if there are no samples.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let n = self.of as f64 / self.design_effect.max(1.0);
        if n <= 0.0 {
            return (0.0, 1.0);
        }
        let (z, p) = (z_of(confidence), self.value());
        let z2 = z * z;
        let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        ((middle - half).max(0.0), (middle + half).min(1.0))
    }
    /// On which side of the allowed share it is, and whether that is known with the confidence.
    pub fn standing(&self, allowed: f64, confidence: f64) -> Standing {
        let (low, high) = self.interval(confidence);
        match () {
            () if self.of == 0 => Standing::LooksHeld,
            () if high <= allowed => Standing::Held,
            () if low > allowed => Standing::Broken,
            () if self.value() <= allowed => Standing::LooksHeld,
            () => Standing::LooksBroken,
        }
    }
    /// What several counts of the same load come to together. Where they differ by more than their own variance explains,
    /// that is part of the design effect, too.
    pub fn pooled(shares: &[Share]) -> Share {
        let (beyond, of) = shares.iter().fold((0, 0), |sum, share| (sum.0 + share.beyond, sum.1 + share.of));
        let within: f64 = shares.iter().map(|share| share.of as f64 * share.design_effect.max(1.0)).sum();
        let within = if of == 0 { 1.0 } else { within / of as f64 };
        let counts: Vec<_> = shares.iter().map(|share| (share.beyond, share.of)).collect();
        let between = if counts.len() >= 3 { design_effect(&counts) } else { 1.0 };
        Share { beyond, of, design_effect: within.max(between) }
    }
}

/// The variance of a share between slices, by that of independent draws.
fn design_effect(slices: &[(u64, u64)]) -> f64 {
    let slices: Vec<_> = slices.iter().filter(|(_, of)| *of > 0).collect();
    let (beyond, of) = slices.iter().fold((0, 0), |sum, slice| (sum.0 + slice.0, sum.1 + slice.1));
    let (k, n) = (slices.len() as f64, of as f64);
    let p = beyond as f64 / n.max(1.0);
    if slices.len() < 2 || p <= 0.0 || p >= 1.0 {
        return 1.0;
    }
    let off = |slice: &(u64, u64)| slice.0 as f64 - p * slice.1 as f64;
    let squares: f64 = slices.iter().map(|slice| off(slice) * off(slice)).sum();
    let variance = k / (k - 1.0) * squares / (n * n);
    (variance / (p * (1.0 - p) / n)).max(1.0)
}

/// How many deviations of a normal distribution hold that much of it, on both sides.
fn z_of(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + confidence.clamp(0.5, 0.9999) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_that_of_the_textbook() {
        // 10 of 100 at 95 %: Newcombe 1998, method 3: 0.0552 to 0.1744.
        let (low, high) = Share::new(10, 100).interval(0.95);
        assert!((low - 0.0552).abs() < 1e-4 && (high - 0.1744).abs() < 1e-4, "{low} {high}");
        let (low, high) = Share::new(0, 200).interval(0.95);
        assert!(low == 0.0 && (0.018..0.02).contains(&high), "{high}");
    }

    #[test]
    fn the_same_share_is_sure_with_many_samples_and_unsure_with_few_or_dependent_ones() {
        assert_eq!(Share::new(3, 100).standing(0.05, 0.95), Standing::LooksHeld);
        assert_eq!(Share::new(300, 10_000).standing(0.05, 0.95), Standing::Held);
        assert_eq!(Share::new(700, 10_000).standing(0.05, 0.95), Standing::Broken);
        assert_eq!(
            Share { design_effect: 200.0, ..Share::new(700, 10_000) }.standing(0.05, 0.95),
            Standing::LooksBroken
        );
        assert_eq!(Share::new(0, 0).standing(0.05, 0.95), Standing::LooksHeld);
    }

    #[test]
    fn slices_that_differ_by_more_than_chance_weigh_less() {
        let even: Vec<_> = (0..20).map(|i| (4 + i % 3, 100)).collect();
        let bursts: Vec<_> = (0..20).map(|i| (if i % 10 == 0 { 50 } else { 0 }, 100)).collect();
        let of = |slices: &[(u64, u64)]| Share::sliced(slices.iter().map(|s| s.0).sum(), 2_000, slices).design_effect;
        assert_eq!(of(&even), 1.0);
        assert!(of(&bursts) > 20.0, "{}", of(&bursts));
        // A slow swing, of which each slice shows little.
        let swing: Vec<_> = (0..20).map(|i| (if i < 8 { 7 } else { 3 }, 100)).collect();
        assert!(of(&swing) > super::design_effect(&swing) * 2.0, "{}", of(&swing));
    }

    #[test]
    fn repeats_that_agree_make_it_surer_and_repeats_that_differ_do_not() {
        let one = Share::new(40, 1_000);
        assert_eq!(one.standing(0.05, 0.95), Standing::LooksHeld);
        assert_eq!(Share::pooled(&[one, one, one, one]).standing(0.05, 0.95), Standing::Held);
        let torn = [Share::new(0, 1_000), Share::new(120, 1_000), Share::new(0, 1_000), Share::new(40, 1_000)];
        assert_eq!(Share::pooled(&torn).standing(0.05, 0.95), Standing::LooksHeld);
    }
}
