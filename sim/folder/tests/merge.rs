//! Shards of a run, merged: the same as the run in one piece, for every number of shards.

use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, RunOutcome, run};
use fieldday_folder::merge::{MergeError, Parts};
use fieldday_folder::nights::Night;
use fieldday_folder::series::{Ground, SeriesFile};
use fieldday_folder::shard::{SHARD, ShardState};
use fieldday_folder::{Facts, Host, Outcome, RUN_SCHEMA, Recipe, RunFile, RunFolderWriter, Summary};
use fieldday_history::file::Reader;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::Plan;
use fieldday_plan::shard::Shard;
use fieldday_scenario::Scenario;
use std::fs::{self, File};
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A day of seven cells with two tenants of two reps each, whose backend has two defects, so that there are findings.
fn plan() -> Plan {
    let mut scenario = Scenario::load("rough").unwrap();
    (scenario.people.reps, scenario.people.tenants, scenario.people.tenants_per_cell) = (28, 14, 2);
    scenario.defects = vec!["task-created-twice".to_owned(), "stale-read".to_owned()];
    let plan = Plan::new(Arc::new(scenario), 7).unwrap();
    assert_eq!(plan.cells(), 7);
    plan
}

fn outcome_of(plan: &Plan, mut on_cell: impl FnMut(&fieldday_engine::cell::CellOutcome) + Send) -> RunOutcome {
    let stop = AtomicBool::new(false);
    let keep = Keep { history: true, events: false };
    run(plan, &Options { threads: 2, keep, stop: &stop }, |cell| {
        on_cell(&cell);
        ControlFlow::Continue(())
    })
    .unwrap()
}

fn room(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&room);
    room
}

fn now() -> Time {
    Time::parse("2026-06-10T12:30:00Z").unwrap()
}

/// Runs a shard as `fieldday run --record` does.
fn run_shard(shard: Shard, out: &Path) -> PathBuf {
    let plan = plan().of_shard(Some(shard)).unwrap();
    let file = RunFile {
        schema: RUN_SCHEMA,
        complete: false,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target: "model".into(),
        seed: "0x7".into(),
        reproduce: "fieldday run rough".into(),
        started_at: now(),
        ended_at: None,
        shard: Some(shard),
        merged_from: None,
        opens: None,
        host: Host::default(),
        scenario: plan.scenario().as_ref().clone(),
    };
    let mut writer = RunFolderWriter::new(Some(out), file, Some(&plan)).unwrap();
    let outcome = outcome_of(&plan, |cell| {
        writer.add_cell(cell);
    });
    let history = writer.end_history(Some(outcome.fingerprint), None, "recorded");
    let recipe = Recipe { scenario: "rough".into(), seed: 7, shard: Some(shard), ..Recipe::default() };
    let facts = Facts { recipe, threads: 2, wall_s: 0.5, history, ..Facts::default() };
    writer.keep_shard(&facts, &outcome, || now() + Span::seconds(2), None);
    let summary = Summary::new(facts, &plan, &outcome);
    assert!(summary.ran.shard == Some(shard) && summary.reproduce.contains(&format!("--shard {shard}")));
    let place = writer.close(&summary, &outcome.measures, &plan, now(), |folder, _, _| {
        folder.put_series(&SeriesFile::new(&Ground::of_plan(&plan), &outcome))
    });
    assert!(place.lost.is_none(), "{:?}", place.lost);
    PathBuf::from(place.path.unwrap())
}

/// What a summary says, without what each run has of its own.
fn told(summary: &Summary) -> serde_json::Value {
    let mut told = serde_json::to_value(summary).unwrap();
    let fields = told.as_object_mut().unwrap();
    ["cost", "history", "shards", "reproduce"].iter().for_each(|name| drop(fields.remove(*name)));
    told
}

