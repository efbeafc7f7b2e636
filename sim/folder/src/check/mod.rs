//! `fieldday check`: the history in a run folder, judged again, beside what the folder's `summary.json` says.
//!
//! A folder that is incomplete (its run was killed or interrupted) is judged up to where its history was cut, and says so.
//! A history that is damaged or foreign is refused. What the two say of a rule must be the same: how often it was
//! exercised, broken, and could not be decided.

mod judged;

use crate::bounded;
use crate::build::Facts;
use crate::folder::HISTORY;
use crate::reader::{RunFolder, RunFolderError, was_cut};
use crate::recipe::Recipe;
use crate::series::{Ground, SeriesFile};
use crate::summary::{ConformancePart, Outcome, Summary};
use fieldday_engine::run::RunOutcome;
use fieldday_history::file::Reader;
use fieldday_kernel::time::{Time, Zone};
use fieldday_paint::json;
use fieldday_paint::units::count;
use fieldday_plan::Plan;
use fieldday_rules::Findings;
use fieldday_scenario::limits::Clock;
use judged::{Judged, Wrong};
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::Arc;

/// The version of [`Checked`] as JSON.
pub const CHECK_SCHEMA: u32 = 1;
/// What differs from the folder's own account.
const DIFFERS: u8 = 4;

/// The result of judging a run folder again from its history.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Checked {
    /// The version of this document's shape.
    pub schema: u32,
    /// How much of the run the history holds.
    pub judged: Extent,
    /// Whether the counts of every rule were compared with those of `summary.json`.
    pub compared: bool,
    /// Why they were not, if they were not.
    pub not_compared: Option<String>,
    /// Where the history says something else than the folder.
    pub differences: Vec<Differs>,
    /// The summary, made anew of the history.
    pub summary: Summary,
    /// The figures over the day, made anew of the history.
    #[serde(skip)]
    pub series: SeriesFile,
}

/// How much of a run the history holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Extent {
    /// Whether the history has its end.
    pub whole: bool,
    /// The number of events that were judged.
    pub events: u64,
    /// The number of cells that were judged.
    pub cells: u64,
    /// The moment of the last event, in UTC; none if there is no event.
    pub until: Option<Time>,
}

/// Something of which the folder says one thing and its history another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Differs {
    /// The rule, or the part of the history, that it is about.
    pub of: String,
    /// The figure of it that differs.
    pub what: String,
    /// The figure as the folder's files have it.
    pub recorded: String,
    /// The same figure, counted from the history.
    pub judged: String,
}

/// Only what is asked of a `summary.json`.
#[derive(Deserialize)]
struct Outline {
    rules: Vec<OutlineRule>,
    totals: OutlineTotals,
    history: Option<OutlineHistory>,
}

#[derive(Deserialize)]
struct OutlineRule {
    rule: String,
    exercised: u64,
    broken: u64,
    inconclusive: u64,
}

#[derive(Deserialize)]
struct OutlineTotals {
    requests: u64,
}

#[derive(Deserialize)]
struct OutlineHistory {
    only_cells: Option<Vec<String>>,
}

