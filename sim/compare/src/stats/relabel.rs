//! The ways in which a contrast could have come out if nothing differed.
//!
//! If nothing differs between two groups of runs, which run belongs to which group is mere labels, and every way to hand them
//! out was as likely ([`Null::Permutations`]); in pairs, which of the two is which ([`Null::SignFlips`]). That supposes
//! nothing of how values vary. Where there are too few runs for it to ever show anything (three against three have 20 ways,
//! of which two are as extreme as the most extreme one), the logarithms are taken to be normal, in which case every direction
//! in the space of the rows was as likely ([`Null::Rotations`]; Langsrud, Rotation tests, 2005). All three are a set of
//! directions, and leave whatever columns have in common as it is.

use super::moderate::ln_choose;
use fieldday_kernel::random::{Purpose, Stream};

/// As many ways are gone through one by one; of more, [`DRAWN`] are drawn.
const EXACT_MOST: f64 = 20_000.0;
/// Ways that are drawn, beside the one that came to pass.
const DRAWN: usize = 9_999;
const RELABEL: Purpose = Purpose::new("compare/relabel");

/// The set of relabellings that the observed labels are compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Null {
    /// Every way to say which runs are the new ones.
    Permutations,
    /// Every way to say which of a pair is the new one.
    SignFlips,
    /// Directions in the space of normal values.
    Rotations,
}

/// Directions of unit length in the space of the rows; the first is the one that came to pass.
#[derive(Clone, Debug)]
pub struct Contrasts {
    /// The kind of relabelling that the directions stand for.
    pub null: Null,
    /// Whether the directions are all that there are, and not a sample.
    pub exact: bool,
    /// The directions, each as long as there are rows.
    pub directions: Vec<Vec<f64>>,
}

/// The smallest p-value that `new` against `base` runs can have by permutations, two-sided.
pub fn smallest_p_of_groups(new: usize, base: usize) -> f64 {
    // With as many on both sides, handing the labels out the other way round is as extreme.
    let as_extreme = if new == base { 2.0 } else { 1.0 };
    if new == 0 || base == 0 { 1.0 } else { as_extreme * libm::exp(-ln_choose(new + base, new)) }
}

/// The smallest p-value that so many pairs can have by flips of signs, two-sided.
pub fn smallest_p_of_pairs(pairs: usize) -> f64 {
    if pairs == 0 { 1.0 } else { 2.0 * libm::exp(-(pairs as f64) * std::f64::consts::LN_2) }
}

impl Contrasts {
    /// The first `new` rows against the `base` rows after them; `more` rows know of variation only.
    pub fn permutations(new: usize, base: usize, more: usize) -> Contrasts {
        let rows = new + base;
        let exact = libm::exp(ln_choose(rows, new)) <= EXACT_MOST;
        let mut is_new: Vec<bool> = (0..rows).map(|row| row < new).collect();
        let mut directions = vec![groups(&is_new, more)];
        if exact {
            while next_labels(&mut is_new) {
                directions.push(groups(&is_new, more));
            }
        } else {
            let mut stream = Stream::new(0, RELABEL, rows as u64, new as u64, 0);
            directions.extend((0..DRAWN).map(|_| {
                shuffle(&mut is_new, &mut stream);
                groups(&is_new, more)
            }));
        }
        Contrasts { null: Null::Permutations, exact, directions }
    }
    /// Rows that are differences of pairs, against nothing.
    pub fn sign_flips(pairs: usize) -> Contrasts {
        let all = libm::exp(pairs as f64 * std::f64::consts::LN_2);
        let exact = all <= EXACT_MOST;
        let length = 1.0 / libm::sqrt(pairs.max(1) as f64);
        let signs =
            |flipped: u64| (0..pairs).map(|pair| if flipped >> pair & 1 == 1 { -length } else { length }).collect();
        let directions = if exact {
            (0..1_u64 << pairs).map(signs).collect()
        } else {
            let mut stream = Stream::new(0, RELABEL, pairs as u64, 0, 1);
            let mut drawn = || (0..pairs).map(|_| if stream.bits() & 1 == 1 { -length } else { length }).collect();
            std::iter::once(vec![length; pairs]).chain((0..DRAWN).map(|_| drawn())).collect()
        };
        Contrasts { null: Null::SignFlips, exact, directions }
    }
    /// As [`Contrasts::permutations`], by directions of normal values. `more` rows vary about 0 by themselves.
    pub fn rotations(new: usize, base: usize, more: usize) -> Contrasts {
        let is_new: Vec<bool> = (0..new + base).map(|row| row < new).collect();
        let mut stream = Stream::new(0, RELABEL, (new + base) as u64, new as u64, 2 + more as u64);
        let drawn = (0..DRAWN).map(|_| direction(new + base, more, &mut stream));
        let directions = std::iter::once(groups(&is_new, more)).chain(drawn).collect();
        Contrasts { null: Null::Rotations, exact: false, directions }
    }
}

