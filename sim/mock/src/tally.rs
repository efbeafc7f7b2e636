//! What a mock counts of what it served.

use fieldday_api::defaults::LONGEST_US;
use fieldday_api::endpoint::Op;
use fieldday_kernel::time::Span;
use hdrhistogram::Histogram;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The counters of a mock, which every request adds to.
pub(crate) struct Tally {
    ops: [AtomicU64; Op::ALL.len()],
    undocumented: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    cut: AtomicU64,
    audio_bytes: AtomicU64,
    delays: Mutex<Histogram<u64>>,
}

/// The counts of a mock at one moment.
#[derive(Clone, Debug)]
pub struct Served {
    ops: [u64; Op::ALL.len()],
    /// Requests for a path or method that the API does not document.
    pub undocumented: u64,
    /// Answers with a status from 400 to 499.
    pub refused: u64,
    /// Answers with a status of 500 or more.
    pub failed: u64,
    /// Connections that were broken off in place of an answer.
    pub cut: u64,
    /// Bytes of audio that were uploaded, all of them thrown away.
    pub audio_bytes: u64,
    /// How long it took from a request's last byte to its answer, in microseconds, waiting for a worker included.
    pub delays: Histogram<u64>,
}

impl Served {
    /// How many requests of an endpoint ended, in whatever way.
    pub fn of(&self, op: Op) -> u64 {
        self.ops[op.index()]
    }
    /// How many requests ended, the undocumented ones included.
    pub fn requests(&self) -> u64 {
        self.ops.iter().sum::<u64>() + self.undocumented
    }
}

fn no_delays() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, 3).expect("bounds that a histogram takes")
}

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally {
            ops: std::array::from_fn(|_| AtomicU64::new(0)),
            undocumented: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            audio_bytes: AtomicU64::new(0),
            delays: Mutex::new(no_delays()),
        }
    }
    /// A request was answered with `status`; 0 where it was broken off.
    pub(crate) fn add(&self, op: Option<Op>, status: u16, audio_bytes: u64, took: Span) {
        let one_more = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        one_more(op.map_or(&self.undocumented, |op| &self.ops[op.index()]));
        match status {
            0 => one_more(&self.cut),
            400..=499 => one_more(&self.refused),
            500.. => one_more(&self.failed),
            _ => 0,
        };
        self.audio_bytes.fetch_add(audio_bytes, Ordering::Relaxed);
        let took = u64::try_from(took.as_micros()).unwrap_or(0);
        self.delays.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(took);
    }
    pub(crate) fn served(&self) -> Served {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Served {
            ops: std::array::from_fn(|index| read(&self.ops[index])),
            undocumented: read(&self.undocumented),
            refused: read(&self.refused),
            failed: read(&self.failed),
            cut: read(&self.cut),
            audio_bytes: read(&self.audio_bytes),
            delays: self.delays.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
