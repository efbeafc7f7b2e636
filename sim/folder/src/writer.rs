//! What keeps a run in its folder as it goes, on both clocks. If the folder fails on the way, the run goes on without it, and
//! what was lost is told at its end.

use crate::build::Facts;
use crate::folder::{Folder, FolderError, HISTORY, RunFile};
use crate::shard::{SHARD_SCHEMA, ShardState};
use crate::summary::{HistoryPart, Summary};
use fieldday_engine::cell::CellOutcome;
use fieldday_engine::run::RunOutcome;
use fieldday_history::file::{FORMAT, Header, Lines};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::Plan;
use fieldday_rules::Measures;
use std::path::{Path, PathBuf};

/// The writer of a run's folder.
pub struct RunFolderWriter {
    run: RunFile,
    folder: Option<Folder>,
    lost: Option<FolderError>,
}

/// Where a run's folder is, and whether it is complete.
#[derive(Debug, Default)]
pub struct RunFolderOutcome {
    /// The path of the folder; none if none was wanted.
    pub path: Option<String>,
    /// Why something could not be written; none if everything was.
    pub lost: Option<FolderError>,
}

impl RunFolderWriter {
    /// Makes a folder in `out`, or none if that is none, and begins the history of a plan's run if one is wanted. Nothing can
    /// be lost yet, so a failure ends it here.
    pub fn new(out: Option<&Path>, run: RunFile, history: Option<&Plan>) -> Result<RunFolderWriter, FolderError> {
        let folder = out.map(|out| Folder::create(out, &run)).transpose()?;
        let mut keeper = RunFolderWriter { run, folder, lost: None };
        history.and_then(|plan| keeper.begin_history(plan));
        keeper.lost.take().map_or(Ok(keeper), Err)
    }
    /// Makes the folder of this path, which is new or empty.
    pub fn at(path: &Path, run: RunFile) -> Result<RunFolderWriter, FolderError> {
        let folder = Some(Folder::create_at(path, &run)?);
        Ok(RunFolderWriter { run, folder, lost: None })
    }
    /// What is known of the run, in place of what was known when it began.
    pub fn set_run(&mut self, run: RunFile) {
        self.run = run;
    }
    /// The current content of `run.json`.
    pub fn run(&self) -> &RunFile {
        &self.run
    }
    /// Begins the history of a plan's run.
    pub fn begin_history(&mut self, plan: &Plan) -> Option<()> {
        self.attempt(|folder| {
            folder.begin_history(&Header {
                fieldday_history: FORMAT,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                scenario: plan.scenario().name.clone(),
                seed: plan.seed(),
                start: plan.start(),
            })
        })
    }
    /// Adds a cell that kept its history. Cells come in the plan's order.
    pub fn add_cell(&mut self, cell: &CellOutcome) -> Option<()> {
        self.attempt(|folder| folder.add_cell(cell))
    }
    /// Adds what the cells of a live run told since the last time.
    pub fn add_lines(&mut self, lines: Lines) -> Option<()> {
        self.attempt(|folder| folder.add_lines(lines))
    }
    /// Adds the histories of other folders, one after the other. False if one of them was cut.
    pub fn append_histories(&mut self, histories: &[PathBuf]) -> Option<bool> {
        let mut is_whole = false;
        self.attempt(|folder| folder.append_histories(histories).map(|whole| is_whole = whole))?;
        Some(is_whole)
    }
    /// Writes what the merge needs, if this is a shard. `now` is this machine's clock, `ahead_of_target` how far that is ahead of
    /// the target's.
    pub fn keep_shard(
        &mut self,
        facts: &Facts,
        outcome: &RunOutcome,
        now: impl Fn() -> Time,
        ahead_of_target: Option<Span>,
    ) {
        let Some(shard) = self.run.shard else { return };
        self.attempt(|folder| {
            folder.put_shard(&ShardState {
                schema: SHARD_SCHEMA,
                shard,
                facts: facts.clone(),
                outcome: outcome.clone(),
                ahead_of_target_us: ahead_of_target.map(Span::as_micros),
                ahead_of_storage_us: folder.ahead_of_storage(now).map(Span::as_micros),
            })
        });
    }
    /// Closes the history, with the fingerprint of all that is in it if nothing was cut. None if there is none.
    pub fn end_history(
        &mut self,
        whole: Option<Fingerprint>,
        only_cells: Option<Vec<String>>,
        why: &str,
    ) -> Option<HistoryPart> {
        self.attempt(|folder| folder.end_history(whole))?;
        Some(HistoryPart { file: HISTORY.to_owned(), only_cells, why: why.to_owned() })
    }
    /// Writes the rest, with the documents that `documents` writes, and says last of all that the folder is complete.
    pub fn close(
        mut self,
        summary: &Summary,
        measures: &Measures,
        plan: &Plan,
        ended_at: Time,
        documents: impl FnOnce(&Folder, &RunFile, &Summary) -> Result<(), FolderError>,
    ) -> RunFolderOutcome {
        let path = self.folder.as_ref().map(|folder| folder.path().display().to_string());
        // A folder that lost its history still takes the figures, if it can.
        let lost = self.lost.take();
        self.attempt(|folder| folder.put_latencies(measures, plan.start(), plan.end()));
        self.attempt(|folder| folder.put_summary(summary));
        let run = RunFile { complete: summary.complete, ended_at: Some(ended_at), ..self.run.clone() };
        self.attempt(|folder| documents(folder, &run, summary));
        if lost.is_none() {
            self.attempt(|folder| folder.close(&run));
        }
        RunFolderOutcome { path, lost: lost.or(self.lost) }
    }

    /// Does something to the folder, if there is one that did not fail yet.
    fn attempt(&mut self, what: impl FnOnce(&mut Folder) -> Result<(), FolderError>) -> Option<()> {
        let folder = self.folder.as_mut().filter(|_| self.lost.is_none())?;
        what(folder).map_err(|error| self.lost = Some(error)).ok()
    }
}
