//! A request under way: to the backend, through it, and back. It flies on whether or not anybody still waits for it.
//!
//! The link's fate of the way out is known at once, so an attempt has two entries on the timeline and wakes its app
//! once: when it takes effect, and when the answer (or the end of patience) comes.

use crate::executor::Due;
use crate::station::Place;
use fieldday_api::call::Response;
use fieldday_api::time::{Span, Time};
use fieldday_backend::{Request, Served, Snapshot};
use fieldday_history::What;
use fieldday_history::event::{Lapse, Truth};
use fieldday_rep::surroundings::{Attempt, Ending};
use fieldday_world::link::Back;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

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
        let flight = Rc::new(Flight {
            place,
            attempt,
            key,
            arrives,
            takes_effect,
            stage: RefCell::new(stage),
            seen: RefCell::default(),
            ended: RefCell::default(),
            waker: Cell::default(),
        });
        shared.clock.schedule(first, flight.clone());
        if takes_effect >= deadline {
            shared.clock.sleep_until(deadline).await;
            return Ending::Unanswered(at_deadline);
        }
        poll_fn(|context| match flight.ended.borrow_mut().take() {
            Some(ending) => Poll::Ready(ending),
            None => {
                flight.waker.set(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
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
                let noticed = now + BREAK_IS_NOTICED_AFTER;
                if noticed < self.attempt.deadline {
                    self.ends(noticed, Ending::Unanswered(Lapse::Broken));
                } else {
                    self.ends_at_deadline();
                }
            }
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
