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
        Op::GetAppointment => APPOINTMENT_DETAIL,
        Op::UpdateAppointment => APPOINTMENT_UPDATED,
        Op::ListTasks => TASKS,
        Op::CreateTask => &TASK_CREATED,
        Op::UpdateTask => &TASK_UPDATED,
        Op::CompleteTask => TASK_COMPLETED,
        Op::StartRecording => RECORDING_STARTED,
        Op::StopRecording => STOPPED,
        Op::GetRecording => RECORDING,
        Op::UploadAudio => UPLOADED,
        Op::ClockIn => CLOCKED_IN,
        Op::ShiftToday => SHIFT_DAY,
        Op::ClockOut => &CLOCKED_OUT,
        Op::GetThread => THREAD,
        Op::RagQuery => &[RAG_ANSWER],
        Op::ListWins => WINS,
        Op::PostWin => &POSTED,
        Op::Health => HEALTH,
        Op::PutAudio => return None,
    })
}

/// Whether a key is one of the spec's, of an answer or of an error.
pub(super) fn is_documented(key: &str) -> bool {
    fn has(fields: &[Field], key: &str) -> bool {
        fields.iter().any(|field| {
            field.name == key
                || match &field.kind {
                    Object(of) | List(Object(of)) => has(of, key),
                    _ => false,
                }
        })
    }
    const AROUND: [&str; 10] =
        ["data", "success", "meta", "detail", "details", "error_code", "message", "request_id", "trace_id", "error"];
    AROUND.contains(&key) || Op::ALL.iter().filter_map(|op| shape_of(*op)).any(|of| has(of, key))
}

/// Whether one object of an answer has both fields, so that they cannot have one name.
pub fn stand_together(one: &str, other: &str) -> bool {
    fn together(fields: &[Field], one: &str, other: &str) -> bool {
        let has = |name: &str| fields.iter().any(|field| field.name == name);
        let within = |field: &Field| match &field.kind {
            Object(of) | List(Object(of)) => together(of, one, other),
            _ => false,
        };
        (has(one) && has(other)) || fields.iter().any(within)
    }
    Op::ALL.iter().filter_map(|op| shape_of(*op)).any(|fields| together(fields, one, other))
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
    left(name, kind)
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
    text("customer_name"),
    text("address").aka(&["location"]),
    or("scheduled_start", Time, Like("scheduled_end")).aka(&["start_time"]),
    or("scheduled_end", Time, Like("scheduled_start")).aka(&["end_time"]),
    or("status", Name(&APPOINTMENT_STATUS), Neutral::Text("scheduled")),
    or("outcome", Name(&OUTCOME), Neutral::Text("pending")),
    text("service_type"),
    or("is_assigned_to_me", Flag, True),
    null("deal_size", Number),
    or("pending_tasks_count", COUNT, Zero),
];
const LEAD_PART: Field = or("lead", Object(LEAD), Hollow);
const CONTACT_PART: Field = or("contact", Object(CONTACT), Hollow).aka(&["contact_card"]);
static APPOINTMENT_DETAIL: &[Field] = &[must("appointment", Object(APPOINTMENT)), LEAD_PART, CONTACT_PART];
/// That a write was done is said by the status: its answer may be hollow.
static APPOINTMENT_UPDATED: &[Field] = &[or("appointment", Object(APPOINTMENT), Hollow), LEAD_PART, CONTACT_PART];
static APPOINTMENT: &[Field] = &[
    or("id", Text, Asked).aka(&["appointment_id"]),
    text("lead_id"),
    text("contact_card_id").aka(&["contact_id"]),
    or("scheduled_start", Time, Epoch).aka(&["start_time"]),
    or("scheduled_end", Time, Epoch).aka(&["end_time"]),
    or("status", Name(&APPOINTMENT_STATUS), Neutral::Text("scheduled")),
    or("outcome", Name(&OUTCOME), Neutral::Text("pending")),
    null("assigned_rep_id", Text).aka(&["rep_id"]),
    text("location").aka(&["address"]),
    text("service_type"),
    null("notes", Text),
    null("deal_size", Number),
    or("created_at", Time, Epoch),
    or("updated_at", Time, Epoch),
];
static LEAD: &[Field] = &[
    text("id").aka(&["lead_id"]),
    or("status", Name(&LEAD_STATUS), Neutral::Text("new")),
    null("deal_size", Number),
    or("created_at", Time, Epoch),
];
static CONTACT: &[Field] = &[
    text("id").aka(&["contact_card_id"]),
    text("first_name"),
    text("last_name"),
    text("phone_number").aka(&["primary_phone", "phone"]),
    null("email", Text),
    text("address"),
];

