//! What happened, bin by bin, as lists of numbers.

use fieldday_history::OutcomeClass;
use fieldday_rules::{Activity, BUCKETS, SERIES_CLASSES, Series, bucket_from_us};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// From how many microseconds on each bucket of latencies counts, and where the last one ends.
pub const BUCKET_BOUNDS: [u64; BUCKETS + 1] = {
    let mut bounds = [0; BUCKETS + 1];
    let mut bucket = 0;
    while bucket <= BUCKETS {
        bounds[bucket] = bucket_from_us(bucket);
        bucket += 1;
    }
    bounds
};

/// The figures of a day, one list per figure with an entry per bin.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Columns {
    /// The number of calls that began: the offered load.
    pub offered: Vec<u64>,
    /// The number of calls that were answered for good: with success, or with a refusal that no repeat would change.
    pub achieved: Vec<u64>,
    /// The number of attempts that were sent, retries included.
    pub attempts: Vec<u64>,
    /// Attempts that were not answered as expected, by their outcome class.
    pub errors: BTreeMap<String, Vec<u64>>,
    /// What reps did, in seconds of all of them together, by activity.
    pub rep_seconds: BTreeMap<String, Vec<u64>>,
    /// How long actions waited on queues, in seconds of all of them together.
    pub action_seconds: Vec<u64>,
    /// The most actions that waited on one phone's queue.
    pub queue_max: Vec<u64>,
    /// Queues that became empty after a time without network.
    pub drains: Vec<u64>,
    /// The longest time that one of them took, in milliseconds.
    pub drain_max_ms: Vec<u64>,
    /// From how many microseconds on each bucket of latencies counts; the last one ends at the last of these.
    pub bucket_bounds_us: Vec<u64>,
    /// How long attempts took that ended then, by the spec's timeout class: pairs of bucket and count.
    pub latency: BTreeMap<String, Vec<Vec<(u32, u32)>>>,
}

impl Columns {
    /// One entry for each bin that was measured.
    pub(super) fn new(series: &Series) -> Columns {
        let bins = series.bins();
        let list = |of: &dyn Fn(&fieldday_rules::Bin) -> u64| bins.iter().map(of).collect::<Vec<u64>>();
        let seconds = |what: Activity| list(&|bin| bin.spent_us[what as usize] / 1_000_000);
        let others = OutcomeClass::ALL.iter().filter(|class| **class != OutcomeClass::Expected);
        let errors = others.map(|class| (class.as_str().to_owned(), list(&|bin| bin.outcomes[*class as usize])));
        let spent = Activity::ALL.iter().filter(|what| **what != Activity::Waiting);
        let latency = SERIES_CLASSES.iter().enumerate().map(|(class, of)| {
            let counted = |bin: &fieldday_rules::Bin| {
                let buckets = bin.latencies.of(class).into_iter().flatten().enumerate();
                buckets.filter(|(_, n)| **n > 0).map(|(bucket, n)| (bucket as u32, *n)).collect::<Vec<_>>()
            };
            (serde_name(of), bins.iter().map(counted).collect::<Vec<_>>())
        });
        Columns {
            offered: list(&|bin| bin.offered),
            achieved: list(&|bin| bin.achieved),
            attempts: list(&|bin| bin.attempts),
            errors: errors.collect(),
            rep_seconds: spent.map(|what| (activity(*what).to_owned(), seconds(*what))).collect(),
            action_seconds: seconds(Activity::Waiting),
            queue_max: list(&|bin| bin.waiting_max.into()),
            drains: list(&|bin| bin.drains),
            drain_max_ms: list(&|bin| bin.drain_max_us / 1_000),
            bucket_bounds_us: BUCKET_BOUNDS.to_vec(),
            latency: latency.filter(|(_, bins)| bins.iter().any(|bin| !bin.is_empty())).collect(),
        }
    }
}

/// The name of an activity in the file.
pub(crate) fn activity(what: Activity) -> &'static str {
    match what {
        Activity::Between => "between",
        Activity::Driving => "driving",
        Activity::Visiting => "visiting",
        Activity::Recording => "recording",
        Activity::Homeward => "homeward",
        Activity::Offline => "offline",
        Activity::Flushing => "flushing",
        Activity::Waiting => "waiting",
    }
}
fn serde_name(of: &impl Serialize) -> String {
    serde_json::to_value(of).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
