//! Answers as real deployments give them, read: a fixture of bodies (invented data), the identity of what is exactly the
//! spec's, arbitrary bytes, and that nothing of an answer shows in what is told of its form.

mod answers;

use answers::{any_answer, op_of};
use fieldday_api::call::{Answer, Call};
use fieldday_api::dialect::*;
use fieldday_api::endpoint::Op;
use fieldday_api::error::{ErrorCode, UNKNOWN_CODE};
use fieldday_api::http::{decode, encode, encode_answer};
use fieldday_api::names::{Outcome, RecordingMode, TaskStatus};
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_api::wire::recordings::{Location, RecordingStart};
use fieldday_kernel::time::{Date, Time};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

const JSON: Option<&str> = Some("application/json");

/// One answer of `fixtures/dialects.json`.
#[derive(Deserialize)]
struct Case {
    about: String,
    op: Op,
    status: u16,
    #[serde(default)]
    content_type: Option<String>,
    /// The body as JSON, or
    #[serde(default)]
    body: Value,
    /// as text.
    #[serde(default)]
    text: Option<String>,
    /// Parts of the answer as it is read, by JSON pointer; of a foreign answer its word.
    reads: Value,
    /// What is told: kind, place, what was seen.
    tells: Vec<(ContractKind, String, String)>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("fixtures/dialects.json")).unwrap()
}
fn deviations(read: &Read) -> Vec<(ContractKind, String, String)> {
    read.deviations.iter().map(|d| (d.kind, d.at.to_string(), d.saw.to_string())).collect()
}

