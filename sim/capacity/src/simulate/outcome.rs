//! What a simulation says: plain data, from which every report is made.

use super::endpoint::EndpointTally;
use super::forms::{Micros, RetryingForm};
use fieldday_api::endpoint::Op;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_rep::app::settings::Retrying;
use fieldday_rules::limit_result::{LimitResult, LimitVerdict};
use fieldday_scenario::plant::Plant;
use fieldday_scenario::zones;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fleet's day, or a part of one, against a plant. All of it is simulated; `assumptions` says what it rests on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The name of the scenario whose day was simulated.
    pub scenario: String,
    /// The seed of the plan and of all draws.
    pub seed: u64,
    /// The named question that was asked, if any: `monday-storm`.
    pub what_if: Option<String>,
    /// How many reps the load is that of; each simulated one may stand for several.
    pub reps: u64,
    /// How many cells were simulated.
    pub cells: u32,
    /// When the measured part begins.
    #[schemars(with = "String")]
    pub from: Time,
    /// When the measured part ends: a whole number of bins later, unless the user interrupted it.
    #[schemars(with = "String")]
    pub until: Time,
    /// The zone by whose clocks the report tells the time: that of the scenario's first territory.
    pub zone: String,
    /// The deployment that served the requests.
    pub plant: Plant,
    /// How the apps retried failed requests.
    #[schemars(with = "RetryingForm")]
    pub retrying: Retrying,
    /// A hash of every request that reached the plant with what became of it, as 32 hexadecimal digits.
    pub fingerprint: String,
    /// All requests of the measured part, by what became of them.
    pub totals: Tally,
    /// The day in pieces of equal length, oldest first.
    pub bins: Vec<Bin>,
    /// Events at a known time: deployments, outages, the change that was asked about.
    pub happenings: Vec<Happening>,
    /// The endpoints that were called, each over the whole measured part.
    pub endpoints: Vec<EndpointTally>,
    /// The resources that were full, in the order in which they first were.
    pub saturations: Vec<Saturation>,
    /// Every limit: those of the plant, judged in every bin, then those of the scenario, judged over the whole time.
    pub limits: Vec<LimitOutcome>,
    /// The first limit of the plant that broke, and what was full then: what breaks first.
    pub first_broken: Option<Broken>,
    /// Every limit of the plant that broke, with the bins in which it did.
    pub broken: Vec<Broken>,
    /// Whether no limit was exceeded; undecided ones do not count.
    pub holds: bool,
    /// The assumptions on which the simulation rests.
    pub assumptions: Vec<Assumption>,
    /// How much was computed for it.
    pub cost: Cost,
}

impl Outcome {
    /// The limits that were exceeded, of the plant and of the scenario.
    pub fn exceeded(&self) -> impl Iterator<Item = &LimitOutcome> {
        self.limits.iter().filter(|limit| limit.result.verdict == LimitVerdict::Exceeded)
    }
    /// The limits that are not decided and must be.
    pub fn undecided(&self) -> impl Iterator<Item = &LimitOutcome> {
        self.limits.iter().filter(|limit| limit.result.verdict == LimitVerdict::Inconclusive && !limit.result.optional)
    }
    /// The bins of full length: the last one of an interrupted day may be too short for a rate. It counts if there is no other.
    pub(super) fn whole_bins(&self) -> &[Bin] {
        match self.bins.split_last() {
            Some((last, [first, ..])) if last.span < first.span => &self.bins[..self.bins.len() - 1],
            _ => &self.bins,
        }
    }
    /// The zone by whose clocks the report tells the time.
    pub fn zone(&self) -> Zone {
        zones::zone(&self.zone, self.from).unwrap_or_else(Zone::utc)
    }
}

/// Requests of the measured part, by what became of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// How many reached the plant.
    pub offered: u64,
    /// How many of these were not the first attempt of their call.
    pub retries: u64,
    /// How many were worked on and answered.
    pub served: u64,
    /// How many the rate limit answered 429.
    pub rate_limited: u64,
    /// 503: the queue was full, or no instance was there.
    pub turned_away: u64,
    /// How many were answered 504 after too long in the plant.
    pub timed_out: u64,
    /// How many lost their connection because their instance went away.
    pub broken: u64,
    /// The app had given up when the answer came, or could have come. They count above as well.
    pub too_late: u64,
    /// Were served, after the spec's limit for their endpoint had passed in the plant alone.
    pub over_limit: u64,
}

impl Tally {
    /// How many were refused or lost their connection.
    pub const fn refused(&self) -> u64 {
        self.rate_limited + self.turned_away + self.timed_out + self.broken
    }
}

