//! Where the events of a cell go on a live run: judges, measures, and the history.

use crate::plateau::Plateau;
use fieldday_api::SmolStr;
use fieldday_history::file::Lines;
use fieldday_history::{Event, What};
use fieldday_kernel::fingerprint::Fingerprinter;
use fieldday_kernel::time::{Time, Zone};
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
    /// What was not handed on yet.
    history: Option<Lines>,
    /// Every event, for tests and replays.
    pub kept: Option<Vec<Event>>,
    /// Attempts that the wire was done with.
    pub requests: u64,
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
            history: history.then(Lines::default),
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
            if history.is_empty() {
                // Into memory: it cannot fail.
                let _ = history.cell(&self.name, self.start, self.zones.clone());
            }
            let _ = history.event(&event);
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
    /// Adds what was recorded since this was last asked.
    pub fn hand_on(&mut self, lines: &mut Lines) {
        if let Some(history) = &mut self.history {
            lines.append(history);
        }
    }
}
