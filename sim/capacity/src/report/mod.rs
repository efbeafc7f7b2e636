//! What a search comes to, for people and for programs: the answer first, then what was measured, what was fitted to it, what
//! was simulated, each called that, and what it all rests on.

mod answer;
mod breaks;
mod charts;
mod disturbances;
mod document;
mod fitted;
mod parts;
pub mod simulated;
mod target;
mod trust;

pub use breaks::Breaks;
pub use fitted::{Fitted, Instances, Moment};

use crate::day::Day;
use crate::journal::Header;
use crate::level::Level;
use crate::search::{Ending, Finding, Point, Range, curve};
use crate::simulate::Outcome;
use fieldday_paint::Paint;
use fieldday_scenario::Disturbance;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the format of `capacity.json`.
pub const SCHEMA: u32 = 1;

/// The report of a search for capacity, which `capacity.json` holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of the format of this document.
    pub schema: u32,
    /// The version of Field Day that measured the levels.
    pub version: String,
    /// The answer in sentences, the most important first.
    pub answer: Vec<String>,
    /// The question: scenario, seed, target and range of the search.
    pub asked: Asked,
    /// The levels that were measured against the target, and what follows from them alone.
    pub measured: Measured,
    /// The models fitted to the measurements.
    pub fitted: Fitted,
    /// The demand of a rep over the day, simulated from the scenario.
    pub day: Day,
    /// The simulation of a deployment with the fitted service times, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated: Option<Box<Outcome>>,
    /// The assumptions on which the answer rests.
    pub assumptions: Vec<Assumption>,
}

/// The question: scenario, seed, target and range of the search.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The name of the scenario whose day was played.
    pub scenario: String,
    /// The scenario's description, in a sentence.
    pub about: String,
    /// The seed of the scenario's plan, in hexadecimal.
    pub seed: String,
    /// The target in words: a base URL, or the built-in mock with its settings.
    pub target: String,
    /// Simulated seconds of the day per real second.
    pub speed: u32,
    /// The shortest warm-up of a level, in seconds.
    pub warm_up_s: u32,
    /// The window of the day from which the levels took their requests, in local time.
    pub window: String,
    /// The limits that the levels were judged by, each as it was written.
    pub limits: Vec<String>,
    /// The planned disturbances that each level lived, as the scenario writes them, without passwords; absent without `--disturb`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbances: Vec<Disturbance>,
    /// The numbers of reps between which the search looked, and its settings.
    pub range: Range,
    /// The machine that generated the load: processor, memory and system.
    pub machine: String,
    /// The command line that starts the same search again.
    pub reproduce: String,
}

/// What was measured against the target.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The number of reps that the target carries, and how the search ended.
    pub finding: Finding,
    /// The average of the valid levels of each number of reps, the smallest number first.
    pub curve: Vec<Point>,
    /// Each level, in the order in which they were measured.
    pub levels: Vec<Level>,
}

/// An assumption on which the answer rests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    /// What is assumed, in a phrase.
    pub what: String,
    /// Where it comes from: the scenario, the command line, the specification, a measurement.
    pub source: String,
}

impl Report {
    /// The report of a search that ended so, with these levels.
    pub fn new(header: &Header, levels: Vec<Level>, ending: Ending, day: Day, simulated: Option<Outcome>) -> Report {
        let finding = header.range.finding(&levels, ending);
        let fitted = Fitted::new(header, &levels, &finding, &day);
        let live = &header.scenario.live;
        let asked = Asked {
            scenario: header.scenario.name.clone(),
            about: header.scenario.about.clone(),
            seed: format!("{:#x}", header.seed),
            target: answer::called(header),
            speed: live.speed,
            warm_up_s: header.warm_up_s,
            window: format!("{} to {}", header.window.0, header.window.1),
            limits: header.scenario.limits.iter().map(|limit| limit.text().to_owned()).collect(),
            disturbances: header.disturbances().to_vec(),
            range: header.range.clone(),
            machine: answer::machine(header),
            reproduce: header.reproduce.clone(),
        };
        Report {
            schema: SCHEMA,
            version: header.version.clone(),
            answer: answer::sentences(header, &levels, &finding, &fitted, &day),
            assumptions: answer::assumptions(header, &fitted, &day),
            measured: Measured { curve: curve(&levels), finding, levels: without_traces(levels) },
            asked,
            fitted,
            day,
            simulated: simulated.map(Box::new),
        }
    }
    /// The exit code: 0 if a capacity was found, also within the time that there was, or nothing broke, 1 if the limits never
    /// hold, 4 if the generator gave up, a disturbance decided nothing or the time was over before a number held, 130 if the search was interrupted.
    pub fn exit_code(&self) -> u8 {
        match self.measured.finding.ending {
            Ending::OutOfTime if self.measured.finding.carries.is_none() => 4,
            Ending::Found | Ending::NeverBreaks | Ending::OutOfTime => 0,
            Ending::NeverHolds => 1,
            Ending::GeneratorGaveUp | Ending::DisturbanceUndecided => 4,
            Ending::Interrupted => 130,
        }
    }
    /// The report as JSON, as `capacity.json` holds it.
    pub fn json(&self) -> String {
        // Plain data of strings and numbers: it cannot fail.
        fieldday_paint::json(self).unwrap_or_default()
    }
    /// The report for a terminal.
    pub fn terminal(&self, paint: Paint) -> String {
        document::document(self).terminal(paint)
    }
    /// The report as Markdown.
    pub fn markdown(&self) -> String {
        document::document(self).markdown()
    }
    /// The report as an HTML page with charts.
    pub fn html(&self) -> String {
        document::document(self).html()
    }
}

/// A report says what follows from the requests; the requests themselves are in the journal.
fn without_traces(levels: Vec<Level>) -> Vec<Level> {
    levels.into_iter().map(|level| Level { trace: None, ..level }).collect()
}

/// The JSON schema of `capacity.json` (draft 2020-12).
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Report>().to_value()
}

#[cfg(test)]
mod tests;
