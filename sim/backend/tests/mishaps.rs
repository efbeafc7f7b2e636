//! Legal trouble: what it does, when, and to whom.

mod common;
use common::*;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::error::ErrorCode;
use fieldday_api::mishap::{Figures, Mishap, MishapKind};
use fieldday_api::names::*;
use fieldday_backend::{Backend, Config, Request, Served};
use fieldday_kernel::time::{Span, Time};
use proptest::prelude::*;

fn mishap(kind: MishapKind) -> Mishap {
    with(kind, Figures::default())
}
fn with(kind: MishapKind, figures: Figures) -> Mishap {
    Mishap {
        name: "trouble".into(),
        kind,
        figures,
        from: MORNING,
        until: MORNING + Span::hours(1),
        rate_ppm: 1_000_000,
        ops: Vec::new(),
        tenant: None,
    }
}
fn serve(world: &mut World, call: Call) -> Served {
    let credential = token("a1", world.now);
    world.serve(&credential, &call)
}

#[test]
fn an_error_before_the_commit_changes_nothing_and_one_after_it_does() {
    for (kind, status, changes) in
        [(MishapKind::ErrorBeforeCommit, 503, false), (MishapKind::ErrorAfterCommit, 502, true)]
    {
        let mut world = struck_by(with(kind, Figures { status, ..Figures::default() }));
        let answer = world.ask("a1", noted("appt_a1_1", "new"));
        assert_eq!((answer.status, code(&answer)), (status, Some(ErrorCode::InternalError)));
        world.wait(Span::hours(1));
        let after = world.ask("a1", get("appt_a1_1"));
        assert_eq!(detail(&after).appointment.notes == Some("new".into()), changes);
    }
}

#[test]
fn a_lost_answer_says_to_replays_alone_whether_it_took_effect() {
    let mut world = struck_by(mishap(MishapKind::LostAnswer));
    assert_eq!(serve(&mut world, noted("appt_a1_1", "new")), Served::Cut { took_effect: true });
    assert_eq!(serve(&mut world, noted("appt_a2_1", "new")), Served::Cut { took_effect: false }, "403 all the same");
    assert_eq!(serve(&mut world, get("appt_a1_1")), Served::Cut { took_effect: false });
    world.wait(Span::hours(1));
    assert_eq!(detail(&world.ask("a1", get("appt_a1_1"))).appointment.notes, Some("new".into()));
}

#[test]
fn a_restart_cuts_what_is_under_way_and_refuses_until_it_is_up() {
    let restart =
        Mishap { from: MORNING + Span::seconds(10), until: MORNING + Span::seconds(40), ..mishap(MishapKind::Restart) };
    let mut world = struck_by(restart);
    let mut at = |arrived: i64, effect: i64| {
        world.now = MORNING + Span::millis(arrived);
        world.work = Span::millis(effect - arrived);
        serve(&mut world, noted("appt_a1_1", "new")) == Served::Cut { took_effect: false }
    };
    let cuts = [(9_000, 9_999), (9_999, 10_000), (10_000, 10_001), (39_999, 40_010), (40_000, 40_010)];
    assert_eq!(cuts.map(|(arrived, effect)| at(arrived, effect)), [false, true, true, true, false]);
    assert!(!at(40_100, 40_101));
}

#[test]
fn a_rate_limit_answers_429_with_its_retry_after() {
    let mut world = struck_by(with(MishapKind::RateLimit, Figures { retry_after_s: 7, ..Figures::default() }));
    let answer = world.ask("a1", get("appt_a1_1"));
    assert_eq!((answer.status, answer.retry_after), (429, Some(Span::seconds(7))));
    assert_eq!(code(&answer), Some(ErrorCode::RateLimited));
}

#[test]
fn a_mishap_strikes_its_endpoints_and_its_tenant_alone() {
    let mut limited = mishap(MishapKind::ErrorBeforeCommit);
    limited.ops = vec![Op::GetAppointment];
    limited.tenant = Some(s("org_a"));
    let mut world = struck_by(limited);
    assert_eq!(world.status("a1", get("appt_a1_1")), 500);
    assert_eq!(world.status("a1", noted("appt_a1_1", "new")), 200);
    assert_eq!(world.status("b", get("appt_b_1")), 200);
    world.wait(Span::hours(1));
    assert_eq!(world.status("a1", get("appt_a1_1")), 200, "its end is exclusive");
}

