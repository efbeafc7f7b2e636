//! Where a cell's requests leave for a plant that all cells share, and where its verdicts come back.
//!
//! The plant decides when a request has been worked on, or that it is refused; what the request does to the rows is still
//! the cell's own backend's matter. A verdict of a moment is delivered later than that moment by less than it takes to
//! come back to the phone, so nobody in the cell can tell.

use crate::flight::Flight;
use crate::station::DESK_ONE_WAY;
use fieldday_api::endpoint::Op;
use fieldday_kernel::time::{Span, Time};
use fieldday_world::network::Profile;
use std::cell::RefCell;
use std::rc::Rc;

/// The shortest way from a cell to the plant, or back, under a network profile: what happens here shows there no earlier.
pub fn lookahead(profile: &Profile) -> Span {
    profile.least_one_way().min(DESK_ONE_WAY)
}

/// A request on its way to the plant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// When its last byte is there.
    pub at: Time,
    /// Its number among the requests of its cell that are under way.
    pub number: u32,
    /// What is asked.
    pub op: Op,
    /// Which attempt of its call, from 0.
    pub attempt: u8,
    /// The identity of this attempt: whatever is drawn for it is keyed by this.
    pub key: u64,
    /// Until when the app waits for the answer.
    pub deadline: Time,
}

/// What the plant says about a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Which request of the cell.
    pub number: u32,
    /// When.
    pub at: Time,
    /// What.
    pub what: Ruling,
}

/// What became of a request in the plant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ruling {
    /// It was worked on: it takes effect now.
    Served,
    /// It is answered with an error, and had no effect.
    Refused {
        /// 429, 503 or 504.
        status: u16,
        /// What `Retry-After` says.
        retry_after: Option<Span>,
    },
    /// Whoever worked on it is gone, and the connection with it. It had no effect.
    Broken,
    /// The app will have given up before any answer can reach it. The plant works on; another verdict follows.
    TooLate,
}

/// What of a cell is on its way to the plant, or in it.
#[derive(Default)]
pub(crate) struct Gate {
    out: RefCell<Vec<Arrival>>,
    under_way: RefCell<Vec<Option<Rc<Flight>>>>,
    free: RefCell<Vec<u32>>,
}

impl Gate {
    /// A request leaves, to arrive as told; its number is given here.
    pub fn leave(&self, flight: Rc<Flight>, arrival: Arrival) {
        let mut under_way = self.under_way.borrow_mut();
        let number = self.free.borrow_mut().pop().unwrap_or_else(|| {
            under_way.push(None);
            (under_way.len() - 1) as u32
        });
        under_way[number as usize] = Some(flight);
        self.out.borrow_mut().push(Arrival { number, ..arrival });
    }
    /// Takes what has left since the last time.
    pub fn take(&self, into: &mut impl FnMut(Arrival)) {
        self.out.borrow_mut().drain(..).for_each(into);
    }
    /// The request that a verdict is about. After its last verdict its number is free.
    pub fn about(&self, verdict: &Verdict) -> Option<Rc<Flight>> {
        let mut under_way = self.under_way.borrow_mut();
        let slot = under_way.get_mut(verdict.number as usize)?;
        if verdict.what == Ruling::TooLate {
            return slot.clone();
        }
        self.free.borrow_mut().push(verdict.number);
        slot.take()
    }
}
