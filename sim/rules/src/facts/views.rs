//! Appointments and tasks as fields with 64-bit values: what answers show and what update bodies name.

use crate::exchanges::Exchange;
use crate::facts::known::Kind;
use crate::facts::record::{FIELDS, View};
use crate::facts::register::ANY;
use crate::tables::{ById, digest};
use crate::told::by_token;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::fixed::Money;
use fieldday_api::names::{AppointmentStatus, Assignee, Outcome, Priority, TaskStatus};
use fieldday_api::wire::appointments::{Appointment, AppointmentPatch, AppointmentSummary};
use fieldday_api::wire::tasks::{Task, TaskCompleted, TaskPatch};
use fieldday_kernel::time::Time;

/// The value of a field that is null.
pub(crate) const NULL: u64 = u64::MAX - 1;

pub(crate) const START: usize = 0;
pub(crate) const END: usize = 1;
/// Both appointments and tasks have it.
pub(crate) const STATUS: usize = 2;
pub(crate) const OUTCOME: usize = 3;
pub(crate) const DEAL: usize = 4;
pub(crate) const LOCATION: usize = 5;
pub(crate) const SERVICE: usize = 6;
/// Both appointments and tasks have it.
pub(crate) const NOTES: usize = 7;
/// Whose an appointment is, and for whom a task is.
pub(crate) const ASSIGNED: usize = 8;
pub(crate) const DUE: usize = 0;
pub(crate) const DESCRIPTION: usize = 3;
pub(crate) const PRIORITY: usize = 4;

/// Whether it is an update of an appointment or a task.
pub(crate) fn is_update(op: Op) -> bool {
    matches!(op, Op::UpdateAppointment | Op::UpdateTask | Op::CompleteTask)
}

/// What an update names: the kind, the id and the fields.
pub(crate) fn body_of<'a>(call: &'a Call, people: &ById<u32>) -> Option<(Kind, &'a SmolStr, View)> {
    Some(match call {
        Call::UpdateAppointment { appointment_id, body } => (Kind::Appointment, appointment_id, patch(body, people)),
        Call::UpdateTask { task_id, body } => (Kind::Task, task_id, task_patch(body)),
        Call::CompleteTask { task_id } => (Kind::Task, task_id, completion()),
        _ => return None,
    })
}

/// A view without the fields for which something stands in.
pub(crate) fn of_what_is_shown(kind: Kind, mut view: View, x: &Exchange<'_>) -> View {
    if x.response().is_some_and(|response| !response.stand_ins.is_empty()) {
        // A list's entry has the address of its location under another name, and does not compare it.
        (0..FIELDS).filter(|field| !x.shows(name(kind, *field))).for_each(|field| view.mask &= !(1 << field));
    }
    view
}

/// The fields that completing a task changes.
pub(crate) fn completion() -> View {
    let mut view = View::default();
    view.set(STATUS, task_status(TaskStatus::Completed));
    view
}

/// An entry of the list. `me` is the rep in whose list it stands.
pub(crate) fn summary(entry: &AppointmentSummary, me: Option<u64>) -> View {
    let mut view = View::default();
    view.set(START, time(entry.scheduled_start));
    view.set(END, time(entry.scheduled_end));
    view.set(STATUS, entry.status as u64);
    view.set(OUTCOME, entry.outcome as u64);
    view.set(DEAL, entry.deal_size.map_or(NULL, money));
    view.set(SERVICE, digest(&entry.service_type));
    view.set_some(ASSIGNED, me);
    view
}

/// Every field of an appointment.
pub(crate) fn appointment(a: &Appointment, people: &ById<u32>) -> View {
    let mut view = View::default();
    view.set(START, time(a.scheduled_start));
    view.set(END, time(a.scheduled_end));
    view.set(STATUS, a.status as u64);
    view.set(OUTCOME, a.outcome as u64);
    view.set(DEAL, a.deal_size.map_or(NULL, money));
    view.set(LOCATION, a.location.token());
    view.set(SERVICE, digest(&a.service_type));
    view.set(NOTES, a.notes.as_ref().map_or(NULL, |notes| notes.token()));
    // Somebody who is no client of the cell has names that nobody can compare.
    match &a.assigned_rep_id {
        None => view.set(ASSIGNED, NULL),
        Some(id) => view.set_some(ASSIGNED, people.get(id).map(|person| u64::from(*person))),
    }
    view
}

