//! Run folders judged again: whole, cut anywhere, damaged, edited, of live runs.

use fieldday_documents::checked::report;
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, RunOutcome, run};
use fieldday_folder::check::{Checked, check};
use fieldday_folder::{Facts, Folder, HISTORY, Host, RUN_SCHEMA, RunFile, RunFolder, RunFolderError, Summary, VIRTUAL};
use fieldday_history::file::{FORMAT, Header, HistoryLine, Lines, Reader, Writer};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Time, Zone};
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

struct Kept1 {
    path: PathBuf,
    outcome: RunOutcome,
}

fn plan(defects: &[&str]) -> Plan {
    let mut scenario = Scenario::load("weekday").unwrap();
    scenario.with_reps(12);
    scenario.people.reps_per_tenant = Some(3);
    scenario.people.tenants = 4;
    scenario.defects = defects.iter().map(|name| (*name).to_owned()).collect();
    Plan::new(Arc::new(scenario), 1).unwrap()
}

fn run_file(plan: &Plan, target: &str) -> RunFile {
    RunFile {
        schema: RUN_SCHEMA,
        complete: true,
        version: "0".into(),
        target: target.into(),
        seed: format!("{:#x}", plan.seed()),
        reproduce: "fieldday run weekday --seed 0x1".into(),
        started_at: Time::parse("2026-06-10T12:30:00Z").unwrap(),
        ended_at: None,
        shard: None,
        merged_from: None,
        opens: None,
        host: Host::default(),
        scenario: plan.scenario().as_ref().clone(),
    }
}

fn header(plan: &Plan) -> Header {
    let (scenario, seed, start) = (plan.scenario().name.clone(), plan.seed(), plan.start());
    Header { fieldday_history: FORMAT, version: "0".into(), scenario, seed, start }
}

/// A recorded run in a folder of a test's own.
fn recorded(name: &str, defects: &[&str], target: &str) -> Kept1 {
    let (plan, out) = (plan(defects), Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    let _ = fs::remove_dir_all(&out);
    let mut folder = Folder::create(&out, &run_file(&plan, target)).unwrap();
    folder.begin_history(&header(&plan)).unwrap();
    let stop = AtomicBool::new(false);
    let keep = Keep { history: true, events: false };
    let outcome = run(&plan, &Options { threads: 1, keep, stop: &stop }, |cell| {
        folder.add_cell(&cell).unwrap();
        ControlFlow::Continue(())
    })
    .unwrap();
    folder.end_history(Some(outcome.fingerprint)).unwrap();
    folder.put_summary(&Summary::new(Facts::default(), &plan, &outcome)).unwrap();
    folder.close(&run_file(&plan, target)).unwrap();
    Kept1 { path: folder.path().to_owned(), outcome }
}

fn checked(path: &Path) -> Result<Checked, RunFolderError> {
    check(&RunFolder::open(path).unwrap(), 7)
}

/// As a kill leaves it: no summary, and a `run.json` that says so.
fn killed(path: &Path) {
    fs::remove_file(path.join("summary.json")).unwrap();
    let file = path.join("run.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"complete\": true", "\"complete\": false", 1)).unwrap();
}

fn lines(path: &Path) -> (Header, Vec<String>) {
    let mut reader = Reader::new(fs::File::open(path.join(HISTORY)).unwrap()).unwrap();
    let header = reader.header.clone();
    let lines = std::iter::from_fn(|| reader.text().unwrap()).collect();
    (header, lines)
}

