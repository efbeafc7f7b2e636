//! Tasks: made once, completed once, updated as often as it takes.

mod common;

use common::*;
use fieldday_api::call::{Answer, Call};
use fieldday_api::names::{Assignee, TaskStatus};
use fieldday_api::rules::Rule;
use fieldday_api::wire::tasks::*;
use fieldday_history::event::{Cause, EventKind, NoAnswer};
use fieldday_kernel::time::Span;

fn create() -> Call {
    Call::CreateTask(TaskCreate {
        description: "Follow up".into(),
        assigned_to: Assignee::SalesRep,
        contact_card_id: None,
        lead_id: None,
        appointment_id: None,
        call_id: None,
        due_at: Some(at("23:00")),
        priority: None,
        source: None,
    })
}
fn made(id: &str) -> Answer {
    Answer::Task(Box::new(task(id)))
}
fn get_tasks() -> Call {
    Call::ListTasks(TaskQuery::default())
}
fn complete() -> Call {
    Call::CompleteTask { task_id: "task_1".into() }
}
fn completed(hour: &str, by: &str) -> Answer {
    let (id, status) = ("task_1".into(), TaskStatus::Completed);
    Answer::TaskCompleted(TaskCompleted { id, status, completed_at: at(hour), completed_by: by.into() })
}
fn update(body: TaskPatch) -> Call {
    Call::UpdateTask { task_id: "task_1".into(), body }
}
fn due(hour: &str) -> TaskPatch {
    TaskPatch { due_at: Some(at(hour)), ..TaskPatch::default() }
}

#[test]
fn a_task_that_was_acknowledged_is_in_the_list() {
    let mut s = Stream::new();
    s.call(REP, create(), made("task_1"));
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    s.holds(Rule::TaskCreateSingle);
    s.call(REP, create(), made("task_2"));
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    s.breaks(&[Rule::ReadYourWrites]);
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    s.breaks(&[Rule::ReadYourWrites, Rule::TaskCreateSingle]);
}

#[test]
fn one_request_makes_one_task() {
    let mut s = Stream::new();
    let lost = s.send(REP, Cause::Tap, create());
    s.lapse(&lost, NoAnswer::Timeout);
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    s.holds(Rule::TaskCreateSingle);
    s.call(REP, get_tasks(), tasks(&[task("task_1"), task("task_2")]));
    s.breaks(&[Rule::TaskCreateSingle]);
}

#[test]
fn a_repeat_that_the_person_wanted_may_make_a_second_task() {
    let mut s = Stream::new();
    let lost = s.send(REP, Cause::Tap, create());
    s.lapse(&lost, NoAnswer::Timeout);
    s.say(REP, EventKind::AskedToRetry { call: lost.call, yes: true });
    let again = s.again(&lost);
    s.ok(&again, made("task_2"));
    s.call(REP, get_tasks(), tasks(&[task("task_1"), task("task_2")]));
    s.holds(Rule::TaskCreateSingle);
}

#[test]
fn a_task_that_looks_the_same_but_is_older_is_another() {
    let mut s = Stream::new();
    let old = Task { created_at: at("01:00"), ..task("task_0") };
    s.call(REP, create(), made("task_1"));
    s.call(REP, get_tasks(), tasks(&[old, task("task_1")]));
    s.is_fine();
}

#[test]
fn completing_again_keeps_who_and_when() {
    let mut s = Stream::new();
    s.call(OFFICE, complete(), completed("16:00", "user_1"));
    s.call(OFFICE, complete(), completed("16:00", "user_1"));
    s.holds(Rule::TaskCompleteOnce);
    s.call(OFFICE, complete(), completed("16:05", "user_1"));
    s.breaks(&[Rule::TaskCompleteOnce]);
    let mut s = Stream::new();
    s.call(OFFICE, complete(), completed("16:00", "rep_0"));
    s.call(OFFICE, complete(), completed("16:00", "user_0"));
    s.is_fine();
    s.call(OFFICE, complete(), completed("16:00", "user_1"));
    s.breaks(&[Rule::TaskCompleteOnce]);
}

#[test]
fn a_task_is_there_to_be_completed_again() {
    let mut s = Stream::new();
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    let action = s.queue(REP, complete());
    let first = s.send_queued(REP, action, complete());
    let mut at_once = s.clone();
    at_once.fail(&first, 404);
    at_once.is_fine();
    s.lapse(&first, NoAnswer::Timeout);
    let again = s.send_queued(REP, action, complete());
    s.fail(&again, 404);
    s.breaks(&[Rule::TaskCompleteOnce]);
}

