//! Updates of appointments: what several clients write, what they read, and what is lost on the way.

mod common;

use common::*;
use fieldday_api::call::{Answer, Call};
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::names::Outcome;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::{Appointment, AppointmentPatch};
use fieldday_history::event::{Cause, NoAnswer};
use fieldday_rules::Hazard;

/// The rep looks at the visit as it was.
fn seen() -> Stream {
    let mut s = Stream::new();
    s.call(REP, get(), detail(&visit()));
    s
}

#[test]
fn a_read_shows_what_was_acknowledged() {
    let mut s = seen();
    let later = with(&visit(), &moved("18:00"));
    s.call(OFFICE, patch(moved("18:00")), detail(&later));
    s.call(REP, get_list(), list(&[later]));
    s.holds(Rule::ReadYourWrites);
}

#[test]
fn an_acknowledged_update_that_is_not_shown_is_lost() {
    let mut s = seen();
    s.call(OFFICE, patch(moved("18:00")), detail(&with(&visit(), &moved("18:00"))));
    s.call(REP, get_list(), list(&[visit()]));
    s.breaks(&[Rule::ReadYourWrites]);
}

#[test]
fn an_update_whose_own_answer_does_not_show_it_is_lost() {
    let mut s = seen();
    s.call(OFFICE, patch(moved("18:00")), detail(&visit()));
    s.breaks(&[Rule::ReadYourWrites]);
}

#[test]
fn a_read_that_began_before_the_answer_may_show_either() {
    for shown in [visit(), with(&visit(), &moved("18:00"))] {
        let mut s = seen();
        let read = s.send(REP, TAP, get());
        s.call(OFFICE, patch(moved("18:00")), detail(&with(&visit(), &moved("18:00"))));
        s.ok(&read, detail(&shown));
        s.is_fine();
    }
}

#[test]
fn once_a_read_showed_a_write_under_way_no_later_read_shows_the_old_value() {
    let mut s = seen();
    let write = s.send(OFFICE, Cause::Office, patch(moved("18:00")));
    let later = with(&visit(), &moved("18:00"));
    s.call(REP, get(), detail(&later));
    s.call(OTHER, get_list(), list(&[]));
    s.call(REP, get(), detail(&later));
    s.ok(&write, detail(&later));
    s.is_fine();
    s.call(REP, get(), detail(&visit()));
    s.breaks(&[Rule::ReadYourWrites]);
}

#[test]
fn a_refused_update_changes_nothing() {
    let mut s = seen();
    let write = s.send(OFFICE, Cause::Office, patch(moved("18:00")));
    s.fail(&write, 403);
    s.call(REP, get(), detail(&visit()));
    s.is_fine();
}

#[test]
fn an_update_whose_answer_was_lost_may_land_at_any_time_or_never() {
    for why in [NoAnswer::Timeout, NoAnswer::Broken, NoAnswer::Cancelled, NoAnswer::Killed] {
        let mut s = seen();
        let write = s.send(OFFICE, Cause::Office, patch(moved("18:00")));
        s.lapse(&write, why);
        s.call(REP, get(), detail(&visit()));
        s.call(REP, get(), detail(&visit()));
        s.call(REP, get(), detail(&with(&visit(), &moved("18:00"))));
        s.is_fine();
    }
}

#[test]
fn what_a_captive_portal_answered_may_have_happened_or_not() {
    let mut s = seen();
    let write = s.send(OFFICE, Cause::Office, patch(moved("18:00")));
    s.ok(&write, Answer::Foreign("not json".into()));
    s.call(REP, get(), detail(&visit()));
    s.call(REP, get(), detail(&with(&visit(), &moved("18:00"))));
    s.is_fine();
}

#[test]
fn an_old_update_that_lands_after_a_newer_one_is_a_hazard_and_no_violation() {
    let mut s = seen();
    let lost = s.send(OFFICE, Cause::Office, patch(moved("18:00")));
    s.lapse(&lost, NoAnswer::Timeout);
    let newer = with(&visit(), &moved("19:00"));
    s.call(OFFICE, patch(moved("19:00")), detail(&newer));
    s.call(REP, get(), detail(&newer));
    s.call(REP, get(), detail(&with(&visit(), &moved("18:00"))));
    s.call(REP, get(), detail(&with(&visit(), &moved("18:00"))));
    let findings = s.findings();
    assert!(findings.violations.is_empty(), "{:#?}", findings.violations);
    assert_eq!(findings.hazards.counts[Hazard::OldUpdateLandedLate as usize], 1, "told once");
}

