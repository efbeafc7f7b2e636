//! What bugs do to screens, recordings and what comes of them.

use super::with;
use crate::harness::*;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::fixed::Score;
use fieldday_api::names::{Processing, RecordingMode};
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_history::EventKind;
use fieldday_history::event::Source;
use fieldday_kernel::time::Span;
use fieldday_radio::place::Point;
use fieldday_rep::app::Started;
use fieldday_rep::app::defects::{AppDefect, Defects};
use fieldday_rep::transport::scripted::{Reply, TokenReply};

fn opens_shift(bench: &Bench) {
    bench.done(|app| async move { app.open_shift().await });
}
fn shown(bench: &Bench) -> Vec<(Source, i64)> {
    bench.recorded(|what| match what {
        EventKind::Shown { from, age, .. } => Some((*from, age.as_millis())),
        _ => None,
    })
}

#[test]
fn clock_set_back() {
    use Source::{Fresh, Network, Stale};
    let after_noon = |defects: &[AppDefect]| {
        let (defects, line) = (Defects::new(defects), fieldday_rep::station::AccessLink::direct(Span::ZERO));
        let from = fieldday_kernel::time::Time::parse("2026-06-10T11:58:59.9Z").unwrap();
        let bench = Bench::new(|settings| settings.defects = defects, line, fieldday_kernel::time::Zone::utc(), from);
        opens_shift(&bench);
        bench.run(50_000);
        opens_shift(&bench);
        bench.run(11_000);
        opens_shift(&bench);
        opens_shift(&bench);
        shown(&bench)
    };
    // Read a minute before noon: fresh for that minute, and no longer.
    assert_eq!(after_noon(&[]), [(Network, 0), (Fresh, 50_000), (Stale, 61_000), (Network, 0), (Fresh, 0)]);
    assert_eq!(after_noon(&[AppDefect::ClockSetBack]), [(Network, 0), (Fresh, 50_000), (Fresh, 0), (Fresh, 0)]);
}

#[test]
fn cache_ignored() {
    let bench = with(AppDefect::CacheIgnored);
    opens_shift(&bench);
    opens_shift(&bench);
    assert_eq!(bench.times(Op::ShiftToday).len(), 2);
}

#[test]
fn blank_while_refreshing() {
    let bench = with(AppDefect::BlankWhileRefreshing);
    for after in [0, 10_000, 100_000] {
        bench.run_to(after);
        opens_shift(&bench);
    }
    assert_eq!(shown(&bench), [(Source::Network, 0), (Source::Fresh, 9_900), (Source::Network, 0)]);
}

#[test]
fn loads_everything() {
    let bench = with(AppDefect::LoadsEverything);
    bench.done(|app| async move { app.overdue_tasks().await });
    let Call::ListTasks(query) = &bench.requests(Op::ListTasks)[0] else { panic!() };
    assert_eq!(query.limit, Some(1_000));
}

#[test]
fn geofence_minus_accuracy() {
    let at = |metres: i32| {
        let bench = bench_offline(&[], |settings| {
            settings.defects = Defects::new(&[AppDefect::GeofenceMinusAccuracy]);
        });
        let place = Point::metres(metres, 0);
        let started =
            bench.done(move |app| async move { app.start_recording(&"a".into(), place, RecordingMode::Full).await });
        let seen = bench.recorded(|what| match what {
            EventKind::Geofence { distance_m, accuracy_m, .. } => Some((*distance_m, *accuracy_m)),
            _ => None,
        });
        (started == Started::Recording, seen[0])
    };
    for metres in 130..260 {
        let (recording, (distance, accuracy)) = at(metres);
        assert!(accuracy > 0);
        assert_eq!(recording, distance <= 150 + 2 * accuracy, "at {distance} m, to {accuracy} m");
    }
}

#[test]
fn url_reused_after_expiry() {
    let bench = with(AppDefect::UrlReusedAfterExpiry);
    bench.done(|app| async move { app.start_recording(&"a".into(), Point::default(), RecordingMode::Full).await });
    bench.run_to(1_000_000);
    bench.done(|app| async move { app.stop_recording(64).await });
    bench.run(5_000);
    assert_eq!((bench.times(Op::StartRecording).len(), bench.times(Op::PutAudio).len()), (1, 1));
}

#[test]
fn upload_blindly_repeated() {
    let bench = with(AppDefect::UploadBlindlyRepeated);
    bench.next(Op::PutAudio, [Reply::Breaks(Span::millis(50))]);
    bench.done(|app| async move {
        app.start_recording(&"a".into(), Point::default(), RecordingMode::Full).await;
        app.stop_recording(64).await
    });
    bench.run(120_000);
    assert_eq!((bench.times(Op::GetRecording).len(), bench.times(Op::PutAudio).len()), (0, 2));
}

fn watches(bench: &Bench) {
    bench.done(|app| async move { app.watch("s".into()) });
}

#[test]
fn polls_every_second_or_without_end() {
    let bench = with(AppDefect::PollsEverySecond);
    watches(&bench);
    bench.run_to(10_000);
    assert_eq!(bench.times(Op::GetRecording)[..3], [1_000, 2_100, 3_200]);
    // With tokens that are long in coming, too.
    for token in [0, 9_000] {
        let bench = with(AppDefect::PollsWithoutEnd);
        bench.backend.tokens(TokenReply::Issued { after: Span::millis(token), lives: Span::seconds(15) });
        watches(&bench);
        bench.run_to(600_000);
        assert!(bench.times(Op::GetRecording).last().unwrap() > &580_000);
        assert!(!bench.events().iter().any(|what| matches!(what, EventKind::PollEnded { .. })));
    }
}

#[test]
fn calls_ai_directly() {
    let bench = with(AppDefect::CallsAiDirectly);
    bench.next(Op::GetRecording, [answers(session("s".into(), completed))]);
    watches(&bench);
    bench.run_to(10_000);
    let Call::Raw(raw) = &bench.requests(Op::RagQuery)[0] else { panic!() };
    assert_eq!((&*raw.path, &*raw.body), ("/api/v1/ai/summaries", "{\"session_id\":\"s\"}"));
}

fn completed(session: &mut RecordingSession) {
    session.transcription_status = Processing::Completed;
    session.analysis_status = Processing::Completed;
}
/// What is shown of a ghost session whose analysis has that score, and whether the app lives on.
fn ghost(defect: AppDefect, score: Option<Score>) -> (Vec<(bool, bool, bool)>, bool) {
    let bench = with(defect);
    let done = session("s".into(), |session| {
        completed(session);
        (session.transcript, session.analysis) = (Some(transcript(None)), Some(analysis(score)));
    });
    bench.next(Op::GetRecording, [answers(done)]);
    watches(&bench);
    bench.run_to(10_000);
    let results = bench.recorded(|what| match what {
        EventKind::Results { playback, transcript, analysis, .. } => Some((*playback, *transcript, *analysis)),
        _ => None,
    });
    (results, bench.phone.view().runs)
}

#[test]
fn results_that_are_not_there() {
    let score = Some(Score::default());
    assert_eq!(
        ghost(AppDefect::PollsEverySecond, None),
        (vec![(false, false, true)], true),
        "without any of these bugs"
    );
    assert_eq!(ghost(AppDefect::PlaybackWithoutAudio, score), (vec![(true, false, true)], true));
    assert_eq!(ghost(AppDefect::HidesGhostAnalysis, score), (vec![(false, false, false)], true));
    assert_eq!(ghost(AppDefect::CrashesOnNull, score), (vec![(false, false, true)], true));
    assert_eq!(ghost(AppDefect::CrashesOnNull, None), (vec![], false));
}
