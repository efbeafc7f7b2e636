//! `fieldday capacity --simulate`, from outside: a fleet's day, tables, standing for several, and what cannot be simulated.

mod common;

use common::{room, said};
use serde_json::Value;
use std::fs;

const BASE: [&str; 4] = ["capacity", "--simulate", "weekday", "--format"];

/// The document of a simulation, after the exit code that is expected.
fn simulated(expected: i32, words: &[&str]) -> Value {
    let (code, text, err) = said(&[&BASE[..], &["json"], words].concat());
    assert_eq!(code, expected, "{words:?}: {text}{err}");
    serde_json::from_str(&text).unwrap()
}
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn a_day_holds_or_breaks_by_its_plant_and_is_the_same_on_any_number_of_threads() {
    let words = ["--reps", "200", "--instances", "1", "--threads"];
    let one = simulated(0, &[&words[..], &["1"]].concat());
    assert_eq!(one, simulated(0, &[&words[..], &["2"]].concat()));
    assert_eq!((&one["outcome"]["reps"], &one["outcome"]["holds"]), (&Value::from(200), &Value::Bool(true)));
    let totals = &one["outcome"]["totals"];
    // Every request ends one way or another.
    let ends = ["served", "rate_limited", "turned_away", "timed_out", "broken"].map(|end| number(&totals[end]));
    assert_eq!(number(&totals["offered"]), ends.iter().sum::<f64>(), "{totals}");
    // One worker with room for nobody beside it turns people away.
    let tight = simulated(1, &["--reps", "200", "--instances", "1", "--workers", "1", "--queue", "0"]);
    assert_eq!(tight["outcome"]["holds"], Value::Bool(false));
    assert!(number(&tight["outcome"]["totals"]["turned_away"]) > 0.0, "{}", tight["outcome"]["totals"]);
}

#[test]
fn a_rep_who_stands_for_several_brings_their_load() {
    let offered = |words: &[&str]| {
        let of = simulated(0, &[&["--reps", "600", "--instances", "2"], words].concat());
        (number(&of["outcome"]["totals"]["offered"]), number(&of["outcome"]["cost"]["visits"]), of)
    };
    let (each, visits, _) = offered(&[]);
    let (standing, fewer, of) = offered(&["--each-for", "4"]);
    assert!((standing / each - 1.0).abs() < 0.15, "{standing} requests, and {each} when all are simulated");
    assert!(fewer < visits / 3.0, "{fewer} visits to reps, and {visits} when all are simulated");
    assert_eq!(of["outcome"]["reps"], 600);
    assert!(of["outcome"]["assumptions"].to_string().contains("stands for 4"), "it is said");
}

#[test]
fn tables_and_pages_are_made() {
    let room = room("simulate");
    let page = room.join("day.html");
    let grid = simulated(0, &["--reps", "50,100", "--instances", "1..2"]);
    let points = grid["grid"]["points"].as_array().unwrap();
    let of: Vec<_> = points.iter().map(|point| (number(&point["reps"]), number(&point["instances"]))).collect();
    assert_eq!(of, [(50.0, 1.0), (50.0, 2.0), (100.0, 1.0), (100.0, 2.0)]);
    let words = ["capacity", "--simulate", "weekday", "--reps", "50", "--window", "07:30-09:00", "--html"];
    let (code, text, err) = said(&[&words[..], &[page.to_str().unwrap()]].concat());
    assert_eq!(code, 0, "{text}{err}");
    assert!(fs::read_to_string(&page).unwrap().contains("<svg"), "a page with its pictures");
}

#[test]
fn what_cannot_be_simulated_is_said() {
    let cases: [(&[&str], &[&str]); 6] = [
        (&["--reps", "0"], &["--reps", "10k"]),
        (&["--reps", "many"], &["--reps", "1M"]),
        (&["--instances", "8..2"], &["8..2", "ends before it begins"]),
        (&["--what-if", "flood"], &["monday-storm", "slow-shunya"]),
        (&["--calibrate", "/nowhere/at/all"], &["/nowhere/at/all"]),
        (&["--target", "mock"], &["--target", "--simulate"]),
    ];
    for (words, parts) in cases {
        let (code, text, err) = said(&[&BASE[..], &["json"], words].concat());
        assert_eq!(code, 2, "{words:?}: {text}{err}");
        assert!(parts.iter().all(|part| err.contains(part)), "{words:?} should say {parts:?}:\n{err}");
    }
}
