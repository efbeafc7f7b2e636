//! What stands in `deploy/` and docs/shards.md, as a shell takes it.

use crate::common::{fieldday, read_output, room};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs one of the scripts for Slurm with the environment of a task, on this machine.
fn batch(script: &str, words: &[&str], environment: &[(&str, &str)], out: &Path) -> (i32, String, String) {
    let mut command = Command::new("sh");
    command.arg(repository().join("deploy/slurm").join(script)).args(words).env("NO_COLOR", "1");
    command.env("FIELDDAY", env!("CARGO_BIN_EXE_fieldday")).env("FIELDDAY_OUT", out);
    command.envs(environment.iter().copied());
    read_output(&command.output().unwrap())
}

#[test]
fn the_scripts_for_slurm_run_an_array_again_in_part_and_merge_it() {
    let out = room("deploy-slurm").join("shards");
    let day = ["rough", "--reps", "60", "--seed", "3"];
    let task = |index, environment: &[(&str, &str)]| {
        let of_task = [("SLURM_ARRAY_TASK_ID", index), ("SLURM_CPUS_PER_TASK", "1")];
        batch("run.sbatch", &day, &[&of_task[..], environment].concat(), &out)
    };
    let whole = [("SLURM_ARRAY_TASK_COUNT", "2"), ("SLURM_ARRAY_TASK_MIN", "0"), ("SLURM_ARRAY_TASK_MAX", "1")];
    let (code, _, stderr) = task("0", &whole);
    assert!(code == 0 && stderr.contains("shard 0/2"), "{stderr}");
    let one = [("SLURM_ARRAY_TASK_COUNT", "1"), ("SLURM_ARRAY_TASK_MIN", "1"), ("SLURM_ARRAY_TASK_MAX", "1")];
    let (code, _, stderr) = task("1", &one);
    assert!(code == 2 && stderr.contains("FIELDDAY_SHARDS"), "{stderr}");
    let (code, _, stderr) = task("1", &[&one[..], &[("FIELDDAY_SHARDS", "2")]].concat());
    assert!(code == 0 && stderr.contains("shard 1/2"), "{stderr}");
    let (code, stdout, stderr) = batch("merge.sbatch", &[], &[], &out);
    assert!(code == 0 && stdout.contains("2 of 2 shards merged"), "{stdout}{stderr}");
}

#[test]
fn a_merge_waits_for_shards_that_are_still_to_come() {
    let room = room("deploy-wait");
    let (shards, merged) = (room.join("shards"), room.join("merged"));
    let mut waiting = fieldday();
    waiting.arg("merge").arg(&shards).args(["--wait", "5m", "--out"]).arg(&merged);
    let waiting = waiting.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    for index in ["0/2", "1/2"] {
        let mut shard = fieldday();
        shard.args(["run", "rough", "--reps", "60", "--seed", "3", "--shard", index, "--out"]).arg(&shards);
        assert_eq!(read_output(&shard.output().unwrap()).0, 0);
    }
    let (code, stdout, stderr) = read_output(&waiting.wait_with_output().unwrap());
    assert!(code == 0 && stdout.contains("2 of 2 shards merged"), "{code} {stdout}{stderr}");
    assert!(stderr.contains("no shard is there"), "{stderr}");
}

#[test]
fn a_few_hosts_are_one_line_of_gnu_parallel() {
    let docs = fs::read_to_string(repository().join("docs/shards.md")).unwrap();
    let line = docs.lines().find(|line| line.contains("| parallel ")).unwrap().trim();
    if Command::new("parallel").arg("--version").output().is_err() {
        eprintln!("GNU parallel is not installed here, so that only its line was read");
        return;
    }
    let room = room("deploy-parallel");
    // Two workers on this machine in place of the hosts, and fewer reps.
    let local = line.replace("--sshlogin host1,host2", "--will-cite --sshlogin 1/:,1/:");
    let local = local.replace("--reps 20000", "--reps 400");
    let program = Path::new(env!("CARGO_BIN_EXE_fieldday")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let done = Command::new("sh").args(["-c", &local]).current_dir(&room).env("PATH", path).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut merge = fieldday();
    merge.current_dir(&room).args(["merge", "shards-0", "shards-1", "shards-2", "shards-3", "--out", "merged"]);
    let (code, stdout, stderr) = read_output(&merge.output().unwrap());
    assert!(stdout.contains("4 of 4 shards merged") && code == 0, "{stdout}{stderr}");
}

#[test]
fn live_shards_begin_together_or_say_who_is_missing() {
    let room = room("deploy-together");
    let (ready, out) = (room.join("ready"), room.join("shards"));
    let shard = |index: &str, within: &str| {
        let mut shard = fieldday();
        shard.args([
            "run",
            "rough",
            "--target",
            "mock",
            "--shard",
            index,
            "--speed",
            "3600",
            "--window",
            "09:00-09:30",
        ]);
        shard.arg("--start-together").arg(&ready).args(["--start-within", within, "--out"]).arg(&out);
        shard.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let (code, _, stderr) = read_output(&shard("1/2", "1s").wait_with_output().unwrap());
    assert!(code == 4 && stderr.contains("1 of 2 shards had not arrived") && stderr.contains(": 0"), "{code} {stderr}");
    let both = [shard("0/2", "2m"), shard("1/2", "2m")];
    let moments: Vec<String> = both
        .into_iter()
        .map(|shard| {
            let (code, _, stderr) = read_output(&shard.wait_with_output().unwrap());
            assert!([0, 1, 4].contains(&code), "{stderr}");
            let moment = stderr.lines().find_map(|line| line.strip_prefix("the run begins at "));
            moment.unwrap_or_else(|| panic!("{stderr}")).to_owned()
        })
        .collect();
    let second = |moment: &str| moment.chars().take("2026-11-29T23:00:0".len()).collect::<String>();
    assert_eq!(second(&moments[0]), second(&moments[1]), "{moments:?}");
}
