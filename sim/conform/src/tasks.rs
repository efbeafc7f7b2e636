//! Tasks made, done and changed, again and again: `task.create.single`, `task.complete.once`, `task.update.idempotent`, and
//! `read.your-writes` of each.

use crate::actor::{Actor, Reply};
use crate::together::together;
use crate::{Pass, place};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::defaults::PAGE_MAX;
use fieldday_api::names::{Assignee, Priority, TaskStatus};
use fieldday_api::rules::Rule;
use fieldday_api::wire::tasks::{Task, TaskCompleted, TaskCreate, TaskPatch, TaskQuery};
use fieldday_kernel::random::join_keys;
use fieldday_kernel::time::{Span, Time};

use Rule::{
    ReadYourWrites as READ, TaskCompleteOnce as COMPLETE, TaskCreateSingle as CREATE, TaskUpdateIdempotent as UPDATE,
};

/// From then on tasks of the pass are due: nobody else's are.
const FAR: Span = Span::hours(24 * 400);
/// Tasks that are due within so long belong to one group of checks.
const GROUP: Span = Span::hours(12);
/// So many groups are a slot: a pass looks for one in which its rep has no task of an earlier pass.
const GROUPS: i64 = 16;
/// So many slots there are, and so many are looked at.
const SLOTS: (u64, u64) = (500, 25);

/// A group of checks with tasks of its own, told by when they are due.
#[derive(Clone, Copy)]
pub(crate) struct Group(pub Time);

impl Group {
    /// A due date in it.
    pub fn due(self, minutes: i64) -> Time {
        self.0 + Span::minutes(minutes)
    }
    /// What lists its tasks. The window is wider than the group on both sides: whether bounds count is nobody's business.
    pub fn query(self) -> TaskQuery {
        TaskQuery {
            due_after: Some(self.0 - Span::minutes(1)),
            due_before: Some(self.0 + GROUP - Span::minutes(2)),
            limit: Some(PAGE_MAX),
            ..TaskQuery::default()
        }
    }
}

pub(crate) fn new(text: &str, due: Option<Time>) -> TaskCreate {
    TaskCreate {
        description: format!("Field Day conformance check: {text}").into(),
        assigned_to: Assignee::SalesRep,
        contact_card_id: None,
        lead_id: None,
        appointment_id: None,
        call_id: None,
        due_at: due,
        priority: Some(Priority::High),
        source: None,
    }
}
pub(crate) fn complete(id: &SmolStr) -> Call {
    Call::CompleteTask { task_id: id.clone() }
}
pub(crate) fn update(id: &SmolStr, body: TaskPatch) -> Call {
    Call::UpdateTask { task_id: id.clone(), body }
}
pub(crate) fn task(reply: &Reply) -> Option<&Task> {
    match reply.success()? {
        Answer::Task(task) => Some(task),
        _ => None,
    }
}
fn completed(reply: &Reply) -> Option<&TaskCompleted> {
    match reply.success()? {
        Answer::TaskCompleted(done) => Some(done),
        _ => None,
    }
}

impl Pass {
    /// The group of that number: its tasks are due more than a year from now.
    pub(crate) fn group(&self, number: i64) -> Group {
        let today = self.rep().station.zone().midnight(self.today);
        Group(today + FAR + GROUP.times(self.slot.get() * GROUPS + number))
    }
    /// Chooses the slot of due dates in which the rep has no task of an earlier pass.
    pub(crate) async fn chooses_a_slot(&self) {
        let by = self.rep();
        let draw = join_keys(self.means.begins.micros().unsigned_abs(), 1);
        for number in 0..SLOTS.1 {
            self.slot.set((join_keys(draw, number) % SLOTS.0) as i64);
            let (first, last) = (self.group(0), self.group(GROUPS - 1));
            let query = TaskQuery { due_before: last.query().due_before, ..first.query() };
            match by.ask_until_decided(Call::ListTasks(query)).await.success() {
                Some(Answer::Tasks(list)) if !list.tasks.is_empty() => {}
                _ => return,
            }
        }
    }
    /// Somebody's tasks of a group.
    pub(crate) async fn tasks_of(&self, by: &Actor, group: Group) -> Option<Vec<Task>> {
        match by.ask_until_decided(Call::ListTasks(group.query())).await.success()? {
            Answer::Tasks(list) => Some(list.tasks.clone()),
            _ => None,
        }
    }
    /// A new task of somebody's; kept, to be closed at the end.
    pub(crate) async fn creates(&self, who: usize, body: TaskCreate) -> Option<Task> {
        let reply = self.actors[who].ask(Call::CreateTask(body)).await;
        self.keeps(who, &reply);
        task(&reply).cloned()
    }
    pub(crate) fn keeps(&self, who: usize, reply: &Reply) {
        if let Some(task) = task(reply)
            && let Some(rows) = self.rows.get(who)
        {
            rows.borrow_mut().tasks.push(task.clone());
        }
    }