/// Writes lines, which need not be right.
fn write(path: &Path, header: &Header, lines: &[String]) {
    let text = serde_json::to_string(header).unwrap() + "\n" + &lines.join("\n") + "\n";
    fs::write(path.join(HISTORY), zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
}

#[test]
fn a_whole_history_says_the_same_to_the_last_count_and_bit() {
    for defects in [&[][..], &["task-created-twice"]] {
        let kept = recorded(&format!("check-same-{}", defects.len()), defects, VIRTUAL);
        let checked = checked(&kept.path).unwrap();
        assert!(checked.differences.is_empty(), "{:#?}", checked.differences);
        assert!(checked.compared && checked.judged.whole);
        assert_eq!(checked.judged.events, kept.outcome.events);
        assert_eq!(checked.judged.cells, 2);
        let before = RunFolder::open(&kept.path).unwrap().summary().unwrap().unwrap();
        let (now, code) = (&checked.summary, checked.exit_code());
        assert_eq!((now.verdict.outcome, code), (before.verdict.outcome, before.verdict.exit_code));
        assert_eq!(now.rules, before.rules);
        assert_eq!(now.violations, before.violations, "times on the clocks of reps among them");
        assert_eq!(now.limits, before.limits);
        assert_eq!(now.felt, before.felt);
        assert_eq!(now.totals, before.totals);
        assert_eq!(now.fingerprint, before.fingerprint);
        assert!(
            report(&checked, "x", fieldday_paint::Paint::new(false))
                .ends_with("says the same as summary.json, of every rule\n")
        );
    }
}

#[test]
fn a_history_cut_anywhere_is_judged_up_to_the_cut_and_says_so() {
    let kept = recorded("check-cut", &[], VIRTUAL);
    let file = kept.path.join(HISTORY);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 5]).unwrap();
    let cut = checked(&kept.path).unwrap();
    assert_eq!((cut.exit_code(), cut.compared), (4, false), "run.json says that it is complete: {:?}", cut.differences);
    killed(&kept.path);
    let mut last = 0;
    for part in 0..=40 {
        let length = whole.len() * part / 41;
        fs::write(&file, &whole[..length]).unwrap();
        let checked = checked(&kept.path).unwrap();
        assert!(!checked.judged.whole && checked.judged.events >= last, "{:?}", checked.judged);
        last = checked.judged.events;
        assert_eq!(checked.exit_code(), 130, "{:?}", checked.summary.verdict);
        let text = report(&checked, "x", fieldday_paint::Paint::new(false));
        let says = if last > 0 { "incomplete, checked up to " } else { "incomplete: it ends before the first event" };
        assert!(text.contains(says) && text.contains("not compared"), "{text}");
    }
    assert!(last > kept.outcome.events / 2, "{last} of {} events", kept.outcome.events);
}

#[test]
fn damage_is_refused_and_never_taken_for_a_cut() {
    let kept = recorded("check-damage", &[], VIRTUAL);
    let file = kept.path.join(HISTORY);
    let whole = fs::read(&file).unwrap();
    for part in 0..25 {
        let mut damaged = whole.clone();
        damaged[whole.len() * part / 25 + 3] ^= 0x20;
        fs::write(&file, &damaged).unwrap();
        // In the last bytes a flipped one may look like a cut, which a complete run does not have.
        match checked(&kept.path) {
            Err(error) => assert!(error.to_string().contains(HISTORY), "{error}"),
            Ok(checked) => assert_eq!(checked.exit_code(), 4, "{:?}", checked.judged),
        }
    }
    fs::write(&file, "not a history").unwrap();
    assert!(checked(&kept.path).unwrap_err().to_string().contains("expected a history"));
    fs::remove_file(&file).unwrap();
    let error = checked(&kept.path).unwrap_err();
    assert!(error.hint.contains("--record"), "{error}: {}", error.hint);
}

