//! What was simulated, as data and as a document: of `fieldday capacity --simulate` alone, and as the last part of a search's
//! report. Every medium is made from one [`Simulation`], so a number reads the same in all of them.

mod advice;
mod answer;
mod changes;
mod charts;
mod course;
mod grid;
mod limits;
mod moments;

use super::parts::SIMULATED;
use crate::simulate::{Advice, Grid, Outcome};
use fieldday_paint::Paint;
use fieldday_paint::document::{Body, Document, Mark, On, Place, Section, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the shape of what is printed as JSON.
pub const SCHEMA: u32 = 1;

/// A question to a simulated deployment, and its answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// The version of the format of this document: [`SCHEMA`].
    pub schema: u32,
    /// The version of Field Day that simulated it.
    pub version: String,
    /// The question with its scenario, its sizes and the part of the day.
    pub asked: SimulationAsked,
    /// The answer, in sentences, the verdict first.
    pub answer: Vec<String>,
    /// The part that is missing, because the user interrupted the command; absent if nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Missing>,
    /// How the day went, if one was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The simulated day without the change that `--what-if` asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Outcome>,
    /// A table of many days, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<Grid>,
    /// What would help on the day, if `--advise` asked for it; of a table, each point has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
}

/// The question put to a simulation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SimulationAsked {
    /// The question in a sentence.
    pub question: String,
    /// The named change that was asked about: `monday-storm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what_if: Option<String>,
    /// The name of the scenario whose day was simulated.
    pub scenario: String,
    /// The scenario's description, in a sentence.
    pub about: String,
    /// The seed of the plan and of all draws, in hexadecimal.
    pub seed: String,
    /// The numbers of reps, each with every number of instances; more than one makes a table.
    pub reps: Vec<u64>,
    /// The numbers of instances, each with every number of reps; more than one makes a table.
    pub instances: Vec<u32>,
    /// The part of the day that was measured, by local time; all of it if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// The zone of all local times, by its IANA name.
    pub zone: String,
    /// The line that gives the same answer again.
    pub reproduce: String,
}

/// The part of an answer that is missing because the user interrupted the command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The rest of the day, and whatever else was asked for.
    RestOfDay,
    /// The day without the change, and advice if it was asked for.
    Comparison,
    /// Advice; of a table, advice for some points.
    Advice,
    /// Points of the table, and advice if it was asked for.
    Points,
}

/// The verdict of a simulation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answered {
    /// No limit was exceeded; of a table, at all of its points.
    Holds,
    /// Of a table: at some points no limit was exceeded, at others one was, or one is undecided.
    HoldsInPart,
    /// A limit was exceeded; of a table, at all of its points.
    Exceeded,
    /// No limit was exceeded, and one that must be decided is not.
    Inconclusive,
    /// The user interrupted it, so a part of the answer is missing.
    Interrupted,
}

/// The simulated days, tables and advice, before the answer is put into words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    /// The simulated day, if one was asked about.
    pub outcome: Option<Outcome>,
    /// The simulated day without the change that was asked about.
    pub without: Option<Outcome>,
    /// A table of many days, if one was asked for.
    pub grid: Option<Grid>,
    /// What would help, if `--advise` asked for it.
    pub advice: Option<Advice>,
    /// What is missing, if the user interrupted it.
    pub interrupted: Option<Missing>,
}

