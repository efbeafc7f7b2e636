//! A player: sends a part of somebody's simulated day, each request when it is due, whatever became of those before.
//!
//! Reps who live their day need hours until they are in every phase of it. A level of a search for capacity has minutes: so it
//! plays parts of days that were lived on the virtual clock. Requests about what a day made itself (a recording, a task) need
//! that there: what was made before the part begins is made again beforehand, and the ids are those that the target gives.

use crate::browser::Browser;
use crate::station::Station;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::wire::shifts::ClockIn;
use fieldday_history::event::Cause;
use fieldday_kernel::time::{Span, Time};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// One request of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When it is due, counted from the beginning of the part.
    pub at: Span,
    /// The request as it was sent in the simulation.
    pub call: Arc<Call>,
    /// The id of what it made in the simulation, if it made anything.
    pub makes: Option<SmolStr>,
}

/// A part of a client's simulated day, to be played.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// Requests that make what the part needs, sent one after the other before it begins.
    pub before: Vec<Line>,
    /// The requests of the part, in order of time.
    pub lines: Vec<Line>,
}

/// A client who plays a script.
pub struct Player {
    browser: Browser,
    script: Script,
    made: Rc<RefCell<Made>>,
}

/// What a script makes: by its simulated id, the request that makes it, and the target's id once there is one.
#[derive(Default)]
struct Made {
    by: BTreeMap<SmolStr, Arc<Call>>,
    ids: BTreeMap<SmolStr, SmolStr>,
}

impl Player {
    /// A player who has sent nothing yet.
    pub fn new(station: Station, script: Script) -> Player {
        let makers = script.before.iter().chain(&script.lines);
        let by = makers.filter_map(|line| Some((line.makes.clone()?, line.call.clone()))).collect();
        let made = Rc::new(RefCell::new(Made { by, ids: BTreeMap::new() }));
        Player { browser: Browser::new(station), script, made }
    }
    /// Sends what must be there before the part begins, and fetches a token for it.
    pub async fn prepares(&mut self) {
        if self.script.lines.is_empty() {
            return;
        }
        self.browser.claims().await;
        for line in std::mem::take(&mut self.script.before) {
            let call = self.made.borrow().as_sent(&line);
            let response = self.browser.call((*call).clone(), Cause::Office).await;
            self.made.borrow_mut().learn(&line, response.as_deref());
        }
    }
    /// Plays the part, once it is known when it begins.
    pub async fn plays(mut self, begins: impl Future<Output = Time>) {
        let begins = begins.await;
        let station = self.browser.station.clone();
        for line in std::mem::take(&mut self.script.lines) {
            let due = begins + line.at;
            station.sleep_until(due).await;
            station.was_due(station.day().day(due));
            let call = self.made.borrow().as_sent(&line);
            let Some(answer) = self.browser.begins((*call).clone(), Cause::Office).await else { continue };
            let made = self.made.clone();
            station.spawn(async move {
                let response = answer.await;
                made.borrow_mut().learn(&line, response.as_deref());
            });
        }
    }
}

impl Made {
    /// The request as it is sent to the target. Where what it is about could not be made yet, the request that makes it goes in
    /// its place, as an app would try that again.
    fn as_sent(&self, line: &Line) -> Arc<Call> {
        let Some(about) = about(&line.call).filter(|id| self.by.contains_key(*id)) else {
            return match &*line.call {
                // Now, not when it was in the simulation.
                Call::ClockIn { rep_id, body } => {
                    let body = ClockIn { desired_start_time: None, ..body.clone() };
                    Arc::new(Call::ClockIn { rep_id: rep_id.clone(), body })
                }
                _ => line.call.clone(),
            };
        };
        match (self.ids.get(about), self.by.get(about)) {
            (Some(id), _) => Arc::new(of(&line.call, id)),
            (None, Some(maker)) => maker.clone(),
            (None, None) => line.call.clone(),
        }
    }
    fn learn(&mut self, line: &Line, response: Option<&Response>) {
        let Some(id) = response.and_then(|response| made_by(&response.answer)) else { return };
        let of = line.makes.clone().or_else(|| about(&line.call).cloned());
        if let Some(of) = of {
            self.ids.entry(of).or_insert(id);
        }
    }
}

/// The id of what an answer says was made: a recording or a task.
pub fn made_by(answer: &Answer) -> Option<SmolStr> {
    match answer {
        Answer::RecordingStarted(started) => Some(started.recording_session_id.clone()),
        Answer::Task(task) => Some(task.id.clone()),
        _ => None,
    }
}

/// The id of what a request is about, if that may have been made during the day: a recording or a task.
pub fn about(call: &Call) -> Option<&SmolStr> {
    match call {
        Call::StopRecording { session_id, .. }
        | Call::UploadAudio { session_id, .. }
        | Call::GetRecording { session_id } => Some(session_id),
        Call::CompleteTask { task_id } | Call::UpdateTask { task_id, .. } => Some(task_id),
        _ => None,
    }
}

/// The same request about the recording or task of that id.
fn of(call: &Call, id: &SmolStr) -> Call {
    let mut call = call.clone();
    match &mut call {
        Call::StopRecording { session_id, .. }
        | Call::UploadAudio { session_id, .. }
        | Call::GetRecording { session_id } => *session_id = id.clone(),
        Call::CompleteTask { task_id } | Call::UpdateTask { task_id, .. } => *task_id = id.clone(),
        _ => {}
    }
    call
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_api::fixed::Fixed;
    use fieldday_api::names::AudioStorage;
    use fieldday_api::names::RecordingMode;
    use fieldday_api::wire::recordings::{Location, RecordingStart, RecordingStarted};

    fn line(call: Call, makes: Option<&str>) -> Line {
        Line { at: Span::ZERO, call: Arc::new(call), makes: makes.map(SmolStr::from) }
    }
    fn start() -> Line {
        let location = Location { lat: Fixed(0), lng: Fixed(0) };
        let body = RecordingStart { appointment_id: "a".into(), rep_id: "r".into(), location, mode: None };
        line(Call::StartRecording(body), Some("session_sim"))
    }
    fn poll(session: &str) -> Line {
        line(Call::GetRecording { session_id: session.into() }, None)
    }

    #[test]
    fn a_request_about_what_the_target_made_has_the_targets_id_and_before_that_it_is_made() {
        let (start, mut made) = (start(), Made::default());
        made.by.insert("session_sim".into(), start.call.clone());
        assert_eq!(made.as_sent(&poll("session_sim")), start.call, "there is nothing to poll yet");
        assert_eq!(made.as_sent(&poll("other")), poll("other").call, "nobody here made that");
        let started = RecordingStarted {
            recording_session_id: "session_live".into(),
            mode: RecordingMode::Full,
            audio_storage_mode: AudioStorage::Persistent,
            audio_upload_url: None,
            shunya_job_config: None,
        };
        let answer = Response::ok(Answer::RecordingStarted(started));
        // It was the poll's turn when the recording was started, so the answer is to that.
        made.learn(&poll("session_sim"), Some(&answer));
        assert_eq!(made.as_sent(&poll("session_sim")), poll("session_live").call);
    }

    #[test]
    fn who_clocks_in_does_so_now() {
        let body = ClockIn { desired_start_time: Some(Time::from_micros(5)), notes: None };
        let sent = Made::default().as_sent(&line(Call::ClockIn { rep_id: "r".into(), body }, None));
        assert_eq!(*sent, Call::ClockIn { rep_id: "r".into(), body: ClockIn::default() });
    }
}
