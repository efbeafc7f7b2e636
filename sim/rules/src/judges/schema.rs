//! `answer.schema` (§2, §3.1): the documented fields have values that they can have. `recording.ghost` (§3.5) and
//! `recording.ephemeral` (§2.3.1): what such a session shows of its audio.
//!
//! That fields are there with their types is the codec's business; an answer that does not read is no answer of the API.

use crate::exchanges::Exchange;
use crate::facts::{Facts, is_since};
use crate::judge::{Judge, Ops};
use crate::notes::{Notes, Of};
use crate::tables::{PerClient, push_bounded};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::fixed::Score;
use fieldday_api::names::{AudioStorage, Processing, RecordingMode};
use fieldday_api::readings::Reading;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::recordings::{Analysis, RecordingSession, RecordingStarted};
use fieldday_kernel::time::Time;

use Rule::{AnswerSchema as SCHEMA, RecordingEphemeral as EPHEMERAL, RecordingGhost as GHOST};

#[derive(Default)]
pub(crate) struct Schema {
    /// Starts that were answered with a session of another mode than was asked for.
    otherwise: PerClient<Vec<Otherwise>>,
}

/// A session of another mode than was asked for: the session of this start, or one that an earlier day or run left open.
struct Otherwise {
    session: SmolStr,
    asked: RecordingMode,
    sent: Time,
}

/// Such sessions remembered per client.
const OTHERWISE: usize = 16;

/// The score that goes up to 10.
const COMPLIANCE: &str = "sop_compliance_score";
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
                    format!("expected is_assigned_to_me of {id} to be true in the rep's own list, it is false")
                        .about(id)
                });
            }
            Some(Answer::Recording(body)) => {
                session(x, &body.session, facts, notes);
                self.is_as_asked(x, &body.session, notes);
            }
            Some(Answer::RecordingStarted(started)) => self.begun(x, started, facts, notes),
            Some(Answer::Shift(shift)) => {
                let (began, ended) = (shift.clock_in_at, shift.clock_out_at);
                let over = ended.is_none_or(|at| at >= began);
                notes.judge_if(ended.is_some(), Part::SchemaTimes, x, over, || {
                    let ended = shift.clock_out_at.map_or_else(|| "null".to_owned(), |at| at.to_string());
                    format!("expected clock_out_at of {} after clock_in_at {began}, it is {ended}", shift.id)
                        .about(&shift.id)
                });
            }
            _ => {}
        }
    }
    fn finish(&mut self, notes: &mut Notes) {
        let open = self.otherwise.iter().flatten();
        open.for_each(|start| notes.inconclusive(part_of(start.asked)));
    }
}

/// The rule, or its part, that says that a mode is heeded.
fn part_of(mode: RecordingMode) -> Of {
    if mode == RecordingMode::Ghost { Part::GhostMode.into() } else { Rule::RecordingEphemeral.into() }
}

impl Schema {
    /// A start is answered. One of another mode may be a session that was left open: its own answer tells when it began.
    fn begun(&mut self, x: &Exchange<'_>, started: &RecordingStarted, facts: &Facts, notes: &mut Notes) {
        let Call::StartRecording(start) = &**x.call else { return };
        let id = &started.recording_session_id;
        let Some(asked @ (RecordingMode::Ghost | RecordingMode::Ephemeral)) = start.mode else { return };
        if started.mode != asked {
            if facts.sessions.get(id).is_none_or(|session| session.started.is_none()) {
                let (session, sent) = (id.clone(), notes.settings.start + x.sent_at);
                push_bounded(self.otherwise.of(x.client.index), OTHERWISE, Otherwise { session, asked, sent });
            }
            return;
        }
        if asked == RecordingMode::Ephemeral {
            return notes.held(Rule::RecordingEphemeral);
        }
        let stored = started.audio_storage_mode == AudioStorage::Persistent;
        if started.audio_upload_url.is_some() && !stored {
            notes.reading(Reading::GhostUploadUrl, x, || format!("ghost session {id} was given an audio_upload_url"));
        }
        notes.judge(Part::GhostStart, x, !stored, || {
            let got = "audio_storage_mode persistent";
            format!("expected ghost session {id} to be ephemeral or not_stored, it has {got}").about(id)
        });
    }
    /// A session shows when it began: since it was asked for in another mode, it is the answer to that.
    fn is_as_asked(&mut self, x: &Exchange<'_>, session: &RecordingSession, notes: &mut Notes) {
        let open = self.otherwise.of(x.client.index);
        let Some(place) = open.iter().position(|start| start.session == session.id) else { return };
        let Otherwise { asked, sent, .. } = open.remove(place);
        if !is_since(session.started_at, sent) {
            return notes.inconclusive(part_of(asked));
        }
        notes.judge(part_of(asked), x, session.mode == asked, || {
            let (id, mode, at) = (&session.id, session.mode, session.started_at);
            format!("expected {id}, started {at} in mode {asked}, to have it, its mode is {mode}").about(id)
        });
    }
}

fn session(x: &Exchange<'_>, session: &RecordingSession, facts: &Facts, notes: &mut Notes) {
    let id = &session.id;
    let wrong = session.analysis.as_ref().and_then(out_of_range);
    let has_scores = session.analysis.as_ref().is_some_and(|a| scores(a).iter().any(|(_, score, _)| score.is_some()));
    notes.judge_if(has_scores, Part::SchemaScores, x, wrong.is_none(), || {
        wrong.map_or(String::new(), |(field, score)| {
            let most = if field == COMPLIANCE { 10 } else { 1 };
            format!("expected {field} of {id} from 0 to {most}, it is {score}")
        })
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
        RecordingMode::Ephemeral if keeps => {
            notes.reading(Reading::EphemeralAudioUrl, x, || format!("ephemeral session {id} shows an audio_url"));
        }
        _ => {}
    }
}

/// What a ghost session shows: neither its audio nor its words, and its analysis.
fn ghost(x: &Exchange<'_>, session: &RecordingSession, notes: &mut Notes) {
    let (id, keeps) = (&session.id, session.audio_url.is_some());
    let stored = session.audio_storage_mode == Some(AudioStorage::Persistent);
    notes.judge_if(session.ended_at.is_some(), Part::GhostAudio, x, !keeps && !stored, || match keeps {
        true => format!("expected no audio_url of ghost session {id}, it has one").about(id),
        false => format!("expected ghost session {id} not to be audio_storage_mode persistent").about(id),
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
        format!("expected the analysis of ghost session {id} to be kept, it is gone").about(id)
    });
}

/// The scores of an analysis, each with the most that it can be (§3.1).
fn scores(a: &Analysis) -> [(&'static str, Option<Score>, i64); 5] {
    [
        ("sentiment_score", a.sentiment_score, ONE),
        ("engagement_score", a.engagement_score, ONE),
        ("conversion_probability", a.conversion_probability, ONE),
        ("outcome_confidence", a.outcome_confidence, ONE),
        (COMPLIANCE, a.sop_compliance_score, 10 * ONE),
    ]
}

/// A score beyond its range.
fn out_of_range(a: &Analysis) -> Option<(&'static str, Score)> {
    let beyond = |(field, score, most): (_, Option<Score>, _)| {
        score.filter(|score| score.0 < 0 || score.0 > most).map(|score| (field, score))
    };
    scores(a).into_iter().find_map(beyond)
}
