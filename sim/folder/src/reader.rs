//! A run folder, read again: what was run, and what is kept of it to compare with. But for the documents
//! that are made of the rest, nothing in it is ever changed.

use crate::bounded;
use crate::folder::{FolderError, HISTORY, RUN_SCHEMA, RunFile, put};
use crate::series::{SERIES, SERIES_SCHEMA, SeriesFile};
use crate::summary::{SCHEMA, Summary};
use fieldday_engine::replay::Replayed;
use fieldday_history::file::{HistoryError, HistoryLine, Reader};
use serde::Deserialize;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The run folder of an earlier run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    /// The path of the folder, as it was given.
    pub path: PathBuf,
    /// Its `run.json`.
    pub run: RunFile,
    /// The seed that `run.json` has in hexadecimal.
    pub seed: u64,
    /// The fingerprint of the whole run; none if it did not come to its end.
    pub fingerprint: Option<String>,
}

/// A folder from which nothing can be replayed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", file.display())]
pub struct RunFolderError {
    /// The file that is wrong.
    pub file: PathBuf,
    /// What is wrong with it, and what was expected.
    pub problem: String,
    /// What the user can do about it, in a sentence.
    pub hint: String,
}

/// Whether a cell that was replayed has the events that the history recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Compared {
    /// The folder has no history.
    NoHistory,
    /// The history does not tell of this cell.
    NotRecorded,
    /// All events are the same as the recorded ones.
    Same,
    /// The interrupted run's record ends after so many events; up to there they are the same.
    SameUntilCut(u64),
    /// An event differs from the recorded one.
    Differs {
        /// The number of the event in the cell's stream, from 0.
        number: u64,
        /// The event as it was recorded, as JSON; none if the record ends before.
        recorded: Option<String>,
        /// The event of the replay, as JSON; none if the day ends before.
        lived: Option<String>,
    },
}

/// Only what is asked of a `summary.json`: a later one may say more.
#[derive(Deserialize)]
struct Outline {
    complete: bool,
    fingerprint: String,
}

/// Which shape a document has.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

impl RunFolder {
    /// Reads `run.json`, and of `summary.json` the fingerprint.
    pub fn open(path: &Path) -> Result<RunFolder, RunFolderError> {
        let file = path.join("run.json");
        let wrong = |problem: String, hint: &str| RunFolderError { file: file.clone(), problem, hint: hint.to_owned() };
        let folder = "give a folder that `fieldday run` created, for example one in results/";
        let text = bounded::text(&file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => wrong("no such file, so this is not a run folder".to_owned(), folder),
            _ => wrong(format!("it cannot be read: {error}"), folder),
        })?;
        let value: serde_json::Value = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("expected the JSON that `fieldday run` writes: {error}"), folder))?;
        match value.get("schema").and_then(serde_json::Value::as_u64) {
            Some(schema) if schema == u64::from(RUN_SCHEMA) => {}
            Some(schema) => {
                let hint = "replay it with the version of Field Day that wrote it";
                return Err(wrong(format!("it has schema {schema}; this version reads schema {RUN_SCHEMA}"), hint));
            }
            None => return Err(wrong(format!("expected a `schema` of {RUN_SCHEMA}, found none"), folder)),
        }
        let run: RunFile = serde_json::from_value(value)
            .map_err(|error| wrong(format!("it is not what `fieldday run` writes: {error}"), folder))?;
        let digits = run.seed.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let seed = digits.ok_or_else(|| {
            wrong(format!("`seed`: expected a number such as \"0x5eed\", not {:?}", run.seed), folder)
        })?;
        if let Some(problem) = run.scenario.first_problem() {
            return Err(wrong(format!("no plan can be made of its scenario: {problem}"), folder));
        }
        Ok(RunFolder { path: path.to_owned(), fingerprint: fingerprint(path, run.complete)?, run, seed })
    }

    /// What is wrong with a file of the folder.
    pub(crate) fn wrong(&self, file: &str, problem: String, hint: &str) -> RunFolderError {
        RunFolderError { file: self.path.join(file), problem, hint: hint.to_owned() }
    }
    /// The text of `summary.json`; none if the folder has none.
    pub(crate) fn summary_text(&self) -> Result<Option<String>, RunFolderError> {
        match bounded::text(&self.path.join("summary.json")) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.wrong("summary.json", format!("it cannot be read: {error}"), "make it readable")),
        }
    }
    /// The summary that the run left; none if it was killed before it wrote one.
    pub fn summary(&self) -> Result<Option<Summary>, RunFolderError> {
        let Some(text) = self.summary_text()? else { return Ok(None) };
        let wrong = |problem: String| {
            let hint = "use the version of Field Day that wrote it, or `fieldday check`";
            self.wrong("summary.json", problem, hint)
        };
        let version: Version = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("expected the summary that `fieldday run` writes: {error}")))?;
        if version.schema != SCHEMA {
            return Err(wrong(format!("it has schema {}; this version reads schema {SCHEMA}", version.schema)));
        }
        let read = serde_json::from_str(&text);
        read.map(Some).map_err(|error| wrong(format!("it has something that this version does not know: {error}")))
    }

    /// The series that the run left; none if it left none.
    pub fn series(&self) -> Result<Option<SeriesFile>, RunFolderError> {
        let text = match bounded::text(&self.path.join(SERIES)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.wrong(SERIES, format!("it cannot be read: {error}"), "make it readable")),
        };
        let wrong = |problem: String| {
            let hint = "move it out of the folder; the series is then computed from the history, if that is complete";
            self.wrong(SERIES, problem, hint)
        };
        let version: Version = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("expected the series that `fieldday run` writes: {error}")))?;
        if version.schema != SERIES_SCHEMA {
            return Err(wrong(format!("it has schema {}; this version reads schema {SERIES_SCHEMA}", version.schema)));
        }
        let read = serde_json::from_str(&text);
        read.map(Some).map_err(|error| wrong(format!("it has something that this version does not know: {error}")))
    }
    /// Keeps a series that was made anew, if there is none: a live run's places are moved otherwise each time one is made.
    pub fn keep_series(&self, series: &SeriesFile) -> Result<(), FolderError> {
        let place = self.path.join(SERIES);
        if place.exists() {
            return Ok(());
        }
        let written = put(&self.path, SERIES, series.to_json().as_bytes());
        written.map_err(|source| FolderError { path: place, source })
    }

    /// Compares a cell that was lived again with the recorded history, if there is one.
    pub fn compare(&self, day: &Replayed) -> Result<Compared, RunFolderError> {
        let path = self.path.join(HISTORY);
        let wrong = |problem: String| RunFolderError {
            file: path.clone(),
            problem,
            hint: "move the history out of the folder to replay without comparing with it".to_owned(),
        };
        let file = match bounded::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Compared::NoHistory),
            Err(error) => return Err(wrong(format!("it cannot be read: {error}"))),
        };
        let length = file.metadata().map_or(0, |data| data.len());
        let mut reader = match Reader::new(file) {
            Ok(reader) => reader,
            Err(error) if !self.run.complete && was_cut(&error, length) => return Ok(Compared::SameUntilCut(0)),
            Err(error) => return Err(wrong(format!("expected a history of this run: {error}"))),
        };
        let (of, seed) = (&reader.header.scenario, reader.header.seed);
        if *of != self.run.scenario.name || seed != self.seed {
            let (name, ours) = (&self.run.scenario.name, self.seed);
            return Err(wrong(format!(
                "it is the history of another run: {of}, seed {seed:#x}, not {name}, seed {ours:#x}"
            )));
        }
        let read = compare_events(&mut reader, day).map_err(|error| wrong(error.to_string()))?;
        if !read.whole && self.run.complete {
            return Err(wrong("it is truncated: the closing line is missing".to_owned()));
        }
        Ok(read.compared)
    }
}

