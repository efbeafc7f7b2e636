//! Recording sessions (§2.3) and their audio.

use crate::auth::Caller;
use crate::defects::BackendDefect;
use crate::refusal::Refusal;
use crate::state::{At, Kind, SessionRow};
use crate::{Backend, Seen, ids};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Response};
use fieldday_api::names::{AudioStorage, Processing, RecordingMode};
use fieldday_api::private::Private;
use fieldday_api::wire::recordings::{
    Location, RecordingSession, RecordingSessionBody, RecordingStart, RecordingStarted, RecordingStop, UploadAudio,
    Uploaded,
};
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::{Span, Time};
use std::sync::Arc;

const UPLOAD_KEY: Purpose = Purpose::new("backend upload key");

/// What stands before the key in a presigned URL. The key names the session and holds a secret.
pub const UPLOAD_URL_PREFIX: &str = "https://audio.otto.example/uploads/";

impl Backend {
    /// `POST /recording-sessions/start`: the appointment's active session, made if there is none, with a fresh URL.
    pub(crate) fn start_recording(
        &mut self,
        now: Time,
        caller: &Caller<'_>,
        body: &RecordingStart,
        key: u64,
        seen: Option<Seen>,
    ) -> Result<Answer, Refusal> {
        let anybodys = self.has(BackendDefect::StartOtherRepsAppointment);
        let at = match anybodys {
            true => self.find(caller, Kind::Appointment, &body.appointment_id)?,
            false => self.own_appointment(caller, &body.appointment_id)?,
        };
        let rep = self.own_rep(caller, &body.rep_id)?;
        check_location(&body.location)?;
        let tenant = &self.tenants[usize::from(at.tenant)];
        let assigned = tenant.appointments[at.row as usize].rep;
        let theirs = anybodys || at.tenant == rep.tenant && assigned == Some(rep.row);
        if !theirs && !self.has(BackendDefect::OwnershipSkipped) && !self.has(BackendDefect::TenantLeakById) {
            return Err(Refusal::request("the appointment is not assigned to that rep").about("rep_id", &body.rep_id));
        }
        let last = match seen {
            Some(Seen::Session(seen)) => seen,
            _ if self.has(BackendDefect::StartMakesSecondSession) => None,
            _ => tenant.appointments[at.row as usize].last_session,
        };
        // The same start again, or a fresh URL for audio that is still to come, also after the shift: the session that
        // there is. Another rep's, who had the appointment before, is not this one's.
        let open = last.filter(|row| {
            let last = &tenant.sessions[*row as usize];
            let same_key = last.place == Some(body.location) || !self.has(BackendDefect::StartKeyedByPlace);
            last.rep == Some(rep.row) && last.is_open() && same_key
        });
        let row = match open {
            Some(_) if self.has(BackendDefect::StartAgainRefused) => {
                return Err(Refusal::conflict("The session exists already"));
            }
            Some(row) => row,
            None if !tenant.policy.allow_recording => return Err(Refusal::request("recording is switched off")),
            None if !self.on_shift(now, rep) && !self.has(BackendDefect::StartWithoutShift) => {
                return Err(Refusal::request("not clocked in").about("rep_id", &body.rep_id));
            }
            None => self.new_session(now, at, rep, body, key),
        };
        let session = At { tenant: at.tenant, row };
        let url = self.presign(now, session, key);
        let session = &self.session(session).session;
        Ok(Answer::RecordingStarted(RecordingStarted {
            recording_session_id: session.id.clone(),
            mode: session.mode,
            audio_storage_mode: session.audio_storage_mode.unwrap_or(AudioStorage::Persistent),
            audio_upload_url: url,
            shunya_job_config: None,
        }))
    }

