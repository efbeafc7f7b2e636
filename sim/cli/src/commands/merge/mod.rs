//! `fieldday merge`: the folders of a run's shards become one run folder, with one verdict and one report.

pub mod args;
mod files;

use super::run::finish::{History, Shown, finish, recorded};
use super::stories::replay_or;
use crate::failure::Failure;
use crate::{choice, exit, interrupt, machine, output};
use args::MergeArgs;
use fieldday_folder::merge::{MergeError, Merged, Parts};
use fieldday_folder::series::{Ground, SeriesFile};
use fieldday_folder::{Facts, RunFile, RunFolderWriter, Summary};
use fieldday_live::plan::LivePlan;
use fieldday_paint::units::counted;
use fieldday_plan::Plan;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often it is looked whether more shards are there.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// The time between two lines of progress.
const TOLD_EVERY: Duration = Duration::from_secs(2);

pub fn merge(args: &MergeArgs) -> Result<u8, Failure> {
    if files::are_files(&args.folders) {
        return files::merge(args);
    }
    let stop = interrupt::flag();
    let Some(parts) = find(args, &stop)? else { return Ok(exit::INTERRUPTED) };
    parts.notes.iter().for_each(|note| output::note(note));
    let run = run_file(&parts);
    let name = run.scenario.name.clone();
    let plan = plan(&parts, &name)?;
    let (mut writer, of, merged) = (writer(args, run.clone())?, parts.of(), parts.merged());
    output::note(&format!("{name}, seed {:#x}: {merged} of {}", plan.seed(), counted(of.into(), "shard", "shards")));

    let (began, mut told, mut done) = (Instant::now(), Instant::now(), 0_u32);
    let Merged { outcome, facts, histories } = parts.merge(&plan, args.partial, |shard| {
        if told.elapsed() >= TOLD_EVERY {
            told = Instant::now();
            let left = began.elapsed().as_secs_f64() / f64::from(done.max(1)) * (merged as f64 - f64::from(done));
            output::note(&format!("shard {shard}; about {left:.0} s left"));
        }
        done += 1;
    })?;
    let problems = facts.shards.as_ref().map_or(0, |shards| shards.problems.len());
    let whole = (problems == 0).then_some(outcome.fingerprint);
    let history = match histories {
        Some(histories) => {
            writer.begin_history(&plan);
            match writer.append_histories(&histories) {
                Some(true) => writer.end_history(whole, None, recorded(whole)),
                Some(false) => writer.end_history(None, None, recorded(None)),
                None => None,
            }
        }
        None if run.is_virtual() => {
            History { record: false, plan: &plan, outcome: &outcome, stop: &stop }.end(&mut writer)
        }
        None => None,
    };
    let reproduce = facts.recipe.to_string();
    let summary = Summary::new(Facts { history, ..facts }, &plan, &outcome);
    let run = RunFile { reproduce, ..run };
    writer.set_run(run.clone());
    let ended_at = run.ended_at.unwrap_or_else(machine::now);
    let place = writer.close(&summary, &outcome.measures, &plan, ended_at, |folder, run, summary| {
        let ground = if run.is_virtual() {
            Ground::of_plan(&plan)
        } else {
            // The places of a real target's rows stay moved by something that nobody can guess.
            let (speed, secret) = (run.scenario.live.speed, Some(machine::random()));
            Ground { plan: &plan, cells: BTreeMap::new(), speed, secret }
        };
        fieldday_documents::put(folder, run, summary, &SeriesFile::new(&ground, &outcome))
    });
    let is_live = !run.is_virtual();
    let shown = Shown { format: args.format, otlp: args.otlp.as_deref() };
    Ok(finish(&shown, run, &summary, place, |place| {
        if !is_live || summary.history.is_none() {
            return Ok(());
        }
        let violations: Vec<_> = outcome.findings.shown().cloned().collect();
        super::ledger::write(Path::new(place))?;
        super::stories::write(Path::new(place), &violations, replay_or(Path::new(place), &summary.reproduce))?;
        super::stories::name_in_documents(Path::new(place), &summary)
    }))
}

/// The parts of the run, when all are there or nobody waits any longer. None if it was interrupted.
fn find(args: &MergeArgs, stop: &AtomicBool) -> Result<Option<Parts>, Failure> {
    let (began, mut told) = (Instant::now(), None);
    loop {
        let found = Parts::find(&args.folders);
        let is_over = args.wait.is_none_or(|wait| began.elapsed() >= wait);
        let waits_for = match &found {
            Ok(parts) if parts.problems.is_empty() => None,
            Ok(parts) => Some(format!("{} of {} shards are there", parts.merged(), parts.of())),
            Err(_) => Some("no shard is there".to_owned()),
        };
        let Some(waits_for) = waits_for.filter(|_| !is_over) else { return Ok(Some(found?)) };
        if stop.load(Ordering::Relaxed) {
            output::note(&format!("interrupted: nothing was merged; {waits_for}"));
            return Ok(None);
        }
        if told.as_ref() != Some(&waits_for) {
            output::note(&waits_for);
            told = Some(waits_for);
        }
        thread::sleep(LOOKS_EVERY);
    }
}

/// The description of the run for the merged folder.
fn run_file(parts: &Parts) -> RunFile {
    RunFile {
        complete: false,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: parts.started_at,
        ended_at: parts.ended_at,
        host: machine::host(),
        shard: None,
        merged_from: Some(parts.of()),
        ..parts.run.clone()
    }
}

/// The plan of the whole run. That of a live run has its users' zones, where their file can be read here.
fn plan(parts: &Parts, name: &str) -> Result<Plan, Failure> {
    let scenario = parts.run.scenario.clone();
    if !parts.run.is_virtual() {
        let is_mock = parts.run.target == "mock";
        match LivePlan::new(Arc::new(scenario.clone()), parts.seed, is_mock) {
            Ok(live) => return Ok(live.plan),
            Err(error) => output::note(&format!("warning: times are shown in the scenario's time zones: {error}")),
        }
    }
    choice::planned(name, scenario, parts.seed)
}

fn writer(args: &MergeArgs, run: RunFile) -> Result<RunFolderWriter, Failure> {
    let Some(path) = &args.out else {
        return Ok(RunFolderWriter::new(Some(Path::new("results")), run, None)?);
    };
    if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Merge(MergeError::NotEmpty { path: path.clone() }));
    }
    Ok(RunFolderWriter::at(path, run)?)
}
