//! The number of workers under which the levels' requests are likeliest, and how long each endpoint keeps one of them.

use super::parts::{mean, parts, scv};
use super::seen::{Seen, arrivals_scv, per_rep, seen, without_full};
use super::worked::{Requests, Worked};
use super::{Demand, EndpointDemand, LEVELS_MIN, Overhead, Unfit, Waited};
use crate::level::Level;
use crate::queue::Queue;
use fieldday_api::endpoint::Op;
use std::collections::BTreeMap;

/// No greater number of workers is tried.
const WORKERS_MOST: u32 = 4_096;
/// Workers that are less busy than that at every level make nobody wait.
const IDLE: f64 = 0.05;
/// Numbers of workers are as good as each other if the logarithm of their likelihood differs by less: by the test of ratios of
/// likelihoods that is 99.9 %, since requests that wait in the same queue tell less than independent ones.
const AS_GOOD: f64 = 6.0;
/// Arrivals that vary by more than this come in bursts. How much of that a queue feels is fitted: the calls of one rep follow
/// one another and do not wait for each other.
const BURSTS: f64 = 1.5;
/// To this share a mean latency is known at best.
const MEAN_KNOWN: f64 = 0.03;
/// A model may have workers be this busy by chance at a level that served what was offered.
const BUSY_TAKEN: f64 = 0.98;
/// Above this error a model is not used: mean latencies grow steeply near the edge, so some of it is noise.
pub(super) const ERROR_MOST: f64 = 0.2;
/// Below this utilisation everywhere, the number of workers is a guess where several fit.
const UTILISATION_MIN: f64 = 0.5;
/// More of a latency than this share is taken to be work when it is asked whether so few workers are possible.
const WORK_LEAST: f64 = 0.5;

/// Fits it to the levels that count. Those at which requests failed in numbers are left out: a target that refuses or gives
/// up has other latencies than one that works.
pub fn fit(levels: &[Level]) -> Result<Demand, Unfit> {
    fit_knowing(levels, None)
}

/// The same where it is known how many requests the target works on at once.
pub fn fit_knowing(levels: &[Level], workers: Option<u32>) -> Result<Demand, Unfit> {
    if levels.iter().any(|level| !level.disturbances.is_empty()) {
        return Err(Unfit::Disturbed);
    }
    let good = |level: &&Level| level.counts() && level.suffered.is_none() && level.errors * 20 <= level.requests;
    let levels: Vec<&Level> = levels.iter().filter(good).filter(|level| level.trace.is_some()).collect();
    let seen = seen(&levels);
    if seen.len() < LEVELS_MIN {
        return Err(Unfit::TooFew(seen.len()));
    }
    let seen = without_full(seen, LEVELS_MIN);
    let levels: Vec<&Level> =
        levels.into_iter().filter(|level| seen.iter().any(|seen| seen.reps == level.reps)).collect();
    let traces = || levels.iter().filter_map(|level| level.trace.as_ref());
    let count = || traces().map(|trace| trace.requests().len() as u64).sum();
    let requests = Requests::new(traces()).ok_or_else(|| Unfit::TooShort(count()))?;
    let busiest = seen.iter().map(|level| level.rate).fold(0.0, f64::max) * requests.alone_s();
    let found = Found::of(&requests, busiest);
    let (taken, range) = match workers {
        None => (found.best, found.range),
        Some(workers) => (requests.worked(workers), (workers, workers)),
    };
    if workers.is_some() && (taken.is_impossible || busiest * WORK_LEAST > f64::from(taken.workers)) {
        return Err(Unfit::NotOf(taken.workers));
    }
    let mut demand = demand(&requests, &seen, &levels, &taken, range);
    if demand.error > ERROR_MOST {
        return Err(Unfit::Off { percent: (demand.error * 100.0).round() as u64 });
    }
    demand.warnings = warnings(&demand, workers.map(|_| (&taken, &found)));
    demand.at_eighty = demand.foretell(0.95, 0.8 * demand.saturates_at);
    demand.warnings.extend(demand.at_eighty.as_ref().and_then(super::Foretold::warning));
    Ok(demand)
}

/// The numbers of workers that the latencies speak for.
struct Found {
    best: Worked,
    range: (u32, u32),
}

