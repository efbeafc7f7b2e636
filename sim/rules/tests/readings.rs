//! Where the specification is silent nobody is guilty: each reading is a finding, and breaks nothing. What no reading explains
//! breaks its rule.

mod common;

use common::*;
use fieldday_api::call::{Answer, Call, RawCall, Response};
use fieldday_api::names::{AudioStorage, Direction, RecordingMode, SenderRole, TaskStatus};
use fieldday_api::readings::Reading;
use fieldday_api::rules::{Rule, RuleWeight};
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::AppointmentPatch;
use fieldday_api::wire::extras::{Win, WinsFeed};
use fieldday_api::wire::messages::{Message, MessageThread};
use fieldday_api::wire::recordings::*;
use fieldday_api::wire::shifts::{ClockIn, Shift};
use fieldday_api::wire::tasks::{Task, TaskList, TaskQuery};
use fieldday_history::event::{Cause, EventKind, Probe};
use fieldday_kernel::time::{Date, Span};
use fieldday_rules::{RuleVerdict, causes};

#[track_caller]
fn is_read_as(s: &Stream, reading: Reading) {
    let findings = s.findings();
    assert!(findings.violations.is_empty(), "{:#?}", findings.violations);
    assert_eq!(findings.readings.count(reading), 1, "{:#?}", findings.readings);
}

fn clocked_in() -> Stream {
    let mut s = Stream::new();
    let call = Call::ClockIn { rep_id: rep(REP), body: ClockIn::default() };
    let action = s.queue(REP, call.clone());
    let ticket = s.send_queued(REP, action, call);
    s.ok(&ticket, shift_day(shift()));
    s.settle(REP, action);
    let appointment_id = "appt_1".into();
    s.say(REP, EventKind::Geofence { appointment_id, distance_m: 20, accuracy_m: 10, inside: true });
    s
}
fn start(mode: RecordingMode) -> Call {
    let (appointment_id, rep_id) = ("appt_1".into(), rep(REP));
    Call::StartRecording(RecordingStart { appointment_id, rep_id, location: somewhere(), mode: Some(mode) })
}
fn begun(id: &str, mode: RecordingMode, audio_storage_mode: AudioStorage, url: bool) -> Answer {
    let audio_upload_url = url.then(|| "https://store.example/1".into());
    let recording_session_id = id.into();
    let started =
        RecordingStarted { recording_session_id, mode, audio_storage_mode, audio_upload_url, shunya_job_config: None };
    Answer::RecordingStarted(started)
}
fn look_at_session() -> Call {
    Call::GetRecording { session_id: "session_1".into() }
}

#[test]
fn an_upload_url_for_a_ghost_is_a_finding_and_audio_that_is_stored_breaks_the_rule() {
    let (mut s, ghost) = (clocked_in(), RecordingMode::Ghost);
    s.call(REP, start(ghost), begun("session_1", ghost, AudioStorage::NotStored, true));
    is_read_as(&s, Reading::GhostUploadUrl);
    let mut s = clocked_in();
    s.call(REP, start(ghost), begun("session_1", ghost, AudioStorage::Persistent, true));
    s.breaks(&[Rule::RecordingGhost]);
}

#[test]
fn the_audio_url_of_an_ephemeral_session_is_a_finding() {
    let mut s = clocked_in();
    let shown = RecordingSession { mode: RecordingMode::Ephemeral, audio_url: Some("s3://1".into()), ..session() };
    s.call(REP, look_at_session(), recording(shown));
    is_read_as(&s, Reading::EphemeralAudioUrl);
}

#[test]
fn a_session_that_was_open_before_keeps_its_mode_and_one_of_todays_start_has_the_one_asked_for() {
    let answered = |began: &str| {
        let mut s = clocked_in();
        s.wait(Span::hours(1));
        s.call(
            REP,
            start(RecordingMode::Ephemeral),
            begun("session_1", RecordingMode::Full, AudioStorage::Persistent, true),
        );
        s.call(REP, look_at_session(), recording(RecordingSession { started_at: at(began), ..session() }));
        s.findings().count(Rule::RecordingEphemeral)
    };
    let (before, since) = (answered("15:30"), answered("16:01"));
    assert_eq!((before.broken, before.inconclusive), (0, 1));
    assert_eq!(since.broken, 1);
}