/// The mean of the one group less that of the other, scaled to length one.
fn groups(is_new: &[bool], more: usize) -> Vec<f64> {
    let new = is_new.iter().filter(|is_new| **is_new).count() as f64;
    let base = is_new.len() as f64 - new;
    let length = libm::sqrt(1.0 / new + 1.0 / base);
    let share = |is_new: &bool| if *is_new { 1.0 / (new * length) } else { -1.0 / (base * length) };
    is_new.iter().map(share).chain(std::iter::repeat_n(0.0, more)).collect()
}

/// The next way to hand out the labels, in lexicographic order from new ones first to new ones last.
fn next_labels(is_new: &mut [bool]) -> bool {
    // The last new one that can move a place to the right; those behind it follow at once.
    let Some(at) = (0..is_new.len() - 1).rev().find(|at| is_new[*at] && !is_new[at + 1]) else { return false };
    let behind = is_new[at + 2..].iter().filter(|is_new| **is_new).count();
    is_new[at..].fill(false);
    is_new[at + 1..=at + 1 + behind].fill(true);
    true
}

/// Shuffles by the method of Fisher and Yates, so that every order is equally likely.
pub(super) fn shuffle<T>(items: &mut [T], stream: &mut Stream) {
    for last in (1..items.len()).rev() {
        items.swap(last, stream.below(last as u64 + 1) as usize);
    }
}

/// Any direction of those in which the first `grouped` rows have no mean.
fn direction(grouped: usize, more: usize, stream: &mut Stream) -> Vec<f64> {
    let mut drawn: Vec<f64> = (0..grouped + more).map(|_| stream.normal(0.0, 1.0)).collect();
    let mean = drawn[..grouped].iter().sum::<f64>() / grouped as f64;
    drawn[..grouped].iter_mut().for_each(|x| *x -= mean);
    let length = libm::sqrt(drawn.iter().map(|x| x * x).sum::<f64>());
    drawn.iter_mut().for_each(|x| *x /= length);
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_hand_out_the_labels_is_there_once() {
        for (new, base, ways) in [(1, 1, 2), (1, 7, 8), (2, 3, 10), (5, 5, 252), (4, 7, 330)] {
            let contrasts = Contrasts::permutations(new, base, 1);
            let mut seen: Vec<Vec<bool>> =
                contrasts.directions.iter().map(|way| way.iter().map(|x| *x > 0.0).collect()).collect();
            assert!(seen[0][..new].iter().all(|is_new| *is_new), "the first is the one that came to pass");
            seen.sort();
            seen.dedup();
            assert_eq!((seen.len(), contrasts.directions.len(), contrasts.exact), (ways, ways, true));
        }
        assert_eq!(Contrasts::sign_flips(6).directions.len(), 64);
    }

    #[test]
    fn directions_have_length_one_and_no_mean() {
        let drawn =
            [Contrasts::permutations(12, 12, 0), Contrasts::rotations(1, 7, 3), Contrasts::permutations(3, 5, 2)];
        for contrasts in drawn {
            let grouped = contrasts.directions[0].iter().filter(|x| **x != 0.0).count();
            for way in &contrasts.directions {
                assert!((way.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12);
                assert!(way[..grouped].iter().sum::<f64>().abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_smallest_p_is_what_counting_gives() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(smallest_p_of_groups(5, 5), 2.0 / 252.0) && close(smallest_p_of_groups(1, 7), 1.0 / 8.0));
        assert!(close(smallest_p_of_groups(3, 3), 0.1) && close(smallest_p_of_pairs(6), 2.0 / 64.0));
        assert!(close(smallest_p_of_groups(0, 3), 1.0));
    }
}
