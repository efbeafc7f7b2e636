//! `fieldday compare` and `fieldday trend`, from outside, on made-up run folders.

#[path = "../../../compare/tests/made/mod.rs"]
mod made;

use crate::common::{SLOW_MACHINE, fieldday, room, said};
use made::Made;
use std::fs;
use std::path::Path;

fn nights(place: &Path, days: std::ops::Range<i64>, change: impl Fn(Made) -> Made) -> String {
    days.for_each(|day| {
        change(Made::new(day)).folder(place);
    });
    place.to_str().unwrap().to_owned()
}
fn steady(made: Made) -> Made {
    made.but(|made| made.spread = 0.01)
}

#[test]
fn every_outcome_has_its_exit_code() {
    let room = room("compare-codes");
    let base = nights(&room.join("base"), 0..5, steady);
    let same = nights(&room.join("same"), 10..15, steady);
    let slow = nights(&room.join("slow"), 20..25, |made| steady(made).slower("clock-in", 1, 1.3));
    let broken = nights(&room.join("broken"), 30..35, |made| steady(made).but(|made| made.rules[0].1 = "broken"));
    let one = nights(&room.join("one"), 40..41, |made| made);
    let invalid = nights(&room.join("invalid"), 50..52, |made| made.but(|made| made.outcome = "invalid"));
    let other = nights(&room.join("other"), 60..65, |made| made.but(|made| made.speed = 10));
    let ask = |new: &str, more: &[&str]| said(&[&["compare", new, "--baseline", &base], more].concat());
    for (new, more, code, says) in [
        (&same, &[][..], 0, "✓ not worse"),
        (&slow, &[], 1, "1 percentile slower: POST clock-in p95 +"),
        (&broken, &[], 1, "newly broken: tenancy.isolated"),
        (&slow, &["--limit", "p99 not worse than 10 %"], 0, "1 limit on change held"),
        (&slow, &["--limit", "p95 not worse than 10%"], 1, "exceeded by POST clock-in p95"),
        (&same, &["--limit", "p95 of patch-appointment not worse than 0.1 %"], 4, "inconclusive for all 1"),
    ] {
        let (got, stdout, stderr) = ask(new, more);
        assert_eq!(got, code, "{new} {more:?}\n{stdout}\n{stderr}");
        assert!(stdout.contains(says), "{new} {more:?}\n{stdout}");
    }
    let single = nights(&room.join("single"), 45..46, |made| made);
    let (code, stdout, stderr) = said(&["compare", &one, "--baseline", &single]);
    assert!(code == 4 && stdout.contains("INCONCLUSIVE") && stderr.contains("is not a pass"), "{stdout}\n{stderr}");
    for (new, more, code, says) in [
        (&invalid, &[][..], 4, "there is no usable new run"),
        (&other, &[], 2, "speed: 10 and 60"),
        (&base, &[], 2, "is given twice"),
        (&same, &["--limit", "p97 not worse than 10 %"], 2, "p50, p95 or p99"),
        (&same, &["--limit", "p99 of clockin not worse than 10 %"], 2, "did you mean `clock-in`?"),
    ] {
        let (got, stdout, stderr) = ask(new, more);
        assert_eq!((got, stdout.as_str()), (code, ""), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
    }
    let (code, stdout, stderr) = ask(&other, &["--although-unlike"]);
    assert!(code == 0 && stdout.contains("differs: speed"), "it is meant, and said: {stdout}\n{stderr}");
    let (code, _, stderr) = said(&["compare", "no-such-place", "--baseline", &base]);
    assert!(code == 2 && stderr.contains("no-such-place/run.json: no such file"), "{stderr}");
}

#[test]
fn the_newest_run_is_compared_with_the_last_good_one_or_the_last_seven() {
    let room = room("compare-last");
    let results = nights(&room, 0..12, |made| made);
    Made::new(12).but(|made| made.outcome = "broken").folder(&room);
    Made::new(13).slower("update-appointment", 1, 1.8).folder(&room);
    fs::create_dir(room.join("not-a-run")).unwrap();
    let json = |words: &[&str]| {
        let (code, stdout, stderr) = said(&[&["compare", "--results", &results, "--format", "json"], words].concat());
        let value: serde_json::Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{stderr}"));
        (code, value, stderr)
    };
    let (code, last_good, stderr) = json(&[]);
    assert_eq!(last_good["new"][0]["started_at"], "2026-06-14T02:00:00Z");
    assert_eq!(last_good["baseline"][0]["started_at"], "2026-06-12T02:00:00Z", "not the broken night");
    assert_eq!(last_good["method"]["test"], "rotation", "judged by the history of nights in results/");
    assert!(stderr.contains("newest run: ") && stderr.contains("not-a-run/run.json: no such file"), "{stderr}");
    assert_eq!(code, 1, "{last_good:#}");
    let (code, last, _) = json(&["--baseline", "last:7"]);
    let baseline = last["baseline"].as_array().unwrap();
    assert_eq!((code, baseline.len()), (1, 7));
    let slower: Vec<_> = last["lines"].as_array().unwrap().iter().filter(|line| line["says"] == "slower").collect();
    assert!(slower.len() == 1 && slower[0]["op"] == "update-appointment" && slower[0]["percentile"] == "p95");
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../compare/schemas/comparison.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &last) && jsonschema::is_valid(&schema, &last_good));

    let empty = room.join("empty");
    fs::create_dir(&empty).unwrap();
    let (code, _, stderr) = said(&["compare", "--results", empty.to_str().unwrap()]);
    assert!(code == 4 && stderr.contains("there is no complete run in"), "{stderr}");
    let first = room.join("first");
    let only = nights(&first, 0..1, |made| made);
    let (code, _, stderr) = said(&["compare", "--results", &only]);
    assert!(code == 4 && stderr.contains("there is no good run of the same kind before it"), "{stderr}");
    assert!(said(&["compare", "--baseline", "last:0"]).2.contains("last:7"));
}