impl Found {
    /// Tries every number that may matter.
    fn of(requests: &Requests, busiest: f64) -> Found {
        // Of more workers than requests were ever there at once, one was always free: they are as good as each other.
        let most = requests.most.min(WORKERS_MOST);
        let (mut workers, mut tried) = (1, Vec::new());
        while workers < most {
            tried.push(requests.worked(workers));
            // Finely where one more makes a difference.
            workers += (workers / 24).max(1);
        }
        tried.push(requests.worked(most));
        let first = likeliest(&tried).map_or(most, |of| of.workers);
        let step = (first / 24).max(1);
        let between = (first.saturating_sub(step) + 1..first).chain(first + 1..(first + step).min(most));
        tried.extend(between.map(|workers| requests.worked(workers)));
        let best = likeliest(&tried).unwrap_or_else(|| requests.worked(most));
        let near = || tried.iter().filter(|of| best.likely - of.likely <= AS_GOOD).map(|of| of.workers);
        let (low, high) = (near().fold(best.workers, u32::min), near().fold(best.workers, u32::max));
        let idle = (busiest / IDLE).min(f64::from(WORKERS_MOST)) as u32;
        Found { best, range: (low, if high == most { high.max(idle) } else { high }) }
    }
}

/// The likeliest; of those that are as likely, the fewest workers.
fn likeliest(tried: &[Worked]) -> Option<Worked> {
    let better = |a: Worked, b: &Worked| {
        let is_better = b.likely > a.likely || (b.likely == a.likely && b.workers < a.workers);
        if is_better { *b } else { a }
    };
    tried.split_first().map(|(first, rest)| rest.iter().fold(*first, better))
}

fn demand(requests: &Requests, seen: &[Seen], levels: &[&Level], taken: &Worked, range: (u32, u32)) -> Demand {
    let endpoints = endpoints(requests, seen, taken);
    let service_s: f64 = endpoints.iter().map(|of| of.share_of_requests * of.service_us / 1e6).sum();
    let overhead = taken.overhead;
    let measured = arrivals_scv(seen);
    let us = |s: f64| s * 1e6;
    let mut demand = Demand {
        workers: taken.workers,
        workers_range: range,
        busy_share: service_s / (service_s + overhead.taken_s).max(1e-12),
        overhead: Overhead {
            us: us(overhead.taken_s),
            measured_us: us(overhead.measured_s),
            deviation_us: us(overhead.deviation_s),
            most_us: us(overhead.most_s),
        },
        arrivals_scv: 1.0,
        arrivals_scv_measured: measured,
        saturates_at: f64::from(taken.workers) / service_s.max(1e-12),
        requests_per_s_per_rep: per_rep(seen),
        endpoints,
        at_eighty: None,
        residuals: Vec::new(),
        error: 0.0,
        warnings: Vec::new(),
    };
    demand.arrivals_scv = felt(&demand, requests, seen, levels, taken, measured);
    let (mut sum, mut weights) = (0.0, 0.0);
    for level in seen {
        let (queue, mix_s) = of_level(&demand, level);
        let rate = queue.rate * (BUSY_TAKEN / queue.utilisation()).min(1.0);
        let wait_s = Queue { rate, ..queue }.mean_wait_s().unwrap_or_default();
        let fitted_s = mix_s + wait_s;
        let (off, weight) = (libm::log(level.mean_s / fitted_s.max(1e-9)), 1.0 / variance(level, queue.utilisation()));
        sum += off * off * weight;
        weights += weight;
        demand.residuals.push(Waited {
            reps: level.reps,
            utilisation: queue.utilisation(),
            measured_us: us(level.mean_s),
            fitted_us: queue.mean_wait_s().map(|wait_s| us(mix_s + wait_s)),
            measured_p95_us: us(level.p95_s),
            fitted_p95_us: demand.roughly_us(0.95, level.rate),
        });
    }
    demand.error = f64::sqrt(sum / f64::max(weights, 1e-12));
    demand
}