#[test]
fn a_start_beside_a_stop_may_begin_another_session() {
    let mut s = clocked_in();
    let full = |id| begun(id, RecordingMode::Full, AudioStorage::Persistent, false);
    s.call(REP, start(RecordingMode::Full), full("session_1"));
    let stop = Call::StopRecording { session_id: "session_1".into(), body: RecordingStop { location: somewhere() } };
    let again = s.send(REP, Cause::Upload, start(RecordingMode::Full));
    let action = s.queue(REP, stop.clone());
    let stopping = s.send_queued(REP, action, stop);
    s.ok(&stopping, recording(RecordingSession { ended_at: Some(at("17:00")), ..session() }));
    s.settle(REP, action);
    s.ok(&again, full("session_2"));
    is_read_as(&s, Reading::NewSessionAfterStop);
}

#[test]
fn a_clock_in_that_opens_the_shift_again_is_a_finding() {
    let mut s = clocked_in();
    let over = Shift { clock_out_at: Some(at("16:00")), ..shift() };
    let mut queued = |call: Call, answer| {
        let action = s.queue(REP, call.clone());
        let ticket = s.send_queued(REP, action, call);
        s.ok(&ticket, answer);
        s.settle(REP, action);
    };
    queued(Call::ClockOut { rep_id: rep(REP) }, Answer::Shift(over));
    queued(Call::ClockIn { rep_id: rep(REP), body: ClockIn::default() }, shift_day(shift()));
    // And the next clock-out is its own.
    queued(Call::ClockOut { rep_id: rep(REP) }, Answer::Shift(Shift { clock_out_at: Some(at("18:00")), ..shift() }));
    is_read_as(&s, Reading::ShiftReopened);
}

#[test]
fn a_count_of_overdue_tasks_within_the_filter_is_a_finding_and_one_that_nothing_explains_is_wrong() {
    let overdue = |id: &str| Task { due_at: Some(at("14:00")), status: TaskStatus::Overdue, ..task(id) };
    let asked = |status| Call::ListTasks(TaskQuery { status: Some(status), ..TaskQuery::default() });
    let counted = |count: u32| {
        let mut s = Stream::new();
        s.call(
            REP,
            asked(TaskStatus::Open),
            Answer::Tasks(TaskList { tasks: Vec::new(), total: 0, overdue_count: count }),
        );
        s.call(REP, asked(TaskStatus::Overdue), tasks(&[overdue("task_1"), overdue("task_2"), overdue("task_3")]));
        s
    };
    counted(3).holds(Rule::TaskListFilters);
    is_read_as(&counted(0), Reading::OverdueCountOfFilter);
    counted(1).breaks(&[Rule::TaskListFilters]);
}

#[test]
fn a_thread_may_come_newest_first_and_not_in_disorder() {
    let message = |n: u32| Message {
        id: format!("msg_{n}").into(),
        sender: "+1".into(),
        sender_role: SenderRole::Customer,
        body: "x".into(),
        direction: Direction::Inbound,
        created_at: at(&format!("{:02}:00", n + 10)),
        provider: "Twilio".into(),
        message_sid: "SM".into(),
        delivered: true,
        read: true,
    };
    let thread = |order: [u32; 3]| {
        let mut s = Stream::new();
        let messages = order.map(message).to_vec();
        let call =
            Call::GetThread { contact_card_id: "contact_1".into(), page: Page { limit: Some(50), offset: None } };
        s.call(REP, call, Answer::Thread(MessageThread { contact_card_id: "contact_1".into(), messages, total: 3 }));
        s
    };
    thread([1, 2, 3]).holds(Rule::MessageThread);
    is_read_as(&thread([3, 2, 1]), Reading::ThreadNewestFirst);
    thread([3, 1, 2]).breaks(&[Rule::MessageThread]);
}

#[test]
fn an_assignment_that_the_target_leaves_alone_breaks_nothing() {
    let given = AppointmentPatch { assigned_rep_id: Some(rep(OTHER)), ..AppointmentPatch::default() };
    let mut s = Stream::new();
    s.call(REP, get(), detail(&visit()));
    s.call(OFFICE, patch(given), detail(&visit()));
    s.call(REP, get_list(), list(&[visit()]));
    s.call(REP, get(), detail(&visit()));
    is_read_as(&s, Reading::AssignmentIgnored);
}

