//! The files of a failure: an archive that browser tools read, a script that a shell runs, a story; nothing private in any.

use fieldday_api::private::Private;
use fieldday_api::rules::Rule;
use fieldday_engine::cell::{CellRun, Keep};
use fieldday_engine::setup;
use fieldday_engine::shrink::{Case, look};
use fieldday_engine::slice::{Day, slice};
use fieldday_history::Event;
use fieldday_plan::{CellPlan, Plan};
use fieldday_rules::{Measures, Violation};
use fieldday_scenario::Scenario;
use fieldday_scenario::repro::{FORMAT, Repro};
use fieldday_stories::attempts::attempts;
use fieldday_stories::har::har;
use fieldday_stories::script::script;
use fieldday_stories::story::{Told, names, story};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

struct Broken {
    cell: CellPlan,
    events: Vec<Event>,
    case: Case,
}

/// A cell of a rough day with a bug that shows.
fn day() -> Broken {
    let mut scenario = Scenario::load("rough").unwrap();
    scenario.with_reps(8);
    scenario.defects = vec!["double-flush".into(), "cache-ignored".into()];
    let plan = Plan::new(Arc::new(scenario.clone()), 2).unwrap();
    let keep = Keep { history: false, events: true };
    let run = CellRun::new(plan.scenario(), plan.cell(0), keep, Measures::default());
    let (outcome, _) = run.run(&AtomicBool::new(false));
    let signature = outcome.findings.violations.first().expect("something is broken").signature();
    Broken { cell: plan.cell(0), events: outcome.kept.unwrap(), case: Case { scenario, seed: 2, cell: 0, signature } }
}

fn room(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&room);
    fs::create_dir_all(&room).unwrap();
    room
}

fn the_story(day: &Broken) -> String {
    let (events, size) = look(&day.case, &AtomicBool::new(false)).unwrap();
    let zone = &day.cell.tenants[0].data.zone;
    story(&Told {
        events: &events,
        size: &size,
        start: day.cell.start,
        zone,
        no_return: None,
        again: "fieldday replay repro.toml",
        names: names(&events),
    })
}

#[test]
fn the_archive_has_every_field_that_har_requires() {
    let day = day();
    let archive: Value = serde_json::from_str(&har(&day.events, day.cell.start, "x")).unwrap();
    let log = &archive["log"];
    assert_eq!(log["version"], "1.2");
    assert!(log["creator"]["name"].is_string() && log["creator"]["version"].is_string());
    let entries = log["entries"].as_array().unwrap();
    let sent = attempts(&day.events);
    assert!(sent.len() > 100 && entries.len() == sent.len(), "{} entries", entries.len());
    let (mut unanswered, mut written) = (0, 0);
    for (entry, attempt) in entries.iter().zip(&sent) {
        assert_eq!(entry["startedDateTime"], (day.cell.start + attempt.at).to_string());
        let timings = ["send", "wait", "receive"].map(|name| entry["timings"][name].as_f64().unwrap());
        let time = entry["time"].as_f64().unwrap();
        assert!(time >= 0.0 && (timings.iter().sum::<f64>() - time).abs() < 1e-9, "{entry}");
        assert!(entry["cache"].is_object());
        let (request, response) = (&entry["request"], &entry["response"]);
        for name in ["method", "url", "httpVersion"] {
            assert!(request[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {entry}");
        }
        for (part, names) in
            [(request, &["cookies", "headers", "queryString"][..]), (response, &["cookies", "headers"])]
        {
            names.iter().for_each(|name| assert!(part[name].is_array(), "{name}: {entry}"));
            assert!(part["headersSize"].is_i64() && part["bodySize"].is_i64(), "{entry}");
        }
        for name in ["statusText", "httpVersion", "redirectURL"] {
            assert!(response[name].is_string(), "{name}: {entry}");
        }
        assert!(response["content"]["size"].is_i64() && response["content"]["mimeType"].is_string());
        assert_eq!(response["status"] == 0, response["_error"].is_string(), "{entry}");
        unanswered += u32::from(response["status"] == 0);
        let post = &request["postData"];
        written += u32::from(post.is_object());
        if post["mimeType"] == "application/json" && attempt.sent.bearer == fieldday_history::event::CredentialKind::Own
        {
            assert!(post["params"].is_array() && post["text"].is_string(), "{entry}");
        }
        let bearer = request["headers"].as_array().unwrap().iter().find(|header| header["name"] == "Authorization");
        assert!(bearer.is_none_or(|header| header["value"] == "Bearer REDACTED"), "{entry}");
    }
    assert!(unanswered > 0 && written > 0, "{unanswered} without an answer, {written} with a body");
}

/// A `curl` that notes its arguments, and answers with a shift, a list or nothing, as `MODE` says.
const CURL: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>"$LOG"
while [ $# -gt 0 ]; do
  case $1 in -o) out=$2; shift ;; esac
  shift
done
number=$(wc -l <"$LOG")
case $MODE in
  away) echo 'curl: (7) Failed to connect' >&2; exit 7 ;;
  refuses) printf '{"detail":{"error_code":"RBAC_VIOLATION"}}' >"$out"; printf '403 0.010'; exit ;;
  twice) id=shift_$number ;;
  *) id=shift_1 ;;
