//! What was measured: how long calls took, by endpoint, and what people felt, over all reps.
//!
//! One set a worker or cell: a histogram costs 90 KB once it has an entry, so there is none per rep. Sets add up, in any
//! order. A live run has three more clocks than a simulated one.

mod failures;
mod felt;
mod growth;
mod histogram;
mod live;
mod ops;
mod plateau;
mod series;
mod tracks;

pub use failures::{Failure, FailureKind, Failures};
pub use felt::Felt;
pub use growth::{AnswerBins, GrowthPoint};
pub use histogram::LazyHistogram;
pub use ops::{LiveClocks, OpMeasures};
pub use plateau::Plateau;
pub use series::{Activity, BINS_MAX, BUCKETS, Bin, Latencies, SERIES_CLASSES, Series, bucket_from_us};
pub use tracks::{TRACKS_MAX, Track, Tracks, Waypoint};

use fieldday_api::endpoint::Op;
use fieldday_history::event::{ClientKind, EventKind, NoAnswer};
use fieldday_history::{AttemptEnd, End, Event, OutcomeClass, OutcomeTracker};
use fieldday_kernel::time::{Span, Time};
use hdrhistogram::Histogram;
use live::{Live, LiveClock};
use serde::{Deserialize, Serialize};

/// Everything measured in a cell, or by a worker. What is under way is not written: a part that is kept for later has ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measures {
    /// One entry per endpoint, in the order of [`Op::ALL`].
    pub ops: Vec<OpMeasures>,
    /// Waiting, queues, old data and uploads, as reps met them.
    pub felt: Felt,
    /// Load, outcomes and activities over the day, in bins.
    pub series: Series,
    /// The way through the day of some reps, for a map.
    pub tracks: Tracks,
    /// The failed attempts, counted by endpoint, outcome, status and message.
    pub failures: Failures,
    /// How long answers took over a live run.
    pub answers: AnswerBins,
    /// What the clock shows at the beginning of the cell whose events come.
    #[serde(skip)]
    cell_starts: Time,
    /// The time of the last event, by the cells' clock.
    latest: Time,
    /// Attempts that were not answered as expected, of the whole run, whichever part of it is measured by endpoint.
    pub errors: u64,
    /// What reps wanted done and what the target kept them from when their day ended.
    pub undelivered: Undelivered,
    /// How the last attempt to write ended, by client.
    #[serde(skip)]
    last_write: Vec<Option<OutcomeClass>>,
    /// Classifies attempts as they end.
    #[serde(skip)]
    outcomes: OutcomeTracker,
    /// What is under way on a live run.
    #[serde(skip)]
    live: Live,
}

/// What reps wanted done, and what was not done when their day ended because the target failed their last attempt at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Undelivered {
    /// Actions that were still in offline queues.
    pub actions: u64,
    /// Recordings whose audio was not stored.
    pub uploads: u64,
}

impl Default for Measures {
    fn default() -> Self {
        Measures::new()
    }
}

