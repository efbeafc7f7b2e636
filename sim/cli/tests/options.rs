//! Options that have no effect without another, or with another: refused, both named, and nothing is begun.

mod common;

use common::{fieldday, read_output, room, said};
use std::fs;

/// A command, words of it that are right so far, and after them an option that has no effect; and the other one.
type Pair = (&'static [&'static str], &'static [&'static str], &'static str);

const RUN: &[&str] = &["run", "weekday"];
const LIVE: &[&str] = &["run", "smoke", "--target", "mock"];
const MOCK: &[&str] = &["capacity", "peak", "--target", "mock"];
const URL: &[&str] = &["capacity", "peak", "--target", "http://127.0.0.1:9"];
const SIMULATE: &[&str] = &["capacity", "--simulate", "weekday"];
const PROVE: &[&str] = &["prove", "--target", "mock"];
const COMPARE: &[&str] = &["compare", "new"];
const IN_TURN: &[&str] = &["compare", "smoke", "--interleave", "1", "--target", "mock", "--against", "mock"];
const REP: &[&str] = &["replay", "weekday", "--rep", "cell-0/tenant-0/rep-00", "--at", "12:00"];

const PAIRS: &[Pair] = &[
    (RUN, &["--speed", "60"], "--target"),
    (RUN, &["--window", "07:30-09:00"], "--target"),
    (RUN, &["--no-link"], "--target"),
    (RUN, &["--allow", "staging.example.com"], "--target"),
    (RUN, &["--cacert", "ca.pem"], "--target"),
    (RUN, &["--metrics", "http://127.0.0.1:9"], "--target"),
    (RUN, &["--metric", "process_open_fds"], "--target"),
    (LIVE, &["--metric", "process_open_fds"], "--metrics"),
    (MOCK, &["--metric", "process_open_fds"], "--metrics"),
    (RUN, &["--key", "key.pem"], "--target"),
    (RUN, &["--source-address", "127.0.0.2"], "--target"),
    (RUN, &["--only-rep", "cell-0/tenant-0/rep-00"], "--target"),
    (RUN, &["--start-at", "2099-06-10T02:00:00Z"], "--target"),
    (&["run", "weekday", "--shard", "0/2"], &["--start-together", "ready"], "--target"),
    (LIVE, &["--start-together", "ready"], "--shard"),
    (&["run", "smoke", "--target", "mock", "--shard", "0/2"], &["--start-within", "5m"], "--start-together"),
    (RUN, &["--max-requests", "10"], "--target"),
    (RUN, &["--max-errors", "10"], "--target"),
    (RUN, &["--intruders"], "--target"),
    (RUN, &["--conform"], "--target"),
    (RUN, &["--target-version", "1f3a"], "--target"),
    (RUN, &["--dashboard"], "--target"),
    (RUN, &["--request-log", "requests.csv"], "--target"),
    (RUN, &["--disturb"], "--target"),
    (LIVE, &["--disturb"], "live.disturb"),
    (SIMULATE, &["--disturb"], "--simulate"),
    (MOCK, &["--disturb"], "live.disturb"),
    (RUN, &["--dry-run"], "--target"),
    (&["run", "weekday", "--target", "model"], &["--dry-run"], "--target"),
    (LIVE, &["--verify"], "--target"),
    (LIVE, &["--record"], "--target"),
    (&["run", "smoke", "--target", "http://127.0.0.1:9"], &["--defect", "stale-read"], "--target"),
    (RUN, &["--no-out", "--record"], "--no-out"),
    (RUN, &["--no-out", "--out", "results"], "--no-out"),
    (SIMULATE, &["--date", "2026-06-10"], "--simulate"),
    (SIMULATE, &["--from", "10"], "--simulate"),
    (SIMULATE, &["--to", "10"], "--simulate"),
    (SIMULATE, &["--step", "2"], "--simulate"),
    (SIMULATE, &["--resolution", "0.1"], "--simulate"),
    (SIMULATE, &["--repeats", "2"], "--simulate"),
    (SIMULATE, &["--confidence", "0.9"], "--simulate"),
    (SIMULATE, &["--level", "10"], "--simulate"),
    (SIMULATE, &["--longest", "10"], "--simulate"),
    (SIMULATE, &["--warm-up", "10"], "--simulate"),
    (SIMULATE, &["--within", "5m"], "--simulate"),
    (SIMULATE, &["--out", "results"], "--simulate"),
    (SIMULATE, &["--start-within", "5m", "--start-together", "meet", "--shard", "0/2"], "--simulate"),
    (URL, &["--shard", "0/2"], "--start-together"),
    (URL, &["--start-together", "meet"], "--shard"),
    (MOCK, &["--start-together", "meet", "--shard", "1/2"], "--target mock"),
    (SIMULATE, &["--speed", "60"], "--simulate"),
    (SIMULATE, &["--no-link"], "--simulate"),
    (SIMULATE, &["--allow", "staging.example.com"], "--simulate"),
    (SIMULATE, &["--cacert", "ca.pem"], "--simulate"),
    (SIMULATE, &["--key", "key.pem"], "--simulate"),
    (SIMULATE, &["--source-address", "127.0.0.2"], "--simulate"),
    (SIMULATE, &["--metrics", "http://127.0.0.1:9"], "--simulate"),
    (SIMULATE, &["--metric", "process_open_fds"], "--simulate"),
    (SIMULATE, &["--delay-us", "10"], "--simulate"),
    (SIMULATE, &["peak"], "--simulate"),
    (SIMULATE, &["--target", "mock"], "--simulate"),
    (SIMULATE, &["--resume", "results/x"], "--simulate"),
    (MOCK, &["--reps", "10"], "--simulate"),
    (MOCK, &["--instances", "2"], "--simulate"),
    (MOCK, &["--queue", "10"], "--simulate"),
    (MOCK, &["--p95", "300"], "--simulate"),
    (MOCK, &["--calibrate", "results/x"], "--simulate"),
    (MOCK, &["--what-if", "monday-storm"], "--simulate"),
    (MOCK, &["--retries", "1"], "--simulate"),
    (MOCK, &["--jitter"], "--simulate"),
    (MOCK, &["--each-for", "10"], "--simulate"),
    (MOCK, &["--advise"], "--simulate"),
    (MOCK, &["--html", "page.html"], "--simulate"),
    (MOCK, &["--exponential"], "--delay-us"),
    (URL, &["--workers", "2"], "--target mock"),
    (URL, &["--delay-us", "10"], "--target mock"),
    (&["capacity", "--resume", "results/x"], &["--out", "results"], "--resume"),
    (&["capacity", "--resume", "results/x"], &["--date", "2026-06-10"], "--resume"),
    (COMPARE, &["--target", "mock"], "--interleave"),
    (COMPARE, &["--against", "mock"], "--interleave"),
    (COMPARE, &["--seed", "7"], "--interleave"),
    (COMPARE, &["--out", "results"], "--interleave"),
    (COMPARE, &["--", "--speed", "60"], "--interleave"),
    (&["compare", "smoke"], &["--interleave", "1"], "--target"),
    (IN_TURN, &["--baseline", "last-good"], "--interleave"),
    (IN_TURN, &["--results", "results"], "--interleave"),
    (IN_TURN, &["--history", "results"], "--interleave"),
    (&["compare", "new", "--baseline", "old"], &["--results", "results"], "--baseline"),
    (&["replay", "weekday"], &["--at", "12:00"], "--rep"),
    (&["replay", "weekday"], &["--step"], "--rep"),
    (&["replay", "weekday"], &["--around", "10"], "--event"),
    (REP, &["--endpoint", "clock-in"], "--at"),
    (REP, &["--rule", "shift.clock-in.once"], "--at"),
    (REP, &["--from", "12:00"], "--at"),
    (REP, &["--until", "12:00"], "--at"),
    (REP, &["--event", "7"], "--at"),
    (REP, &["--step"], "--at"),
    (&["scenarios", "plan", "--cell", "0"], &["--rep", "cell-0/tenant-0/rep-00"], "--cell"),
    (&["mock", "--key", "key.pem"], &["--accept-jwks", "jwks.json"], "--key"),
    (&["mock"], &["--exponential"], "--delay-us"),
    (&["mock"], &["--log-normal", "250"], "--delay-us"),
    (&["mock", "--delay-us", "10", "--exponential"], &["--log-normal", "250"], "--exponential"),
    (&["explore", "--for", "1s"], &["--seeds", "1"], "--for"),
    (&["explore", "--out", "explored.json"], &["--resume", "explored.json"], "--out"),
    (&["prove", "--quick"], &["--seeds", "1"], "--quick"),
    (&["prove", "--quick"], &["--cap", "10"], "--quick"),
    (&["prove", "--quick"], &["--clean", "10"], "--quick"),
    (&["prove", "--quick", "--target", "mock"], &["--clean-runs", "10"], "--quick"),
    (&["prove"], &["--shard", "0/2"], "--out"),
    (&["prove"], &["--out", "part.json"], "--shard"),
    (PROVE, &["--cap", "10"], "--target"),
    (PROVE, &["--clean", "10"], "--target"),
    (PROVE, &["--keep", "clean.json"], "--target"),
    (PROVE, &["--threads", "2"], "--target"),
    (PROVE, &["--place", "backend"], "--target"),
    (PROVE, &["--defect", "queue-in-memory"], "--target"),
    (&["prove"], &["--clean-runs", "10"], "--target mock"),
    (&["prove", "--target", "model"], &["--at-once", "2"], "--target mock"),
    (&["results", "prune", "--keep-last", "1", "--dry-run"], &["--yes"], "--dry-run"),
];