    fn new_session(&mut self, now: Time, at: At, rep: At, body: &RecordingStart, key: u64) -> u32 {
        let rep_id = self.tenants[usize::from(rep.tenant)].reps[rep.row as usize].rep_id.clone();
        let mode = match body.mode.unwrap_or(RecordingMode::Full) {
            RecordingMode::Ephemeral if self.has(BackendDefect::EphemeralKeepsAudio) => RecordingMode::Full,
            mode => mode,
        };
        let ghost_storage = match self.has(BackendDefect::GhostKeepsAudio) {
            true => AudioStorage::Persistent,
            false => AudioStorage::NotStored,
        };
        let session = RecordingSession {
            id: ids::named("session_", key),
            rep_id,
            appointment_id: body.appointment_id.clone(),
            started_at: now,
            ended_at: None,
            mode,
            transcription_status: Processing::NotStarted,
            analysis_status: Processing::NotStarted,
            audio_url: None,
            audio_storage_mode: Some(match mode {
                RecordingMode::Full => AudioStorage::Persistent,
                RecordingMode::Ephemeral => AudioStorage::Ephemeral,
                RecordingMode::Ghost => ghost_storage,
            }),
            audio_duration_seconds: None,
            audio_size_bytes: None,
            transcript: None,
            analysis: None,
        };
        let tenant = &mut self.tenants[usize::from(at.tenant)];
        let row = tenant.sessions.len() as u32;
        self.ids.insert(session.id.clone(), (Kind::Session, At { tenant: at.tenant, row }));
        tenant.appointments[at.row as usize].last_session = Some(row);
        tenant.sessions.push(SessionRow {
            session,
            rep: Some(rep.row),
            place: Some(body.location),
            key,
            reported: None,
            pipeline: None,
            next_change: Time::from_micros(i64::MAX),
            answer: None,
        });
        row
    }

    /// A URL that takes the session's audio for a while; none in ghost mode, which keeps no audio.
    fn presign(&mut self, now: Time, session: At, key: u64) -> Option<Private> {
        let session = &self.session(session).session;
        if session.mode == RecordingMode::Ghost && !self.has(BackendDefect::GhostKeepsAudio) {
            return None;
        }
        let mut stream = Stream::new(self.seed, UPLOAD_KEY, key, 0, 0);
        let secret = SmolStr::from(format!("{}-{:016x}{:016x}", session.id, stream.bits(), stream.bits()));
        let url = Private::from(format!("{UPLOAD_URL_PREFIX}{secret}"));
        let until = now + Span::minutes(i64::from(self.config.readings.upload_url_minutes));
        self.uploads.insert(secret, until);
        Some(url)
    }

    /// `PUT` to a presigned URL: no token, the key alone decides.
    pub(crate) fn put_audio(&mut self, arrived: Time, key: &Private) -> Result<Answer, Refusal> {
        match self.uploads.get(key.expose()) {
            Some(until) if arrived <= *until => Ok(Answer::Stored),
            _ => Err(Refusal::forbidden("The upload URL is unknown or has expired")),
        }
    }

    /// `POST /recording-sessions/{session_id}/stop`: ends it, once.
    pub(crate) fn stop_recording(
        &mut self,
        now: Time,
        caller: &Caller<'_>,
        id: &str,
        body: &RecordingStop,
    ) -> Result<Answer, Refusal> {
        let at = self.own_session(caller, id)?;
        check_location(&body.location)?;
        self.settle(now, at);
        let (moves, resets) = (self.has(BackendDefect::StopMovesEnd), self.has(BackendDefect::StopResetsStatus));
        let tenant = &mut self.tenants[usize::from(at.tenant)];
        let row = &mut tenant.sessions[at.row as usize];
        let first = row.session.ended_at.is_none();
        if !first && self.defects.has(BackendDefect::StopAgainRefused) {
            return Err(Refusal::request("already stopped"));
        }
        if let Some(ended_at) = row.session.ended_at.filter(|_| self.defects.has(BackendDefect::StopMovesStart)) {
            (row.session.started_at, row.answer) = (ended_at, None);
        }
        if first || moves {
            row.session.ended_at = Some(now);
            row.answer = None;
        }
        if first {
            self.enqueue_if_ready(now, at);
        } else if resets {
            row.start_over();
            self.enqueue_if_ready(now, at);
        }
        let session = self.session(at).session.clone();
        Ok(Answer::Recording(Box::new(RecordingSessionBody { session })))
    }

