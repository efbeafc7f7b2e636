//! The kinds of events, one by one.
//!
//! An event is something that a client could have noted itself: what its person did, what its phone did, what it sent
//! and what came back. The one exception is [`EventKind::GroundTruth`], which tells what the network or the backend did behind its
//! back; judges do not read it.

use fieldday_api::SmolStr;
use fieldday_api::call::{Call, Response};
use fieldday_api::dialect::Deviation;
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_api::private::PrivateKind;
pub use fieldday_api::probe::Probe;
use fieldday_api::rules::Rule;
pub use fieldday_api::token::CredentialKind;
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One entry of the event stream: a client, a time and what happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The time: microseconds since the cell's start.
    #[serde(rename = "t")]
    pub at: Span,
    /// The client's number within its cell, as [`EventKind::Client`] introduced it.
    #[serde(rename = "c")]
    pub client: u32,
    /// The event's kind and its details.
    #[serde(rename = "e")]
    pub what: EventKind,
}

/// The kinds of events. Most are seen from the client; a few come from the wire, the simulated network or a conformance pass.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// Introduces a client; comes before anything else of it.
    Client(Box<Client>),
    /// An action of the person who holds the client.
    Person(UserAction),
    /// The app was started, for the `launch`th time (from 1).
    Launched {
        /// The number of starts so far, this one included: 1 for the first.
        launch: u32,
    },
    /// The app died: killed by the system or its person. Whatever it was doing ends here, unfinished.
    Killed,
    /// The app crashed over an answer; it is [killed](EventKind::Killed) by it.
    Crashed {
        /// The endpoint whose answer the app could not handle.
        op: Op,
    },
    /// The app has a new session token.
    TokenRefreshed {
        /// The reason for asking the identity provider.
        why: RefreshReason,
    },
    /// The app wanted a token and could get none.
    TokenUnavailable,
    /// A screen showed its data.
    Shown {
        /// The screen that showed it.
        screen: Screen,
        /// The appointment, contact or date that it shows; none where a screen shows but one thing.
        of: Option<SmolStr>,
        /// The number of the call that brought the data; none if no call did.
        call: Option<u32>,
        /// Whether an answer or the cache had it, or nothing could be shown.
        from: Source,
        /// From the answer that brought the data until it was shown.
        age: Span,
    },
    /// Old data stood on a screen, marked as old, for so long, until fresh data replaced it or the screen was left.
    StaleShown {
        /// The screen on which it stood.
        screen: Screen,
        /// For how long the old data stood there.
        during: Span,
    },
    /// A person looked at a loading indicator for so long (the first second, without one, not counted).
    Spinner {
        /// The endpoint whose answer was waited for.
        op: Op,
        /// How long the indicator was shown beyond its first second.
        during: Span,
    },
    /// The app showed "Retrying..." while it waited to send a call again.
    Retrying {
        /// The endpoint whose call is retried.
        op: Op,
    },
    /// The app asked its person whether to create the task again, whose last attempt has an unknown end.
    AskedToRetry {
        /// The call that is in doubt.
        call: u32,
        /// True if the task is to be created again.
        yes: bool,
    },
    /// An action is on the durable queue: from here on it must survive anything.
    Queued {
        /// The action's number, unique for the client.
        action: u32,
        /// The call that is sent when the action's turn comes.
        request: Arc<Call>,
    },
    /// An action left the queue.
    Settled {
        /// The action's number, as [`EventKind::Queued`] gave it.
        action: u32,
        /// Whether it was done, refused or dropped.
        how: Settlement,
    },
    /// The queue began to be sent.
    FlushBegan {
        /// What set the flush going.
        trigger: Trigger,
        /// The number of actions on the queue.
        waiting: u32,
    },
    /// The queue stopped being sent.
    FlushEnded {
        /// How many actions still wait.
        waiting: u32,
    },
    /// A request was sent (or tried to be).
    Sent(Sent),
    /// The app received an answer within the time that it waits for one.
    Answered {
        /// The call's number, unique for the client.
        call: u32,
        /// The number of earlier attempts of the call: 0 for the first.
        attempt: u8,
        /// The answer as it was parsed.
        response: Arc<Response>,
        /// From sending the attempt until the app had the answer.
        took: Span,
    },
    /// No answer will come that the app takes notice of.
    Unanswered {
        /// The call's number, unique for the client.
        call: u32,
        /// The number of earlier attempts of the call: 0 for the first.
        attempt: u8,
        /// Why the app waits no longer.
        why: NoAnswer,
        /// From sending the attempt until the app gave it up.
        took: Span,
    },
    /// The app logged an error answer.
    Logged {
        /// The call whose error answer was logged.
        call: u32,
        /// The HTTP status of the error answer.
        status: u16,
        /// The id to give the backend team.
        request_id: SmolStr,
        /// What kind of private thing stands in the line, if one does. The thing itself does not get here.
        leaks: Option<PrivateKind>,
    },
    /// A row that was answered with 404 was removed from the cache.
    Evicted {
        /// The id of the row that the backend no longer has.
        id: SmolStr,
    },
    /// Before a recording starts: where the phone thinks it is.
    Geofence {
        /// The appointment that is to be recorded.
        appointment_id: SmolStr,
        /// From the fix to the place, in metres.
        distance_m: u32,
        /// The fix's own idea of its error, in metres.
        accuracy_m: u32,
        /// Whether the app lets the recording start.
        inside: bool,
    },
    /// The audio of a session begins to be sent.
    UploadBegan {
        /// The recording session whose audio is sent.
        session_id: SmolStr,
        /// The size of the audio in bytes.
        bytes: u64,
    },
    /// The audio of a session is stored, and the backend was told.
    UploadEnded {
        /// The recording session whose audio is stored.
        session_id: SmolStr,
        /// Since it began, all attempts and pauses included.
        took: Span,
    },
    /// The app begins to watch a session's processing.
    PollBegan {
        /// The recording session whose processing is polled.
        session_id: SmolStr,
    },
    /// The app no longer watches it.
    PollEnded {
        /// The recording session whose processing was polled.
        session_id: SmolStr,
        /// The state or the event that ended it.
        why: PollEnd,
    },
    /// What a session's screen showed of its results.
    Results {
        /// The recording session whose results were shown.
        session_id: SmolStr,
        /// Whether audio controls were shown.
        playback: bool,
        /// Whether the transcript's text was shown.
        transcript: bool,
        /// Whether an analysis was shown.
        analysis: bool,
    },
    /// The network came or went, as the phone sees it.
    Network {
        /// Whether the phone has a network from now on.
        online: bool,
    },
    /// The day is over for this client.
    DayEnded {
        /// Actions that still wait in its queue.
        queued: u32,
        /// Recordings whose audio is not stored yet.
        uploads: u32,
        /// Since the network last came; none while it is away.
        online_for: Option<Span>,
    },
    /// Something that no client can see, such as a lost answer: for replays, never for judges.
    #[serde(rename = "truth")]
    GroundTruth(GroundTruth),
    /// On a live run: the wire is done with an attempt. This is what reached the phone from outside, stamped on its
    /// arrival; what the app sees of it, and when, the link decides. Of the judges, that of `latency.timeout` alone reads
    /// it.
    Wire(Box<Wire>),
    /// On a live run: the identity provider is done with a client's request for a token. Judges do not read it.
    TokenCame {
        /// Which request for one: its number, unique for the client.
        fetch: u32,
        /// How long the token lives; none if there is none.
        lives: Option<Span>,
        /// From asking the provider until its answer or failure.
        took: Span,
    },
    /// On a live run: the client begins. Judges do not read it.
    Began,
    /// On a live run: the run is ending, and the client is told to go home. Judges do not read it.
    CalledHome,
    /// A conformance pass decided a case, or says why it could not put a rule to the test.
    Checked(Box<Checked>),
}

