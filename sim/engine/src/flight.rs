//! A request under way: to the backend, through it, and back. It flies on whether or not anybody still waits for it.
//!
//! The link's fate of the way out is known at once, so an attempt has two entries on the timeline and wakes its app
//! once: when it takes effect, and when the answer (or the end of patience) comes.

use crate::gate::{Arrival, Ruling, Verdict};
use crate::station::Place;
use fieldday_api::call::Response;
use fieldday_backend::{Request, Served, Snapshot};
use fieldday_history::What;
use fieldday_history::event::{Lapse, Truth};
use fieldday_kernel::executor::Due;
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::surroundings::{Attempt, Ending};
use fieldday_world::link::Back;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

/// The shortest span there is.
const MOMENT: Span = Span::micros(1);
/// How long a connection that the backend dropped takes to be noticed.
const BREAK_IS_NOTICED_AFTER: Span = Span::millis(30);

enum Stage {
    /// On the way to a backend that looks at requests as they arrive.
    Arriving,
    /// Being worked on.
    Working,
    /// The app learns of its end when this is due.
    Ending(Ending),
    /// Over.
    Over,
}

/// A request under way.
pub(crate) struct Flight {
    place: Rc<Place>,
    attempt: Attempt,
    key: u64,
    arrives: Time,
    takes_effect: Time,
    stage: RefCell<Stage>,
    seen: RefCell<Option<Snapshot>>,
    ended: RefCell<Option<Ending>>,
    waker: Cell<Option<Waker>>,
}

