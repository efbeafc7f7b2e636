//! How late a person is for what they do next. Where the backend was slow, whoever waited for it begins their next call
//! late: latency from when a call was due counts that, as coordinated omission asks for.

use fieldday_kernel::time::Span;
use std::cell::{Cell, RefCell};

/// Late calls whose attempts may still be on their way.
const RECENT: usize = 32;

/// The lateness of one client and of its recent calls.
#[derive(Default)]
pub(super) struct Lateness {
    person: Cell<Span>,
    calls: RefCell<Vec<(u32, Span)>>,
}

impl Lateness {
    /// The person is late by so much for what they do next.
    pub(super) fn person_is_late(&self, by: Span) {
        self.person.set(by);
    }
    /// The person begins this call now, and it takes over the lateness.
    pub(super) fn begins(&self, call: u32) {
        let late = self.person.take();
        if late > Span::ZERO {
            let mut calls = self.calls.borrow_mut();
            if calls.len() == RECENT {
                calls.remove(0);
            }
            calls.push((call, late));
        }
    }
    /// How late the person began the call. Its further attempts wait for the app, not for the person.
    pub(super) fn of(&self, call: u32, attempt: u8) -> Span {
        let calls = self.calls.borrow();
        let late = calls.iter().find(|(late, _)| attempt == 0 && *late == call);
        late.map_or(Span::ZERO, |(_, span)| *span)
    }
}