#[test]
fn of_two_updates_sent_at_once_neither_is_the_older() {
    let mut s = seen();
    let lost = s.send(OFFICE, Cause::Office, patch(moved("18:00")));
    let other = s.send(REP, TAP, patch(moved("19:00")));
    s.ok(&other, detail(&with(&visit(), &moved("19:00"))));
    s.lapse(&lost, NoAnswer::Timeout);
    s.call(REP, get(), detail(&with(&visit(), &moved("18:00"))));
    s.is_fine();
    assert_eq!(s.findings().hazards.counts, [0; Hazard::ALL.len()]);
}

#[test]
fn after_the_late_landing_the_newer_value_does_not_come_back() {
    let mut s = seen();
    let lost = s.send(OFFICE, Cause::Office, patch(moved("18:00")));
    s.lapse(&lost, NoAnswer::Timeout);
    let newer = with(&visit(), &moved("19:00"));
    s.call(OFFICE, patch(moved("19:00")), detail(&newer));
    s.call(REP, get(), detail(&with(&visit(), &moved("18:00"))));
    s.call(REP, get(), detail(&newer));
    s.breaks(&[Rule::ReadYourWrites]);
}

#[test]
fn of_two_acknowledged_updates_the_later_wins() {
    let (first, second) = (with(&visit(), &moved("18:00")), with(&visit(), &moved("19:00")));
    let mut s = seen();
    s.call(OFFICE, patch(moved("18:00")), detail(&first));
    s.call(OFFICE, patch(moved("19:00")), detail(&second));
    s.call(REP, get(), detail(&second));
    s.holds(Rule::AppointmentPatchOrdered);
    s.call(REP, get(), detail(&first));
    s.breaks(&[Rule::AppointmentPatchOrdered, Rule::ReadYourWrites]);
}

#[test]
fn of_two_concurrent_updates_either_wins() {
    for winner in ["18:00", "19:00"] {
        let mut s = seen();
        let one = s.send(OFFICE, Cause::Office, patch(moved("18:00")));
        let two = s.send(REP, TAP, patch(moved("19:00")));
        s.ok(&one, detail(&with(&visit(), &moved("18:00"))));
        s.ok(&two, detail(&with(&visit(), &moved("19:00"))));
        s.call(REP, get(), detail(&with(&visit(), &moved(winner))));
        s.is_fine();
    }
}

#[test]
fn a_field_that_an_update_does_not_name_keeps_its_value() {
    let mut s = seen();
    s.call(REP, patch(noted("gate code")), detail(&with(&visit(), &noted("gate code"))));
    s.holds(Rule::AppointmentPatchPartial);
    // Later an update of the notes resets the time, and its answer shows it.
    let reset = with(&with(&visit(), &noted("dog")), &moved("09:00"));
    s.call(REP, patch(noted("dog")), detail(&reset));
    s.breaks(&[Rule::AppointmentPatchPartial]);
}

#[test]
fn an_update_that_writes_back_an_old_row_undoes_what_another_client_wrote() {
    let mut s = seen();
    s.call(OFFICE, patch(moved("18:00")), detail(&with(&visit(), &moved("18:00"))));
    s.call(REP, patch(noted("dog")), detail(&with(&visit(), &noted("dog"))));
    s.breaks(&[Rule::AppointmentPatchPartial, Rule::ReadYourWrites]);
}

#[test]
fn a_field_left_alone_by_an_update_with_a_lost_answer_keeps_its_value_too() {
    let mut s = seen();
    let lost = s.send(REP, TAP, patch(noted("dog")));
    s.lapse(&lost, NoAnswer::Broken);
    s.call(REP, get(), detail(&with(&with(&visit(), &noted("dog")), &moved("09:00"))));
    s.breaks(&[Rule::AppointmentPatchPartial]);
}

