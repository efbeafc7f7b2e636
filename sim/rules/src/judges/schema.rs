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
use fieldday_api::rule_parts::Part;
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

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        match x.success() {
            Some(Answer::Appointments(list)) if x.client.is_phone() => {
                let other = list.appointments.iter().find(|a| !a.is_assigned_to_me);
                let is_case = !list.appointments.is_empty();
                notes.judge_if(is_case, Part::SchemaMine, x, other.is_none(), || {
                    let id = other.map_or("", |a| a.appointment_id.as_str());
                    format!("expected is_assigned_to_me in a rep's own list, {id} denies it")
                });
            }
            Some(Answer::Recording(body)) => {
                session(x, &body.session, facts, notes);
            }
            Some(Answer::RecordingStarted(started)) => begun(x, started, notes),
            Some(Answer::Shift(shift)) => {
                let (ended, over) = (shift.clock_out_at, shift.clock_out_at.is_none_or(|at| at >= shift.clock_in_at));
                notes.judge_if(ended.is_some(), Part::SchemaTimes, x, over, || {
                    format!("expected {} to end after it began, clock_out_at is {ended:?}", shift.id)
                });
            }
            _ => {}
        }
    }
}

fn session(x: &Exchange<'_>, session: &RecordingSession, facts: &Facts, notes: &mut Notes) {
    let id = &session.id;
    let wrong = session.analysis.as_ref().and_then(out_of_range);
    let has_scores = session.analysis.as_ref().is_some_and(|a| scores(a).iter().any(|(_, score, _)| score.is_some()));
    notes.judge_if(has_scores, Part::SchemaScores, x, wrong.is_none(), || {
        wrong
            .map_or(String::new(), |(field, score)| format!("expected {field} of {id} within its range, it is {score}"))
    });
    let backwards = session.ended_at.is_some_and(|at| at < session.started_at);
    notes.judge_if(session.ended_at.is_some(), Part::SchemaTimes, x, !backwards, || {
        format!("expected {id} to end after it began")
    });
    let known = facts.session();
    let began_as_ghost = known.and_then(|known| known.mode) == Some(RecordingMode::Ghost);
    if began_as_ghost {
        notes.judge(Part::GhostMode, x, session.mode == RecordingMode::Ghost, || {
            format!("expected {id}, which began in ghost mode, to stay in it, it is {}", session.mode)
        });
    }
    let keeps = session.audio_url.is_some();
    match session.mode {
        _ if began_as_ghost || session.mode == RecordingMode::Ghost => ghost(x, session, notes),
        RecordingMode::Ephemeral => {
            // Before its audio was reported there is none to keep.
            let reported = known.is_some_and(|known| known.uploads.iter().any(|upload| upload.acks > 0));
            notes.judge_if(reported, Part::EphemeralAudio, x, !keeps, || {
                format!("expected the audio of ephemeral session {id} not to be kept, it has an audio_url")
            });
        }
        _ => {}
    }
}

/// What a ghost session shows: neither its audio nor its words, and its analysis.
fn ghost(x: &Exchange<'_>, session: &RecordingSession, notes: &mut Notes) {
    let (id, keeps) = (&session.id, session.audio_url.is_some());
    let stored = session.audio_storage_mode == Some(AudioStorage::Persistent);
    notes.judge_if(session.ended_at.is_some(), Part::GhostAudio, x, !keeps && !stored, || match keeps {
        true => format!("expected no audio_url of ghost session {id}, it has one"),
        false => format!("expected the audio of ghost session {id} not to be stored, it is"),
    });
    // Whether its words are kept is the tenant's policy (§3.5); that they are not, `transcript_restricted` says (§3.1).
    if let Some(transcript) = &session.transcript {
        let shown = transcript.transcript_restricted && transcript.transcript_text.is_some();
        notes.judge(Part::GhostTranscript, x, !shown && transcript.is_ghost_mode, || match shown {
            true => format!("expected no text of ghost session {id}, whose transcript is restricted, it is shown"),
            false => format!("expected the transcript of ghost session {id} to say is_ghost_mode, it does not"),
        });
    }
    let analysed = session.analysis_status == Processing::Completed;
    notes.judge_if(analysed, Part::GhostAnalysis, x, !analysed || session.analysis.is_some(), || {
        format!("expected the analysis of ghost session {id} to be kept, it is gone")
    });
}

fn begun(x: &Exchange<'_>, started: &RecordingStarted, notes: &mut Notes) {
    let Call::StartRecording(start) = &**x.call else { return };
    let id = &started.recording_session_id;
    match start.mode {
        Some(RecordingMode::Ghost) if started.mode == RecordingMode::Ghost => {
            let stored = started.audio_storage_mode == AudioStorage::Persistent;
            let url = started.audio_upload_url.is_some();
            notes.judge(Part::GhostStart, x, !stored && !url, || {
                format!("expected ghost session {id} to store no audio, it was given a place for it")
            });
        }
        Some(RecordingMode::Ghost) => notes.broken(Part::GhostMode, x, || {
            format!("expected session {id} to be in ghost mode, as it was asked for, it is {}", started.mode)
        }),
        Some(RecordingMode::Ephemeral) => {
            let accepted = started.mode == RecordingMode::Ephemeral;
            notes.judge(Part::EphemeralAccepted, x, accepted, || {
                format!("expected session {id} to be ephemeral, it is {}", started.mode)
            });
        }
        _ => {}
    }
}

/// The scores of an analysis, each with the most that it can be (§3.1).
fn scores(a: &Analysis) -> [(&'static str, Option<Score>, i64); 5] {
    [
        ("sentiment_score", a.sentiment_score, ONE),
        ("engagement_score", a.engagement_score, ONE),
        ("conversion_probability", a.conversion_probability, ONE),
        ("outcome_confidence", a.outcome_confidence, ONE),
        ("sop_compliance_score", a.sop_compliance_score, 10 * ONE),
    ]
}

/// A score beyond its range.
fn out_of_range(a: &Analysis) -> Option<(&'static str, Score)> {
    let beyond = |(field, score, most): (_, Option<Score>, _)| {
        score.filter(|score| score.0 < 0 || score.0 > most).map(|score| (field, score))
    };
    scores(a).into_iter().find_map(beyond)
}