/// Judges the history of a folder again. `secret` is something that nobody can guess: see [`Ground::secret`].
pub fn check(kept: &RunFolder, secret: u64) -> Result<Checked, RunFolderError> {
    let wrong = |problem: String, hint: &str| kept.wrong(HISTORY, problem, hint);
    let plan = Plan::new(Arc::new(kept.run.scenario.clone()), kept.seed)
        .and_then(|plan| plan.of_shard(kept.run.shard))
        .map_err(|error| kept.wrong("run.json", format!("no plan can be made of its scenario: {error}"), HINT))?;
    let file = bounded::open(&kept.path.join(HISTORY)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => wrong("no such file: no history was recorded".to_owned(), "run with --record"),
        _ => wrong(format!("it cannot be read: {error}"), HINT),
    })?;
    let length = file.metadata().map_or(0, |data| data.len());
    let mut judged = match Reader::new(file) {
        Ok(mut reader) => {
            let (of, seed) = (&reader.header.scenario, reader.header.seed);
            if *of != kept.run.scenario.name || seed != kept.seed {
                let ours = format!("{}, seed {:#x}", kept.run.scenario.name, kept.seed);
                let problem = format!("it is the history of another run: {of}, seed {seed:#x}, not {ours}");
                return Err(wrong(problem, HINT));
            }
            judged::judge(&mut reader, &kept.run, &plan).map_err(|error| match error {
                Wrong::File(error) => wrong(damaged(&error), hint(&error)),
                Wrong::Line(line, problem) => wrong(format!("line {line}: {problem}"), HINT),
            })?
        }
        Err(error) if was_cut(&error, length) => nothing(&plan),
        Err(error) => return Err(wrong(format!("expected a history of this run: {error}"), hint(&error))),
    };
    let outline = kept.summary_text()?.map(|text| outline(kept, &text)).transpose()?;
    Ok(compare_with_folder(kept, &plan, &mut judged, outline.as_ref(), secret))
}

const HINT: &str = "use an unmodified folder of `fieldday run`";

fn damaged(error: &fieldday_history::file::HistoryError) -> String {
    use fieldday_history::file::HistoryError;
    match error {
        HistoryError::Io(error) => format!("it is damaged: {error}"),
        error => error.to_string(),
    }
}

fn hint(error: &fieldday_history::file::HistoryError) -> &'static str {
    use fieldday_history::file::HistoryError;
    match error {
        HistoryError::Newer { .. } | HistoryError::Version { .. } => "check it with the version that wrote it",
        _ => HINT,
    }
}

fn outline(kept: &RunFolder, text: &str) -> Result<Outline, RunFolderError> {
    serde_json::from_str(text).map_err(|error| {
        let problem = format!("expected the summary that `fieldday run` writes: {error}");
        kept.wrong("summary.json", problem, "move it out of the folder to check the history without comparing")
    })
}

/// The result for a history in which not even a header had been written.
fn nothing(plan: &Plan) -> Judged {
    Judged {
        outcome: RunOutcome::nothing(plan.cells_run().len() as u32, false),
        cells: Vec::new(),
        clocks: Default::default(),
        end: None,
        contract: Default::default(),
        during: None,
        pass: None,
    }
}

fn compare_with_folder(
    kept: &RunFolder,
    plan: &Plan,
    judged: &mut Judged,
    outline: Option<&Outline>,
    secret: u64,
) -> Checked {
    let whole = judged.end.is_some();
    let partly = outline.and_then(|outline| outline.history.as_ref()).and_then(|part| part.only_cells.as_ref());
    let not_compared = match (outline, partly) {
        (None, _) => Some("the folder has no summary.json".to_owned()),
        (_, Some(cells)) => Some(format!("only {} was recorded", cells.join(", "))),
        _ if kept.run.complete && !whole => Some("the history is incomplete".to_owned()),
        _ => None,
    };
    let mut differences = of_the_file(kept, judged);
    if let (Some(outline), None) = (outline, &not_compared) {
        differences.extend(outline.rules.iter().flat_map(|rule| of_a_rule(rule, &judged.outcome.findings)));
        // How many requests reached the backend is known to the run alone.
        judged.outcome.requests = outline.totals.requests;
    }
    let extent = Extent {
        whole,
        events: judged.outcome.events,
        cells: judged.cells.len() as u64,
        until: judged.during.map(|(_, last)| last),
    };
    let summary = summary(kept, plan, judged, &extent);
    let mut ground = Ground::of_plan(plan);
    if !kept.run.is_virtual() {
        (ground.speed, ground.secret) = (kept.run.scenario.live.speed, Some(secret));
    }
    let series = SeriesFile::new(&ground, &judged.outcome);
    let compared = not_compared.is_none();
    Checked { schema: CHECK_SCHEMA, judged: extent, compared, not_compared, differences, summary, series }
}

