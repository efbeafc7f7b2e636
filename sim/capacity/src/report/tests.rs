use super::*;
use crate::day::{Asked as AskedOf, Bin};
use crate::journal::{FORMAT, MockTerms};
use crate::level::Failed;
use crate::search::Next;
use crate::synthetic::{TARGET, Target};
use fieldday_api::endpoint::Op;
use fieldday_folder::Host;
use fieldday_history::OutcomeClass;
use fieldday_kernel::time::{Time, TimeOfDay};
use fieldday_scenario::Scenario;
use fieldday_scenario::limits::Limit;

fn header() -> Header {
    let mut scenario = Scenario::load("peak").unwrap();
    scenario.limits = vec![Limit::parse("wire p95 < 100 ms").unwrap()];
    Header {
        fieldday_capacity: FORMAT,
        version: "0.1.0".to_owned(),
        target: "mock".to_owned(),
        mock: Some(MockTerms { workers: Some(4), delay_us: Some(20_000), exponential: true }),
        seed: 1,
        range: Range::default(),
        warm_up_s: 20,
        disturb: false,
        window: (TimeOfDay::hm(7, 30), TimeOfDay::hm(9, 0)),
        reproduce: "fieldday capacity peak --target mock --limit 'wire p95 < 100 ms'".to_owned(),
        began: Time::from_micros(0),
        host: Host { os: "linux".to_owned(), arch: "x86_64".to_owned(), cores: 2, optimised: true, ..Host::default() },
        scenario,
    }
}
fn day() -> Day {
    let bin = |(from, rate): (&str, f64)| Bin {
        from: from.to_owned(),
        requests_per_s: rate,
        endpoints: vec![AskedOf { op: Op::ListAppointments, requests_per_s: rate }],
    };
    Day { reps: 200, bins: [("07:30", 0.002), ("07:45", 0.011), ("08:00", 0.006)].map(bin).to_vec() }
}
fn report_of(target: Target, range: Range) -> Report {
    let mut levels = Vec::new();
    let ending = loop {
        match range.next(&levels) {
            Next::Measure { reps, for_s, .. } => levels.push(target.level(reps, for_s)),
            Next::Done(ending) => break ending,
        }
    };
    Report::new(&Header { range, ..header() }, levels, ending, day(), None)
}

#[test]
fn the_answer_comes_first_and_has_its_number_uncertainty_and_reason() {
    let report = report_of(TARGET, Range::default());
    let first = &report.answer[0];
    let carries = report.measured.finding.carries.unwrap();
    assert!(first.starts_with(&format!("One instance serves {carries} reps [")), "{first}");
    assert!(report.answer.iter().any(|text| text == "First limit exceeded: wire p95 < 100 ms."), "{:?}", report.answer);
    let markdown = report.markdown();
    let at = |text: &str| markdown.find(text).unwrap_or_else(|| panic!("no {text:?} in\n{markdown}"));
    let order = [
        "One instance serves",
        "## Levels (measured)",
        "(fitted)",
        "## Demand over the day (simulated)",
        "## Assumptions",
    ];
    assert!(order.windows(2).all(|two| at(two[0]) < at(two[1])), "{markdown}");
    let terminal = report.terminal(Paint::new(false));
    assert!(
        terminal.contains("✓ One instance serves") && terminal.contains("again: fieldday capacity peak"),
        "{terminal}"
    );
    assert!(terminal.contains("QUEUEING MODEL  fitted") && terminal.contains("in flight"), "{terminal}");
    assert_eq!(report.exit_code(), 0);
}

#[test]
fn the_model_says_which_moment_and_what_more_reps_need() {
    let report = report_of(TARGET, Range::default());
    assert_eq!(report.fitted.first_moment().unwrap().from, "07:45");
    let truth = f64::from(TARGET.workers) / TARGET.service_s / 0.011;
    let said = report.fitted.first_moment().unwrap().saturates_at_reps;
    assert!((said / truth - 1.0).abs() < 0.1, "{said}, in truth {truth}");
    let ten = report.fitted.instances.iter().find(|of| of.times == 10).unwrap();
    assert!(ten.least >= 10 && ten.with_headroom > ten.least && ten.with_headroom < 20, "{ten:?}");
    let breaks = &report.fitted.breaks[0];
    assert!((breaks.reps / TARGET.truth() - 1.0).abs() < 0.1, "{breaks:?}, in truth {}", TARGET.truth());
}

