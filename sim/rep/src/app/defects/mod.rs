//! The app's bugs: a table of them, and what each does in the place of what is right.
//!
//! The files beside this folder read like the specification. Where a bug does something else, they ask `ActiveDefects`, whose
//! methods change nothing unless the bug is switched on; a bug that is no more than a word in a condition is asked for there
//! with `App::has`.

mod client;
mod queue;
mod table;

pub use table::{AppDefect, Defects};

use super::App;
use super::client::Waits;
use super::storage::Storage;
use fieldday_api::SmolStr;
use fieldday_api::call::{Call, RawCall};
use fieldday_api::endpoint::{Method, Op};
use fieldday_api::token::Credential;
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, Source};
use fieldday_kernel::time::{Span, Time, TimeOfDay};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The defects that are switched on, with a method for each decision that they change.
pub(super) struct ActiveDefects<'a>(pub(super) &'a App);

/// The state of some defects that survives the app, as its storage does.
#[derive(Default)]
pub struct Stored {
    /// A flush runs, or ran when the app died.
    busy: bool,
    /// The token of the moment in which an action was queued, by the action's number.
    tokens: BTreeMap<u32, Rc<Credential>>,
}

impl ActiveDefects<'_> {
    fn has(&self, defect: AppDefect) -> bool {
        self.0.has(defect)
    }
    /// The event as the app shows or logs it; none if a defect suppresses it.
    pub(super) fn shown(&self, what: EventKind) -> Option<EventKind> {
        match what {
            EventKind::Spinner { .. } if self.has(AppDefect::NoSpinner) => None,
            EventKind::Logged { .. } if self.has(AppDefect::RequestIdNotLogged) => None,
            EventKind::Shown { from: Source::Stale, .. } if self.has(AppDefect::BlankWhileRefreshing) => None,
            EventKind::Results { session_id, playback, transcript, analysis } => Some(EventKind::Results {
                session_id,
                playback: playback || self.has(AppDefect::PlaybackWithoutAudio),
                transcript,
                analysis: analysis && (transcript || !self.has(AppDefect::HidesGhostAnalysis)),
            }),
            other => Some(other),
        }
    }
    /// The time by which the age of what is cached is measured.
    pub(super) fn clock(&self) -> Time {
        let (now, zone) = (self.0.now(), self.0.phone.station.zone());
        let is_afternoon = zone.time_of_day(now) >= TimeOfDay::hm(12, 0);
        if is_afternoon && self.has(AppDefect::ClockSetBack) { now - Span::hours(3) } else { now }
    }
    /// How far outside the fence still counts as inside, at that accuracy of the fix.
    pub(super) fn geofence_slack_m(&self, accuracy_m: u32) -> u32 {
        if self.has(AppDefect::GeofenceMinusAccuracy) { accuracy_m * 2 } else { 0 }
    }
    /// No token is to be had: an app that takes its user for signed out clears the store.
    pub(super) fn sign_out(&self) {
        if self.has(AppDefect::NoTokenMeansSignedOut) {
            let mut storage = self.0.phone.storage.borrow_mut();
            *storage = Storage { actions: storage.actions, ..Storage::default() };
        }
    }
    /// Crashes over a session whose score is null. True if it did.
    pub(super) fn crash_on_null(&self, session: &RecordingSession) -> bool {
        let has_null = session.analysis.as_ref().is_some_and(|analysis| analysis.sentiment_score.is_none());
        let crashes = has_null && self.has(AppDefect::CrashesOnNull);
        if crashes {
            self.0.record(EventKind::Crashed { op: Op::GetRecording });
            self.0.phone.kill();
        }
        crashes
    }
    /// Fetches the results of a session once more, past the documented API.
    pub(super) async fn call_ai(&self, session_id: &SmolStr) {
        if !self.has(AppDefect::CallsAiDirectly) {
            return;
        }
        let raw = RawCall {
            op: Op::RagQuery,
            method: Method::Post,
            path: "/api/v1/ai/summaries".into(),
            query: SmolStr::default(),
            body: format!("{{\"session_id\":\"{session_id}\"}}").into(),
            padding: 0,
            company_id: None,
        };
        self.0.call(Arc::new(Call::Raw(Box::new(raw))), Cause::Poll, Waits::Nobody).await;
    }
}
