//! What the phone does call by call: tokens, retries, waits, questions, places, polls, logs.

mod common;

use common::*;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::names::{Assignee, Processing};
use fieldday_api::rules::Rule;
use fieldday_api::wire::recordings::RecordingStart;
use fieldday_api::wire::tasks::TaskCreate;
use fieldday_history::event::{Cause, CredentialKind, EventKind, NoAnswer, RefreshReason, Sent, Trigger};
use fieldday_kernel::time::Span;
use std::sync::Arc;

const NEW_TOKEN: EventKind = EventKind::TokenRefreshed { why: RefreshReason::Refused };

#[test]
fn every_call_carries_a_token_and_waits_no_longer_than_its_class() {
    let mut s = Stream::new();
    s.call(REP, get(), detail(&visit()));
    s.holds(Rule::AppBearer);
    s.holds(Rule::AppTimeouts);
    let sent = |bearer, patience| {
        EventKind::Sent(Sent { call: 99, attempt: 0, cause: TAP, bearer, patience, request: Arc::new(get()) })
    };
    let mut bare = Stream::new();
    bare.say(REP, sent(CredentialKind::None, Span::seconds(10)));
    bare.breaks(&[Rule::AppBearer]);
    let mut patient = Stream::new();
    patient.say(REP, sent(CredentialKind::Own, Span::seconds(11)));
    patient.breaks(&[Rule::AppTimeouts]);
    let mut waits = Stream::new();
    let ticket = waits.send(REP, TAP, get());
    waits.wait(Span::seconds(12)).lapse(&ticket, NoAnswer::Timeout);
    waits.breaks(&[Rule::AppTimeouts]);
}

#[test]
fn a_refused_token_is_refreshed_and_the_call_tried_once_more() {
    let mut s = Stream::new();
    let first = s.send(REP, TAP, get());
    s.fail(&first, 401).say(REP, NEW_TOKEN);
    let second = s.again(&first);
    let mut twice = s.clone();
    s.ok(&second, detail(&visit()));
    s.holds(Rule::AppRefreshOnce);
    twice.fail(&second, 401).say(REP, NEW_TOKEN);
    twice.again(&second);
    twice.breaks(&[Rule::AppRefreshOnce]);

    let mut old_token = Stream::new();
    let first = old_token.send(REP, TAP, get());
    old_token.fail(&first, 401);
    old_token.again(&first);
    old_token.breaks(&[Rule::AppRefreshOnce]);
}

#[test]
fn a_refresh_that_another_call_made_meanwhile_will_do() {
    let mut s = Stream::new();
    let (one, two) = (s.send(REP, TAP, get()), s.send(REP, TAP, get_list()));
    s.fail(&one, 401).say(REP, NEW_TOKEN);
    s.fail(&two, 401);
    s.again(&two);
    s.again(&one);
    s.holds(Rule::AppRefreshOnce);
}

#[test]
fn a_queued_action_is_owed_a_second_attempt() {
    let mut s = Stream::new();
    let action = s.queue(REP, patch(won()));
    let ticket = s.send_queued(REP, action, patch(won()));
    s.fail(&ticket, 401);
    let mut killed = s.clone();
    s.wait(Span::minutes(2)).day_ends(REP, 1);
    s.breaks(&[Rule::AppRefreshOnce]);
    killed.say(REP, EventKind::Killed).wait(Span::minutes(2)).day_ends(REP, 1);
    killed.is_fine();
}

#[test]
fn a_403_is_final() {
    let mut s = Stream::new();
    let first = s.send(REP, TAP, get());
    s.fail(&first, 403);
    s.holds(Rule::AppForbiddenFinal);
    s.again(&first);
    s.breaks(&[Rule::AppForbiddenFinal]);
}

/// A call that fails with 500 and is retried after these waits.
fn retried(waits_ms: &[i64]) -> Stream {
    let mut s = Stream::new();
    let mut ticket = s.send(REP, TAP, get());
    for wait in waits_ms {
        s.fail(&ticket, 500).wait(Span::millis(*wait));
        ticket = s.again(&ticket);
    }
    s
}

#[test]
fn retries_wait_one_two_and_four_seconds_and_are_three() {
    retried(&[1_000, 2_000, 4_000]).holds(Rule::AppBackoff);
    retried(&[900]).breaks(&[Rule::AppBackoff]);
    retried(&[1_000, 1_900]).breaks(&[Rule::AppBackoff]);
    retried(&[1_000, 2_000, 3_900]).breaks(&[Rule::AppBackoff]);
    retried(&[1_000, 2_000, 4_000, 8_000]).breaks(&[Rule::AppBackoff]);
}

