//! A packed run (`fieldday results pack`) in the place of a run folder: every argument that takes a folder is read by these,
//! which unpack it beside the file, once.

use fieldday_folder::pack;
use std::path::{Path, PathBuf};

/// The folder at a path; a packed run is unpacked beside its file first.
pub fn path(text: &str) -> Result<PathBuf, String> {
    name(text).map(PathBuf::from)
}

/// The folder or the scenario's name that an argument means.
pub fn name(text: &str) -> Result<String, String> {
    if !pack::is_packed(Path::new(text)) {
        return Ok(text.to_owned());
    }
    let folder = pack::unpack(Path::new(text)).map_err(|error| error.to_string())?;
    Ok(folder.to_string_lossy().into_owned())
}
