//! What intruders write in a live run: the ledger says what became of each write, and the report what they left out.

use crate::common::{SLOW_MACHINE, fieldday, flat, read_output, room, said};
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The demo with an intruder in each tenant who tries everything once, on a machine that may be as slow as it likes.
fn scenario(place: &Path, more: &str) -> PathBuf {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/demo.toml")).unwrap();
    let must = text.lines().find(|line| line.starts_with("must_exercise")).unwrap();
    let file = place.join("demo.toml");
    fs::write(&file, format!("{}\n[intruders]\nprobes = [29, 29]\n{SLOW_MACHINE}\n{more}", text.replace(must, "")))
        .unwrap();
    file
}
fn folder(out: &Path) -> PathBuf {
    fs::read_dir(out).unwrap().next().unwrap().unwrap().path()
}

#[test]
fn the_ledger_says_of_each_write_whether_it_was_undone_and_why_not() {
    let place = room("ledger");
    let (file, out) = (scenario(&place, ""), place.join("out"));
    let mut command = fieldday();
    command.args([
        "run",
        file.to_str().unwrap(),
        "--target",
        "mock",
        "--speed",
        "5000",
        "--defect",
        "ownership-skipped",
    ]);
    let (code, stdout, stderr) = read_output(&command.args(["--out", out.to_str().unwrap()]).output().unwrap());
    assert_eq!(code, 1, "the defect is found: {stdout}{stderr}");
    assert!(stderr.contains("writes sent only to test rules: "), "none of which left anything behind: {stderr}");
    let ledger = fs::read_to_string(folder(&out).join("ledger.jsonl")).unwrap();
    let lines: Vec<Value> = ledger.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let mut kinds = BTreeSet::new();
    for line in &lines {
        let (note, made) = (text(line, "note"), text(line, "made"));
        assert!(!note.is_empty(), "{line}");
        assert_eq!(line["undone"], !made.is_empty(), "{line}");
        match line["undone"] == true {
            true => kinds.insert(made.split('_').next().unwrap().to_owned()),
            false => kinds.insert(note),
        };
    }
    let repeat = "it repeats an earlier write, which a correct target answers without a change";
    let expected = ["task", "rep", "session", "refused: there is nothing to undo", "it undoes another write", repeat];
    assert!(expected.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
    // The target's own word: each task was answered as cancelled, by its id.
    for line in lines.iter().filter(|line| text(line, "made").starts_with("task_")) {
        let cancels = |other: &Value| {
            other["probe"] == "undo" && other["id"] == line["made"] && other["endpoint"] == "PATCH tasks/{id}"
        };
        assert!(lines.iter().any(|other| cancels(other) && other["status"] == 200), "{line}");
    }
}

#[test]
fn a_report_names_what_intruders_leave_out_where_every_rep_of_the_file_works() {
    let place = room("nobody-off-duty");
    let (key, export, out) = (place.join("key.pem"), place.join("export"), place.join("out"));
    assert_eq!(said(&["tokens", "new-key", key.to_str().unwrap()]).0, 0);
    let tokens = format!("[tokens]\nkey = {:?}\n", key.to_str().unwrap());
    let file = scenario(&place, &tokens);
    let words = ["fixtures", "export", file.to_str().unwrap(), "--date", "today", "--out", export.to_str().unwrap()];
    assert_eq!(said(&words).0, 0);
    // The file of users without those who have the day off.
    let users = export.join("users.json");
    let mut roster: Value = serde_json::from_str(&fs::read_to_string(&users).unwrap()).unwrap();
    let plan = Plan::new(Arc::new(Scenario::load("demo").unwrap()), 1).unwrap();
    let cell = plan.cell(0);
    let off_duty: Vec<&str> =
        cell.tenants.iter().filter_map(|tenant| tenant.off_duty.as_ref()).map(|rep| rep.user_id.as_str()).collect();
    for tenant in roster["tenants"].as_array_mut().unwrap() {
        tenant["users"].as_array_mut().unwrap().retain(|user| !off_duty.contains(&user["user_id"].as_str().unwrap()));
    }
    fs::write(&users, roster.to_string()).unwrap();
    let backend = crate::mock::Mock::serve(&place, &["demo", "--delay-us", "500", "--key", key.to_str().unwrap()]);
    scenario(&place, &format!("{tokens}\n[data]\nusers = {:?}\n", users.to_str().unwrap()));
    let run = ["run", file.to_str().unwrap(), "--target", &backend.url, "--speed", "5000", "--intruders"];
    let (_, stdout, stderr) = crate::common::said_live(&[&run[..], &["--out", out.to_str().unwrap()]].concat());
    assert!(stderr.contains("nobody plays cell-0/tenant-0/off-duty"), "{stderr}");
    let summary: Value = serde_json::from_str(&fs::read_to_string(folder(&out).join("summary.json")).unwrap()).unwrap();
    let part = &summary["not_exercised_parts"][0];
    assert_eq!(part["part"], "a clock-in or clock-out of another rep", "{summary}");
    let why = "not tried, because the file of users has no rep without a part in the day (cell-0/tenant-0 and 1 more)";
    assert_eq!((&part["why"], &part["tried"]), (&why.into(), &0.into()));
    assert!(flat(&stdout).contains("a clock-in or clock-out of another rep"), "{stdout}");
}
