//! What is tried again, when and how often (§0.3), and how long an answer is waited for (§0.4).

use crate::harness::*;
use fieldday_api::call::{Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::wire::tasks::TaskPatch;
use fieldday_history::EventKind;
use fieldday_history::event::{CredentialKind, NoAnswer, UserAction};
use fieldday_kernel::time::Span;
use fieldday_rep::transport::scripted::Reply;
use std::sync::Arc;

fn updates(bench: &Bench) -> bool {
    bench.done(|app| async move { app.update_task(&"task_1".into(), TaskPatch::default()).await })
}

#[test]
fn after_a_failure_of_the_server_three_retries_follow_after_1_2_and_4_s() {
    for status in [500, 502, 503, 504, 599] {
        let bench = bench();
        bench.always(Op::UpdateTask, fails(status));
        assert!(!updates(&bench));
        assert_eq!(bench.waits(Op::UpdateTask), [1_100, 2_100, 4_100], "each after an answer of 100 ms");
        bench.run(600_000);
        assert_eq!(bench.times(Op::UpdateTask).len(), 4, "and no more");
        let attempts: Vec<_> = bench.seen().iter().map(|seen| (seen.call, seen.attempt)).collect();
        assert_eq!(attempts, [(1, 0), (1, 1), (1, 2), (1, 3)]);
    }
}

#[test]
fn a_retry_that_goes_well_is_the_last() {
    let bench = bench();
    bench.next(Op::UpdateTask, [fails(500), fails(503), Reply::soon(error(500, "no"))]);
    assert!(updates(&bench));
    assert_eq!(bench.times(Op::UpdateTask).len(), 4);
}

#[test]
fn fewer_retries_may_be_set() {
    let bench = bench_with(|settings| settings.retrying.retries = 1);
    bench.always(Op::UpdateTask, fails(500));
    assert!(!updates(&bench));
    assert_eq!(bench.waits(Op::UpdateTask), [1_100]);
}

#[test]
fn what_asks_to_wait_is_waited_for() {
    for (status, seconds, waited) in [(429, 7, 7_100), (503, 7, 7_100), (503, 0, 1_100)] {
        let bench = bench();
        bench.next(Op::UpdateTask, [asks_to_wait(status, seconds)]);
        assert!(updates(&bench));
        assert_eq!(bench.waits(Op::UpdateTask), [waited], "{status}");
    }
    // Without a time, a 429 waits as a failure does, and no more often.
    let bench = bench();
    bench.always(Op::UpdateTask, fails(429));
    assert!(!updates(&bench));
    assert_eq!(bench.waits(Op::UpdateTask), [1_100, 2_100, 4_100]);
}

#[test]
fn a_401_brings_a_new_token_and_one_more_attempt() {
    let bench = bench();
    bench.next(Op::UpdateTask, [fails(401)]);
    assert!(updates(&bench));
    let issued: Vec<_> = bench.seen().iter().map(|seen| seen.claims.clone().unwrap().issued_at).collect();
    assert_eq!(issued, [at(0), at(100)]);
    bench.run_to(30_000);
    bench.always(Op::UpdateTask, fails(401));
    assert!(!updates(&bench));
    assert_eq!(bench.times(Op::UpdateTask).len(), 4, "a second 401 is an answer");
    assert_eq!(bench.backend.tokens_asked(), [at(0), at(100), at(30_100)]);
}

#[test]
fn a_refusal_for_good_is_not_tried_again() {
    for status in [400, 403, 404, 408, 422, 499] {
        let bench = bench();
        bench.always(Op::UpdateTask, fails(status));
        assert!(!updates(&bench));
        assert_eq!(bench.times(Op::UpdateTask).len(), 1, "{status}");
    }
}

#[test]
fn an_answer_is_waited_for_as_long_as_its_class_allows() {
    let bench = bench();
    bench.always(Op::UpdateTask, Reply::Silence);
    assert!(!updates(&bench));
    assert_eq!((bench.now(), bench.times(Op::UpdateTask).len()), (5_000, 1));
    let bench = bench_with(|settings| settings.pace.timeouts = 10);
    bench.always(Op::ShiftToday, Reply::Silence);
    assert!(bench.done(|app| async move { app.open_shift().await }).is_none());
    assert_eq!(bench.now(), 1_000);
}

#[test]
fn a_person_cancels_sooner_than_that_if_they_lose_patience() {
    for (patience, ends, why) in [(4_999, 4_999, NoAnswer::Cancelled), (5_000, 5_000, NoAnswer::Timeout)] {
        let bench = bench_with(|settings| settings.patience = Span::millis(patience));
        bench.always(Op::UpdateTask, Reply::Silence);
        assert!(!updates(&bench));
        let reasons = bench.happened(|what| match what {
            EventKind::Unanswered { why, .. } => Some(*why),
            _ => None,
        });
        assert_eq!(reasons, [(ends, why)]);
        let pressed = bench.events().contains(&EventKind::Person(UserAction::LosesPatience));
        assert_eq!(pressed, why == NoAnswer::Cancelled);
    }
    // Nobody waits for the queue, so nobody cancels it.
    let bench = bench_with(|settings| settings.patience = Span::seconds(1));
    bench.always(Op::ClockOut, Reply::Silence);
    bench.done(|app| async move { app.clock_out().await });
    bench.run_to(6_000);
    assert!(!bench.events().contains(&EventKind::Person(UserAction::LosesPatience)));
}

#[test]
fn an_indicator_is_shown_after_a_second() {
    for (takes, shown) in [(999, None), (1_000, None), (1_001, Some(1)), (4_000, Some(3_000))] {
        let bench = bench();
        let answer = good(&Call::UpdateTask { task_id: "task_1".into(), body: TaskPatch::default() }, start());
        bench.next(Op::UpdateTask, [Reply::After(Span::millis(takes), Arc::new(Response::ok(answer)))]);
        assert!(updates(&bench));
        let spinners = bench.recorded(|what| match what {
            EventKind::Spinner { op: Op::UpdateTask, during } => Some(during.as_millis()),
            _ => None,
        });
        assert_eq!(spinners, shown.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn retrying_is_shown_to_a_person_who_waits_and_to_nobody_else() {
    let retrying =
        |bench: &Bench| bench.events().iter().filter(|what| matches!(what, EventKind::Retrying { .. })).count();
    let bench = bench();
    bench.always(Op::UpdateTask, fails(500));
    updates(&bench);
    assert_eq!(retrying(&bench), 3);
    bench.always(Op::ClockOut, fails(500));
    bench.done(|app| async move { app.clock_out().await });
    bench.run_to(30_000);
    assert_eq!((retrying(&bench), bench.times(Op::ClockOut).len()), (3, 4));
}

#[test]
fn the_id_of_every_error_is_logged_with_nothing_private() {
    let bench = bench();
    bench.next(Op::UpdateTask, [fails(500), fails(404)]);
    updates(&bench);
    let logged = bench.recorded(|what| match what {
        EventKind::Logged { call, status, request_id, leaks } => Some((*call, *status, request_id.to_string(), *leaks)),
        _ => None,
    });
    assert_eq!(logged, [(1, 500, "req_500".into(), None), (1, 404, "req_404".into(), None)]);
}

#[test]
fn spread_waits_are_drawn_from_nothing_to_twice_the_wait_after_what_was_asked() {
    let mut waits = Vec::new();
    let bench = bench_with(|settings| settings.retrying.jitter = true);
    for _ in 0..40 {
        let before = bench.times(Op::UpdateTask).len();
        bench.next(Op::UpdateTask, [fails(500)]);
        updates(&bench);
        waits.push(bench.waits(Op::UpdateTask)[before] - 100);
    }
    assert!(waits.iter().all(|wait| (0..=2_000).contains(wait)), "{waits:?}");
    assert!(waits.iter().any(|w| *w < 700) && waits.iter().any(|w| *w > 1_300), "{waits:?}");
    let before = bench.times(Op::UpdateTask).len();
    bench.next(Op::UpdateTask, [asks_to_wait(429, 7)]);
    updates(&bench);
    let wait = bench.waits(Op::UpdateTask)[before] - 100;
    assert!((7_000..=21_000).contains(&wait), "{wait}");
}

#[test]
fn each_wait_of_a_call_is_drawn_for_itself() {
    let bench = bench_with(|settings| settings.retrying.jitter = true);
    bench.next(Op::UpdateTask, [asks_to_wait(429, 1), asks_to_wait(429, 1), asks_to_wait(429, 1)]);
    updates(&bench);
    let waits = bench.waits(Op::UpdateTask);
    assert_eq!(waits.len(), 3);
    assert!(waits[0] != waits[1] && waits[1] != waits[2], "{waits:?}");
    // From nothing to twice nothing there is nothing to draw.
    let before = waits.len() + 1;
    bench.next(Op::UpdateTask, [asks_to_wait(429, 0)]);
    updates(&bench);
    assert_eq!(bench.waits(Op::UpdateTask)[before..], [100]);
}

#[test]
fn audio_takes_as_long_as_it_takes_but_for_the_other_reading() {
    for (has_30_s, ended) in [(false, vec![]), (true, vec![30_000])] {
        let bench = bench_with(|settings| settings.audio_has_30_s = has_30_s);
        bench.always(Op::PutAudio, Reply::Silence);
        bench.done(|app| async move {
            app.start_recording(&"a".into(), Default::default(), fieldday_api::names::RecordingMode::Full).await;
            app.stop_recording(64).await
        });
        bench.run(80_000);
        let took = bench.recorded(|what| match what {
            EventKind::Unanswered { took, why: NoAnswer::Timeout, .. } => Some(took.as_millis()),
            _ => None,
        });
        assert_eq!(took, ended);
    }
}

#[test]
fn what_kind_of_token_goes_along_is_recorded() {
    use fieldday_rep::transport::scripted::TokenReply;
    let kinds = |bench: &Bench| bench.sent().into_iter().map(|sent| sent.bearer).collect::<Vec<_>>();
    // Tokens that have expired when they come: the phone has no other.
    let ago = |ms| CredentialKind::Expired { ago: Span::millis(ms) };
    for (lives, kind) in [(60_000, CredentialKind::Own), (0, CredentialKind::Own), (-1, ago(1)), (-3_000, ago(3_000))] {
        let bench = bench();
        bench.backend.tokens(TokenReply::Issued { after: Span::ZERO, lives: Span::millis(lives) });
        updates(&bench);
        assert_eq!(kinds(&bench), [kind]);
    }
    // The store knows its URL and nobody's token.
    let bench = bench();
    bench.done(|app| async move {
        app.start_recording(&"a".into(), Default::default(), fieldday_api::names::RecordingMode::Full).await;
        app.stop_recording(64).await
    });
    bench.run(10_000);
    for sent in bench.sent() {
        let kind = if sent.request.op() == Op::PutAudio { CredentialKind::None } else { CredentialKind::Own };
        assert_eq!(sent.bearer, kind, "{:?}", sent.request.op());
    }
    assert_eq!(bench.times(Op::PutAudio).len(), 1);
}