#[test]
fn the_same_update_twice_is_as_once() {
    let done = with(&visit(), &won());
    let mut s = seen();
    s.call(OFFICE, patch(won()), detail(&done));
    s.call(OFFICE, patch(won()), detail(&done));
    s.holds(Rule::AppointmentPatchIdempotent);
    s.call(OFFICE, patch(won()), detail(&with(&done, &noted("won won"))));
    s.breaks(&[Rule::AppointmentPatchIdempotent]);
}

#[test]
fn a_repeat_may_show_what_another_client_wrote_in_between() {
    let mut s = seen();
    let done = with(&visit(), &won());
    s.call(OFFICE, patch(won()), detail(&done));
    let lost = s.send(OFFICE, Cause::Office, patch(noted("dog")));
    s.lapse(&lost, NoAnswer::Timeout);
    s.call(OFFICE, patch(won()), detail(&with(&done, &noted("dog"))));
    s.is_fine();
}

#[test]
fn a_repeat_of_what_was_acknowledged_is_not_refused() {
    let mut s = seen();
    s.call(OFFICE, patch(won()), detail(&with(&visit(), &won())));
    let repeat = s.send(OFFICE, Cause::Office, patch(won()));
    s.fail(&repeat, 400);
    s.breaks(&[Rule::AppointmentPatchIdempotent]);
}

#[test]
fn a_repeat_of_what_was_lost_may_be_refused() {
    let mut s = seen();
    let lost = s.send(OFFICE, Cause::Office, patch(won()));
    s.lapse(&lost, NoAnswer::Timeout);
    let repeat = s.again(&lost);
    s.fail(&repeat, 400);
    s.call(REP, get(), detail(&with(&visit(), &won())));
    s.is_fine();
}

#[test]
fn a_lost_update_lands_wholly_or_not_at_all() {
    let mut s = seen();
    let lost = s.send(OFFICE, Cause::Office, patch(won()));
    s.fail(&lost, 500);
    s.call(REP, get(), detail(&with(&visit(), &won())));
    s.holds(Rule::WriteAtomic);

    let mut s = seen();
    let lost = s.send(OFFICE, Cause::Office, patch(won()));
    s.fail(&lost, 500);
    let mut half = with(&visit(), &won());
    half.deal_size = None;
    s.call(REP, get(), detail(&half));
    s.breaks(&[Rule::WriteAtomic]);
}

#[test]
fn a_field_of_a_lost_update_may_have_been_overwritten_since() {
    let mut s = seen();
    let lost = s.send(OFFICE, Cause::Office, patch(won()));
    s.lapse(&lost, NoAnswer::Timeout);
    let open = AppointmentPatch { status: Some(visit().status), ..AppointmentPatch::default() };
    let lost = s.send(OFFICE, Cause::Office, patch(open.clone()));
    s.lapse(&lost, NoAnswer::Timeout);
    s.call(REP, get(), detail(&with(&with(&visit(), &won()), &open)));
    s.is_fine();
}

#[test]
fn won_without_a_deal_size_is_refused() {
    let bare = || patch(AppointmentPatch { outcome: Some(Outcome::Won), ..AppointmentPatch::default() });
    let mut s = seen();
    let refused = s.send(OFFICE, Cause::Office, bare());
    let error = ErrorBody::new(ErrorCode::ValidationError, "deal_size is required", "req_1");
    s.answer(&refused, fieldday_api::call::Response::error(error));
    s.holds(Rule::AppointmentWonDealSize);
    let mut sold = visit();
    sold.outcome = Outcome::Won;
    s.call(OFFICE, bare(), detail(&sold));
    s.breaks(&[Rule::AppointmentWonDealSize]);
}

#[test]
fn a_rep_sees_only_its_own_appointments() {
    let mut s = Stream::new();
    s.call(REP, get_list(), list(&[visit()]));
    let theirs = Appointment { id: "appt_2".into(), ..visit() };
    s.call(OTHER, get_list(), list(std::slice::from_ref(&theirs)));
    s.holds(Rule::OwnershipOwnOnly);
    s.call(OTHER, get_list(), list(&[visit(), theirs]));
    s.breaks(&[Rule::OwnershipOwnOnly]);
    let mut s = Stream::new();
    s.call(OTHER, get(), detail(&visit()));
    s.breaks(&[Rule::OwnershipOwnOnly]);
}

