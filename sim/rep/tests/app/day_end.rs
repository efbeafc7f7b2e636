//! The end of the day: what was done is read back, and the phone notes what is left undone.

use crate::harness::*;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::names::{RecordingMode, TaskStatus};
use fieldday_history::EventKind;
use fieldday_history::event::Cause;
use fieldday_kernel::time::Zone;
use fieldday_radio::place::Point;
use fieldday_rep::transport::scripted::Reply;

#[test]
fn the_day_is_read_back_past_the_cache() {
    let bench = bench();
    bench.done(|app| async move {
        app.open_shift().await;
        app.start_recording(&"v".into(), Point::default(), RecordingMode::Full).await;
        app.stop_recording(64).await
    });
    bench.run(10_000);
    let before = bench.seen().len();
    bench.done(|app| async move { app.read_back().await });
    let read: Vec<Call> = bench.seen()[before..].iter().map(|seen| (*seen.request).clone()).collect();
    assert_eq!(read[0], Call::ShiftToday { rep_id: "rep_1".into() }, "though it is fresh");
    let Call::ListAppointments(query) = &read[1] else { panic!() };
    assert_eq!(query.date, Some(Zone::utc().date(start())));
    let lists: Vec<_> = read[2..5]
        .iter()
        .map(|call| match call {
            Call::ListTasks(query) => (query.status, query.limit),
            other => panic!("{other:?}"),
        })
        .collect();
    let of = |status| (Some(status), Some(100));
    assert_eq!(lists, [of(TaskStatus::Open), of(TaskStatus::Overdue), of(TaskStatus::Completed)]);
    assert_eq!(read[5..], [Call::GetRecording { session_id: "session_v".into() }]);
    assert!(bench.sent()[before..].iter().all(|sent| sent.cause == Cause::ReadBack));
}

#[test]
fn a_session_that_has_no_id_yet_is_not_read_back() {
    let bench = bench_offline(&[], |settings| settings.start_is_queued = true);
    bench.always(Op::StartRecording, Reply::NoConnection);
    bench.done(|app| async move {
        app.start_recording(&"v".into(), Point::default(), RecordingMode::Full).await;
        app.stop_recording(64).await
    });
    bench.done(|app| async move { app.read_back().await });
    assert!(bench.times(Op::GetRecording).is_empty() && bench.times(Op::ShiftToday).len() == 1);
}

#[test]
fn a_phone_lingers_while_something_waits_and_for_five_minutes_at_most() {
    for (back_after, ends) in [(60_000, 60_250), (900_000, 300_000)] {
        let bench = bench_offline(&[(0, back_after)], |_| {});
        bench.done(|app| async move { app.complete_task(&"a".into()).await });
        let (phone, before) = (bench.phone.clone(), bench.now());
        let done = std::rc::Rc::new(std::cell::Cell::new(None));
        let (told, clock) = (done.clone(), bench.executor.handle());
        bench.executor.handle().spawn(async move {
            phone.linger().await;
            told.set(Some(clock.now()));
        });
        bench.run(400_000);
        let took = done.get().unwrap().since(at(before)).as_millis();
        assert!((ends..ends + 250).contains(&took), "{took}");
        bench.phone.end_day();
        let left = bench.recorded(|what| match what {
            EventKind::DayEnded { queued, uploads, online_for } => Some((*queued, *uploads, online_for.is_some())),
            _ => None,
        });
        assert_eq!(left, [if ends == 300_000 { (1, 0, false) } else { (0, 0, true) }]);
    }
}

#[test]
fn a_phone_seen_from_outside_shows_what_waits_and_no_token() {
    let bench = bench_offline(&[(10_000, 60_000)], |_| {});
    bench.done(|app| async move {
        app.open_shift().await;
        app.start_recording(&"v".into(), Point::default(), RecordingMode::Full).await
    });
    bench.run_to(11_000);
    bench.done(|app| async move { app.complete_task(&"a".into()).await });
    let view = bench.phone.view();
    assert_eq!((view.launch, view.runs, view.online), (1, true, false));
    assert_eq!(view.queue, [(1, Op::CompleteTask, "a".into())]);
    assert_eq!(view.recording.as_deref(), Some("session_v"));
    assert!((48_000..50_000).contains(&view.token_lives.unwrap().as_millis()));
    let cached = |view: fieldday_rep::phone::PhoneView| view.cache.into_iter().map(|(_, _, fresh)| fresh).collect();
    let fresh: Vec<bool> = cached(view);
    assert_eq!(fresh, [true]);
    bench.kill();
    bench.run_to(90_000);
    let view = bench.phone.view();
    assert_eq!((view.runs, view.token_lives, view.online), (false, None, true));
    let fresh: Vec<bool> = cached(view);
    assert_eq!(fresh, [false]);
}
