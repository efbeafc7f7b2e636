//! What appointments, tasks, shifts and threads promise (§2).

mod common;
use common::*;
use fieldday_api::call::Call;
use fieldday_api::error::ErrorCode;
use fieldday_api::fixed::Money;
use fieldday_api::names::*;
use fieldday_api::readings::{ClockInRepeat, PageBeyond};
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::shifts::ClockIn;
use fieldday_api::wire::tasks::{TaskPatch, TaskQuery};
use fieldday_backend::Config;
use fieldday_kernel::time::{Date, Span};

fn ids(world: &mut World, query: TaskQuery) -> (Vec<String>, u32, u32) {
    let answer = world.ask("a1", Call::ListTasks(query));
    let list = tasks(&answer);
    (list.tasks.iter().map(|t| t.id["task_a1_".len()..].to_owned()).collect(), list.total, list.overdue_count)
}

#[test]
fn a_days_list_holds_the_local_date_in_order_and_its_filters_hold() {
    let mut world = healthy();
    let mut list = |query: AppointmentQuery| {
        let answer = world.ask("a1", Call::ListAppointments(query));
        let list = appointments(&answer);
        assert_eq!(list.total as usize, list.appointments.len());
        assert!(list.appointments.iter().all(|a| a.is_assigned_to_me));
        let ids = list.appointments.iter().map(|a| a.appointment_id[8..].to_owned()).collect::<Vec<_>>();
        (ids.concat(), list.date.to_string())
    };
    let query = AppointmentQuery::default;
    assert_eq!(list(query()), ("123".into(), "2026-06-10".into()), "the evening belongs to the local day");
    let date = |text| Date::parse(text);
    assert_eq!(list(AppointmentQuery { date: date("2026-06-11"), ..query() }).0, "4");
    assert_eq!(list(AppointmentQuery { date: date("2026-06-09"), ..query() }).0, "0");
    assert_eq!(list(AppointmentQuery { date: date("2026-06-01"), ..query() }).0, "");
    assert_eq!(list(AppointmentQuery { status: Some(AppointmentStatus::Completed), ..query() }).0, "");
    assert_eq!(list(AppointmentQuery { outcome: Some(Outcome::Pending), ..query() }).0, "123");
    assert_eq!(list(AppointmentQuery { limit: Some(1), offset: Some(1), ..query() }).0, "123", "it does not page");
}

#[test]
fn the_list_of_appointments_pages_by_the_other_reading() {
    let mut config = Config::default();
    config.readings.appointments_page = true;
    let mut world = world(config);
    let query = AppointmentQuery { limit: Some(2), offset: Some(2), ..Default::default() };
    let answer = world.ask("a1", Call::ListAppointments(query));
    assert_eq!((appointments(&answer).appointments.len(), appointments(&answer).total), (1, 3));
}

#[test]
fn pending_tasks_are_the_open_and_overdue_ones_that_name_the_appointment() {
    let mut world = healthy();
    let pending = |world: &mut World| {
        appointments(&world.ask("a1", Call::ListAppointments(AppointmentQuery::default())))
            .appointments
            .iter()
            .map(|a| a.pending_tasks_count)
            .collect::<Vec<_>>()
    };
    assert_eq!(pending(&mut world), [2, 0, 0]);
    world.ask("a1", complete("task_a1_0"));
    world.ask("a1", complete("task_a1_0"));
    assert_eq!(pending(&mut world), [1, 0, 0]);
    world.ask("a1", Call::CreateTask(new_task(Some("appt_a1_2"))));
    assert_eq!(pending(&mut world), [1, 1, 0]);
    let status = |status| TaskPatch { status: Some(status), ..Default::default() };
    world.ask("a1", Call::UpdateTask { task_id: s("task_a1_1"), body: status(TaskStatus::Cancelled) });
    world.ask("a1", Call::UpdateTask { task_id: s("task_a1_0"), body: status(TaskStatus::Open) });
    assert_eq!(pending(&mut world), [1, 1, 0]);
}