esac
printf '{"data": {"shift": {"id" :"%s","clock_in_at":"2026-06-10T12:00:00Z"}, "list":[{"id":"a\\"b"},{}]}}' "$id" >"$out"
printf '200 0.010'
"#;

/// The events of a shift that was begun twice, cut down to what shows it, and the script.
fn clock_in_twice() -> (Vec<Event>, String) {
    let mut scenario = Scenario::load("weekday").unwrap();
    scenario.with_reps(50);
    scenario.defects = vec!["clock-in-twice".into()];
    let plan = Plan::new(Arc::new(scenario), 1).unwrap();
    let cell = plan.cell(0);
    let (start, zones, zone) = (cell.start, setup::zones(&cell), cell.tenants[0].data.zone.clone());
    let keep = Keep { history: false, events: true };
    let run = CellRun::new(plan.scenario(), cell, keep, Measures::default());
    let (outcome, _) = run.run(&AtomicBool::new(false));
    let is_it = |violation: &&Violation| violation.rule == Rule::ShiftClockInOnce;
    let violation = outcome.findings.violations.iter().find(is_it).expect("a shift was begun twice");
    let (scenario, events) = (plan.scenario(), outcome.kept.unwrap());
    let day = Day { scenario, start, zones, events: &events };
    let small = slice(&day, violation);
    let text = script(&Day { events: &small.events, ..day }, &small.violation, &zone);
    (small.events, text)
}

fn variables(text: &str) -> Vec<String> {
    let wanted = text.lines().filter_map(|line| line.strip_prefix("[ -n \"${")?.split(":-").next());
    wanted.map(str::to_owned).collect()
}

fn run(script: &Path, room: &Path, variables: &[String], mode: &str) -> Output {
    let path = format!("{}:{}", room.display(), "/usr/bin:/bin");
    let mut command = Command::new("sh");
    command.arg(script).env_clear().env("PATH", path).env("LOG", room.join("log")).env("MODE", mode);
    command.env("TODAY", "2028-02-28").envs(variables.iter().map(|name| (name.clone(), format!("of {name}"))));
    command.output().unwrap()
}

#[test]
fn the_script_judges_what_it_sees() {
    let ((events, text), room) = (clock_in_twice(), room("script"));
    let file = room.join("repro.sh");
    fs::write(&file, &text).unwrap();
    assert!(Command::new("sh").arg("-n").arg(&file).status().unwrap().success());
    let curl = room.join("curl");
    fs::write(&curl, CURL).unwrap();
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
    let wanted = variables(&text);
    assert!(wanted.starts_with(&["BASE_URL".to_owned(), "TOKEN_1".to_owned()]), "{wanted:?}");
    assert!(text.contains("=\"$(fieldday tokens mint --user user_"), "the line that makes a token");

    for missing in &wanted {
        let given: Vec<_> = wanted.iter().filter(|name| *name != missing).cloned().collect();
        let output = run(&file, &room, &given, "once");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(&format!("{missing} is missing")), "{said}");
        assert!(!room.join("log").exists(), "nothing was sent");
    }
    let arrived = attempts(&events).iter().filter(|attempt| !attempt.never_arrived).count();
    for (mode, code, word) in [
        ("once", 0, "held: what the story told did not happen here"),
        ("twice", 1, "BROKEN: shift.clock-in.once is broken"),
        ("refuses", 4, "INCONCLUSIVE: request"),
        ("away", 3, "no answer from of BASE_URL"),
    ] {
        let _ = fs::remove_file(room.join("log"));
        let output = run(&file, &room, &wanted, mode);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{mode}: {said}");
        assert!(said.contains(word), "{mode}: {said}");
        let log = fs::read_to_string(room.join("log")).unwrap();
        let sent = log.lines().filter(|line| line.starts_with("-sS")).count();
        match mode {
            "once" | "twice" => {
                assert_eq!(sent, arrived, "a curl an attempt: {log}");
                assert!(said.contains("expected 200, received 200"), "{said}");
                assert!(
                    log.contains("Authorization: Bearer of TOKEN_1") && log.contains("of BASE_URL/api/v1/"),
                    "{log}"
                );
                assert!(!log.contains("2026-"), "dates are counted from today: {log}");
            }
            _ => assert!(sent < arrived, "{mode} ends it: {log}"),
        }
    }
}

