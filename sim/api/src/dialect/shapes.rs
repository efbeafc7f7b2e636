//! The shape of every answer of §2, as [`crate::wire`] has it. A test walks every wire type against its shape.

use super::names::*;
use super::shape::Kind::{Clock, Count, Date, Flag, List, Name, Number, Object, Text, Time};
use super::shape::Neutral::{Asked, Epoch, False, Hollow, Length, Like, True, Zero};
use super::shape::{Field, Kind, Neutral, left, must, null, or};
use crate::endpoint::Op;

/// What the answer of `op` holds in `data`; none of what has no body.
pub(super) fn shape_of(op: Op) -> Option<&'static [Field]> {
    Some(match op {
        Op::ListAppointments => APPOINTMENTS,
        Op::GetAppointment | Op::UpdateAppointment => APPOINTMENT_DETAIL,
        Op::ListTasks => TASKS,
        Op::CreateTask | Op::UpdateTask => TASK,
        Op::CompleteTask => TASK_COMPLETED,
        Op::StartRecording => RECORDING_STARTED,
        Op::StopRecording => STOPPED,
        Op::GetRecording => RECORDING,
        Op::UploadAudio => UPLOADED,
        Op::ClockIn | Op::ShiftToday => SHIFT_DAY,
        Op::ClockOut => SHIFT,
        Op::GetThread => THREAD,
        Op::RagQuery => &[RAG_ANSWER],
        Op::ListWins => WINS,
        Op::PostWin => WIN,
        Op::Health => HEALTH,
        Op::PutAudio => return None,
    })
}

/// The list that an answer is about, if it is about one.
pub(super) fn list_of(op: Op) -> Option<&'static str> {
    Some(match op {
        Op::ListAppointments => "appointments",
        Op::ListTasks => "tasks",
        Op::GetThread => "messages",
        Op::ListWins => "posts",
        _ => return None,
    })
}

const COUNT: Kind = Count(u32::MAX as u64);
const NOTHING: Neutral = Neutral::Text("");
const TEXTS: Kind = List(&Text);

const fn text(name: &'static str) -> Field {
    or(name, Text, NOTHING)
}
/// What Shunya fills, or does not.
const fn shunya(name: &'static str, kind: Kind) -> Field {
    left(name, kind).harmless()
}

static APPOINTMENTS: &[Field] = &[
    must("appointments", List(&Object(APPOINTMENT_SUMMARY))).aka(&["items", "results"]),
    or("total", COUNT, Length("appointments")).aka(&["total_count", "count"]),
    or("date", Date, Asked),
];
static APPOINTMENT_SUMMARY: &[Field] = &[
    must("appointment_id", Text).aka(&["id"]),
    text("lead_id"),
    text("contact_card_id").aka(&["contact_id"]),
    text("customer_name").harmless(),
    text("address").aka(&["location"]),
    must("scheduled_start", Time).aka(&["start_time"]),
    must("scheduled_end", Time).aka(&["end_time"]),
    must("status", Name(&APPOINTMENT_STATUS)),
    or("outcome", Name(&OUTCOME), Neutral::Text("pending")),
    text("service_type"),
    or("is_assigned_to_me", Flag, True),
    null("deal_size", Number),
    or("pending_tasks_count", COUNT, Zero).harmless(),
];
static APPOINTMENT_DETAIL: &[Field] = &[
    must("appointment", Object(APPOINTMENT)),
    or("lead", Object(LEAD), Hollow).harmless(),
    or("contact", Object(CONTACT), Hollow).harmless().aka(&["contact_card"]),
];
static APPOINTMENT: &[Field] = &[
    must("id", Text).aka(&["appointment_id"]),
    text("lead_id"),
    text("contact_card_id").aka(&["contact_id"]),
    must("scheduled_start", Time).aka(&["start_time"]),
    must("scheduled_end", Time).aka(&["end_time"]),
    must("status", Name(&APPOINTMENT_STATUS)),
    or("outcome", Name(&OUTCOME), Neutral::Text("pending")),
    null("assigned_rep_id", Text).aka(&["rep_id"]),
    text("location").aka(&["address"]),
    text("service_type"),
    null("notes", Text),
    null("deal_size", Number),
    or("created_at", Time, Epoch).harmless(),
    or("updated_at", Time, Epoch).harmless(),
];
static LEAD: &[Field] = &[
    text("id").aka(&["lead_id"]),
    or("status", Name(&LEAD_STATUS), Neutral::Text("new")).harmless(),
    null("deal_size", Number).harmless(),
    or("created_at", Time, Epoch).harmless(),
];
static CONTACT: &[Field] = &[
    text("id").aka(&["contact_card_id"]),
    text("first_name").harmless(),
    text("last_name").harmless(),
    text("phone_number").harmless().aka(&["primary_phone", "phone"]),
    null("email", Text).harmless(),
    text("address").harmless(),
];

