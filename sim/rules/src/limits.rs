//! Judges the limits that a scenario sets, over what was measured.
//!
//! What counts: an attempt that failed, or was given up when its time was over, is longer than any limit, whatever the limit: a
//! target does not become faster by refusing. The mean alone takes it at the time waited. Errors are those of
//! [`OutcomeClass::is_error`](fieldday_history::OutcomeClass::is_error), of the attempts that the target is answerable for. A limit is held only where there were samples enough to break
//! it: 100 for a p99, 1,000 for a p99.9, never fewer than 20. With fewer it is inconclusive, unless so many are beyond it
//! already that no better answers up to that number could mend it.

use crate::limit_result::{LimitResult, LimitVerdict};
use crate::{Carried, Measures, OpMeasures, growth};
use fieldday_api::endpoint::Op;
use fieldday_history::OutcomeClass;
use fieldday_history::event::NoAnswer;
use fieldday_paint::units::count;
use fieldday_scenario::limits::{Clock, Limit, Measure, Side};
use hdrhistogram::Histogram;

/// Fewer samples than this say nothing.
const SAMPLES_MIN: u64 = 20;
const MILLION: u64 = 1_000_000;

/// How long calls were measured on the wall's clock, in microseconds; none of a virtual run, which has none.
pub type WallMicros = Option<u64>;

/// Judges a limit. A virtual run has the attempts' clock alone, which then stands for the others, and no rate of requests.
pub fn judge(limit: &Limit, measures: &Measures, wall: WallMicros) -> LimitResult {
    let ops: Vec<Op> = limit.scope.ops().collect();
    let of: Vec<&OpMeasures> = ops.iter().map(|op| measures.op(*op)).collect();
    match limit.measure {
        Measure::ErrorRate => errors(limit, &of),
        // The clock of a simulation knows no wear.
        Measure::Growth if wall.is_none() => LimitResult {
            optional: true,
            ..LimitResult::undecided(limit, 0, "growth is measured only on live runs".to_owned())
        },
        Measure::Growth => growth::judge(limit, measures),
        // What only a live run measures is left open by a virtual one.
        Measure::Requests => LimitResult { optional: limit.optional || wall.is_none(), ..requests(limit, &of, wall) },
        _ => {
            let clock = match (wall, limit.clock) {
                // What the target itself takes is nobody's limit in a simulation that draws it: no sample, no verdict.
                (None, Clock::Wire) | (Some(_), _) => limit.clock,
                (None, _) => Clock::Attempt,
            };
            let mut result = latency(limit, &Sample::of(&of, clock));
            result.clock = Some(clock.as_str().to_owned());
            result.optional |= wall.is_none() && clock == Clock::Wire;
            if clock != limit.clock {
                let stands =
                    format!("`{}` is measured only on live runs; `attempt` is used instead", limit.clock.as_str());
                result.note = Some(result.note.map_or(stands.clone(), |note| format!("{note}; {stands}")));
            }
            result
        }
    }
}

/// Judges what a run is held to: its scenario's limits, and on the wall clock those that are built in.
pub fn judge_all(limits: &[Limit], measures: &Measures, wall: WallMicros) -> Vec<LimitResult> {
    let built_in = if wall.is_some() { Limit::built_in(limits) } else { Vec::new() };
    let built_in = built_in.iter().map(|limit| LimitResult { built_in: true, ..judge(limit, measures, wall) });
    limits.iter().map(|limit| judge(limit, measures, wall)).chain(built_in).collect()
}

/// How long attempts of an endpoint took by their clients' clock, as limits take it: failed attempts and those that were
/// given up are slower than any other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AttemptPercentile {
    /// The time that the share of attempts does not exceed, in microseconds.
    pub us: u64,
    /// Whether it is only a lower bound: the attempt at that rank failed or was given up.
    pub at_least: bool,
}

/// The number of attempts of an endpoint, of those how many failed or were given up, and the times that these shares of
/// them, in parts per million, do not exceed; none if none was measured.
pub fn attempt_percentiles<const N: usize>(
    of: &OpMeasures,
    ppm: [u64; N],
) -> Option<(u64, u64, [AttemptPercentile; N])> {
    let sample = Sample::of(&[of], Clock::Attempt);
    let at = |ppm| {
        let (us, at_least) = sample.at(ppm);
        AttemptPercentile { us, at_least }
    };
    (sample.count() > 0).then(|| (sample.count(), sample.given_up, ppm.map(at)))
}

/// How many samples are beyond a limit, and of how many; none of a limit that allows no share of them: on a mean, a maximum
/// or a rate of requests.
pub fn beyond(limit: &Limit, measures: &Measures) -> Option<(u64, u64)> {
    let of: Vec<&OpMeasures> = limit.scope.ops().map(|op| measures.op(op)).collect();
    let sample = || Sample::of(&of, limit.clock);
    match limit.measure {
        Measure::Percentile(_) => Some(sample()).map(|sample| (sample.beyond(limit.side, limit.bound), sample.count())),
        Measure::Within(us) => Some(sample()).map(|sample| (sample.count() - sample.within(us), sample.count())),
        Measure::ErrorRate => Some((wrong(&of), reached(&of))),
        Measure::Mean | Measure::Max | Measure::Requests | Measure::Growth => None,
    }
}

