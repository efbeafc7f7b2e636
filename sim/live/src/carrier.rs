//! Who carries a client's requests out of the executor and brings back what comes: the wire on a live run, a history when
//! that run is lived again.

use fieldday_api::call::{Call, Response};
use fieldday_api::dialect::Deviation;
use fieldday_api::token::{Claims, Credential};
use fieldday_history::event::WireEnd;
use fieldday_kernel::time::{Span, Time};
use std::rc::Rc;
use std::sync::Arc;

/// An attempt that leaves the phone.
pub struct Errand {
    /// Whose, by number within the cell.
    pub client: u32,
    /// Which call.
    pub call: u32,
    /// Which attempt of it.
    pub attempt: u8,
    /// What is asked.
    pub request: Arc<Call>,
    /// Who asks.
    pub credential: Rc<Credential>,
    /// The attempt's own key: traces are named by it.
    pub key: u64,
    /// Whether the phone lost its connection since the last one.
    pub reconnect: bool,
    /// An upload that ends after so many bytes, because the link cuts it.
    pub cut_after: Option<u64>,
    /// How long the link needs for an upload.
    pub over: Span,
    /// When it was to leave, by the executor's clock: what passes from then until it leaves is the generator's fault.
    pub leaves: Time,
    /// How much later than due that is.
    pub late: Span,
}

/// What the wire brought.
pub struct Arrival {
    /// For whom.
    pub client: u32,
    /// What.
    pub what: Arrived,
}

/// The two kinds of things that the wire brings.
pub enum Arrived {
    /// The end of an attempt.
    Attempt {
        /// Which call.
        call: u32,
        /// Which attempt of it.
        attempt: u8,
        /// How the wire is done with it.
        end: WireEnd,
        /// What was answered, if anything.
        response: Option<Arc<Response>>,
        /// How long it took on the wire.
        service: Span,
        /// How much of that it took to open a connection.
        connect: Span,
        /// How much later it was sent than asked for.
        lag: Span,
        /// Where the answer's form differs from the specification's.
        deviations: Vec<Deviation>,
    },
    /// The end of a token's fetching.
    Token {
        /// Which fetch of the client's.
        fetch: u32,
        /// What the token says; none if there is none.
        claims: Option<Claims>,
        /// How long that took.
        took: Span,
    },
}

/// Carries requests.
pub trait Carrier {
    /// Sends a request. What comes of it is brought later.
    fn send(&self, errand: Errand);
    /// Asks for a token.
    fn fetch_token(&self, client: u32, fetch: u32);
    /// Nobody waits for that attempt any more: it is broken off, if it is still under way.
    fn break_off(&self, client: u32, call: u32, attempt: u8);
}
