//! Rules of recording sessions (§0.2, §2.3, §3.2, §3.3).
//!
//! - `recording.start.once`: however often a start is sent, its appointment has one active session.
//! - `recording.stop.once`: a repeated stop keeps `ended_at`.
//! - `recording.upload.once`: the same `audio_url` reported again starts nothing again.
//! - `recording.status.forward`: transcription, then analysis, only ever move forward.

use crate::exchanges::Exchange;
use crate::facts::sessions::{self, Session, rank};
use crate::facts::views::ASSIGNED;
use crate::facts::{Facts, Known};
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, digest, push_bounded};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::names::{Processing, RecordingMode};
use fieldday_api::readings::Reading;
use fieldday_api::rules::Rule;
use fieldday_api::wire::recordings::RecordingSession;

/// Decides `recording.start.once`. A repeated start also serves to ask for a fresh URL, so a session is over, and a new
/// one legal, only if a stop and the report of its audio were sent (a ghost session has no audio). Where only a stop was, or is
/// on its way beside the start, a target may take the session for over: a reading. What a backend does with a session when
/// the shift ends is open, and another rep's recording of the same appointment is another matter.
#[derive(Default)]
pub(crate) struct StartOnce {
    started: PerClient<Vec<Started>>,
}

struct Started {
    appointment: SmolStr,
    session: SmolStr,
    is_ghost: bool,
    shift_over: bool,
}

/// Starts remembered per rep.
const STARTS: usize = 16;

impl Judge for StartOnce {
    const RULES: &'static [Rule] = &[Rule::RecordingStartOnce];
    const SENT: Ops = Ops::of(&[Op::ClockOut]);
    const ENDED: Ops = Ops::of(&[Op::StartRecording]);

    fn on_sent(&mut self, s: &crate::exchanges::SentAttempt<'_>, _: &Facts, _: &mut Notes) {
        if s.attempt.op == Op::ClockOut {
            self.started.of(s.client.index).iter_mut().for_each(|started| started.shift_over = true);
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let (Call::StartRecording(body), Some(Answer::RecordingStarted(answer))) = (&**x.call, x.success()) else {
            return;
        };
        let (now, list) = (&answer.recording_session_id, self.started.of(x.client.index));
        let Some(known) = list.iter_mut().find(|s| s.appointment == body.appointment_id) else {
            let (appointment, session) = (body.appointment_id.clone(), now.clone());
            let is_ghost = answer.mode == RecordingMode::Ghost;
            return push_bounded(list, STARTS, Started { appointment, session, is_ghost, shift_over: false });
        };
        if known.session == *now {
            return notes.held(Rule::RecordingStartOnce);
        }
        let first = facts.sessions.get(&known.session);
        let stopped = first.is_some_and(|s| s.stop_sent || s.ended_at.is_some());
        let reported = first.is_some_and(|s| s.uploads.iter().any(|upload| upload.sent > 0));
        let over = stopped && (known.is_ghost || reported);
        let reassigned = facts.appointments.get(&known.appointment).is_some_and(|a| a.was_written(ASSIGNED));
        if (known.shift_over || reassigned) && !over {
            notes.inconclusive(Rule::RecordingStartOnce);
        } else if stopped && !over {
            notes.reading(Reading::NewSessionAfterStop, x, || {
                let (appointment, session) = (&known.appointment, &known.session);
                format!("a start at {appointment} whose session {session} a stop was sent for began another, {now}")
            });
        } else if !over {
            notes.broken(Rule::RecordingStartOnce, x, || {
                let (appointment, session) = (&known.appointment, &known.session);
                format!("expected the active session {session} of {appointment} again, got another, {now}").about(now)
            });
        }
        (known.session, known.shift_over) = (now.clone(), false);
        known.is_ghost = answer.mode == RecordingMode::Ghost;
    }
}

/// Decides `recording.stop.once`.
#[derive(Default)]
pub(crate) struct StopOnce;

impl Judge for StopOnce {
    const RULES: &'static [Rule] = &[Rule::RecordingStopOnce];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[Op::StopRecording, Op::GetRecording]);

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Some((shown, known)) = known(x, facts) else { return };
        let Some(ended_at) = known.ended_at else { return };
        let same = match shown.ended_at {
            Some(at) => at == ended_at.value,
            // A read that began before may show it running; one that began later misses the rep's own write.
            None => ended_at.since > x.sent_seq || (x.op == Op::GetRecording && known.stop_acked.is_some()),
        };
        if same && x.op != Op::StopRecording {
            return;
        }
        notes.judge(Rule::RecordingStopOnce, x, same, || {
            let now = shown.ended_at.map_or("null".to_owned(), |at| at.to_string());
            format!("expected {} to keep ended_at {}, got {now}", shown.id, ended_at.value).about(&shown.id)
        });
    }
}

