//! A case is a chance to fail: each part of a rule has a history that looks like its business and puts nothing to the test,
//! and its count stays zero there.

mod common;

use common::*;
use fieldday_api::call::{Answer, Call};
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::fixed::Seconds;
use fieldday_api::names::*;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::*;
use fieldday_api::wire::messages::{Message, MessageThread};
use fieldday_api::wire::recordings::*;
use fieldday_api::wire::shifts::{ClockIn, Shift};
use fieldday_api::wire::tasks::*;
use fieldday_history::event::{Cause, EventKind, NoAnswer};
use fieldday_kernel::time::{Date, Span};

fn clock_in() -> Call {
    Call::ClockIn { rep_id: rep(REP), body: ClockIn::default() }
}
fn clock_out() -> Call {
    Call::ClockOut { rep_id: rep(REP) }
}
fn today() -> Call {
    Call::ShiftToday { rep_id: rep(REP) }
}
fn over() -> Shift {
    Shift { clock_out_at: Some(at("16:00")), status: ShiftStatus::Completed, ..shift() }
}
fn start() -> Call {
    let location = somewhere();
    Call::StartRecording(RecordingStart { appointment_id: "appt_1".into(), rep_id: rep(REP), location, mode: None })
}
fn started() -> Answer {
    Answer::RecordingStarted(RecordingStarted {
        recording_session_id: "session_1".into(),
        mode: RecordingMode::Full,
        audio_storage_mode: AudioStorage::Persistent,
        audio_upload_url: None,
        shunya_job_config: None,
    })
}
fn stop() -> Call {
    Call::StopRecording { session_id: "session_1".into(), body: RecordingStop { location: somewhere() } }
}
fn stopped() -> RecordingSession {
    RecordingSession { ended_at: Some(at("17:00")), ..session() }
}
fn upload() -> Call {
    let (audio_duration_seconds, audio_size_bytes) = (Seconds::whole(60), 1_000);
    let body = UploadAudio { audio_url: "s3://bucket/1".into(), audio_duration_seconds, audio_size_bytes };
    Call::UploadAudio { session_id: "session_1".into(), body }
}
fn uploaded() -> Answer {
    Answer::Uploaded(Uploaded { status: "uploaded".into(), recording_session_id: "session_1".into() })
}
fn get_session() -> Call {
    Call::GetRecording { session_id: "session_1".into() }
}
fn get_tasks(query: TaskQuery) -> Call {
    Call::ListTasks(query)
}
fn create() -> Call {
    Call::CreateTask(TaskCreate {
        description: "Another thing".into(),
        assigned_to: Assignee::SalesRep,
        contact_card_id: None,
        lead_id: None,
        appointment_id: None,
        call_id: None,
        due_at: None,
        priority: None,
        source: None,
    })
}
fn complete() -> Call {
    Call::CompleteTask { task_id: "task_1".into() }
}
fn completed() -> Answer {
    let (id, status) = ("task_1".into(), TaskStatus::Completed);
    Answer::TaskCompleted(TaskCompleted { id, status, completed_at: at("15:10"), completed_by: "user_0".into() })
}
fn thread(messages: &[&str]) -> (Call, Answer) {
    let message = |id: &&str| Message {
        id: (*id).into(),
        sender: "1".into(),
        sender_role: SenderRole::Customer,
        body: "Hello".into(),
        direction: Direction::Inbound,
        created_at: at("12:00"),
        provider: "Twilio".into(),
        message_sid: (*id).into(),
        delivered: true,
        read: true,
    };
    let messages: Vec<Message> = messages.iter().map(message).collect();
    let total = messages.len() as u32;
    let contact_card_id = "contact_1".into();
    let call = Call::GetThread { contact_card_id: "contact_1".into(), page: Page::default() };
    (call, Answer::Thread(MessageThread { contact_card_id, messages, total }))
}
/// Out of the queue, as it should be.
fn queued(s: &mut Stream, call: Call, answer: Answer) {
    let action = s.queue(REP, call.clone());
    let ticket = s.send_queued(REP, action, call);
    s.ok(&ticket, answer);
    s.settle(REP, action);
}

