//! The offline queue (§0.4): order, one flush at a time, durable, and out of it only with a final answer.

use crate::harness::*;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::wire::appointments::AppointmentPatch;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, Settlement, Trigger};
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::app::defects::{AppDefect, Defects};
use fieldday_rep::app::settings::Retrying;
use fieldday_rep::transport::scripted::Reply;

fn completes(bench: &Bench, task: &'static str) {
    bench.done(move |app| async move { app.complete_task(&task.into()).await });
}
fn flushes(bench: &Bench) -> Vec<(i64, (Trigger, u32))> {
    bench.happened(|what| match what {
        EventKind::FlushBegan { trigger, waiting } => Some((*trigger, *waiting)),
        _ => None,
    })
}
fn tasks_sent(bench: &Bench) -> Vec<String> {
    bench.seen().iter().filter_map(|seen| seen.request.path_id().map(String::from)).collect()
}

#[test]
fn actions_go_out_in_the_order_in_which_they_were_taken() {
    let bench = bench();
    for task in ["a", "b", "c"] {
        completes(&bench, task);
    }
    bench.run(1_000);
    assert_eq!(tasks_sent(&bench), ["a", "b", "c"]);
    assert_eq!(bench.settled(), [(1, Settlement::Done), (2, Settlement::Done), (3, Settlement::Done)]);
    assert!(bench.queue().is_empty());
}

#[test]
fn an_action_is_sent_once_it_is_durable_and_leaves_the_queue_once_that_is_durable() {
    let bench = bench();
    completes(&bench, "a");
    assert_eq!((bench.now(), bench.queue()), (4, vec![1]), "the store takes 4 ms");
    bench.run_to(104);
    assert_eq!((bench.times(Op::CompleteTask), bench.queue()), (vec![4], vec![1]));
    bench.run_to(108);
    assert!(bench.queue().is_empty());
    let cause = bench.sent()[0].cause;
    assert_eq!(cause, Cause::Queue { action: 1 });
}

#[test]
fn one_flush_runs_at_a_time() {
    let bench = bench();
    completes(&bench, "a");
    completes(&bench, "b");
    bench.run_to(60);
    completes(&bench, "c");
    assert_eq!(tasks_sent(&bench), ["a"], "the second waits for the first one's answer");
    bench.run(1_000);
    let begun = flushes(&bench);
    assert_eq!(begun, [(4, (Trigger::NewAction, 1))]);
    let ended = bench.recorded(|what| match what {
        EventKind::FlushEnded { waiting } => Some(*waiting),
        _ => None,
    });
    assert_eq!(ended, [0]);
    completes(&bench, "d");
    bench.run(1_000);
    assert_eq!(flushes(&bench).len(), 2, "a new action starts a new one");
}

#[test]
fn nothing_is_flushed_while_nothing_waits() {
    let bench = bench();
    bench.run(600_000);
    bench.kill();
    bench.open();
    bench.run(600_000);
    assert_eq!(flushes(&bench), []);
}

#[test]
fn a_second_tap_on_the_same_button_is_not_taken_while_the_first_waits() {
    let bench = bench();
    let twice = [1, 2].map(|_| bench.does(|app| async move { app.complete_task(&"a".into()).await }));
    bench.run_to(50);
    assert!(twice.iter().all(|tap| tap.is_done()));
    completes(&bench, "a");
    assert_eq!(bench.queue(), [1], "not while it waits");
    bench.run(1_000);
    completes(&bench, "a");
    bench.run(1_000);
    assert_eq!(tasks_sent(&bench), ["a", "a"], "but once more when the first is done");
}

