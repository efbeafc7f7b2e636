//! Tasks (§2.2). Whether an open one is overdue is a matter of the hour, so it is computed, never stored.

use crate::appointments::{set, set_some};
use crate::auth::Caller;
use crate::defects::BackendDefect;
use crate::paging::Window;
use crate::refusal::Refusal;
use crate::shifts::LAG;
use crate::state::{At, Before, Kind, TaskRow, Tenant, agenda_key};
use crate::{Backend, ids};
use fieldday_api::SmolStr;
use fieldday_api::call::Answer;
use fieldday_api::names::{Priority, TaskStatus};
use fieldday_api::private::Private;
use fieldday_api::wire::tasks::{Task, TaskCompleted, TaskCreate, TaskList, TaskPatch, TaskQuery};
use fieldday_kernel::random::{join_keys, name_key};
use fieldday_kernel::time::Time;

impl Backend {
    /// `GET /tasks`: by due date (those without one last), creation and id.
    pub(crate) fn list_tasks(&self, now: Time, caller: &Caller<'_>, query: &TaskQuery) -> Result<Answer, Refusal> {
        let (of, rep) = self.scope(caller, query)?;
        for (kind, id) in [(Kind::Lead, &query.lead_id), (Kind::Contact, &query.contact_card_id)] {
            if let Some(id) = id {
                self.find(caller, kind, id)?;
            }
        }
        let (config, ties) = (&self.config, self.has(BackendDefect::PageSkipsTies));
        let mut window = Window::new(query.limit, query.offset, &config.readings, config.page_beyond, ties)
            .map_err(|refusal| self.of_a_query(refusal))?;
        let tenant = &self.tenants[usize::from(of)];
        let agenda = match (&query.assignee_id, rep) {
            (_, Some(rep)) => tenant.reps[rep as usize].agenda.all(),
            (None, None) if !caller.is_rep() => tenant.agenda.all(),
            // Somebody who is no rep has no tasks of its own.
            _ => &[],
        };
        let shuffled = self.has(BackendDefect::PageTiesUnstable).then(|| shuffle_ties(tenant, agenda, query));
        let agenda = shuffled.as_deref().unwrap_or(agenda);
        let mut tasks = Vec::with_capacity(window.capacity(agenda.len()));
        let mut overdue_count = 0;
        let counted_at = match self.has(BackendDefect::OverdueCountOfLastNight) {
            true => tenant.zone.midnight(tenant.zone.date(now)),
            false => now,
        };
        let before_filter = self.has(BackendDefect::PageShifts).then(|| window.take_offset());
        for (place, (key, row)) in agenda.iter().enumerate() {
            let shown = tenant.tasks[*row as usize].shown(now);
            let status = status_at(shown, now);
            overdue_count += u32::from(status_at(shown, counted_at) == TaskStatus::Overdue);
            if !matches(query, shown, status) {
                continue;
            }
            if before_filter.is_some_and(|offset| place < offset as usize) {
                window.passes();
            } else if window.takes(key.0) {
                tasks.push(Task { status, ..shown.clone() });
            }
        }
        if self.has(BackendDefect::OverdueCountOfTenant) {
            let statuses = tenant.tasks.iter().map(|row| status_at(row.shown(now), now));
            overdue_count = statuses.filter(|status| *status == TaskStatus::Overdue).count() as u32;
        }
        Ok(Answer::Tasks(TaskList { tasks, total: window.total(), overdue_count }))
    }

    /// Whose tasks are listed: the tenant, and the rep if it is one's.
    fn scope(&self, caller: &Caller<'_>, query: &TaskQuery) -> Result<(u16, Option<u32>), Refusal> {
        let own = caller.rep.filter(|_| caller.is_rep());
        let Some(id) = &query.assignee_id else { return Ok((caller.tenant, own)) };
        if id == caller.user_id {
            return Ok((caller.tenant, caller.rep));
        }
        // The office has logins that are no reps: they may be asked for, and have no tasks of their own.
        let staff = !caller.is_rep() && self.find(caller, Kind::User, id).is_ok() && self.find_rep(caller, id).is_err();
        if staff {
            return Ok((caller.tenant, None));
        }
        self.own_rep(caller, id).map(|at| (at.tenant, Some(at.row)))
    }

