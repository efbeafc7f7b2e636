//! Documents for programs.

use serde::Serialize;
use std::io;

/// A value as JSON for people and programs: indented, with a newline at its end.
pub fn json(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
