//! A run over its day: what was asked and answered, how long it took, what went wrong, and what reps were doing, bin by
//! bin. Of reps and the office: auditors and intruders work when nobody else does, and would be all that is seen.
//!
//! There are never more than [`BINS_MAX`] bins, however long a run is: where one more would be needed, neighbours are put
//! together, into bins of the next width. Bins begin at whole multiples of their width since 1970, and each width is a
//! multiple of the one before, so which bins there are follows from the first and the last moment alone. So series add up
//! in any order, and come out the same.

mod bin;
mod latency;
mod reps;

pub use bin::{Activity, Bin};
pub use latency::{BUCKETS, Latencies, SERIES_CLASSES, bucket_from_us};

use fieldday_api::call::{Answer, Response};
use fieldday_api::endpoint::Op;
use fieldday_history::event::EventKind;
use fieldday_history::{Event, OutcomeClass};
use fieldday_kernel::time::{Span, Time};
use reps::Reps;
use serde::{Deserialize, Serialize};

/// The most bins that a series has.
pub const BINS_MAX: usize = 400;
/// The widths that bins can have, in seconds: from what a trial of a minute needs to what a year does.
const WIDTHS_S: [i64; 13] = [1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];

/// Counts over the day, in bins of equal width that grow as the day needs more of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Series {
    /// The index of the bins' width among the possible widths.
    width: usize,
    /// How many widths after 1970 the first bin begins.
    first: i64,
    bins: Vec<Bin>,
    /// The bin of the moment that was told last: events come in order, so most are of the same. None while bins move.
    #[serde(skip)]
    current: Option<Current>,
    reps: Reps,
}

/// A bin's place, and from when until when it lasts.
#[derive(Clone, Copy, Debug)]
struct Current {
    place: usize,
    from: Time,
    until: Time,
}

impl Series {
    /// The bins, the first one first. There are none if nothing happened.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }
    /// The length of each bin.
    pub fn width(&self) -> Span {
        Span::seconds(WIDTHS_S[self.width])
    }
    /// The beginning of the first bin, on the first date.
    pub fn begins(&self) -> Time {
        Time::from_micros(self.first * self.width().as_micros())
    }
    /// The number of reps that have introduced themselves.
    pub fn reps(&self) -> u64 {
        self.reps.count
    }

    /// What is told of a rep; calls are told to the functions below, by whoever knows their endpoints.
    pub(super) fn on(&mut self, at: Time, event: &Event) {
        if let EventKind::Client(client) = &event.what {
            self.reps.introduce(event.client, client.kind);
            return;
        }
        let mut changes = Vec::new();
        self.reps.on(at, event, &mut changes);
        for change in changes {
            self.spread(change.from, at, |bin, us| bin.add(change.what, us, change.times));
        }
        match &event.what {
            EventKind::Queued { .. } => {
                if let Some(waiting) = self.reps.waiting(event.client) {
                    self.with(at, |bin| bin.waiting_max = bin.waiting_max.max(waiting));
                }
            }
            EventKind::Settled { .. } => {
                if let Some(took) = self.reps.drained(at, event.client) {
                    self.with(at, |bin| bin.drained(took));
                }
            }
            _ => {}
        }
    }
    pub(super) fn sent(&mut self, at: Time, attempt: u8) {
        self.with(at, |bin| {
            bin.attempts += 1;
            bin.offered += u64::from(attempt == 0);
        });
    }
    pub(super) fn answered(&mut self, at: Time, op: Op, response: &Response, took: Span, is_final: bool) {
        let is_foreign = matches!(response.answer, Answer::Foreign(_));
        self.with(at, |bin| {
            bin.achieved += u64::from(is_final && !is_foreign);
            bin.latencies.add(op, took);
        });
    }
    pub(super) fn timed_out(&mut self, at: Time, op: Op, took: Span) {
        self.with(at, |bin| bin.latencies.add(op, took));
    }
    pub(super) fn ended(&mut self, at: Time, class: OutcomeClass) {
        self.with(at, |bin| bin.outcomes[class as usize] += 1);
    }
    /// Nothing follows of reps whose day has not ended: what they were doing, they did until the last moment that was told.
    pub(super) fn close(&mut self, at: Time) {
        for change in self.reps.close() {
            self.spread(change.from, at, |bin, us| bin.add(change.what, us, change.times));
        }
    }
    /// Adds the series of another worker, of whatever width.
    pub(super) fn merge(&mut self, other: &Series) {
        self.reps.count += other.reps.count;
        if other.bins.is_empty() {
            return;
        }
        let mut other = Series { reps: Reps::default(), ..other.clone() };
        while self.width != other.width && !self.bins.is_empty() {
            let finer = if self.width < other.width { &mut *self } else { &mut other };
            finer.coarsen();
        }
        if self.bins.is_empty() {
            (self.width, self.first, self.bins) = (other.width, other.first, other.bins);
            self.current = None;
            return;
        }
        self.reach(other.begins());
        self.reach(other.begins() + other.width().times(other.bins.len() as i64 - 1));
        while other.width < self.width {
            other.coarsen();
        }
        let shift = (other.first - self.first) as usize;
        self.bins[shift..].iter_mut().zip(&other.bins).for_each(|(mine, theirs)| mine.merge(theirs));
    }