/// Whether a request on the wire is on the wrong side of a limit, by the wire's clock. What failed is slower than any bound.
pub fn is_beyond(limit: &Limit, one: &Carried) -> bool {
    match limit.measure {
        Measure::ErrorRate => !one.good,
        _ if !one.good => true,
        Measure::Within(us) => one.took_us() > us,
        _ => !limit.side.holds(one.took_us(), limit.bound),
    }
}

/// Which share of the samples a limit allows beyond it.
pub fn allowed(limit: &Limit) -> f64 {
    let ppm = match limit.measure {
        Measure::Percentile(ppm) => MILLION - u64::from(ppm),
        Measure::Within(_) => MILLION - limit.bound,
        Measure::ErrorRate => limit.bound,
        Measure::Mean | Measure::Max | Measure::Requests | Measure::Growth => 0,
    };
    ppm as f64 / MILLION as f64
}

/// Latencies of one clock over all endpoints of a limit.
struct Sample {
    /// The latencies of attempts that were answered with success.
    answered: Histogram<u64>,
    /// Attempts that failed or were given up, and so are longer than any limit.
    given_up: u64,
    /// Those of them that failed: nobody knows how long they would have taken.
    failed: u64,
    /// The shortest wait that was given up, or a longer one.
    waited_us: u64,
}

impl Sample {
    fn of(ops: &[&OpMeasures], clock: Clock) -> Sample {
        // The bounds are those of the measures, and fit each other.
        let answered =
            Histogram::new_with_bounds(1, fieldday_api::defaults::LONGEST_US, 3).expect("constant bounds that fit");
        let mut sample = Sample { answered, given_up: 0, failed: 0, waited_us: u64::MAX };
        for op in ops {
            let (took, failed) = match clock {
                Clock::Attempt => {
                    sample.attempts(op);
                    continue;
                }
                Clock::Due => (&op.live.due, op.errors()),
                Clock::Felt => (&op.live.felt, op.live.felt_failed),
                Clock::Wire => (&op.live.wire, op.errors()),
            };
            sample.add(took, took.len());
            sample.failed(failed);
        }
        sample
    }
    /// An app gives up at its limit, so of one endpoint no answer is slower than what was given up.
    fn attempts(&mut self, op: &OpMeasures) {
        let answered = op.took.len().saturating_sub(op.at_least);
        self.add(&op.took, answered);
        self.given_up += op.at_least;
        if op.at_least > 0 {
            let share = (answered + 1) as f64 / op.took.len() as f64;
            self.waited_us = self.waited_us.min(op.took.value_at_quantile(share));
        }
        // What timed out is among those that were given up, whoever was to blame.
        self.failed(op.errors().saturating_sub(op.outcome(OutcomeClass::TimedOut)));
    }
    fn failed(&mut self, failed: u64) {
        self.given_up += failed;
        self.failed += failed;
    }
    /// The `most` shortest of them.
    fn add(&mut self, of: &Histogram<u32>, most: u64) {
        let mut left = most;
        for step in of.iter_recorded() {
            let count = u64::from(step.count_at_value()).min(left);
            self.answered.saturating_record_n(step.value_iterated_to(), count);
            left -= count;
        }
    }
    fn count(&self) -> u64 {
        self.answered.len() + self.given_up
    }
    /// How many were answered within so long. Latencies have three digits that count.
    fn within(&self, us: u64) -> u64 {
        self.answered.iter_recorded().filter(|s| s.value_iterated_to() <= us).map(|s| s.count_at_value()).sum()
    }
    /// How many are on the wrong side of a limit.
    fn beyond(&self, side: Side, us: u64) -> u64 {
        let wrong = self.answered.iter_recorded().filter(|s| !side.holds(s.value_iterated_to(), us));
        wrong.map(|s| s.count_at_value()).sum::<u64>() + self.given_up
    }
    /// The value that `ppm` of a million do not exceed, and whether it is but a lower bound.
    fn at(&self, ppm: u64) -> (u64, bool) {
        let rank = (self.count() * ppm).div_ceil(MILLION).max(1);
        if rank > self.answered.len() {
            let slowest = self.answered.max();
            return (if self.waited_us == u64::MAX { slowest } else { slowest.max(self.waited_us) }, true);
        }
        let mut passed = 0;
        let found = self.answered.iter_recorded().find(|step| {
            passed += step.count_at_value();
            passed >= rank
        });
        (found.map_or(0, |step| step.value_iterated_to()), false)
    }
}

