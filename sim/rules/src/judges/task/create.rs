//! `task.create.single` (§0.2, §2.2.2): one request makes at most one task; an acknowledged one exactly one.
//!
//! Tasks that look like a request that was sent, and were made since, are counted: they may be as many as attempts of
//! that request that were not refused, and no two acknowledged requests are answered with the same one. An acknowledged task must stand in the next whole list of its rep: a list
//! without it breaks `read.your-writes`, a second one says that it was never made.

use crate::exchanges::{Effect, Exchange, SentAttempt};
use crate::facts::views::{ASSIGNED, DESCRIPTION, DUE, STATUS};
use crate::facts::{Facts, is_since};
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, Table, digest, digest_of, push_bounded};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::names::{Assignee, TaskStatus};
use fieldday_api::private::Private;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::tasks::{Task, TaskCreate, TaskList, TaskQuery};
use fieldday_kernel::time::{Span, Time};

#[derive(Default)]
pub(crate) struct CreateSingle {
    requests: Table<u64, Request>,
    /// Acknowledged tasks that no list showed yet.
    awaited: PerClient<Vec<Awaited>>,
}

/// All requests with the same body.
struct Request {
    first_sent: Span,
    attempts: usize,
    tasks: Vec<u64>,
    /// Tasks that an answer gave to one of them.
    given: Vec<u64>,
}

struct Awaited {
    id: SmolStr,
    key: u64,
    since: u64,
    due_at: Option<Time>,
    appointment: Option<SmolStr>,
    missed: bool,
}

/// The most tasks that are awaited of a rep.
const AWAITED: usize = 16;

impl Judge for CreateSingle {
    const RULES: &'static [Rule] = &[Rule::TaskCreateSingle];
    const SENT: Ops = Ops::of(&[Op::CreateTask]);
    const ENDED: Ops = Ops::of(&[Op::CreateTask, Op::ListTasks]);

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, _: &mut Notes) {
        if let Call::CreateTask(body) = &*s.attempt.call {
            let (key, first_sent) = (key_of(body, s.client.tenant), s.attempt.sent_at);
            let request = self.requests.entry(key).or_insert_with(|| Request {
                first_sent,
                attempts: 0,
                tasks: Vec::new(),
                given: Vec::new(),
            });
            request.attempts += 1;
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        match (&**x.call, x.success()) {
            (Call::CreateTask(body), Some(Answer::Task(task))) if x.shows("id") => {
                self.gave(key_of(body, x.client.tenant), task, x, notes);
                self.made(key_of(body, x.client.tenant), task, x, notes);
                // A task that names only a lead belongs to whoever has the lead.
                if x.client.is_phone()
                    && body.assigned_to == Assignee::SalesRep
                    && (body.appointment_id.is_some() || body.lead_id.is_none())
                {
                    let (id, since, due_at) = (task.id.clone(), x.ended_seq, body.due_at);
                    let appointment = body.appointment_id.clone();
                    let key = key_of(body, x.client.tenant);
                    let awaited = Awaited { id, key, since, due_at, appointment, missed: false };
                    push_bounded(self.awaited.of(x.client.index), AWAITED, awaited);
                }
            }
            (Call::CreateTask(body), None) if x.effect() == Effect::None => {
                if let Some(request) = self.requests.get_mut(&key_of(body, x.client.tenant)) {
                    request.attempts -= 1;
                }
            }
            (Call::ListTasks(query), Some(Answer::Tasks(list))) => {
                for place in &facts.looked.new {
                    self.first_shown(&list.tasks[*place], x, facts, notes);
                }
                if x.client.is_phone() {
                    self.whole_list(query, list, x, facts, notes);
                }
            }
            _ => {}
        }
    }
}

