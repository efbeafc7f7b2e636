//! Watching a session being processed (§3.4): every 5 s until both steps are completed or one failed, for 5 min at most.

use super::App;
use super::client::Waits;
use super::defects::AppDefect;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::defaults::{POLL_EVERY, POLL_FOR};
use fieldday_api::names::Processing;
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, PollEnd};
use fieldday_kernel::time::Span;
use std::sync::Arc;

impl App {
    /// Polls a recording session in the background until it is processed or failed, for 5 minutes at most.
    pub fn watch(&self, session_id: SmolStr) {
        self.background(|app| async move {
            app.record(EventKind::PollBegan { session_id: session_id.clone() });
            let why = app.poll(&session_id).await;
            app.record(EventKind::PollEnded { session_id, why });
        });
    }
    async fn poll(&self, session_id: &SmolStr) -> PollEnd {
        let pace = self.phone.settings.pace.polling;
        let until = self.now() + POLL_FOR.sped_up(pace);
        let request = Arc::new(Call::GetRecording { session_id: session_id.clone() });
        loop {
            let every = if self.has(AppDefect::PollsEverySecond) { Span::seconds(1) } else { POLL_EVERY };
            let next = self.now() + every.sped_up(pace);
            if next > until && !self.has(AppDefect::PollsWithoutEnd) {
                return PollEnd::TookTooLong;
            }
            self.phone.station.sleep_until(next).await;
            // A token may be long in coming, and then the time may be over.
            if self.token().await.is_none() {
                continue;
            }
            if self.now() > until && !self.has(AppDefect::PollsWithoutEnd) {
                return PollEnd::TookTooLong;
            }
            let reply = self.call(request.clone(), Cause::Poll, Waits::Nobody).await;
            if reply.final_refusal().is_some() {
                return PollEnd::Failed;
            }
            let Some(Answer::Recording(body)) = reply.success().map(|r| &r.answer) else { continue };
            let states = [body.session.transcription_status, body.session.analysis_status];
            let is_over = if states.contains(&Processing::Failed) {
                Some(PollEnd::Failed)
            } else {
                states.iter().all(|s| *s == Processing::Completed).then_some(PollEnd::Completed)
            };
            if let Some(end) = is_over {
                self.show_results(&body.session);
                self.defects().call_ai(session_id).await;
                return end;
            }
        }
    }
    /// Shows what there is, and copes with what there is not (§3.5): no playback without audio, no transcript without
    /// text, the analysis whenever there is one.
    fn show_results(&self, session: &RecordingSession) {
        let transcript = session.transcript.as_ref().is_some_and(|t| t.transcript_text.is_some());
        if self.defects().crash_on_null(session) {
            return;
        }
        self.record(EventKind::Results {
            session_id: session.id.clone(),
            playback: session.audio_url.is_some(),
            transcript,
            analysis: session.analysis.is_some(),
        });
    }
}
