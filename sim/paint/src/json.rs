//! Documents for programs.

use fieldday_kernel::text::printable_json;
use serde::Serialize;
use std::io;

/// A value as JSON for people and programs: indented, with a newline at its end, and without raw control characters.
pub fn json(value: &impl Serialize) -> io::Result<String> {
    Ok(printable_json(serde_json::to_string_pretty(value)?) + "\n")
}
