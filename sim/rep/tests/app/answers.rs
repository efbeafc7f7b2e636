//! What the scripted backend answers.

use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::fixed::Score;
use fieldday_api::names::*;
use fieldday_api::wire::appointments::{Appointment, AppointmentDetail, AppointmentList, Contact, Lead};
use fieldday_api::wire::extras::{Health, RagAnswer, Win, WinsFeed};
use fieldday_api::wire::messages::MessageThread;
use fieldday_api::wire::recordings::{
    Analysis, RecordingSession, RecordingSessionBody, RecordingStarted, Transcript, Uploaded,
};
use fieldday_api::wire::shifts::{Shift, ShiftDay};
use fieldday_api::wire::tasks::{Task, TaskCompleted, TaskCreate, TaskList};
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_rep::transport::scripted::{Reply, Seen};

use crate::harness::{ms, start};

/// An answer with that status and an error's envelope, after 100 ms.
pub fn fails(status: u16) -> Reply {
    Reply::soon(error(status, "no"))
}
/// The same with a message.
pub fn error(status: u16, message: &str) -> Response {
    let code = match status {
        401 => ErrorCode::TokenExpired,
        403 => ErrorCode::RbacViolation,
        404 => ErrorCode::NotFound,
        429 => ErrorCode::RateLimited,
        500.. => ErrorCode::InternalError,
        _ => ErrorCode::InvalidRequest,
    };
    let body = ErrorBody::new(code, message, format!("req_{status}"));
    Response { status, ..Response::error(body) }
}
/// An error that says after how many seconds to come back.
pub fn asks_to_wait(status: u16, seconds: i64) -> Reply {
    Reply::soon(Response { retry_after: Some(Span::seconds(seconds)), ..error(status, "no") })
}
/// A good answer after 100 ms.
pub fn answers(answer: Answer) -> Reply {
    Reply::soon(Response::ok(answer))
}
/// What the backend does by default: what was asked for, after 100 ms.
pub fn well(seen: &Seen) -> Reply {
    answers(good(&seen.request, seen.at))
}

