//! A summary made by hand.

use fieldday_folder::Outcome;
use fieldday_folder::summary::*;

pub fn percentiles(count: u64, p50_us: u64, max_us: u64) -> Percentiles {
    let between = |part: u64| p50_us + (max_us - p50_us) / 100 * part;
    Percentiles { count, p50_us, p95_us: between(10), p99_us: between(40), p999_us: between(80), max_us }
}

pub fn limit(op: &str, label: &str, limit_us: Option<u64>, latency: Percentiles, mark: LimitMark) -> Limit {
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

pub fn rule(rule: &str, verdict: RuleVerdict, exercised: u64, must_exercise: bool) -> RuleLine {
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

pub fn case(of: &str) -> Case {
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

pub fn held() -> Summary {
    Summary {
        target_metrics: None,
        disturbances: Vec::new(),
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
            target: "the model backend, on the virtual clock".into(),
            dates: vec!["2026-06-10".into()],
            starts_at: "2026-06-10T04:00:00Z".into(),
            ends_at: "2026-06-11T10:00:00Z".into(),
            shard: None,
            reps: 200,
            tenants: 4,
            cells: 2,
            cells_ran: 2,
            defects: vec![],
            without: vec!["cell-0/tenant-1/rep-07".into()],
            traces: vec![],
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
            rule("paging.exact", RuleVerdict::NotExercised, 0, false),
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
        generator: Vec::new(),
        budget: None,
        undelivered: None,
        hazards: vec![HazardLine {
            hazard: "appointment.old-update-landed-late".into(),
            sentence: "An update whose answer was lost may land after a newer one that was acknowledged, and undo it."
                .into(),
            count: 1,
            first: Some(case("appointment.old-update-landed-late")),
            measured: Vec::new(),
        }],
        violations: vec![],
        totals: Totals { rep_days: 200, requests: 18_534, attempts: 18_605, events: 75_792, latency: None, wire: None },
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
        shards: None,
        conformance: None,
        reproduce: "fieldday run weekday --seed 0x5eed --without cell-0/tenant-1/rep-07".into(),
    }
}
