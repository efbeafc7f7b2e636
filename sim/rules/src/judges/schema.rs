//! `answer.schema` (§2, §3.1): the documented fields have values that they can have. `recording.ghost` (§3.5) and
//! `recording.ephemeral` (§2.3.1): what such a session shows of its audio.
//!
//! That fields are there with their types is the codec's business; an answer that does not read is no answer of the API.

use crate::exchanges::Exchange;
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::fixed::Score;
use fieldday_api::names::{AudioStorage, Processing, RecordingMode};
use fieldday_api::rules::Rule;
use fieldday_api::wire::recordings::{Analysis, RecordingSession, RecordingStarted};

use Rule::{AnswerSchema as SCHEMA, RecordingEphemeral as EPHEMERAL, RecordingGhost as GHOST};

#[derive(Default)]
pub(crate) struct Schema;

/// The greatest score: 1, and 10 for compliance.
const ONE: i64 = 10_000;

impl Judge for Schema {
    const RULES: &'static [Rule] = &[SCHEMA, GHOST, EPHEMERAL];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[
        Op::ListAppointments,
        Op::GetRecording,
        Op::StopRecording,
        Op::StartRecording,
        Op::ClockIn,
        Op::ShiftToday,
        Op::ClockOut,
    ]);

    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        match x.success() {
            Some(Answer::Appointments(list)) if x.client.is_phone() => {
                let other = list.appointments.iter().find(|a| !a.is_assigned_to_me);
                notes.judge(SCHEMA, x, other.is_none(), || {
                    let id = other.map_or("", |a| a.appointment_id.as_str());
                    format!("expected is_assigned_to_me in a rep's own list, {id} denies it")
                });
            }
            Some(Answer::Recording(body)) => {
                session(x, &body.session, notes);
            }
            Some(Answer::RecordingStarted(started)) => begun(x, started, notes),
            Some(Answer::Shift(shift)) => {
                let (ended, over) = (shift.clock_out_at, shift.clock_out_at.is_none_or(|at| at >= shift.clock_in_at));
                notes.judge(SCHEMA, x, over, || {
                    format!("expected {} to end after it began, clock_out_at is {ended:?}", shift.id)
                });
            }
            _ => {}
        }
    }
}

fn session(x: &Exchange<'_>, session: &RecordingSession, notes: &mut Notes) {
    let wrong = session.analysis.as_ref().and_then(out_of_range);
    let backwards = session.ended_at.is_some_and(|at| at < session.started_at);
    notes.judge(SCHEMA, x, wrong.is_none() && !backwards, || match wrong {
        Some((field, score)) => format!("expected {field} of {} within its range, it is {score}", session.id),
        None => format!("expected {} to end after it began", session.id),
    });
    let keeps = session.audio_url.is_some();
    match session.mode {
        RecordingMode::Ghost => {
            let stored = session.audio_storage_mode == Some(AudioStorage::Persistent);
            let lost = session.analysis_status == Processing::Completed && session.analysis.is_none();
            notes.judge(GHOST, x, !keeps && !stored && !lost, || match () {
                () if keeps => format!("expected no audio_url of ghost session {}, it has one", session.id),
                () if stored => format!("expected the audio of ghost session {} not to be stored, it is", session.id),
                () => format!("expected the analysis of ghost session {} to be kept, it is gone", session.id),
            });
        }
        RecordingMode::Ephemeral => notes.judge(EPHEMERAL, x, !keeps, || {
            format!("expected the audio of ephemeral session {} not to be kept, it has an audio_url", session.id)
        }),
        RecordingMode::Full => {}
    }
}

fn begun(x: &Exchange<'_>, started: &RecordingStarted, notes: &mut Notes) {
    let Call::StartRecording(start) = &**x.call else { return };
    let id = &started.recording_session_id;
    match start.mode {
        Some(RecordingMode::Ghost) if started.mode == RecordingMode::Ghost => {
            let stored = started.audio_storage_mode == AudioStorage::Persistent;
            let url = started.audio_upload_url.is_some();
            notes.judge(GHOST, x, !stored && !url, || {
                format!("expected ghost session {id} to store no audio, it was given a place for it")
            });
        }
        Some(RecordingMode::Ephemeral) => {
            let accepted = started.mode == RecordingMode::Ephemeral;
            notes.judge(EPHEMERAL, x, accepted, || {
                format!("expected session {id} to be ephemeral, it is {}", started.mode)
            });
        }
        _ => {}
    }
}

/// A score beyond its range (§3.1).
fn out_of_range(a: &Analysis) -> Option<(&'static str, Score)> {
    let shares = [
        ("sentiment_score", a.sentiment_score, ONE),
        ("engagement_score", a.engagement_score, ONE),
        ("conversion_probability", a.conversion_probability, ONE),
        ("outcome_confidence", a.outcome_confidence, ONE),
        ("sop_compliance_score", a.sop_compliance_score, 10 * ONE),
    ];
    let beyond = |(field, score, most): (_, Option<Score>, _)| {
        score.filter(|score| score.0 < 0 || score.0 > most).map(|score| (field, score))
    };
    shares.into_iter().find_map(beyond)
}
