//! The wire, held against the spec's own samples: what §2 shows is read, what is written reads back, whatever a target
//! adds is tolerated, and calls survive the way over HTTP.

use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::error::ErrorCode;
use fieldday_api::fixed::{Fixed, Money};
use fieldday_api::http::{decode, decode_after_blanks, decode_answer, encode, encode_answer};
use fieldday_api::names::*;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::extras::{RagQuery, WinPost};
use fieldday_api::wire::recordings::{Location, RecordingStart, RecordingStop, UploadAudio};
use fieldday_api::wire::shifts::ClockIn;
use fieldday_api::wire::tasks::{TaskCreate, TaskPatch, TaskQuery};
use fieldday_kernel::time::{Date, Time};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Every answer of §2, as the spec prints it (and, marked so, what §1 and §3 make necessary).
fn samples() -> Vec<(Op, Value)> {
    let appointment = json!({
        "appointment": {"id": "appt_123", "lead_id": "lead_456", "contact_card_id": "contact_789",
            "scheduled_start": "2025-01-20T14:00:00Z", "scheduled_end": "2025-01-20T15:00:00Z", "status": "scheduled",
            "outcome": "pending", "assigned_rep_id": "rep_123", "location": "123 Main St",
            "service_type": "Roof Replacement", "notes": "Customer prefers morning appointments", "deal_size": null,
            "created_at": "2025-01-15T10:00:00Z", "updated_at": "2025-01-15T10:00:00Z"},
        "lead": {"id": "lead_456", "status": "qualified", "deal_size": null, "created_at": "2025-01-10T08:00:00Z"},
        "contact": {"id": "contact_789", "first_name": "John", "last_name": "Doe", "phone_number": "+1234567890",
            "email": "john@example.com", "address": "123 Main St"}});
    let task = json!({"id": "task_123", "description": "Follow up with customer", "status": "open",
        "assigned_to": "sales_rep", "due_at": "2025-01-21T10:00:00Z", "priority": "high",
        "created_at": "2025-01-20T08:00:00Z"});
    let session = json!({"id": "session_123", "rep_id": "rep_123", "appointment_id": "appt_123",
        "started_at": "2025-01-20T14:00:00Z", "ended_at": "2025-01-20T15:00:00Z", "mode": "full",
        "transcription_status": "in_progress", "analysis_status": "not_started"});
    let mut analysed = session.clone();
    analysed["audio_url"] = json!("s3://bucket/audio.m4a");
    analysed["transcript"] = json!({"transcript_text": null, "speaker_labels": ["A", "B"], "confidence_score": 0.91,
        "uwc_job_id": "job_1", "is_ghost_mode": false, "transcript_restricted": true});
    analysed["analysis"] = json!({"objections": ["price"], "objection_details": null, "sentiment_score": 0.8,
        "engagement_score": null, "coaching_tips": ["listen"], "sop_stages_completed": [], "sop_stages_missed": null,
        "sop_compliance_score": 7.5, "lead_quality": "hot", "conversion_probability": 0.35, "meeting_segments": null,
        "outcome": "won", "outcome_confidence": 1.0});
    let shift = json!({"shift": {"id": "shift_123", "rep_id": "rep_123", "shift_date": "2025-01-20",
            "clock_in_at": "2025-01-20T08:00:00Z", "clock_out_at": null, "status": "active",
            "scheduled_start": "07:00:00", "scheduled_end": "20:00:00"},
        "effective_start_time": "2025-01-20T08:00:00Z", "effective_end_time": "2025-01-20T20:00:00Z",
        "recording_mode": "full", "allow_location_tracking": true, "allow_recording": true});
    let win = json!({"id": "win_1", "rep_id": "rep_123", "appointment_id": "appt_123", "message": "Sold",
        "deal_size": 5000.0, "created_at": "2025-01-20T15:00:00Z"});
    vec![
        (
            Op::ListAppointments,
            json!({"appointments": [{"appointment_id": "appt_123", "lead_id": "lead_456",
            "contact_card_id": "contact_789", "customer_name": "John Doe", "address": "123 Main St",
            "scheduled_start": "2025-01-20T14:00:00Z", "scheduled_end": "2025-01-20T15:00:00Z", "status": "scheduled",
            "outcome": "pending", "service_type": "Roof Replacement", "is_assigned_to_me": true, "deal_size": null,
            "pending_tasks_count": 2}], "total": 5, "date": "2025-01-20"}),
        ),
        (Op::GetAppointment, appointment.clone()),
        (Op::UpdateAppointment, appointment),
        (
            Op::ListTasks,
            json!({"tasks": [{"id": "task_123", "description": "Follow up with customer", "status": "open",
            "assigned_to": "sales_rep", "due_at": "2025-01-21T10:00:00Z", "priority": "high",
            "contact_card_id": "contact_789", "lead_id": "lead_456", "appointment_id": "appt_123",
            "created_at": "2025-01-20T08:00:00Z", "updated_at": "2025-01-20T08:00:00Z"}], "total": 10, "overdue_count": 2}),
        ),
        (Op::CreateTask, task.clone()),
        (
            Op::CompleteTask,
            json!({"id": "task_123", "status": "completed", "completed_at": "2025-01-20T10:00:00Z",
            "completed_by": "rep_123"}),
        ),
        (Op::UpdateTask, task),
        (
            Op::StartRecording,
            json!({"recording_session_id": "session_123", "mode": "full",
            "audio_storage_mode": "persistent", "audio_upload_url": "https://s3.amazonaws.com/x", "shunya_job_config": null}),
        ),
        (Op::StopRecording, json!({"session": session})),
        (Op::UploadAudio, json!({"status": "uploaded", "recording_session_id": "session_123"})),
        (Op::GetRecording, json!({"session": analysed})),
        (Op::ClockIn, shift.clone()),
        (
            Op::ClockOut,
            json!({"id": "shift_123", "rep_id": "rep_123", "shift_date": "2025-01-20",
            "clock_in_at": "2025-01-20T08:00:00Z", "clock_out_at": "2025-01-20T20:00:00Z", "status": "completed"}),
        ),
        (Op::ShiftToday, shift),
        (
            Op::GetThread,
            json!({"contact_card_id": "contact_789", "messages": [{"id": "msg_123", "sender": "+1234567890",
            "sender_role": "customer", "body": "Hello, I'm interested", "direction": "inbound",
            "created_at": "2025-01-20T10:00:00Z", "provider": "Twilio", "message_sid": "SM123", "delivered": true,
            "read": false}], "total": 10}),
        ),
        (Op::RagQuery, json!({"answer": "Two more today."})),
        (Op::ListWins, json!({"posts": [win.clone()], "total": 1})),
        (Op::PostWin, win),
        (Op::Health, json!({"status": "ok"})),
    ]
}