/// A piece of the measured part, as long as `plant.hold.every_minutes` says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Bin {
    /// When the bin begins.
    #[schemars(with = "String")]
    pub at: Time,
    /// The length of the bin, the same for all of an outcome but the last one of a day that was interrupted.
    #[schemars(with = "Micros")]
    pub span: Span,
    /// The requests that came or ended in the bin.
    pub tally: Tally,
    /// The most instances that took requests at any time of the bin.
    pub instances: u32,
    /// Time that workers were busy, of all that they had: parts per million.
    pub utilisation_ppm: u32,
    /// Time that database connections were busy, of all that they had: parts per million. None without a database.
    pub database_ppm: Option<u32>,
    /// Requests that waited for a worker: the mean over time, in thousandths.
    pub queue_mean_milli: u64,
    /// The most requests that waited for a worker at any time of the bin.
    pub queue_max: u64,
    /// Requests in the plant, waiting or worked on: the mean over time, in thousandths.
    pub in_plant_mean_milli: u64,
    /// The most requests that were in the plant at any time of the bin.
    pub in_plant_max: u64,
    /// Time in the plant, of those served in it, by endpoint: those that had any.
    pub latencies: Vec<Latency>,
    /// The times of all endpoints together; none if no request was served.
    pub of_all: Option<Times>,
}

/// How long requests of an endpoint were in the plant: from their last byte's arrival until they took effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// The endpoint that was called.
    #[schemars(with = "String")]
    pub op: Op,
    /// The mean and the percentiles of the time in the plant.
    #[serde(flatten)]
    pub times: Times,
}

/// How long served requests were in the plant, from a histogram.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Times {
    /// The number of requests that were served.
    pub count: u64,
    /// The arithmetic mean.
    #[schemars(with = "Micros")]
    pub mean: Span,
    /// The median.
    #[schemars(with = "Micros")]
    pub p50: Span,
    /// The 95th percentile.
    #[schemars(with = "Micros")]
    pub p95: Span,
    /// The 99th percentile.
    #[schemars(with = "Micros")]
    pub p99: Span,
    /// The longest time.
    #[schemars(with = "Micros")]
    pub max: Span,
}

/// Something that happens at a known time of the day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Happening {
    /// What, in a word or two: `deployment`, `monday-storm`.
    pub what: String,
    /// The moment at which it begins.
    #[schemars(with = "String")]
    pub from: Time,
    /// Until when; the same moment if that depends.
    #[schemars(with = "String")]
    pub until: Time,
}

/// A resource that was full at some time of the measured part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Saturation {
    /// The resource that was full.
    pub what: Resource,
    /// The first moment of the measured part at which it was.
    #[schemars(with = "String")]
    pub first: Time,
    /// The number of bins in which it was, for however short a time.
    pub bins: u32,
    /// How long it was full in all; 0 if only for moments.
    #[schemars(with = "Micros")]
    pub during: Span,
}

/// A resource of a deployment that can be full.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// All workers of all instances were busy.
    Workers,
    /// Every instance's queue was full.
    Queue,
    /// All database connections were taken.
    Database,
    /// The rate limit's bucket was empty.
    RateLimit,
    /// Autoscaling had reached the most instances that it may have.
    Scaling,
    /// No instance took requests.
    Instances,
}

impl Resource {
    /// The name of the resource in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Resource::Workers => "workers",
            Resource::Queue => "queues",
            Resource::Database => "database",
            Resource::RateLimit => "rate limit",
            Resource::Scaling => "autoscaling",
            Resource::Instances => "instances",
        }
    }
}

/// A limit with its verdict, and where the worst value was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LimitOutcome {
    /// Whether the plant or the scenario sets the limit.
    pub origin: LimitOrigin,
    /// The verdict and the figures; of a limit of the plant, `actual` is the value in the worst bin.
    pub result: LimitResult,
    /// The endpoint for which the worst value was found, if the limit is one on each endpoint.
    #[schemars(with = "Option<String>")]
    pub op: Option<Op>,
    /// The bin in which the worst value was found, by its beginning; none of a limit over the whole time.
    #[schemars(with = "Option<String>")]
    pub worst_at: Option<Time>,
    /// The number of bins in which it was exceeded; none of a limit over the whole time.
    pub exceeded_bins: Option<u32>,
}

/// Where a limit is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitOrigin {
    /// The plant: `[plant.hold]`, or `--p95`. It must hold in every bin.
    Plant,
    /// The scenario's `limits`, or `--limit`. It must hold over the whole time, as it must in a run.
    Scenario,
}

/// A limit of the plant that was exceeded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Broken {
    /// The key of the limit: `plant.hold.late_ppm`.
    pub limit: String,
    /// The beginning of the first bin in which it was exceeded.
    #[schemars(with = "String")]
    pub at: Time,
    /// The value in that bin, in words.
    pub found: String,
    /// The bound of the limit, in words.
    pub allowed: String,
    /// The number of bins in which it was exceeded.
    pub bins: u32,
    /// The resources that were full in the first of these bins.
    pub full: Vec<Resource>,
    /// The endpoint it is about; all if none.
    #[schemars(with = "Option<String>")]
    pub op: Option<Op>,
}

