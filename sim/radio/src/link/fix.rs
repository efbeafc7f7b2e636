//! Where the phone believes it is.

use super::FIX;
use super::Link;
use crate::place::Point;
use crate::territory::Urbanicity;
use fieldday_kernel::random::Stream;
use fieldday_kernel::time::Time;

/// The mean of a distance from the true place, divided by the deviation of each coordinate (of a Rayleigh distribution:
/// the root of π/2).
const MEAN_BY_DEVIATION: f64 = 1.253_314_137_315_500_1;

/// The mean error in decimetres: 4.9 m under an open sky (gps.gov), 7 to 13 m in a town (PLOS ONE
/// 10.1371/journal.pone.0219890).
fn mean_error_dm(built: Urbanicity) -> i64 {
    match built {
        Urbanicity::Rural => 49,
        Urbanicity::Suburban => 70,
        Urbanicity::Urban => 95,
        Urbanicity::DenseUrban => 130,
    }
}

/// So many of a million fixes come from the masts alone, since the satellites are not to be seen, and are that far off in
/// the mean. Assumed: phones say so much of themselves, and nobody published how often.
const COARSE_PPM: u32 = 20_000;
const COARSE_MEAN_DM: i64 = 3_000;

impl Link {
    /// A location fix: where, and within how many metres the phone believes that it is right. `reading` is the fix's own
    /// key.
    pub fn fix(&mut self, at: Time, reading: u64) -> (Point, i32) {
        let here = self.here(at);
        let mut stream = Stream::new(self.seed, FIX, self.entity, reading, 0);
        let is_coarse = stream.bernoulli(COARSE_PPM);
        let mean_dm = if is_coarse { COARSE_MEAN_DM } else { mean_error_dm(self.air.territory.urbanicity(here)) };
        let deviation_cm = mean_dm as f64 * 10.0 / MEAN_BY_DEVIATION;
        let (dx, dy) = (stream.normal(0.0, deviation_cm), stream.normal(0.0, deviation_cm));
        // The phone's own estimate is right to a third or so.
        let accuracy_m = mean_dm * stream.range(70..151) / 1000;
        (here.moved(dx as i64, dy as i64), accuracy_m.max(1) as i32)
    }
}