impl Measures {
    /// Measures without an event.
    pub fn new() -> Measures {
        let ops = Op::ALL.iter().map(|_| OpMeasures::new()).collect();
        Measures {
            ops,
            felt: Felt::new(),
            series: Series::default(),
            tracks: Tracks::default(),
            failures: Failures::default(),
            answers: AnswerBins::default(),
            errors: 0,
            undelivered: Undelivered::default(),
            last_write: Vec::new(),
            outcomes: OutcomeTracker::default(),
            cell_starts: Time::default(),
            latest: Time::default(),
            live: Live::default(),
        }
    }
    /// What was measured of one endpoint.
    pub fn op(&self, op: Op) -> &OpMeasures {
        &self.ops[op.index()]
    }
    /// What follows is told by the clock of a cell that starts then. Days of several dates are laid over the first of them:
    /// see [`Measures::series`].
    pub fn cell(&mut self, starts: Time) {
        self.cell_starts = starts;
    }
    /// Nothing more is told, although days may not have ended: the history was cut.
    pub fn close(&mut self) {
        self.series.close(self.latest);
    }
    /// The next event. The events of a cell come in their order; a cell's clients introduce themselves first.
    pub fn on(&mut self, event: &Event) {
        let client = event.client as usize;
        let at = self.cell_starts + event.at;
        self.latest = self.latest.max(at);
        let kind = self.outcomes.kind(event.client);
        // Auditors and intruders are there to put the day's work to the test; they do none of it.
        let is_at_work = matches!(kind, Some(ClientKind::Phone | ClientKind::Desk));
        let target_failed = self.last_write.get(client).copied().flatten().is_some_and(OutcomeClass::is_error);
        match &event.what {
            EventKind::Client(_) => {
                if let Some(last) = self.last_write.get_mut(client) {
                    *last = None;
                }
            }
            // What the network or the window's end kept back is not the target's to answer for.
            EventKind::DayEnded { queued, uploads, .. } if target_failed => {
                self.undelivered.actions += u64::from(*queued);
                self.undelivered.uploads += u64::from(*uploads);
            }
            EventKind::Sent(sent) => {
                self.ops[sent.request.op().index()].attempts += 1;
                if is_at_work {
                    self.series.sent(at, sent.attempt);
                }
            }
            _ => {}
        }
        let is_killed = matches!(event.what, EventKind::Killed);
        let is_tried = kind.is_some_and(|kind| kind != ClientKind::Intruder);
        let op = self.outcomes.on(event, |ended| {
            let of = &mut self.ops[ended.op.index()];
            of.ended(ended.class);
            if is_killed {
                of.killed();
            }
            if is_tried {
                of.tries.on(ended.class, ended.status);
            }
            self.errors += u64::from(ended.class.is_error());
            if ended.op.writes() {
                if self.last_write.len() <= client {
                    self.last_write.resize(client + 1, None);
                }
                self.last_write[client] = Some(ended.class);
            }
            if is_at_work {
                self.series.ended(at, ended.class);
            }
            self.failures.on(at, &ended);
        });
        if let Some((op, ended)) = op.zip(AttemptEnd::of(&event.what)) {
            self.ended(is_at_work, at, op, ended);
        }
        if let Some((clock, op, took)) = self.live.on(event, target_failed) {
            match clock {
                LiveClock::Wire { late, connect } => {
                    self.record_wire(op, took);
                    self.answers.add(at, op, took);
                    if connect > Span::ZERO {
                        ops::record(&mut self.ops[op.index()].live.connect, connect);
                    }
                    self.record_due(op, took + late);
                }
                LiveClock::Felt => self.record_felt(op, took),
            }
        }
        for op in self.live.given_up() {
            self.ops[op.index()].live.felt_failed += 1;
        }
        self.felt.on(event);
        self.series.on(at, event);
        self.tracks.on(at, event);
    }
    /// The next event of a cell of a fleet, of which attempts alone are measured, by endpoint: how they ended and how long
    /// they took by their clients' clock. `tracker` is the cell's own.
    pub fn attempts_on(&mut self, event: &Event, tracker: &mut OutcomeTracker) {
        if let EventKind::Sent(sent) = &event.what {
            self.ops[sent.request.op().index()].attempts += 1;
        }
        let is_killed = matches!(event.what, EventKind::Killed);
        let op = tracker.on(event, |ended| {
            let of = &mut self.ops[ended.op.index()];
            of.ended(ended.class);
            if is_killed {
                of.killed();
            }
        });
        if let Some((op, AttemptEnd { end, took, .. })) = op.zip(AttemptEnd::of(&event.what)) {
            self.ops[op.index()].attempt_ended(op, end, took);
        }
    }
    /// A live run's call took so long on the wire: its service time.
    pub fn record_wire(&mut self, op: Op, took: Span) {
        ops::record(&mut self.ops[op.index()].live.wire, took);
    }
    /// A live run's call was over so long after it was due by the plan.
    pub fn record_due(&mut self, op: Op, took: Span) {
        ops::record(&mut self.ops[op.index()].live.due, took);
    }
    /// A live run's call was over so long after its person wanted it.
    pub fn record_felt(&mut self, op: Op, took: Span) {
        ops::record(&mut self.ops[op.index()].live.felt, took);
    }
    /// What a simulated deployment served of an endpoint: how long each request was in it, which is its time on the wire of
    /// a target without a way to it.
    pub fn record_served(&mut self, op: Op, took: &Histogram<u64>) {
        let of = &mut self.ops[op.index()];
        took.iter_recorded()
            .for_each(|step| of.live.wire.record_n(step.value_iterated_to().max(1), step.count_at_value()));
        of.outcomes[OutcomeClass::Expected as usize] += took.len();
    }
    /// How other requests of an endpoint ended in a simulated deployment.
    pub fn record_ended(&mut self, op: Op, class: OutcomeClass, times: u64) {
        self.ops[op.index()].outcomes[class as usize] += times;
    }
    /// Adds what another worker measured.
    pub fn merge(&mut self, other: &Measures) {
        for (mine, theirs) in self.ops.iter_mut().zip(&other.ops) {
            mine.merge(theirs);
        }
        self.felt.merge(&other.felt);
        self.series.merge(&other.series);
        self.tracks.merge(&other.tracks);
        self.failures.merge(&other.failures);
        self.answers.merge(&other.answers);
        self.errors += other.errors;
        self.undelivered.actions += other.undelivered.actions;
        self.undelivered.uploads += other.undelivered.uploads;
        self.latest = self.latest.max(other.latest);
    }
    /// Forgets what was measured by endpoint, not what is under way: from here on another part of the run is measured. Gives
    /// what was measured so far.
    pub fn part(&mut self) -> Vec<OpMeasures> {
        std::mem::replace(&mut self.ops, Op::ALL.iter().map(|_| OpMeasures::new()).collect())
    }
    fn ended(&mut self, is_at_work: bool, at: Time, op: Op, AttemptEnd { end, took, .. }: AttemptEnd<'_>) {
        self.ops[op.index()].attempt_ended(op, end, took);
        match end {
            _ if !is_at_work => {}
            End::Answered(response) => {
                let is_final = response.is_success() || live::is_final(response.status);
                self.series.answered(at, op, response, took, is_final);
            }
            End::Unanswered(NoAnswer::Timeout) => self.series.timed_out(at, op, took),
            End::Unanswered(_) => {}
        }
    }
}
