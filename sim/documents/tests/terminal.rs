//! The terminal's report, whole, of a summary made by hand.

use fieldday_documents::terminal::report;
use fieldday_folder::Outcome;
use fieldday_folder::summary::*;
use fieldday_paint::Paint;

fn percentiles(count: u64, p50_us: u64, max_us: u64) -> Percentiles {
    let between = |part: u64| p50_us + (max_us - p50_us) / 100 * part;
    Percentiles { count, p50_us, p95_us: between(10), p99_us: between(40), p999_us: between(80), max_us }
}

fn limit(op: &str, label: &str, limit_us: Option<u64>, latency: Percentiles, mark: LimitMark) -> Limit {
    let timed_out = u64::from(mark == LimitMark::Exceeded) * 31;
    Limit {
        op: op.into(),
        label: label.into(),
        class: "read".into(),
        limit_us,
        attempts: latency.count + 4,
        outcomes: Outcomes {
            expected: latency.count - timed_out - 3,
            refused: 1,
            server_error: 2,
            timed_out,
            not_the_target: 4,
            ..Outcomes::default()
        },
        answered: latency.count - timed_out,
        client_errors: 1,
        server_errors: 2,
        foreign: 0,
        timed_out,
        unreachable: 3,
        broken_off: 1,
        cancelled: 0,
        killed: 0,
        latency,
        with_failures: None,
        judged: latency.count,
        beyond: timed_out,
        mark,
        wire: None,
        connect: None,
        due: None,
        felt: None,
    }
}

fn rule(rule: &str, verdict: RuleVerdict, exercised: u64, must_exercise: bool) -> RuleLine {
    RuleLine {
        rule: rule.into(),
        section: "2.4.1".into(),
        sentence: "A rep has one shift a day, however often they clock in.".into(),
        verdict,
        exercised,
        broken: if verdict == RuleVerdict::Broken { 3 } else { 0 },
        inconclusive: if verdict == RuleVerdict::Inconclusive { 2 } else { 0 },
        must_exercise,
        muted: None,
        parts: Vec::new(),
    }
}

fn case(of: &str) -> Case {
    Case {
        of: of.into(),
        at: "2026-06-10T13:02:11Z".into(),
        local: "2026-06-10 07:02:11 America/Denver".into(),
        event: 4_711,
        who: "cell-1/tenant-0/rep-07".into(),
        call: Some(12),
        endpoint: Some("POST clock-in".into()),
        request_id: Some("req_3f".into()),
        says: "expected shift_1, which was acknowledged, got shift_2".into(),
        signature: None,
        row: None,
        consequences: Vec::new(),
        follows: None,
    }
}

fn held() -> Summary {
    Summary {
        marks: Vec::new(),
        schema: SCHEMA,
        version: "0.1.0".into(),
        complete: true,
        verdict: Verdict {
            outcome: Outcome::Held,
            exit_code: 0,
            reasons: vec!["2 rules exercised, none broken".into()],
        },
        ran: Ran {
            scenario: "weekday".into(),
            about: "An ordinary Wednesday.".into(),
            seed: "0x5eed".into(),
            target: "the model backend, in virtual time".into(),
            dates: vec!["2026-06-10".into()],
            starts_at: "2026-06-10T04:00:00Z".into(),
            ends_at: "2026-06-11T10:00:00Z".into(),
            reps: 200,
            tenants: 4,
            cells: 2,
            cells_ran: 2,
            defects: vec![],
            without: vec!["cell-0/tenant-1/rep-07".into()],
        },
        limits: vec![
            limit("list-tasks", "GET tasks", Some(10_000_000), percentiles(1_234, 76_000, 3_100_000), LimitMark::Held),
            limit("put-audio", "PUT audio", None, percentiles(90, 79_000_000, 3_600_000_000), LimitMark::Open),
        ],
        scenario_limits: vec![],
        failures: vec![],
        rules: vec![
            rule("shift.clock-in.once", RuleVerdict::Held, 1_412, true),
            rule("tenancy.isolated", RuleVerdict::Held, 17_291, false),
            rule("write.atomic", RuleVerdict::Inconclusive, 0, false),
            rule("message.thread", RuleVerdict::NotExercised, 0, false),
            rule("paging.exact", RuleVerdict::NotJudged, 0, false),
        ],
        felt: Felt {
            rep_days: 200,
            spinner_us: 30_300_000,
            spinner_by_endpoint: vec![Part { of: "GET tasks".into(), us: 30_300_000 }],
            retrying: 15,
            offline_us: 11_100_000_000,
            offline_by_day: percentiles(200, 0, 1_088_000_000),
            age_shown: percentiles(7_772, 0, 38_400_000_000),
            queue_length: Lengths { count: 2_458, p50: 1, p95: 2, p99: 2, max: 5 },
            uploads_unfinished: 1,
            ..Felt::default()
        },
        contract: None,
        not_exercised_parts: vec![],
        findings: Vec::new(),
        latency_trends: Vec::new(),
        hazards: vec![HazardLine {
            hazard: "appointment.old-update-landed-late".into(),
            sentence: "An update whose answer was lost can take effect after a newer, acknowledged update and undo it."
                .into(),
            count: 1,
            first: Some(case("appointment.old-update-landed-late")),
            measured: Vec::new(),
        }],
        violations: vec![],
        totals: Totals { rep_days: 200, requests: 18_534, attempts: 18_605, events: 75_792 },
        cost: Cost {
            threads: 2,
            wall_s: 0.3,
            cpu_s: Some(0.16),
            peak_memory_bytes: Some(38_500_000),
            rep_days_per_s: 666.7,
            requests_per_s: 61_780.0,
            requests_per_cpu_s: Some(115_837.5),
            requests_per_rep_day: 92.67,
        },
        fingerprint: "9508565706f41ba3b77d8fbdd0e85ac3".into(),
        verification: None,
        history: None,
        reproduce: "fieldday run weekday --seed 0x5eed --without cell-0/tenant-1/rep-07".into(),
    }
}

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
    assert!(!report(&summary, None, Paint::new(false)).contains("NOT EXERCISED"));
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
        "It was read all the same.",
        "7 times",
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
