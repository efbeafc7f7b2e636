//! A request of a client: what was sent, on whose behalf, how it ended, and what the wire carried of it.

use super::Screen;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::dialect::Deviation;
use fieldday_api::endpoint::Op;
use fieldday_api::probe::Probe;
use fieldday_api::token::CredentialKind;
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
        /// The action's number, as [`EventKind::Queued`](super::EventKind::Queued) gave it.
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
