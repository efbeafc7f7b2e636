//! Transports on the wall clock: [HTTP](http), and the [recorded] answers of an earlier run.
//!
//! Both let an attempt leave when the link has brought it to the target, and both are told from outside how it ended: every
//! [`Arrival`] is stamped when it comes, and is in the history, so that the run can be replayed from there.

pub mod http;
pub mod recorded;

use fieldday_api::call::Response;
use fieldday_api::dialect::Deviation;
use fieldday_api::endpoint::Op;
use fieldday_api::token::Claims;
use fieldday_history::EventKind;
use fieldday_history::event::{Wire, WireEnd};
use fieldday_kernel::executor::Due;
use fieldday_kernel::signal::Signal;
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::station::{InFlight, Station};
use fieldday_rep::transport::{Completion, IssuedToken, Passage};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// About the size of an answer's headers.
const HEADER_BYTES: u64 = 350;

/// When and how an attempt leaves for the target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Departure {
    /// When it is to leave, by the executor's clock: what passes from then until it leaves is the generator's fault.
    pub leaves: Time,
    /// How long the link needs for an upload.
    pub over: Span,
    /// An upload that ends after so many bytes, because the link cuts it.
    pub cut_after: Option<u64>,
}

impl Departure {
    /// Audio is on the wire for as long as the link takes to carry it; all else is sent when the link is through with it.
    fn of(attempt: &InFlight, passage: Passage) -> Departure {
        let now = attempt.clock().now();
        match passage {
            Passage::Whole { arrives } if attempt.op() == Op::PutAudio => {
                Departure { leaves: now, over: arrives.since(now), cut_after: None }
            }
            Passage::Whole { arrives } => Departure { leaves: arrives, over: Span::ZERO, cut_after: None },
            Passage::Cut { at, sent_bytes } => {
                Departure { leaves: now, over: at.since(now), cut_after: Some(sent_bytes) }
            }
        }
    }
}

/// The part of a transport that sends an attempt when its turn comes.
trait Departs {
    /// Sends the attempt now.
    fn depart(self: Rc<Self>, attempt: Rc<InFlight>, departure: Departure);
}

/// An attempt that the link still holds.
struct Departing<T> {
    to: Rc<T>,
    attempt: Rc<InFlight>,
    departure: Departure,
}

impl<T: Departs + 'static> Departing<T> {
    /// Lets an attempt depart when its time has come.
    fn schedule(to: Rc<T>, attempt: &Rc<InFlight>, passage: Passage) {
        let departure = Departure::of(attempt, passage);
        let departing = Departing { to, attempt: attempt.clone(), departure };
        attempt.clock().schedule(departure.leaves, Rc::new(departing));
    }
}

impl<T: Departs> Due for Departing<T> {
    fn due(self: Rc<Self>) {
        self.to.clone().depart(self.attempt.clone(), self.departure);
    }
}

/// Something that happened outside the executor and is handed to it.
pub enum Arrival {
    /// The end of an attempt on the wire.
    Attempt(WireCompletion),
    /// The end of a token's fetching.
    Token {
        /// The request for a token that has ended.
        fetch: Rc<PendingToken>,
        /// What the token says; none if there is none.
        claims: Option<Claims>,
        /// The time from the request to its end, by the wall's clock.
        took: Span,
    },
}

impl Arrival {
    /// Gives it to whom it is for.
    pub fn deliver(self) {
        match self {
            Arrival::Attempt(completion) => completion.deliver(),
            Arrival::Token { fetch, claims, took } => fetch.arrived(claims, took),
        }
    }
}

/// How an attempt ended on the wire, and what was measured of it.
pub struct WireCompletion {
    /// The attempt that ended.
    pub attempt: Rc<InFlight>,
    /// How the attempt ended on the wire.
    pub end: WireEnd,
    /// The parsed answer; none if there was none.
    pub response: Option<Arc<Response>>,
    /// The time on the wire, from the first byte sent to the last received.
    pub service: Span,
    /// How much of that it took to open a connection.
    pub connect: Span,
    /// How much later it was sent than asked for.
    pub lag: Span,
    /// Where the answer's form differs from the specification's.
    pub deviations: Vec<Deviation>,
}

impl WireCompletion {
    fn deliver(self) {
        let WireCompletion { attempt: in_flight, end, response, service, connect, lag, deviations } = self;
        let (call, attempt, now) = (in_flight.attempt.call, in_flight.attempt.attempt, in_flight.clock().now());
        let late = in_flight.station().late(call, attempt) + lag;
        let completion = match (&end, response) {
            (WireEnd::Answered { bytes, .. }, Some(response)) => {
                Completion::Answered { response, bytes: HEADER_BYTES + bytes }
            }
            (WireEnd::NoConnection { .. }, _) => Completion::NoConnection,
            (WireEnd::BrokenOff, _) => Completion::Cancelled,
            _ => Completion::Broken { noticed: now },
        };
        let wire = Wire { op: in_flight.op(), call, attempt, end, service, connect, late, lag, deviations };
        in_flight.station().record(EventKind::Wire(Box::new(wire)));
        in_flight.complete(now, completion);
    }
}

/// A token that is being fetched.
pub struct PendingToken {
    station: Station,
    /// The fetch's number within its client, from 1.
    pub number: u32,
    answer: RefCell<Option<Option<Claims>>>,
    came: Signal,
}

impl PendingToken {
    fn new(station: Station, number: u32) -> Rc<PendingToken> {
        Rc::new(PendingToken { station, number, answer: RefCell::default(), came: Signal::default() })
    }
    fn arrived(&self, claims: Option<Claims>, took: Span) {
        let lives = claims.as_ref().map(|claims| claims.expires_at.since(self.station.now()));
        self.station.record(EventKind::TokenCame { fetch: self.number, lives, took });
        *self.answer.borrow_mut() = Some(claims);
        self.came.notify();
    }
    /// Waits for the token; none if there is none.
    async fn token(&self) -> Option<IssuedToken> {
        loop {
            let answer = self.answer.borrow_mut().take();
            match answer {
                Some(claims) => return claims.map(|claims| IssuedToken { at: self.station.now(), claims }),
                None => self.came.wait().await,
            }
        }
    }
}