impl Flight {
    /// Lets a request fly that arrives at `arrives`, and waits for its end.
    pub async fn start(place: Rc<Place>, attempt: Attempt, key: u64, arrives: Time) -> Ending {
        let shared = place.shared.clone();
        let request = Request { call: &attempt.request, credential: &attempt.credential, key };
        let takes_effect = arrives + shared.backend.borrow().service_time(arrives, &request);
        let (deadline, at_deadline) = (attempt.deadline, attempt.at_deadline);
        let (stage, first) = if shared.races { (Stage::Arriving, arrives) } else { (Stage::Working, takes_effect) };
        let flight = Flight::new(place, attempt, key, (arrives, takes_effect), stage);
        shared.clock.schedule(first, flight.clone());
        if takes_effect >= deadline {
            shared.clock.sleep_until(deadline).await;
            return Ending::Unanswered(at_deadline);
        }
        flight.ended().await
    }
    /// The same where a plant that all cells share works on it. Nobody here knows how long that takes, so the gate is told
    /// when the app's patience is over.
    pub async fn start_at_gate(place: Rc<Place>, attempt: Attempt, key: u64, arrives: Time) -> Ending {
        let shared = place.shared.clone();
        let Some(gate) = &shared.gate else { return Flight::start(place, attempt, key, arrives).await };
        let (op, number, deadline) = (attempt.request.op(), attempt.attempt, attempt.deadline);
        // Not known, but before the deadline: whoever comes later is told that it is too late.
        let flight = Flight::new(place, attempt, key, (arrives, arrives.min(deadline - MOMENT)), Stage::Working);
        gate.leave(flight.clone(), Arrival { at: arrives, number: 0, op, attempt: number, key, deadline });
        flight.ended().await
    }
    fn new(
        place: Rc<Place>,
        attempt: Attempt,
        key: u64,
        (arrives, takes_effect): (Time, Time),
        stage: Stage,
    ) -> Rc<Flight> {
        Rc::new(Flight {
            place,
            attempt,
            key,
            arrives,
            takes_effect,
            stage: RefCell::new(stage),
            seen: RefCell::default(),
            ended: RefCell::default(),
            waker: Cell::default(),
        })
    }
    async fn ended(&self) -> Ending {
        poll_fn(|context| match self.ended.borrow_mut().take() {
            Some(ending) => Poll::Ready(ending),
            None => {
                self.waker.set(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
    /// What the plant says of it.
    pub fn hears(self: &Rc<Self>, verdict: &Verdict) {
        // An end that the app has been told, or will be told at its deadline, stays as it is.
        let is_given_up = !matches!(*self.stage.borrow(), Stage::Working);
        match verdict.what {
            Ruling::Served if is_given_up => self.effect_in_vain(verdict.at),
            Ruling::Served => self.takes_effect(verdict.at),
            _ if is_given_up => {}
            Ruling::Refused { status, retry_after } => {
                self.comes_back(verdict.at, Arc::new(fieldday_backend::failure(status, retry_after, self.key)));
            }
            Ruling::Broken => self.breaks(verdict.at),
            Ruling::TooLate => self.ends_at_deadline(),
        }
    }
    /// The app no longer waits; the rows change all the same.
    fn effect_in_vain(&self, now: Time) {
        let shared = &self.place.shared;
        shared.served.set(shared.served.get() + 1);
        shared.backend.borrow_mut().serve(self.arrives, now, &self.request(), None);
    }

    fn request(&self) -> Request<'_> {
        Request { call: &self.attempt.request, credential: &self.attempt.credential, key: self.key }
    }
    fn truth(&self, truth: Truth) {
        self.place.record(What::Truth(truth));
    }
    fn ends(self: &Rc<Self>, at: Time, ending: Ending) {
        *self.stage.borrow_mut() = Stage::Ending(ending);
        self.place.shared.clock.schedule(at, self.clone());
    }
    /// The app will wait in vain.
    fn ends_at_deadline(self: &Rc<Self>) {
        if self.takes_effect < self.attempt.deadline {
            self.ends(self.attempt.deadline, Ending::Unanswered(self.attempt.at_deadline));
        }
    }

    fn takes_effect(self: &Rc<Self>, now: Time) {
        let shared = &self.place.shared;
        shared.served.set(shared.served.get() + 1);
        let seen = self.seen.borrow_mut().take();
        let served = shared.backend.borrow_mut().serve(self.arrives, now, &self.request(), seen);
        let (call, attempt) = (self.attempt.call, self.attempt.attempt);
        match served {
            Served::Answered(response) => self.comes_back(now, response),
            Served::Cut { took_effect } => {
                self.truth(Truth::CutByBackend { call, attempt, took_effect });
                self.breaks(now);
            }
        }
    }
    fn breaks(self: &Rc<Self>, now: Time) {
        let noticed = now + BREAK_IS_NOTICED_AFTER;
        if noticed < self.attempt.deadline {
            self.ends(noticed, Ending::Unanswered(Lapse::Broken));
        } else {
            self.ends_at_deadline();
        }
    }
    fn comes_back(self: &Rc<Self>, now: Time, response: Arc<Response>) {
        let (call, attempt, status) = (self.attempt.call, self.attempt.attempt, response.status);
        match self.place.reply(now, response.bytes_down(), self.key) {
            Back::Arrives { at } if at < self.attempt.deadline => self.ends(at, Ending::Answered(response)),
            Back::Arrives { .. } => {
                self.truth(Truth::Late { call, attempt, status });
                self.ends_at_deadline();
            }
            Back::Lost => {
                self.truth(Truth::LostOnTheWayBack { call, attempt, status });
                self.ends_at_deadline();
            }
        }
    }
}

impl Due for Flight {
    fn due(self: Rc<Self>) {
        let now = self.place.shared.clock.now();
        match self.stage.replace(Stage::Over) {
            Stage::Arriving => {
                let seen = self.place.shared.backend.borrow_mut().look(now, &self.request());
                *self.seen.borrow_mut() = seen;
                *self.stage.borrow_mut() = Stage::Working;
                self.place.shared.clock.schedule(self.takes_effect, self.clone());
            }
            Stage::Working => self.takes_effect(now),
            Stage::Ending(ending) => {
                *self.ended.borrow_mut() = Some(ending);
                if let Some(waker) = self.waker.take() {
                    waker.wake();
                }
            }
            Stage::Over => {}
        }
    }
}
