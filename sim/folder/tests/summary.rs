//! A summary of a real run: its JSON against the committed schema, its latencies read back, its folder.

use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, RunOutcome, run};
use fieldday_folder::{Facts, Folder, Host, Outcome, RUN_SCHEMA, Recipe, RunFile, Summary, hlog, summary_schema};
use fieldday_history::file::{FORMAT, Header, HistoryLine, Reader};
use fieldday_kernel::time::Time;
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const SCHEMA: &str = include_str!("../schemas/summary.schema.json");

fn plan(defects: &[&str]) -> Plan {
    let mut scenario = Scenario::load("weekday").unwrap();
    scenario.with_reps(12);
    scenario.defects = defects.iter().map(|name| (*name).to_owned()).collect();
    Plan::new(Arc::new(scenario), 1).unwrap()
}

fn ran(plan: &Plan, keep: Keep, stop: bool, mut folder: Option<&mut Folder>) -> RunOutcome {
    let stop = AtomicBool::new(stop);
    run(plan, &Options { threads: 1, keep, stop: &stop }, |cell| {
        if let Some(folder) = &mut folder {
            folder.add_cell(&cell).unwrap();
        }
        ControlFlow::Continue(())
    })
    .unwrap()
}

fn summary(plan: &Plan, outcome: &RunOutcome) -> Summary {
    let recipe = Recipe { scenario: "weekday".into(), seed: 1, reps: Some(12), ..Recipe::default() };
    Summary::new(Facts { recipe, threads: 1, wall_s: 0.5, cpu_s: Some(0.25), ..Facts::default() }, plan, outcome)
}

fn room(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&room);
    room
}

fn run_file(plan: &Plan) -> RunFile {
    RunFile {
        schema: RUN_SCHEMA,
        complete: true,
        version: "0".into(),
        target: "model".into(),
        seed: "0x1".into(),
        reproduce: "fieldday run weekday".into(),
        started_at: Time::parse("2026-06-10T12:30:00.25Z").unwrap(),
        ended_at: None,
        shard: None,
        merged_from: None,
        opens: None,
        host: Host::default(),
        scenario: plan.scenario().as_ref().clone(),
    }
}

#[test]
fn the_committed_schema_is_the_one_of_this_version() {
    let committed: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(committed, summary_schema(), "`cargo xtask schemas` writes it");
}

#[test]
fn summaries_of_good_bad_and_unfinished_runs_are_as_the_schema_says() {
    let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let good = plan(&[]);
    let bad = plan(&["task-created-twice"]);
    let cases = [(&good, false, None), (&bad, false, Some(Outcome::Broken)), (&good, true, Some(Outcome::Interrupted))];
    for (plan, stop, expected) in cases {
        let summary = summary(plan, &ran(plan, Keep::default(), stop, None));
        let json: serde_json::Value = serde_json::from_str(&summary.to_json()).unwrap();
        let wrong: Vec<String> =
            schema.iter_errors(&json).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(serde_json::from_value::<Summary>(json).unwrap(), summary, "it reads back");
        assert!(expected.is_none_or(|outcome| outcome == summary.verdict.outcome), "{:?}", summary.verdict);
        assert_eq!(summary.complete, !stop);
    }
}

#[test]
fn a_broken_rule_tells_when_who_and_how_to_get_it_again() {
    let plan = plan(&["task-created-twice"]);
    let summary = summary(&plan, &ran(&plan, Keep::default(), false, None));
    let case = summary.violations.iter().find(|case| case.of == "task.create.single").unwrap();
    assert!(case.who.starts_with("cell-0/tenant-"), "{case:?}");
    assert!(case.local.contains("America/"), "{case:?}");
    assert!(case.at.ends_with('Z'), "{case:?}");
    assert!(summary.reproduce.ends_with("--record"), "{}", summary.reproduce);
}

#[test]
fn latencies_read_back_from_the_log_with_an_endpoint_a_tag() {
    let plan = plan(&[]);
    let outcome = ran(&plan, Keep::default(), false, None);
    let mut log = Vec::new();
    hlog::write(&mut log, &outcome.measures, plan.start(), plan.end()).unwrap();
    let mut read = 0;
    for entry in IntervalLogIterator::new(&log) {
        let LogEntry::Interval(interval) = entry.unwrap() else { continue };
        let tag = interval.tag().unwrap().as_str().to_owned();
        let bytes = base64_of(interval.encoded_histogram());
        let histogram = Deserializer::new().deserialize::<u64, _>(&mut &bytes[..]).unwrap();
        let ops = fieldday_api::endpoint::Op::ALL.iter().copied();
        let op = ops.into_iter().find(|op| op.kebab_name() == tag).unwrap();
        assert_eq!(histogram.len(), outcome.measures.op(op).took.len(), "{tag}");
        read += 1;
    }
    assert!(read > 10, "{read} endpoints");
}

