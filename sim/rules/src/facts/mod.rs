//! What is known of a cell's appointments, tasks, sessions and shifts from what its clients saw: shared by all judges,
//! worked out once for each exchange.

pub(crate) mod known;
pub(crate) mod looked;
pub(crate) mod record;
pub(crate) mod register;
pub(crate) mod sessions;
pub(crate) mod shifts;
pub(crate) mod views;

use crate::exchanges::{ClientInfo, Exchange, SentAttempt};
use crate::facts::known::Kind;
use crate::facts::looked::{Looked, Records};
use crate::facts::sessions::{Session, Sessions};
use crate::facts::shifts::{Day, Shifts};
use crate::facts::views::{ASSIGNED, body_of, is_update, of_what_is_shown};
use crate::tables::ById;
use fieldday_api::SmolStr;
use fieldday_api::call::Answer;
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_api::wire::shifts::Shift;
use fieldday_history::event::Client;
use fieldday_kernel::time::{Date, Time};

/// Whether a row that an answer dates `at` may be of a request that was sent at `sent`, and not of an earlier day or run. A
/// target may keep whole seconds.
pub(crate) fn is_since(at: Time, sent: Time) -> bool {
    const SECOND: i64 = 1_000_000;
    at.micros() >= sent.micros().div_euclid(SECOND) * SECOND
}

/// What is known of a cell's rows, shifts and recording sessions after the events so far.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Clients by both their ids.
    people: ById<u32>,
    /// The tenant of each client.
    tenants: Vec<SmolStr>,
    pub appointments: Records,
    pub tasks: Records,
    pub sessions: Sessions,
    pub shifts: Shifts,
    /// What the exchange that just ended shows.
    pub looked: Looked,
}

