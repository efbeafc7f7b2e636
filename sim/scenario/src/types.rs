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

/// A scenario: a day (or some), people, their network, and what goes wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is called: letters, digits and hyphens.
    pub name: String,
    /// Its story in a sentence or two.
    pub about: String,
    /// Rules that a run must have put to the test; one that was not makes the run invalid. "all", or `{ all_but = [ … ] }`,
    /// means every rule, without those that `[rules]` switches off.
    #[serde(default, skip_serializing_if = "MustExercise::demands_nothing")]
    #[schemars(schema_with = "words::must_exercise_schema")]
    pub must_exercise: MustExercise,
    /// Limits on top of the spec's: "p99 < 800 ms for PATCH appointments", "error rate < 0.5 %", "clock-in: 99.9 % within
    /// 2 s", "felt p95 < 3 s for recording", "requests >= 50 /s".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub limits: Vec<Limit>,
    /// Defects to build into the model backend or the phone, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<String>,
    /// Elements to take out of the plan, by name: `cell-0/tenant-1/rep-07` takes everything below it too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// The date and the times of the working day.
    pub day: Day,
    /// How many people there are, and what they are like.
    #[serde(default)]
    pub people: People,
    /// The visits.
    #[serde(default)]
    pub visits: Visits,
    /// What the office does meanwhile.
    #[serde(default)]
    pub office: Office,
    /// Who tries what must fail.
    #[serde(default)]
    pub intruders: Intruders,
    /// Who reads back what should be there.
    #[serde(default)]
    pub proof: Proof,
    /// The network.
    #[serde(default)]
    pub network: Network,
    /// Apps that are killed.
    #[serde(default)]
    pub kills: Kills,
    /// How long the processing of recordings takes, and how often it fails.
    #[serde(default)]
    pub shunya: Shunya,
    /// Where the spec is silent or contradicts itself: which reading holds.
    #[serde(default)]
    pub switches: Switches,
    /// How the day is lived on the wall clock.
    #[serde(default, skip_serializing_if = "live::is_default")]
    pub live: live::Live,
    /// What serves the requests in a capacity simulation.
    #[serde(default, skip_serializing_if = "live::is_default")]
    pub plant: Plant,
    /// How a deployment names and wraps things, where otherwise than the spec.
    #[serde(default, skip_serializing_if = "Dialect::is_default")]
    pub dialect: Dialect,
    /// How much a difference from the spec's form weighs.
    #[serde(default, skip_serializing_if = "Severities::is_default")]
    pub contract: Severities,
    /// What a broken case of a rule is taken for, where that is not what it says.
    #[serde(default, skip_serializing_if = "RuleSettings::is_default")]
    pub rules: RuleSettings,
    /// A real target's data.
    #[serde(default, skip_serializing_if = "Data::is_default")]
    pub data: Data,
    /// Where the tokens of runs against an HTTP target come from.
    #[serde(default, skip_serializing_if = "Tokens::are_default")]
    pub tokens: Tokens,
    /// Regions that lose the network for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outage: Vec<Outage>,
    /// What goes wrong with the backend, within the spec.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mishap: Vec<Mishap>,
}

/// The date and the times of the working day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// The dates, as "2026-06-10"; all cells live through each of them.
    #[schemars(with = "Vec<String>", length(min = 1, max = 31))]
    pub dates: Vec<Date>,
    /// Between which local times reps leave home (and clock in), as ["06:45", "08:30"].
    #[serde(default = "leave_home")]
    #[schemars(with = "[String; 2]")]
    pub leave_home: (TimeOfDay, TimeOfDay),
    /// The local time by which the last visit ends.
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

/// How many people there are, and what they are like.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// How many reps in all.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub reps: u64,
    /// In how many tenants.
    #[schemars(range(min = 2, max = 1_000_000))]
    pub tenants: u32,
    /// How many tenants share a backend: two at least, so that a leak between them can show.
    #[schemars(range(min = 2, max = 16))]
    pub tenants_per_cell: u32,
    /// How many reps a full tenant has; evenly shared when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub reps_per_tenant: Option<u32>,
    /// Where the tenants are, in turn.
    #[schemars(schema_with = "words::territories_schema")]
    pub territories: Vec<String>,
    /// The first tenant is the demo organisation of fixtures/demo.toml.
    pub demo: bool,
    /// Kinds of rep, by weight.
    #[schemars(schema_with = "words::mix_schema")]
    pub mix: IndexMap<String, u32>,
    /// Habits that everybody has here, whatever their kind.
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

/// The visits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Visits {
    /// Share at which nobody opens.
    #[schemars(range(max = 1_000_000))]
    pub no_show_ppm: u32,
    /// Share that is cancelled at the door.
    #[schemars(range(max = 1_000_000))]
    pub cancelled_ppm: u32,
    /// Share of the houses where part of the talk is in the basement, without network.
    #[schemars(range(max = 1_000_000))]
    pub basement_ppm: u32,
    /// How visits are recorded, by weight.
    pub modes: Modes,
    /// Kilobits of audio a second, in turn by chance.
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

/// How visits are recorded, by weight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Modes {
    /// Audio, transcript and analysis.
    #[schemars(range(max = 1000))]
    pub full: u32,
    /// Visits of which only the analysis is kept.
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

/// What the office does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Office {
    /// A CSR for so many reps; none if 0.
    #[schemars(range(max = 1000))]
    pub reps_per_csr: u32,
    /// A manager for so many reps; none if 0.
    #[schemars(range(max = 1000))]
    pub reps_per_manager: u32,
    /// What each of them does about a rep in a day, least and most.
    #[schemars(schema_with = "words::bounds_to::<50>")]
    pub actions_per_rep: Bounds,
    /// What they do, by weight.
    pub deeds: Deeds,
}

impl Default for Office {
    fn default() -> Office {
        Office { reps_per_csr: 25, reps_per_manager: 50, actions_per_rep: (0, 2), deeds: Deeds::default() }
    }
}

/// Who tries what must fail: other people's ids, wrong tokens, malformed requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Intruders {
    /// How many each tenant has; none if 0.
    #[schemars(range(max = 10))]
    pub per_tenant: u32,
    /// What each of them tries in a day, least and most.
    #[schemars(schema_with = "words::bounds_to::<500>")]
    pub probes: Bounds,
}

impl Default for Intruders {
    fn default() -> Intruders {
        Intruders { per_tenant: 1, probes: (15, 25) }
    }
}

/// Who reads back what should be there, so that a write that was lost or doubled shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Proof {
    /// How often in a day somebody with a manager's login reads back each tenant's rows; the last time after everybody is
    /// done.
    #[schemars(range(max = 10))]
    pub rounds: u32,
    /// Each app reads back its own shift, lists and sessions at the end of its day.
    pub app: bool,
}

impl Default for Proof {
    fn default() -> Proof {
        Proof { rounds: 2, app: true }
    }
}

/// What the office does, by weight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deeds {
    /// Looks at a rep's day.
    #[schemars(range(max = 1000))]
    pub look: u32,
    /// Moves an appointment.
    #[serde(rename = "move")]
    #[schemars(range(max = 1000))]
    pub move_: u32,
    /// Cancels an appointment.
    #[schemars(range(max = 1000))]
    pub cancel: u32,
    /// Gives an appointment to another rep.
    #[schemars(range(max = 1000))]
    pub reassign: u32,
    /// Makes a task for a rep.
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
