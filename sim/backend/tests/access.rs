//! Token, tenant, role, ownership (§0.1, §4).

mod common;
use common::*;
use fieldday_api::call::{Answer, Call};
use fieldday_api::error::ErrorCode;
use fieldday_api::names::RecordingMode;
use fieldday_api::token::{Claims, Credential};
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::extras::{RagQuery, WinPost};
use fieldday_api::wire::tasks::{TaskPatch, TaskQuery};
use fieldday_backend::{Config, UPLOAD_URL_PREFIX};
use fieldday_kernel::time::Span;

/// One call of every endpoint that takes a token and is not optional, on rows of `rep`.
fn every_call(rep: &str, session: &str) -> Vec<Call> {
    let appointment = format!("appt_{rep}_1");
    let task = format!("task_{rep}_0");
    vec![
        get(&appointment),
        noted(&appointment, "x"),
        complete(&task),
        Call::UpdateTask { task_id: s(&task), body: TaskPatch::default() },
        Call::CreateTask(new_task(Some(&appointment))),
        start(rep, &appointment, RecordingMode::Full),
        stop(session),
        uploaded(session, "s3://a"),
        poll(session),
        clock_in(rep),
        today(rep),
        clock_out(rep),
        Call::ListAppointments(AppointmentQuery { rep_id: Some(s(format!("rep_{rep}"))), ..Default::default() }),
        Call::ListTasks(TaskQuery { assignee_id: Some(s(format!("user_{rep}"))), ..Default::default() }),
    ]
}

/// The world once `rep` has a session, and that session's id.
fn recorded(rep: &str) -> (World, String) {
    let mut world = healthy();
    world.ask(rep, clock_in(rep));
    let answer = world.ask(rep, start(rep, &format!("appt_{rep}_1"), RecordingMode::Full));
    let session = started(&answer).recording_session_id.to_string();
    (world, session)
}

#[test]
fn every_endpoint_answers_its_own_rep() {
    let (mut world, session) = recorded("a1");
    for call in every_call("a1", &session) {
        assert_eq!(world.status("a1", call.clone()), 200, "{call:?}");
    }
}

#[test]
fn without_a_token_that_verifies_nothing_but_health_answers() {
    let (mut world, session) = recorded("a1");
    for credential in [Credential::None, Credential::Invalid] {
        for call in every_call("a1", &session) {
            let answer = world.answer(&credential, &call);
            assert_eq!((answer.status, code(&answer)), (401, Some(ErrorCode::InvalidToken)), "{call:?}");
        }
        assert_eq!(world.answer(&credential, &Call::Health).status, 200);
    }
}

#[test]
fn a_token_is_served_through_the_leeway_and_not_a_microsecond_longer() {
    let mut world = healthy();
    let old = token("a1", world.now);
    world.wait(Span::minutes(2));
    assert_eq!(world.answer(&old, &get("appt_a1_1")).status, 200);
    world.wait(Span::micros(1));
    let answer = world.answer(&old, &get("appt_a1_1"));
    assert_eq!((answer.status, code(&answer)), (401, Some(ErrorCode::TokenExpired)));
}

#[test]
fn a_token_needs_a_tenant_a_user_and_a_role() {
    let mut world = healthy();
    let full = claims("a1", world.now);
    let cases = [
        (Claims { tenant: None, ..full.clone() }, 401, ErrorCode::MissingTenantId),
        (Claims { tenant: Some(s("org_nowhere")), ..full.clone() }, 401, ErrorCode::InvalidToken),
        (Claims { user: None, ..full.clone() }, 401, ErrorCode::InvalidToken),
        (Claims { role: None, ..full.clone() }, 403, ErrorCode::RbacViolation),
        (Claims { role: Some(s("owner")), ..full.clone() }, 403, ErrorCode::RbacViolation),
    ];
    for (claims, status, expected) in cases {
        let answer = world.answer(&Credential::Token(claims.clone()), &get("appt_a1_1"));
        assert_eq!((answer.status, code(&answer)), (status, Some(expected)), "{:?}", claims.role);
    }
    // Expiry is looked at before the tenant.
    let stale = Claims { tenant: None, expires_at: world.now - Span::hours(1), ..full };
    let answer = world.answer(&Credential::Token(stale), &get("appt_a1_1"));
    assert_eq!(code(&answer), Some(ErrorCode::TokenExpired));
}

#[test]
fn all_nine_role_names_are_understood() {
    let mut world = healthy();
    for role in ["rep", "sales_rep", "org:sales_rep", "csr", "org:csr", "admin", "org:admin", "exec", "manager"] {
        let credential = Credential::Token(Claims { role: Some(s(role)), ..claims("a1", world.now) });
        assert_eq!(world.answer(&credential, &get("appt_a1_1")).status, 200, "{role}");
    }
}

#[test]
fn a_csr_may_not_record_or_clock_in_and_a_manager_may() {
    let (mut world, session) = recorded("a1");
    for call in [poll(&session), stop(&session), today("a1"), clock_in("a1"), clock_out("a1")] {
        let answer = world.ask("csr", call.clone());
        assert_eq!((answer.status, code(&answer)), (403, Some(ErrorCode::RbacViolation)), "{call:?}");
        assert_eq!(world.status("manager", call), 200);
    }
}

