//! What is to be expected at another load: the fitted queue, played request by request with the measured work, and how far that
//! may be off because only so many requests were measured.

use super::parts::{mean, scv};
use super::{Demand, worked};
use crate::played;
use crate::queue::Queue;
use fieldday_api::endpoint::Op;
use fieldday_kernel::random::{Purpose, Stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const PLAYED: Purpose = Purpose::new("demand.played");
const RESAMPLED: Purpose = Purpose::new("demand.resampled");
/// So many requests are played to foretell a percentile, to find a greatest rate, and for the table of residuals.
const REQUESTS: usize = 250_000;
const REQUESTS_OF_EDGE: usize = 150_000;
const REQUESTS_ROUGHLY: usize = 20_000;
/// A greatest rate is looked for between these multiples of that in closed form, and beyond if it is not there …
const AROUND: (f64, f64) = (0.85, 1.15);
/// … and so often the gap around it is halved.
const HALVINGS: u32 = 6;
/// The queue is empty at first: one request in so many is played before any is counted.
const EMPTY: usize = 10;
/// So many times the measured work is drawn again to see how far off it may be by chance …
const DRAWS: usize = 120;
/// … which is taken to be no more than in all but this share of the draws on each side.
const OUTSIDE: f64 = 0.025;
/// A run is cut into so many parts to see how much the noise of chance is; their mean lies within so many deviations.
const BATCHES: usize = 20;
const Z: f64 = 1.96;
/// To this share a greatest rate is found by playing.
const EDGE_KNOWN: f64 = 0.02;
/// Above this utilisation there is no steady state for anything that was measured.
const BUSY_MOST: f64 = 0.995;
/// What is foretold is used as a figure if the ends of its interval differ by no more than this factor …
const USED: f64 = 2.5;
/// … and without a warning if none is further off than this.
const SURE: f64 = 0.25;
/// So near longer levels should bring it.
const WANTED: f64 = 0.15;

/// A latency that is foretold for a load, with its interval of 95 %.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Foretold {
    /// Requests a second.
    pub requests_per_s: f64,
    /// The 95th percentile of their latency, in microseconds.
    pub p95_us: f64,
    /// The lower end of the interval, in microseconds.
    pub low_us: f64,
    /// The upper end, in microseconds; absent if the workers may even be full at that load.
    pub high_us: Option<f64>,
}

impl Foretold {
    /// Whether the interval is narrow enough for the figure to be used.
    pub fn is_used(&self) -> bool {
        self.high_us.is_some_and(|high_us| high_us <= USED * self.low_us)
    }
    /// How far it may be off, as a share; none if the workers may even be full.
    fn off(&self) -> Option<f64> {
        let above = self.high_us? / self.p95_us.max(1e-9) - 1.0;
        Some(above.max(1.0 - self.low_us / self.p95_us.max(1e-9)))
    }
    /// What a reader should know of a figure that is not sure; none if it is.
    pub(super) fn warning(&self) -> Option<String> {
        let share = |us: f64| 100.0 * (us / self.p95_us.max(1e-9) - 1.0);
        let Some(off) = self.off() else {
            return Some(
                "whether the workers are full at 80 % of the load that they seem to carry is open; use longer levels (--level)"
                    .to_owned(),
            );
        };
        (off > SURE).then(|| {
            format!(
                "the p95 at 80 % of the load is known to {:.0} % and {:+.0} %; levels {:.0} times as long (--level) would bring it within 15 %",
                share(self.low_us),
                share(self.high_us.unwrap_or(f64::INFINITY)),
                (off / WANTED) * (off / WANTED)
            )
        })
    }
}