#[test]
fn a_reassigned_appointment_is_either_reps_while_the_reassignment_is_in_doubt() {
    let given = AppointmentPatch { assigned_rep_id: Some(rep(OTHER)), ..AppointmentPatch::default() };
    let mut s = Stream::new();
    s.call(REP, get_list(), list(&[visit()]));
    let lost = s.send(OFFICE, Cause::Office, patch(given.clone()));
    s.lapse(&lost, NoAnswer::Timeout);
    s.call(REP, get_list(), list(&[visit()]));
    s.call(OTHER, get_list(), list(&[visit()]));
    s.is_fine();
    // Once it was seen to have landed, the first rep has it no more.
    s.call(REP, get_list(), list(&[visit()]));
    s.breaks(&[Rule::OwnershipOwnOnly]);
    // Acknowledged, it is the other rep's at once.
    let mut s = Stream::new();
    s.call(REP, get_list(), list(&[visit()]));
    s.call(OFFICE, patch(given.clone()), detail(&with(&visit(), &given)));
    s.call(OTHER, get_list(), list(&[visit()]));
    s.is_fine();
    s.call(REP, get_list(), list(&[visit()]));
    s.breaks(&[Rule::OwnershipOwnOnly]);
}

#[test]
fn nothing_of_one_tenant_is_shown_to_another() {
    let mut s = Stream::new();
    s.call(REP, get_list(), list(&[visit()]));
    // As long as no other tenant has anything, nothing can leak.
    assert_eq!(s.findings().count(Rule::TenancyIsolated).exercised, 0);
    let mut theirs = visit();
    theirs.id = "appt_9".into();
    theirs.lead_id = "lead_9".into();
    theirs.assigned_rep_id = Some(rep(STRANGER));
    // The contact behind it is the first tenant's.
    let call = Call::GetAppointment { appointment_id: "appt_9".into() };
    s.call(STRANGER, call, detail(&theirs));
    s.breaks(&[Rule::TenancyIsolated]);
}

#[test]
fn an_appointment_that_any_answer_showed_is_in_the_list_of_its_rep_and_date() {
    let mut s = Stream::new();
    s.call(REP, get(), detail(&visit()));
    s.call(REP, get_list(), list(&[visit()]));
    s.holds(Rule::AppointmentListComplete);
    let mut s = Stream::new();
    s.call(REP, get(), detail(&visit()));
    s.call(REP, get_list(), list(&[]));
    s.breaks(&[Rule::AppointmentListComplete]);
}

#[test]
fn what_was_moved_within_the_day_or_given_to_a_rep_is_in_the_list() {
    for body in [moved("18:00"), AppointmentPatch { assigned_rep_id: Some(rep(OTHER)), ..AppointmentPatch::default() }]
    {
        let whose = if body.assigned_rep_id.is_some() { OTHER } else { REP };
        let later = with(&visit(), &body);
        let mut s = seen();
        s.call(OFFICE, patch(body.clone()), detail(&later));
        s.call(whose, get_list(), list(std::slice::from_ref(&later)));
        s.holds(Rule::AppointmentListComplete);
        let mut s = seen();
        s.call(OFFICE, patch(body), detail(&later));
        s.call(whose, get_list(), list(&[]));
        s.breaks(&[Rule::AppointmentListComplete]);
    }
}

#[test]
fn what_is_being_moved_may_be_in_the_list_or_not() {
    let to_other = AppointmentPatch { assigned_rep_id: Some(rep(OTHER)), ..AppointmentPatch::default() };
    for shown in [vec![visit()], vec![]] {
        // The list is asked for before the write is known to have landed.
        let mut s = seen();
        let write = s.send(OFFICE, Cause::Office, patch(to_other.clone()));
        let read = s.send(REP, TAP, get_list());
        s.ok(&write, detail(&with(&visit(), &to_other)));
        s.ok(&read, list(&shown));
        s.is_fine();
        // Nobody knows whether it landed.
        let mut s = seen();
        let write = s.send(OFFICE, Cause::Office, patch(to_other.clone()));
        s.lapse(&write, NoAnswer::Timeout);
        s.call(REP, get_list(), list(&shown));
        s.is_fine();
    }
}