#[test]
fn another_tenants_ids_do_not_exist() {
    let (mut world, session) = recorded("a1");
    let before = world.ask("a1", poll(&session));
    for call in every_call("a1", &session) {
        let answer = world.ask("b", call.clone());
        assert_eq!((answer.status, code(&answer)), (404, Some(ErrorCode::NotFound)), "{call:?}");
    }
    let thread = Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page::default() };
    assert_eq!(world.status("b", thread), 404);
    assert_eq!(world.ask("a1", poll(&session)), before, "nothing changed");
}

#[test]
fn another_reps_ids_are_forbidden_and_a_rep_that_nobody_knows_has_nothing() {
    let (mut world, session) = recorded("a1");
    for call in every_call("a1", &session) {
        let answer = world.ask("a2", call.clone());
        assert_eq!((answer.status, code(&answer)), (403, Some(ErrorCode::RbacViolation)), "{call:?}");
        let unknown = Credential::Token(Claims { user: Some(s("user_new")), ..claims("a1", world.now) });
        assert_eq!(world.answer(&unknown, &call).status, 403, "{call:?}");
    }
    let unknown = Credential::Token(Claims { user: Some(s("user_new")), ..claims("a1", world.now) });
    let list = world.answer(&unknown, &Call::ListAppointments(AppointmentQuery::default()));
    assert_eq!(appointments(&list).total, 0);
    assert_eq!(tasks(&world.answer(&unknown, &Call::ListTasks(TaskQuery::default()))).total, 0);
}

#[test]
fn the_office_sees_all_reps_of_its_tenant_and_only_it_moves_appointments() {
    let mut world = healthy();
    let query = AppointmentQuery::default();
    let all = world.ask("manager", Call::ListAppointments(query.clone()));
    let ids: Vec<&str> = appointments(&all).appointments.iter().map(|a| a.appointment_id.as_str()).collect();
    assert_eq!(ids, ["appt_a1_1", "appt_a2_1", "appt_a1_2", "appt_a2_2", "appt_a1_3", "appt_a2_3"]);
    assert!(appointments(&all).appointments.iter().all(|a| !a.is_assigned_to_me));
    let one = AppointmentQuery { rep_id: Some(s("user_a2")), ..query.clone() };
    assert_eq!(appointments(&world.ask("csr", Call::ListAppointments(one))).total, 3);

    let to_a2 = patch("appt_a1_1", AppointmentPatch { assigned_rep_id: Some(s("rep_a2")), ..Default::default() });
    assert_eq!(world.status("a1", to_a2.clone()), 403);
    let to_b = patch("appt_a1_1", AppointmentPatch { assigned_rep_id: Some(s("rep_b")), ..Default::default() });
    assert_eq!(world.status("manager", to_b), 404);
    assert_eq!(world.status("csr", to_a2), 200);
    assert_eq!(world.status("a1", get("appt_a1_1")), 403);
    let moved = world.ask("a2", Call::ListAppointments(query));
    assert_eq!(appointments(&moved).total, 4);
    let theirs = world.ask("a2", Call::ListTasks(TaskQuery::default()));
    assert_eq!(tasks(&theirs).total, 8, "the tasks that name an appointment go with it");
    assert_eq!(world.status("a2", complete("task_a1_0")), 200);
}

#[test]
fn optional_endpoints_answer_404_until_they_are_switched_on() {
    let post = || Call::PostWin(WinPost { appointment_id: s("appt_a1_1"), message: "We won".into(), deal_size: None });
    let query = || Call::RagQuery(RagQuery { query: "How many?".into() });
    let mut world = healthy();
    for call in [post(), query(), Call::ListWins(Page::default())] {
        assert_eq!(world.status("a1", call), 404);
    }
    let mut world = common::world(Config { optional_endpoints: true, ..Config::default() });
    assert_eq!(world.status("a1", query()), 200);
    assert_eq!(world.status("a1", post()), 200);
    assert_eq!(world.status("a2", post()), 403);
    assert_eq!(world.status("b", post()), 404);
    assert_eq!(world.status("a1", post()), 200, "a post is not idempotent");
    let feed = |world: &mut World, user: &str| match &world.ask(user, Call::ListWins(Page::default())).answer {
        Answer::Wins(feed) => (feed.total, feed.posts.iter().all(|p| p.rep_id == "rep_a1")),
        other => panic!("{other:?}"),
    };
    assert_eq!(feed(&mut world, "a2"), (2, true));
    assert_eq!(feed(&mut world, "b"), (0, true));
}

#[test]
fn audio_goes_to_its_url_alone_and_only_while_it_lasts() {
    let mut world = healthy();
    world.ask("a1", clock_in("a1"));
    let answer = world.ask("a1", start("a1", "appt_a1_1", RecordingMode::Full));
    let url = started(&answer).audio_upload_url.clone().unwrap();
    let key = url.expose().strip_prefix(UPLOAD_URL_PREFIX).unwrap().to_owned();
    assert!(key.starts_with(started(&answer).recording_session_id.as_str()) && key.len() > 50, "{key}");
    let put = |key: &str| Call::PutAudio { key: key.into(), bytes: 1_000 };
    assert_eq!(world.answer(&Credential::None, &put(&key)).status, 200);
    assert_eq!(world.answer(&Credential::None, &put("guess")).status, 403);
    world.wait(Span::minutes(15));
    assert_eq!(world.answer(&Credential::None, &put(&key)).status, 200);
    world.wait(Span::micros(1));
    let late = world.answer(&Credential::None, &put(&key));
    assert_eq!((late.status, code(&late)), (403, Some(ErrorCode::RbacViolation)));
}
