//! Watching a session being processed (§3.4) and showing what there is of it (§3.5).

use crate::harness::*;
use fieldday_api::endpoint::Op;
use fieldday_api::names::Processing;
use fieldday_history::EventKind;
use fieldday_history::event::PollEnd;
use fieldday_kernel::time::Span;
use fieldday_rep::transport::scripted::Reply;

fn watches(states: [Processing; 2], after: usize) -> Bench {
    let bench = bench();
    let done = session("s".into(), |session| {
        [session.transcription_status, session.analysis_status] = states;
    });
    let waits = (0..after).map(|_| answers(session("s".into(), |_| {})));
    bench.next(Op::GetRecording, waits.chain([answers(done)]));
    bench.done(|app| async move { app.watch("s".into()) });
    bench.run_to(700_000);
    bench
}
fn poll_ends(bench: &Bench) -> Vec<(i64, PollEnd)> {
    bench.happened(|what| match what {
        EventKind::PollEnded { why, .. } => Some(*why),
        _ => None,
    })
}

#[test]
fn a_session_is_polled_every_5_s_until_both_steps_are_completed_or_one_failed() {
    use Processing::{Completed, Failed, InProgress};
    for (states, end) in [
        ([Completed, Completed], PollEnd::Completed),
        ([Failed, InProgress], PollEnd::Failed),
        ([Completed, Failed], PollEnd::Failed),
    ] {
        let bench = watches(states, 2);
        assert_eq!(bench.times(Op::GetRecording), [5_000, 10_100, 15_200]);
        assert_eq!(poll_ends(&bench), [(15_300, end)]);
    }
    let bench = watches([Completed, InProgress], 0);
    assert_eq!(poll_ends(&bench).first().map(|(_, end)| *end), Some(PollEnd::TookTooLong));
}

#[test]
fn polling_ends_after_five_minutes() {
    let bench = watches([Processing::InProgress; 2], 0);
    let times = bench.times(Op::GetRecording);
    assert_eq!((times.len(), times.last().copied()), (58, Some(5_000 + 57 * 5_100)));
    assert_eq!(poll_ends(&bench), [(295_800, PollEnd::TookTooLong)]);
}

#[test]
fn the_last_poll_is_that_of_the_fifth_minute_and_not_one_that_waited_for_its_token_beyond_it() {
    let polls = |after: i64, token: i64| {
        use fieldday_rep::transport::scripted::TokenReply;
        let bench = bench();
        bench.backend.tokens(TokenReply::Issued { after: Span::millis(token), lives: Span::seconds(15) });
        let waits = std::sync::Arc::new(fieldday_api::call::Response::ok(session("s".into(), |_| {})));
        bench.always(Op::GetRecording, Reply::After(Span::millis(after), waits));
        bench.done(|app| async move { app.watch("s".into()) });
        bench.run_to(700_000);
        (bench.times(Op::GetRecording).len(), bench.times(Op::GetRecording).last().copied(), poll_ends(&bench))
    };
    assert_eq!(polls(0, 0), (60, Some(300_000), vec![(300_000, PollEnd::TookTooLong)]));
    // Every 14 s: the poll of 294 + 5 s has its token at 308 s.
    assert_eq!(polls(0, 9_000), (21, Some(294_000), vec![(308_000, PollEnd::TookTooLong)]));
}

#[test]
fn what_is_null_is_not_shown_and_an_analysis_always_is() {
    for (audio, text, analysed) in [
        (Some("s3://a"), Some(transcript(Some("Hello"))), true),
        (None, Some(transcript(None)), true),
        (None, None, false),
    ] {
        let shown = (audio.is_some(), text.as_ref().is_some_and(|t| t.transcript_text.is_some()), analysed);
        let bench = bench();
        let done = session("s".into(), |session| {
            session.transcription_status = Processing::Completed;
            session.analysis_status = Processing::Completed;
            session.audio_url = audio.map(Into::into);
            session.transcript = text;
            session.analysis = analysed.then(|| analysis(None));
        });
        bench.next(Op::GetRecording, [answers(done)]);
        bench.done(|app| async move { app.watch("s".into()) });
        bench.run_to(10_000);
        let results = bench.recorded(|what| match what {
            EventKind::Results { playback, transcript, analysis, .. } => Some((*playback, *transcript, *analysis)),
            _ => None,
        });
        assert_eq!(results, [shown]);
        assert!(bench.phone.view().runs);
    }
}

#[test]
fn a_session_that_is_gone_is_not_watched_and_a_failure_of_the_server_ends_nothing() {
    let bench = bench();
    bench.next(Op::GetRecording, [fails(404)]);
    bench.done(|app| async move { app.watch("s".into()) });
    bench.run_to(20_000);
    assert_eq!(poll_ends(&bench), [(5_100, PollEnd::Failed)]);
    let bench = crate::harness::bench_with(|settings| settings.pace.polling = 5);
    bench.always(Op::GetRecording, answers(session("s".into(), |_| {})));
    bench.done(|app| async move { app.watch("s".into()) });
    bench.run_to(100_000);
    assert_eq!(bench.times(Op::GetRecording)[..2], [1_000, 2_100]);
    assert_eq!(poll_ends(&bench), [(59_400, PollEnd::TookTooLong)]);
}
