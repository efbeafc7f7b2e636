//! Any answer that the spec allows, for tests.

use fieldday_api::SmolStr;
use fieldday_api::call::Answer;
use fieldday_api::endpoint::Op;
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::fixed::Fixed;
use fieldday_api::names::*;
use fieldday_api::private::Private;
use fieldday_api::wire::appointments::*;
use fieldday_api::wire::extras::*;
use fieldday_api::wire::messages::*;
use fieldday_api::wire::recordings::*;
use fieldday_api::wire::shifts::*;
use fieldday_api::wire::tasks::*;
use fieldday_kernel::time::{Date, Time, TimeOfDay};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// The endpoints that an answer may come from.
pub fn op_of(answer: &Answer) -> &'static [Op] {
    match answer {
        Answer::Appointments(_) => &[Op::ListAppointments],
        Answer::Appointment(_) => &[Op::GetAppointment, Op::UpdateAppointment],
        Answer::Tasks(_) => &[Op::ListTasks],
        Answer::Task(_) => &[Op::CreateTask, Op::UpdateTask],
        Answer::TaskCompleted(_) => &[Op::CompleteTask],
        Answer::RecordingStarted(_) => &[Op::StartRecording],
        Answer::Recording(_) => &[Op::StopRecording, Op::GetRecording],
        Answer::Uploaded(_) => &[Op::UploadAudio],
        Answer::ShiftDay(_) => &[Op::ClockIn, Op::ShiftToday],
        Answer::Shift(_) => &[Op::ClockOut],
        Answer::Thread(_) => &[Op::GetThread],
        Answer::Rag(_) => &[Op::RagQuery],
        Answer::Wins(_) => &[Op::ListWins],
        Answer::Win(_) => &[Op::PostWin],
        Answer::Health(_) => &[Op::Health],
        Answer::Error(_) => &[Op::ListTasks, Op::ClockIn],
        Answer::Stored | Answer::Foreign(_) => &[],
    }
}

fn id() -> impl Strategy<Value = SmolStr> {
    "[a-z]{2,6}_[A-Za-z0-9./ é]{1,30}".prop_map(Into::into)
}
fn text() -> impl Strategy<Value = Private> {
    "[ -~é]{0,40}".prop_map(Into::into)
}
fn time() -> impl Strategy<Value = Time> {
    (0_i64..4_000_000_000_000_000).prop_map(Time::from_micros)
}
fn date() -> impl Strategy<Value = Date> {
    (0_i32..40_000).prop_map(Date::from_days)
}
fn number<const DIGITS: u32>() -> impl Strategy<Value = Fixed<DIGITS>> {
    (0_i64..1_000_000_000).prop_map(Fixed)
}
fn texts() -> impl Strategy<Value = Option<Vec<SmolStr>>> {
    of(vec(id(), 0..3))
}