#[test]
fn slowness_adds_for_as_long_as_it_lasts() {
    let slow = with(MishapKind::Slow, Figures { extra_ms: 1_000, ..Figures::default() });
    let (slow, plain) = (struck_by(slow), common::world(quick()));
    let (call, credential) = (get("appt_a1_1"), token("a1", MORNING));
    for key in 0..100 {
        let request = Request { call: &call, credential: &credential, key };
        let usual = plain.backend.service_time(MORNING, &request);
        assert_eq!(slow.backend.service_time(MORNING, &request), usual + Span::seconds(1));
        assert_eq!(slow.backend.service_time(MORNING + Span::hours(1), &request), usual);
    }
}

/// When a full session stopped in the morning is completely analysed, and how it ends.
fn processing(mut world: World) -> (Span, Processing, Processing) {
    world.ask("a1", clock_in("a1"));
    let id = started(&world.ask("a1", start("a1", "appt_a1_1", RecordingMode::Full))).recording_session_id.clone();
    world.ask("a1", stop(&id));
    world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
    let enqueued = world.now;
    for _ in 0..3_600 {
        let answer = world.wait(Span::seconds(1)).ask("a1", poll(&id));
        let (transcription, analysis) = (session(&answer).transcription_status, session(&answer).analysis_status);
        if analysis.is_final() || transcription == Processing::Failed {
            return (world.now.since(enqueued), transcription, analysis);
        }
    }
    panic!("not processed within an hour");
}

#[test]
fn shunya_may_be_slow_or_fail() {
    let slow = with(MishapKind::ShunyaSlow, Figures { factor: 2, ..Figures::default() });
    let (usual, ..) = processing(common::world(quick()));
    let (slowed, _, done) = processing(struck_by(slow));
    assert_eq!(done, Processing::Completed);
    assert!((slowed - usual.times(2)).as_seconds().abs() <= 2, "{slowed} and {usual}");
    let (_, transcription, analysis) = processing(struck_by(mishap(MishapKind::ShunyaFails)));
    assert_eq!((transcription, analysis), (Processing::Failed, Processing::NotStarted));
}

/// Whether each of 3,000 requests is struck, by its status.
fn struck(mishaps: Vec<Mishap>) -> Vec<u16> {
    let mut backend = Backend::new(Config { mishaps, ..quick() }, 7, MORNING, tenants());
    let (call, credential) = (get("appt_a1_1"), token("a1", MORNING));
    let mut status = |key| {
        let request = Request { call: &call, credential: &credential, key };
        match backend.serve(MORNING, MORNING, &request, None) {
            Served::Answered(response) => response.status,
            Served::Cut { .. } => 0,
        }
    };
    (0..3_000).map(&mut status).collect()
}

#[test]
fn switching_one_mishap_off_changes_no_draw_of_another() {
    let one = Mishap { name: "one".into(), rate_ppm: 100_000, ..mishap(MishapKind::ErrorBeforeCommit) };
    let two = Mishap {
        name: "two".into(),
        rate_ppm: 50_000,
        ..with(MishapKind::ErrorBeforeCommit, Figures { status: 503, ..Figures::default() })
    };
    let (both, alone) = (struck(vec![one.clone(), two.clone()]), struck(vec![two]));
    let hit = alone.iter().filter(|status| **status == 503).count();
    assert!((100..200).contains(&hit), "{hit} of 3,000 at 5 %");
    let first = struck(vec![one]);
    assert!(first.contains(&500), "the first strikes, too");
    // Whatever the first one leaves alone, the second one strikes as if it were the only one.
    let expected: Vec<u16> =
        first.iter().zip(&alone).map(|(first, alone)| if *first == 500 { 500 } else { *alone }).collect();
    assert_eq!(both, expected);
}

proptest! {
    /// Times of service belong to the request, not to the order in which requests are asked about.
    #[test]
    fn a_request_is_worked_on_for_as_long_whoever_asks_when(keys in proptest::collection::vec(any::<u64>(), 1..20)) {
        let world = common::world(quick());
        let (call, credential) = (get("appt_a1_1"), token("a1", MORNING));
        let time = |key: &u64| world.backend.service_time(Time::default(), &Request { call: &call, credential: &credential, key: *key });
        let forward: Vec<Span> = keys.iter().map(time).collect();
        let mut backward: Vec<Span> = keys.iter().rev().map(time).collect();
        backward.reverse();
        prop_assert_eq!(forward, backward);
    }
}
