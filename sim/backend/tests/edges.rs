//! What happens exactly at an edge: of a range, of a moment, of what a body names. Each test was asked for by a mutant that
//! nothing else caught (`docs/mutants.md`).

mod common;
use common::*;
use fieldday_api::call::{Answer, Call, RawCall};
use fieldday_api::endpoint::Op;
use fieldday_api::fixed::{Degrees, Fixed, Money, Seconds};
use fieldday_api::names::*;
use fieldday_api::token::Credential;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::extras::WinPost;
use fieldday_api::wire::recordings::UploadAudio;
use fieldday_api::wire::tasks::{TaskCreate, TaskPatch, TaskQuery};
use fieldday_backend::{Backend, Config, ServiceTimes, Spread};
use fieldday_kernel::time::Span;

fn update(task: &str, body: TaskPatch) -> Call {
    Call::UpdateTask { task_id: s(task), body }
}
fn ids(world: &mut World, user: &str, query: TaskQuery) -> String {
    let answer = world.ask(user, Call::ListTasks(query));
    tasks(&answer).tasks.iter().map(|task| &task.id[task.id.len() - 1..]).collect()
}
/// A backend over the usual tenants, changed.
fn over(config: Config, change: impl FnOnce(&mut Vec<fieldday_api::dataset::TenantData>)) -> World {
    let mut world = world(quick());
    let mut data = tenants();
    change(&mut data);
    world.backend = Backend::new(config, 7, MORNING, data);
    world
}

#[test]
fn any_field_of_an_appointment_alone_moves_its_updated_at() {
    let empty = AppointmentPatch::default;
    let bodies = [
        AppointmentPatch { scheduled_start: Some(MORNING + Span::minutes(90)), ..empty() },
        AppointmentPatch { scheduled_end: Some(MORNING + Span::hours(5)), ..empty() },
        AppointmentPatch { status: Some(AppointmentStatus::Confirmed), ..empty() },
        AppointmentPatch { outcome: Some(Outcome::Lost), ..empty() },
        AppointmentPatch { location: Some("2 Example St".into()), ..empty() },
        AppointmentPatch { service_type: Some(s("Gutters")), ..empty() },
        AppointmentPatch { deal_size: Some(Money::whole(0)), ..empty() },
        AppointmentPatch { notes: Some("Has a cat".into()), ..empty() },
    ];
    let mut world = healthy();
    for body in bodies {
        let after = world.wait(Span::seconds(1)).ask("a1", patch("appt_a1_1", body.clone()));
        assert_eq!(detail(&after).appointment.updated_at, world.now, "{body:?}");
    }
}

#[test]
fn any_field_of_a_task_alone_moves_its_updated_at() {
    let bodies = [
        TaskPatch { status: Some(TaskStatus::Cancelled), ..Default::default() },
        TaskPatch { due_at: Some(MORNING + Span::hours(1)), ..Default::default() },
        TaskPatch { assigned_to: Some(Assignee::Csr), ..Default::default() },
        TaskPatch { description: Some("Call forward".into()), ..Default::default() },
        TaskPatch { priority: Some(Priority::High), ..Default::default() },
        TaskPatch { notes: Some("Left a message".into()), ..Default::default() },
    ];
    let mut world = healthy();
    for body in bodies {
        let after = world.wait(Span::seconds(1)).ask("a1", update("task_a1_2", body.clone()));
        assert_eq!(task(&after).updated_at, Some(world.now), "{body:?}");
    }
}

#[test]
fn an_update_completes_a_task_as_completing_does_and_reopens_it_as_if_it_had_never_been() {
    let mut world = healthy();
    let status = |status| TaskPatch { status: Some(status), ..Default::default() };
    let done = world.ask("a1", update("task_a1_2", status(TaskStatus::Completed)));
    assert_eq!((task(&done).completed_at, task(&done).completed_by.as_deref()), (Some(world.now), Some("user_a1")));
    let open = world.ask("a1", update("task_a1_2", status(TaskStatus::Open)));
    assert_eq!((task(&open).completed_at, task(&open).completed_by.as_ref()), (None, None));
    world.ask("a1", update("task_a1_2", status(TaskStatus::Cancelled)));
    assert_eq!(world.status("a1", complete("task_a1_2")), 400, "what was cancelled is not completed");
}

