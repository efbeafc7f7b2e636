//! `latency.timeout`: on a live run the wire decides, whoever gave up first.

mod common;

use common::*;
use fieldday_api::call::Answer;
use fieldday_api::endpoint::Op;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_history::event::{EventKind, NoAnswer, Wire, WireEnd};
use fieldday_kernel::time::Span;

fn wire(call: u32, end: WireEnd, service: Span) -> EventKind {
    let (op, attempt, none) = (Op::ListAppointments, 0, Span::ZERO);
    EventKind::Wire(Box::new(Wire {
        op,
        call,
        attempt,
        end,
        service,
        connect: none,
        late: none,
        lag: none,
        deviations: Vec::new(),
    }))
}
fn answered() -> WireEnd {
    WireEnd::Answered { status: 200, bytes: 10, request_id: None }
}

/// A phone gives up after 10 s; what the wire knows of it.
fn given_up(end: WireEnd, service: Span) -> Stream {
    let mut s = Stream::new();
    s.settings.late_samples_min = 1;
    s.say(REP, EventKind::Began);
    let list = s.send(REP, TAP, get_list());
    s.wait(Span::millis(9_980));
    s.lapse(&list, NoAnswer::Timeout);
    s.say(REP, wire(list.call, end, service));
    s
}

#[test]
fn a_phone_that_gave_up_decides_nothing_and_the_wire_does() {
    let seconds = Span::seconds;
    let late = [(answered(), seconds(12)), (WireEnd::BrokenOff, seconds(10))];
    for (end, service) in late {
        let findings = given_up(end.clone(), service).findings();
        assert_eq!(findings.count(Rule::LatencyTimeout).broken, 1, "{end:?} after {service}");
        assert!(findings.shown().any(|case| case.says.contains("within 10.0 s")), "{:?}", findings.late);
    }
    // The simulated network took the rest.
    let findings = given_up(answered(), seconds(9)).findings();
    assert_eq!((findings.part(Part::LateRead).exercised, findings.part(Part::LateRead).broken), (1, 0));
    let findings = given_up(WireEnd::BrokenOff, seconds(9)).findings();
    assert_eq!((findings.part(Part::LateRead).exercised, findings.part(Part::LateRead).inconclusive), (0, 1));
}

#[test]
fn an_answer_that_the_network_made_late_is_in_time() {
    let mut s = Stream::new();
    s.settings.late_samples_min = 1;
    s.say(REP, EventKind::Began);
    let look = s.send(REP, TAP, get_list());
    s.say(REP, wire(look.call, answered(), Span::millis(5)));
    s.wait(Span::seconds(11));
    let Answer::Appointments(empty) = list(&[]) else { unreachable!() };
    s.ok(&look, Answer::Appointments(empty));
    let findings = s.findings();
    assert_eq!((findings.count(Rule::LatencyTimeout).exercised, findings.count(Rule::LatencyTimeout).broken), (1, 0));
}

#[test]
fn without_a_wire_a_phones_time_out_is_inconclusive() {
    let mut s = Stream::new();
    s.settings.late_samples_min = 1;
    let list = s.send(REP, TAP, get_list());
    s.wait(Span::millis(9_980));
    s.lapse(&list, NoAnswer::Timeout);
    let findings = s.findings();
    assert_eq!((findings.part(Part::LateRead).exercised, findings.part(Part::LateRead).inconclusive), (0, 1));
}
