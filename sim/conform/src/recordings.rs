//! Recordings in every mode, with audio, other audio, out of order and without a shift: `recording.*`.

use crate::actor::{Actor, Reply};
use crate::{Pass, place};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::fixed::{Degrees, Seconds};
use fieldday_api::names::{AudioStorage, Processing, RecordingMode};
use fieldday_api::rules::Rule;
use fieldday_api::wire::recordings::{
    Location, RecordingSession, RecordingStart, RecordingStarted, RecordingStop, UploadAudio,
};
use fieldday_kernel::time::Span;

use Rule::{
    RecordingEphemeral as EPHEMERAL, RecordingGhost as GHOST, RecordingStartOnce as START,
    RecordingStartPrerequisites as PREREQUISITES, RecordingStatusForward as FORWARD, RecordingStopOnce as STOP,
    RecordingUploadOnce as UPLOAD,
};

/// Bytes of audio that are put to an upload URL.
const AUDIO_BYTES: u64 = 16_000;
/// By how much the target's clock may be behind before a session of now looks like an earlier one. Then it is stopped and started
/// again, which costs two requests and no case.
const CLOCKS_APART: Span = Span::seconds(2);
/// How often a recording is looked at.
const LOOKS_EVERY: Span = Span::seconds(5);

/// A place on the globe, some metres from the last.
pub(crate) fn location(number: i64) -> Location {
    Location { lat: Degrees::whole(40), lng: fieldday_api::fixed::Fixed(-740_000_000 + number * 5_000) }
}
pub(crate) fn start(by: &Actor, appointment_id: &SmolStr, at: i64, mode: Option<RecordingMode>) -> Call {
    let (appointment_id, rep_id) = (appointment_id.clone(), by.rep_id().clone());
    Call::StartRecording(RecordingStart { appointment_id, rep_id, location: location(at), mode })
}
pub(crate) fn stop(id: &SmolStr, at: i64) -> Call {
    Call::StopRecording { session_id: id.clone(), body: RecordingStop { location: location(at) } }
}
pub(crate) fn upload(id: &SmolStr, url: &str) -> Call {
    let body = UploadAudio {
        audio_url: url.into(),
        audio_duration_seconds: Seconds::from_millis(120_500),
        audio_size_bytes: AUDIO_BYTES,
    };
    Call::UploadAudio { session_id: id.clone(), body }
}
pub(crate) fn get(id: &SmolStr) -> Call {
    Call::GetRecording { session_id: id.clone() }
}
fn url_of(id: &SmolStr) -> String {
    format!("s3://otto-recordings/{id}.m4a")
}
fn started(reply: &Reply) -> Option<&RecordingStarted> {
    match reply.success()? {
        Answer::RecordingStarted(started) => Some(started),
        _ => None,
    }
}
fn session(reply: &Reply) -> Option<&RecordingSession> {
    match reply.success()? {
        Answer::Recording(body) => Some(&body.session),
        _ => None,
    }
}

impl Pass {
    /// Nobody on shift: a start is refused.
    pub(crate) async fn starts_without_a_shift(&self, when: &str) {
        let by = self.rep();
        let Some(appointment) = self.appointment(place::REP, 8) else {
            return self.untested(PREREQUISITES, "a start without a shift", "the rep has no appointment near today");
        };
        if when.starts_with("before") && by.ask_until_decided(crate::shifts::today(by)).await.success().is_some() {
            return self.untested(PREREQUISITES, "a start before the clock-in", "the rep has a shift today already");
        }
        for mode in [None, Some(RecordingMode::Ghost)] {
            let reply = by.ask_until_decided(start(by, &appointment.appointment_id, 0, mode)).await;
            let case = self.case(by, PREREQUISITES, format!("a start {when}"), &reply);
            case.refuses(&[400, 403, 404, 409, 412, 422], "a refusal, there is no active shift");
        }
    }

