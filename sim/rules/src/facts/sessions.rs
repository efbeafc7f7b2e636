//! Recording sessions: what was last known of each, and since when.

use crate::exchanges::{Effect, Exchange, SentAttempt};
use crate::facts::known::Known;
use crate::tables::{ById, digest, entry, push_bounded};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::names::{Processing, RecordingMode};
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_kernel::time::Time;

/// The most uploads that are remembered of a session.
const UPLOADS: usize = 4;

/// A report that the audio is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upload {
    /// A digest of the URL that was reported.
    pub url: u64,
    /// The number of attempts that reported it.
    pub sent: u32,
    /// The place in the event stream of the last attempt.
    pub sent_last: u64,
    /// The place in the event stream of the first acknowledgement.
    pub acked: Option<u64>,
    /// The number of acknowledgements.
    pub acks: u32,
}

/// What is known of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// The place in the event stream since which its start is acknowledged.
    pub started: Option<u64>,
    /// When it was stopped, if that is known.
    pub ended_at: Option<Known<Time>>,
    /// The mode that the answer to its start gave it.
    pub mode: Option<RecordingMode>,
    /// Whether a stop was sent that was not refused, or one is under way.
    pub stop_sent: bool,
    /// The place in the event stream since which a stop is acknowledged.
    pub stop_acked: Option<u64>,
    pub transcription: Option<Known<Processing>>,
    pub analysis: Option<Known<Processing>>,
    pub uploads: Vec<Upload>,
    /// The job that transcribes it.
    pub job: Option<Known<u64>>,
    /// The tenant to whose clients it was first shown.
    pub tenant: Option<u8>,
    /// The last look at it was answered 404.
    pub gone: bool,
    /// The client whose start was acknowledged first.
    pub started_by: Option<u32>,
}

/// The order of a step's states, so that they can only go up.
pub(crate) fn rank(step: Processing) -> u8 {
    match step {
        Processing::NotStarted => 0,
        Processing::InProgress => 1,
        Processing::Completed | Processing::Failed => 2,
    }
}

/// The session that an answer shows.
pub(crate) fn shown<'a>(x: &'a Exchange<'_>) -> Option<&'a RecordingSession> {
    match x.success() {
        Some(Answer::Recording(body)) => Some(&body.session),
        _ => None,
    }
}

/// The sessions of a cell.
#[derive(Debug, Default)]
pub(crate) struct Sessions(ById<Session>);

impl Sessions {
    pub fn get(&self, id: &str) -> Option<&Session> {
        self.0.get(id)
    }
    pub fn at(&self, place: usize) -> Option<&Session> {
        self.0.get_index(place).map(|(_, session)| session)
    }
    /// The place of the session that an exchange is about, if it is known.
    pub fn find(&self, x: &Exchange<'_>) -> Option<usize> {
        let id = match (shown(x), &**x.call) {
            (Some(session), _) => &session.id,
            (None, Call::GetRecording { session_id } | Call::StopRecording { session_id, .. }) => session_id,
            _ => return None,
        };
        self.0.get_index_of(id)
    }
    pub fn sent(&mut self, s: &SentAttempt<'_>) {
        match &*s.attempt.call {
            Call::StopRecording { session_id, .. } => self.of(session_id).stop_sent = true,
            Call::UploadAudio { session_id, body } => {
                let (url, seq) = (digest(&body.audio_url), s.attempt.sent_seq);
                let uploads = &mut self.of(session_id).uploads;
                match uploads.iter_mut().find(|u| u.url == url) {
                    Some(upload) => (upload.sent, upload.sent_last) = (upload.sent + 1, seq),
                    None => {
                        push_bounded(uploads, UPLOADS, Upload { url, sent: 1, sent_last: seq, acked: None, acks: 0 })
                    }
                }
            }
            _ => {}
        }
    }
    /// Takes an exchange in. `place` is that of the session which it shows, if it is known.
    pub fn learn(&mut self, x: &Exchange<'_>, place: Option<usize>) {
        if let Some(session) = shown(x) {
            let known = match place.and_then(|place| self.0.get_index_mut(place)) {
                Some((_, known)) => known,
                None => self.of(&session.id),
            };
            known.tenant.get_or_insert(x.client.tenant);
            known.learn(session, x);
        }
        if let Call::GetRecording { session_id } = &**x.call
            && let Some(known) = self.0.get_mut(session_id)
        {
            known.gone = x.refusal() == Some(404);
        }
        if !matches!(x.op, Op::StartRecording | Op::StopRecording | Op::UploadAudio) {
            return;
        }
        match (&**x.call, x.success()) {
            (Call::StartRecording(_), Some(Answer::RecordingStarted(started))) => {
                let known = self.of(&started.recording_session_id);
                known.started.get_or_insert(x.ended_seq);
                known.mode.get_or_insert(started.mode);
                known.started_by.get_or_insert(x.client.index);
                known.tenant.get_or_insert(x.client.tenant);
            }
            (Call::StopRecording { session_id, .. }, Some(_)) => {
                self.of(session_id).stop_acked.get_or_insert(x.ended_seq);
            }
            (Call::UploadAudio { session_id, body }, Some(_)) => {
                let url = digest(&body.audio_url);
                if let Some(upload) = self.of(session_id).uploads.iter_mut().find(|u| u.url == url) {
                    upload.acked.get_or_insert(x.ended_seq);
                    upload.acks += 1;
                }
            }
            (Call::UploadAudio { session_id, body }, None) if x.effect() == Effect::None => {
                let url = digest(&body.audio_url);
                if let Some(upload) = self.of(session_id).uploads.iter_mut().find(|u| u.url == url) {
                    upload.sent -= 1;
                }
            }
            _ => {}
        }
    }
    fn of(&mut self, id: &SmolStr) -> &mut Session {
        let place = entry(&mut self.0, id);
        &mut self.0[place]
    }
}

impl Session {
    fn learn(&mut self, shown: &RecordingSession, x: &Exchange<'_>) {
        let since = x.ended_seq;
        if let Some(value) = shown.ended_at {
            self.ended_at.get_or_insert(Known { value, since });
        }
        if x.shows("transcription_status") {
            learn_step(&mut self.transcription, shown.transcription_status, x);
        }
        if x.shows("analysis_status") {
            learn_step(&mut self.analysis, shown.analysis_status, x);
        }
        let job = shown.transcript.as_ref().and_then(|t| t.uwc_job_id.as_ref());
        if let Some(job) = job {
            self.job.get_or_insert(Known { value: digest(job), since });
        }
    }
}

/// The newest step wins; one that is newer for certain wins also where it goes back, so that it is told once.
fn learn_step(known: &mut Option<Known<Processing>>, value: Processing, x: &Exchange<'_>) {
    let newer = match known {
        None => true,
        Some(k) => value != k.value && (x.sent_seq > k.since || rank(value) > rank(k.value)),
    };
    if newer {
        *known = Some(Known { value, since: x.ended_seq });
    }
}
