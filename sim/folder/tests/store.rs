//! Runs that take room: which are listed, and which may go.

use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use fieldday_folder::store::{Prune, Store, Wish};
use fieldday_folder::{Facts, Folder, Host, Outcome, RUN_SCHEMA, RunFile, Summary};
use fieldday_kernel::time::{Span, Time};
use fieldday_paint::Paint;
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A place with runs of one scenario, a day apart.
struct Shelf {
    place: PathBuf,
    run: RunFile,
    summary: Summary,
}

/// A day after the last run of a shelf.
fn now() -> Time {
    Time::parse("2026-06-30T00:00:00Z").unwrap()
}

impl Shelf {
    fn new(name: &str) -> Shelf {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).unwrap();
        let mut scenario = Scenario::load("weekday").unwrap();
        scenario.with_reps(12);
        let plan = Plan::new(Arc::new(scenario), 1).unwrap();
        // Ended before it began: what came of it is of no interest here.
        let stop = AtomicBool::new(true);
        let options = Options { threads: 1, keep: Keep::default(), stop: &stop };
        let outcome = run(&plan, &options, |_| ControlFlow::Continue(())).unwrap();
        let mut summary = Summary::new(Facts::default(), &plan, &outcome);
        summary.complete = true;
        let run = RunFile {
            schema: RUN_SCHEMA,
            complete: false,
            version: "0".into(),
            target: "model".into(),
            seed: "0x1".into(),
            reproduce: "fieldday run weekday".into(),
            started_at: now(),
            ended_at: None,
            shard: None,
            merged_from: None,
            opens: None,
            host: Host::default(),
            scenario: plan.scenario().as_ref().clone(),
        };
        Shelf { place, run, summary }
    }
    fn begin(&self, days_ago: i64) -> (Folder, RunFile) {
        let run = RunFile { started_at: now() + Span::seconds(-days_ago * 86_400), ..self.run.clone() };
        (Folder::create(&self.place, &run).unwrap(), run)
    }
    /// A run that ended so; gives its folder's name.
    fn add(&mut self, days_ago: i64, outcome: Outcome) -> String {
        let (folder, run) = self.begin(days_ago);
        self.summary.verdict.outcome = outcome;
        folder.put_summary(&self.summary).unwrap();
        folder.close(&RunFile { complete: true, ..run }).unwrap();
        folder.path().file_name().unwrap().to_string_lossy().into_owned()
    }
    fn prune(&self, wish: Wish) -> Prune {
        Store::read(&self.place, now()).unwrap().prune(&wish, now())
    }
    fn left(&self) -> Vec<String> {
        let names = fs::read_dir(&self.place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

fn last(n: usize) -> Wish {
    Wish { keep_last: Some(n), ..Wish::default() }
}

fn goes(prune: &Prune) -> Vec<String> {
    prune.goes().map(|run| run.name()).collect()
}

#[test]
fn the_oldest_go_but_never_the_last_good_one() {
    let mut shelf = Shelf::new("store-oldest");
    let good = shelf.add(9, Outcome::Held);
    let older_good = shelf.add(12, Outcome::Held);
    let broken: Vec<String> = [8, 7, 6].map(|days| shelf.add(days, Outcome::Broken)).into();
    let prune = shelf.prune(last(2));
    assert_eq!(goes(&prune), [older_good.clone(), broken[0].clone()]);
    assert!(prune.bytes() > 2_000, "{}", prune.bytes());
    let text = prune.to_terminal(Paint::new(false));
    assert!(text.contains("last good run") && text.contains("one of the newest"), "{text}");
    assert_eq!(shelf.left().len(), 5, "nothing goes before it is removed");
    let pruned = prune.remove();
    assert_eq!((pruned.removed.len(), pruned.bytes, pruned.failed.len()), (2, prune.bytes(), 0));
    let mut expected = vec![good, broken[1].clone(), broken[2].clone()];
    expected.sort();
    assert_eq!(shelf.left(), expected);
}

#[test]
fn whatever_protects_a_run_protects_it() {
    let mut shelf = Shelf::new("store-wishes");
    shelf.add(1, Outcome::Held);
    let [old, failed, new] =
        [(20, Outcome::Held), (21, Outcome::Broken), (5, Outcome::Held)].map(|(days, of)| shelf.add(days, of));
    let month = Span::seconds(10 * 86_400);
    let older = |keep_failed| Wish { older_than: Some(month), keep_failed, ..Wish::default() };
    assert_eq!(goes(&shelf.prune(older(true))), [old.clone()].as_slice());
    assert_eq!(goes(&shelf.prune(older(false))), [failed.clone(), old.clone()]);
    assert_eq!(goes(&shelf.prune(last(1))), [failed, old, new]);
    assert!(goes(&shelf.prune(Wish { keep_last: Some(1), older_than: Some(month), ..Wish::default() })).len() == 2);
    let other = Wish { scenarios: vec!["nightly".into()], ..last(0) };
    assert!(goes(&shelf.prune(other)).is_empty(), "of another scenario");
    assert!(goes(&shelf.prune(Wish::default())).is_empty(), "who asks for nothing gets nothing");
}

#[test]
fn a_run_that_is_being_written_stays_and_one_that_was_killed_may_go() {
    let mut shelf = Shelf::new("store-writing");
    shelf.add(1, Outcome::Held);
    let (writing, _) = shelf.begin(10);
    let (killed, _) = shelf.begin(11);
    let (killed_path, writing_path) = (killed.path().to_owned(), writing.path().to_owned());
    drop(killed);
    // The files were changed a moment ago, and the mark of the one that was killed is gone all the same.
    let soon = now();
    let prune = Store::read(&shelf.place, soon).unwrap().prune(&last(1), soon);
    let paths: Vec<&PathBuf> = prune.goes().map(|run| &run.path).collect();
    assert_eq!(paths, [&killed_path]);
    // Decided while it was locked or not: a last look is taken.
    drop(writing);
    let prune = Store::read(&shelf.place, soon).unwrap().prune(&last(1), soon);
    assert_eq!(prune.goes().count(), 2);
    let lock = fs::File::open(&writing_path).unwrap();
    lock.lock_shared().unwrap();
    let pruned = prune.remove();
    assert_eq!(pruned.removed, [killed_path]);
    assert!(pruned.failed[0].1.contains("in progress"), "{pruned:?}");
}

#[cfg(unix)]
#[test]
fn nothing_outside_and_nothing_foreign_is_touched() {
    let mut shelf = Shelf::new("store-foreign");
    let mut elsewhere = Shelf::new("store-elsewhere");
    let outside = elsewhere.add(50, Outcome::Held);
    let good = shelf.add(40, Outcome::Held);
    let old = shelf.add(30, Outcome::Broken);
    fs::create_dir(shelf.place.join("notes")).unwrap();
    fs::write(shelf.place.join("notes/precious.txt"), "mine").unwrap();
    fs::create_dir(shelf.place.join("damaged")).unwrap();
    fs::write(shelf.place.join("damaged/run.json"), "{").unwrap();
    std::os::unix::fs::symlink(elsewhere.place.join(&outside), shelf.place.join("a-link")).unwrap();
    // The link is read first in no order that matters: what it leads to is protected, not the link.
    std::os::unix::fs::symlink(shelf.place.join(&good), shelf.place.join("zz-latest")).unwrap();
    std::os::unix::fs::symlink(&elsewhere.place, shelf.place.join(&old).join("inside")).unwrap();
    let prune = shelf.prune(last(0));
    assert_eq!(goes(&prune).join(" "), old);
    let text = prune.to_terminal(Paint::new(false));
    for (name, why) in
        [("notes", "no such file"), ("damaged", "JSON"), ("a-link", "symbolic"), ("zz-latest", "symbolic")]
    {
        assert!(text.contains(name) && text.contains(why), "{name}: {text}");
    }
    assert!(prune.remove().failed.is_empty());
    assert_eq!(shelf.left(), ["a-link", "damaged", "notes", &good, "zz-latest"]);
    assert_eq!(elsewhere.left(), [outside], "links are not followed");
    // A folder that was swapped for a link between the decision and the deed stays.
    let (swapped, target) = (shelf.add(29, Outcome::Broken), shelf.place.join("notes"));
    let prune = shelf.prune(last(0));
    fs::rename(shelf.place.join(&swapped), shelf.place.join("moved")).unwrap();
    std::os::unix::fs::symlink(&target, shelf.place.join(&swapped)).unwrap();
    let pruned = prune.remove();
    assert!(pruned.removed.is_empty() && pruned.failed[0].1.contains("link"), "{pruned:?}");
    assert!(target.join("precious.txt").exists());
}

#[test]
fn a_list_has_a_row_a_run_and_is_a_document_for_programs() {
    let mut shelf = Shelf::new("store-list");
    shelf.add(3, Outcome::Held);
    shelf.add(2, Outcome::Invalid);
    let store = Store::read(&shelf.place, now()).unwrap();
    let text = store.to_terminal(Paint::new(false));
    assert!(text.contains("2026-06-27 00:00  weekday   0x1   model   held*"), "{text}");
    assert!(text.contains("inconclusive") && text.contains("2 runs in"), "{text}");
    for width in [60, 80] {
        let narrow = store.to_terminal(Paint::new(false).within(width));
        let rows = narrow.lines().filter(|line| line.starts_with("2026-")).map(|line| line.chars().count());
        assert!(rows.max().unwrap() <= width, "{narrow}");
    }
    let json: serde_json::Value = serde_json::from_str(&store.to_json()).unwrap();
    assert_eq!(json["runs"][0]["verdict"], "held");
    assert_eq!(json["runs"][0]["last_good"], true);
    let total: u64 = json["runs"].as_array().unwrap().iter().map(|run| run["bytes"].as_u64().unwrap()).sum();
    assert_eq!(json["bytes"], total);
    let decided: serde_json::Value = serde_json::from_str(&shelf.prune(last(0)).to_json(None)).unwrap();
    assert_eq!((&decided["dry_run"], &decided["goes"][0]["verdict"]), (&true.into(), &"invalid".into()));
    assert_eq!(decided["stays"][0]["why"], "last good run");
}
