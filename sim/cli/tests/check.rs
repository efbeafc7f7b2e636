//! `fieldday check` and `fieldday report` over folders of the built command: whole, interrupted, without a summary.

mod common;

use common::{fieldday, room, said};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The one run folder in `out`.
fn folder(out: &Path) -> String {
    fs::read_dir(out).unwrap().next().unwrap().unwrap().path().display().to_string()
}

#[test]
fn a_recorded_run_says_the_same_and_is_reported_again() {
    let room = room("check-recorded");
    let out = room.display().to_string();
    let (code, ran, stderr) = said(&["run", "demo", "--record", "--out", &out]);
    assert_eq!(code, 0, "{ran}{stderr}");
    let folder = folder(&room);
    let (code, report, stderr) = said(&["report", &folder]);
    assert_eq!((code, &report), (0, &ran), "{stderr}");
    let page = fs::read_to_string(format!("{folder}/report.html")).unwrap();
    assert!(
        stderr.contains("report.html") && page.contains("id=\"map\"") && page.contains("chart-latency"),
        "{stderr}"
    );
    // Without its series the folder's history gives it again, and the page is the same.
    let series = fs::read_to_string(format!("{folder}/series.json")).unwrap();
    fs::remove_file(format!("{folder}/series.json")).unwrap();
    assert_eq!(said(&["report", &folder, "--format", "json"]).0, 0);
    assert_eq!(fs::read_to_string(format!("{folder}/series.json")).unwrap(), series);
    assert_eq!(fs::read_to_string(format!("{folder}/report.html")).unwrap(), page);
    let (code, checked, stderr) = said(&["check", &folder]);
    assert_eq!(code, 0, "{checked}{stderr}");
    assert!(checked.contains("✓ held") && checked.contains("✓ says the same as summary.json"), "{checked}");
    let (code, json, _) = said(&["check", &folder, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &document["schema"], &document["compared"]), (0, &1.into(), &true.into()), "{json}");
    let summary: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(format!("{folder}/summary.json")).unwrap()).unwrap();
    assert_eq!(document["summary"]["rules"], summary["rules"]);

    // A summary that claims more than its history shows.
    let text = fs::read_to_string(format!("{folder}/summary.json")).unwrap();
    let place = text.find("\"exercised\": ").unwrap() + "\"exercised\": ".len();
    fs::write(format!("{folder}/summary.json"), format!("{}9{}", &text[..place], &text[place..])).unwrap();
    let (code, checked, _) = said(&["check", &folder]);
    assert!(code == 4 && checked.contains("exercised differs: recorded 9"), "{checked}");

    fs::remove_file(format!("{folder}/history.jsonl.zst")).unwrap();
    let (code, stdout, stderr) = said(&["check", &folder]);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("history.jsonl.zst") && stderr.contains("--record"), "{stderr}");
    let (code, _, stderr) = said(&["check", &out]);
    assert!(code == 2 && stderr.contains("not a run folder"), "{stderr}");
}

