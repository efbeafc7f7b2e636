//! Levels as they were measured, so that an interrupted run goes on where it was.

use crate::callers::Callers;
use crate::case::Case;
use fieldday_capacity::level::Level;
use std::collections::VecDeque;
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The levels of one case, a line each, written when they were measured.
pub struct Kept {
    levels: VecDeque<Level>,
    path: PathBuf,
    file: File,
}

impl Kept {
    pub fn open(folder: &Path, case: &Case, level_s: f64) -> Result<Kept, Box<dyn Error + Send + Sync>> {
        std::fs::create_dir_all(folder)?;
        let name = format!("{}-p95-{}ms-{level_s}s.jsonl", case.name(), case.bound_s * 1e3);
        let path = folder.join(name.replace(['/', ' ', ','], "-"));
        let file = File::options().create(true).append(true).open(&path)?;
        let text = std::fs::read_to_string(&path)?;
        // A line that was cut is measured again, and is not in the way of the next one.
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        file.set_len(whole as u64)?;
        let levels = text[..whole].lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(Kept { levels, path, file })
    }
    /// The next level, if it was kept; or else it is measured.
    pub async fn level(
        &mut self,
        callers: &mut Callers,
        count: u64,
        for_s: f64,
    ) -> Result<Level, Box<dyn Error + Send + Sync>> {
        match self.levels.pop_front() {
            Some(kept) if kept.reps == count => {
                callers.skip();
                return Ok(kept);
            }
            Some(_) => return Err(format!("{}: of another search; remove it", self.path.display()).into()),
            None => {}
        }
        let level = callers.level(count, for_s).await?;
        writeln!(self.file, "{}", serde_json::to_string(&level)?)?;
        Ok(level)
    }
}