fn read(op: Op, data: &Value) -> Answer {
    decode_answer(op, 200, json!({ "data": data }).to_string().as_bytes())
}

/// Puts a field nobody knows into every object.
fn with_unknown_fields(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let known = fields.iter().map(|(k, v)| (k.clone(), with_unknown_fields(v)));
            known.chain([("x_added_later".to_owned(), json!({"a": [1]}))]).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(with_unknown_fields).collect(),
        other => other.clone(),
    }
}

#[test]
fn every_endpoint_has_a_sample() {
    let missing: Vec<_> = Op::ALL.iter().filter(|op| samples().iter().all(|(o, _)| o != *op)).collect();
    assert_eq!(missing, [&Op::PutAudio], "the object store's answer has no body");
}

#[test]
fn every_sample_is_read_and_what_is_written_of_it_reads_back() {
    for (op, sample) in samples() {
        let answer = read(op, &sample);
        assert!(!matches!(answer, Answer::Foreign(_)), "{op:?}: {answer:?}");
        let written = encode_answer(&answer).unwrap();
        assert_eq!(decode_answer(op, 200, &written), answer, "{op:?}");
    }
}

#[test]
fn no_field_of_a_sample_is_lost() {
    fn lost(sample: &Value, written: &Value, path: &str) -> Vec<String> {
        match (sample, written) {
            (Value::Object(fields), Value::Object(_)) => {
                fields.iter().flat_map(|(k, v)| lost(v, &written[k], &format!("{path}.{k}"))).collect()
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).flat_map(|(a, b)| lost(a, b, path)).collect()
            }
            (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => vec![],
            (a, b) if a == b => vec![],
            _ => vec![format!("{path}: {sample} became {written}")],
        }
    }
    for (op, sample) in samples() {
        let written: Value = serde_json::from_slice(&encode_answer(&read(op, &sample)).unwrap()).unwrap();
        assert_eq!(lost(&sample, &written["data"], ""), Vec::<String>::new(), "{op:?}");
    }
}

