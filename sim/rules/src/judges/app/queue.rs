//! `app.queue.durable`, `app.queue.fifo`, `app.queue.drains` (§0.4): a queued action survives the app being killed at
//! any moment; actions go out in the order taken, one flush at a time; once the network is back the queue empties,
//! nothing lost and nothing done twice.
//!
//! One look at one line of actions decides all three. An app that was killed between an answer and the note of it sends
//! the action again, and may. A queue that still holds something at the day's end is held against the app only if nothing
//! else can have stood in its way for the whole time that it had.

use crate::docket::{Exchange, Sending, Told};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::Notes;
use crate::tables::PerClient;
use fieldday_api::rules::Rule;
use fieldday_api::time::Span;
use fieldday_history::event::{Cause, Deed, What};

use Rule::{AppQueueDrains as DRAINS, AppQueueDurable as DURABLE, AppQueueFifo as FIFO};

#[derive(Default)]
pub(crate) struct Queue {
    lines: PerClient<Line>,
}

#[derive(Default)]
struct Line {
    actions: Vec<Action>,
    flushing: bool,
    under_way: u32,
    /// Since when the app runs.
    running_since: Option<Span>,
    /// When something that is not the app's fault last kept an action from being done.
    hindered_at: Option<Span>,
    settled_today: u32,
}

struct Action {
    number: u32,
    queued_at: Span,
    survived: bool,
    /// During which start of the app it was acknowledged.
    done_in: Option<u32>,
}

impl Judge for Queue {
    const RULES: &'static [Rule] = &[DURABLE, FIFO, DRAINS];

    fn told(&mut self, t: &Told<'_>, notes: &mut Notes) {
        if matches!(
            t.what,
            What::Shown { .. } | What::Spinner { .. } | What::StaleShown { .. } | What::TokenRefreshed { .. }
        ) {
            return;
        }
        let line = self.lines.of(t.client.index);
        match t.what {
            What::Queued { action, .. } => {
                let action = Action { number: *action, queued_at: t.at, survived: false, done_in: None };
                line.actions.push(action);
            }
            What::Settled { action, .. } => line.settled(*action, t, notes),
            What::FlushBegan { .. } => {
                notes.judge(FIFO, t, !line.flushing, || {
                    "expected one flush at a time, a second began before the first ended".to_owned()
                });
                line.flushing = true;
            }
            What::FlushEnded { .. } => line.flushing = false,
            What::Killed => {
                (line.flushing, line.under_way, line.running_since) = (false, 0, None);
                line.actions.iter_mut().for_each(|action| action.survived = true);
            }
            What::Person(Deed::ClosesApp) => line.running_since = None,
            What::Launched { .. } => line.running_since = Some(t.at),
            What::TokenUnavailable => line.hindered_at = Some(t.at),
            What::DayEnded { queued, online_for, .. } => line.day_ended(*queued, *online_for, t, notes),
            _ => {}
        }
    }
    fn sent(&mut self, s: &Sending<'_>, _: &Facts, notes: &mut Notes) {
        let Cause::Queue { action } = s.flight.cause else { return };
        let line = self.lines.of(s.client.index);
        let Some(place) = line.actions.iter().position(|a| a.number == action) else {
            return notes.broken(DURABLE, s, || {
                format!("expected action {action} to be waiting when it was sent, it was not queued or had left")
            });
        };
        notes.judge(FIFO, s, place == 0 && line.under_way == 0, || match place {
            0 => format!("expected one action at a time, {action} was sent while another attempt was under way"),
            _ => format!("expected action {} to go out before action {action}", line.actions[0].number),
        });
        let again = line.actions[place].done_in == Some(s.client.launch);
        if again {
            notes.broken(DRAINS, s, || format!("action {action} was sent again after it was acknowledged"));
        }
        line.under_way += 1;
    }
    fn ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        let Cause::Queue { action } = x.cause else { return };
        let line = self.lines.of(x.client.index);
        line.under_way = line.under_way.saturating_sub(1);
        if x.success().is_some() {
            if let Some(action) = line.actions.iter_mut().find(|a| a.number == action) {
                action.done_in = Some(x.client.launch);
            }
        } else if !x.refusal().is_some_and(|s| (400..500).contains(&s) && !matches!(s, 401 | 408 | 425 | 429)) {
            line.hindered_at = Some(x.ended_at);
        }
    }
    fn finish(&mut self, notes: &mut Notes) {
        // Whether these will be sent, no event tells.
        let waiting: usize = self.lines.iter().map(|line| line.actions.iter().filter(|a| a.survived).count()).sum();
        (0..waiting).for_each(|_| notes.inconclusive(DURABLE));
    }
}

impl Line {
    fn settled(&mut self, number: u32, t: &Told<'_>, notes: &mut Notes) {
        let Some(place) = self.actions.iter().position(|a| a.number == number) else {
            return notes.broken(DURABLE, t, || {
                format!("expected action {number} to leave the queue once, it was not queued or had left before")
            });
        };
        if self.actions.remove(place).survived {
            notes.held(DURABLE);
        }
        self.settled_today += 1;
    }
    fn day_ended(&mut self, queued: u32, online_for: Option<Span>, t: &Told<'_>, notes: &mut Notes) {
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
