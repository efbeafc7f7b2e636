//! What a scenario says about the deployment that serves it, for the capacity simulation. Nowhere else does it matter.

use super::words;
use fieldday_api::defaults::LONGEST_US;
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_kernel::time::TimeOfDay;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The simulated deployment that serves all cells: instances behind a load balancer, and one database.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Plant {
    /// Number of instances at the start of the day.
    #[schemars(range(min = 1, max = 10_000))]
    pub instances: u32,
    /// Number of requests that an instance serves at once.
    #[schemars(range(min = 1, max = 10_000))]
    pub workers: u32,
    /// Queue length of an instance; further requests are answered with 503.
    #[schemars(range(max = 10_000_000))]
    pub queue: u32,
    /// The policy of the load balancer.
    pub balancer: Balancer,
    /// Milliseconds after which a request is answered with 504; 0 for never.
    #[schemars(range(max = 3_600_000))]
    pub give_up_ms: u32,
    /// Service times; default: those of the model backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// The database shared by all instances; default: not modelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
    /// Rate limit, beyond which requests are answered with 429; default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// Autoscaling of the instances; default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// How long an instance takes to start and to warm up.
    pub cold_start: ColdStart,
    /// Limits for every interval of the day.
    pub hold: Hold,
    /// Failures and deployments of the day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub trouble: Vec<PlantTrouble>,
}

impl Default for Plant {
    fn default() -> Plant {
        Plant {
            instances: 4,
            workers: 16,
            queue: 256,
            balancer: Balancer::LeastConnections,
            give_up_ms: 30_000,
            service: None,
            database: None,
            rate_limit: None,
            scaling: None,
            cold_start: ColdStart::default(),
            hold: Hold::default(),
            trouble: Vec::new(),
        }
    }
}

/// The policy of the load balancer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balancer {
    /// The instances in turn.
    RoundRobin,
    /// The instance with the fewest requests.
    LeastConnections,
    /// The less busy of two random instances.
    TwoChoices,
}

/// Service times of requests by endpoint.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// Reads, unless given by endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<Law>,
    /// Writes, unless given by endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<Law>,
    /// The health check, unless given by endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Law>,
    /// Single endpoints, by name: `list-appointments`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Law>")]
    pub ops: BTreeMap<Op, Law>,
}

impl Service {
    /// The law of an endpoint; none if nothing says it.
    pub fn of(&self, op: Op) -> Option<&Law> {
        self.ops.get(&op).or(match op.endpoint().class {
            TimeoutClass::Health => self.health.as_ref(),
            _ if op.writes() => self.writes.as_ref(),
            _ => self.reads.as_ref(),
        })
    }
}

/// The distribution of a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "law", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Law {
    /// The same time for every request.
    Constant {
        /// The time in microseconds.
        us: u64,
    },
    /// Exponential distribution, as in M/M/c.
    Exponential {
        /// The mean in microseconds.
        mean_us: u64,
    },
    /// Log-normal, with a long tail.
    LogNormal {
        /// The median in microseconds.
        median_us: u64,
        /// The 84th percentile in percent of the median: 100 is constant.
        spread_percent: u32,
    },
    /// Empirical distribution, linear between quantiles.
    Quantiles {
        /// Parts per million and microseconds, ascending: `[[0, 900], [500000, 20000], [1000000, 400000]]`.
        points: Vec<(u32, u64)>,
    },
}

/// The database that all instances share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Total number of connections; a worker waits while none is free.
    #[schemars(range(min = 1, max = 100_000))]
    pub connections: u32,
    /// Share of a request's service time that needs a connection, in percent.
    #[schemars(range(min = 1, max = 100))]
    pub percent: u32,
}

/// A rate limit on all requests together (token bucket).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Number of requests per second that are served in the long run.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub per_second: u32,
    /// Number of requests that may come at once.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub burst: u32,
    /// The pause in seconds that the header `Retry-After` asks for.
    #[schemars(range(min = 1, max = 3600))]
    pub retry_after_s: u32,
}

