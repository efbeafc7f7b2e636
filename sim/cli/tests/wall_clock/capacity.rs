//! `fieldday capacity --target`, from outside: against the tool's own mock, gone on with, and with what cannot be searched.

use crate::common::{HOUR_A_MINUTE, SLOW_MACHINE, fieldday, read_output, room, said};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A day of a few reps, on a machine that may be as slow as it likes.
const SCENARIO: &str = r#"
name = "few"
about = "A few reps, for tests."
limits = ["wire p95 < 20 s"]

[day]
dates = ["2026-06-10"]

[people]
reps = 4
tenants = 2
territories = ["newark"]
"#;

fn scenario(room: &Path) -> String {
    let file = room.join("few.toml");
    fs::write(&file, format!("{SCENARIO}{HOUR_A_MINUTE}{SLOW_MACHINE}")).unwrap();
    file.to_str().unwrap().to_owned()
}
fn folder(out: &Path) -> PathBuf {
    let mut folders = fs::read_dir(out).unwrap().filter_map(|entry| entry.ok().map(|entry| entry.path()));
    folders.find(|path| path.is_dir()).unwrap()
}
fn levels(folder: &Path) -> usize {
    fs::read_to_string(folder.join("capacity.jsonl")).unwrap_or_default().lines().count().saturating_sub(1)
}

#[test]
fn a_search_is_reported_in_every_form_and_can_be_gone_on_with() {
    let room = room("capacity-found");
    let (file, out) = (scenario(&room), room.join("out"));
    let to = out.to_str().unwrap();
    let short = ["--level", "2", "--longest", "2", "--warm-up", "3", "--repeats", "1"];
    let mut args = vec!["capacity", &file, "--target", "mock", "--from", "20", "--to", "40", "--out", to];
    args.extend(short);
    let (code, stdout, stderr) = said(&args);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    assert!(
        stdout.contains("One instance serves at least 40 reps") && stdout.contains("No limit was exceeded"),
        "{stdout}"
    );
    assert!(stdout.contains("LEVELS  measured") && stdout.contains("in flight"), "{stdout}");
    assert!(stderr.contains("capacity of mock, 20 to 40 reps"), "{stderr}");
    let folder = folder(&out);
    for name in ["capacity.html", "capacity.md", "capacity.json", "capacity.jsonl"] {
        let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!text.contains("eyJ"), "nothing of a token is in {name}");
    }
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../capacity/schemas/capacity.schema.json")).unwrap();
    let document = fs::read_to_string(folder.join("capacity.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &serde_json::from_str(&document).unwrap()), "{document}");

    // As a kill leaves it: the last line cut.
    let journal = folder.join("capacity.jsonl");
    let (text, measured) = (fs::read_to_string(&journal).unwrap(), levels(&folder));
    fs::write(&journal, &text[..text.len() - 100]).unwrap();
    let place = folder.to_str().unwrap();
    let (code, stdout, stderr) = said(&["capacity", "--resume", place, "--format", "json"]);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    assert!(
        stderr.contains("is incomplete and is measured again") && stderr.contains("levels were measured before"),
        "{stderr}"
    );
    assert_eq!(levels(&folder), measured, "one level was measured again: {stderr}");
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["measured"]["finding"]["carries"], 40, "{stdout}");

    let (code, _, stderr) = said(&["capacity", "peak", "--resume", place]);
    assert!(code == 2 && stderr.contains("scenario few, not peak"), "{stderr}");
    let (code, _, stderr) = said(&["capacity", "--resume", place, "--limit", "wire p95 < 1 s"]);
    assert!(code == 2 && stderr.contains("wire p95 < 20 s, not wire p95 < 1 s"), "{stderr}");
    assert_eq!(levels(&folder), measured, "and nothing is lost");

    // What was measured, simulated: an instance like that target.
    let simulate = ["capacity", "--simulate", "weekday", "--reps", "50", "--window", "07:30-09:00", "--format", "json"];
    let (code, stdout, stderr) = said(&[&simulate[..], &["--calibrate", place]].concat());
    assert!(code < 2, "{stdout}\n{stderr}");
    let outcome = &serde_json::from_str::<serde_json::Value>(&stdout).unwrap()["outcome"];
    assert_eq!(outcome["plant"]["instances"], 1, "{stdout}");
    assert!(outcome["assumptions"].to_string().contains("fitted to the levels of a search (few)"), "{stdout}");
    // A search that was hardly begun says so.
    let text: String = fs::read_to_string(&journal).unwrap().split_inclusive('\n').take(3).collect();
    fs::write(&journal, text).unwrap();
    let (code, _, stderr) = said(&[&simulate[..], &["--calibrate", place]].concat());
    assert!(code == 2 && stderr.contains("needs at least 4 levels, but there are 2"), "{stderr}");
}