#[test]
fn a_queued_action_survives_the_app_and_is_taken_up_when_it_is_opened() {
    let bench = bench_offline(&[(0, 60_000)], |_| {});
    completes(&bench, "a");
    bench.kill();
    bench.run_to(70_000);
    assert_eq!((bench.queue(), bench.ops().len()), (vec![1], 0));
    bench.open();
    bench.run(1_000);
    assert_eq!((bench.settled(), tasks_sent(&bench)), (vec![(1, Settlement::Done)], vec!["a".to_string()]));
    let (at, how) = flushes(&bench).pop().unwrap();
    assert_eq!((at, how), (70_000 + STARTS, (Trigger::AppOpened, 1)));
}

#[test]
fn numbers_go_on_after_the_app_died() {
    let bench = bench_offline(&[(0, 60_000)], |_| {});
    completes(&bench, "a");
    bench.kill();
    completes(&bench, "b");
    assert_eq!(bench.queue(), [1, 2]);
}

#[test]
fn a_failure_of_the_server_leaves_the_action_first_and_all_others_behind_it() {
    let bench = bench();
    bench.always(Op::CompleteTask, fails(503));
    completes(&bench, "a");
    completes(&bench, "b");
    bench.run_to(30_000);
    assert_eq!(tasks_sent(&bench), ["a"; 4], "four attempts at the first, none at the second");
    assert_eq!((bench.settled(), bench.queue()), (vec![], vec![1, 2]));
}

#[test]
fn it_is_tried_again_every_minute_while_there_is_a_network() {
    let bench = bench();
    bench.always(Op::ClockOut, Reply::Silence);
    bench.done(|app| async move { app.clock_out().await });
    bench.run_to(140_000);
    // A write waits 5 s for its answer; the minute counts from then on.
    assert_eq!(bench.times(Op::ClockOut), [4, 65_004, 130_004]);
    let triggers: Vec<_> = flushes(&bench).into_iter().map(|(_, (trigger, _))| trigger).collect();
    assert_eq!(triggers, [Trigger::NewAction, Trigger::Minute, Trigger::Minute]);
    bench.well_again(Op::ClockOut);
    bench.run_to(400_000);
    assert_eq!((bench.times(Op::ClockOut).len(), bench.queue().len()), (4, 0), "and no more once it is done");
}

#[test]
fn a_new_action_sets_off_what_waits_for_the_minute() {
    let bench = bench();
    bench.next(Op::CompleteTask, [Reply::Silence]);
    completes(&bench, "a");
    bench.run_to(20_000);
    completes(&bench, "b");
    bench.run_to(25_000);
    assert_eq!(tasks_sent(&bench), ["a", "a", "b"]);
    bench.run_to(200_000);
    assert_eq!(tasks_sent(&bench).len(), 3);
}

#[test]
fn without_a_network_nothing_is_sent_and_everything_goes_when_it_is_back() {
    let bench = bench_offline(&[(0, 100_000)], |_| {});
    completes(&bench, "a");
    completes(&bench, "b");
    bench.run_to(99_999);
    assert!(bench.sent().is_empty());
    bench.run_to(101_000);
    assert_eq!(tasks_sent(&bench), ["a", "b"]);
    assert_eq!(flushes(&bench).last(), Some(&(100_000, (Trigger::NetworkBack, 2))));
    let network = bench.happened(|what| match what {
        EventKind::Network { online } => Some(*online),
        _ => None,
    });
    assert_eq!(network, [(4, false), (100_000, true)]);
}

#[test]
fn waits_at_a_pace_take_their_part_of_the_minute() {
    let bench = bench_with(|settings| settings.pace.backoff = 4);
    bench.always(Op::ClockOut, Reply::Silence);
    bench.done(|app| async move { app.clock_out().await });
    bench.run_to(21_000);
    assert_eq!(bench.times(Op::ClockOut), [4, 20_004]);
}

