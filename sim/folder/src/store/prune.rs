//! Which runs go: decided by what is wished, shown, and only then done.

use super::list::{Row, SCHEMA, SkippedRow, head, row, skipped};
use super::{Store, Stored, is_link};
use crate::folder::{Writing, writing};
use crate::nights::TargetKind;
use crate::reader::RunFolder;
use crate::summary::Outcome;
use fieldday_kernel::time::{Span, Time};
use fieldday_paint::json;
use fieldday_paint::units::{bytes, counted};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, words};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What may go. What is protected by any of it stays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wish {
    /// The newest so many of each scenario and kind of target stay.
    pub keep_last: Option<usize>,
    /// What began later than so long ago stays.
    pub older_than: Option<Span>,
    /// What broke a rule or a limit stays.
    pub keep_failed: bool,
    /// Only runs of these scenarios go; of any if there are none.
    pub scenarios: Vec<String>,
}

/// Whether a run is to be removed.
#[derive(Clone, Debug)]
pub struct PruneDecision {
    /// The run that is decided on.
    pub run: Stored,
    /// The reason why it stays; none if it is removed.
    pub stays: Option<&'static str>,
}

/// What is decided of all runs of a place, the oldest first.
#[derive(Clone, Debug)]
pub struct Prune {
    /// One decision per run, the oldest first.
    pub decisions: Vec<PruneDecision>,
    store: Store,
}

/// The result of removing runs.
#[derive(Debug, Default)]
pub struct Pruned {
    /// The folders that were removed.
    pub removed: Vec<PathBuf>,
    /// The room that they took, in bytes.
    pub bytes: u64,
    /// Folders that are still there, and why.
    pub failed: Vec<(PathBuf, String)>,
}

impl Store {
    /// Decides which runs are removed; removes nothing yet.
    pub fn prune(self, wish: &Wish, now: Time) -> Prune {
        let mut newer: BTreeMap<(String, TargetKind), usize> = BTreeMap::new();
        let mut decisions: Vec<PruneDecision> = Vec::new();
        for run in self.runs.iter().rev() {
            let kind = (run.run.scenario.name.clone(), TargetKind::of(&run.run.target));
            let place = newer.entry(kind).or_default();
            let stays = stays(run, wish, *place, now);
            *place += 1;
            decisions.push(PruneDecision { run: run.clone(), stays });
        }
        decisions.reverse();
        Prune { decisions, store: self }
    }
}

/// Why a run stays that has so many newer ones of its kind.
fn stays(run: &Stored, wish: &Wish, newer: usize, now: Time) -> Option<&'static str> {
    let is_named = wish.scenarios.is_empty() || wish.scenarios.contains(&run.run.scenario.name);
    match () {
        () if run.is_under_way => Some("in progress"),
        () if run.is_last_good => Some("last good run"),
        () if !is_named => Some("another scenario"),
        () if wish.keep_failed && run.outcome == Some(Outcome::Broken) => Some("failed"),
        () if wish.keep_last.is_some_and(|last| newer < last) => Some("one of the newest"),
        () if wish.older_than.is_some_and(|age| now.since(run.run.started_at) < age) => Some("too recent"),
        () if wish.keep_last.is_none() && wish.older_than.is_none() => Some("not selected"),
        () => None,
    }
}

impl Prune {
    /// The runs that are removed.
    pub fn goes(&self) -> impl Iterator<Item = &Stored> {
        self.decisions.iter().filter(|decision| decision.stays.is_none()).map(|decision| &decision.run)
    }
    /// The size of the runs that are removed, in bytes.
    pub fn bytes(&self) -> u64 {
        self.goes().map(|run| run.bytes).sum()
    }
    /// `3 runs, 1.20 GB`
    pub fn total(&self) -> String {
        format!("{}, {}", counted(self.goes().count() as u64, "run", "runs"), bytes(self.bytes()))
    }

    /// Removes them, each after another look.
    pub fn remove(&self) -> Pruned {
        let mut pruned = Pruned::default();
        for run in self.goes() {
            let gone = may_go(&self.store.place, &run.path).and_then(|()| fs::remove_dir_all(&run.path));
            match gone {
                Ok(()) => {
                    pruned.bytes += run.bytes;
                    pruned.removed.push(run.path.clone());
                }
                Err(error) => pruned.failed.push((run.path.clone(), error.to_string())),
            }
        }
        pruned
    }

    /// The decisions as text for a terminal.
    pub fn to_terminal(&self, paint: Paint) -> String {
        let mut table = Table::default();
        table.row(head(&["", "when", "scenario", "seed", "target", "verdict", "size", ""]));
        for decision in &self.decisions {
            let (mark, why) = match decision.stays {
                None => (words("✗ remove").tone(Tone::Bad), String::new()),
                Some(why) => (words("  stays"), why.to_owned()),
            };
            let mut entries = vec![mark];
            entries.extend(row(&decision.run));
            entries.push(words(why).tone(Tone::Faint));
            table.row(entries);
        }
        let mut out = if self.decisions.is_empty() { String::new() } else { table.render_within(paint, 0, &[3, 4, 6]) };
        out.push_str(&skipped(&self.store.skipped, paint));
        out
    }
    /// What is decided and, if anything was, what was done, for programs.
    pub fn to_json(&self, done: Option<&Pruned>) -> String {
        let (goes, stays): (Vec<&PruneDecision>, Vec<&PruneDecision>) =
            self.decisions.iter().partition(|decision| decision.stays.is_none());
        let failed = done.into_iter().flat_map(|done| &done.failed);
        let told = Told {
            schema: SCHEMA,
            place: &self.store.place,
            dry_run: done.is_none(),
            goes: goes.iter().map(|decision| Row::from(&decision.run)).collect(),
            stays: stays
                .iter()
                .map(|decision| Stays { run: (&decision.run).into(), why: decision.stays.unwrap_or("") })
                .collect(),
            skipped: self.store.skipped.iter().map(SkippedRow::from).collect(),
            failed: failed.map(|(path, why)| Failed { path, why }).collect(),
            bytes: done.map_or(self.bytes(), |done| done.bytes),
        };
        // Plain data of strings and numbers: it cannot fail.
        json(&told).unwrap_or_default()
    }
}

/// A last look: the folder is no link, lies in the place itself, is still a run's, and nobody writes it.
fn may_go(place: &Path, path: &Path) -> io::Result<()> {
    let refused = |why: &str| Err(io::Error::other(why.to_owned()));
    if is_link(path) {
        return refused("it has become a symbolic link");
    }
    if fs::canonicalize(path)?.parent() != Some(&fs::canonicalize(place)?) {
        return refused("it no longer exists");
    }
    if RunFolder::open(path).is_err() {
        return refused("it is no longer a run folder");
    }
    if writing(path) == Writing::Yes {
        return refused("it is in progress");
    }
    Ok(())
}

/// What is decided, as JSON has it.
#[derive(Serialize)]
struct Told<'a> {
    schema: u32,
    place: &'a PathBuf,
    /// True if nothing was removed, because the user did not ask for it.
    dry_run: bool,
    goes: Vec<Row<'a>>,
    stays: Vec<Stays<'a>>,
    skipped: Vec<SkippedRow<'a>>,
    failed: Vec<Failed<'a>>,
    bytes: u64,
}

#[derive(Serialize)]
struct Stays<'a> {
    #[serde(flatten)]
    run: Row<'a>,
    why: &'static str,
}

#[derive(Serialize)]
struct Failed<'a> {
    path: &'a PathBuf,
    why: &'a str,
}