impl CreateSingle {
    /// A task that a list shows for the first time may be one that a lost answer would have told.
    fn first_shown(&mut self, task: &Task, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let key = key(x.client.tenant, &task.description, task.due_at, task.appointment_id.as_ref());
        let Some(request) = self.requests.get(&key) else { return };
        let sent_at = notes.settings.start + request.first_sent;
        let changed = facts.tasks.get(&task.id).is_some_and(|t| t.was_written(DESCRIPTION) || t.was_written(DUE));
        // One that an update made look like this was made by somebody else, and one of before by an earlier day or run.
        if !changed && is_since(task.created_at, sent_at) {
            self.made(key, task, x, notes);
        }
    }
    /// Two requests that were acknowledged made two tasks.
    fn gave(&mut self, key: u64, task: &Task, x: &Exchange<'_>, notes: &mut Notes) {
        let Some(request) = self.requests.get_mut(&key) else { return };
        let id = digest(&task.id);
        if request.given.contains(&id) {
            return notes.broken(Part::CreateOwn, x, || {
                format!("expected a task of its own for each request, {} answers a second one", task.id).about(&task.id)
            });
        }
        if !request.given.is_empty() {
            notes.held(Part::CreateOwn);
        }
        request.given.push(id);
    }
    fn made(&mut self, key: u64, task: &Task, x: &Exchange<'_>, notes: &mut Notes) {
        let Some(request) = self.requests.get_mut(&key) else { return };
        let id = digest(&task.id);
        if request.tasks.contains(&id) {
            return;
        }
        request.tasks.push(id);
        let (tasks, attempts) = (request.tasks.len(), request.attempts);
        // The first task of a request is one; only where a list shows it could there have been a second.
        let in_doubt = request.given.len() < attempts;
        let part = if in_doubt { Part::CreateLost } else { Part::CreateOnce };
        notes.judge_if(x.op == Op::ListTasks && in_doubt, part, x, tasks <= attempts, || {
            format!("expected at most {attempts} tasks of {attempts} requests, {} is number {tasks}", task.id)
                .about(&task.id)
        });
    }
    fn whole_list(&mut self, query: &TaskQuery, list: &TaskList, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let awaited = self.awaited.of(x.client.index);
        if awaited.is_empty() || !is_whole(query, list, x) {
            return;
        }
        let now = notes.settings.start + x.ended_at + notes.settings.leeway;
        awaited.retain_mut(|task| {
            if task.since > x.sent_seq {
                return true;
            }
            if list.tasks.iter().any(|shown| shown.id == task.id) {
                notes.held(Part::CreateKept);
                notes.held(Part::WritesTask);
                if self.requests.get(&task.key).is_some_and(|request| request.tasks.len() <= request.attempts) {
                    notes.held(Part::CreateOnce);
                }
                return false;
            }
            let given_away = |id: &SmolStr| facts.appointments.get(id).is_some_and(|a| a.was_written(ASSIGNED));
            let record = facts.tasks.get(&task.id);
            let open = record.and_then(|r| r.settled(STATUS)) == Some(TaskStatus::Open as u64)
                && !record.is_some_and(|r| r.was_written(DUE) || r.was_written(ASSIGNED))
                && task.due_at.is_none_or(|due| due > now);
            if !open || task.appointment.as_ref().is_some_and(given_away) {
                return false;
            }
            let id = &task.id;
            if task.missed {
                notes.broken(Part::CreateKept, x, || {
                    format!("{id} was acknowledged, but no list shows it: expected one task, got none").about(id)
                });
                return false;
            }
            notes.broken(Part::WritesTask, x, || format!("{id} was acknowledged, but is not in the list").about(id));
            task.missed = true;
            true
        });
    }
}

/// Whether the list holds all of the rep's open tasks.
fn is_whole(query: &TaskQuery, list: &TaskList, x: &Exchange<'_>) -> bool {
    let TaskQuery { assignee_id, lead_id, contact_card_id, status, overdue, due_before, due_after, limit: _, offset } =
        query;
    let unfiltered = lead_id.is_none() && contact_card_id.is_none() && due_before.is_none() && due_after.is_none();
    let open = matches!(status, None | Some(TaskStatus::Open)) && *overdue != Some(true);
    let mine = assignee_id.as_ref().is_none_or(|id| x.client.is(id));
    unfiltered && open && mine && offset.unwrap_or(0) == 0 && list.tasks.len() == list.total as usize
}

fn key_of(body: &TaskCreate, tenant: u8) -> u64 {
    key(tenant, &body.description, body.due_at, body.appointment_id.as_ref())
}

fn key(tenant: u8, description: &Private, due_at: Option<Time>, appointment: Option<&SmolStr>) -> u64 {
    let due_at = due_at.map_or(0, |at| at.micros() as u64);
    digest_of(&[u64::from(tenant), description.token(), due_at, appointment.map_or(0, |id| digest(id))])
}
