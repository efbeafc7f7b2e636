//! The folder of a run: `run.json`, `summary.json`, `latency.hlog`, `series.json`, `report.html` and, if it was recorded,
//! `history.jsonl.zst`.
//!
//! `run.json` comes first and says that the run is not complete; it is replaced as the last thing, once everything else
//! stands. Files that are written at once are written beside their place and renamed, so that no file is ever half there.
//! The history grows by whole frames and has an end line. So a kill at any moment leaves a folder that says what it is.

use crate::bounded;
use crate::hlog;
use crate::series::{SERIES, SeriesFile};
use crate::shard::{SHARD, ShardState};
use crate::summary::Summary;
use fieldday_engine::cell::CellOutcome;
use fieldday_history::file::{Header, HistoryError, Lines, Reader, Writer};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Span, Time};
use fieldday_paint::json;
use fieldday_plan::shard::Shard;
use fieldday_rules::Measures;
use fieldday_scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The version of the shape of `run.json`: a reader refuses another.
pub const RUN_SCHEMA: u32 = 1;
/// The file of the history.
pub const HISTORY: &str = "history.jsonl.zst";
/// The target of a virtual run.
pub const VIRTUAL: &str = "model";
/// Runs of one scenario and seed that may begin in the same second.
const NAMESAKES: u32 = 1_000;

/// The content of `run.json`: what is known before a run begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunFile {
    /// The version of this file's shape.
    pub schema: u32,
    /// Whether the run came to its end and everything in this folder was written.
    pub complete: bool,
    /// The version of Field Day.
    pub version: String,
    /// The target: `model`, `mock` or a URL.
    pub target: String,
    /// The seed in hexadecimal, such as `0x7`: JSON's numbers do not hold 64 bits.
    pub seed: String,
    /// The line that gives the same run again.
    pub reproduce: String,
    /// When it began, by the machine's clock.
    pub started_at: Time,
    /// When it ended, by the machine's clock; none while it runs, or if it was killed.
    pub ended_at: Option<Time>,
    /// Which part of the run this is, if it is one of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// From how many shards this run was merged, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_from: Option<u32>,
    /// Of a live run: when its window opened, by the protocol's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<Time>,
    /// The machine that ran it.
    pub host: Host,
    /// The scenario with everything that was left to its defaults.
    pub scenario: Scenario,
}

impl RunFile {
    /// Whether it ran on the virtual clock: its cells then stand in a history one after the other.
    pub fn is_virtual(&self) -> bool {
        self.target == VIRTUAL
    }
}

/// What a figure of speed depends on. No names of machines or people.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Host {
    /// The name that Rust has for the operating system, such as `linux`.
    pub os: String,
    /// The name that Rust has for the kind of processor, such as `x86_64`.
    pub arch: String,
    /// The processor's model, if the system tells.
    pub processor: Option<String>,
    /// How many of its threads may be used.
    pub cores: u64,
    /// How much memory there is, if the system tells.
    pub memory_bytes: Option<u64>,
    /// Whether this is an optimised build.
    pub optimised: bool,
    /// The kernel's release, if the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// How the processor's frequency is governed, if the system tells; virtual machines mostly do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governor: Option<String>,
}

/// A run folder that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {source}", path.display())]
pub struct FolderError {
    /// The file or folder that cannot be written.
    pub path: PathBuf,
    /// The operating system's reason.
    pub source: io::Error,
}

/// The folder of a run.
pub struct Folder {
    path: PathBuf,
    history: Option<Writer<File>>,
    /// Held as long as the folder is written, for whoever clears up.
    _lock: Option<File>,
}

/// Marks a folder as one that is being written; the system takes the mark away when the process ends, however it ends.
/// None where folders cannot be locked.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock_shared().ok()?;
    Some(file)
}

/// Whether somebody writes a run into a folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Writing {
    /// The file that marks it is locked.
    Yes,
    /// It could have been marked, and is not.
    No,
    /// Folders cannot be locked there.
    Unknown,
}

/// What a folder's mark tells.
pub(crate) fn writing(folder: &Path) -> Writing {
    match File::open(folder).map(|file| file.try_lock()) {
        // The lock goes with the file, at once.
        Ok(Ok(())) => Writing::No,
        Ok(Err(TryLockError::WouldBlock)) => Writing::Yes,
        Ok(Err(TryLockError::Error(_))) | Err(_) => Writing::Unknown,
    }
}

