//! Where the events of a cell go on a live run: judges, measures, and the history, a frame at least every second.

use crate::plateau::Plateau;
use fieldday_api::SmolStr;
use fieldday_api::time::{Time, Zone};
use fieldday_history::file::Writer;
use fieldday_history::{Event, Fingerprinter, What};
use fieldday_rules::{Contract, Judges, Measures};
use std::collections::BTreeMap;

/// Takes a cell's events as they happen.
pub struct Recorder {
    name: String,
    start: Time,
    zones: BTreeMap<SmolStr, Zone>,
    /// Of the events.
    pub fingerprint: Fingerprinter,
    /// The rules.
    pub judges: Judges,
    /// What was measured.
    pub measures: Measures,
    /// The part of the run that alone is measured; all of it if none.
    pub plateau: Option<Plateau>,
    /// How the target's answers differ from the specification in form.
    pub contract: Contract,
    history: Option<Writer<Vec<u8>>>,
    /// Events of the frame that is being filled.
    pending: u64,
    /// Every event, for tests and replays.
    pub kept: Option<Vec<Event>>,
    /// Attempts that the wire was done with.
    pub requests: u64,
}

/// A part of a history: finished frames, and how many events are in them.
pub struct Frames {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How many events.
    pub events: u64,
}

impl Recorder {
    /// A recorder for a cell.
    pub fn new(name: &str, start: Time, zones: BTreeMap<SmolStr, Zone>, judges: Judges, history: bool) -> Recorder {
        Recorder {
            name: name.to_owned(),
            start,
            zones,
            fingerprint: Fingerprinter::default(),
            judges,
            measures: Measures::default(),
            plateau: None,
            contract: Contract::default(),
            history: history.then(|| Writer::part(Vec::new())),
            pending: 0,
            kept: None,
            requests: 0,
        }
    }
    /// An event.
    pub fn record(&mut self, now: Time, client: u32, what: What) {
        let event = Event { at: now.since(self.start), client, what };
        self.count(&event);
        self.fingerprint.add(&event);
        self.judges.on(&event);
        if let Some(plateau) = &mut self.plateau {
            plateau.on(&event, &mut self.measures);
        }
        self.measures.on(&event);
        if let Some(history) = &mut self.history {
            if self.pending == 0 {
                // Into memory: it cannot fail.
                let _ = history.cell_with_zones(&self.name, self.start, self.zones.clone());
            }
            let _ = history.event(&event);
            self.pending += 1;
        }
        if let Some(kept) = &mut self.kept {
            kept.push(event);
        }
    }
    fn count(&mut self, event: &Event) {
        let What::Wire(wire) = &event.what else { return };
        self.requests += 1;
        self.contract.add(wire.op, &wire.deviations);
    }
    /// What was recorded since this was last asked, as finished frames.
    pub fn frames(&mut self) -> Option<Frames> {
        let events = std::mem::take(&mut self.pending);
        let history = self.history.as_mut().filter(|_| events > 0)?;
        let full = std::mem::replace(history, Writer::part(Vec::new()));
        full.finish_part().ok().map(|(bytes, _)| Frames { bytes, events })
    }
}
