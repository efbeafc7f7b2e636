//! Rules of recording sessions (§0.2, §2.3, §3.2, §3.3).
//!
//! - `recording.start.once`: however often a start is sent, its appointment has one active session.
//! - `recording.stop.once`: a repeated stop keeps `ended_at`.
//! - `recording.upload.once`: the same `audio_url` reported again starts nothing again.
//! - `recording.status.forward`: transcription, then analysis, only ever move forward.

use crate::exchanges::{Effect, Exchange};
use crate::facts::Facts;
use crate::facts::known::Known;
use crate::facts::sessions::{self, Session, rank};
use crate::facts::views::ASSIGNED;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, digest, push_bounded};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::names::{Processing, RecordingMode};
use fieldday_api::readings::Reading;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::recordings::{RecordingSession, RecordingStarted};
use fieldday_history::event::Cause;
use fieldday_kernel::time::Span;

/// Decides `recording.start.once`. A repeated start also serves to ask for a fresh URL, so a session is over, and a new
/// one legal, only if a stop and the report of its audio were sent (a ghost session has no audio). Where only a stop was, or is
/// on its way beside the start, a target may take the session for over: a reading. What a backend does with a session when
/// the shift ends is open, and another rep's recording of the same appointment is another matter.
///
/// A start that failed, or whose answer was lost, may have made a session that nobody was told of. Whether the next one made
/// a second cannot be known, but from when the session that it names began: before it was asked for, then it is the
/// first's. And one that comes to light later, begun before another that was given, was active beside it.
#[derive(Default)]
pub(crate) struct StartOnce {
    started: PerClient<Vec<Started>>,
    /// Appointments for which a start failed or was lost, before any was answered.
    lost: PerClient<Vec<SmolStr>>,
}

struct Started {
    appointment: SmolStr,
    session: SmolStr,
    /// The place in the event stream since which the session is known.
    since: u64,
    /// When the start was sent that was answered with it first.
    asked_at: Span,
    /// When the one was asked for that the appointment had before it.
    before_asked_at: Option<Span>,
    /// A start before it failed or was lost, and nobody knows yet whether the session is that one's.
    after_lost: bool,
    is_ghost: bool,
    shift_over: bool,
}

/// The most starts that are remembered of a rep.
const STARTS: usize = 16;

impl Judge for StartOnce {
    const RULES: &'static [Rule] = &[Rule::RecordingStartOnce];
    const SENT: Ops = Ops::of(&[Op::ClockOut]);
    const ENDED: Ops = Ops::of(&[Op::StartRecording, Op::StopRecording, Op::GetRecording]);

