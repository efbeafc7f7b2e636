use super::*;
use crate::simulate::{
    Bin, Broken, Enough, GridPoint, Happening, LimitOrigin, LimitOutcome, PointAdvice, PolicyEffect, Resource,
    Saturation, Tally, Times,
};
use fieldday_kernel::time::{Span, Time};
use fieldday_rules::limit_result::{LimitResult, LimitUnit, LimitVerdict};
use fieldday_scenario::Scenario;

fn limit(text: &str, verdict: LimitVerdict, actual: Option<u64>, note: Option<&str>) -> LimitOutcome {
    let origin = if text.starts_with("plant.") { LimitOrigin::Plant } else { LimitOrigin::Scenario };
    LimitOutcome {
        origin,
        op: None,
        worst_at: None,
        exceeded_bins: None,
        result: LimitResult {
            text: text.to_owned(),
            verdict,
            clock: None,
            unit: LimitUnit::Ppm,
            bound: 10_000,
            actual,
            at_least: false,
            margin: None,
            sample_count: 6_000,
            optional: note.is_some(),
            built_in: false,
            note: note.map(str::to_owned),
        },
    }
}

/// A simulation of ten minutes, over midnight in New York, in which the workers were full once.
pub(in crate::report) fn outcome() -> Outcome {
    let (at, span) = (Time::parse("2026-06-11T03:57:00Z").unwrap(), Span::minutes(5));
    let tally = Tally { offered: 3_000, served: 2_900, turned_away: 100, ..Tally::default() };
    let ms = Span::millis;
    let times = Times { count: 2_900, mean: ms(30), p50: ms(25), p95: ms(80), p99: ms(210), max: ms(900) };
    let bin = |number: i64| Bin {
        at: at + span.times(number),
        span,
        tally,
        instances: 2,
        utilisation_ppm: 900_000,
        database_ppm: None,
        queue_mean_milli: 1_500,
        queue_max: 40,
        in_plant_mean_milli: 9_000,
        in_plant_max: 60,
        latencies: Vec::new(),
        of_all: Some(times),
    };
    let broken = Broken {
        limit: "plant.hold.refused_ppm".to_owned(),
        at,
        found: "3.3 %".to_owned(),
        allowed: "1 %".to_owned(),
        bins: 2,
        full: vec![Resource::Queue],
        op: None,
    };
    let limits = vec![
        limit("plant.hold.refused_ppm", LimitVerdict::Exceeded, Some(33_333), None),
        limit("error rate < 5 %", LimitVerdict::Held, Some(33_333), None),
        limit("growth < 1 %", LimitVerdict::Inconclusive, None, Some("a live run measures growth")),
    ];
    Outcome {
        scenario: "weekday".to_owned(),
        seed: 1,
        what_if: None,
        reps: 10_000,
        cells: 100,
        from: at,
        until: at + span.times(2),
        zone: "America/New_York".to_owned(),
        plant: Scenario::load("weekday").unwrap().plant,
        retrying: Default::default(),
        fingerprint: "00".to_owned(),
        totals: tally,
        bins: vec![bin(0), bin(1)],
        happenings: vec![Happening { what: "deployment".to_owned(), from: at + span, until: at + span }],
        endpoints: Vec::new(),
        saturations: vec![Saturation { what: Resource::Workers, first: at, bins: 1, during: span }],
        limits,
        first_broken: Some(broken.clone()),
        broken: vec![broken],
        holds: false,
        assumptions: Vec::new(),
        cost: Default::default(),
    }
}

fn asked() -> SimulationAsked {
    SimulationAsked {
        question: "Do 4 instances serve 10,000 reps of weekday within every limit?".to_owned(),
        what_if: None,
        scenario: "weekday".to_owned(),
        about: "A Wednesday.".to_owned(),
        seed: "0x1".to_owned(),
        reps: vec![10_000],
        instances: vec![4],
        window: None,
        zone: "America/New_York".to_owned(),
        reproduce: "fieldday capacity --simulate weekday --reps 10k".to_owned(),
    }
}
fn made(answers: Answers) -> Simulation {
    Simulation::new("0.1.0", asked(), answers)
}
fn held() -> Outcome {
    let mut outcome = outcome();
    outcome.limits.remove(0);
    Outcome { holds: true, broken: Vec::new(), first_broken: None, ..outcome }
}
/// The document on every medium.
fn everywhere(of: &Simulation) -> [String; 3] {
    [of.terminal(Paint::new(false)), of.markdown(), of.html()]
}