fn patch(body: &AppointmentPatch, people: &ById<u32>) -> View {
    let mut view = View::default();
    view.set_some(START, body.scheduled_start.map(time));
    view.set_some(END, body.scheduled_end.map(time));
    view.set_some(STATUS, body.status.map(|status| status as u64));
    view.set_some(OUTCOME, body.outcome.map(|outcome| outcome as u64));
    view.set_some(DEAL, body.deal_size.map(money));
    view.set_some(LOCATION, body.location.as_ref().map(|location| location.token()));
    view.set_some(SERVICE, body.service_type.as_ref().map(|service| digest(service)));
    view.set_some(NOTES, body.notes.as_ref().map(|notes| notes.token()));
    let person = |id: &SmolStr| people.get(id).map_or(ANY, |person| u64::from(*person));
    view.set_some(ASSIGNED, body.assigned_rep_id.as_ref().map(person));
    view
}

/// A task. The answers that are no answer to an update may leave optional fields out, so null says nothing there.
pub(crate) fn task(task: &Task, whole: bool) -> View {
    let mut view = View::default();
    view.set(STATUS, task_status(task.status));
    view.set(DUE, task.due_at.map_or(NULL, time));
    view.set(ASSIGNED, task.assigned_to as u64);
    view.set(DESCRIPTION, task.description.token());
    view.set(PRIORITY, task.priority as u64);
    match &task.notes {
        Some(notes) => view.set(NOTES, notes.token()),
        None if whole => view.set(NOTES, NULL),
        None => {}
    }
    view
}

/// The answer to a completion.
pub(crate) fn completed(done: &TaskCompleted) -> View {
    let mut view = View::default();
    view.set(STATUS, task_status(done.status));
    view
}

fn task_patch(body: &TaskPatch) -> View {
    let mut view = View::default();
    view.set_some(STATUS, body.status.map(task_status));
    view.set_some(DUE, body.due_at.map(time));
    view.set_some(ASSIGNED, body.assigned_to.map(|assignee| assignee as u64));
    view.set_some(DESCRIPTION, body.description.as_ref().map(|text| text.token()));
    view.set_some(PRIORITY, body.priority.map(|priority| priority as u64));
    view.set_some(NOTES, body.notes.as_ref().map(|notes| notes.token()));
    view
}

/// An open task turns overdue by itself.
fn task_status(status: TaskStatus) -> u64 {
    match status {
        TaskStatus::Overdue => TaskStatus::Open as u64,
        other => other as u64,
    }
}

fn time(time: Time) -> u64 {
    time.micros() as u64
}
/// The time that a value stands for.
pub(crate) fn time_of(value: u64) -> Time {
    Time::from_micros(value as i64)
}

fn money(money: Money) -> u64 {
    money.0 as u64
}

/// The field's name in the API's JSON, for sentences.
pub(crate) fn name(kind: Kind, field: usize) -> &'static str {
    match (kind, field) {
        (Kind::Appointment, START) => "scheduled_start",
        (Kind::Appointment, END) => "scheduled_end",
        (_, STATUS) => "status",
        (Kind::Appointment, OUTCOME) => "outcome",
        (Kind::Appointment, DEAL) => "deal_size",
        (Kind::Appointment, LOCATION) => "location",
        (Kind::Appointment, SERVICE) => "service_type",
        (_, NOTES) => "notes",
        (Kind::Appointment, _) => "assigned_rep_id",
        (Kind::Task, DUE) => "due_at",
        (Kind::Task, DESCRIPTION) => "description",
        (Kind::Task, PRIORITY) => "priority",
        (Kind::Task, _) => "assigned_to",
    }
}

/// A value for people, unless it is private.
pub(crate) fn show(kind: Kind, field: usize, value: u64) -> String {
    fn of<T: Copy + std::fmt::Display>(all: &[T], value: u64) -> String {
        all.get(value as usize).map_or_else(|| "another value".to_owned(), T::to_string)
    }
    if value == NULL {
        return "null".to_owned();
    }
    if value == ANY {
        return "another value".to_owned();
    }
    match (kind, field) {
        (Kind::Appointment, START | END) | (Kind::Task, DUE) => Time::from_micros(value as i64).to_string(),
        (Kind::Appointment, STATUS) => of(AppointmentStatus::ALL, value),
        (Kind::Appointment, OUTCOME) => of(Outcome::ALL, value),
        (Kind::Appointment, DEAL) => fieldday_api::fixed::Fixed::<2>(value as i64).to_string(),
        (Kind::Appointment, ASSIGNED) => "another rep".to_owned(),
        (Kind::Task, STATUS) => of(TaskStatus::ALL, value),
        (Kind::Task, PRIORITY) => of(Priority::ALL, value),
        (Kind::Task, ASSIGNED) => of(Assignee::ALL, value),
        _ => by_token(value),
    }
}