    pub(crate) async fn creates_tasks(&self) {
        for who in [place::OTHER, place::STRANGER] {
            self.creates(who, new("somebody else's", Some(self.group(0).due(30)))).await;
        }
        for (number, times) in [(1, 1), (2, 2), (3, 8)] {
            self.creates_so_many(number, times).await;
        }
        // The same words by somebody else make another task.
        let (group, who) = (self.group(4), [place::REP, place::OTHER, place::STRANGER]);
        let mut ids: Vec<SmolStr> = Vec::new();
        for who in who {
            let reply = self.actors[who].ask(Call::CreateTask(new("the same words", Some(group.due(1))))).await;
            self.keeps(who, &reply);
            let by = &self.actors[who];
            self.case(by, CREATE, "a task with the same words by another user", &reply).succeeds(
                "a task of its own",
                |r| {
                    let task = task(r)?;
                    ids.contains(&task.id).then(|| format!("{}, which another user made", task.id))
                },
            );
            ids.extend(task(&reply).map(|task| task.id.clone()));
        }
        self.creates_and_breaks(5).await;
    }
    /// So many requests side by side, and the same body once more after them: each makes one task.
    async fn creates_so_many(&self, number: i64, times: usize) {
        let (by, group) = (self.rep(), self.group(number));
        let body = new(&format!("{times} at a time"), Some(group.due(1)));
        let mut replies = self.at_once(by, &Call::CreateTask(body.clone()), times).await;
        replies.push(by.ask(Call::CreateTask(body)).await);
        replies.iter().for_each(|reply| self.keeps(place::REP, reply));
        let made: Vec<&Task> = replies.iter().filter_map(task).collect();
        let check = format!("tasks made {times} at a time, and once more");
        let list = self.tasks_of(by, group).await;
        let (Some(list), true) = (list, replies.iter().all(Reply::is_decided)) else {
            return self.case(by, CREATE, check, &replies[0]).undecided();
        };
        let expected = format!("{} tasks of {} requests", made.len(), replies.len());
        let others = list.iter().filter(|row| !made.iter().any(|task| task.id == row.id)).count();
        let missing = made.iter().filter(|task| !list.iter().any(|row| row.id == task.id)).count();
        self.case(by, CREATE, check, replies.last()).judge(
            list.len() == made.len() && others == 0 && made.len() == replies.len(),
            expected,
            || format!("{} acknowledged, {} in the list, {others} that nobody asked for", made.len(), list.len()),
        );
        self.case(by, READ, "a list after tasks were made", replies.last()).judge(
            missing == 0,
            "the tasks that were acknowledged",
            || format!("{missing} are missing"),
        );
        for task in made {
            let shown = list.iter().find(|row| row.id == task.id);
            self.case(by, READ, "a task as it was made", replies.last()).judge(
                shown.is_none_or(|row| row.due_at == Some(group.due(1)) && row.priority == Priority::High),
                format!("due_at {} and priority high", group.due(1)),
                || shown.map_or_else(String::new, |row| format!("due_at {:?}, priority {}", row.due_at, row.priority)),
            );
        }
    }
    /// A request whose connection broke makes one task or none.
    async fn creates_and_breaks(&self, number: i64) {
        let (by, group) = (self.rep(), self.group(number));
        by.ask_and_break(Call::CreateTask(new("broken connection", Some(group.due(1))))).await;
        let case = self.case(by, CREATE, "a task made over a connection that broke", None);
        let Some(list) = self.tasks_of(by, group).await else { return case.undecided() };
        case.judge(list.len() <= 1, "one task or none", || format!("{} tasks", list.len()));
        self.rows[place::REP].borrow_mut().tasks.extend(list);
    }

    pub(crate) async fn completes_and_updates_tasks(&self) {
        for (number, times) in [(6, 1), (7, 2), (8, 8)] {
            self.completes(number, times).await;
        }
        for (number, times) in [(9, 1), (10, 2), (11, 8)] {
            self.updates(number, times).await;
        }
    }
    async fn completes(&self, number: i64, times: usize) {
        let (by, group) = (self.rep(), self.group(number));
        let Some(made) = self.creates(place::REP, new("to be done", Some(group.due(1)))).await else {
            return self.untested(COMPLETE, "a completion", "no task could be made");
        };
        let replies = self.at_once(by, &complete(&made.id), times).await;
        let Some(known) = replies.iter().find_map(completed).cloned() else {
            return self.untested(COMPLETE, "repeats of a completion", "no completion was acknowledged");
        };
        for reply in replies.iter().skip(1) {
            self.same_completion(by, &known, reply, &format!("a first completion, {times} at a time"));
        }
        self.same_completion(by, &known, &by.ask(complete(&made.id)).await, "a completion again, at once");
        if times == 1 {
            self.later().await;
            self.same_completion(by, &known, &by.ask(complete(&made.id)).await, "a completion again, later");
        }
        for reply in self.at_once(by, &complete(&made.id), times.max(2)).await {
            self.same_completion(by, &known, &reply, &format!("a completion again, {} at a time", times.max(2)));
        }
        if times == 1 {
            by.ask_and_break(complete(&made.id)).await;
            let again = by.ask(complete(&made.id)).await;
            self.same_completion(by, &known, &again, "a completion again, after a broken connection");
            let manager = self.manager();
            let again = manager.ask(complete(&made.id)).await;
            self.same_completion(manager, &known, &again, "a completion again, by the manager");
        }
        let list = self.tasks_of(by, group).await;
        let shown = list.as_ref().and_then(|list| list.iter().find(|row| row.id == made.id));
        let case = self.case(by, READ, "a task in its list after its completion", None);
        let Some(list) = &list else { return case.undecided() };
        case.judge(
            shown.is_some_and(|row| row.status == TaskStatus::Completed && row.due_at == made.due_at),
            "it there, completed, with its due date",
            || {
                shown.map_or(format!("{} others", list.len()), |row| {
                    format!("status {}, due_at {:?}", row.status, row.due_at)
                })
            },
        );
    }
    fn same_completion(&self, by: &Actor, known: &TaskCompleted, reply: &Reply, check: &str) {
        let expected = format!("completed_at {} by {}", known.completed_at, known.completed_by);
        self.case(by, COMPLETE, check, reply).succeeds(&expected, |reply| {
            let now = completed(reply)?;
            let same = (&now.completed_at, &now.completed_by) == (&known.completed_at, &known.completed_by);
            (!same).then(|| format!("completed_at {} by {}", now.completed_at, now.completed_by))
        });
    }

