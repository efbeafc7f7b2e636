//! Somebody's own measurements of a network, from the scenario's key to the events of a run.

mod common;

use common::{Small, outcome, plan, scenario};
use fieldday_engine::cell::Keep;
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_plan::Plan;
use std::path::PathBuf;
use std::sync::Arc;

/// A file of that name and text.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn with_trace(up: &str, down: Option<&str>) -> Small {
    let mut small = scenario("weekday", 20);
    (small.0.network.trace, small.0.network.trace_down) = (Some(up.to_owned()), down.map(str::to_owned));
    small
}

fn fingerprint(small: Small, threads: usize) -> Fingerprint {
    outcome(&plan(small, 1), threads, Keep::default()).fingerprint
}

#[test]
fn a_run_with_a_trace_is_the_same_on_any_number_of_threads_and_another_trace_is_another_run() {
    let csv = "time_s,up_kbit_s,down_kbit_s,rtt_ms\n0,5200,21000,48\n1,4100,18500,61\n2,0,0,61\n3,900,2000,90\n";
    let drive = file("drive.csv", csv);
    let one = fingerprint(with_trace(&drive, None), 1);
    assert_eq!(one, fingerprint(with_trace(&drive, None), 2));
    let slower = file("slower.csv", &csv.replace("5200", "520"));
    assert_ne!(one, fingerprint(with_trace(&slower, None), 2));
    // A packet every 4 ms up, every 2 ms down: 3 and 6 Mbit/s.
    let up = file("lte.up", &(1..500).map(|i| format!("{}\n", i * 4)).collect::<String>());
    let down = file("lte.down", &(1..1000).map(|i| format!("{}\n", i * 2)).collect::<String>());
    let both = fingerprint(with_trace(&up, Some(&down)), 2);
    assert_ne!(both, fingerprint(with_trace(&up, None), 2));
    assert_ne!(both, fingerprint(scenario("weekday", 20), 2));
}

#[test]
fn a_trace_holds_and_no_rule_is_broken_on_it() {
    let still = file("still.csv", "time_s,up_kbit_s,down_kbit_s\n0,2000,9000\n50,0,0\n70,2000,9000\n119,2000,9000\n");
    let outcome = outcome(&plan(with_trace(&still, None), 1), 0, Keep::default());
    assert_eq!(outcome.findings.violations, []);
    assert!(outcome.requests > 2000, "{}", outcome.requests);
}

#[test]
fn a_trace_that_is_wrong_or_not_there_is_told_with_its_file_and_line() {
    let told = |small: Small| match Plan::new(Arc::new(small.0), 1) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("there is a plan"),
    };
    let wrong = file("wrong.csv", "time_s,up_kbit_s,down_kbit_s\n0,1,1\n1,x,1\n");
    assert!(told(with_trace(&wrong, None)).starts_with(&format!("{wrong}:3: `up_kbit_s` is \"x\"")));
    let packets = file("packets.up", "1\n");
    let none = told(with_trace(&packets, Some("/no/such/file.down")));
    assert!(none.starts_with("/no/such/file.down: `network.trace_down` cannot be read: "), "{none}");
}
