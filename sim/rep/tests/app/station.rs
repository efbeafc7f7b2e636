//! The station: what the network does to attempts, deadlines and their edges, and how late people are.

use crate::harness::*;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::token::Credential;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, CredentialKind, GroundTruth, NoAnswer};
use fieldday_kernel::time::Span;
use fieldday_rep::transport::scripted::Reply;
use fieldday_rep::transport::{Attempt, AttemptOutcome};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

/// Sends a request that is waited for that long; how it ended, and when.
fn attempt(bench: &Bench, request: Call, patience: i64) -> (AttemptOutcome, i64) {
    attempt_for(bench, (1, 0), request, Cause::Tap, patience)
}
/// The same as that attempt of that call, with that cause.
pub fn attempt_for(
    bench: &Bench,
    (call, attempt): (u32, u8),
    request: Call,
    cause: Cause,
    patience: i64,
) -> (AttemptOutcome, i64) {
    let (station, done) = (bench.phone.station.clone(), Rc::new(Cell::new(None)));
    let told = done.clone();
    bench.executor.handle().spawn(async move {
        let attempt = Attempt {
            call,
            attempt,
            request: Arc::new(request),
            credential: Rc::new(Credential::None),
            bearer: CredentialKind::None,
            cause,
            patience: Span::millis(patience),
            at_deadline: NoAnswer::Timeout,
        };
        let ended = station.attempt(attempt).await;
        told.set(Some((ended.outcome, ended.took)));
    });
    bench.run(patience);
    let (outcome, took) = done.take().expect("it ends by its deadline");
    (outcome, took.as_millis())
}
fn after(ms: i64) -> Reply {
    Reply::After(Span::millis(ms), Arc::new(Response::ok(Answer::Stored)))
}
fn truths(bench: &Bench) -> Vec<GroundTruth> {
    bench.recorded(|what| match what {
        EventKind::GroundTruth(truth) => Some(truth.clone()),
        _ => None,
    })
}

#[test]
fn an_answer_counts_that_comes_before_the_deadline_and_none_that_comes_at_it() {
    let bench = bench();
    bench.next(Call::Health.op(), [after(2_999)]);
    assert!(matches!(attempt(&bench, Call::Health, 3_000), (AttemptOutcome::Answered(_), 2_999)));
    assert!(truths(&bench).is_empty());
    for late in [3_000, 3_001, 60_000] {
        let bench = crate::harness::bench();
        bench.next(Call::Health.op(), [after(late)]);
        let (outcome, took) = attempt(&bench, Call::Health, 3_000);
        assert!(matches!(outcome, AttemptOutcome::Unanswered(NoAnswer::Timeout)) && took == 3_000, "{late}");
        assert_eq!(bench.backend.cancelled(), [(1, 0)], "the transport is told that nobody waits");
        bench.run(60_000);
        assert_eq!(truths(&bench), [GroundTruth::Late { call: 1, attempt: 0, status: 200 }], "{late}");
        assert_eq!(bench.phone.station.in_flight(), 0);
    }
}

#[test]
fn an_attempt_is_in_flight_until_the_transport_completes_it() {
    let bench = bench();
    bench.next(Call::Health.op(), [after(5_000), Reply::Silence]);
    attempt(&bench, Call::Health, 1_000);
    assert_eq!(bench.phone.station.in_flight(), 1, "the client has given up, the transport has not");
    bench.run(5_000);
    assert_eq!(bench.phone.station.in_flight(), 0);
    attempt(&bench, Call::Health, 1_000);
    assert_eq!(bench.phone.station.in_flight(), 1);
}

#[test]
fn a_connection_that_breaks_or_is_not_there_is_known_at_once() {
    for (reply, why, when) in [
        (Reply::Breaks(Span::millis(999)), NoAnswer::Broken, 999),
        (Reply::Breaks(Span::millis(1_000)), NoAnswer::Timeout, 1_000),
        (Reply::NoConnection, NoAnswer::Unreachable, 0),
    ] {
        let bench = bench();
        bench.next(Call::Health.op(), [reply]);
        let (outcome, took) = attempt(&bench, Call::Health, 1_000);
        assert!(matches!(outcome, AttemptOutcome::Unanswered(ended) if ended == why) && took == when, "{why:?}");
    }
}

#[test]
fn a_transport_that_knows_how_an_attempt_will_end_needs_no_timer() {
    let breaks = |ms| Reply::Breaks(Span::millis(ms));
    for (reply, ends) in [
        (after(999), Ok(999)),
        (after(1_000), Err((NoAnswer::Timeout, 1_000))),
        (after(60_000), Err((NoAnswer::Timeout, 1_000))),
        (breaks(999), Err((NoAnswer::Broken, 999))),
        (breaks(1_000), Err((NoAnswer::Timeout, 1_000))),
        (breaks(2_000), Err((NoAnswer::Timeout, 1_000))),
        (Reply::NoConnection, Err((NoAnswer::Unreachable, 0))),
        (Reply::Silence, Err((NoAnswer::Timeout, 1_000))),
    ] {
        let bench = bench();
        bench.backend.knows_ahead();
        bench.next(Call::Health.op(), [reply.clone()]);
        let (outcome, took) = attempt(&bench, Call::Health, 1_000);
        let ended = match outcome {
            AttemptOutcome::Answered(_) => Ok(took),
            AttemptOutcome::Unanswered(why) => Err((why, took)),
        };
        assert_eq!(ended, ends, "{reply:?}");
        assert_eq!((bench.phone.station.in_flight(), bench.backend.cancelled()), (0, vec![]), "{reply:?}");
    }
}

