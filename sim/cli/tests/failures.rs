//! What leads from a failure to its story, run as a user runs it: prove, explore, replay, shrink.

mod common;

use common::{room, said};
use std::fs;
use std::path::Path;

#[test]
fn a_proof_finds_a_defect_and_says_in_how_many_rep_days() {
    let words = [
        "prove",
        "--defect",
        "cache-ignored",
        "--defect",
        "clock-in-twice",
        "--seeds",
        "2",
        "--cap",
        "200",
        "--clean",
        "0",
    ];
    let (code, stdout, stderr) = said(&words);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("2 of 2 defects found") && stdout.contains("app.cache.ttl"), "{stdout}");
    let (code, again, _) = said(&[&words[..], &["--threads", "1"]].concat());
    assert_eq!((code, again), (0, stdout), "threads change nothing");
    let (code, _, stderr) = said(&["prove", "--defect", "cache-ignord"]);
    assert!(code == 2 && stderr.contains("did you mean cache-ignored"), "{stderr}");
}

#[test]
fn an_exploration_groups_what_it_finds_and_can_be_resumed() {
    let room = room("explore");
    let file = |name: &str| room.join(name).display().to_string();
    let words = |out: &'static str, seeds: &'static str| {
        ["explore", "rough", "--defect", "double-flush", "--reps", "6", out, "", "--seeds", seeds]
    };
    let explore = |out, path: &str, seeds| {
        let mut words = words(out, seeds);
        words[7] = path;
        said(&words)
    };
    let (code, stdout, stderr) = explore("--out", &file("whole.json"), "8");
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("app.queue.fifo") && stdout.contains("again: fieldday run rough --seed"), "{stdout}");
    assert!(stdout.contains("8 seeds") && stdout.contains("marks:"), "{stdout}");
    explore("--out", &file("half.json"), "3");
    explore("--resume", &file("half.json"), "8");
    let read = |name: &str| fs::read_to_string(file(name)).unwrap();
    assert_eq!(read("half.json"), read("whole.json"), "resumed, it is as if never interrupted");
    fs::write(file("foreign.json"), "{}").unwrap();
    let (code, _, stderr) = explore("--resume", &file("foreign.json"), "8");
    assert!(code == 2 && stderr.contains("cannot be resumed"), "{stderr}");
    assert_eq!(read("foreign.json"), "{}", "nothing is overwritten");
}

#[test]
fn a_failure_is_told_and_made_small_and_its_file_is_taken_in_a_scenarios_place() {
    let (code, stdout, stderr) =
        said(&["replay", "demo", "--seed", "3", "--rep", "cell-0/tenant-0/rep-00", "--endpoint", "clock-in"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("→ POST clock-in") && stdout.contains("← 200"), "{stdout}");
    let (code, stdout, _) =
        said(&["replay", "demo", "--seed", "3", "--rep", "cell-0/tenant-0/rep-00", "--at", "12:00"]);
    assert!(code == 0 && stdout.contains("queue") && stdout.contains("appointments"), "{stdout}");
    for (words, says) in [
        (&["replay", "demo", "--rep", "cell-0/tenant-0/rep-99"][..], "no rep called"),
        (&["replay", "demo", "--endpoint", "clockin"], "did you mean clock-in"),
        (&["replay", "demo", "--rule", "no.rule"], "no rule called"),
        (&["replay", "demo", "--cell", "7"], "no cell 7"),
    ] {
        let (code, _, stderr) = said(words);
        assert!(code == 2 && stderr.contains(says), "{words:?}: {stderr}");
    }

    let room = room("shrink");
    let out = room.display().to_string();
    let (code, story, stderr) =
        said(&["shrink", "weekday", "--defect", "queue-in-memory", "--reps", "100", "--out", &out]);
    assert_eq!(code, 0, "{story}{stderr}");
    assert!(story.contains("# app.queue.durable") && story.contains("point of no return"), "{story}");
    assert!(story.contains("```mermaid"), "{story}");
    for file in ["01-app-queue-durable", "story.md", "repro.toml", "repro.har", "repro.sh"] {
        assert!(stderr.lines().last().is_some_and(|line| line.contains(file)), "{file}: {stderr}");
    }
    let repro = room.join("01-app-queue-durable/repro.toml").display().to_string();
    let (code, stdout, _) = said(&["replay", &repro]);
    assert!(code == 0 && stdout.contains("✗ app.queue.durable"), "{stdout}");
    let (code, ..) = said(&["run", &repro, "--no-out"]);
    assert_eq!(code, 1);
    // A folder that is there is left alone, and a program is told where the next one is.
    let (code, json, stderr) = said(&["shrink", &repro, "--out", &out, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &document["schema"]), (0, &serde_json::Value::from(1)), "{json}{stderr}");
    assert!(document["folder"].as_str().is_some_and(|folder| folder.ends_with("02-app-queue-durable")), "{json}");
    for file in document["files"].as_array().unwrap() {
        assert!(Path::new(file.as_str().unwrap()).exists(), "{file}");
    }
    let whole = fs::read_to_string(&repro).unwrap();
    fs::write(&repro, &whole[..whole.len() / 2]).unwrap();
    let (code, _, stderr) = said(&["replay", &repro]);
    assert!(code == 2 && stderr.contains("repro.toml"), "{stderr}");
    let (code, ..) = said(&["shrink", "demo", "--out", &out]);
    assert_eq!(code, 4, "nothing is broken");
}

#[test]
fn stepping_needs_a_terminal_and_says_what_does_not() {
    let words = ["replay", "weekday", "--rep", "cell-0/tenant-1/rep-07", "--step"];
    let (code, stdout, stderr) = said(&words);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("--step needs a terminal") && stderr.contains("without --step"), "{stderr}");
    for (words, says) in [
        (&["replay", "weekday", "--step"][..], "--rep <NAME>"),
        (&[&words[..], &["--at", "12:00"]].concat(), "cannot be used with"),
        (&[&words[..], &["--format", "json"]].concat(), "cannot be used with"),
    ] {
        let (code, _, stderr) = said(words);
        assert!(code == 2 && stderr.contains(says), "{words:?}: {stderr}");
    }
}
