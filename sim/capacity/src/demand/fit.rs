//! The number of workers, and the share of a latency that keeps one busy, under which the levels' latencies are explained best.

use super::floors::{Floors, Mix, Seen, Tried};
use super::{Demand, EndpointDemand, LEVELS_MIN, Unfit, Waited};
use crate::level::Level;
use crate::queue::Queue;
use fieldday_api::endpoint::Op;
use std::collections::BTreeMap;

/// No greater number of workers is tried.
pub(super) const WORKERS_MOST: u32 = 4_096;
/// Shares of the floor that a worker may be busy for, in fiftieths.
const BUSY_SHARES: std::ops::RangeInclusive<u32> = 15..=55;
/// Arrivals that vary by more than this come in bursts. How much of that a queue feels is fitted: the calls of one rep follow
/// one another and do not wait for each other.
const BURSTS: f64 = 1.5;
/// So many values are tried, from 1 to the measured squared coefficient of variation, evenly spread by their ratio.
const DEGREES: u32 = 8;
/// Workers that are less busy than that at every level make nobody wait.
const IDLE: f64 = 0.05;
/// Workers are full at a level that served less than was offered by this share and by so many deviations of a count. It has no
/// steady state, so its latencies say nothing, but its requests a second say how many the workers can do …
const SERVED_LESS: f64 = 0.03;
const DEVIATIONS: f64 = 3.0;
/// … and to this share, as well as a mean latency is known at best.
const FULL_KNOWN: f64 = 0.02;
const MEAN_KNOWN: f64 = 0.03;
/// A model may have workers be this busy by chance at a level that served what was offered; its wait is then that of
/// the second.
const BUSY_MOST: f64 = 1.05;
const BUSY_TAKEN: f64 = 0.98;
/// Above this error a model is not used: mean latencies grow steeply near the edge, so some of it is noise.
pub(super) const ERROR_MOST: f64 = 0.2;
/// Below this utilisation everywhere, the number of workers is a guess.
const UTILISATION_MIN: f64 = 0.5;

/// A set of parameters with how well the levels fit it.
#[derive(Clone, Copy)]
struct Candidate {
    tried: Tried,
    /// The mean wait at levels of little load, in seconds, by the model itself.
    waited_s: f64,
    /// What the fit minimises.
    misfit: f64,
    /// The mean squared error of the mean latencies, each weighing as well as it is known.
    error: f64,
}

/// Fits it to the levels that count. Those at which requests failed in numbers are left out: a target that refuses or gives
/// up has other latencies than one that works.
pub fn fit(levels: &[Level]) -> Result<Demand, Unfit> {
    fit_knowing(levels, None)
}

/// The same where it is known how many requests the target works on at once: at little load hardly anybody waits, so the
/// latencies say little of that.
pub fn fit_knowing(levels: &[Level], workers: Option<u32>) -> Result<Demand, Unfit> {
    if levels.iter().any(|level| !level.disturbances.is_empty()) {
        return Err(Unfit::Disturbed);
    }
    let good = |level: &&Level| level.counts() && level.suffered.is_none() && level.errors * 20 <= level.requests;
    let levels: Vec<&Level> = levels.iter().filter(good).collect();
    let seen = seen(&levels);
    if seen.len() < LEVELS_MIN {
        return Err(Unfit::TooFew(seen.len()));
    }
    let (seen, full_at) = without_full(seen);
    let floors = Floors::new(&seen, &levels);
    let mixes: Vec<Mix> = seen.iter().map(|level| floors.mix(level)).collect();
    let candidates = match workers {
        Some(workers) => candidates(&floors, &seen, &mixes, full_at, workers),
        None => of_any_workers(&floors, &seen, &mixes, full_at),
    };
    let best = least_error(&candidates, |_| true).ok_or(workers.map_or(Unfit::Nothing, Unfit::NotOf))?;
    // Nearly as good: by the F test's rule for one parameter more, at some 95 %.
    let nearly = best.misfit * (1.0 + 4.0 / (seen.len() as f64 - 2.0).max(1.0)) + 1e-9;
    // Clearly worse: by the same rule at some 99 %.
    let clearly = best.misfit * (1.0 + 11.0 / (seen.len() as f64 - 2.0).max(1.0)) + 1e-9;
    let near = || candidates.iter().filter(|of| of.misfit <= nearly).map(|of| of.tried.workers);
    // That all of an answer's time keeps a worker needs no parameter: another share is taken only if it fits better than
    // chance would have it.
    let plain = least_error(&candidates, |of| of.tried.is_plain()).filter(|plain| plain.misfit <= clearly);
    let best = plain.unwrap_or(best);
    // The one that is taken is among them, also where another share of the time fits better.
    let taken = best.tried.workers;
    let range = (near().fold(taken, u32::min), near().fold(taken, u32::max));
    let demand = demand(&floors, &seen, &mixes, best, range);
    if demand.error > ERROR_MOST {
        return Err(Unfit::Off { percent: (demand.error * 100.0).round() as u64 });
    }
    Ok(Demand { warnings: warnings(&demand, workers.is_some()), ..demand })
}

