//! What recording sessions promise (§2.3, §3).

mod common;
use common::*;
use fieldday_api::call::Call;
use fieldday_api::error::ErrorCode;
use fieldday_api::fixed::Seconds;
use fieldday_api::names::*;
use fieldday_api::wire::recordings::UploadAudio;
use fieldday_kernel::time::Span;

#[test]
fn a_recording_needs_a_shift_and_an_appointment_of_ones_own() {
    let mut world = healthy();
    let full = |rep: &str, appointment: &str| start(rep, appointment, RecordingMode::Full);
    let before = world.ask("a1", full("a1", "appt_a1_1"));
    assert_eq!((before.status, code(&before)), (400, Some(ErrorCode::InvalidRequest)));
    world.ask("a1", clock_in("a1"));
    assert_eq!(world.status("a1", full("a1", "appt_a1_1")), 200);
    assert_eq!(world.status("a1", full("a1", "appt_a2_1")), 403);
    assert_eq!(world.status("a1", full("a2", "appt_a1_2")), 403);
    assert_eq!(world.status("manager", full("a1", "appt_a2_1")), 400, "not that rep's");
    assert_eq!(world.status("manager", full("a1", "appt_a1_2")), 200);
    world.ask("a1", clock_out("a1"));
    assert_eq!(world.status("a1", full("a1", "appt_a1_3")), 400, "the shift is over");
}

#[test]
fn a_repeated_start_returns_the_active_session_with_a_fresh_url() {
    let mut world = healthy();
    world.ask("a1", clock_in("a1"));
    let call = || start("a1", "appt_a1_1", RecordingMode::Full);
    let (first, second) = (world.ask("a1", call()), world.ask("a1", call()));
    let (first, second) = (started(&first), started(&second));
    assert_eq!(first.recording_session_id, second.recording_session_id);
    assert_ne!(first.audio_upload_url, second.audio_upload_url);
    let id = first.recording_session_id.clone();
    let stopped = world.ask("a1", stop(&id));
    let ended = session(&stopped).ended_at;
    assert_eq!(ended, Some(world.now));
    world.wait(Span::minutes(1));
    assert_eq!(session(&world.ask("a1", stop(&id))).ended_at, ended);
    world.ask("a1", clock_out("a1"));
    let for_the_audio = world.ask("a1", call());
    assert_eq!(started(&for_the_audio).recording_session_id, id, "its audio is to come, and its URL has expired");
    world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
    assert_eq!(world.status("a1", call()), 400, "with its audio it is done; another one needs a shift");
}

#[test]
fn after_its_audio_came_a_start_begins_another_session() {
    let mut world = healthy();
    world.ask("a1", clock_in("a1"));
    let call = || start("a1", "appt_a1_1", RecordingMode::Full);
    let id = started(&world.ask("a1", call())).recording_session_id.clone();
    world.ask("a1", stop(&id));
    world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
    assert_ne!(started(&world.ask("a1", call())).recording_session_id, id);
}

/// Records `appt_a1_1`, reports the audio (unless it is a ghost), and waits until Shunya must be done.
fn processed(world: &mut World, mode: RecordingMode) -> String {
    world.ask("a1", clock_in("a1"));
    let id = started(&world.ask("a1", start("a1", "appt_a1_1", mode))).recording_session_id.to_string();
    world.wait(Span::minutes(30)).ask("a1", stop(&id));
    if mode != RecordingMode::Ghost {
        assert_eq!(world.status("a1", uploaded(&id, "s3://audio/1.m4a")), 200);
    }
    world.wait(Span::minutes(30));
    id
}

#[test]
fn transcription_and_analysis_go_forward_one_after_the_other() {
    let mut world = world(quick());
    world.ask("a1", clock_in("a1"));
    let id = started(&world.ask("a1", start("a1", "appt_a1_1", RecordingMode::Full))).recording_session_id.clone();
    world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
    world.wait(Span::minutes(20));
    let waiting = world.ask("a1", poll(&id));
    assert_eq!(session(&waiting).transcription_status, Processing::NotStarted, "not before it is stopped");
    world.ask("a1", stop(&id));
    let mut seen = Vec::new();
    for _ in 0..400 {
        let answer = world.wait(Span::millis(500)).ask("a1", poll(&id));
        let it = session(&answer);
        let states = (it.transcription_status, it.analysis_status);
        assert_eq!(it.transcript.is_some(), states.0 == Processing::Completed);
        assert_eq!(it.analysis.is_some(), states.1 == Processing::Completed);
        if seen.last() != Some(&states) {
            seen.push(states);
        }
    }
    use Processing::{Completed, InProgress, NotStarted};
    let all = [(NotStarted, NotStarted), (InProgress, NotStarted), (Completed, NotStarted), (Completed, InProgress)];
    assert_eq!(seen[..4], all);
    assert_eq!(seen[4..], [(Completed, Completed)]);
}

