//! Marks: states that should sometimes be reached. A run that never killed an app with a full queue says nothing about full
//! queues; a mark that is never reached is a hole in the scenarios.
//!
//! Marks measure coverage and judge nobody, so they may read what no client can see ([`EventKind::GroundTruth`]). Each is counted, over
//! cells they add up.

use crate::tables::PerClient;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::names::{Processing, RecordingMode};
use fieldday_history::Event;
use fieldday_history::event::{
    Cause, EventKind, GroundTruth, NoAnswer, PollEnd, RefreshReason, Sent, Settlement, Source, Trigger, UserAction,
};
use serde::{Deserialize, Serialize};

macro_rules! marks {
    ($($variant:ident $name:literal $sentence:literal;)+) => {
        /// A state that should sometimes be reached.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
        pub enum Mark { $(#[doc = $sentence] #[serde(rename = $name)] $variant),+ }
        impl Mark {
            /// Every mark, in the order of declaration.
            pub const ALL: &'static [Mark] = &[$(Mark::$variant),+];
            /// The name in reports, JSON and options.
            pub const fn name(self) -> &'static str { match self { $(Mark::$variant => $name),+ } }
            /// The state in one sentence.
            pub const fn sentence(self) -> &'static str { match self { $(Mark::$variant => $sentence),+ } }
        }
    };
}

marks! {
    KilledWithQueue "killed-with-queue" "An app was killed while actions waited in its queue.";
    KilledMidFlush "killed-mid-flush" "An app was killed while its queue was being sent.";
    KilledMidUpload "killed-mid-upload" "An app was killed while audio was being uploaded.";
    KilledMidCall "killed-mid-call" "An app was killed while a call was in flight.";
    ThreeWait "three-wait" "Three or more actions waited when a flush began.";
    FlushOnReconnect "flush-on-reconnect" "The queue was sent because the network came back.";
    FlushByMinute "flush-by-minute" "The queue was retried because a minute had passed.";
    ActionRefused "action-refused" "The backend refused a queued action permanently.";
    AlreadyDone "already-done" "The backend answered a repeated action as done already.";
    DayOver "day-over" "A clock-in or clock-out was dropped because its day was over.";
    LostClockIn "lost-clock-in" "A clock-in took effect and its answer was lost.";
    LostClockOut "lost-clock-out" "A clock-out took effect and its answer was lost.";
    LostStart "lost-start" "A recording started and the answer was lost.";
    LostStop "lost-stop" "A recording stopped and the answer was lost.";
    LostUpdate "lost-update" "An update of an appointment took effect and its answer was lost.";
    LostCompletion "lost-completion" "A task was completed and the answer was lost.";
    LostCreation "lost-creation" "A task was created and the answer was lost.";
    LateAnswer "late-answer" "An answer came after the app had stopped waiting.";
    CutByRestart "cut-by-backend" "The backend dropped a connection after it had acted.";
    CutMidUpload "cut-mid-upload" "An upload of audio was cut off.";
    UrlRenewed "url-renewed" "A start was repeated for a fresh upload URL.";
    PollTookTooLong "poll-took-too-long" "A session was polled for five minutes without a result.";
    AnalysisFailed "analysis-failed" "A session's processing failed.";
    GhostResults "ghost-results" "The results of a session without a transcript were shown.";
    EphemeralUpload "ephemeral-upload" "Audio of an ephemeral session was reported.";
    DoubtYes "doubt-yes" "A task whose creation was in doubt was created again after the user confirmed.";
    DoubtNo "doubt-no" "A task whose creation was in doubt was not created again.";
    RateLimited "rate-limited" "A call was answered 429.";
    TokenRefused "token-refused" "A token was refused and replaced.";
    NoToken "no-token" "No token was available.";
    PortalPage "portal-page" "A captive portal answered instead of the backend.";
    DoubleTap "double-tap" "A user tapped twice.";
    SecondPage "second-page" "A user scrolled to a second page.";
    OutsideFence "outside-fence" "A recording was not started because the position fix was outside the geofence.";
    Overlap "overlap" "Two clients updated one appointment concurrently.";
    StaleOffline "stale-offline" "A screen showed old data because no answer came.";
    Evicted "evicted" "A deleted row was removed from a cache.";
    Cancelled "cancelled" "A user cancelled a slow call.";
    Repeated "repeated" "A call was retried after a 5xx.";
    FoundChanged "found-changed" "A rep found a visit cancelled by the office.";
}

/// The number of times that each mark was reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Marks {
    counts: Vec<u64>,
}

impl Default for Marks {
    fn default() -> Marks {
        Marks { counts: vec![0; Mark::ALL.len()] }
    }
}

impl Marks {
    /// The number of times that the mark was reached.
    pub fn count(&self, mark: Mark) -> u64 {
        self.counts[mark as usize]
    }
    /// The marks that were reached at least once.
    pub fn reached(&self) -> impl Iterator<Item = Mark> {
        Mark::ALL.iter().copied().filter(|mark| self.count(*mark) > 0)
    }
    /// Adds what was reached elsewhere.
    pub fn merge(&mut self, other: &Marks) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
    }
    fn reach(&mut self, mark: Mark) {
        self.counts[mark as usize] += 1;
    }
}

