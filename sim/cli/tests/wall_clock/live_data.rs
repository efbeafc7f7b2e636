//! Live runs against a backend that is loaded, provisioned, or used as it is found: `fieldday mock` in another process.

use crate::common::{SLOW_MACHINE, fieldday, room, said, said_live};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// A mock of today, until it is dropped.
struct Backend {
    child: Child,
    url: String,
}

impl Backend {
    fn trusting(key: &Path) -> Backend {
        let args = ["mock", "demo", "--listen", "127.0.0.1:0", "--delay-us", "500", "--key", key.to_str().unwrap()];
        let mut child = fieldday().args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url =
            lines.map_while(Result::ok).find_map(|line| line.trim().strip_prefix("base URL  ").map(str::to_owned));
        Backend { child, url: url.expect("it says where it is") }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A key, and the demo with tokens that it signs, on a machine that may be as slow as it likes.
fn stage(name: &str, more: &str) -> (PathBuf, PathBuf, PathBuf) {
    let room = room(name);
    let (key, file) = (room.join("key.pem"), room.join("demo.toml"));
    let (code, _, stderr) = said(&["tokens", "new-key", key.to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/demo.toml")).unwrap();
    let must = text.lines().find(|line| line.starts_with("must_exercise")).unwrap();
    let tokens = format!("[tokens]\nkey = {:?}\n", key.to_str().unwrap());
    fs::write(&file, format!("{}{SLOW_MACHINE}\n{tokens}\n{more}", text.replace(must, ""))).unwrap();
    (room, key, file)
}

fn run(file: &Path, backend: &Backend, more: &[&str]) -> (i32, String, String) {
    let words = ["run", file.to_str().unwrap(), "--target", &backend.url, "--speed", "4000"];
    said_live(&[&words[..], more].concat())
}

fn summary(out: &Path) -> Value {
    let folder = fs::read_dir(out).unwrap().next().unwrap().unwrap().path();
    serde_json::from_str(&fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap()
}

fn answered(summary: &Value, op: &str) -> u64 {
    let limits = summary["limits"].as_array().unwrap();
    limits.iter().find(|limit| limit["op"] == op).map_or(0, |limit| limit["answered"].as_u64().unwrap())
}

#[test]
fn reps_make_the_visits_that_a_backend_shows_as_users_of_a_file() {
    let (room, key, file) = stage("live-found", "");
    let export = room.join("export");
    let words = ["fixtures", "export", file.to_str().unwrap(), "--date", "today", "--out", export.to_str().unwrap()];
    let (code, _, stderr) = said(&words);
    assert_eq!(code, 0, "{stderr}");
    let data = format!("[data]\nfound = true\nusers = {:?}\n", export.join("users.json").to_str().unwrap());
    let (_, backend) = (fs::write(&file, fs::read_to_string(&file).unwrap() + &data).unwrap(), Backend::trusting(&key));
    let out = room.join("out");
    let (code, stdout, stderr) = run(&file, &backend, &["--out", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    let summary = summary(&out);
    assert!(answered(&summary, "start-recording") > 0, "visits were made: {stdout}");
    assert!(answered(&summary, "update-appointment") > 0, "and came to an outcome: {stdout}");
    let folder = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let (code, _, stderr) = said(&["replay", folder.to_str().unwrap(), "--rep", "cell-0/tenant-0/rep-00"]);
    assert!(code == 0 && stderr.contains("events are identical to the recording"), "{stderr}");

    // The same day again: there are shifts already, and that is said before anything begins.
    let (code, _, stderr) = run(&file, &backend, &["--no-out", "--dry-run"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("already has a shift today"), "{stderr}");
}

#[test]
fn a_target_is_loaded_before_the_run_or_there_is_none() {
    let (room, key, file) = stage("live-provision", "");
    let scenario = fs::read_to_string(&file).unwrap();
    let backend = Backend::trusting(&key);
    let kept = room.join("loaded");
    let load =
        format!("wc -l < \"$FIELDDAY_EXPORT/tenants.jsonl\" > {0}; echo $FIELDDAY_TARGET >> {0}", kept.display());
    fs::write(&file, format!("{scenario}[data]\nprovision = {load:?}\n")).unwrap();
    let (code, stdout, stderr) = run(&file, &backend, &["--no-out", "--window", "07:00-10:00"]);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    let said_by_it = fs::read_to_string(&kept).unwrap();
    assert_eq!(said_by_it.split_whitespace().collect::<Vec<_>>(), ["2", backend.url.as_str()], "two tenants, there");

    fs::write(&file, format!("{scenario}[data]\nprovision = \"echo no room left; exit 7\"\n")).unwrap();
    let (code, _, stderr) = run(&file, &backend, &["--no-out"]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("no room left"), "{stderr}");
    assert!(!stderr.contains("requests a second at the peak"), "nothing began: {stderr}");
}
