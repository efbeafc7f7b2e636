//! The files of a failure: an archive that browser tools read, a script that a shell runs, a story; nothing private in any.

use fieldday_api::private::Private;
use fieldday_engine::cell::{CellRun, Keep};
use fieldday_engine::shrink::{Case, look};
use fieldday_history::Event;
use fieldday_plan::repro::{FORMAT, Repro};
use fieldday_plan::{CellPlan, Plan};
use fieldday_rules::Measures;
use fieldday_scenario::Scenario;
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

struct Day {
    cell: CellPlan,
    events: Vec<Event>,
    case: Case,
}

/// A cell of a rough day with a bug that shows.
fn day() -> Day {
    let mut scenario = Scenario::load("rough").unwrap();
    scenario.with_reps(8);
    scenario.defects = vec!["double-flush".into(), "cache-ignored".into()];
    let plan = Plan::new(Arc::new(scenario.clone()), 2).unwrap();
    let keep = Keep { history: false, events: true };
    let run = CellRun::new(plan.scenario(), plan.cell(0), keep, Measures::default());
    let (outcome, _) = run.run(&AtomicBool::new(false));
    let signature = outcome.findings.violations.first().expect("something is broken").signature();
    Day { cell: plan.cell(0), events: outcome.kept.unwrap(), case: Case { scenario, seed: 2, cell: 0, signature } }
}

fn room(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&room);
    fs::create_dir_all(&room).unwrap();
    room
}

fn the_story(day: &Day) -> String {
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

/// A `curl` that notes its arguments and answers every request with a session, a task and a shift of its own.
const CURL: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>"$LOG"
while [ $# -gt 0 ]; do
  case $1 in
    -o) out=$2; shift ;;
    @-) cat >/dev/null ;;
  esac
  shift
done
printf '{"data":{"id":"other_1","recording_session_id":"session_of_another","audio_upload_url":"https://store.example/u"}}' >"$out"
"#;

fn run(script: &Path, room: &Path, variables: &[(String, String)]) -> Output {
    let path = format!("{}:{}", room.display(), "/usr/bin:/bin");
    let mut command = Command::new("sh");
    command.arg(script).env_clear().env("PATH", path).env("LOG", room.join("log"));
    command.envs(variables.iter().cloned()).output().unwrap()
}

#[test]
fn the_script_runs_and_takes_ids_from_the_answers() {
    let (day, room) = (day(), room("script"));
    let text = script(&day.events, day.cell.start, &day.cell.tenants[0].data.zone, "a rule is broken:\nthis one");
    let file = room.join("repro.sh");
    fs::write(&file, &text).unwrap();
    assert!(Command::new("sh").arg("-n").arg(&file).status().unwrap().success());
    let curl = room.join("curl");
    fs::write(&curl, CURL).unwrap();
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();

    let wanted: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix(": \"${")?.split(":?").next())
        .filter(|name| name.to_uppercase() == *name)
        .collect();
    assert!(
        wanted.starts_with(&["BASE_URL"]) && wanted.contains(&"TOKEN_1") && wanted.contains(&"TOKEN_2"),
        "{wanted:?}"
    );
    for missing in &wanted[..2] {
        let given: Vec<_> =
            wanted.iter().filter(|name| *name != missing).map(|n| ((*n).to_owned(), "x".to_owned())).collect();
        let output = run(&file, &room, &given);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(missing) && said.contains("is missing"), "{said}");
        assert!(!room.join("log").exists(), "nothing was sent");
    }

    let given: Vec<_> = wanted
        .iter()
        .map(|name| ((*name).to_owned(), if *name == "BASE_URL" { "http://here".into() } else { format!("of {name}") }))
        .collect();
    let output = run(&file, &room, &given);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = fs::read_to_string(room.join("log")).unwrap();
    let arrived = attempts(&day.events).iter().filter(|attempt| !attempt.never_arrived).count();
    assert_eq!(log.lines().filter(|line| line.starts_with("-sS")).count(), arrived, "a curl an attempt");
    assert!(log.contains("Authorization: Bearer of TOKEN_1") && log.contains("http://here/api/v1/"), "{log}");
    assert!(log.contains("/recording-sessions/session_of_another/stop"), "an id from an answer");
    assert!(log.lines().any(|line| line.contains("-X PUT") && line.ends_with("https://store.example/u")), "{log}");
    assert!(text.contains(" &\npid_") && text.contains("wait \"$pid_"), "some were side by side");
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
    let files = [
        ("repro.har", har(&day.events, day.cell.start, "x")),
        ("repro.sh", script(&day.events, day.cell.start, zone, "x")),
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