/// Autoscaling of the instances by a metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// The metric that decides.
    #[serde(default)]
    pub metric: ScalingMetric,
    /// Seconds between decisions; the metric is averaged over this time.
    #[schemars(range(min = 1, max = 3600))]
    pub every_s: u32,
    /// Scale up above this value: percent of busy workers, or waiting requests per instance.
    #[schemars(range(min = 1, max = 100_000))]
    pub up: u32,
    /// Scale down below this value.
    #[schemars(range(max = 100_000))]
    pub down: u32,
    /// Seconds from a decision until the instance begins to start.
    #[schemars(range(max = 36_000))]
    pub delay_s: u32,
    /// Number of instances added at a time.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub step: u32,
    /// Smallest number of instances, which scaling down stops at.
    #[schemars(range(min = 1, max = 10_000))]
    pub least: u32,
    /// Greatest number of instances, which scaling up stops at.
    #[schemars(range(min = 1, max = 10_000))]
    pub most: u32,
}

fn one() -> u32 {
    1
}

/// The metric that autoscaling goes by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingMetric {
    /// Busy workers, in percent of all.
    #[default]
    Utilisation,
    /// Waiting requests per instance.
    Queue,
}

/// Start of an instance, and its warm-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ColdStart {
    /// Seconds from its start until it accepts requests.
    #[schemars(range(max = 36_000))]
    pub starts_in_s: u32,
    /// Seconds of warm-up with empty caches and longer service times.
    #[schemars(range(max = 36_000))]
    pub cold_for_s: u32,
    /// Service time during the warm-up, in percent of the usual.
    #[schemars(range(min = 100, max = 10_000))]
    pub cold_percent: u32,
}

impl Default for ColdStart {
    fn default() -> ColdStart {
        ColdStart { starts_in_s: 30, cold_for_s: 60, cold_percent: 200 }
    }
}

/// Limits for every interval of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hold {
    /// Length of an interval in minutes.
    #[schemars(range(min = 1, max = 60))]
    pub every_minutes: u32,
    /// Allowed share of rejected requests in parts per million: 429, 503, 504 or a lost connection.
    #[schemars(range(max = 1_000_000))]
    pub refused_ppm: u32,
    /// Allowed share of requests answered after the specification's timeout, in parts per million.
    #[schemars(range(max = 1_000_000))]
    pub late_ppm: u32,
    /// Limit on the 95th percentile of each endpoint's server time, in milliseconds; default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_600_000))]
    pub p95_ms: Option<u32>,
    /// Headroom that advice on instances leaves free, in percent of the workers.
    #[schemars(range(max = 90))]
    pub headroom_percent: u32,
}

impl Default for Hold {
    fn default() -> Hold {
        Hold { every_minutes: 5, refused_ppm: 1_000, late_ppm: 1_000, p95_ms: None, headroom_percent: 30 }
    }
}

/// A failure or deployment of the simulated plant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlantTrouble {
    /// The fault that is injected.
    pub kind: PlantTroubleWord,
    /// Start, in the local time of the first territory.
    #[schemars(with = "String")]
    pub from: TimeOfDay,
    /// End, for `slow` and `instance-lost`; default: the end of the day.
    #[serde(default = "super::trouble::end_of_day")]
    #[schemars(with = "String")]
    pub until: TimeOfDay,
    /// For `slow`: service time in percent of the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub percent: Option<u32>,
    /// For `slow`: the operations; default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "words::ops_schema")]
    pub ops: Vec<Op>,
    /// For `deployment`: seconds that an instance has to complete its requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 3600))]
    pub drain_s: Option<u32>,
}

/// The kinds of failures and deployments.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlantTroubleWord {
    /// One instance is lost with its requests, and replaced at `until`.
    InstanceLost,
    /// All instances are restarted one after the other.
    Deployment,
    /// Service times are longer, by `percent`.
    Slow,
}

/// Something wrong with a plant: below which key, what, and what is allowed.
pub type PlantProblem = (Vec<String>, String, Option<String>);

impl Plant {
    /// The first thing that does not make sense: one line that names its key.
    pub fn first_problem(&self) -> Option<String> {
        let (key, message, allowed) = self.problems().into_iter().next()?;
        let allowed = allowed.map_or(String::new(), |allowed| format!("; allowed: {allowed}"));
        Some(format!("`plant.{}` {message}{allowed}", key.join(".")))
    }