    /// The number of the bin of a moment, counted from 1970.
    fn number(&self, at: Time) -> i64 {
        at.micros().div_euclid(self.width().as_micros())
    }
    /// Does something to the bin of a moment.
    fn with(&mut self, at: Time, what: impl FnOnce(&mut Bin)) {
        let place = match self.current {
            Some(current) if current.from <= at && at < current.until => current.place,
            _ => {
                let place = self.reach(at);
                let from = self.begins() + self.width().times(place as i64);
                self.current = Some(Current { place, from, until: from + self.width() });
                place
            }
        };
        what(&mut self.bins[place]);
    }
    /// Makes room for a moment; gives the place of its bin.
    fn reach(&mut self, at: Time) -> usize {
        let mut number = self.number(at);
        if self.bins.is_empty() {
            self.first = number;
        }
        loop {
            let last = self.first + self.bins.len() as i64 - 1;
            let needed = number.max(last) - number.min(self.first) + 1;
            if needed <= BINS_MAX as i64 || self.width + 1 == WIDTHS_S.len() {
                break;
            }
            self.coarsen();
            number = self.number(at);
        }
        // Beyond the widest bins, which hold a year, the edges take what there is.
        let farthest = BINS_MAX as i64 - self.bins.len() as i64;
        let before = (self.first - number).clamp(0, farthest.max(0));
        if before > 0 {
            self.current = None;
            self.first -= before;
            self.bins.splice(0..0, (0..before).map(|_| Bin::default()));
        }
        let place = (number - self.first).clamp(0, BINS_MAX as i64 - 1) as usize;
        if place >= self.bins.len() {
            self.bins.resize_with(place + 1, Bin::default);
        }
        place
    }
    /// Puts neighbours together, into bins of the next width.
    fn coarsen(&mut self) {
        let times = WIDTHS_S[self.width + 1] / WIDTHS_S[self.width];
        self.width += 1;
        self.current = None;
        let first = self.first.div_euclid(times);
        let mut bins: Vec<Bin> = Vec::with_capacity(self.bins.len() / times as usize + 2);
        for (place, bin) in self.bins.iter().enumerate() {
            let number = ((self.first + place as i64).div_euclid(times) - first) as usize;
            if number >= bins.len() {
                bins.push(Bin::default());
            }
            bins[number].merge(bin);
        }
        (self.first, self.bins) = (first, bins);
    }
    /// Tells each bin how much of a stretch of time lies in it, in microseconds.
    fn spread(&mut self, from: Time, until: Time, mut what: impl FnMut(&mut Bin, u64)) {
        if until <= from {
            return;
        }
        self.reach(from);
        self.reach(until);
        let width = self.width().as_micros();
        let (mut at, mut place) = (from, self.reach(from));
        while at < until && place < self.bins.len() {
            let bin_ends = Time::from_micros((self.first + place as i64 + 1) * width);
            let next = bin_ends.min(until);
            what(&mut self.bins[place], next.since(at).as_micros().max(0).unsigned_abs());
            (at, place) = (next, place + 1);
        }
    }
}