/// Standard base64 with padding, for one test.
fn base64_of(text: &str) -> Vec<u8> {
    let digit =
        |c: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|d| *d == c);
    let bits: Vec<usize> = text.bytes().filter_map(digit).collect();
    let bytes = bits.chunks(4).flat_map(|group| {
        let word = (0..4).fold(0, |word, i| word << 6 | group.get(i).copied().unwrap_or(0));
        [(word >> 16) as u8, (word >> 8) as u8, word as u8].into_iter().take(group.len() - 1)
    });
    bytes.collect()
}

#[test]
fn a_folder_says_that_it_is_incomplete_until_the_very_end() {
    let (plan, out) = (plan(&[]), room("folders"));
    let file = run_file(&plan);
    let complete = |folder: &Folder| {
        let text = std::fs::read_to_string(folder.path().join("run.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["complete"].as_bool().unwrap()
    };
    let mut folder = Folder::create(&out, &file).unwrap();
    assert!(folder.path().ends_with("weekday-0x1-20260610T123000Z"), "{}", folder.path().display());
    let header = Header {
        fieldday_history: FORMAT,
        version: "0".into(),
        scenario: "weekday".into(),
        seed: 1,
        start: plan.start(),
    };
    folder.begin_history(&header).unwrap();
    let outcome = ran(&plan, Keep { history: true, events: false }, false, Some(&mut folder));
    assert!(!complete(&folder));
    folder.end_history(Some(outcome.fingerprint)).unwrap();
    folder.put_latencies(&outcome.measures, plan.start(), plan.end()).unwrap();
    folder.put_summary(&summary(&plan, &outcome)).unwrap();
    assert!(!complete(&folder));
    folder.close(&file).unwrap();
    assert!(complete(&folder));

    let history = std::fs::File::open(folder.path().join("history.jsonl.zst")).unwrap();
    let lines: Vec<HistoryLine> = Reader::new(history).unwrap().map(Result::unwrap).collect();
    let events = lines.iter().filter(|line| matches!(line, HistoryLine::Event(_))).count() as u64;
    assert_eq!(events, outcome.events);
    assert_eq!(lines.last(), Some(&HistoryLine::End { end: outcome.events, fingerprint: outcome.fingerprint }));

    let namesake = Folder::create(&out, &file).unwrap();
    assert!(namesake.path().ends_with("weekday-0x1-20260610T123000Z-2"), "a folder is never written over");
}

#[test]
fn a_folder_that_cannot_be_made_says_which_and_why() {
    let out = room("no-folder");
    std::fs::create_dir_all(out.parent().unwrap()).unwrap();
    std::fs::write(&out, "a file").unwrap();
    let error = Folder::create(&out.join("below"), &run_file(&plan(&[]))).err().unwrap().to_string();
    std::fs::remove_file(&out).unwrap();
    assert!(error.contains("no-folder") && error.contains("cannot be written"), "{error}");
}

#[test]
fn differences_of_form_are_summed_up_and_break_the_run_only_where_the_scenario_says_so() {
    use fieldday_api::dialect::{Consequence, ContractKind, Deviation, Severity};
    let mut contract = fieldday_rules::Contract::default();
    let deviation = Deviation {
        kind: ContractKind::NaiveTime,
        at: "data.tasks[].due_at".into(),
        saw: "no zone".into(),
        consequence: Consequence::Read,
    };
    contract.add(fieldday_api::endpoint::Op::ListTasks, &[deviation]);
    let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    for (severity, expected) in [(None, Outcome::Held), (Some(Severity::Broken), Outcome::Broken)] {
        let mut scenario = Scenario::load("weekday").unwrap();
        scenario.with_reps(12);
        scenario.must_exercise.clear();
        scenario.contract.0.extend(severity.map(|severity| ("naive-time".to_owned(), severity)));
        let plan = Plan::new(Arc::new(scenario), 1).unwrap();
        let outcome = ran(&plan, Keep::default(), false, None);
        let summary = Summary::new(Facts { contract: contract.clone(), ..Facts::default() }, &plan, &outcome);
        assert_eq!(summary.verdict.outcome, expected, "{:?}", summary.verdict);
        let mut json: serde_json::Value = serde_json::from_str(&summary.to_json()).unwrap();
        assert!(schema.is_valid(&json));
        assert_eq!(summary.contract.unwrap().findings[0].count, 1);
        json.as_object_mut().unwrap().remove("contract");
        assert_eq!(serde_json::from_value::<Summary>(json).unwrap().contract, None, "an old summary reads");
    }
}

#[test]
fn an_endpoint_that_never_succeeds_makes_a_run_invalid_and_names_the_part_of_the_day() {
    let mut scenario = Scenario::load("weekday").unwrap();
    scenario.with_reps(12);
    scenario.must_exercise.clear();
    let text = format!(
        "{}\n[[mishap]]\nname = 'no-recordings'\nkind = 'error-before-commit'\nops = ['start-recording']\nstatus = 500\n",
        scenario.to_toml().unwrap()
    );
    let scenario = Scenario::parse(&text, "test.toml").unwrap();
    let plan = Plan::new(Arc::new(scenario), 1).unwrap();
    let summary = summary(&plan, &ran(&plan, Keep::default(), false, None));
    assert_eq!(summary.verdict.exit_code, 4, "{:?}", summary.verdict);
    let parts: Vec<&str> = summary.not_exercised_parts.iter().map(|n| n.part.as_str()).collect();
    let because = ["the end of recordings", "reporting uploads", "following recordings", "audio uploads"];
    assert_eq!((parts[0], &parts[1..]), ("recordings", &because[..]));
    let says: Vec<String> = summary.not_exercised_parts.iter().map(|part| part.says()).collect();
    assert!(says[0].contains("attempts succeeded: answered 500 ×"), "{}", says[0]);
    assert_eq!(says[1], "not tried, because POST recording/start never succeeded");
    assert!(summary.verdict.reasons.iter().any(|reason| reason.contains("recordings")), "{:?}", summary.verdict);
}

#[test]
fn differences_of_form_are_one_line_a_kind_and_the_worst_come_first() {
    use fieldday_api::dialect::{Consequence, ContractKind, Deviation};
    use fieldday_api::endpoint::Op;
    let mut contract = fieldday_rules::Contract::default();
    let of = |kind, at: &str, saw: &str, consequence| Deviation { kind, at: at.into(), saw: saw.into(), consequence };
    let no_zone = |at: &str| of(ContractKind::NaiveTime, at, "no zone", Consequence::Read);
    for op in [Op::ListTasks, Op::CreateTask, Op::UpdateTask] {
        contract.add(op, &[no_zone("data.due_at"), no_zone("data.created_at"), no_zone("data.updated_at")]);
    }
    contract.add(
        Op::CompleteTask,
        &[of(ContractKind::MissingField, "data.completed_by", "missing", Consequence::StandsIn)],
    );
    let no_id = of(ContractKind::MissingField, "data.recording_session_id", "missing", Consequence::Unread);
    contract.add(Op::StartRecording, &[no_id]);
    let plan = fieldday_plan::Plan::new(std::sync::Arc::new(Scenario::load("smoke").unwrap()), 1).unwrap();
    let summary = Summary::new(Facts { contract, ..Facts::default() }, &plan, &ran(&plan, Keep::default(), true, None));
    let part = summary.contract.unwrap();
    assert_eq!(part.findings.len(), 11);
    let groups = part.groups();
    let lines: Vec<_> =
        groups.iter().map(|group| (group.first.kind.as_str(), group.answers, group.words[0].all_places())).collect();
    let zones = "GET tasks: data.created_at, data.due_at, data.updated_at; POST tasks: data.created_at, data.due_at, \
                 data.updated_at; PATCH tasks/{id}: data.created_at, data.due_at, data.updated_at";
    let expected = [
        ("contract.missing-field", 1, "POST recording/start: data.recording_session_id"),
        ("contract.missing-field", 1, "POST tasks/{id}/complete: data.completed_by"),
        ("contract.naive-time", 9, zones),
    ];
    assert_eq!(lines, expected.map(|(kind, answers, places)| (kind, answers, places.to_owned())));
    assert!(groups[1].says().contains("are inconclusive for these answers"), "{}", groups[1].says());
}
