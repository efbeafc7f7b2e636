//! The scenario's limits over measures made by hand.

use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_history::Event;
use fieldday_history::event::{Cause, Client, ClientKind, CredentialKind, EventKind, NoAnswer, Sent};
use fieldday_kernel::time::Span;
use fieldday_rules::Measures;
use fieldday_rules::limit_result::{LimitResult, LimitVerdict};
use fieldday_rules::limits::judge;
use fieldday_scenario::Limit;
use std::sync::Arc;

/// Health checks: the request with the fewest parts.
struct Calls {
    measures: Measures,
    calls: u32,
}

impl Calls {
    fn new() -> Calls {
        let mut calls = Calls { measures: Measures::new(), calls: 0 };
        let client = Client {
            name: "cell-0/tenant-0/rep-00".into(),
            tenant: "t".into(),
            user_id: "u".into(),
            rep_id: None,
            role: fieldday_api::names::Role::SalesRep,
            kind: ClientKind::Phone,
        };
        calls.on(EventKind::Client(Box::new(client)));
        calls
    }
    fn on(&mut self, what: EventKind) {
        self.measures.on(&Event { at: Span::ZERO, client: 0, what });
    }
    fn send(&mut self) -> u32 {
        self.calls += 1;
        let call = self.calls;
        let (cause, bearer, request) = (Cause::Tap, CredentialKind::None, Arc::new(Call::Health));
        let sent = Sent { call, attempt: 0, cause, bearer, patience: Span::seconds(3), request };
        self.on(EventKind::Sent(sent));
        call
    }
    /// So many calls that were answered in so many milliseconds.
    fn answered(mut self, times: u32, ms: i64) -> Calls {
        for _ in 0..times {
            let call = self.send();
            let response = Arc::new(Response::ok(Answer::Stored));
            self.on(EventKind::Answered { call, attempt: 0, response, took: Span::millis(ms) });
        }
        self
    }
    fn given_up(mut self, times: u32) -> Calls {
        for _ in 0..times {
            let call = self.send();
            self.on(EventKind::Unanswered { call, attempt: 0, why: NoAnswer::Timeout, took: Span::seconds(3) });
        }
        self
    }
    fn judged(&self, limit: &str) -> LimitResult {
        judge(&Limit::parse(limit).unwrap(), &self.measures, None)
    }
    fn verdict(&self, limit: &str) -> LimitVerdict {
        self.judged(limit).verdict
    }
}

use LimitVerdict::{Exceeded, Held, Inconclusive};

#[test]
fn percentiles_hold_or_not_at_the_very_sample_that_decides() {
    let calls = Calls::new().answered(990, 100).answered(10, 900);
    let p99 = calls.judged("p99 < 800 ms for health");
    assert_eq!((p99.verdict, p99.sample_count), (Held, 1_000));
    assert!(p99.margin.is_some_and(|us| (699_000..=700_000).contains(&us)), "{p99:?}");
    let calls = calls.answered(1, 900);
    let p99 = calls.judged("p99 < 800 ms for health");
    assert_eq!(p99.verdict, Exceeded, "11 of 1,001 are more than one of a hundred");
    assert!(p99.margin.is_some_and(|us| us < -99_000), "{p99:?}");
    assert_eq!(calls.verdict("99 % within 800 ms"), Exceeded);
    assert_eq!(calls.verdict("98.9 % within 800 ms"), Held);
    assert_eq!(calls.verdict("max < 1 s"), Held);
    assert_eq!(calls.verdict("max < 900 ms"), Exceeded);
    assert_eq!(calls.verdict("mean < 110 ms"), Held);
    assert_eq!(calls.verdict("mean < 100 ms"), Exceeded);
}

#[test]
fn too_few_samples_are_never_held_and_so_many_late_ones_are_past_mending() {
    let calls = Calls::new().answered(99, 100);
    assert_eq!(calls.verdict("p99 < 800 ms"), Inconclusive);
    assert!(calls.judged("p99 < 800 ms").note.is_some_and(|note| note.contains("99 of at least 100")));
    assert_eq!(calls.verdict("p95 < 800 ms"), Held);
    assert_eq!(calls.verdict("99.9 % within 800 ms"), Inconclusive);
    assert_eq!(calls.answered(1, 100).verdict("p99 < 800 ms"), Held);
    let calls = Calls::new().answered(49, 100).answered(1, 900);
    assert_eq!(calls.verdict("p99 < 800 ms"), Inconclusive, "50 more good ones would mend it");
    assert_eq!(calls.answered(1, 900).verdict("p99 < 800 ms"), Exceeded, "none would mend two of a hundred");
    assert_eq!(Calls::new().verdict("p99 < 800 ms"), Inconclusive);
    assert_eq!(Calls::new().answered(5, 100).verdict("max < 1 s"), Inconclusive);
    assert_eq!(Calls::new().answered(5, 100).verdict("max < 50 ms"), Exceeded);
}

#[test]
fn what_was_given_up_is_longer_than_any_limit_and_an_error() {
    let calls = Calls::new().answered(980, 100).given_up(20);
    let p99 = calls.judged("p99 < 10 s for health");
    assert_eq!((p99.verdict, p99.at_least, p99.margin), (Exceeded, true, None));
    assert!(p99.actual.is_some_and(|us| us.abs_diff(3_000_000) < 3_000), "{p99:?}");
    assert_eq!(calls.verdict("p95 < 200 ms"), Held);
    assert_eq!(calls.verdict("99 % within 5 s"), Exceeded);
    let errors = calls.judged("error rate < 1 %");
    assert_eq!((errors.verdict, errors.actual, errors.margin), (Exceeded, Some(20_000), Some(-10_000)));
    assert_eq!(calls.verdict("error rate <= 2 %"), Held);
    assert_eq!(calls.verdict("error rate < 2 %"), Exceeded);
    assert_eq!(Calls::new().answered(50, 1).verdict("error rate < 1 %"), Inconclusive, "100 at least are needed");
    assert_eq!(Calls::new().given_up(1).verdict("error rate <= 0 %"), Exceeded);
}

#[test]
fn the_clocks_of_a_live_run_are_read_there_and_stood_for_elsewhere() {
    let mut calls = Calls::new().answered(100, 100);
    let felt = calls.judged("felt p95 < 200 ms for health");
    assert_eq!((felt.verdict, felt.clock.as_deref()), (Held, Some("attempt")));
    assert!(felt.note.is_some_and(|note| note.contains("only on live runs")));
    let live = |calls: &Calls, limit: &str| judge(&Limit::parse(limit).unwrap(), &calls.measures, Some(10_000_000));
    assert_eq!(live(&calls, "felt p95 < 200 ms for health").verdict, Inconclusive, "nobody felt anything");
    for _ in 0..100 {
        calls.measures.record_felt(Op::Health, Span::seconds(1));
    }
    let felt = live(&calls, "felt p95 < 200 ms for health");
    assert_eq!((felt.verdict, felt.clock.as_deref(), felt.note), (Exceeded, Some("felt"), None));
    let rate = live(&calls, "requests >= 10 /s");
    assert_eq!((rate.verdict, rate.actual), (Held, Some(10_000)));
    assert_eq!(live(&calls, "requests > 10 /s").verdict, Exceeded);
    assert_eq!(calls.verdict("requests >= 10 /s"), Inconclusive, "a virtual second is no second");
}
