//! What a scenario says about the deployment that serves it, for the capacity simulation. Nowhere else does it matter.

use super::words;
use fieldday_api::defaults::LONGEST_US;
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_kernel::time::TimeOfDay;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The deployment that serves the requests of all cells: instances behind a load balancer, in front of one database.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Plant {
    /// How many instances there are when the day begins.
    #[schemars(range(min = 1, max = 10_000))]
    pub instances: u32,
    /// How many requests an instance works on at once.
    #[schemars(range(min = 1, max = 10_000))]
    pub workers: u32,
    /// How many requests wait at an instance for a worker; the next is answered 503 at once.
    #[schemars(range(max = 10_000_000))]
    pub queue: u32,
    /// How the load balancer chooses an instance.
    pub balancer: Balancer,
    /// After so many milliseconds in the plant a request is answered 504, worked on or not; never if 0.
    #[schemars(range(max = 3_600_000))]
    pub give_up_ms: u32,
    /// How long requests are worked on. Without it, what the model backend takes by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// The database, if it is to be modelled: it is shared by all instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
    /// More requests a second than this are answered 429, if it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// Instances come and go with the load, if it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// What an instance takes to start.
    pub cold_start: ColdStart,
    /// What must hold in every few minutes of the day for the plant to carry its load.
    pub hold: Hold,
    /// What happens to the plant.
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

/// How the load balancer chooses an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balancer {
    /// The instances take requests in turn.
    RoundRobin,
    /// The one with the fewest requests.
    LeastConnections,
    /// Of two that are drawn, the one with fewer requests.
    TwoChoices,
}

/// How long requests are worked on, by endpoint.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// Reads, where nothing else is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<Law>,
    /// Writes, where nothing else is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<Law>,
    /// The health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Law>,
    /// Endpoints that differ from their kind, by name: `list-appointments`.
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

/// How a length of time is distributed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "law", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Law {
    /// Always the same.
    Constant {
        /// Microseconds.
        us: u64,
    },
    /// Without memory: the law of M/M/c.
    Exponential {
        /// The mean in microseconds.
        mean_us: u64,
    },
    /// With a long tail.
    LogNormal {
        /// Half take longer.
        median_us: u64,
        /// The 84th percentile in per cent of the median: 100 is constant.
        spread_percent: u32,
    },
    /// As measured: straight lines between quantiles.
    Quantiles {
        /// Parts per million and microseconds, ascending: `[[0, 900], [500000, 20000], [1000000, 400000]]`.
        points: Vec<(u32, u64)>,
    },
}

/// The database that all instances share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// How many connections there are in all; a worker waits for one while none is free.
    #[schemars(range(min = 1, max = 100_000))]
    pub connections: u32,
    /// Which part of a request's work needs one, in per cent.
    #[schemars(range(min = 1, max = 100))]
    pub percent: u32,
}

/// A limit on all requests together: a bucket of tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// So many a second.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub per_second: u32,
    /// So many at once after a quiet time.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub burst: u32,
    /// What `Retry-After` says, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub retry_after_s: u32,
}

/// Instances that come and go with the load.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// What is looked at.
    #[serde(default)]
    pub metric: ScalingMetric,
    /// How often, in seconds: the metric is its mean since the last time.
    #[schemars(range(min = 1, max = 3600))]
    pub every_s: u32,
    /// Above this an instance is added: per cent of the workers busy, or requests waiting at an instance.
    #[schemars(range(min = 1, max = 100_000))]
    pub up: u32,
    /// Below this one is taken away.
    #[schemars(range(max = 100_000))]
    pub down: u32,
    /// How many seconds pass from the decision until the instance begins to start.
    #[schemars(range(max = 36_000))]
    pub delay_s: u32,
    /// How many are added at a time.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub step: u32,
    /// The fewest there are.
    #[schemars(range(min = 1, max = 10_000))]
    pub least: u32,
    /// The most there are.
    #[schemars(range(min = 1, max = 10_000))]
    pub most: u32,
}

fn one() -> u32 {
    1
}

/// What autoscaling looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingMetric {
    /// Busy workers, in per cent.
    #[default]
    Utilisation,
    /// Requests that wait, per instance.
    Queue,
}

/// What an instance takes to start, and how it is then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ColdStart {
    /// Seconds from its start until it takes requests.
    #[schemars(range(max = 36_000))]
    pub starts_in_s: u32,
    /// For so many seconds after that its work takes longer: caches are empty.
    #[schemars(range(max = 36_000))]
    pub cold_for_s: u32,
    /// So much as usual, in per cent.
    #[schemars(range(min = 100, max = 10_000))]
    pub cold_percent: u32,
}

impl Default for ColdStart {
    fn default() -> ColdStart {
        ColdStart { starts_in_s: 30, cold_for_s: 60, cold_percent: 200 }
    }
}

/// What must hold in every few minutes of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hold {
    /// The length of those minutes.
    #[schemars(range(min = 1, max = 60))]
    pub every_minutes: u32,
    /// So many of a million requests may be refused or cut off: 429, 503, 504, a connection lost.
    #[schemars(range(max = 1_000_000))]
    pub refused_ppm: u32,
    /// So many of a million requests may be answered after the spec's time limit, or not before the app gave up.
    #[schemars(range(max = 1_000_000))]
    pub late_ppm: u32,
    /// The 95th percentile of each endpoint's time in the plant may be so many milliseconds; any if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_600_000))]
    pub p95_ms: Option<u32>,
    /// How much busier the plant could get before its workers are all busy, in per cent of its workers: what advice about
    /// instances leaves free.
    #[schemars(range(max = 90))]
    pub headroom_percent: u32,
}

impl Default for Hold {
    fn default() -> Hold {
        Hold { every_minutes: 5, refused_ppm: 1_000, late_ppm: 1_000, p95_ms: None, headroom_percent: 30 }
    }
}

/// Something that happens to the plant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlantTrouble {
    /// The fault that is injected.
    pub kind: PlantTroubleWord,
    /// From when, by the local time of the first territory.
    #[schemars(with = "String")]
    pub from: TimeOfDay,
    /// Until when: of `slow` and `instance-lost`. To the end of the day when absent.
    #[serde(default = "super::trouble::end_of_day")]
    #[schemars(with = "String")]
    pub until: TimeOfDay,
    /// Of `slow`: how long work takes, in per cent of the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub percent: Option<u32>,
    /// Of `slow`: which operations; all, if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "words::ops_schema")]
    pub ops: Vec<Op>,
    /// Of `deployment`: how many seconds an instance has to end what it has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 3600))]
    pub drain_s: Option<u32>,
}

/// What happens to the plant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlantTroubleWord {
    /// One instance is gone at once, with all that it had; another takes its place at `until`.
    InstanceLost,
    /// All instances are restarted, one after the other.
    Deployment,
    /// Work takes longer.
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
                add(&[key], format!("is {count}: out of range"), Some("1 to 10000"));
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
                let message = format!("is missing: nothing says how long {} takes", op.label());
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
                add(&["trouble", &i, "percent"], "is missing: `slow` needs it".to_owned(), None);
            } else if !is_slow && (trouble.percent.is_some() || !trouble.ops.is_empty()) {
                add(&["trouble", &i, "percent"], "and `ops` mean something for `slow` alone".to_owned(), None);
            }
            if trouble.drain_s.is_some() && trouble.kind != PlantTroubleWord::Deployment {
                add(&["trouble", &i, "drain_s"], "means something for `deployment` alone".to_owned(), None);
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
