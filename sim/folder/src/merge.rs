//! Folders of shards, put together into one run.
//!
//! [`Parts::find`] looks at every folder, or at those in a directory, and decides which of them are parts of one run; what is wrong with the others is
//! told, not guessed. [`Parts::merge`] then adds them up in the order of their cells, one at a time, so that memory does not grow
//! with their number.

use crate::build::Facts;
use crate::folder::{Folder, FolderError, HISTORY, RunFile};
use crate::reader::{RunFolder, RunFolderError};
use crate::shard::{SHARD, ShardState};
use crate::summary::{ShardLine, ShardsPart};
use fieldday_engine::run::RunOutcome;
use fieldday_kernel::time::Time;
use fieldday_plan::Plan;
use fieldday_plan::shard::Shard;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file that makes a folder a run's.
const RUN: &str = "run.json";
/// Missing shards that are named one by one; of more, their number is told.
const NAMED: usize = 20;

/// Folders of which no run can be made.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// It is no run folder, or a damaged one.
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    /// No folder in the directory is a shard's.
    #[error("{}: no run folder of a shard is in it", path.display())]
    NoShards {
        /// The directory that was searched.
        path: PathBuf,
    },
    /// The folder holds a whole run.
    #[error("{}: it holds {what}, not a shard", path.display())]
    NotAShard {
        /// The run folder that is no shard.
        path: PathBuf,
        /// What it holds instead, in a few words.
        what: String,
    },
    /// No folder can be used.
    #[error("none of these folders can be merged: {}", problems.join("; "))]
    Nothing {
        /// What is wrong with the folders, a sentence each.
        problems: Vec<String>,
    },
    /// A folder for the result that holds something.
    #[error("{} is not empty", path.display())]
    NotEmpty {
        /// The folder that was to take the result.
        path: PathBuf,
    },
    /// A shard whose measurements cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file that cannot be read.
        path: PathBuf,
        /// The operating system's reason, or what is wrong with the content.
        source: io::Error,
    },
}

#[derive(Clone, Debug)]
struct Part {
    shard: Shard,
    folder: RunFolder,
    /// What is equal in all shards of a run, as a text.
    key: String,
}

/// The folders that are parts of one run.
#[derive(Debug)]
pub struct Parts {
    /// What they all say of the run, as the first of them has it.
    pub run: RunFile,
    /// The seed that all of them share.
    pub seed: u64,
    /// What keeps the result from being that of the whole run.
    pub problems: Vec<String>,
    /// What is worth saying and changes nothing.
    pub notes: Vec<String>,
    /// When the first shard began, by its machine's clock.
    pub started_at: Time,
    /// When the last one ended; none if none ended by itself.
    pub ended_at: Option<Time>,
    of: u32,
    parts: BTreeMap<u32, Part>,
}

/// The result of all shards together.
pub struct Merged {
    /// The findings and measures, as of a run that was not sharded.
    pub outcome: RunOutcome,
    /// The command line and the machine's figures; the history is still missing.
    pub facts: Facts,
    /// The histories of the shards in their order; none unless each shard has the whole of its own.
    pub histories: Option<Vec<PathBuf>>,
}