    async fn updates(&self, number: i64, times: usize) {
        let (by, group) = (self.rep(), self.group(number));
        let Some(made) = self.creates(place::REP, new("to be changed", Some(group.due(1)))).await else {
            return self.untested(UPDATE, "an update", "no task could be made");
        };
        let body = TaskPatch {
            priority: Some(Priority::Low),
            notes: Some("Field Day conformance check".to_owned().into()),
            ..TaskPatch::default()
        };
        let replies = self.at_once(by, &update(&made.id, body.clone()), times).await;
        let Some(known) = replies.iter().find_map(task).cloned() else {
            return self.untested(UPDATE, "repeats of an update", "no update was acknowledged");
        };
        self.case(by, UPDATE, "a task's other fields after an update", replies.last()).judge(
            known.due_at == made.due_at && known.description == made.description && known.priority == Priority::Low,
            format!("priority low, and due_at {:?} and the description as before", made.due_at),
            || format!("priority {}, due_at {:?}", known.priority, known.due_at),
        );
        for reply in &replies {
            self.same_task(by, &known, reply, &format!("an update, {times} at a time"));
        }
        self.same_task(by, &known, &by.ask(update(&made.id, body.clone())).await, "an update again, at once");
        if times == 1 {
            self.later().await;
            self.same_task(by, &known, &by.ask(update(&made.id, body.clone())).await, "an update again, later");
            by.ask_and_break(update(&made.id, body.clone())).await;
            let again = by.ask(update(&made.id, body)).await;
            self.same_task(by, &known, &again, "an update again, after a broken connection");
        }
        let due = group.due(90);
        let moved = TaskPatch { due_at: Some(due), ..TaskPatch::default() };
        for check in ["an update of the due date", "an update of the due date again"] {
            let reply = by.ask(update(&made.id, moved.clone())).await;
            self.case(by, UPDATE, check, &reply).succeeds(&format!("due_at {due}"), |reply| {
                let now = task(reply)?.due_at;
                (now != Some(due)).then(|| format!("due_at {now:?}"))
            });
        }
        let list = self.tasks_of(by, group).await;
        let shown = list.iter().flatten().find(|row| row.id == made.id);
        if let Some(list) = &list {
            self.case(by, READ, "a task in its list after an update", None).judge(
                shown.is_some_and(|row| row.due_at == Some(due) && row.priority == Priority::Low),
                format!("it there, with priority low and due_at {due}"),
                || {
                    shown.map_or(format!("{} others", list.len()), |row| {
                        format!("priority {}, due_at {:?}", row.priority, row.due_at)
                    })
                },
            );
        }
        // Two fields by two people side by side: both are there afterwards.
        let by_two = [
            (by, TaskPatch { priority: Some(Priority::Medium), ..TaskPatch::default() }),
            (self.manager(), TaskPatch { due_at: Some(group.due(120)), ..TaskPatch::default() }),
        ];
        let both = by_two.map(|(by, body)| Box::pin(by.ask(update(&made.id, body))) as _);
        together(both).await;
    }
    fn same_task(&self, by: &Actor, known: &Task, reply: &Reply, check: &str) {
        self.case(by, UPDATE, check, reply).succeeds("the same task", |reply| {
            let now = task(reply)?;
            let fields = [
                ("description", now.description == known.description),
                ("status", now.status == known.status),
                ("due_at", now.due_at == known.due_at),
                ("priority", now.priority == known.priority),
                ("notes", now.notes == known.notes),
                ("assigned_to", now.assigned_to == known.assigned_to),
            ];
            let other = fields.iter().find(|(_, same)| !same)?;
            Some(format!("another {}", other.0))
        });
    }
}