prop_compose! {
    fn entry()(ids in (id(), id(), id(), id()), who in (text(), text()), times in (time(), time()), status in select(AppointmentStatus::ALL),
        outcome in select(Outcome::ALL), mine in any::<bool>(), deal_size in of(number()), pending in any::<u32>()) -> AppointmentSummary {
        let (appointment_id, lead_id, contact_card_id, service_type) = ids;
        AppointmentSummary { appointment_id, lead_id, contact_card_id, customer_name: who.0, address: who.1, scheduled_start: times.0,
            scheduled_end: times.1, status, outcome, service_type, is_assigned_to_me: mine, deal_size, pending_tasks_count: pending }
    }
}
prop_compose! {
    fn detail()(ids in (id(), id(), id(), of(id()), id()), texts in (text(), of(text()), text(), text(), text(), of(text())),
        times in (time(), time(), time(), time()), status in select(AppointmentStatus::ALL), outcome in select(Outcome::ALL),
        deal_size in of(number()), lead_status in select(LeadStatus::ALL)) -> Answer {
        let (id, lead_id, contact_card_id, assigned_rep_id, service_type) = ids;
        let (location, notes, first_name, last_name, phone_number, email) = texts;
        let lead = Lead { id: lead_id.clone(), status: lead_status, deal_size, created_at: times.2 };
        let contact = Contact { id: contact_card_id.clone(), first_name, last_name, phone_number, email, address: location.clone() };
        let appointment = Appointment { id, lead_id, contact_card_id, scheduled_start: times.0, scheduled_end: times.1, status, outcome,
            assigned_rep_id, location, service_type, notes, deal_size, created_at: times.2, updated_at: times.3 };
        Answer::Appointment(Box::new(AppointmentDetail { appointment, lead, contact }))
    }
}
prop_compose! {
    fn task()(ids in (id(), of(id()), of(id()), of(id()), of(id())), description in text(), notes in of(text()), status in select(TaskStatus::ALL),
        assigned_to in select(Assignee::ALL), priority in select(Priority::ALL), times in (of(time()), of(time()), time(), of(time()))) -> Task {
        let (id, contact_card_id, lead_id, appointment_id, completed_by) = ids;
        Task { id, description, status, assigned_to, due_at: times.0, priority, contact_card_id, lead_id, appointment_id, notes,
            completed_at: times.1, completed_by, created_at: times.2, updated_at: times.3 }
    }
}
prop_compose! {
    fn analysis()(lists in (texts(), texts(), texts(), texts(), texts()), details in of(vec(text(), 0..3)),
        scores in (of(number()), of(number()), of(number()), of(number()), of(number())), lead_quality in of(select(LeadQuality::ALL)),
        outcome in of(select(AnalysisOutcome::ALL))) -> Analysis {
        Analysis { objections: lists.0, objection_details: details, sentiment_score: scores.0, engagement_score: scores.1,
            coaching_tips: lists.1, sop_stages_completed: lists.2, sop_stages_missed: lists.3, sop_compliance_score: scores.2, lead_quality,
            conversion_probability: scores.3, meeting_segments: lists.4, outcome, outcome_confidence: scores.4 }
    }
}
prop_compose! {
    fn transcript()(transcript_text in of(text()), speaker_labels in texts(), confidence_score in of(number()), uwc_job_id in of(id()),
        is_ghost_mode in any::<bool>(), transcript_restricted in any::<bool>()) -> Transcript {
        Transcript { transcript_text, speaker_labels, confidence_score, uwc_job_id, is_ghost_mode, transcript_restricted }
    }
}
prop_compose! {
    fn session()(ids in (id(), id(), id(), of(id())), times in (time(), of(time())), mode in select(RecordingMode::ALL),
        states in (select(Processing::ALL), select(Processing::ALL)), storage in of(select(AudioStorage::ALL)),
        size in (of(number()), of(any::<u64>())), transcript in of(transcript()), analysis in of(analysis())) -> Answer {
        let (id, rep_id, appointment_id, audio_url) = ids;
        Answer::Recording(Box::new(RecordingSessionBody { session: RecordingSession { id, rep_id, appointment_id, started_at: times.0,
            ended_at: times.1, mode, transcription_status: states.0, analysis_status: states.1, audio_url, audio_storage_mode: storage,
            audio_duration_seconds: size.0, audio_size_bytes: size.1, transcript, analysis } }))
    }
}
prop_compose! {
    fn started()(recording_session_id in id(), mode in select(RecordingMode::ALL), storage in select(AudioStorage::ALL), url in text(),
        with_url in any::<bool>(), shunya_job_config in of(id())) -> Answer {
        // Audio that is kept has somewhere to go.
        let audio_upload_url = (with_url || storage == AudioStorage::Persistent).then_some(url);
        Answer::RecordingStarted(RecordingStarted { recording_session_id, mode, audio_storage_mode: storage, audio_upload_url, shunya_job_config })
    }
}
prop_compose! {
    fn shift()(id in id(), rep_id in id(), shift_date in date(), clock_in_at in time(), clock_out_at in of(time()),
        status in select(ShiftStatus::ALL), schedule in of((0_u32..24, 0_u32..60))) -> Shift {
        let scheduled_start = schedule.map(|(h, m)| TimeOfDay::hm(h, m));
        Shift { id, rep_id, shift_date, clock_in_at, clock_out_at, status, scheduled_start, scheduled_end: scheduled_start }
    }
}
prop_compose! {
    fn shift_day()(shift in shift(), from in time(), to in time(), recording_mode in select(RecordingMode::ALL), location in any::<bool>(),
        recording in any::<bool>()) -> Answer {
        Answer::ShiftDay(Box::new(ShiftDay { shift, effective_start_time: from, effective_end_time: to, recording_mode,
            allow_location_tracking: location, allow_recording: recording }))
    }
}
prop_compose! {
    fn message()(ids in (id(), id(), id()), sender in text(), sender_role in select(SenderRole::ALL), body in text(),
        direction in select(Direction::ALL), created_at in time(), delivered in any::<bool>(), read in any::<bool>()) -> Message {
        let (id, provider, message_sid) = ids;
        Message { id, sender, sender_role, body, direction, created_at, provider, message_sid, delivered, read }
    }
}
prop_compose! {
    fn win()(ids in (id(), id(), id()), message in text(), deal_size in of(number()), created_at in time()) -> Win {
        Win { id: ids.0, rep_id: ids.1, appointment_id: ids.2, message, deal_size, created_at }
    }
}
fn error() -> impl Strategy<Value = (Answer, u16)> {
    use ErrorCode::*;
    let codes = [
        TokenExpired,
        MissingTenantId,
        InvalidToken,
        NotFound,
        ValidationError,
        InvalidRequest,
        RbacViolation,
        InternalError,
        RateLimited,
        MethodNotAllowed,
    ];
    let details = vec(("[a-z_]{1,12}", "[a-z]{2,5}_[a-f0-9]{1,12}"), 0..3);
    (select(codes.to_vec()), "[A-Za-z ,`'.]{0,60}", "req_[a-f0-9]{1,16}", details).prop_map(
        |(code, message, request_id, details)| {
            let body = ErrorBody::new(code, message, request_id);
            let body = details.into_iter().fold(body, |body, (key, value)| body.about(&key, value));
            (Answer::Error(Box::new(body)), code.status())
        },
    )
}

