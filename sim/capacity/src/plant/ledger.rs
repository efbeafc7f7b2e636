//! What a plant leaves behind when its day is over.

use super::Plant;
use crate::simulate::{Bin, EndpointTally, Resource, Saturation, Tally};
use fieldday_kernel::time::Time;
use fieldday_rules::Measures;

/// What a plant counted and measured over its day.
pub struct Ledger {
    /// A hash of every request that reached the plant, in order, with what became of it.
    pub fingerprint: u128,
    /// All requests of the measured part, by what became of them.
    pub totals: Tally,
    /// The measured part in bins of equal length, oldest first; the last one is shorter if the plant was closed before its end.
    pub bins: Vec<Bin>,
    /// The resources that were full in each bin, by the bin's place in `bins`.
    pub full: Vec<Vec<Resource>>,
    /// The endpoints that were called in the measured part, over all of it.
    pub endpoints: Vec<EndpointTally>,
    /// Latencies and endings by endpoint over the measured part, over which the scenario's limits are judged.
    pub measures: Measures,
    /// The resources that were full at some time of the measured part, in the order in which they first were.
    pub saturations: Vec<Saturation>,
    /// Requests that were handed in, measured or not.
    pub requests: u64,
    /// The time in the plant of all requests that ended, and the time that passed multiplied by how many were in it: by
    /// Little's law the same, once nobody is left in it.
    pub little: (i128, i128),
}

impl Plant {
    /// Ends the plant's day at `until` and hands over what was counted.
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
