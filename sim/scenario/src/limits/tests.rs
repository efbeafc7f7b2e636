//! What a limit may look like, and what is said about a wrong one.

use super::*;
use crate::Scenario;
use fieldday_api::endpoint::{Op, TimeoutClass};
use proptest::prelude::*;

fn limit(text: &str) -> Limit {
    Limit::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_form_is_read_for_what_it_says() {
    let p99 = limit("p99 < 800 ms for PATCH appointments");
    assert_eq!(
        (p99.measure, p99.side, p99.bound, p99.scope, p99.clock),
        (Measure::Percentile(990_000), Side::Below, 800_000, Scope::Op(Op::UpdateAppointment), Clock::Attempt)
    );
    let within = limit("clock-in: 99.9 % within 2 s");
    assert_eq!((within.measure, within.bound), (Measure::Within(2_000_000), 999_000));
    assert_eq!(within.scope, Scope::Op(Op::ClockIn));
    let errors = limit("ERROR RATE < 0.5%");
    assert_eq!((errors.measure, errors.bound, errors.scope), (Measure::ErrorRate, 5_000, Scope::All));
    let felt = limit("Felt P99.99<=1.5s for READS");
    assert_eq!((felt.clock, felt.measure), (Clock::Felt, Measure::Percentile(999_900)));
    assert_eq!((felt.side, felt.bound, felt.scope), (Side::AtMost, 1_500_000, Scope::Class(TimeoutClass::Read)));
    let floor = limit("requests >= 50 /s");
    assert_eq!((floor.measure, floor.side, floor.bound), (Measure::Requests, Side::AtLeast, 50_000));
    assert_eq!(limit("updates: due mean < 250 µs").bound, 250);
    assert_eq!(limit("max <= 2 min for all").bound, 120_000_000);
    assert_eq!(limit("wire 95 % within 100ms for health").clock, Clock::Wire);
    assert_eq!(limit("error rate <= 0 %").bound, 0);
}

#[test]
fn every_endpoint_is_known_by_label_word_path_and_short_form() {
    for op in Op::ALL {
        let word = serde_json::to_value(op).unwrap();
        let row = op.endpoint();
        let names = [
            op.label().to_owned(),
            op.label().to_lowercase(),
            word.as_str().unwrap().to_owned(),
            format!("{} {}", row.method, row.path),
        ];
        for name in names {
            let read = limit(&format!("p50 < 1 s for {name}")).scope;
            // The class of health checks holds the one endpoint of that name.
            assert!(read == Scope::Op(*op) || read.ops().eq([*op]), "{name} is {read:?}");
        }
    }
    for (short, op) in [
        ("patch-appointments", Op::UpdateAppointment),
        ("patch-appointment", Op::UpdateAppointment),
        ("GET appointments", Op::ListAppointments),
        ("PATCH tasks", Op::UpdateTask),
        ("POST tasks", Op::CreateTask),
        ("POST recording/stop", Op::StopRecording),
        ("post clock-in", Op::ClockIn),
    ] {
        assert_eq!(limit(&format!("{short}: p50 < 1 s")).scope, Scope::Op(op), "{short}");
    }
    assert!(!Scope::All.holds(Op::PutAudio) && Scope::All.holds(Op::ClockIn));
}

#[test]
fn what_is_wrong_is_placed_and_what_is_right_is_shown() {
    // The text; the character; a part of what is said; what was meant.
    let wrong = [
        (
            "p99 < 800 ms for PATCH apointments",
            17,
            "no endpoints called \"PATCH apointments\"",
            Some("PATCH appointments/{id}"),
        ),
        ("clok-in: p99 < 1 s", 0, "no endpoints", Some("clock-in")),
        ("p99 800 ms", 4, "unexpected \"800 ms\"", None),
        ("p99 > 800 ms", 4, "< or <=", None),
        ("p99 < 800", 9, "is incomplete", None),
        ("p99 < 800 parsecs", 10, "µs, ms, s or min", None),
        ("p99 < 0 ms", 6, "up to an hour", None),
        ("p99 < 99 min", 6, "up to an hour", None),
        ("p100 < 1 s", 0, "no such percentile", None),
        ("p99.99999 < 1 s", 0, "is not a measure", Some("p99.99")),
        ("medium < 1 s", 0, "\"medium\" is not a measure", None),
        ("eror rate < 1 %", 0, "is not a measure", Some("error rate")),
        ("error rate < 1", 14, "a percent sign", None),
        ("error rate < 0 %", 11, "<= 0 %", None),
        ("felt error rate < 1 %", 0, "no clock", None),
        ("101 % within 1 s", 0, "up to 100 %", None),
        ("0 % within 1 s", 0, "above 0 %", None),
        ("99 % below 1 s", 5, "`within`", None),
        ("requests < 50 /s", 9, "> or >=", None),
        ("requests >= 50", 14, "a rate", None),
        ("p99 < 1 s always", 10, "nothing more", None),
        ("clock-in: p99 < 1 s for reads", 19, "given twice", None),
        ("", 0, "a measure", None),
        ("ä: p99", 0, "no endpoints", None),
    ];
    for (text, at, says, meant) in wrong {
        let error = Limit::parse(text).expect_err(text);
        assert!(error.to_string().contains(says), "{text}: {error}");
        assert_eq!((error.at, error.suggestion.as_deref()), (at, meant), "{text}: {error}");
    }
    let example = Limit::parse("nonsense").unwrap_err().to_string();
    assert!(example.contains("as in \"p99 < 800 ms for PATCH appointments\""), "{example}");
}

#[test]
fn a_scenario_names_the_place_and_writes_its_limits_as_they_were() {
    let text = |limits: &str| format!("name = 'x'\nabout = 'y'\nlimits = [{limits}]\n[day]\ndates = ['2026-06-10']\n");
    let limits = "\"P99  <  800 ms for patch appointments\", 'clock-in: 99.9 % within 2 s'";
    let scenario = Scenario::parse(&text(limits), "x.toml").unwrap();
    assert_eq!(scenario.limits[0].text(), "P99  <  800 ms for patch appointments");
    let again = scenario.to_toml().unwrap();
    assert_eq!(Scenario::parse(&again, "again.toml"), Ok(scenario), "{again}");

    let error = Scenario::parse(&text("'p99 < 1 s',\n  'p99 < 800 ms for clok-in'"), "x.toml").unwrap_err();
    let problem = &error.problems[0];
    assert_eq!((problem.at, problem.key.as_str()), (Some((4, 21)), "limits[1]"), "{error}");
    assert_eq!(problem.suggestion.as_deref(), Some("clock-in"));
    assert!(problem.allowed.as_ref().unwrap().contains("reads, updates"), "{error}");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "([a-zä%:<>=/ .0-9]{0,24}|p99 < [0-9.]{0,30} ?[a-zµ]{0,3}( for .{0,20})?)") {
        if let Ok(limit) = Limit::parse(&text) {
            prop_assert_eq!(limit.text(), text);
        }
    }
}
