//! What the plant's instruments show: counts over time, how long what was full, and a piece of the day after the other.

use crate::simulate::{Bin, EndpointTally, Latency, Resource, Saturation, Tally, Times};
use fieldday_api::endpoint::Op;
use fieldday_history::OutcomeClass;
use fieldday_kernel::time::{Span, Time};
use fieldday_paint::units::enough;
use fieldday_rules::Measures;
use hdrhistogram::Histogram;

/// How many of what there are, at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Levels {
    pub busy: u64,
    pub workers: u64,
    pub waiting: u64,
    pub in_plant: u64,
    pub connections_used: u64,
    pub instances: u32,
}

/// Counts times microseconds, since a piece of the day began.
#[derive(Clone, Copy, Default)]
struct Areas {
    busy: u128,
    workers: u128,
    waiting: u128,
    in_plant: u128,
    connections_used: u128,
}

#[derive(Clone, Copy, Default)]
struct Peaks {
    waiting: u64,
    in_plant: u64,
    instances: u32,
}

/// The order in which resources are counted and listed: that of the enum.
const RESOURCES: [Resource; 6] = [
    Resource::Workers,
    Resource::Queue,
    Resource::Database,
    Resource::RateLimit,
    Resource::Scaling,
    Resource::Instances,
];

#[derive(Clone, Copy, Default)]
struct Fullness {
    since: Option<Time>,
    first: Option<Time>,
    during: i64,
    bins: u32,
    in_bin: bool,
}

/// The instruments. Nothing counts before `from`, and nothing from `until` on.
pub(super) struct Gauges {
    pub levels: Levels,
    pub full_bins: Vec<Vec<Resource>>,
    pub bins: Vec<Bin>,
    pub totals: Tally,
    pub ops: Vec<Tally>,
    pub work: Vec<Span>,
    from: Time,
    until: Time,
    every: Span,
    connections: u64,
    changed: Time,
    bin_at: Time,
    areas: Areas,
    peaks: Peaks,
    tally: Tally,
    full: [Fullness; 6],
    of_bin: Vec<Histogram<u64>>,
    /// The times in the plant of all endpoints together, in the bin that is closed.
    of_any: Histogram<u64>,
    of_all: Vec<Histogram<u64>>,
    worst: Vec<Option<(Time, Span)>>,
    /// All time in the plant of all that was served or refused since the beginning, and the same by the count of those in
    /// it: Little's law, to be compared.
    pub sojourn: i128,
    pub area: i128,
}

fn histogram(digits: u8) -> Histogram<u64> {
    // Microseconds up to an hour: bounds that hdrhistogram takes.
    Histogram::new_with_bounds(1, fieldday_api::defaults::LONGEST_US, digits).expect("bounds of a histogram")
}

impl Gauges {
    pub(super) fn new(from: Time, until: Time, every: Span, connections: u64, now: Time) -> Gauges {
        let histograms = |digits| Op::ALL.iter().map(|_| histogram(digits)).collect();
        Gauges {
            levels: Levels::default(),
            full_bins: Vec::new(),
            bins: Vec::new(),
            totals: Tally::default(),
            ops: vec![Tally::default(); Op::ALL.len()],
            work: vec![Span::ZERO; Op::ALL.len()],
            from,
            until,
            every,
            connections,
            changed: now,
            bin_at: from,
            areas: Areas::default(),
            peaks: Peaks::default(),
            tally: Tally::default(),
            full: Default::default(),
            of_bin: histograms(2),
            of_any: histogram(2),
            of_all: histograms(3),
            worst: vec![None; Op::ALL.len()],
            sojourn: 0,
            area: 0,
        }
    }

    /// Whether what happens at `now` is measured.
    pub(super) fn counts(&self, now: Time) -> bool {
        (self.from..self.until).contains(&now)
    }

    /// Time passes; the levels are as they were until `now`.
    pub(super) fn pass(&mut self, now: Time) {
        while self.changed < now {
            let end = if self.changed < self.from { self.from } else { self.bin_at + self.every };
            let to = end.min(now);
            self.area_until(to);
            if to == end && to > self.from {
                self.close_bin(to);
            }
        }
    }
    fn area_until(&mut self, to: Time) {
        let span = to.since(self.changed).as_micros();
        self.area += i128::from(self.levels.in_plant) * i128::from(span);
        let is_measured = self.changed >= self.from && self.changed < self.until;
        self.changed = to;
        if !is_measured {
            return;
        }
        let (levels, span) = (self.levels, span.unsigned_abs());
        let area = |count: u64| u128::from(count) * u128::from(span);
        self.areas.busy += area(levels.busy);
        self.areas.workers += area(levels.workers);
        self.areas.waiting += area(levels.waiting);
        self.areas.in_plant += area(levels.in_plant);
        self.areas.connections_used += area(levels.connections_used);
        self.peaks.waiting = self.peaks.waiting.max(levels.waiting);
        self.peaks.in_plant = self.peaks.in_plant.max(levels.in_plant);
        self.peaks.instances = self.peaks.instances.max(levels.instances);
    }

    /// Whether a resource is full from now on.
    pub(super) fn full(&mut self, what: Resource, is_full: bool, now: Time) {
        let counts = self.counts(now);
        let fullness = &mut self.full[what as usize];
        match (fullness.since, is_full) {
            (None, true) => {
                fullness.since = Some(now);
                if counts {
                    fullness.first.get_or_insert(now);
                    fullness.in_bin = true;
                }
            }
            (Some(since), false) => {
                fullness.since = None;
                fullness.during += now.min(self.until).since(since.max(self.from)).as_micros().max(0);
            }
            _ => {}
        }
    }
    /// A resource was full at `now`, and not for any length of time: a request was refused because of it.
    pub(super) fn struck(&mut self, what: Resource, now: Time) {
        if self.counts(now) {
            let fullness = &mut self.full[what as usize];
            fullness.first.get_or_insert(now);
            fullness.in_bin = true;
        }
    }