#[test]
fn fields_that_the_spec_does_not_know_are_tolerated_in_answers() {
    for (op, sample) in samples() {
        assert_eq!(read(op, &with_unknown_fields(&sample)), read(op, &sample), "{op:?}");
    }
}

#[test]
fn an_answer_that_lacks_a_field_or_has_a_value_of_another_type_is_foreign() {
    let (_, mut sample) = samples().swap_remove(0);
    sample["total"] = json!("five");
    assert_eq!(read(Op::ListAppointments, &sample), Answer::Foreign("json of another shape".into()));
    sample.as_object_mut().unwrap().remove("total");
    assert_eq!(read(Op::ListAppointments, &sample), Answer::Foreign("json of another shape".into()));
    assert_eq!(decode_answer(Op::Health, 200, b"<html>Sign in</html>"), Answer::Foreign("not json".into()));
    assert_eq!(decode_answer(Op::Health, 200, b"{\"data\": {"), Answer::Foreign("cut short".into()));
}

#[test]
fn a_call_is_sent_as_the_spec_writes_it() {
    let task = Call::CreateTask(TaskCreate {
        description: "Follow up".into(),
        assigned_to: Assignee::SalesRep,
        contact_card_id: None,
        lead_id: None,
        appointment_id: Some("appt_123".into()),
        call_id: None,
        due_at: Time::parse("2025-01-21T10:00:00Z"),
        priority: Some(Priority::High),
        source: None,
    });
    let sent = encode(&task);
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/api/v1/tasks"));
    let body: Value = serde_json::from_slice(&sent.body.unwrap()).unwrap();
    let expected = json!({"description": "Follow up", "assigned_to": "rep", "appointment_id": "appt_123",
        "due_at": "2025-01-21T10:00:00Z", "priority": "high"});
    assert_eq!(body, expected, "what is not given is not sent, and a rep is called rep");
    let odd =
        encode(&Call::GetThread { contact_card_id: "a/b c".into(), page: Page { limit: Some(50), offset: None } });
    assert_eq!((odd.path.as_str(), odd.query.as_str()), ("/api/v1/message-threads/a%2Fb%20c", "limit=50"));
}