#[test]
fn an_option_without_effect_is_refused_and_nothing_is_begun() {
    let place = room("options");
    for (words, more, other) in PAIRS {
        let output = fieldday().args(*words).args(*more).current_dir(&place).output().unwrap();
        let (code, stdout, stderr) = read_output(&output);
        let about = format!("{words:?} {more:?}: {code} {stderr}");
        assert_eq!((code, stdout.as_str()), (2, ""), "{about}");
        // What comes after `--`, and a scenario, have no name of their own.
        let option = more.iter().rev().find(|word| word.starts_with("--") && word.len() > 2);
        let option =
            option.filter(|_| more[0] != "--").map_or(if more[0] == "--" { "OPTION" } else { "SCENARIO" }, |o| o);
        assert!(stderr.contains(option) && stderr.contains(other), "{about}");
        assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "{about}");
    }
}

#[test]
fn every_option_whose_heading_is_a_need_is_in_the_table() {
    for command in ["run", "capacity", "compare", "prove"] {
        let (_, help, _) = said(&[command, "-h"]);
        let mut is_need = false;
        for line in help.lines() {
            if !line.starts_with(' ') && line.ends_with(':') {
                is_need = line.starts_with("With");
            }
            let option = line.split_whitespace().next().filter(|word| is_need && word.starts_with("--"));
            let Some(option) = option.filter(|option| *option != "--simulate") else { continue };
            // It needs --delay-us, which is tried.
            if option == "--exponential" {
                continue;
            }
            let is_tried = |(words, more, _): &Pair| words[0] == command && more.contains(&option);
            assert!(PAIRS.iter().any(is_tried), "{command} {option} stands under a heading and is not tried");
        }
    }
}
