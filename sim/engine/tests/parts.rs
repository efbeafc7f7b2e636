//! The parts of rules over whole days: they add up to their rules, and the built-in scenarios put nearly all of them to
//! the test.

mod common;

use common::{outcome, plan, scenario};
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_engine::cell::Keep;
use fieldday_rules::Findings;

/// Parts that none of these days exercises.
const NOT_EXERCISED: &[Part] = &[
    Part::TenantInBody,
    Part::ClockInConcurrent,
    Part::ClockOutReopen,
    Part::StartConcurrent,
    Part::ListFilter,
    Part::ListTodayApart,
    Part::FilterOverdue,
    Part::FilterDue,
    Part::FilterLinks,
    Part::LateHealth,
    Part::RefreshRetry,
];

fn day(name: &str, reps: u64) -> Findings {
    outcome(&plan(scenario(name, reps), 1), 0, Keep::default()).findings
}

#[test]
fn parts_add_up_to_their_rules_and_the_days_exercise_them() {
    let days = [("weekday", 60), ("rough", 60), ("ghost", 60), ("utc-midnight", 40), ("monday-storm", 60)];
    let mut all: Option<Findings> = None;
    for (name, reps) in days {
        let findings = day(name, reps);
        for rule in Rule::ALL.iter().copied().filter(|rule| Part::of(*rule).next().is_some()) {
            let (whole, parts) = (findings.count(rule), Part::of(rule).map(|part| findings.part(part)));
            let sum =
                parts.fold([0; 3], |[a, b, c], part| [a + part.exercised, b + part.broken, c + part.inconclusive]);
            assert_eq!([whole.exercised, whole.broken, whole.inconclusive], sum, "{rule} in {name}");
        }
        match &mut all {
            Some(all) => all.merge(findings),
            None => all = Some(findings),
        }
    }
    let all = all.unwrap();
    if std::env::var_os("SHOW_PARTS").is_some() {
        Part::ALL.iter().for_each(|part| println!("{:<40} {:?}", part.to_string(), all.part(*part)));
    }
    let not: Vec<Part> = Part::ALL.iter().copied().filter(|part| all.part(*part).exercised == 0).collect();
    assert_eq!(not, NOT_EXERCISED);
}