#[test]
fn a_new_trigger_begins_again() {
    let mut s = Stream::new();
    let action = s.queue(REP, patch(won()));
    let began = || EventKind::FlushBegan { trigger: Trigger::Minute, waiting: 1 };
    s.say(REP, began());
    for wait in [1, 2, 4] {
        let ticket = s.send_queued(REP, action, patch(won()));
        s.fail(&ticket, 500).wait(Span::seconds(wait));
    }
    s.say(REP, EventKind::FlushEnded { waiting: 1 }).say(REP, began());
    let ticket = s.send_queued(REP, action, patch(won()));
    s.fail(&ticket, 500).wait(Span::millis(500));
    s.is_fine();
    s.send_queued(REP, action, patch(won()));
    s.breaks(&[Rule::AppBackoff]);
}

#[test]
fn a_429_waits_as_told() {
    let limited = |wait| {
        let mut s = Stream::new();
        let ticket = s.send(REP, TAP, get());
        let error = Response::error(ErrorBody::new(ErrorCode::RateLimited, "slow down", "req_1"));
        s.answer(&ticket, Response { retry_after: Some(Span::seconds(7)), ..error });
        s.say(REP, EventKind::Logged { call: ticket.call, status: 429, request_id: "req_1".into(), leaks: None });
        s.wait(wait);
        s.again(&ticket);
        s
    };
    limited(Span::seconds(7)).holds(Rule::AppBackoff);
    limited(Span::seconds(6)).breaks(&[Rule::AppBackoff]);
}

fn create() -> Call {
    Call::CreateTask(TaskCreate {
        description: "Follow up".into(),
        assigned_to: Assignee::SalesRep,
        contact_card_id: None,
        lead_id: None,
        appointment_id: None,
        call_id: None,
        due_at: Some(at("23:00")),
        priority: None,
        source: None,
    })
}

#[test]
fn a_task_in_doubt_is_created_again_only_after_a_yes() {
    for another_call in [false, true] {
        for said in [None, Some(false), Some(true)] {
            let mut s = Stream::new();
            let lost = s.send(REP, Cause::Tap, create());
            s.lapse(&lost, NoAnswer::Timeout);
            if let Some(yes) = said {
                s.say(REP, EventKind::AskedToRetry { call: lost.call, yes });
            }
            if another_call {
                s.send(REP, Cause::Tap, create())
            } else {
                s.again(&lost)
            };
            if said == Some(true) { s.holds(Rule::AppCreateTaskAsks) } else { s.breaks(&[Rule::AppCreateTaskAsks]) }
        }
    }
}

#[test]
fn a_task_that_was_refused_or_never_left_may_be_sent_again() {
    let mut s = Stream::new();
    let first = s.send(REP, Cause::Tap, create());
    s.fail(&first, 401).say(REP, NEW_TOKEN);
    let second = s.again(&first);
    s.lapse(&second, NoAnswer::Unreachable);
    s.send(REP, Cause::Tap, create());
    s.is_fine();
    // A double tap sends the same while the first is under way.
    s.send(REP, Cause::Tap, create());
    s.breaks(&[Rule::AppCreateTaskAsks]);
}

#[test]
fn a_recording_starts_only_near_its_place() {
    let start = || {
        Call::StartRecording(RecordingStart {
            appointment_id: "appt_1".into(),
            rep_id: rep(REP),
            location: somewhere(),
            mode: None,
        })
    };
    let near =
        |distance_m, inside| EventKind::Geofence { appointment_id: "appt_1".into(), distance_m, accuracy_m: 5, inside };
    let mut s = Stream::new();
    s.say(REP, near(150, true)).send(REP, Cause::Tap, start());
    s.holds(Rule::AppGeofence);
    for check in [near(151, true), near(20, false)] {
        let mut s = Stream::new();
        s.say(REP, near(20, true)).say(REP, check).send(REP, Cause::Tap, start());
        s.breaks(&[Rule::AppGeofence]);
    }
    let mut s = Stream::new();
    s.send(REP, Cause::Tap, start());
    s.breaks(&[Rule::AppGeofence]);
}

fn poll(s: &mut Stream, status: Processing) {
    let ticket = s.send(REP, Cause::Poll, Call::GetRecording { session_id: "session_1".into() });
    let mut session = session();
    (session.transcription_status, session.analysis_status) = (status, status);
    s.ok(&ticket, recording(session));
}

