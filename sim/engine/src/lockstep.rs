//! A cell that goes in lockstep with others: it is run for a window of time, hands over what left for the plant meanwhile,
//! and is told the plant's verdicts before the next.

use crate::cell::CellRun;
use crate::transport::plant::{PlantReply, PlantRequest};
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Span, Time};

impl CellRun {
    /// When something next happens in it by itself; none if nothing will.
    pub fn next_due(&self) -> Option<Time> {
        self.executor.next_due()
    }
    /// How many of its people's tasks have not ended.
    pub fn live_tasks(&self) -> usize {
        self.executor.live_tasks()
    }
    /// When its day is over.
    pub fn end(&self) -> Time {
        self.end
    }
    /// Runs all that is due before `until`.
    pub fn run_before(&self, until: Time) {
        self.executor.run_to(until - Span::micros(1));
    }
    /// Hands over what has left for the plant since the last time, in the order in which it left.
    pub fn departed(&self, mut into: impl FnMut(PlantRequest)) {
        if let Some(plant) = &self.plant {
            plant.departed(&mut into);
        }
    }
    /// Tells a verdict of the plant. They must come in the order of their times.
    pub fn deliver(&self, verdict: &PlantReply) {
        if let Some(plant) = &self.plant {
            plant.deliver(verdict);
        }
    }
    /// Ends it: of all its events, if they were fingerprinted.
    pub fn close(mut self) -> Option<Fingerprint> {
        self.release();
        self.recorder.take().map(|recorder| recorder.fingerprint.finish())
    }
}