impl Demand {
    /// The queue at so many requests a second of the mix that was measured, in closed form.
    pub fn queue(&self, rate: f64) -> Queue {
        let mixed = self.work_of_s(&|_| true);
        let service_s = f64::from(self.workers) / self.saturates_at.max(1e-12);
        Queue { servers: self.workers, rate, service_s, service_scv: scv(&mixed), arrivals_scv: self.arrivals_scv }
    }
    /// So many requests, drawn to be played.
    fn drawn(&self, requests: usize, of: &impl Fn(Op) -> bool) -> Drawn {
        let (mut below, mut upto) = (0.0, Vec::new());
        for endpoint in &self.endpoints {
            let is_asked = of(endpoint.op);
            for (us, weight) in endpoint.work_us() {
                below += weight;
                upto.push((below, us / 1e6, is_asked));
            }
        }
        let mut stream = Stream::new(1, PLAYED, 0, 0, 0);
        let gaps = Gaps::new(self.arrivals_scv);
        let one = |_| {
            let (gap, at) = (gaps.draw(&mut stream), stream.unit() * below);
            let part = upto.partition_point(|(upto, ..)| *upto <= at).min(upto.len().saturating_sub(1));
            let (work_s, is_asked) = upto.get(part).map_or((0.0, false), |(_, work_s, is_asked)| (*work_s, *is_asked));
            (gap, work_s, is_asked)
        };
        Drawn { requests: (0..requests + requests / EMPTY).map(one).collect(), overhead_s: self.overhead.us / 1e6 }
    }
    /// Whether there is a steady state at so many requests a second.
    fn is_steady(&self, rate: f64) -> bool {
        rate > 0.0 && rate < BUSY_MOST * self.saturates_at
    }
    /// The percentile of the mix at so many requests a second, in microseconds; none if there is no steady state.
    pub fn quantile_us(&self, share: f64, rate: f64) -> Option<f64> {
        self.quantile_of(REQUESTS, share, rate)
    }
    /// The same from fewer requests.
    pub(super) fn roughly_us(&self, share: f64, rate: f64) -> Option<f64> {
        self.quantile_of(REQUESTS_ROUGHLY, share, rate)
    }
    fn quantile_of(&self, requests: usize, share: f64, rate: f64) -> Option<f64> {
        quantile(self.latencies_s(requests, rate)?, share).map(|s| s * 1e6)
    }
    /// The latencies of the mix at so many requests a second, in seconds, in their order; none if there is no steady state.
    fn latencies_s(&self, requests: usize, rate: f64) -> Option<Vec<f64>> {
        self.is_steady(rate).then(|| self.drawn(requests, &|_| true).played_s(self.workers, rate).collect())
    }
    /// The percentile at so many requests a second with its interval; none if there is no steady state.
    pub fn foretell(&self, share: f64, rate: f64) -> Option<Foretold> {
        let took_s = self.latencies_s(REQUESTS, rate)?;
        let batches = took_s.chunks_exact(took_s.len().div_ceil(BATCHES).max(1));
        let of_batches: Vec<(f64, f64)> = batches.filter_map(|of| Some((quantile(of.to_vec(), share)?, 1.0))).collect();
        // What is played has the noise of chance, too, if not much of it.
        let noise = Z * f64::sqrt(scv(&of_batches) / of_batches.len().max(1) as f64);
        let p95_us = quantile(took_s, share)? * 1e6;
        let (low, high) = self.may_be(|closed| closed.quantile_s(share, rate));
        let (below, above) = (1.0 - low.unwrap_or(1.0), high.map(|high| high - 1.0));
        Some(Foretold {
            requests_per_s: rate,
            p95_us,
            low_us: p95_us * (1.0 - together(below, noise)).max(0.0),
            high_us: above.map(|above| p95_us * (1.0 + together(above, noise))),
        })
    }
    /// The greatest number of requests a second at which that share of the requests of some endpoints is answered within
    /// the bound; infinite if none of them was measured.
    pub fn greatest_rate(&self, share: f64, bound_us: f64, of: impl Fn(Op) -> bool) -> f64 {
        if !self.endpoints.iter().any(|endpoint| of(endpoint.op)) {
            return f64::INFINITY;
        }
        let drawn = self.drawn(REQUESTS_OF_EDGE, &of);
        let holds = |rate: f64| {
            let (mut beyond, mut all) = (0_u32, 0_u32);
            if self.is_steady(rate) {
                for took_s in drawn.played_s(self.workers, rate) {
                    (beyond, all) = (beyond + u32::from(took_s * 1e6 > bound_us), all + 1);
                }
            }
            all > 0 && f64::from(beyond) <= (1.0 - share) * f64::from(all)
        };
        let points_s = points(&self.work_of_s(&of));
        let closed =
            Closed { queue: self.queue(0.0), overhead_s: self.overhead.us / 1e6, points_s: &points_s, by: 1.0 };
        let about = closed.greatest_rate(share, bound_us / 1e6).min(BUSY_MOST * self.saturates_at);
        let (mut low, mut high) = (about * AROUND.0, (about * AROUND.1).min(self.saturates_at));
        // Where even little load is too much, the closed form said so: nothing waits there.
        while low > 0.01 * self.saturates_at && !holds(low) {
            (low, high) = (low * AROUND.0, low);
        }
        while high < self.saturates_at && holds(high) {
            (low, high) = (high, (high * AROUND.1).min(self.saturates_at));
        }
        if low <= 0.0 {
            return 0.0;
        }
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            if holds(middle) { low = middle } else { high = middle }
        }
        (low + high) / 2.0
    }
    /// The work of some endpoints' requests: parts in seconds with their shares of all requests.
    fn work_of_s(&self, of: &impl Fn(Op) -> bool) -> Vec<(f64, f64)> {
        let asked = self.endpoints.iter().filter(|endpoint| of(endpoint.op));
        asked.flat_map(|endpoint| endpoint.work_us()).map(|(us, weight)| (us / 1e6, weight)).collect()
    }
    /// The interval of 95 % around such a greatest rate.
    pub fn greatest_rate_between(&self, share: f64, bound_us: f64, rate: f64, of: impl Fn(Op) -> bool) -> (f64, f64) {
        let points_s = points(&self.work_of_s(&of));
        let (low, high) =
            self.may_be(|closed| Some(Closed { points_s: &points_s, ..*closed }.greatest_rate(share, bound_us / 1e6)));
        let (below, above) = (1.0 - low.unwrap_or(1.0), high.unwrap_or(1.0) - 1.0);
        (rate * (1.0 - together(below, EDGE_KNOWN)), rate * (1.0 + together(above, EDGE_KNOWN)))
    }
    /// Between which multiples of the fitted value a figure may lie, since chance made the measured requests what they are: the
    /// work is drawn again from what was measured (a Bayesian bootstrap), and the figure in closed form is compared.
    fn may_be(&self, figure: impl Fn(&Closed<'_>) -> Option<f64>) -> (Option<f64>, Option<f64>) {
        let mixed = self.work_of_s(&|_| true);
        let requests: f64 = self.endpoints.iter().map(|of| of.requests as f64).sum();
        let points_s = points(&mixed);
        let closed = |queue: Queue, overhead_s: f64, by: f64| Closed { queue, overhead_s, points_s: &points_s, by };
        let overhead_s = self.overhead.us / 1e6;
        let Some(fitted) = figure(&closed(self.queue(0.0), overhead_s, 1.0)).filter(|of| *of > 0.0) else {
            return (None, None);
        };
        let mut stream = Stream::new(1, RESAMPLED, 0, 0, 0);
        let service_s = mean(&mixed);
        let mut ratios: Vec<f64> = (0..DRAWS)
            .map(|_| {
                let drawn: Vec<(f64, f64)> =
                    mixed.iter().map(|(s, weight)| (*s, gamma(&mut stream, weight * requests))).collect();
                let super::Overhead { measured_us, deviation_us, most_us, .. } = self.overhead;
                let measured_us = stream.normal(measured_us, deviation_us);
                let overhead_us = worked::Overhead::taken(measured_us, deviation_us, most_us);
                // What is not the way there and back is work.
                let drawn_s = (mean(&drawn) + overhead_s - overhead_us / 1e6).max(service_s * 0.01);
                let queue = Queue { service_s: drawn_s, service_scv: scv(&drawn), ..self.queue(0.0) };
                figure(&closed(queue, overhead_us / 1e6, drawn_s / service_s)).map_or(f64::INFINITY, |of| of / fitted)
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        let outside = (DRAWS as f64 * OUTSIDE) as usize;
        let known = |ratio: f64| ratio.is_finite().then_some(ratio);
        (known(ratios[outside]), known(ratios[DRAWS - 1 - outside]))
    }
}

/// A queue in closed form, with the way there and back.
struct Closed<'a> {
    queue: Queue,
    overhead_s: f64,
    points_s: &'a [f64],
    /// How many times as much work those points are.
    by: f64,
}

impl Closed<'_> {
    fn floors_s(&self) -> Vec<f64> {
        self.points_s.iter().map(|s| s * self.by + self.overhead_s).collect()
    }
    fn quantile_s(&self, share: f64, rate: f64) -> Option<f64> {
        Queue { rate, ..self.queue }.quantile_s(share, &self.floors_s())
    }
    fn greatest_rate(&self, share: f64, bound_s: f64) -> f64 {
        self.queue.greatest_rate(share, bound_s, &self.floors_s())
    }
}