#[test]
fn the_verdict_comes_first_then_each_limit_with_its_mark() {
    let of = made(Answers { outcome: Some(outcome()), ..Answers::default() });
    assert_eq!(of.exit_code(), 1);
    let headline = "4 instances do not serve 10,000 reps of weekday within the limits: 1 of 3 is exceeded.";
    assert_eq!(of.answer[0], headline);
    let terminal = of.terminal(Paint::new(false));
    assert!(terminal.starts_with("  ✗ 4 instances do not serve"), "{terminal}");
    for text in everywhere(&of) {
        for said in [
            "Do 4 instances serve 10,000 reps",
            "✗",
            "plant.hold.refused_ppm",
            "a live run measures growth",
            "3.3333 %",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(text.contains("first at 23:57; saturated then: queues"), "{text}");
    }
    let markdown = of.markdown();
    assert!(markdown.contains("| ✗ | plant.hold.refused") && markdown.contains("| ✓ | error rate"), "{markdown}");
    assert!(markdown.contains("| ? | growth"), "{markdown}");
}

#[test]
fn limits_that_no_simulation_can_judge_do_not_fail_it_and_others_that_are_open_do() {
    let of = made(Answers { outcome: Some(held()), ..Answers::default() });
    assert_eq!((of.answered(), of.exit_code()), (Answered::Holds, 0));
    assert!(of.answer[0].ends_with("within every limit; 1 limit cannot be judged by a simulation."), "{:?}", of.answer);
    let mut open = held();
    open.limits[1].result.optional = false;
    let of = made(Answers { outcome: Some(open), ..Answers::default() });
    assert_eq!((of.answered(), of.exit_code()), (Answered::Inconclusive, 4));
    assert!(of.answer[1].starts_with("Undecided: growth < 1 %"), "{:?}", of.answer);
}

#[test]
fn the_charts_are_over_local_time_and_name_the_zone() {
    let of = made(Answers { outcome: Some(outcome()), ..Answers::default() });
    let html = of.html();
    // Ticks are short enough for a phone's width.
    assert!(html.contains(">23:57</span>") && html.contains(">+1 d 00:02</span>"), "{html}");
    let charts = ["chart-course", "chart-utilisation", "chart-waiting", "chart-latency-of-day"];
    for id in charts {
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    let titles = html.matches("<p class=\"axis-title\" aria-hidden=\"true\">Local time, America/New_York</p>").count();
    assert_eq!(titles, charts.len());
    // After half of the time.
    assert_eq!(html.matches("M500.0 0V1000H500.0V0Z\"><title>deployment</title>").count(), charts.len(), "{html}");
    assert!(of.terminal(Paint::new(false)).contains("local time, America/New_York"));
}

#[test]
fn a_number_reads_the_same_wherever_it_stands() {
    let mut outcome = outcome();
    outcome.bins.iter_mut().for_each(|bin| bin.utilisation_ppm = 899_990);
    let of = made(Answers { outcome: Some(outcome), ..Answers::default() });
    for text in everywhere(&of) {
        assert!(text.contains("90.0 %") && text.contains("3.33 %") && !text.contains("89.9"), "{text}");
    }
    let read: Simulation = serde_json::from_str(&of.json()).unwrap();
    assert_eq!(read, of);
    assert_eq!(everywhere(&read), everywhere(&of), "the pages are made from what is printed as JSON");
}

#[test]
fn a_change_is_compared_with_the_same_day_without_it() {
    let mut with = outcome();
    with.what_if = Some("monday-storm".to_owned());
    let mut without = held();
    without.bins.iter_mut().for_each(|bin| bin.tally.offered = 1_500);
    let asked = SimulationAsked { what_if: with.what_if.clone(), ..asked() };
    let answers = Answers { outcome: Some(with), without: Some(without), ..Answers::default() };
    let of = Simulation::new("0.1.0", asked, answers);
    let markdown = of.markdown();
    assert!(markdown.contains("### What if: monday-storm (simulated)"), "{markdown}");
    assert!(markdown.contains("| busiest interval, requests/s | 5.00 | 10.0 | +100 % |"), "{markdown}");
    assert!(markdown.contains("without it: none; with it: plant.hold.refused_ppm."), "{markdown}");
    assert!(of.html().contains("offered, without the change"));
    assert_eq!(of.exit_code(), 1, "the exit code is that of the day that was asked about");
}

fn point(reps: u64, instances: u32, holds: bool) -> GridPoint {
    GridPoint {
        reps,
        instances,
        holds,
        exceeded: if holds { Vec::new() } else { vec!["wire p95 < 1 s".to_owned()] },
        undecided: Vec::new(),
        utilisation_ppm: 500_000,
        queue_max: 7,
        peak_milli: 42_000,
        refused_ppm: 0,
        worst_p95: Some(Span::millis(900)),
        p95: Some(Span::millis(300)),
        first_broken: None,
        advice: None,
    }
}

#[test]
fn a_table_says_what_each_number_of_reps_needs_and_its_curves_have_axes_of_numbers() {
    let points = vec![point(100, 1, true), point(100, 4, true), point(10_000, 1, false), point(10_000, 4, true)];
    let asked = SimulationAsked { reps: vec![100, 10_000], instances: vec![1, 4], ..asked() };
    let table = |points| {
        let grid = Some(Grid { points, beyond_physics: Vec::new() });
        Simulation::new("0.1.0", asked.clone(), Answers { grid, ..Answers::default() })
    };
    let of = table(points);
    assert_eq!((of.answered(), of.exit_code()), (Answered::HoldsInPart, 0));
    assert_eq!(of.answer[0], "3 of 4 points hold every limit: weekday.");
    assert_eq!(of.answer[1..], ["100 reps: 1 instance is enough.", "10,000 reps: 4 instances are enough."]);
    let markdown = of.markdown();
    assert!(markdown.contains("| ✗ | 10,000 | 1 | exceeded |") && markdown.contains("wire p95 \\< 1 s"), "{markdown}");
    let html = of.html();
    for id in ["chart-grid-latency", "chart-grid-utilisation", "chart-grid-capacity"] {
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
    // A factor of a hundred: the least stands at the left end, the greatest at the right one.
    assert!(html.contains(">Reps, logarithmic</p>"), "{html}");
    assert!(html.contains("<tr data-at=\"0.0000\"><th scope=\"row\">100</th>"), "{html}");
    assert!(html.contains("<tr data-at=\"1.0000\"><th scope=\"row\">10,000</th>"), "{html}");
    let none = table(vec![point(100, 1, false), point(100, 4, false)]);
    assert_eq!((none.exit_code(), none.answer[1].as_str()), (1, "100 reps: not even 4 instances are enough."));
}

#[test]
fn advice_names_what_no_number_of_instances_helps() {
    let policy = PolicyEffect {
        retrying: Default::default(),
        totals: Tally::default(),
        peak_milli: 1_000,
        broken_bins: 1,
        holds: false,
    };
    let enough = Enough {
        instances: None,
        with_headroom: None,
        tried_up_to: 8,
        exceeded_always: vec!["plant.hold.p95_ms".to_owned()],
    };
    let advice = Advice { enough, policies: vec![policy], beyond_physics: Vec::new() };
    let of = made(Answers { outcome: Some(outcome()), advice: Some(advice), ..Answers::default() });
    for text in everywhere(&of) {
        assert!(text.contains("not even 8 instances are enough: plant.hold.p95_ms would"), "{text}");
    }
}

#[test]
fn every_point_of_a_table_that_exceeds_a_limit_has_its_advice_in_every_form() {
    let policy = |retries, jitter, holds| PolicyEffect {
        retrying: fieldday_rep::app::settings::Retrying { retries, jitter },
        totals: Tally { retries: 12, turned_away: 7, ..Tally::default() },
        peak_milli: 1_000,
        broken_bins: 2,
        holds,
    };
    let advice = |helps| {
        let enough = Enough { instances: Some(3), with_headroom: Some(5), tried_up_to: 8, exceeded_always: Vec::new() };
        Some(PointAdvice { enough, policies: vec![policy(3, false, false), policy(3, true, helps)] })
    };
    let points = vec![
        GridPoint { advice: advice(false), ..point(1_000, 1, false) },
        GridPoint { advice: advice(true), ..point(1_000, 2, false) },
        point(1_000, 4, true),
    ];
    let of = made(Answers { grid: Some(Grid { points, beyond_physics: Vec::new() }), ..Answers::default() });
    let says = [
        "Advice for 1,000 reps: 3 instances are enough; with the headroom wanted, 5.",
        "Advice for 1,000 reps on 2 instances: with retries 3 with jitter every limit holds.",
    ];
    assert_eq!(of.answer[2..], says.map(str::to_owned));
    for text in everywhere(&of) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(says.iter().all(|says| text.contains(says)), "{text}");
        assert!(text.contains("limits exceeded in 2 intervals") && text.contains("retries 3 with jitter"), "{text}");
    }
    let json: serde_json::Value = serde_json::from_str(&of.json()).unwrap();
    assert_eq!(json["grid"]["points"][0]["advice"]["instances"], 3);
    assert!(json["grid"]["points"][2].get("advice").is_none(), "a point that holds needs none");
    assert_eq!(serde_json::from_value::<Simulation>(json).unwrap(), of);
}

#[test]
fn the_committed_schema_is_the_one_of_this_version() {
    let committed: serde_json::Value =
        serde_json::from_str(include_str!("../../../schemas/simulation.schema.json")).unwrap();
    assert!(committed == schema(), "`cargo xtask schemas` writes it");
}
