//! `app.slow-ui` (§0.4): the loading indicator shows after 1 s, and "Retrying..." before a call that somebody waits for is
//! sent again.
//!
//! The indicator's time is told when the attempt ends, before anything else is. An attempt after a 401 is no retry that a
//! person hears of.

use crate::exchanges::{ClientEvent, ClientInfo, Exchange, PreviousEnd, SentAttempt};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::{Notes, Place};
use crate::tables::PerClient;
use fieldday_api::defaults::INDICATOR_AFTER as AFTER;
use fieldday_api::endpoint::Op;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_history::End;
use fieldday_history::event::{Cause, EventKind, NoAnswer};
use fieldday_kernel::time::Span;

const RULE: Rule = Rule::AppSlowUi;

#[derive(Default)]
pub(crate) struct SlowUi {
    phones: PerClient<Phone>,
}

#[derive(Default)]
struct Phone {
    /// An indicator that must be told of: for which call and endpoint, how long, and since when.
    owed: Option<(u32, Op, Span, Span)>,
    /// By endpoint: when "Retrying..." was last shown.
    retrying: Vec<(Op, Span)>,
}

fn is_looked_at(cause: Cause) -> bool {
    matches!(cause, Cause::Screen(_) | Cause::Tap)
}

impl Judge for SlowUi {
    const RULES: &'static [Rule] = &[RULE];

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        let phone = self.phones.of(t.client.index);
        match t.what {
            EventKind::Logged { .. } => {}
            EventKind::Spinner { op, during } => match phone.owed.take() {
                Some((.., owed, time, _)) if owed == *op && time == *during => notes.held(Part::SlowIndicator),
                _ => notes.broken(Part::SlowIndicator, t, || {
                    format!(
                        "expected an indicator for as long as a call took beyond {AFTER}, it was shown for {during}"
                    )
                }),
            },
            EventKind::Retrying { op } => {
                phone.retrying.retain(|(of, _)| of != op);
                phone.retrying.push((*op, t.at));
                phone.is_owing(t.client, notes);
            }
            EventKind::Killed => phone.owed = None,
            _ => phone.is_owing(t.client, notes),
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        let phone = self.phones.of(s.client.index);
        phone.is_owing(s.client, notes);
        let Some(prior) = s.attempt.prior.filter(|_| s.client.is_phone() && is_looked_at(s.attempt.cause)) else {
            return;
        };
        if matches!(prior.end, PreviousEnd::Refused { status: 401, .. }) {
            return;
        }
        let told = phone.retrying.iter().any(|(op, at)| *op == s.attempt.op && *at >= prior.ended_at);
        notes.judge(Part::SlowRetrying, s, told, || {
            "expected \"Retrying...\" before a call is sent again, it was not shown".to_owned()
        });
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        if !x.client.is_phone() {
            return;
        }
        let phone = self.phones.of(x.client.index);
        phone.is_owing(x.client, notes);
        let is_over = !matches!(x.end, End::Unanswered(NoAnswer::Killed));
        if is_looked_at(x.cause) && is_over && x.took() > AFTER {
            phone.owed = Some((x.number, x.op, x.took() - AFTER, x.ended_at));
        }
    }
}

impl Phone {
    fn is_owing(&mut self, client: &ClientInfo, notes: &mut Notes) {
        if let Some((call, op, during, at)) = self.owed.take() {
            let place = Place { at, client, call: Some(call), request_id: None, op: Some(op) };
            notes.broken(Part::SlowIndicator, &place, || {
                format!("expected a loading indicator for {during}, there was none")
            });
        }
    }
}
