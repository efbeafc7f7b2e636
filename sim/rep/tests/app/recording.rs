//! Recording (§2.3), its audio (§0.2) and its processing (§3.4, §3.5).

use crate::harness::*;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::names::{Processing, RecordingMode};
use fieldday_history::EventKind;
use fieldday_history::event::PollEnd;
use fieldday_kernel::time::Span;
use fieldday_radio::place::Point;
use fieldday_rep::app::Started;
use fieldday_rep::transport::scripted::Reply;

fn starts_at(bench: &Bench, metres: i32, mode: RecordingMode) -> Started {
    let place = Point::metres(metres, 0);
    bench.done(move |app| async move { app.start_recording(&"a".into(), place, mode).await })
}
fn starts(bench: &Bench) -> Started {
    starts_at(bench, 0, RecordingMode::Full)
}
fn stops(bench: &Bench) -> Option<SmolStr> {
    bench.done(|app| async move { app.stop_recording(64).await })
}
fn ended(bench: &Bench) -> Vec<SmolStr> {
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

fn watches(states: [Processing; 2], after: usize) -> Bench {
    let bench = bench();
    let done = session("s".into(), |session| {
        [session.transcription_status, session.analysis_status] = states;
    });
    let waits = (0..after).map(|_| answers(session("s".into(), |_| {})));
    bench.next(Op::GetRecording, waits.chain([answers(done)]));
    bench.done(|app| async move { app.watch("s".into()) });
    bench.run_to(700_000);
    bench
}
fn poll_ends(bench: &Bench) -> Vec<(i64, PollEnd)> {
    bench.happened(|what| match what {
        EventKind::PollEnded { why, .. } => Some(*why),
        _ => None,
    })
}

#[test]
fn a_session_is_polled_every_5_s_until_both_steps_are_completed_or_one_failed() {
    use Processing::{Completed, Failed, InProgress};
    for (states, end) in [
        ([Completed, Completed], PollEnd::Completed),
        ([Failed, InProgress], PollEnd::Failed),
        ([Completed, Failed], PollEnd::Failed),
    ] {
        let bench = watches(states, 2);
        assert_eq!(bench.times(Op::GetRecording), [5_000, 10_100, 15_200]);
        assert_eq!(poll_ends(&bench), [(15_300, end)]);
    }
    let bench = watches([Completed, InProgress], 0);
    assert_eq!(poll_ends(&bench).first().map(|(_, end)| *end), Some(PollEnd::TookTooLong));
}

#[test]
fn polling_ends_after_five_minutes() {
    let bench = watches([Processing::InProgress; 2], 0);
    let times = bench.times(Op::GetRecording);
    assert_eq!((times.len(), times.last().copied()), (58, Some(5_000 + 57 * 5_100)));
    assert_eq!(poll_ends(&bench), [(295_800, PollEnd::TookTooLong)]);
}

#[test]
fn what_is_null_is_not_shown_and_an_analysis_always_is() {
    use fieldday_api::wire::recordings::{Analysis, Transcript};
    let analysis = Analysis {
        objections: None,
        objection_details: None,
        sentiment_score: None,
        engagement_score: None,
        coaching_tips: None,
        sop_stages_completed: None,
        sop_stages_missed: None,
        sop_compliance_score: None,
        lead_quality: None,
        conversion_probability: None,
        meeting_segments: None,
        outcome: None,
        outcome_confidence: None,
    };
    let transcript = |text: Option<&str>| Transcript {
        transcript_text: text.map(Into::into),
        speaker_labels: None,
        confidence_score: None,
        uwc_job_id: None,
        is_ghost_mode: text.is_none(),
        transcript_restricted: text.is_none(),
    };
    for (audio, text, analysed) in [
        (Some("s3://a"), Some(transcript(Some("Hello"))), true),
        (None, Some(transcript(None)), true),
        (None, None, false),
    ] {
        let shown = (audio.is_some(), text.as_ref().is_some_and(|t| t.transcript_text.is_some()), analysed);
        let bench = bench();
        let done = session("s".into(), |session| {
            session.transcription_status = Processing::Completed;
            session.analysis_status = Processing::Completed;
            session.audio_url = audio.map(Into::into);
            session.transcript = text;
            session.analysis = analysed.then(|| analysis.clone());
        });
        bench.next(Op::GetRecording, [answers(done)]);
        bench.done(|app| async move { app.watch("s".into()) });
        bench.run_to(10_000);
        let results = bench.recorded(|what| match what {
            EventKind::Results { playback, transcript, analysis, .. } => Some((*playback, *transcript, *analysis)),
            _ => None,
        });
        assert_eq!(results, [shown]);
        assert!(bench.phone.view().runs);
    }
}

#[test]
fn a_session_that_is_gone_is_not_watched_and_a_failure_of_the_server_ends_nothing() {
    let bench = bench();
    bench.next(Op::GetRecording, [fails(404)]);
    bench.done(|app| async move { app.watch("s".into()) });
    bench.run_to(20_000);
    assert_eq!(poll_ends(&bench), [(5_100, PollEnd::Failed)]);
    let bench = crate::harness::bench_with(|settings| settings.pace.polling = 5);
    bench.always(Op::GetRecording, answers(session("s".into(), |_| {})));
    bench.done(|app| async move { app.watch("s".into()) });
    bench.run_to(100_000);
    assert_eq!(bench.times(Op::GetRecording)[..2], [1_000, 2_100]);
    assert_eq!(poll_ends(&bench), [(59_400, PollEnd::TookTooLong)]);
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
