//! `answer.schema` (§2.1.1), the part that takes more than one answer: `pending_tasks_count` follows what is done.
//!
//! Of the tasks that are open at an appointment, some are completed between two lists of it. If nothing was written
//! meanwhile that could have added one, the second count is smaller by as many at least. A task that is overdue may or may
//! not count as pending, so only completions in time are counted; and a completion counts only if none was sent before the
//! first list ended, since one whose answer was lost may have landed already.

use crate::exchanges::{Effect, Exchange, SentAttempt};
use crate::facts::Facts;
use crate::facts::views::{ASSIGNED, DUE, NULL, STATUS, time_of};
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{ById, push_bounded};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::names::TaskStatus;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::AppointmentSummary;
use fieldday_api::wire::tasks::Task;
use fieldday_kernel::time::Time;

#[derive(Default)]
pub(crate) struct PendingCount {
    counts: ById<Count>,
    tasks: ById<Pending>,
    /// The tasks that lists showed to be open, by their appointment.
    at: ById<Vec<SmolStr>>,
}

/// What is known of an appointment's count.
#[derive(Default)]
struct Count {
    /// What a list said, while nothing was sent that could make it greater.
    shown: Option<Shown>,
    /// Such writes under way or in doubt.
    open: u32,
    /// Where in the stream the last of them began or ended.
    written: u64,
}

struct Shown {
    pending: u32,
    sent: u64,
    ended: u64,
    /// Completions acknowledged since, and where in the stream the last one was.
    completed: u32,
    last: u64,
}

/// The most tasks that are remembered of an appointment.
const TASKS: usize = 32;

/// A task that a list showed to be open.
#[derive(Default)]
struct Pending {
    appointment: Option<SmolStr>,
    due_at: Option<Time>,
    since: u64,
    /// Where in the stream a completion of it was first sent.
    completion_sent: Option<u64>,
    /// Changes of it under way that were sent when nobody knew at which appointment it is.
    adrift: u32,
}

impl Judge for PendingCount {
    const RULES: &'static [Rule] = &[Rule::AnswerSchema];
    const SENT: Ops = Ops::of(&[Op::CreateTask, Op::UpdateTask, Op::CompleteTask]);
    const ENDED: Ops =
        Ops::of(&[Op::CreateTask, Op::UpdateTask, Op::CompleteTask, Op::ListTasks, Op::ListAppointments]);

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, _: &mut Notes) {
        if let Call::CompleteTask { task_id } = &*s.attempt.call {
            let task = self.tasks.entry(task_id.clone()).or_default();
            task.completion_sent.get_or_insert(s.attempt.sent_seq);
        }
        self.may_add(&s.attempt.call, s.attempt.sent_seq, Turn::Begins);
    }
    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let turn = if x.effect() == Effect::Unknown { Turn::Stays } else { Turn::Ends };
        self.may_add(x.call, x.ended_seq, turn);
        match (&**x.call, x.success()) {
            (Call::CompleteTask { task_id }, Some(_)) => self.completed(task_id, x, notes),
            (Call::ListTasks(_), Some(Answer::Tasks(_))) if !(x.shows("status") && x.shows("due_at")) => {}
            (Call::ListAppointments(_), Some(_)) if !x.shows("pending_tasks_count") => {}
            (Call::ListTasks(_), Some(Answer::Tasks(list))) => list.tasks.iter().for_each(|task| self.listed(task, x)),
            (Call::ListAppointments(_), Some(Answer::Appointments(list))) => {
                list.appointments.iter().for_each(|entry| {
                    self.counted(entry, x, notes);
                    self.counts_known(entry, x, facts, notes);
                });
            }
            _ => {}
        }
    }
}

