//! The model backend in process.
//!
//! How long the backend works on a request is known when it arrives, so an attempt has two entries on the timeline and
//! wakes its client once: when it takes effect, and when the answer (or the end of patience) comes.

use fieldday_backend::{Backend, RepRows, Request, Served, Snapshot};
use fieldday_history::event::GroundTruth;
use fieldday_kernel::executor::{Due, Handle};
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::station::{InFlight, Station};
use fieldday_rep::transport::{Completion, DeadlineTimer, IssuedToken, Passage, TokenFetch, Transport};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// How long a connection that the backend dropped takes to be noticed.
const BREAK_IS_NOTICED_AFTER: Span = Span::millis(30);
/// How long the identity provider takes for a token.
const TOKEN_TAKES: Span = Span::millis(60);

/// The model backend of a cell, as a transport.
pub(crate) struct Model {
    clock: Handle,
    backend: RefCell<Backend>,
    /// Whether a racy defect wants to see requests on their arrival.
    races: bool,
    token_life: Span,
    served: Cell<u64>,
}

impl Model {
    pub fn new(clock: Handle, backend: Backend, token_life: Span) -> Rc<Model> {
        let races = backend.races();
        Rc::new(Model { clock, backend: RefCell::new(backend), races, token_life, served: Cell::new(0) })
    }
    /// Requests that reached the backend.
    pub fn served(&self) -> u64 {
        self.served.get()
    }
    /// Switches every defect off, from now on.
    pub fn heal(&self) {
        self.backend.borrow_mut().heal();
    }
    /// The rows that the backend holds of a rep.
    pub fn rows_of(&self, rep_id: &str) -> Option<RepRows> {
        self.backend.borrow().rows_of(self.clock.now(), rep_id)
    }
    /// The request of an attempt that arrived at `arrived` takes effect at `at`.
    pub fn serve(&self, attempt: &InFlight, arrived: Time, at: Time, seen: Option<Snapshot>) -> Served {
        self.served.set(self.served.get() + 1);
        self.backend.borrow_mut().serve(arrived, at, &request(attempt), seen)
    }
    /// Serves the request and completes the attempt with the answer or the broken connection.
    pub fn serve_and_complete(&self, attempt: &Rc<InFlight>, arrived: Time, at: Time, seen: Option<Snapshot>) {
        match self.serve(attempt, arrived, at, seen) {
            Served::Answered(response) => {
                attempt.complete(at, Completion::Answered { bytes: response.bytes_down(), response });
            }
            Served::Cut { took_effect } => {
                attempt.record_truth(|call, attempt| GroundTruth::CutByBackend { call, attempt, took_effect });
                breaks(attempt, at);
            }
        }
    }
}

/// The backend drops the connection at `at`.
pub(super) fn breaks(attempt: &Rc<InFlight>, at: Time) {
    attempt.complete(at, Completion::Broken { noticed: at + BREAK_IS_NOTICED_AFTER });
}

fn request(attempt: &InFlight) -> Request<'_> {
    Request { call: &attempt.attempt.request, credential: &attempt.attempt.credential, key: attempt.key }
}

/// An attempt at the backend.
struct AtBackend {
    model: Rc<Model>,
    attempt: Rc<InFlight>,
    arrives: Time,
    takes_effect: Time,
    /// Not yet seen by a backend that looks at requests on their arrival.
    is_arriving: Cell<bool>,
    seen: RefCell<Option<Snapshot>>,
}

impl Due for AtBackend {
    fn due(self: Rc<Self>) {
        if self.is_arriving.replace(false) {
            *self.seen.borrow_mut() =
                self.model.backend.borrow_mut().take_snapshot(self.arrives, &request(&self.attempt));
            self.model.clock.schedule(self.takes_effect, self.clone());
        } else {
            let seen = self.seen.borrow_mut().take();
            self.model.serve_and_complete(&self.attempt, self.arrives, self.takes_effect, seen);
        }
    }
}

impl Transport for Model {
    fn dispatch(self: Rc<Self>, attempt: &Rc<InFlight>, passage: Passage) -> DeadlineTimer {
        // Half an upload changes nothing.
        let Passage::Whole { arrives } = passage else { return DeadlineTimer::Needed };
        let takes_effect = arrives + self.backend.borrow().service_time(arrives, &request(attempt));
        let first = if self.races { arrives } else { takes_effect };
        let at_backend = AtBackend {
            model: self.clone(),
            attempt: attempt.clone(),
            arrives,
            takes_effect,
            is_arriving: Cell::new(self.races),
            seen: RefCell::default(),
        };
        self.clock.schedule(first, Rc::new(at_backend));
        if takes_effect < attempt.deadline { DeadlineTimer::Spared } else { DeadlineTimer::Needed }
    }
    fn cancel(&self, _: &InFlight) {}
    fn fetch_token(self: Rc<Self>, station: &Station, arrives: Time) -> TokenFetch {
        let at = arrives + TOKEN_TAKES;
        let expires_at = at + self.token_life;
        let claims = fieldday_api::token::Claims { issued_at: at, expires_at, ..station.identity().clone() };
        Box::pin(std::future::ready(Some(IssuedToken { at, claims })))
    }
}
