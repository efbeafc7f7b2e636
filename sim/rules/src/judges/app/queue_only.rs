//! `app.queue.only` (§0.4): stops, completions, outcomes and clockings go through the queue; task creation, wins and
//! recording starts never do.

use crate::exchanges::{ClientEvent, SentAttempt};
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use fieldday_api::call::Call;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_history::event::{Cause, EventKind};

const RULE: Rule = Rule::AppQueueOnly;

#[derive(Default)]
pub(crate) struct QueueOnly;

/// Whether the queue must, or must not, be the way of a request.
fn queued(call: &Call, start_may_queue: bool) -> Option<bool> {
    match call {
        Call::StopRecording { .. } | Call::CompleteTask { .. } | Call::ClockIn { .. } | Call::ClockOut { .. } => {
            Some(true)
        }
        Call::UpdateAppointment { body, .. } if body.outcome.is_some() => Some(true),
        Call::StartRecording(_) if start_may_queue => None,
        Call::StartRecording(_) | Call::CreateTask(_) | Call::PostWin(_) => Some(false),
        _ => None,
    }
}

impl Judge for QueueOnly {
    const RULES: &'static [Rule] = &[RULE];
    const ENDED: Ops = Ops::NONE;

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        let EventKind::Queued { request, .. } = t.what else { return };
        if t.client.is_phone() && queued(request, notes.settings.start_may_queue) == Some(false) {
            notes
                .broken(Part::QueuePast, t, || format!("expected {} to need the network, it was queued", request.op()));
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        if !s.client.is_phone() {
            return;
        }
        let Some(must) = queued(&s.attempt.call, notes.settings.start_may_queue) else { return };
        let is = matches!(s.attempt.cause, Cause::Queue { .. });
        let part = if must { Part::QueueThrough } else { Part::QueuePast };
        notes.judge(part, s, is == must, || match must {
            true => format!("expected {} to come out of the queue, it was sent past it", s.attempt.op),
            false => format!("expected {} to be sent at once or not at all, it came out of the queue", s.attempt.op),
        });
    }
}