#[test]
fn a_task_is_overdue_after_its_due_date_and_not_at_it() {
    let mut world = healthy();
    let past = TaskCreate { due_at: Some(MORNING - Span::hours(1)), ..new_task(None) };
    assert_eq!(task(&world.ask("a1", Call::CreateTask(past))).status, TaskStatus::Overdue);
    let due = MORNING + Span::hours(24);
    assert_eq!(ids(&mut world, "a2", TaskQuery { due_after: Some(due), ..Default::default() }), "");
    let overdue = TaskQuery { overdue: Some(true), ..Default::default() };
    assert_eq!(ids(world.wait(Span::hours(24)), "a2", overdue.clone()), "01");
    assert_eq!(ids(world.wait(Span::micros(1)), "a2", overdue), "01234");
}

#[test]
fn a_task_that_moves_from_among_its_equals_is_listed_once() {
    let mut world = healthy();
    world.ask("a1", update("task_a1_4", TaskPatch { due_at: Some(MORNING + Span::hours(1)), ..Default::default() }));
    assert_eq!(ids(&mut world, "a1", TaskQuery::default()), "014235");
}

#[test]
fn the_office_may_ask_for_its_own_logins_tasks_and_a_rep_may_not() {
    let mut world = healthy();
    let of_csr = || Call::ListTasks(TaskQuery { assignee_id: Some(s("user_csr")), ..Default::default() });
    assert_eq!(tasks(&world.ask("manager", of_csr())).total, 0, "somebody who is no rep has none");
    assert_eq!(world.status("a1", of_csr()), 404);
}

#[test]
fn a_task_of_a_lead_with_visits_of_several_reps_belongs_to_the_one_who_makes_it() {
    let mut world = over(quick(), |data| {
        let theirs = data[0].appointments.iter_mut().find(|a| a.id == "appt_a2_1").unwrap();
        theirs.lead_id = s("lead_a1_1");
    });
    let of_lead = || Call::CreateTask(TaskCreate { lead_id: Some(s("lead_a1_1")), ..new_task(None) });
    for rep in ["a1", "a2"] {
        assert_eq!(world.status(rep, of_lead()), 200);
        assert_eq!(tasks(&world.ask(rep, Call::ListTasks(TaskQuery::default()))).total, 7, "{rep}");
    }
}

#[test]
fn tasks_of_a_data_set_are_overdue_by_the_hour_whatever_it_says() {
    let mut world = over(quick(), |data| {
        let own = |n: usize| data[0].tasks.iter().position(|t| t.task.id == format!("task_a1_{n}")).unwrap();
        let (late, done) = (own(2), own(1));
        data[0].tasks[late].task.status = TaskStatus::Overdue;
        data[0].tasks[done].task.status = TaskStatus::Completed;
    });
    let status = |status| TaskQuery { status: Some(status), ..Default::default() };
    assert_eq!(ids(&mut world, "a1", status(TaskStatus::Open)), "2345");
    assert_eq!(ids(&mut world, "a1", status(TaskStatus::Completed)), "1");
}

#[test]
fn a_visit_of_nobody_is_nobodys_in_the_offices_list() {
    let mut world = over(quick(), |data| {
        data[0].appointments.iter_mut().for_each(|appointment| appointment.assigned_rep_id = None);
    });
    let answer = world.ask("manager", Call::ListAppointments(AppointmentQuery::default()));
    assert_eq!(appointments(&answer).total, 6);
    assert!(appointments(&answer).appointments.iter().all(|a| !a.is_assigned_to_me));
}

#[test]
fn nothing_and_nought_are_legal_amounts() {
    let mut world = world(Config { optional_endpoints: true, ..quick() });
    let sized = |size| AppointmentPatch { deal_size: Some(Money::whole(size)), ..Default::default() };
    assert_eq!(world.status("a1", patch("appt_a1_1", sized(0))), 200);
    let win =
        |size| WinPost { appointment_id: s("appt_a1_1"), message: "x".into(), deal_size: Some(Money::whole(size)) };
    let statuses = [-1, 0, 1].map(|size| world.status("a1", Call::PostWin(win(size))));
    assert_eq!(statuses, [400, 200, 200]);
    world.ask("a1", clock_in("a1"));
    let begun = world.ask("a1", start("a1", "appt_a1_1", RecordingMode::Full));
    let session_id = started(&begun).recording_session_id.clone();
    let none = UploadAudio { audio_url: s("s3://a"), audio_duration_seconds: Seconds::whole(0), audio_size_bytes: 1 };
    assert_eq!(world.status("a1", Call::UploadAudio { session_id, body: none }), 200);
}