/// The endpoints with their worker time, the one with the greatest share of the work first.
fn endpoints(requests: &Requests, seen: &[Seen], taken: &Worked) -> Vec<EndpointDemand> {
    let mut rates: BTreeMap<Op, f64> = BTreeMap::new();
    for (op, rate) in seen.iter().flat_map(|level| &level.ops) {
        *rates.entry(*op).or_default() += rate;
    }
    let work_s = requests.work_s(taken);
    rates.retain(|op, _| work_s.contains_key(op));
    let all: f64 = rates.values().sum();
    let mut endpoints: Vec<EndpointDemand> = Vec::new();
    for (op, rate) in rates {
        let work_s = &work_s[&op];
        let service_us = work_s.iter().sum::<f64>() / work_s.len().max(1) as f64 * 1e6;
        endpoints.push(EndpointDemand {
            op,
            floor_us: service_us + taken.overhead.taken_s * 1e6,
            service_us,
            requests: work_s.len() as u64,
            share_of_requests: rate / all.max(1e-12),
            share_of_work: rate * service_us,
            work_parts_us: parts(work_s).into_iter().map(|(s, weight)| (s * 1e6, weight)).collect(),
        });
    }
    let work: f64 = endpoints.iter().map(|of| of.share_of_work).sum();
    endpoints.iter_mut().for_each(|of| of.share_of_work /= work.max(1e-12));
    endpoints.sort_by(|a, b| b.share_of_work.total_cmp(&a.share_of_work));
    endpoints
}

/// The queue at a level with the mix that it called, and the mean latency of that mix without a wait, in seconds.
fn of_level(demand: &Demand, level: &Seen) -> (Queue, f64) {
    let of = |op: &Op| demand.endpoints.iter().find(|of| of.op == *op);
    let known = || level.ops.iter().filter_map(|(op, rate)| Some((of(op)?, *rate)));
    let rates: f64 = known().map(|(_, rate)| rate).sum();
    let mixed: Vec<(f64, f64)> = known()
        .flat_map(|(of, rate)| of.work_parts_us.iter().map(move |(us, weight)| (us / 1e6, weight * rate / rates)))
        .collect();
    let service_s = mean(&mixed);
    let queue = Queue { rate: level.rate, service_s, service_scv: scv(&mixed), ..demand.queue(level.rate) };
    (queue, service_s + demand.overhead.us / 1e6)
}

/// The variation of the times between requests that the queue feels: none but chance, if that is all that was measured; of
/// bursts as much as explains the waits.
fn felt(demand: &Demand, requests: &Requests, seen: &[Seen], levels: &[&Level], taken: &Worked, measured: f64) -> f64 {
    let all: f64 = seen.iter().map(|level| level.requests).sum();
    // The deviation of a measured variation of exponential times.
    if (measured - 1.0).abs() <= 3.0 * f64::sqrt(8.0 / all.max(1.0)) {
        return 1.0;
    }
    if measured <= BURSTS {
        return measured;
    }
    let (mut waited, mut modelled) = (0.0, 0.0);
    for (level, wait_s) in levels.iter().zip(requests.waits_s(taken)) {
        let queue = Queue { service_scv: 1.0, arrivals_scv: 1.0, ..demand.queue(level.requests_per_s) };
        let Some(of_exponential_s) = queue.mean_wait_s() else { continue };
        waited += level.requests as f64 * wait_s;
        modelled += level.requests as f64 * of_exponential_s;
    }
    if modelled <= 0.0 {
        return measured;
    }
    (2.0 * waited / modelled - demand.queue(0.0).service_scv).clamp(1.0, measured)
}

/// How well the mean latency of a level is known, as a relative variance: the busier, the longer a queue remembers.
fn variance(level: &Seen, busy: f64) -> f64 {
    let busy = busy.min(BUSY_TAKEN);
    // As of M/M/1, whose mean varies with 4ρ / (1 − ρ)² by the number of requests.
    let of_one = 1.0 + 4.0 * busy / ((1.0 - busy) * (1.0 - busy));
    MEAN_KNOWN * MEAN_KNOWN + of_one / level.requests.max(1.0)
}

fn warnings(demand: &Demand, known: Option<(&Worked, &Found)>) -> Vec<String> {
    let mut warnings = Vec::new();
    let busiest = demand.residuals.iter().map(|of| of.utilisation).fold(0.0, f64::max);
    let (low, high) = demand.workers_range;
    if high > low && busiest < UTILISATION_MIN {
        let percent = busiest * 100.0;
        warnings
            .push(format!("workers were at most {percent:.0} % busy, so their number is uncertain; measure more reps"));
    }
    if high > low * 2 {
        warnings.push(format!("{low} to {high} workers fit almost as well"));
    }
    if let Some((taken, found)) = known
        && found.best.likely - taken.likely > AS_GOOD
    {
        let ((low, high), said) = (found.range, taken.workers);
        warnings.push(format!(
            "the requests waited as if there were {} [{low}, {high}] workers, not {said}; check --workers",
            found.best.workers
        ));
    }
    warnings
}