#[test]
fn spread_waits_lie_within_twice_the_minute_and_within_one_when_the_network_is_back() {
    let spread = |settings: &mut fieldday_rep::app::settings::Settings| {
        settings.retrying = Retrying { jitter: true, ..Retrying::default() };
    };
    let bench = bench_with(spread);
    bench.always(Op::ClockOut, Reply::Silence);
    bench.done(|app| async move { app.clock_out().await });
    bench.run_to(3_600_000);
    let waits: Vec<i64> = bench.waits(Op::ClockOut).iter().map(|wait| wait - 5_000).collect();
    assert!(waits.len() > 20 && waits.iter().all(|wait| (0..=120_000).contains(wait)), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait < 50_000) && waits.iter().any(|wait| *wait > 70_000), "{waits:?}");
    let mean = waits.iter().sum::<i64>() / waits.len() as i64;
    assert!((40_000..80_000).contains(&mean), "{mean}");

    let bench = bench_offline(&[(0, 100_000)], spread);
    completes(&bench, "a");
    bench.run_to(160_000);
    let began = flushes(&bench).last().unwrap().0;
    assert!((100_001..=160_000).contains(&began), "{began}");
}

#[test]
fn what_is_refused_for_good_leaves_the_queue_and_what_is_behind_it_goes_on() {
    for status in [400, 403, 404, 405, 409, 422, 499] {
        let bench = bench();
        bench.next(Op::CompleteTask, [fails(status)]);
        completes(&bench, "a");
        completes(&bench, "b");
        bench.run(1_000);
        assert_eq!(bench.settled(), [(1, Settlement::Refused { status }), (2, Settlement::Done)]);
        assert_eq!(tasks_sent(&bench), ["a", "b"]);
    }
}

#[test]
fn what_another_try_may_change_stays() {
    for status in [408, 425, 500, 502, 503, 504] {
        let bench = bench();
        bench.always(Op::CompleteTask, fails(status));
        completes(&bench, "a");
        bench.run_to(50_000);
        assert_eq!((bench.settled(), bench.queue()), (vec![], vec![1]), "{status}");
    }
}

#[test]
fn a_page_in_the_place_of_an_answer_settles_nothing() {
    let bench = bench();
    bench.next(Op::CompleteTask, [answers(Answer::Foreign("not json".into()))]);
    completes(&bench, "a");
    bench.run_to(50_000);
    assert_eq!((bench.settled(), bench.queue()), (vec![], vec![1]));
}

#[test]
fn already_done_counts_as_done_and_after_a_clock_in_the_shift_is_read() {
    let bench = bench();
    let already = || Reply::soon(error(400, "Rep is ALREADY clocked in"));
    bench.next(Op::ClockIn, [already()]);
    bench.next(Op::CompleteTask, [already()]);
    bench.done(|app| async move { app.clock_in().await });
    completes(&bench, "a");
    bench.run(1_000);
    assert_eq!(bench.settled(), [(1, Settlement::AlreadyDone), (2, Settlement::AlreadyDone)]);
    assert_eq!(bench.ops(), [Op::ClockIn, Op::ShiftToday, Op::CompleteTask], "the task itself needs no look");
    assert_eq!(bench.requests(Op::ShiftToday), [Call::ShiftToday { rep_id: "rep_1".into() }]);
}

#[test]
fn only_an_error_can_say_that_something_was_done_before() {
    let bench = bench();
    let page = Response { status: 400, ..Response::ok(Answer::Foreign("already".into())) };
    bench.next(Op::ClockIn, [Reply::soon(page)]);
    bench.done(|app| async move { app.clock_in().await });
    bench.run(1_000);
    assert_eq!((bench.settled(), bench.ops()), (vec![(1, Settlement::Refused { status: 400 })], vec![Op::ClockIn]));
}

