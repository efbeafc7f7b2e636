//! What every kind of run begins and ends with: its facts before it starts, its history, and its report.

use super::args::RunArgs;
use crate::args::Format;
use crate::failure::Failure;
use crate::{exit, machine, otlp, output, show, terminal};
use fieldday_documents::terminal::report;
use fieldday_engine::cell::{CellRun, Keep};
use fieldday_engine::run::RunOutcome;
use fieldday_folder::cells_to_look_at;
use fieldday_folder::summary::HistoryPart;
use fieldday_folder::{Outcome, RUN_SCHEMA, Recipe, RunFile, RunFolderOutcome, RunFolderWriter, Summary};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::Time;
use fieldday_plan::Plan;
use fieldday_rules::Measures;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cells of a failed run that are run again and recorded.
const CELLS_RECORDED: usize = 4;

/// The description of a run for its folder, before it begins.
pub fn run_file(plan: &Plan, target: String, recipe: &Recipe, opens: Option<Time>) -> RunFile {
    RunFile {
        schema: RUN_SCHEMA,
        complete: false,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target,
        seed: format!("{:#x}", plan.seed()),
        reproduce: recipe.to_string(),
        started_at: machine::now(),
        ended_at: None,
        shard: plan.shard(),
        merged_from: None,
        opens,
        host: machine::host(),
        scenario: plan.scenario().as_ref().clone(),
    }
}

/// The source of the history of a run on the virtual clock.
pub struct History<'a> {
    pub record: bool,
    pub plan: &'a Plan,
    pub outcome: &'a RunOutcome,
    pub stop: &'a AtomicBool,
}

impl History<'_> {
    /// Closes the history; of a run that failed unrecorded, makes one of the first cells that did.
    pub fn end(self, keeper: &mut RunFolderWriter) -> Option<HistoryPart> {
        let History { record, plan, outcome, stop } = self;
        if record {
            let whole = (outcome.complete && outcome.events > 0).then_some(outcome.fingerprint);
            return keeper.end_history(whole, None, recorded(whole));
        }
        let cells = cells_to_look_at(&outcome.findings, CELLS_RECORDED);
        if cells.is_empty() || !outcome.complete || stop.load(Ordering::Relaxed) {
            return None;
        }
        keeper.begin_history(plan)?;
        let (mut names, mut prints) = (Vec::new(), Vec::new());
        for index in cells {
            let keep = Keep { history: true, events: false };
            let (cell, _) = CellRun::new(plan.scenario(), plan.cell(index), keep, Measures::default()).run(stop);
            keeper.add_cell(&cell)?;
            prints.push(cell.fingerprint);
            names.push(cell.name);
        }
        let whole = !stop.load(Ordering::Relaxed);
        let fingerprint = whole.then(|| Fingerprint::combine(prints.into_iter()));
        keeper.end_history(fingerprint, Some(names), "run again for it, because a rule was broken")
    }
}

/// The reason that the run folder gives for holding a history of all cells.
pub fn recorded(whole: Option<Fingerprint>) -> &'static str {
    if whole.is_some() { "recorded" } else { "recorded until the run was ended" }
}

/// How a run is shown, and where its metrics go.
pub struct Shown<'a> {
    pub format: Format,
    pub otlp: Option<&'a str>,
}

impl Shown<'_> {
    pub fn of(args: &RunArgs) -> Shown<'_> {
        Shown { format: args.format, otlp: args.otlp.as_deref() }
    }
}

/// Prints what was measured, and passes it on. What could not be written is told last, and decides the exit code unless the
/// run itself has something worse to say.
pub fn finish(
    shown: &Shown<'_>,
    run: RunFile,
    summary: &Summary,
    place: RunFolderOutcome,
    stories: impl FnOnce(&str) -> Result<(), Failure>,
) -> u8 {
    // The report names the stories, so they are written before it.
    let untold = place.path.as_deref().and_then(|path| stories(path).err());
    let text = match shown.format {
        Format::Json => summary.to_json(),
        Format::Terminal => report(summary, place.path.as_deref(), terminal::stdout_paint()),
    };
    let printed = output::print(&text).err();
    // That of a merged run is when its last shard ended.
    let run = RunFile { ended_at: run.ended_at.or_else(|| Some(machine::now())), ..run };
    let unsent = shown.otlp.and_then(|url| otlp::send(url, &run, summary).err());
    let lost = place.lost.map(Failure::Folder);
    let failures: Vec<Failure> = lost.into_iter().chain(untold).chain(printed).chain(unsent).collect();
    failures.iter().for_each(show::failure);
    let verdict = summary.verdict.exit_code;
    if verdict == Outcome::Held.exit_code() && !failures.is_empty() { exit::WRONG } else { verdict }
}
