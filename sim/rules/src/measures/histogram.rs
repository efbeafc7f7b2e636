//! A histogram that costs nothing until something is recorded to it.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as HdrReader, Serializer as _, V2Serializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::ops::Deref;
use std::sync::LazyLock;

/// What a histogram that has no entry yet looks like.
static EMPTY: LazyLock<Histogram<u32>> = LazyLock::new(|| of(2));

/// A histogram of `1..=most` with three significant digits. It reads like any other; its memory (90 KB, if `most` is an hour
/// in microseconds) is taken with its first entry, and recording does not allocate after that.
#[derive(Clone, Debug)]
pub struct LazyHistogram {
    most: u64,
    made: Option<Box<Histogram<u32>>>,
}

impl LazyHistogram {
    /// A histogram without entries; values above `most` count as `most`.
    pub(super) fn new(most: u64) -> LazyHistogram {
        LazyHistogram { most, made: None }
    }
    /// The histogram, if it has an entry.
    pub fn recorded(&self) -> Option<&Histogram<u32>> {
        self.made.as_deref()
    }
    /// Another entry; what is beyond the bounds counts as being on them.
    pub(super) fn record(&mut self, value: u64) {
        self.make().saturating_record(value);
    }
    /// As many entries of one value.
    pub(super) fn record_n(&mut self, value: u64, times: u64) {
        self.make().saturating_record_n(value, u32::try_from(times).unwrap_or(u32::MAX));
    }
    /// Adds a histogram of the same bounds.
    pub(super) fn merge(&mut self, other: &LazyHistogram) {
        assert_eq!(self.most, other.most, "histograms are added that end at different values");
        if let Some(theirs) = other.recorded() {
            self.make().add(theirs).expect("all histograms of a kind have the same bounds");
        }
    }
    fn make(&mut self) -> &mut Histogram<u32> {
        self.made.get_or_insert_with(|| Box::new(of(self.most)))
    }
}

/// The largest value, and the entries in HdrHistogram's own V2 form, which keeps every count; none without entries.
#[derive(Serialize, Deserialize)]
struct Written {
    most: u64,
    entries: Option<Vec<u8>>,
}

impl Serialize for LazyHistogram {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let entries = self.recorded().map(|made| {
            let mut bytes = Vec::new();
            V2Serializer::new().serialize(made, &mut bytes).map(|_| bytes)
        });
        let entries = entries.transpose().map_err(ser::Error::custom)?;
        Written { most: self.most, entries }.serialize(s)
    }
}

impl<'de> Deserialize<'de> for LazyHistogram {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let Written { most, entries } = Written::deserialize(d)?;
        let mut read = LazyHistogram::new(most);
        if let Some(bytes) = entries {
            let made: Histogram<u32> =
                HdrReader::new().deserialize(&mut bytes.as_slice()).map_err(de::Error::custom)?;
            // Into bounds of our own: what was read may have others.
            read.make().add(&made).map_err(de::Error::custom)?;
        }
        Ok(read)
    }
}

impl Deref for LazyHistogram {
    type Target = Histogram<u32>;
    fn deref(&self) -> &Histogram<u32> {
        self.recorded().unwrap_or(&EMPTY)
    }
}

fn of(most: u64) -> Histogram<u32> {
    Histogram::new_with_bounds(1, most.max(2), 3).expect("the bounds are constants that fit each other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_without_entries_has_no_memory_and_reads_as_empty() {
        let (mut one, other) = (LazyHistogram::new(1_000_000), LazyHistogram::new(1_000_000));
        one.merge(&other);
        assert!(one.recorded().is_none() && one.is_empty());
        assert_eq!((one.len(), one.max(), one.value_at_quantile(0.99)), (0, 0, 0));
    }

    #[test]
    fn entries_are_kept_to_three_digits_and_add_up() {
        let (mut one, mut other) = (LazyHistogram::new(1_000_000), LazyHistogram::new(1_000_000));
        one.record(123_456);
        other.record(9_000_000);
        other.record(123_456);
        one.merge(&other);
        assert_eq!(one.len(), 3);
        assert_eq!(one.value_at_quantile(0.5) / 1_000, 123);
        assert_eq!(one.max() / 10_000, 100, "what is too large stands at the bound");
    }

    #[test]
    fn what_is_written_reads_back_entry_by_entry() {
        let mut one = LazyHistogram::new(1_000_000);
        [1, 7, 7, 123_456, 2_000_000].into_iter().for_each(|value| one.record(value));
        for histogram in [one, LazyHistogram::new(5)] {
            let text = serde_json::to_string(&histogram).unwrap();
            let back: LazyHistogram = serde_json::from_str(&text).unwrap();
            assert_eq!((back.most, back.recorded()), (histogram.most, histogram.recorded()));
        }
    }

    #[test]
    fn entries_beyond_the_bounds_and_bytes_that_are_no_histogram_are_errors() {
        let mut wide = LazyHistogram::new(1_000_000);
        wide.record(900_000);
        let text = serde_json::to_string(&wide).unwrap().replace("1000000", "100");
        assert!(serde_json::from_str::<LazyHistogram>(&text).is_err());
        assert!(serde_json::from_str::<LazyHistogram>(r#"{"most": 100, "entries": [1, 2, 3]}"#).is_err());
    }

    #[test]
    #[should_panic(expected = "end at different values")]
    fn histograms_that_end_at_different_values_are_not_added() {
        // The smaller one would fit, and what is beyond its bound would be read as an exact value.
        LazyHistogram::new(1_000_000).merge(&LazyHistogram::new(1_000));
    }
}
