//! Shifts and recording sessions.

mod common;

use common::*;
use fieldday_api::call::{Answer, Call};
use fieldday_api::fixed::Seconds;
use fieldday_api::names::{AudioStorage, Processing, RecordingMode};
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::recordings::*;
use fieldday_api::wire::shifts::{ClockIn, Shift};
use fieldday_history::event::{Cause, EventKind, NoAnswer, Settlement};
use fieldday_kernel::time::{Span, Time, Zone};

fn clock_in() -> Call {
    Call::ClockIn { rep_id: rep(REP), body: ClockIn::default() }
}
fn clock_out() -> Call {
    Call::ClockOut { rep_id: rep(REP) }
}
fn today() -> Call {
    Call::ShiftToday { rep_id: rep(REP) }
}
fn over() -> Shift {
    Shift { clock_out_at: Some(at("23:00")), ..shift() }
}

/// An action out of the queue, answered.
fn done(s: &mut Stream, call: Call, answer: Answer) {
    let action = s.queue(REP, call.clone());
    let ticket = s.send_queued(REP, action, call);
    s.ok(&ticket, answer);
    s.settle(REP, action);
}

#[test]
fn a_repeated_clock_in_returns_the_shift() {
    let mut s = Stream::new();
    let action = s.queue(REP, clock_in());
    let lost = s.send_queued(REP, action, clock_in());
    s.lapse(&lost, NoAnswer::Timeout);
    let again = s.send_queued(REP, action, clock_in());
    s.ok(&again, shift_day(shift()));
    s.settle(REP, action);
    done(&mut s, clock_in(), shift_day(shift()));
    s.holds(Rule::ShiftClockInOnce);
    let mut later = s;
    done(&mut later, clock_in(), shift_day(Shift { clock_in_at: at("15:30"), ..shift() }));
    later.breaks(&[Rule::ShiftClockInOnce]);
}

#[test]
fn a_second_shift_on_a_day_shows_wherever_it_is_shown() {
    let mut s = Stream::new();
    done(&mut s, clock_in(), shift_day(shift()));
    s.call(REP, today(), shift_day(Shift { id: "shift_2".into(), ..shift() }));
    s.breaks(&[Rule::ShiftClockInOnce, Rule::ShiftToday]);
}

#[test]
fn a_repeated_clock_in_may_be_refused() {
    let mut s = Stream::new();
    done(&mut s, clock_in(), shift_day(shift()));
    let action = s.queue(REP, clock_in());
    let refused = s.send_queued(REP, action, clock_in());
    s.fail(&refused, 400);
    s.settle_as(REP, action, Settlement::AlreadyDone);
    s.is_fine();
}

#[test]
fn a_repeated_clock_out_keeps_its_time() {
    let mut s = Stream::new();
    done(&mut s, clock_in(), shift_day(shift()));
    done(&mut s, clock_out(), Answer::Shift(over()));
    done(&mut s, clock_out(), Answer::Shift(over()));
    s.holds(Rule::ShiftClockOutOnce);
    done(&mut s, clock_out(), Answer::Shift(Shift { clock_out_at: Some(at("23:01")), ..shift() }));
    s.breaks(&[Rule::ShiftClockOutOnce]);
}

#[test]
fn a_clock_in_after_the_clock_out_returns_the_shift_as_it_is() {
    let mut s = Stream::new();
    done(&mut s, clock_in(), shift_day(shift()));
    done(&mut s, clock_out(), Answer::Shift(over()));
    done(&mut s, clock_in(), shift_day(over()));
    s.is_fine();
    // Only a clock-in may open it again.
    done(&mut s, clock_out(), Answer::Shift(shift()));
    s.breaks(&[Rule::ShiftClockOutOnce]);
}

#[test]
fn a_look_at_the_shift_that_began_before_the_clock_out_may_show_it_open() {
    let mut s = Stream::new();
    done(&mut s, clock_in(), shift_day(shift()));
    let look = s.send(REP, TAP, today());
    done(&mut s, clock_out(), Answer::Shift(over()));
    s.ok(&look, shift_day(shift()));
    s.is_fine();
    s.call(REP, today(), shift_day(shift()));
    s.breaks(&[Rule::ReadYourWrites]);
}

#[test]
fn todays_shift_is_there_until_local_midnight() {
    let los_angeles = Zone { name: "LA".into(), offsets: vec![(Time::from_micros(i64::MIN), -7 * 3600)] };
    let mut s = Stream::new();
    s.settings.zones.insert("org_a".into(), los_angeles);
    done(&mut s, clock_in(), shift_day(shift()));
    let look = s.send(REP, TAP, today());
    s.fail(&look, 500);
    s.call(REP, today(), shift_day(shift()));
    s.holds(Rule::ShiftToday);
    // 15:00Z is 08:00 there; 17 hours later it is the next day, and 10 hours later only in UTC.
    let mut tomorrow = s.clone();
    tomorrow.wait(Span::hours(17));
    let look = tomorrow.send(REP, TAP, today());
    tomorrow.fail(&look, 404);
    tomorrow.is_fine();
    s.wait(Span::hours(10));
    let look = s.send(REP, TAP, today());
    s.fail(&look, 404);
    s.breaks(&[Rule::ShiftToday]);
}

