//! `app.refresh-once` (§0.3): on a 401 the app refreshes its token and tries once more.
//!
//! Calls that are refused together share one refresh, so a new token since the refused attempt was sent will do. That no
//! second attempt came is held against the app for queued actions alone: from a screen a person can walk away.
//!
//! Nor does it take more tokens than it needs: calls that find the token stale together share one fetch.

use crate::exchanges::{ClientEvent, Exchange, PreviousEnd, SentAttempt};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::Notes;
use crate::tables::PerClient;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_history::event::{Cause, EventKind, RefreshReason, UserAction};
use fieldday_kernel::time::Span;

const RULE: Rule = Rule::AppRefreshOnce;
/// How long after a 401 the second attempt may be expected.
const SOON: Span = Span::seconds(60);
/// A token that was fetched so recently is as good as new.
const NEW: Span = Span::seconds(5);
/// What is sent so soon after a token came was ready before.
const AT_ONCE: Span = Span::millis(1_000);

#[derive(Default)]
pub(crate) struct RefreshOnce {
    phones: PerClient<Phone>,
}

struct ExpectedRefresh {
    call: u32,
    action: u32,
    at: Span,
}

#[derive(Default)]
struct Phone {
    refreshed_at: Option<Span>,
    launch: u32,
    /// Calls that went out at once when the last token came.
    sent: u32,
    /// The queued call that was answered 401 and not tried again so far.
    owed: Option<ExpectedRefresh>,
}

impl Judge for RefreshOnce {
    const RULES: &'static [Rule] = &[RULE];

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        match t.what {
            EventKind::TokenRefreshed { why } => {
                let phone = self.phones.of(t.client.index);
                let before = phone.refreshed_at.replace(t.at).filter(|_| phone.launch == t.client.launch);
                phone.launch = t.client.launch;
                if t.client.is_phone() && *why != RefreshReason::Refused {
                    let is_needed = before.is_none_or(|before| t.at - before >= NEW);
                    phone.sent = 0;
                    notes.judge_if(false, Part::RefreshShared, t, is_needed, || {
                        "expected calls that find the token stale together to share one fetch, each made its own"
                            .to_owned()
                    });
                }
            }
            EventKind::Killed | EventKind::TokenUnavailable | EventKind::Person(UserAction::ClosesApp) => {
                let owed = self.phones.of(t.client.index).owed.take();
                owed.iter().for_each(|_| notes.inconclusive(Part::RefreshRetry));
            }
            EventKind::DayEnded { .. } => match self.phones.of(t.client.index).owed.take() {
                Some(ExpectedRefresh { call, at, .. }) if t.at - at > SOON => {
                    notes.broken(Part::RefreshRetry, t, || {
                        format!("expected a second attempt of call {call} after its 401, none was made")
                    })
                }
                Some(_) => notes.inconclusive(Part::RefreshRetry),
                None => {}
            },
            _ => {}
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        if !s.client.is_phone() {
            return;
        }
        let phone = self.phones.of(s.client.index);
        if phone.refreshed_at.is_some_and(|at| s.attempt.sent_at - at < AT_ONCE) {
            phone.sent += 1;
            // Two that were ready to go: each might have fetched a token of its own.
            if phone.sent == 2 {
                notes.held(Part::RefreshShared);
            }
        }
        if let Cause::Queue { action } = s.attempt.cause
            && let Some(owed) = phone.owed.take()
            && owed.call != s.attempt.number
            && owed.action == action
        {
            notes.broken(Part::RefreshRetry, s, || {
                format!("expected a second attempt of call {} after its 401, another call was made instead", owed.call)
            });
        }
        let Some(prior) = s.attempt.prior else { return };
        let PreviousEnd::Refused { status: 401, .. } = prior.end else { return };
        let new_token = phone.refreshed_at.is_some_and(|at| at >= prior.sent_at);
        notes.judge(Part::RefreshRetry, s, new_token && prior.unauthorized == 1, || match new_token {
            false => "expected a new token before the second attempt after a 401, there was none".to_owned(),
            true => format!("expected one more attempt after a 401, this follows number {}", prior.unauthorized),
        });
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        let first = x.refusal() == Some(401) && x.attempt == 0;
        if let (true, true, Cause::Queue { action }) = (first, x.client.is_phone(), x.cause) {
            self.phones.of(x.client.index).owed = Some(ExpectedRefresh { call: x.number, action, at: x.ended_at });
        }
    }
}