impl Simulation {
    /// A question with what was simulated for it, and the answer in sentences.
    pub fn new(version: &str, asked: SimulationAsked, answers: Answers) -> Simulation {
        let Answers { outcome, without, grid, advice, interrupted } = answers;
        let mut simulation = Simulation {
            schema: SCHEMA,
            version: version.to_owned(),
            asked,
            answer: Vec::new(),
            interrupted,
            outcome,
            without,
            grid,
            advice,
        };
        simulation.answer = answer::sentences(&simulation);
        simulation
    }
    /// The verdict over the day, or over all points of the table.
    pub fn answered(&self) -> Answered {
        if self.interrupted.is_some() { Answered::Interrupted } else { self.found() }
    }
    /// The verdict by what was simulated, whether or not that is all that was asked for.
    fn found(&self) -> Answered {
        let of_day = self.outcome.iter().map(|of| (of.holds, of.undecided().next().is_some()));
        let of_grid = self.grid.iter().flat_map(|grid| &grid.points);
        let points: Vec<(bool, bool)> =
            of_day.chain(of_grid.map(|point| (point.holds, !point.undecided.is_empty()))).collect();
        let exceeded = points.iter().filter(|(holds, _)| !holds).count();
        match () {
            () if exceeded == points.len() => Answered::Exceeded,
            () if points.iter().all(|(holds, is_open)| !holds || *is_open) => Answered::Inconclusive,
            () if exceeded > 0 || points.iter().any(|(_, is_open)| *is_open) => Answered::HoldsInPart,
            () => Answered::Holds,
        }
    }
    /// The exit code: 0 if every limit held (of a table: at one point at least), 1 if one was exceeded (of a table: at every
    /// point), 4 if none was and one is undecided, 130 if it was interrupted.
    pub fn exit_code(&self) -> u8 {
        match self.answered() {
            Answered::Holds | Answered::HoldsInPart => 0,
            Answered::Exceeded => 1,
            Answered::Inconclusive => 4,
            Answered::Interrupted => 130,
        }
    }
    /// The simulation as JSON.
    pub fn json(&self) -> String {
        // Plain data of strings and numbers: it cannot fail.
        fieldday_paint::json(self).unwrap_or_default()
    }
    /// The simulation for a terminal.
    pub fn terminal(&self, paint: Paint) -> String {
        self.document().terminal(paint)
    }
    /// The simulation as Markdown.
    pub fn markdown(&self) -> String {
        self.document().markdown()
    }
    /// The simulation as an HTML page with charts.
    pub fn html(&self) -> String {
        self.document().html()
    }

    fn document(&self) -> Document {
        let asked = &self.asked;
        let window = asked.window.as_ref().map_or(String::new(), |window| format!(", from {window}"));
        let day = self.outcome.as_ref().map_or_else(String::new, moments::measured);
        let again = Body::Paste("again", asked.reproduce.clone());
        let mut lead = Section::new("asked", "Question");
        let pairs = [
            ("Question", asked.question.clone()),
            ("Scenario", format!("{}, seed {}{window}", asked.scenario, asked.seed)),
            ("Measured", day),
            ("Times", moments::told_by(&asked.zone)),
        ];
        lead.add(On::All, "", Body::Pairs(pairs.into_iter().filter(|(_, text)| !text.is_empty()).collect()));
        lead.add(On::Page, "", again.clone());
        let mut sections = Vec::new();
        if let Some(outcome) = &self.outcome {
            sections.push(limits::section(outcome));
            sections.extend(self.without.as_ref().map(|without| changes::section(without, outcome)));
            sections.extend(self.advice.as_ref().map(advice::section));
            sections.extend(course::sections(outcome, self.without.as_ref()));
        }
        if let Some(grid) = &self.grid {
            sections.extend(grid::sections(grid, asked));
            sections.push(advice::of_grid(grid));
        }
        sections.retain(|section| !section.blocks.is_empty());
        if let Some(last) = sections.last_mut() {
            last.add(On::Text, "", again);
        }
        Document {
            kind: "Capacity",
            title: format!("Capacity: {}, simulated", asked.scenario),
            verdict: Some(self.verdict()),
            lead: lead.blocks,
            sections,
        }
    }
    fn verdict(&self) -> Verdict {
        let (mark, word) = match self.answered() {
            Answered::Holds => (Mark::GOOD, "Holds"),
            Answered::HoldsInPart => (Mark::NOTE, "Holds in part"),
            Answered::Exceeded => (Mark::BAD, "Does not hold"),
            Answered::Inconclusive => (Mark::DOUBT, "Inconclusive"),
            Answered::Interrupted => (Mark::DOUBT, "Interrupted"),
        };
        let (headline, reasons) =
            self.answer.split_first().map_or_else(Default::default, |(first, rest)| (first.clone(), rest.to_vec()));
        let about = self.asked.about.clone();
        let word = format!("{word} ({SIMULATED})");
        Verdict { mark, word, headline, reasons, about, place: Place::First }
    }
}

/// The JSON schema of what `fieldday capacity --simulate --format json` prints (draft 2020-12).
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Simulation>().to_value()
}

/// The sections of an outcome within a search's report.
pub(super) fn sections(outcome: &Outcome) -> Vec<Section> {
    let mut sections = vec![limits::section(outcome)];
    sections.extend(course::sections(outcome, None));
    sections
}

#[cfg(test)]
pub(super) mod tests;
