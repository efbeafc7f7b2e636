//! What bugs do to the offline queue.

use super::{offline_with, with};
use crate::harness::*;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, CredentialKind, Settlement};
use fieldday_kernel::time::Span;
use fieldday_rep::app::Created;
use fieldday_rep::app::defects::{AppDefect, Defects};
use fieldday_rep::transport::scripted::Reply;

fn completes(bench: &Bench, task: &'static str) {
    bench.done(move |app| async move { app.complete_task(&task.into()).await });
}
fn clocks_out(bench: &Bench) {
    bench.done(|app| async move { app.clock_out().await });
}
/// The tasks that were sent, and when.
fn tasks_sent(bench: &Bench) -> Vec<(i64, String)> {
    bench.seen().iter().filter_map(|seen| Some((ms(seen.at), seen.request.path_id()?.to_string()))).collect()
}
fn sent(tasks: &[(i64, &str)]) -> Vec<(i64, String)> {
    tasks.iter().map(|(at, task)| (*at, task.to_string())).collect()
}
fn flushes(bench: &Bench) -> Vec<i64> {
    bench
        .happened(|what| matches!(what, EventKind::FlushBegan { .. }).then_some(()))
        .into_iter()
        .map(|(at, ())| at)
        .collect()
}
/// Three tasks that wait for the network, which is back after 10 s.
fn three_wait(defect: AppDefect) -> Bench {
    let bench = offline_with(&[(0, 10_000)], defect);
    for task in ["a", "b", "c"] {
        completes(&bench, task);
    }
    bench
}
fn order(bench: &Bench) -> Vec<String> {
    tasks_sent(bench).into_iter().map(|(_, task)| task).collect()
}

#[test]
fn completes_task_directly() {
    let bench = offline_with(&[(10_000, 20_000)], AppDefect::CompletesTaskDirectly);
    completes(&bench, "a");
    assert_eq!(bench.sent()[0].cause, Cause::Tap);
    clocks_out(&bench);
    assert_eq!(bench.queue(), [1], "of all actions, this one alone");
    bench.run_to(11_000);
    completes(&bench, "b");
    assert_eq!(bench.queue(), [2], "and online alone");
}

#[test]
fn task_queued_offline() {
    let bench = offline_with(&[(0, 10_000)], AppDefect::TaskQueuedOffline);
    let created = bench.done(|app| async move { app.create_task(new_task("a"), || true).await });
    assert_eq!((created, bench.queue()), (Created::NeedsNetwork, vec![1]));
}

#[test]
fn same_type_collapsed() {
    let bench = offline_with(&[(0, 10_000)], AppDefect::SameTypeCollapsed);
    completes(&bench, "a");
    clocks_out(&bench);
    completes(&bench, "b");
    assert_eq!(bench.queue(), [2, 3]);
}

#[test]
fn queue_in_memory() {
    let bench = offline_with(&[(0, 10_000)], AppDefect::QueueInMemory);
    completes(&bench, "a");
    bench.kill();
    bench.open();
    assert!(bench.queue().is_empty());
}

#[test]
fn no_resume_after_restart() {
    let bench = offline_with(&[(0, 10_000)], AppDefect::NoResumeAfterRestart);
    completes(&bench, "a");
    bench.kill();
    bench.run_to(20_000);
    bench.open();
    bench.run(600_000);
    assert_eq!((bench.queue(), flushes(&bench)), (vec![1], vec![4]));
}

#[test]
fn flush_only_on_reconnect() {
    let bench = offline_with(&[(200_000, 210_000)], AppDefect::FlushOnlyOnReconnect);
    completes(&bench, "a");
    bench.run_to(199_000);
    assert!(bench.ops().is_empty());
    bench.run_to(205_000);
    completes(&bench, "b");
    bench.run_to(220_000);
    assert_eq!((order(&bench), bench.queue().len()), (vec!["a".into(), "b".into()], 0));
}

#[test]
fn flush_only_on_reconnect_waits_for_no_minute() {
    let bench = offline_with(&[(0, 1_000)], AppDefect::FlushOnlyOnReconnect);
    bench.always(Op::CompleteTask, Reply::Silence);
    completes(&bench, "a");
    bench.run_to(300_000);
    assert_eq!((order(&bench), bench.queue()), (vec!["a".to_string()], vec![1]));
}

#[test]
fn busy_flag_persisted() {
    let bench = with(AppDefect::BusyFlagPersisted);
    completes(&bench, "a");
    bench.run(1_000);
    completes(&bench, "b");
    bench.run_to(1_050);
    assert_eq!(order(&bench), ["a", "b"], "it is taken back when the flush ends");
    bench.kill();
    bench.open();
    completes(&bench, "c");
    bench.run(600_000);
    assert_eq!((order(&bench), bench.queue()), (vec!["a".into(), "b".into()], vec![2, 3]), "it is believed for ever");
}

#[test]
fn double_flush() {
    let bench = with(AppDefect::DoubleFlush);
    completes(&bench, "a");
    completes(&bench, "b");
    bench.run(1_000);
    assert_eq!(flushes(&bench), [154, 158], "the queue is read in 150 ms");
    assert!(order(&bench)[..2] == ["a", "a"]);
    bench.run_to(2_000);
    completes(&bench, "c");
    bench.run_to(2_200);
    completes(&bench, "d");
    bench.run(1_000);
    assert_eq!(flushes(&bench).len(), 3, "none begins while one is noted");
}