fn least_error(candidates: &[Candidate], of: impl Fn(&Candidate) -> bool) -> Option<Candidate> {
    candidates.iter().filter(|one| of(one)).min_by(|a, b| a.misfit.total_cmp(&b.misfit)).copied()
}

/// The candidates of every number of workers that may matter.
fn of_any_workers(floors: &Floors, seen: &[Seen], mixes: &[Mix], full_at: Option<f64>) -> Vec<Candidate> {
    let offered = seen.iter().zip(mixes).map(|(level, mix)| level.rate * mix.mean_s).fold(0.0, f64::max);
    let (mut workers, mut found) = (1, Vec::new());
    // With more than that nobody waits, and one number is as good as another.
    while workers <= WORKERS_MOST && f64::from(workers) * IDLE < offered.max(1.0) {
        found.extend(candidates(floors, seen, mixes, full_at, workers));
        // Finely where one more makes a difference.
        workers += (workers / 24).max(1);
    }
    found
}

/// The best of a number of workers, and the best of it in which all of an answer's time keeps a worker.
fn candidates(floors: &Floors, seen: &[Seen], mixes: &[Mix], full_at: Option<f64>, workers: u32) -> Vec<Candidate> {
    let degrees = degrees(floors.arrivals_scv);
    let tried = BUSY_SHARES.flat_map(|fiftieths| {
        let busy_share = f64::from(fiftieths) / 50.0;
        degrees.iter().map(move |scv| Tried { workers, busy_share, arrivals_scv: *scv })
    });
    let fitted: Vec<Candidate> = tried.filter_map(|tried| candidate(floors, seen, mixes, full_at, tried)).collect();
    least_error(&fitted, |_| true).into_iter().chain(least_error(&fitted, |of| of.tried.is_plain())).collect()
}

/// The levels at which the workers were not full, and how many requests a second were served where they were. All of them, if
/// too few would be left.
fn without_full(seen: Vec<Seen>) -> (Vec<Seen>, Option<f64>) {
    let per_rep = per_rep(&seen);
    let is_full = |level: &Seen| {
        let offered = per_rep * level.reps as f64 * level.requests / level.rate.max(1e-12);
        let less = offered - level.requests;
        less > SERVED_LESS * offered && less > DEVIATIONS * offered.sqrt()
    };
    if seen.iter().filter(|level| !is_full(level)).count() < LEVELS_MIN {
        return (seen, None);
    }
    let (full, others): (Vec<Seen>, Vec<Seen>) = seen.into_iter().partition(is_full);
    let requests: f64 = full.iter().map(|level| level.requests).sum();
    let served = full.iter().map(|level| level.rate * level.requests).sum::<f64>() / requests.max(1.0);
    (others, (requests > 0.0).then_some(served))
}

