//! A distribution that is known by some of its quantiles, as measurements publish them.

/// Points of a distribution: (parts per million that are at or below, the value), ascending; between them it is linear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Quantiles([(u32, i64); 5]);

impl Quantiles {
    /// By its least value, its 10th, 50th and 90th percentile, and its greatest value.
    pub fn p10_p50_p90(least: i64, [p10, p50, p90]: [i64; 3], most: i64) -> Quantiles {
        Quantiles([(0, least), (100_000, p10), (500_000, p50), (900_000, p90), (1_000_000, most)])
    }
    /// By its least value, its 50th, 90th and 99th percentile, and its greatest value.
    pub fn p50_p90_p99(least: i64, [p50, p90, p99]: [i64; 3], most: i64) -> Quantiles {
        Quantiles([(0, least), (500_000, p50), (900_000, p90), (990_000, p99), (1_000_000, most)])
    }
    /// Each value between the two as likely as the others.
    pub fn even(least: i64, most: i64) -> Quantiles {
        let at = |percent: i64| least + (most - least) * percent / 100;
        Quantiles::p10_p50_p90(least, [at(10), at(50), at(90)], most)
    }
    /// A triangle from half of the middle value to half as much again.
    pub fn triangle(middle: i64) -> Quantiles {
        // Of a triangle over ±50 %, a tenth lies below 72.4 % of the middle, and a tenth above 127.6 %.
        let at = |per_mille: i64| middle * per_mille / 1000;
        Quantiles::p10_p50_p90(at(500), [at(724), middle, at(1276)], at(1500))
    }

    /// The value of which `at_ppm` of a million are below.
    pub fn at(&self, at_ppm: u32) -> i64 {
        let mut before = self.0[0];
        for after in self.0 {
            if at_ppm <= after.0 {
                let (run, rise) = (i64::from(after.0 - before.0).max(1), after.1 - before.1);
                return before.1 + rise * i64::from(at_ppm - before.0) / run;
            }
            before = after;
        }
        before.1
    }
    pub fn median(&self) -> i64 {
        self.at(500_000)
    }
    pub fn least(&self) -> i64 {
        self.at(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_given_quantiles_come_back_and_between_them_it_is_linear() {
        let uplink = Quantiles::p10_p50_p90(100, [900, 5_700, 26_000], 39_000);
        let read = [0, 100_000, 300_000, 500_000, 900_000, 1_000_000].map(|ppm| uplink.at(ppm));
        assert_eq!(read, [100, 900, 3_300, 5_700, 26_000, 39_000]);
        assert_eq!((uplink.least(), uplink.median()), (100, 5_700));
        let delay = Quantiles::even(35, 200);
        assert_eq!([0, 500_000, 1_000_000].map(|ppm| delay.at(ppm)), [35, 117, 200]);
    }

    #[test]
    fn a_triangle_is_one_within_a_tenth() {
        let triangle = Quantiles::triangle(100_000);
        for (ppm, below) in [(20_000_u32, 0.02_f64), (100_000, 0.1), (250_000, 0.25), (500_000, 0.5)] {
            // Of a triangle from 50 to 150, the share x lies below 50 + 100 √(x / 2), up to its middle.
            let exact = 50_000.0 + 100_000.0 * libm::sqrt(below / 2.0);
            let off = (triangle.at(ppm) as f64 / exact - 1.0).abs();
            assert!(off < 0.1, "{ppm}: {off}");
        }
    }
}
