//! The terminal's report, whole, of a summary made by hand.

mod made;

use fieldday_documents::terminal::report;
use fieldday_folder::Outcome;
use fieldday_folder::summary::*;
use fieldday_paint::Paint;
use made::{case, held, limit, percentiles, rule};

#[test]
fn a_run_that_held() {
    let text = report(&held(), Some("results/weekday-0x5eed-20260610T123000Z"), Paint::new(false));
    insta::assert_snapshot!(text);
    assert!(text.lines().all(|line| line.trim_end() == line), "no line ends in blanks");
}

#[test]
fn a_run_that_broke_a_rule_ends_with_what_broke_and_the_line_to_paste() {
    let mut summary = held();
    summary.limits[0] =
        limit("list-tasks", "GET tasks", Some(10_000_000), percentiles(1_234, 76_000, 10_000_000), LimitMark::Exceeded);
    summary.rules[0] = rule("shift.clock-in.once", RuleVerdict::Broken, 1_412, true);
    summary.violations = vec![case("shift.clock-in.once")];
    summary.verdict = Verdict { outcome: Outcome::Broken, exit_code: 1, reasons: vec!["1 rule broken".into()] };
    summary.reproduce.push_str(" --record");
    let history = "history.jsonl.zst".to_owned();
    summary.history =
        Some(HistoryPart { file: history, only_cells: Some(vec!["cell-1".into()]), why: "run again".into() });
    insta::assert_snapshot!(report(&summary, Some("results/x"), Paint::new(false)));
}

#[test]
fn two_runs_that_differ_are_told_with_the_first_event_that_does() {
    let mut summary = held();
    summary.totals = Totals::default();
    summary.verification = Some(Verification {
        agreed: false,
        compared: "on 1 thread without recording, on 2 with it".into(),
        difference: Some(Difference {
            cell: "cell-1".into(),
            agreed_until: 4_096,
            event: Some(5_001),
            one: Some(r#"{"t":1,"c":0,"e":"killed"}"#.into()),
            other: None,
        }),
    });
    summary.verdict = Verdict { outcome: Outcome::Invalid, exit_code: 4, reasons: vec!["the two runs differ".into()] };
    insta::assert_snapshot!(report(&summary, None, Paint::new(false)));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let (plain, coloured) = (report(&held(), None, Paint::new(false)), report(&held(), None, Paint::new(true)));
    assert!(coloured.contains("\u{1b}["));
    let mut stripped = String::new();
    let mut escaped = false;
    for c in coloured.chars() {
        match c {
            '\u{1b}' => escaped = true,
            'm' if escaped => escaped = false,
            c if !escaped => stripped.push(c),
            _ => {}
        }
    }
    assert_eq!(stripped, plain);
}

#[test]
fn differences_of_form_and_endpoints_that_never_succeeded_are_told_only_if_there_are_any() {
    let mut summary = held();
    assert!(!report(&summary, None, Paint::new(false)).contains("CONTRACT"));
    assert!(!report(&summary, None, Paint::new(false)).contains("endpoints that never succeeded"));
    let finding = |kind: &str, at: &str, severity| ContractLine {
        kind: kind.into(),
        section: "2".into(),
        sentence: "A time says its zone.".into(),
        severity,
        op: "list-tasks".into(),
        label: "GET tasks".into(),
        at: at.into(),
        first: "no zone".into(),
        count: 1_234,
        consequence: ContractConsequence::Read,
    };
    let findings = vec![
        finding("contract.envelope", "body", ContractSeverity::Broken),
        finding("contract.naive-time", "data.tasks[].due_at", ContractSeverity::Note),
        finding("contract.naive-time", "data.tasks[].created_at", ContractSeverity::Note),
    ];
    summary.contract = Some(ContractPart { findings, more: 7 });
    summary.not_exercised_parts = vec![NotExercised {
        op: "start-recording".into(),
        label: "POST recording/start".into(),
        tried: 31,
        part: "recordings".into(),
        why: "answered 500 ×31".into(),
    }];
    let text = report(&summary, None, Paint::new(false));
    let part = &text[text.find("CONTRACT").unwrap()..text.find("TOTALS").unwrap()];
    assert_eq!(part.matches("contract.naive-time").count(), 1, "{part}");
    for expected in [
        "✗ contract.envelope",
        "! contract.naive-time",
        "data.tasks[].created_at",
        "no zone in 2,468 answers: GET tasks: data.tasks[].due_at, data.tasks[].created_at",
        "The answer was still read.",
        "7 more differences",
        "✗ POST recording/start",
        "0 of 31 attempts",
        "recordings",
    ] {
        assert!(part.contains(expected), "{expected}\n{part}");
    }
}

/// A report with everything that may be long.
fn long() -> Summary {
    let mut summary = held();
    let slow = percentiles(1_234, 76_000, 10_000_000);
    summary.limits[0] = Limit {
        wire: Some(slow),
        due: Some(slow),
        ..limit("get-appointment", "GET appointments/{id}/recordings", Some(10_000_000), slow, LimitMark::Exceeded)
    };
    summary.rules[0] = rule("shift.clock-in.once", RuleVerdict::Broken, 1_412, true);
    summary.rules.push(rule("appointment.reschedule.outcome", RuleVerdict::Held, 1_234_567, true));
    summary.violations = vec![case("shift.clock-in.once")];
    summary.verdict = Verdict { outcome: Outcome::Broken, exit_code: 1, reasons: vec!["1 rule broken".into()] };
    summary
}

#[test]
fn a_report_keeps_to_its_page_but_for_what_is_pasted() {
    let mut pages = String::new();
    for width in [60, 80, 120] {
        let text = report(&long(), Some("results/weekday-0x5eed-20260610T123000Z"), Paint::new(false).within(width));
        for line in text.lines().filter(|line| !line.starts_with("  again: ") && !line.starts_with("  small: ")) {
            assert!(line.chars().count() <= width, "wider than {width}: {line:?}");
        }
        pages.push_str(&format!("== {width}\n{text}\n"));
    }
    insta::assert_snapshot!(pages);
}
