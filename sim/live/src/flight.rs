//! An attempt under way on a live run: it waits for the link's delay, is on the wire, and then for the link's delay back.

use crate::carrier::Errand;
use crate::station::Place;
use fieldday_api::call::Response;
use fieldday_history::What;
use fieldday_history::event::{Lapse, Truth, WireEnd};
use fieldday_kernel::executor::Due;
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::surroundings::{Attempt, Ending};
use fieldday_world::link::Back;
use futures_lite::future;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

enum Stage {
    /// The link holds it back.
    Leaving,
    /// The carrier has it.
    OnTheWire,
    /// The app learns of its end when this is due.
    Ending(Ending),
    /// Over.
    Over,
}

/// An attempt under way.
pub(crate) struct Flight {
    place: Rc<Place>,
    pub attempt: Attempt,
    pub key: u64,
    cut_after: Option<u64>,
    over: Span,
    reconnect: bool,
    late: Span,
    stage: RefCell<Stage>,
    ended: RefCell<Option<Ending>>,
    waker: Cell<Option<Waker>>,
}

/// What the link made of the way out.
pub(crate) struct Departure {
    pub key: u64,
    pub leaves: Time,
    pub late: Span,
    pub reconnect: bool,
    pub cut_after: Option<u64>,
    /// How long the link needs for an upload, from when it leaves.
    pub over: Span,
}

impl Flight {
    /// Lets an attempt leave, and waits for its end.
    pub async fn start(place: Rc<Place>, attempt: Attempt, departure: Departure) -> Ending {
        let Departure { key, leaves, late, reconnect, cut_after, over } = departure;
        let clock = place.shared.clock.clone();
        let (deadline, at_deadline) = (attempt.deadline, attempt.at_deadline);
        let flight = Rc::new(Flight {
            place,
            attempt,
            key,
            cut_after,
            over,
            reconnect,
            late,
            stage: RefCell::new(Stage::Leaving),
            ended: RefCell::default(),
            waker: Cell::default(),
        });
        flight.place.leaving.set(flight.place.leaving.get() + 1);
        clock.schedule(leaves, flight.clone());
        let ends = poll_fn(|context| match flight.ended.borrow_mut().take() {
            Some(ending) => Poll::Ready(ending),
            None => {
                flight.waker.set(Some(context.waker().clone()));
                Poll::Pending
            }
        });
        let patience = async {
            clock.sleep_until(deadline).await;
            flight.break_off();
            Ending::Unanswered(at_deadline)
        };
        future::or(ends, patience).await
    }

    /// Nobody waits any more: what is on the wire is broken off, as a phone does.
    pub fn break_off(&self) {
        if matches!(*self.stage.borrow(), Stage::OnTheWire) {
            let (client, call, attempt) = (self.place.client, self.attempt.call, self.attempt.attempt);
            self.place.shared.carrier().break_off(client, call, attempt);
        }
    }

    /// The wire is done with it.
    pub fn came(self: &Rc<Self>, end: &WireEnd, response: Option<Arc<Response>>) {
        let now = self.place.shared.clock.now();
        let (call, attempt) = (self.attempt.call, self.attempt.attempt);
        match (end, response) {
            (WireEnd::Answered { bytes, .. }, Some(response)) => {
                const HEADERS: u64 = 350;
                let status = response.status;
                match self.place.reply(now, HEADERS + bytes, self.key) {
                    Back::Arrives { at } => {
                        if at >= self.attempt.deadline {
                            self.place.record(What::Truth(Truth::Late { call, attempt, status }));
                        }
                        self.ends(at, Ending::Answered(response));
                    }
                    Back::Lost => {
                        self.place.record(What::Truth(Truth::LostOnTheWayBack { call, attempt, status }));
                        self.stage.replace(Stage::Over);
                    }
                }
            }
            (WireEnd::NoConnection { .. }, _) => self.ends(now, Ending::Unanswered(Lapse::Unreachable)),
            (WireEnd::BrokenOff, _) => drop(self.stage.replace(Stage::Over)),
            _ => self.ends(now, Ending::Unanswered(Lapse::Broken)),
        }
    }
    fn ends(self: &Rc<Self>, at: Time, ending: Ending) {
        self.stage.replace(Stage::Ending(ending));
        self.place.shared.clock.schedule(at, self.clone());
    }
}

impl Due for Flight {
    fn due(self: Rc<Self>) {
        let stage = self.stage.replace(Stage::Over);
        match stage {
            Stage::Leaving => {
                self.place.leaving.set(self.place.leaving.get() - 1);
                self.stage.replace(Stage::OnTheWire);
                self.place.aloft.borrow_mut().push(self.clone());
                self.place.shared.carrier().send(Errand {
                    client: self.place.client,
                    call: self.attempt.call,
                    attempt: self.attempt.attempt,
                    request: self.attempt.request.clone(),
                    credential: self.attempt.credential.clone(),
                    key: self.key,
                    reconnect: self.reconnect,
                    cut_after: self.cut_after,
                    over: self.over,
                    leaves: self.place.shared.clock.now(),
                    late: self.late,
                });
            }
            Stage::Ending(ending) => {
                *self.ended.borrow_mut() = Some(ending);
                if let Some(waker) = self.waker.take() {
                    waker.wake();
                }
            }
            Stage::OnTheWire | Stage::Over => {}
        }
    }
}
