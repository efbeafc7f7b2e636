//! The documents of a run folder, of real runs: good, bad, and ended early.

use fieldday_documents::{ALL, Source};
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use fieldday_folder::summary::*;
use fieldday_folder::{Facts, Host, Outcome, RUN_SCHEMA, Recipe, RunFile, Summary};
use fieldday_history::{AttemptEnd, Event, EventKind, OpenAttempts};
use fieldday_kernel::time::Time;
use fieldday_plan::Plan;
use fieldday_rules::limit_result::{LimitResult, LimitUnit, LimitVerdict};
use fieldday_scenario::Scenario;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus, TestSuite};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A small run of `weekday` with these defects, ended before it began if that is wanted.
fn ran(defects: &[&str], stop: bool) -> (RunFile, Summary) {
    let (run, summary, _) = ran_with_events(defects, stop);
    (run, summary)
}

/// The same with the number of attempts that were under way when their day ended.
fn ran_with_events(defects: &[&str], stop: bool) -> (RunFile, Summary, u64) {
    let mut scenario = Scenario::load("weekday").unwrap();
    scenario.with_reps(12);
    scenario.defects = defects.iter().map(|name| (*name).to_owned()).collect();
    let plan = Plan::new(Arc::new(scenario), 1).unwrap();
    let stop = AtomicBool::new(stop);
    let options = Options { threads: 1, keep: Keep { events: true, history: false }, stop: &stop };
    let mut under_way = 0;
    let outcome = run(&plan, &options, |cell| {
        under_way += without_end(cell.kept.as_deref().unwrap_or_default());
        ControlFlow::Continue(())
    })
    .unwrap();
    let recipe = Recipe { scenario: "weekday".into(), seed: 1, reps: Some(12), ..Recipe::default() };
    let summary = Summary::new(Facts { recipe, threads: 1, wall_s: 0.5, ..Facts::default() }, &plan, &outcome);
    let at = |text| Time::parse(text).unwrap();
    let run = RunFile {
        schema: RUN_SCHEMA,
        complete: summary.complete,
        version: "0".into(),
        target: "model".into(),
        seed: "0x1".into(),
        reproduce: "fieldday run weekday".into(),
        started_at: at("2026-06-10T12:30:00.25Z"),
        ended_at: Some(at("2026-06-10T12:31:00Z")),
        shard: None,
        merged_from: None,
        opens: None,
        host: Host::default(),
        scenario: plan.scenario().as_ref().clone(),
    };
    (run, summary, under_way)
}

/// Attempts of a cell that neither ended nor died with their app.
fn without_end(events: &[Event]) -> u64 {
    let mut open = OpenAttempts::default();
    for event in events {
        if let EventKind::Sent(sent) = &event.what {
            open.sent(event.client, sent.call, sent.attempt, ());
        } else if let Some(of) = AttemptEnd::of(&event.what) {
            open.ended(event.client, of.call, of.attempt);
        } else if matches!(event.what, EventKind::Killed) {
            open.pop(event.client);
        }
    }
    let clients = events.iter().map(|event| event.client).max().map_or(0, |last| last + 1);
    (0..clients).map(|client| open.drain(client).count() as u64).sum()
}

fn document(name: &str, run: &RunFile, summary: &Summary) -> String {
    let (_, render) = ALL.iter().find(|(file, _)| *file == name).unwrap();
    render(&Source { folder: Path::new("results/a night"), run, summary, series: None }).unwrap()
}

fn suite<'a>(report: &'a Report, name: &str) -> &'a TestSuite {
    report.test_suites.iter().find(|suite| suite.name.as_str() == name).unwrap()
}

/// Failures, errors and skipped cases of a suite, each with its message.
fn unlike_success(suite: &TestSuite) -> BTreeMap<String, (&'static str, String)> {
    let told = |status: &TestCaseStatus| match status {
        TestCaseStatus::Success { .. } => None,
        TestCaseStatus::NonSuccess { kind, message, .. } => {
            let kind = if *kind == NonSuccessKind::Failure { "failure" } else { "error" };
            Some((kind, message.as_ref().unwrap().as_str().to_owned()))
        }
        TestCaseStatus::Skipped { message, .. } => Some(("skipped", message.as_ref().unwrap().as_str().to_owned())),
    };
    suite.test_cases.iter().filter_map(|case| Some((case.name.as_str().to_owned(), told(&case.status)?))).collect()
}

