//! `app.backoff` (§0.3): after a 5xx at most three retries, 1 s, 2 s and 4 s apart; after a 429 not before its
//! `Retry-After`.
//!
//! Three a foreground call, or a flush: a new trigger begins again. The waits are lower bounds: an app that counts a
//! time-out among its failures waits longer.

use crate::exchanges::{ClientEvent, Exchange, PreviousEnd, SentAttempt};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::Notes;
use crate::tables::PerClient;
use fieldday_api::defaults::RETRIES;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_history::event::{Cause, EventKind};
use fieldday_kernel::time::Span;

const RULE: Rule = Rule::AppBackoff;

#[derive(Default)]
pub(crate) struct Backoff {
    flushes: PerClient<Flush>,
}

/// What the current flush met, for the action at the head of the queue.
#[derive(Default)]
struct Flush {
    action: Option<u32>,
    server_errors: u8,
    last: Option<Span>,
}

impl Judge for Backoff {
    const RULES: &'static [Rule] = &[RULE];

    fn on_event(&mut self, t: &ClientEvent<'_>, _: &mut Notes) {
        if matches!(t.what, EventKind::FlushBegan { .. } | EventKind::Killed) {
            *self.flushes.of(t.client.index) = Flush::default();
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        if !s.client.is_phone() {
            return;
        }
        let at = s.attempt.sent_at;
        if let Some(prior) = s.attempt.prior
            && let PreviousEnd::Refused { status: 429, retry_after: Some(wait) } = prior.end
        {
            notes.judge(Part::BackoffLimited, s, at - prior.ended_at >= wait, || {
                format!("expected to wait {wait} after a 429, the app waited {}", at - prior.ended_at)
            });
        }
        let (errors, last) = match s.attempt.cause {
            Cause::Queue { action } => {
                let flush = self.flushes.of(s.client.index);
                if flush.action != Some(action) {
                    *flush = Flush { action: Some(action), ..Flush::default() };
                }
                (flush.server_errors, flush.last)
            }
            _ => match s.attempt.prior.filter(|p| matches!(p.end, PreviousEnd::Refused { status: 500.., .. })) {
                Some(prior) => (prior.server_errors, Some(prior.ended_at)),
                None => return,
            },
        };
        let Some(last) = last.filter(|_| errors > 0) else { return };
        let errors = u32::from(errors);
        let wait = notes.settings.pace.retry_after(errors.min(RETRIES) - 1);
        let waited = at - last;
        notes.judge(Part::BackoffServer, s, errors <= RETRIES && waited >= wait, || match errors > RETRIES {
            true => format!("expected at most {RETRIES} retries after a 5xx, this is number {errors}"),
            false => format!("expected to wait {wait} before retry {errors} after a 5xx, the app waited {waited}"),
        });
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        let Cause::Queue { action } = x.cause else { return };
        let flush = self.flushes.of(x.client.index);
        if flush.action != Some(action) {
            return;
        }
        match x.refusal() {
            Some(500..) => {
                (flush.server_errors, flush.last) = (flush.server_errors.saturating_add(1), Some(x.ended_at))
            }
            _ => flush.last = None,
        }
    }
}