fn summary(kept: &RunFolder, plan: &Plan, judged: &Judged, extent: &Extent) -> Summary {
    let live_us = judged.during.filter(|_| !kept.run.is_virtual()).map(|(first, last)| {
        let during = last.since(first).as_micros();
        u64::try_from(during).unwrap_or(0)
    });
    let contract = judged.contract.clone();
    let conformance = judged.pass.map(|pass| {
        let seconds = pass.lasted.as_micros() as f64 / 1e6;
        ConformancePart::new(&judged.outcome.findings, pass.requests, seconds, Vec::new())
    });
    let facts = Facts {
        recipe: Recipe::default(),
        live_us,
        clocks: judged.clocks.clone(),
        contract,
        conformance,
        ..Facts::default()
    };
    let mut summary = Summary::new(facts, plan, &judged.outcome);
    let is_broken = summary.verdict.outcome == Outcome::Broken;
    let again = if is_broken && kept.run.is_virtual() { " --record" } else { "" };
    summary.reproduce = format!("{}{again}", kept.run.reproduce.trim_end_matches(" --record"));
    for (limit, result) in kept.run.scenario.limits.iter().zip(&mut summary.scenario_limits) {
        if live_us.is_some() && limit.clock != Clock::Attempt && result.sample_count == 0 {
            result.note = Some(format!("`{}` is not in a history", limit.clock.as_str()));
        }
    }
    if !kept.run.is_virtual() {
        summary.ran.target = kept.run.target.clone();
        if let Some((first, last)) = judged.during {
            (summary.ran.starts_at, summary.ran.ends_at) = (first.to_string(), last.to_string());
        }
    }
    if !extent.whole
        && let Some(reason) = summary.verdict.reasons.first_mut()
    {
        *reason = extent.incomplete();
    }
    summary
}

impl Extent {
    /// Up to where a history was judged that has no end: `incomplete, judged up to 15:04:05 UTC on 2026-06-10`
    pub fn incomplete(&self) -> String {
        let utc = Zone::utc();
        match self.until {
            Some(at) => format!("incomplete, checked up to {} UTC on {}", utc.time_of_day(at), utc.date(at)),
            None => "incomplete: it ends before the first event".to_owned(),
        }
    }
}

fn of_the_file(kept: &RunFolder, judged: &Judged) -> Vec<Differs> {
    let differs = |what: &str, recorded: String, judged: String| Differs {
        of: HISTORY.to_owned(),
        what: what.to_owned(),
        recorded,
        judged,
    };
    let mut found = Vec::new();
    let Some((events, print)) = judged.end else {
        if kept.run.complete {
            found.push(differs(
                "end",
                "run.json says that the run is complete".to_owned(),
                "it is incomplete".to_owned(),
            ));
        }
        return found;
    };
    if events != judged.outcome.events {
        found.push(differs("events", count(events), count(judged.outcome.events)));
    }
    if print != judged.outcome.fingerprint {
        found.push(differs("fingerprint", print.to_string(), judged.outcome.fingerprint.to_string()));
    }
    found
}

fn of_a_rule(recorded: &OutlineRule, findings: &Findings) -> Vec<Differs> {
    let Some(rule) = fieldday_api::rules::Rule::named(&recorded.rule) else { return Vec::new() };
    let now = findings.count(rule);
    let counts = [
        ("exercised", recorded.exercised, now.exercised),
        ("broken", recorded.broken, now.broken),
        ("inconclusive", recorded.inconclusive, now.inconclusive),
    ];
    let differing = counts.into_iter().filter(|(_, recorded, now)| recorded != now);
    let told = |(what, before, now): (&str, u64, u64)| Differs {
        of: recorded.rule.clone(),
        what: what.to_owned(),
        recorded: count(before),
        judged: count(now),
    };
    differing.map(told).collect()
}

impl Checked {
    /// What the command exits with: as the run would have, unless the folder says something else than its history.
    pub fn exit_code(&self) -> u8 {
        if self.differences.is_empty() { self.summary.verdict.exit_code } else { DIFFERS }
    }
    /// The result as JSON, as `--json` prints it.
    pub fn to_json(&self) -> String {
        // Plain data of strings and numbers: it cannot fail.
        json(self).unwrap_or_default()
    }
}