    /// `POST /tasks`: one task a request.
    pub(crate) fn create_task(
        &mut self,
        now: Time,
        caller: &Caller<'_>,
        body: &TaskCreate,
        key: u64,
    ) -> Result<Answer, Refusal> {
        let (rep, appointment) = self.owner(caller, body)?;
        if let Some(contact) = &body.contact_card_id {
            self.find(caller, Kind::Contact, contact)?;
        }
        if body.description.expose().trim().is_empty() {
            return Err(Refusal::validation("description is empty").about("field", "description"));
        }
        if self.has(BackendDefect::CreateDedupedByBody)
            && let Some(answer) = self.memory.created(now, body)
        {
            return Ok(answer);
        }
        let task = Task {
            id: ids::named("task_", key),
            description: body.description.clone(),
            status: TaskStatus::Open,
            assigned_to: body.assigned_to,
            due_at: body.due_at.map(|due| self.stored(caller.tenant, due)),
            priority: body.priority.unwrap_or(Priority::Medium),
            contact_card_id: body.contact_card_id.clone(),
            lead_id: body.lead_id.clone(),
            appointment_id: body.appointment_id.clone(),
            notes: None,
            completed_at: None,
            completed_by: None,
            created_at: now,
            updated_at: Some(now),
        };
        let answer = shown_at(&task, now);
        if self.has(BackendDefect::TaskCreatedTwice) {
            let twin = Task { id: ids::named("task_", join_keys(key, 2)), ..task.clone() };
            self.new_task(caller.tenant, twin, rep, appointment);
        }
        self.new_task(caller.tenant, task, rep, appointment);
        if self.has(BackendDefect::CreateDedupedByBody) {
            self.memory.keep_created(now, body.clone(), answer.clone());
        }
        Ok(answer)
    }

    /// Whose a new task is: the rep's of the appointment or lead that it names, else the creator's if that is a rep. And
    /// the appointment's row.
    #[allow(clippy::type_complexity)] // Taken apart by its one caller.
    fn owner(&self, caller: &Caller<'_>, body: &TaskCreate) -> Result<(Option<u32>, Option<u32>), Refusal> {
        let tenant = |at: At| &self.tenants[usize::from(at.tenant)];
        let mut rep = None;
        if let Some(lead) = &body.lead_id {
            let at = self.find(caller, Kind::Lead, lead)?;
            let appointments = tenant(at).leads[at.row as usize].appointments.iter();
            let mut reps = appointments.filter_map(|row| tenant(at).appointments[*row as usize].rep);
            let theirs = reps.clone().find(|rep| Some(*rep) == caller.rep).or_else(|| reps.next());
            if theirs.is_some() {
                self.own(caller, at, theirs)?;
            }
            rep = theirs;
        }
        let mut appointment = None;
        if let Some(id) = &body.appointment_id {
            let at = self.find(caller, Kind::Appointment, id)?;
            let theirs = tenant(at).appointments[at.row as usize].rep;
            self.own(caller, at, theirs)?;
            // A row of another tenant comes this far only by a defect: it owns nothing here.
            if at.tenant == caller.tenant {
                (rep, appointment) = (theirs, Some(at.row));
            }
        }
        Ok((rep.or(caller.rep.filter(|_| caller.is_rep())), appointment))
    }

    fn new_task(&mut self, tenant: u16, task: Task, rep: Option<u32>, appointment: Option<u32>) {
        let forgets = self.has(BackendDefect::PendingCountMissesNew);
        let rows = &mut self.tenants[usize::from(tenant)];
        let row = rows.tasks.len() as u32;
        self.ids.insert(task.id.clone(), (Kind::Task, At { tenant, row }));
        let key = agenda_key(&task);
        rows.tasks.push(TaskRow { task, rep, appointment, before: None });
        rows.agenda_insert(key, row);
        if !forgets {
            rows.count_pending(row, false);
        }
    }

