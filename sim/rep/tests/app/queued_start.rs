//! The other reading of §0.4: a start waits in the queue, and the visit is recorded under a stand-in for its session.

use crate::harness::*;
use crate::recording::{ended, starts, stops};
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::names::RecordingMode;
use fieldday_radio::place::Point;
use fieldday_rep::app::Started;
use fieldday_rep::transport::scripted::Reply;

#[test]
fn in_the_other_reading_a_start_waits_in_the_queue_and_its_session_is_adopted() {
    let bench = bench_offline(&[(0, 60_000)], |settings| settings.start_is_queued = true);
    assert_eq!(starts(&bench), Started::Recording);
    assert_eq!(stops(&bench).as_deref(), Some("queued-start-1"));
    bench.run_to(200_000);
    let Call::StopRecording { session_id, .. } = &bench.requests(Op::StopRecording)[0] else { panic!() };
    assert_eq!((session_id.as_str(), ended(&bench)), ("session_a", vec!["session_a".into()]));
    // Refused, it takes with it what was done under its stand-in.
    let bench = bench_offline(&[(0, 60_000)], |settings| settings.start_is_queued = true);
    starts(&bench);
    stops(&bench);
    bench.next(Op::StartRecording, [fails(400)]);
    bench.run_to(200_000);
    assert_eq!(bench.ops(), [Op::StartRecording]);
    assert_eq!(bench.settled().len(), 2);
    assert!(bench.phone.storage.borrow().uploads.is_empty() && bench.queue().is_empty());
}

/// Two visits without a network, their starts and stops in the queue. What comes of the first start is given.
fn two_queued_starts(first: Option<Reply>) -> Bench {
    let bench = bench_offline(&[(0, 60_000)], |settings| settings.start_is_queued = true);
    for visit in ["b", "c"] {
        bench.done(move |app| async move {
            app.start_recording(&visit.into(), Point::default(), RecordingMode::Full).await;
            app.stop_recording(64).await
        });
    }
    bench.next(Op::StartRecording, first);
    bench.run_to(200_000);
    bench
}
fn sessions_stopped(bench: &Bench) -> Vec<String> {
    bench.requests(Op::StopRecording).iter().filter_map(|call| call.path_id().map(String::from)).collect()
}

#[test]
fn each_queued_start_hands_its_session_to_its_own_stop_and_audio() {
    let bench = two_queued_starts(None);
    assert_eq!(bench.ops()[..4], [Op::StartRecording, Op::StopRecording, Op::StartRecording, Op::StopRecording]);
    assert_eq!(sessions_stopped(&bench), ["session_b", "session_c"]);
    assert_eq!(ended(&bench), ["session_b", "session_c"]);
    let keys: Vec<_> = bench.requests(Op::PutAudio).iter().map(|call| format!("{call:?}")).collect();
    assert!(keys.len() == 2 && keys[0] != keys[1], "{keys:?}");
    assert_eq!(bench.phone.storage.borrow().sessions, ["session_b", "session_c"]);
}

#[test]
fn a_refused_queued_start_takes_nothing_of_another_with_it() {
    use fieldday_history::event::Settlement::{Done, Refused};
    let bench = two_queued_starts(Some(fails(400)));
    assert_eq!(sessions_stopped(&bench), ["session_c"]);
    assert_eq!(ended(&bench), ["session_c"]);
    let status = 400;
    assert_eq!(bench.settled(), [(1, Refused { status }), (2, Refused { status }), (3, Done), (4, Done)]);
    assert_eq!(bench.phone.storage.borrow().sessions, ["session_c"]);
}

#[test]
fn a_recording_that_runs_gets_the_session_of_its_queued_start_or_ends_with_it() {
    for refused in [false, true] {
        let bench = bench_offline(&[(0, 60_000)], |settings| settings.start_is_queued = true);
        starts(&bench);
        bench.next(Op::StartRecording, refused.then(|| fails(400)));
        bench.run_to(70_000);
        assert_eq!(stops(&bench).as_deref(), (!refused).then_some("session_a"));
        bench.run(10_000);
        assert_eq!(ended(&bench).len(), usize::from(!refused));
    }
    // A start that was settled is not that of the recording which runs now.
    let bench = bench_offline(&[(0, 60_000)], |settings| settings.start_is_queued = true);
    starts(&bench);
    stops(&bench);
    bench.done(|app| async move { app.start_recording(&"c".into(), Point::default(), RecordingMode::Full).await });
    bench.next(Op::StartRecording, [fails(400)]);
    bench.run_to(70_000);
    assert_eq!(stops(&bench).as_deref(), Some("session_c"));
}