#[test]
fn no_id_is_no_id_that_two_tenants_share_and_kinds_of_rows_have_ids_of_their_own() {
    let feed = |rep_id: &str, id: &str| {
        let post = Win {
            id: id.into(),
            rep_id: rep_id.into(),
            appointment_id: "".into(),
            message: "x".into(),
            deal_size: None,
            created_at: at("15:00"),
        };
        Answer::Wins(WinsFeed { posts: vec![post], total: 1 })
    };
    let wins = || Call::ListWins(Page { limit: Some(50), offset: None });
    let mut s = Stream::new();
    s.call(REP, wins(), feed("", "win_1"));
    s.call(STRANGER, wins(), feed("", "win_2"));
    s.holds(Rule::TenancyIsolated);
    // A post of the one tenant has the number of a rep of the other.
    s.call(STRANGER, wins(), feed("17", "18"));
    s.call(REP, wins(), feed("18", "17"));
    s.holds(Rule::TenancyIsolated);
    s.call(REP, wins(), feed("17", "19"));
    s.breaks(&[Rule::TenancyIsolated]);
}

fn probe(s: &mut Stream, kind: Probe, call: Call, response: Response) {
    let ticket = s.send(INTRUDER, Cause::Probe(kind), call);
    s.answer(&ticket, response);
}
fn not_there() -> Response {
    use fieldday_api::error::{ErrorBody, ErrorCode};
    Response::error(ErrorBody::new(ErrorCode::NotFound, "no", "req_1"))
}

#[test]
fn what_is_tried_at_a_row_that_is_not_there_is_one_finding() {
    let stop = || Call::StopRecording { session_id: "session_1".into(), body: RecordingStop { location: somewhere() } };
    let mut s = Stream::new();
    probe(&mut s, Probe::ReadBack, look_at_session(), not_there());
    probe(&mut s, Probe::Repeat, stop(), not_there());
    probe(&mut s, Probe::ReadBack, look_at_session(), not_there());
    let findings = s.findings();
    let broken: Vec<Rule> = findings.violations.iter().map(|v| v.rule).collect();
    // Intruders log nothing: whether an id was logged is the phones' affair.
    assert_eq!(broken, []);
    assert_eq!(findings.readings.count(Reading::RowNotThere), 1);
    // A row that was there a moment ago is there to be stopped again.
    let mut s = Stream::new();
    let stopped = RecordingSession { ended_at: Some(at("17:00")), ..session() };
    probe(&mut s, Probe::ReadBack, look_at_session(), Response::ok(recording(stopped)));
    probe(&mut s, Probe::Repeat, stop(), not_there());
    assert_eq!(s.findings().count(Rule::RecordingStopOnce).broken, 1);
}

#[test]
fn an_end_before_its_start_may_be_accepted() {
    let mut raw = RawCall::of(&patch(moved("16:00")));
    raw.body = "{\"scheduled_start\":\"2026-06-10T16:00:00Z\",\"scheduled_end\":\"2026-06-10T15:00:00Z\"}".into();
    let mut s = Stream::new();
    probe(&mut s, Probe::ReadBack, get(), Response::ok(detail(&visit())));
    probe(&mut s, Probe::OutOfRange, Call::Raw(Box::new(raw)), Response::ok(detail(&visit())));
    let mut turned = visit();
    turned.scheduled_end = at("15:00");
    probe(&mut s, Probe::ReadBack, get(), Response::ok(detail(&turned)));
    is_read_as(&s, Reading::EndBeforeStart);
}

#[test]
fn a_start_of_whom_nobody_clocked_in_is_wrong_only_if_the_days_shift_began_later() {
    let started = |clock_in_at: &str| {
        let mut s = Stream::new();
        s.wait(Span::hours(2));
        let response = Response::ok(begun("session_1", RecordingMode::Full, AudioStorage::Persistent, false));
        probe(&mut s, Probe::StartWithoutShift, start(RecordingMode::Full), response);
        let shift = Shift { clock_in_at: at(clock_in_at), ..shift() };
        s.call(REP, Call::ShiftToday { rep_id: rep(REP) }, shift_day(shift));
        s.findings().count(Rule::RecordingStartPrerequisites).broken
    };
    assert_eq!((started("15:30"), started("18:00")), (0, 1));
}