    pub(crate) async fn records(&self) {
        for who in [place::OTHER, place::STRANGER] {
            self.records_for_others(who).await;
        }
        let modes = [
            (RecordingMode::Full, 2),
            (RecordingMode::Full, 8),
            (RecordingMode::Ghost, 2),
            (RecordingMode::Ephemeral, 1),
            (RecordingMode::Full, 1),
            (RecordingMode::Full, 1),
        ];
        for (number, (mode, times)) in modes.into_iter().enumerate() {
            let Some(appointment) = self.appointment(place::REP, number) else {
                return self.untested(START, "recordings", "the rep has no appointment within a week of today");
            };
            if self.rows[place::REP].borrow().recorded.contains(&appointment.appointment_id) {
                self.untested(START, &format!("a recording in mode {mode}"), "the rep has too few appointments");
                continue;
            }
            self.records_one(&appointment.appointment_id, mode, times).await;
        }
    }
    /// A session of somebody else's, to be aimed at.
    async fn records_for_others(&self, who: usize) {
        let by = &self.actors[who];
        let Some(appointment) = self.appointment(who, 0) else { return };
        let reply = by.ask(start(by, &appointment.appointment_id, 0, None)).await;
        let Some(known) = started(&reply) else { return };
        let id = known.recording_session_id.clone();
        by.ask(stop(&id, 0)).await;
        by.ask(upload(&id, &url_of(&id))).await;
        self.rows[who].borrow_mut().sessions.push(id);
    }
    async fn records_one(&self, appointment: &SmolStr, mode: RecordingMode, times: usize) {
        let by = self.rep();
        let call = start(by, appointment, 0, Some(mode));
        let mut replies = self.at_once(by, &call, times).await;
        self.rows[place::REP].borrow_mut().recorded.push(appointment.clone());
        if let Some(id) = self.left_open(by, &replies).await {
            by.ask(stop(&id, 0)).await;
            replies = self.at_once(by, &call, times).await;
            if replies.iter().filter_map(started).any(|again| again.recording_session_id == id) {
                let why = format!("session {id} of an earlier run is still the answer after its stop");
                return self.untested(START, &format!("recordings in mode {mode}"), &why);
            }
        }
        let Some(known) = replies.iter().find_map(started).cloned() else {
            let why = format!("no start was acknowledged: {}", replies[0].says());
            return self.untested(START, &format!("recordings in mode {mode}"), &why);
        };
        let id = known.recording_session_id.clone();
        self.rows[place::REP].borrow_mut().sessions.push(id.clone());
        for reply in &replies {
            self.same_session(by, &id, reply, &format!("the first start in mode {mode}, {times} at a time"));
        }
        self.has_the_mode(by, &known, mode, &replies[0]);
        self.same_session(by, &id, &by.ask(call.clone()).await, "a start again, at once");
        if times > 1 {
            self.later().await;
        }
        let moved = by.ask(start(by, appointment, 3, Some(mode))).await;
        self.same_session(by, &id, &moved, "a start again, later, some metres away");
        for times in [2, 8].into_iter().take(times.max(1)) {
            for reply in self.at_once(by, &call, times).await {
                self.same_session(by, &id, &reply, &format!("a start again, {times} at a time"));
            }
        }
        if times > 1 {
            by.ask_and_break(call.clone()).await;
        }
        let last = by.ask(call).await;
        self.same_session(
            by,
            &id,
            &last,
            if times > 1 { "a start again, after a broken connection" } else { "a start again, once more" },
        );
        self.puts_audio(by, &id, mode, started(&last).or(Some(&known))).await;
        self.stops(by, &id, times).await;
        self.uploads(by, &id, mode, times).await;
    }
    /// The session that starts were answered with, if it began before the pass: an earlier run left it open, in a mode of its
    /// own.
    async fn left_open(&self, by: &Actor, replies: &[Reply]) -> Option<SmolStr> {
        let id = &replies.iter().find_map(started)?.recording_session_id;
        let read = by.ask(get(id)).await;
        (session(&read)?.started_at < self.means.begins - CLOCKS_APART).then(|| id.clone())
    }
    fn same_session(&self, by: &Actor, known: &SmolStr, reply: &Reply, check: &str) {
        self.case(by, START, check, reply).succeeds(&format!("the active session {known}"), |reply| {
            let now = &started(reply)?.recording_session_id;
            (now != known).then(|| format!("another, {now}"))
        });
    }
    fn has_the_mode(&self, by: &Actor, known: &RecordingStarted, mode: RecordingMode, reply: &Reply) {
        let (rule, fits) = match mode {
            RecordingMode::Full => return,
            RecordingMode::Ghost => (GHOST, known.audio_storage_mode != AudioStorage::Persistent),
            RecordingMode::Ephemeral => (EPHEMERAL, known.audio_storage_mode != AudioStorage::Persistent),
        };
        self.case(by, rule, format!("a start in mode {mode}"), reply).judge(
            known.mode == mode && fits,
            format!("mode {mode}, and audio that is not kept"),
            || format!("mode {}, audio {}", known.mode, known.audio_storage_mode),
        );
    }
    /// Audio goes to the URL that the start gave, out of order for one: before the stop.
    async fn puts_audio(&self, by: &Actor, id: &SmolStr, mode: RecordingMode, known: Option<&RecordingStarted>) {
        let Some(url) = known.and_then(|known| known.audio_upload_url.as_ref()) else { return };
        if mode == RecordingMode::Ghost {
            return;
        }
        let key = url.expose().rsplit('/').next().unwrap_or_default().to_owned().into();
        let put = by.ask(Call::PutAudio { key, bytes: AUDIO_BYTES }).await;
        let check = format!("audio of {id} put to the URL of its start");
        if !put.is_decided() {
            self.case(by, Rule::RecordingUploadOnce, check, &put).undecided();
        }
    }
    async fn stops(&self, by: &Actor, id: &SmolStr, times: usize) {
        let replies = self.at_once(by, &stop(id, 1), times).await;
        let Some(known) = replies.iter().find_map(session).cloned() else {
            return self.untested(STOP, "repeats of a stop", "no stop was acknowledged");
        };
        self.case(by, STOP, "a stop", &replies[0])
            .judge(known.ended_at.is_some(), "a session with its end", || "ended_at null".to_owned());
        for reply in &replies {
            self.same_stop(by, &known, reply, &format!("the first stop, {times} at a time"));
        }
        self.same_stop(by, &known, &by.ask(stop(id, 1)).await, "a stop again, at once");
        self.same_stop(by, &known, &by.ask(stop(id, 2)).await, "a stop again, elsewhere");
        if times > 1 {
            self.later().await;
            self.same_stop(by, &known, &by.ask(stop(id, 2)).await, "a stop again, later, elsewhere");
            for reply in self.at_once(by, &stop(id, 1), times).await {
                self.same_stop(by, &known, &reply, &format!("a stop again, {times} at a time"));
            }
            by.ask_and_break(stop(id, 1)).await;
            let again = by.ask(stop(id, 1)).await;
            self.same_stop(by, &known, &again, "a stop again, after a broken connection");
        }
        self.same_stop(by, &known, &by.ask_until_decided(get(id)).await, "a session read after its stop");
    }
    fn same_stop(&self, by: &Actor, known: &RecordingSession, reply: &Reply, check: &str) {
        let end = |session: &RecordingSession| session.ended_at.map_or("null".to_owned(), |at| at.to_string());
        self.case(by, STOP, check, reply).succeeds(
            &format!("session {} with ended_at {}", known.id, end(known)),
            |reply| {
                let now = session(reply)?;
                let same = now.id == known.id && now.ended_at == known.ended_at && now.started_at == known.started_at;
                (!same).then(|| format!("session {} from {} with ended_at {}", now.id, now.started_at, end(now)))
            },
        );
    }
    async fn uploads(&self, by: &Actor, id: &SmolStr, mode: RecordingMode, times: usize) {
        let url = url_of(id);
        let mut replies = self.at_once(by, &upload(id, &url), times).await;
        replies.push(by.ask(upload(id, &url)).await);
        if times > 1 {
            by.ask_and_break(upload(id, &url)).await;
        }
        replies.push(by.ask(upload(id, &url)).await);
        for reply in &replies {
            let case =
                self.case(by, UPLOAD, format!("audio reported in mode {mode}, {times} at a time and again"), reply);
            match mode {
                // Whether a report of audio that is not kept is refused or taken is open.
                RecordingMode::Ghost => {}
                _ => case.succeeds("an acknowledgement", |_| None),
            }
        }
        let read = by.ask_until_decided(get(id)).await;
        let Some(now) = session(&read) else { return };
        match mode {
            RecordingMode::Full => self.case(by, UPLOAD, "audio_url after its report", &read).judge(
                now.audio_url.as_deref().is_none_or(|now| now == url),
                "the URL that was reported, or nothing",
                || "another".to_owned(),
            ),
            RecordingMode::Ghost => self.case(by, GHOST, "a ghost session after a report of audio", &read).judge(
                now.audio_url.is_none() && now.audio_storage_mode != Some(AudioStorage::Persistent),
                "audio_url null, and audio that is not kept",
                || format!("audio_url set: {}, audio {:?}", now.audio_url.is_some(), now.audio_storage_mode),
            ),
            RecordingMode::Ephemeral => self.case(by, EPHEMERAL, "an ephemeral session after its upload", &read).judge(
                now.audio_storage_mode != Some(AudioStorage::Persistent),
                "audio that is not kept",
                || "persistent".to_owned(),
            ),
        }
    }