#[test]
fn a_patch_changes_what_it_names_and_a_repeat_nothing() {
    let mut world = healthy();
    let before = detail(&world.ask("a1", get("appt_a1_1"))).clone();
    let first = world.wait(Span::minutes(1)).ask("a1", won("appt_a1_1", 5_000));
    let after = detail(&first);
    assert_eq!(after.appointment.updated_at, world.now);
    assert_eq!(after.appointment.notes, before.appointment.notes);
    assert_eq!(after.appointment.location, before.appointment.location);
    assert_eq!((after.lead.status, after.lead.deal_size), (LeadStatus::Won, Some(Money::whole(5_000))));
    world.wait(Span::minutes(1));
    assert_eq!(world.ask("a1", won("appt_a1_1", 5_000)), first, "updated_at included");
    assert_eq!(detail(&world.ask("a1", get("appt_a1_1"))), after);
    let lost = patch("appt_a1_1", AppointmentPatch { outcome: Some(Outcome::Lost), ..Default::default() });
    let lost = world.ask("a1", lost);
    assert_eq!(detail(&lost).lead.status, LeadStatus::Lost);
    assert_eq!(detail(&lost).appointment.deal_size, Some(Money::whole(5_000)), "not named, so kept");
}

#[test]
fn an_appointment_that_is_moved_is_listed_where_it_went() {
    let mut world = healthy();
    let shift = |hours| AppointmentPatch {
        scheduled_start: Some(MORNING + Span::hours(hours)),
        scheduled_end: Some(MORNING + Span::hours(hours + 1)),
        ..Default::default()
    };
    assert_eq!(world.status("a1", patch("appt_a1_1", shift(30))), 200);
    let on = |world: &mut World, date: &str| {
        let query = AppointmentQuery { date: Date::parse(date), ..Default::default() };
        let answer = world.ask("a1", Call::ListAppointments(query));
        let list = appointments(&answer).appointments.iter();
        list.map(|a| a.appointment_id[8..].to_owned()).collect::<Vec<_>>().concat()
    };
    assert_eq!(on(&mut world, "2026-06-10"), "23");
    assert_eq!(on(&mut world, "2026-06-11"), "41");
}

#[test]
fn what_a_patch_gets_wrong_answers_400_and_changes_nothing() {
    let mut world = healthy();
    let before = world.ask("a1", get("appt_a1_1"));
    let empty = AppointmentPatch::default;
    let wrong = [
        AppointmentPatch { outcome: Some(Outcome::Won), ..empty() },
        AppointmentPatch { deal_size: Some(Money::whole(-1)), ..empty() },
        AppointmentPatch { scheduled_end: Some(MORNING), ..empty() },
        AppointmentPatch { scheduled_start: Some(MORNING + Span::hours(3)), ..empty() },
        AppointmentPatch { location: Some(" ".into()), ..empty() },
        AppointmentPatch { service_type: Some(s("")), ..empty() },
    ];
    for body in wrong {
        let body = AppointmentPatch { notes: Some("changed".into()), ..body };
        let answer = world.ask("a1", patch("appt_a1_1", body.clone()));
        assert_eq!((answer.status, code(&answer)), (400, Some(ErrorCode::ValidationError)), "{body:?}");
    }
    assert_eq!(world.ask("a1", get("appt_a1_1")), before);
}

#[test]
fn tasks_are_filtered_by_what_they_read_now() {
    let mut world = healthy();
    let query = TaskQuery::default;
    let status = |status| TaskQuery { status: Some(status), ..query() };
    assert_eq!(ids(&mut world, query()).0.concat(), "012345");
    assert_eq!(ids(&mut world, query()).2, 2);
    assert_eq!(ids(&mut world, status(TaskStatus::Open)).0.concat(), "2345");
    assert_eq!(ids(&mut world, status(TaskStatus::Overdue)), (vec!["0".into(), "1".into()], 2, 2));
    assert_eq!(
        ids(&mut world, TaskQuery { overdue: Some(false), ..query() }),
        (["2", "3", "4", "5"].map(String::from).to_vec(), 4, 2)
    );
    assert_eq!(ids(&mut world, TaskQuery { lead_id: Some(s("lead_a1_1")), ..query() }).0.concat(), "01");
    assert_eq!(ids(&mut world, TaskQuery { contact_card_id: Some(s("contact_a1_1")), ..query() }).1, 6);
    let due = MORNING + Span::hours(24);
    assert_eq!(ids(&mut world, TaskQuery { due_before: Some(due), ..query() }).0.concat(), "01");
    assert_eq!(ids(&mut world, TaskQuery { due_after: Some(MORNING), ..query() }).0.concat(), "234");
    world.ask("a1", complete("task_a1_0"));
    assert_eq!(ids(&mut world, status(TaskStatus::Completed)), (vec!["0".into()], 1, 1));
    world.wait(Span::hours(25));
    assert_eq!(ids(&mut world, status(TaskStatus::Overdue)).0.concat(), "1234", "the hour makes them overdue");
    assert_eq!(ids(&mut world, status(TaskStatus::Overdue)).2, 4);
}

