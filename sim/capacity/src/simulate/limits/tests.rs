use super::*;
use crate::plant::callers::{one_queue, request, serve};
use fieldday_api::call::{Answer, Call, Response};
use fieldday_engine::transport::plant::PlantRequest;
use fieldday_history::event::{Cause, CredentialKind, NoAnswer, Sent};
use fieldday_history::{Event, EventKind, OutcomeTracker};
use fieldday_scenario::plant::{Law, RateLimit, Service};
use std::sync::Arc;

const LENGTH: Span = Span::minutes(10);
const SERVICE_MS: i64 = 50;

/// Requests to read, one each so many milliseconds, for so long from the beginning of an interval on.
fn steadily(every_ms: i64, from: Span, length: Span, before: &mut Vec<PlantRequest>) {
    for number in 0..length.as_micros() / 1_000 / every_ms {
        let at = Time::default() + from + Span::millis(number * every_ms);
        before.push(request(Op::ListTasks, before.len() as u32, at));
    }
}
/// The ledger of a plant that takes 50 ms for each, with so many workers.
fn ledger(workers: u32, requests: &[PlantRequest], limit: Option<RateLimit>) -> Ledger {
    let law = Law::Constant { us: SERVICE_MS as u64 * 1_000 };
    let service =
        Service { reads: Some(law.clone()), writes: Some(law.clone()), health: Some(law), ..Service::default() };
    let mut spec = one_queue(workers, Some(service));
    spec.rate_limit = limit;
    serve(&spec, requests, LENGTH).unwrap().0
}
fn hold() -> Hold {
    Hold { p95_ms: Some(80), ..Hold::default() }
}
/// What limits come to over what a plant measured, without a client's attempt.
fn over(hold: &Hold, own: &[Limit], ledger: &Ledger) -> (Vec<Broken>, Vec<LimitOutcome>) {
    judged(hold, own, &Measured { server: ledger, attempts: &Measures::new(), during: LENGTH })
}
/// What a limit of the scenario comes to, its figure, and why.
fn own(text: &str, ledger: &Ledger) -> (LimitVerdict, Option<u64>, String) {
    let limits = [Limit::parse(text).unwrap()];
    let (_, found) = over(&hold(), &limits, ledger);
    let result = found.last().unwrap().result.clone();
    assert_eq!(result.text, text);
    (result.verdict, result.actual, result.note.unwrap_or_default())
}
fn of_plant<'a>(key: &str, limits: &'a [LimitOutcome]) -> &'a LimitOutcome {
    limits.iter().find(|limit| limit.result.text == key).unwrap()
}

#[test]
fn a_limit_of_the_plant_is_judged_in_each_interval_and_says_where_it_is_worst() {
    let mut requests = Vec::new();
    // One worker of 50 ms has time for a request each 100 ms, and none for one each 25 ms.
    steadily(100, Span::ZERO, Span::minutes(5), &mut requests);
    steadily(25, Span::minutes(5), Span::seconds(8), &mut requests);
    let ledger = ledger(1, &requests, None);
    let (broken, limits) = over(&hold(), &[], &ledger);
    let p95 = of_plant(P95, &limits);
    assert_eq!((p95.result.verdict, p95.exceeded_bins), (LimitVerdict::Exceeded, Some(1)));
    assert_eq!((p95.worst_at, p95.op), (Some(Time::default() + Span::minutes(5)), Some(Op::ListTasks)));
    // The last of 320 requests waits for 8 s, which is less than the specification allows.
    assert!((7_000_000..8_100_000).contains(&p95.result.actual.unwrap()), "{:?}", p95.result);
    let first = &broken[0];
    assert_eq!((first.limit.as_str(), first.at, first.bins), (P95, Time::default() + Span::minutes(5), 1));
    for key in ["plant.hold.refused_ppm", "plant.hold.late_ppm"] {
        let limit = of_plant(key, &limits);
        assert_eq!((limit.result.verdict, limit.result.actual), (LimitVerdict::Held, Some(0)), "{key}");
    }
}

#[test]
fn one_refused_request_of_few_exceeds_no_limit_of_one_in_a_thousand_and_two_do() {
    let refused = |requests: u32, burst: u32| {
        let mut all = Vec::new();
        steadily(500, Span::seconds(1), Span::millis(500 * i64::from(requests)), &mut all);
        let more: Vec<PlantRequest> =
            (0..burst).map(|n| request(Op::ListTasks, requests + n, Time::default() + Span::millis(1_001))).collect();
        all.extend(more);
        // One request at a time, and one a second after that.
        let limit = RateLimit { per_second: 2, burst: 1, retry_after_s: 1 };
        let ledger = ledger(8, &all, Some(limit));
        let limits = over(&Hold::default(), &[], &ledger).1;
        let result = of_plant("plant.hold.refused_ppm", &limits).result.clone();
        (ledger.bins[0].tally.rate_limited, result.verdict, result.note)
    };
    let (rate_limited, verdict, note) = refused(95, 1);
    assert_eq!((rate_limited, verdict), (1, LimitVerdict::Held));
    assert_eq!(note.as_deref(), Some("of 96 requests, too few to exceed a limit of 0.1 %"));
    assert_eq!(refused(95, 2), (2, LimitVerdict::Exceeded, None));
}

