//! Latencies and failures of one endpoint.

use super::LazyHistogram;
use crate::failing::Tries;
use fieldday_api::call::{Answer, Response};
use fieldday_api::defaults::LONGEST_US;
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_history::event::NoAnswer;
use fieldday_history::{End, OutcomeClass};
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};

/// What was measured of one endpoint, attempt by attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpMeasures {
    /// The number of attempts sent, retries included.
    pub attempts: u64,
    /// The number of attempts that were answered, whatever the status.
    pub answered: u64,
    /// Answers with a status of 4xx.
    pub client_errors: u64,
    /// Answers with a status of 5xx.
    pub server_errors: u64,
    /// Answers that are no answers of the API's.
    pub foreign: u64,
    /// How attempts ended, in the order of [`OutcomeClass::ALL`].
    pub outcomes: [u64; OutcomeClass::ALL.len()],
    /// Attempts without an answer, as their clients saw it: timed out, unreachable, broken, cancelled, killed.
    pub unanswered: [u64; 5],
    /// Attempts that took longer than their class allows, answered or timed out.
    pub beyond_limit: u64,
    /// Attempts that were answered, with whatever, or timed out: those that could be beyond the limit.
    pub judged: u64,
    /// What came of it for those who had a right to an answer: all but intruders.
    pub tries: Tries,
    /// How long attempts took that were answered with success, in microseconds from 1 µs to 1 h. Those that timed out stand at
    /// the time waited, as "at least": [`OpMeasures::at_least`] says how many. Other failures are not in it.
    pub took: LazyHistogram,
    /// Entries of `took` that are lower bounds.
    pub at_least: u64,
    /// How long calls took by the clocks that only a live run has.
    pub live: LiveClocks,
}

/// How long calls took by the clocks that only a live run has, in microseconds from 1 µs to 1 h.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LiveClocks {
    /// The wire latency, in microseconds: the time that the target itself took.
    pub wire: LazyHistogram,
    /// How much of that it took to open a connection, of the attempts that had to.
    pub connect: LazyHistogram,
    /// The due latency, in microseconds: from the time at which the plan had the attempt.
    pub due: LazyHistogram,
    /// The felt latency, in microseconds: queue, link and repeats included.
    pub felt: LazyHistogram,
    /// Calls that a person wanted and that failed for good.
    pub felt_failed: u64,
}

impl LiveClocks {
    fn new() -> LiveClocks {
        let clock = || LazyHistogram::new(LONGEST_US);
        LiveClocks { wire: clock(), connect: clock(), due: clock(), felt: clock(), felt_failed: 0 }
    }
    fn merge(&mut self, other: &LiveClocks) {
        self.wire.merge(&other.wire);
        self.connect.merge(&other.connect);
        self.due.merge(&other.due);
        self.felt.merge(&other.felt);
        self.felt_failed += other.felt_failed;
    }
}

/// Adds a time to a histogram of microseconds.
pub(super) fn record(histogram: &mut LazyHistogram, took: Span) {
    histogram.record(took.as_micros().max(1) as u64);
}

impl OpMeasures {
    pub(crate) fn new() -> OpMeasures {
        OpMeasures {
            attempts: 0,
            answered: 0,
            client_errors: 0,
            server_errors: 0,
            foreign: 0,
            outcomes: [0; OutcomeClass::ALL.len()],
            unanswered: [0; 5],
            beyond_limit: 0,
            judged: 0,
            tries: Tries::default(),
            took: LazyHistogram::new(LONGEST_US),
            at_least: 0,
            live: LiveClocks::new(),
        }
    }
    /// Attempts without an answer for this reason.
    pub fn lapsed(&self, why: NoAnswer) -> u64 {
        self.unanswered[why as usize]
    }
    /// The number of attempts that ended in this class.
    pub fn outcome(&self, class: OutcomeClass) -> u64 {
        self.outcomes[class as usize]
    }
    /// Attempts that the target is answerable for, and that have ended.
    pub fn reached(&self) -> u64 {
        self.sum_of(OutcomeClass::is_the_targets)
    }
    /// Those of them that were not answered as expected: what every document calls errors.
    pub fn errors(&self) -> u64 {
        self.sum_of(OutcomeClass::is_error)
    }
    fn sum_of(&self, of: impl Fn(OutcomeClass) -> bool) -> u64 {
        OutcomeClass::ALL.iter().filter(|class| of(**class)).map(|class| self.outcome(*class)).sum()
    }
    /// The share of attempts beyond the limit, of those that were answered or timed out; none if there were none.
    pub fn share_beyond_limit(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.beyond_limit as f64 / self.judged as f64)
    }
    /// An attempt has ended for its client.
    pub(super) fn attempt_ended(&mut self, op: Op, end: End<'_>, took: Span) {
        match end {
            End::Answered(response) => self.answered(op, response, took),
            End::Unanswered(why) => self.unanswered(op, why, took),
        }
    }
    fn answered(&mut self, op: Op, response: &Response, took: Span) {
        self.answered += 1;
        match response.status {
            _ if matches!(response.answer, Answer::Foreign(_)) => self.foreign += 1,
            400..500 => self.client_errors += 1,
            500.. => self.server_errors += 1,
            _ => {}
        }
        self.beyond_limit += u64::from(is_beyond(op, took, false));
        self.judged += 1;
        if response.is_success() {
            record(&mut self.took, took);
        }
    }
    pub(super) fn ended(&mut self, class: OutcomeClass) {
        self.outcomes[class as usize] += 1;
    }
    fn unanswered(&mut self, op: Op, why: NoAnswer, took: Span) {
        self.unanswered[why as usize] += 1;
        if why == NoAnswer::Timeout {
            self.beyond_limit += u64::from(is_beyond(op, took, true));
            self.judged += 1;
            self.at_least += 1;
            record(&mut self.took, took);
        }
    }
    /// An attempt of an app that died, of which nothing else was told.
    pub(super) fn killed(&mut self) {
        self.unanswered[NoAnswer::Killed as usize] += 1;
    }
    pub(super) fn merge(&mut self, other: &OpMeasures) {
        self.attempts += other.attempts;
        self.answered += other.answered;
        self.client_errors += other.client_errors;
        self.server_errors += other.server_errors;
        self.foreign += other.foreign;
        for (mine, theirs) in self.unanswered.iter_mut().zip(other.unanswered) {
            *mine += theirs;
        }
        for (mine, theirs) in self.outcomes.iter_mut().zip(other.outcomes) {
            *mine += theirs;
        }
        self.beyond_limit += other.beyond_limit;
        self.judged += other.judged;
        self.at_least += other.at_least;
        self.tries.merge(other.tries);
        self.took.merge(&other.took);
        self.live.merge(&other.live);
    }
}

/// A time-out at the limit is beyond it: the answer would have come later, or never.
fn is_beyond(op: Op, took: Span, timed_out: bool) -> bool {
    let class = op.endpoint().class;
    class != TimeoutClass::Transfer && (took > class.limit() || (timed_out && took == class.limit()))
}