    /// `POST /tasks/{task_id}/complete`: once; a repeat answers what the first did.
    pub(crate) fn complete_task(&mut self, now: Time, caller: &Caller<'_>, id: &str) -> Result<Answer, Refusal> {
        let at = self.find(caller, Kind::Task, id)?;
        let defects = self.defects;
        let tenant = &mut self.tenants[usize::from(at.tenant)];
        let row = &tenant.tasks[at.row as usize];
        let (rep, status) = (row.rep, row.task.status);
        let was_pending = is_pending(&row.task);
        self.own(caller, at, rep)?;
        match status {
            TaskStatus::Cancelled => return Err(Refusal::request("the task is cancelled").about("task_id", id)),
            TaskStatus::Completed if defects.has(BackendDefect::CompleteAgainNotFound) => {
                return Err(Refusal::not_found("No open task of that id").about("task_id", id));
            }
            TaskStatus::Completed if !defects.has(BackendDefect::CompleteMovesCompletedAt) => {}
            _ => {
                self.remember(now, at);
                let tenant = &mut self.tenants[usize::from(at.tenant)];
                let task = &mut tenant.tasks[at.row as usize].task;
                complete(task, now, caller.user_id);
                if !defects.has(BackendDefect::PendingCountDrifts) {
                    tenant.count_pending(at.row, was_pending);
                }
            }
        }
        let task = &self.tenants[usize::from(at.tenant)].tasks[at.row as usize].task;
        Ok(Answer::TaskCompleted(TaskCompleted {
            id: task.id.clone(),
            status: task.status,
            completed_at: task.completed_at.unwrap_or(now),
            completed_by: task.completed_by.clone().unwrap_or_else(|| caller.user_id.clone()),
        }))
    }

    /// `PATCH /tasks/{task_id}`: what the body names changes; the same body again changes nothing.
    pub(crate) fn update_task(
        &mut self,
        now: Time,
        caller: &Caller<'_>,
        id: &str,
        body: &TaskPatch,
    ) -> Result<Answer, Refusal> {
        let at = self.find(caller, Kind::Task, id)?;
        self.own(caller, at, self.tenants[usize::from(at.tenant)].tasks[at.row as usize].rep)?;
        if body.description.as_ref().is_some_and(|text| text.expose().trim().is_empty()) {
            return Err(Refusal::validation("description is empty").about("field", "description"));
        }
        if body.status == Some(TaskStatus::Overdue) {
            return Err(Refusal::validation("a task falls overdue by its date").about("field", "status"));
        }
        self.remember(now, at);
        let saved = self.saved_due(at, body);
        let logs = self.has(BackendDefect::TaskUpdateLogsInNotes);
        let tenant = &mut self.tenants[usize::from(at.tenant)];
        let old = agenda_key(&tenant.tasks[at.row as usize].task);
        let was_pending = is_pending(&tenant.tasks[at.row as usize].task);
        let moved = saved.is_some_and(|due| due != old.0);
        if moved {
            tenant.agenda_remove(old, at.row);
        }
        let task = &mut tenant.tasks[at.row as usize].task;
        patch(task, now, &TaskPatch { due_at: saved, ..body.clone() }, caller.user_id);
        if logs {
            let before = task.notes.as_ref().map_or("", Private::expose);
            task.notes = Some(Private::from(format!("{before}\nUpdated.")));
        }
        let (answer, key) = (shown_at(task, now), agenda_key(task));
        if moved {
            tenant.agenda_insert(key, at.row);
        }
        tenant.count_pending(at.row, was_pending);
        Ok(answer)
    }

    /// The due date that an update saves. One that reads it as local time does so with the one that is there, too.
    fn saved_due(&self, at: At, body: &TaskPatch) -> Option<Time> {
        let there = self.tenants[usize::from(at.tenant)].tasks[at.row as usize].task.due_at;
        let due = body.due_at.or(there.filter(|_| self.has(BackendDefect::DueReadAsLocal)))?;
        Some(self.stored(at.tenant, due))
    }

