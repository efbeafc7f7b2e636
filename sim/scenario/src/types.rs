//! What a scenario file may say: the day, the people, their visits, the office. The comments are the schema's descriptions.

use super::data::Data;
use super::dialect::{Dialect, Severities};
use super::limits::Limit;
use super::live;
use super::plant::Plant;
use super::rules::{MustExercise, RuleSettings};
use super::tokens::Tokens;
use super::trouble::{Kills, Mishap, Network, Outage, Shunya, Switches};
use super::words;
use crate::persona::{Bounds, HabitsForAll};
use fieldday_kernel::time::{Date, TimeOfDay};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most reps that a plan can hold.
pub const MOST_REPS: u64 = 10_000_000;

/// A scenario: one or more days, people, their network, and failures.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The name: letters, digits and hyphens.
    pub name: String,
    /// A description in a sentence or two.
    pub about: String,
    /// Rules that a run must exercise; a run that did not exercise one of them is inconclusive. "all", or
    /// `{ all_but = [ … ] }`, means every rule except those that `[rules]` switches off.
    #[serde(default, skip_serializing_if = "MustExercise::demands_nothing")]
    #[schemars(schema_with = "words::must_exercise_schema")]
    pub must_exercise: MustExercise,
    /// Limits in addition to those of the specification: "p99 < 800 ms for PATCH appointments", "error rate < 0.5 %",
    /// "clock-in: 99.9 % within 2 s", "felt p95 < 3 s for recording", "requests >= 50 /s".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub limits: Vec<Limit>,
    /// Defects to build into the model backend or the app, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<String>,
    /// Elements to remove from the plan, by name: `cell-0/tenant-1/rep-07` removes everything below it too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Dates and times of the working day.
    pub day: Day,
    /// The number of people, and their habits.
    #[serde(default)]
    pub people: People,
    /// How visits go, and how they are recorded.
    #[serde(default)]
    pub visits: Visits,
    /// What the office does during the day.
    #[serde(default)]
    pub office: Office,
    /// Clients who send requests that the target must refuse.
    #[serde(default)]
    pub intruders: Intruders,
    /// Clients who read back what was written.
    #[serde(default)]
    pub proof: Proof,
    /// The mobile network of the reps' phones.
    #[serde(default)]
    pub network: Network,
    /// How often the app on a phone is killed.
    #[serde(default)]
    pub kills: Kills,
    /// Processing of recordings by Shunya: duration and failures.
    #[serde(default)]
    pub shunya: Shunya,
    /// Choices where the specification is silent or contradictory.
    #[serde(default)]
    pub switches: Switches,
    /// Settings of live runs: clocks, connections, bounds.
    #[serde(default, skip_serializing_if = "live::is_default")]
    pub live: live::Live,
    /// The simulated deployment of capacity simulations.
    #[serde(default, skip_serializing_if = "live::is_default")]
    pub plant: Plant,
    /// How a deployment's names and envelopes differ from the specification.
    #[serde(default, skip_serializing_if = "Dialect::is_default")]
    pub dialect: Dialect,
    /// The severity of each kind of contract finding.
    #[serde(default, skip_serializing_if = "Severities::is_default")]
    pub contract: Severities,
    /// Rules whose violations are findings only, or that are switched off.
    #[serde(default, skip_serializing_if = "RuleSettings::is_default")]
    pub rules: RuleSettings,
    /// Data of a real target.
    #[serde(default, skip_serializing_if = "Data::is_default")]
    pub data: Data,
    /// The source of tokens for HTTP targets.
    #[serde(default, skip_serializing_if = "Tokens::are_default")]
    pub tokens: Tokens,
    /// Network outages of regions, each for some time of the day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outage: Vec<Outage>,
    /// Failures of the backend that the specification allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mishap: Vec<Mishap>,
}

/// Dates and times of the working day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// The dates, for example "2026-06-10"; every cell runs each of them.
    #[schemars(with = "Vec<String>", length(min = 1, max = 31))]
    pub dates: Vec<Date>,
    /// The local times between which reps leave home and clock in, for example ["06:45", "08:30"].
    #[serde(default = "leave_home")]
    #[schemars(with = "[String; 2]")]
    pub leave_home: (TimeOfDay, TimeOfDay),
    /// The local time at which the last visit ends at the latest.
    #[serde(default = "latest")]
    #[schemars(with = "String")]
    pub latest: TimeOfDay,
}

fn leave_home() -> (TimeOfDay, TimeOfDay) {
    (TimeOfDay::hm(6, 45), TimeOfDay::hm(8, 30))
}
fn latest() -> TimeOfDay {
    TimeOfDay::hm(20, 0)
}

/// The number of people, and their habits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Total number of reps, over all tenants.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub reps: u64,
    /// Total number of tenants, over all cells.
    #[schemars(range(min = 2, max = 1_000_000))]
    pub tenants: u32,
    /// Number of tenants that share a backend: at least two, so that a leak between tenants can be detected.
    #[schemars(range(min = 2, max = 16))]
    pub tenants_per_cell: u32,
    /// Number of reps of a full tenant; if absent, reps are distributed evenly.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub reps_per_tenant: Option<u32>,
    /// Territories of the tenants, assigned in turn.
    #[schemars(schema_with = "words::territories_schema")]
    pub territories: Vec<String>,
    /// The first tenant is the demo organisation of fixtures/demo.toml.
    pub demo: bool,
    /// Personas of reps, by weight.
    #[schemars(schema_with = "words::mix_schema")]
    pub mix: IndexMap<String, u32>,
    /// Habits of all reps, whatever their persona.
    pub habits: HabitsForAll,
}

