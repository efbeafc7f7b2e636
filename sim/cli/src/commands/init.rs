//! `fieldday init`: copies of the built-in scenarios, comments and all.

use crate::failure::Failure;
use crate::output;
use fieldday_scenario::Scenario;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

pub fn init(dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(|source| Failure::File { path: dir.to_owned(), source })?;
    for (name, text) in Scenario::init_copies() {
        let path = dir.join(name);
        let said = match write_new(&path, text) {
            Ok(()) => format!("wrote {}\n", path.display()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                format!("kept {}: it exists already\n", path.display())
            }
            Err(source) => return Err(Failure::File { path, source }),
        };
        output::print(&said)?;
    }
    Ok(())
}

/// Never over a file.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes()).inspect_err(|_| {
        // Half a copy would be left alone the next time.
        let _ = fs::remove_file(path);
    })
}
