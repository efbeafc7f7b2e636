//! Screens and the cache (§0.4): fresh without a call, old data while it refreshes, pages of 50.

use crate::harness::*;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::names::TaskStatus;
use fieldday_api::wire::Page;
use fieldday_history::EventKind;
use fieldday_history::event::Source;
use fieldday_kernel::time::Zone;
use fieldday_rep::transport::scripted::Reply;

fn shown(bench: &Bench) -> Vec<(Source, i64)> {
    bench.recorded(|what| match what {
        EventKind::Shown { from, age, .. } => Some((*from, age.as_millis())),
        _ => None,
    })
}
fn shift(bench: &Bench) -> bool {
    bench.done(|app| async move { app.open_shift().await }).is_some()
}

#[test]
fn what_is_fresh_is_shown_without_a_call_and_what_is_not_is_read_again() {
    let date = Zone::utc().date(start()).plus_days(-1);
    type Opens = fn(&Bench);
    let lifetimes: [(Op, i64, Opens); 4] = [
        (Op::ListAppointments, 300, |bench| drop(bench.done(|app| async move { app.todays_appointments().await }))),
        (Op::ListTasks, 3_600, |bench| drop(bench.done(|app| async move { app.open_completed_tasks(0).await }))),
        (Op::ShiftToday, 60, |bench| assert!(shift(bench))),
        (Op::GetThread, 900, |bench| drop(bench.done(|app| async move { app.open_thread(&"c".into(), 0).await }))),
    ];
    for (op, seconds, open) in lifetimes {
        let bench = bench();
        open(&bench);
        bench.run_to(100 + seconds * 1_000 - 1);
        open(&bench);
        assert_eq!(bench.times(op).len(), 1, "{op:?}");
        bench.run_to(100 + seconds * 1_000);
        open(&bench);
        assert_eq!(bench.times(op).len(), 2, "{op:?}");
        let age = seconds * 1_000;
        let expected = [(Source::Network, 0), (Source::Fresh, age - 1), (Source::Stale, age), (Source::Network, 0)];
        assert_eq!(shown(&bench), expected, "{op:?}");
    }
    let bench = bench();
    for after in [0, 86_399_000, 86_401_000] {
        bench.run_to(after);
        bench.done(move |app| async move { app.open_past_appointments(date).await });
    }
    assert_eq!(bench.times(Op::ListAppointments).len(), 2);
    let Call::ListAppointments(query) = &bench.requests(Op::ListAppointments)[0] else { panic!() };
    assert_eq!(query.date, Some(date));
}

#[test]
fn a_read_that_fails_leaves_what_there_was() {
    let bench = bench();
    assert!(shift(&bench));
    bench.run_to(70_000);
    bench.next(Op::ShiftToday, [Reply::Silence]);
    assert!(shift(&bench), "the old one");
    let stale = bench.recorded(|what| match what {
        EventKind::StaleShown { during, .. } => Some(during.as_millis()),
        _ => None,
    });
    assert_eq!((stale, bench.now()), (vec![10_000], 80_000));
    let bench = crate::harness::bench();
    bench.next(Op::ShiftToday, [Reply::Silence]);
    assert!(!shift(&bench));
    assert_eq!(shown(&bench), [(Source::Nothing, 0)]);
}

#[test]
fn what_is_gone_leaves_the_cache_and_the_screen() {
    let bench = bench();
    let open = || bench.done(|app| async move { app.open_appointment(&"appt_1".into()).await }).is_some();
    assert!(open());
    bench.next(Op::GetAppointment, [fails(404)]);
    assert!(!open());
    assert!(bench.events().contains(&EventKind::Evicted { id: "appt_1".into() }));
    assert_eq!(bench.phone.view().cache, []);
}

#[test]
fn lists_load_fifty_at_first_and_fifty_more_with_every_scroll_while_there_is_more() {
    for (total, scrolls, offsets) in [
        (100, 9, vec![None, Some(50)]),
        (101, 9, vec![None, Some(50), Some(100)]),
        (500, 1, vec![None, Some(50)]),
        (50, 1, vec![None]),
    ] {
        let bench = bench();
        bench.always(Op::ListTasks, answers(tasks(total)));
        bench.always(Op::GetThread, answers(thread("c", total)));
        bench.done(move |app| async move { app.open_completed_tasks(scrolls).await });
        bench.done(move |app| async move { app.open_thread(&"c".into(), scrolls).await });
        let pages = |op| {
            let page = |call: Call| match call {
                Call::ListTasks(query) => Page { limit: query.limit, offset: query.offset },
                Call::GetThread { page, .. } => page,
                _ => panic!(),
            };
            bench.requests(op).into_iter().map(page).collect::<Vec<_>>()
        };
        let expected: Vec<_> = offsets.into_iter().map(|offset| Page { limit: Some(50), offset }).collect();
        assert_eq!((pages(Op::ListTasks), pages(Op::GetThread)), (expected.clone(), expected));
    }
}

#[test]
fn the_dashboard_asks_for_both_its_lists_at_once() {
    let bench = bench();
    assert!(bench.done(|app| async move { app.open_dashboard().await }).is_some());
    assert_eq!((bench.times(Op::ListAppointments), bench.times(Op::ListTasks), bench.now()), (vec![0], vec![0], 100));
    let Call::ListAppointments(query) = &bench.requests(Op::ListAppointments)[0] else { panic!() };
    assert_eq!(query.date, Some(Zone::utc().date(start())));
}

#[test]
fn optional_endpoints_are_used_only_where_there_are_some() {
    for there in [false, true] {
        let bench = bench_with(|settings| settings.optional_endpoints = there);
        assert_eq!(bench.done(|app| async move { app.open_feeds().await }).is_some(), there);
        bench.done(|app| async move { app.ask_otto().await });
        let post = || fieldday_api::wire::extras::WinPost {
            appointment_id: "appt_1".into(),
            message: "Won".into(),
            deal_size: None,
        };
        bench.next(Op::PostWin, [fails(500)]);
        bench.done(move |app| async move { app.post_win(post()).await });
        let expected = if there { vec![Op::ListWins, Op::RagQuery, Op::PostWin] } else { vec![] };
        assert_eq!(bench.ops(), expected, "and a win is not posted twice");
    }
}

#[test]
fn ages_at_a_pace_count_that_much_more() {
    let bench = bench_with(|settings| settings.pace.cache = 60);
    for after in [0, 1_000, 1_101] {
        bench.run_to(after);
        shift(&bench);
    }
    assert_eq!(bench.times(Op::ShiftToday).len(), 2);
}

#[test]
fn each_list_of_tasks_asks_for_its_own_status() {
    let bench = bench();
    bench.done(|app| async move {
        app.open_tasks().await;
        app.overdue_tasks().await;
        app.open_completed_tasks(0).await
    });
    let status = |call: Call| match call {
        Call::ListTasks(query) => query.status,
        _ => None,
    };
    let asked: Vec<_> = bench.requests(Op::ListTasks).into_iter().filter_map(status).collect();
    assert_eq!(asked, [TaskStatus::Open, TaskStatus::Overdue, TaskStatus::Completed]);
}
