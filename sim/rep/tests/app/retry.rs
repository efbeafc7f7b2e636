//! What is tried again, when and how often (§0.3), and how long an answer is waited for (§0.4).

use crate::harness::*;
use fieldday_api::endpoint::Op;
use fieldday_api::wire::tasks::TaskPatch;
use fieldday_rep::transport::scripted::Reply;

fn updates(bench: &Bench) -> bool {
    bench.done(|app| async move { app.update_task(&"task_1".into(), TaskPatch::default()).await })
}

#[test]
fn after_a_failure_of_the_server_three_retries_follow_after_1_2_and_4_s() {
    for status in [500, 502, 503, 504, 599] {
        let bench = bench();
        bench.always(Op::UpdateTask, fails(status));
        assert!(!updates(&bench));
        assert_eq!(bench.waits(Op::UpdateTask), [1_100, 2_100, 4_100], "each after an answer of 100 ms");
        bench.run(600_000);
        assert_eq!(bench.times(Op::UpdateTask).len(), 4, "and no more");
        let attempts: Vec<_> = bench.seen().iter().map(|seen| (seen.call, seen.attempt)).collect();
        assert_eq!(attempts, [(1, 0), (1, 1), (1, 2), (1, 3)]);
    }
}

#[test]
fn a_retry_that_goes_well_is_the_last() {
    let bench = bench();
    bench.next(Op::UpdateTask, [fails(500), fails(503), Reply::soon(error(500, "no"))]);
    assert!(updates(&bench));
    assert_eq!(bench.times(Op::UpdateTask).len(), 4);
}
