//! Recording (§2.3) and its audio (§0.2).

use crate::harness::*;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::names::RecordingMode;
use fieldday_history::EventKind;
use fieldday_history::event::Cause;
use fieldday_kernel::time::Span;
use fieldday_radio::place::Point;
use fieldday_rep::app::Started;
use fieldday_rep::transport::scripted::Reply;

pub fn starts_at(bench: &Bench, metres: i32, mode: RecordingMode) -> Started {
    let place = Point::metres(metres, 0);
    bench.done(move |app| async move { app.start_recording(&"a".into(), place, mode).await })
}
pub fn starts(bench: &Bench) -> Started {
    starts_at(bench, 0, RecordingMode::Full)
}
pub fn stops(bench: &Bench) -> Option<SmolStr> {
    bench.done(|app| async move { app.stop_recording(64).await })
}
pub fn ended(bench: &Bench) -> Vec<SmolStr> {
    bench.recorded(|what| match what {
        EventKind::UploadEnded { session_id, .. } => Some(session_id.clone()),
        _ => None,
    })
}

#[test]
fn a_recording_starts_within_150_m_of_the_place_and_not_beyond() {
    for (metres, started) in [(150, Started::Recording), (151, Started::OutsideGeofence)] {
        let bench = bench();
        assert_eq!(starts_at(&bench, metres, RecordingMode::Full), started);
        assert_eq!(bench.ops().len(), usize::from(started == Started::Recording));
    }
}

#[test]
fn a_start_needs_an_answer() {
    let bench = bench();
    bench.next(Op::StartRecording, [fails(400)]);
    assert_eq!(starts(&bench), Started::Refused);
    bench.always(Op::StartRecording, Reply::Silence);
    assert_eq!(starts(&bench), Started::NoAnswer);
    assert_eq!(bench.times(Op::StartRecording).len(), 5, "safe to repeat, so three times more");
    let bench = bench_offline(&[(0, 1_000)], |_| {});
    assert_eq!(starts(&bench), Started::NoAnswer);
    assert!(bench.queue().is_empty() && stops(&bench).is_none());
}

#[test]
fn a_second_tap_is_ignored_while_it_starts_and_while_it_records() {
    let bench = bench();
    let first =
        bench.does(|app| async move { app.start_recording(&"a".into(), Point::default(), RecordingMode::Full).await });
    assert_eq!(starts(&bench), Started::Ignored);
    bench.run(1_000);
    assert_eq!((first.came_to(), starts(&bench)), (Some(Started::Recording), Started::Ignored));
    assert_eq!(bench.times(Op::StartRecording).len(), 1);
}

#[test]
fn where_the_policy_forbids_it_nothing_is_recorded() {
    let bench = bench();
    bench.next(Op::ShiftToday, [answers(shift_day(false))]);
    bench.done(|app| async move { app.open_shift().await });
    assert_eq!((starts(&bench), bench.times(Op::StartRecording).len()), (Started::NotAllowed, 0));
}

#[test]
fn a_stop_is_queued_and_the_audio_goes_to_its_url_and_is_reported() {
    let bench = bench();
    assert_eq!(starts(&bench), Started::Recording);
    bench.run_to(10_104);
    assert_eq!(stops(&bench).as_deref(), Some("session_a"));
    assert_eq!(stops(&bench), None);
    bench.run(5_000);
    assert_eq!(bench.times(Op::StopRecording).len(), 1);
    // 10.004 s at 64 kbit/s: the microphone is on when the answer came, and off when the stop is durable.
    assert_eq!(bench.requests(Op::PutAudio), [Call::PutAudio { key: "key-0".into(), bytes: 80_064 }]);
    let Call::UploadAudio { session_id, body } = &bench.requests(Op::UploadAudio)[0] else { panic!() };
    let told = (session_id.as_str(), body.audio_url.as_str(), body.audio_size_bytes, body.audio_duration_seconds.0);
    assert_eq!(told, ("session_a", "s3://otto-recordings/session_a.m4a", 80_064, 10_008));
    assert_eq!(ended(&bench), ["session_a"]);
}