/// A rep's day on which everything happens once, and nobody else is there. Nothing of it is repeated, refused, late or
/// somebody else's.
fn once() -> Stream {
    let mut s = Stream::new();
    queued(&mut s, clock_in(), shift_day(shift()));
    s.call(REP, get_list(), list(&[visit()]));
    s.call(REP, get(), detail(&visit()));
    s.say(REP, EventKind::Geofence { appointment_id: "appt_1".into(), distance_m: 20, accuracy_m: 10, inside: true });
    s.call(REP, start(), started());
    queued(&mut s, stop(), recording(stopped()));
    s.call(REP, upload(), uploaded());
    queued(&mut s, patch(won()), detail(&with(&visit(), &won())));
    s.call(REP, create(), Answer::Task(Box::new(Task { description: "Another thing".into(), ..task("task_9") })));
    queued(&mut s, complete(), completed());
    let (call, answer) = thread(&["msg_1"]);
    s.call(REP, call, answer);
    queued(&mut s, clock_out(), Answer::Shift(over()));
    s.day_ends(REP, 0);
    s
}

/// One call, answered, and nothing else.
fn answered(client: u32, call: Call, answer: Answer) -> Stream {
    let mut s = Stream::new();
    s.call(client, call, answer);
    s
}

/// What such a day puts to the test all the same, each with a history of its own that does not.
fn by_once() -> Vec<(Part, Stream)> {
    let stream = |fill: &dyn Fn(&mut Stream)| {
        let mut s = Stream::new();
        fill(&mut s);
        s
    };
    let empty = answered(REP, get_list(), list(&[]));
    let of_a_date = AppointmentQuery { date: Date::parse("2026-06-10"), ..Default::default() };
    let another_reps = AppointmentQuery { rep_id: Some(rep(OTHER)), ..Default::default() };
    let (no_words, nothing) = thread(&[]);
    let lost_update = stream(&|s| {
        let lost = s.send(OFFICE, Cause::Office, patch(moved("18:00")));
        s.lapse(&lost, NoAnswer::Timeout);
    });
    let no_shift = stream(&|s| {
        let none = s.send(REP, TAP, today());
        s.fail(&none, 404);
    });
    let only_reads = answered(REP, get(), detail(&visit()));
    let open_shift = answered(REP, today(), shift_day(shift()));
    vec![
        (Part::RoleUsual, answered(AUDITOR, Call::ListAppointments(another_reps.clone()), list(&[]))),
        (Part::OwnAnswers, answered(REP, complete(), completed())),
        (Part::TodayDate, no_shift.clone()),
        (Part::ListWhole, empty.clone()),
        (Part::ListToday, answered(REP, Call::ListAppointments(of_a_date.clone()), list(&[]))),
        (Part::ListById, only_reads.clone()),
        (Part::PartialAnswer, answered(OFFICE, patch(moved("18:00")), detail(&visit()))),
        (Part::PageFull, answered(REP, get_tasks(TaskQuery::default()), tasks(&[]))),
        (Part::SchemaMine, empty),
        (Part::SchemaTimes, open_shift),
        (Part::ThreadContact, answered(REP, no_words.clone(), nothing.clone())),
        (Part::WritesAnswer, lost_update),
        (Part::QueueThrough, only_reads.clone()),
        (Part::QueuePast, only_reads),
    ]
}