#[test]
fn one_refused_request_in_each_of_two_intervals_exceeds_it_over_the_whole_time() {
    let mut all = Vec::new();
    for interval in 0..2 {
        let from = Span::minutes(5 * interval);
        steadily(500, from, Span::seconds(50), &mut all);
        // Beside the one before it: a second at once.
        all.push(request(Op::ListTasks, all.len() as u32, Time::default() + from + Span::millis(10_001)));
    }
    let ledger = ledger(8, &all, Some(RateLimit { per_second: 2, burst: 1, retry_after_s: 1 }));
    let (broken, limits) = over(&Hold::default(), &[], &ledger);
    let refused = of_plant("plant.hold.refused_ppm", &limits);
    assert_eq!((refused.result.verdict, refused.exceeded_bins), (LimitVerdict::Exceeded, Some(0)));
    let note = "2 of 202 requests over the whole time; each interval alone has too few";
    assert_eq!((refused.result.note.as_deref(), broken.len()), (Some(note), 0));
}

#[test]
fn limits_of_the_scenario_are_judged_over_the_time_in_the_server_and_what_became_of_requests() {
    let mut requests = Vec::new();
    steadily(100, Span::ZERO, LENGTH - Span::seconds(1), &mut requests);
    let served = ledger(1, &requests, None);
    assert_eq!(own("wire p95 < 60 ms", &served).0, LimitVerdict::Held);
    let (verdict, actual, _) = own("wire p95 < 40 ms for reads", &served);
    // A histogram of three digits.
    assert!(verdict == LimitVerdict::Exceeded && actual.unwrap().abs_diff(50_000) < 100, "{verdict:?} {actual:?}");
    assert_eq!(own("error rate < 1 %", &served), (LimitVerdict::Held, Some(0), String::new()));
    // Every second request is refused, and counts as slower than any limit.
    let refused = ledger(1, &requests, Some(RateLimit { per_second: 5, burst: 1, retry_after_s: 1 }));
    let (verdict, actual, _) = own("error rate < 1 %", &refused);
    assert!(verdict == LimitVerdict::Exceeded && actual.unwrap().abs_diff(500_000) < 20_000, "{verdict:?} {actual:?}");
    assert_eq!(own("wire p95 < 60 ms", &refused).0, LimitVerdict::Exceeded);
    assert_eq!(own("wire p99.99 < 60 ms", &served).0, LimitVerdict::Inconclusive, "6,000 samples are too few");
}

#[test]
fn what_a_simulation_cannot_tell_is_undecided_with_the_reason() {
    let mut requests = Vec::new();
    steadily(100, Span::ZERO, LENGTH, &mut requests);
    let ledger = ledger(1, &requests, None);
    let cases = [("growth < 5 %", "a live run measures growth"), ("requests > 1 /s", "the number of reps decides")];
    for (text, why) in cases {
        let (verdict, actual, note) = own(text, &ledger);
        assert_eq!((verdict, actual), (LimitVerdict::Inconclusive, None), "{text}");
        assert!(note.contains(why), "{text}: {note}");
    }
}

/// What clients measured who sent so many reads, one a second: each was answered after so many milliseconds, or timed out.
fn attempts(took_ms: &[Option<i64>]) -> Measures {
    let (mut measures, mut tracker) = (Measures::new(), OutcomeTracker::default());
    for (call, took_ms) in (0..).zip(took_ms) {
        let (at, patience) = (Span::seconds(call.into()), Span::seconds(10));
        let request = Arc::new(Call::Health);
        let (cause, bearer) = (Cause::Tap, CredentialKind::Own);
        let sent = Sent { call, attempt: 0, cause, bearer, patience, request };
        let end = match took_ms {
            Some(ms) => EventKind::Answered {
                call,
                attempt: 0,
                response: Arc::new(Response::ok(Answer::Stored)),
                took: Span::millis(*ms),
            },
            None => EventKind::Unanswered { call, attempt: 0, why: NoAnswer::Timeout, took: patience },
        };
        for what in [EventKind::Sent(sent), end] {
            measures.attempts_on(&Event { at, client: 0, what }, &mut tracker);
        }
    }
    measures
}

#[test]
fn limits_of_the_clients_clocks_are_judged_by_their_attempts_as_a_virtual_run_does() {
    let mut requests = Vec::new();
    steadily(100, Span::ZERO, LENGTH, &mut requests);
    // The server takes 50 ms; half of the clients wait for half a second.
    let ledger = ledger(1, &requests, None);
    let slow: Vec<Option<i64>> = (0..100).map(|n| Some(if n % 2 == 0 { 500 } else { 60 })).collect();
    let slow = attempts(&slow);
    let judged_over = |text: &str, attempts: &Measures| {
        let limits = [Limit::parse(text).unwrap()];
        let (_, found) = judged(&hold(), &limits, &Measured { server: &ledger, attempts, during: LENGTH });
        found.last().unwrap().result.clone()
    };
    for (text, verdict) in [
        ("wire p95 < 100 ms", LimitVerdict::Held),
        ("p95 < 600 ms", LimitVerdict::Held),
        ("p95 < 100 ms", LimitVerdict::Exceeded),
        ("due p95 < 100 ms", LimitVerdict::Exceeded),
        ("felt p95 < 600 ms", LimitVerdict::Held),
        ("mean < 300 ms", LimitVerdict::Held),
        ("p99.9 < 600 ms", LimitVerdict::Inconclusive),
    ] {
        assert_eq!(judged_over(text, &slow).verdict, verdict, "{text}");
        if !text.starts_with("wire") {
            let of_run = judge(&Limit::parse(text).unwrap(), &slow, None);
            assert_eq!(judged_over(text, &slow), of_run, "{text}: as a run judges it");
        }
    }
    // One of ten is given up after ten seconds.
    let lossy: Vec<Option<i64>> = (0..100).map(|n| (n % 10 != 0).then_some(60)).collect();
    let given_up = judged_over("p95 < 1 s", &attempts(&lossy));
    assert_eq!((given_up.verdict, given_up.at_least), (LimitVerdict::Exceeded, true));
    assert!(given_up.actual.unwrap().abs_diff(10_000_000) < 10_000, "{given_up:?}");
}
