//! The built command, as a shell calls it.
#![allow(dead_code)] // Every test file takes what it needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A part of a scenario: the machine may be as slow as it likes, and no run is inconclusive for it.
pub const SLOW_MACHINE: &str = "
[live.generator]
late_p99_ms = 60000
lag_p99_ms = 60000
cpu_percent = 100
";

/// A part of a scenario: an hour of the day in a minute, without the simulated link and the office. Further keys of `[live]` may
/// follow.
pub const HOUR_A_MINUTE: &str = r#"
[live]
speed = 60
window = ["06:00", "18:00"]
linger_s = 1
link = false
office = false
"#;

/// The command, without colours, in a folder where it may leave things.
pub fn fieldday() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fieldday"));
    command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1").current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Runs it with these words: exit code, stdout, stderr.
pub fn said(words: &[&str]) -> (i32, String, String) {
    read_output(&fieldday().args(words).output().unwrap())
}

/// What an ended command said.
pub fn read_output(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// Runs a day on the wall clock with these words. Around midnight at a target's tenants no run may begin; then it is tried
/// again when midnight is over.
pub fn said_live(words: &[&str]) -> (i32, String, String) {
    for _ in 0..60 {
        let said = said(words);
        if !(said.0 == 3 && said.2.contains("the local date of")) {
            return said;
        }
        std::thread::sleep(std::time::Duration::from_secs(5));
    }
    panic!("midnight has been near for five minutes: {words:?}")
}

/// An empty place of a test's own.
pub fn room(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&room);
    fs::create_dir_all(&room).unwrap();
    room
}

/// What was printed, without the ends of its lines.
pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