#[test]
fn ghost_mode_uploads_nothing() {
    let bench = bench();
    assert_eq!(starts_at(&bench, 0, RecordingMode::Ghost), Started::Recording);
    stops(&bench);
    bench.run(60_000);
    assert_eq!(bench.ops(), [Op::StartRecording, Op::StopRecording]);
}

#[test]
fn an_upload_that_was_begun_looks_first_and_is_not_repeated_if_it_is_there() {
    for (stored, puts) in [(false, 2), (true, 1)] {
        let bench = bench();
        starts(&bench);
        bench.run_to(1_000);
        bench.next(Op::PutAudio, [Reply::Breaks(Span::millis(50))]);
        let there = session("session_a".into(), |session| session.audio_size_bytes = stored.then_some(1));
        bench.next(Op::GetRecording, [answers(there)]);
        stops(&bench);
        bench.run(120_000);
        assert_eq!((bench.times(Op::GetRecording).len(), bench.times(Op::PutAudio).len()), (1, puts));
        assert_eq!(ended(&bench).len(), 1);
    }
}

#[test]
fn a_url_of_fifteen_minutes_is_asked_for_again() {
    for (age, starts_sent) in [(899_999, 1), (900_000, 2)] {
        let bench = bench();
        starts(&bench);
        // Two writes of 4 ms come before the URL is looked at.
        bench.run_to(100 + age - 8);
        stops(&bench);
        bench.run(5_000);
        assert_eq!(bench.times(Op::StartRecording).len(), starts_sent, "{age}");
        assert_eq!(ended(&bench).len(), 1);
    }
}

#[test]
fn a_refused_url_is_asked_for_again_and_another_session_has_no_place_for_the_audio() {
    let bench = bench();
    starts(&bench);
    bench.next(Op::PutAudio, [fails(403)]);
    stops(&bench);
    bench.run(120_000);
    assert_eq!((bench.times(Op::StartRecording).len(), ended(&bench).len()), (2, 1));
    let bench = crate::harness::bench();
    starts(&bench);
    bench.next(Op::PutAudio, [fails(403)]);
    bench.next(Op::StartRecording, [answers(started("another", None, start()))]);
    stops(&bench);
    bench.run(300_000);
    assert_eq!((bench.times(Op::PutAudio).len(), ended(&bench).len()), (1, 0));
    assert!(bench.phone.storage.borrow().uploads.is_empty());
}

#[test]
fn audio_that_is_stored_is_not_sent_again_by_an_app_that_died_before_its_report() {
    let bench = bench();
    starts(&bench);
    bench.always(Op::UploadAudio, Reply::Silence);
    stops(&bench);
    bench.run(2_000);
    bench.kill();
    bench.well_again(Op::UploadAudio);
    bench.open();
    bench.run(5_000);
    assert_eq!((bench.times(Op::PutAudio).len(), bench.times(Op::UploadAudio).len()), (1, 2));
    assert_eq!(ended(&bench), ["session_a"]);
}

#[test]
fn a_start_is_a_tap_and_asking_for_another_url_is_part_of_the_upload() {
    let bench = bench();
    starts(&bench);
    bench.next(Op::PutAudio, [fails(403)]);
    stops(&bench);
    bench.run(120_000);
    let causes: Vec<_> =
        bench.sent().iter().filter(|sent| sent.request.op() == Op::StartRecording).map(|sent| sent.cause).collect();
    assert_eq!(causes, [Cause::Tap, Cause::Upload]);
}

#[test]
fn audio_is_given_up_when_its_url_is_refused_for_good_and_kept_when_no_answer_comes() {
    for (answer, kept) in [(fails(404), false), (fails(425), true), (Reply::NoConnection, true)] {
        let bench = bench();
        starts(&bench);
        bench.next(Op::PutAudio, [fails(403)]);
        bench.next(Op::StartRecording, [answer]);
        stops(&bench);
        bench.run(70_000);
        assert_eq!(bench.phone.storage.borrow().uploads.len(), usize::from(kept));
        bench.run(120_000);
        assert_eq!((bench.times(Op::PutAudio).len(), ended(&bench).len()), if kept { (2, 1) } else { (1, 0) });
    }
}

