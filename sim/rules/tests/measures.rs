//! Latencies and what people feel.

mod common;

use common::*;
use fieldday_api::endpoint::Op;
use fieldday_history::event::{NoAnswer, Screen, Source, Trigger, Wire, WireEnd};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::time::Span;
use fieldday_rules::Measures;

fn measured(s: &Stream) -> Measures {
    let mut measures = Measures::new();
    s.events.iter().for_each(|event| measures.on(event));
    measures
}

#[test]
fn answers_count_by_kind_and_a_time_out_stands_at_the_time_waited() {
    let mut s = Stream::new();
    s.call(REP, get(), detail(&visit()));
    let refused = s.send(REP, TAP, get());
    s.fail(&refused, 404);
    let broken = s.send(REP, TAP, get());
    s.fail(&broken, 503);
    let slow = s.send(REP, TAP, get());
    s.wait(Span::millis(9_990)).lapse(&slow, NoAnswer::Timeout);
    s.send(REP, TAP, get());
    s.say(REP, EventKind::Killed);
    let measures = measured(&s);
    let op = measures.op(Op::GetAppointment);
    assert_eq!((op.attempts, op.answered, op.client_errors, op.server_errors), (5, 3, 1, 1));
    assert_eq!((op.lapsed(NoAnswer::Timeout), op.lapsed(NoAnswer::Killed)), (1, 1));
    assert_eq!((op.took.len(), op.at_least, op.beyond_limit, op.judged), (2, 1, 1, 4), "what failed has no latency");
    assert_eq!(op.took.max() / 10_000, 1_000, "the time-out stands at 10 s");
    assert_eq!(op.share_beyond_limit(), Some(0.25));
}

#[test]
fn what_a_person_feels_adds_up_over_a_day() {
    let mut s = Stream::new();
    s.say(REP, EventKind::Network { online: false });
    s.queue(REP, patch(won()));
    s.wait(Span::seconds(60)).say(REP, EventKind::Network { online: true });
    s.wait(Span::seconds(2)).say(REP, EventKind::FlushBegan { trigger: Trigger::NetworkBack, waiting: 1 });
    s.settle(REP, 1);
    s.say(REP, EventKind::Spinner { op: Op::ListTasks, during: Span::seconds(3) });
    s.say(REP, EventKind::StaleShown { screen: Screen::Dashboard, during: Span::seconds(4) });
    s.say(
        REP,
        EventKind::Shown {
            of: None,
            call: None,
            screen: Screen::Dashboard,
            from: Source::Stale,
            age: Span::minutes(6),
        },
    );
    s.call(REP, get(), detail(&visit()));
    s.call(OFFICE, get(), detail(&visit()));
    s.day_ends(REP, 0);
    let felt = measured(&s).felt;
    assert_eq!(felt.rep_days, 1);
    assert_eq!(felt.offline.as_seconds(), 60);
    assert_eq!((felt.queue_length_max, felt.queue_length.max()), (1, 1));
    assert_eq!(felt.drain.max() / 100, 20, "two seconds");
    assert_eq!(felt.spinner[Op::ListTasks.index()], Span::seconds(3));
    assert_eq!(felt.stale[Screen::Dashboard as usize], Span::seconds(4));
    assert_eq!(felt.age.max() / 1_000, 360);
    assert_eq!(felt.calls_by_day.max(), 1, "the office's call is no rep's");
}

#[test]
fn workers_add_up_in_any_order() {
    let (mut one, mut two) = (Stream::new(), Stream::new());
    one.call(REP, get(), detail(&visit())).day_ends(REP, 2);
    two.call(REP, get_list(), list(&[visit()])).day_ends(REP, 1);
    let (mut a, mut b) = (measured(&one), measured(&two));
    let (a_alone, b_alone) = (a.clone(), b.clone());
    a.merge(&b_alone);
    b.merge(&a_alone);
    for m in [&a, &b] {
        assert_eq!((m.felt.rep_days, m.felt.queued_at_end), (2, 3));
        assert_eq!((m.op(Op::GetAppointment).answered, m.op(Op::ListAppointments).took.len()), (1, 1));
    }
}

#[test]
fn the_clocks_of_a_live_run_are_made_when_they_are_needed_and_add_up() {
    let (mut one, mut other) = (Measures::new(), Measures::new());
    assert!(one.op(Op::ClockIn).live.wire.recorded().is_none(), "a simulated run pays nothing for them");
    one.record_wire(Op::ClockIn, Span::millis(10));
    other.record_wire(Op::ClockIn, Span::millis(30));
    other.record_due(Op::ClockIn, Span::seconds(2));
    other.record_felt(Op::ListTasks, Span::ZERO);
    one.merge(&other);
    let live = &one.op(Op::ClockIn).live;
    let wire = live.wire.recorded().unwrap();
    assert_eq!((wire.len(), wire.max() / 1_000), (2, 30));
    assert_eq!(live.due.len(), 1);
    assert!(live.felt.recorded().is_none());
    assert_eq!(one.op(Op::ListTasks).live.felt.min(), 1, "less than a microsecond counts as one");
    assert_eq!(one.op(Op::ClockIn).took.len(), 0, "none of them is the attempt's");
}

#[test]
fn what_opening_a_connection_took_is_measured_of_the_attempts_that_opened_one() {
    let mut measures = Measures::new();
    let event = |what| Event { at: Span::seconds(1), client: 0, what };
    measures.on(&event(EventKind::Began));
    for connect in [Span::ZERO, Span::millis(3), Span::ZERO] {
        let end = WireEnd::Answered { status: 200, bytes: 2, request_id: None };
        let (service, late, lag, deviations) = (Span::millis(10), Span::ZERO, Span::ZERO, Vec::new());
        let wire = Wire { op: Op::ClockIn, call: 0, attempt: 0, end, service, connect, late, lag, deviations };
        measures.on(&event(EventKind::Wire(Box::new(wire))));
    }
    let live = &measures.op(Op::ClockIn).live;
    assert_eq!((live.wire.len(), live.wire.min() / 1_000), (3, 10), "it is part of the time on the wire");
    assert_eq!((live.connect.len(), live.connect.max() / 1_000), (1, 3));
}
