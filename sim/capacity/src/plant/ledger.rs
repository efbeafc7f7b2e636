//! What a plant leaves behind when its day is over.

use super::Plant;
use crate::simulate::{Bin, EndpointTally, Resource, Saturation, Tally};
use fieldday_kernel::time::Time;
use fieldday_rules::Measures;

/// The books of a plant.
pub struct Ledger {
    /// Of everything that reached it, and what became of it.
    pub fingerprint: u128,
    /// All together.
    pub totals: Tally,
    /// Piece by piece.
    pub bins: Vec<Bin>,
    /// What was full in each of them.
    pub full: Vec<Vec<Resource>>,
    /// By endpoint.
    pub endpoints: Vec<EndpointTally>,
    /// What limits are judged over.
    pub measures: Measures,
    /// What was full, and when.
    pub saturations: Vec<Saturation>,
    /// Requests that were handed in, measured or not.
    pub requests: u64,
    /// The time in the plant of all requests that ended, and the time that passed multiplied by how many were in it: by
    /// Little's law the same, once nobody is left in it.
    pub little: (i128, i128),
}

impl Plant {
    /// Closes the books at `until`.
    pub fn close(mut self, until: Time) -> Ledger {
        self.gauges.close(until);
        Ledger {
            fingerprint: self.print.digest128(),
            totals: self.gauges.totals,
            saturations: self.gauges.saturations(),
            measures: self.gauges.measures(),
            endpoints: self.gauges.endpoints(),
            full: self.gauges.full_bins,
            bins: self.gauges.bins,
            requests: self.requests,
            little: (self.gauges.sojourn, self.gauges.area),
        }
    }
}
