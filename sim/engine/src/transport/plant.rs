//! Where a cell's requests leave for a plant that all cells share, and where its verdicts come back.
//!
//! The plant decides when a request has been worked on, or that it is refused; what the request does to the rows is still
//! the cell's own backend's matter. A verdict of a moment is delivered later than that moment by less than it takes to
//! come back to the phone, so nobody in the cell can tell.

use super::model::{Model, breaks};
use crate::setup::OFFICE_ONE_WAY;
use fieldday_api::endpoint::Op;
use fieldday_history::event::GroundTruth;
use fieldday_kernel::time::{Span, Time};
use fieldday_radio::network::Profile;
use fieldday_rep::station::{InFlight, Station};
use fieldday_rep::transport::{Completion, DeadlineTimer, Passage, TokenFetch, Transport};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// The shortest way from a cell to the plant, or back, under a network profile: what happens here shows there no earlier.
pub fn lookahead(profile: &Profile) -> Span {
    profile.least_one_way().min(OFFICE_ONE_WAY)
}

/// A request on its way to the plant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlantRequest {
    /// The arrival of its last byte at the plant.
    pub at: Time,
    /// Its number among the requests of its cell that are under way.
    pub number: u32,
    /// The endpoint that is called.
    pub op: Op,
    /// The number of earlier attempts of the call: 0 for the first.
    pub attempt: u8,
    /// The identity of this attempt: whatever is drawn for it is keyed by this.
    pub key: u64,
    /// Until when the app waits for the answer.
    pub deadline: Time,
}

/// The plant's decision on a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlantReply {
    /// The number of the request within the cell.
    pub number: u32,
    /// The time at which that is decided, on the plant's clock.
    pub at: Time,
    /// What became of the request.
    pub what: PlantOutcome,
}

/// What became of a request in the plant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlantOutcome {
    /// It was worked on: it takes effect now.
    Served,
    /// It is answered with an error, and had no effect.
    Refused {
        /// The status of the error: 429, 503 or 504.
        status: u16,
        /// The pause that the header `Retry-After` asks for; none without the header.
        retry_after: Option<Span>,
    },
    /// Whoever worked on it is gone, and the connection with it. It had no effect.
    Broken,
    /// The app will have given up before any answer can reach it. The plant works on; another verdict follows.
    TooLate,
}

/// An attempt on its way to the plant, or in it.
struct AtPlant {
    attempt: Rc<InFlight>,
    arrives: Time,
    /// The app was told, or will be told at its deadline, that there is no answer.
    is_given_up: Cell<bool>,
}

/// Where a cell's requests leave for the plant, and where its verdicts come back.
pub(crate) struct Plant {
    model: Rc<Model>,
    departed: RefCell<Vec<PlantRequest>>,
    in_flight: RefCell<Vec<Option<Rc<AtPlant>>>>,
    free: RefCell<Vec<u32>>,
}

impl Plant {
    /// The way to the plant of a cell whose rows are in that model.
    pub fn new(model: Rc<Model>) -> Rc<Plant> {
        Rc::new(Plant { model, departed: RefCell::default(), in_flight: RefCell::default(), free: RefCell::default() })
    }
    /// Takes what has left since the last time, in the order in which it left.
    pub fn departed(&self, into: &mut impl FnMut(PlantRequest)) {
        self.departed.borrow_mut().drain(..).for_each(into);
    }
    /// A verdict of the plant. They come in the order of their times.
    pub fn deliver(&self, verdict: &PlantReply) {
        let Some(at_plant) = self.about(verdict) else { return };
        let AtPlant { attempt, arrives, is_given_up } = &*at_plant;
        match verdict.what {
            // The app no longer waits; the rows change all the same.
            PlantOutcome::Served if is_given_up.get() => drop(self.model.serve(attempt, *arrives, verdict.at, None)),
            PlantOutcome::Served => self.model.serve_and_complete(attempt, *arrives, verdict.at, None),
            _ if is_given_up.get() => {}
            PlantOutcome::Refused { status, retry_after } => {
                let response = Arc::new(fieldday_backend::failure(status, retry_after, attempt.key));
                attempt.complete(verdict.at, Completion::Answered { bytes: response.bytes_down(), response });
            }
            PlantOutcome::Broken => {
                // That it was the deployment, no client can know; whoever classifies the end must.
                attempt.record_truth(|call, attempt| GroundTruth::CutByBackend { call, attempt, took_effect: false });
                breaks(attempt, verdict.at);
            }
            PlantOutcome::TooLate => {
                is_given_up.set(true);
                attempt.complete(verdict.at, Completion::TooLate);
            }
        }
    }
    /// The attempt that a verdict is about. After its last verdict its number is free.
    fn about(&self, verdict: &PlantReply) -> Option<Rc<AtPlant>> {
        let mut in_flight = self.in_flight.borrow_mut();
        let slot = in_flight.get_mut(verdict.number as usize)?;
        if verdict.what == PlantOutcome::TooLate {
            return slot.clone();
        }
        self.free.borrow_mut().push(verdict.number);
        slot.take()
    }
}

impl Transport for Plant {
    fn dispatch(self: Rc<Self>, attempt: &Rc<InFlight>, passage: Passage) -> DeadlineTimer {
        let arrives = match passage {
            // The audio goes to the object store, which is no part of the plant.
            Passage::Whole { arrives } if attempt.op() != Op::PutAudio => arrives,
            _ => return self.model.clone().dispatch(attempt, passage),
        };
        let mut in_flight = self.in_flight.borrow_mut();
        let number = self.free.borrow_mut().pop().unwrap_or_else(|| {
            in_flight.push(None);
            (in_flight.len() - 1) as u32
        });
        in_flight[number as usize] =
            Some(Rc::new(AtPlant { attempt: attempt.clone(), arrives, is_given_up: Cell::new(false) }));
        let (op, of, key, deadline) = (attempt.op(), attempt.attempt.attempt, attempt.key, attempt.deadline);
        self.departed.borrow_mut().push(PlantRequest { at: arrives, number, op, attempt: of, key, deadline });
        // The plant is told when the app's patience is over, and says so.
        DeadlineTimer::Spared
    }
    fn cancel(&self, _: &InFlight) {}
    fn fetch_token(self: Rc<Self>, station: &Station, arrives: Time) -> TokenFetch {
        self.model.clone().fetch_token(station, arrives)
    }
}