#[test]
fn a_rule_of_the_app_has_a_script_that_says_so() {
    let (day, room) = (day(), room("app"));
    let (_, size) = look(&day.case, &AtomicBool::new(false)).unwrap();
    let zones = setup::zones(&day.cell);
    let told = Day { scenario: &day.case.scenario, start: day.cell.start, zones, events: &day.events };
    let file = room.join("repro.sh");
    fs::write(&file, script(&told, &size.violation, &day.cell.tenants[0].data.zone)).unwrap();
    let output = run(&file, &room, &[], "once");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("a rule of the app, which curl cannot show"), "{said}");
}

#[test]
fn the_story_begins_with_a_diagram_and_ends_with_its_table() {
    let day = day();
    let text = the_story(&day);
    let rule = day.case.signature.rule;
    let (diagram, rest) = text.split_once("```mermaid\n").unwrap().1.split_once("```").unwrap();
    assert!(diagram.starts_with("sequenceDiagram\n") && diagram.contains("participant B as backend"), "{diagram}");
    let messages = diagram.lines().filter(|line| line.contains("->>") || line.contains("-x")).count();
    assert!((3..=20).contains(&messages), "{diagram}");
    assert!(diagram.contains(&format!("{rule} is broken: {}", rule.sentence().replace(';', ","))), "{diagram}");
    for line in diagram.lines().skip(1) {
        assert!(line.trim_start().starts_with(['P', 'A', 'N', 'B', 'p']) && !line.contains([';', '#']), "{line}");
    }
    assert!(rest.contains("| time (") && rest.contains("** |\n\n```text\nLegend: "), "{rest}");
}

#[test]
fn no_private_value_of_the_plan_is_in_any_file() {
    let day = day();
    let zone = &day.cell.tenants[0].data.zone;
    let repro = Repro {
        fieldday_repro: FORMAT,
        version: String::new(),
        seed: "0x2".into(),
        cell: 0,
        rule: day.case.signature.rule,
        endpoint: String::new(),
        shape: day.case.signature.shape.to_string(),
        scenario: day.case.scenario.clone(),
    };
    let (_, size) = look(&day.case, &AtomicBool::new(false)).unwrap();
    let zones = setup::zones(&day.cell);
    let told = Day { scenario: &day.case.scenario, start: day.cell.start, zones, events: &day.events };
    let files = [
        ("repro.har", har(&day.events, day.cell.start, "x")),
        ("repro.sh", script(&told, &size.violation, zone)),
        ("repro.sh of a backend", clock_in_twice().1),
        ("story.md", the_story(&day)),
        ("repro.toml", repro.to_toml("repro.toml")),
    ];
    assert!(files[0].1.contains("private:"), "private values were there, as tokens");
    let mut canaries: Vec<&str> = Vec::new();
    for tenant in &day.cell.tenants {
        let data = &tenant.data;
        canaries.extend(data.users.iter().flat_map(|u| [&u.name, &u.email]).map(Private::expose));
        canaries.extend(data.contacts.iter().flat_map(|c| [&c.phone_number, &c.address]).map(Private::expose));
        canaries.extend(data.appointments.iter().map(|a| a.location.expose()));
        canaries.extend(data.tasks.iter().map(|t| t.task.description.expose()));
        canaries.extend(data.threads.iter().flat_map(|t| &t.messages).map(|m| m.body.expose()));
    }
    canaries.retain(|value| value.len() >= 8);
    assert!(canaries.len() > 200, "{} canaries", canaries.len());
    for (name, text) in files {
        let found: Vec<_> = canaries.iter().filter(|value| text.contains(**value)).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
        for word in ["eyJ", "X-Amz", "signature="] {
            assert!(!text.contains(word), "{word} in {name}");
        }
    }
}