/// A case of a conformance pass: what was tried of which rule, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Checked {
    /// The rule that is put to the test.
    pub rule: Rule,
    /// What was tried, in a few words: `clock-in, 8 at a time`.
    pub check: SmolStr,
    /// The call whose answer decided it, if it was one's.
    pub call: Option<u32>,
    /// The endpoint that it is about, if it is about one.
    pub op: Option<Op>,
    /// Whether the rule held in this case.
    pub outcome: CheckOutcome,
}

/// What came of a case of a conformance pass.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// The answer was the required one.
    Held,
    /// The answer was not the required one.
    Broken {
        /// What was expected, in a sentence without private values.
        expected: SmolStr,
        /// What came instead, in a sentence without private values.
        came: SmolStr,
    },
    /// Nobody can say: there was no answer, or one that is not the target's judgement (5xx, 429).
    Undecided,
    /// The check could not be made.
    Untested {
        /// The reason, in a sentence.
        why: SmolStr,
    },
}

/// An attempt of a live run as the HTTP transport measured it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Wire {
    /// The endpoint of the attempt.
    pub op: Op,
    /// The call's number, unique for the client.
    pub call: u32,
    /// The number of earlier attempts of the call: 0 for the first.
    pub attempt: u8,
    /// How the attempt ended on the wire.
    pub end: WireEnd,
    /// How long it took on the wire, from the first byte of the request to the last of the answer; what a new
    /// connection cost is part of it.
    pub service: Span,
    /// How much of that it took to open a connection; nothing where one was open.
    #[serde(default)]
    pub connect: Span,
    /// How much later it was sent than it was due: by the plan's time for what a person begins, else by the answer or the
    /// timer that it follows.
    pub late: Span,
    /// How much of that the generator is to blame for: it was asked to send, and did not yet.
    pub lag: Span,
    /// Where the answer's form differs from the specification's.
    #[serde(default)]
    pub deviations: Vec<Deviation>,
}