/// An assumption on which the simulation rests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Assumption {
    /// The subject of the assumption, in a word or two.
    pub about: String,
    /// What is assumed about it, in a phrase.
    pub value: String,
    /// Where that comes from: the scenario, a measured run's folder, a default.
    pub source: String,
}

/// The cost of computing a simulation, which is no part of its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Windows that the cells went through in lockstep.
    pub windows: u64,
    /// How many times a thread ran a cell to the end of a window.
    pub visits: u64,
    /// Requests that went through the plant, those before the measured part included.
    pub requests: u64,
    /// The most reps that were alive at once.
    pub alive_max: u64,
}

/// A table of simulations over instances and reps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Grid {
    /// The points of the table, by reps, then instances; without those that were not simulated, if the user interrupted it.
    pub points: Vec<GridPoint>,
    /// Time limits of the spec that no plant can keep, if `--advise` asked for advice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beyond_physics: Vec<Impossible>,
}

/// A point of a table: the day of so many reps against so many instances.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GridPoint {
    /// The number of reps.
    pub reps: u64,
    /// The number of instances that each simulation begins with.
    pub instances: u32,
    /// Whether no limit was exceeded; undecided ones do not count.
    pub holds: bool,
    /// The limits that were exceeded, each as it was written.
    pub exceeded: Vec<String>,
    /// The limits that must be decided and are not.
    pub undecided: Vec<String>,
    /// Workers' time in the busiest bin: parts per million.
    pub utilisation_ppm: u32,
    /// The most requests that waited for a worker.
    pub queue_max: u64,
    /// Requests a second in the busiest bin, in thousandths.
    pub peak_milli: u64,
    /// Refused or broken, of a million, in the worst bin.
    pub refused_ppm: u32,
    /// The greatest 95th percentile of any endpoint in any bin; none if no bin has samples enough for one.
    #[schemars(with = "Option<Micros>")]
    pub worst_p95: Option<Span>,
    /// The greatest 95th percentile of all endpoints together in any bin; none if no bin has samples enough for one.
    #[schemars(with = "Option<Micros>")]
    pub p95: Option<Span>,
    /// The first limit of the plant that was exceeded; none if none was.
    pub first_broken: Option<Broken>,
    /// What would help, if `--advise` asked for it and a limit was exceeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<PointAdvice>,
}

/// Advice about a point of a table, found by simulating its day again with other settings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PointAdvice {
    /// The number of instances that is enough for so many reps: the same at all points of these.
    #[serde(flatten)]
    pub enough: Enough,
    /// The effect of other ways of retrying on the point's own instances, the way that was asked about first.
    pub policies: Vec<PolicyEffect>,
}

/// The number of instances that is enough for a number of reps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Enough {
    /// The fewest instances with which every limit held; none if not even the most that were tried held.
    pub instances: Option<u32>,
    /// The fewest that were found to leave the headroom that the scenario wants as well; none if no number was found.
    pub with_headroom: Option<u32>,
    /// The greatest number of instances that was simulated.
    pub tried_up_to: u32,
    /// The limits that are exceeded whatever the number of instances, each as it was written.
    pub exceeded_always: Vec<String>,
}

/// Advice that was found by simulating the question again with other settings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// The number of instances that is enough.
    #[serde(flatten)]
    pub enough: Enough,
    /// The effect of other ways of retrying on the plant that was asked about, the way that was asked about first.
    pub policies: Vec<PolicyEffect>,
    /// Time limits of the spec that no plant can keep.
    pub beyond_physics: Vec<Impossible>,
}

/// The effect of one way of retrying on the same plant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PolicyEffect {
    /// The way of retrying.
    #[schemars(with = "RetryingForm")]
    pub retrying: Retrying,
    /// All requests of the measured part, by what became of them.
    pub totals: Tally,
    /// Requests a second in the busiest bin, in thousandths.
    pub peak_milli: u64,
    /// The number of bins in which a limit was exceeded: that of the limit with the most.
    pub broken_bins: u32,
    /// Whether no limit was exceeded.
    pub holds: bool,
}

/// A time limit that the uplink cannot keep, whatever serves it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Impossible {
    /// The endpoint whose limit cannot be kept.
    #[schemars(with = "String")]
    pub op: Op,
    /// The time limit of the spec.
    #[schemars(with = "Micros")]
    pub limit: Span,
    /// The size of the request's body, in bytes.
    pub bytes: u64,
    /// The content in words: an hour of audio at 128 kbit/s.
    pub what: String,
    /// The radio and the network profile, in words.
    pub radio: String,
    /// The greatest rate of that uplink, in kbit/s.
    pub uplink_kbit_s: u64,
    /// How long the bytes alone take over that uplink.
    #[schemars(with = "Micros")]
    pub takes: Span,
}