static TASKS: &[Field] = &[
    must("tasks", List(&Object(TASK))).aka(&["items", "results"]),
    or("total", COUNT, Length("tasks")).aka(&["total_count", "count"]),
    or("overdue_count", COUNT, Zero),
];
static TASK: &[Field] = &[
    must("id", Text).aka(&["task_id"]),
    text("description").aka(&["title"]),
    must("status", Name(&TASK_STATUS)),
    must("assigned_to", Name(&ASSIGNEE)),
    null("due_at", Time),
    or("priority", Name(&PRIORITY), Neutral::Text("medium")),
    left("contact_card_id", Text),
    left("lead_id", Text),
    left("appointment_id", Text),
    left("notes", Text),
    left("completed_at", Time),
    left("completed_by", Text),
    or("created_at", Time, Epoch).harmless(),
    left("updated_at", Time),
];
static TASK_COMPLETED: &[Field] = &[
    or("id", Text, Asked).aka(&["task_id"]),
    must("status", Name(&TASK_STATUS)),
    must("completed_at", Time),
    must("completed_by", Text),
];

static RECORDING_STARTED: &[Field] = &[
    must("recording_session_id", Text).aka(&["session_id", "id"]),
    must("mode", Name(&RECORDING_MODE)).aka(&["recording_mode"]),
    or("audio_storage_mode", Name(&AUDIO_STORAGE), Neutral::Text("not_stored")),
    null("audio_upload_url", Text).aka(&["upload_url"]),
    shunya("shunya_job_config", Text),
];
/// §2.3.2's sample ends with the two states.
static STOPPED: &[Field] = &[must("session", Object(&SESSION))];
/// §0.2 and §3 tell the app to read more of the session than that.
static RECORDING: &[Field] = &[must("session", Object(&SESSION_READ))];

static SESSION: [Field; 14] = session(true);
static SESSION_READ: [Field; 14] = session(false);

/// A session whose fields beyond the sample may be left out, or not.
const fn session(optional: bool) -> [Field; 14] {
    const fn beyond(name: &'static str, kind: Kind, optional: bool) -> Field {
        Field { optional, ..null(name, kind) }
    }
    [
        must("id", Text).aka(&["recording_session_id", "session_id"]),
        text("rep_id"),
        text("appointment_id"),
        must("started_at", Time),
        null("ended_at", Time),
        must("mode", Name(&RECORDING_MODE)),
        must("transcription_status", Name(&PROCESSING)),
        must("analysis_status", Name(&PROCESSING)),
        beyond("audio_url", Text, optional),
        beyond("audio_storage_mode", Name(&AUDIO_STORAGE), optional),
        left("audio_duration_seconds", Number).harmless(),
        left("audio_size_bytes", Count(u64::MAX)).harmless(),
        beyond("transcript", Object(TRANSCRIPT), optional).harmless(),
        beyond("analysis", Object(ANALYSIS), optional),
    ]
}
static TRANSCRIPT: &[Field] = &[
    shunya("transcript_text", Text),
    shunya("speaker_labels", TEXTS),
    shunya("confidence_score", Number),
    shunya("uwc_job_id", Text),
    or("is_ghost_mode", Flag, False).harmless(),
    or("transcript_restricted", Flag, False).harmless(),
];
static ANALYSIS: &[Field] = &[
    shunya("objections", TEXTS),
    shunya("objection_details", TEXTS),
    shunya("sentiment_score", Number),
    shunya("engagement_score", Number),
    shunya("coaching_tips", TEXTS),
    shunya("sop_stages_completed", TEXTS),
    shunya("sop_stages_missed", TEXTS),
    shunya("sop_compliance_score", Number),
    shunya("lead_quality", Name(&LEAD_QUALITY)),
    shunya("conversion_probability", Number),
    shunya("meeting_segments", TEXTS),
    shunya("outcome", Name(&ANALYSIS_OUTCOME)),
    shunya("outcome_confidence", Number),
];
static UPLOADED: &[Field] = &[
    or("status", Text, Neutral::Text("uploaded")),
    or("recording_session_id", Text, Asked).aka(&["session_id", "id"]),
];

