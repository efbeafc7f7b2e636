//! Rules of tasks (§0.2, §2.2).
//!
//! - `task.create.single`: one request makes at most one task; an acknowledged one exactly one.
//! - `task.complete.once`: completing again keeps `completed_at` and `completed_by`, and finds the task.
//! - `task.update.idempotent`: the same task update twice leaves the task as once. One that leaves a trace of itself in a
//!   field that it did not name cannot.

mod create;

pub(crate) use create::CreateSingle;

use crate::exchanges::{Exchange, SentAttempt};
use crate::facts::Facts;
use crate::facts::known::Kind;
use crate::facts::views::completion;
use crate::judge::{Judge, Ops};
use crate::judges::appointment::repeated;
use crate::notes::Notes;
use crate::tables::{Table, digest};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::rule_parts::Part;
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
                return notes.broken(Part::TaskRow, x, || {
                    format!("an update changed a field that it did not name: {}", trace.says()).about(&trace.id)
                });
            }
            notes.held_times(Part::TaskRow, facts.looked.unnamed);
            repeated([Part::TaskRepeat, Part::TaskLost], Kind::Task, x, facts, notes);
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
    /// How often its completion was acknowledged, and where in the stream first.
    acks: u32,
    acked: Option<u64>,
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
        if let (Call::CompleteTask { task_id }, Some(status @ (400 | 404 | 409 | 422))) = (&**x.call, x.refusal()) {
            return self.refused(task_id, status, x, facts, notes);
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

impl CompleteOnce {
    /// A completion that was acknowledged is acknowledged again; and a rep's own task, which may have been completed
    /// before, is there.
    fn refused(&self, task_id: &SmolStr, status: u16, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let known = self.done.get(&digest(task_id));
        let acked = known.is_some_and(|d| !d.status_updated && d.acked.is_some_and(|since| since < x.sent_seq));
        let Some(record) = facts.tasks.get(task_id) else { return };
        let own = record.home.as_ref().is_some_and(|home| home.client == x.client.index && home.since < x.sent_seq);
        let may_be_gone = !own || record.may_have_moved(&facts.appointments);
        if may_be_gone || !(acked || status == 404 && record.was_sent(&completion(), x.sent_seq)) {
            return;
        }
        notes.broken(Part::CompleteRepeat, x, || {
            match status {
                404 => format!("expected {task_id} to be there when it was completed again, the answer was 404"),
                _ => format!(
                    "expected {task_id}, whose completion was acknowledged, to be completed again, got {status}"
                ),
            }
            .about(task_id)
        });
    }
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
        let is_new = known.at.is_none();
        let then = *known.at.get_or_insert(at);
        let by_then = known.by.or(by);
        known.by = by_then;
        let same_person = by.is_none() || by == by_then;
        let (part, is_case) = match x.op {
            Op::CompleteTask => (Part::CompleteRepeat, !is_new),
            _ => (Part::CompleteRead, known.acks > 1),
        };
        if x.op == Op::CompleteTask {
            known.acks += 1;
            known.acked.get_or_insert(x.ended_seq);
        }
        notes.judge_if(is_case, part, x, then == at && same_person, || {
            match same_person {
                true => format!("expected {id} to keep completed_at {then}, got {at}"),
                false => format!("expected {id} to keep completed_by, got {}", shown_by.unwrap_or("another")),
            }
            .about(id)
        });
    }
}