fn start() -> Call {
    Call::StartRecording(RecordingStart {
        appointment_id: "appt_1".into(),
        rep_id: rep(REP),
        location: somewhere(),
        mode: None,
    })
}
fn started(id: &str) -> Answer {
    Answer::RecordingStarted(RecordingStarted {
        recording_session_id: id.into(),
        mode: RecordingMode::Full,
        audio_storage_mode: AudioStorage::Persistent,
        audio_upload_url: None,
        shunya_job_config: None,
    })
}
fn stop() -> Call {
    Call::StopRecording { session_id: "session_1".into(), body: RecordingStop { location: somewhere() } }
}
fn upload() -> Call {
    let (audio_duration_seconds, audio_size_bytes) = (Seconds::whole(60), 1_000);
    let body = UploadAudio { audio_url: "s3://bucket/1".into(), audio_duration_seconds, audio_size_bytes };
    Call::UploadAudio { session_id: "session_1".into(), body }
}
fn uploaded() -> Answer {
    Answer::Uploaded(Uploaded { status: "uploaded".into(), recording_session_id: "session_1".into() })
}
fn get_session() -> Call {
    Call::GetRecording { session_id: "session_1".into() }
}
fn stopped() -> RecordingSession {
    RecordingSession { ended_at: Some(at("17:00")), ..session() }
}
fn processed(transcription: Processing, analysis: Processing) -> RecordingSession {
    let audio_url = Some("s3://bucket/1".into());
    RecordingSession { transcription_status: transcription, analysis_status: analysis, audio_url, ..stopped() }
}
fn inside(s: &mut Stream) {
    let appointment_id = "appt_1".into();
    s.say(REP, EventKind::Geofence { appointment_id, distance_m: 20, accuracy_m: 10, inside: true });
}

#[test]
fn a_repeated_start_returns_the_active_session() {
    let mut s = Stream::new();
    done(&mut s, clock_in(), shift_day(shift()));
    inside(&mut s);
    s.call(REP, start(), started("session_1"));
    s.call(REP, start(), started("session_1"));
    s.holds(Rule::RecordingStartOnce);
    s.call(REP, start(), started("session_2"));
    s.breaks(&[Rule::RecordingStartOnce]);
}

#[test]
fn after_a_stop_and_an_upload_that_may_have_landed_a_new_session_is_legal() {
    let mut s = Stream::new();
    done(&mut s, clock_in(), shift_day(shift()));
    inside(&mut s);
    s.call(REP, start(), started("session_1"));
    let action = s.queue(REP, stop());
    let lost = s.send_queued(REP, action, stop());
    s.lapse(&lost, NoAnswer::Timeout);
    // Its audio is still to come, but it may be over: a target may begin another.
    let mut early = s.clone();
    early.call(REP, start(), started("session_2"));
    early.is_fine();
    let lost = s.send(REP, Cause::Upload, upload());
    s.lapse(&lost, NoAnswer::Timeout);
    s.call(REP, start(), started("session_2"));
    s.is_fine();
}

#[test]
fn a_clock_out_is_never_refused_while_there_is_a_shift_today() {
    let mut s = Stream::new();
    let action = s.queue(REP, clock_out());
    let early = s.send_queued(REP, action, clock_out());
    s.fail(&early, 400).settle_as(REP, action, Settlement::Refused { status: 400 });
    done(&mut s, clock_in(), shift_day(shift()));
    s.is_fine();
    let action = s.queue(REP, clock_out());
    let lost = s.send_queued(REP, action, clock_out());
    s.lapse(&lost, NoAnswer::Timeout);
    let again = s.send_queued(REP, action, clock_out());
    s.fail(&again, 400).settle_as(REP, action, Settlement::Refused { status: 400 });
    s.breaks(&[Rule::ShiftClockOutOnce]);
}

#[test]
fn a_repeated_stop_keeps_the_end() {
    let mut s = Stream::new();
    done(&mut s, stop(), recording(stopped()));
    done(&mut s, stop(), recording(stopped()));
    s.holds(Rule::RecordingStopOnce);
    done(&mut s, stop(), recording(RecordingSession { ended_at: Some(at("17:05")), ..session() }));
    s.breaks(&[Rule::RecordingStopOnce]);
}

#[test]
fn a_stop_that_was_acknowledged_is_shown() {
    let mut s = Stream::new();
    let early = s.send(REP, TAP, get_session());
    done(&mut s, stop(), recording(stopped()));
    s.ok(&early, recording(session()));
    s.call(REP, get_session(), recording(stopped()));
    s.holds(Rule::ReadYourWrites);
    s.call(REP, get_session(), recording(session()));
    s.breaks(&[Rule::ReadYourWrites]);
}

