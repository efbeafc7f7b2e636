//! The session token (§0.1, §0.3): 60 s of life, fetched again within its last 10, one fetch at a time.

use crate::harness::*;
use fieldday_api::endpoint::Op;
use fieldday_history::EventKind;
use fieldday_history::event::RefreshReason;
use fieldday_kernel::time::Span;
use fieldday_rep::transport::scripted::{Reply, TokenReply};

fn reads(bench: &Bench) {
    bench.done(|app| async move { app.overdue_tasks().await });
}
fn slow(after: i64) -> TokenReply {
    TokenReply::Issued { after: Span::millis(after), lives: Span::seconds(60) }
}
fn refreshed(bench: &Bench) -> Vec<RefreshReason> {
    bench.recorded(|what| match what {
        EventKind::TokenRefreshed { why } => Some(*why),
        _ => None,
    })
}

#[test]
fn a_token_is_kept_until_its_last_ten_seconds() {
    let bench = bench();
    reads(&bench);
    bench.run_to(49_999);
    reads(&bench);
    assert_eq!(bench.backend.tokens_asked(), [at(0)]);
    bench.run_to(50_200);
    reads(&bench);
    assert_eq!(bench.backend.tokens_asked(), [at(0), at(50_200)]);
    bench.run_to(100_200);
    reads(&bench);
    assert_eq!(bench.backend.tokens_asked().len(), 3, "with exactly ten seconds left");
    assert_eq!(refreshed(&bench), [RefreshReason::First, RefreshReason::Expiring, RefreshReason::Expiring]);
}

#[test]
fn all_who_want_a_token_wait_for_one_fetch() {
    let bench = bench();
    bench.backend.tokens(slow(500));
    let both = [1, 2, 3].map(|_| bench.does(|app| async move { app.overdue_tasks().await }));
    bench.run_to(499);
    assert!(bench.ops().is_empty());
    bench.run_to(600);
    assert!(both.iter().all(|read| read.came_to().flatten().is_some()));
    assert_eq!((bench.backend.tokens_asked().len(), bench.times(Op::ListTasks)), (1, vec![500; 3]));
}

#[test]
fn without_a_token_nothing_is_sent() {
    let bench = bench();
    bench.backend.tokens(TokenReply::Refused);
    reads(&bench);
    assert!(bench.ops().is_empty());
    assert!(bench.events().contains(&EventKind::TokenUnavailable));
}

#[test]
fn the_identity_provider_is_waited_for_ten_seconds() {
    for (after, sent) in [(10_000, vec![10_000]), (10_001, vec![])] {
        let bench = bench();
        bench.backend.tokens(slow(after));
        reads(&bench);
        assert_eq!(bench.times(Op::ListTasks), sent);
    }
    let bench = bench();
    bench.backend.tokens(TokenReply::Silence);
    reads(&bench);
    assert_eq!(bench.now(), 10_000);
}

#[test]
fn a_token_that_still_lives_will_do_while_no_other_can_be_had() {
    let bench = bench();
    reads(&bench);
    bench.backend.tokens(TokenReply::Refused);
    bench.run_to(59_999);
    reads(&bench);
    assert_eq!(bench.times(Op::ListTasks).len(), 2);
    bench.run_to(60_000);
    reads(&bench);
    assert_eq!(bench.times(Op::ListTasks).len(), 2, "and no longer");
}

#[test]
fn whoever_waited_for_a_fetch_that_failed_uses_the_token_that_still_lives_or_fetches_one() {
    let bench = bench();
    reads(&bench);
    bench.backend.tokens(TokenReply::Silence);
    bench.run_to(49_000 + 1_000);
    let two = [1, 2].map(|_| bench.does(|app| async move { app.overdue_tasks().await }));
    bench.run_to(59_999);
    assert!(two.iter().all(|read| !read.is_done()));
    // The fetch ends when the token does: it is too late for both.
    bench.backend.tokens(slow(100));
    bench.run_to(60_500);
    assert_eq!(two.iter().filter(|read| read.is_done()).count(), 2);
    assert_eq!(bench.times(Op::ListTasks), [0, 60_100], "one fetched anew, one gave up");
}

#[test]
fn a_refusal_that_another_call_also_met_brings_one_new_token() {
    let bench = bench();
    reads(&bench);
    bench.backend.tokens(slow(300));
    bench.next(Op::ListTasks, [fails(401), fails(401)]);
    let two = [1, 2].map(|_| bench.does(|app| async move { app.overdue_tasks().await }));
    bench.run(2_000);
    assert!(two.iter().all(|read| read.came_to().flatten().is_some()));
    assert_eq!(bench.backend.tokens_asked().len(), 2);
    assert_eq!(refreshed(&bench).last(), Some(&RefreshReason::Refused));
}

#[test]
fn a_token_in_memory_dies_with_the_app() {
    let bench = bench();
    reads(&bench);
    bench.kill();
    reads(&bench);
    assert_eq!(refreshed(&bench), [RefreshReason::First; 2]);
}

#[test]
fn whoever_waited_for_a_fetch_that_failed_uses_the_token_that_still_lives() {
    let bench = bench_with(|settings| settings.refresh_margin = Span::seconds(30));
    reads(&bench);
    bench.backend.tokens(TokenReply::Silence);
    bench.run_to(30_000);
    let two = [1, 2].map(|_| bench.does(|app| async move { app.overdue_tasks().await }));
    bench.run_to(41_000);
    assert!(two.iter().all(|read| read.came_to().flatten().is_some()));
    assert_eq!((bench.times(Op::ListTasks), bench.backend.tokens_asked().len()), (vec![0, 40_000, 40_000], 2));
}

#[test]
fn whoever_waited_for_a_fetch_that_failed_gives_up_where_there_is_no_network() {
    let bench = bench_offline(&[(5_000, 100_000)], |_| {});
    bench.backend.tokens(TokenReply::Silence);
    let two = [1, 2].map(|_| bench.does(|app| async move { app.overdue_tasks().await }));
    bench.run_to(10_000);
    assert!(two.iter().all(|read| read.is_done()));
    assert_eq!((bench.ops().len(), bench.backend.tokens_asked().len()), (0, 1));
}

#[test]
fn a_refusal_after_another_call_brought_a_new_token_uses_that() {
    let bench = bench();
    reads(&bench);
    let late = Reply::After(Span::millis(300), std::sync::Arc::new(error(401, "no")));
    bench.next(Op::ListTasks, [fails(401), late]);
    let two = [1, 2].map(|_| bench.does(|app| async move { app.overdue_tasks().await }));
    bench.run(2_000);
    assert!(two.iter().all(|read| read.came_to().flatten().is_some()));
    assert_eq!(bench.backend.tokens_asked(), [at(0), at(200)], "one for the first refusal, none for the second");
}
