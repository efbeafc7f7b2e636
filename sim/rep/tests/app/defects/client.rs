//! What bugs do to calls and tokens.

use super::{offline_with, with};
use crate::harness::*;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::names::RecordingMode;
use fieldday_api::wire::tasks::TaskPatch;
use fieldday_history::EventKind;
use fieldday_history::event::{CredentialKind, NoAnswer, UserAction};
use fieldday_kernel::time::Span;
use fieldday_radio::place::Point;
use fieldday_rep::app::Created;
use fieldday_rep::app::defects::{AppDefect, Defects};
use fieldday_rep::transport::scripted::{Reply, TokenReply};
use std::sync::Arc;

pub fn updates(bench: &Bench) -> bool {
    bench.done(|app| async move { app.update_task(&"task_1".into(), TaskPatch::default()).await })
}
fn reads(bench: &Bench) {
    bench.done(|app| async move { app.overdue_tasks().await });
}
fn creates(bench: &Bench) -> Created {
    bench.done(|app| async move { app.create_task(new_task("a"), || false).await })
}
fn starts(bench: &Bench) {
    bench.done(|app| async move { app.start_recording(&"a".into(), Point::default(), RecordingMode::Full).await });
}
fn presses(bench: &Bench) -> Vec<i64> {
    let pressed = |what: &EventKind| (*what == EventKind::Person(UserAction::LosesPatience)).then_some(());
    bench.happened(pressed).into_iter().map(|(at, ())| at).collect()
}

#[test]
fn retries_for_long() {
    let bench = bench_with(|settings| {
        settings.defects = Defects::new(&[AppDefect::RetriesForLong]);
        settings.retrying.retries = 2;
    });
    bench.always(Op::UpdateTask, fails(500));
    bench.always(Op::StartRecording, Reply::Silence);
    bench.always(Op::CreateTask, fails(500));
    updates(&bench);
    starts(&bench);
    creates(&bench);
    let sent = |op| bench.times(op).len();
    assert_eq!((sent(Op::UpdateTask), sent(Op::StartRecording), sent(Op::CreateTask)), (21, 21, 1));
    // Of a 429 nothing is said, nor of a refusal.
    for (status, attempts) in [(429, 3), (400, 1)] {
        let before = sent(Op::UpdateTask);
        bench.always(Op::UpdateTask, fails(status));
        updates(&bench);
        assert_eq!(bench.times(Op::UpdateTask).len() - before, attempts);
    }
}

#[test]
fn retries_at_once() {
    let bench = with(AppDefect::RetriesAtOnce);
    bench.always(Op::UpdateTask, fails(500));
    updates(&bench);
    assert_eq!(bench.waits(Op::UpdateTask), [150; 3], "each after an answer of 100 ms");
    let bench = with(AppDefect::RetriesAtOnce);
    bench.next(Op::UpdateTask, [asks_to_wait(429, 7)]);
    updates(&bench);
    assert_eq!(bench.waits(Op::UpdateTask), [7_100]);
}

#[test]
fn retry_after_ignored() {
    let bench = with(AppDefect::RetryAfterIgnored);
    bench.always(Op::UpdateTask, asks_to_wait(429, 7));
    updates(&bench);
    assert_eq!(bench.waits(Op::UpdateTask), [1_100, 2_100, 4_100]);
    let bench = with(AppDefect::RetryAfterIgnored);
    bench.next(Op::UpdateTask, [asks_to_wait(503, 7)]);
    updates(&bench);
    assert_eq!(bench.waits(Op::UpdateTask), [7_100]);
}

#[test]
fn forbidden_retried() {
    let bench = with(AppDefect::ForbiddenRetried);
    for op in [Op::UpdateTask, Op::CreateTask] {
        bench.always(op, fails(403));
    }
    updates(&bench);
    creates(&bench);
    assert_eq!(bench.waits(Op::UpdateTask), [1_100, 2_100, 4_100]);
    assert_eq!(bench.times(Op::CreateTask).len(), 1, "what may not be repeated is not");
    bench.always(Op::UpdateTask, fails(404));
    updates(&bench);
    assert_eq!(bench.times(Op::UpdateTask).len(), 5);
}

#[test]
fn create_retried_after_timeout() {
    for lost in [Reply::Silence, Reply::Breaks(Span::millis(50))] {
        let bench = with(AppDefect::CreateRetriedAfterTimeout);
        bench.always(Op::CreateTask, lost.clone());
        bench.always(Op::UpdateTask, lost);
        assert_eq!(creates(&bench), Created::LeftInDoubt);
        updates(&bench);
        assert_eq!((bench.times(Op::CreateTask).len(), bench.times(Op::UpdateTask).len()), (4, 1));
        let limit = bench.waits(Op::CreateTask)[0] - 1_000;
        let waits: Vec<i64> = bench.waits(Op::CreateTask).iter().map(|wait| wait - limit).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000]);
    }
    let bench = with(AppDefect::CreateRetriedAfterTimeout);
    bench.always(Op::CreateTask, Reply::NoConnection);
    creates(&bench);
    assert_eq!(bench.times(Op::CreateTask).len(), 1);
}

#[test]
fn double_tap_creates_twice() {
    let bench = with(AppDefect::DoubleTapCreatesTwice);
    let first = bench.does(|app| async move { app.create_task(new_task("a"), || true).await });
    bench.done(|app| async move { app.create_task(new_task("a"), || true).await });
    bench.run(1_000);
    assert_eq!((first.came_to(), bench.times(Op::CreateTask).len()), (Some(Created::Done), 2));
}