#[test]
fn a_merged_run_is_the_unsharded_one_for_every_number_of_shards() {
    let (plan, mut events) = (plan(), 0);
    let whole = outcome_of(&plan, |cell| events += cell.events);
    let expected = Summary::new(Facts::default(), &plan, &whole);
    assert!(expected.violations.len() > 5, "there should be findings whose order can differ");
    let series = SeriesFile::new(&Ground::of_plan(&plan), &whole).to_json();
    for of in 1..=plan.cells() {
        let out = room(&format!("merge-{of}"));
        let mut folders: Vec<PathBuf> = (0..of).map(|index| run_shard(Shard { index, of }, &out)).collect();
        // In whatever order they are named.
        folders.reverse();
        let parts = Parts::find(&folders).unwrap();
        assert!(parts.problems.is_empty() && parts.notes.is_empty(), "{:?} {:?}", parts.problems, parts.notes);
        let merged = parts.merge(&plan, false, |_| ()).unwrap();
        let summary = Summary::new(merged.facts, &plan, &merged.outcome);
        assert_eq!(told(&summary), told(&expected), "{of} shards");
        assert_eq!(merged.outcome.fingerprint, whole.fingerprint, "{of} shards");
        assert_eq!(SeriesFile::new(&Ground::of_plan(&plan), &merged.outcome).to_json(), series, "{of} shards");
        let shards = summary.shards.unwrap();
        assert_eq!(shards.merged.iter().map(|line| line.cells).sum::<u64>(), u64::from(plan.cells()));
        assert!(shards.merged.iter().all(|line| line.ahead_of_storage_us.is_some()));

        // The histories stand one after the other in one file.
        let file = RunFile { shard: None, merged_from: Some(of), ..run_of(&folders[0]) };
        let mut writer = RunFolderWriter::at(&out.join("merged"), file).unwrap();
        writer.begin_history(&plan);
        assert_eq!(writer.append_histories(&merged.histories.unwrap()), Some(true));
        writer.end_history(Some(merged.outcome.fingerprint), None, "recorded");
        let history = Reader::new(File::open(out.join("merged/history.jsonl.zst")).unwrap()).unwrap();
        let kept = history.filter(|line| matches!(line, Ok(fieldday_history::file::HistoryLine::Event(_)))).count();
        assert_eq!(kept as u64, events, "{of} shards");
    }
}

fn run_of(folder: &Path) -> RunFile {
    serde_json::from_str(&fs::read_to_string(folder.join("run.json")).unwrap()).unwrap()
}

fn rewrite(folder: &Path, change: impl FnOnce(&mut RunFile)) {
    let mut run = run_of(folder);
    change(&mut run);
    fs::write(folder.join("run.json"), serde_json::to_string(&run).unwrap()).unwrap();
}

fn copied(folder: &Path, name: &str) -> PathBuf {
    let to = folder.with_file_name(name);
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    to
}

#[test]
fn shards_that_are_missing_killed_doubled_foreign_or_of_another_version_are_named() {
    let out = room("merge-odd");
    let all: Vec<PathBuf> = (0..3).map(|index| run_shard(Shard { index, of: 3 }, &out)).collect();
    let problems = |folders: &[&PathBuf]| {
        let folders: Vec<PathBuf> = folders.iter().map(|path| (*path).clone()).collect();
        let parts = Parts::find(&folders).unwrap();
        let merged = parts.merge(&plan(), false, |_| ()).unwrap();
        let summary = Summary::new(merged.facts, &plan(), &merged.outcome);
        summary.shards.unwrap().problems
    };
    assert_eq!(problems(&[&all[0], &all[1], &all[2]]), Vec::<String>::new());
    assert_eq!(problems(&[&all[0], &all[2]]), ["shard 1/3 is missing: no folder has it"]);
    assert_eq!(problems(&[&all[1]]), ["shards 0, 2 of 3 are missing: no folder has them"]);

    let killed = copied(&all[1], "killed");
    [SHARD, "summary.json"].iter().for_each(|name| fs::remove_file(killed.join(name)).unwrap());
    rewrite(&killed, |run| run.complete = false);
    let told = problems(&[&all[0], &killed, &all[2]]);
    assert!(told.len() == 1 && told[0].contains("shard 1/3 is missing") && told[0].contains("killed"), "{told:?}");
    let again = Parts::find(&[all[0].clone(), killed, all[1].clone(), all[2].clone()]).unwrap();
    assert!(again.problems.is_empty() && again.notes.len() == 1, "one that was run again is whole: {again:?}");

    let same = Parts::find(&[all[0].clone(), all[0].clone(), all[1].clone(), all[2].clone()]).unwrap();
    assert!(same.problems.is_empty() && same.notes[0].contains("stands twice with the same events"), "{same:?}");
    let other_events = copied(&all[0], "other-events");
    let summary = fs::read_to_string(other_events.join("summary.json")).unwrap();
    let print = serde_json::from_str::<Summary>(&summary).unwrap().fingerprint;
    fs::write(other_events.join("summary.json"), summary.replace(&print, &"0".repeat(32))).unwrap();
    let told = problems(&[&all[0], &other_events, &all[1], &all[2]]);
    assert!(told.len() == 1 && told[0].contains("shard 0/3 stands twice"), "{told:?}");

    let interrupted = copied(&all[1], "interrupted");
    rewrite(&interrupted, |run| run.complete = false);
    let again = Parts::find(&[interrupted, all[0].clone(), all[1].clone(), all[2].clone()]).unwrap();
    assert!(again.problems.is_empty() && again.notes[0].contains("was interrupted, and ran again"), "{again:?}");

    type Change = fn(&mut RunFile);
    let foreign: [(&str, Change); 4] = [
        ("version 0.0.0", |run| run.version = "0.0.0".into()),
        ("seed 0x8", |run| run.seed = "0x8".into()),
        ("target http://127.0.0.1:1", |run| run.target = "http://127.0.0.1:1".into()),
        ("another scenario", |run| run.scenario.people.reps = 14),
    ];
    for (expected, change) in foreign {
        let odd = copied(&all[1], "odd");
        rewrite(&odd, change);
        let told = problems(&[&odd, &all[0], &all[2]]);
        assert!(told.len() == 2 && told[0].contains(expected) && told[1].contains("1/3 is missing"), "{told:?}");
    }
}

