//! `fieldday run`: the plan, the engine, the report, the folder, one after the other.
//!
//! What was measured is printed even if the folder fails on the way; then the failure is told, and decides the exit code
//! unless the run itself has something worse to say.

pub mod args;
mod conform_first;
pub mod finish;
mod live;
pub mod troubles;

use crate::choice::Choice;
use crate::failure::Failure;
use crate::machine::{self, Stopwatch};
use crate::progress::Progress;
use crate::{interrupt, otlp, output};
use args::RunArgs;
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{self, Options, RunOutcome};
use fieldday_engine::verify::{self, Divergence, Verified};
use fieldday_folder::series::{Ground, SeriesFile};
use fieldday_folder::summary::{Difference, Verification};
use fieldday_folder::{Facts, RunFolderWriter, Summary, VIRTUAL};
use fieldday_paint::units::counted;
use fieldday_plan::Plan;
use finish::{History, Shown, finish, run_file};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    args.otlp.as_deref().map_or(Ok(()), otlp::can_send)?;
    if args.target != "model" {
        return live::run(args);
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