#[test]
fn an_update_that_leaves_a_trace_of_itself_is_not_as_once() {
    let logged = |text: &str| Task { due_at: Some(at("16:00")), notes: Some(text.into()), ..task("task_1") };
    let mut s = Stream::new();
    s.call(REP, get_tasks(), tasks(&[Task { notes: Some("hello".into()), ..task("task_1") }]));
    s.call(OFFICE, update(due("16:00")), Answer::Task(Box::new(logged("hello"))));
    s.is_fine();
    s.call(
        OFFICE,
        update(due("17:00")),
        Answer::Task(Box::new(Task { due_at: Some(at("17:00")), ..logged("hello\nUpdated.") })),
    );
    s.breaks(&[Rule::TaskUpdateIdempotent]);
}

#[test]
fn a_completion_whose_answer_was_lost_shows_or_not() {
    let mut s = Stream::new();
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    let lost = s.send(OFFICE, Cause::Office, complete());
    s.lapse(&lost, NoAnswer::Timeout);
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    s.call(REP, get_tasks(), tasks(&[Task { status: TaskStatus::Completed, ..task("task_1") }]));
    s.is_fine();
}

#[test]
fn a_completion_that_was_acknowledged_is_shown() {
    let mut s = Stream::new();
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    s.call(OFFICE, complete(), completed("16:00", "user_1"));
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    s.breaks(&[Rule::ReadYourWrites]);
}

#[test]
fn a_task_turns_overdue_by_itself() {
    let mut s = Stream::new();
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    s.call(OFFICE, update(due("16:00")), Answer::Task(Box::new(Task { due_at: Some(at("16:00")), ..task("task_1") })));
    let overdue = Task { due_at: Some(at("16:00")), status: TaskStatus::Overdue, ..task("task_1") };
    s.call(REP, get_tasks(), tasks(&[overdue]));
    s.holds(Rule::ReadYourWrites);
}

#[test]
fn the_same_task_update_twice_is_as_once() {
    let after = Answer::Task(Box::new(Task { due_at: Some(at("16:00")), ..task("task_1") }));
    let mut s = Stream::new();
    s.call(OFFICE, update(due("16:00")), after.clone());
    s.call(OFFICE, update(due("16:00")), after);
    s.holds(Rule::TaskUpdateIdempotent);
    let noted = Task { due_at: Some(at("16:00")), notes: Some("again".into()), ..task("task_1") };
    s.call(OFFICE, update(due("16:00")), Answer::Task(Box::new(noted)));
    s.breaks(&[Rule::TaskUpdateIdempotent]);
}

#[test]
fn a_task_stands_in_one_reps_list() {
    let mut s = Stream::new();
    s.call(REP, get_tasks(), tasks(&[task("task_1")]));
    // As long as nobody else has tasks, no list can hold another's.
    assert_eq!(s.findings().count(Rule::OwnershipOwnOnly).exercised, 0);
    s.call(OTHER, get_tasks(), tasks(&[task("task_2")]));
    s.holds(Rule::OwnershipOwnOnly);
    s.call(OTHER, get_tasks(), tasks(&[task("task_1")]));
    s.breaks(&[Rule::OwnershipOwnOnly]);
}

#[test]
fn two_acknowledged_requests_make_two_tasks() {
    let mut s = Stream::new();
    s.call(REP, create(), made("task_1"));
    s.call(REP, create(), made("task_2"));
    s.holds(Rule::TaskCreateSingle);
    s.call(OTHER, create(), made("task_2"));
    s.breaks(&[Rule::TaskCreateSingle]);
}

/// A list of appointments whose one entry has so many pending tasks.
fn counted(pending: u32) -> Answer {
    let Answer::Appointments(mut shown) = list(&[visit()]) else { unreachable!() };
    shown.appointments[0].pending_tasks_count = pending;
    Answer::Appointments(shown)
}
fn completes(s: &mut Stream) {
    let action = s.queue(REP, complete());
    let ticket = s.send_queued(REP, action, complete());
    s.ok(&ticket, completed("15:00", "user_0"));
    s.settle(REP, action);
}
fn at_visit(id: &str) -> Task {
    Task { appointment_id: Some("appt_1".into()), ..task(id) }
}

#[test]
fn the_count_of_pending_tasks_falls_with_what_is_completed() {
    // The other task is open for certain, and counted.
    for (after, right) in [(1, true), (0, false), (2, false)] {
        let mut s = Stream::new();
        s.call(REP, get_tasks(), tasks(&[at_visit("task_1"), at_visit("task_2")]));
        s.call(REP, get_list(), counted(2));
        completes(&mut s);
        s.call(REP, get_list(), counted(after));
        if right { s.holds(Rule::AnswerSchema) } else { s.breaks(&[Rule::AnswerSchema]) }
    }
}