    /// Adds to the tallies of the bin, of the day and of the endpoint, if `now` is measured.
    pub(super) fn count(&mut self, op: Op, now: Time, add: impl Fn(&mut Tally)) {
        if self.counts(now) {
            add(&mut self.tally);
            add(&mut self.totals);
            add(&mut self.ops[op.index()]);
        }
    }
    /// A request was served that had been in the plant so long.
    pub(super) fn served(&mut self, op: Op, now: Time, took: Span) {
        let over = u64::from(took > op.endpoint().class.limit());
        self.count(op, now, |tally| {
            tally.served += 1;
            tally.over_limit += over;
        });
        if self.counts(now) {
            let us = took.as_micros().max(0).unsigned_abs();
            self.of_bin[op.index()].saturating_record(us);
            self.of_all[op.index()].saturating_record(us);
        }
    }

    fn close_bin(&mut self, end: Time) {
        let (at, span) = (self.bin_at, end.since(self.bin_at));
        self.bin_at = end;
        if at >= self.until {
            return;
        }
        let micros = u128::from(span.as_micros().unsigned_abs()).max(1);
        let share = |used: u128, of: u128| (used * 1_000_000).checked_div(of).unwrap_or(0) as u32;
        let milli = |area: u128| (area * 1_000 / micros) as u64;
        let mut latencies = Vec::new();
        self.of_any.reset();
        for (op, histogram) in Op::ALL.iter().zip(&mut self.of_bin) {
            if let Some(latency) = latency(*op, histogram) {
                let worst = &mut self.worst[op.index()];
                if enough(latency.times.count, 950) && worst.is_none_or(|(_, p95)| latency.times.p95 > p95) {
                    *worst = Some((at, latency.times.p95));
                }
                latencies.push(latency);
                // The bounds are the same.
                self.of_any += &*histogram;
                histogram.reset();
            }
        }
        self.bins.push(Bin {
            at,
            span,
            tally: std::mem::take(&mut self.tally),
            instances: self.peaks.instances,
            utilisation_ppm: share(self.areas.busy, self.areas.workers),
            database_ppm: (self.connections > 0)
                .then(|| share(self.areas.connections_used, u128::from(self.connections) * micros)),
            queue_mean_milli: milli(self.areas.waiting),
            queue_max: self.peaks.waiting,
            in_plant_mean_milli: milli(self.areas.in_plant),
            in_plant_max: self.peaks.in_plant,
            latencies,
            of_all: times(&self.of_any),
        });
        let mut full = Vec::new();
        for (what, fullness) in RESOURCES.iter().zip(&mut self.full) {
            if fullness.in_bin {
                full.push(*what);
                fullness.bins += 1;
            }
            fullness.in_bin = fullness.since.is_some();
        }
        self.full_bins.push(full);
        self.areas = Areas::default();
        self.peaks = Peaks::default();
    }

    /// Closes the last bin at `now`, or at the end of the measured part if that is earlier.
    pub(super) fn close(&mut self, now: Time) {
        self.pass(now);
        if self.bin_at < now.min(self.until) {
            self.close_bin(now.min(self.until));
        }
        for what in RESOURCES {
            self.full(what, false, now);
        }
    }
    /// The resources that were full at some time, in the order in which they first were.
    pub(super) fn saturations(&self) -> Vec<Saturation> {
        let mut found: Vec<Saturation> = RESOURCES
            .iter()
            .zip(&self.full)
            .filter_map(|(what, full)| {
                Some(Saturation { what: *what, first: full.first?, bins: full.bins, during: Span::micros(full.during) })
            })
            .collect();
        found.sort_by_key(|saturation| (saturation.first, saturation.what));
        found
    }
    /// Latencies and endings by endpoint, over which limits are judged.
    pub(super) fn measures(&self) -> Measures {
        let mut measures = Measures::new();
        for (op, tally) in Op::ALL.iter().copied().zip(&self.ops) {
            measures.record_served(op, &self.of_all[op.index()]);
            measures.record_ended(op, OutcomeClass::RateLimited, tally.rate_limited);
            measures.record_ended(op, OutcomeClass::ServerError, tally.turned_away + tally.timed_out);
            measures.record_ended(op, OutcomeClass::ConnectionFailed, tally.broken);
        }
        measures
    }
    /// The tallies of the endpoints that were called at least once in the measured part.
    pub(super) fn endpoints(&self) -> Vec<EndpointTally> {
        let asked = Op::ALL.iter().filter(|op| self.ops[op.index()].offered > 0);
        asked
            .map(|op| {
                let worst = self.worst[op.index()];
                EndpointTally {
                    op: *op,
                    tally: self.ops[op.index()],
                    work: self.work[op.index()],
                    latency: latency(*op, &self.of_all[op.index()]),
                    attempts: None,
                    worst_at: worst.map(|(at, _)| at),
                    worst_p95: worst.map(|(_, p95)| p95),
                }
            })
            .collect()
    }
}

fn latency(op: Op, histogram: &Histogram<u64>) -> Option<Latency> {
    times(histogram).map(|times| Latency { op, times })
}

fn times(histogram: &Histogram<u64>) -> Option<Times> {
    let at = |quantile| Span::micros(histogram.value_at_quantile(quantile) as i64);
    (!histogram.is_empty()).then(|| Times {
        count: histogram.len(),
        mean: Span::micros(histogram.mean() as i64),
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        max: Span::micros(histogram.max() as i64),
    })
}