#[test]
fn a_result_that_is_not_whole_is_inconclusive_unless_that_was_accepted() {
    let out = room("merge-partial");
    let mut scenario = plan().scenario().as_ref().clone();
    scenario.defects.clear();
    let sound = Plan::new(Arc::new(scenario), 7).unwrap();
    let mut verdicts = Vec::new();
    for partial in [false, true] {
        // The measurements are those of a backend with defects; here only what a gap does to a verdict counts.
        let parts = Parts::find(&[run_shard(Shard { index: 0, of: 7 }, &out)]).unwrap();
        let mut merged = parts.merge(&sound, partial, |_| ()).unwrap();
        merged.outcome = outcome_of(&sound, |_| ());
        verdicts.push(Summary::new(merged.facts, &sound, &merged.outcome).verdict);
    }
    assert_eq!((verdicts[0].outcome, verdicts[1].outcome), (Outcome::Invalid, Outcome::Held), "{verdicts:?}");
    assert!(verdicts[0].reasons[0].starts_with("shards 1, 2, 3, 4, 5, 6 of 7 are missing"), "{verdicts:?}");
}

#[test]
fn what_is_no_shard_is_refused_and_says_what_it_is() {
    let out = room("merge-refused");
    let shard = run_shard(Shard { index: 0, of: 1 }, &out);
    let refused = |path: &Path| Parts::find(&[path.to_owned()]).unwrap_err().to_string();
    assert!(refused(&out.join("nowhere")).contains("no such file, so this is not a run folder"));
    rewrite(&shard, |run| run.shard = None);
    assert!(refused(&shard).contains("it holds a whole run, not a shard"));
    rewrite(&shard, |run| run.merged_from = Some(3));
    assert!(refused(&shard).contains("merged from 3 shards already"));
}

#[test]
fn a_shard_is_no_run_to_compare_with() {
    let night = Night::read(&run_shard(Shard { index: 0, of: 7 }, &room("merge-night"))).unwrap();
    assert!(night.unusable().unwrap().contains("one shard of a run"));
}

#[test]
fn damaged_measurements_are_an_error_that_names_the_file_and_never_a_panic() {
    let out = room("merge-damaged");
    let shard = run_shard(Shard { index: 0, of: 7 }, &out);
    let whole = fs::read(shard.join(SHARD)).unwrap();
    let places: Vec<usize> = (0..whole.len()).step_by(whole.len() / 40 + 1).collect();
    for place in places {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x55;
        for bytes in [&whole[..place], &flipped[..]] {
            fs::write(shard.join(SHARD), bytes).unwrap();
            let read = Parts::find(std::slice::from_ref(&shard)).unwrap().merge(&plan(), false, |_| ());
            match read {
                Err(MergeError::Unreadable { path, .. }) => assert!(path.ends_with(SHARD)),
                Err(error) => panic!("another error: {error}"),
                Ok(_) => panic!("damaged at {place}, and read"),
            }
        }
    }
    let bomb = zstd::encode_all(std::io::repeat(0_u8).take(300 << 20), 1).unwrap();
    fs::write(shard.join(SHARD), bomb).unwrap();
    let error = ShardState::read(&shard).unwrap_err().to_string();
    assert!(error.contains("larger than 256 MiB"), "{error}");
}
