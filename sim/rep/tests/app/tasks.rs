//! Creating tasks: needs the network, and is never repeated without the person's yes (§0.2).

use crate::harness::*;
use fieldday_api::endpoint::Op;
use fieldday_history::EventKind;
use fieldday_rep::app::Created;
use fieldday_rep::transport::scripted::Reply;

fn creates(bench: &Bench, what: &'static str, yes: bool) -> Created {
    bench.done(move |app| async move { app.create_task(new_task(what), || yes).await })
}
fn asked(bench: &Bench) -> Vec<(u32, bool)> {
    bench.recorded(|what| match what {
        EventKind::AskedToRetry { call, yes } => Some((*call, *yes)),
        _ => None,
    })
}

#[test]
fn a_task_of_unknown_end_is_not_sent_again_without_a_yes() {
    for doubtful in [fails(500), Reply::Silence, Reply::Breaks(fieldday_kernel::time::Span::millis(50))] {
        let bench = bench();
        bench.next(Op::CreateTask, [doubtful.clone()]);
        assert_eq!(creates(&bench, "a", false), Created::LeftInDoubt);
        bench.run(600_000);
        assert_eq!((bench.times(Op::CreateTask).len(), asked(&bench)), (1, vec![(1, false)]));
        // The same task again is no less a repeat, and another is none.
        assert_eq!(creates(&bench, "b", false), Created::Done);
        let bench = crate::harness::bench();
        bench.next(Op::CreateTask, [doubtful]);
        assert_eq!(creates(&bench, "a", true), Created::Done);
        assert_eq!((bench.times(Op::CreateTask).len(), asked(&bench)), (2, vec![(1, true)]));
        assert_eq!(creates(&bench, "a", false), Created::Done, "nothing is in doubt any more");
    }
}

#[test]
fn a_task_left_in_doubt_is_asked_about_again_even_by_an_app_that_died_meanwhile() {
    let bench = bench();
    bench.next(Op::CreateTask, [Reply::Silence]);
    bench.does(|app| async move { app.create_task(new_task("a"), || true).await });
    bench.run(1_000);
    bench.kill();
    assert_eq!(creates(&bench, "a", false), Created::LeftInDoubt);
    assert_eq!((bench.times(Op::CreateTask).len(), asked(&bench)), (1, vec![(1, false)]));
}

#[test]
fn a_refusal_ends_it_and_no_network_is_no_doubt() {
    let bench = bench();
    bench.next(Op::CreateTask, [fails(400)]);
    assert_eq!(creates(&bench, "a", true), Created::Refused);
    assert_eq!(creates(&bench, "a", false), Created::Done);
    assert!(asked(&bench).is_empty());
    let bench = bench_offline(&[(0, 10_000)], |_| {});
    assert_eq!(creates(&bench, "a", true), Created::NeedsNetwork);
    assert!(bench.queue().is_empty() && bench.sent().is_empty());
    bench.next(Op::CreateTask, [Reply::NoConnection]);
    bench.run_to(20_000);
    assert_eq!(creates(&bench, "a", true), Created::NeedsNetwork);
    assert!(asked(&bench).is_empty());
}

#[test]
fn a_second_tap_does_nothing_while_the_first_is_under_way() {
    let bench = bench();
    let first = bench.does(|app| async move { app.create_task(new_task("a"), || true).await });
    assert_eq!(creates(&bench, "a", true), Created::Ignored);
    bench.run(1_000);
    assert_eq!((first.came_to(), bench.times(Op::CreateTask).len()), (Some(Created::Done), 1));
}
