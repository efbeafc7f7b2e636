//! `app.polling` (§3.4): a session is polled every 5 s until it is final, for 5 min at most.
//!
//! A retry of a poll belongs to the poll: the retry rules bind it, not this one.

use crate::exchanges::{ClientEvent, Exchange, SentAttempt};
use crate::facts::{Facts, sessions};
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, push_bounded};
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::defaults::{POLL_EVERY, POLL_FOR};
use fieldday_api::endpoint::Op;
use fieldday_api::names::Processing;
use fieldday_api::rules::Rule;
use fieldday_history::event::{Cause, EventKind};
use fieldday_kernel::time::Span;

const RULE: Rule = Rule::AppPolling;
/// A poll that was due in time may have waited for a new token.
const SLACK: Span = Span::seconds(10);
/// The most polled sessions that are remembered of a rep.
const WATCHED: usize = 16;

#[derive(Default)]
pub(crate) struct Polling {
    watched: PerClient<Vec<PollState>>,
}

struct PollState {
    session: SmolStr,
    began: Span,
    last: Option<Span>,
    over: bool,
}

impl Judge for Polling {
    const RULES: &'static [Rule] = &[RULE];
    const SENT: Ops = Ops::of(&[Op::GetRecording]);
    const ENDED: Ops = Ops::of(&[Op::GetRecording]);

    fn on_event(&mut self, t: &ClientEvent<'_>, _: &mut Notes) {
        if !matches!(t.what, EventKind::PollBegan { .. } | EventKind::PollEnded { .. } | EventKind::Killed) {
            return;
        }
        let watched = self.watched.of(t.client.index);
        match t.what {
            EventKind::PollBegan { session_id } => {
                watched.retain(|w| w.session != *session_id);
                let session = session_id.clone();
                push_bounded(watched, WATCHED, PollState { session, began: t.at, last: None, over: false });
            }
            EventKind::PollEnded { session_id, .. } => {
                watched.iter_mut().filter(|w| w.session == *session_id).for_each(|w| w.over = true);
            }
            EventKind::Killed => watched.clear(),
            _ => {}
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        let (Cause::Poll, Call::GetRecording { session_id }, 0) =
            (s.attempt.cause, &*s.attempt.call, s.attempt.attempt)
        else {
            return;
        };
        let (pace, at) = (notes.settings.pace.polling, s.attempt.sent_at);
        let (every, longest) = (POLL_EVERY.sped_up(pace), POLL_FOR.sped_up(pace));
        let Some(watch) = self.watched.of(s.client.index).iter_mut().find(|w| w.session == *session_id) else {
            return notes.broken(RULE, s, || format!("{session_id} is polled, but no screen shows it"));
        };
        let (last, since) = (watch.last.replace(at), at - watch.began);
        if watch.over {
            notes.broken(RULE, s, || format!("{session_id} is still polled after it was final or polling had ended"));
        } else if since > longest + SLACK {
            notes.broken(RULE, s, || format!("expected polls for at most {longest}, this one comes after {since}"));
        } else if let Some(last) = last {
            notes.judge(RULE, s, at - last >= every, || {
                format!("expected {every} between two polls of {session_id}, got {}", at - last)
            });
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        let (Cause::Poll, Some(shown)) = (x.cause, sessions::shown(x)) else { return };
        let steps = [shown.transcription_status, shown.analysis_status];
        let last = steps.contains(&Processing::Failed) || steps.iter().all(|s| *s == Processing::Completed);
        if last && let Some(watch) = self.watched.of(x.client.index).iter_mut().find(|w| w.session == shown.id) {
            watch.over = true;
        }
    }
}