#[test]
fn an_edited_event_breaks_a_rule_and_what_is_no_event_is_named_with_its_line() {
    let kept = recorded("check-edit", &[], VIRTUAL);
    let (header, whole) = lines(&kept.path);
    // The answer to a repeated or first look at the shift shows another one than was acknowledged.
    let is_shift = |line: &&String| line.contains("\"shift\"") && line.contains("\"answered\"");
    let place = whole.iter().rposition(|line| is_shift(&line)).expect("somebody looks at their shift");
    let at = whole[place].find("\"shift_").expect("a shift has an id") + "\"shift_".len();
    let mut edited = whole.clone();
    edited[place].replace_range(at..at + 4, "zzzz");
    write(&kept.path, &header, &edited);
    let found = checked(&kept.path).unwrap();
    assert_eq!(found.exit_code(), 4);
    let of: Vec<&str> = found.differences.iter().map(|differs| differs.of.as_str()).collect();
    assert!(of.contains(&HISTORY) && of.iter().any(|of| of.starts_with("shift.")), "{of:?}");
    assert!(found.summary.rules.iter().any(|rule| rule.broken > 0 && rule.rule.starts_with("shift.")));
    assert!(report(&found, "x", fieldday_paint::Paint::new(false)).contains("broken differs: recorded 0, judged"));

    let says = |line: &str, parts: &[&str]| {
        let mut edited = whole.clone();
        edited.insert(10, line.to_owned());
        write(&kept.path, &header, &edited);
        let error = checked(&kept.path).unwrap_err();
        parts.iter().for_each(|part| assert!(error.to_string().contains(part), "{part}: {error}"));
    };
    says(r#"{"t":999999999,"c":0,"e":{"teleported":{}}}"#, &["line 12", "teleported", "version 0 of Field Day"]);
    says(r#"{"t":999999999,"c":77777,"e":"killed"}"#, &["line 12", "expected the introduction of client 77777"]);
    says(r#"{"t":-5,"c":0,"e":"killed"}"#, &["line 12", "expected a time"]);
    says("rubbish", &["line 12"]);
    says(r#"{"cell":"atlantis","start":"2026-06-10T00:00:00Z"}"#, &["atlantis", "not a cell of the plan"]);
    let mut again = whole.clone();
    again.insert(whole.len() - 1, whole[0].clone());
    write(&kept.path, &header, &again);
    assert!(checked(&kept.path).unwrap_err().to_string().contains("begins a second time"));
}

#[test]
fn a_live_history_of_cells_that_take_turns_says_what_the_cells_say_alone() {
    let kept = recorded("check-live", &["task-created-twice"], "mock");
    let (header, whole) = lines(&kept.path);
    let begins: Vec<usize> = (0..whole.len()).filter(|i| whole[*i].starts_with("{\"cell\"")).collect();
    let reader = Reader::new(fs::File::open(kept.path.join(HISTORY)).unwrap()).unwrap();
    let parsed: Vec<HistoryLine> = reader.map(Result::unwrap).collect();
    let cells = [&parsed[begins[0]..begins[1]], &parsed[begins[1]..parsed.len() - 1]];
    let mut file = Writer::new(Vec::new(), &header).unwrap();
    let plan = plan(&[]);
    for turn in 0.. {
        let mut wrote = false;
        for (index, cell) in cells.iter().enumerate() {
            let HistoryLine::Cell { cell: name, start, .. } = &cell[0] else { panic!("a cell begins with its line") };
            let events = cell[1..].chunks(500).nth(turn).unwrap_or_default();
            if events.is_empty() {
                continue;
            }
            let mut lines = Lines::default();
            let zones: BTreeMap<_, Zone> = match turn {
                0 => fieldday_engine::setup::zones(&plan.cell(index as u32)),
                _ => BTreeMap::new(),
            };
            lines.cell(name, *start, zones).unwrap();
            for event in events {
                let HistoryLine::Event(event) = event else { panic!("only events follow") };
                lines.event(event).unwrap();
            }
            file.lines(lines).unwrap();
            wrote = true;
        }
        if !wrote {
            break;
        }
    }
    let file = file.finish(kept.outcome.fingerprint).unwrap();
    fs::write(kept.path.join(HISTORY), &file).unwrap();
    let checked = checked(&kept.path).unwrap();
    assert!(checked.differences.is_empty() && checked.compared, "{:#?}", checked.differences);
    let before = RunFolder::open(&kept.path).unwrap().summary().unwrap().unwrap();
    assert_eq!(checked.summary.rules, before.rules);
    assert_eq!(checked.summary.limits, before.limits, "clients of all cells are measured side by side");
    assert_eq!(checked.summary.felt, before.felt);
    assert_eq!(checked.summary.violations, before.violations);
    assert_ne!(kept.outcome.fingerprint, Fingerprint::default());
}
