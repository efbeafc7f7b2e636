//! Decimal numbers with a fixed number of digits, kept as integers, so that sums and comparisons are exact and the same
//! on every machine. On the wire they are JSON numbers.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// A number with `DIGITS` decimal places, as the integer of its last place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fixed<const DIGITS: u32>(pub i64);

/// An amount of money, in cents.
pub type Money = Fixed<2>;
/// A share or score between 0 and 1 (or 0 and 10), to four places.
pub type Score = Fixed<4>;
/// A duration in seconds on the wire, in milliseconds inside.
pub type Seconds = Fixed<3>;
/// Degrees of latitude or longitude, to seven places (about a centimetre).
pub type Degrees = Fixed<7>;

impl<const DIGITS: u32> Fixed<DIGITS> {
    const SCALE: i64 = 10_i64.pow(DIGITS);

    /// The whole number `n`, without a fraction.
    pub const fn whole(n: i64) -> Self {
        Fixed(n * Self::SCALE)
    }
    fn to_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }
    fn from_f64(value: f64) -> Option<Self> {
        let scaled = value * Self::SCALE as f64;
        // Half away from zero, by + and truncation alone; beyond 2^53 a JSON number holds no more than this anyway.
        let rounded = if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 };
        (rounded.is_finite() && rounded.abs() < 9.0e15).then_some(Fixed(rounded as i64))
    }
}

impl Seconds {
    /// So many thousandths of a second.
    pub const fn from_millis(millis: i64) -> Seconds {
        Fixed(millis)
    }
}

impl<const DIGITS: u32> fmt::Display for Fixed<DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_f64())
    }
}
impl<const DIGITS: u32> fmt::Debug for Fixed<DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<const DIGITS: u32> Serialize for Fixed<DIGITS> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.serialize_f64(self.to_f64()) } else { s.serialize_i64(self.0) }
    }
}
impl<'de, const DIGITS: u32> Deserialize<'de> for Fixed<DIGITS> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if !d.is_human_readable() {
            return i64::deserialize(d).map(Fixed);
        }
        let value = f64::deserialize(d)?;
        Fixed::from_f64(value).ok_or_else(|| D::Error::custom(format_args!("{value} is out of range")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn money_reads_as_the_spec_writes_it() {
        let money: Money = serde_json::from_str("5000.00").unwrap();
        assert_eq!(money, Money::whole(5000));
        assert_eq!(serde_json::to_string(&Fixed::<2>(1999)).unwrap(), "19.99");
        assert!(serde_json::from_str::<Money>("1e300").is_err());
        assert!(serde_json::from_str::<Money>("\"12\"").is_err());
    }

    proptest! {
        #[test]
        fn every_value_in_range_round_trips(cents in -1_000_000_000_000_i64..1_000_000_000_000, e7 in -1_800_000_000_i64..1_800_000_000) {
            let money = Fixed::<2>(cents);
            prop_assert_eq!(serde_json::from_str::<Money>(&serde_json::to_string(&money).unwrap()).unwrap(), money);
            let degrees = Fixed::<7>(e7);
            prop_assert_eq!(serde_json::from_str::<Degrees>(&serde_json::to_string(&degrees).unwrap()).unwrap(), degrees);
        }
    }
}
