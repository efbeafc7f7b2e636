//! The built command, as a shell calls it.
#![allow(dead_code)] // Every test file takes what it needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The command, without colours, in a folder where it may leave things.
pub fn fieldday() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fieldday"));
    command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1").current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Runs it with these words: exit code, stdout, stderr.
pub fn said(words: &[&str]) -> (i32, String, String) {
    told(&fieldday().args(words).output().unwrap())
}

/// What an ended command said.
pub fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// An empty place of a test's own.
pub fn room(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&room);
    fs::create_dir_all(&room).unwrap();
    room
}
