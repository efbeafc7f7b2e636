//! Over HTTP: bodies as the spec shows them, and errors for what does not parse.

mod common;
use common::*;
use fieldday_api::mishap::{Figures, Mishap, MishapKind};
use fieldday_api::names::RecordingMode;
use fieldday_api::token::Credential;
use fieldday_backend::{Backend, Config, DataError, UPLOAD_URL_PREFIX};
use fieldday_kernel::time::Span;
use serde_json::Value;

fn http(world: &mut World, user: Option<&str>, line: &str, body: &str) -> (u16, Value) {
    let (method, target) = line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let credential = user.map_or(Credential::None, |user| token(user, world.now));
    world.requests += 1;
    let (now, key) = (world.now, world.requests);
    let (status, _, body) =
        world.backend.handle_http(now, now, method, path, query, None, body.as_bytes(), &credential, key);
    (status, body.map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap()))
}

#[test]
fn a_day_over_http() {
    let world = &mut healthy();
    let (status, body) = http(world, Some("a1"), "GET /api/v1/appointments?date=2026-06-10&tenant_id=org_b", "");
    assert_eq!((status, body["data"]["total"].as_u64()), (200, Some(3)));
    assert_eq!(body["data"]["appointments"][0]["customer_name"], "Ada Example 1");
    let (status, body) = http(world, Some("a1"), "POST /api/v1/reps/user_a1/shifts/clock-in", "");
    assert_eq!((status, &body["data"]["shift"]["rep_id"]), (200, &Value::from("rep_a1")), "{body}");
    let start =
        r#"{"appointment_id":"appt_a1_1","rep_id":"rep_a1","location":{"lat":40.7128,"lng":-74.006},"mode":"full"}"#;
    let (status, body) = http(world, Some("a1"), "POST /api/v1/recording-sessions/start", start);
    assert_eq!(status, 200, "{body}");
    let url = body["data"]["audio_upload_url"].as_str().unwrap();
    let key = url.strip_prefix(UPLOAD_URL_PREFIX).unwrap();
    assert_eq!(http(world, None, &format!("PUT /uploads/{key}"), "audio"), (200, Value::Null));
    let patch = r#"{"outcome":"won","deal_size":5000.00,"tenant_id":"org_b"}"#;
    let (status, body) = http(world, Some("a1"), "PATCH /api/v1/appointments/appt_a1_1", patch);
    assert_eq!((status, body["data"]["appointment"]["deal_size"].as_f64()), (200, Some(5_000.0)));
    assert_eq!(http(world, None, "GET /health", "").0, 200);
}

#[test]
fn every_error_has_the_envelope_and_the_token_is_looked_at_first() {
    let world = &mut healthy();
    let cases = [
        (Some("a1"), "PATCH /api/v1/appointments/appt_a1_1", r#"{"outcome":"sold"}"#, 400, "VALIDATION_ERROR"),
        (Some("a1"), "POST /api/v1/tasks", r#"{"assigned_to":"rep"}"#, 400, "VALIDATION_ERROR"),
        (Some("a1"), "POST /api/v1/tasks", "{", 400, "VALIDATION_ERROR"),
        (Some("a1"), "GET /api/v1/tasks?limit=many", "", 400, "INVALID_REQUEST"),
        (Some("a1"), "GET /api/v1/tasks?limit=1001", "", 400, "INVALID_REQUEST"),
        (Some("a1"), "GET /api/v1/appointments/appt_b_1", "", 404, "NOT_FOUND"),
        (Some("a1"), "GET /api/v1/secrets", "", 404, "NOT_FOUND"),
        (Some("a1"), "DELETE /api/v1/tasks", "", 405, "METHOD_NOT_ALLOWED"),
        (None, "POST /api/v1/tasks", "{", 401, "INVALID_TOKEN"),
        (None, "GET /api/v1/tasks", "", 401, "INVALID_TOKEN"),
        (Some("csr"), "GET /api/v1/reps/rep_a1/shifts/today", "", 403, "RBAC_VIOLATION"),
        (None, "PUT /uploads/guess", "audio", 403, "RBAC_VIOLATION"),
    ];
    for (user, line, body, status, code) in cases {
        let (got, answer) = http(world, user, line, body);
        let detail = &answer["detail"];
        assert_eq!((got, detail["error_code"].as_str()), (status, Some(code)), "{line} {body}: {answer}");
        assert_eq!(detail["request_id"], format!("req_{:016x}", world.requests));
        assert!(!detail["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_cut_connection_has_the_status_zero() {
    let restart = Mishap {
        name: "restart".into(),
        kind: MishapKind::Restart,
        figures: Figures::default(),
        from: MORNING,
        until: MORNING + Span::seconds(1),
        rate_ppm: 1_000_000,
        ops: Vec::new(),
        tenant: None,
    };
    let mut world = struck_by(restart);
    assert_eq!(http(&mut world, Some("a1"), "GET /api/v1/tasks", "").0, 0);
    assert_eq!(http(world.wait(Span::seconds(1)), Some("a1"), "GET /api/v1/tasks", "").0, 200);
}

#[test]
fn a_broken_data_set_is_refused_with_what_is_wrong() {
    let try_new = |tenants| Backend::try_new(Config::default(), 7, MORNING, tenants).err();
    let mut twice = tenants();
    twice[1].leads[0].id = s("lead_a1_0");
    assert_eq!(try_new(twice), Some(DataError::Twice { id: s("lead_a1_0") }));
    let mut foreign = tenants();
    foreign[1].appointments[0].lead_id = s("lead_a1_0");
    let error = try_new(foreign).unwrap().to_string();
    assert_eq!(error, r#""appt_b_0" names "lead_a1_0", which tenant "org_b" does not have"#);
}

#[test]
fn a_session_of_an_earlier_day_reads_as_it_was() {
    let mut world = common::world(quick());
    world.ask("a1", clock_in("a1"));
    let begun = world.ask("a1", start("a1", "appt_a1_0", RecordingMode::Full));
    let id = started(&begun).recording_session_id.clone();
    world.ask("a1", stop(&id));
    world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
    let old = session(&world.wait(Span::hours(1)).ask("a1", poll(&id))).clone();
    let mut data = tenants();
    data[0].sessions.push(old.clone());
    world.backend = Backend::new(quick(), 7, MORNING, data);
    assert_eq!(*session(&world.ask("a1", poll(&id))), old);
    world.ask("a1", stop(&id));
    world.ask("a1", uploaded(&id, "s3://audio/1.m4a"));
    assert_eq!(*session(&world.wait(Span::hours(1)).ask("a1", poll(&id))), old);
}