    fn on_sent(&mut self, s: &crate::exchanges::SentAttempt<'_>, _: &Facts, _: &mut Notes) {
        if s.attempt.op == Op::ClockOut {
            self.started.of(s.client.index).iter_mut().for_each(|started| started.shift_over = true);
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Call::StartRecording(body) = &**x.call else {
            return sessions::shown(x).into_iter().for_each(|shown| self.shows(shown, x, notes));
        };
        match x.success() {
            Some(Answer::RecordingStarted(answer)) => self.answered(&body.appointment_id, answer, x, facts, notes),
            Some(_) => {}
            None if x.effect() == Effect::None => self.refused(&body.appointment_id, x, facts, notes),
            None => {
                let known = self.started.of(x.client.index).iter().any(|s| s.appointment == body.appointment_id);
                let lost = self.lost.of(x.client.index);
                if !known && !lost.contains(&body.appointment_id) {
                    push_bounded(lost, STARTS, body.appointment_id.clone());
                }
            }
        }
    }
}

impl StartOnce {
    fn answered(
        &mut self,
        appointment: &SmolStr,
        answer: &RecordingStarted,
        x: &Exchange<'_>,
        facts: &Facts,
        notes: &mut Notes,
    ) {
        let (now, list) = (&answer.recording_session_id, self.started.of(x.client.index));
        let Some(known) = list.iter_mut().find(|s| s.appointment == *appointment) else {
            let lost = self.lost.of(x.client.index);
            let after_lost =
                lost.iter().position(|id| id == appointment).map(|place| lost.swap_remove(place)).is_some();
            if after_lost {
                notes.inconclusive(Part::StartLost);
            }
            let started = Started {
                appointment: appointment.clone(),
                session: now.clone(),
                since: x.ended_seq,
                asked_at: x.sent_at,
                before_asked_at: None,
                after_lost,
                is_ghost: answer.mode == RecordingMode::Ghost,
                shift_over: false,
            };
            return push_bounded(self.started.of(x.client.index), STARTS, started);
        };
        let part = if known.since > x.sent_seq { Part::StartConcurrent } else { Part::StartRepeat };
        if known.session == *now {
            return notes.held(part);
        }
        let over = known.is_over(facts);
        if (known.shift_over || known.is_reassigned(facts)) && !over {
            notes.inconclusive(part);
        } else if known.is_stopped(facts) && !over {
            notes.reading(Reading::NewSessionAfterStop, x, || {
                let (appointment, session) = (&known.appointment, &known.session);
                format!("a repeated start at {appointment} began session {now}: a stop of its session {session} had been sent")
            });
        } else if !over {
            notes.broken(part, x, || {
                let (appointment, session) = (&known.appointment, &known.session);
                format!("expected the active session {session} of {appointment} again, got another, {now}").about(now)
            });
        }
        (known.session, known.since, known.shift_over) = (now.clone(), x.ended_seq, false);
        (known.before_asked_at, known.asked_at) = (Some(known.asked_at), x.sent_at);
        known.is_ghost = answer.mode == RecordingMode::Ghost;
    }
    /// What was acknowledged once is not refused when it is asked for again.
    fn refused(&mut self, appointment: &SmolStr, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Some(status @ (400 | 404 | 409 | 422)) = x.refusal() else { return };
        let known = self.started.of(x.client.index).iter().find(|s| s.appointment == *appointment);
        let Some(known) = known.filter(|known| known.since < x.sent_seq) else { return };
        if !known.is_over(facts) && !known.shift_over && !known.is_reassigned(facts) {
            notes.broken(Part::StartRepeat, x, || {
                let session = &known.session;
                format!("expected the active session {session} of {appointment} again, it was refused with {status}")
            });
        }
    }
    /// When a session began tells which start made it.
    fn shows(&mut self, shown: &RecordingSession, x: &Exchange<'_>, notes: &mut Notes) {
        let (start, leeway) = (notes.settings.start, notes.settings.leeway);
        let Some(known) = self.started.of(x.client.index).iter_mut().find(|s| s.session == shown.id) else { return };
        if std::mem::take(&mut known.after_lost) && shown.started_at + leeway < start + known.asked_at {
            notes.held(Part::StartLost);
        }
        let before = known.before_asked_at.take();
        if before.is_some_and(|before| shown.started_at + leeway < start + before) {
            notes.broken(Part::StartLost, x, || {
                let (id, appointment) = (&shown.id, &known.appointment);
                format!("expected one active session of {appointment}: {id} began before the session that an earlier start returned")
            });
        }
    }
}

impl Started {
    fn is_over(&self, facts: &Facts) -> bool {
        facts.sessions.get(&self.session).is_some_and(|s| {
            (s.stop_sent || s.ended_at.is_some()) && (self.is_ghost || s.uploads.iter().any(|upload| upload.sent > 0))
        })
    }
    fn is_stopped(&self, facts: &Facts) -> bool {
        facts.sessions.get(&self.session).is_some_and(|s| s.stop_sent || s.ended_at.is_some())
    }
    fn is_reassigned(&self, facts: &Facts) -> bool {
        facts.appointments.get(&self.appointment).is_some_and(|a| a.was_written(ASSIGNED))
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
        if let (Op::StopRecording, Some(status @ (400 | 404 | 409 | 422))) = (x.op, x.refusal()) {
            let acked = |known: &&Session| known.stop_acked.is_some_and(|since| since < x.sent_seq) && !known.gone;
            if facts.session().filter(acked).is_some() && !is_probe(x) {
                notes.broken(Part::StopRepeat, x, || {
                    format!(
                        "expected the repeat of an acknowledged stop to be acknowledged, it was refused with {status}"
                    )
                });
            }
            return;
        }
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
        notes.judge(Part::StopRepeat, x, same, || {
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
    const ENDED: Ops = Ops::of(&[Op::StopRecording, Op::GetRecording, Op::UploadAudio]);

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        if let Call::UploadAudio { session_id, body } = &**x.call {
            return reported_again(session_id, digest(&body.audio_url), x, facts, notes);
        }
        let Some((shown, known)) = known(x, facts) else { return };
        if !known.uploads.iter().any(|upload| upload.sent > 1) {
            return;
        }
        // A report that nobody acknowledged may never have come.
        let is_case = known.uploads.iter().any(|upload| upload.acks > 1);
        let job = shown.transcript.as_ref().and_then(|t| t.uwc_job_id.as_ref());
        let other_job = matches!((job, known.job), (Some(now), Some(then)) if digest(now) != then.value);
        let back = goes_back(known.transcription, shown.transcription_status, x)
            || goes_back(known.analysis, shown.analysis_status, x);
        notes.judge_if(is_case, Part::UploadJob, x, !other_job && !back, || {
            let (was, now) = (known.transcription.map(|k| k.value), shown.transcription_status);
            let what = match (other_job, was) {
                (true, _) => "another uwc_job_id".to_owned(),
                (false, Some(was)) if was != now => format!("transcription_status {now} after {was}"),
                _ => format!("analysis_status {} after one further on", shown.analysis_status),
            };
            format!("expected nothing to start when the same audio_url of {} was reported again, got {what}", shown.id)
                .about(&shown.id)
        });
    }
}

/// A report that was acknowledged is acknowledged again.
fn reported_again(session_id: &str, url: u64, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
    let known = facts.sessions.get(session_id).filter(|known| !known.gone && !is_probe(x));
    let before = known.and_then(|known| known.uploads.iter().find(|upload| upload.url == url));
    if before.is_none_or(|upload| upload.acked.is_none_or(|since| since >= x.sent_seq)) {
        return;
    }
    match (x.success(), x.refusal()) {
        (Some(_), _) => notes.held(Part::UploadRepeat),
        (None, Some(status @ (400 | 404 | 409 | 422))) => notes.broken(Part::UploadRepeat, x, || {
            format!("expected the audio of {session_id} to be acknowledged again, it was refused with {status}")
        }),
        _ => {}
    }
}

/// What an intruder tries is judged by what it is.
fn is_probe(x: &Exchange<'_>) -> bool {
    matches!(x.cause, Cause::Probe(_))
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
            return notes.broken(Part::ForwardOrder, x, || {
                format!(
                    "expected the analysis_status of {} to wait for its transcription_status, which is {first}; it is {second}",
                    shown.id
                )
                .about(&shown.id)
            });
        }
        if second == Processing::Completed {
            notes.held(Part::ForwardOrder);
        }
        let Some((_, known)) = known(x, facts) else { return };
        let steps =
            [(Part::ForwardTranscription, known.transcription, first), (Part::ForwardAnalysis, known.analysis, second)];
        for (part, then, now) in steps {
            let Some(was) = then.map(|k| k.value) else { continue };
            // What has not begun cannot go back.
            let (step, is_case) = (part.name(), was != Processing::NotStarted);
            notes.judge_if(is_case, part, x, !goes_back(then, now, x), || {
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