static SHIFT_DAY: &[Field] = &[
    must("shift", Object(SHIFT)),
    or("effective_start_time", Time, Epoch).harmless(),
    or("effective_end_time", Time, Epoch).harmless(),
    or("recording_mode", Name(&RECORDING_MODE), Neutral::Text("full")).harmless().aka(&["mode"]),
    or("allow_location_tracking", Flag, True).harmless(),
    or("allow_recording", Flag, True).harmless(),
];
static SHIFT: &[Field] = &[
    must("id", Text).aka(&["shift_id"]),
    or("rep_id", Text, Asked),
    must("shift_date", Date).aka(&["date"]),
    must("clock_in_at", Time),
    null("clock_out_at", Time),
    must("status", Name(&SHIFT_STATUS)),
    left("scheduled_start", Clock).harmless(),
    left("scheduled_end", Clock).harmless(),
];

static THREAD: &[Field] = &[
    or("contact_card_id", Text, Asked).aka(&["contact_id"]),
    must("messages", List(&Object(MESSAGE))).aka(&["items", "results"]),
    or("total", COUNT, Length("messages")).aka(&["total_count", "count"]),
];
static MESSAGE: &[Field] = &[
    must("id", Text).aka(&["message_id"]),
    text("sender").harmless(),
    or("sender_role", Name(&SENDER_ROLE), Neutral::Text("customer")).harmless(),
    text("body").aka(&["text", "message"]),
    or("direction", Name(&DIRECTION), Neutral::Text("inbound")).harmless(),
    must("created_at", Time).aka(&["timestamp"]),
    text("provider").harmless(),
    or("message_sid", Text, Like("id")),
    or("delivered", Flag, True).harmless(),
    or("read", Flag, False).harmless(),
];

const RAG_ANSWER: Field = must("answer", Text).aka(&["response", "text"]);
static WINS: &[Field] = &[
    must("posts", List(&Object(WIN))).aka(&["items", "wins", "results"]),
    or("total", COUNT, Length("posts")).aka(&["total_count", "count"]),
];
static WIN: &[Field] = &[
    must("id", Text).aka(&["post_id"]),
    text("rep_id"),
    text("appointment_id"),
    text("message").aka(&["text"]).harmless(),
    null("deal_size", Number).harmless(),
    or("created_at", Time, Epoch).harmless(),
];
static HEALTH: &[Field] = &[or("status", Text, Neutral::Text("ok")).harmless()];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hollow_objects_can_be_made_of_stand_ins_alone() {
        for hollow in [LEAD, CONTACT] {
            assert!(hollow.iter().all(|field| field.neutral.is_some()), "{hollow:?}");
        }
    }

    #[test]
    fn what_is_null_or_left_out_has_null_for_a_stand_in() {
        let fields = Op::ALL.iter().filter_map(|op| shape_of(*op)).flatten();
        for field in fields {
            assert!(!field.nullable || matches!(field.neutral, Some(Neutral::Null)), "{}", field.name);
        }
    }
}
