//! What the judges must know about the run.

use fieldday_api::SmolStr;
use fieldday_api::defaults;
use fieldday_api::pace::Pace;
use fieldday_api::rules::{Rule, RuleWeight};
use fieldday_kernel::time::{Span, Time, Zone};
use std::collections::BTreeMap;

/// What the judges must know about the run. Shared by all cells.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When the events' clock starts: `start` plus an event's time is its absolute time.
    pub start: Time,
    /// The zone of each tenant, by tenant id. UTC for a tenant that is not here.
    pub zones: BTreeMap<SmolStr, Zone>,
    /// How far the target's clock may be from the events' clock.
    pub leeway: Span,
    /// How long a session token is valid from its issue.
    pub token_life: Span,
    /// How near the place a recording may start, in metres.
    pub geofence_m: u32,
    /// Rules that the run is worth nothing without.
    pub must_exercise: Vec<Rule>,
    /// What a broken case of a rule is taken for, where that is not what it says.
    pub weights: BTreeMap<Rule, RuleWeight>,
    /// Of a million answers of a class, so many may come after the class's limit.
    pub late_share_max_ppm: u64,
    /// Fewer answers of a class than this say nothing about shares.
    pub late_samples_min: u64,
    /// Whether an attempt that timed out counts as a late answer. True where the network is known to be good, so that
    /// only the backend can be slow; otherwise a time-out is inconclusive.
    pub timeouts_are_late: bool,
    /// How long after the network is back the queue may still hold something.
    pub drain_within: Span,
    /// How fast the protocol's own times pass on the phones.
    pub pace: Pace,
    /// The other reading of §0.4: a recording start may come out of the queue.
    pub start_may_queue: bool,
    /// Violations kept per rule and cell; all are counted.
    pub kept_per_rule: usize,
}

impl Settings {
    /// What a broken case of a rule is taken for.
    pub fn weight(&self, rule: Rule) -> RuleWeight {
        self.weights.get(&rule).copied().unwrap_or_default()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            start: Time::default(),
            zones: BTreeMap::new(),
            leeway: defaults::LEEWAY,
            token_life: defaults::TOKEN_LIFE,
            geofence_m: defaults::GEOFENCE_M,
            must_exercise: Vec::new(),
            weights: BTreeMap::new(),
            late_share_max_ppm: 10_000,
            late_samples_min: 100,
            timeouts_are_late: false,
            drain_within: Span::minutes(5),
            pace: Pace::SPECIFIED,
            start_may_queue: false,
            kept_per_rule: 20,
        }
    }
}
