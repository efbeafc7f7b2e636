//! `app.request-id` (§0.3): the request id of every error answer is logged.
//!
//! Before the call's next attempt, or the day's end; an app that was killed first could not.

use crate::exchanges::{ClientEvent, Exchange, SentAttempt};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::{Notes, Place};
use crate::tables::PerClient;
use fieldday_api::SmolStr;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::EventKind;
use fieldday_kernel::time::Span;

const RULE: Rule = Rule::AppRequestId;
/// Errors not yet logged, remembered per rep.
const OWED: usize = 64;

#[derive(Default)]
pub(crate) struct RequestId {
    owed: PerClient<Vec<ExpectedLogLine>>,
}

struct ExpectedLogLine {
    call: u32,
    op: Op,
    at: Span,
    request_id: SmolStr,
}

impl Judge for RequestId {
    const RULES: &'static [Rule] = &[RULE];

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        if !matches!(t.what, EventKind::Logged { .. } | EventKind::Killed | EventKind::DayEnded { .. }) {
            return;
        }
        let owed = self.owed.of(t.client.index);
        match t.what {
            EventKind::Logged { call, request_id, .. } => {
                if let Some(place) = owed.iter().position(|o| o.call == *call && o.request_id == *request_id) {
                    owed.swap_remove(place);
                    notes.held(RULE);
                }
            }
            EventKind::Killed => owed.drain(..).for_each(|_| notes.inconclusive(RULE)),
            EventKind::DayEnded { .. } => {
                for o in owed.drain(..) {
                    missing(&o, t.client, notes);
                }
            }
            _ => {}
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        if s.attempt.attempt == 0 {
            return;
        }
        let owed = self.owed.of(s.client.index);
        if let Some(place) = owed.iter().position(|o| o.call == s.attempt.number) {
            let o = owed.swap_remove(place);
            missing(&o, s.client, notes);
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        if !x.client.is_phone() || x.refusal().is_none() {
            return;
        }
        let Some(request_id) = x.response().and_then(|r| r.request_id()) else { return };
        let owed = self.owed.of(x.client.index);
        // An error without an id is the backend's fault, and there is nothing to log.
        if owed.len() < OWED && !request_id.is_empty() {
            owed.push(ExpectedLogLine { call: x.number, op: x.op, at: x.ended_at, request_id: request_id.clone() });
        }
    }
}

fn missing(o: &ExpectedLogLine, client: &crate::exchanges::ClientInfo, notes: &mut Notes) {
    let (request_id, op) = (Some(o.request_id.clone()), Some(o.op));
    let place = Place { at: o.at, client, call: Some(o.call), request_id, op };
    notes.broken(RULE, &place, || format!("expected {} in the log, it is not there", o.request_id));
}
