//! One bin of a series.

use super::latency::Latencies;
use fieldday_history::OutcomeClass;
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};

/// What a rep is doing: one of the first five at a time, and the others beside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activity {
    /// At work, between two visits: a look at the app, lunch, waiting for the time to drive.
    Between,
    /// On the way to a visit.
    Driving,
    /// At a visit, not recording.
    Visiting,
    /// At a visit, with the recording running.
    Recording,
    /// On the way home, or there, the phone still on.
    Homeward,
    /// The phone has no network.
    Offline,
    /// The app sends the actions on its queue.
    Flushing,
    /// Not a rep's time, but an action's: waiting on a queue.
    Waiting,
}

impl Activity {
    /// Every one, in the order of [`Bin::spent_us`].
    pub const ALL: [Activity; 8] = [
        Activity::Between,
        Activity::Driving,
        Activity::Visiting,
        Activity::Recording,
        Activity::Homeward,
        Activity::Offline,
        Activity::Flushing,
        Activity::Waiting,
    ];
}

/// The counts of one bin of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// The number of calls that began: the offered load.
    pub offered: u64,
    /// Calls that were answered for good: with success, or with a refusal that no repeat would change.
    pub achieved: u64,
    /// The number of attempts sent, retries included.
    pub attempts: u64,
    /// Attempts that ended here, in the order of [`OutcomeClass::ALL`].
    pub outcomes: [u64; OutcomeClass::ALL.len()],
    /// How long attempts took that ended here, by answer or time-out.
    pub latencies: Latencies,
    /// How much time all reps together spent, in microseconds, in the order of [`Activity::ALL`].
    pub spent_us: [u64; Activity::ALL.len()],
    /// The longest queue of one rep.
    pub waiting_max: u32,
    /// Queues that became empty after a time without network.
    pub drains: u64,
    /// The longest time that one of them took from the network's return, in microseconds.
    pub drain_max_us: u64,
}

impl Bin {
    pub(super) fn add(&mut self, what: Activity, us: u64, times: u32) {
        self.spent_us[what as usize] += us * u64::from(times);
    }
    pub(super) fn drained(&mut self, took: Span) {
        self.drains += 1;
        self.drain_max_us = self.drain_max_us.max(took.as_micros().max(0).unsigned_abs());
    }
    pub(super) fn merge(&mut self, other: &Bin) {
        self.offered += other.offered;
        self.achieved += other.achieved;
        self.attempts += other.attempts;
        self.outcomes.iter_mut().zip(other.outcomes).for_each(|(mine, theirs)| *mine += theirs);
        self.spent_us.iter_mut().zip(other.spent_us).for_each(|(mine, theirs)| *mine += theirs);
        self.latencies.merge(&other.latencies);
        self.waiting_max = self.waiting_max.max(other.waiting_max);
        self.drains += other.drains;
        self.drain_max_us = self.drain_max_us.max(other.drain_max_us);
    }
}
