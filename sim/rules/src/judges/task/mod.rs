//! Rules of tasks (§0.2, §2.2).
//!
//! - `task.create.single`: one request makes at most one task; an acknowledged one exactly one.
//! - `task.complete.once`: completing again keeps `completed_at` and `completed_by`, and finds the task.
//! - `task.update.idempotent`: the same task update twice leaves the task as once. One that leaves a trace of itself in a
//!   field that it did not name cannot.

mod create;

pub(crate) use create::CreateSingle;

use crate::exchanges::{Exchange, SentAttempt};
use crate::facts::views::completion;
use crate::facts::{Facts, Kind};
use crate::judge::{Judge, Ops};
use crate::judges::appointment::repeated;
use crate::notes::Notes;
use crate::tables::{Table, digest};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_kernel::time::Time;

/// Decides `task.update.idempotent`.
#[derive(Default)]
pub(crate) struct UpdateIdempotent;

impl Judge for UpdateIdempotent {
    const RULES: &'static [Rule] = &[Rule::TaskUpdateIdempotent];
    const SENT: Ops = Ops::NONE;
    const ENDED: Ops = Ops::of(&[Op::UpdateTask]);

    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        if x.op == Op::UpdateTask {
            let mut impossible = facts.looked.impossible.iter();
            if let Some(trace) = impossible.find(|i| i.kind == Kind::Task && i.wrong.touched && !i.repeat) {
                return notes.broken(Rule::TaskUpdateIdempotent, x, || {
                    format!("an update changed a field that it did not name: {}", trace.says()).about(&trace.id)
                });
            }
            repeated(Rule::TaskUpdateIdempotent, Kind::Task, x, facts, notes);
        }
    }
}

/// Decides `task.complete.once`. Whoever completed first, every answer shows it; an update of the status in between may
/// have opened the task again, and nothing more is said about it.
#[derive(Default)]
pub(crate) struct CompleteOnce {
    done: Table<u64, Completion>,
}

#[derive(Default)]
struct Completion {
    at: Option<Time>,
    /// The person, as [`Facts`] know it, or a digest of the id.
    by: Option<u64>,
    status_updated: bool,
}

impl Judge for CompleteOnce {
    const RULES: &'static [Rule] = &[Rule::TaskCompleteOnce];
    const SENT: Ops = Ops::of(&[Op::UpdateTask]);
    const ENDED: Ops = Ops::of(&[Op::CompleteTask, Op::ListTasks]);

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, _: &mut Notes) {
        if let Call::UpdateTask { task_id, body } = &*s.attempt.call
            && body.status.is_some()
        {
            self.done.entry(digest(task_id)).or_default().status_updated = true;
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        if x.op == Op::CompleteTask && x.refusal() == Some(404) {
            return not_found(x, facts, notes);
        }
        match x.success() {
            // Whoever leaves out when, or by whom, says nothing of it.
            Some(_) if !x.shows("completed_at") => {}
            Some(Answer::TaskCompleted(done)) => {
                let by = Some(&done.completed_by).filter(|_| x.shows("completed_by"));
                self.shown(&done.id, done.completed_at, by, x, facts, notes);
            }
            Some(Answer::Tasks(list)) => {
                for task in &list.tasks {
                    if let Some(at) = task.completed_at {
                        self.shown(&task.id, at, task.completed_by.as_ref(), x, facts, notes);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A rep's own task, which may have been completed before, is there to be completed again.
fn not_found(x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
    let Call::CompleteTask { task_id } = &**x.call else { return };
    let Some(record) = facts.tasks.get(task_id) else { return };
    let own = record.home.as_ref().is_some_and(|home| home.client == x.client.index && home.since < x.sent_seq);
    if own && record.was_sent(&completion(), x.sent_seq) && !record.may_have_moved(&facts.appointments) {
        notes.broken(Rule::TaskCompleteOnce, x, || {
            format!("expected {task_id} to be there when it was completed again, the answer was 404").about(task_id)
        });
    }
}

impl CompleteOnce {
    fn shown(
        &mut self,
        id: &SmolStr,
        at: Time,
        by: Option<&SmolStr>,
        x: &Exchange<'_>,
        facts: &Facts,
        notes: &mut Notes,
    ) {
        let shown_by = by.map(SmolStr::as_str);
        let by = by.map(|id| facts.person(id).map_or_else(|| digest(id), u64::from));
        let known = self.done.entry(digest(id)).or_default();
        if known.status_updated {
            return;
        }
        let then = *known.at.get_or_insert(at);
        let by_then = known.by.or(by);
        known.by = by_then;
        let same_person = by.is_none() || by == by_then;
        let repeat = x.op == Op::CompleteTask;
        if repeat || then != at || !same_person {
            notes.judge(Rule::TaskCompleteOnce, x, then == at && same_person, || {
                match same_person {
                    true => format!("expected {id} to keep completed_at {then}, got {at}"),
                    false => format!("expected {id} to keep completed_by, got {}", shown_by.unwrap_or("another")),
                }
                .about(id)
            });
        }
    }
}
