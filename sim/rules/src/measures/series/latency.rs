//! How long attempts took within a bin, in buckets of a quarter of an octave: coarse, and enough for a picture.

use crate::arrays;
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_kernel::time::Span;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Buckets of a class: from half a millisecond to half an hour, four an octave.
pub const BUCKETS: usize = 4 * (OCTAVE_LAST - OCTAVE_FIRST + 1) as usize;
/// The classes that are told apart.
pub const SERIES_CLASSES: [TimeoutClass; 5] =
    [TimeoutClass::Recording, TimeoutClass::Read, TimeoutClass::Update, TimeoutClass::Health, TimeoutClass::Transfer];
/// The first octave begins at 2⁹ µs, half a millisecond; what is faster counts in its first bucket.
const OCTAVE_FIRST: u32 = 9;
/// The last octave begins at 2³⁰ µs, 18 minutes; what is slower counts in its last bucket.
const OCTAVE_LAST: u32 = 30;

/// How many attempts took how long, by class and bucket. Room is made for a class when it is first needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies([Option<Box<[u32; BUCKETS]>>; SERIES_CLASSES.len()]);

impl Serialize for Latencies {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0.iter().map(|class| class.as_ref().map(|buckets| buckets.as_slice())))
    }
}

impl<'de> Deserialize<'de> for Latencies {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let classes: [Option<Vec<u32>>; SERIES_CLASSES.len()] = arrays::deserialize(d)?;
        let mut latencies = Latencies::default();
        for (mine, read) in latencies.0.iter_mut().zip(classes) {
            *mine = read.map(|read| arrays::of(read).map(Box::new)).transpose()?;
        }
        Ok(latencies)
    }
}

impl Latencies {
    /// The buckets of a class of [`SERIES_CLASSES`]; none if nothing of it ended here.
    pub fn of(&self, class: usize) -> Option<&[u32; BUCKETS]> {
        self.0.get(class)?.as_deref()
    }
    pub(super) fn add(&mut self, op: Op, took: Span) {
        let class = place(op.endpoint().class);
        let buckets = self.0[class].get_or_insert_with(|| Box::new([0; BUCKETS]));
        let bucket = &mut buckets[bucket_of(took.as_micros().max(1).unsigned_abs())];
        *bucket = bucket.saturating_add(1);
    }
    pub(super) fn merge(&mut self, other: &Latencies) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            let Some(theirs) = theirs else { continue };
            let mine = mine.get_or_insert_with(|| Box::new([0; BUCKETS]));
            mine.iter_mut().zip(theirs.iter()).for_each(|(mine, theirs)| *mine = mine.saturating_add(*theirs));
        }
    }
}

/// The place of a class among [`SERIES_CLASSES`].
const fn place(class: TimeoutClass) -> usize {
    match class {
        TimeoutClass::Recording => 0,
        TimeoutClass::Read => 1,
        TimeoutClass::Update => 2,
        TimeoutClass::Health => 3,
        TimeoutClass::Transfer => 4,
    }
}

/// The bucket of so many microseconds.
fn bucket_of(us: u64) -> usize {
    let octave = us.ilog2();
    if octave < OCTAVE_FIRST {
        return 0;
    }
    if octave > OCTAVE_LAST {
        return BUCKETS - 1;
    }
    (4 * (octave - OCTAVE_FIRST)) as usize + (us >> (octave - 2) & 3) as usize
}

/// From how many microseconds on a bucket counts. The first one counts everything below the second.
pub const fn bucket_from_us(bucket: usize) -> u64 {
    let octave = OCTAVE_FIRST + bucket as u32 / 4;
    (4 + bucket as u64 % 4) << (octave - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_begins_where_the_one_before_ends() {
        for bucket in 1..BUCKETS {
            assert_eq!(bucket_of(bucket_from_us(bucket)), bucket);
            assert_eq!(bucket_of(bucket_from_us(bucket) - 1), bucket - 1);
        }
        assert_eq!([bucket_of(1), bucket_of(u64::MAX)], [0, BUCKETS - 1]);
    }

    #[test]
    fn every_class_has_its_place() {
        assert!(SERIES_CLASSES.iter().enumerate().all(|(at, class)| place(*class) == at));
    }
}
