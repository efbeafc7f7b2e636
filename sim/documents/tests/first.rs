//! The answer that stands first in every document: the same facts in the same order, and whose trouble each of them is.

mod made;

use fieldday_documents::{ALL, Source, terminal};
use fieldday_folder::summary::*;
use fieldday_folder::{Host, Outcome, RUN_SCHEMA, RunFile};
use fieldday_kernel::time::Time;
use fieldday_paint::Paint;
use fieldday_rules::limit_result::{LimitResult, LimitUnit, LimitVerdict};
use fieldday_scenario::Scenario;
use made::{case, held, limit, percentiles, rule};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of a test's own, empty.
fn room(name: &str) -> PathBuf {
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&room);
    fs::create_dir_all(&room).unwrap();
    room
}

fn document(name: &str, folder: &Path, summary: &Summary) -> String {
    let run = RunFile {
        schema: RUN_SCHEMA,
        complete: true,
        version: "0".into(),
        target: "model".into(),
        seed: "0x1".into(),
        reproduce: "fieldday run weekday".into(),
        started_at: Time::parse("2026-06-10T12:30:00Z").unwrap(),
        ended_at: None,
        shard: None,
        merged_from: None,
        opens: None,
        host: Host::default(),
        scenario: Scenario::load("weekday").unwrap(),
    };
    let (_, render) = ALL.iter().find(|(file, _)| *file == name).unwrap();
    render(&Source { folder, run: &run, summary, series: None }).unwrap()
}

