//! Audio on its way: a background transfer to the presigned URL, then the report to the backend. It goes on after the
//! app's death from what storage knows, and before anything is repeated it looks whether that already happened (§0.2).

use super::App;
use super::client::Waits;
use super::defects::AppDefect;
use super::recording::is_stand_in;
use super::storage::Upload;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::fixed::Seconds;
use fieldday_api::private::Private;
use fieldday_api::wire::recordings::UploadAudio;
use fieldday_history::EventKind;
use fieldday_history::event::Cause;
use fieldday_kernel::time::Span;
use std::sync::Arc;

/// After a failed try, the next waits this long (and for the network).
const TRY_AGAIN_AFTER: Span = Span::minutes(1);

/// How far a try to upload came.
enum Progress {
    /// The backend has the audio, from this try or an earlier one.
    Ended,
    /// The backend will not have it: it knows no such session, or it is not this rep's any more.
    Refused,
    /// The try failed, and another follows.
    Later,
}

impl App {
    /// Brings audio that waits to the store, unless that is under way.
    pub(super) fn upload_soon(&self) {
        if self.phone.storage.borrow().uploads.is_empty() || self.memory.uploading.replace(true) {
            return;
        }
        self.background(|app| async move {
            app.upload_all().await;
            app.memory.uploading.set(false);
        });
    }
    async fn upload_all(&self) {
        loop {
            let first = self.phone.storage.borrow().uploads.front().cloned();
            let Some(upload) = first else { return };
            if !self.phone.station.online() {
                self.phone.station.network_back().await;
            }
            match self.upload(&upload).await {
                Progress::Later => {
                    self.phone.station.sleep(TRY_AGAIN_AFTER.sped_up(self.phone.settings.pace.backoff)).await
                }
                ended => {
                    self.write().await;
                    let gone = self.phone.storage.borrow_mut().uploads.pop_front();
                    if let (Progress::Ended, Some(gone)) = (ended, gone) {
                        let took = gone.began.map_or(Span::ZERO, |began| self.now().since(began));
                        self.record(EventKind::UploadEnded { session_id: gone.recording.session_id, took });
                    }
                }
            }
        }
    }
    async fn upload(&self, upload: &Upload) -> Progress {
        let session_id = upload.recording.session_id.clone();
        if is_stand_in(&session_id) {
            return Progress::Later;
        }
        if upload.began.is_some() && !self.has(AppDefect::UploadBlindlyRepeated) {
            match self.already_there(&session_id).await {
                Some(true) => return Progress::Ended,
                Some(false) => {}
                None => return Progress::Later,
            }
        } else if upload.began.is_none() {
            self.write().await;
            let began = self.now();
            self.change_first(|upload| upload.began = Some(began));
            self.record(EventKind::UploadBegan { session_id: session_id.clone(), bytes: upload.bytes });
        }
        let stored_as = match &upload.stored_as {
            Some(stored_as) => stored_as.clone(),
            None => match self.put_audio(upload).await {
                Ok(stored_as) => stored_as,
                Err(progress) => return progress,
            },
        };
        let body = UploadAudio {
            audio_url: stored_as,
            audio_duration_seconds: Seconds::from_millis(upload.duration.as_millis()),
            audio_size_bytes: upload.bytes,
        };
        let report = Call::UploadAudio { session_id, body };
        let reply = self.call(Arc::new(report), Cause::Upload, Waits::Nobody).await;
        match (reply.success(), reply.final_refusal()) {
            (Some(_), _) => Progress::Ended,
            (None, Some(_)) => Progress::Refused,
            (None, None) => Progress::Later,
        }
    }
    /// Whether the backend has the audio of a session; none if it does not say.
    async fn already_there(&self, session_id: &SmolStr) -> Option<bool> {
        let read = Call::GetRecording { session_id: session_id.clone() };
        let reply = self.call(Arc::new(read), Cause::Upload, Waits::Nobody).await;
        match reply.success().map(|r| &r.answer) {
            // Ephemeral audio is not kept, so its URL stays null; its size tells that it came.
            Some(Answer::Recording(body)) => {
                Some(body.session.audio_url.is_some() || body.session.audio_size_bytes.is_some())
            }
            _ => reply.final_refusal().map(|_| true),
        }
    }
    /// Puts the audio to its URL, which is asked for again when it has expired. Says where the audio is now.
    async fn put_audio(&self, upload: &Upload) -> Result<SmolStr, Progress> {
        let recording = &upload.recording;
        // Ghost mode turned out to have none.
        let mut url = recording.upload_url.clone().ok_or(Progress::Refused)?;
        let has_expired = self.now().since(recording.url_given) >= self.phone.settings.url_life;
        if has_expired && !self.has(AppDefect::UrlReusedAfterExpiry) {
            url = self.fresh_url(upload).await?;
        }
        let key: Private = url.expose().rsplit('/').next().unwrap_or_default().into();
        let put = Call::PutAudio { key, bytes: upload.bytes };
        let reply = self.call(Arc::new(put), Cause::Upload, Waits::Nobody).await;
        if reply.success().is_none() {
            if reply.final_refusal().is_some() {
                // Refused, most likely since it has expired: the next try asks for another.
                let now = self.now();
                let life = self.phone.settings.url_life;
                self.change_first(|upload| upload.recording.url_given = now - life);
            }
            return Err(Progress::Later);
        }
        let stored_as = SmolStr::from(format!("s3://otto-recordings/{}.m4a", recording.session_id));
        self.write().await;
        self.change_first(|upload| upload.stored_as = Some(stored_as.clone()));
        Ok(stored_as)
    }
    async fn fresh_url(&self, upload: &Upload) -> Result<Private, Progress> {
        let recording = &upload.recording;
        let reply = self.send_start(&recording.appointment_id, recording.location, recording.mode, Waits::Nobody).await;
        match reply.success().map(|r| &r.answer) {
            Some(Answer::RecordingStarted(again)) if again.recording_session_id == recording.session_id => {
                let url = again.audio_upload_url.clone().ok_or(Progress::Refused)?;
                self.write().await;
                let (given, kept) = (self.now(), url.clone());
                self.change_first(|upload| {
                    upload.recording.url_given = given;
                    upload.recording.upload_url = Some(kept);
                });
                Ok(url)
            }
            // The visit has another session now: this one's audio has no place any more.
            Some(_) => Err(Progress::Refused),
            None if reply.final_refusal().is_some() => Err(Progress::Refused),
            None => Err(Progress::Later),
        }
    }
    fn change_first(&self, change: impl FnOnce(&mut Upload)) {
        if let Some(first) = self.phone.storage.borrow_mut().uploads.front_mut() {
            change(first);
        }
    }
}
