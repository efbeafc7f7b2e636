//! The folder of a search.

use crate::failure::Failure;
use crate::output;
use fieldday_capacity::journal::{Header, Journal};
use fieldday_capacity::level::Level;
use fieldday_capacity::report::Report;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Searches of one scenario and seed that may begin in the same second.
const NAMESAKES: u32 = 1_000;

pub struct Place {
    path: PathBuf,
    journal: Journal,
}

impl Place {
    /// Creates the folder of a search below `out` and begins its journal.
    pub fn create(out: &Path, header: &Header) -> Result<Place, Failure> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Failure::File { path, source }
        };
        fs::create_dir_all(out).map_err(failed(out))?;
        let stamp: String = header.began.to_string().chars().filter(|c| !"-:".contains(*c)).collect();
        let stamp = stamp.split('.').next().unwrap_or_default().trim_end_matches('Z');
        let name = format!("capacity-{}-{:#x}-{stamp}Z", header.scenario.name, header.seed);
        let mut path = out.join(&name);
        for namesake in 2..=NAMESAKES {
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && namesake < NAMESAKES => {
                    path = out.join(format!("{name}-{namesake}"));
                }
                made => {
                    made.map_err(failed(&path))?;
                    break;
                }
            }
        }
        let journal = Journal::create(&path, header).map_err(failed(&path))?;
        Ok(Place { path, journal })
    }
    /// The folder of an interrupted search, and what it measured.
    pub fn resume(folder: &Path, header: &Header) -> Result<(Place, Vec<Level>), Failure> {
        let (journal, read) = Journal::resume(folder, header)?;
        if read.was_cut {
            output::note("the last level in the journal is incomplete and is measured again");
        }
        Ok((Place { path: folder.to_owned(), journal }, read.levels))
    }
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Writes a level that was measured to the journal.
    pub fn add(&mut self, level: &Level) -> Result<(), Failure> {
        let path = self.journal.path().to_owned();
        self.journal.add(level).map_err(|source| Failure::File { path, source })
    }
    /// Writes the report in its forms, each beside its place and then renamed.
    pub fn put(&self, report: &Report) -> Result<(), Failure> {
        let forms =
            [("capacity.json", report.json()), ("capacity.md", report.markdown()), ("capacity.html", report.html())];
        for (name, text) in forms {
            let (place, beside) = (self.path.join(name), self.path.join(format!("{name}.part")));
            let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &place));
            written.map_err(|source| Failure::File { path: place, source })?;
        }
        Ok(())
    }
}