#[test]
fn limits_have_defaults_and_a_maximum() {
    let mut world = healthy();
    let limit = |limit| Call::ListTasks(TaskQuery { limit: Some(limit), ..Default::default() });
    assert_eq!(world.status("a1", limit(1_000)), 200);
    let answer = world.ask("a1", limit(1_001));
    assert_eq!((answer.status, code(&answer)), (400, Some(ErrorCode::InvalidRequest)));
    let page =
        |limit| Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page { limit: Some(limit), offset: None } };
    assert_eq!(world.status("a1", page(1_001)), 400);
    assert_eq!(world.status("a1", page(0)), 400);
    let mut world = common::world(Config { page_beyond: PageBeyond::Cut, ..Config::default() });
    assert_eq!(world.status("a1", limit(u32::MAX)), 200);
    for n in 0..130 {
        world.wait(Span::micros(n)).ask("a1", Call::CreateTask(new_task(None)));
    }
    let answer = world.ask("a1", Call::ListTasks(TaskQuery::default()));
    assert_eq!((tasks(&answer).tasks.len(), tasks(&answer).total), (100, 136));
}

#[test]
fn a_thread_shows_what_has_arrived_oldest_first() {
    let mut world = healthy();
    let page = |limit, offset| Call::GetThread { contact_card_id: s("contact_a1_1"), page: Page { limit, offset } };
    let sids = |world: &mut World, call| {
        let answer = world.ask("a2", call);
        let thread = thread(&answer);
        (thread.messages.iter().map(|m| m.id["msg_a1_1_".len()..].to_owned()).collect::<String>(), thread.total)
    };
    assert_eq!(sids(&mut world, page(None, None)), ("01234567".into(), 8));
    assert_eq!(sids(&mut world, page(Some(3), Some(3))), ("345".into(), 8));
    world.wait(Span::hours(8));
    assert_eq!(sids(&mut world, page(None, Some(7))), ("78".into(), 9));
}

#[test]
fn a_task_is_made_once_a_request_and_belongs_to_whom_it_names() {
    let mut world = healthy();
    let made = world.ask("a1", Call::CreateTask(new_task(None)));
    let mine = tasks(&world.ask("a1", Call::ListTasks(TaskQuery::default()))).clone();
    assert_eq!(mine.tasks.iter().filter(|t| t.id == task(&made).id).count(), 1);
    assert_eq!(mine.total, 7);
    world.ask("a1", Call::CreateTask(new_task(None)));
    assert_eq!(tasks(&world.ask("a1", Call::ListTasks(TaskQuery::default()))).total, 8, "not idempotent");
    world.ask("manager", Call::CreateTask(new_task(Some("appt_a1_1"))));
    assert_eq!(tasks(&world.ask("a1", Call::ListTasks(TaskQuery::default()))).total, 9);
    let by_lead = fieldday_api::wire::tasks::TaskCreate { lead_id: Some(s("lead_a1_2")), ..new_task(None) };
    assert_eq!(world.status("a2", Call::CreateTask(by_lead.clone())), 403);
    world.ask("csr", Call::CreateTask(by_lead));
    world.ask("manager", Call::CreateTask(new_task(None)));
    assert_eq!(
        tasks(&world.ask("a1", Call::ListTasks(TaskQuery::default()))).total,
        10,
        "the manager's own is nobody's"
    );
    assert_eq!(tasks(&world.ask("manager", Call::ListTasks(TaskQuery::default()))).total, 17);
    let empty = fieldday_api::wire::tasks::TaskCreate { description: " ".into(), ..new_task(None) };
    assert_eq!(code(&world.ask("a1", Call::CreateTask(empty))), Some(ErrorCode::ValidationError));
}

