//! Every random number of a simulation.
//!
//! A [`Stream`] is a ChaCha8 stream whose key is its name: the seed, the purpose, the entity that draws, the action it
//! draws for, and the attempt. Two streams of different names have nothing to do with each other, so adding a rep,
//! removing an appointment or switching a mishap off changes nobody else's draws. There is no other source of
//! randomness, and none is carried from one decision to the next.
//!
//! Draws are integers, or come from integers by + − × ÷ and `libm`, so they have the same bits on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::ops::Range;

/// What a stream is drawn for. The name is part of the key: renaming one changes every run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Purpose(u64);

impl Purpose {
    /// A purpose by its name.
    pub const fn new(name: &str) -> Purpose {
        Purpose(name_key(name))
    }
}

/// The 64-bit key of a name (of a rep, an appointment, a mishap…).
pub const fn name_key(name: &str) -> u64 {
    xxhash_rust::const_xxh3::xxh3_64(name.as_bytes())
}

/// A key made of two others, for an entity within an entity.
pub const fn join_keys(outer: u64, inner: u64) -> u64 {
    // splitmix64's finaliser over a sum that depends on the order of the two.
    let mut z = outer.rotate_left(23) ^ inner.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x632b_e59b_d9b4_e019);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Chances are given in parts per million.
pub const MILLION: u32 = 1_000_000;

/// True for `ppm` of a million random words.
pub const fn is_chance(word: u64, ppm: u32) -> bool {
    ((word as u128 * MILLION as u128) >> 64) < ppm as u128
}