#[test]
fn one_upload_goes_on_at_a_time() {
    let bench = bench();
    let stored = std::sync::Arc::new(fieldday_api::call::Response::ok(fieldday_api::call::Answer::Stored));
    bench.next(Op::PutAudio, [Reply::After(Span::seconds(5), stored)]);
    starts(&bench);
    stops(&bench);
    bench.done(|app| async move { app.start_recording(&"b".into(), Point::default(), RecordingMode::Full).await });
    stops(&bench);
    bench.run(20_000);
    assert_eq!((bench.times(Op::PutAudio).len(), ended(&bench)), (2, vec!["session_a".into(), "session_b".into()]));
    assert!(bench.waits(Op::PutAudio)[0] > 5_000);
}

#[test]
fn a_session_without_a_url_has_no_audio_to_bring() {
    use fieldday_api::call::Answer;
    let bench = bench();
    let Answer::RecordingStarted(mut session) = started("s", None, start()) else { panic!() };
    session.audio_upload_url = None;
    bench.next(Op::StartRecording, [answers(Answer::RecordingStarted(session))]);
    starts(&bench);
    stops(&bench);
    assert!(bench.phone.storage.borrow().uploads.is_empty());
    // Nor has ghost mode, while its start waits in the queue.
    let bench = bench_offline(&[(0, 60_000)], |settings| settings.start_is_queued = true);
    assert_eq!(starts_at(&bench, 0, RecordingMode::Ghost), Started::Recording);
    stops(&bench);
    assert!(bench.phone.storage.borrow().uploads.is_empty());
}

#[test]
fn ephemeral_audio_counts_as_there_by_its_size_and_kept_audio_by_its_url() {
    use fieldday_api::names::AudioStorage;
    for (mode, url, size) in [
        (AudioStorage::Ephemeral, None, Some(80_000)),
        (AudioStorage::Persistent, Some("s3://otto-recordings/session_a.m4a"), None),
    ] {
        let bench = bench();
        starts(&bench);
        bench.next(Op::PutAudio, [Reply::Breaks(Span::millis(50))]);
        let there = session("session_a".into(), |session| {
            session.audio_storage_mode = Some(mode);
            session.audio_url = url.map(Into::into);
            session.audio_size_bytes = size;
        });
        bench.next(Op::GetRecording, [answers(there)]);
        stops(&bench);
        bench.run(120_000);
        assert_eq!((bench.times(Op::PutAudio).len(), ended(&bench).len()), (1, 1));
    }
}

#[test]
fn an_upload_waits_for_the_network_and_a_minute_after_it_failed() {
    let bench = bench_offline(&[(1_000, 30_000)], |_| {});
    starts(&bench);
    bench.run_to(2_000);
    stops(&bench);
    bench.next(Op::UploadAudio, [fails(425)]);
    bench.run_to(29_999);
    assert!(bench.times(Op::PutAudio).is_empty());
    bench.run_to(31_000);
    assert_eq!(bench.times(Op::PutAudio).len(), 1, "as soon as there is one");
    bench.run_to(200_000);
    assert_eq!((bench.times(Op::PutAudio).len(), bench.times(Op::UploadAudio).len()), (1, 2), "it is kept where it is");
    let waited = bench.waits(Op::UploadAudio)[0];
    assert!((60_000..61_000).contains(&waited), "{waited}");
}

#[test]
fn a_report_that_is_refused_for_good_ends_the_upload_without_a_success() {
    let bench = bench();
    starts(&bench);
    bench.next(Op::UploadAudio, [fails(404)]);
    stops(&bench);
    bench.run(200_000);
    assert_eq!((bench.times(Op::UploadAudio).len(), ended(&bench).len()), (1, 0));
    assert!(bench.phone.storage.borrow().uploads.is_empty());
}