/// A task at the visit is being made.
fn added(s: &mut Stream) {
    let Call::CreateTask(body) = create() else { unreachable!() };
    s.send(OFFICE, Cause::Office, Call::CreateTask(TaskCreate { appointment_id: Some("appt_1".into()), ..body }));
}

#[test]
fn a_change_that_was_sent_before_its_task_was_listed_ends_nobody_elses_write() {
    let mut s = Stream::new();
    let change = s.send(OFFICE, Cause::Office, update(TaskPatch::default()));
    s.call(REP, get_tasks(), tasks(&[at_visit("task_1"), at_visit("task_2")]));
    added(&mut s);
    s.ok(&change, Answer::Task(Box::new(at_visit("task_1"))));
    s.call(REP, get_list(), counted(2));
    completes(&mut s);
    s.call(REP, get_list(), counted(2));
    assert_eq!(s.findings().count(Rule::AnswerSchema).broken, 0, "one that is being made may have been added");
}

#[test]
fn a_count_may_stay_where_something_may_have_been_added_or_was_completed_before() {
    let tried = |s: &mut Stream| {
        let action = s.queue(REP, complete());
        let lost = s.send_queued(REP, action, complete());
        s.lapse(&lost, NoAnswer::Timeout);
    };
    for tried_before in [true, false] {
        let mut s = Stream::new();
        s.call(REP, get_tasks(), tasks(&[at_visit("task_1"), at_visit("task_2")]));
        if tried_before {
            tried(&mut s);
        }
        s.call(REP, get_list(), counted(2));
        completes(&mut s);
        if !tried_before {
            added(&mut s);
        }
        s.call(REP, get_list(), counted(2));
        let broken = s.findings().count(Rule::AnswerSchema).broken;
        assert_eq!(broken, 0);
    }
}

#[test]
fn overdue_tasks_are_as_many_as_were_counted_unless_some_came_with_an_appointment() {
    let overdue = |id: &str| Task { due_at: Some(at("14:00")), status: TaskStatus::Overdue, ..task(id) };
    let asked = |status| Call::ListTasks(TaskQuery { status: Some(status), ..TaskQuery::default() });
    let counted = |count: u32| {
        let Answer::Tasks(list) = tasks(&[]) else { unreachable!() };
        Answer::Tasks(TaskList { overdue_count: count, ..list })
    };
    let broken = |reassigned: bool| {
        let mut s = Stream::new();
        s.call(REP, asked(TaskStatus::Open), counted(1));
        if reassigned {
            let body = fieldday_api::wire::appointments::AppointmentPatch {
                assigned_rep_id: Some(rep(REP)),
                ..Default::default()
            };
            s.call(OFFICE, patch(body.clone()), detail(&with(&visit(), &body)));
        }
        s.call(REP, asked(TaskStatus::Overdue), tasks(&[overdue("task_1"), overdue("task_2")]));
        s.findings().count(Rule::TaskListFilters).broken
    };
    assert_eq!((broken(false), broken(true)), (1, 0));
}

#[test]
fn overdue_tasks_may_be_fewer_than_were_counted_while_a_completion_may_land() {
    let asked = |status| Call::ListTasks(TaskQuery { status: Some(status), ..TaskQuery::default() });
    let counted = |count: u32| {
        let Answer::Tasks(list) = tasks(&[]) else { unreachable!() };
        Answer::Tasks(TaskList { overdue_count: count, ..list })
    };
    let none = || tasks(&[]);
    let broken = |in_flight: bool, lost: bool, later: Span| {
        let mut s = Stream::new();
        let action = s.queue(REP, complete());
        let completion = s.send_queued(REP, action, complete());
        if !in_flight {
            match lost {
                true => s.lapse(&completion, NoAnswer::Timeout),
                false => s.fail(&completion, 404),
            };
        }
        s.wait(later);
        s.call(REP, asked(TaskStatus::Open), counted(1));
        s.call(REP, asked(TaskStatus::Overdue), none());
        s.findings().count(Rule::TaskListFilters).broken
    };
    let (at_once, later) = (Span::seconds(1), Span::minutes(1));
    assert_eq!(broken(true, false, later), 0, "one is in flight over both lists");
    assert_eq!(broken(false, true, at_once), 0, "one was given up a moment ago");
    assert_eq!(broken(false, true, later), 1, "one that was given up long ago has landed or never will");
    assert_eq!(broken(false, false, at_once), 1, "one that was refused changed nothing");
}
