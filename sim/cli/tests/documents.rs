//! What is said of a run, a comparison and many nights, as committed: terminal report, summary.md, junit.xml, `compare` and
//! `trend`.
//!
//! Wall time, rates, memory, threads and folders are the machine's, and blotted out; all the rest follows from scenario, seed
//! and version. If a document is changed on purpose, accept it with `cargo xtask snapshots`, which runs this test with
//! `INSTA_UPDATE=always`, and read the difference before committing it.

mod common;
#[path = "../../compare/tests/made/mod.rs"]
mod made;

use common::{fieldday, read_output, room};
use made::Made;
use std::fs;
use std::path::Path;

/// What is of the machine and the moment.
const MACHINE: [(&str, &str); 8] = [
    (r"\d{8}T\d{6}Z", "[TIME]"),
    (r#"timestamp="[^"]*""#, r#"timestamp="[TIME]""#),
    (r#"(<testsuites .*) time="[\d.]+""#, r#"$1 time="[S]""#),
    (r#"(name="version" value=)"[^"]*""#, r#"$1"[VERSION]""#),
    (r"(?m)^(  rep-days +[\d,]+), [\d.,]+ a second", "$1, [N] a second"),
    (r"(?m)^(  requests .* a rep-day\)), .*$", "$1, [N] a second, [N] a CPU second"),
    (r"(?m)^(  time +)[\d.,]+ m?s, [\d.,]+ m?s of CPU on \d+ threads?", "$1[S] s, [S] s of CPU on [N] threads"),
    (r"(?m)^(  memory +)[\d.,]+ [kMG]?B", "$1[N] MB"),
];

fn as_committed(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false,
        snapshot_path => "snapshots/documents", filters => MACHINE }, {
        insta::assert_snapshot!(name, text);
    });
}

/// Runs the command in `place`, where folders have short names.
fn said(place: &Path, words: &[&str]) -> (i32, String, String) {
    read_output(&fieldday().args(words).current_dir(place).env("COLUMNS", "100").env("TERM", "dumb").output().unwrap())
}

fn documents(name: &str, words: &[&str], code: i32) {
    let place = room(&format!("documents-{name}"));
    let (got, stdout, stderr) = said(&place, &[&["run"], words, &["--out", "out"]].concat());
    assert_eq!(got, code, "{stdout}{stderr}");
    as_committed(&format!("{name}-terminal"), &stdout);
    let folder = fs::read_dir(place.join("out")).unwrap().next().unwrap().unwrap().path();
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    as_committed(&format!("{name}-summary-md"), &read("summary.md"));
    as_committed(&format!("{name}-junit-xml"), &read("junit.xml"));
    let relative = folder.strip_prefix(&place).unwrap().to_str().unwrap();
    let (again, report, stderr) = said(&place, &["report", relative]);
    assert_eq!((again, stderr.contains("×")), (code, false), "{stderr}");
    assert_eq!(report, stdout, "the report from the folder is the one that the run printed");
}

#[test]
fn a_run_that_holds() {
    documents("held", &["demo"], 0);
}

#[test]
fn a_run_that_breaks() {
    documents("broken", &["weekday", "--reps", "20", "--defect", "tenant-leak-by-cache"], 1);
}

/// Five nights of a steady kind.
fn nights(place: &Path, days: std::ops::Range<i64>, change: impl Fn(Made) -> Made) {
    days.for_each(|day| {
        change(Made::new(day).but(|made| made.spread = 0.01)).folder(place);
    });
}

#[test]
fn comparisons() {
    let place = room("documents-compare");
    nights(&place.join("base"), 0..5, |made| made);
    nights(&place.join("same"), 10..15, |made| made);
    nights(&place.join("worse"), 20..25, |made| {
        made.slower("clock-in", 1, 1.3).but(|made| {
            made.rules[0].1 = "broken";
            made.outcome = "broken";
        })
    });
    for (name, new, format, code) in [
        ("compare-same-terminal", "same", "terminal", 0),
        ("compare-worse-terminal", "worse", "terminal", 1),
        ("compare-worse-markdown", "worse", "markdown", 1),
    ] {
        let (got, stdout, stderr) = said(&place, &["compare", new, "--baseline", "base", "--format", format]);
        assert_eq!(got, code, "{stdout}{stderr}");
        as_committed(name, &stdout);
    }
    // Two virtual runs, which say what changed but not how fast the machine was.
    for (out, more) in [("new", &["--defect", "clock-in-race"][..]), ("old", &[])] {
        let (code, stdout, stderr) = said(&place, &[&["run", "demo", "--out", out], more].concat());
        assert!(code == 0 || code == 1, "{stdout}{stderr}");
    }
    let (code, stdout, stderr) = said(&place, &["compare", "new", "--baseline", "old"]);
    as_committed("compare-virtual-terminal", &format!("[exit code {code}]\n{stdout}[stderr]\n{stderr}"));
}

#[test]
fn trends() {
    let place = room("documents-trend");
    nights(&place.join("nights"), 0..9, |made| made);
    nights(&place.join("nights"), 9..16, |made| made.slower("update-appointment", 1, 1.4));
    let last = Made::new(16).but(|made| (made.outcome, made.rules[1].1) = ("broken", "broken"));
    last.folder(&place.join("nights"));
    let skipped = Made::new(17).folder(&place.join("nights"));
    fs::write(skipped.join("summary.json"), "{").unwrap();
    for format in ["terminal", "markdown"] {
        let (code, stdout, stderr) = said(&place, &["trend", "nights", "--format", format]);
        assert_eq!(code, 0, "{stdout}{stderr}");
        as_committed(&format!("trend-{format}"), &stdout);
    }
}
