//! The app dies before any step of its own: nothing that its person was told is lost, and nothing is done twice that must not be.

use crate::harness::*;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::names::RecordingMode;
use fieldday_history::EventKind;
use fieldday_radio::place::Point;

/// Clocks in, ticks a task off, creates one, records for a while, clocks out. The app dies before its `fuse`th step, and its
/// person goes on with what comes next.
fn day(fuse: u64) -> Bench {
    let bench = bench();
    bench.phone.kill();
    bench.phone.fuse.set(Some(fuse));
    let does = |ms, doing: Doing<()>| {
        bench.run(ms);
        assert!(doing.is_done());
    };
    does(2_000, bench.does(|app| async move { app.clock_in().await }));
    does(2_000, bench.does(|app| async move { app.complete_task(&"a".into()).await }));
    does(
        2_000,
        bench.does(|app| async move {
            app.create_task(new_task("b"), || false).await;
        }),
    );
    let record = |app: fieldday_rep::app::App| async move {
        app.start_recording(&"v".into(), Point::default(), RecordingMode::Full).await;
    };
    does(20_000, bench.does(record));
    does(3_000, bench.does(|app| async move { drop(app.stop_recording(64).await) }));
    does(2_000, bench.does(|app| async move { app.clock_out().await }));
    // Whoever opens the app at last finds everything taken up.
    bench.does(|_| async {});
    bench.run(300_000);
    bench
}

#[test]
fn whatever_step_the_app_dies_before_nothing_queued_is_lost_and_nothing_settles_twice() {
    for fuse in 1.. {
        let bench = day(fuse);
        // The one that ended the app the bench began with, and the one that is tried.
        if bench.recorded(|what| matches!(what, EventKind::Killed).then_some(())).len() == 1 {
            assert!(fuse > 30, "a day of {fuse} steps");
            break;
        }
        let queued = bench.recorded(|what| match what {
            EventKind::Queued { action, request } => Some((*action, request.clone())),
            _ => None,
        });
        let settled: Vec<u32> = bench.settled().into_iter().map(|(action, _)| action).collect();
        let actions: Vec<u32> = queued.iter().map(|(action, _)| *action).collect();
        assert_eq!(settled, actions, "in order, each once, before step {fuse}");
        for (_, request) in queued {
            assert!(bench.seen().iter().any(|seen| seen.request == request), "{request:?}, before step {fuse}");
        }
        let created = bench.times(Op::CreateTask).len();
        assert!(created <= 1, "a task is created {created} times, before step {fuse}");
        let storage = bench.phone.storage.borrow();
        assert!(storage.queue.is_empty() && storage.uploads.is_empty(), "before step {fuse}");
        let stopped = bench.recorded(|what| match what {
            EventKind::Queued { request, .. } => matches!(**request, Call::StopRecording { .. }).then_some(()),
            _ => None,
        });
        let stored = bench.times(Op::UploadAudio).len();
        assert!(stored >= stopped.len(), "audio of a recording that was stopped, before step {fuse}");
    }
}