impl PendingCount {
    /// A write begins or ends that may make a count greater: until it is over, and since, nothing is known of that count.
    fn may_add(&mut self, call: &Call, seq: u64, turn: Turn) {
        let appointment = match call {
            Call::CreateTask(body) => body.appointment_id.clone(),
            Call::UpdateTask { task_id, .. } => {
                let task = self.tasks.entry(task_id.clone()).or_default();
                if task.appointment.is_none() || task.adrift > 0 {
                    // It may be at any appointment that is known; a list may tell which before it ends.
                    task.adrift = turn.of(task.adrift);
                    return self.counts.values_mut().for_each(|count| count.doubt(seq));
                }
                task.appointment.clone()
            }
            _ => None,
        };
        if let Some(appointment) = appointment {
            let count = self.counts.entry(appointment).or_default();
            count.open = turn.of(count.open);
            count.doubt(seq);
        }
    }
    fn listed(&mut self, task: &Task, x: &Exchange<'_>) {
        if task.status == TaskStatus::Open && task.appointment_id.is_some() {
            let known = self.tasks.entry(task.id.clone()).or_default();
            if known.appointment.is_none() {
                known.since = x.ended_seq;
                let at = self.at.entry(task.appointment_id.clone().unwrap_or_default()).or_default();
                push_bounded(at, TASKS, task.id.clone());
            }
            (known.appointment, known.due_at) = (task.appointment_id.clone(), task.due_at);
        }
    }
    /// A rep's tasks that are open for certain are counted at their appointment in the rep's list. One that is overdue may
    /// or may not be.
    fn counts_known(&self, entry: &AppointmentSummary, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Some(ids) = self.at.get(&entry.appointment_id).filter(|_| x.client.is_phone()) else { return };
        let now = notes.settings.start + x.ended_at + notes.settings.leeway;
        let is_open = |id: &&SmolStr| {
            let (Some(task), Some(record)) = (self.tasks.get(*id), facts.tasks.get(id)) else { return false };
            let theirs = record.home.as_ref().is_some_and(|home| home.client == x.client.index);
            let untouched = task.completion_sent.is_none() && task.adrift == 0 && !record.was_written(ASSIGNED);
            theirs
                && untouched
                && task.since < x.sent_seq
                && task.appointment.as_ref() == Some(&entry.appointment_id)
                && record.settled(STATUS) == Some(TaskStatus::Open as u64)
                && record.settled(DUE).is_some_and(|due| due == NULL || time_of(due) > now)
        };
        let open = ids.iter().filter(is_open).count() as u32;
        notes.judge_if(open > 0, Part::PendingTooLow, x, entry.pending_tasks_count >= open, || {
            let (id, says) = (&entry.appointment_id, entry.pending_tasks_count);
            format!("expected pending_tasks_count of {id} to count {open} open tasks at least, it is {says}")
        });
    }
    fn completed(&mut self, task_id: &SmolStr, x: &Exchange<'_>, notes: &Notes) {
        let Some(task) = self.tasks.get(task_id) else { return };
        let now = notes.settings.start + x.ended_at + notes.settings.leeway;
        let (Some(appointment), Some(first)) = (&task.appointment, task.completion_sent) else { return };
        let Some(shown) = self.counts.get_mut(appointment).and_then(|count| count.shown.as_mut()) else { return };
        // A second answer to the same completion finds that it was sent before.
        let is_new = first > shown.ended && x.sent_seq == first;
        if is_new && task.since < shown.sent && task.due_at.is_none_or(|due| due > now) {
            (shown.completed, shown.last) = (shown.completed + 1, x.ended_seq);
        }
    }
    fn counted(&mut self, entry: &AppointmentSummary, x: &Exchange<'_>, notes: &mut Notes) {
        let count = self.counts.entry(entry.appointment_id.clone()).or_default();
        if count.open > 0 || count.written > x.sent_seq {
            return;
        }
        let pending = entry.pending_tasks_count;
        if let Some(before) = &count.shown {
            if before.last > x.sent_seq || before.ended > x.sent_seq {
                return;
            }
            if before.completed > 0 {
                let right = pending + before.completed <= before.pending;
                notes.judge(Part::PendingTooHigh, x, right, || {
                    let (id, was, done) = (&entry.appointment_id, before.pending, before.completed);
                    format!(
                        "expected pending_tasks_count of {id} to fall from {was} with {done} completed, it is {pending}"
                    )
                    .about(id)
                });
            }
        }
        count.shown = Some(Shown { pending, sent: x.sent_seq, ended: x.ended_seq, completed: 0, last: 0 });
    }
}

/// What becomes of a write.
#[derive(Clone, Copy)]
enum Turn {
    Begins,
    Ends,
    /// Nobody knows whether it is over.
    Stays,
}

impl Turn {
    /// How many are under way then.
    fn of(self, open: u32) -> u32 {
        match self {
            Turn::Begins => open + 1,
            Turn::Ends => open.saturating_sub(1),
            Turn::Stays => open,
        }
    }
}

impl Count {
    fn doubt(&mut self, seq: u64) {
        (self.shown, self.written) = (None, seq);
    }
}
