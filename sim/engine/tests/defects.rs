//! Each check bites: a defect of the backend trips the rule that it breaks, and without it nothing trips.

mod common;

use common::{outcome, plan, scenario};
use fieldday_api::rules::Rule;
use fieldday_backend::Defect;
use fieldday_engine::cell::Keep;

/// Whether a run with `defect` breaks the rule that it is said to break.
fn is_caught(defect: Defect, in_scenario: &str, reps: u64, seed: u64) -> bool {
    let mut small = scenario(in_scenario, reps);
    small.0.defects.push(defect.name().to_owned());
    let findings = outcome(&plan(small, seed), 0, Keep::default()).findings;
    defect.info().rules.iter().any(|rule| findings.count(*rule).broken > 0)
}

/// All but `recording.upload.once`: an app that keeps its rules looks before it reports again (`app.upload-checks-first`),
/// so no run of it alone can tell; that judge is shown to bite on a hand-made history.
#[test]
fn every_idempotency_rule_bites_on_a_defect() {
    let rules = [
        Rule::ShiftClockInOnce,
        Rule::ShiftClockOutOnce,
        Rule::RecordingStartOnce,
        Rule::RecordingStopOnce,
        Rule::AppointmentPatchIdempotent,
        Rule::TaskCreateSingle,
        Rule::TaskCompleteOnce,
        Rule::TaskUpdateIdempotent,
    ];
    let mut missed = Vec::new();
    for rule in rules {
        let defects = || Defect::ALL.iter().copied().filter(|defect| defect.info().rules.contains(&rule));
        assert!(defects().next().is_some(), "no defect breaks {rule}");
        let caught = defects().any(|defect| (1..=4).any(|seed| is_caught(defect, "rough", 60, seed)));
        if !caught {
            missed.push(rule);
        }
    }
    assert_eq!(missed, [], "no defect trips these");
}

#[test]
fn leaks_and_lost_writes_are_caught() {
    let mut missed = Vec::new();
    for rule in [
        Rule::TenancyIsolated,
        Rule::OwnershipOwnOnly,
        Rule::ReadYourWrites,
        Rule::AppointmentPatchPartial,
        Rule::LatencyTimeout,
    ] {
        let mut defects = Defect::ALL.iter().copied().filter(|defect| defect.info().rules.contains(&rule));
        if !defects.any(|defect| {
            (1..=3).any(|seed| is_caught(defect, "rough", 60, seed) || is_caught(defect, "weekday", 200, seed))
        }) {
            missed.push(rule);
        }
    }
    assert_eq!(missed, [], "no defect trips these");
}