impl Folder {
    /// Makes a new folder in `out` (which is made too if need be), with a `run.json` that says that it is incomplete.
    pub fn create(out: &Path, run: &RunFile) -> Result<Folder, FolderError> {
        fs::create_dir_all(out).map_err(|source| FolderError { path: out.to_owned(), source })?;
        let stamp: String = run.started_at.to_string().chars().filter(|c| !"-:".contains(*c)).collect();
        let stamp = stamp.split('.').next().unwrap_or_default().trim_end_matches('Z');
        let shard = run.shard.map_or(String::new(), |shard| format!("-{}of{}", shard.index, shard.of));
        let name = format!("{}-{}-{stamp}Z{shard}", run.scenario.name, run.seed);
        let mut path = out.join(&name);
        for namesake in 2..=NAMESAKES {
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && namesake < NAMESAKES => {
                    path = out.join(format!("{name}-{namesake}"));
                }
                Err(source) => return Err(FolderError { path, source }),
                Ok(()) => break,
            }
        }
        Folder::begin(path, run)
    }
    /// Begins a run in the folder of this path, which is made if it is not there.
    pub fn create_at(path: &Path, run: &RunFile) -> Result<Folder, FolderError> {
        fs::create_dir_all(path).map_err(|source| FolderError { path: path.to_owned(), source })?;
        Folder::begin(path.to_owned(), run)
    }
    fn begin(path: PathBuf, run: &RunFile) -> Result<Folder, FolderError> {
        let folder = Folder { _lock: lock(&path), path, history: None };
        folder.put_json("run.json", &RunFile { complete: false, ..run.clone() })?;
        Ok(folder)
    }
    /// How far this machine's clock is ahead of the storage's, which stamps the file that is written for it; none if it
    /// stamps none.
    pub(crate) fn ahead_of_storage(&self, now: impl Fn() -> Time) -> Option<Span> {
        let path = self.path.join("clock.part");
        let before = now();
        let stamped = fs::write(&path, b"0").and_then(|()| fs::metadata(&path)?.modified());
        let after = now();
        // It is of no further use, wherever it was left.
        let _ = fs::remove_file(&path);
        let since_1970 = stamped.ok()?.duration_since(UNIX_EPOCH).ok()?;
        let stamped = Time::from_micros(i64::try_from(since_1970.as_micros()).ok()?);
        let half = Span::micros(after.since(before).as_micros() / 2);
        Some((before + half).since(stamped))
    }
    /// The path of the folder, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Creates the file of the history and writes its header.
    pub fn begin_history(&mut self, header: &Header) -> Result<(), FolderError> {
        let path = self.path.join(HISTORY);
        let file = File::create(&path).map_err(|source| FolderError { path, source })?;
        let writer = Writer::new(file, header).map_err(|source| self.failed(HISTORY, source))?;
        self.history = Some(writer);
        Ok(())
    }
    /// Adds the history of another folder as it stands. False if that was cut.
    pub fn append_history(&mut self, from: &Path) -> Result<bool, FolderError> {
        let Some(history) = &mut self.history else { return Ok(false) };
        let read = |source: HistoryError| FolderError { path: from.to_owned(), source: io::Error::other(source) };
        let file = bounded::open(from).map_err(|source| FolderError { path: from.to_owned(), source })?;
        let mut reader = Reader::new(file).map_err(read)?;
        history.append(&mut reader).map_err(read)
    }
    /// Adds a cell that kept its history. Cells come in the plan's order.
    pub fn add_cell(&mut self, cell: &CellOutcome) -> Result<(), FolderError> {
        let Some(frames) = &cell.history else { return Ok(()) };
        self.add(|history| history.frames(frames, cell.events))
    }
    /// Adds what the cells of a live run told since the last time.
    pub fn add_lines(&mut self, lines: Lines) -> Result<(), FolderError> {
        self.add(|history| history.lines(lines))
    }
    fn add(&mut self, what: impl FnOnce(&mut Writer<File>) -> io::Result<()>) -> Result<(), FolderError> {
        let Some(history) = &mut self.history else { return Ok(()) };
        let written = what(history);
        written.map_err(|source| self.failed(HISTORY, source))
    }
    /// Closes the history, with its end line if there is a fingerprint of the whole; without one it says that it was cut.
    pub fn end_history(&mut self, fingerprint: Option<Fingerprint>) -> Result<(), FolderError> {
        let Some(mut history) = self.history.take() else { return Ok(()) };
        let written = match fingerprint {
            Some(fingerprint) => history.finish(fingerprint).map(drop),
            None => history.flush(),
        };
        written.map_err(|source| self.failed(HISTORY, source))
    }

    /// Writes `latency.hlog`: a histogram of latencies for each endpoint.
    pub fn put_latencies(&self, measures: &Measures, start: Time, end: Time) -> Result<(), FolderError> {
        let mut text = Vec::new();
        let written = hlog::write(&mut text, measures, start, end);
        written.and_then(|()| self.put("latency.hlog", &text)).map_err(|source| self.failed("latency.hlog", source))
    }
    /// Writes `summary.json`, the result for programs.
    pub fn put_summary(&self, summary: &Summary) -> Result<(), FolderError> {
        self.put_json("summary.json", summary)
    }
    /// Writes `series.json`, the figures over the day.
    pub fn put_series(&self, series: &SeriesFile) -> Result<(), FolderError> {
        self.put(SERIES, series.to_json().as_bytes()).map_err(|source| self.failed(SERIES, source))
    }
    /// Replaces `run.json`: the last thing to be written.
    pub fn close(&self, run: &RunFile) -> Result<(), FolderError> {
        self.put_json("run.json", run)
    }

    /// Writes what the merge of a shard needs.
    pub fn put_shard(&self, state: &ShardState) -> Result<(), FolderError> {
        let written = crate::shard::state_bytes(state).and_then(|bytes| self.put(SHARD, &bytes));
        written.map_err(|source| self.failed(SHARD, source))
    }

    fn put_json(&self, name: &str, value: &impl Serialize) -> Result<(), FolderError> {
        let text = json(value).map_err(|error| self.failed(name, error))?;
        self.put(name, text.as_bytes()).map_err(|source| self.failed(name, source))
    }
    fn put(&self, name: &str, text: &[u8]) -> io::Result<()> {
        put(&self.path, name, text)
    }
    fn failed(&self, name: &str, source: io::Error) -> FolderError {
        FolderError { path: self.path.join(name), source }
    }
}

/// Writes a file of a folder: beside its place, then renamed.
pub fn put(folder: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    let (place, beside) = (folder.join(name), folder.join(format!("{name}.part")));
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, &place)).inspect_err(|_| {
        // What is half there helps nobody; if it cannot be removed, its name says what it is.
        let _ = fs::remove_file(&beside);
    })
}

impl Summary {
    /// The document of `summary.json`, and of the command line's `--format json`.
    pub fn to_json(&self) -> String {
        // Plain data of strings and numbers: it cannot fail.
        json(self).unwrap_or_default()
    }
}
