//! What keeps a run from beginning is told before anything is done: before the target is called, or loaded.

use crate::common::demo;
use fieldday_kernel::time::Span;
use fieldday_live::attack::GooseWishes;
use fieldday_live::clock::utc_now;
use fieldday_live::prepare::{Called, LiveOptions, PrepareError, prepare};
use fieldday_scenario::Scenario;
use std::net::TcpListener;
use std::path::Path;

/// Why the demo is refused with these options, whatever is called.
fn refused(scenario: &Scenario, target: &str, options: LiveOptions) -> PrepareError {
    match prepare(scenario.clone(), crate::common::SEED, Called::named(target), options) {
        Err(error) => error,
        Ok(_) => panic!("nothing is wrong with it"),
    }
}

#[test]
fn options_that_cannot_be_done_are_refused() {
    let scenario = demo(5_000);
    let with = |options| refused(&scenario, "mock", options).to_string();
    let goose = |goose| LiveOptions { goose, ..LiveOptions::default() };
    let only = LiveOptions { only: Some("cell-0/tenant-0/rep-99".into()), ..LiveOptions::default() };
    assert_eq!(with(only), "the plan has no rep called \"cell-0/tenant-0/rep-99\"");
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nowhere/file");
    let cacert = LiveOptions { cacert: Some(nowhere.clone()), ..LiveOptions::default() };
    assert!(with(cacert).contains("nowhere/file cannot be read"));
    let no_certificate = LiveOptions { cacert: Some(file!().into()), ..LiveOptions::default() };
    assert!(matches!(refused(&scenario, "mock", no_certificate), PrepareError::Unreadable { .. }));
    let log = goose(GooseWishes { request_log: Some(nowhere), dashboard: None });
    assert!(with(log).contains("nowhere/file cannot be written"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let dashboard = goose(GooseWishes { dashboard: Some(port), request_log: None });
    assert!(with(dashboard.clone()).contains(&format!("cannot listen on port {port}")));
    let advice = refused(&scenario, "mock", dashboard);
    assert!(matches!(advice, PrepareError::Dashboard { free: Some(free), .. } if free != port), "{advice:?}");
    #[cfg(unix)]
    {
        let pipe = Path::new(env!("CARGO_TARGET_TMPDIR")).join("requests-pipe");
        let _ = std::fs::remove_file(&pipe);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let log = goose(GooseWishes { request_log: Some(pipe), dashboard: None });
        assert!(with(log).contains("it is a pipe, not a file"), "nobody waits for its reader");
    }
}

#[test]
fn a_log_that_can_be_written_is_not_there_before_the_run() {
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("requests-before.csv");
    let _ = std::fs::remove_file(&log);
    let wishes = GooseWishes { request_log: Some(log.clone()), dashboard: None };
    let options = LiveOptions { goose: wishes, ..LiveOptions::default() };
    assert!(prepare(demo(5_000), crate::common::SEED, Called::named("mock"), options).is_ok());
    assert!(!log.exists());
}

#[test]
fn a_target_that_may_not_be_called_is_neither_called_nor_loaded() {
    let loaded = Path::new(env!("CARGO_TARGET_TMPDIR")).join("loaded");
    let mut scenario = demo(5_000);
    scenario.set_today(utc_now());
    scenario.data.provision = Some(format!("touch {}", loaded.display()));
    let with = |target| refused(&scenario, target, LiveOptions::default());
    assert!(matches!(with("staging"), PrepareError::NoTarget(_)));
    assert!(
        matches!(with("https://staging.example.com"), PrepareError::NotAllowed { host } if host == "staging.example.com")
    );
    let mut yesterday = scenario.clone();
    yesterday.set_today(utc_now() - Span::hours(48));
    let late = refused(&yesterday, "http://127.0.0.1:9", LiveOptions::default());
    assert!(matches!(late, PrepareError::Midnight { midnight_min: None, .. }), "{late}");
    scenario.data.users = Some("nowhere.json".to_owned());
    let users = refused(&scenario, "http://127.0.0.1:9", LiveOptions::default());
    assert!(users.to_string().contains("nowhere.json cannot be read"), "{users}");
    assert!(!loaded.exists());
}