fn latency(limit: &Limit, sample: &Sample) -> LimitResult {
    let n = sample.count();
    if n == 0 {
        return LimitResult::undecided(limit, 0, "nothing was measured".to_owned());
    }
    let (bound, side) = (limit.bound, limit.side);
    let mut result = match limit.measure {
        Measure::Percentile(ppm) => {
            let (actual, at_least) = sample.at(ppm.into());
            let needed = needed(MILLION - u64::from(ppm));
            let allowed = needed * (MILLION - u64::from(ppm)) / MILLION;
            let beyond = sample.beyond(side, bound);
            decided(limit, n, needed, actual, at_least, beyond > allowed)
        }
        Measure::Within(us) => {
            let actual = sample.within(us) * MILLION / n;
            let needed = needed(MILLION - bound);
            let allowed = needed * (MILLION - bound) / MILLION;
            decided(limit, n, needed, actual, false, n - sample.within(us) > allowed)
        }
        Measure::Max => {
            let (actual, at_least) = sample.at(MILLION);
            decided(limit, n, SAMPLES_MIN, actual, at_least, true)
        }
        _ => {
            let waited = if sample.waited_us == u64::MAX { sample.answered.max() } else { sample.waited_us };
            let sum = sample.answered.mean() * sample.answered.len() as f64 + (waited * sample.given_up) as f64;
            decided(limit, n, SAMPLES_MIN, (sum / n as f64).round() as u64, sample.given_up > 0, false)
        }
    };
    if sample.answered.is_empty() && sample.waited_us == u64::MAX {
        (result.actual, result.margin, result.at_least) = (None, None, false);
    }
    if sample.failed > 0 {
        let note = format!("{} of {} failed and count as slower than any limit", count(sample.failed), count(n));
        result.note = Some(result.note.map_or(note.clone(), |other| format!("{other}; {note}")));
    }
    result
}

/// Attempts that were not answered as expected.
fn wrong(ops: &[&OpMeasures]) -> u64 {
    ops.iter().map(|op| op.errors()).sum()
}
/// Attempts that the target is answerable for.
fn reached(ops: &[&OpMeasures]) -> u64 {
    ops.iter().map(|op| op.reached()).sum()
}

fn errors(limit: &Limit, ops: &[&OpMeasures]) -> LimitResult {
    let reached = reached(ops);
    if reached == 0 {
        return LimitResult::undecided(limit, 0, "nothing reached the target".to_owned());
    }
    let wrong = wrong(ops);
    let needed = needed(if limit.bound == 0 { 10_000 } else { limit.bound });
    let beyond = wrong * MILLION > needed * limit.bound;
    // Rounded away from what would hold: one error too many stays one too many.
    let exact = wrong * MILLION;
    let actual = if limit.side == Side::Below { exact / reached } else { exact.div_ceil(reached) };
    decided(limit, reached, needed, actual, false, beyond)
}

fn requests(limit: &Limit, ops: &[&OpMeasures], wall: WallMicros) -> LimitResult {
    let sent: u64 = ops.iter().map(|op| op.attempts - op.lapsed(NoAnswer::Unreachable)).sum();
    let Some(wall_us) = wall.filter(|us| *us > 0) else {
        return LimitResult::undecided(limit, sent, "requests per second are measured only on live runs".to_owned());
    };
    let actual = u128::from(sent) * 1_000 * u128::from(MILLION) / u128::from(wall_us);
    decided(limit, sent, 0, u64::try_from(actual).unwrap_or(u64::MAX), false, true)
}

/// Samples of which one at least must be on the wrong side before a limit that allows so many of a million can show it.
pub fn needed(allowed_ppm: u64) -> u64 {
    if allowed_ppm == 0 { SAMPLES_MIN } else { MILLION.div_ceil(allowed_ppm).max(SAMPLES_MIN) }
}

/// `past_mending`: too many are beyond the limit for as many samples as are needed, even if all others were good.
fn decided(limit: &Limit, n: u64, needed: u64, actual: u64, at_least: bool, past_mending: bool) -> LimitResult {
    let given_up = at_least && limit.measure != Measure::Mean;
    let holds = !given_up && limit.side.holds(actual, limit.bound);
    let (verdict, note) = match () {
        () if !holds && (n >= needed || past_mending) => (LimitVerdict::Exceeded, None),
        () if n < needed => {
            let note = format!("too few samples: {n} of at least {needed}");
            (LimitVerdict::Inconclusive, Some(note))
        }
        () => (LimitVerdict::Held, None),
    };
    let room = i64::try_from(limit.bound).unwrap_or(i64::MAX) - i64::try_from(actual).unwrap_or(i64::MAX);
    let margin = if limit.side.is_upper() { room } else { -room };
    // What was given up below the limit would have gone beyond it: by how much, nobody knows.
    let margin = (!(given_up && margin > 0)).then_some(margin);
    let note = note.or_else(|| given_up.then(|| "attempts failed or were given up at this percentile".to_owned()));
    LimitResult {
        verdict,
        actual: Some(actual),
        at_least,
        margin,
        note,
        ..LimitResult::undecided(limit, n, String::new())
    }
}
