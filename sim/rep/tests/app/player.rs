//! A player of a script: when it sends what, if answers take longer than the day took.

use crate::harness::*;
use fieldday_api::call::{Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::fixed::Fixed;
use fieldday_api::wire::recordings::{Location, RecordingStart};
use fieldday_api::wire::shifts::ClockIn;
use fieldday_kernel::time::Span;
use fieldday_rep::player::{Line, MadeThings, Player, Script};
use fieldday_rep::transport::scripted::Reply;
use std::rc::Rc;
use std::sync::Arc;

fn line(ms: i64, call: Call, makes: Option<&str>) -> Line {
    Line { at: Span::millis(ms), call: Arc::new(call), makes: makes.map(Into::into) }
}
fn starts(ms: i64, session: &str) -> Line {
    let location = Location { lat: Fixed(0), lng: Fixed(0) };
    let body = RecordingStart { appointment_id: "a".into(), rep_id: "rep_1".into(), location, mode: None };
    line(ms, Call::StartRecording(body), Some(session))
}
fn polls(ms: i64, session: &str) -> Line {
    line(ms, Call::GetRecording { session_id: session.into() }, None)
}

/// Plays these lines from the start on, as a script is played.
fn plays(bench: &Bench, lines: Vec<Line>) {
    plays_among(bench, &Rc::default(), Script { before: Vec::new(), lines });
}
/// The same beside players who have made these.
fn plays_among(bench: &Bench, made: &Rc<MadeThings>, script: Script) {
    let mut player = Player::new(bench.phone.station.clone(), script, made.clone());
    bench.executor.handle().spawn(async move {
        player.prepares().await;
        player.plays(async { start() }).await;
    });
    bench.run_to(60_000);
}

/// A backend that starts recordings slowly: the answer comes after two seconds.
fn slow_to_start(bench: &Bench) {
    let body = started("session_live", None, start());
    bench.always(Op::StartRecording, Reply::After(Span::seconds(2), Arc::new(Response::ok(body))));
}

#[test]
fn what_needs_the_id_of_a_recording_waits_for_it_and_nothing_else_does() {
    let bench = bench();
    slow_to_start(&bench);
    plays(
        &bench,
        vec![
            starts(0, "sim"),
            polls(500, "sim"),
            line(1_000, Call::Health, None),
            polls(1_500, "sim"),
            polls(3_000, "sim"),
        ],
    );
    assert_eq!(bench.times(Op::StartRecording), [0], "one start: the target would refuse another");
    assert_eq!(bench.times(Op::Health), [1_000], "sent when it was due");
    assert_eq!(bench.times(Op::GetRecording), [2_000, 2_000, 3_000], "sent when the id was known, then when due");
    let id = |call: &Call| call.path_id().map(ToString::to_string);
    assert!(bench.requests(Op::GetRecording).iter().all(|call| id(call).as_deref() == Some("session_live")));
    // Whoever waits for a slow target is late, and the latency from when a call was due has that in it.
    let late: Vec<i64> = (1..=5).map(|call| bench.phone.station.late(call, 0).as_millis()).collect();
    assert_eq!(late, [0, 0, 1_500, 500, 0]);
}

#[test]
fn a_start_that_only_asks_for_a_fresh_url_keeps_nobody_waiting() {
    let bench = bench();
    slow_to_start(&bench);
    plays(&bench, vec![starts(0, "sim"), polls(3_000, "sim"), starts(4_000, "sim"), polls(4_500, "sim")]);
    assert_eq!(bench.times(Op::StartRecording), [0, 4_000]);
    assert_eq!(bench.times(Op::GetRecording), [3_000, 4_500], "the id was known already");
}

#[test]
fn a_recording_that_could_not_be_started_is_started_once_more_in_place_of_the_next_request_about_it() {
    let bench = bench();
    slow_to_start(&bench);
    bench.next(Op::StartRecording, [fails(503)]);
    plays(
        &bench,
        vec![starts(0, "sim"), polls(50, "sim"), polls(1_000, "sim"), polls(1_200, "sim"), polls(5_000, "sim")],
    );
    // The first poll waits 50 ms for the failure and becomes the second start, for which the others wait.
    assert_eq!(bench.times(Op::StartRecording), [0, 100]);
    assert_eq!(bench.times(Op::GetRecording), [2_100, 2_100, 5_000]);
}

#[test]
fn what_another_player_of_the_cell_made_has_the_id_that_the_target_gave_it() {
    let (bench, made) = (bench(), Rc::default());
    slow_to_start(&bench);
    plays_among(&bench, &made, Script { before: vec![starts(0, "sim")], lines: Vec::new() });
    plays_among(&bench, &made, Script { before: Vec::new(), lines: vec![polls(0, "sim"), polls(0, "known")] });
    let ids: Vec<String> =
        bench.requests(Op::GetRecording).iter().filter_map(|call| call.path_id().map(ToString::to_string)).collect();
    assert_eq!(ids, ["session_live", "known"], "an id that nobody here made is one of the target's rows");
}

#[test]
fn who_clocks_in_does_so_now() {
    let bench = bench();
    let body = ClockIn { desired_start_time: Some(at(-5_000)), notes: None };
    plays(&bench, vec![line(0, Call::ClockIn { rep_id: "rep_1".into(), body }, None)]);
    assert_eq!(bench.requests(Op::ClockIn), [Call::ClockIn { rep_id: "rep_1".into(), body: ClockIn::default() }]);
}