#[test]
fn markdown_and_page_say_the_same() {
    let room = room("compare-forms");
    let base = nights(&room.join("base"), 0..5, steady);
    let slow = nights(&room.join("slow"), 20..25, |made| {
        steady(made).slower("clock-in", 1, 1.3).but(|made| made.hazards = vec!["<b>&"])
    });
    let page = room.join("page.html");
    let words = ["compare", &slow, "--baseline", &base, "--format", "markdown", "--html", page.to_str().unwrap()];
    let (code, markdown, _) = said(&words);
    assert!(code == 1 && markdown.contains("| POST clock-in | p95 |") && markdown.contains("\\<b\\>&"), "{markdown}");
    let html = fs::read_to_string(page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("POST clock-in p95 +") && !html.contains("<b>&"));
    assert!(!html.contains("http://") && !html.contains("https://"), "nothing is loaded from anywhere");
}

#[test]
fn a_trend_marks_the_night_and_skips_what_it_cannot_read() {
    let room = room("trend");
    let results = nights(&room, 0..9, |made| made);
    nights(&room, 9..16, |made| made.slower("update-appointment", 1, 1.4));
    let broken = Made::new(16).but(|made| (made.outcome, made.rules[1].1) = ("broken", "broken")).folder(&room);
    Made::new(17).but(|made| made.outcome = "invalid").folder(&room);
    nights(&room, 20..22, |made| made.but(|made| made.target = "model".into()));
    fs::write(broken.join("report.html"), "a page").unwrap();
    let damaged = Made::new(19).folder(&room);
    fs::write(damaged.join("summary.json"), "{").unwrap();
    let search = room.join("capacity-demo-0x1-20260615T081500Z");
    fs::create_dir(&search).unwrap();
    let found = r#"{"asked":{"scenario":"demo","target":"mock","disturbances":[{"name":"instance-lost"}]},
        "measured":{"finding":{"carries":1200,"low":1100,"high":null}}}"#;
    fs::write(search.join("capacity.json"), found).unwrap();

    let (code, text, stderr) = said(&["trend", &results]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("summary.json: expected the summary") && text.contains("SKIPPED"), "{stderr}\n{text}");
    assert!(text.contains("→ 2026-06-10 02:00") && text.contains("PATCH appointments/{id}  p95  +"), "{text}");
    assert!(text.contains("✗ shift.today  broken in 1 of 18 nights"), "{text}");
    assert!(
        text.contains("? inconclusive  2026-06-18 02:00") && text.contains("not used: it is inconclusive"),
        "{text}"
    );
    assert!(text.contains("1,200 reps, at least 1,100"), "{text}");
    assert!(
        text.contains("demo, disturbed by \"instance-lost\""),
        "a search with disturbances is another question: {text}"
    );
    let html = fs::read_to_string(room.join("trend.html")).unwrap();
    let link = format!("href=\"{}/report.html\"", broken.file_name().unwrap().to_str().unwrap());
    assert!(html.contains(&link) && html.contains("level of p95") && html.contains("Skipped folders"));
    assert!(!html.contains("http://") && !html.contains("https://"), "nothing is loaded from anywhere");

    let page = room.join("elsewhere.html");
    let words = ["trend", &results, "--last", "3", "--format", "json", "--html", page.to_str().unwrap()];
    let (code, json, stderr) = said(&words);
    assert_eq!(code, 0, "{stderr}");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../compare/schemas/trend.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &value));
    assert_eq!(value["groups"].as_array().unwrap().len(), 2, "virtual nights are a group of their own");
    assert!(value["groups"].as_array().unwrap().iter().all(|group| group["nights"].as_array().unwrap().len() <= 3));
    assert!(page.exists());
    let (code, markdown, _) = said(&["trend", &results, "--format", "markdown"]);
    assert!(
        code == 0 && markdown.contains("- changed since 2026-06-10 02:00: PATCH appointments/{id} p95 +"),
        "{markdown}"
    );
    let (code, _, stderr) = said(&["trend", &results, "--scenario", "nightly"]);
    assert!(code == 4 && stderr.contains("there is no run of nightly"), "{stderr}");
    assert_eq!(said(&["trend", "no-such-place"]).0, 2);
}