#[test]
fn a_prediction_has_its_interval_and_is_not_given_if_that_is_too_wide() {
    let report = report_of(TARGET, Range::default());
    let breaks = &report.fitted.breaks[0];
    assert!(breaks.low_reps < breaks.reps && breaks.reps < breaks.high_reps, "{breaks:?}");
    let sure = report.fitted.queue.as_ref().unwrap().at_eighty.unwrap();
    assert!(sure.is_used() && report.markdown().contains("At 80 % of that load, "), "{sure:?}");
    let mut queue = report.fitted.queue.clone().unwrap();
    for high_us in [None, Some(sure.low_us * 3.0)] {
        queue.at_eighty = Some(crate::demand::Foretold { high_us, ..sure });
        let text =
            Report { fitted: Fitted { queue: Some(queue.clone()), ..Fitted::default() }, ..report.clone() }.markdown();
        assert!(
            text.contains("is not given: it may be anything from") && !text.contains("At 80 % of that load, "),
            "{text}"
        );
    }
}

#[test]
fn endings_that_are_no_answer_say_what_to_do() {
    let never = report_of(Target { service_s: 0.09, ..TARGET }, Range::default());
    assert_eq!(never.exit_code(), 1);
    assert!(never.answer[0].contains("Even 10 reps exceed a limit"), "{:?}", never.answer);
    let says =
        "The Universal Scalability Law is not used: it needs levels at 6 concurrencies, and there are 1; 5 more levels";
    assert!(never.markdown().contains(says), "{}", never.markdown());
    let always = report_of(TARGET, Range { to: 60, ..Range::default() });
    assert_eq!(always.exit_code(), 0);
    assert!(always.answer[0].contains("at least 60 reps"), "{:?}", always.answer);
    let nothing = Report::new(&header(), Vec::new(), Ending::Interrupted, Day::default(), None);
    assert_eq!(nothing.exit_code(), 130);
    assert!(nothing.answer.iter().any(|text| text.contains("--resume FOLDER")), "{:?}", nothing.answer);
    assert!(nothing.html().contains("Interrupted") && !nothing.terminal(Paint::new(false)).contains("LEVELS"));
}

#[test]
fn nothing_rests_on_a_model_that_does_not_fit_and_nothing_follows_from_one_level() {
    // Latencies that no queue has, as levels that were no steady state gave them.
    let mut levels: Vec<Level> = [10, 20, 40, 80, 160, 300].iter().map(|reps| TARGET.level(*reps, 30.0)).collect();
    for (level, times) in levels.iter_mut().zip([4.0, 1.0, 6.0, 1.0, 5.0, 1.0]) {
        level.latency.mean_us *= times;
        level.endpoints[0].latency.mean_us *= times;
        level.served_per_s *= times;
    }
    let report = Report::new(&header(), levels, Ending::Found, day(), None);
    let Fitted { usl, queue, breaks, moments, missing, .. } = &report.fitted;
    assert!(usl.is_none() && queue.is_none() && breaks.is_empty() && moments.is_empty());
    assert!(missing.iter().any(|why| why.contains("queueing model is not used: the best fit differs")), "{missing:?}");
    assert!(missing.iter().any(|why| why.contains("differs from the measured throughput by")), "{missing:?}");
    let text = report.markdown();
    assert!(
        !text.contains("Queueing model:") && !text.contains("peaks at") && text.contains("longer levels (--level)"),
        "{text}"
    );
    for ending in [Ending::Interrupted, Ending::GeneratorGaveUp] {
        let report = Report::new(&header(), vec![TARGET.level(10, 30.0)], ending, day(), None);
        assert!(report.fitted.instances.is_empty() && report.fitted.usl.is_none() && report.fitted.queue.is_none());
        assert!(report.fitted.missing[0].contains("5 more levels"), "{:?}", report.fitted.missing);
    }
}