#[test]
fn a_session_is_polled_every_five_seconds_until_it_is_final() {
    let mut s = Stream::new();
    s.say(REP, EventKind::PollBegan { session_id: "session_1".into() });
    for _ in 0..3 {
        poll(&mut s, Processing::InProgress);
        s.wait(Span::seconds(5));
    }
    poll(&mut s, Processing::Completed);
    s.holds(Rule::AppPolling);
    s.wait(Span::seconds(5));
    poll(&mut s, Processing::Completed);
    s.breaks(&[Rule::AppPolling]);
}

#[test]
fn polls_are_neither_too_fast_nor_too_long() {
    for wait in [Span::millis(4_900), Span::minutes(6)] {
        let mut s = Stream::new();
        s.say(REP, EventKind::PollBegan { session_id: "session_1".into() });
        poll(&mut s, Processing::InProgress);
        s.wait(wait);
        poll(&mut s, Processing::InProgress);
        s.breaks(&[Rule::AppPolling]);
    }
}

#[test]
fn polls_are_judged_at_the_pace_of_the_phones() {
    // Ten times as fast as specified: every half second, for half a minute and the time that a token may take.
    for (wait, holds) in [(Span::millis(470), false), (Span::millis(500), true), (Span::seconds(41), false)] {
        let mut s = Stream::new();
        s.settings.pace.polling = 10;
        s.say(REP, EventKind::PollBegan { session_id: "session_1".into() });
        poll(&mut s, Processing::InProgress);
        s.wait(wait);
        poll(&mut s, Processing::InProgress);
        if holds { s.holds(Rule::AppPolling) } else { s.breaks(&[Rule::AppPolling]) }
    }
}

#[test]
fn the_id_of_an_error_is_logged() {
    let mut s = Stream::new();
    let ticket = s.send(REP, TAP, get());
    s.fail(&ticket, 404);
    s.holds(Rule::AppRequestId);
    let error = |s: &mut Stream| {
        let ticket = s.send(REP, TAP, get());
        s.answer(&ticket, Response::error(ErrorBody::new(ErrorCode::NotFound, "no", "req_9")));
    };
    error(&mut s);
    let mut killed = s.clone();
    s.day_ends(REP, 0);
    s.breaks(&[Rule::AppRequestId]);
    killed.say(REP, EventKind::Killed).day_ends(REP, 0);
    killed.is_fine();
}

#[test]
fn every_error_has_its_envelope() {
    let answered = |response: Response| {
        let mut s = Stream::new();
        let ticket = s.send(OFFICE, Cause::Office, get());
        s.answer(&ticket, response);
        s
    };
    let error = |code, message: &str, id: &str| ErrorBody::new(code, message, id);
    answered(Response::error(error(ErrorCode::NotFound, "no", "req_1"))).holds(Rule::ErrorEnvelope);
    let foreign = |status| Response::of(status, Answer::Foreign("not json".into()));
    answered(foreign(503)).is_fine();
    answered(foreign(200)).is_fine();
    for bad in [
        Response::error(error(ErrorCode::NotFound, "", "req_1")),
        Response::error(error(ErrorCode::NotFound, "no", "")),
        Response { status: 403, ..Response::error(error(ErrorCode::NotFound, "no", "req_1")) },
        foreign(500),
    ] {
        answered(bad).breaks(&[Rule::ErrorEnvelope]);
    }
}

#[test]
fn slow_answers_break_a_rule_only_where_they_are_many() {
    let slow = |late: usize, of: usize| {
        let mut s = Stream::new();
        for n in 0..of {
            // A desk's line is good, so a time-out is the backend's.
            let ticket = s.send(OFFICE, Cause::Office, get());
            if n < late {
                s.wait(Span::seconds(10)).lapse(&ticket, NoAnswer::Timeout);
            } else {
                s.ok(&ticket, detail(&visit()));
            }
        }
        s
    };
    slow(2, 200).holds(Rule::LatencyTimeout);
    slow(3, 200).breaks_share();
    // Too few to say anything.
    assert_eq!(slow(3, 20).findings().count(Rule::LatencyTimeout).exercised, 0);
}

trait Share {
    fn breaks_share(&self);
}
impl Share for Stream {
    fn breaks_share(&self) {
        let mut findings = self.findings();
        assert_eq!(findings.count(Rule::LatencyTimeout).broken, 3);
        assert_eq!(findings.late.len(), 3);
        // A second cell without late answers brings the share below the threshold again.
        let mut punctual = Stream::new();
        for _ in 0..200 {
            punctual.call(OFFICE, get(), detail(&visit()));
        }
        findings.merge(punctual.findings());
        assert_eq!(findings.count(Rule::LatencyTimeout).broken, 0);
        assert_eq!(findings.count(Rule::LatencyTimeout).exercised, 400);
    }
}
