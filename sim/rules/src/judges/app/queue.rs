//! `app.queue.durable`, `app.queue.fifo`, `app.queue.drains` (§0.4): a queued action survives the app being killed at
//! any moment; actions go out in the order taken, one flush at a time; once the network is back the queue empties,
//! nothing lost and nothing done twice.
//!
//! One look at one line of actions decides all three. An app that was killed between an answer and the note of it sends
//! the action again, and may. A queue that still holds something at the day's end is held against the app only if nothing
//! else can have stood in its way for the whole time that it had.

use crate::exchanges::{ClientEvent, Exchange, SentAttempt};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::Notes;
use crate::tables::PerClient;
use fieldday_api::endpoint::Op;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_history::event::{Cause, EventKind, Settlement, UserAction};
use fieldday_kernel::time::Span;

use Rule::{AppQueueDrains as DRAINS, AppQueueDurable as DURABLE, AppQueueFifo as FIFO};

#[derive(Default)]
pub(crate) struct Queue {
    lines: PerClient<QueueState>,
}

#[derive(Default)]
struct QueueState {
    actions: Vec<Action>,
    flushing: bool,
    /// An action was queued since the flush began.
    queued_meanwhile: bool,
    under_way: u32,
    /// The time at which the app started; none while it is not running.
    running_since: Option<Span>,
    /// When something that is not the app's fault last kept an action from being done.
    hindered_at: Option<Span>,
    settled_today: u32,
    /// When the queue was last being sent, or given something to send.
    stirred_at: Option<Span>,
}

struct Action {
    number: u32,
    queued_at: Span,
    survived: bool,
    /// During which start of the app it was acknowledged.
    done_in: Option<u32>,
    /// The backend refused it for good.
    refused: bool,
    /// The endpoint of the call that is sent for it.
    op: Op,
}

impl Judge for Queue {
    const RULES: &'static [Rule] = &[DURABLE, FIFO, DRAINS];

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        if matches!(
            t.what,
            EventKind::Shown { .. }
                | EventKind::Spinner { .. }
                | EventKind::StaleShown { .. }
                | EventKind::TokenRefreshed { .. }
        ) {
            return;
        }
        let line = self.lines.of(t.client.index);
        match t.what {
            EventKind::Queued { action, request } => {
                let (number, queued_at, op) = (*action, t.at, request.op());
                line.actions.push(Action { number, queued_at, survived: false, done_in: None, refused: false, op });
                line.stirred_at = Some(t.at);
                line.queued_meanwhile |= line.flushing;
            }
            EventKind::Settled { action, how } => line.settled(*action, *how, t, notes),
            EventKind::FlushBegan { waiting, .. } => {
                line.counts(*waiting, t, notes);
                line.stirred_at = Some(t.at);
                notes.judge_if(false, Part::FifoOneFlush, t, !line.flushing, || {
                    "expected one flush at a time, a second began before the first ended".to_owned()
                });
                (line.flushing, line.queued_meanwhile) = (true, false);
            }
            EventKind::FlushEnded { waiting } => {
                line.counts(*waiting, t, notes);
                // The new action asked for a flush of its own, while this one was under way.
                if std::mem::take(&mut line.queued_meanwhile) && line.flushing {
                    notes.held(Part::FifoOneFlush);
                }
                (line.flushing, line.stirred_at) = (false, Some(t.at));
            }
            EventKind::Killed => {
                (line.flushing, line.under_way, line.running_since) = (false, 0, None);
                line.actions.iter_mut().for_each(|action| action.survived = true);
            }
            EventKind::Person(UserAction::ClosesApp) => line.running_since = None,
            EventKind::Launched { .. } => (line.running_since, line.stirred_at) = (Some(t.at), Some(t.at)),
            EventKind::TokenUnavailable => line.hindered_at = Some(t.at),
            EventKind::DayEnded { queued, online_for, .. } => line.day_ended(*queued, *online_for, t, notes),
            _ => {}
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        let Cause::Queue { action } = s.attempt.cause else { return };
        let line = self.lines.of(s.client.index);
        let Some(place) = line.actions.iter().position(|a| a.number == action) else {
            return notes.broken(DURABLE, s, || {
                format!("expected action {action} to be waiting when it was sent, it was not queued or had left")
            });
        };
        let is_case = line.actions.len() > 1;
        notes.judge_if(is_case, Part::FifoOrder, s, place == 0 && line.under_way == 0, || match place {
            0 => format!("expected one action at a time, {action} was sent while another attempt was in flight"),
            _ => format!("expected action {} to go out before action {action}", line.actions[0].number),
        });
        let waits = &line.actions[place];
        if waits.refused {
            notes.broken(DRAINS, s, || {
                format!("expected action {action} to leave after its refusal, it was sent again")
            });
        }
        let zone = &s.client.zone;
        let date = |at: Span| zone.date(notes.settings.start + at);
        if matches!(waits.op, Op::ClockIn | Op::ClockOut) && date(waits.queued_at) != date(s.attempt.sent_at) {
            notes.broken(DRAINS, s, || {
                format!("expected a clock-in or clock-out whose day is over to be dropped, {action} was sent")
            });
        }
        let again = line.actions[place].done_in == Some(s.client.launch);
        if again {
            notes.broken(DRAINS, s, || format!("action {action} was sent again after it was acknowledged"));
        }
        line.under_way += 1;
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        let Cause::Queue { action } = x.cause else { return self.is_online(x, notes) };
        let line = self.lines.of(x.client.index);
        line.under_way = line.under_way.saturating_sub(1);
        if x.success().is_some() {
            if let Some(action) = line.actions.iter_mut().find(|a| a.number == action) {
                action.done_in = Some(x.client.launch);
            }
        } else if !x.refusal().is_some_and(|s| (400..500).contains(&s) && !matches!(s, 401 | 408 | 425 | 429)) {
            line.hindered_at = Some(x.ended_at);
        } else if let Some(action) = line.actions.iter_mut().find(|a| a.number == action) {
            action.refused = true;
        }
    }
    fn finish(&mut self, notes: &mut Notes) {
        // Whether these will be sent, no event tells.
        let waiting: usize = self.lines.iter().map(|line| line.actions.iter().filter(|a| a.survived).count()).sum();
        (0..waiting).for_each(|_| notes.inconclusive(DURABLE));
    }
}