impl Default for People {
    fn default() -> People {
        // The mix makes five visits a day on average.
        let mix = [("steady", 50), ("roof-inspector", 15), ("half-hour", 27), ("big-ticket", 8)];
        People {
            reps: 200,
            tenants: 4,
            tenants_per_cell: 2,
            reps_per_tenant: None,
            territories: ["newark", "chicago", "denver", "seattle"].map(String::from).to_vec(),
            demo: false,
            mix: mix.map(|(name, weight)| (name.to_owned(), weight)).into_iter().collect(),
            habits: HabitsForAll::default(),
        }
    }
}

/// How visits go, and how they are recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Visits {
    /// Share of visits without anybody at home.
    #[schemars(range(max = 1_000_000))]
    pub no_show_ppm: u32,
    /// Share of visits cancelled at the door.
    #[schemars(range(max = 1_000_000))]
    pub cancelled_ppm: u32,
    /// Share of visits that are partly in a basement without network.
    #[schemars(range(max = 1_000_000))]
    pub basement_ppm: u32,
    /// Recording modes of visits, by weight.
    pub modes: Modes,
    /// Audio bit rates in kbit/s, of which each recording draws one.
    #[schemars(length(min = 1, max = 8), inner(range(min = 8, max = 320)))]
    pub audio_kbit_s: Vec<u32>,
}

impl Default for Visits {
    fn default() -> Visits {
        // Speech in AAC, the spec's example, and Expo's HIGH_QUALITY.
        let audio_kbit_s = vec![32, 68, 128];
        Visits {
            no_show_ppm: 60_000,
            cancelled_ppm: 25_000,
            basement_ppm: 80_000,
            modes: Modes::default(),
            audio_kbit_s,
        }
    }
}

/// Recording modes of visits, by weight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Modes {
    /// Audio, transcript and analysis are kept.
    #[schemars(range(max = 1000))]
    pub full: u32,
    /// Only the analysis is kept.
    #[schemars(range(max = 1000))]
    pub ghost: u32,
    /// Audio that is not kept.
    #[schemars(range(max = 1000))]
    pub ephemeral: u32,
}

impl Default for Modes {
    fn default() -> Modes {
        Modes { full: 85, ghost: 10, ephemeral: 5 }
    }
}

/// The people in the office, and what they do during the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Office {
    /// Reps per CSR; 0 for no CSR.
    #[schemars(range(max = 1000))]
    pub reps_per_csr: u32,
    /// Reps per manager; 0 for no manager.
    #[schemars(range(max = 1000))]
    pub reps_per_manager: u32,
    /// Actions of each of them per rep and day: minimum and maximum.
    #[schemars(schema_with = "words::bounds_to::<50>")]
    pub actions_per_rep: Bounds,
    /// Kinds of actions, by weight.
    pub deeds: Deeds,
}

impl Default for Office {
    fn default() -> Office {
        Office { reps_per_csr: 25, reps_per_manager: 50, actions_per_rep: (0, 2), deeds: Deeds::default() }
    }
}

/// Clients who send requests that must be refused: other users' ids, wrong tokens, malformed requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Intruders {
    /// Number per tenant; 0 for none.
    #[schemars(range(max = 10))]
    pub per_tenant: u32,
    /// Attempts of each of them per day: minimum and maximum.
    #[schemars(schema_with = "words::bounds_to::<500>")]
    pub probes: Bounds,
}

impl Default for Intruders {
    fn default() -> Intruders {
        Intruders { per_tenant: 1, probes: (15, 25) }
    }
}

/// Clients who read back what was written, to detect lost and doubled writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Proof {
    /// How often per day an auditor reads back each tenant's rows, the last time at the end of the day.
    #[schemars(range(max = 10))]
    pub rounds: u32,
    /// Whether each app reads back its own shift, lists and sessions at the end of its day.
    pub app: bool,
}

impl Default for Proof {
    fn default() -> Proof {
        Proof { rounds: 2, app: true }
    }
}

/// Actions of the office, by weight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deeds {
    /// Reads the appointments of a rep's day.
    #[schemars(range(max = 1000))]
    pub look: u32,
    /// Moves an appointment to another time.
    #[serde(rename = "move")]
    #[schemars(range(max = 1000))]
    pub move_: u32,
    /// Cancels an appointment.
    #[schemars(range(max = 1000))]
    pub cancel: u32,
    /// Gives an appointment to another rep.
    #[schemars(range(max = 1000))]
    pub reassign: u32,
    /// Creates a task for a rep.
    #[schemars(range(max = 1000))]
    pub create_task: u32,
    /// Changes a rep's task.
    #[schemars(range(max = 1000))]
    pub update_task: u32,
    /// Reads a customer's messages.
    #[schemars(range(max = 1000))]
    pub read_thread: u32,
}

impl Default for Deeds {
    fn default() -> Deeds {
        Deeds { look: 40, move_: 8, cancel: 3, reassign: 4, create_task: 20, update_task: 10, read_thread: 15 }
    }
}