#[test]
fn a_day_that_is_cut_at_a_page_is_a_finding_and_misses_nothing() {
    let mut s = Stream::new();
    let mut last = visit();
    last.id = "appt_last".into();
    let look = Call::GetAppointment { appointment_id: "appt_last".into() };
    s.call(REP, look, detail(&last));
    let many: Vec<_> = (0..50)
        .map(|n| {
            let mut one = visit();
            one.id = format!("appt_{n}").into();
            one
        })
        .collect();
    let Answer::Appointments(mut page) = list(&many) else { unreachable!() };
    page.total = 51;
    s.call(REP, get_list(), Answer::Appointments(page));
    is_read_as(&s, Reading::AppointmentsPaged);
}

#[test]
fn what_a_body_lacked_is_held_against_nobody() {
    let mut s = Stream::new();
    let mut other = visit();
    s.call(REP, get(), detail(&visit()));
    s.call(REP, patch(noted("x")), detail(&with(&visit(), &noted("x"))));
    other.notes = None;
    let look = s.send(REP, TAP, get());
    let lacking = Response { stand_ins: vec!["data.appointment.notes".into()], ..Response::ok(detail(&other)) };
    s.answer(&look, lacking);
    s.is_fine();
    s.call(REP, get(), detail(&other));
    s.breaks(&[Rule::ReadYourWrites]);
    let says = s.findings().violations[0].says.clone();
    assert!(says.contains("appt_1 notes: expected a text (0x") && says.ends_with("got null"), "{says}");
}

fn wrong_twice() -> Stream {
    let mut s = clocked_in();
    s.call(REP, Call::ShiftToday { rep_id: rep(REP) }, shift_day(Shift { id: "shift_2".into(), ..shift() }));
    s
}

#[test]
fn a_muted_rule_is_counted_and_breaks_nothing_and_one_that_is_off_is_not_judged() {
    let mut s = wrong_twice();
    s.settings.weights.insert(Rule::ShiftClockInOnce, RuleWeight::Finding);
    s.settings.weights.insert(Rule::ShiftToday, RuleWeight::Off);
    let findings = s.findings();
    assert!(!findings.any_broken() && findings.violations.is_empty());
    assert_eq!(findings.verdict(Rule::ShiftClockInOnce), RuleVerdict::Finding);
    assert_eq!((findings.count(Rule::ShiftClockInOnce).found, findings.muted.len()), (1, 1));
    assert_eq!(findings.verdict(Rule::ShiftToday), RuleVerdict::Off);
    assert_eq!(findings.count(Rule::ShiftToday).exercised, 0);
}

#[test]
fn cases_about_one_row_follow_from_the_first() {
    let findings = wrong_twice().findings();
    let cases: Vec<_> = findings.violations.iter().collect();
    let rules: Vec<Rule> = cases.iter().map(|case| case.rule).collect();
    assert_eq!(rules, [Rule::ShiftClockInOnce, Rule::ShiftToday]);
    assert_eq!(causes(&cases), [None, Some(0)]);
    // About other rows, each stands for itself.
    let mut apart = findings.violations.clone();
    (apart[1].row, apart[1].event) = (Some("shift_9".into()), 99);
    assert_eq!(causes(&apart.iter().collect::<Vec<_>>()), [None, None]);
}

#[test]
fn words_of_a_page_say_whether_total_or_the_page_is_wrong() {
    let says = |total: u32, entries: usize| {
        let mut s = Stream::new();
        let query = TaskQuery { limit: Some(5), offset: Some(5), ..TaskQuery::default() };
        let shown: Vec<Task> = (0..entries).map(|n| task(&format!("task_{n}"))).collect();
        let Answer::Tasks(list) = tasks(&shown) else { unreachable!() };
        s.call(REP, Call::ListTasks(query), Answer::Tasks(TaskList { total, ..list }));
        s.findings().violations[0].says.clone()
    };
    assert_eq!(
        says(5, 5),
        "expected 0 entries with offset 5 and limit 5, got 5: total 5 is less than the 10 up to its end"
    );
    assert_eq!(says(12, 3), "expected 5 entries with offset 5 and limit 5, got 3: total is 12, so it is not full");
    let _ = Date::parse("2026-06-10");
}