/// How the wire was done with an attempt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireEnd {
    /// A complete answer came.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The size of its body.
        bytes: u64,
        /// The id that the target gave it in a header, for its logs.
        #[serde(default)]
        request_id: Option<SmolStr>,
    },
    /// No connection could be made.
    NoConnection {
        /// The error in a few words, as the HTTP client reports it.
        why: SmolStr,
    },
    /// The connection broke before the answer was complete.
    Broken {
        /// The error in a few words, as the HTTP client reports it.
        why: SmolStr,
    },
    /// The phone broke off: an upload that the link cut, or an attempt that nobody waits for any more.
    BrokenOff,
}

/// A login of the target: a rep's phone, a desk, an auditor, an intruder or a conformer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Client {
    /// The name in the plan: `cell-0/tenant-1/rep-07`.
    pub name: SmolStr,
    /// The tenant's id, as rows of the API carry it.
    pub tenant: SmolStr,
    /// The id of the login's user: the subject of its token.
    pub user_id: SmolStr,
    /// `rep_…`, the id that the shift endpoints take; none for a login that has none.
    pub rep_id: Option<SmolStr>,
    /// The role in its token.
    pub role: Role,
    /// Whether it is a rep's phone, a desk, an auditor or an intruder: the App rules bind phones alone.
    pub kind: ClientKind,
}

/// What a client is, and with it which rules bind it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientKind {
    /// A rep with the app: the App rules bind it.
    #[default]
    Phone,
    /// Somebody in the office with a browser.
    Desk,
    /// Somebody who reads back what should be there.
    Auditor,
    /// Somebody who tries what must fail.
    Intruder,
    /// One of those who put every rule to the test on purpose.
    Conformer,
}

/// The details of an attempt that the app sent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sent {
    /// The call's number, unique for the client: all its attempts share it.
    pub call: u32,
    /// The number of earlier attempts of the call: 0 for the first.
    pub attempt: u8,
    /// What made the client send it.
    pub cause: Cause,
    /// What goes with it as proof of who asks.
    pub bearer: CredentialKind,
    /// How long the app waits for the answer before it gives the attempt up.
    pub patience: Span,
    /// The call that is sent.
    pub request: Arc<Call>,
}

/// Why a request is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The screen that is shown needs the data.
    Screen(Screen),
    /// The person asked for it (a recording, a task, a post).
    Tap,
    /// A queued action's turn came.
    Queue {
        /// The action's number, as [`EventKind::Queued`] gave it.
        action: u32,
    },
    /// The app polls a recording session's processing.
    Poll,
    /// Audio is brought to the store.
    Upload,
    /// The office does its work.
    Office,
    /// Something is read back, to see whether it is as it should be.
    #[serde(rename = "proof")]
    ReadBack,
    /// Something is tried that must fail, or that must make no difference.
    Probe(Probe),
    /// A conformance pass puts a rule to the test.
    Check,
}

/// The screens of the app (§1), and the two that §2 implies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screen {
    /// §1.1: "Ask Otto", the first screen.
    Home,
    /// §1.2: today's appointments and tasks.
    Dashboard,
    /// §1.2: one appointment with its details.
    Appointment,
    /// §1.3: record, pick the outcome.
    Record,
    /// §1.4: the wins feed of the tenant.
    Feeds,
    /// §1.5: the messages of a thread.
    Messages,
    /// §1.6: the appointments of earlier days.
    PastAppointments,
    /// Whether the rep is clocked in; one of the two screens that §2 implies.
    Shift,
    /// The tasks that are completed; one of the two screens that §2 implies.
    CompletedTasks,
}

impl Screen {
    /// Every screen, in the order of declaration.
    pub const ALL: &'static [Screen] = &[
        Screen::Home,
        Screen::Dashboard,
        Screen::Appointment,
        Screen::Record,
        Screen::Feeds,
        Screen::Messages,
        Screen::PastAppointments,
        Screen::Shift,
        Screen::CompletedTasks,
    ];
}

/// Where a screen's data came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The cache, still fresh: no call was made.
    Fresh,
    /// The cache, old, shown while a call is under way or has failed.
    Stale,
    /// An answer that came just now.
    Network,
    /// There was nothing to show.
    Nothing,
}

/// Why a token was fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefreshReason {
    /// The app held no token.
    First,
    /// It was about to expire.
    Expiring,
    /// The backend answered 401 to the token that the app held.
    Refused,
}

