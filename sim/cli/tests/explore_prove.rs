//! `fieldday explore`, `prove`, `marks` and `run --swarm`, as a shell sees them.

mod common;

use common::{fieldday, room, said};
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Few reps of a defect that shows at once.
const BROKEN: [&str; 7] = ["explore", "weekday", "--reps", "4", "--no-swarm", "--defect", "sends-tenant-id"];

#[test]
fn what_is_misspelt_or_makes_no_sense_exits_with_2() {
    let room = room("explore-wrong");
    let (other, broken) = (room.join("other.json"), room.join("broken.json"));
    fs::write(&broken, "{}").unwrap();
    let (code, _, err) = said(&["explore", "--seeds", "1", "--reps", "4", "--out", other.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
    let (other, broken) = (other.to_str().unwrap(), broken.to_str().unwrap());
    let cases: &[(&[&str], &[&str])] = &[
        (&["explore", "rouhg"], &["did you mean `rough`?"]),
        (&["explore", "--defect", "dubble-flush"], &["dubble-flush", "did you mean double-flush?"]),
        (&["explore", "--for", "soon"], &["--for", "15m"]),
        (&["explore", "--for", "1m", "--seeds", "3"], &["--for", "--seeds"]),
        (&["explore", "--resume", "nowhere.json"], &["nowhere.json", "cannot be resumed"]),
        (&["explore", "--resume", broken], &["broken.json", "cannot be resumed"]),
        (&["explore", "weekday", "--reps", "4", "--resume", other], &["other.json", "it holds the result of"]),
        (
            &["explore", "--seeds", "1", "--reps", "4", "--out", "nowhere/explore.json"],
            &["nowhere", "cannot be written"],
        ),
        (&["prove", "--defect", "clockin-race"], &["did you mean clock-in-race?"]),
        (&["prove", "--place", "moon"], &["backend", "app"]),
        (&["prove", "--quick", "--seeds", "3"], &["--quick", "--seeds"]),
        (&["prove", "--cap", "0"], &["--cap", "10"]),
    ];
    for (words, parts) in cases {
        let (code, _, err) = said(words);
        assert_eq!(code, 2, "{words:?}\n{err}");
        parts.iter().for_each(|part| assert!(err.contains(part), "{words:?} should say {part:?}\n{err}"));
        assert!(!err.contains("panicked"), "{err}");
    }
}

#[test]
fn seeds_that_break_something_are_grouped_and_exit_with_1() {
    let (code, text, err) = said(&[&BROKEN[..], &["--seeds", "3"]].concat());
    assert_eq!(code, 1, "{err}");
    for part in
        ["✗ app.no-tenant", "under 3 seeds, the first 0x1", "again: fieldday run weekday", "✗ 3 seeds, 12 rep-days"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // The line to paste shows it again.
    let again = text.lines().find_map(|line| line.trim().strip_prefix("again: fieldday ")).unwrap();
    let words: Vec<&str> = again.split_whitespace().chain(["--no-out"]).collect();
    let (code, text, _) = said(&words);
    assert!(code == 1 && text.contains("✗ app.no-tenant"), "{again}\n{text}");
}

#[test]
fn a_seed_that_was_drawn_can_be_run_again() {
    let words = ["explore", "rough", "--reps", "6", "--seeds", "4", "--defect", "double-flush", "--format", "json"];
    let (code, text, err) = said(&words);
    assert_eq!(code, 1, "{err}");
    let document = json(&text);
    let failure = &document["explored"]["failures"][0];
    assert!(failure["drawn"].as_array().is_some_and(|drawn| drawn.len() > 10), "{failure:#}");
    let (seed, rule) = (failure["seed"].as_u64().unwrap().to_string(), failure["signature"]["rule"].as_str().unwrap());
    let words = ["run", "rough", "--swarm", "--reps", "6", "--defect", "double-flush", "--no-out", "--format", "json"];
    let (code, text, _) = said(&[&words[..], &["--seed", &seed]].concat());
    assert_eq!(code, 1);
    let violations = json(&text)["violations"].clone();
    let is_it = |case: &Value| {
        (case["of"] == rule, &case["event"], &case["who"]) == (true, &failure["event"], &failure["client"])
    };
    let found = violations.as_array().unwrap().iter().filter(|case| is_it(case)).count();
    assert_eq!(found, 1, "{failure:#}\n{violations:#}");
}

#[test]
fn the_first_failure_can_end_it_and_a_sound_system_has_none() {
    let (code, text, _) = said(&[&BROKEN[..], &["--seeds", "50", "--stop-at-first", "--format", "json"]].concat());
    assert_eq!((code, &json(&text)["explored"]["seeds"]), (1, &Value::from(1)));
    let (code, text, err) = said(&["explore", "rough", "--reps", "4", "--seeds", "3", "--from", "0x10"]);
    assert_eq!(code, 0, "{text}{err}");
    assert!(text.contains("✓ 3 seeds") && text.contains("never: "), "{text}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_exploration_goes_on_to_the_same_end() {
    let room = room("explore-resume");
    let (file, whole) = (room.join("explore.json"), room.join("whole.json"));
    let (path, whole_path) = (file.to_str().unwrap(), whole.to_str().unwrap());
    // Far more than can be lived before the interrupt comes.
    let words = [&BROKEN[..], &["--seeds", "1000000", "--out", path]].concat();
    let mut child = fieldday().args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let lived = json(&fs::read_to_string(&file).unwrap())["explored"]["seeds"].as_u64().unwrap();
    let seeds = (lived + 3).to_string();
    let (code, _, err) = said(&[&BROKEN[..], &["--seeds", &seeds, "--resume", path]].concat());
    assert_eq!(code, 1, "{err}");
    let (code, _, _) = said(&[&BROKEN[..], &["--seeds", &seeds, "--threads", "1", "--out", whole_path]].concat());
    assert_eq!(code, 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), fs::read_to_string(&whole).unwrap());
}

#[test]
fn a_proof_says_what_was_found_and_is_the_same_on_any_number_of_threads() {
    let room = room("prove");
    let (one, two) = (room.join("one.md"), room.join("two.md"));
    let words =
        ["prove", "--defect", "tenant-leak-by-id", "--defect", "retries-at-once", "--seeds", "2", "--cap", "100"];
    let with = |more: &[&str]| said(&[&words[..], more].concat());
    let (code, text, err) = with(&["--clean", "50", "--threads", "1", "--write", one.to_str().unwrap()]);
    assert_eq!(code, 0, "{text}{err}");
    for part in ["tenant-leak-by-id", "2 of 2", "tenancy.isolated", "2 of 2 defects found", "0 violations"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(with(&["--clean", "50", "--threads", "2", "--write", two.to_str().unwrap()]).0, 0);
    let markdown = fs::read_to_string(&one).unwrap();
    assert_eq!(markdown, fs::read_to_string(&two).unwrap());
    assert!(markdown.contains("| `tenant-leak-by-id` | backend |"), "{markdown}");
    let document = json(&with(&["--clean", "0", "--format", "json"]).1);
    assert_eq!((&document["schema"], &document["complete"]), (&Value::from(1), &Value::Bool(true)));
    assert_eq!(document["defects"][0]["found"], 2, "{document:#}");
    assert_eq!(document["clean"], Value::Array(Vec::new()));
}

#[test]
fn a_proof_goes_on_from_what_it_kept() {
    let room = room("kept");
    let file = room.join("clean.json");
    let with = |clean: &str, keep: &[&str]| {
        let words = ["prove", "--defect", "tenant-leak-by-id", "--seeds", "1", "--format", "json", "--clean", clean];
        said(&[&words[..], keep].concat())
    };
    let keep = ["--keep", file.to_str().unwrap()];
    let (code, begun, err) = with("30", &keep);
    assert_eq!(code, 0, "{err}");
    // A round that is whole is not lived again.
    let (code, again, _) = with("30", &keep);
    assert_eq!((code, &json(&again)["clean"]), (0, &json(&begun)["clean"]));
    assert_eq!(json(&begun)["clean"], json(&with("30", &[]).1)["clean"]);
    let rep_days = |text: &str| -> u64 {
        json(text)["clean"].as_array().unwrap().iter().map(|line| line["rep_days"].as_u64().unwrap()).sum()
    };
    let (_, more, _) = with("90", &keep);
    assert!(rep_days(&more) >= 90 && rep_days(&begun) < 90, "{more}");
    // What another build lived says nothing of this one's judges.
    let foreign = fs::read_to_string(&file).unwrap().replacen("\"build\":\"", "\"build\":\"0", 1);
    fs::write(&file, &foreign).unwrap();
    let (code, _, err) = with("120", &keep);
    assert!(code == 2 && err.contains("clean.json") && err.contains("another build"), "{code} {err}");
    assert_eq!(fs::read_to_string(&file).unwrap(), foreign, "nothing is overwritten");
}

/// Two defects that show at once, and the mock without any.
const OVER_HTTP: [&str; 7] =
    ["prove", "--target", "mock", "--defect", "missing-token-served", "--defect", "role-map-incomplete"];

#[test]
fn a_proof_over_http_says_what_was_found_after_how_many_requests() {
    let room = room("prove-http");
    let file = room.join("proof.md");
    let words = ["--seeds", "1", "--clean-runs", "1", "--format", "json", "--write", file.to_str().unwrap()];
    let (code, text, err) = said(&[&OVER_HTTP[..], &words].concat());
    assert_eq!(code, 0, "{text}{err}");
    let document = json(&text);
    let schema = json(include_str!("../../documents/schemas/live-proof.schema.json"));
    assert!(jsonschema::is_valid(&schema, &document), "{text}");
    for (line, rule) in [(0, "auth.token-required"), (1, "auth.role-map")] {
        let line = &document["defects"][line];
        assert_eq!((&line["found"], &line["by_pass"]), (&Value::from(1), &Value::from(1)), "{line:#}");
        assert_eq!(line["first_broken"][0][0], rule, "{line:#}");
        assert!((1..1_000).contains(&line["median_requests"].as_u64().unwrap()), "{line:#}");
    }
    let clean = &document["clean"];
    assert_eq!((&clean["passes"], clean["alarms"].as_array().unwrap().len()), (&Value::from(1), 0), "{clean:#}");
    assert!(clean["requests"].as_u64().unwrap() > 900, "{clean:#}");
    let markdown = fs::read_to_string(&file).unwrap();
    assert!(markdown.contains("| `role-map-incomplete` | 1 of 1 |") && !text.contains("eyJ"), "{markdown}");
    assert!(markdown.contains("fieldday prove --target mock --seeds 1 --clean-runs 1 --at-once"), "{markdown}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_proof_over_http_prints_what_was_found_by_then() {
    let words =
        [&OVER_HTTP[..], &["--seeds", "1", "--clean-runs", "50", "--at-once", "2", "--format", "json"]].concat();
    let mut child = fieldday().args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Told by the line that comes every five seconds: both defects are found by then, and clean passes are under way.
    let stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut lines = std::io::BufRead::lines(stderr).map_while(Result::ok);
    let told = lines.find(|line| line.contains(" of 52 trials")).unwrap();
    assert!(told.contains(" left  "), "{told}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    // Whoever writes to a pipe that is closed dies of it.
    lines.for_each(drop);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let document = json(&String::from_utf8(ended.stdout).unwrap());
    assert_eq!(document["complete"], false);
    assert!(!document["defects"].as_array().unwrap().is_empty() && document["clean"]["passes"].as_u64().unwrap() < 50);
}

#[test]
fn marks_and_drawn_days_are_told() {
    let (code, marks, _) = said(&["marks"]);
    assert!(code == 0 && marks.lines().count() > 20, "{marks}");
    let words = ["run", "weekday", "--swarm", "--seed", "3", "--reps", "4", "--no-out"];
    let (code, text, err) = said(&words);
    assert_eq!(code, 0, "{text}{err}");
    assert!(text.contains("fingerprint"), "{text}");
    assert_eq!(
        text.lines().find(|line| line.contains("fingerprint")),
        said(&words).1.lines().find(|line| line.contains("fingerprint"))
    );
}

#[test]
fn shards_of_an_exploration_merge_to_what_one_process_finds() {
    let place = room("explore-merge");
    let words = ["explore", "rough", "--seeds", "9", "--reps", "6", "--defect", "double-flush", "--format", "json"];
    let (code, whole, _) = said(&words);
    assert_eq!(code, 1);
    let file = |index: u32| place.join(format!("{index}.json")).display().to_string();
    for index in 0..3 {
        let shard = format!("{index}/3");
        let (code, ..) = said(&[&words[..], &["--shard", &shard, "--out", &file(index)]].concat());
        assert!(code == 0 || code == 1, "{code}");
    }
    let merged = |files: &[String], more: &[&str]| {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        said(&[&["merge", "--format", "json"], &files[..], more].concat())
    };
    // In any order.
    let (code, out, err) = merged(&[file(2), file(0), file(1)], &[]);
    assert_eq!((code, out), (1, whole), "{err}");
    let (code, _, err) = merged(&[file(2), file(0)], &[]);
    assert!(code == 4 && err.contains("missing of 3 shards: 1"), "{code} {err}");
    assert_eq!(merged(&[file(2), file(0)], &["--partial"]).0, 1);
    let (code, _, err) = merged(&[file(0), file(0), file(1), file(2)], &[]);
    assert!(code == 4 && err.contains("shard 0/3 is there twice"), "{code} {err}");
    // Another exploration's, and one in one piece.
    let other = ["explore", "rough", "--seeds", "9", "--reps", "6", "--shard", "1/3", "--out"];
    said(&[&other[..], &[&file(7)]].concat());
    let (code, _, err) = merged(&[file(0), file(7), file(2)], &[]);
    assert!(code == 4 && err.contains("7.json: it is of `fieldday run rough"), "{code} {err}");
    said(&["explore", "rough", "--seeds", "1", "--reps", "6", "--out", &file(8)]);
    let (code, _, err) = merged(&[file(8)], &[]);
    assert!(code == 2 && err.contains("it holds all of it, not a shard"), "{code} {err}");
    assert!(merged(&[file(0), file(1), file(2)], &["--wait", "5s"]).2.contains("--wait has no effect"));
}

#[test]
fn shards_of_a_proof_merge_to_the_proof_of_one_process() {
    let place = room("prove-merge");
    let words = [
        "prove",
        "--seeds",
        "2",
        "--cap",
        "200",
        "--clean",
        "60",
        "--format",
        "json",
        "--defect",
        "double-flush",
        "--defect",
        "start-race",
        "--defect",
        "page-ties-unstable",
    ];
    let (code, whole, err) = said(&words);
    assert_eq!(code, 0, "{err}");
    let file = |index: u32| place.join(format!("{index}.json")).display().to_string();
    let files: Vec<String> = (0..3).map(file).collect();
    for (index, file) in files.iter().enumerate() {
        let shard = format!("{index}/3");
        let (code, _, err) = said(&[&words[..], &["--shard", &shard, "--out", file]].concat());
        assert!(code == 0 || code == 1, "{code} {err}");
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let (code, out, err) = said(&[&["merge", "--format", "json"], &files[..]].concat());
    assert_eq!((code, out), (0, whole), "{err}");
    let written = place.join("proof.md").display().to_string();
    said(&[&["merge", "--out", &written], &files[..]].concat());
    assert!(std::fs::read_to_string(&written).unwrap().contains("fieldday prove --seeds 2 --cap 200"));
    let (code, out, err) = said(&["merge", "--format", "json", files[0], files[2]]);
    assert!(code == 4 && err.contains("missing of 3 shards: 1") && out.contains("\"complete\": false"), "{code} {err}");
    std::fs::write(files[1], "{").unwrap();
    let (code, _, err) = said(&[&["merge"], &files[..]].concat());
    assert!(code == 2 && err.contains("1.json cannot be merged"), "{code} {err}");
    let (code, _, err) = said(&[&words[..], &["--shard", "0/4", "--out", files[1]]].concat());
    assert!(code == 2 && err.contains("4 shards cannot be made of 3 defects"), "{code} {err}");
}