/// Every sample, by name and labels, read as strictly as the format is meant; panics where it is not kept.
fn samples(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1);
    let (mut families, mut samples, mut family) = (BTreeSet::new(), BTreeMap::new(), String::new());
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(told) = line.strip_prefix("# ") {
            let mut words = told.splitn(3, ' ');
            let (kind, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            match kind {
                "HELP" => assert!(families.insert(name.to_owned()), "{name} is described twice"),
                "TYPE" => assert_eq!(rest, "gauge", "{line}"),
                "UNIT" => assert!(name.ends_with(&format!("_{rest}")), "{line}"),
                _ => panic!("{line}"),
            }
            family = name.to_owned();
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').unwrap();
        assert_eq!(sample.split('{').next().unwrap(), family, "samples follow their family: {line}");
        assert!(sample.contains("scenario=\"") && sample.contains("target=\""), "{line}");
        let value: f64 = value.parse().unwrap();
        assert!(value.is_finite() && value >= 0.0, "{line}");
        assert!(samples.insert(sample.to_owned(), value).is_none(), "twice: {sample}");
    }
    samples
}

fn sum(samples: &BTreeMap<String, f64>, name: &str, label: &str) -> f64 {
    let of = samples.iter().filter(|(sample, _)| sample.starts_with(&format!("{name}{{")) && sample.contains(label));
    of.map(|(_, value)| value).sum()
}

#[test]
fn a_night_that_held_is_green_for_everybody() {
    let (mut run, mut summary, under_way) = ran_with_events(&[], false);
    summary.verdict = Verdict { outcome: Outcome::Held, exit_code: 0, reasons: vec!["all held".into()] };
    run.ended_at = None;
    let text = document("summary.md", &run, &summary);
    assert!(text.starts_with("## ✅ weekday held: all held\n"), "{text}");
    assert!(!text.contains("**Broken**") && text.contains("| slowest"), "{text}");
    let report = Report::deserialize_from_str(&document("junit.xml", &run, &summary)).unwrap();
    assert_eq!((report.failures, report.errors), (0, 0));
    let limited = summary.limits.iter().filter(|limit| limit.limit_us.is_some()).count();
    assert_eq!([suite(&report, "limits").tests, suite(&report, "rules").tests], [limited, summary.rules.len()]);
    for (case, (kind, why)) in unlike_success(suite(&report, "rules")) {
        let rule = summary.rules.iter().find(|rule| rule.rule == case).unwrap();
        assert_eq!(kind, "skipped", "{case}");
        let expected = if rule.verdict == RuleVerdict::NotExercised { "not exercised" } else { "inconclusive" };
        assert!(why.contains(expected), "{case}: {why}");
    }
    let samples = samples(&document("metrics.prom", &run, &summary));
    // What was under way when the day ended has no outcome.
    let ended = summary.totals.attempts - under_way;
    assert_eq!(sum(&samples, "fieldday_endpoint_attempts", ""), ended as f64);
    assert_eq!(sum(&samples, "fieldday_run_verdict", "verdict=\"held\""), 1.0);
    assert!(!samples.keys().any(|sample| sample.contains("run_ended")), "nobody knows when it ended");
}

