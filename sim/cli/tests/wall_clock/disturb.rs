//! Planned disturbances of a real mock, in a process of its own: stopped by a command of the scenario, continued by another.
#![cfg(unix)]

use crate::common::{fieldday, flat, read_output, room};
use crate::mock::Mock;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A run of half a minute in whose seventh second the mock is stopped for three seconds.
fn scenario(place: &Path, mock: &Mock, more: &str, run: &str) -> PathBuf {
    let pid = mock.child.id();
    let text = format!(
        r#"
name = "disturbed"
about = "The target is stopped for a moment."
must_exercise = []
limits = ["wire p95 < 1 s"]
day = {{ dates = ["2026-06-10"], leave_home = ["07:00", "07:30"], latest = "17:00" }}
people = {{ reps = 3, tenants = 2, territories = ["newark"], mix = {{ steady = 1 }} }}

[live]
speed = 1440
ramp_s = 1
linger_s = 4
link = false
intruders = false

[[live.disturb]]
name = "stopped"
at_s = 6
run = "{run}"
undo = "kill -CONT {pid}; echo undone >>undone"
lasts_s = 3
holds_again_within_s = 15
{more}
"#
    );
    let path = place.join("disturbed.toml");
    fs::write(&path, text.replace("PID", &pid.to_string())).unwrap();
    path
}

fn summary(place: &Path) -> Value {
    let folder = fs::read_dir(place.join("results")).unwrap().next().unwrap().unwrap().path();
    serde_json::from_str(&fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap()
}

#[test]
fn a_target_that_is_stopped_and_continued_is_judged_and_marked() {
    let place = room("disturb-judged");
    let mock = Mock::serve(&place, &["smoke"]);
    let may = "may_break = [\"wire p95 < 1 s\", \"error rate <= 1 %\"]";
    scenario(&place, &mock, may, "kill -STOP PID");
    let run =
        fieldday().args(["run", "disturbed.toml", "--target", &mock.url, "--disturb"]).current_dir(&place).output();
    let (_, stdout, stderr) = read_output(&run.unwrap());
    let of = &summary(&place)["disturbances"][0];
    assert_eq!(of["verdict"], "held", "{of} {stderr}");
    assert!(of["exceeded"].as_array().unwrap().contains(&"wire p95 < 1 s".into()), "{of}");
    assert!(of["held_again_after_us"].as_u64().unwrap() <= 15_000_000, "{of}");
    let says = flat(&stdout);
    assert!(says.contains("DISTURBANCES ✓ stopped") && says.contains("every limit held again"), "{stdout}");
    let folder = fs::read_dir(place.join("results")).unwrap().next().unwrap().unwrap().path();
    let html = fs::read_to_string(folder.join("report.html")).unwrap();
    let charts = html.matches("<svg viewBox=\"0 0 1000 1000\"").count();
    assert!(charts >= 4 && html.matches("class=\"mark\"").count() == charts, "{charts}");
    assert!(!mock.is_stopped());
    assert_eq!(fs::read_to_string(place.join("undone")).unwrap(), "undone\n");
}

#[test]
fn a_limit_that_may_not_break_breaks_the_run() {
    let place = room("disturb-broken");
    let mock = Mock::serve(&place, &["smoke"]);
    scenario(&place, &mock, "", "kill -STOP PID");
    let run =
        fieldday().args(["run", "disturbed.toml", "--target", &mock.url, "--disturb"]).current_dir(&place).output();
    let (code, stdout, stderr) = read_output(&run.unwrap());
    let of = &summary(&place)["disturbances"][0];
    assert_eq!((code, &of["verdict"]), (1, &Value::from("exceeded")), "{of} {stderr}");
    let says = flat(&stdout);
    assert!(says.contains("1 disturbance broke a limit or lasted too long"), "{stdout}");
    assert!(says.contains("exceeded meanwhile, and should not be: wire p95 < 1 s"), "{stdout}");
}

#[test]
fn an_interrupted_run_continues_the_target_that_it_stopped() {
    let place = room("disturb-interrupted");
    let mock = Mock::serve(&place, &["smoke"]);
    scenario(&place, &mock, "", "kill -STOP PID; touch stopped");
    let text = fs::read_to_string(place.join("disturbed.toml")).unwrap().replace("lasts_s = 3", "lasts_s = 60");
    fs::write(place.join("disturbed.toml"), text).unwrap();
    let mut run = fieldday();
    run.args(["run", "disturbed.toml", "--target", &mock.url, "--disturb"]).current_dir(&place);
    let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while !place.join("stopped").exists() {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(mock.is_stopped());
    // Twice: the second one ends the process at once.
    for _ in 0..2 {
        Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(!mock.is_stopped());
    assert_eq!(fs::read_to_string(place.join("undone")).unwrap(), "undone\n");
}

#[test]
fn without_the_option_and_in_a_dry_run_nothing_is_disturbed_and_what_would_be_is_said() {
    let place = room("disturb-dry");
    let mock = Mock::serve(&place, &["smoke"]);
    scenario(&place, &mock, "", "kill -STOP PID");
    let dry = |more: &[&str]| {
        let words = ["run", "disturbed.toml", "--target", &mock.url, "--dry-run"];
        read_output(&fieldday().args(words).args(more).current_dir(&place).output().unwrap())
    };
    let (code, _, says) = dry(&["--disturb"]);
    let pid = mock.child.id();
    assert_eq!(code, 0, "{says}");
    assert!(
        says.contains(&format!("for 3 s: kill -STOP {pid}")) && says.contains(&format!("kill -CONT {pid}")),
        "{says}"
    );
    let (_, _, says) = dry(&[]);
    assert!(says.contains("left out without --disturb"), "{says}");
    assert!(!mock.is_stopped() && !place.join("undone").exists());
}

#[test]
fn a_command_that_fails_makes_the_run_inconclusive() {
    let place = room("disturb-failed");
    let mock = Mock::serve(&place, &["smoke"]);
    scenario(&place, &mock, "", "echo no such service >&2; exit 3");
    let run =
        fieldday().args(["run", "disturbed.toml", "--target", &mock.url, "--disturb"]).current_dir(&place).output();
    let (code, stdout, stderr) = read_output(&run.unwrap());
    let of = &summary(&place)["disturbances"][0];
    assert_eq!((code, &of["verdict"]), (4, &Value::from("inconclusive")), "{of} {stderr}");
    let says = flat(&stdout);
    assert!(says.contains("inconclusive 1 disturbance decided nothing"), "{stdout}");
    assert!(says.contains("`run` failed (exit status: 3): no such service"), "{stdout}");
}
