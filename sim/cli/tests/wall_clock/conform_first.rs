//! A live run with a conformance pass before its day: people of its own, one folder, one verdict.
#![cfg(unix)]

use crate::common::{fieldday, flat, read_output, room};
use crate::mock::Mock;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Three reps on some minutes of a day, which put hardly any rule to the test.
const SHORT: &str = r#"
name = "short"
about = "A few minutes of a day."
must_exercise = []
day = { dates = ["2026-06-10"], leave_home = ["07:00", "07:30"], latest = "17:00" }
people = { reps = 3, tenants = 2, territories = ["newark"], mix = { steady = 1 } }

[live]
speed = 1440
window = ["09:00", "10:00"]
ramp_s = 1
linger_s = 2
link = false
"#;

/// Around midnight no run may begin.
fn ran(place: &Path, words: &[&str]) -> (i32, String, String) {
    loop {
        let mut command: Command = fieldday();
        let said = read_output(&command.args(words).current_dir(place).output().unwrap());
        if !(said.0 == 3 && said.2.contains("the local date of")) {
            return said;
        }
        std::thread::sleep(std::time::Duration::from_secs(5));
    }
}

#[test]
fn what_no_rep_happens_to_try_is_found_by_the_pass_and_kept_with_the_run() {
    let place = room("conform-first");
    fs::write(place.join("short.toml"), SHORT).unwrap();
    let mock = Mock::serve(&place, &["short.toml", "--defect", "unknown-values-ignored", "--delay-us", "5000"]);
    let run = |more: &[&str]| ran(&place, &[&["run", "short.toml", "--target", &mock.url], more].concat());
    // The day alone does not find it, and says how it could be found.
    let (code, out, _) = run(&["--out", "alone"]);
    assert_eq!(code, 0, "{out}");
    assert!(flat(&out).contains("--conform` tests every rule of the API"), "{out}");
    let (code, out, err) = run(&["--conform"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(err.contains("the conformance pass comes first"), "{err}");
    let folder = fs::read_dir(place.join("results")).unwrap().next().unwrap().unwrap().path();
    let summary: Value = serde_json::from_str(&fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap();
    let broken =
        |rule: &str| summary["rules"].as_array().unwrap().iter().any(|of| of["rule"] == rule && of["broken"] != 0);
    assert!(broken("validation.rejects"), "{}", summary["verdict"]);
    let pass = &summary["conformance"];
    assert!(pass["requests"].as_u64().unwrap() > 800 && pass["problems"].as_array().unwrap().is_empty(), "{pass}");
    // What the pass asked for on purpose is no error of the day, and no latency.
    let attempts = summary["totals"]["attempts"].as_u64().unwrap();
    assert!(attempts < 300 && summary["totals"]["requests"].as_u64().unwrap() >= attempts + 800, "{attempts}");
    let case = &summary["violations"][0];
    assert!(case["who"].as_str().unwrap().starts_with("conformance/"), "{case}");
    let story = fs::read_to_string(folder.join("violations/01-validation-rejects/story.md")).unwrap();
    assert!(story.contains("fieldday run short.toml") && story.contains("--conform"), "{story}");
    // What the pass decides by one request is told by it, not by all that came before.
    assert!((1..=3).contains(&story.matches("->>B:").count()), "{story}");
    // The history holds both, and is judged again as it was.
    let (code, out, _) = ran(&place, &["check", folder.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(out.contains("says the same as summary.json"), "{out}");
}

#[test]
fn a_target_that_does_not_know_the_people_of_the_pass_is_told_before_anything_is_sent() {
    let place = room("conform-unknown");
    fs::write(place.join("short.toml"), SHORT).unwrap();
    let users = |spare: usize| {
        let reps = (0..5 + spare).map(|i| format!("org_a,America/New_York,a-{i},,sales_rep\n"));
        let others = (0..5).map(|i| format!("org_b,America/New_York,b-{i},,sales_rep\n"));
        format!("tenant,zone,user_id,rep_id,role\n{}", reps.chain(others).collect::<String>())
    };
    fs::write(place.join("users.csv"), users(0)).unwrap();
    let text = format!("{SHORT}conform = true\n\n[data]\nusers = \"users.csv\"\n");
    fs::write(place.join("spare.toml"), text.replace("reps = 3", "reps = 10")).unwrap();
    let (code, _, err) = ran(&place, &["run", "spare.toml", "--target", "http://127.0.0.1:9"]);
    assert_eq!(code, 2, "{err}");
    assert!(flat(&err).contains("the file of users has 0 to spare"), "{err}");
    assert!(!place.join("results").exists());
    // The tool's own mock is left to a command of its own.
    fs::write(place.join("conform.toml"), format!("{SHORT}conform = true\n")).unwrap();
    let (code, _, err) = ran(&place, &["run", "conform.toml", "--target", "mock", "--dry-run"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("the conformance pass is left out with the built-in mock"), "{err}");
}