/// Three ways in which a clocking waits past midnight.
#[test]
fn a_clocking_whose_day_is_over_is_not_sent() {
    let midnight = Time::parse("2026-06-11T00:00:00Z").unwrap();
    let before = |bench: &Bench| midnight.since(bench.executor.handle().now()).as_millis();
    let whatever = Defects::new(&[AppDefect::ClockInWhateverTheDay]);
    for (bare, defects, sent) in [(false, Defects::default(), 1), (true, Defects::default(), 2), (false, whatever, 2)] {
        let from = Time::parse("2026-06-10T23:59:30Z").unwrap();
        let change = |settings: &mut fieldday_rep::app::settings::Settings| {
            settings.bare_clock_in = bare;
            settings.defects = defects;
        };
        let line = fieldday_rep::station::AccessLink::direct(Span::ZERO);
        let bench = Bench::new(change, line, fieldday_kernel::time::Zone::utc(), from);
        bench.next(Op::ClockIn, [Reply::Silence]);
        bench.done(|app| async move { app.clock_in().await });
        assert_eq!(before(&bench), 29_996);
        bench.run(120_000);
        assert_eq!(bench.times(Op::ClockIn).len(), sent);
        let how = if sent == 1 { Settlement::DayOver } else { Settlement::Done };
        assert_eq!((bench.settled(), bench.queue()), (vec![(1, how)], vec![]));
    }
}

#[test]
fn a_task_is_ticked_off_whatever_the_day() {
    let bench = bench_at("2026-06-10T23:59:30Z");
    bench.next(Op::CompleteTask, [Reply::Silence]);
    completes(&bench, "a");
    bench.run(120_000);
    assert_eq!(bench.settled(), [(1, Settlement::Done)]);
}

#[test]
fn a_clocking_is_not_sent_after_midnight_because_its_token_was_long_in_coming() {
    use fieldday_rep::transport::scripted::TokenReply;
    let bench = bench_at("2026-06-10T23:59:55Z");
    let slow = TokenReply::Issued { after: Span::seconds(8), lives: Span::seconds(60) };
    bench.backend.tokens(slow);
    bench.done(|app| async move { app.clock_out().await });
    bench.run(20_000);
    assert_eq!((bench.settled(), bench.ops()), (vec![(1, Settlement::DayOver)], vec![]));

    // Without a token it stays, and is not judged by its day either.
    let bench = bench_at("2026-06-10T23:59:59Z");
    bench.backend.tokens(TokenReply::Silence);
    bench.done(|app| async move { app.clock_out().await });
    bench.run(15_000);
    assert_eq!((bench.settled(), bench.queue()), (vec![], vec![1]));
}

#[test]
fn a_clock_in_says_when_it_was_meant_and_only_one_waits() {
    for bare in [false, true] {
        let bench = bench_offline(&[(0, 10_000)], |settings| settings.bare_clock_in = bare);
        bench.run_to(500);
        bench.done(|app| async move { app.clock_in().await });
        bench.run_to(5_000);
        bench.done(|app| async move { app.clock_in().await });
        assert_eq!(bench.queue(), [1], "two taps mean one clock-in");
        bench.done(|app| async move { app.clock_out().await });
        bench.run_to(20_000);
        let Call::ClockIn { rep_id, body } = &bench.requests(Op::ClockIn)[0] else { panic!() };
        assert_eq!((rep_id.as_str(), body.desired_start_time), ("rep_1", (!bare).then(|| at(500))));
        assert_eq!(bench.requests(Op::ClockOut), [Call::ClockOut { rep_id: "rep_1".into() }]);
        assert_eq!(bench.ops(), [Op::ClockIn, Op::ClockOut]);
    }
}

#[test]
fn what_came_of_a_visit_goes_through_the_queue() {
    let bench = bench_offline(&[(0, 10_000)], |_| {});
    let outcome = AppointmentPatch { notes: Some("Nobody there".into()), ..Default::default() };
    let body = outcome.clone();
    bench.done(move |app| async move { app.set_outcome(&"appt_1".into(), body).await });
    assert_eq!(bench.queue(), [1]);
    bench.run_to(20_000);
    let sent = Call::UpdateAppointment { appointment_id: "appt_1".into(), body: outcome };
    assert_eq!((bench.requests(Op::UpdateAppointment), bench.queue().len()), (vec![sent], 0));
}