#[test]
fn a_malformed_request_is_refused_with_the_code_of_the_spec() {
    let refuse = |method: &str, path: &str, query: &str, body: &str| {
        decode(method, path, query, body.as_bytes(), "req_1").map(|call| call.op()).map_err(|e| e.detail.error_code)
    };
    assert_eq!(refuse("POST", "/api/v1/tasks", "", "{}"), Err(ErrorCode::ValidationError));
    assert_eq!(
        refuse("POST", "/api/v1/tasks", "", r#"{"description":"x","assigned_to":"boss"}"#),
        Err(ErrorCode::ValidationError)
    );
    assert_eq!(
        refuse("PATCH", "/api/v1/appointments/a", "", r#"{"deal_size":"much"}"#),
        Err(ErrorCode::ValidationError)
    );
    assert_eq!(refuse("PATCH", "/api/v1/appointments/a", "", "{\"status\":"), Err(ErrorCode::ValidationError));
    assert_eq!(refuse("GET", "/api/v1/tasks", "limit=-1", ""), Err(ErrorCode::InvalidRequest));
    assert_eq!(refuse("GET", "/api/v1/appointments", "date=tomorrow", ""), Err(ErrorCode::InvalidRequest));
    assert_eq!(refuse("DELETE", "/api/v1/tasks", "", ""), Err(ErrorCode::MethodNotAllowed));
    assert_eq!(refuse("GET", "/api/v1/ai/summaries", "", ""), Err(ErrorCode::NotFound));
    assert_eq!(refuse("GET", "/api/v1/message-threads/%ff", "", ""), Err(ErrorCode::NotFound));
    // What the endpoint does not know, a tenant above all, changes nothing.
    assert_eq!(refuse("GET", "/api/v1/tasks", "tenant_id=org_2&limit=5", ""), Ok(Op::ListTasks));
    assert_eq!(refuse("POST", "/api/v1/reps/r/shifts/clock-in", "", ""), Ok(Op::ClockIn));
}

#[test]
fn a_refusal_does_not_repeat_what_was_sent() {
    let body = r#"{"description":{"secret":"+15550100"},"assigned_to":"rep"}"#;
    let refused = decode("POST", "/api/v1/tasks", "", body.as_bytes(), "req_1").unwrap_err();
    assert!(!serde_json::to_string(&refused).unwrap().contains("5550100"));
}

fn id() -> impl Strategy<Value = fieldday_api::SmolStr> {
    "[a-z]{2,6}_[A-Za-z0-9./ %é]{1,30}".prop_map(Into::into)
}
fn time() -> impl Strategy<Value = Time> {
    (0_i64..4_000_000_000_000_000).prop_map(Time::from_micros)
}
fn private() -> impl Strategy<Value = fieldday_api::private::Private> {
    "[ -~é]{1,40}".prop_map(Into::into)
}
fn location() -> impl Strategy<Value = Location> {
    (-900_000_000_i64..900_000_000, -1_800_000_000_i64..1_800_000_000)
        .prop_map(|(lat, lng)| Location { lat: Fixed(lat), lng: Fixed(lng) })
}
fn money() -> impl Strategy<Value = Money> {
    (0_i64..1_000_000_000).prop_map(Fixed)
}
fn page() -> impl Strategy<Value = Page> {
    (of(any::<u32>()), of(any::<u32>())).prop_map(|(limit, offset)| Page { limit, offset })
}

prop_compose! {
    fn appointment_query()(rep_id in of(id()), date in of((0_i32..40_000).prop_map(Date::from_days)),
        status in of(select(AppointmentStatus::ALL)), outcome in of(select(Outcome::ALL)), page in page()) -> Call {
        Call::ListAppointments(AppointmentQuery { rep_id, date, status, outcome, limit: page.limit, offset: page.offset })
    }
}
prop_compose! {
    fn appointment_patch()(appointment_id in id(), times in of((time(), time())), status in of(select(AppointmentStatus::ALL)),
        outcome in of(select(Outcome::ALL)), deal_size in of(money()), texts in of((private(), private(), id())), assigned_rep_id in of(id())) -> Call {
        let (location, notes, service_type) = texts.map_or((None, None, None), |(a, b, c)| (Some(a), Some(b), Some(c)));
        Call::UpdateAppointment { appointment_id, body: AppointmentPatch { scheduled_start: times.map(|t| t.0),
            scheduled_end: times.map(|t| t.1), status, outcome, deal_size, location, service_type, notes, assigned_rep_id } }
    }
}
prop_compose! {
    fn task_query()(ids in of((id(), id(), id())), status in of(select(TaskStatus::ALL)), overdue in of(any::<bool>()),
        due in of((time(), time())), page in page()) -> Call {
        let (assignee_id, lead_id, contact_card_id) = ids.map_or((None, None, None), |(a, b, c)| (Some(a), Some(b), Some(c)));
        Call::ListTasks(TaskQuery { assignee_id, lead_id, contact_card_id, status, overdue, due_before: due.map(|d| d.0),
            due_after: due.map(|d| d.1), limit: page.limit, offset: page.offset })
    }
}
prop_compose! {
    fn task_create()(description in private(), assigned_to in select(Assignee::ALL), appointment_id in of(id()), call_id in of(any::<i64>()),
        due_at in of(time()), priority in of(select(Priority::ALL)), source in of(select(TaskSource::ALL))) -> Call {
        Call::CreateTask(TaskCreate { description, assigned_to, contact_card_id: None, lead_id: appointment_id.clone(), appointment_id,
            call_id, due_at, priority, source })
    }
}
prop_compose! {
    fn task_patch()(task_id in id(), status in of(select(TaskStatus::ALL)), due_at in of(time()), assigned_to in of(select(Assignee::ALL)),
        description in of(private()), priority in of(select(Priority::ALL)), notes in of(private())) -> Call {
        Call::UpdateTask { task_id, body: TaskPatch { status, due_at, assigned_to, description, priority, notes } }
    }
}
fn recording_calls() -> impl Strategy<Value = Call> {
    let start = (id(), id(), location(), of(select(RecordingMode::ALL))).prop_map(
        |(appointment_id, rep_id, location, mode)| {
            Call::StartRecording(RecordingStart { appointment_id, rep_id, location, mode })
        },
    );
    let stop = (id(), location())
        .prop_map(|(session_id, location)| Call::StopRecording { session_id, body: RecordingStop { location } });
    let upload = (id(), id(), 0_i64..10_000_000, any::<u64>()).prop_map(|(session_id, audio_url, millis, bytes)| {
        Call::UploadAudio {
            session_id,
            body: UploadAudio { audio_url, audio_duration_seconds: Fixed(millis), audio_size_bytes: bytes },
        }
    });
    prop_oneof![start, stop, upload]
}
fn any_call() -> impl Strategy<Value = Call> {
    let by_id = (id(), 0..6).prop_map(|(id, which)| match which {
        0 => Call::GetAppointment { appointment_id: id },
        1 => Call::CompleteTask { task_id: id },
        2 => Call::GetRecording { session_id: id },
        3 => Call::ClockOut { rep_id: id },
        4 => Call::ShiftToday { rep_id: id },
        _ => Call::Health,
    });
    let clock_in = (id(), of(time()), of(private())).prop_map(|(rep_id, desired_start_time, notes)| Call::ClockIn {
        rep_id,
        body: ClockIn { desired_start_time, notes },
    });
    let extras =
        (private(), id(), of(money()), 0..2).prop_map(|(text, appointment_id, deal_size, which)| match which {
            0 => Call::RagQuery(RagQuery { query: text }),
            _ => Call::PostWin(WinPost { appointment_id, message: text, deal_size }),
        });
    let pages = (id(), page(), any::<bool>()).prop_map(|(contact_card_id, page, thread)| match thread {
        true => Call::GetThread { contact_card_id, page },
        false => Call::ListWins(page),
    });
    prop_oneof![
        appointment_query(),
        appointment_patch(),
        task_query(),
        task_create(),
        task_patch(),
        recording_calls(),
        by_id,
        clock_in,
        extras,
        pages
    ]
}

proptest! {
    #[test]
    fn every_call_survives_the_way_over_http(call in any_call()) {
        let sent = encode(&call);
        let read = decode(sent.method.as_str(), &sent.path, &sent.query, sent.body.as_deref().unwrap_or_default(), "req_1");
        prop_assert_eq!(read, Ok(call));
    }

    #[test]
    fn blanks_before_a_body_are_read_as_if_they_were_looked_at(call in any_call(), blanks in 0..40_u32, cut in 0..60_usize, blank: bool) {
        let sent = encode(&call);
        let asked = (sent.method.as_str(), sent.path.as_str(), sent.query.as_str());
        let mut body = sent.body.unwrap_or_default();
        body.truncate(if blank { 0 } else { body.len().saturating_sub(cut) });
        let whole = [vec![b' '; blanks as usize], body.clone()].concat();
        prop_assert_eq!(
            decode_after_blanks(blanks, asked, &body, "req_1"),
            decode(asked.0, asked.1, asked.2, &whole, "req_1")
        );
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(method in "(GET|POST|PATCH|PUT)", path in "(/api/v1/(tasks|appointments)(/[ -~]{0,12})?|[ -~]{0,30})",
        query in "[ -~]{0,40}", body in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode(&method, &path, &query, &body, "req_1");
        for op in Op::ALL {
            let _ = decode_answer(*op, 200, &body);
            let _ = decode_answer(*op, 500, &body);
        }
    }
}
