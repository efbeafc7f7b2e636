//! Recording a visit (§1.3): the start needs the network and a fix within the geofence; the stop is queued, and the audio
//! follows in the background.

use super::App;
use super::client::{CallOutcome, Waits};
use super::storage::{Queued, Recording, Storage, Upload};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::names::RecordingMode;
use fieldday_api::wire::recordings::{Location, RecordingStart, RecordingStarted, RecordingStop};
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, Settlement, Trigger};
use fieldday_radio::place::Point;
use std::sync::Arc;

/// What became of an attempt to start a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Started {
    /// The recording runs.
    Recording,
    /// The phone does not believe that it is there.
    OutsideGeofence,
    /// The tenant's policy forbids it, so the app does not offer it.
    NotAllowed,
    /// There is no network, and this needs one; or no answer came.
    NoAnswer,
    /// The backend refused it for good.
    Refused,
    /// A second tap while the first was under way, or it already records.
    Ignored,
}

impl App {
    /// Starts to record the visit whose door is at `place`, if the phone's fix lies within the geofence.
    pub async fn start_recording(&self, appointment_id: &SmolStr, place: Point, mode: RecordingMode) -> Started {
        if self.phone.storage.borrow().recording_is_off {
            return Started::NotAllowed;
        }
        let is_recording = self.phone.storage.borrow().recording.is_some();
        if is_recording || self.memory.starting.replace(true) {
            return Started::Ignored;
        }
        let started = self.start_inside_geofence(appointment_id, place, mode).await;
        self.memory.starting.set(false);
        started
    }
    /// Clocking in and looking at the shift tell what the tenant's policy is (§2.4).
    pub(super) fn heed_policy(&self, answer: &Answer) {
        if let Answer::ShiftDay(day) = answer {
            self.phone.storage.borrow_mut().recording_is_off = !day.allow_recording;
        }
    }
    async fn start_inside_geofence(&self, appointment_id: &SmolStr, place: Point, mode: RecordingMode) -> Started {
        let fix = self.phone.station.fix(self.phone.next_reading());
        let distance_m = fix.point.distance_m(place).clamp(0, i64::from(u32::MAX)) as u32;
        let inside = distance_m <= self.phone.settings.geofence_m + self.defects().geofence_slack_m(fix.accuracy_m);
        let id = appointment_id.clone();
        self.record(EventKind::Geofence { appointment_id: id, distance_m, accuracy_m: fix.accuracy_m, inside });
        if !inside {
            return Started::OutsideGeofence;
        }
        let reply = self.send_start(appointment_id, fix.location, mode, Waits::Person).await;
        let Some(Answer::RecordingStarted(started)) = reply.success().map(|r| &r.answer) else {
            return match reply.final_refusal() {
                Some(_) => Started::Refused,
                None if self.phone.settings.start_is_queued => {
                    self.queue_start(appointment_id, fix.location, mode).await;
                    Started::Recording
                }
                None => Started::NoAnswer,
            };
        };
        let recording = self.recording(appointment_id, fix.location, started);
        self.write().await;
        self.phone.storage.borrow_mut().recording = Some(recording);
        Started::Recording
    }
    /// The other reading of §0.4: the start waits in the queue, and the recording runs under a stand-in for the session's
    /// id until it is known.
    async fn queue_start(&self, appointment_id: &SmolStr, location: Location, mode: RecordingMode) {
        self.write().await;
        let action = self.push(Call::StartRecording(self.start_request(appointment_id, location, mode)));
        self.phone.storage.borrow_mut().recording = Some(Recording {
            appointment_id: appointment_id.clone(),
            session_id: stand_in(action),
            mode,
            location,
            began: self.now(),
            upload_url: None,
            url_given: self.now(),
        });
        self.flush_soon(Trigger::NewAction);
    }
    /// A queued start has been settled: what was done under its stand-in gets the session's id, or goes with it.
    pub(super) fn adopt_session(&self, action: u32, how: Settlement, reply: Option<&CallOutcome>) {
        let stand_in = stand_in(action);
        let mut storage = self.phone.storage.borrow_mut();
        let Storage { queue, recording, uploads, sessions, .. } = &mut *storage;
        let Some(Answer::RecordingStarted(started)) = reply.and_then(CallOutcome::success).map(|r| &r.answer) else {
            recording.take_if(|recording| recording.session_id == stand_in);
            uploads.retain(|upload| upload.recording.session_id != stand_in);
            sessions.retain(|known| *known != stand_in);
            let orphans: Vec<u32> = queue.iter().filter(|q| stops(q, &stand_in)).map(|q| q.action).collect();
            queue.retain(|queued| !stops(queued, &stand_in));
            drop(storage);
            orphans.into_iter().for_each(|action| self.record(EventKind::Settled { action, how }));
            return;
        };
        let id = &started.recording_session_id;
        sessions.iter_mut().filter(|known| **known == stand_in).for_each(|known| *known = id.clone());
        for recording in recording.iter_mut().chain(uploads.iter_mut().map(|upload| &mut upload.recording)) {
            if recording.session_id == stand_in {
                recording.session_id = id.clone();
                recording.upload_url = started.audio_upload_url.clone();
                recording.url_given = self.phone.station.now();
            }
        }
        for queued in queue.iter_mut().filter(|queued| stops(queued, &stand_in)) {
            if let Call::StopRecording { body, .. } = &*queued.request {
                queued.request = Arc::new(Call::StopRecording { session_id: id.clone(), body: body.clone() });
            }
        }
    }
    /// Sends a start. Sent again for the same visit, it brings the same session with a fresh upload URL.
    pub(super) async fn send_start(
        &self,
        appointment_id: &SmolStr,
        location: Location,
        mode: RecordingMode,
        waits: Waits,
    ) -> CallOutcome {
        let start = self.start_request(appointment_id, location, mode);
        let cause = if waits == Waits::Person { Cause::Tap } else { Cause::Upload };
        self.call(Arc::new(Call::StartRecording(start)), cause, waits).await
    }
    fn start_request(&self, appointment_id: &SmolStr, location: Location, mode: RecordingMode) -> RecordingStart {
        let (appointment_id, rep_id) = (appointment_id.clone(), self.phone.owner.rep_id.clone());
        RecordingStart { appointment_id, rep_id, location, mode: Some(mode) }
    }
    fn recording(&self, appointment_id: &SmolStr, location: Location, started: &RecordingStarted) -> Recording {
        Recording {
            appointment_id: appointment_id.clone(),
            session_id: started.recording_session_id.clone(),
            mode: started.mode,
            location,
            began: self.now(),
            upload_url: started.audio_upload_url.clone(),
            url_given: self.now(),
        }
    }
    /// Stops the recording that runs, if one does: the stop is queued, and the audio with it, in one write. Says which
    /// session it was.
    pub async fn stop_recording(&self, audio_kbit_s: u32) -> Option<SmolStr> {
        self.phone.storage.borrow().recording.as_ref()?;
        let location = self.phone.station.fix(self.phone.next_reading()).location;
        self.write().await;
        // Taken after the wait: a second tap finds nothing to stop.
        let recording = self.phone.storage.borrow_mut().recording.take()?;
        let session_id = recording.session_id.clone();
        self.phone.storage.borrow_mut().sessions.push(session_id.clone());
        let _number =
            self.push(Call::StopRecording { session_id: session_id.clone(), body: RecordingStop { location } });
        // Ghost mode keeps no audio, also where a target gives a place for it.
        let keeps = recording.mode != RecordingMode::Ghost;
        if keeps && (recording.upload_url.is_some() || is_stand_in(&session_id)) {
            let duration = self.now().since(recording.began);
            let bytes = duration.as_millis().max(0) as u64 * u64::from(audio_kbit_s) / 8;
            let upload = Upload { recording, duration, bytes, began: None, stored_as: None };
            self.phone.storage.borrow_mut().uploads.push_back(upload);
        }
        self.flush_soon(Trigger::NewAction);
        self.upload_soon();
        Some(session_id)
    }
}

/// The stand-in for the id of a session whose start is queued.
fn stand_in(action: u32) -> SmolStr {
    format!("queued-start-{action}").into()
}
pub(super) fn is_stand_in(session_id: &SmolStr) -> bool {
    session_id.starts_with("queued-start-")
}
fn stops(queued: &Queued, id: &SmolStr) -> bool {
    matches!(&*queued.request, Call::StopRecording { session_id, .. } if session_id == id)
}
