//! A row a run.

use super::{Store, Stored};
use crate::nights::Skipped;
use crate::summary::{Outcome, verdict_word};
use fieldday_paint::json;
use fieldday_paint::units::{bytes, counted};
use fieldday_paint::{Entry, Table, figure, words};
use fieldday_paint::{Paint, Tone};
use serde::Serialize;
use std::path::PathBuf;

/// The version of the lists as JSON.
pub(super) const SCHEMA: u32 = 1;

/// The runs of a place, as JSON has them.
#[derive(Serialize)]
struct Listed<'a> {
    schema: u32,
    place: &'a PathBuf,
    runs: Vec<Row<'a>>,
    skipped: Vec<SkippedRow<'a>>,
    bytes: u64,
}

/// A run, as JSON has it.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    folder: String,
    started_at: String,
    scenario: &'a str,
    seed: &'a str,
    target: &'a str,
    verdict: &'static str,
    last_good: bool,
    bytes: u64,
}

/// What is no run, as JSON has it.
#[derive(Serialize)]
pub(super) struct SkippedRow<'a> {
    path: &'a PathBuf,
    why: &'a str,
}

impl<'a> From<&'a Stored> for Row<'a> {
    fn from(run: &'a Stored) -> Row<'a> {
        Row {
            folder: run.name(),
            started_at: run.run.started_at.to_string(),
            scenario: &run.run.scenario.name,
            seed: &run.run.seed,
            target: &run.run.target,
            verdict: run.verdict(),
            last_good: run.is_last_good,
            bytes: run.bytes,
        }
    }
}

impl<'a> From<&'a Skipped> for SkippedRow<'a> {
    fn from(skipped: &'a Skipped) -> SkippedRow<'a> {
        SkippedRow { path: &skipped.path, why: &skipped.why }
    }
}

impl Store {
    /// The list as a table.
    pub fn to_terminal(&self, paint: Paint) -> String {
        let mut table = Table::default();
        table.row(head(&["when", "scenario", "seed", "target", "verdict", "size", "folder"]));
        for run in &self.runs {
            let mut row = row(run);
            row.push(words(run.name()));
            table.row(row);
        }
        let mut out = if self.runs.is_empty() { String::new() } else { table.render_within(paint, 0, &[6, 2, 3]) };
        let total: u64 = self.runs.iter().map(|run| run.bytes).sum();
        let runs = counted(self.runs.len() as u64, "run", "runs");
        out.push_str(&format!("{runs} in {}, {}\n", self.place.display(), bytes(total)));
        out.push_str(&skipped(&self.skipped, paint));
        out
    }
    /// The list as JSON, as `--json` prints it.
    pub fn to_json(&self) -> String {
        let listed = Listed {
            schema: SCHEMA,
            place: &self.place,
            runs: self.runs.iter().map(Row::from).collect(),
            skipped: self.skipped.iter().map(SkippedRow::from).collect(),
            bytes: self.runs.iter().map(|run| run.bytes).sum(),
        };
        // Plain data of strings and numbers: it cannot fail.
        json(&listed).unwrap_or_default()
    }
}

pub(super) fn head(titles: &[&str]) -> Vec<Entry> {
    let title = |title: &&str| if *title == "size" { figure(*title) } else { words(*title) };
    titles.iter().map(|text| title(text).tone(Tone::Faint)).collect()
}

pub(super) fn row(run: &Stored) -> Vec<Entry> {
    let tone = match run.outcome {
        Some(Outcome::Held) => Tone::Good,
        Some(Outcome::Broken) => Tone::Bad,
        _ => Tone::Doubt,
    };
    let star = if run.is_last_good { "*" } else { "" };
    let verdict = run.outcome.filter(|_| !run.is_under_way).map_or_else(|| run.verdict(), verdict_word);
    let when = run.run.started_at.to_string();
    vec![
        words(when.get(..16).map_or(when.clone(), |minute| minute.replace('T', " "))),
        words(run.run.scenario.name.clone()),
        words(run.run.seed.clone()),
        words(run.run.target.clone()),
        words(format!("{verdict}{star}")).tone(tone),
        figure(bytes(run.bytes)),
    ]
}

/// What is no run, and why.
pub(super) fn skipped(skipped: &[Skipped], paint: Paint) -> String {
    let mut table = Table::default();
    for one in skipped {
        let name = one.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        table.row([words(format!("– {name}")).tone(Tone::Doubt), words(one.why.clone())]);
    }
    if table.is_empty() {
        String::new()
    } else {
        format!("not runs, never removed:\n{}", table.render_within(paint, 2, &[]))
    }
}