/// The answer that is hoped for.
pub fn good(call: &Call, now: Time) -> Answer {
    let id = || SmolStr::from(call.path_id().unwrap_or_default());
    match call {
        Call::ListAppointments(query) => {
            let date = query.date.unwrap_or_else(|| Zone::utc().date(now));
            Answer::Appointments(AppointmentList { appointments: Vec::new(), total: 0, date })
        }
        Call::GetAppointment { .. } | Call::UpdateAppointment { .. } => {
            Answer::Appointment(Box::new(detail(id(), now)))
        }
        Call::ListTasks(_) => tasks(0),
        Call::CreateTask(_) => Answer::Task(Box::new(task("task_new".into(), now))),
        Call::UpdateTask { .. } => Answer::Task(Box::new(task(id(), now))),
        Call::CompleteTask { .. } => Answer::TaskCompleted(TaskCompleted {
            id: id(),
            status: TaskStatus::Completed,
            completed_at: now,
            completed_by: "rep_1".into(),
        }),
        Call::StartRecording(start) => started(&format!("session_{}", start.appointment_id), start.mode, now),
        Call::StopRecording { .. } | Call::GetRecording { .. } => session(id(), |_| {}),
        Call::UploadAudio { .. } => {
            Answer::Uploaded(Uploaded { status: "uploaded".into(), recording_session_id: id() })
        }
        Call::ClockIn { .. } | Call::ShiftToday { .. } => shift_day(true),
        Call::ClockOut { .. } => Answer::Shift(shift()),
        Call::GetThread { contact_card_id, .. } => thread(contact_card_id, 0),
        Call::RagQuery(_) => Answer::Rag(RagAnswer { answer: "Well.".into() }),
        Call::ListWins(_) => Answer::Wins(WinsFeed { posts: Vec::new(), total: 0 }),
        Call::PostWin(post) => Answer::Win(Box::new(Win {
            id: "win_1".into(),
            rep_id: "rep_1".into(),
            appointment_id: post.appointment_id.clone(),
            message: post.message.clone(),
            deal_size: None,
            created_at: now,
        })),
        Call::Health => Answer::Health(Health { status: "ok".into() }),
        Call::PutAudio { .. } => Answer::Stored,
        Call::Raw(_) => Answer::Foreign("not asked for".into()),
    }
}
pub fn tasks(total: u32) -> Answer {
    Answer::Tasks(TaskList { tasks: Vec::new(), total, overdue_count: 0 })
}
pub fn thread(contact: &str, total: u32) -> Answer {
    Answer::Thread(MessageThread { contact_card_id: contact.into(), messages: Vec::new(), total })
}
/// A started session, with an upload URL that is another every time, but for ghost mode.
pub fn started(session: &str, mode: Option<RecordingMode>, now: Time) -> Answer {
    let mode = mode.unwrap_or(RecordingMode::Full);
    let url = (mode != RecordingMode::Ghost).then(|| format!("https://store/uploads/key-{}", ms(now)).into());
    Answer::RecordingStarted(RecordingStarted {
        recording_session_id: session.into(),
        mode,
        audio_storage_mode: AudioStorage::Persistent,
        audio_upload_url: url,
        shunya_job_config: None,
    })
}
/// A session that nothing was made of yet.
pub fn session(id: SmolStr, change: impl FnOnce(&mut RecordingSession)) -> Answer {
    let mut session = RecordingSession {
        id,
        rep_id: "rep_1".into(),
        appointment_id: "appt_1".into(),
        started_at: start(),
        ended_at: None,
        mode: RecordingMode::Full,
        transcription_status: Processing::NotStarted,
        analysis_status: Processing::NotStarted,
        audio_url: None,
        audio_storage_mode: None,
        audio_duration_seconds: None,
        audio_size_bytes: None,
        transcript: None,
        analysis: None,
    };
    change(&mut session);
    Answer::Recording(Box::new(RecordingSessionBody { session }))
}
/// An analysis that found nothing, but perhaps a sentiment.
pub fn analysis(sentiment_score: Option<Score>) -> Analysis {
    Analysis {
        objections: None,
        objection_details: None,
        sentiment_score,
        engagement_score: None,
        coaching_tips: None,
        sop_stages_completed: None,
        sop_stages_missed: None,
        sop_compliance_score: None,
        lead_quality: None,
        conversion_probability: None,
        meeting_segments: None,
        outcome: None,
        outcome_confidence: None,
    }
}
/// A transcript, or that of a ghost session, which has no text.
pub fn transcript(text: Option<&str>) -> Transcript {
    Transcript {
        transcript_text: text.map(Into::into),
        speaker_labels: None,
        confidence_score: None,
        uwc_job_id: None,
        is_ghost_mode: text.is_none(),
        transcript_restricted: text.is_none(),
    }
}
fn shift() -> Shift {
    Shift {
        id: "shift_1".into(),
        rep_id: "rep_1".into(),
        shift_date: Zone::utc().date(start()),
        clock_in_at: start(),
        clock_out_at: None,
        status: ShiftStatus::Active,
        scheduled_start: None,
        scheduled_end: None,
    }
}
/// The shift, and whether the tenant's policy allows recording.
pub fn shift_day(allow_recording: bool) -> Answer {
    Answer::ShiftDay(Box::new(ShiftDay {
        shift: shift(),
        effective_start_time: start(),
        effective_end_time: start() + Span::hours(12),
        recording_mode: RecordingMode::Full,
        allow_location_tracking: true,
        allow_recording,
    }))
}
fn task(id: SmolStr, now: Time) -> Task {
    Task {
        id,
        description: "Call back".into(),
        status: TaskStatus::Open,
        assigned_to: Assignee::SalesRep,
        due_at: None,
        priority: Priority::Medium,
        contact_card_id: None,
        lead_id: None,
        appointment_id: None,
        notes: None,
        completed_at: None,
        completed_by: None,
        created_at: now,
        updated_at: None,
    }
}
/// A task to be created.
pub fn new_task(description: &str) -> TaskCreate {
    TaskCreate {
        description: description.into(),
        assigned_to: Assignee::SalesRep,
        contact_card_id: None,
        lead_id: None,
        appointment_id: None,
        call_id: None,
        due_at: None,
        priority: None,
        source: None,
    }
}
fn detail(id: SmolStr, now: Time) -> AppointmentDetail {
    AppointmentDetail {
        appointment: Appointment {
            id,
            lead_id: "lead_1".into(),
            contact_card_id: "contact_1".into(),
            scheduled_start: now,
            scheduled_end: now + Span::hours(1),
            status: AppointmentStatus::Scheduled,
            outcome: Outcome::Pending,
            assigned_rep_id: Some("rep_1".into()),
            location: "There".into(),
            service_type: "Roof Replacement".into(),
            notes: None,
            deal_size: None,
            created_at: now,
            updated_at: now,
        },
        lead: Lead { id: "lead_1".into(), status: LeadStatus::Qualified, deal_size: None, created_at: now },
        contact: Contact {
            id: "contact_1".into(),
            first_name: "A".into(),
            last_name: "B".into(),
            phone_number: "1".into(),
            email: None,
            address: "There".into(),
        },
    }
}
