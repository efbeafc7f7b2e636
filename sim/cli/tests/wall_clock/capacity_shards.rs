//! A search for capacity over shards: two processes, one directory, one target.
#![cfg(unix)]

use crate::common::{fieldday, flat, read_output, room};
use crate::mock::Mock;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// One shard of two, with levels that are short enough for a test. A cell of `peak` has 100 reps.
fn shard(place: &Path, url: &str, index: u32, more: &[&str]) -> Command {
    let mut command = fieldday();
    command.args(["capacity", "peak", "--target", url, "--limit", "wire p95 < 2 s", "--speed", "30"]);
    command.args(["--level", "4", "--longest", "4", "--warm-up", "2", "--to", "160", "--step", "3"]);
    command.args(["--shard", &format!("{index}/2"), "--start-together", "meet", "--threads", "1"]).args(more);
    command.current_dir(place).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
fn serve(place: &Path) -> Mock {
    Mock::serve(place, &["peak", "--reps", "160", "--delay-us", "2000"])
}
fn ended(child: Child) -> (i32, String, String) {
    read_output(&child.wait_with_output().unwrap())
}
fn levels(place: &Path) -> Vec<Value> {
    let folder = fs::read_dir(place.join("results")).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(folder.join("capacity.jsonl")).unwrap();
    text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}
/// Waits for a file that another process writes.
fn comes(path: &Path) {
    let began = Instant::now();
    while !path.exists() {
        assert!(began.elapsed() < Duration::from_secs(120), "{}", path.display());
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn two_shards_offer_together_what_one_process_would_and_the_first_has_the_report() {
    let place = room("capacity-shards");
    let mock = serve(&place);
    let first = shard(&place, &mock.url, 0, &["--from", "60", "--repeats", "1"]).spawn().unwrap();
    let second = shard(&place, &mock.url, 1, &["--from", "60", "--repeats", "1"]).spawn().unwrap();
    let ((code, out, err), (follows, _, told)) = (ended(first), ended(second));
    assert!([0, 4].contains(&code) && follows == 0, "{code} {follows}\n{out}{err}\n{told}");
    assert!(told.contains("the search is over; shard 0 writes the report"), "{told}");
    assert!(err.contains("levels below 101 reps are played by shard 0 alone"), "{err}");
    assert!(told.contains("a part of 160 reps") && !told.contains("a part of 60 reps"), "{told}");
    // The offered load of a level is that of its reps, whoever plays them.
    let offered = |reps: u64| {
        let all = levels(&place);
        let level = all.iter().find(|level| level["reps"] == reps).unwrap_or_else(|| panic!("{all:?}"));
        (level["offered"]["requests_per_s"].as_f64().unwrap(), level["requests"].as_u64().unwrap())
    };
    let ((alone, _), (together, requests)) = (offered(60), offered(160));
    let per_rep = (together / 160.0) / (alone / 60.0);
    assert!((0.6..1.6).contains(&per_rep), "{alone} {together}");
    assert!(requests > 0);
    // The directory was for this search alone.
    let (code, _, err) = ended(shard(&place, &mock.url, 0, &[]).spawn().unwrap());
    assert!(code == 2 && err.contains("meet holds an earlier search"), "{code} {err}");
}

#[test]
fn a_shard_that_is_killed_is_waited_for_and_named_and_the_search_ends() {
    let place = room("capacity-shard-killed");
    let mock = serve(&place);
    let more = ["--start-within", "8s", "--from", "120"];
    let first = shard(&place, &mock.url, 0, &more).spawn().unwrap();
    let mut second = shard(&place, &mock.url, 1, &more).spawn().unwrap();
    comes(&place.join("meet/level-1/begun-1"));
    second.kill().unwrap();
    second.wait().unwrap();
    let (code, _, err) = ended(first);
    assert_eq!(code, 4, "{err}");
    assert!(flat(&err).contains("lost in the level: shard 1; the level is measured again"), "{err}");
    // One that comes too late finds that the search is over.
    let (code, _, err) = ended(shard(&place, &mock.url, 1, &more).spawn().unwrap());
    assert!(code == 0 && err.contains("the search is over"), "{code} {err}");
    // And one without a first shard does not wait for ever.
    let alone = room("capacity-shard-alone");
    let (code, _, err) = ended(shard(&alone, &mock.url, 1, &["--start-within", "1s"]).spawn().unwrap());
    assert!(
        code == 4 && err.contains("shard 0, which decides what is measured next, is not there after 1 s"),
        "{code} {err}"
    );
    let (code, _, err) = ended(shard(&alone, "mock", 1, &[]).spawn().unwrap());
    assert!(code == 2 && err.contains("--shard has no effect with --target mock"), "{code} {err}");
}
