//! Where events go: the fingerprint, the judges, the measures, and the history if one is kept. Recording changes nothing
//! that is recorded.

use fieldday_history::file::Writer;
use fieldday_history::{Event, What};
use fieldday_kernel::fingerprint::Fingerprinter;
use fieldday_kernel::time::Time;
use fieldday_rules::{Judges, Measures};

/// Takes a cell's events as they happen.
pub(crate) struct Recorder {
    pub start: Time,
    pub fingerprint: Fingerprinter,
    pub judges: Judges,
    pub measures: Measures,
    /// Finished frames in memory: a cell's history is small, and goes to the file when its turn comes.
    pub history: Option<Writer<Vec<u8>>>,
    /// Every event as it is: for tests and for finding the first difference between two runs.
    pub kept: Option<Vec<Event>>,
}

impl Recorder {
    pub fn record(&mut self, now: Time, client: u32, what: What) {
        let event = Event { at: now.since(self.start), client, what };
        self.fingerprint.add(&event);
        self.judges.on(&event);
        self.measures.on(&event);
        if let Some(history) = &mut self.history {
            // Into memory: it cannot fail.
            let _ = history.event(&event);
        }
        if let Some(kept) = &mut self.kept {
            kept.push(event);
        }
    }
}