/// How an action left the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settlement {
    /// The backend acknowledged it with a success.
    Done,
    /// The backend said that it was done before.
    AlreadyDone,
    /// The backend refused it for good; the person was told.
    Refused {
        /// The HTTP status of the refusal.
        status: u16,
    },
    /// A clocking whose local day was over before it could be sent; the person was told.
    DayOver,
}

/// What sets the queue going.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// An action was put on the queue.
    NewAction,
    /// The phone found a network again while actions waited.
    NetworkBack,
    /// The app was started.
    AppOpened,
    /// Actions still waited, and about a minute had passed.
    Minute,
}

/// Why the app has no answer to an attempt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoAnswer {
    /// The app waited as long as the call's class allows.
    Timeout,
    /// There was no network: the request never left.
    Unreachable,
    /// The connection broke before the answer came: the request may have taken effect.
    Broken,
    /// The person did not want to wait.
    Cancelled,
    /// The app died while it waited.
    Killed,
}

impl NoAnswer {
    /// Whether the request may have reached the backend.
    pub fn is_indeterminate(self) -> bool {
        self != NoAnswer::Unreachable
    }
}

/// Why a session is no longer watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PollEnd {
    /// Transcription and analysis are completed.
    Completed,
    /// Transcription or analysis failed, as the backend reports.
    Failed,
    /// Five minutes passed; the person was warned.
    TookTooLong,
    /// The person left the screen.
    Left,
}

/// What a person does, with the app or away from it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // The fields are ids.
pub enum UserAction {
    /// Starts the working day and sets out.
    LeavesHome,
    /// Wants the shift to begin.
    ClocksIn,
    /// Wants the shift to end.
    ClocksOut,
    /// Goes home without having clocked out.
    ForgetsToClockOut,
    /// Sets out for a visit.
    DrivesTo { appointment_id: SmolStr },
    /// Reaches the place of an appointment.
    Arrives { appointment_id: SmolStr },
    /// Rings, and nobody opens the door.
    FindsNobody { appointment_id: SmolStr },
    /// Is told at the door that there will be no visit.
    IsTurnedAway { appointment_id: SmolStr },
    /// Learns that a visit is off, or another's, or at another time.
    FindsItChanged { appointment_id: SmolStr },
    /// Taps the button that starts a recording.
    Records { appointment_id: SmolStr },
    /// Wants to record, only now, after the talk began.
    RecordsLate { appointment_id: SmolStr },
    /// Wants the recording to end.
    StopsRecording { appointment_id: SmolStr },
    /// Could not record, and goes on without.
    GivesUpRecording { appointment_id: SmolStr },
    /// Says what came of the visit.
    PicksOutcome { appointment_id: SmolStr },
    /// Taps a button a second time, before the first tap had an effect.
    DoubleTaps,
    /// Begins a lunch break.
    HasLunch,
    /// Sets out for home after the last visit.
    GoesHome,
    /// Asks the app to create a task.
    WritesTask,
    /// Marks a task as completed.
    TicksTask { task_id: SmolStr },
    /// Does not want to wait any longer.
    LosesPatience,
    /// Closes the app, which kills it.
    ClosesApp,
}

/// What no client can see: told for replays, read by no judge.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroundTruth {
    /// The request was lost on the phone's network and never reached the backend.
    LostOnTheWayOut {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
    },
    /// The backend acted on the request; the answer was lost.
    LostOnTheWayBack {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
        /// The HTTP status of the lost answer.
        status: u16,
    },
    /// The answer came after the app had stopped waiting.
    Late {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
        /// The HTTP status of the late answer.
        status: u16,
    },
    /// The backend dropped the connection.
    CutByBackend {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
        /// Whether it had acted before.
        took_effect: bool,
    },
    /// An upload broke off before all bytes were sent.
    CutMidUpload {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
        /// The bytes that had gone through by then.
        sent_bytes: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::canonical;

    /// Committed bytes: they change only with the types of events, and every fingerprint changes with them.
    #[test]
    fn the_canonical_form_of_an_event_is_known() {
        let of = |value: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            value(&mut out);
            out
        };
        let what = EventKind::Person(UserAction::TicksTask { task_id: "task_1".into() });
        let event = Event { at: Span::micros(0x0102), client: 3, what };
        let deed = of(&|out| canonical::write(&UserAction::TicksTask { task_id: "".into() }, out).unwrap())[0];
        let expected = [&[2, 1, 0, 0, 0, 0, 0, 0], &[3, 0, 0, 0][..], &[1, deed], &[6, 0, 0, 0], b"task_1"].concat();
        assert_eq!(of(&|out| canonical::write(&event, out).unwrap()), expected);
    }
}