#[test]
fn completing_again_keeps_when_and_by_whom() {
    let mut world = healthy();
    let first = world.ask("a1", complete("task_a1_0"));
    assert_eq!((completed(&first).completed_at, completed(&first).completed_by.as_str()), (world.now, "user_a1"));
    world.wait(Span::minutes(3));
    assert_eq!(world.ask("manager", complete("task_a1_0")), first);
}

#[test]
fn a_task_update_changes_what_it_names_and_a_repeat_nothing() {
    let mut world = healthy();
    let body = TaskPatch { due_at: Some(MORNING + Span::hours(2)), notes: Some("soon".into()), ..Default::default() };
    let call = Call::UpdateTask { task_id: s("task_a1_5"), body };
    let first = world.wait(Span::minutes(1)).ask("a1", call.clone());
    assert_eq!(task(&first).updated_at, Some(world.now));
    assert_eq!(task(&first).status, TaskStatus::Open);
    assert_eq!(ids(&mut world, TaskQuery::default()).0.concat(), "015234", "it moved in the order");
    assert_eq!(world.wait(Span::minutes(1)).ask("a1", call), first);
    let overdue = TaskPatch { status: Some(TaskStatus::Overdue), ..Default::default() };
    assert_eq!(world.status("a1", Call::UpdateTask { task_id: s("task_a1_5"), body: overdue }), 400);
}

#[test]
fn a_shift_is_one_a_day_from_clock_in_to_local_midnight() {
    let mut world = healthy();
    assert_eq!(world.status("a1", today("a1")), 404);
    let early = world.ask("a1", clock_out("a1"));
    assert_eq!((early.status, code(&early)), (400, Some(ErrorCode::InvalidRequest)));
    let first = world.ask("a1", clock_in("a1"));
    let day = shift_day(&first);
    assert_eq!((day.shift.clock_in_at, day.effective_start_time), (world.now, world.now));
    assert_eq!(day.effective_end_time, time("2026-06-11T03:00:00Z"), "20:00 in Los Angeles");
    world.wait(Span::hours(3));
    assert_eq!(world.ask("a1", clock_in("a1")), first);
    world.wait(Span::hours(11));
    assert_eq!(world.ask("a1", today("a1")), first, "21:00 is tomorrow by UTC and today here");
    let out = world.ask("a1", clock_out("a1"));
    assert_eq!((shift(&out).status, shift(&out).clock_out_at), (ShiftStatus::Completed, Some(world.now)));
    world.wait(Span::minutes(1));
    assert_eq!(world.ask("a1", clock_out("a1")), out);
    let again = world.ask("a1", clock_in("a1"));
    assert_eq!(shift_day(&again).shift.status, ShiftStatus::Completed, "the day's shift is over");
    world.wait(Span::hours(3));
    assert_eq!(world.status("a1", today("a1")), 404, "after midnight");
    let next = world.ask("a1", clock_in("a1"));
    assert_ne!(shift_day(&next).shift.id, day.shift.id);
}

#[test]
fn a_queued_clock_in_counts_from_when_it_was_meant_if_that_is_today() {
    let mut world = healthy();
    let mut at = |desired| {
        let body = ClockIn { desired_start_time: Some(desired), notes: None };
        world.ask("a1", Call::ClockIn { rep_id: s("rep_a1"), body })
    };
    assert_eq!(at(MORNING + Span::micros(1)).status, 400, "in the future");
    assert_eq!(at(MORNING - Span::hours(8)).status, 400, "yesterday");
    let meant = MORNING - Span::minutes(20);
    assert_eq!(shift_day(&at(meant)).shift.clock_in_at, meant);
}

#[test]
fn a_repeated_clock_in_may_be_refused_by_configuration() {
    let mut world = world(Config { clock_in_repeat: ClockInRepeat::Refuse, ..Config::default() });
    assert_eq!(world.status("a1", clock_in("a1")), 200);
    let again = world.ask("a1", clock_in("a1"));
    assert_eq!((again.status, code(&again)), (400, Some(ErrorCode::InvalidRequest)));
}
