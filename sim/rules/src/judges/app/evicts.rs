//! `app.not-found-evicts` (§0.3): what answers 404 leaves the cache.
//!
//! It does so before the app sends or shows anything else; and what has left is not shown out of the cache again.

use crate::exchanges::{ClientEvent, ClientInfo, Exchange, SentAttempt};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::{Notes, Place};
use crate::tables::{PerClient, push_bounded};
use fieldday_api::SmolStr;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::{EventKind, Source};
use fieldday_kernel::time::Span;

const RULE: Rule = Rule::AppNotFoundEvicts;
/// The most evicted rows that are remembered of a rep.
const EVICTED: usize = 16;

#[derive(Default)]
pub(crate) struct NotFoundEvicts {
    phones: PerClient<Phone>,
}

#[derive(Default)]
struct Phone {
    owed: Vec<ExpectedEviction>,
    evicted: Vec<SmolStr>,
}

struct ExpectedEviction {
    call: u32,
    op: Op,
    at: Span,
    id: SmolStr,
}

impl Judge for NotFoundEvicts {
    const RULES: &'static [Rule] = &[RULE];

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        let phone = self.phones.of(t.client.index);
        match t.what {
            EventKind::Evicted { id } => {
                phone.owed.retain(|owed| owed.id != *id);
                notes.held(RULE);
                push_bounded(&mut phone.evicted, EVICTED, id.clone());
            }
            EventKind::Shown { of, from, .. } => {
                phone.is_late(t.client, notes);
                let Some(place) = phone.evicted.iter().position(|id| Some(id) == of.as_ref()) else { return };
                match from {
                    Source::Network => drop(phone.evicted.swap_remove(place)),
                    Source::Fresh | Source::Stale => {
                        let id = &phone.evicted[place];
                        notes.broken(RULE, t, || format!("expected {id} to be gone from the cache, it was shown"));
                    }
                    Source::Nothing => {}
                }
            }
            EventKind::Killed => phone.owed.drain(..).for_each(|_| notes.inconclusive(RULE)),
            EventKind::DayEnded { .. } => phone.is_late(t.client, notes),
            _ => {}
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        if s.client.is_phone() {
            self.phones.of(s.client.index).is_late(s.client, notes);
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        if x.refusal() != Some(404) || !x.client.is_phone() || x.op == Op::PutAudio {
            return;
        }
        if let Some(id) = x.call.path_id() {
            let owed = ExpectedEviction { call: x.number, op: x.op, at: x.ended_at, id: id.into() };
            self.phones.of(x.client.index).owed.push(owed);
        }
    }
}

impl Phone {
    fn is_late(&mut self, client: &ClientInfo, notes: &mut Notes) {
        for owed in self.owed.drain(..) {
            let place = Place { at: owed.at, client, call: Some(owed.call), request_id: None, op: Some(owed.op) };
            notes.broken(RULE, &place, || format!("expected {} to leave the cache after its 404, it stayed", owed.id));
        }
    }
}