impl Queue {
    /// An answer on a screen proves that the phone is online: then nothing waits for long without being tried, for the queue
    /// is sent when the network comes back, and every minute.
    fn is_online(&mut self, x: &Exchange<'_>, notes: &mut Notes) {
        if !x.client.is_phone() || x.success().is_none() {
            return;
        }
        let line = self.lines.of(x.client.index);
        let (Some(first), Some(stirred)) = (line.actions.first(), line.stirred_at) else { return };
        let within = notes.settings.drain_within;
        if !line.flushing && x.ended_at - stirred >= within {
            let number = first.number;
            line.stirred_at = Some(x.ended_at);
            notes.broken(DRAINS, x, || {
                format!("expected action {number} to be sent while the phone is online, nothing was tried for {within}")
            });
        }
    }
}

impl QueueState {
    /// The app's own count against what was queued and has not left.
    fn counts(&self, waiting: u32, t: &ClientEvent<'_>, notes: &mut Notes) {
        let known = self.actions.len();
        if known != waiting as usize {
            notes.broken(DURABLE, t, || format!("expected {known} queued actions, the app has {waiting}"));
        }
    }
    fn settled(&mut self, number: u32, how: Settlement, t: &ClientEvent<'_>, notes: &mut Notes) {
        let Some(place) = self.actions.iter().position(|a| a.number == number) else {
            return notes.broken(DURABLE, t, || {
                format!("expected action {number} to leave the queue once, it was not queued or had left before")
            });
        };
        let action = self.actions.remove(place);
        // A stop whose start was refused goes with it, in the reading that queues starts.
        let goes_along = notes.settings.start_may_queue && action.op == Op::StopRecording;
        let is_so = match how {
            Settlement::Done => action.done_in.is_some(),
            Settlement::AlreadyDone | Settlement::Refused { .. } => action.refused,
            Settlement::DayOver => true,
        };
        if !is_so && !goes_along {
            notes.broken(DURABLE, t, || {
                format!("expected action {number} to leave the queue once it was answered, it left before")
            });
        } else if action.survived {
            notes.held(DURABLE);
        }
        self.settled_today += 1;
    }
    fn day_ended(&mut self, queued: u32, online_for: Option<Span>, t: &ClientEvent<'_>, notes: &mut Notes) {
        let waiting = self.actions.len();
        if waiting > 0 || queued > 0 {
            notes.judge(DURABLE, t, waiting == queued as usize, || {
                format!("expected {waiting} queued actions at the day's end, the app has {queued}")
            });
        }
        // The app's own count is what it would send: an action that it lost is not one that it is slow with.
        if queued == 0 || waiting == 0 {
            if self.settled_today > 0 && waiting == 0 {
                notes.held(DRAINS);
            }
        } else {
            let within = notes.settings.drain_within;
            let for_long = |since: Option<Span>| since.is_some_and(|since| t.at - since >= within);
            let had_time = online_for.is_some_and(|online| online >= within)
                && for_long(self.running_since)
                && for_long(self.actions.iter().map(|a| a.queued_at).min());
            let hindered = self.under_way > 0 || self.hindered_at.is_some_and(|at| t.at - at < within);
            if had_time && !hindered {
                notes.broken(DRAINS, t, || {
                    format!("expected an empty queue after {within} online, {queued} actions still wait")
                });
            } else {
                notes.inconclusive(DRAINS);
            }
        }
        self.settled_today = 0;
    }
}
