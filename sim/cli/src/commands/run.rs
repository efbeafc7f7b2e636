//! `fieldday run`: the plan, the engine, the report, the folder, one after the other.
//!
//! What was measured is printed even if the folder fails on the way; then the failure is told, and decides the exit code
//! unless the run itself has something worse to say.

use crate::args::{Format, RunArgs};
use crate::choice::Choice;
use crate::failure::{Failure, WRONG};
use crate::machine::{self, Stopwatch};
use crate::progress::Progress;
use crate::{interrupt, otlp, output, show};
use fieldday_documents::terminal;
use fieldday_engine::cell::{CellRun, Keep};
use fieldday_engine::run::{self, Options, RunOutcome};
use fieldday_engine::verify::{self, Divergence, Verified};
use fieldday_folder::cells_to_look_at;
use fieldday_folder::series::{Ground, SeriesFile};
use fieldday_folder::summary::{Difference, HistoryPart, Verification};
use fieldday_folder::{
    Facts, Outcome, RUN_SCHEMA, Recipe, RunFile, RunFolderOutcome, RunFolderWriter, Summary, VIRTUAL,
};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::Time;
use fieldday_paint::units::counted;
use fieldday_plan::Plan;
use fieldday_rules::Measures;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cells of a failed run that are run again and recorded.
const CELLS_RECORDED: usize = 4;

pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    args.otlp.as_deref().map_or(Ok(()), otlp::can_send)?;
    if args.target != "model" {
        return super::live::run(args);
    }
    let mut choice = Choice::new(&args.choice)?;
    let of_shard = choice.plan.of_shard(args.shard);
    choice.plan = of_shard.map_err(|source| Failure::Plan { of: args.choice.scenario.clone(), source })?;
    choice.recipe.shard = args.shard;
    let file = run_file(&choice.plan, VIRTUAL.to_owned(), &choice.recipe, None);
    let out = (!args.no_out).then_some(args.out.as_path());
    let mut keeper = RunFolderWriter::new(out, file, args.record.then_some(&choice.plan))?;
    let stop = interrupt::flag();
    let scenario = &choice.plan.scenario().name;
    let rep_days = match args.shard {
        Some(shard) => format!("shard {shard}, {}", counted(choice.plan.cells_run().len() as u64, "cell", "cells")),
        None => counted(choice.plan.reps(), "rep-day", "rep-days"),
    };
    output::note(&format!("{scenario}, seed {:#x}: {rep_days}", choice.plan.seed()));

    let stopwatch = Stopwatch::start();
    let ran = go(args, &choice.plan, &mut keeper, &stop)?;
    let took = stopwatch.took();

    let history =
        History { record: args.record, plan: &choice.plan, outcome: &ran.outcome, stop: &stop }.end(&mut keeper);
    let facts = Facts {
        recipe: choice.recipe,
        threads: threads(args),
        wall_s: took.wall_s,
        cpu_s: took.cpu_s,
        peak_memory_bytes: machine::peak_memory_bytes(),
        verification: ran.verification,
        history,
        ..Facts::default()
    };
    keeper.keep_shard(&facts, &ran.outcome, machine::now, None);
    let summary = Summary::new(facts, &choice.plan, &ran.outcome);
    let run = keeper.run().clone();
    let place = keeper.close(&summary, &ran.outcome.measures, &choice.plan, machine::now(), |folder, run, summary| {
        let series = SeriesFile::new(&Ground::of_plan(&choice.plan), &ran.outcome);
        fieldday_documents::put(folder, run, summary, &series)
    });
    Ok(finish(&Shown::of(args), run, &summary, place, |_| Ok(())))
}

fn threads(args: &RunArgs) -> u64 {
    args.threads.unwrap_or_else(machine::cores)
}

/// What the engine gave.
struct Ran {
    outcome: RunOutcome,
    verification: Option<Verification>,
}

fn go(args: &RunArgs, plan: &Plan, keeper: &mut RunFolderWriter, stop: &AtomicBool) -> Result<Ran, Failure> {
    let threads = usize::try_from(threads(args)).unwrap_or(1);
    let mut progress = Progress::new(plan);
    let on_cell = |cell| {
        progress.cell(&cell);
        keeper.add_cell(&cell);
        ControlFlow::Continue(())
    };
    let ran = if args.verify {
        let compared = format!("on 1 thread without recording, on {threads} with it");
        let verification = |difference: Option<Difference>| {
            Some(Verification { agreed: difference.is_none(), compared: compared.clone(), difference })
        };
        match verify::verify(plan, threads, stop, on_cell)? {
            Verified::Agree(outcome) => Ran { outcome: *outcome, verification: verification(None) },
            Verified::Differ(difference) => Ran {
                outcome: RunOutcome::nothing(plan.cells_run().len() as u32, true),
                verification: verification(Some(difference_of(&difference))),
            },
            Verified::Interrupted(outcome) => Ran { outcome: *outcome, verification: None },
        }
    } else {
        let keep = Keep { history: args.record, events: false };
        Ran { outcome: run::run(plan, &Options { threads, keep, stop }, on_cell)?, verification: None }
    };
    progress.finish();
    Ok(ran)
}

fn difference_of(difference: &Divergence) -> Difference {
    let first = difference.first.as_ref();
    let json = |event: &_| serde_json::to_string(event).unwrap_or_default();
    Difference {
        cell: difference.cell.clone(),
        agreed_until: difference.agreed_until,
        event: first.map(|first| first.number),
        one: first.and_then(|first| first.one.as_ref()).map(json),
        other: first.and_then(|first| first.other.as_ref()).map(json),
    }
}

/// What is known of a run before it begins.
pub(super) fn run_file(plan: &Plan, target: String, recipe: &Recipe, opens: Option<Time>) -> RunFile {
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

/// What the history of a run on the virtual clock is made of.
pub(super) struct History<'a> {
    pub record: bool,
    pub plan: &'a Plan,
    pub outcome: &'a RunOutcome,
    pub stop: &'a AtomicBool,
}

impl History<'_> {
    /// Closes the history; of a run that failed unrecorded, makes one of the first cells that did.
    pub(super) fn end(self, keeper: &mut RunFolderWriter) -> Option<HistoryPart> {
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

/// Why a history has all cells.
pub(super) fn recorded(whole: Option<Fingerprint>) -> &'static str {
    if whole.is_some() { "recorded" } else { "recorded until the run was ended" }
}

/// How a run is shown, and where its metrics go.
pub(super) struct Shown<'a> {
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
pub(super) fn finish(
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
        Format::Terminal => terminal::report(summary, place.path.as_deref(), output::stdout_paint()),
    };
    let printed = output::print(&text).err();
    // That of a merged run is when its last shard ended.
    let run = RunFile { ended_at: run.ended_at.or_else(|| Some(machine::now())), ..run };
    let unsent = shown.otlp.and_then(|url| otlp::send(url, &run, summary).err());
    let lost = place.lost.map(Failure::Folder);
    let failures: Vec<Failure> = lost.into_iter().chain(untold).chain(printed).chain(unsent).collect();
    failures.iter().for_each(show::failure);
    let verdict = summary.verdict.exit_code;
    if verdict == Outcome::Held.exit_code() && !failures.is_empty() { WRONG } else { verdict }
}