/// With the mean squared error of the logarithms of the levels' latencies, and of how many requests the workers can do if
/// that was seen; none if a level could not have a steady state.
fn candidate(floors: &Floors, seen: &[Seen], mixes: &[Mix], full_at: Option<f64>, tried: Tried) -> Option<Candidate> {
    let waited_s = floors.waited_s(seen, mixes, tried)?;
    let (mut sum, mut weights, mut service_s) = (0.0, 0.0, 0.0);
    for (level, mix) in seen.iter().zip(mixes) {
        let queue = floors.queue(level, *mix, tried, waited_s);
        let busy = queue.utilisation();
        if busy > BUSY_MOST {
            return None;
        }
        let rate = queue.rate * (BUSY_TAKEN / busy).min(1.0);
        let wait = Queue { rate, ..queue }.mean_wait_s()?;
        let off = libm::log(level.mean_s / (mix.mean_s - waited_s + wait).max(1e-9));
        let weight = 1.0 / variance(level, full_at);
        sum += off * off * weight;
        weights += weight;
        service_s += queue.service_s / seen.len() as f64;
    }
    let full = full_at.map_or(0.0, |full_at| {
        let off = libm::log(full_at * service_s / f64::from(tried.workers)) / FULL_KNOWN;
        off * off
    });
    Some(Candidate { tried, waited_s, misfit: (sum + full) / seen.len() as f64, error: sum / weights.max(1e-12) })
}

/// How well the mean latency of a level is known, as a relative variance: the busier, the longer a queue remembers. All alike
/// where nobody knows how busy the workers were.
fn variance(level: &Seen, full_at: Option<f64>) -> f64 {
    let Some(full_at) = full_at else { return 1.0 };
    let busy = (level.rate / full_at).min(BUSY_TAKEN);
    // As of M/M/1, whose mean varies with 4ρ / (1 − ρ)² by the number of requests.
    let of_one = 1.0 + 4.0 * busy / ((1.0 - busy) * (1.0 - busy));
    MEAN_KNOWN * MEAN_KNOWN + of_one / level.requests.max(1.0)
}

/// How much of the arrivals' variation a queue may feel: as measured if they are independent, else from that to all of it.
fn degrees(measured: f64) -> Vec<f64> {
    if measured <= BURSTS {
        return vec![measured];
    }
    (0..DEGREES).map(|i| libm::pow(measured, f64::from(i) / f64::from(DEGREES - 1))).collect()
}

fn seen(levels: &[&Level]) -> Vec<Seen> {
    let mut of: BTreeMap<u64, Vec<&Level>> = BTreeMap::new();
    levels.iter().filter(|level| level.requests > 0).for_each(|level| of.entry(level.reps).or_default().push(level));
    of.into_iter().map(|(reps, levels)| together(reps, &levels)).collect()
}

fn together(reps: u64, levels: &[&Level]) -> Seen {
    let seconds: f64 = levels.iter().map(|level| level.measured_s).sum();
    let requests: f64 = levels.iter().map(|level| level.requests as f64).sum();
    let mean = |of: &dyn Fn(&Level) -> f64| {
        levels.iter().map(|level| of(level) * level.requests as f64).sum::<f64>() / requests.max(1.0)
    };
    let mut ops: BTreeMap<Op, (f64, f64)> = BTreeMap::new();
    for endpoint in levels.iter().flat_map(|level| &level.endpoints).filter(|of| of.op != Op::PutAudio) {
        let sum = ops.entry(endpoint.op).or_default();
        sum.0 += endpoint.requests as f64;
        sum.1 += endpoint.requests as f64 * endpoint.latency.mean_us / 1e6;
    }
    ops.values_mut().for_each(|sum| *sum = (sum.0 / seconds.max(1e-6), sum.1 / sum.0.max(1.0)));
    Seen {
        reps,
        requests,
        rate: requests / seconds.max(1e-6),
        mean_s: mean(&|level| level.latency.mean_us) / 1e6,
        p95_s: mean(&|level| level.latency.p95_us as f64) / 1e6,
        arrivals_scv: mean(&|level| level.arrivals_scv),
        ops,
    }
}