#[test]
fn every_known_form_is_read_and_told() {
    let mut wrong = Vec::new();
    for case in cases() {
        let body = case.text.clone().unwrap_or_else(|| case.body.to_string());
        let content_type = case.content_type.as_deref().or(JSON);
        let read = read_answer(case.op, case.status, content_type, body.as_bytes(), &Dialect::default());
        let is = match &read.answer {
            Answer::Foreign(word) => json!(word),
            answer => {
                let value: Value = serde_json::from_slice(&encode_answer(answer).unwrap()).unwrap();
                let parts = case.reads.as_object().into_iter().flatten();
                parts.map(|(at, _)| (at.clone(), value.pointer(at).cloned().unwrap_or_default())).collect()
            }
        };
        let (mut told, mut should) = (deviations(&read), case.tells.clone());
        told.sort();
        should.sort();
        if (&is, &told) != (&case.reads, &should) {
            wrong.push(format!("{}: reads {is}, tells {}", case.about, json!(told)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_fixture_has_every_endpoint_and_every_kind() {
    let cases = cases();
    for op in Op::ALL {
        assert!(cases.iter().any(|case| case.op == *op), "{op:?}");
    }
    // What a header lacks is in no body.
    for kind in ContractKind::ALL.iter().filter(|kind| **kind != ContractKind::RetryAfter) {
        assert!(cases.iter().any(|case| case.tells.iter().any(|told| told.0 == *kind)), "{kind}");
    }
}

#[test]
fn no_value_of_an_answer_shows_in_what_is_told_of_it() {
    fn values(of: &Value, found: &mut Vec<String>) {
        match of {
            Value::String(text) => found.push(text.clone()),
            Value::Number(number) => found.push(number.to_string()),
            Value::Array(list) => list.iter().for_each(|value| values(value, found)),
            Value::Object(map) => map.values().for_each(|value| values(value, found)),
            _ => {}
        }
    }
    for case in cases() {
        let body = case.text.clone().unwrap_or_else(|| case.body.to_string());
        let read =
            read_answer(case.op, case.status, case.content_type.as_deref(), body.as_bytes(), &Dialect::default());
        let mut found = Vec::new();
        values(&case.body, &mut found);
        for deviation in &read.deviations {
            // A name of a closed set, short and plain, may be told: it is what the finding is about.
            let names = matches!(deviation.kind, ContractKind::EnumName | ContractKind::ErrorCode);
            let saw = if names { "" } else { deviation.saw.as_str() };
            let shown = format!("{} {saw}", deviation.at);
            for value in found.iter().filter(|value| value.len() > 2) {
                let is_word = shown.split([' ', '.']).any(|word| word == value);
                assert!(!is_word || ["data", "status", "body"].contains(&value.as_str()), "{}: {shown}", case.about);
            }
            assert!(deviation.saw.len() <= 24, "{deviation:?}");
        }
    }
}

#[test]
fn a_private_value_where_a_name_should_be_is_not_told() {
    for name in ["+15550100", "Ada Lovelace", "ada@example.com", "ada.lovelace.of.somewhere.street.7"] {
        let body = json!({"data": {"id": "task_1", "status": name, "completed_at": "2026-06-10T10:00:00Z", "completed_by": "r"}});
        let read = read_answer(Op::CompleteTask, 200, JSON, body.to_string().as_bytes(), &Dialect::default());
        assert_eq!(
            deviations(&read),
            [(ContractKind::EnumName, "data.status".into(), "another name".into())],
            "{name}"
        );
        let error = json!({"detail": {"error_code": name, "message": format!("no such person: {name} at x@y.z"),
            "request_id": name, "details": {"who": name}}});
        let read = read_answer(Op::CompleteTask, 404, JSON, error.to_string().as_bytes(), &Dialect::default());
        let shown = format!("{read:?}");
        // A name has no shape to go by.
        assert!(!shown.contains(name) || name.to_lowercase().contains("lovelace"), "{shown}");
        assert!(!shown.contains("x@y.z"), "{shown}");
    }
}

#[test]
fn what_was_asked_stands_in_for_what_is_left_out() {
    let date = Date::parse("2026-06-10");
    let call = Call::ListAppointments(AppointmentQuery { date, ..AppointmentQuery::default() });
    let body = br#"{"data": {"appointments": [], "total": 0}}"#;
    let read = read_answer_to(&call, 200, JSON, body, &Dialect::default());
    let Answer::Appointments(list) = &read.answer else { panic!("{read:?}") };
    assert_eq!((Some(list.date), read.deviations.len()), (date, 1));
    let unasked = read_answer(Op::ListAppointments, 200, JSON, body, &Dialect::default());
    assert_eq!(unasked.stand_ins, ["data.date"], "nobody decides by a date that nobody said");
}

fn dialect() -> Dialect {
    let mut dialect = Dialect::default();
    let modes =
        [("full", "normal"), ("ephemeral", "ghost"), ("ghost", "silent")].map(|(own, here)| (own.into(), here.into()));
    dialect.names.insert("recording_mode".into(), modes.into());
    dialect.names.insert("assignee".into(), [("sales_rep".into(), "field_rep".into())].into());
    dialect.names.insert("task_status".into(), [("open".into(), "todo".into())].into());
    dialect.sent.insert("priority".into(), [("high".into(), "p1".into())].into());
    dialect.also.insert("processing".into(), [("uploading".into(), "not_started".into())].into());
    dialect.fields.insert("rep_id".into(), "agent_id".into());
    dialect.fields.insert("due_before".into(), "until".into());
    dialect
}

#[test]
fn calls_go_out_in_the_deployments_names() {
    let location = Location { lat: Default::default(), lng: Default::default() };
    let start = |mode| {
        Call::StartRecording(RecordingStart { appointment_id: "full".into(), rep_id: "r".into(), location, mode })
    };
    let body = |call: &Call| -> Value { serde_json::from_slice(&write_call(call, &dialect()).body.unwrap()).unwrap() };
    let sent = body(&start(Some(RecordingMode::Full)));
    assert_eq!(
        (&sent["mode"], &sent["agent_id"], &sent["appointment_id"]),
        (&json!("normal"), &json!("r"), &json!("full"))
    );
    assert_eq!(sent.get("rep_id"), None);
    assert_eq!(body(&start(Some(RecordingMode::Ephemeral)))["mode"], "ghost");
    let create = decode("POST", "/api/v1/tasks", "", br#"{"description":"rep","assigned_to":"rep"}"#, "").unwrap();
    assert_eq!(body(&create), json!({"description": "rep", "assigned_to": "field_rep"}));
    let urgent =
        decode("POST", "/api/v1/tasks", "", br#"{"description":"a","assigned_to":"ai","priority":"high"}"#, "");
    assert_eq!(body(&urgent.unwrap())["priority"], "p1", "what is sent is another thing than what is read");
    let list = decode("GET", "/api/v1/tasks", "status=open&due_before=2026-06-10T00:00:00Z&limit=5", b"", "").unwrap();
    assert_eq!(write_call(&list, &dialect()).query, "status=todo&until=2026-06-10T00%3A00%3A00Z&limit=5");
    assert!(write_call(&list, &Dialect::default()) == encode(&list), "no dialect, no change");
}

#[test]
fn answers_in_the_deployments_names_are_read_back() {
    let body = json!({"data": {"id": "task_1", "description": "x", "status": "todo", "assigned_to": "field_rep",
        "due_at": null, "priority": "high", "created_at": "2026-06-10T10:00:00Z"}});
    let read = read_answer(Op::CreateTask, 200, JSON, body.to_string().as_bytes(), &dialect());
    let Answer::Task(task) = &read.answer else { panic!("{read:?}") };
    assert_eq!(task.status, TaskStatus::Open);
    assert_eq!(deviations(&read), [], "what the scenario says that it is called is as it should be");
    // Its own name for something else, and one that nobody knows.
    let body = body.to_string().replace("todo", "doing").replace("high", "HIGH");
    let read = read_answer(Op::CreateTask, 200, JSON, body.as_bytes(), &dialect());
    let names: Vec<_> =
        deviations(&read).into_iter().map(|(kind, at, saw)| format!("{} {at} {saw}", kind.key())).collect();
    assert_eq!(names, ["enum-name data.status doing", "enum-name data.priority another name"]);
}

#[test]
fn a_time_without_a_zone_is_refused_where_the_scenario_says_so() {
    let body =
        br#"{"data":{"id":"task_1","status":"completed","completed_at":"2026-06-10T10:00:00","completed_by":"r"}}"#;
    let strict = Dialect { naive_times_are_utc: false, ..Dialect::default() };
    let read = read_answer(Op::CompleteTask, 200, JSON, body, &strict);
    assert_eq!(read.stand_ins, ["data.completed_at"], "the task was completed, nobody knows when");
    let read = read_answer(Op::CompleteTask, 200, JSON, body, &Dialect::default());
    let Answer::TaskCompleted(done) = &read.answer else { panic!("{read:?}") };
    assert_eq!(Some(done.completed_at), Time::parse("2026-06-10T10:00:00Z"));
    assert_eq!(deviations(&read), [(ContractKind::NaiveTime, "data.completed_at".into(), "no zone".into())]);
}

#[test]
fn an_envelope_that_the_scenario_leaves_out_is_not_read() {
    let body = br#"{"success": true, "data": {"answer": "x"}, "meta": {}, "message": null}"#;
    let strict = Dialect { envelopes: vec![Envelope::Data], ..Dialect::default() };
    assert!(matches!(read_answer(Op::RagQuery, 200, JSON, body, &strict).answer, Answer::Foreign(_)));
    assert!(matches!(read_answer(Op::RagQuery, 200, JSON, body, &Dialect::default()).answer, Answer::Rag(_)));
}

#[test]
fn an_error_without_a_code_has_the_one_of_its_status() {
    let statuses = [
        (400, ErrorCode::InvalidRequest),
        (401, ErrorCode::InvalidToken),
        (403, ErrorCode::RbacViolation),
        (404, ErrorCode::NotFound),
        (422, ErrorCode::ValidationError),
        (429, ErrorCode::RateLimited),
        (500, ErrorCode::InternalError),
        (503, ErrorCode::InternalError),
    ];
    for (status, code) in statuses {
        let read = read_answer(Op::ListTasks, status, JSON, br#"{"detail": "no"}"#, &Dialect::default());
        let Answer::Error(error) = &read.answer else { panic!("{read:?}") };
        assert_eq!(error.detail.error_code, code, "{status}");
    }
    let expired = read_answer(Op::ListTasks, 401, JSON, br#"{"detail": "Token has expired"}"#, &Dialect::default());
    assert!(matches!(&expired.answer, Answer::Error(e) if e.detail.error_code == ErrorCode::TokenExpired));
    let _ = Outcome::ALL;
}

/// The answer to a completion without one of its fields.
fn without(field: &str) -> Read {
    let mut body = json!({"data": {"id": "task_1", "status": "completed", "completed_at": "2026-06-10T10:00:00Z",
        "completed_by": "user_1"}});
    body["data"].as_object_mut().unwrap().remove(field);
    let call = Call::CompleteTask { task_id: "task_1".into() };
    read_answer_to(&call, 200, JSON, body.to_string().as_bytes(), &Dialect::default())
}

#[test]
fn a_task_is_completed_whatever_its_answer_leaves_out() {
    for field in ["id", "status", "completed_at", "completed_by"] {
        let read = without(field);
        let Answer::TaskCompleted(done) = &read.answer else { panic!("{field}: {read:?}") };
        assert_eq!((done.id.as_str(), done.status), ("task_1", TaskStatus::Completed), "{field}");
        assert_eq!(read.stand_ins, [format!("data.{field}")]);
        let told: Vec<_> = read.deviations.iter().map(|d| (d.kind, d.at.as_str(), d.consequence)).collect();
        let at = format!("data.{field}");
        assert_eq!(told, [(ContractKind::MissingField, at.as_str(), Consequence::StandsIn)]);
    }
    assert_eq!(without("").stand_ins, [""; 0]);
}

#[test]
fn what_an_answer_says_nothing_without_is_told_with_that() {
    let read = read_answer(Op::StartRecording, 200, JSON, br#"{"data": {"mode": "loud"}}"#, &Dialect::default());
    assert!(matches!(read.answer, Answer::Foreign(_)));
    let unread: Vec<_> = read.deviations.iter().filter(|d| d.consequence == Consequence::Unread).collect();
    assert_eq!(unread.iter().map(|d| d.at.as_str()).collect::<Vec<_>>(), ["data.recording_session_id"]);
    // Within something that can be done without, nothing is needed.
    let body = br#"{"data": {"appointment": {"id": "appt_1"}, "lead": "lead_1", "contact": {}}}"#;
    let read = read_answer(Op::GetAppointment, 200, JSON, body, &Dialect::default());
    assert!(matches!(read.answer, Answer::Appointment(_)) && read.deviations.len() > 3);
    assert!(read.deviations.iter().all(|d| d.consequence == Consequence::StandsIn), "{:?}", read.deviations);
    for place in ["data.lead", "data.lead.id", "data.contact.phone_number", "data.appointment.status"] {
        assert!(read.stand_ins.iter().any(|at| at == place), "{place}");
    }
}

#[test]
fn a_status_of_422_is_no_finding_where_the_scenario_accepts_it() {
    let body = br#"{"detail":{"error_code":"VALIDATION_ERROR","message":"no","request_id":"r"}}"#;
    let told = |accept_422| {
        let dialect = Dialect { accept_422, ..Dialect::default() };
        read_answer(Op::CreateTask, 422, JSON, body, &dialect).deviations.len()
    };
    assert_eq!((told(false), told(true)), (1, 0));
}

#[test]
fn a_code_that_is_missing_is_told_from_one_that_nobody_knows() {
    let read = |code: Value| {
        let body = json!({"detail": {"error_code": code, "message": "no", "request_id": "r"}});
        read_answer(Op::CreateTask, 404, JSON, body.to_string().as_bytes(), &Dialect::default()).stand_ins
    };
    assert_eq!(read(json!("NOT_FOUND")), [""; 0]);
    assert_eq!(read(json!(null)), ["detail.error_code"]);
    assert_eq!(read(json!("TASK_GONE")), ["detail.error_code", UNKNOWN_CODE]);
}

#[test]
fn free_text_and_signed_urls_of_a_success_are_scrubbed_and_ids_are_not() {
    let session = json!({"data": {"session": {"id": "415-555-0182", "rep_id": "rep_1", "appointment_id": "appt_1",
        "started_at": "2026-06-10T10:00:00Z", "ended_at": null, "mode": "full", "transcription_status": "completed",
        "analysis_status": "completed", "audio_url": "https://s3.example.com/a.m4a?X-Amz-Signature=0123456789abcdef",
        "audio_storage_mode": "persistent", "transcript": null,
        "analysis": {"coaching_tips": ["call (415) 555-0183 back"], "objections": ["price"]}}}});
    let read = read_answer(Op::GetRecording, 200, JSON, session.to_string().as_bytes(), &Dialect::default());
    let Answer::Recording(body) = &read.answer else { panic!("{read:?}") };
    let shown = format!("{:?} {:?}", body.session.audio_url, body.session.analysis);
    assert!(!shown.contains("0123456789abcdef") && !shown.contains("0183") && shown.contains("price"), "{shown}");
    assert!(shown.contains("https://s3.example.com/a.m4a?X-Amz-Signature=private:"), "{shown}");
    assert_eq!(body.session.id, "415-555-0182");
}

proptest! {
    #[test]
    fn what_is_exactly_the_specs_is_read_as_it_is_without_a_word((answer, status) in any_answer(), pretty in any::<bool>()) {
        let mut body = encode_answer(&answer).unwrap();
        if pretty {
            // Other bytes, the same JSON: the long way must find nothing either.
            let value: Value = serde_json::from_slice(&body).unwrap();
            body = serde_json::to_vec_pretty(&value).unwrap();
        }
        for op in op_of(&answer) {
            let read = read_answer(*op, status, JSON, &body, &Dialect::default());
            prop_assert_eq!(&read.deviations, &vec![]);
            prop_assert_eq!(&read.answer, &answer);
        }
    }

    #[test]
    fn no_bytes_and_no_json_make_the_reader_panic(status in any::<u16>(), bytes in proptest::collection::vec(any::<u8>(), 0..60),
        which in 0_usize..1_000, (cut, key) in (0_usize..400, 0_usize..40), value in "(null|-1|1e308|\"\"|\"x\"|\\[\\]|\\{\\}|true|\\[\\[null\\]\\])") {
        for op in Op::ALL {
            for status in [status, 200, 422, 500] {
                read_answer(*op, status, None, &bytes, &dialect());
            }
        }
        // A real body with one value changed, and cut.
        let cases = cases();
        let case = &cases[which % cases.len()];
        let text = case.body.to_string();
        let places: Vec<usize> = text.match_indices("\":").map(|(at, _)| at + 2).collect();
        if let Some(at) = places.get(key % places.len().max(1)) {
            let end = text[*at..].find([',', '}']).map_or(text.len(), |n| at + n);
            let changed = format!("{}{value}{}", &text[..*at], &text[end..]);
            read_answer(case.op, case.status, JSON, changed.as_bytes(), &dialect());
        }
        read_answer(case.op, case.status, JSON, text.as_bytes().get(..cut).unwrap_or(text.as_bytes()), &dialect());
    }
}