#[test]
fn an_upload_that_was_acknowledged_is_shown_where_audio_is_kept() {
    let mut s = Stream::new();
    s.call(REP, upload(), uploaded());
    let ghost = RecordingSession {
        mode: RecordingMode::Ghost,
        audio_storage_mode: Some(fieldday_api::names::AudioStorage::NotStored),
        ..stopped()
    };
    s.call(REP, get_session(), recording(ghost));
    s.is_fine();
    let mut s = Stream::new();
    s.call(REP, upload(), uploaded());
    s.call(REP, get_session(), recording(stopped()));
    s.breaks(&[Rule::ReadYourWrites]);
}

#[test]
fn the_same_audio_reported_again_starts_nothing() {
    use Processing::{Completed, InProgress};
    let job = |id: &str| {
        let transcript = Transcript {
            transcript_text: None,
            speaker_labels: None,
            confidence_score: None,
            uwc_job_id: Some(id.into()),
            is_ghost_mode: false,
            transcript_restricted: false,
        };
        RecordingSession { transcript: Some(transcript), ..processed(Completed, InProgress) }
    };
    let mut s = Stream::new();
    let lost = s.send(REP, Cause::Upload, upload());
    s.lapse(&lost, NoAnswer::Broken);
    let again = s.again(&lost);
    s.ok(&again, uploaded());
    s.call(REP, get_session(), recording(job("job_1")));
    s.call(REP, get_session(), recording(job("job_1")));
    // The first report may never have come.
    assert_eq!(s.findings().part(Part::UploadJob).exercised, 0);
    s.call(REP, upload(), uploaded());
    s.call(REP, get_session(), recording(job("job_1")));
    s.holds(Rule::RecordingUploadOnce);
    s.call(REP, get_session(), recording(job("job_2")));
    s.breaks(&[Rule::RecordingUploadOnce]);
}

#[test]
fn processing_moves_forward_only() {
    use Processing::{Completed, InProgress, NotStarted};
    let mut s = Stream::new();
    for (first, second) in [(NotStarted, NotStarted), (InProgress, NotStarted), (Completed, InProgress)] {
        s.call(REP, get_session(), recording(processed(first, second)));
    }
    let early = s.send(REP, TAP, get_session());
    s.call(REP, get_session(), recording(processed(Completed, Completed)));
    s.ok(&early, recording(processed(Completed, InProgress)));
    s.holds(Rule::RecordingStatusForward);
    s.call(REP, get_session(), recording(processed(InProgress, NotStarted)));
    s.breaks(&[Rule::RecordingStatusForward]);
}

#[test]
fn an_analysis_waits_for_its_transcription() {
    let mut s = Stream::new();
    s.call(REP, get_session(), recording(processed(Processing::InProgress, Processing::Completed)));
    s.breaks(&[Rule::RecordingStatusForward]);
}

#[test]
fn a_session_of_another_rep_is_not_shown() {
    let mut s = Stream::new();
    s.call(REP, get_session(), recording(session()));
    s.holds(Rule::OwnershipOwnOnly);
    s.call(OTHER, get_session(), recording(session()));
    s.breaks(&[Rule::OwnershipOwnOnly]);
}

#[test]
fn a_clock_in_beside_another_is_no_conflict() {
    let asked_again = |status| {
        let mut s = Stream::new();
        let action = s.queue(REP, clock_in());
        let first = s.send_queued(REP, action, clock_in());
        s.lapse(&first, NoAnswer::Timeout);
        let again = s.send_queued(REP, action, clock_in());
        s.fail(&again, status);
        s.findings().count(Rule::ShiftClockInOnce).broken
    };
    assert_eq!([400, 401, 429, 500].map(asked_again), [0; 4]);
    assert_eq!(asked_again(409), 1);
    // Alone, it conflicts with nothing that anybody sent: whatever it means, it is no repeat.
    let mut s = Stream::new();
    let alone = s.send(REP, TAP, clock_in());
    s.fail(&alone, 409);
    assert_eq!(s.findings().count(Rule::ShiftClockInOnce).broken, 0);
}

#[test]
fn a_recording_starts_at_the_reps_own_appointment_alone() {
    let given_away =
        fieldday_api::wire::appointments::AppointmentPatch { assigned_rep_id: Some(rep(OTHER)), ..Default::default() };
    let broken = |acknowledged: bool| {
        let mut s = Stream::new();
        done(&mut s, clock_in(), shift_day(shift()));
        s.call(REP, get(), detail(&visit()));
        let write = s.send(OFFICE, Cause::Office, patch(given_away.clone()));
        if acknowledged {
            s.ok(&write, detail(&with(&visit(), &given_away)));
        } else {
            s.lapse(&write, NoAnswer::Timeout);
        }
        s.call(REP, start(), started("session_1"));
        s.findings().count(Rule::RecordingStartPrerequisites).broken
    };
    assert_eq!((broken(true), broken(false)), (1, 0));
}
