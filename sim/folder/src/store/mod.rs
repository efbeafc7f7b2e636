//! The run folders of a place such as `results/`, as things that take room: which there are, and which may go.
//!
//! Removing is the only thing in Field Day that destroys what somebody may want, so it is decided first, shown, and done
//! afterwards; and only what is surely a run's folder, surely not being written, and surely inside the place, goes.

mod list;
mod prune;

pub use prune::{Prune, PruneDecision, Pruned, Wish};

use crate::folder::{RunFile, Writing, writing};
use crate::nights::{Nights, Skipped};
use crate::reader::RunFolder;
use crate::summary::Outcome;
use fieldday_kernel::time::{Span, Time};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// An unfinished run in which nothing has changed for so long is over, where folders cannot be locked.
const UNDER_WAY: Span = Span::minutes(60);

/// A run folder, with the room that it takes.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The run folder.
    pub path: PathBuf,
    /// Its `run.json`.
    pub run: RunFile,
    /// What came of it; none of a run that was killed before it could say.
    pub outcome: Option<Outcome>,
    /// The room that the folder takes, in bytes.
    pub bytes: u64,
    /// Whether it is being written.
    pub is_under_way: bool,
    /// Whether it is the one that the next night of its kind is compared with.
    pub is_last_good: bool,
}

/// All runs of a place, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The folder that holds the run folders.
    pub place: PathBuf,
    /// The runs, the oldest first.
    pub runs: Vec<Stored>,
    /// Folders that are none, or are damaged.
    pub skipped: Vec<Skipped>,
}

impl Store {
    /// Reads a place. `now` is the machine's time.
    pub fn read(place: &Path, now: Time) -> io::Result<Store> {
        let all = Nights::read(place)?;
        // By where it really is: a link such as `latest` may lead to it.
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let good: Vec<PathBuf> = all.last_good_of_each().iter().map(|night| real(&night.path)).collect();
        let mut store = Store { place: place.to_owned(), ..Store::default() };
        for night in all.nights {
            store.add(night.path, night.run, Some(night.summary.verdict.outcome), now);
        }
        for skipped in all.skipped {
            match RunFolder::open(&skipped.path) {
                // Killed before it wrote a summary, or not that far yet.
                Ok(kept) if !kept.run.complete => store.add(skipped.path, kept.run, None, now),
                _ => store.skipped.push(skipped),
            }
        }
        store.runs.iter_mut().for_each(|run| run.is_last_good = good.contains(&real(&run.path)));
        store.runs.sort_by(|a, b| (a.run.started_at, &a.path).cmp(&(b.run.started_at, &b.path)));
        Ok(store)
    }
    fn add(&mut self, path: PathBuf, run: RunFile, outcome: Option<Outcome>, now: Time) {
        if is_link(&path) {
            let why = "it is a symbolic link".to_owned();
            return self.skipped.push(Skipped { path, why });
        }
        let (bytes, changed) = size(&path);
        // Where folders can be locked the mark alone decides: it goes with the process, however that ends.
        let may_be = || !run.complete && outcome.is_none() && now.since(changed) < UNDER_WAY;
        let is_under_way = match writing(&path) {
            Writing::Yes => true,
            Writing::No => false,
            Writing::Unknown => may_be(),
        };
        self.runs.push(Stored { path, run, outcome, bytes, is_under_way, is_last_good: false });
    }
}

impl Stored {
    /// The last part of the folder's path.
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
    /// The verdict in a word, as tables show it.
    pub fn verdict(&self) -> &'static str {
        match self.outcome {
            _ if self.is_under_way => "under way",
            Some(outcome) => outcome.as_str(),
            None => "killed",
        }
    }
}

pub(crate) fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_symlink())
}

/// What a folder takes with all that is in it, links not followed, and when something in it last changed. What cannot be
/// looked at counts as nothing.
fn size(path: &Path) -> (u64, Time) {
    let Ok(data) = fs::symlink_metadata(path) else { return (0, Time::default()) };
    let since = data.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let micros = since.and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or(0);
    let changed = Time::default() + Span::micros(micros);
    if !data.is_dir() {
        return (data.len(), changed);
    }
    let inside = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| size(&entry.path()));
    inside.fold((0, changed), |(bytes, latest), (more, at)| (bytes + more, latest.max(at)))
}
