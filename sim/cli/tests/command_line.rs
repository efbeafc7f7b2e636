//! The built command, as a shell sees it: exit codes, streams, messages, files.

mod common;

use common::{fieldday, read_output, room, said};
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A day of six reps that has nothing it must exercise, so that it can hold.
fn small(room: &Path) -> String {
    let file = room.join("small.toml");
    let text =
        "name = \"small\"\nabout = \"Six reps.\"\n[day]\ndates = [\"2026-06-10\"]\n[people]\nreps = 6\ntenants = 2\n";
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The one run folder in `out`.
fn folder(out: &Path) -> PathBuf {
    let mut folders = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let folder = folders.next().unwrap();
    assert_eq!(folders.next(), None);
    folder
}

fn json(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn a_wrong_command_line_exits_with_2_and_says_what_is_right() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["run", "wekday"], &["wekday", "did you mean `weekday`?", "dead-zones"]),
        (&["run", "nowhere.toml"], &["nowhere.toml", "cannot be read"]),
        (&["run", "--seed", "seven"], &["--seed", "0x5eed"]),
        (&["run", "--seed", "0x1ffffffffffffffff"], &["18446744073709551615"]),
        (&["run", "--reps", "0"], &["--reps", "1..="]),
        (&["run", "--date", "2026-02-30"], &["--date", "2026-06-10"]),
        (&["run", "--defect", "clockin-race"], &["clockin-race", "did you mean clock-in-race?"]),
        (&["run", "--reps", "6", "--without", "cell-0/tenant-1/rep-99"], &["cell-0/tenant-1/rep-99", "did you mean"]),
        (&["run", "--record", "--no-out"], &["--record", "--no-out"]),
        (&["rules", "shift.clockin.once"], &["did you mean shift.clock-in.once?"]),
        (&["scenarios", "show", "dead-zone"], &["did you mean `dead-zones`?"]),
        (&["scenarios", "plan", "--reps", "6", "--cell", "9"], &["no cell 9", "its only cell is 0"]),
        (
            &["scenarios", "plan", "--reps", "6", "--rep", "cell-0/tenant-0/rep-9"],
            &["did you mean cell-0/tenant-0/rep-0"],
        ),
        (&["frobnicate"], &["frobnicate"]),
        (&[], &["Usage"]),
    ];
    for (words, parts) in cases {
        let (code, out, err) = said(words);
        assert_eq!(code, 2, "{words:?}\n{err}");
        assert_eq!(out, "", "{words:?}: messages are no results");
        // Lines are folded where they are long.
        let flat: String = err.replace("\n  │ ", "").replace("│ ", "");
        parts.iter().for_each(|part| assert!(flat.contains(part), "{words:?} should say {part:?}\n{err}"));
        assert!(!err.contains("panicked"), "{err}");
    }
}

#[test]
fn a_misspelt_key_is_shown_in_its_file_with_line_and_column() {
    let room = room("misspelt");
    let file = small(&room);
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("reps = 6", "rep = 6")).unwrap();
    for words in [["run", file.as_str()], ["scenarios", file.as_str()]] {
        let words = if words[0] == "scenarios" { vec!["scenarios", "check", words[1]] } else { words.to_vec() };
        let (code, _, err) = said(&words);
        assert_eq!(code, 2);
        for part in ["small.toml:6:1", "`people.rep`", "did you mean `reps`?", "6 │ rep = 6"] {
            assert!(err.contains(part), "{part}\n{err}");
        }
    }
}