fn demand(floors: &Floors, seen: &[Seen], mixes: &[Mix], best: Candidate, workers_range: (u32, u32)) -> Demand {
    let Candidate { tried, waited_s, error, .. } = best;
    let Tried { workers, busy_share, arrivals_scv } = tried;
    let endpoints = endpoints(floors, seen, best);
    let service_s: f64 = endpoints.iter().map(|of| of.share_of_requests * of.service_us / 1e6).sum();
    let mut demand = Demand {
        workers,
        workers_range,
        busy_share,
        arrivals_scv,
        arrivals_scv_measured: floors.arrivals_scv,
        saturates_at: f64::from(workers) / service_s.max(1e-12),
        requests_per_s_per_rep: per_rep(seen),
        endpoints,
        residuals: Vec::new(),
        error: error.sqrt(),
        warnings: Vec::new(),
    };
    let points = demand.mixed_points_s();
    for (level, mix) in seen.iter().zip(mixes) {
        let queue = floors.queue(level, *mix, tried, waited_s);
        demand.residuals.push(Waited {
            reps: level.reps,
            utilisation: queue.utilisation(),
            measured_us: level.mean_s * 1e6,
            fitted_us: queue.mean_wait_s().map(|wait| (mix.mean_s - waited_s + wait) * 1e6),
            measured_p95_us: level.p95_s * 1e6,
            fitted_p95_us: queue.quantile_s(0.95, &points).map(|s| s * 1e6),
        });
    }
    demand
}

/// Requests a second of one rep: the median of the levels, since reps of a target that is full send fewer.
fn per_rep(seen: &[Seen]) -> f64 {
    let mut rates: Vec<f64> = seen.iter().map(|level| level.rate / level.reps.max(1) as f64).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

/// The endpoints with their worker time, the one with the greatest share of the work first.
fn endpoints(floors: &Floors, seen: &[Seen], best: Candidate) -> Vec<EndpointDemand> {
    let mut rates: BTreeMap<Op, f64> = BTreeMap::new();
    for (op, (rate, _)) in seen.iter().flat_map(|level| &level.ops) {
        *rates.entry(*op).or_default() += rate;
    }
    // A wait at little load is nobody's work, but an endpoint that is faster than the mean waited less than that.
    let floor_s = |op: &Op| {
        let mean = floors.mean_s.get(op).copied().unwrap_or_default();
        (mean - best.waited_s).max(mean * 0.1)
    };
    let work: f64 = rates.iter().map(|(op, rate)| rate * floor_s(op)).sum();
    let all: f64 = rates.values().sum();
    let endpoint = |(op, rate): (&Op, &f64)| {
        let (floor, mean) = (floor_s(op), floors.mean_s.get(op).copied().unwrap_or_default());
        // The points without the wait: their mean is the floor.
        let shrunk = floor / mean.max(1e-12);
        EndpointDemand {
            op: *op,
            floor_us: floor * 1e6,
            service_us: floor * best.tried.busy_share * 1e6,
            share_of_requests: rate / all.max(1e-12),
            share_of_work: rate * floor / work.max(1e-12),
            floor_points_us: floors.points_s.get(op).into_iter().flatten().map(|s| s * shrunk * 1e6).collect(),
        }
    };
    let mut endpoints: Vec<EndpointDemand> = rates.iter().map(endpoint).collect();
    endpoints.sort_by(|a, b| b.share_of_work.total_cmp(&a.share_of_work));
    endpoints
}

fn warnings(demand: &Demand, workers_are_known: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    let busiest = demand.residuals.iter().map(|of| of.utilisation).fold(0.0, f64::max);
    if busiest < UTILISATION_MIN && !workers_are_known {
        let percent = busiest * 100.0;
        warnings
            .push(format!("workers were at most {percent:.0} % busy, so their number is uncertain; measure more reps"));
    }
    let (low, high) = demand.workers_range;
    if high > low * 2 {
        warnings.push(format!("{low} to {high} workers fit almost as well"));
    }
    warnings
}
