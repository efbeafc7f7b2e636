//! The kinds of events, one by one.
//!
//! An event is something that a client could have noted itself: what its person did, what its phone did, what it sent
//! and what came back. The one exception is [`EventKind::GroundTruth`], which tells what the network or the backend did behind its
//! back; judges do not read it.

mod app;
mod check;
mod client;
mod ground_truth;
mod request;

pub use app::*;
pub use check::*;
pub use client::*;
pub use ground_truth::*;
pub use request::*;

use fieldday_api::SmolStr;
use fieldday_api::call::{Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::private::PrivateKind;
pub use fieldday_api::probe::Probe;
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
