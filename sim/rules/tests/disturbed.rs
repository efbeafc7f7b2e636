//! Planned disturbances, judged by what the wire carried: what may be exceeded meanwhile, and how long until all holds again.

use fieldday_api::endpoint::Op;
use fieldday_kernel::time::Span;
use fieldday_rules::disturbed::{DisturbanceResult, Happened, excuse, judge_all};
use fieldday_rules::limit_result::{LimitResult, LimitVerdict};
use fieldday_rules::limits::judge;
use fieldday_rules::{Carried, Measures, Traffic};
use fieldday_scenario::limits::Limit;

/// Ten requests a second over a minute. From 20 s on the target is stopped for 5 s and then is slow until `slow_until`.
fn traffic(slow_until: i64) -> Traffic {
    let mut traffic = Traffic::new(Span::ZERO, Span::hours(1));
    for n in 0..600_i64 {
        let began_us = n * 100_000;
        let took_us = match began_us / 1_000_000 {
            20..25 => 25_000_000 - began_us,
            second if second >= 25 && second < slow_until => 900_000,
            _ => 20_000,
        };
        traffic.carried.push(Carried { op: Op::ListAppointments, began_us, ended_us: began_us + took_us, good: true });
    }
    traffic
}
fn limits() -> Vec<Limit> {
    vec![Limit::parse("wire p95 < 300 ms").unwrap(), Limit::parse("error rate < 1 %").unwrap()]
}
fn happened(may_break: &[&str]) -> Happened {
    Happened {
        name: "stopped".to_owned(),
        at: Some((Span::seconds(20), Span::seconds(25))),
        began: None,
        ended: None,
        may_break: may_break.iter().map(|text| (*text).to_owned()).collect(),
        holds_again_within: Span::seconds(10),
        trouble: None,
    }
}
fn judged(of: Happened, slow_until: i64) -> DisturbanceResult {
    judge_all(&[of], &limits(), &traffic(slow_until), Span::seconds(60)).remove(0)
}

#[test]
fn a_limit_that_may_be_exceeded_and_holds_again_in_time_is_no_broken_one() {
    let result = judged(happened(&["wire p95 < 300 ms"]), 25);
    assert_eq!((result.verdict, result.held_again_after_us), (LimitVerdict::Held, Some(0)));
    assert_eq!((result.exceeded, result.not_allowed.len()), (vec!["wire p95 < 300 ms".to_owned()], 0));
    let slow = judged(happened(&["wire p95 < 300 ms"]), 31);
    assert_eq!((slow.verdict, slow.held_again_after_us), (LimitVerdict::Held, Some(6_000_000)));
    assert!(slow.words().ends_with("every limit held again 6.00 s after it, of 10 s"), "{}", slow.words());
}

#[test]
fn a_limit_that_should_hold_meanwhile_or_again_in_time_is_broken() {
    let not_allowed = judged(happened(&[]), 25);
    assert_eq!(not_allowed.verdict, LimitVerdict::Exceeded);
    assert_eq!(not_allowed.not_allowed, ["wire p95 < 300 ms"]);
    let late = judged(happened(&["wire p95 < 300 ms"]), 40);
    assert_eq!((late.verdict, late.held_again_after_us), (LimitVerdict::Exceeded, Some(15_000_000)));
    let never = judged(happened(&["wire p95 < 300 ms"]), 60);
    assert_eq!((never.verdict, never.held_again_after_us), (LimitVerdict::Exceeded, None));
    assert!(never.words().ends_with("not every limit held again within 10 s"), "{}", never.words());
}

#[test]
fn what_is_not_known_is_inconclusive_with_the_reason() {
    let failed = Happened { trouble: Some("`run` failed".to_owned()), ..happened(&["wire p95 < 300 ms"]) };
    let failed = judged(failed, 25);
    assert_eq!((failed.verdict, failed.note.as_deref()), (LimitVerdict::Inconclusive, Some("`run` failed")));
    // The run ends 8 s after it, still slow: there were 10 s to hold again.
    let ends = Span::seconds(33);
    let cut = judge_all(&[happened(&["wire p95 < 300 ms"])], &limits(), &traffic(60), ends).remove(0);
    assert_eq!(cut.verdict, LimitVerdict::Inconclusive);
    assert!(cut.note.unwrap().contains("the run ended before"));
    let never_came = Happened { at: None, trouble: Some("the run ended".to_owned()), ..happened(&[]) };
    assert_eq!(judged(never_came, 25).verdict, LimitVerdict::Inconclusive);
}

#[test]
fn a_limit_of_the_run_is_excused_if_it_was_exceeded_only_while_it_might_be() {
    let limits = limits();
    let exceeded = |limit: &Limit| LimitResult {
        verdict: LimitVerdict::Exceeded,
        ..judge(limit, &Measures::default(), Some(60_000_000))
    };
    let after = |may_break: &[&str], slow_until| {
        let mut results = vec![exceeded(&limits[0])];
        excuse(&mut results, &[happened(may_break)], &limits, &traffic(slow_until));
        results[0].verdict
    };
    assert_eq!(after(&["wire p95 < 300 ms"], 31), LimitVerdict::Held);
    assert_eq!(after(&[], 31), LimitVerdict::Exceeded, "it might not be");
    assert_eq!(after(&["wire p95 < 300 ms"], 50), LimitVerdict::Exceeded, "it was for longer than it might");
}
