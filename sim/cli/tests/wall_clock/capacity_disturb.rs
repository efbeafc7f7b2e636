//! Searches for capacity whose levels are disturbed: a mock in a process of its own, stopped by a command of the scenario and continued
//! by another.
#![cfg(unix)]

use crate::common::{HOUR_A_MINUTE, SLOW_MACHINE, fieldday, flat, read_output, room};
use crate::mock::Mock;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Forty reps in two cells, on a machine that may be as slow as it likes. The mock is stopped two seconds into each level; the file
/// `pid` says which process it is.
fn scenario(place: &Path, run: &str, lasts_s: u32, more: &str) {
    let text = format!(
        r#"
name = "disturbed"
about = "The target is stopped for a moment at each level."
limits = ["wire p95 < 1500 ms"]

[day]
dates = ["2026-06-10"]

[people]
reps = 40
tenants = 4
territories = ["newark"]
{HOUR_A_MINUTE}dead_after_s = 20
{SLOW_MACHINE}
[[live.disturb]]
name = "stopped"
at_s = 2
run = "{run}"
undo = "kill -CONT $(cat pid); echo undone >>undone"
lasts_s = {lasts_s}
holds_again_within_s = 5
{more}
"#
    );
    fs::write(place.join("disturbed.toml"), text).unwrap();
}
const STOP: &str = "kill -STOP $(cat pid); touch stopped";
const MAY: &str = "may_break = [\"wire p95 < 1500 ms\", \"error rate <= 1 %\"]";

fn serve(place: &Path) -> Mock {
    let mock = Mock::serve(place, &["disturbed.toml", "--delay-us", "2000"]);
    fs::write(place.join("pid"), mock.child.id().to_string()).unwrap();
    mock
}
/// A search of one number of reps, in levels as short as a test has time for.
fn search(place: &Path, target: &str, more: &[&str]) -> Command {
    let mut command = fieldday();
    command.args(["capacity", "disturbed.toml", "--target", target, "--from", "40", "--to", "40", "--repeats", "1"]);
    command.args(["--level", "4", "--warm-up", "3", "--threads", "1"]).args(more);
    command.current_dir(place);
    command
}
fn searched(place: &Path, target: &str, more: &[&str]) -> (i32, String, String) {
    read_output(&search(place, target, more).output().unwrap())
}
fn folder(place: &Path) -> PathBuf {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(place.join("results")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.pop().unwrap()
}
fn report(place: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder(place).join("capacity.json")).unwrap()).unwrap()
}
fn undone(place: &Path) -> String {
    fs::read_to_string(place.join("undone")).unwrap_or_default()
}

