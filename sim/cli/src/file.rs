//! Files that are written again and again, to be gone on from.

use crate::failure::Failure;
use std::path::Path;

/// Writes a file that may be there already: beside its place, then renamed, so that a kill leaves the file before.
pub fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let beside = path.with_extension("part");
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|source| Failure::File { path: path.to_owned(), source })
}
