//! Notices a target that stopped answering, so that a run does not go on against nothing.

use fieldday_api::call::{Answer, Response};
use fieldday_api::endpoint::Op;
use fieldday_history::event::WireEnd;
use fieldday_history::outcome::had_its_time;
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::station::InFlight;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Fewer attempts than this say nothing: one slow answer at the end of a quiet hour is no dead target.
const ATTEMPTS_MIN: u64 = 5;

/// How long the target has not answered, and how often it was asked meanwhile. Shared by all workers.
#[derive(Debug, Default)]
pub struct Silence {
    /// When the last answer of the API came, or the run began: microseconds of the protocol's clock.
    since_us: AtomicI64,
    /// Attempts since then that ended without an answer of the API.
    attempts: AtomicU64,
    /// Answers of the API so far.
    answers: AtomicU64,
}

impl Silence {
    /// The run begins: until then nobody was asked.
    pub fn begins(&self, now: Time) {
        self.since_us.store(now.micros(), Ordering::Relaxed);
    }
    /// An attempt ended on the wire.
    pub fn on(&self, now: Time, end: &WireEnd, response: Option<&Response>, service: Span, attempt: &InFlight) {
        // The object store is another server than the API.
        if attempt.op() == Op::PutAudio {
            return;
        }
        let is_page = response.is_some_and(|response| matches!(response.answer, Answer::Foreign(_)));
        let unanswered = match end {
            WireEnd::Answered { .. } => is_page,
            WireEnd::NoConnection { .. } | WireEnd::Broken { .. } => true,
            WireEnd::BrokenOff if !had_its_time(service, attempt.attempt.patience) => return,
            WireEnd::BrokenOff => true,
        };
        if unanswered {
            self.attempts.fetch_add(1, Ordering::Relaxed);
        } else {
            self.since_us.store(now.micros(), Ordering::Relaxed);
            self.attempts.store(0, Ordering::Relaxed);
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
    }
    /// Why the run ends, if the target has been silent for so many seconds; 0 seconds let every run go on.
    pub fn ended_the_run(&self, now: Time, after_s: u32) -> Option<String> {
        let (since_us, attempts) = (self.since_us.load(Ordering::Relaxed), self.attempts.load(Ordering::Relaxed));
        let since = Time::from_micros(since_us);
        if after_s == 0 || attempts < ATTEMPTS_MIN || now.since(since) < Span::seconds(i64::from(after_s)) {
            return None;
        }
        let answers = self.answers.load(Ordering::Relaxed);
        let tail = format!(
            "{attempts} attempts since then got no answer of the API; stopped after {after_s} s (live.dead_after_s)"
        );
        Some(if answers == 0 {
            format!("the target never answered: {tail}")
        } else {
            format!("the target stopped answering at {since}, after {answers} answers: {tail}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_dead_after_the_grace_period_if_it_was_asked_meanwhile() {
        let silence = Silence::default();
        let at = |s: i64| Time::from_micros(s * 1_000_000);
        silence.begins(at(100));
        assert_eq!(silence.ended_the_run(at(500), 30), None, "nobody asked");
        silence.attempts.store(ATTEMPTS_MIN, Ordering::Relaxed);
        assert_eq!(silence.ended_the_run(at(129), 30), None, "within the grace period");
        assert!(silence.ended_the_run(at(130), 30).unwrap().starts_with("the target never answered: 5 attempts"));
        silence.answers.store(1_234, Ordering::Relaxed);
        let why = silence.ended_the_run(at(130), 30).unwrap();
        assert!(why.starts_with("the target stopped answering at 1970-01-01T00:01:40Z, after 1234 answers"), "{why}");
        assert_eq!(silence.ended_the_run(at(900), 0), None, "the scenario lets it go on");
    }
}
