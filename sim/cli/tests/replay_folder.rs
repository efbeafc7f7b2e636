//! `fieldday replay FOLDER`: the run that a folder keeps, lived again and compared with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn said(words: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fieldday")).args(words).env("NO_COLOR", "1").output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
}

/// The folder of a recorded run, in an empty place of a test's own.
fn recorded(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&room);
    said(&["run", "demo", "--record", "--out", room.to_str().unwrap()]);
    fs::read_dir(&room).unwrap().next().unwrap().unwrap().path()
}

fn replayed(folder: &Path) -> (i32, String) {
    said(&["replay", folder.to_str().unwrap()])
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_folder_gives_the_same_events_and_what_differs_is_said() {
    let folder = recorded("replay-folder");
    let (code, err) = replayed(&folder);
    assert!(
        code == 0 && err.contains("same events as in the folder") && err.contains("is identical to history"),
        "{err}"
    );
    // Another seed is another day: it is lived, and not compared with what the folder holds.
    let (code, err) = said(&["replay", folder.to_str().unwrap(), "--seed", "77"]);
    assert!(code == 0 && err.contains("the options change the run") && !err.contains("same events"), "{err}");
    edit(&folder.join("run.json"), "\"version\": \"", "\"version\": \"9.");
    let (code, err) = replayed(&folder);
    assert!(code == 0 && err.contains("was run by version 9."), "{err}");
    edit(&folder.join("summary.json"), "\"fingerprint\": \"", "\"fingerprint\": \"x");
    let (code, err) = replayed(&folder);
    assert!(code == 4 && err.contains("warning: the events differ from the folder"), "{err}");
}

#[test]
fn a_truncated_history_and_a_foreign_folder_are_refused_and_left_alone() {
    let folder = recorded("replay-truncated");
    let history = folder.join("history.jsonl.zst");
    let whole = fs::read(&history).unwrap();
    fs::write(&history, &whole[..whole.len() - 40]).unwrap();
    let (code, err) = replayed(&folder);
    assert!(code == 2 && err.contains("history.jsonl.zst") && err.contains("truncated"), "{err}");
    assert_eq!(fs::read(&history).unwrap().len(), whole.len() - 40);
    edit(&folder.join("run.json"), "\"complete\": true", "\"complete\": false");
    let (code, err) = replayed(&folder);
    assert!(code == 0 && err.contains("is incomplete") && err.contains("ends after"), "{err}");
    edit(&folder.join("run.json"), "\"schema\": 1", "\"schema\": 7");
    let (code, err) = replayed(&folder);
    assert!(code == 2 && err.contains("schema 7"), "{err}");
    let (code, err) = replayed(folder.parent().unwrap());
    assert!(code == 2 && err.contains("run.json") && err.contains("not a run folder"), "{err}");
}