#[test]
fn a_recording_begins_anywhere_on_the_globe_and_nowhere_else() {
    let mut world = healthy();
    world.ask("a1", clock_in("a1"));
    let at = |lat, lng| match start("a1", "appt_a1_1", RecordingMode::Full) {
        Call::StartRecording(mut body) => {
            (body.location.lat, body.location.lng) = (Fixed(lat), Fixed(lng));
            Call::StartRecording(body)
        }
        other => other,
    };
    let edge = (Degrees::whole(90).0, Degrees::whole(180).0);
    for (lat, lng, status) in [
        (edge.0 + 1, 0, 400),
        (-edge.0 - 1, 0, 400),
        (0, edge.1 + 1, 400),
        (0, -edge.1 - 1, 400),
        (edge.0, edge.1, 200),
        (-edge.0, -edge.1, 200),
    ] {
        assert_eq!(world.status("a1", at(lat, lng)), status, "{lat} {lng}");
    }
}

#[test]
fn nobody_records_where_the_policy_forbids_it() {
    let mut world = over(quick(), |data| data[0].policy.allow_recording = false);
    world.ask("a1", clock_in("a1"));
    assert_eq!(world.status("a1", start("a1", "appt_a1_1", RecordingMode::Full)), 400);
}

#[test]
fn what_a_clock_out_answers_has_no_schedule() {
    let mut world = healthy();
    assert!(shift_day(&world.ask("a1", clock_in("a1"))).shift.scheduled_start.is_some());
    let out = world.ask("a1", clock_out("a1"));
    assert_eq!((shift(&out).scheduled_start, shift(&out).scheduled_end), (None, None));
}

#[test]
fn a_path_that_nobody_documented_is_not_found_whoever_asks() {
    let mut world = healthy();
    let raw = RawCall { path: s("/api/v1/secrets"), ..RawCall::of(&Call::ListTasks(TaskQuery::default())) };
    assert_eq!(world.answer(&Credential::None, &Call::Raw(Box::new(raw))).status, 404);
}

#[test]
fn an_endpoint_has_its_kinds_service_time_unless_it_has_its_own() {
    let mut times = ServiceTimes::default();
    let kinds = [Op::Health, Op::PutAudio, Op::ClockIn, Op::ListTasks].map(|op| times.of(op));
    assert_eq!(kinds, [times.health, times.transfer, times.writes, times.reads]);
    times.ops.insert(Op::ClockIn, Spread::new(7, 100));
    assert_eq!(times.of(Op::ClockIn), Spread::new(7, 100));
}

#[test]
fn shunya_hears_something_in_most_recordings() {
    let mut world = world(quick());
    let mut heard = Vec::new();
    for (rep, n) in ["a1", "a2"].into_iter().flat_map(|rep| (0..5).map(move |n| (rep, n))) {
        world.ask(rep, clock_in(rep));
        let begun = world.ask(rep, start(rep, &format!("appt_{rep}_{n}"), RecordingMode::Ghost));
        let id = started(&begun).recording_session_id.clone();
        world.ask(rep, stop(&id));
        let done = world.wait(Span::minutes(5)).ask(rep, poll(&id));
        let analysis = session(&done).analysis.clone().unwrap();
        assert!(!analysis.sop_stages_completed.unwrap().is_empty(), "a talk has at least its introduction");
        let confidence = session(&done).transcript.as_ref().unwrap().confidence_score.unwrap().0;
        assert!((7_000..=10_000).contains(&confidence), "{confidence}");
        heard.extend(analysis.objections.unwrap());
    }
    assert!(!heard.is_empty() && heard.iter().all(|objection| !objection.is_empty()), "{heard:?}");
}

#[test]
fn a_look_at_a_reps_rows_shows_the_day_and_what_is_open() {
    let mut world = world(quick());
    world.ask("a1", clock_in("a1"));
    world.ask("a2", clock_in("a2"));
    for rep in ["a1", "a2"] {
        world.ask(rep, start(rep, &format!("appt_{rep}_1"), RecordingMode::Full));
    }
    world.ask("a1", complete("task_a1_0"));
    let rows = world.backend.rows_of(world.now, "rep_a1").unwrap();
    let sizes = |rows: &fieldday_backend::RepRows| {
        (rows.shifts.len(), rows.appointments.len(), rows.tasks.len(), rows.sessions.len())
    };
    assert_eq!(sizes(&rows), (1, 3, 5, 1));
    assert_eq!((&*rows.shifts[0].rep_id, &*rows.sessions[0].1), ("rep_a1", "appt_a1_1"));
    let tomorrow = world.backend.rows_of(world.now + Span::hours(24), "rep_a1").unwrap();
    assert_eq!(sizes(&tomorrow), (0, 1, 5, 0));
    assert_eq!(world.backend.rows_of(world.now, "rep_nobody"), None);
    assert!(matches!(world.ask("a1", today("a1")).answer, Answer::ShiftDay(_)));
}