/// What came of reading a history.
struct Read {
    compared: Compared,
    /// Whether its end line is there.
    whole: bool,
}

/// A line of JSON that is no event begins with one of these.
const CELL: &str = "{\"cell\":";
const END: &str = "{\"end\":";

/// Private values stand in a history as tokens, so that events are compared in the form in which they are written.
fn compare_events(reader: &mut Reader<File>, day: &Replayed) -> Result<Read, HistoryError> {
    let (mut inside, mut number, mut whole) = (false, 0, false);
    let mut compared = None;
    while let Some(text) = reader.text()? {
        whole = text.starts_with(END);
        if whole || text.starts_with(CELL) {
            if inside && compared.is_none() && number < day.events.len() {
                compared = Some(Compared::Differs { number: number as u64, recorded: None, lived: lived(day, number) });
            }
            compared = compared.or(inside.then_some(Compared::Same));
            let begins = !whole && matches!(reader.parse(&text)?, HistoryLine::Cell { cell, .. } if cell == day.cell);
            inside = begins && compared.is_none();
        } else if inside && compared.is_none() {
            let now = lived(day, number);
            if now.as_ref() != Some(&text) {
                reader.parse(&text)?;
                compared = Some(Compared::Differs { number: number as u64, recorded: Some(text), lived: now });
            }
            number += 1;
        }
    }
    let open = if inside { Compared::SameUntilCut(number as u64) } else { Compared::NotRecorded };
    Ok(Read { compared: compared.unwrap_or(open), whole })
}

fn lived(day: &Replayed, number: usize) -> Option<String> {
    day.events.get(number).and_then(|event| serde_json::to_string(event).ok())
}

/// Whether a history could not be opened because nothing of it, or only half a frame, had been written.
pub(crate) fn was_cut(error: &HistoryError, length: u64) -> bool {
    length == 0 || matches!(error, HistoryError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof)
}

/// The fingerprint in `summary.json`. It may be missing only where the run did not come to its end.
fn fingerprint(path: &Path, complete: bool) -> Result<Option<String>, RunFolderError> {
    let file = path.join("summary.json");
    let wrong = |problem: String| RunFolderError {
        file: file.clone(),
        problem,
        hint: "the folder is damaged; the `reproduce` line of its run.json repeats the run".to_owned(),
    };
    let text = match bounded::text(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !complete => return Ok(None),
        Err(error) => return Err(wrong(format!("the run is complete, but this file cannot be read: {error}"))),
    };
    let outline: Outline = serde_json::from_str(&text)
        .map_err(|error| wrong(format!("expected the summary that `fieldday run` writes: {error}")))?;
    Ok((outline.complete && complete).then_some(outline.fingerprint))
}