#[test]
fn calls_before_token() {
    let bench = with(AppDefect::CallsBeforeToken);
    bench.next(Op::UpdateTask, [fails(401)]);
    assert!(updates(&bench));
    assert!(updates(&bench));
    let kinds: Vec<_> = bench.sent().into_iter().map(|sent| sent.bearer).collect();
    assert_eq!(kinds, [CredentialKind::None, CredentialKind::Own, CredentialKind::Own]);
    assert_eq!(bench.backend.tokens_asked().len(), 1);
}

#[test]
fn retries_with_old_token() {
    let bench = with(AppDefect::RetriesWithOldToken);
    bench.next(Op::UpdateTask, [fails(401)]);
    updates(&bench);
    let issued: Vec<_> = bench.seen().iter().map(|seen| seen.claims.clone().unwrap().issued_at).collect();
    assert_eq!(issued, [at(0); 2]);
}

#[test]
fn refresh_stampede() {
    let bench = with(AppDefect::RefreshStampede);
    bench.backend.tokens(TokenReply::Issued { after: Span::millis(500), lives: Span::seconds(60) });
    let both = [1, 2, 3].map(|_| bench.does(|app| async move { app.overdue_tasks().await }));
    bench.run(1_000);
    assert!(both.iter().all(Doing::is_done));
    assert_eq!(bench.backend.tokens_asked().len(), 3);
}

#[test]
fn no_token_means_signed_out() {
    let bench = offline_with(&[(0, 10_000)], AppDefect::NoTokenMeansSignedOut);
    bench.done(|app| async move { app.complete_task(&"a".into()).await });
    assert_eq!(bench.queue(), [1]);
    bench.backend.tokens(TokenReply::Refused);
    bench.run_to(12_000);
    assert!(bench.queue().is_empty() && bench.ops().is_empty());
    bench.backend.tokens(TokenReply::Silence);
    bench.done(|app| async move { app.complete_task(&"b".into()).await });
    assert_eq!(bench.queue(), [2], "numbers go on");
}

#[test]
fn sends_tenant_id() {
    let bench = with(AppDefect::SendsTenantId);
    reads(&bench);
    updates(&bench);
    let Call::Raw(raw) = &bench.requests(Op::ListTasks)[0] else { panic!() };
    assert_eq!(&*raw.query, "status=overdue&limit=50&tenant_id=org_1");
    assert!(matches!(bench.requests(Op::UpdateTask)[0], Call::UpdateTask { .. }));
}

#[test]
fn a_log_line_with_the_token_or_without_the_request_id() {
    let logged = |defect| {
        let bench = with(defect);
        bench.next(Op::UpdateTask, [fails(400)]);
        updates(&bench);
        bench.recorded(|what| match what {
            EventKind::Logged { leaks, .. } => Some(leaks.is_some()),
            _ => None,
        })
    };
    assert_eq!(logged(AppDefect::LogsToken), [true]);
    assert!(logged(AppDefect::RequestIdNotLogged).is_empty());
}

#[test]
fn cancel_ignored() {
    // How long the person waits, how long the answer takes, and when cancel is pressed in vain.
    for (patience, takes, pressed) in [(2_000, None, vec![2_000]), (5_000, None, vec![]), (2_000, Some(1_999), vec![])]
    {
        let bench = bench_with(|settings| {
            settings.defects = Defects::new(&[AppDefect::CancelIgnored]);
            settings.patience = Span::millis(patience);
        });
        let reply = takes.map_or(Reply::Silence, |takes| Reply::After(Span::millis(takes), Arc::new(error(400, "no"))));
        bench.next(Op::UpdateTask, [reply]);
        updates(&bench);
        bench.run(10_000);
        assert_eq!(presses(&bench), pressed);
        let why = bench.recorded(|what| match what {
            EventKind::Unanswered { why, took, .. } => Some((*why, took.as_millis())),
            _ => None,
        });
        assert_eq!(why, if takes.is_none() { vec![(NoAnswer::Timeout, 5_000)] } else { vec![] });
        // Nobody waits for the queue.
        bench.next(Op::ClockOut, [Reply::Silence]);
        bench.done(|app| async move { app.clock_out().await });
        bench.run(10_000);
        assert_eq!(presses(&bench), pressed);
    }
}

#[test]
fn one_timeout_for_all() {
    let bench = with(AppDefect::OneTimeoutForAll);
    bench.next(Op::UpdateTask, [Reply::Silence]);
    updates(&bench);
    assert_eq!(bench.now(), 60_000);
}

#[test]
fn no_spinner() {
    let bench = with(AppDefect::NoSpinner);
    bench.next(Op::UpdateTask, [Reply::After(Span::seconds(4), Arc::new(error(400, "no")))]);
    updates(&bench);
    assert!(!bench.events().iter().any(|what| matches!(what, EventKind::Spinner { .. })));
}

#[test]
fn keeps_what_is_gone() {
    let bench = with(AppDefect::KeepsWhatIsGone);
    let open = || bench.done(|app| async move { app.open_appointment(&"appt_1".into()).await }).is_some();
    open();
    bench.next(Op::GetAppointment, [fails(404)]);
    assert!(open(), "it is shown yet");
    assert!(!bench.events().iter().any(|what| matches!(what, EventKind::Evicted { .. })));
    assert_eq!(bench.phone.view().cache.len(), 1);
}