impl Facts {
    pub fn introduce(&mut self, index: u32, client: &Client) {
        self.people.insert(client.user_id.clone(), index);
        let place = index as usize;
        if self.tenants.len() <= place {
            self.tenants.resize(place + 1, SmolStr::default());
        }
        self.tenants[place] = client.tenant.clone();
        if let Some(rep_id) = &client.rep_id {
            self.people.insert(rep_id.clone(), index);
        }
    }
    /// The client that an id names, if it is one of this cell.
    pub fn person(&self, id: &str) -> Option<u32> {
        self.people.get(id).copied()
    }
    /// Whether a client may act for the rep that an id names: itself, and the office of its tenant. Of a rep who is no client
    /// nobody knows the tenant.
    pub fn may_act_for(&self, client: &ClientInfo, rep_id: &str) -> bool {
        let tenant = |index: u32| self.tenants.get(index as usize);
        match self.person(rep_id) {
            Some(rep) => client.is(rep_id) || client.role != Role::SalesRep && tenant(rep) == tenant(client.index),
            None => client.role != Role::SalesRep,
        }
    }
    /// What is known of the session that the exchange is about.
    pub fn session(&self) -> Option<&Session> {
        self.sessions.at(self.looked.session?)
    }
    /// What is known of the date of a shift that an answer shows.
    pub fn shift_day(&self, shift: &Shift) -> Option<&Day> {
        self.shift_on(&shift.rep_id, shift.shift_date)
    }
    /// What is known of a rep's shift on a date.
    pub fn shift_on(&self, rep_id: &str, date: Date) -> Option<&Day> {
        self.shifts.day(rep_id, date, &self.people)
    }
    pub fn sent(&mut self, s: &SentAttempt<'_>) {
        self.sessions.sent(s);
        if !is_update(s.attempt.op) {
            return;
        }
        let Some((kind, id, body)) = body_of(&s.attempt.call, &self.people) else { return };
        self.records(kind).sent(id, &body, s.client.index, s.attempt);
    }
    /// Compares what an answer shows with what is possible.
    pub fn look(&mut self, x: &Exchange<'_>) {
        self.compare(x);
        self.looked.name_reps(&self.people);
    }
    fn compare(&mut self, x: &Exchange<'_>) {
        let Facts { people, appointments, tasks, sessions, looked, .. } = self;
        looked.clear();
        if matches!(x.op, Op::GetRecording | Op::StopRecording) {
            looked.session = sessions.find(x);
            let owner = looked.session.and_then(|place| sessions.at(place)?.tenant);
            if let (Some(shown), Some(owner)) = (sessions::shown(x), owner) {
                looked.leaked = (owner != x.client.tenant).then(|| shown.id.clone());
            }
            return;
        }
        let own = if is_update(x.op) { body_of(x.call, people) } else { None };
        looked.assignment_ignored = own.as_ref().is_some_and(|(kind, _, body)| is_ignored(*kind, body, x, people));
        if let Some((kind, id, body)) = &own
            && x.refusal().is_some()
        {
            return looked.refused(if *kind == Kind::Task { tasks } else { appointments }, *kind, id, body, x);
        }
        let Some(answer) = x.success() else { return };
        let own_body = own.map(|(_, _, body)| if looked.assignment_ignored { body.without(ASSIGNED) } else { body });
        let own_body = own_body.as_ref();
        let shown = |kind, view| of_what_is_shown(kind, view, x);
        match answer {
            Answer::Appointments(list) => {
                let me = x.client.is_phone().then_some(u64::from(x.client.index));
                for (place, entry) in list.appointments.iter().enumerate() {
                    let (id, view) = (&entry.appointment_id, shown(Kind::Appointment, views::summary(entry, me)));
                    if looked.at(appointments, Kind::Appointment, id, &view, None, 1 << ASSIGNED, x).is_new {
                        looked.new.push(place);
                    }
                }
            }
            Answer::Appointment(detail) => {
                let view = shown(Kind::Appointment, views::appointment(&detail.appointment, people));
                looked.at(appointments, Kind::Appointment, &detail.appointment.id, &view, own_body, 0, x);
            }
            Answer::Tasks(list) => {
                for (place, task) in list.tasks.iter().enumerate() {
                    looked.task(tasks, appointments, task, place, x);
                }
            }
            // One that was made and not named is nobody's that is known.
            Answer::Task(task) if !task.id.is_empty() => {
                let view = shown(Kind::Task, views::task(task, own_body.is_some()));
                looked.at(tasks, Kind::Task, &task.id, &view, own_body, 0, x);
            }
            Answer::TaskCompleted(done) => {
                let view = shown(Kind::Task, views::completed(done));
                looked.at(tasks, Kind::Task, &done.id, &view, own_body, 0, x);
            }
            _ => {}
        }
    }
    /// Updates the facts with an exchange that has ended.
    pub fn learn(&mut self, x: &Exchange<'_>) {
        self.sessions.learn(x, self.looked.session);
        if matches!(x.op, Op::ClockIn | Op::ClockOut | Op::ShiftToday) {
            self.shifts.learn(x, &self.people);
        }
        if !is_update(x.op) {
            return;
        }
        let Some((kind, id, body)) = body_of(x.call, &self.people) else { return };
        let shown = match x.success() {
            Some(Answer::Appointment(detail)) => views::appointment(&detail.appointment, &self.people),
            Some(Answer::Task(task)) => views::task(task, true),
            Some(Answer::TaskCompleted(done)) => views::completed(done),
            _ => record::View::default(),
        };
        let ignored = if self.looked.assignment_ignored { 1 << ASSIGNED } else { 0 };
        self.records(kind).ended(id, &body, x, &of_what_is_shown(kind, shown, x), ignored);
    }
    fn records(&mut self, kind: Kind) -> &mut Records {
        match kind {
            Kind::Appointment => &mut self.appointments,
            Kind::Task => &mut self.tasks,
        }
    }
}

/// Whether an update named a rep that its answer does not show. The specification's body has no such field, so a target may
/// leave it alone, or may heed it later: nobody knows.
fn is_ignored(kind: Kind, body: &record::View, x: &Exchange<'_>, people: &ById<u32>) -> bool {
    let Some(Answer::Appointment(detail)) = x.success() else { return false };
    let names = kind == Kind::Appointment && body.mask & (1 << ASSIGNED) != 0;
    names && views::appointment(&detail.appointment, people).values[ASSIGNED] != body.values[ASSIGNED]
}