#[test]
fn a_day_on_which_everything_happens_once_puts_no_repeat_no_refusal_and_no_leak_to_the_test() {
    let day = once();
    day.is_fine();
    let findings = day.findings();
    let exercised: Vec<Part> = Part::ALL.iter().copied().filter(|part| findings.part(*part).exercised > 0).collect();
    let known: Vec<Part> = by_once().iter().map(|(part, _)| *part).collect();
    assert_eq!(exercised, known, "a part that is exercised by this day needs a blind history of its own");
    for (part, blind) in by_once() {
        assert_eq!(blind.findings().part(part).exercised, 0, "{part}");
    }
    // Nothing of what has no parts, either.
    for rule in [Rule::AppointmentPatchOrdered, Rule::WriteAtomic, Rule::AppForbiddenFinal, Rule::AppUploadChecksFirst]
    {
        assert_eq!(findings.count(rule).exercised, 0, "{rule}");
    }
}

#[test]
fn parts_add_up_to_their_rules() {
    let findings = once().findings();
    for rule in Rule::ALL.iter().copied().filter(|rule| Part::of(*rule).next().is_some()) {
        let parts: u64 = Part::of(rule).map(|part| findings.part(part).exercised).sum();
        assert_eq!(findings.count(rule).exercised, parts, "{rule}");
    }
}

#[test]
fn the_first_completion_is_no_case_and_the_second_is() {
    let mut s = once();
    assert_eq!(s.findings().count(Rule::TaskCompleteOnce).exercised, 0);
    queued(&mut s, complete(), completed());
    assert_eq!(s.findings().part(Part::CompleteRepeat).exercised, 1);
    s.is_fine();
}

/// What a repeat of the rep's own may not be answered with.
#[test]
fn a_repeat_of_what_was_acknowledged_is_not_refused() {
    let mut done = Stream::new();
    done.call(REP, get_tasks(TaskQuery::default()), tasks(&[task("task_1")]));
    done.call(REP, complete(), completed());
    let cases = [
        (once(), stop(), 400, Some(Part::StopRepeat)),
        (once(), upload(), 409, Some(Part::UploadRepeat)),
        (once(), clock_in(), 404, Some(Part::ClockInRepeat)),
        (once(), clock_in(), 400, None),
        (done, complete(), 400, Some(Part::CompleteRepeat)),
    ];
    for (mut s, call, status, part) in cases {
        let again = s.send(AUDITOR, Cause::ReadBack, call.clone());
        // A manager may do all of it, but for a task, which is the rep's.
        let again = if call == complete() { s.send(REP, TAP, call.clone()) } else { again };
        s.fail(&again, status);
        let findings = s.findings();
        let broken: Vec<Part> = Part::ALL.iter().copied().filter(|part| findings.part(*part).broken > 0).collect();
        let of_the_app = |part: &Part| part.rule().side() == fieldday_api::rules::Side::App;
        let broken: Vec<Part> = broken.into_iter().filter(|part| !of_the_app(part)).collect();
        assert_eq!(broken, part.into_iter().collect::<Vec<_>>(), "{call:?} {status}");
    }
}

#[test]
fn an_active_session_that_was_acknowledged_is_not_refused() {
    let mut s = Stream::new();
    s.call(REP, start(), started());
    let again = s.send(REP, TAP, start());
    s.fail(&again, 409);
    assert_eq!(s.findings().part(Part::StartRepeat).broken, 1, "{:#?}", s.findings().violations);
}

#[test]
fn a_start_after_a_lost_one_is_given_its_session_if_that_began_before() {
    let lost = || {
        let mut s = Stream::new();
        let lost = s.send(REP, TAP, start());
        s.lapse(&lost, NoAnswer::Timeout);
        s.wait(Span::hours(1));
        s.call(REP, start(), started());
        s
    };
    let mut s = lost();
    // Nobody knows whether the first landed.
    assert_eq!((s.findings().part(Part::StartLost).exercised, s.findings().part(Part::StartLost).inconclusive), (0, 1));
    s.call(REP, get_session(), recording(RecordingSession { started_at: at("15:00"), ..session() }));
    assert_eq!(s.findings().part(Part::StartLost).exercised, 1);
    let mut s = lost();
    s.call(REP, get_session(), recording(RecordingSession { started_at: at("16:00"), ..session() }));
    assert_eq!(s.findings().part(Part::StartLost).exercised, 0);
    // The first one's comes to light after the second is over: there were two.
    s.call(REP, stop(), recording(stopped()));
    s.call(REP, upload(), uploaded());
    let Answer::RecordingStarted(first) = started() else { unreachable!() };
    let first = RecordingStarted { recording_session_id: "session_0".into(), ..first };
    s.call(REP, start(), Answer::RecordingStarted(first));
    let shown = RecordingSession { id: "session_0".into(), started_at: at("15:00"), ..session() };
    s.call(REP, Call::GetRecording { session_id: "session_0".into() }, recording(shown));
    assert_eq!(s.findings().part(Part::StartLost).broken, 1, "{:#?}", s.findings().violations);
}

