//! The documents of a run folder that are made of what is kept in it: written when a run ends, and again, whenever somebody
//! likes, by `fieldday report`.
//!
//! To add one: a line in [`ALL`].

mod junit;
mod markdown;
pub mod metrics;

use crate::folder::{FolderError, RunFile, put};
use crate::page::{REPORT, Report, stories};
use crate::series::SeriesFile;
use crate::summary::Summary;
use std::io;
use std::path::Path;

/// What documents are made of.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The run's folder.
    pub folder: &'a Path,
    /// Its `run.json`.
    pub run: &'a RunFile,
    /// Its `summary.json`.
    pub summary: &'a Summary,
    /// Its `series.json`; none if it left none.
    pub series: Option<&'a SeriesFile>,
}

/// Makes a document.
pub type Render = fn(&Source<'_>) -> io::Result<String>;

/// Every document, by the name of its file.
pub const ALL: &[(&str, Render)] = &[
    (REPORT, page),
    ("summary.md", markdown::render),
    ("junit.xml", junit::render),
    ("metrics.prom", metrics::render),
];

fn page(of: &Source<'_>) -> io::Result<String> {
    let stories = stories::read(of.folder, of.summary);
    Ok(Report { summary: of.summary, run: of.run, series: of.series, stories: &stories }.html())
}

/// Writes every document of a folder, over those that are there.
pub fn write(source: &Source<'_>) -> Result<(), FolderError> {
    ALL.iter().try_for_each(|(name, render)| {
        let written = render(source).and_then(|text| put(source.folder, name, text.as_bytes()));
        written.map_err(|error| FolderError { path: source.folder.join(name), source: error })
    })
}
