//! Where the events of a cell go: the fingerprint, the judges, the measures, whoever watches, and the history if one is kept.
//! Recording changes nothing that is recorded.

use fieldday_api::SmolStr;
use fieldday_history::file::{Lines, Writer};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::fingerprint::Fingerprinter;
use fieldday_kernel::time::{Time, Zone};
use fieldday_rep::station::EventSink;

use fieldday_rules::{Contract, Judges, Measures, Plateau, Traffic};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// In what form a cell's history is kept until it goes to a file.
pub enum History {
    /// Finished frames: in virtual time a cell's history goes to the file when the cell's turn comes.
    Frames(Writer<Vec<u8>>),
    /// Lines that somebody takes every now and then, on the wall clock.
    Lines {
        /// The name of the cell in the plan.
        cell: String,
        /// The zones of its tenants, by tenant id.
        zones: BTreeMap<SmolStr, Zone>,
        /// The lines that were not taken yet.
        lines: Lines,
    },
}

/// Sees each event before anybody else does, with the number of its client.
pub type Watcher = Box<dyn FnMut(u32, &EventKind)>;

/// Takes a cell's events as they happen.
pub struct Recorder {
    start: Time,
    /// The fingerprint of the events so far.
    pub fingerprint: Fingerprinter,
    /// The judges of all rules, which see every event.
    pub judges: Judges,
    /// The measurements, which see every event of the measured part.
    pub measures: Measures,
    /// The part of the run that alone is measured; all of it if none.
    pub plateau: Option<Plateau>,
    /// What the wire carried over all of the run, if that is wanted.
    pub traffic: Option<Traffic>,
    /// How the target's answers differ from the specification in form.
    pub contract: Contract,
    /// Requests that the wire was done with.
    pub requests: u64,
    /// The history, if one is kept.
    pub history: Option<History>,
    /// Every event as it is: for tests, and for finding the first difference between two runs.
    pub kept: Option<Vec<Event>>,
}

impl Recorder {
    /// A recorder for a cell that starts then.
    pub fn new(start: Time, judges: Judges, measures: Measures) -> Recorder {
        Recorder {
            start,
            fingerprint: Fingerprinter::default(),
            judges,
            measures,
            plateau: None,
            traffic: None,
            contract: Contract::default(),
            requests: 0,
            history: None,
            kept: None,
        }
    }
    fn record(&mut self, now: Time, client: u32, what: EventKind) {
        let event = Event { at: now.since(self.start), client, what };
        if let EventKind::Wire(wire) = &event.what {
            self.requests += 1;
            self.contract.add(wire.op, &wire.deviations);
        }
        self.fingerprint.add(&event);
        self.judges.on(&event);
        if let Some(plateau) = &mut self.plateau {
            plateau.on(&event, &mut self.measures);
        }
        if let Some(traffic) = &mut self.traffic {
            traffic.on(&event);
        }
        self.measures.on(&event);
        // Histories are in memory: writing to them cannot fail.
        match &mut self.history {
            Some(History::Frames(writer)) => drop(writer.event(&event)),
            Some(History::Lines { cell, zones, lines }) => {
                if lines.is_empty() {
                    let _ = lines.cell(cell, self.start, zones.clone());
                }
                let _ = lines.event(&event);
            }
            None => {}
        }
        if let Some(kept) = &mut self.kept {
            kept.push(event);
        }
    }
    /// Moves the lines that were recorded since the last time into `into`.
    pub fn take_lines(&mut self, into: &mut Lines) {
        if let Some(History::Lines { lines, .. }) = &mut self.history {
            into.append(lines);
        }
    }
}

/// The recorder of a cell while it runs; none once it is over: a phone that is still held then has nobody to tell.
#[derive(Clone, Default)]
pub struct SharedRecorder(Rc<Shared>);

#[derive(Default)]
struct Shared {
    recorder: RefCell<Option<Recorder>>,
    watcher: RefCell<Option<Watcher>>,
}

impl SharedRecorder {
    /// Shares a recorder; without one, nothing is recorded.
    pub fn new(recorder: Option<Recorder>) -> SharedRecorder {
        SharedRecorder(Rc::new(Shared { recorder: RefCell::new(recorder), watcher: RefCell::default() }))
    }
    /// Has somebody see each event before it is recorded.
    pub fn watched_by(&self, watcher: Watcher) {
        *self.0.watcher.borrow_mut() = Some(watcher);
    }
    /// Ends the recording; none if it has ended.
    pub fn take(&self) -> Option<Recorder> {
        self.0.recorder.borrow_mut().take()
    }
    /// Does something with the recorder, if there still is one.
    pub fn with<T>(&self, act: impl FnOnce(&mut Recorder) -> T) -> Option<T> {
        self.0.recorder.borrow_mut().as_mut().map(act)
    }
}

impl EventSink for SharedRecorder {
    fn record(&self, now: Time, client: u32, what: EventKind) {
        if let Some(watcher) = &mut *self.0.watcher.borrow_mut() {
            watcher(client, &what);
        }
        if let Some(recorder) = &mut *self.0.recorder.borrow_mut() {
            recorder.record(now, client, what);
        }
    }
}
