//! `fieldday mock` in a process of its own.

use crate::common::fieldday;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

/// A mock that listens, and goes with the test.
pub struct Mock {
    pub child: Child,
    pub url: String,
}

impl Mock {
    /// Serves with these words, in this folder.
    pub fn serve(place: &Path, words: &[&str]) -> Mock {
        let mut command = fieldday();
        command.arg("mock").args(words).args(["--listen", "127.0.0.1:0", "--format", "json"]).current_dir(place);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (mut text, mut lines) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        while serde_json::from_str::<Value>(&text).is_err() {
            assert!(lines.read_line(&mut text).unwrap() > 0, "{text}");
        }
        let told: Value = serde_json::from_str(&text).unwrap();
        let url = told["base_url"].as_str().unwrap().to_owned();
        // It goes on writing: nobody must be in its way.
        std::thread::spawn(move || lines.lines().map_while(Result::ok).for_each(drop));
        Mock { child, url }
    }
    pub fn is_stopped(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        stat.rsplit_once(") ").unwrap().1.starts_with('T')
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