#[test]
fn a_search_that_holds_does_not_if_a_level_must_hold_while_the_target_is_stopped() {
    let place = room("capacity-disturb-broken");
    scenario(&place, STOP, 3, "");
    let mock = serve(&place);
    // One level of a mock of its own: nothing is stopped.
    let (code, out, err) = searched(&place, "mock", &["--longest", "4", "--within", "22s"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("disturbance \"stopped\", 2 s into the measured part of each level: left out"), "{err}");
    assert_eq!((report(&place)["measured"]["finding"]["carries"].as_u64(), undone(&place).as_str()), (Some(40), ""));
    let of = &report(&place)["measured"]["levels"][0];
    assert!(of.get("disturbances").is_none() && of["measured_s"] == 4.0, "{of}");

    let (code, out, err) = searched(&place, &mock.url, &["--disturb"]);
    let of = &report(&place)["measured"]["levels"][0];
    assert_eq!((code, &of["disturbances"][0]["result"]["verdict"]), (1, &Value::from("exceeded")), "{of} {err}");
    let began = of["disturbances"][0]["from_s"].as_f64().unwrap();
    assert!((2.0..3.0).contains(&began), "{of}");
    let says = flat(&out);
    assert!(says.contains("Exceeded first: ") && says.contains("the disturbance \"stopped\"."), "{out}");
    assert!(says.contains("DISTURBANCES measured") && says.contains("wire p95 < 1500 ms"), "{out}");
    assert!(!mock.is_stopped());
    assert_eq!(undone(&place), "undone\n");
}

#[test]
fn a_level_holds_without_what_a_disturbance_may_break_and_every_report_shows_it() {
    let place = room("capacity-disturb-held");
    scenario(&place, STOP, 3, MAY);
    let mock = serve(&place);
    let (code, out, err) = searched(&place, &mock.url, &["--disturb"]);
    assert_eq!(code, 0, "{out}{err}");
    let report = report(&place);
    let of = &report["measured"]["levels"][0];
    let disturbance = &of["disturbances"][0]["result"];
    assert_eq!((&disturbance["verdict"], &of["invalid"]), (&Value::from("held"), &Value::Null), "{of}");
    assert!(disturbance["exceeded"].as_array().unwrap().contains(&"wire p95 < 1500 ms".into()), "{of}");
    // 2 + 3 + 5 s until it must hold again, and 10 s more: so long is a level that needs 4 s by itself.
    assert_eq!(of["measured_s"], 20.0);
    assert!(err.contains("each level is measured for 8 s more, and 20 s at least"), "{err}");
    assert!(err.contains("about 1 level, ") && err.contains(" requests, 1 disturbance\n"), "{err}");
    // The requests of those 8 s are no samples of the limit.
    let (all, counted) = (of["requests"].as_u64().unwrap(), of["limits"][0]["share"]["of"].as_u64().unwrap());
    assert!(counted > 0 && counted < all * 3 / 4, "{counted} of {all}");
    assert_eq!(report["asked"]["disturbances"][0]["name"], "stopped");
    assert!(flat(&out).contains("with the planned disturbances (\"stopped\")"), "{out}");
    let schema: Value = serde_json::from_str(include_str!("../../../capacity/schemas/capacity.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &report), "{report}");
    let html = fs::read_to_string(folder(&place).join("capacity.html")).unwrap();
    assert!(html.contains("A level of 40 reps, while it was disturbed") && html.contains("class=\"mark\""));
    let markdown = fs::read_to_string(folder(&place).join("capacity.md")).unwrap();
    assert!(markdown.contains("## Disturbances") && markdown.contains("| stopped |"), "{markdown}");
    assert!(markdown.contains("no model is fitted") || markdown.contains("No model is fitted"), "{markdown}");
    assert_eq!(undone(&place), "undone\n");
}

#[test]
fn a_search_that_is_interrupted_while_it_disturbs_continues_the_target_and_can_be_gone_on_with() {
    for times in [1, 2] {
        let place = room(&format!("capacity-disturb-interrupted-{times}"));
        scenario(&place, STOP, 60, MAY);
        let mock = serve(&place);
        let mut child = search(&place, &mock.url, &["--disturb"]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while !place.join("stopped").exists() {
            assert!(began.elapsed() < Duration::from_secs(120) && child.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(mock.is_stopped());
        // Twice: the second one ends the process at once.
        for _ in 0..times {
            Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            std::thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(!mock.is_stopped());
        assert_eq!(undone(&place), "undone\n");
        let folder = folder(&place);
        let resume = |more: &[&str]| {
            let words = ["capacity", "--resume", folder.to_str().unwrap()];
            read_output(&fieldday().args(words).args(more).current_dir(&place).output().unwrap())
        };
        let (code, _, err) = resume(&[]);
        assert!(code == 2 && flat(&err).contains("disturbances \"stopped\" (at 2 s, for 60 s), not none"), "{err}");
        scenario(&place, STOP, 30, MAY);
        let (code, _, err) = resume(&["disturbed.toml", "--disturb"]);
        assert!(code == 2 && flat(&err).contains("not \"stopped\" (at 2 s, for 30 s)"), "{err}");
        assert_eq!(undone(&place), "undone\n");
    }
}

#[test]
fn a_level_that_ends_early_since_the_target_is_silent_undoes_what_it_began() {
    let place = room("capacity-disturb-silent");
    scenario(&place, STOP, 60, MAY);
    let text = fs::read_to_string(place.join("disturbed.toml")).unwrap();
    fs::write(place.join("disturbed.toml"), text.replace("dead_after_s = 20", "dead_after_s = 4")).unwrap();
    let mock = serve(&place);
    let (code, out, err) = searched(&place, &mock.url, &["--disturb"]);
    assert_eq!(code, 1, "{out}{err}");
    let of = &report(&place)["measured"]["levels"][0];
    assert!(of["suffered"].as_str().unwrap().contains("live.dead_after_s"), "{of}");
    assert_eq!(of["disturbances"][0]["result"]["note"], "the run ended while it lasted", "{of}");
    assert!(!mock.is_stopped());
    assert_eq!(undone(&place), "undone\n");
}

#[test]
fn a_command_that_fails_makes_the_level_not_count_and_the_search_ends_without_its_password() {
    let place = room("capacity-disturb-failed");
    scenario(&place, "PGPASSWORD=hunter2 true; echo no such service >&2; exit 3", 3, MAY);
    fs::write(place.join("pid"), "$$").unwrap();
    let text = fs::read_to_string(place.join("disturbed.toml")).unwrap();
    fs::write(place.join("disturbed.toml"), text.replace("kill -CONT $(cat pid); ", "")).unwrap();
    let (code, out, err) = searched(&place, "mock", &["--disturb"]);
    assert_eq!(code, 4, "{out}{err}");
    let report = report(&place);
    let why = "the disturbance \"stopped\" decided nothing: `run` failed (exit status: 3): no such service";
    let levels = report["measured"]["levels"].as_array().unwrap();
    assert_eq!(levels.iter().map(|of| of["invalid"].as_str().unwrap()).collect::<Vec<_>>(), [why, why], "{report}");
    assert_eq!(report["measured"]["finding"]["ending"], "disturbance-undecided");
    assert!(flat(&out).contains(why) && flat(&out).contains("mend its commands"), "{out}");
    assert_eq!(undone(&place), "undone\nundone\n", "once a level");
    assert!(err.contains("2 s into the measured part of each level, for 3 s: PGPASSWORD=***"), "{err}");
    assert!(err.contains("undone by: echo undone"), "{err}");
    let folder = folder(&place);
    for name in ["capacity.html", "capacity.md", "capacity.json", "capacity.jsonl"] {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        assert!(!text.contains("hunter2") && text.contains("no such service"), "{name}");
    }
}

#[test]
fn of_several_shards_the_first_one_disturbs() {
    let place = room("capacity-disturb-shards");
    scenario(&place, STOP, 3, MAY);
    let mock = serve(&place);
    let shard = |index: u32| {
        let of = format!("{index}/2");
        let mut command = search(&place, &mock.url, &["--disturb", "--shard", &of, "--start-together", "meet"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (first, second) = (shard(0), shard(1));
    let ended = |child: std::process::Child| read_output(&child.wait_with_output().unwrap());
    let ((code, out, err), (follows, _, told)) = (ended(first), ended(second));
    assert!(code == 0 && follows == 0, "{code} {follows}\n{out}{err}\n{told}");
    assert!(told.contains("shard 0 alone disturbs the target") && told.contains("a part of 40 reps"), "{told}");
    let levels = report(&place)["measured"]["levels"].as_array().unwrap().clone();
    assert!(levels.iter().all(|of| of["disturbances"].as_array().unwrap().len() == 1), "{levels:?}");
    // Both measured the same seconds: what was slow is what began while the mock was stopped.
    let slow = |of: &Value| of["p95_us"].as_u64().is_some_and(|us| us > 1_000_000);
    let slices = levels[0]["course"].as_array().unwrap();
    let while_stopped = |of: &&Value| (2.0..5.0).contains(&of["from_s"].as_f64().unwrap());
    assert!(slices.iter().filter(while_stopped).any(slow), "{slices:?}");
    assert_eq!(undone(&place), "undone\n".repeat(levels.len()));
}

#[test]
fn disturbances_that_no_level_could_judge_are_refused_with_file_and_key() {
    let place = room("capacity-disturb-refused");
    scenario(&place, STOP, 3, MAY);
    let refused = |more: &[&str], says: &[&str]| {
        let (code, out, err) = searched(&place, "mock", &[&["--disturb"], more].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{more:?} {err}");
        assert!(says.iter().all(|words| flat(&err).contains(words)), "{more:?} {err}");
        assert!(!place.join("results").exists(), "nothing was begun");
    };
    let at = "disturbed.toml: live.disturb[0].at_s: a level must be measured for 20 s";
    refused(&["--longest", "15"], &[at, "is for 15 s at most (--longest)"]);
    refused(&["--within", "20s"], &[at, "(--within, less the warm-up)"]);
    refused(&["--window", "08:00-08:25"], &[at, "(the window at this speed)"]);
    refused(
        &["--limit", "wire p95 < 1 s"],
        &["live.disturb[0].may_break: \"wire p95 < 1500 ms\" is no limit of this search", "wire p95 < 1 s"],
    );
    let text = fs::read_to_string(place.join("disturbed.toml")).unwrap();
    let second =
        "\n[[live.disturb]]\nname = \"again\"\nat_s = 9\nrun = \"true\"\nlasts_s = 1\nholds_again_within_s = 1\n";
    fs::write(place.join("disturbed.toml"), format!("{text}{second}")).unwrap();
    refused(&[], &["live.disturb[1].at_s: \"again\" begins before it can be seen", "hold again after \"stopped\""]);
}