/// On lines of any length, as a reader reads it.
fn report(summary: &Summary) -> String {
    let lines = terminal::report(summary, None, Paint::new(false));
    lines.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn scenario_limit(text: &str, clock: Option<&str>, verdict: LimitVerdict) -> LimitResult {
    let actual = (verdict == LimitVerdict::Exceeded).then_some(1_280_000);
    LimitResult {
        text: text.into(),
        verdict,
        clock: clock.map(str::to_owned),
        unit: LimitUnit::Micros,
        bound: 800_000,
        actual,
        at_least: false,
        margin: actual.map(|_| -480_000),
        sample_count: 2_338,
        optional: false,
        built_in: false,
        note: (verdict == LimitVerdict::Inconclusive).then(|| "too few samples: 1000 at least are needed".into()),
    }
}

/// A run in which everything went wrong that can.
fn worst() -> Summary {
    let mut summary = held();
    let broken = |name: &str| rule(name, RuleVerdict::Broken, 1_412, false);
    summary.rules.extend(["latency.timeout", "app.backoff", "read.your-writes"].map(broken));
    summary.rules[0] = broken("shift.clock-in.once");
    summary.violations = ["shift.clock-in.once", "latency.timeout", "app.backoff", "read.your-writes"].map(case).into();
    summary.violations[3].follows = Some("shift.clock-in.once".into());
    let slow = percentiles(1_234, 76_000, 10_000_000);
    summary.limits[0] = limit("list-tasks", "GET tasks", Some(10_000_000), slow, LimitMark::Exceeded);
    summary.scenario_limits = vec![
        scenario_limit("requests > 2 /s", None, LimitVerdict::Inconclusive),
        scenario_limit("p99 < 800 ms", Some("attempt"), LimitVerdict::Exceeded),
    ];
    summary.failures = vec![FailureLine {
        op: "list-tasks".into(),
        label: "GET tasks".into(),
        outcome: "server-error".into(),
        status: Some(503),
        message: "busy".into(),
        count: 35,
        request_id: None,
        first: "2026-06-10T13:02:11Z".into(),
        last: "2026-06-10T13:04:00Z".into(),
    }];
    summary.totals.latency = Some(percentiles(1_324, 76_000, 10_000_000));
    summary.verdict = Verdict { outcome: Outcome::Broken, exit_code: 1, reasons: vec!["4 rules broken".into()] };
    summary
}

/// That all of these are in a text, one after the other.
fn in_order(medium: &str, text: &str, needles: &[&str]) {
    let mut from = 0;
    for needle in needles {
        let at = text[from..].find(needle);
        from +=
            at.unwrap_or_else(|| panic!("{medium} has no {needle:?} after {:?}\n{text}", &text[..from])) + needle.len();
    }
}

#[test]
fn every_document_has_the_answer_first_and_in_the_same_order() {
    let summary = worst();
    let place = room("first-order");
    let needles = [
        "4 of 5 exercised rules are broken; 1 limit is exceeded",
        "shift.clock-in.once",
        "backend, 3 of 1,412 cases",
        "A rep has one shift a day",
        "first: expected shift_1",
        "latency.timeout",
        "the target's operations, 3 of",
        "app.backoff",
        "app, 3 of",
        "read.your-writes",
        "follows from shift.clock-in.once",
        "p99 < 800 ms",
        "it was 1.28 s",
        "GET tasks within 10 s",
        "p99 4.04 s",
        "requests > 2 /s",
        "undecided: too few samples",
        "message.thread",
        "most frequent: GET tasks, server error (5xx) 503 ×35: busy",
        "requests",
        "18,534",
        "answered as expected",
        "attempt p95",
        "actions done",
    ];
    let squeezed = |text: String| {
        let text = text
            .replace("&#39;", "'")
            .replace("&apos;", "'")
            .replace("&#x27;", "'")
            .replace("&lt;", "<")
            .replace("&#60;", "<");
        let text = text.replace("&gt;", ">").replace("\\<", "<").replace("\\>", ">");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    in_order("terminal", &report(&summary), &needles);
    for name in ["summary.md", "junit.xml", "report.html"] {
        let text = squeezed(document(name, &place, &summary));
        let text = text.split_once("<section id=\"verdict\"").map_or(text.as_str(), |(_, page)| page);
        in_order(name, text, &needles);
    }
    // Nothing of it stands behind a chart or a table of the page.
    let page = document("report.html", &place, &summary);
    let first = page.find("actions done").unwrap();
    assert!(
        ["<figure", "<table", "id=\"violations\""].iter().all(|later| page.find(later).is_none_or(|at| at > first))
    );
    assert!(page.find("id=\"violations\"").unwrap() < page.find("id=\"endpoints\"").unwrap());
}

#[test]
fn a_terminal_begins_and_ends_with_the_verdict() {
    for summary in [held(), worst()] {
        let text = terminal::report(&summary, None, Paint::new(false));
        let verdict = text.lines().next().unwrap();
        assert!(verdict.starts_with("✓ held  ") || verdict.starts_with("✗ broken  "), "{verdict}");
        let last = text.lines().rfind(|line| !line.starts_with("  again: ") && !line.starts_with("  small: "));
        assert_eq!(last, Some(verdict));
    }
}

#[test]
fn every_broken_rule_is_named_with_its_first_case_and_the_story_that_there_is() {
    let place = room("first-stories");
    let mut summary = worst();
    summary.rules.iter_mut().for_each(|rule| (rule.verdict, rule.broken) = (RuleVerdict::Broken, 3));
    let names: Vec<String> = summary.rules.iter().map(|rule| rule.rule.clone()).collect();
    summary.violations = names.iter().map(|name| case(name)).collect();
    let story = place.join("violations/01-shift-clock-in-once");
    fs::create_dir_all(&story).unwrap();
    fs::write(story.join("story.md"), "").unwrap();
    // A folder without a story is none.
    fs::create_dir_all(place.join("violations/02-app-backoff")).unwrap();
    let markdown = document("summary.md", &place, &summary);
    for name in &names {
        in_order("summary.md", &markdown, &[&format!("**{name}**"), "first: expected shift_1"]);
    }
    let path = "violations/01-shift-clock-in-once/story.md";
    assert_eq!(markdown.matches("story: ").count(), 1, "{markdown}");
    in_order("summary.md", &markdown, &["**shift.clock-in.once**", &format!("story: {path}")]);
    assert!(document("report.html", &place, &summary).contains(&format!("<a href=\"{path}\">Its story</a>")));
    let folder = place.to_str().unwrap();
    assert!(terminal::report(&summary, Some(folder), Paint::new(false)).replace("\n    ", "").contains(path));
}

#[test]
fn people_read_inconclusive_and_programs_read_invalid() {
    let place = room("first-words");
    let mut summary = held();
    summary.verdict = Verdict { outcome: Outcome::Invalid, exit_code: 4, reasons: vec!["1 rule had no case".into()] };
    summary.rules[3].must_exercise = true;
    let told = report(&summary);
    assert!(told.starts_with("? inconclusive 1 rule that the scenario must exercise had no case"), "{told}");
    assert!(told.contains("? message.thread no case, although the scenario must exercise it"), "{told}");
    let markdown = document("summary.md", &place, &summary);
    assert!(markdown.starts_with("## ⚠️ weekday inconclusive: 1 rule"), "{markdown}");
    let [junit, page] = ["junit.xml", "report.html"].map(|name| document(name, &place, &summary));
    assert!(junit.contains("type=\"inconclusive\"") && page.contains("<p class=\"word\">inconclusive</p>"), "{junit}");
    for text in [told, markdown, junit] {
        assert!(!text.contains("invalid") && !text.contains("says nothing"), "{text}");
    }
    assert!(summary.to_json().contains("\"outcome\": \"invalid\""));
}

#[test]
fn a_percentile_of_too_few_answers_is_not_told() {
    let mut summary = held();
    summary.limits[0] =
        limit("list-tasks", "GET tasks", Some(10_000_000), percentiles(99, 76_000, 3_100_000), LimitMark::Open);
    let place = room("first-percentiles");
    let terminal = report(&summary);
    assert!(terminal.contains("GET tasks 103 3 76 ms 378 ms n/a (n 99) n/a (n 99) 3.10 s 10 s"), "{terminal}");
    let markdown = document("summary.md", &place, &summary);
    assert!(markdown.contains("| GET tasks | 76 ms | 378 ms | n/a (n 99) | 10 s |"), "{markdown}");
    let page = document("report.html", &place, &summary);
    assert!(page.contains("p95 378 ms, p99 n/a, max 3.10 s"), "the bar says so, too");
    assert!(page.contains(">n/a (n 99)</td>"));
    // One answer more, and there is one.
    summary.limits[0].latency.count = 100;
    assert!(report(&summary).contains("378 ms 1.28 s n/a (n 100)"), "{}", report(&summary));
}

/// A live run whose target answers within so many microseconds, and whose phones waited for longer.
fn live(wire_max_us: u64) -> Summary {
    let mut summary = worst();
    summary.ran.target = "http://127.0.0.1:8000".into();
    let wire = percentiles(1_203, 40_000, wire_max_us);
    (summary.limits[0].wire, summary.totals.wire) = (Some(wire), Some(wire));
    summary
}

#[test]
fn what_the_simulated_network_did_is_not_the_targets() {
    let place = room("first-wire");
    let summary = live(143_000);
    let told = report(&summary);
    assert!(told.contains("p99 < 800 ms the simulated network, it was 1.28 s"), "{told}");
    assert!(told.contains("wire p95 50 ms on the wire, max 143 ms (n 1,203)"), "{told}");
    assert!(told.find("CLOCKS").unwrap() < told.find("LIMITS attempts as").unwrap(), "the wire first");
    let markdown = document("summary.md", &place, &summary);
    assert!(markdown.contains("| ✗ | GET tasks | 40 ms | 50 ms | 81 ms | 143 ms | 10 s | 1,203 |"), "{markdown}");
    let page = document("report.html", &place, &summary);
    assert!(page.find("On the wire").unwrap() < page.find("Attempts, as the phone saw them").unwrap());
    // The target was as slow as that itself.
    assert!(report(&live(2_000_000)).contains("p99 < 800 ms the target's operations, it was"));
    // Nobody knows what the target took where the generator could not keep up.
    let late = Summary { generator: vec!["requests were sent late".into()], ..live(2_000_000) };
    let told = report(&late);
    assert!(
        told.contains("p99 < 800 ms the generator, it was") && told.contains("the generator: requests were sent late")
    );
    assert!(told.contains("latency.timeout the generator, 3 of 1,412 cases"), "{told}");
}
