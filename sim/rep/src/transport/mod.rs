//! Where an attempt goes once the link has let it through, and what brings its answer back: the only difference between
//! a run in virtual time and one on the wall clock.
//!
//! A [`Station`] decides what the mobile network does to an attempt, records what was sent and how it ended, and waits for
//! the answer. A [`Transport`] carries the attempt to a backend and [completes](InFlight::complete) it. There is one
//! implementation a file: the model backend in process and the plant that cells share (in `fieldday-engine`), HTTP and the
//! recorded answers of an earlier run (in `fieldday-live`), and a [script](scripted) for tests of the app.

pub mod scripted;

use crate::station::{InFlight, Station};
use fieldday_api::call::{Call, Response};
use fieldday_api::token::{Claims, Credential};
use fieldday_history::event::{Cause, CredentialKind, NoAnswer};
use fieldday_kernel::time::{Span, Time};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// One attempt at a call, as a client hands it to its station.
pub struct Attempt {
    /// The call's number within its client; all its attempts share it.
    pub call: u32,
    /// The number of the attempt within the call, from 0.
    pub attempt: u8,
    /// The request that is sent.
    pub request: Arc<Call>,
    /// The credential for the `Authorization` header.
    pub credential: Rc<Credential>,
    /// The kind of the credential, for the record.
    pub bearer: CredentialKind,
    /// The reason why the call is made.
    pub cause: Cause,
    /// How long the client waits for the answer.
    pub patience: Span,
    /// The reason to record when no answer comes by then: a timeout, or a person who cancels.
    pub at_deadline: NoAnswer,
}

/// The end of an attempt for the client.
#[derive(Clone, Debug)]
pub enum AttemptOutcome {
    /// An answer came before the deadline.
    Answered(Arc<Response>),
    /// No answer came before the deadline; holds the reason.
    Unanswered(NoAnswer),
}

/// The part of an attempt that the link lets through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passage {
    /// The whole request.
    Whole {
        /// When the last byte reaches the target, by the phone's clock.
        arrives: Time,
    },
    /// The beginning of an upload. The attempt's deadline is the moment of the cut, if that is the earlier one.
    Cut {
        /// When the connection breaks, by the phone's clock.
        at: Time,
        /// The number of bytes that reach the target.
        sent_bytes: u64,
    },
}

/// Who notices that an attempt's deadline passes without an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeadlineTimer {
    /// The station sets a timer, and cancels the attempt when it fires.
    Needed,
    /// The transport completes the attempt before the deadline or not at all, and says so by then: no timer is needed.
    Spared,
}

/// The end of an attempt on the transport's side.
#[derive(Clone, Debug)]
pub enum Completion {
    /// The target answered, in time or not.
    Answered {
        /// The answer with its status and body.
        response: Arc<Response>,
        /// How much the link has to bring back.
        bytes: u64,
    },
    /// No connection to the target could be opened.
    NoConnection,
    /// The connection broke before an answer came.
    Broken {
        /// When the client notices, by the phone's clock.
        noticed: Time,
    },
    /// There will be no answer before the deadline.
    TooLate,
    /// The station had cancelled the attempt.
    Cancelled,
}

/// A session token, and when the identity provider sent it.
pub struct IssuedToken {
    /// When the token leaves the identity provider, by the phone's clock.
    pub at: Time,
    /// The claims of the token.
    pub claims: Claims,
}

/// A token on its way; none if none can be had.
pub type TokenFetch = Pin<Box<dyn Future<Output = Option<IssuedToken>>>>;

/// Carries attempts to a backend and brings back what it answers.
pub trait Transport {
    /// Takes over an attempt, to [complete](InFlight::complete) it at most once.
    fn dispatch(self: Rc<Self>, attempt: &Rc<InFlight>, passage: Passage) -> DeadlineTimer;
    /// Tells that the client has stopped waiting for the attempt.
    fn cancel(&self, attempt: &InFlight);
    /// Fetches a session token for a client, with a request that reaches the identity provider at `arrives`.
    fn fetch_token(self: Rc<Self>, station: &Station, arrives: Time) -> TokenFetch;
}
