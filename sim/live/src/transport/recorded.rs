//! The answers of an earlier run: nothing is sent, and what came from outside then is [told](Recorded::attempt_ended) again
//! at the moment at which it came.

use super::{Arrival, Departing, Departs, Departure, PendingToken, WireCompletion};
use fieldday_api::call::Response;
use fieldday_api::token::Claims;
use fieldday_history::event::Wire;
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::station::{InFlight, Station};
use fieldday_rep::transport::{DeadlineTimer, Passage, TokenFetch, Transport};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// The transport of a replay.
#[derive(Default)]
pub struct Recorded {
    in_flight: RefCell<Vec<Rc<InFlight>>>,
    fetches: RefCell<Vec<Rc<PendingToken>>>,
}

impl Recorded {
    /// An attempt of a client ended as it was recorded.
    pub fn attempt_ended(&self, client: u32, wire: &Wire, response: Option<Arc<Response>>) {
        let attempt = {
            let mut in_flight = self.in_flight.borrow_mut();
            let is_it = |of: &Rc<InFlight>| {
                (of.station().client(), of.attempt.call, of.attempt.attempt) == (client, wire.call, wire.attempt)
            };
            in_flight.iter().position(is_it).map(|at| in_flight.swap_remove(at))
        };
        // A replay that differs from the record has not sent it: the difference shows in the events.
        let Some(attempt) = attempt else { return };
        let Wire { end, service, connect, lag, deviations, .. } = wire.clone();
        Arrival::Attempt(WireCompletion { attempt, end, response, service, connect, lag, deviations }).deliver();
    }
    /// Lets go of what never ended: an attempt and its transport hold each other.
    pub fn close(&self) {
        self.in_flight.borrow_mut().clear();
        self.fetches.borrow_mut().clear();
    }
    /// A fetch of a client ended as it was recorded.
    pub fn token_came(&self, client: u32, number: u32, claims: Option<Claims>, took: Span) {
        let fetch = {
            let mut fetches = self.fetches.borrow_mut();
            let is_it = |of: &Rc<PendingToken>| (of.station.client(), of.number) == (client, number);
            fetches.iter().position(is_it).map(|at| fetches.swap_remove(at))
        };
        if let Some(fetch) = fetch {
            Arrival::Token { fetch, claims, took }.deliver();
        }
    }
}

impl Departs for Recorded {
    fn depart(self: Rc<Self>, attempt: Rc<InFlight>, _: Departure) {
        self.in_flight.borrow_mut().push(attempt);
    }
}

impl Transport for Recorded {
    fn dispatch(self: Rc<Self>, attempt: &Rc<InFlight>, passage: Passage) -> DeadlineTimer {
        Departing::schedule(self, attempt, passage);
        DeadlineTimer::Needed
    }
    /// The record has how that ended.
    fn cancel(&self, _: &InFlight) {}
    fn fetch_token(self: Rc<Self>, station: &Station, arrives: Time) -> TokenFetch {
        let station = station.clone();
        Box::pin(async move {
            station.sleep_until(arrives).await;
            let fetch = {
                let mut fetches = self.fetches.borrow_mut();
                let fetch = PendingToken::new(station.clone(), station.next_fetch());
                fetches.push(fetch.clone());
                fetch
            };
            fetch.token().await
        })
    }
}
