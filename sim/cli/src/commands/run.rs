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
use fieldday_folder::{Facts, Folder, FolderError, HISTORY, Outcome, RUN_SCHEMA, RunFile, Summary, VIRTUAL};
use fieldday_history::file::{FORMAT, Header};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_paint::units::counted;
use fieldday_rules::{Findings, Measures, Settings};
use fieldday_world::plan::Plan;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cells of a failed run that are run again and recorded.
const CELLS_RECORDED: usize = 4;

pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    args.otlp.as_deref().map_or(Ok(()), otlp::can_send)?;
    if args.target != "model" {
        return super::live::run(args);
    }
    let choice = Choice::new(&args.choice)?;
    let mut keeper = Keeper::new(args, &choice)?;
    let stop = interrupt::flag();
    let scenario = &choice.plan.scenario().name;
    let rep_days = counted(choice.plan.reps(), "rep-day", "rep-days");
    output::note(&format!("{scenario}, seed {:#x}: {rep_days}", choice.plan.seed()));

    let stopwatch = Stopwatch::start();
    let ran = go(args, &choice.plan, &mut keeper, &stop)?;
    let took = stopwatch.took();

    let history = keeper.end_history(args, &choice.plan, &ran.outcome, &stop);
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
    let summary = Summary::new(facts, &choice.plan, &ran.outcome);
    let run = RunFile { ended_at: Some(machine::now()), ..keeper.run.clone() };
    let (place, lost) = keeper.close(&summary, &ran.outcome, &choice.plan);
    let text = match args.format {
        Format::Json => summary.to_json(),
        Format::Terminal => terminal::report(&summary, place.as_deref(), output::stdout_paint()),
    };
    let printed = output::print(&text).err();
    let unsent = args.otlp.as_deref().and_then(|url| otlp::send(url, &run, &summary).err());
    let failures: Vec<Failure> = lost.map(Failure::Folder).into_iter().chain(printed).chain(unsent).collect();
    failures.iter().for_each(show::failure);
    let verdict = summary.verdict.exit_code;
    Ok(if verdict == Outcome::Held.exit_code() && !failures.is_empty() { WRONG } else { verdict })
}

fn threads(args: &RunArgs) -> u64 {
    args.threads.unwrap_or_else(machine::cores)
}

/// What the engine gave.
struct Ran {
    outcome: RunOutcome,
    verification: Option<Verification>,
}

fn go(args: &RunArgs, plan: &Plan, keeper: &mut Keeper, stop: &AtomicBool) -> Result<Ran, Failure> {
    let threads = usize::try_from(threads(args)).unwrap_or(1);
    let mut progress = Progress::new(plan);
    let on_cell = |cell| {
        progress.cell(&cell);
        keeper.add(&cell);
        ControlFlow::Continue(())
    };
    let ran = if args.verify {
        let compared = format!("on 1 thread without recording, on {threads} with it");
        let verification = |difference: Option<Difference>| {
            Some(Verification { agreed: difference.is_none(), compared: compared.clone(), difference })
        };
        match verify::verify(plan, threads, stop, on_cell)? {
            Verified::Agree(outcome) => Ran { outcome: *outcome, verification: verification(None) },
            Verified::Differ(difference) => {
                Ran { outcome: nothing(plan), verification: verification(Some(told(&difference))) }
            }
            Verified::Interrupted(outcome) => Ran { outcome: *outcome, verification: None },
        }
    } else {
        let keep = Keep { history: args.record, events: false };
        Ran { outcome: run::run(plan, &Options { threads, keep, stop }, on_cell)?, verification: None }
    };
    progress.finish();
    Ok(ran)
}

/// The outcome of a run of which there is nothing to tell.
fn nothing(plan: &Plan) -> RunOutcome {
    RunOutcome {
        fingerprint: Fingerprint::default(),
        cells: 0,
        cells_planned: plan.cells(),
        events: 0,
        requests: 0,
        rep_days: 0,
        findings: Findings::new(&Settings::default()),
        measures: Measures::default(),
        complete: true,
    }
}