#[test]
fn a_row_keeps_what_no_write_names() {
    let broken = |s: &Stream, part: Part| assert_eq!(s.findings().part(part).broken, 1, "{part}");
    let mut s = once();
    queued(&mut s, patch(won()), detail(&Appointment { created_at: at("15:30"), ..with(&visit(), &won()) }));
    broken(&s, Part::PatchRepeat);
    let mut s = once();
    queued(&mut s, stop(), recording(RecordingSession { started_at: at("16:30"), ..stopped() }));
    broken(&s, Part::StopRow);
    let mut s = once();
    let tomorrow = Date::parse("2026-06-11").unwrap();
    queued(&mut s, clock_out(), Answer::Shift(Shift { shift_date: tomorrow, ..over() }));
    broken(&s, Part::ClockOutRepeat);
    let mut s = Stream::new();
    let body = TaskPatch { priority: Some(Priority::Medium), ..TaskPatch::default() };
    let update = Call::UpdateTask { task_id: "task_1".into(), body };
    s.call(OFFICE, update.clone(), Answer::Task(Box::new(task("task_1"))));
    s.call(OFFICE, update, Answer::Task(Box::new(Task { lead_id: None, created_at: at("16:00"), ..task("task_1") })));
    broken(&s, Part::TaskRepeat);
}

#[test]
fn a_shift_says_the_tenants_date() {
    let mut s = Stream::new();
    let wrong = Shift { shift_date: Date::parse("2026-06-11").unwrap(), ..shift() };
    s.call(REP, today(), shift_day(wrong));
    s.breaks(&[Rule::ShiftToday]);
    // One of yesterday is not today's, though it says its own date.
    let mut s = Stream::new();
    let yesterday = Date::parse("2026-06-09").unwrap();
    let shift = Shift { shift_date: yesterday, clock_in_at: at("15:00") - Span::hours(24), ..shift() };
    s.call(REP, today(), shift_day(shift));
    s.breaks(&[Rule::ShiftToday]);
}

#[test]
fn a_list_without_a_date_is_todays_and_a_filtered_one_has_what_fits() {
    let mut s = Stream::new();
    let Answer::Appointments(empty) = list(&[]) else { unreachable!() };
    s.call(
        REP,
        get_list(),
        Answer::Appointments(AppointmentList { date: Date::parse("2026-06-11").unwrap(), ..empty }),
    );
    s.breaks(&[Rule::AppointmentListComplete]);
    for (shown, holds) in [(vec![visit()], true), (vec![], false)] {
        let mut s = Stream::new();
        s.call(REP, get_list(), list(&[visit()]));
        let status = Some(AppointmentStatus::Scheduled);
        s.call(REP, Call::ListAppointments(AppointmentQuery { status, ..Default::default() }), list(&shown));
        assert_eq!(s.findings().part(Part::ListFilter).exercised, 1);
        if holds { s.is_fine() } else { s.breaks(&[Rule::AppointmentListComplete]) }
    }
}