/// Any answer that the spec allows, with its status.
pub fn any_answer() -> impl Strategy<Value = (Answer, u16)> {
    let lists = prop_oneof![
        (vec(entry(), 0..4), any::<u32>(), date()).prop_map(|(appointments, total, date)| Answer::Appointments(
            AppointmentList { appointments, total, date }
        )),
        (vec(task(), 0..4), any::<u32>(), any::<u32>())
            .prop_map(|(tasks, total, overdue_count)| Answer::Tasks(TaskList { tasks, total, overdue_count })),
        (id(), vec(message(), 0..4), any::<u32>()).prop_map(|(contact_card_id, messages, total)| Answer::Thread(
            MessageThread { contact_card_id, messages, total }
        )),
        (vec(win(), 0..4), any::<u32>()).prop_map(|(posts, total)| Answer::Wins(WinsFeed { posts, total })),
    ];
    let completed =
        (id(), select(TaskStatus::ALL), time(), id()).prop_map(|(id, status, completed_at, completed_by)| {
            Answer::TaskCompleted(TaskCompleted { id, status, completed_at, completed_by })
        });
    let single = prop_oneof![
        detail(),
        task().prop_map(|task| Answer::Task(Box::new(task))),
        completed,
        started(),
        session(),
        (id(), id())
            .prop_map(|(status, recording_session_id)| Answer::Uploaded(Uploaded { status, recording_session_id })),
        shift_day(),
        shift().prop_map(Answer::Shift),
        text().prop_map(|answer| Answer::Rag(RagAnswer { answer })),
        win().prop_map(|win| Answer::Win(Box::new(win))),
        id().prop_map(|status| Answer::Health(Health { status })),
    ];
    prop_oneof![lists.prop_map(|answer| (answer, 200)), single.prop_map(|answer| (answer, 200)), error()]
}