/// Requests that were drawn: the time since the one before, as a multiple of the mean time, the work in seconds, and whether its
/// latency is asked for.
struct Drawn {
    requests: Vec<(f64, f64, bool)>,
    overhead_s: f64,
}

impl Drawn {
    /// The latencies that are asked for, in seconds, in one queue before so many workers at so many requests a second.
    fn played_s(&self, workers: u32, rate: f64) -> impl Iterator<Item = f64> {
        let mut now = 0.0;
        let came = self.requests.iter().map(move |(gap, work_s, _)| {
            now += gap / rate;
            (now, *work_s)
        });
        let took = played::through(workers, came).zip(&self.requests).skip(self.requests.len() / EMPTY);
        took.filter(|(_, (.., is_asked))| *is_asked).map(|(s, _)| s + self.overhead_s)
    }
}

/// Times between requests with a squared coefficient of variation.
enum Gaps {
    /// A fixed time and an exponential one: less variation than chance.
    Paced { fixed: f64, mean: f64 },
    /// Exponential times of two means: more variation than chance.
    Bursts { of_first: f64, means: [f64; 2] },
}

impl Gaps {
    /// Of mean 1.
    fn new(scv: f64) -> Gaps {
        if scv <= 1.0 {
            let mean = f64::sqrt(scv.max(0.0));
            return Gaps::Paced { fixed: 1.0 - mean, mean };
        }
        // Each of the two takes the same share of the time.
        let of_first = (1.0 + f64::sqrt((scv - 1.0) / (scv + 1.0))) / 2.0;
        Gaps::Bursts { of_first, means: [0.5 / of_first, 0.5 / (1.0 - of_first)] }
    }
    fn draw(&self, stream: &mut Stream) -> f64 {
        match self {
            Gaps::Paced { fixed, mean } => fixed + stream.exponential(*mean),
            Gaps::Bursts { of_first, means: [first, second] } => {
                let mean = if stream.unit() < *of_first { *first } else { *second };
                stream.exponential(mean)
            }
        }
    }
}