#[test]
fn event_resends_in_flight() {
    let bench = with(AppDefect::EventResendsInFlight);
    bench.next(Op::CompleteTask, [Reply::Silence]);
    completes(&bench, "a");
    bench.run_to(1_000);
    completes(&bench, "b");
    assert_eq!(tasks_sent(&bench), sent(&[(4, "a"), (1_004, "a")]));
    // Nothing else does that: here the minute, while the queue is being sent.
    let bench = with(AppDefect::EventResendsInFlight);
    bench.next(Op::CompleteTask, [Reply::Silence]);
    completes(&bench, "a");
    bench.run_to(64_950);
    completes(&bench, "b");
    bench.run_to(70_000);
    assert_eq!(order(&bench), ["a", "a", "b"]);
}

#[test]
fn replay_newest_first() {
    let bench = three_wait(AppDefect::ReplayNewestFirst);
    bench.run_to(20_000);
    assert_eq!((order(&bench), bench.queue().len()), (vec!["c".into(), "b".into(), "a".into()], 0));
}

#[test]
fn replay_in_parallel() {
    let bench = three_wait(AppDefect::ReplayInParallel);
    bench.run_to(20_000);
    let events = bench.events();
    let first_answer = events.iter().position(|what| matches!(what, EventKind::Answered { .. })).unwrap();
    let before = events[..first_answer].iter().filter(|what| matches!(what, EventKind::Sent(_))).count();
    assert_eq!(before, 3, "all that waits, before the first answer");
    let settled: std::collections::BTreeSet<u32> = bench.settled().into_iter().map(|(action, _)| action).collect();
    assert_eq!((settled.len(), bench.queue().len()), (3, 0));
}

#[test]
fn dequeue_before_ack() {
    let bench = with(AppDefect::DequeueBeforeAck);
    bench.always(Op::CompleteTask, fails(503));
    completes(&bench, "a");
    bench.run_to(8);
    assert_eq!((bench.settled(), bench.queue()), (vec![(1, Settlement::Done)], vec![]));
    bench.run_to(60_000);
    assert_eq!(order(&bench), ["a"; 4], "and it is lost");
}

#[test]
fn poison_blocks_head() {
    let bench = with(AppDefect::PoisonBlocksHead);
    bench.next(Op::CompleteTask, [fails(400), Reply::soon(error(499, "already"))]);
    completes(&bench, "a");
    completes(&bench, "b");
    bench.run_to(50_000);
    assert_eq!((bench.settled(), bench.queue()), (vec![], vec![1, 2]));
    bench.run_to(100_000);
    assert_eq!(bench.queue(), [1, 2], "whatever it is refused with");
    bench.run_to(300_000);
    assert!(bench.queue().is_empty());
}

#[test]
fn any_refusal_done() {
    for (status, done) in [(399, false), (400, true), (401, true), (429, true), (499, true), (500, false)] {
        let bench = with(AppDefect::AnyRefusalDone);
        bench.always(Op::CompleteTask, fails(status));
        completes(&bench, "a");
        bench.run_to(50_000);
        let settled = if done { vec![(1, Settlement::Done)] } else { vec![] };
        assert_eq!(bench.settled(), settled, "{status}");
    }
}

#[test]
fn portal_taken_for_internet() {
    for (status, done) in [(200, true), (299, true), (300, false), (502, false)] {
        let bench = with(AppDefect::PortalTakenForInternet);
        let page = Response { status, ..Response::ok(Answer::Foreign("not json".into())) };
        bench.always(Op::CompleteTask, Reply::soon(page));
        completes(&bench, "a");
        bench.run_to(50_000);
        assert_eq!(bench.queue().is_empty(), done, "{status}");
    }
    let bench = with(AppDefect::PortalTakenForInternet);
    bench.always(Op::CompleteTask, Reply::soon(Response { status: 204, ..error(204, "no") }));
    completes(&bench, "a");
    bench.run_to(50_000);
    assert_eq!(bench.queue(), [1], "an error is no page");
}

#[test]
fn token_kept_from_enqueue() {
    let bench = offline_with(&[(10_000, 100_000)], AppDefect::TokenKeptFromEnqueue);
    bench.done(|app| async move { app.overdue_tasks().await });
    bench.run_to(20_000);
    clocks_out(&bench);
    completes(&bench, "a");
    bench.run_to(99_999);
    bench.next(Op::CompleteTask, [fails(401)]);
    bench.run_to(101_000);
    let kept: Vec<_> = bench.sent().into_iter().skip(1).map(|sent| sent.bearer).collect();
    assert!(matches!(kept[..], [CredentialKind::Expired { .. }, CredentialKind::Expired { .. }]), "{kept:?}");
    assert_eq!((bench.backend.tokens_asked().len(), bench.queue()), (1, vec![2]), "nor is it replaced when refused");
}

#[test]
fn clock_in_whatever_the_day_is_sent_for_the_wrong_one() {
    let line = fieldday_rep::station::AccessLink::direct(Span::ZERO);
    let from = fieldday_kernel::time::Time::parse("2026-06-10T23:59:30Z").unwrap();
    let defects = Defects::new(&[AppDefect::ClockInWhateverTheDay]);
    let bench = Bench::new(|settings| settings.defects = defects, line, fieldday_kernel::time::Zone::utc(), from);
    bench.next(Op::ClockOut, [Reply::Silence]);
    clocks_out(&bench);
    bench.run(120_000);
    assert_eq!(bench.requests(Op::ClockOut), [1, 2].map(|_| Call::ClockOut { rep_id: "rep_1".into() }));
}