    /// A due date as it is stored: as it is, unless it is read as local time.
    fn stored(&self, tenant: u16, due: Time) -> Time {
        match self.has(BackendDefect::DueReadAsLocal) {
            true => due - self.tenants[usize::from(tenant)].zone.offset(due),
            false => due,
        }
    }

    /// Keeps the row for the reads of the stale defect.
    fn remember(&mut self, now: Time, at: At) {
        if !self.has(BackendDefect::StaleRead) {
            return;
        }
        let row = &mut self.tenants[usize::from(at.tenant)].tasks[at.row as usize];
        if row.before.as_ref().is_none_or(|before| before.until <= now) {
            row.before = Some(Box::new(Before { until: now + LAG, row: row.task.clone() }));
        }
    }
}

impl Tenant {
    /// Keeps the appointment's count of pending tasks, after one of them was `pending` before and is what it is now.
    fn count_pending(&mut self, row: u32, was_pending: bool) {
        let TaskRow { task, appointment, .. } = &self.tasks[row as usize];
        let Some(appointment) = appointment else { return };
        let count = &mut self.appointments[*appointment as usize].pending_tasks;
        // A task that a defect did not count may be completed all the same.
        *count = (*count + u32::from(is_pending(task))).saturating_sub(u32::from(was_pending));
    }
}

/// An agenda whose ties come in another order for each part of the list that is asked for.
fn shuffle_ties(tenant: &Tenant, agenda: &[((Time, Time), u32)], query: &TaskQuery) -> Vec<((Time, Time), u32)> {
    let asked = join_keys(u64::from(query.limit.unwrap_or(0)), u64::from(query.offset.unwrap_or(0)));
    let mut rows = agenda.to_vec();
    rows.sort_by_key(|(key, row)| (key.0, join_keys(name_key(&tenant.tasks[*row as usize].task.id), asked)));
    rows
}

fn is_pending(task: &Task) -> bool {
    task.status == TaskStatus::Open
}

/// The status that a task reads at `now`.
fn status_at(task: &Task, now: Time) -> TaskStatus {
    match task.status {
        TaskStatus::Open if task.due_at.is_some_and(|due| due < now) => TaskStatus::Overdue,
        status => status,
    }
}

fn shown_at(task: &Task, now: Time) -> Answer {
    Answer::Task(Box::new(Task { status: status_at(task, now), ..task.clone() }))
}

fn matches(query: &TaskQuery, task: &Task, status: TaskStatus) -> bool {
    query.status.is_none_or(|wanted| wanted == status)
        && query.overdue.is_none_or(|overdue| overdue == (status == TaskStatus::Overdue))
        && query.lead_id.as_ref().is_none_or(|lead| task.lead_id.as_ref() == Some(lead))
        && query.contact_card_id.as_ref().is_none_or(|contact| task.contact_card_id.as_ref() == Some(contact))
        && query.due_before.is_none_or(|limit| task.due_at.is_some_and(|due| due < limit))
        && query.due_after.is_none_or(|limit| task.due_at.is_some_and(|due| due > limit))
}

fn complete(task: &mut Task, now: Time, by: &SmolStr) {
    task.status = TaskStatus::Completed;
    task.completed_at = Some(now);
    task.completed_by = Some(by.clone());
    task.updated_at = Some(now);
}

/// Changes what `body` names. `updated_at` moves only if something changed.
fn patch(task: &mut Task, now: Time, body: &TaskPatch, by: &SmolStr) {
    let was = task.status;
    let mut changed = set(&mut task.status, &body.status);
    changed |= set_some(&mut task.due_at, &body.due_at);
    changed |= set(&mut task.assigned_to, &body.assigned_to);
    changed |= set(&mut task.description, &body.description);
    changed |= set(&mut task.priority, &body.priority);
    changed |= set_some(&mut task.notes, &body.notes);
    if changed {
        task.updated_at = Some(now);
    }
    match (was == TaskStatus::Completed, task.status == TaskStatus::Completed) {
        (false, true) => complete(task, now, by),
        (true, false) => (task.completed_at, task.completed_by) = (None, None),
        _ => {}
    }
}
