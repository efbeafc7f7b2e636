//! What is said of a run, for people and for programs.
//!
//! The [`terminal`] shows a summary; [`ALL`] lists the documents of a run folder that are made of what is kept in it:
//! `report.html` (a [page]), `summary.md`, `junit.xml` and `metrics.prom`. They are written when a run ends, and again,
//! whenever somebody likes, by `fieldday report`. To add one: a line in [`ALL`].
//!
//! The rest is what other commands say: [`checked`] a history that was judged again, [`view`] a run under way, the
//! [`catalogue`] what can be judged and what can be broken, [`explored`], [`proof`] and [`live_proof`] what came of
//! many seeds and of every defect, in virtual time and over HTTP.

pub mod catalogue;
pub mod checked;
pub mod conform;
mod conformance;
pub mod explored;
mod facts;
mod first;
mod junit;
pub mod live_proof;
mod markdown;
pub mod metrics;
pub mod page;
pub mod proof;
mod sections;
mod shards;
mod tables;
mod target;
pub mod terminal;
pub mod view;

use fieldday_folder::series::SeriesFile;
use fieldday_folder::{Folder, FolderError, RunFile, RunFolder, Summary};
use fieldday_stories::sequences;
use page::{REPORT, Report};
use std::io;
use std::path::Path;

/// The files of a run folder that documents are made of.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The run folder.
    pub folder: &'a Path,
    /// The folder's `run.json`.
    pub run: &'a RunFile,
    /// The folder's `summary.json`.
    pub summary: &'a Summary,
    /// The folder's `series.json`; none if it has none.
    pub series: Option<&'a SeriesFile>,
}

/// Makes the text of a document, or says which file it could not read.
pub type Render = fn(&Source<'_>) -> io::Result<String>;

/// Every document, by the name of its file.
pub const ALL: &[(&str, Render)] = &[
    (REPORT, page),
    ("summary.md", markdown::render),
    ("junit.xml", junit::render),
    ("metrics.prom", metrics::render),
];

fn page(of: &Source<'_>) -> io::Result<String> {
    let stories = sequences::read(of.folder, of.summary);
    let report =
        Report { folder: Some(of.folder), summary: of.summary, run: of.run, series: of.series, stories: &stories };
    Ok(report.html())
}

/// Writes every document of a folder, over those that are there.
pub fn write(source: &Source<'_>) -> Result<(), FolderError> {
    ALL.iter().try_for_each(|(name, render)| {
        let written = render(source).and_then(|text| fieldday_folder::put(source.folder, name, text.as_bytes()));
        written.map_err(|error| FolderError { path: source.folder.join(name), source: error })
    })
}

/// Writes `series.json` of a run that ends, and the documents that are made of it, the summary, and `run.json` as it will be.
/// The history is closed by then: what happened before a rule was broken is read from it.
pub fn put(folder: &Folder, run: &RunFile, summary: &Summary, series: &SeriesFile) -> Result<(), FolderError> {
    folder.put_series(series)?;
    write(&Source { folder: folder.path(), run, summary, series: Some(series) })
}

/// Writes the documents that are made of a folder's `run.json`, a summary of it, and a series, over those that are there. A
/// series that was made anew is kept, too.
pub fn put_again(kept: &RunFolder, summary: &Summary, series: Option<&SeriesFile>) -> Result<(), FolderError> {
    series.map_or(Ok(()), |series| kept.keep_series(series))?;
    write(&Source { folder: &kept.path, run: &kept.run, summary, series })
}