    /// Watches what Shunya makes of the recordings, and repeats their writes when it is done: nothing goes back.
    pub(crate) async fn watches_recordings(&self) {
        let by = self.rep();
        let until = by.now() + self.means.watches;
        let ids: Vec<SmolStr> = self.rows[place::REP].borrow().sessions.clone();
        let mut open = ids.clone();
        let mut done = Vec::new();
        while !open.is_empty() && by.now() < until {
            let mut still = Vec::new();
            for id in open {
                let reply = by.ask_until_decided(get(&id)).await;
                let Some(now) = session(&reply) else { continue };
                let (text, analysis) = (now.transcription_status, now.analysis_status);
                self.case(by, FORWARD, "analysis beside transcription", &reply).judge(
                    analysis != Processing::Completed || text == Processing::Completed,
                    "no completed analysis before its transcription",
                    || format!("analysis {analysis}, transcription {text}"),
                );
                if text.is_final() && (analysis.is_final() || text == Processing::Failed) {
                    done.push((id, text, analysis));
                } else {
                    still.push(id);
                }
            }
            open = still;
            if !open.is_empty() {
                by.station.sleep(LOOKS_EVERY).await;
            }
        }
        if done.is_empty() {
            self.untested(FORWARD, "repeats after processing", "no recording was processed while the pass watched");
        }
        for (id, text, analysis) in done {
            for call in [stop(&id, 1), upload(&id, &url_of(&id)), get(&id)] {
                by.ask(call).await;
            }
            let reply = by.ask_until_decided(get(&id)).await;
            self.case(by, FORWARD, "a processed session after its stop and upload again", &reply).succeeds(
                &format!("transcription {text}, analysis {analysis}"),
                |reply| {
                    let now = session(reply)?;
                    let same = now.transcription_status == text && now.analysis_status == analysis;
                    (!same).then(|| format!("{}, {}", now.transcription_status, now.analysis_status))
                },
            );
        }
        // Other audio for a session: what it starts is open, but nothing of it may go back.
        if let Some(id) = ids.first() {
            by.ask(upload(id, &format!("s3://otto-recordings/{id}-again.m4a"))).await;
            by.ask_until_decided(get(id)).await;
        }
    }
}
