//! Shards as a shell, a Kubernetes Job or a Slurm array starts them, and what `fieldday merge` makes of them.

use crate::common::{SLOW_MACHINE, fieldday, read_output, room, said, said_live};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A day of a few cells.
const DAY: [&str; 6] = ["run", "rough", "--reps", "120", "--seed", "3"];

fn shard(out: &Path, shard: &str, more: &[&str]) -> (i32, String, String) {
    said(&[&DAY[..], &["--shard", shard, "--out", out.to_str().unwrap()], more].concat())
}

fn merge(of: &[&Path], out: &Path, more: &[&str]) -> (i32, String, String) {
    let of: Vec<&str> = of.iter().map(|path| path.to_str().unwrap()).collect();
    said(&[&["merge"], &of[..], &["--out", out.to_str().unwrap()], more].concat())
}

fn only_folder(of: &Path) -> PathBuf {
    let mut folders = fs::read_dir(of).unwrap().flatten().map(|entry| entry.path());
    let folder = folders.next().unwrap();
    assert!(folders.next().is_none(), "{of:?}");
    folder
}

#[test]
fn the_processes_of_an_indexed_job_merge_to_the_run_in_one_piece() {
    let room = room("merge-job");
    let (shards, whole, merged) = (room.join("shards"), room.join("whole"), room.join("merged"));
    let jobs: Vec<_> = ["0", "1"]
        .iter()
        .map(|index| {
            let mut job = fieldday();
            job.args(DAY).args(["--defect", "stale-read", "--shard", "auto", "--record", "--out"]).arg(&shards);
            job.env("JOB_COMPLETION_INDEX", index).env("JOB_COMPLETIONS", "2");
            job.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for job in jobs {
        let (code, _, stderr) = read_output(&job.wait_with_output().unwrap());
        assert!(code == 1 && stderr.contains("shard "), "{code} {stderr}");
    }
    let (code, ..) = said(&[&DAY[..], &["--defect", "stale-read", "--out", whole.to_str().unwrap()]].concat());
    assert_eq!(code, 1);
    let (code, stdout, stderr) = merge(&[&shards], &merged, &[]);
    assert!(code == 1 && stdout.contains("2 of 2 shards merged"), "{stdout}{stderr}");
    let (whole, one) = (json(&only_folder(&whole).join("summary.json")), json(&merged.join("summary.json")));
    for part in ["fingerprint", "totals", "rules", "limits", "felt", "violations", "marks", "verdict", "hazards"] {
        assert_eq!(one[part], whole[part], "{part}");
    }
    assert!(one["reproduce"].as_str().unwrap().ends_with("--defect stale-read --record"), "{}", one["reproduce"]);
    let (code, stdout, stderr) = said(&["check", merged.to_str().unwrap()]);
    assert_eq!(code, 1, "its history gives the same verdict: {stdout}{stderr}");
    for entry in fs::read_dir(&shards).unwrap().flatten() {
        let (code, stdout, stderr) = said(&["check", entry.path().to_str().unwrap()]);
        assert_eq!(code, 1, "so does each shard's: {stdout}{stderr}");
    }
}

#[test]
fn a_missing_shard_makes_the_result_inconclusive_unless_partial_accepts_it() {
    let room = room("merge-missing");
    let shards = room.join("shards");
    assert_eq!(shard(&shards, "1/2", &[]).0, 0);
    let (code, stdout, _) = merge(&[&shards], &room.join("strict"), &[]);
    assert!(code == 4 && stdout.contains("shard 0/2 is missing: no folder has it"), "{stdout}");
    let markdown = fs::read_to_string(room.join("strict/summary.md")).unwrap();
    assert!(markdown.contains("shard 0/2 is missing"), "{markdown}");
    let (code, stdout, _) = merge(&[&shards], &room.join("partial"), &["--partial"]);
    assert!(stdout.contains("1 of 2 shards merged, accepted by --partial"), "{stdout}");
    // What a whole day must exercise, half of it may not have.
    assert!(code == 0 || (code == 4 && stdout.contains("must exercise")), "{code} {stdout}");
}

#[test]
fn folders_that_cannot_be_merged_are_errors_and_leave_no_result() {
    let room = room("merge-wrong");
    let (shards, out) = (room.join("shards"), room.join("out"));
    let wrong = |of: &[&Path], expected: &str| {
        let (code, _, stderr) = merge(of, &out, &[]);
        assert!(code == 2 && stderr.contains(expected), "{expected}: {code} {stderr}");
        assert!(!out.exists());
    };
    wrong(&[&room.join("nowhere")], "so this is not a run folder");
    fs::create_dir(&shards).unwrap();
    wrong(&[&shards], "no run folder of a shard is in it");
    assert_eq!(said(&["run", "demo", "--out", shards.to_str().unwrap()]).0, 0);
    wrong(&[&only_folder(&shards)], "it holds a whole run, not a shard");
    wrong(&[&shards], "no run folder of a shard is in it");
    fs::remove_dir_all(&shards).unwrap();

    assert_eq!(shard(&shards, "0/1", &[]).0, 0);
    let (code, _, stderr) = merge(&[&shards], &out, &[]);
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) = merge(&[&shards], &out, &[]);
    assert!(code == 2 && stderr.contains("is not empty"), "{stderr}");
    let (code, _, stderr) = merge(&[&out], &room.join("again"), &[]);
    assert!(code == 2 && stderr.contains("merged from 1 shards already"), "{stderr}");
}

#[test]
fn shards_that_cannot_be_are_errors_that_say_which_can() {
    let out = room("merge-no-shard");
    let wrong = |of: &str, expected: &str| {
        let (code, _, stderr) = shard(&out, of, &[]);
        assert!(code == 2 && stderr.contains(expected), "{of}: {stderr}");
    };
    wrong("2/2", "indexes go from 0 to 1");
    wrong("0/0", "at least one shard");
    wrong("half", "such as 0/4");
    wrong("0/99", "99 shards cannot be made of ");
    let (code, _, stderr) = read_output(&fieldday().args(DAY).args(["--shard", "auto"]).output().unwrap());
    assert!(code == 2 && stderr.contains("JOB_COMPLETION_INDEX"), "{stderr}");
}

/// Half an hour of twelve reps in three cells, in some seconds, with whatever generator there is.
const LIVE: &str = r#"
name = "shards"
about = "Half an hour of three cells."

[day]
dates = ["2026-06-10"]

[people]
reps = 12
tenants = 6
tenants_per_cell = 2
territories = ["newark"]

[live]
window = ["09:00", "09:30"]
speed = 600
ramp_s = 1
linger_s = 2
auditors = false
"#;

#[test]
fn live_shards_merge_to_the_sum_of_their_parts() {
    let room = room("merge-live");
    let (shards, merged) = (room.join("shards"), room.join("merged"));
    let file = room.join("shards.toml");
    fs::write(&file, format!("{LIVE}{SLOW_MACHINE}")).unwrap();
    let mut requests = 0;
    for index in 0..2 {
        let (out, of) = (shards.to_str().unwrap(), format!("{index}/2"));
        let day = ["run", file.to_str().unwrap(), "--target", "mock"];
        let (code, stdout, stderr) = said_live(&[&day[..], &["--shard", &of, "--out", out]].concat());
        assert!([0, 1, 4].contains(&code), "what the mock's errors come to is not the matter: {code} {stdout}{stderr}");
    }
    let mut reps = 0;
    for entry in fs::read_dir(&shards).unwrap().flatten() {
        let summary = json(&entry.path().join("summary.json"));
        requests += summary["totals"]["requests"].as_u64().unwrap();
        reps += summary["totals"]["rep_days"].as_u64().unwrap();
    }
    assert_eq!(reps, 12, "each rep is in exactly one shard");
    let (code, stdout, stderr) = merge(&[&shards], &merged, &[]);
    assert!([0, 1, 4].contains(&code), "{code} {stdout}{stderr}");
    let summary = json(&merged.join("summary.json"));
    assert_eq!(summary["totals"]["requests"].as_u64(), Some(requests));
    assert_eq!(summary["totals"]["rep_days"].as_u64(), Some(12));
    assert!(summary["totals"]["wire"]["count"].as_u64() > Some(0));
    let (again, stdout, stderr) = said(&["check", merged.to_str().unwrap()]);
    assert!(!stdout.contains("differ"), "{again} {stdout}{stderr}");
}