/// A stream of random draws, which its key alone decides.
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of that name.
    pub fn new(seed: u64, purpose: Purpose, entity: u64, action: u64, attempt: u64) -> Stream {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&purpose.0.to_le_bytes());
        key[16..24].copy_from_slice(&entity.to_le_bytes());
        key[24..].copy_from_slice(&action.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(attempt);
        Stream(generator)
    }
    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
    /// A number below `bound`; 0 if `bound` is 0. By multiplication: the bias is below `bound` / 2^64.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }
    /// A number in `range`; its start if it is empty.
    pub fn range(&mut self, range: Range<i64>) -> i64 {
        let width = range.end.saturating_sub(range.start).max(0) as u64;
        range.start + self.below(width) as i64
    }
    /// True in `ppm` of a million cases.
    pub fn bernoulli(&mut self, ppm: u32) -> bool {
        is_chance(self.bits(), ppm)
    }
    /// One of `items`; none if there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }
    /// The index of one of `weights`, each as likely as its weight; 0 if all are 0.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (index, weight) in weights.enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        0
    }
    /// A number in [0, 1) with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
    /// An exponential with that mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }
    /// How many slots a state lasts that is left with `leave_ppm` per slot: geometric, at least 1.
    pub fn geometric(&mut self, leave_ppm: u32) -> u64 {
        if leave_ppm == 0 {
            return u64::MAX;
        }
        let stay = 1.0 - f64::from(leave_ppm.min(MILLION - 1)) / f64::from(MILLION);
        1 + (libm::log(1.0 - self.unit()) / libm::log(stay)) as u64
    }
    /// A normal with that mean and deviation, by Box and Muller.
    pub fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        mean + deviation * radius * libm::cos(std::f64::consts::TAU * self.unit())
    }
    /// A log-normal with that median and that ratio of the 84th percentile to the median.
    pub fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        median * libm::exp(self.normal(0.0, libm::log(spread)))
    }
    /// A value from a distribution given by its quantiles: `points` are (parts per million, value), ascending; between
    /// them it is linear, beyond them flat.
    pub fn quantile(&mut self, points: &[(u32, i64)]) -> i64 {
        let at = self.below(u64::from(MILLION)) as i64;
        let mut before = match points.first() {
            Some(&(ppm, value)) if at > i64::from(ppm) => (i64::from(ppm), value),
            Some(&(_, value)) => return value,
            None => return 0,
        };
        for &(ppm, value) in &points[1..] {
            let ppm = i64::from(ppm);
            if at <= ppm {
                return before.1 + (value - before.1) * (at - before.0) / (ppm - before.0).max(1);
            }
            before = (ppm, value);
        }
        before.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, Exp, Normal};

    const TEST: Purpose = Purpose::new("test");

    fn draws<T>(n: u64, mut draw: impl FnMut(&mut Stream) -> T) -> Vec<T> {
        (0..n).map(|i| draw(&mut Stream::new(7, TEST, i, 0, 0))).collect()
    }

    /// The greatest distance between what was drawn and what the oracle says (Kolmogorov-Smirnov).
    fn distance(mut drawn: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
        drawn.sort_by(f64::total_cmp);
        let n = drawn.len() as f64;
        drawn.iter().enumerate().map(|(i, x)| (cdf(*x) - i as f64 / n).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn a_name_is_a_stream_and_every_part_of_it_counts() {
        let bits = |seed, entity, action, attempt| Stream::new(seed, TEST, entity, action, attempt).bits();
        assert_eq!(bits(1, 2, 3, 4), bits(1, 2, 3, 4));
        let others = [bits(9, 2, 3, 4), bits(1, 9, 3, 4), bits(1, 2, 9, 4), bits(1, 2, 3, 9)];
        assert!(others.iter().all(|b| *b != bits(1, 2, 3, 4)));
        assert_ne!(Stream::new(1, Purpose::new("other"), 2, 3, 4).bits(), bits(1, 2, 3, 4));
    }

    /// Committed bits: they change only with the generator, and every fingerprint changes with them.
    #[test]
    fn the_first_bits_of_a_stream_are_known() {
        assert_eq!(Stream::new(0, TEST, 0, 0, 0).bits(), FIRST_BITS);
        assert_eq!(name_key("cell-0/tenant-1/rep-07"), NAME_KEY);
    }
    const FIRST_BITS: u64 = 7_305_170_238_705_579_392;
    const NAME_KEY: u64 = 5330066257056938402;

    #[test]
    fn distributions_agree_with_an_independent_library() {
        // 20,000 draws: a distance above 0.0115 has a chance of 1 %; the streams are fixed, so the test is too.
        let exponential = Exp::new(1.0 / 30.0).unwrap();
        assert!(distance(draws(20_000, |s| s.exponential(30.0)), |x| exponential.cdf(x)) < 0.0115);
        let normal = Normal::new(5.0, 2.0).unwrap();
        assert!(distance(draws(20_000, |s| s.normal(5.0, 2.0)), |x| normal.cdf(x)) < 0.0115);
        let mean = draws(20_000, |s| s.geometric(170_000)).iter().sum::<u64>() as f64 / 20_000.0;
        assert!((mean - 1.0 / 0.17).abs() < 0.12, "{mean}");
    }

    #[test]
    fn chances_weights_and_quantiles_come_out_as_given() {
        let share = draws(20_000, |s| s.bernoulli(20_000)).iter().filter(|hit| **hit).count();
        assert!((340..460).contains(&share), "{share} of 20,000 at 2 %");
        let third = draws(20_000, |s| s.weighted([1, 0, 3].into_iter())).iter().filter(|i| **i == 2).count();
        assert!((14_700..15_300).contains(&third), "{third}");
        let points = [(0, 10), (500_000, 69), (900_000, 76), (1_000_000, 400)];
        let mut drawn = draws(20_001, |s| s.quantile(&points));
        drawn.sort_unstable();
        assert!((67..=70).contains(&drawn[10_000]), "median {}", drawn[10_000]);
        assert!((75..=77).contains(&drawn[18_000]), "p90 {}", drawn[18_000]);
    }

    #[test]
    fn bounds_hold_at_the_edges() {
        let mut stream = Stream::new(1, TEST, 1, 1, 1);
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.range(5..5), 5);
        assert_eq!(stream.pick::<u8>(&[]), None);
        assert_eq!(stream.weighted([0, 0].into_iter()), 0);
        assert!((0..100).all(|_| (-3..4).contains(&stream.range(-3..4))));
        assert!(!stream.bernoulli(0) && stream.bernoulli(MILLION));
    }
}