#[test]
fn a_run_that_holds_exits_with_0_and_keeps_its_folder() {
    let room = room("holds");
    let out = room.join("out");
    let (code, stdout, stderr) = said(&["run", &small(&room), "--seed", "0x5eed", "--out", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("✓ held") && stdout.contains("seed 0x5eed") && !stdout.contains('\u{1b}'), "{stdout}");
    let folder = folder(&out);
    assert!(stdout.contains(folder.to_str().unwrap()));
    let (run, summary) = (json(&folder.join("run.json")), json(&folder.join("summary.json")));
    assert_eq!((&run["complete"], &run["seed"]), (&Value::Bool(true), &Value::from("0x5eed")));
    assert_eq!(run["scenario"]["people"]["tenants_per_cell"], 2, "defaults are filled in");
    assert_eq!(summary["verdict"]["exit_code"], 0);
    assert!(fs::read_to_string(folder.join("latency.hlog")).unwrap().contains("Tag=clock-in,"));
    assert!(!folder.join("history.jsonl.zst").exists());
}

#[test]
fn json_is_one_document_as_the_committed_schema_says_and_the_same_as_the_file() {
    let room = room("json");
    let out = room.join("out");
    let (code, stdout, _) = said(&["run", &small(&room), "--format", "json", "--out", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{stdout}");
    let printed: Value = serde_json::from_str(&stdout).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../folder/schemas/summary.schema.json");
    let schema = jsonschema::validator_for(&json(&schema)).unwrap();
    let wrong: Vec<String> = schema.iter_errors(&printed).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(printed, json(&folder(&out).join("summary.json")));
}

#[test]
fn a_defect_breaks_its_rule_exits_with_1_and_leaves_the_cells_history() {
    let room = room("defect");
    let (file, out) = (small(&room), room.join("out"));
    let (code, stdout, _) =
        said(&["run", &file, "--defect", "task-created-twice", "--reps", "20", "--out", out.to_str().unwrap()]);
    assert_eq!(code, 1, "{stdout}");
    let choice = "--seed 0x1 --reps 20 --defect task-created-twice";
    let last: Vec<&str> = stdout.lines().rev().take(2).collect();
    assert!(last[1].contains("fieldday run") && last[1].ends_with(&format!("{choice} --record")), "{last:?}");
    assert!(last[0].contains("fieldday shrink") && last[0].ends_with(choice), "{last:?}");
    for part in ["✗ task.create.single", "2026-06-10 ", "cell-0/tenant-", "✗ broken"] {
        assert!(stdout.contains(part), "{part}\n{stdout}");
    }
    let folder = folder(&out);
    assert!(folder.join("history.jsonl.zst").exists());
    let summary = json(&folder.join("summary.json"));
    assert!(summary["history"]["only_cells"].as_array().is_some_and(|cells| !cells.is_empty()), "{summary:#}");
}

#[test]
fn the_same_run_has_the_same_fingerprint_whatever_the_threads_and_recording() {
    let room = room("same");
    let (file, out) = (small(&room), room.join("out"));
    let print = |more: &[&str]| {
        let words = [&["run", &file, "--reps", "20", "--format", "json"], more].concat();
        let (code, stdout, stderr) = said(&words);
        assert_eq!(code, 0, "{stdout}{stderr}");
        let summary: Value = serde_json::from_str(&stdout).unwrap();
        (summary["fingerprint"].clone(), summary["verification"]["agreed"].clone())
    };
    let (one, unverified) = print(&["--threads", "1", "--no-out"]);
    let (recorded, _) = print(&["--threads", "3", "--record", "--out", out.to_str().unwrap()]);
    let (verified, agreed) = print(&["--verify", "--no-out"]);
    assert!(one == recorded && one == verified, "{one} {recorded} {verified}");
    assert_eq!((unverified, agreed), (Value::Null, Value::Bool(true)));
    assert_ne!(print(&["--seed", "2", "--no-out"]).0, one);
}

#[test]
fn a_rule_that_must_be_exercised_and_was_not_makes_the_run_invalid() {
    let room = room("invalid");
    let file = small(&room);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("[day]", "must_exercise = [\"shift.clock-in.once\"]\n[day]")).unwrap();
    // Nobody is left to exercise anything.
    let (code, stdout, _) =
        said(&["run", &file, "--no-out", "--without", "cell-0/tenant-0", "--without", "cell-0/tenant-1"]);
    assert_eq!(code, 4, "{stdout}");
    assert!(stdout.contains("? inconclusive") && stdout.contains("no request reached a backend"), "{stdout}");
}

#[test]
fn a_folder_that_cannot_be_made_stops_the_run_before_it_begins() {
    let room = room("unwritable");
    fs::write(room.join("taken"), "a file").unwrap();
    let out = room.join("taken/below");
    let (code, stdout, stderr) = said(&["run", &small(&room), "--out", out.to_str().unwrap()]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("cannot be written") && stderr.contains("--no-out"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_on_the_way_loses_no_figure() {
    let room = room("full");
    // No file may grow beyond some kilobytes: the history does not fit, what comes before it does.
    let script = format!(
        "trap '' XFSZ; ulimit -f 24; exec {} run {} --record --reps 40 --out {}",
        env!("CARGO_BIN_EXE_fieldday"),
        small(&room),
        room.join("out").display()
    );
    let output = Command::new("sh").args(["-c", &script]).env("NO_COLOR", "1").output().unwrap();
    let (code, stdout, stderr) = read_output(&output);
    assert_eq!(code, 2, "{stdout}{stderr}");
    assert!(stdout.contains("✓ held") && stdout.contains("LIMITS"), "{stdout}");
    assert!(stderr.contains("history.jsonl.zst cannot be written"), "{stderr}");
    assert_eq!(json(&folder(&room.join("out")).join("run.json"))["complete"], false);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_behind_stdout_is_told() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let words = ["run", &small(&room("dev-full")), "--no-out"];
    let output = fieldday().args(words).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let (code, _, stderr) = read_output(&output);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("cannot be printed") && stderr.contains("full"), "{stderr}");
}

#[test]
fn a_reader_who_leaves_early_is_no_failure() {
    for words in [&["run", &small(&room("pipe")), "--no-out"][..], &["scenarios", "schema"], &["rules"], &["--help"]] {
        let mut child = fieldday().args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{words:?}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("×"), "{words:?}: {stderr}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_exits_with_130_and_keeps_what_was_measured() {
    let room = room("interrupt");
    let out = room.join("out");
    // Far more than can be run before the interrupt comes.
    let words = ["run", &small(&room), "--reps", "2000000", "--threads", "2", "--out", out.to_str().unwrap()];
    let mut child = fieldday().args(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stdout}");
    assert!(stdout.contains("? interrupted") && stdout.contains("LIMITS"), "{stdout}");
    let folder = folder(&out);
    let summary = json(&folder.join("summary.json"));
    assert_eq!(
        (&summary["complete"], &summary["verdict"]["outcome"]),
        (&Value::Bool(false), &Value::from("interrupted"))
    );
    assert_eq!(json(&folder.join("run.json"))["complete"], false);
}

#[test]
fn init_writes_copies_once_and_leaves_them_alone_the_second_time() {
    let dir = room("init").join("mine");
    let dir = dir.to_str().unwrap();
    let (code, first, _) = said(&["init", dir]);
    assert_eq!(code, 0);
    assert!(first.contains("wrote") && !first.contains("alone"), "{first}");
    let weekday = Path::new(dir).join("weekday.toml");
    fs::write(&weekday, "mine").unwrap();
    let (code, second, _) = said(&["init", dir]);
    assert_eq!(code, 0);
    assert!(second.contains(&format!("kept {}", weekday.display())) && !second.contains("wrote"), "{second}");
    assert_eq!(fs::read_to_string(&weekday).unwrap(), "mine");
    let (code, _, stderr) = said(&["init", &format!("{}/below", weekday.display())]);
    assert_eq!(code, 2, "{stderr}");
}

#[test]
fn every_built_in_scenario_is_listed_shown_and_right() {
    let (code, list, _) = said(&["scenarios"]);
    assert_eq!(code, 0);
    let names: Vec<&str> =
        list.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"weekday") && names.contains(&"demo"), "{list}");
    for name in &names {
        let (code, text, _) = said(&["scenarios", "show", name]);
        assert!(code == 0 && text.starts_with('#'), "{name} begins with its reason\n{text}");
    }
    let words = [&["scenarios", "check"], &names[..]].concat();
    let (code, checked, stderr) = said(&words);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(checked.lines().filter(|line| line.contains(": valid;")).count(), names.len(), "{checked}");
}

#[test]
fn lists_are_for_programs_too() {
    for (words, list) in [
        (&["scenarios"][..], "scenarios"),
        (&["scenarios", "list"], "scenarios"),
        (&["rules"], "rules"),
        (&["marks"], "marks"),
        (&["defects"], "defects"),
    ] {
        let (code, stdout, stderr) = said(&[words, &["--format", "json"]].concat());
        assert_eq!((code, stderr.as_str()), (0, ""), "{words:?}");
        let document: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(document["schema"], 1);
        let (code, for_people, _) = said(words);
        assert_eq!(code, 0, "{words:?}");
        for one in document[list].as_array().unwrap() {
            assert!(for_people.contains(one["name"].as_str().unwrap()), "{words:?}: {one}");
        }
    }
    let (code, stdout, _) = said(&["scenarios", "--format", "json", "show", "demo"]);
    assert_eq!((code, stdout.as_str()), (2, ""), "a file is printed as it is");
}

#[test]
fn a_plan_can_be_printed_whole_in_part_and_as_json() {
    let (code, plan, _) = said(&["scenarios", "plan", "weekday", "--seed", "7", "--reps", "6"]);
    assert!(code == 0 && plan.contains("cell-0/tenant-1/rep-01"), "{plan}");
    assert_eq!(said(&["scenarios", "plan", "weekday", "--seed", "7", "--reps", "6", "--cell", "0"]).1, plan);
    let one = ["scenarios", "plan", "--seed", "7", "--reps", "6", "--rep", "cell-0/tenant-1/rep-01"];
    let (_, rep, _) = said(&one);
    assert!(rep.contains("cell-0/tenant-1/rep-01/visit-1") && !rep.contains("rep-00"), "{rep}");
    let (_, rep, _) = said(&[&one[..], &["--format", "json"]].concat());
    assert_eq!(serde_json::from_str::<Value>(&rep).unwrap()["rep"]["name"], "cell-0/tenant-1/rep-01");
    let (_, cells, _) = said(&["scenarios", "plan", "--reps", "6", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&cells).unwrap()[0]["name"], "cell-0");
}

#[test]
fn help_is_short_or_long_and_lists_the_exit_codes() {
    let (short, long) = (said(&["-h"]), said(&["--help"]));
    assert_eq!((short.0, long.0), (0, 0));
    assert!(long.1.contains("Exit codes") && long.1.contains("130") && long.1.len() > short.1.len());
    assert!(said(&["run", "--help"]).1.contains("fieldday run dead-zones"));
    assert_eq!(said(&["--version"]).1, format!("fieldday {}\n", env!("CARGO_PKG_VERSION")));
    assert!(said(&["completions", "bash"]).1.contains("_fieldday"));
    assert!(said(&["rules", "shift.clock-in.once"]).1.contains("clock-in-race"));
    assert!(said(&["defects"]).1.contains("stale-read"));
}