    /// `POST /recording-sessions/{session_id}/upload-audio`: the audio is where it says. The same again starts nothing.
    pub(crate) fn upload_audio(
        &mut self,
        now: Time,
        caller: &Caller<'_>,
        id: &str,
        body: &UploadAudio,
    ) -> Result<Answer, Refusal> {
        let at = self.own_session(caller, id)?;
        check_audio(body)?;
        self.settle(now, at);
        let ghost_keeps = self.has(BackendDefect::GhostKeepsAudio);
        let shows = match self.session(at).session.mode {
            RecordingMode::Full => true,
            RecordingMode::Ephemeral => false,
            RecordingMode::Ghost if ghost_keeps => true,
            RecordingMode::Ghost => return Err(Refusal::request("a ghost session keeps no audio")),
        };
        let again = self.has(BackendDefect::UploadStartsAgain);
        let row = self.session_mut(at);
        let repeated = row.reported.as_ref() == Some(&body.audio_url);
        if !repeated {
            // Another URL (a start repeated, the audio sent once more) replaces the first, and starts nothing again.
            row.reported = Some(body.audio_url.clone());
            row.session.audio_url = shows.then(|| body.audio_url.clone());
            row.session.audio_duration_seconds = Some(body.audio_duration_seconds);
            row.session.audio_size_bytes = Some(body.audio_size_bytes);
            row.answer = None;
            self.enqueue_if_ready(now, at);
        } else if again {
            row.start_over();
            self.enqueue_if_ready(now, at);
        }
        let recording_session_id = self.session(at).session.id.clone();
        Ok(Answer::Uploaded(Uploaded { status: SmolStr::new_static("uploaded"), recording_session_id }))
    }

    /// `GET /recording-sessions/{session_id}`. What is polled every few seconds is answered with what was answered before,
    /// while it holds.
    pub(crate) fn get_recording(&mut self, now: Time, caller: &Caller<'_>, id: &str) -> Result<Arc<Response>, Refusal> {
        let at = self.own_session(caller, id)?;
        self.settle(now, at);
        let row = self.session_mut(at);
        let session = &row.session;
        let answer = row.answer.get_or_insert_with(|| {
            let body = RecordingSessionBody { session: session.clone() };
            Arc::new(Response::ok(Answer::Recording(Box::new(body))))
        });
        Ok(Arc::clone(answer))
    }

    fn own_session(&self, caller: &Caller<'_>, id: &str) -> Result<At, Refusal> {
        let at = self.find(caller, Kind::Session, id)?;
        self.own(caller, at, self.session(at).rep)?;
        Ok(at)
    }

    pub(crate) fn session(&self, at: At) -> &SessionRow {
        &self.tenants[usize::from(at.tenant)].sessions[at.row as usize]
    }

    pub(crate) fn session_mut(&mut self, at: At) -> &mut SessionRow {
        &mut self.tenants[usize::from(at.tenant)].sessions[at.row as usize]
    }
}

fn check_location(location: &Location) -> Result<(), Refusal> {
    const QUARTER: u64 = 900_000_000;
    if location.lat.0.unsigned_abs() > QUARTER || location.lng.0.unsigned_abs() > 2 * QUARTER {
        return Err(Refusal::validation("location is not on the globe").about("field", "location"));
    }
    Ok(())
}

fn check_audio(body: &UploadAudio) -> Result<(), Refusal> {
    if body.audio_url.trim().is_empty() {
        return Err(Refusal::validation("audio_url is empty").about("field", "audio_url"));
    }
    if body.audio_duration_seconds.0 < 0 {
        return Err(Refusal::validation("audio_duration_seconds is negative").about("field", "audio_duration_seconds"));
    }
    if body.audio_size_bytes == 0 {
        return Err(Refusal::validation("audio_size_bytes is zero").about("field", "audio_size_bytes"));
    }
    Ok(())
}