static TASKS: &[Field] = &[
    must("tasks", List(&Object(&TASK))).aka(&["items", "results"]),
    or("total", COUNT, Length("tasks")).aka(&["total_count", "count"]),
    or("overdue_count", COUNT, Zero),
];
static TASK: [Field; 14] = task(must("id", Text));
static TASK_CREATED: [Field; 14] = task(text("id"));
static TASK_UPDATED: [Field; 14] = task(or("id", Text, Asked));

const fn task(id: Field) -> [Field; 14] {
    [
        id.aka(&["task_id"]),
        text("description").aka(&["title"]),
        or("status", Name(&TASK_STATUS), Neutral::Text("open")),
        or("assigned_to", Name(&ASSIGNEE), Neutral::Text("sales_rep")),
        null("due_at", Time),
        or("priority", Name(&PRIORITY), Neutral::Text("medium")),
        left("contact_card_id", Text),
        left("lead_id", Text),
        left("appointment_id", Text),
        left("notes", Text),
        left("completed_at", Time),
        left("completed_by", Text),
        or("created_at", Time, Epoch),
        left("updated_at", Time),
    ]
}
static TASK_COMPLETED: &[Field] = &[
    or("id", Text, Asked).aka(&["task_id"]),
    or("status", Name(&TASK_STATUS), Neutral::Text("completed")),
    or("completed_at", Time, Epoch),
    text("completed_by"),
];