#[test]
fn a_full_session_keeps_its_audio_and_the_same_report_starts_nothing() {
    let mut world = world(quick());
    let id = processed(&mut world, RecordingMode::Full);
    let done = world.ask("a1", poll(&id));
    assert_eq!(session(&done).audio_url.as_deref(), Some("s3://audio/1.m4a"));
    assert_eq!(session(&done).audio_storage_mode, Some(AudioStorage::Persistent));
    assert_eq!(session(&done).audio_duration_seconds, Some(Seconds::whole(1_800)));
    assert_eq!(session(&done).analysis_status, Processing::Completed);
    assert_eq!(world.status("a1", uploaded(&id, "s3://audio/1.m4a")), 200);
    assert_eq!(world.wait(Span::minutes(1)).ask("a1", poll(&id)), done);
    world.ask("a1", uploaded(&id, "s3://audio/2.m4a"));
    let other = world.wait(Span::minutes(1)).ask("a1", poll(&id));
    assert_eq!(session(&other).audio_url.as_deref(), Some("s3://audio/2.m4a"));
    assert_eq!(session(&other).transcription_status, Processing::Completed, "no status goes back");
}

#[test]
fn a_ghost_keeps_no_audio_and_no_text_but_its_analysis() {
    let mut world = world(quick());
    world.ask("a1", clock_in("a1"));
    let begun = world.ask("a1", start("a1", "appt_a1_2", RecordingMode::Ghost));
    assert_eq!(started(&begun).audio_upload_url, None);
    assert_eq!(started(&begun).audio_storage_mode, AudioStorage::NotStored);
    assert_eq!(world.status("a1", uploaded(&started(&begun).recording_session_id, "s3://x")), 400);
    let id = processed(&mut world, RecordingMode::Ghost);
    let done = world.ask("a1", poll(&id));
    let done = session(&done);
    assert_eq!((done.audio_url.as_ref(), done.analysis_status), (None, Processing::Completed));
    let transcript = done.transcript.as_ref().unwrap();
    assert!(transcript.is_ghost_mode && transcript.transcript_restricted && transcript.transcript_text.is_none());
    assert!(done.analysis.as_ref().unwrap().objections.is_some());
}

#[test]
fn an_ephemeral_session_is_processed_and_its_audio_not_kept() {
    let mut world = world(quick());
    let id = processed(&mut world, RecordingMode::Ephemeral);
    let done = world.ask("a1", poll(&id));
    let done = session(&done);
    assert_eq!(done.audio_storage_mode, Some(AudioStorage::Ephemeral));
    assert_eq!((done.audio_url.as_ref(), done.analysis_status), (None, Processing::Completed));
    assert!(done.transcript.as_ref().unwrap().transcript_text.is_some());
}

#[test]
fn scores_are_in_range_and_fields_are_null_by_draw() {
    let mut config = quick();
    config.shunya.null_ppm = 300_000;
    let mut world = world(config);
    let (mut null, mut set) = (0, 0);
    for _ in 0..40 {
        let id = processed(&mut world, RecordingMode::Full);
        let done = world.ask("a1", poll(&id));
        let analysis = session(&done).analysis.clone().unwrap();
        let shares = [
            analysis.sentiment_score,
            analysis.engagement_score,
            analysis.conversion_probability,
            analysis.outcome_confidence,
        ];
        for share in shares {
            null += u32::from(share.is_none());
            set += u32::from(share.is_some());
            assert!(share.is_none_or(|share| (0..=10_000).contains(&share.0)), "{share:?}");
        }
        assert!(analysis.sop_compliance_score.is_none_or(|score| (0..=100_000).contains(&score.0)));
    }
    assert!((20..80).contains(&null) && set > 80, "{null} null, {set} set");
}

#[test]
fn what_an_upload_report_gets_wrong_answers_400() {
    let mut world = healthy();
    world.ask("a1", clock_in("a1"));
    let id = started(&world.ask("a1", start("a1", "appt_a1_1", RecordingMode::Full))).recording_session_id.clone();
    let good = UploadAudio { audio_url: s("s3://a"), audio_duration_seconds: Seconds::whole(1), audio_size_bytes: 1 };
    let wrong = [
        UploadAudio { audio_url: s(" "), ..good.clone() },
        UploadAudio { audio_duration_seconds: Seconds::whole(-1), ..good.clone() },
        UploadAudio { audio_size_bytes: 0, ..good.clone() },
    ];
    for body in wrong {
        let answer = world.ask("a1", Call::UploadAudio { session_id: id.clone(), body });
        assert_eq!(code(&answer), Some(ErrorCode::ValidationError));
    }
    assert_eq!(session(&world.ask("a1", poll(&id))).audio_url, None);
}
