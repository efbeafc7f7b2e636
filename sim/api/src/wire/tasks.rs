//! Tasks (§2.2).

use crate::names::{Assignee, Priority, TaskSource, TaskStatus};
use crate::private::Private;
use fieldday_kernel::time::Time;
use serde::{Deserialize, Serialize, Serializer};
use smol_str::SmolStr;

/// Query of `GET /tasks` (§2.2.1).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TaskQuery {
    /// A user id (a rep id names the same person).
    pub assignee_id: Option<SmolStr>,
    /// Only tasks of this lead.
    pub lead_id: Option<SmolStr>,
    /// Only tasks of this contact.
    pub contact_card_id: Option<SmolStr>,
    /// Only this status; `open` leaves overdue ones out.
    pub status: Option<TaskStatus>,
    /// Only overdue ones, or only others.
    pub overdue: Option<bool>,
    /// Only tasks that are due before this time.
    pub due_before: Option<Time>,
    /// Only tasks that are due after this time.
    pub due_after: Option<Time>,
    /// At most so many; 100 when absent, 1000 at most.
    pub limit: Option<u32>,
    /// So many entries of the list are skipped; none when absent.
    pub offset: Option<u32>,
}

/// A task (§2.2.1; the answers of §2.2.2, §2.2.3 and §2.2.4 are parts of it).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Task {
    /// `task_…`
    pub id: SmolStr,
    /// What is to be done: free text. Private.
    pub description: Private,
    /// Where it stands; an open one past `due_at` reads `overdue`.
    pub status: TaskStatus,
    /// Who is to do it: the rep or the office.
    pub assigned_to: Assignee,
    /// When it is due; none if it never is.
    pub due_at: Option<Time>,
    /// How urgent it is; `medium` if the creator did not say.
    pub priority: Priority,
    /// The customer that it is about.
    #[serde(default)]
    pub contact_card_id: Option<SmolStr>,
    /// The lead that it is about, if it is about one.
    #[serde(default)]
    pub lead_id: Option<SmolStr>,
    /// The appointment that it is about, if it is about one.
    #[serde(default)]
    pub appointment_id: Option<SmolStr>,
    /// Notes of reps and office: free text (§2.2.4). Private.
    #[serde(default)]
    pub notes: Option<Private>,
    /// The time at which it was completed (§2.2.3); none while it is open.
    #[serde(default)]
    pub completed_at: Option<Time>,
    /// The user who completed it (§2.2.3); none while it is open.
    #[serde(default)]
    pub completed_by: Option<SmolStr>,
    /// The time at which the row was created, by the backend's clock.
    pub created_at: Time,
    /// When it last changed; §2.2.2's answer leaves it out.
    #[serde(default)]
    pub updated_at: Option<Time>,
}

/// Answer of `GET /tasks` (§2.2.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaskList {
    /// The tasks of the page that was asked for.
    pub tasks: Vec<Task>,
    /// The number of tasks that match, over all pages.
    pub total: u32,
    /// How many of the caller's tasks are overdue, before paging.
    pub overdue_count: u32,
}

/// Body of `POST /tasks` (§2.2.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaskCreate {
    /// What is to be done: free text. Private.
    pub description: Private,
    /// Who is to do it: the rep or the office.
    #[serde(serialize_with = "rep_in_requests")]
    pub assigned_to: Assignee,
    /// The customer that it is about.
    pub contact_card_id: Option<SmolStr>,
    /// The lead that it is about, if it is about one.
    pub lead_id: Option<SmolStr>,
    /// The appointment that it is about, if it is about one.
    pub appointment_id: Option<SmolStr>,
    /// The telephone call that it follows from, if it does from one.
    #[serde(default, deserialize_with = "super::whole_if_any")]
    pub call_id: Option<i64>,
    /// When it is due; none if it never is.
    pub due_at: Option<Time>,
    /// How urgent it is; `medium` when absent.
    pub priority: Option<Priority>,
    /// Where the task comes from; `manual` when absent.
    pub source: Option<TaskSource>,
}

/// Body of `PATCH /tasks/{task_id}` (§2.2.4): what is absent keeps its value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TaskPatch {
    /// The new status of the task.
    pub status: Option<TaskStatus>,
    /// The new time at which it is due.
    pub due_at: Option<Time>,
    /// Who is to do it from now on.
    #[serde(serialize_with = "rep_in_requests_if_any")]
    pub assigned_to: Option<Assignee>,
    /// The new text of what is to be done. Private.
    pub description: Option<Private>,
    /// The new urgency.
    pub priority: Option<Priority>,
    /// The new notes, in place of the old: free text. Private.
    pub notes: Option<Private>,
}

/// Answer of `POST /tasks/{task_id}/complete` (§2.2.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaskCompleted {
    /// `task_…`
    pub id: SmolStr,
    /// `completed`
    pub status: TaskStatus,
    /// The time at which it was first completed.
    pub completed_at: Time,
    /// The id of the user who first completed it.
    pub completed_by: SmolStr,
}

/// §2.2.2 writes `rep` where answers write `sales_rep`.
fn rep_in_requests<S: Serializer>(assignee: &Assignee, s: S) -> Result<S::Ok, S::Error> {
    match assignee {
        Assignee::SalesRep if s.is_human_readable() => s.serialize_str("rep"),
        other => other.serialize(s),
    }
}

fn rep_in_requests_if_any<S: Serializer>(assignee: &Option<Assignee>, s: S) -> Result<S::Ok, S::Error> {
    match assignee {
        Some(Assignee::SalesRep) if s.is_human_readable() => s.serialize_some("rep"),
        other => other.serialize(s),
    }
}
