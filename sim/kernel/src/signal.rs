//! A signal that tasks of one thread wait for.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::task::{Poll, Waker};

/// Wakes all who wait for it.
#[derive(Default)]
pub struct Signal {
    notified: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
}

impl Signal {
    /// Wakes all who wait now.
    pub fn notify(&self) {
        self.notified.set(self.notified.get() + 1);
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
    /// Waits for the next [`notify`](Signal::notify).
    pub fn wait(&self) -> impl Future<Output = ()> {
        let before = self.notified.get();
        poll_fn(move |context| {
            if self.notified.get() != before {
                return Poll::Ready(());
            }
            let mut waiting = self.waiting.borrow_mut();
            if !waiting.iter().any(|w| w.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
    }
}