#[test]
fn a_model_that_contradicts_what_was_measured_is_not_used() {
    let levels = |reps: &[u64]| reps.iter().map(|reps| TARGET.level(*reps, 60.0)).collect::<Vec<_>>();
    let mut measured = levels(&[10, 20, 40, 80, 160, 250]);
    // Beyond where its workers would be full, it served all the same.
    let above = Level { served_per_s: 400.0, requests_per_s: 400.0, reps: 800, ..TARGET.level(10, 60.0) };
    measured.push(Level { requests: 10, ..above });
    let trusted = Report::new(&header(), measured[..6].to_vec(), Ending::Found, day(), None);
    assert!(trusted.fitted.queue.is_some(), "{:?}", trusted.fitted.missing);
    let report = Report::new(&header(), measured, Ending::Found, day(), None);
    assert!(report.fitted.queue.is_none(), "{:?}", report.fitted.queue);
}

#[test]
fn a_target_that_sheds_load_is_credited_with_what_it_serves() {
    let shed = |level: Level, share: f64| Level {
        errors: (level.requests as f64 * share) as u64,
        served_per_s: level.requests_per_s * (1.0 - share),
        failures: vec![Failed { outcome: OutcomeClass::ServerError, attempts: (level.requests as f64 * share) as u64 }],
        ..level
    };
    let levels: Vec<Level> = [10, 20, 40, 80].iter().map(|reps| TARGET.level(*reps, 30.0)).collect();
    let over = shed(TARGET.level(160, 30.0), 0.5);
    let suffers = Level { suffered: Some("stopped early: 1 of 2 requests failed".to_owned()), ..over };
    let report = Report::new(&header(), [levels, vec![suffers]].concat(), Ending::Found, day(), None);
    assert_eq!(report.measured.finding.carries, Some(80));
    let note = "At 160 reps the target served 40.0 of 80.0 requests per second, and failed or refused the others.";
    assert!(report.answer.iter().any(|says| says == note), "{:?}", report.answer);
    assert!(report.markdown().contains("Failed at 160 reps: 1,200 server error (5xx)."), "{}", report.markdown());
}

#[test]
fn what_was_simulated_is_called_that_in_a_report() {
    let outcome = simulated::tests::outcome();
    let levels = vec![TARGET.level(10, 30.0)];
    let header = Header { range: Range::default(), ..header() };
    let report = Report::new(&header, levels, Ending::Interrupted, day(), Some(outcome));
    assert!(report.markdown().contains("## Simulated deployment (simulated)"), "{}", report.markdown());
    assert!(report.html().contains("id=\"chart-course\""));
    assert_eq!(serde_json::from_str::<Report>(&report.json()).unwrap().simulated, report.simulated);
}

#[test]
fn a_share_reads_the_same_wherever_it_stands() {
    let report = report_of(TARGET, Range::default());
    for text in [report.terminal(Paint::new(false)), report.markdown(), report.html()] {
        assert!(text.contains("4.10 %") && text.contains("3.58 % to 4.70 %"), "{text}");
    }
}

#[test]
fn the_page_loads_nothing_and_escapes_what_it_is_given() {
    let mut report = report_of(TARGET, Range::default());
    report.asked.target = "http://x/<script>alert(1)</script>".to_owned();
    let html = report.html();
    assert!(!html.contains("<script>alert") && !html.contains("src=\"http") && !html.contains("href=\"http"));
    for id in ["chart-latency", "chart-throughput", "chart-day", "chart-queue", "assumptions"] {
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    assert!(html.contains("<small class=\"is-quiet\">measured</small>"));
}

const SCHEMA: &str = include_str!("../../schemas/capacity.schema.json");

#[test]
fn the_committed_schema_is_the_one_of_this_version() {
    let committed: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(committed, schema(), "`cargo xtask schemas` writes it");
}

#[test]
fn the_json_is_as_its_schema_says_and_reads_back() {
    let report = report_of(TARGET, Range::default());
    let value: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let back: Report = serde_json::from_value(value).unwrap();
    assert_eq!(back.json(), report.json());
}
