//! Each check bites: a defect of the backend breaks the rules that it is said to break, under the first seed that was
//! tried, and without it nothing breaks.

mod common;

use common::{outcome, plan, scenario};
use fieldday_api::rules::Rule::{self, *};
use fieldday_backend::Defect;
use fieldday_engine::cell::Keep;

/// Defects that show in sixty reps' `rough` day under seed 1, and every rule that each breaks there. A defect may break
/// rules beside its own: a list that leaks other people's rows misses the caller's.
const BREAKS: &[(Defect, &[Rule])] = &[
    (Defect::TenantLeakById, &[TenancyIsolated]),
    (Defect::TenantIdFromQuery, &[TenancyIsolated, TenancyFromTokenOnly]),
    (Defect::OwnershipSkipped, &[OwnershipOwnOnly, RecordingStartPrerequisites]),
    (Defect::FormerRepKeepsAccess, &[OwnershipOwnOnly]),
    (Defect::ClockInTwice, &[ShiftClockInOnce, ShiftToday]),
    (Defect::ClockInMovesStart, &[ShiftClockInOnce]),
    (Defect::ClockOutMovesEnd, &[ShiftClockOutOnce]),
    (Defect::ClockOutAgainRefused, &[ShiftClockOutOnce]),
    (Defect::KeyStuckAfterCrash, &[ShiftClockInOnce, ShiftClockOutOnce]),
    (Defect::StartMakesSecondSession, &[RecordingStartOnce]),
    (Defect::StartRace, &[RecordingStartOnce]),
    (Defect::StartKeyedByPlace, &[RecordingStartOnce]),
    (Defect::StopMovesEnd, &[RecordingStopOnce]),
    (Defect::PatchClearsAbsent, &[AppointmentPatchPartial, AppointmentPatchIdempotent]),
    (Defect::PatchLostUpdate, &[AppointmentPatchPartial, ReadYourWrites]),
    (Defect::PatchAddsDealSize, &[AppointmentPatchIdempotent]),
    (Defect::TaskCreatedTwice, &[TaskCreateSingle]),
    (Defect::CompleteMovesCompletedAt, &[TaskCompleteOnce]),
    (Defect::CompleteAgainNotFound, &[TaskCompleteOnce]),
    (Defect::TaskUpdateLogsInNotes, &[TaskUpdateIdempotent]),
    (Defect::StaleRead, &[ShiftToday, AppointmentPatchOrdered, ReadYourWrites]),
    (Defect::SlowLists, &[LatencyTimeout]),
];

/// The rules that are broken in that day.
fn broken(defects: &[Defect]) -> Vec<Rule> {
    let mut small = scenario("rough", 60);
    small.0.defects.extend(defects.iter().map(|defect| defect.name().to_owned()));
    let findings = outcome(&plan(small, 1), 0, Keep::default()).findings;
    Rule::ALL.iter().copied().filter(|rule| findings.count(*rule).broken > 0).collect()
}

#[test]
fn a_defect_breaks_the_rules_that_it_is_said_to_break_and_nothing_breaks_without_one() {
    assert_eq!(broken(&[]), []);
    for (defect, rules) in BREAKS {
        assert_eq!(broken(&[*defect]), *rules, "{defect}");
    }
}

/// All but `recording.upload.once`: an app that keeps its rules looks before it reports again (`app.upload-checks-first`),
/// so no run of it alone can tell; that judge is shown to bite on a hand-made history.
#[test]
fn every_rule_of_idempotency_and_every_leak_has_a_defect_of_its_own_here() {
    for rule in [
        ShiftClockInOnce,
        ShiftClockOutOnce,
        RecordingStartOnce,
        RecordingStopOnce,
        AppointmentPatchIdempotent,
        TaskCreateSingle,
        TaskCompleteOnce,
        TaskUpdateIdempotent,
        TenancyIsolated,
        OwnershipOwnOnly,
        ReadYourWrites,
        AppointmentPatchPartial,
        LatencyTimeout,
    ] {
        let own = |(defect, rules): &&(Defect, &[Rule])| defect.info().rules.contains(&rule) && rules.contains(&rule);
        assert_ne!(BREAKS.iter().filter(own).count(), 0, "no defect of {rule} is tried");
    }
}
