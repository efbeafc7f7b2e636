//! What the wire brought and the executor has not taken yet: the one door by which the outside gets in.

use crate::transport::Arrival;
use std::cell::RefCell;
use std::collections::VecDeque;
use tokio::sync::Notify;

/// Arrivals in their order, each with the number of its cell.
#[derive(Default)]
pub struct Inbox {
    waiting: RefCell<VecDeque<(u32, Arrival)>>,
    came: Notify,
}

impl Inbox {
    /// Puts an arrival behind those that wait, and wakes the worker.
    pub fn put(&self, cell: u32, arrival: Arrival) {
        self.waiting.borrow_mut().push_back((cell, arrival));
        self.came.notify_one();
    }
    /// Takes the arrival that has waited longest, with its cell's number.
    pub fn take(&self) -> Option<(u32, Arrival)> {
        self.waiting.borrow_mut().pop_front()
    }
    /// Waits until something is there; and, if it is, until the wire had a turn: whatever has come meanwhile is to be timed
    /// when it came, not when there was time for it.
    pub async fn wait(&self) {
        if self.waiting.borrow().is_empty() {
            self.came.notified().await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}
