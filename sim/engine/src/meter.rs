//! What a fleet keeps of its cells' events: how long the attempts of all clients took and how they ended, by endpoint. Cells
//! of a thread share one meter, since its histograms take more memory than a cell.

use crate::recorder::SharedRecorder;
use fieldday_history::{Event, EventKind, OutcomeTracker};
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::station::EventSink;
use fieldday_rules::Measures;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// A meter that several cells add to.
#[derive(Clone)]
pub struct SharedMeter(Rc<Meter>);

struct Meter {
    /// The part of the day that is measured: an attempt counts if it ends in it.
    measured: Range<Time>,
    measures: RefCell<Measures>,
}

impl SharedMeter {
    /// A meter of what happens in that part of the day.
    pub fn new(measured: Range<Time>) -> SharedMeter {
        SharedMeter(Rc::new(Meter { measured, measures: RefCell::default() }))
    }
    /// Takes what was measured since the last time: of the measures, those of attempts by endpoint alone.
    pub fn take(&self) -> Measures {
        self.0.measures.take()
    }
    fn on(&self, now: Time, event: &Event, tracker: &mut OutcomeTracker) {
        if self.0.measured.contains(&now) {
            self.0.measures.borrow_mut().attempts_on(event, tracker);
        } else {
            let _ = tracker.on(event, |_| {});
        }
    }
}

/// Where the events of a fleet's cell go: to the meter, and to the recorder if there is one.
pub(crate) struct MeteredEvents {
    recorder: SharedRecorder,
    meter: SharedMeter,
    /// The attempts of this cell's clients that have not ended.
    tracker: RefCell<OutcomeTracker>,
}

impl MeteredEvents {
    pub fn new(recorder: SharedRecorder, meter: SharedMeter) -> MeteredEvents {
        MeteredEvents { recorder, meter, tracker: RefCell::default() }
    }
}

impl EventSink for MeteredEvents {
    fn record(&self, now: Time, client: u32, what: EventKind) {
        // The meter asks for no time but the one beside it.
        let event = Event { at: Span::ZERO, client, what };
        self.meter.on(now, &event, &mut self.tracker.borrow_mut());
        self.recorder.record(now, client, event.what);
    }
}