/// Watches a cell's events for marks.
#[derive(Debug, Default)]
pub(crate) struct MarkTracker {
    pub marks: Marks,
    phones: PerClient<Phone>,
    /// Updates under way: whose, in which call, of which appointment.
    updates: Vec<(u32, u32, fieldday_api::SmolStr)>,
}

#[derive(Debug, Default)]
struct Phone {
    waiting: u32,
    flushing: bool,
    uploading: u32,
    calls: Vec<(u32, Op)>,
    ephemeral: Vec<fieldday_api::SmolStr>,
}

impl MarkTracker {
    pub fn on(&mut self, event: &Event) {
        let (phone, marks) = (self.phones.of(event.client), &mut self.marks);
        match &event.what {
            EventKind::Killed => {
                let died = [
                    (phone.waiting > 0, Mark::KilledWithQueue),
                    (phone.flushing, Mark::KilledMidFlush),
                    (phone.uploading > 0, Mark::KilledMidUpload),
                    (!phone.calls.is_empty(), Mark::KilledMidCall),
                ];
                died.into_iter().filter(|(is_so, _)| *is_so).for_each(|(_, mark)| marks.reach(mark));
                (phone.flushing, phone.uploading) = (false, 0);
                phone.calls.clear();
                self.updates.retain(|(client, ..)| *client != event.client);
            }
            EventKind::Queued { .. } => phone.waiting += 1,
            EventKind::Settled { how, .. } => {
                phone.waiting = phone.waiting.saturating_sub(1);
                match how {
                    Settlement::Refused { .. } => marks.reach(Mark::ActionRefused),
                    Settlement::AlreadyDone => marks.reach(Mark::AlreadyDone),
                    Settlement::DayOver => marks.reach(Mark::DayOver),
                    Settlement::Done => {}
                }
            }
            EventKind::FlushBegan { trigger, waiting } => {
                phone.flushing = true;
                if *waiting >= 3 {
                    marks.reach(Mark::ThreeWait);
                }
                match trigger {
                    Trigger::NetworkBack => marks.reach(Mark::FlushOnReconnect),
                    Trigger::Minute => marks.reach(Mark::FlushByMinute),
                    Trigger::NewAction | Trigger::AppOpened => {}
                }
            }
            EventKind::FlushEnded { .. } => phone.flushing = false,
            EventKind::UploadBegan { .. } => phone.uploading += 1,
            EventKind::UploadEnded { .. } => phone.uploading = phone.uploading.saturating_sub(1),
            EventKind::Sent(sent) => self.sent(event.client, sent),
            EventKind::Answered { call, response, .. } => self.answered(event.client, *call, response),
            EventKind::Unanswered { call, why, .. } => {
                phone.calls.retain(|(number, _)| number != call);
                self.updates.retain(|(client, number, _)| (*client, *number) != (event.client, *call));
                if *why == NoAnswer::Cancelled {
                    marks.reach(Mark::Cancelled);
                }
            }
            EventKind::AskedToRetry { yes, .. } => marks.reach(if *yes { Mark::DoubtYes } else { Mark::DoubtNo }),
            EventKind::TokenRefreshed { why: RefreshReason::Refused } => marks.reach(Mark::TokenRefused),
            EventKind::TokenUnavailable => marks.reach(Mark::NoToken),
            EventKind::Geofence { inside: false, .. } => marks.reach(Mark::OutsideFence),
            EventKind::Evicted { .. } => marks.reach(Mark::Evicted),
            EventKind::PollEnded { why: PollEnd::TookTooLong, .. } => marks.reach(Mark::PollTookTooLong),
            EventKind::PollEnded { why: PollEnd::Failed, .. } => marks.reach(Mark::AnalysisFailed),
            EventKind::Results { transcript: false, .. } => marks.reach(Mark::GhostResults),
            EventKind::Shown { from: Source::Stale, .. } if phone.calls.is_empty() => marks.reach(Mark::StaleOffline),
            EventKind::Person(UserAction::DoubleTaps) => marks.reach(Mark::DoubleTap),
            EventKind::Person(UserAction::FindsItChanged { .. }) => marks.reach(Mark::FoundChanged),
            EventKind::GroundTruth(truth) => self.truth(event.client, truth),
            _ => {}
        }
    }
    fn sent(&mut self, client: u32, sent: &Sent) {
        let phone = self.phones.of(client);
        phone.calls.push((sent.call, sent.request.op()));
        let is_scroll = match &*sent.request {
            Call::ListTasks(query) => query.offset.is_some(),
            Call::GetThread { page, .. } => page.offset.is_some(),
            _ => false,
        };
        if is_scroll && matches!(sent.cause, Cause::Screen(_)) {
            self.marks.reach(Mark::SecondPage);
        }
        match &*sent.request {
            Call::StartRecording(_) if sent.cause == Cause::Upload => self.marks.reach(Mark::UrlRenewed),
            Call::UploadAudio { session_id, .. } if phone.ephemeral.contains(session_id) => {
                self.marks.reach(Mark::EphemeralUpload);
            }
            Call::UpdateAppointment { appointment_id, .. } => {
                let overlaps = |(other, _, id): &(u32, u32, _)| *other != client && id == appointment_id;
                if self.updates.iter().any(overlaps) {
                    self.marks.reach(Mark::Overlap);
                }
                self.updates.push((client, sent.call, appointment_id.clone()));
            }
            _ => {}
        }
    }
    fn answered(&mut self, client: u32, call: u32, response: &Response) {
        let phone = self.phones.of(client);
        phone.calls.retain(|(number, _)| *number != call);
        self.updates.retain(|(of, number, _)| (*of, *number) != (client, call));
        match (&response.answer, response.status) {
            (Answer::Foreign(_), ..300) => self.marks.reach(Mark::PortalPage),
            (_, 429) => self.marks.reach(Mark::RateLimited),
            (_, 500..) => self.marks.reach(Mark::Repeated),
            (Answer::RecordingStarted(started), _) if started.mode == RecordingMode::Ephemeral => {
                phone.ephemeral.push(started.recording_session_id.clone());
            }
            (Answer::Recording(body), _) if body.session.analysis_status == Processing::Failed => {
                self.marks.reach(Mark::AnalysisFailed);
            }
            _ => {}
        }
    }
    fn truth(&mut self, client: u32, truth: &GroundTruth) {
        let op_of = |call: &u32| {
            let calls = &self.phones.get(client)?.calls;
            calls.iter().find(|(number, _)| number == call).map(|(_, op)| *op)
        };
        let mark = match truth {
            GroundTruth::Late { .. } => Some(Mark::LateAnswer),
            GroundTruth::CutMidUpload { .. } => Some(Mark::CutMidUpload),
            GroundTruth::CutByBackend { took_effect: true, .. } => Some(Mark::CutByRestart),
            GroundTruth::LostOnTheWayBack { call, status: ..300, .. } => op_of(call).and_then(lost),
            _ => None,
        };
        mark.into_iter().for_each(|mark| self.marks.reach(mark));
        if let GroundTruth::CutByBackend { call, took_effect: true, .. } = truth {
            let op = self.phones.get(client).and_then(|p| p.calls.iter().find(|(number, _)| number == call));
            op.and_then(|(_, op)| lost(*op)).into_iter().for_each(|mark| self.marks.reach(mark));
        }
    }
}

fn lost(op: Op) -> Option<Mark> {
    Some(match op {
        Op::ClockIn => Mark::LostClockIn,
        Op::ClockOut => Mark::LostClockOut,
        Op::StartRecording => Mark::LostStart,
        Op::StopRecording => Mark::LostStop,
        Op::UpdateAppointment => Mark::LostUpdate,
        Op::CompleteTask => Mark::LostCompletion,
        Op::CreateTask => Mark::LostCreation,
        _ => return None,
    })
}
