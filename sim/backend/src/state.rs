//! The rows, and the orders in which lists show them.

use crate::pipeline::Pipeline;
use fieldday_api::SmolStr;
use fieldday_api::call::Response;
use fieldday_api::dataset::Policy;
use fieldday_api::private::Private;
use fieldday_api::wire::appointments::{Appointment, Contact, Lead};
use fieldday_api::wire::extras::Win;
use fieldday_api::wire::messages::Message;
use fieldday_api::wire::recordings::{Location, RecordingSession};
use fieldday_api::wire::shifts::Shift;
use fieldday_api::wire::tasks::Task;
use fieldday_kernel::time::{Date, Time, Zone};
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use std::sync::Arc;

/// The kind of thing that an id names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Tenant,
    User,
    Rep,
    Contact,
    Lead,
    Appointment,
    Task,
    Session,
    Shift,
    Win,
    Message,
}

/// The place of a row: its tenant, and its place in the tenant's table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct At {
    pub(crate) tenant: u16,
    pub(crate) row: u32,
}

/// Every id of every tenant: what it names and where that is. The tenant check is a comparison.
pub(crate) type Ids = IndexMap<SmolStr, (Kind, At), FixedState>;

/// Presigned keys, each until when it takes audio.
pub(crate) type Uploads = IndexMap<SmolStr, Time, FixedState>;

/// Rows in the order of a key, then of their ids.
#[derive(Clone, Debug)]
pub(crate) struct Sorted<K>(Vec<(K, u32)>);

impl<K> Default for Sorted<K> {
    fn default() -> Self {
        Sorted(Vec::new())
    }
}

impl<K: Ord + Copy> Sorted<K> {
    pub(crate) fn insert<'a>(&mut self, key: K, row: u32, id: impl Fn(u32) -> &'a SmolStr) {
        let place = self.0.partition_point(|(k, r)| (*k, id(*r)) < (key, id(row)));
        self.0.insert(place, (key, row));
    }
    pub(crate) fn remove(&mut self, key: K, row: u32) {
        let from = self.0.partition_point(|(k, _)| *k < key);
        if let Some(place) = self.0[from..].iter().position(|(_, r)| *r == row) {
            self.0.remove(from + place);
        }
    }
    pub(crate) fn all(&self) -> &[(K, u32)] {
        &self.0
    }
}

/// Appointments by local date, start and id.
pub(crate) type Calendar = Sorted<(Date, Time)>;
/// Tasks by due date (those without one last), creation and id.
pub(crate) type Agenda = Sorted<(Time, Time)>;

impl Calendar {
    /// The appointments of one date.
    pub(crate) fn day(&self, date: Date) -> &[((Date, Time), u32)] {
        let from = self.0.partition_point(|((d, _), _)| *d < date);
        let length = self.0[from..].iter().take_while(|((d, _), _)| *d == date).count();
        &self.0[from..from + length]
    }
}

/// The place of a task in an [`Agenda`].
pub(crate) fn agenda_key(task: &Task) -> (Time, Time) {
    (task.due_at.unwrap_or(Time::from_micros(i64::MAX)), task.created_at)
}

/// The rows of a tenant, and the indexes into them.
pub(crate) struct Tenant {
    pub(crate) id: SmolStr,
    pub(crate) zone: Zone,
    pub(crate) policy: Policy,
    pub(crate) users: Vec<UserRow>,
    pub(crate) reps: Vec<RepRow>,
    pub(crate) contacts: Vec<ContactRow>,
    pub(crate) leads: Vec<LeadRow>,
    pub(crate) appointments: Vec<AppointmentRow>,
    pub(crate) tasks: Vec<TaskRow>,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) shifts: Vec<ShiftRow>,
    pub(crate) wins: Vec<Win>,
    /// All appointments, for the office.
    pub(crate) calendar: Calendar,
    /// All tasks, for the office.
    pub(crate) agenda: Agenda,
}

pub(crate) struct UserRow {
    pub(crate) rep: Option<u32>,
}

/// A rep and what is its own.
pub(crate) struct RepRow {
    pub(crate) rep_id: SmolStr,
    pub(crate) calendar: Calendar,
    pub(crate) agenda: Agenda,
    /// The rep's shifts by their row, the oldest first.
    pub(crate) shifts: Vec<u32>,
}

/// A customer with its messages.
pub(crate) struct ContactRow {
    pub(crate) contact: Contact,
    pub(crate) full_name: Private,
    /// Oldest first, those to come included.
    pub(crate) messages: Vec<Message>,
}

/// A lead with the appointments that it led to.
pub(crate) struct LeadRow {
    pub(crate) lead: Lead,
    pub(crate) appointments: Vec<u32>,
}

/// What a lagging replica still shows, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Before<T> {
    pub(crate) until: Time,
    pub(crate) row: T,
}

pub(crate) struct AppointmentRow {
    pub(crate) appointment: Appointment,
    pub(crate) rep: Option<u32>,
    /// Who had it before the office gave it to another.
    pub(crate) former_rep: Option<u32>,
    pub(crate) lead: u32,
    pub(crate) contact: u32,
    /// Open and overdue tasks that name it.
    pub(crate) pending_tasks: u32,
    /// The row of the recording session that was begun last.
    pub(crate) last_session: Option<u32>,
    pub(crate) before: Option<Box<Before<Appointment>>>,
}

impl AppointmentRow {
    /// What a read at `now` shows.
    pub(crate) fn shown(&self, now: Time) -> &Appointment {
        match &self.before {
            Some(before) if now < before.until => &before.row,
            _ => &self.appointment,
        }
    }
}

/// A task. Its stored status is never `overdue`: that is a matter of the hour.
pub(crate) struct TaskRow {
    pub(crate) task: Task,
    pub(crate) rep: Option<u32>,
    pub(crate) appointment: Option<u32>,
    pub(crate) before: Option<Box<Before<Task>>>,
}

impl TaskRow {
    /// What a read at `now` shows.
    pub(crate) fn shown(&self, now: Time) -> &Task {
        match &self.before {
            Some(before) if now < before.until => &before.row,
            _ => &self.task,
        }
    }
}

pub(crate) struct SessionRow {
    pub(crate) session: RecordingSession,
    pub(crate) rep: Option<u32>,
    /// What is drawn for it is keyed by this.
    pub(crate) key: u64,
    /// The audio as reported, kept or not: a report of the same starts nothing.
    pub(crate) reported: Option<SmolStr>,
    /// Where it began; unknown for one of an earlier day.
    pub(crate) place: Option<Location>,
    /// What Shunya does with it, once it began.
    pub(crate) pipeline: Option<Pipeline>,
    /// When a status changes next.
    pub(crate) next_change: Time,
    /// The answer to a read, while it holds.
    pub(crate) answer: Option<Arc<Response>>,
}

pub(crate) struct ShiftRow {
    pub(crate) shift: Shift,
    /// When it was written: a lagging replica shows it later.
    pub(crate) written_at: Time,
}