#[test]
fn what_the_lists_before_and_after_show_is_there_by_its_id() {
    let mut s = Stream::new();
    s.call(REP, get_list(), list(&[visit()]));
    let look = s.send(REP, TAP, get());
    s.fail(&look, 404);
    // It may be gone.
    s.is_fine();
    s.call(REP, get_list(), list(&[visit()]));
    s.breaks(&[Rule::AppointmentListComplete]);
}

#[test]
fn overdue_tasks_are_counted_neither_too_low_nor_too_high() {
    let overdue = |id: &str| Task { status: TaskStatus::Overdue, due_at: Some(at("12:00")), ..task(id) };
    // None is as many as the list of open tasks itself holds: counted within the filter, which is a reading.
    for (count, holds) in [(2, true), (1, false), (3, false), (0, true)] {
        let mut s = Stream::new();
        let open = TaskQuery { status: Some(TaskStatus::Open), ..Default::default() };
        s.call(REP, get_tasks(open), Answer::Tasks(TaskList { tasks: vec![], total: 0, overdue_count: count }));
        let query = TaskQuery { status: Some(TaskStatus::Overdue), ..Default::default() };
        s.call(REP, get_tasks(query), tasks(&[overdue("task_1"), overdue("task_2")]));
        if holds { s.is_fine() } else { s.breaks(&[Rule::TaskListFilters]) }
    }
}

#[test]
fn a_ghost_session_stays_one_and_shows_neither_sound_nor_words() {
    let begun = || {
        let mut s = Stream::new();
        let Answer::RecordingStarted(full) = started() else { unreachable!() };
        let Call::StartRecording(call) = start() else { unreachable!() };
        let call = Call::StartRecording(RecordingStart { mode: Some(RecordingMode::Ghost), ..call });
        let (mode, audio_storage_mode) = (RecordingMode::Ghost, AudioStorage::NotStored);
        s.call(REP, call, Answer::RecordingStarted(RecordingStarted { mode, audio_storage_mode, ..full }));
        s
    };
    let ghost =
        RecordingSession { mode: RecordingMode::Ghost, audio_storage_mode: Some(AudioStorage::NotStored), ..stopped() };
    let transcript = |transcript_text: Option<&str>, transcript_restricted| Transcript {
        transcript_text: transcript_text.map(Into::into),
        speaker_labels: None,
        confidence_score: None,
        uwc_job_id: None,
        is_ghost_mode: true,
        transcript_restricted,
    };
    let with = |of: Transcript| RecordingSession { transcript: Some(of), ..ghost.clone() };
    let cases = [
        (ghost.clone(), None),
        (with(transcript(None, true)), None),
        // The tenant's policy keeps it (§3.5).
        (with(transcript(Some("words"), false)), None),
        (with(transcript(Some("words"), true)), Some(Part::GhostTranscript)),
        (RecordingSession { audio_url: Some("s3://x".into()), ..ghost.clone() }, Some(Part::GhostAudio)),
        // By another way: it is shown as a full one.
        (stopped(), Some(Part::GhostMode)),
    ];
    for (shown, part) in cases {
        let mut s = begun();
        s.call(REP, get_session(), recording(shown));
        match part {
            None => assert_eq!(s.findings().count(Rule::RecordingGhost).broken, 0),
            Some(part) => assert!(s.findings().part(part).broken == 1, "{part}: {:#?}", s.findings().violations),
        }
    }
}

#[test]
fn a_code_is_one_that_the_request_can_have_caused() {
    for (code, holds) in [(ErrorCode::InvalidRequest, true), (ErrorCode::ValidationError, false)] {
        let mut s = Stream::new();
        let ticket = s.send(AUDITOR, Cause::ReadBack, get_tasks(TaskQuery::default()));
        s.answer(&ticket, fieldday_api::call::Response::error(ErrorBody::new(code, "no", "req_1")));
        assert_eq!(s.findings().part(Part::EnvelopeCause).exercised, 1);
        if holds { s.is_fine() } else { s.breaks(&[Rule::ErrorEnvelope]) }
    }
}
