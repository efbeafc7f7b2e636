//! What a run leaves for others to read, the list of runs, and clearing up among them.

mod common;

use common::{fieldday, read_output, room, said};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const DOCUMENTS: [&str; 3] = ["summary.md", "junit.xml", "metrics.prom"];

/// A run of the demo; gives its folder.
fn demo(out: &Path, more: &[&str], expected: i32) -> PathBuf {
    let words = ["run", "demo", "--out", out.to_str().unwrap()];
    let (code, _, stderr) = said(&[&words[..], more].concat());
    assert_eq!(code, expected, "{stderr}");
    let (code, latest, stderr) = said(&["results", "latest", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");
    PathBuf::from(latest.trim())
}

#[test]
fn a_run_leaves_its_documents_and_report_writes_the_same_again() {
    let out = room("results-documents");
    let folder = demo(&out, &[], 0);
    let read = || DOCUMENTS.map(|name| fs::read_to_string(folder.join(name)).unwrap());
    let first = read();
    assert!(first[0].starts_with("## ✅ demo held"), "{}", first[0]);
    for name in DOCUMENTS {
        fs::remove_file(folder.join(name)).unwrap();
    }
    let (code, stdout, stderr) = said(&["report", folder.to_str().unwrap()]);
    assert!(code == 0 && stdout.contains("✓ held"), "{stderr}");
    assert_eq!(read(), first);
}

#[test]
fn a_report_is_as_wide_as_columns_says() {
    let out = room("results-columns");
    let folder = demo(&out, &[], 0);
    for width in [60_usize, 80] {
        let output = fieldday().args(["report", folder.to_str().unwrap()]).env("COLUMNS", width.to_string()).output();
        let (_, stdout, _) = read_output(&output.unwrap());
        // A folder's path has nowhere to be broken.
        let lines = stdout.lines().filter(|line| !line.contains("results-columns"));
        let widest = lines.max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= width, "{width}: {widest}");
    }
}

#[test]
fn old_runs_go_when_somebody_says_so() {
    let out = room("results-prune");
    let good = demo(&out, &[], 0);
    demo(&out, &["--defect", "task-created-twice"], 1);
    let dir = out.to_str().unwrap();
    let (code, stdout, _) = said(&["results", "list", dir]);
    assert!(code == 0 && stdout.contains("held*") && stdout.contains("broken"), "{stdout}");

    let (code, _, stderr) = said(&["results", "prune", dir, "--yes"]);
    assert!(code == 2 && stderr.contains("--keep-last"), "which may go must be said: {stderr}");
    let prune = |more: &[&str]| {
        let words = [&["results", "prune", dir, "--keep-last", "0"], more].concat();
        read_output(&fieldday().args(words).stdin(Stdio::null()).output().unwrap())
    };
    let (code, stdout, stderr) = prune(&[]);
    assert!(code == 2 && stderr.contains("--yes") && stdout.contains("remove  "), "{stdout}{stderr}");
    let (code, stdout, _) = prune(&["--dry-run"]);
    assert!(code == 0 && stdout.contains("would remove 1 run"), "{stdout}");
    let (code, stdout, _) = prune(&["--keep-failed", "--yes"]);
    assert!(code == 0 && stdout.contains("nothing to remove"), "{stdout}");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 2, "nothing went so far");

    let (code, stdout, _) = prune(&["--yes", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &document["dry_run"], &document["goes"][0]["verdict"]), (0, &false.into(), &"broken".into()));
    assert!(document["bytes"].as_u64().unwrap() > 1_000);
    let left: Vec<PathBuf> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [good], "the last good one stays");

    let (code, _, stderr) = said(&["results", "latest", room("results-empty").to_str().unwrap()]);
    assert!(code == 2 && stderr.contains("no matching run"), "{stderr}");
}

#[test]
fn a_packed_run_is_read_by_every_command_in_place_of_its_folder() {
    let out = room("results-packed");
    let folder = demo(&out, &["--record", "--defect", "tenant-leak-by-cache"], 1);
    fs::write(folder.join("key.pem"), "a secret").unwrap();
    let file = out.join("sent.tar.zst");
    let words = ["results", "pack", folder.to_str().unwrap(), "--out", file.to_str().unwrap(), "--format", "json"];
    let (code, stdout, stderr) = said(&words);
    assert!(code == 0 && stderr.contains("left out: key.pem"), "{stderr}");
    let packed: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(packed["left_out"], serde_json::json!(["key.pem"]));
    let (sent, of) = (file.to_str().unwrap(), folder.to_str().unwrap());
    for (words, expected) in [
        (&["report"][..], 1),
        (&["check"], 1),
        (&["replay"], 0),
        (&["run", "--no-out"], 1),
        (&["compare", "--baseline", of], 2),
    ] {
        let (code, stdout, stderr) = said(&[words, &[sent]].concat());
        assert_eq!(code, expected, "{words:?}: {stdout}{stderr}");
    }
    assert!(!out.join("sent/key.pem").exists());
    fs::write(out.join("rubbish.tar.zst"), "rubbish").unwrap();
    let (code, _, stderr) = said(&["report", out.join("rubbish.tar.zst").to_str().unwrap()]);
    assert!(code == 2 && stderr.contains("rubbish.tar.zst: it is not a packed run"), "{stderr}");
}

#[test]
fn scenarios_are_checked_all_of_them_for_programs_and_for_people() {
    let room = room("scenarios-checked");
    let wrong = room.join("wrong.toml");
    fs::write(&wrong, "name = \"wrong\"\nabout = \"x\"\n[people]\nrepss = 3\n").unwrap();
    let wrong = wrong.to_str().unwrap();
    let (code, stdout, stderr) = said(&["scenarios", "check", wrong, "demo"]);
    assert!(code == 2 && stdout.contains("demo: valid") && stderr.contains("wrong.toml:4"), "{stdout}{stderr}");
    let (code, stdout, stderr) = said(&["scenarios", "check", wrong, "demo", "--format", "json"]);
    assert_eq!((code, stderr.as_str()), (2, ""));
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["valid"], false);
    assert_eq!(document["files"][1], serde_json::json!({"file": "demo", "valid": true, "problems": []}));
    let problem = &document["files"][0]["problems"][0];
    assert_eq!((&problem["line"], &problem["suggestion"]), (&4.into(), &"reps".into()), "{document:#}");
}
