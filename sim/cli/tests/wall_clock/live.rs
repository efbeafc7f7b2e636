//! `fieldday run --target`, from outside: against the built-in mock, against nothing, and cut short.

use crate::common::{SLOW_MACHINE, fieldday, read_output, room, said, said_live};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn run_folder(out: &Path) -> PathBuf {
    fs::read_dir(out).unwrap().next().unwrap().unwrap().path()
}
/// A run that has begun to write its history.
fn under_way(out: &Path) -> Child {
    let args = ["run", "demo", "--target", "mock", "--speed", "1500", "--out", out.to_str().unwrap()];
    let child = fieldday().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    let written = || {
        let entry = fs::read_dir(out).ok()?.next()?.ok()?;
        fs::metadata(entry.path().join("history.jsonl.zst")).ok().map(|data| data.len())
    };
    while written().is_none_or(|bytes| bytes < 8_000) && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(50));
    }
    child
}

/// The summary of a run's folder, which is as its schema says; its documents are there, too.
fn summary_as_the_schema_says(folder: &Path) -> serde_json::Value {
    let text = fs::read_to_string(folder.join("summary.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let schema = serde_json::from_str(include_str!("../../../folder/schemas/summary.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = schema.iter_errors(&document).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let markdown = fs::read_to_string(folder.join("summary.md")).unwrap();
    assert!(markdown.contains(document["ran"]["seed"].as_str().unwrap()), "{markdown}");
    for (file, end) in [("junit.xml", "</testsuites>"), ("metrics.prom", "# EOF")] {
        assert!(fs::read_to_string(folder.join(file)).unwrap().trim_end().ends_with(end), "{file}");
    }
    document
}

/// The demo, on a machine that may be as slow as it likes.
fn patient_demo(name: &str) -> String {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/demo.toml")).unwrap();
    let must = text.lines().find(|line| line.starts_with("must_exercise")).unwrap();
    let file = room(name).join("demo.toml");
    fs::write(&file, format!("{}{SLOW_MACHINE}", text.replace(must, ""))).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_day_against_the_mock_is_judged_checked_and_lived_again() {
    let (out, demo) = (room("live-day"), patient_demo("live-day-scenario"));
    let to = out.to_str().unwrap();
    let (code, stdout, stderr) = said(&["run", &demo, "--target", "mock", "--speed", "4000", "--out", to]);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    assert!(stdout.contains("the built-in mock, over HTTP") && stdout.contains("CLOCKS"), "{stdout}");
    assert!(stderr.contains("requests a second at the peak"), "what is about to happen is said: {stderr}");
    let folder = run_folder(&out);
    let path = folder.to_str().unwrap();
    let (code, stdout, stderr) = said(&["check", path]);
    assert!(code == 0 && stdout.contains("says the same as summary.json"), "{stdout}\n{stderr}");
    let (code, _, stderr) = said(&["replay", path, "--rep", "cell-0/tenant-0/rep-00"]);
    assert!(code == 0 && stderr.contains("events are identical to the recording"), "{stderr}");
    let summary = summary_as_the_schema_says(&folder);
    assert!(summary["limits"][0]["wire"].is_object(), "a live run has more clocks: {summary}");
    let metrics = fs::read_to_string(folder.join("metrics.prom")).unwrap();
    assert!(metrics.contains("clock=\"wire\"") && metrics.contains("target=\"mock\""), "{metrics}");
    // Nothing of a token is in any file.
    for file in fs::read_dir(&folder).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let bytes = zstd_or_plain(&bytes);
        assert!(!String::from_utf8_lossy(&bytes).contains("eyJ"));
    }
}

fn zstd_or_plain(bytes: &[u8]) -> Vec<u8> {
    zstd::decode_all(bytes).unwrap_or_else(|_| bytes.to_vec())
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_a_folder_that_can_be_judged() {
    let out = room("live-killed");
    let mut child = under_way(&out);
    child.kill().unwrap();
    child.wait().unwrap();
    let folder = run_folder(&out);
    assert!(fs::read_to_string(folder.join("run.json")).unwrap().contains("\"complete\": false"));
    let (code, stdout, stderr) = said(&["check", folder.to_str().unwrap()]);
    assert_eq!(code, 130, "{stdout}\n{stderr}");
    assert!(stdout.contains("incomplete, checked up to"), "{stdout}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_politely_and_keeps_what_was_measured() {
    let out = room("live-interrupted");
    let child = under_way(&out);
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let (code, stdout, stderr) = read_output(&child.wait_with_output().unwrap());
    assert_eq!(code, 130, "{stdout}\n{stderr}");
    assert!(stdout.contains("POST clock-out"), "reps clock out on their way home: {stdout}");
    let summary = summary_as_the_schema_says(&run_folder(&out));
    assert_eq!(summary["verdict"]["outcome"], "interrupted");
}

#[test]
fn a_target_that_cannot_be_used_is_told_before_anything_begins() {
    for (target, exit, says) in [
        ("http://127.0.0.1:9", 3, "http://127.0.0.1:9 cannot be reached"),
        ("https://staging.example.com", 2, "--allow staging.example.com"),
        ("staging", 2, "http://"),
    ] {
        let (code, stdout, stderr) = said_live(&["run", "demo", "--target", target, "--no-out", "--speed", "10000"]);
        assert_eq!((code, stdout.as_str()), (exit, ""), "{target}: {stderr}");
        assert!(stderr.contains(says), "{target}: {stderr}");
    }
    let (code, _, stderr) = said(&["run", "demo", "--target", "mock", "--window", "9-8"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("07:30-09:00"), "{stderr}");
}

#[test]
fn stdout_is_one_document_with_format_json() {
    let demo = patient_demo("live-json-scenario");
    let args = ["run", &demo, "--target", "mock", "--speed", "4000", "--no-out", "--format", "json"];
    let (code, stdout, stderr) = said(&args);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("{e}: {stdout}{stderr}"));
    assert_eq!(document["ran"]["target"], "the built-in mock, over HTTP");
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../folder/schemas/summary.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &document), "{stdout}");
}

#[test]
fn a_budget_ends_a_run_and_is_its_verdict() {
    let demo = patient_demo("live-budget-scenario");
    let args = ["run", &demo, "--target", "mock", "--speed", "4000", "--no-out", "--max-requests", "10"];
    let (code, stdout, stderr) = said(&args);
    assert!(stdout.contains("max_requests is 10"), "{stdout}");
    assert_eq!(code, 1, "{stdout}\n{stderr}");
}

#[test]
fn a_broken_rule_is_told_as_a_small_story_with_its_requests() {
    let out = room("live-broken");
    let defect = ["--defect", "tenant-leak-by-cache"];
    let args = ["run", "demo", "--target", "mock", "--speed", "4000", "--out", out.to_str().unwrap()];
    let (code, stdout, stderr) = said(&[&args[..], &defect[..]].concat());
    assert_eq!(code, 1, "{stdout}\n{stderr}");
    assert!(!stdout.contains("fieldday shrink"), "no seed gives a live run again: {stdout}");
    let stories = run_folder(&out).join("violations");
    let story = fs::read_dir(&stories).unwrap().map(|entry| entry.unwrap().path().join("story.md"));
    let texts: Vec<String> = story.map(|file| fs::read_to_string(file).unwrap()).collect();
    let calls = |text: &String| text.lines().filter(|line| line.contains("| → ")).count();
    assert!(texts.iter().all(|text| calls(text) >= 1), "{texts:?}");
    assert!(texts.iter().any(|text| calls(text) <= 8), "none is small: {texts:?}");
}

#[test]
#[cfg(unix)]
fn more_connections_than_the_system_allows_are_refused_before_anything_is_sent() {
    let words = ["run", "demo", "--reps", "17", "--target", "mock", "--no-out"];
    let limited = "ulimit -n 300 && exec \"$@\"";
    let program = env!("CARGO_BIN_EXE_fieldday");
    let (code, stdout, stderr) =
        read_output(&Command::new("sh").args(["-c", limited, "sh", program]).args(words).output().unwrap());
    // Each has up to three connections, forty others have one, and both ends of each are here.
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("17 reps need about 382 open files, but the system allows 300"), "{stderr}");
    assert!(stderr.contains("ulimit -Hn"), "{stderr}");
}

#[test]
#[cfg(unix)]
fn a_run_whose_reader_of_stderr_has_left_comes_to_its_end() {
    let (out, demo) = (room("live-unheard"), patient_demo("live-unheard-scenario"));
    let args = ["run", &demo, "--target", "mock", "--speed", "4000", "--out", out.to_str().unwrap()];
    let mut child = fieldday().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Nobody reads what is said, from the first line on.
    drop(child.stderr.take());
    let ended = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{stdout}");
    assert!(stdout.contains("✓ held"), "{stdout}");
    let summary = summary_as_the_schema_says(&run_folder(&out));
    assert_eq!(summary["verdict"]["outcome"], "held");
}

#[test]
#[cfg(unix)]
fn a_mock_whose_terminal_is_closed_removes_its_key() {
    use std::io::{BufRead, BufReader};
    for (signal, ignored) in [("-HUP", false), ("-QUIT", false), ("-HUP", true)] {
        let program = env!("CARGO_BIN_EXE_fieldday");
        let shell = if ignored { "trap '' HUP; exec \"$@\"" } else { "exec \"$@\"" };
        // Whoever runs the tests may ignore a hang-up, and what they start would inherit that.
        let args = ["--default-signal=HUP", "sh", "-c", shell, "sh", program, "mock", "demo", "--listen", "0.0.0.0:0"];
        let mut mock = Command::new("env").args(args).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(mock.stdout.take().unwrap()).lines();
        let key =
            lines.map_while(Result::ok).find_map(|line| Some(line.trim().strip_prefix("key ")?.trim().to_owned()));
        let key = PathBuf::from(key.unwrap().split("  (").next().unwrap());
        assert!(key.exists(), "{}", key.display());
        Command::new("kill").args([signal, &mock.id().to_string()]).status().unwrap();
        if ignored {
            // As `nohup` has it: it goes on.
            std::thread::sleep(Duration::from_millis(500));
            assert!(mock.try_wait().unwrap().is_none() && key.exists());
            Command::new("kill").args(["-TERM", &mock.id().to_string()]).status().unwrap();
        }
        mock.wait().unwrap();
        assert!(!key.exists(), "{signal} left {}", key.display());
    }
}

#[test]
fn the_development_key_signs_for_a_mock_on_the_loopback_and_for_no_other_target() {
    use std::io::{BufRead, BufReader};
    let room = room("development-key");
    let key = room.join("key.pem");
    let (code, _, stderr) = said(&["tokens", "new-key", key.to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");
    let key = key.to_str().unwrap();
    let looked_at = |of_mock: &[&str], of_run: &[&str]| {
        let args = [&["mock", "--listen", "127.0.0.1:0"], of_mock].concat();
        let mut mock = fieldday().args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(mock.stdout.take().unwrap()).lines().map_while(Result::ok);
        // The line to paste, with which the reps of this very mock run.
        let line = lines.find_map(|line| line.split_once(" run ").map(|(_, words)| words.to_owned())).unwrap();
        let words: Vec<&str> = ["run"].into_iter().chain(line.split(' ')).filter(|word| *word != "--key").collect();
        let words: Vec<&str> = words.into_iter().filter(|word| *word != key).collect();
        let said = said_live(&[&words[..], of_run, &["--dry-run"]].concat());
        mock.kill().unwrap();
        mock.wait().unwrap();
        said
    };
    let (code, _, stderr) = looked_at(&[], &[]);
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) = looked_at(&["--key", key], &[]);
    assert!(code == 3 && stderr.contains("development key") && stderr.contains("--key FILE"), "{code}: {stderr}");
    let (code, _, stderr) = looked_at(&["--key", key], &["--key", key]);
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) = looked_at(&[], &["--key", key]);
    assert!(code == 3 && !stderr.contains("development key"), "{code}: {stderr}");
}

#[test]
fn init_writes_a_scenario_for_a_target_and_looks_at_it() {
    use std::io::{BufRead, BufReader};
    let room = room("init-target");
    let args = ["mock", "--listen", "127.0.0.1:0"];
    let mut mock = fieldday().args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(mock.stdout.take().unwrap()).lines().map_while(Result::ok);
    let url = lines.find_map(|line| line.trim().strip_prefix("base URL  ").map(str::to_owned)).unwrap();
    let file = room.join("own.toml");
    let out = file.to_str().unwrap();
    let (code, stdout, stderr) = said_live(&["init", "--target", &url, "--out", out]);
    assert!(
        code == 0 && stdout.contains("wrote") && stderr.contains("the target can be used; next:"),
        "{stdout}{stderr}"
    );
    let written = fs::read_to_string(&file).unwrap();
    let (code, _, stderr) = said(&["init", "--target", &url, "--out", out]);
    assert!(code == 2 && fs::read_to_string(&file).unwrap() == written, "never over a file: {stderr}");
    // One rep alone, which goose starts at once.
    let one = ["run", out, "--target", &url, "--speed", "10000", "--no-out", "--only-rep", "cell-0/tenant-0/rep-00"];
    let (code, _, stderr) = said_live(&one);
    assert!(![2, 3].contains(&code), "it begins, whatever comes of so fast a day: {code}: {stderr}");
    mock.kill().unwrap();
    mock.wait().unwrap();
    let (code, _, stderr) = said_live(&["init", "--target", &url, "--out", room.join("gone.toml").to_str().unwrap()]);
    assert!(code == 3 && room.join("gone.toml").exists(), "a target that is not there: {stderr}");
}