#[test]
fn a_target_that_never_holds_is_said_to() {
    let room = room("capacity-never");
    let (file, out) = (scenario(&room), room.join("out"));
    let args =
        ["capacity", &file, "--target", "mock", "--from", "20", "--level", "2", "--longest", "2", "--warm-up", "3"];
    let mock = ["--delay-us", "50000", "--limit", "wire p95 < 20 ms", "--out", out.to_str().unwrap()];
    let (code, stdout, stderr) = read_output(&fieldday().args(args).args(mock).output().unwrap());
    assert_eq!(code, 1, "{stdout}\n{stderr}");
    assert!(stdout.contains("Even 20 reps exceed a limit") && stdout.contains("use a lower --from"), "{stdout}");
    assert!(stdout.contains("First limit exceeded: wire p95 < 20 ms"), "{stdout}");
    assert!(levels(&folder(&out)) >= 1);
}

#[test]
fn a_search_ends_in_the_time_that_it_has_however_long_a_target_takes_to_be_steady() {
    let room = room("capacity-within");
    let (file, out) = (scenario(&room), room.join("out"));
    // 90 reps offer some 50 requests a second at this speed, and one worker serves twenty: no warm-up ends by itself.
    let args = ["capacity", &file, "--target", "mock", "--workers", "1", "--delay-us", "50000", "--from", "90"];
    let short = ["--speed", "240", "--level", "2", "--longest", "2", "--warm-up", "5", "--out", out.to_str().unwrap()];
    let began = Instant::now();
    let (_, stdout, stderr) = said(&[&args[..], &short, &["--within", "22s"]].concat());
    let took = began.elapsed();
    let unsteady = stderr.lines().find_map(|line| line.trim().strip_prefix("the load was not steady after "));
    let after: u32 =
        unsteady.and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("{stderr}"));
    assert!((5..15).contains(&after), "three warm-ups are 15 s, for which there is no time: {stderr}");
    assert_eq!(levels(&folder(&out)), 1, "{stdout}");
    // Beside the levels, a moment for the plan and the report.
    assert!(took < Duration::from_secs(22 + 12), "{took:?}: {stderr}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_search_keeps_what_was_measured_and_says_how_to_go_on() {
    let room = room("capacity-interrupted");
    let (file, out) = (scenario(&room), room.join("out"));
    let args =
        ["capacity", &file, "--target", "mock", "--from", "20", "--level", "2", "--longest", "2", "--warm-up", "3"];
    let mut command = fieldday();
    let child = command
        .args(args)
        .args(["--out", out.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    // The directory is there a moment before the folder in it.
    let measured = || fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_some()) && levels(&folder(&out)) > 0;
    while began.elapsed() < Duration::from_secs(120) && !measured() {
        std::thread::sleep(Duration::from_millis(100));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let (code, stdout, stderr) = read_output(&child.wait_with_output().unwrap());
    assert_eq!(code, 130, "{stdout}\n{stderr}");
    assert!(stdout.contains("--resume FOLDER") && folder(&out).join("capacity.html").exists(), "{stdout}");
}

#[test]
fn what_cannot_be_searched_is_told_before_anything_begins() {
    let wrong = |args: &[&str]| {
        let (code, _, stderr) = said(&[&["capacity"], args].concat());
        assert_eq!(code, 2, "{stderr}");
        stderr
    };
    assert!(wrong(&["--target", "mock", "--from", "20", "--to", "10"]).contains("--from 20 is more than --to 10"));
    assert!(wrong(&["--target", "mock", "--step", "1"]).contains("1.1 to 10"));
    assert!(wrong(&["weekday", "--target", "mock"]).contains("--limit 'wire p95 < 300 ms'"));
    assert!(wrong(&["--target", "mock", "--limit", "p95 <"]).contains("expected"));
    assert!(wrong(&["--target", "mock", "--speed", "2000"]).contains("a lower --speed"));
    let short = wrong(&["--target", "mock", "--within", "20s"]);
    assert!(short.contains("--within 20 s: a level takes 31 s at least: 20 s of warm-up (--warm-up)"), "{short}");
    assert!(wrong(&["--resume", "nowhere"]).contains("cannot be resumed"));
    let out = room("capacity-wrong").join("out");
    let to = ["--target", "https://staging.example.com", "--out", out.to_str().unwrap()];
    assert!(wrong(&to).contains("--allow staging.example.com") && !out.exists());
    assert!(wrong(&["peak"]).contains("--target"));
}