    /// What does not make sense. Ranges are the schema's matter, and looked at here too for plants that came another way.
    pub fn problems(&self) -> Vec<PlantProblem> {
        let mut found = Vec::new();
        let mut add = |key: &[&str], message: String, allowed: Option<&str>| {
            found.push((key.iter().map(|k| (*k).to_owned()).collect(), message, allowed.map(str::to_owned)));
        };
        let counts = [("instances", self.instances), ("workers", self.workers)];
        for (key, count) in counts {
            if !(1..=10_000).contains(&count) {
                add(&[key], format!("{count} is out of range"), Some("1 to 10000"));
            }
        }
        if let Some(scaling) = &self.scaling {
            if scaling.least > scaling.most {
                let message = format!("is {}, less than `least`, which is {}", scaling.most, scaling.least);
                add(&["scaling", "most"], message, Some("at least `least`"));
            }
            if scaling.down >= scaling.up {
                let message = format!("is {}, not below `up`, which is {}", scaling.down, scaling.up);
                add(&["scaling", "down"], message, Some("less than `up`"));
            }
            if !(scaling.least..=scaling.most.max(scaling.least)).contains(&self.instances) {
                let message = format!("is {}, which scaling does not allow", self.instances);
                add(&["instances"], message, Some("from `scaling.least` to `scaling.most`"));
            }
        }
        if let Some(service) = &self.service {
            let kinds = [("reads", &service.reads), ("writes", &service.writes), ("health", &service.health)];
            for (key, law) in kinds.into_iter().filter_map(|(key, law)| Some((key, law.as_ref()?))) {
                if let Some(problem) = law.problem() {
                    add(&["service", key], problem, None);
                }
            }
            for (op, law) in &service.ops {
                if let Some(problem) = law.problem() {
                    add(&["service", "ops", &op.kebab_name()], problem, None);
                }
            }
            let served = Op::ALL.iter().filter(|op| **op != Op::PutAudio && !op.endpoint().optional);
            for op in served.filter(|op| service.of(**op).is_none()) {
                let kind = if *op == Op::Health {
                    "health"
                } else if op.writes() {
                    "writes"
                } else {
                    "reads"
                };
                let message = format!("is missing: the service time of {} is unknown", op.label());
                let allowed = format!("a law here, or one for `plant.service.{kind}`");
                add(&["service", "ops", &op.kebab_name()], message, Some(&allowed));
            }
        }
        for (i, trouble) in self.trouble.iter().enumerate() {
            let i = i.to_string();
            if trouble.from >= trouble.until {
                add(&["trouble", &i, "until"], "is not after `from`".to_owned(), None);
            }
            let is_slow = trouble.kind == PlantTroubleWord::Slow;
            if is_slow && trouble.percent.is_none() {
                add(&["trouble", &i, "percent"], "is required for `slow`".to_owned(), None);
            } else if !is_slow && (trouble.percent.is_some() || !trouble.ops.is_empty()) {
                add(&["trouble", &i, "percent"], "and `ops` are used only by `slow`".to_owned(), None);
            }
            if trouble.drain_s.is_some() && trouble.kind != PlantTroubleWord::Deployment {
                add(&["trouble", &i, "drain_s"], "is used only by `deployment`".to_owned(), None);
            }
        }
        found
    }
}

impl Law {
    /// What is wrong with it.
    fn problem(&self) -> Option<String> {
        let too_long = |us: u64| (us > LONGEST_US).then(|| format!("takes {us} µs: more than an hour"));
        match self {
            Law::Constant { us } => too_long(*us),
            Law::Exponential { mean_us } => too_long(*mean_us),
            Law::LogNormal { spread_percent, .. } if !(100..=10_000).contains(spread_percent) => {
                Some(format!("has a `spread_percent` of {spread_percent}: 100 to 10000 are allowed"))
            }
            Law::LogNormal { median_us, .. } => too_long(*median_us),
            Law::Quantiles { points } => {
                let ascends = points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
                let within = points.last().is_some_and(|last| last.0 <= 1_000_000 && last.1 <= LONGEST_US);
                (!ascends || !within).then(|| {
                    "has `points` that are no quantiles: one at least, parts per million and microseconds ascending"
                        .to_owned()
                })
            }
        }
    }
}