/// Decides `recording.upload.once`: what a second report of the same audio would start shows as a second job, or as a
/// step that begins anew.
#[derive(Default)]
pub(crate) struct UploadOnce;

impl Judge for UploadOnce {
    const RULES: &'static [Rule] = &[Rule::RecordingUploadOnce];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[Op::StopRecording, Op::GetRecording]);

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Some((shown, known)) = known(x, facts) else { return };
        if !known.uploads.iter().any(|upload| upload.sent > 1) {
            return;
        }
        let job = shown.transcript.as_ref().and_then(|t| t.uwc_job_id.as_ref());
        let other_job = matches!((job, known.job), (Some(now), Some(then)) if digest(now) != then.value);
        let back = goes_back(known.transcription, shown.transcription_status, x)
            || goes_back(known.analysis, shown.analysis_status, x);
        notes.judge(Rule::RecordingUploadOnce, x, !other_job && !back, || {
            let (was, now) = (known.transcription.map(|k| k.value), shown.transcription_status);
            let what = match (other_job, was) {
                (true, _) => "another uwc_job_id".to_owned(),
                (false, Some(was)) if was != now => format!("transcription_status {now} after {was}"),
                _ => format!("analysis_status {} after one further on", shown.analysis_status),
            };
            format!("the same audio_url of {} was reported again: expected nothing to start, got {what}", shown.id)
                .about(&shown.id)
        });
    }
}

/// Decides `recording.status.forward`.
#[derive(Default)]
pub(crate) struct StatusForward;

impl Judge for StatusForward {
    const RULES: &'static [Rule] = &[Rule::RecordingStatusForward];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[Op::StopRecording, Op::GetRecording]);

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Some(shown) = sessions::shown(x) else { return };
        let (first, second) = (shown.transcription_status, shown.analysis_status);
        if second == Processing::Completed && first != Processing::Completed {
            return notes.broken(Rule::RecordingStatusForward, x, || {
                format!(
                    "expected the analysis_status of {} to wait for its transcription_status, which is {first}; it is {second}",
                    shown.id
                )
                .about(&shown.id)
            });
        }
        let Some((_, known)) = known(x, facts) else { return };
        for (step, then, now) in [("transcription", known.transcription, first), ("analysis", known.analysis, second)] {
            let Some(was) = then.map(|k| k.value) else { continue };
            notes.judge(Rule::RecordingStatusForward, x, !goes_back(then, now, x), || {
                format!("expected the {step}_status of {} to go on from {was}, got {now}", shown.id).about(&shown.id)
            });
        }
    }
}

fn known<'a>(x: &'a Exchange<'_>, facts: &'a Facts) -> Option<(&'a RecordingSession, &'a Session)> {
    let shown = sessions::shown(x)?;
    Some((shown, facts.session()?))
}

/// Whether a step shows less than was known before the read began, or another end.
fn goes_back(known: Option<Known<Processing>>, now: Processing, x: &Exchange<'_>) -> bool {
    known.is_some_and(|k| {
        let ends_differ = k.value.is_final() && now.is_final() && k.value != now;
        ends_differ || (k.since < x.sent_seq && rank(now) < rank(k.value))
    })
}