#[test]
fn a_broken_rule_is_red_with_its_first_case_and_the_line_to_paste() {
    let (run, summary) = ran(&["task-created-twice"], false);
    let text = document("summary.md", &run, &summary);
    assert!(text.starts_with("## ❌ weekday broken"), "{text}");
    assert!(text.contains("**task.create.single**: backend, ") && text.contains(&summary.reproduce), "{text}");
    assert!(text.contains("fieldday report 'results/a night'"), "{text}");
    let report = Report::deserialize_from_str(&document("junit.xml", &run, &summary)).unwrap();
    let rules = suite(&report, "rules");
    let broken: BTreeSet<String> =
        unlike_success(rules).into_iter().filter(|(_, (kind, _))| *kind == "failure").map(|(case, _)| case).collect();
    let expected = summary.rules.iter().filter(|rule| rule.verdict == RuleVerdict::Broken);
    assert_eq!(broken, expected.map(|rule| rule.rule.clone()).collect());
    let case = rules.test_cases.iter().find(|case| case.name.as_str() == "task.create.single").unwrap();
    let TestCaseStatus::NonSuccess { description: Some(told), .. } = &case.status else { panic!("{case:?}") };
    let first = summary.violations.iter().find(|case| case.of == "task.create.single").unwrap();
    for expected in [&first.says, &first.who, &first.at, &summary.reproduce] {
        assert!(told.as_str().contains(expected.as_str()), "{expected}: {told:?}");
    }
    assert_eq!(unlike_success(suite(&report, "run"))["verdict"].0, "failure");
    let samples = samples(&document("metrics.prom", &run, &summary));
    let broken: u64 = summary.rules.iter().map(|rule| rule.broken).sum();
    assert_eq!(sum(&samples, "fieldday_rule_cases", "result=\"broken\""), broken as f64);
}

#[test]
fn a_run_that_says_nothing_is_red_although_nothing_is_broken() {
    let (run, summary) = ran(&[], true);
    assert_eq!(summary.verdict.outcome, Outcome::Interrupted);
    let report = Report::deserialize_from_str(&document("junit.xml", &run, &summary)).unwrap();
    let verdict = &unlike_success(suite(&report, "run"))["verdict"];
    assert!(verdict.0 == "error" && verdict.1.contains("ended early"), "{verdict:?}");
    assert_eq!((report.failures, report.errors), (0, 1));
    assert!(document("summary.md", &run, &summary).starts_with("## ⚠️ weekday interrupted"));
    assert_eq!(sum(&samples(&document("metrics.prom", &run, &summary)), "fieldday_run_exit_code", ""), 130.0);
}

