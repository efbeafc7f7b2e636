//! Files that are written again and again, to be gone on from.

use crate::failure::Failure;
use std::path::Path;

/// Whether a file can be written there; it is left as it is, or not there.
pub fn can_be_written(path: &Path) -> Result<(), Failure> {
    let is_new = !path.exists();
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(path).map(drop);
    let tried = opened.and_then(|()| if is_new { std::fs::remove_file(path) } else { Ok(()) });
    tried.map_err(|source| Failure::File { path: path.to_owned(), source })
}

/// Writes a file that may be there already: beside its place, then renamed, so that a kill leaves the file before.
pub fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let beside = path.with_extension("part");
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|source| Failure::File { path: path.to_owned(), source })
}
