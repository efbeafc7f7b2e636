//! Whether a plant carried its load: its own limits in every piece of the day, the scenario's over the whole time.
//!
//! As in a run, a limit is exceeded only where there were samples enough to tell: one late request of 95 says nothing about a
//! limit of one in a thousand. Too few samples exceed a limit only if no better answers up to the number needed could mend it.

use super::{Bin, Broken, LimitOrigin, LimitOutcome, Tally, Times};
use crate::plant::Ledger;
use fieldday_api::endpoint::Op;
use fieldday_kernel::time::{Span, Time};
use fieldday_rules::Measures;
use fieldday_rules::limit_result::{LimitResult, LimitUnit, LimitVerdict};
use fieldday_rules::limits::{judge, needed};
use fieldday_scenario::limits::{Clock, Limit, Measure};
use fieldday_scenario::plant::Hold;

/// The key of the limit on the 95th percentile.
const P95: &str = "plant.hold.p95_ms";
/// A 95th percentile leaves so many of a million beyond it.
const BEYOND_P95_PPM: u64 = 50_000;

impl Tally {
    /// Refused or cut off, of a million that came.
    pub fn refused_ppm(&self) -> u32 {
        ppm(self.refused(), self.offered)
    }
    /// Answered after the spec's limit, or not before the app gave up, of a million that came.
    pub fn late_ppm(&self) -> u32 {
        ppm(self.late(), self.offered)
    }
    fn late(&self) -> u64 {
        self.too_late.max(self.over_limit)
    }
}

fn ppm(part: u64, of: u64) -> u32 {
    // What ended in a piece of the day may have come in the one before.
    let of = of.max(part).max(1);
    u32::try_from(u128::from(part) * 1_000_000 / u128::from(of)).unwrap_or(1_000_000)
}

/// What limits are judged over.
pub(super) struct Measured<'a> {
    /// What the plant counted and measured: the time in the server, and what became of requests.
    pub server: &'a Ledger,
    /// The attempts of all clients, from sending until the answer.
    pub attempts: &'a Measures,
    /// The length of the measured part.
    pub during: Span,
}

/// Every limit of the plant that broke, the first first; and all limits, the plant's before the scenario's.
pub(super) fn judged(hold: &Hold, own: &[Limit], measured: &Measured<'_>) -> (Vec<Broken>, Vec<LimitOutcome>) {
    let (ledger, mut broken) = (measured.server, Vec::new());
    let mut limits = vec![
        share("plant.hold.refused_ppm", hold.refused_ppm, "refused or cut off", Tally::refused, ledger, &mut broken),
        share("plant.hold.late_ppm", hold.late_ppm, "late", Tally::late, ledger, &mut broken),
    ];
    limits.extend(hold.p95_ms.map(|ms| percentile(Span::millis(i64::from(ms)), ledger, &mut broken)));
    limits.extend(own.iter().map(|limit| scenarios(limit, measured)));
    broken.sort_by_key(|broken| broken.at);
    (broken, limits)
}

/// A limit on the share of requests that something bad happened to, in every piece of the day and over all of it.
fn share(
    limit: &str,
    allowed_ppm: u32,
    what: &str,
    count: impl Fn(&Tally) -> u64,
    ledger: &Ledger,
    broken: &mut Vec<Broken>,
) -> LimitOutcome {
    let mut found = PlantLimit::new(limit, LimitUnit::Ppm, allowed_ppm.into());
    for (number, bin) in ledger.bins.iter().enumerate().filter(|(_, bin)| bin.tally.offered > 0) {
        let (bad, of) = (count(&bin.tally), bin.tally.offered);
        let value = u64::from(ppm(bad, of));
        let exceeds = ppm(bad, of.max(needed(allowed_ppm.into()))) > allowed_ppm;
        found.sees(bin, value, None, of, Some(exceeds));
        if exceeds {
            let words = LimitUnit::Ppm.words(value);
            note(broken, &found, None, ledger, number, format!("{words} of {of} requests {what}"));
        }
    }
    // Few requests an interval hide what all of them together show.
    let (bad, of) = (count(&ledger.totals), ledger.totals.offered);
    let mut outcome = found.outcome();
    let result = &mut outcome.result;
    if result.verdict == LimitVerdict::Held && ppm(bad, of.max(needed(allowed_ppm.into()))) > allowed_ppm {
        let value = ppm(bad, of).into();
        result.verdict = LimitVerdict::Exceeded;
        (result.actual, result.margin) = (Some(value), Some(i64::from(allowed_ppm) - i64::from(ppm(bad, of))));
        result.note = Some(format!("{bad} of {of} requests over the whole time; each interval alone has too few"));
        outcome.worst_at = None;
    }
    outcome
}

/// A limit on the 95th percentile of each endpoint, in every piece of the day.
fn percentile(most: Span, ledger: &Ledger, broken: &mut Vec<Broken>) -> LimitOutcome {
    let mut found = PlantLimit::new(P95, LimitUnit::Micros, micros(most));
    for (number, bin) in ledger.bins.iter().enumerate() {
        for latency in &bin.latencies {
            let exceeds = exceeds(&latency.times, most);
            found.sees(bin, micros(latency.times.p95), Some(latency.op), latency.times.count, exceeds);
            if exceeds == Some(true) {
                let words = LimitUnit::Micros.words(micros(latency.times.p95));
                note(broken, &found, Some(latency.op), ledger, number, words);
            }
        }
    }
    found.outcome()
}

/// Whether a percentile exceeds a limit; none if there are too few samples to tell.
fn exceeds(times: &Times, most: Span) -> Option<bool> {
    // Of too few samples two beyond the limit are more than it allows of as many as are needed; if the median is beyond it,
    // two are.
    let is_past_mending = times.count >= 2 && times.p50 > most;
    (times.count >= needed(BEYOND_P95_PPM) || is_past_mending).then_some(times.p95 > most)
}

