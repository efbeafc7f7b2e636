//! A run on a terminal, which `script` pretends to be.
#![cfg(target_os = "linux")]

use crate::common::{fieldday, room};
use std::process::Command;

/// What a terminal of sixty columns was sent.
fn on_a_terminal(name: &str, words: &str) -> String {
    let line = format!("{} {words}", fieldday().get_program().to_str().unwrap());
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env("COLUMNS", "60")
        .env("NO_COLOR", "1")
        .env("TERM", "xterm")
        .current_dir(room(name))
        .output();
    String::from_utf8_lossy(&output.expect("script, of util-linux").stdout).replace('\r', "")
}

#[test]
fn a_picture_is_drawn_while_a_run_goes_on_and_goes_with_it() {
    let text = on_a_terminal("watch-live", "run demo --target mock --speed 4000 --no-out");
    let (pictures, report) = text.rsplit_once("\u{1b}[J").expect("the picture is taken away");
    for expected in ["reps       waiting", "a second", "limits", "✓ no rule so far", "sent late p99", "% of 95 %"] {
        assert!(pictures.contains(expected), "{expected}: {text}");
    }
    let last = pictures.rsplit_once("\u{1b}[J").expect("it was drawn more than once").1;
    assert!(last.lines().all(|line| line.chars().count() < 60 + "\u{1b}[13F".len()), "{last}");
    assert!(report.contains("WHAT REPS FELT") && !report.contains("sent late p99"), "{report}");
    assert!(!text.contains("\u{1b}[?"), "nothing is switched on that would have to be switched off: {text:?}");
    assert!(!text.contains("Launching"), "goose's talk does not go through the picture: {text}");
}

#[test]
fn a_simulated_run_is_drawn_too() {
    let text = on_a_terminal("watch-virtual", "run demo --no-out");
    assert!(text.contains("demo, seed 0x1") && text.contains("to go"), "{text}");
    let (_, report) = text.rsplit_once("\u{1b}[J").expect("the picture is taken away");
    assert!(report.contains("✓ held") && !report.contains("to go"), "{report}");
}