impl Parts {
    /// Looks at run folders, and at those in directories that are none. The run is that which most of them are parts of.
    pub fn find(named: &[PathBuf]) -> Result<Parts, MergeError> {
        let mut found = Vec::new();
        for path in named {
            if path.is_dir() && !path.join(RUN).exists() {
                let inside = parts_in(path);
                if inside.is_empty() {
                    return Err(MergeError::NoShards { path: path.clone() });
                }
                found.extend(inside);
                continue;
            }
            let folder = RunFolder::open(path)?;
            let what = match folder.run.merged_from {
                Some(of) => format!("a run that was merged from {of} shards already"),
                None => "a whole run".to_owned(),
            };
            found.push(Part::of(folder).ok_or_else(|| MergeError::NotAShard { path: path.clone(), what })?);
        }
        // One that came to its end goes before one that was interrupted and run again.
        found.sort_by_key(|part| !part.folder.run.complete);
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        found.iter().for_each(|part| *votes.entry(&part.key).or_default() += 1);
        let Some(model) = found.iter().rev().max_by_key(|part| votes[part.key.as_str()]).cloned() else {
            return Err(MergeError::Nothing { problems: vec!["none was given".to_owned()] });
        };
        let mut parts = Parts {
            run: model.folder.run.clone(),
            seed: model.folder.seed,
            problems: Vec::new(),
            notes: Vec::new(),
            started_at: model.folder.run.started_at,
            ended_at: None,
            of: model.shard.of,
            parts: BTreeMap::new(),
        };
        let mut unusable: BTreeMap<u32, String> = BTreeMap::new();
        for part in found {
            if part.key != model.key {
                let difference = difference(&part, &model);
                let (path, shard) = (part.folder.path.display(), part.shard);
                parts.problems.push(format!("{path}, shard {shard}, is left out: it is of another run ({difference})"));
            } else if let Some(why) = part.unusable() {
                let path = part.folder.path.display();
                unusable.entry(part.shard.index).or_insert_with(|| format!("{path} {why}"));
            } else {
                parts.add(part);
            }
        }
        parts.name_missing(unusable);
        if parts.parts.is_empty() {
            return Err(MergeError::Nothing { problems: parts.problems });
        }
        let runs = || parts.parts.values().map(|part| &part.folder.run);
        parts.started_at = runs().map(|run| run.started_at).min().unwrap_or(parts.started_at);
        parts.ended_at = runs().filter_map(|run| run.ended_at).max();
        Ok(parts)
    }
    /// The number of shards that the run was divided into.
    pub fn of(&self) -> u32 {
        self.of
    }
    /// The number of shards that are merged.
    pub fn merged(&self) -> usize {
        self.parts.len()
    }
    /// A shard that stands twice counts once.
    fn add(&mut self, part: Part) {
        let Some(first) = self.parts.get(&part.shard.index) else {
            self.parts.insert(part.shard.index, part);
            return;
        };
        let (shard, kept, left) = (part.shard, first.folder.path.display(), part.folder.path.display());
        let is_same = self.run.is_virtual() && first.folder.fingerprint == part.folder.fingerprint;
        if first.folder.run.complete && !part.folder.run.complete {
            self.notes.push(format!("shard {shard} was interrupted, and ran again: {left} is left out"));
        } else if is_same {
            self.notes.push(format!("shard {shard} stands twice with the same events: {left} is left out"));
        } else {
            self.problems.push(format!("shard {shard} stands twice: {kept} is merged, {left} is left out"));
        }
    }
    /// Names the shards of which there is no folder that can be used. One that was killed and run again is not among them.
    fn name_missing(&mut self, mut unusable: BTreeMap<u32, String>) {
        let mut missing = Vec::new();
        for index in 0..self.of {
            match (self.parts.contains_key(&index), unusable.remove(&index)) {
                (true, Some(why)) => {
                    self.notes.push(format!("shard {index}/{}: {why}; another folder has it", self.of))
                }
                (false, Some(why)) => self.problems.push(format!("shard {index}/{} is missing: {why}", self.of)),
                (false, None) => missing.push(index.to_string()),
                (true, None) => {}
            }
        }
        if let [only] = missing.as_slice() {
            self.problems.push(format!("shard {only}/{} is missing: no folder has it", self.of));
        } else if !missing.is_empty() {
            let more = missing.len().saturating_sub(NAMED);
            let named = missing[..missing.len() - more].join(", ");
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.problems.push(format!("shards {named}{more} of {} are missing: no folder has them", self.of));
        }
    }
    /// Adds them up. `plan` is that of the whole run; `on_part` is told each shard before it is read.
    pub fn merge(self, plan: &Plan, partial: bool, mut on_part: impl FnMut(Shard)) -> Result<Merged, MergeError> {
        let mut outcome = RunOutcome::nothing(0, true);
        let mut facts = Facts::default();
        let mut lines = Vec::new();
        let (mut problems, mut histories) = (self.problems, Some(Vec::new()));
        for (index, part) in self.parts {
            on_part(part.shard);
            let path = part.folder.path.join(SHARD);
            let state =
                ShardState::read(&part.folder.path).map_err(|source| MergeError::Unreadable { path, source })?;
            let summary = part.folder.summary()?;
            lines.push(line(index, &state, summary.map(|summary| summary.verdict.outcome)));
            let ShardState { shard, facts: of_part, outcome: mut found, .. } = state;
            if !found.complete && of_part.budget.is_none() {
                let (ran, planned) = (found.cells, found.cells_planned);
                problems.push(format!("shard {shard} was interrupted; {ran} of its {planned} cells had begun"));
                found.complete = true;
            }
            let is_whole = of_part.history.as_ref().is_some_and(|history| history.only_cells.is_none());
            histories = histories.filter(|_| is_whole);
            histories.iter_mut().for_each(|all| all.push(part.folder.path.join(HISTORY)));
            add(&mut facts, of_part, shard);
            outcome.merge(found);
        }
        outcome.cells_planned = plan.cells();
        // Shards that ran one after the other took as long together.
        let spanned = self.ended_at.map_or(0.0, |ended| ended.since(self.started_at).as_micros() as f64 / 1e6);
        facts.wall_s = facts.wall_s.max(spanned);
        facts.shards = Some(ShardsPart { of: self.of.into(), merged: lines, problems, partial });
        Ok(Merged { outcome, facts, histories })
    }
}

