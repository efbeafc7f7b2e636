//! Log-normal durations from integers alone: a table of quantiles, made once, drawn from by interpolation.

use crate::config::{ServiceTimes, Spread};
use fieldday_api::defaults::LONGEST_US;
use fieldday_api::endpoint::Op;
use fieldday_kernel::random::Stream;
use fieldday_kernel::time::Span;

/// Parts per million of a normal distribution below −3, −2.5, … +4 deviations.
const NORMAL: [u32; 15] = [
    1_350, 6_210, 22_750, 66_807, 158_655, 308_538, 500_000, 691_462, 841_345, 933_193, 977_250, 993_790, 998_650,
    999_767, 999_968,
];
/// The place of the median in [`NORMAL`].
const MIDDLE: usize = 6;
/// Ratios are kept with so many binary places.
const BITS: u32 = 20;

/// The quantiles of one distribution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantiles([(u32, i64); 15]);

impl Quantiles {
    pub(crate) fn new(spread: Spread) -> Quantiles {
        let one = 1_u64 << BITS;
        let ratio = (u64::from(spread.spread_percent.clamp(100, 10_000)) << BITS) / 100;
        // Half a deviation multiplies by the root of what a whole one does.
        let step = (ratio << BITS).isqrt().max(one);
        let median = spread.median_us.min(LONGEST_US);
        let mut points = NORMAL.map(|ppm| (ppm, median as i64));
        let (mut up, mut down) = (median << 8, median << 8);
        for point in &mut points[MIDDLE + 1..] {
            up = ((u128::from(up) * u128::from(step)) >> BITS).min(u128::from(LONGEST_US << 8)) as u64;
            point.1 = (up >> 8) as i64;
        }
        for point in points[..MIDDLE].iter_mut().rev() {
            down = ((u128::from(down) << BITS) / u128::from(step)) as u64;
            point.1 = (down >> 8) as i64;
        }
        Quantiles(points)
    }
    /// Draws a duration from the distribution.
    pub(crate) fn draw(&self, stream: &mut Stream) -> Span {
        Span::micros(stream.quantile(&self.0))
    }
}

/// The quantiles of every endpoint.
pub(crate) struct ServiceTables([Quantiles; Op::ALL.len()]);

impl ServiceTables {
    pub(crate) fn new(times: &ServiceTimes) -> ServiceTables {
        ServiceTables(std::array::from_fn(|index| Quantiles::new(times.of(Op::ALL[index]))))
    }
    pub(crate) fn of(&self, op: Op) -> &Quantiles {
        &self.0[op.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::random::Purpose;

    fn drawn(spread: Spread) -> Vec<i64> {
        let table = Quantiles::new(spread);
        let mut drawn: Vec<i64> =
            (0..20_000).map(|i| table.draw(&mut Stream::new(3, Purpose::new("times"), i, 0, 0)).as_micros()).collect();
        drawn.sort_unstable();
        drawn
    }

    #[test]
    fn median_and_84th_percentile_come_out_as_given() {
        let drawn = drawn(Spread::new(25_000, 150));
        assert!((24_500..25_500).contains(&drawn[10_000]), "{}", drawn[10_000]);
        assert!((36_500..38_500).contains(&drawn[16_827]), "{}", drawn[16_827]);
        assert!(drawn[0] > 5_000 && drawn[19_999] < 150_000);
    }

    #[test]
    fn a_spread_of_one_hundred_is_constant_and_an_absurd_one_is_bounded() {
        assert!(drawn(Spread::new(1_000, 100)).iter().all(|us| *us == 1_000));
        assert!(drawn(Spread::new(u64::MAX, u32::MAX)).iter().all(|us| *us <= LONGEST_US as i64));
        assert!(drawn(Spread::new(0, 0)).iter().all(|us| *us == 0));
    }
}