#[test]
fn a_run_that_recorded_only_what_failed_is_judged_by_that() {
    let room = room("check-part");
    let out = room.display().to_string();
    let words = ["run", "weekday", "--reps", "110", "--defect", "task-created-twice", "--out", &out];
    assert_eq!(said(&words).0, 1);
    let (code, checked, stderr) = said(&["check", &folder(&room)]);
    assert_eq!(code, 1, "{checked}{stderr}");
    assert!(checked.contains("✗ task.create.single") && checked.contains("was recorded"), "{checked}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_recording_is_judged_up_to_where_it_was_ended() {
    let room = room("check-interrupted");
    let out = room.display().to_string();
    // Far more than can be run before the interrupt comes.
    let words = ["run", "weekday", "--reps", "2000000", "--threads", "2", "--record", "--out", &out];
    let mut child = fieldday().args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Until the first cell stands in the history, however slow the machine is.
    let has_history = || {
        let folder = fs::read_dir(&room).unwrap().next()?.ok()?.path();
        let history = fs::metadata(folder.join("history.jsonl.zst")).ok()?;
        (history.len() > 4_096).then_some(())
    };
    while has_history().is_none() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it was interrupted");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let folder = folder(&room);
    let (code, checked, stderr) = said(&["check", &folder]);
    assert_eq!(code, 130, "{checked}{stderr}");
    assert!(checked.contains("incomplete, checked up to"), "{checked}");
    assert!(checked.contains("✓ says the same as summary.json"), "{checked}");

    // As a kill would have left it.
    fs::remove_file(format!("{folder}/summary.json")).unwrap();
    let (code, report, stderr) = said(&["report", &folder]);
    assert_eq!(code, 130, "{report}{stderr}");
    assert!(report.contains("incomplete, checked up to") && report.contains("LIMITS"), "{report}");
    assert!(stderr.contains("no summary.json"), "{stderr}");
}

#[test]
fn a_scenarios_limit_that_is_exceeded_ends_the_run_with_1() {
    let room = room("check-limits");
    let file = room.join("limited.toml");
    let text = |limit: &str| {
        format!(
            "name = \"limited\"\nabout = \"Six reps.\"\nlimits = [\"{limit}\"]\n[day]\ndates = [\"2026-06-10\"]\n\
             [people]\nreps = 6\ntenants = 2\n"
        )
    };
    let run = |limit: &str| {
        fs::write(&file, text(limit)).unwrap();
        said(&["run", file.to_str().unwrap(), "--no-out"])
    };
    let (code, stdout, _) = run("p50 < 1 ms for reads");
    assert!(code == 1 && stdout.contains("✗ p50 < 1 ms for reads  it was"), "{stdout}");
    let (code, stdout, _) = run("p50 < 10 s for reads");
    assert!(code == 0 && stdout.contains("✓ p50 < 10 s for reads"), "{stdout}");
    let (code, _, stderr) = run("p50 < 10 s for clok-in");
    let flat = stderr.replace("\n  │ ", "").replace("│ ", "");
    assert_eq!(code, 2, "{stderr}");
    for part in ["limited.toml:3:27", "limits[0]", "did you mean `clock-in`?"] {
        assert!(flat.contains(part), "{part}\n{stderr}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_in_the_place_of_a_file_is_refused_at_once() {
    let room = room("check-pipes");
    let out = room.display().to_string();
    assert_eq!(said(&["run", "demo", "--record", "--out", &out]).0, 0);
    let folder = folder(&room);
    let pipe = |file: &str| {
        fs::rename(format!("{folder}/{file}"), format!("{folder}/{file}.kept")).unwrap();
        assert!(Command::new("mkfifo").arg(format!("{folder}/{file}")).status().unwrap().success());
    };
    let back = |file: &str| fs::rename(format!("{folder}/{file}.kept"), format!("{folder}/{file}")).unwrap();
    let cases: [(&str, &[&str]); 4] = [
        ("history.jsonl.zst", &["check", "replay"]),
        ("summary.json", &["report", "check"]),
        ("series.json", &["report"]),
        ("run.json", &["check", "report", "replay"]),
    ];
    for (file, commands) in cases {
        pipe(file);
        for command in commands {
            // It would wait without end for somebody who writes into the pipe.
            let words = ["20", env!("CARGO_BIN_EXE_fieldday"), command, &folder];
            let (code, _, stderr) = common::read_output(&Command::new("timeout").args(words).output().unwrap());
            assert_eq!(code, 2, "{command} with {file}: {stderr}");
            assert!(stderr.contains(file) && stderr.contains("a pipe, a socket or a device"), "{stderr}");
        }
        back(file);
    }
    fs::rename(format!("{folder}/run.json"), format!("{folder}/run.json.kept")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", format!("{folder}/run.json")).unwrap();
    let (code, _, stderr) = said(&["check", &folder]);
    assert!(code == 2 && stderr.contains("a pipe, a socket or a device"), "{stderr}");
}