/// The shards in a directory, such as that of a job's results; other runs in it are left alone.
fn parts_in(directory: &Path) -> Vec<Part> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.join(RUN).is_file()).collect();
    folders.sort();
    folders.iter().filter_map(|path| Part::of(RunFolder::open(path).ok()?)).collect()
}

impl Part {
    /// The part that a folder holds; none if it holds a whole run.
    fn of(folder: RunFolder) -> Option<Part> {
        let shard = folder.run.shard?;
        Some(Part { shard, key: key(&folder.run, shard), folder })
    }
    /// Why it cannot be merged; none if it can.
    fn unusable(&self) -> Option<String> {
        // One that was interrupted says that it is incomplete, and has its measurements all the same.
        if self.folder.path.join(SHARD).is_file() && self.folder.path.join("summary.json").is_file() {
            return None;
        }
        Some("was killed, or is still being written".to_owned())
    }
}

/// What is the same in all shards of a run, and in no shard of another.
fn key(run: &RunFile, shard: Shard) -> String {
    let scenario = serde_json::to_string(&run.scenario).unwrap_or_default();
    [&run.version, &run.seed, &run.target, &shard.of.to_string(), &scenario].map(String::as_str).join("\n")
}

/// In what two shards' runs differ.
fn difference(one: &Part, other: &Part) -> String {
    let (a, b) = (&one.folder.run, &other.folder.run);
    let (shards, of) = (one.shard.of.to_string(), other.shard.of.to_string());
    let parts = [
        ("version", &a.version, &b.version),
        ("scenario", &a.scenario.name, &b.scenario.name),
        ("seed", &a.seed, &b.seed),
        ("target", &a.target, &b.target),
        ("number of shards", &shards, &of),
    ];
    let differing = parts.into_iter().find(|(_, one, other)| one != other);
    differing.map_or("another scenario, or other options".to_owned(), |(what, one, other)| {
        format!("{what} {one}, where the others have {other}")
    })
}

fn line(index: u32, state: &ShardState, outcome: Option<crate::Outcome>) -> ShardLine {
    ShardLine {
        shard: index.into(),
        outcome,
        cells: state.outcome.cells.into(),
        requests: state.outcome.requests,
        wall_s: state.facts.wall_s,
        ahead_of_storage_us: state.ahead_of_storage_us,
        ahead_of_target_us: state.ahead_of_target_us,
    }
}

/// Adds what a shard knew. The run took as long as the longest at least, and its processes need as much memory as the largest.
fn add(facts: &mut Facts, part: Facts, shard: Shard) {
    if facts.recipe.scenario.is_empty() {
        facts.recipe = part.recipe;
        facts.recipe.shard = None;
    }
    facts.threads += part.threads;
    facts.wall_s = facts.wall_s.max(part.wall_s);
    facts.cpu_s = facts.cpu_s.into_iter().chain(part.cpu_s).reduce(|sum, more| sum + more);
    facts.peak_memory_bytes = facts.peak_memory_bytes.max(part.peak_memory_bytes);
    facts.target = facts.target.take().or(part.target);
    facts.live_us = facts.live_us.max(part.live_us);
    facts.generator.extend(part.generator.into_iter().map(|trouble| format!("shard {shard}: {trouble}")));
    let budget = part.budget.map(|why| format!("shard {shard}: {why}"));
    facts.budget = facts.budget.take().or(budget);
    facts.clocks.extend(part.clocks);
    facts.contract.merge(&part.contract);
    facts.untried.extend(part.untried);
    // All shards scrape the same exporters.
    facts.metrics = facts.metrics.take().or(part.metrics);
    // One that differed decides; otherwise the first says what was compared.
    if let Some(verification) = part.verification
        && (facts.verification.is_none() || !verification.agreed)
    {
        facts.verification = Some(verification);
    }
}

impl Folder {
    /// Adds the histories of all shards, in their order. False if one of them was cut.
    pub fn append_histories(&mut self, histories: &[impl AsRef<Path>]) -> Result<bool, FolderError> {
        let mut is_whole = true;
        for history in histories {
            is_whole &= self.append_history(history.as_ref())?;
        }
        Ok(is_whole)
    }
}