fn micros(span: Span) -> u64 {
    span.as_micros().max(0).unsigned_abs()
}

/// Notes in which piece of the day a limit broke.
fn note(broken: &mut Vec<Broken>, limit: &PlantLimit, op: Option<Op>, ledger: &Ledger, bin: usize, found: String) {
    match broken.iter_mut().find(|broken| broken.limit == limit.limit && broken.op == op) {
        Some(broken) => broken.bins += 1,
        None => broken.push(Broken {
            limit: limit.limit.clone(),
            at: ledger.bins[bin].at,
            found,
            allowed: limit.unit.words(limit.bound),
            bins: 1,
            full: ledger.full[bin].clone(),
            op,
        }),
    }
}

/// A limit of the plant while the pieces of the day are gone through.
struct PlantLimit {
    limit: String,
    unit: LimitUnit,
    bound: u64,
    /// Whether the limit is exceeded there, the value, the piece, the endpoint.
    worst: Option<(bool, u64, Time, Option<Op>)>,
    /// The number of requests in the piece with the worst value.
    of: u64,
    samples: u64,
    is_decided: bool,
    exceeded: Option<Time>,
    bins: u32,
}

impl PlantLimit {
    fn new(limit: &str, unit: LimitUnit, bound: u64) -> PlantLimit {
        let limit = limit.to_owned();
        PlantLimit { limit, unit, bound, worst: None, of: 0, samples: 0, is_decided: false, exceeded: None, bins: 0 }
    }
    /// A value in a piece of the day, and whether it exceeds the limit, if there were samples enough to tell.
    fn sees(&mut self, bin: &Bin, value: u64, op: Option<Op>, samples: u64, exceeds: Option<bool>) {
        self.samples += samples;
        let Some(exceeds) = exceeds else { return };
        self.is_decided = true;
        if exceeds && self.exceeded != Some(bin.at) {
            (self.exceeded, self.bins) = (Some(bin.at), self.bins + 1);
        }
        // A piece in which it is exceeded goes before one with a greater share of too few.
        if self.worst.is_none_or(|(was, worst, ..)| (exceeds, value) > (was, worst)) {
            (self.worst, self.of) = (Some((exceeds, value, bin.at, op)), samples);
        }
    }
    fn outcome(self) -> LimitOutcome {
        let verdict = match () {
            () if self.exceeded.is_some() => LimitVerdict::Exceeded,
            () if self.is_decided => LimitVerdict::Held,
            () => LimitVerdict::Inconclusive,
        };
        let actual = self.worst.map(|(_, value, ..)| value);
        let is_beyond = actual.is_some_and(|actual| actual > self.bound);
        let note = match verdict {
            LimitVerdict::Exceeded => None,
            _ if self.samples == 0 => Some("nothing reached the deployment".to_owned()),
            LimitVerdict::Inconclusive => Some("too few samples in every interval".to_owned()),
            LimitVerdict::Held => is_beyond.then(|| {
                format!("of {} requests, too few to exceed a limit of {}", self.of, self.unit.words(self.bound))
            }),
        };
        let room = |actual: u64| i64::try_from(self.bound).unwrap_or(i64::MAX).saturating_sub_unsigned(actual);
        LimitOutcome {
            origin: LimitOrigin::Plant,
            op: self.worst.and_then(|(.., op)| op),
            worst_at: self.worst.map(|(_, _, at, _)| at),
            exceeded_bins: Some(self.bins),
            result: LimitResult {
                text: self.limit,
                verdict,
                clock: None,
                unit: self.unit,
                bound: self.bound,
                actual,
                at_least: false,
                margin: actual.map(room),
                sample_count: self.samples,
                optional: false,
                built_in: false,
                note,
            },
        }
    }
}

/// A limit of the scenario. What a simulated deployment cannot tell is left undecided, with the reason.
fn scenarios(limit: &Limit, measured: &Measured<'_>) -> LimitOutcome {
    let in_the_server = || {
        let mut on_the_wire = limit.clone();
        on_the_wire.clock = Clock::Wire;
        judge(&on_the_wire, &measured.server.measures, Some(micros(measured.during)))
    };
    let undecided = |why: &str| LimitResult {
        verdict: LimitVerdict::Inconclusive,
        optional: true,
        actual: None,
        margin: None,
        at_least: false,
        note: Some(why.to_owned()),
        ..in_the_server()
    };
    let result = match limit.measure {
        Measure::Growth => undecided("a simulated server does not become slower with time; a live run measures growth"),
        Measure::Requests => undecided("the number of reps decides the load here; a live run is held to this limit"),
        Measure::ErrorRate => in_the_server(),
        Measure::Percentile(_) | Measure::Mean | Measure::Max | Measure::Within(_) => match limit.clock {
            Clock::Wire => in_the_server(),
            // As in a run on the virtual clock, the attempts' clock stands for those of a live run.
            Clock::Attempt | Clock::Due | Clock::Felt => judge(limit, measured.attempts, None),
        },
    };
    LimitOutcome { origin: LimitOrigin::Scenario, result, op: None, worst_at: None, exceeded_bins: None }
}

/// Requests that reached the plant in a piece of the day, in thousandths of a request a second.
pub(super) fn rate_milli(bin: &Bin) -> u64 {
    let micros = u128::from(bin.span.as_micros().max(1).unsigned_abs());
    (u128::from(bin.tally.offered) * 1_000_000_000 / micros) as u64
}

#[cfg(test)]
mod tests;
