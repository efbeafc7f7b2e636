//! What an answer leaves out decides nothing, whichever way: neither now, nor against a later answer that has it.

mod common;

use common::*;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::error::{ErrorBody, ErrorCode, UNKNOWN_CODE};
use fieldday_api::names::{ShiftStatus, TaskStatus};
use fieldday_api::rules::Rule;
use fieldday_api::wire::shifts::{ClockIn, Shift, ShiftDay};
use fieldday_api::wire::tasks::TaskCompleted;
use fieldday_history::event::Cause;
use fieldday_kernel::time::{Date, Time};
use fieldday_rules::RuleVerdict;

/// An answer in which something stands in at these places.
fn lacking(answer: Answer, places: &[&str]) -> Response {
    Response { stand_ins: places.iter().map(SmolStr::new).collect(), ..Response::ok(answer) }
}

fn answered(s: &mut Stream, call: Call, response: Response) {
    let who = if matches!(call, Call::GetAppointment { .. }) { REP } else { OFFICE };
    let ticket = s.send(who, if who == REP { TAP } else { Cause::Office }, call);
    s.answer(&ticket, response);
}

fn completed(at: Time, by: &str) -> Answer {
    let (id, status) = ("task_1".into(), TaskStatus::Completed);
    Answer::TaskCompleted(TaskCompleted { id, status, completed_at: at, completed_by: by.into() })
}

fn day(id: &str, clock_in_at: Time) -> Answer {
    let shift = Shift {
        id: id.into(),
        rep_id: rep(REP),
        shift_date: Date::parse("2026-06-10").unwrap(),
        clock_in_at,
        clock_out_at: None,
        status: ShiftStatus::Active,
        scheduled_start: None,
        scheduled_end: None,
    };
    Answer::ShiftDay(Box::new(ShiftDay {
        shift,
        effective_start_time: clock_in_at,
        effective_end_time: clock_in_at,
        recording_mode: fieldday_api::names::RecordingMode::Full,
        allow_location_tracking: true,
        allow_recording: true,
    }))
}

#[test]
fn a_completion_that_does_not_say_by_whom_is_held_against_no_other() {
    let complete = || Call::CompleteTask { task_id: "task_1".into() };
    let nobody = [(completed(at("15:00"), ""), &["data.completed_by"][..])];
    let never = [(completed(Time::from_micros(0), "user_0"), &["data.completed_at"][..])];
    for (answer, places) in nobody.into_iter().chain(never) {
        for first in [true, false] {
            let mut s = Stream::new();
            let whole = || Response::ok(completed(at("15:00"), "user_0"));
            let bent = || lacking(answer.clone(), places);
            let (one, other) = if first { (bent(), whole()) } else { (whole(), bent()) };
            answered(&mut s, complete(), one);
            answered(&mut s, complete(), other);
            s.is_fine();
            // What is there still counts.
            answered(&mut s, complete(), Response::ok(completed(at("16:00"), "user_0")));
            s.breaks(&[Rule::TaskCompleteOnce]);
        }
    }
}

#[test]
fn a_shift_that_does_not_say_since_when_is_held_against_no_other() {
    let clock_in = || Call::ClockIn { rep_id: rep(REP), body: ClockIn::default() };
    let bent = || lacking(day("", Time::from_micros(0)), &["data.shift.id", "data.shift.clock_in_at"]);
    for first in [true, false] {
        let mut s = Stream::new();
        let whole = || Response::ok(day("shift_1", at("07:00")));
        let (one, other) = if first { (bent(), whole()) } else { (whole(), bent()) };
        answered(&mut s, clock_in(), one);
        answered(&mut s, clock_in(), other);
        s.is_fine();
        answered(&mut s, Call::ShiftToday { rep_id: rep(REP) }, Response::ok(day("shift_1", at("07:00"))));
        s.is_fine();
    }
}

#[test]
fn a_field_of_an_appointment_that_is_left_out_has_not_changed() {
    let mut s = Stream::new();
    s.call(REP, get(), detail(&visit()));
    let at_six = with(&visit(), &moved("18:00"));
    s.call(OFFICE, patch(moved("18:00")), detail(&at_six));
    let mut hollow = at_six.clone();
    (hollow.service_type, hollow.scheduled_start) = ("".into(), Time::from_micros(0));
    let places = ["data.appointment.service_type", "data.appointment.scheduled_start"];
    answered(&mut s, get(), lacking(detail(&hollow), &places));
    s.call(REP, get(), detail(&at_six));
    s.is_fine();
    // What is there still counts.
    hollow.scheduled_start = at("16:00");
    answered(&mut s, get(), lacking(detail(&hollow), &places[..1]));
    s.breaks(&[Rule::ReadYourWrites]);
}

#[test]
fn a_held_envelope_had_a_code_a_message_and_an_id() {
    let error = |message: &str, id: &str, stand_ins: &[&str]| {
        let mut s = Stream::new();
        let error = Response::error(ErrorBody::new(ErrorCode::InternalError, message, id));
        let stand_ins = stand_ins.iter().map(SmolStr::new).collect();
        let ticket = s.send(OFFICE, Cause::Office, get());
        s.answer(&ticket, Response { stand_ins, ..error });
        let findings = s.findings();
        let says = findings.violations.iter().find(|v| v.rule == Rule::ErrorEnvelope).map(|v| v.says.clone());
        (findings.verdict(Rule::ErrorEnvelope), says.unwrap_or_default())
    };
    assert_eq!(error("no", "Root=1-67891233-abcdef012345678912345678", &[]).0, RuleVerdict::Held);
    let (verdict, says) = error("no", "r", &["detail.error_code"]);
    assert_eq!((verdict, says.ends_with("no error_code")), (RuleVerdict::Broken, true), "{says}");
    let (verdict, says) = error("", "", &[]);
    assert_eq!((verdict, says.ends_with("no message and request_id")), (RuleVerdict::Broken, true), "{says}");
    // One that is not the spec's is a contract finding, and no more than that.
    assert_eq!(error("no", "r", &["detail.error_code", UNKNOWN_CODE]).0, RuleVerdict::Inconclusive);
}