#[test]
fn every_attempt_has_draws_of_its_own_whatever_was_asked_before() {
    let complete = || Call::CompleteTask { task_id: "task_1".into() };
    let keys = |calls: &[(u32, u8, Call)]| -> Vec<u64> {
        let bench = bench();
        for (call, number, request) in calls {
            attempt_for(&bench, (*call, *number), request.clone(), Cause::Tap, 1_000);
        }
        bench.seen().iter().map(|seen| seen.key).collect()
    };
    let first = keys(&[(1, 0, complete()), (1, 1, complete()), (2, 0, complete())]);
    assert!(first[0] != first[1] && first[0] != first[2] && first[1] != first[2], "{first:?}");
    let with_another = keys(&[(1, 0, Call::Health), (2, 0, complete()), (2, 1, complete()), (3, 0, complete())]);
    assert_eq!(first, with_another[1..]);
}

#[test]
fn an_attempt_belongs_to_its_call_as_long_as_that_is_among_the_last_sixty_four() {
    for (others, is_known) in [(0, true), (1, true), (63, true), (64, false)] {
        let bench = bench();
        for call in (1..=others + 1).chain([1]) {
            attempt_for(&bench, (call, 0), Call::Health, Cause::Poll, 200);
        }
        let keys: Vec<u64> = bench.seen().iter().map(|seen| seen.key).collect();
        assert_eq!(keys.first() == keys.last(), is_known, "{others} calls between");
    }
}

#[test]
fn a_phone_opens_a_connection_for_its_first_request_and_after_it_was_without_a_network() {
    let reconnects = |bench: &Bench, times: &[i64]| -> Vec<bool> {
        for (call, ms) in (1..).zip(times) {
            bench.run_to(*ms);
            attempt_for(bench, (call, 0), Call::Health, Cause::Tap, 1_000);
        }
        bench.seen().iter().map(|seen| seen.reconnects).collect()
    };
    let mobile = bench_offline(&[(5_000, 8_000)], |_| {});
    assert_eq!(reconnects(&mobile, &[0, 2_000, 10_000, 12_000]), [true, false, true, false]);
    // A steady line is always there.
    assert_eq!(reconnects(&bench(), &[0, 2_000]), [false, false]);
}

#[test]
fn without_a_network_nothing_leaves_the_phone() {
    let bench = bench_offline(&[(0, 10_000)], |_| {});
    let (outcome, took) = attempt(&bench, Call::Health, 3_000);
    assert!(matches!(outcome, AttemptOutcome::Unanswered(NoAnswer::Unreachable)) && took == 5);
    assert!(bench.seen().is_empty());
}

#[test]
fn an_answer_is_lost_if_the_network_goes_while_it_is_on_its_way() {
    let bench = bench_offline(&[(500, 10_000)], |_| {});
    bench.next(Call::Health.op(), [after(1_000)]);
    let (outcome, took) = attempt(&bench, Call::Health, 3_000);
    assert!(matches!(outcome, AttemptOutcome::Unanswered(NoAnswer::Timeout)) && took == 3_000);
    assert_eq!(truths(&bench), [GroundTruth::LostOnTheWayBack { call: 1, attempt: 0, status: 200 }]);
}

#[test]
fn an_upload_is_cut_where_the_network_ends() {
    let bench = bench_offline(&[(500, 10_000)], |_| {});
    let (outcome, took) = attempt(&bench, Call::PutAudio { key: "k".into(), bytes: 100_000_000 }, 3_000);
    assert!(matches!(outcome, AttemptOutcome::Unanswered(NoAnswer::Broken)) && took == 500);
    assert!(matches!(truths(&bench)[..], [GroundTruth::CutMidUpload { call: 1, attempt: 0, sent_bytes: 1.. }]));
    assert!(bench.seen().is_empty(), "half an upload changes nothing");
    // Whoever does not wait longer than until then has given up before.
    for (patience, why) in [(501, NoAnswer::Broken), (500, NoAnswer::Timeout), (499, NoAnswer::Timeout)] {
        let bench = bench_offline(&[(500, 10_000)], |_| {});
        let (outcome, took) = attempt(&bench, Call::PutAudio { key: "k".into(), bytes: 100_000_000 }, patience);
        let is_so = matches!(outcome, AttemptOutcome::Unanswered(ended) if ended == why);
        assert!(is_so && took == patience.min(500), "{patience} ms: {took} ms");
    }
}

#[test]
fn a_person_is_late_for_the_call_that_was_due_and_for_no_other() {
    let bench = bench();
    let station = bench.phone.station.clone();
    bench.run_to(10_000);
    station.was_due(at(7_000));
    attempt(&bench, Call::Health, 1_000);
    assert_eq!(
        (station.late(1, 0), station.late(1, 1), station.late(2, 0)),
        (Span::seconds(3), Span::ZERO, Span::ZERO)
    );
    station.was_due(at(60_000));
    let bench = crate::harness::bench();
    bench.phone.station.was_due(at(60_000));
    attempt(&bench, Call::Health, 1_000);
    assert_eq!(bench.phone.station.late(1, 0), Span::ZERO, "nobody is late for what is yet to come");
}

#[test]
fn the_phone_knows_for_how_long_it_has_had_a_network() {
    let bench = bench_offline(&[(60_000, 120_000)], |_| {});
    let online_for = |ms| {
        bench.run_to(ms);
        (bench.phone.station.online(), bench.phone.station.online_for().map(|span| span.as_seconds()))
    };
    assert_eq!(online_for(59_999), (true, Some(1_800)), "as far back as it remembers");
    assert_eq!(online_for(60_000), (false, None));
    assert_eq!(online_for(119_999), (false, None));
    assert_eq!(online_for(120_000), (true, Some(0)));
    assert_eq!(online_for(300_000), (true, Some(180)));
}
