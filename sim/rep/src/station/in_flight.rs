//! An attempt in flight: the link let it through, and a transport has it. It goes on whether or not anybody waits for it.

use super::Station;
use crate::transport::{Attempt, AttemptOutcome, Completion, DeadlineTimer};
use fieldday_api::call::Response;
use fieldday_api::endpoint::Op;
use fieldday_history::EventKind;
use fieldday_history::event::{GroundTruth, NoAnswer};
use fieldday_kernel::executor::{Due, Handle};
use fieldday_kernel::time::Time;
use fieldday_radio::link::DownlinkOutcome;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

enum Stage {
    /// The transport has not completed it yet.
    Open,
    /// The client learns of its end when this is due.
    Ending(AttemptOutcome),
    /// The client's future is woken and has not taken the outcome yet.
    Ended(AttemptOutcome),
    /// The outcome was taken, or the attempt was cancelled.
    Over,
}

/// An attempt that a transport carries.
pub struct InFlight {
    station: Station,
    /// The attempt as the client made it.
    pub attempt: Attempt,
    /// Its own key: whatever is drawn for it is keyed by this, and traces are named by it.
    pub key: u64,
    /// The moment up to which the client waits, by the phone's clock.
    pub deadline: Time,
    /// Whether the phone had lost its connection since its last attempt.
    pub reconnects: bool,
    at_deadline: NoAnswer,
    timer: Cell<DeadlineTimer>,
    stage: RefCell<Stage>,
    waker: Cell<Option<Waker>>,
}

impl InFlight {
    pub(super) fn new(
        station: Station,
        attempt: Attempt,
        key: u64,
        (deadline, at_deadline): (Time, NoAnswer),
        reconnects: bool,
    ) -> Rc<InFlight> {
        Rc::new(InFlight {
            station,
            attempt,
            key,
            deadline,
            reconnects,
            at_deadline,
            timer: Cell::new(DeadlineTimer::Spared),
            stage: RefCell::new(Stage::Open),
            waker: Cell::default(),
        })
    }
    /// The station of the client who made the attempt.
    pub fn station(&self) -> &Station {
        &self.station
    }
    /// The executor's clock, on which its events are scheduled.
    pub fn clock(&self) -> &Handle {
        self.station.clock()
    }
    /// The endpoint of the request.
    pub fn op(&self) -> Op {
        self.attempt.request.op()
    }
    /// Records what the client cannot know of it.
    pub fn record_truth(&self, truth: impl FnOnce(u32, u8) -> GroundTruth) {
        self.station.record(EventKind::GroundTruth(truth(self.attempt.call, self.attempt.attempt)));
    }

    /// The transport is done with it since `at`. What was answered takes the link's way back; the client is told when that is
    /// over, or at its deadline, whichever comes first.
    pub fn complete(self: &Rc<Self>, at: Time, completion: Completion) {
        assert!(matches!(*self.stage.borrow(), Stage::Open), "a transport completes an attempt once");
        self.station.landed();
        match completion {
            Completion::Answered { response, bytes } => self.comes_back(at, response, bytes),
            Completion::NoConnection => self.ends(at, AttemptOutcome::Unanswered(NoAnswer::Unreachable)),
            Completion::Broken { noticed } if noticed < self.deadline => {
                self.ends(noticed, AttemptOutcome::Unanswered(NoAnswer::Broken));
            }
            Completion::Broken { .. } | Completion::TooLate => self.ends_at_deadline(),
            Completion::Cancelled => *self.stage.borrow_mut() = Stage::Over,
        }
    }
    fn comes_back(self: &Rc<Self>, from: Time, response: Arc<Response>, bytes: u64) {
        let status = response.status;
        match self.station.reply(from, bytes, self.key) {
            DownlinkOutcome::Arrives { at } if at < self.deadline => self.ends(at, AttemptOutcome::Answered(response)),
            DownlinkOutcome::Arrives { .. } => {
                self.record_truth(|call, attempt| GroundTruth::Late { call, attempt, status });
                self.ends_at_deadline();
            }
            DownlinkOutcome::Lost => {
                self.record_truth(|call, attempt| GroundTruth::LostOnTheWayBack { call, attempt, status });
                self.ends_at_deadline();
            }
        }
    }
    fn ends_at_deadline(self: &Rc<Self>) {
        match self.timer.get() {
            DeadlineTimer::Needed => {}
            DeadlineTimer::Spared => self.ends(self.deadline, AttemptOutcome::Unanswered(self.at_deadline)),
        }
    }
    fn ends(self: &Rc<Self>, at: Time, outcome: AttemptOutcome) {
        *self.stage.borrow_mut() = Stage::Ending(outcome);
        self.clock().schedule(at, self.clone());
    }

    pub(super) fn set_timer(&self, timer: DeadlineTimer) {
        self.timer.set(timer);
    }
    /// The outcome when the deadline passes without an answer.
    pub(super) fn expired(&self) -> AttemptOutcome {
        AttemptOutcome::Unanswered(self.at_deadline)
    }
    pub(super) async fn ended(&self) -> AttemptOutcome {
        poll_fn(|context| {
            let mut stage = self.stage.borrow_mut();
            match std::mem::replace(&mut *stage, Stage::Over) {
                Stage::Ended(outcome) => Poll::Ready(outcome),
                other => {
                    *stage = other;
                    self.waker.set(Some(context.waker().clone()));
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Due for InFlight {
    fn due(self: Rc<Self>) {
        let mut stage = self.stage.borrow_mut();
        if let Stage::Ending(outcome) = std::mem::replace(&mut *stage, Stage::Over) {
            *stage = Stage::Ended(outcome);
            drop(stage);
            if let Some(waker) = self.waker.take() {
                waker.wake();
            }
        }
    }
}