/// A gamma variate of that shape and scale 1: the sum of so many exponentials.
fn gamma(stream: &mut Stream, shape: f64) -> f64 {
    if shape > 12.0 {
        // Wilson and Hilferty: its cube root is nearly normal.
        let nine = 1.0 / (9.0 * shape);
        let root = 1.0 - nine + f64::sqrt(nine) * stream.normal(0.0, 1.0);
        return shape * (root * root * root).max(0.0);
    }
    (0..shape.round() as u32).map(|_| stream.exponential(1.0)).sum()
}

/// Points of the same weight of a distribution that is given by parts.
fn points(parts: &[(f64, f64)]) -> Vec<f64> {
    const POINTS: usize = 100;
    let mut sorted = parts.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let (mut points, mut upto) = (Vec::with_capacity(POINTS), 0.0);
    for (value, weight) in sorted {
        upto += weight;
        while points.len() < POINTS && (points.len() as f64 + 0.5) / POINTS as f64 * all <= upto {
            points.push(value);
        }
    }
    points
}

/// How far off two causes are together that know nothing of each other.
fn together(a: f64, b: f64) -> f64 {
    f64::sqrt(a.max(0.0) * a.max(0.0) + b * b)
}

/// The smallest value that has that share of them below it or at it.
fn quantile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * share).ceil() as usize;
    values.get(place.clamp(1, values.len().max(1)) - 1).copied()
}