#[test]
fn the_worst_night_still_fits_and_nothing_in_it_is_taken_for_markup() {
    let (mut run, mut summary) = ran(&["task-created-twice"], false);
    let nasty = "a|b\n</failure> \"c\" \\ `d` {x=\"y\"} \u{1b}[31m";
    summary.ran.scenario = nasty.into();
    run.target = nasty.into();
    summary.verdict.reasons = vec![nasty.into(); 40];
    for rule in &mut summary.rules {
        (rule.verdict, rule.broken, rule.exercised) = (RuleVerdict::Broken, 7, 9);
        rule.sentence = nasty.into();
    }
    summary.limits.iter_mut().for_each(|limit| limit.mark = LimitMark::Exceeded);
    summary.violations.iter_mut().for_each(|case| case.says = nasty.into());
    let finding = ContractLine {
        kind: "naive-time".into(),
        section: "0.6".into(),
        sentence: nasty.into(),
        severity: ContractSeverity::Broken,
        op: "list-tasks".into(),
        label: "GET tasks".into(),
        at: nasty.into(),
        first: nasty.into(),
        count: 3,
        consequence: ContractConsequence::Unread,
    };
    summary.contract = Some(ContractPart { findings: vec![finding], more: 0 });
    let text = document("summary.md", &run, &summary);
    let named = 6 * summary.rules.len() + summary.limits.len();
    assert!(text.lines().count() < named + 60, "{}\n{text}", text.lines().count());
    assert!(!text.contains("</failure>"), "{text}");
    let report = Report::deserialize_from_str(&document("junit.xml", &run, &summary)).unwrap();
    assert_eq!(suite(&report, "contract").failures, 1);
    assert_eq!(suite(&report, "rules").failures, summary.rules.len());
    let samples = samples(&document("metrics.prom", &run, &summary));
    assert!(samples.keys().all(|sample| sample.contains(r#"target="a|b\n</failure> \"c\" \\ `d`"#)), "{samples:?}");
}

#[test]
fn documents_are_the_same_however_often_they_are_made() {
    let (run, summary) = ran(&[], false);
    for (name, _) in ALL {
        assert_eq!(document(name, &run, &summary), document(name, &run, &summary), "{name}");
    }
}

#[test]
fn limits_of_the_scenario_are_told_in_base_units_and_the_undecided_are_neither_green_nor_red() {
    let (run, mut summary) = ran(&[], false);
    let limit = |text: &str, unit, (bound, actual), verdict| LimitResult {
        text: text.into(),
        verdict,
        clock: None,
        unit,
        bound,
        actual,
        at_least: false,
        margin: None,
        sample_count: 2_338,
        optional: false,
        built_in: false,
        note: (verdict == LimitVerdict::Inconclusive).then(|| "too few samples: 1000 at least are needed".into()),
    };
    summary.scenario_limits = vec![
        limit("p99 < 800 ms", LimitUnit::Micros, (800_000, Some(1_280_000)), LimitVerdict::Exceeded),
        limit("clock-in: 99.9 % within 2 s", LimitUnit::Ppm, (999_000, Some(999_500)), LimitVerdict::Held),
        limit("requests > 2 /s", LimitUnit::MilliPerSecond, (2_000, None), LimitVerdict::Inconclusive),
    ];
    let report = Report::deserialize_from_str(&document("junit.xml", &run, &summary)).unwrap();
    let told = unlike_success(suite(&report, "limits"));
    assert_eq!(told["p99 < 800 ms"], ("failure", "actual 1.28 s, limit 800 ms, over 2,338 samples".to_owned()));
    assert_eq!(told["requests > 2 /s"].0, "skipped");
    assert!(told["requests > 2 /s"].1.contains("too few") && !told.contains_key("clock-in: 99.9 % within 2 s"));
    let text = document("summary.md", &run, &summary);
    assert!(text.contains("**p99 \\< 800 ms**: it was 1.28 s, over 2,338 samples"), "{text}");
    let samples = samples(&document("metrics.prom", &run, &summary));
    let value = |name: &str| sum(&samples, name, "");
    assert_eq!(value("fieldday_limit_latency_actual_seconds"), 1.28);
    assert_eq!(value("fieldday_limit_latency_bound_seconds"), 0.8);
    assert_eq!(value("fieldday_limit_share_actual_ratio"), 0.9995);
    assert_eq!([value("fieldday_limit_rate_bound"), value("fieldday_limit_rate_actual")], [2.0, 0.0]);
    assert_eq!(samples.keys().filter(|sample| sample.starts_with("fieldday_limit_exceeded")).count(), 2);
    assert_eq!(value("fieldday_limit_exceeded"), 1.0);
}

#[test]
fn an_endpoint_has_the_same_figures_on_terminal_page_and_in_markdown() {
    let (run, mut summary) = ran(&[], false);
    // Attempts were given up at the limit: it took at least so long, and nobody knows how long.
    let of = summary.limits.iter_mut().find(|of| of.label == "GET tasks").unwrap();
    (of.timed_out, of.latency.p99_us, of.latency.max_us) = (7, 10_000_000, 10_000_000);
    summary.limits.iter_mut().for_each(|of| of.with_failures = None);
    let terminal = fieldday_documents::terminal::report(&summary, None, fieldday_paint::Paint::new(false));
    let row = terminal.lines().find(|line| line.contains("GET tasks  ")).unwrap();
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let [name, attempts, errors, p50, p95, p99, p999, max, limit, beyond] = cells[..] else { panic!("{cells:?}") };
    assert_eq!([p99, max], ["≥10 s"; 2]);
    let page = document("report.html", &run, &summary);
    let figures: String = [attempts, errors, p50, p95, p99, p999, max, limit, beyond]
        .map(|figure| format!("<td class=\"n\">{figure}</td>"))
        .concat();
    assert!(page.contains(&format!("{name}</th>{figures}")), "{figures}");
    let markdown = document("summary.md", &run, &summary);
    let row = format!("| GET tasks | {p50} | {p95} | {p99} | {limit} | {beyond} |");
    assert!(markdown.contains(&row), "{row}\n{markdown}");
}