fn told(difference: &Divergence) -> Difference {
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

/// Keeps a run in its folder, until the folder fails.
struct Keeper {
    run: RunFile,
    folder: Option<Folder>,
    lost: Option<FolderError>,
}

impl Keeper {
    fn new(args: &RunArgs, choice: &Choice) -> Result<Keeper, FolderError> {
        let run = RunFile {
            schema: RUN_SCHEMA,
            complete: false,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target: VIRTUAL.to_owned(),
            seed: format!("{:#x}", choice.plan.seed()),
            reproduce: choice.recipe.to_string(),
            started_at: machine::now(),
            ended_at: None,
            opens: None,
            host: machine::host(),
            scenario: choice.plan.scenario().as_ref().clone(),
        };
        let mut folder = if args.no_out { None } else { Some(Folder::create(&args.out, &run)?) };
        if let Some(folder) = folder.as_mut().filter(|_| args.record) {
            folder.begin_history(&header(&choice.plan))?;
        }
        Ok(Keeper { run, folder, lost: None })
    }
    /// Does something to the folder, if there is one that did not fail yet.
    fn attempt<T>(&mut self, what: impl FnOnce(&mut Folder) -> Result<T, FolderError>) -> Option<T> {
        let folder = self.folder.as_mut().filter(|_| self.lost.is_none())?;
        match what(folder) {
            Ok(done) => Some(done),
            Err(error) => {
                self.lost = Some(error);
                None
            }
        }
    }
    fn add(&mut self, cell: &fieldday_engine::cell::CellOutcome) {
        self.attempt(|folder| folder.add_cell(cell));
    }

    /// Closes the history; of a run that failed unrecorded, makes one of the first cells that did.
    fn end_history(
        &mut self,
        args: &RunArgs,
        plan: &Plan,
        outcome: &RunOutcome,
        stop: &AtomicBool,
    ) -> Option<HistoryPart> {
        let part = |only_cells, why: &str| HistoryPart { file: HISTORY.to_owned(), only_cells, why: why.to_owned() };
        if args.record {
            let whole = outcome.complete && outcome.events > 0;
            self.attempt(|folder| folder.end_history(whole.then_some(outcome.fingerprint)))?;
            return Some(part(None, if whole { "recorded" } else { "recorded until the run was ended" }));
        }
        let cells = cells_to_look_at(&outcome.findings, CELLS_RECORDED);
        if cells.is_empty() || !outcome.complete || stop.load(Ordering::Relaxed) {
            return None;
        }
        self.attempt(|folder| folder.begin_history(&header(plan)))?;
        let (mut names, mut prints) = (Vec::new(), Vec::new());
        for index in cells {
            let keep = Keep { history: true, events: false };
            let (cell, _) = CellRun::new(plan.scenario(), plan.cell(index), keep, Measures::default()).run(stop);
            self.attempt(|folder| folder.add_cell(&cell))?;
            prints.push(cell.fingerprint);
            names.push(cell.name);
        }
        let whole = !stop.load(Ordering::Relaxed);
        let fingerprint = whole.then(|| Fingerprint::combine(prints.into_iter()));
        self.attempt(|folder| folder.end_history(fingerprint))?;
        Some(part(Some(names), "run again for it, because a rule was broken"))
    }

    /// Writes the rest. Gives where the folder is, and what was lost of it.
    fn close(mut self, summary: &Summary, outcome: &RunOutcome, plan: &Plan) -> (Option<String>, Option<FolderError>) {
        let place = self.folder.as_ref().map(|folder| folder.path().display().to_string());
        // A folder that lost its history still takes the figures, if it can.
        let lost = self.lost.take();
        self.attempt(|folder| folder.put_latencies(&outcome.measures, plan.start(), plan.end()));
        self.attempt(|folder| folder.put_summary(summary));
        let run = RunFile { complete: summary.complete, ended_at: Some(machine::now()), ..self.run.clone() };
        self.attempt(|folder| {
            fieldday_documents::put(folder, &run, summary, &SeriesFile::new(&Ground::of_plan(plan), outcome))
        });
        if lost.is_none() {
            self.attempt(|folder| folder.close(&run));
        }
        (place, lost.or(self.lost))
    }
}

fn header(plan: &Plan) -> Header {
    Header {
        fieldday_history: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: plan.scenario().name.clone(),
        seed: plan.seed(),
        start: plan.start(),
    }
}
