//! A shard: the part of a plan that one of several processes runs.
//!
//! Shards are blocks of neighbouring cells, as even as they can be. Each cell is in exactly one of them, and no cell depends on
//! which: a rep has the same day in any shard of any number of shards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A shard: one part of a plan, by its index and the number of parts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// The index, from 0, as in array jobs.
    pub index: u32,
    /// The number of shards, at least 1.
    pub of: u32,
}

/// The reason why a text or a pair of numbers is not a shard.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoShard {
    /// The text is not two numbers with a `/` between them; holds the text.
    #[error("a shard is its index and the number of shards, such as 0/4, not {0:?}")]
    Form(String),
    /// The number of shards is 0.
    #[error("there must be at least one shard")]
    None,
    /// The index is not below the number of shards.
    #[error("there is no shard {index} of {of}: indexes go from 0 to {}", .of - 1)]
    Beyond {
        /// The index that is too large.
        index: u32,
        /// The number of shards.
        of: u32,
    },
}

impl Shard {
    /// A shard of so many, by its index.
    pub fn new(index: u32, of: u32) -> Result<Shard, NoShard> {
        match of {
            0 => Err(NoShard::None),
            _ if index >= of => Err(NoShard::Beyond { index, of }),
            _ => Ok(Shard { index, of }),
        }
    }
    /// The part of so many things that is this shard's: a block, at most one longer than any other shard's.
    pub fn share(self, all: u64) -> Range<u64> {
        // Below 2^64 again after the division.
        let until = |index: u32| (u128::from(index) * u128::from(all) / u128::from(self.of)) as u64;
        until(self.index)..until(self.index + 1)
    }
}

/// The portion of an amount that a run may have: all of it, or a shard's share, which is at least one.
pub fn portion(shard: Option<Shard>, amount: u64) -> u64 {
    let of_shard = |shard: Shard| {
        let share = shard.share(amount);
        (share.end - share.start).max(1)
    };
    shard.map_or(amount, of_shard)
}

impl FromStr for Shard {
    type Err = NoShard;
    fn from_str(text: &str) -> Result<Shard, NoShard> {
        let read = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        let (index, of) = read.ok_or_else(|| NoShard::Form(text.to_owned()))?;
        Shard::new(index, of)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_cell_is_in_exactly_one_shard_and_shards_are_even(all in 0_u64..5_000, of in 1_u32..600) {
            let shares: Vec<_> = (0..of).map(|index| Shard { index, of }.share(all)).collect();
            let cells: Vec<u64> = shares.iter().cloned().flatten().collect();
            prop_assert_eq!(cells, (0..all).collect::<Vec<_>>());
            let lengths = shares.iter().map(|share| share.end - share.start);
            prop_assert!(lengths.clone().max().unwrap() - lengths.min().unwrap() <= 1);
        }
        #[test]
        fn portions_add_up_to_the_amount_where_there_is_one_for_each(amount: u32, of in 1_u32..600) {
            let portions = (0..of).map(|index| portion(Some(Shard { index, of }), amount.into()));
            prop_assert_eq!(portions.sum::<u64>().max(u64::from(of)), u64::from(amount).max(u64::from(of)));
        }
    }

    #[test]
    fn the_largest_plans_and_most_shards_do_not_overflow() {
        let last = Shard { index: u32::MAX - 1, of: u32::MAX };
        let all = u64::from(u32::MAX);
        assert_eq!(last.share(all), all - 1..all);
        assert_eq!(portion(Some(Shard { index: 1, of: 2 }), u64::MAX), u64::MAX / 2 + 1);
    }

    #[test]
    fn text_that_names_no_shard_says_what_is_wrong() {
        assert_eq!("3/8".parse(), Shard::new(3, 8));
        let wrong = |text: &str| text.parse::<Shard>().unwrap_err().to_string();
        assert_eq!(wrong("8/8"), "there is no shard 8 of 8: indexes go from 0 to 7");
        assert_eq!(wrong("0/0"), "there must be at least one shard");
        for text in ["3", "", "/", "a/b", "-1/4", "1/4/2", "1 / 4", "4294967296/4294967297"] {
            assert!(wrong(text).contains("such as 0/4"), "{text}: {}", wrong(text));
        }
    }
}