static RECORDING_STARTED: &[Field] = &[
    must("recording_session_id", Text).aka(&["session_id", "id"]),
    or("mode", Name(&RECORDING_MODE), Asked).aka(&["recording_mode"]),
    or("audio_storage_mode", Name(&AUDIO_STORAGE), Neutral::Text("not_stored")),
    null("audio_upload_url", Text).aka(&["upload_url"]),
    shunya("shunya_job_config", Text),
];
/// §2.3.2's sample ends with the two states.
static STOPPED: &[Field] = &[or("session", Object(&SESSION), Hollow)];
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
        or("id", Text, Asked).aka(&["recording_session_id", "session_id"]),
        text("rep_id"),
        text("appointment_id"),
        or("started_at", Time, Epoch),
        null("ended_at", Time),
        or("mode", Name(&RECORDING_MODE), Asked),
        or("transcription_status", Name(&PROCESSING), Neutral::Text("not_started")),
        or("analysis_status", Name(&PROCESSING), Neutral::Text("not_started")),
        beyond("audio_url", Text, optional),
        beyond("audio_storage_mode", Name(&AUDIO_STORAGE), optional),
        left("audio_duration_seconds", Number),
        left("audio_size_bytes", Count(u64::MAX)),
        beyond("transcript", Object(TRANSCRIPT), optional),
        beyond("analysis", Object(ANALYSIS), optional),
    ]
}
static TRANSCRIPT: &[Field] = &[
    shunya("transcript_text", Text),
    shunya("speaker_labels", TEXTS),
    shunya("confidence_score", Number),
    shunya("uwc_job_id", Text),
    or("is_ghost_mode", Flag, False),
    or("transcript_restricted", Flag, False),
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

static SHIFT_DAY: &[Field] = &[must("shift", Object(&SHIFT)), STARTS, ENDS, MODE, TRACKING, RECORDING_ALLOWED];
static CLOCKED_IN: &[Field] = &[or("shift", Object(&SHIFT), Hollow), STARTS, ENDS, MODE, TRACKING, RECORDING_ALLOWED];
const STARTS: Field = or("effective_start_time", Time, Epoch);
const ENDS: Field = or("effective_end_time", Time, Epoch);
const MODE: Field = or("recording_mode", Name(&RECORDING_MODE), Neutral::Text("full")).aka(&["mode"]);
const TRACKING: Field = or("allow_location_tracking", Flag, True);
const RECORDING_ALLOWED: Field = or("allow_recording", Flag, True);

static SHIFT: [Field; 8] = shift("active");
static CLOCKED_OUT: [Field; 8] = shift("completed");

const fn shift(status: &'static str) -> [Field; 8] {
    [
        text("id").aka(&["shift_id"]),
        or("rep_id", Text, Asked),
        or("shift_date", Date, Asked).aka(&["date"]),
        or("clock_in_at", Time, Epoch),
        null("clock_out_at", Time),
        or("status", Name(&SHIFT_STATUS), Neutral::Text(status)),
        left("scheduled_start", Clock),
        left("scheduled_end", Clock),
    ]
}

static THREAD: &[Field] = &[
    or("contact_card_id", Text, Asked).aka(&["contact_id"]),
    must("messages", List(&Object(MESSAGE))).aka(&["items", "results"]),
    or("total", COUNT, Length("messages")).aka(&["total_count", "count"]),
];
static MESSAGE: &[Field] = &[
    must("id", Text).aka(&["message_id"]),
    text("sender"),
    or("sender_role", Name(&SENDER_ROLE), Neutral::Text("customer")),
    text("body").aka(&["text", "message"]),
    or("direction", Name(&DIRECTION), Neutral::Text("inbound")),
    or("created_at", Time, Epoch).aka(&["timestamp"]),
    text("provider"),
    or("message_sid", Text, Like("id")),
    or("delivered", Flag, True),
    or("read", Flag, False),
];

const RAG_ANSWER: Field = must("answer", Text).aka(&["response", "text"]);
static WINS: &[Field] = &[
    must("posts", List(&Object(&WIN))).aka(&["items", "wins", "results"]),
    or("total", COUNT, Length("posts")).aka(&["total_count", "count"]),
];
static WIN: [Field; 6] = win(must("id", Text));
static POSTED: [Field; 6] = win(text("id"));

const fn win(id: Field) -> [Field; 6] {
    [
        id.aka(&["post_id"]),
        text("rep_id"),
        text("appointment_id"),
        text("message").aka(&["text"]),
        null("deal_size", Number),
        or("created_at", Time, Epoch),
    ]
}
static HEALTH: &[Field] = &[or("status", Text, Neutral::Text("ok"))];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hollow_objects_can_be_made_of_stand_ins_alone() {
        let fields = Op::ALL.iter().filter_map(|op| shape_of(*op)).flatten();
        for field in fields.filter(|field| matches!(field.neutral, Some(Hollow))) {
            let Object(parts) = field.kind else { panic!("{} is no object", field.name) };
            assert!(parts.iter().all(|part| part.neutral.is_some()), "{}", field.name);
        }
    }

    #[test]
    fn what_the_app_needs_to_act_is_little() {
        fn essential(fields: &'static [Field], path: &str, found: &mut Vec<String>) {
            for field in fields {
                let path = format!("{path}{}", field.name);
                if field.neutral.is_none() {
                    found.push(path.clone());
                }
                match field.kind {
                    Object(of) => essential(of, &format!("{path}."), found),
                    List(Object(of)) => essential(of, &format!("{path}[]."), found),
                    _ => {}
                }
            }
        }
        let mut found = Vec::new();
        for (op, fields) in Op::ALL.iter().filter_map(|op| Some((op, shape_of(*op)?))) {
            essential(fields, &format!("{}: ", op.kebab_name()), &mut found);
        }
        let expected = [
            "list-appointments: appointments",
            "list-appointments: appointments[].appointment_id",
            "get-appointment: appointment",
            "list-tasks: tasks",
            "list-tasks: tasks[].id",
            "start-recording: recording_session_id",
            "get-recording: session",
            "shift-today: shift",
            "get-thread: messages",
            "get-thread: messages[].id",
            "rag-query: answer",
            "list-wins: posts",
            "list-wins: posts[].id",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_null_or_left_out_has_null_for_a_stand_in() {
        let fields = Op::ALL.iter().filter_map(|op| shape_of(*op)).flatten();
        for field in fields {
            assert!(!field.nullable || matches!(field.neutral, Some(Neutral::Null)), "{}", field.name);
        }
    }
}