/// The demo, on a machine that may be as slow as it likes.
fn patient_demo(place: &Path) -> String {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/demo.toml")).unwrap();
    let must = text.lines().find(|line| line.starts_with("must_exercise")).unwrap();
    let file = place.join("demo.toml");
    fs::write(&file, format!("{}{SLOW_MACHINE}", text.replace(must, ""))).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn two_targets_are_run_in_turn_with_the_same_seeds_and_kept() {
    let room = room("interleave");
    let (demo, out) = (patient_demo(&room), room.join("out"));
    let words = ["compare", "--interleave", "1", "--target", "mock", "--against", "mock", "--seed", "7", "--out"];
    let words = [&words[..], &[out.to_str().unwrap(), "--format", "json", &demo, "--", "--speed", "4000"]].concat();
    let (code, stdout, stderr) = said(&words);
    assert_eq!(code, 4, "one run a side cannot tell: {stdout}\n{stderr}");
    let value: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&value["new"][0]["seed"], &value["baseline"][0]["seed"]), (&"0x7".into(), &"0x7".into()));
    assert_eq!(value["method"]["clock"], "wire");
    let place = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let kept: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(place.join("comparison.json")).unwrap()).unwrap();
    assert_eq!(kept, value);
    let (new, baseline) = (place.join("new"), place.join("baseline"));
    assert!(stderr.contains(&format!(
        "to repeat the comparison: fieldday compare {} --baseline {}",
        new.display(),
        baseline.display()
    )));
    let again = said(&["compare", new.to_str().unwrap(), "--baseline", baseline.to_str().unwrap(), "--format", "json"]);
    assert_eq!(again.1, stdout, "the same again from the folders");
}

#[test]
fn a_target_that_is_not_there_ends_it_and_so_does_a_wrong_line() {
    let out = room("interleave-nothing");
    let to = out.to_str().unwrap();
    let nobody = "http://127.0.0.1:9";
    let (code, _, stderr) =
        said(&["compare", "--interleave", "2", "--target", nobody, "--against", nobody, "--out", to, "demo"]);
    assert!(code == 3 && stderr.contains("could not start"), "{stderr}");
    let (code, _, stderr) =
        said(&["compare", "--interleave", "2", "--target", "mock", "--against", "mock", "--out", to]);
    assert!(code == 2 && stderr.contains("one scenario"), "{stderr}");
    assert_eq!(said(&["compare", "--interleave", "2", "demo"]).0, 2);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_run_under_way_and_what_there_was_is_kept() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};
    let room = room("interleave-cut");
    let (demo, out) = (patient_demo(&room), room.join("out"));
    let words = ["compare", "--interleave", "3", "--target", "mock", "--against", "mock", "--out"];
    let mut command = fieldday();
    command.args(words).arg(&out).arg(&demo).args(["--", "--speed", "1500"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let written = || {
        let place = fs::read_dir(&out).ok()?.next()?.ok()?.path().join("new");
        let run = fs::read_dir(place).ok()?.next()?.ok()?.path();
        fs::metadata(run.join("history.jsonl.zst")).ok().map(|data| data.len())
    };
    let began = Instant::now();
    while written().is_none_or(|bytes| bytes < 8_000) && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let (code, stdout, stderr) = crate::common::read_output(&child.wait_with_output().unwrap());
    assert_eq!((code, stdout.as_str()), (130, ""), "{stderr}");
    assert!(stderr.contains("interrupted before enough runs"), "{stderr}");
    let place = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path().join("new");
    let run = fs::read_dir(place).unwrap().next().unwrap().unwrap().path();
    assert!(run.join("summary.json").exists(), "the run under way kept what it had measured");
}
