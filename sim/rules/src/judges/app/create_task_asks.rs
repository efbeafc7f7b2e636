//! `app.create-task-asks` (§0.2): creating a task is repeated only after the person said yes.
//!
//! A repeat is another attempt of the call, or another call with the same body, while an attempt is under way or ended in
//! doubt. An attempt that was refused or never left the phone did nothing, and may be followed by another.

use crate::exchanges::{ClientEvent, Effect, Exchange, SentAttempt};
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, push_bounded};
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::EventKind;
use std::sync::Arc;

const RULE: Rule = Rule::AppCreateTaskAsks;
/// Requests in doubt remembered per rep.
const DOUBTS: usize = 16;

#[derive(Default)]
pub(crate) struct CreateTaskAsks {
    doubts: PerClient<Vec<IndeterminateCreate>>,
}

struct IndeterminateCreate {
    call: u32,
    body: Arc<Call>,
    /// Whether the person said yes since the last attempt.
    yes: bool,
    under_way: bool,
}

impl Judge for CreateTaskAsks {
    const RULES: &'static [Rule] = &[RULE];
    const SENT: Ops = Ops::of(&[Op::CreateTask]);
    const ENDED: Ops = Ops::of(&[Op::CreateTask]);

    fn on_event(&mut self, t: &ClientEvent<'_>, _: &mut Notes) {
        if let EventKind::AskedToRetry { call, yes } = t.what
            && let Some(doubt) = self.doubts.of(t.client.index).iter_mut().find(|d| d.call == *call)
        {
            doubt.yes = *yes;
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        if s.attempt.op != Op::CreateTask || !s.client.is_phone() {
            return;
        }
        let doubts = self.doubts.of(s.client.index);
        let (call, body) = (s.attempt.number, &s.attempt.call);
        let before = doubts.iter().position(|d| d.call == call || *d.body == **body);
        if let Some(place) = before {
            let doubt = doubts.remove(place);
            notes.judge(RULE, s, doubt.yes && !doubt.under_way, || match doubt.under_way {
                true => {
                    format!(
                        "expected one request, the same request was sent again while call {} was in flight",
                        doubt.call
                    )
                }
                false => format!(
                    "expected the user to confirm before call {} was repeated, which did not happen",
                    doubt.call
                ),
            });
        }
        push_bounded(doubts, DOUBTS, IndeterminateCreate { call, body: body.clone(), yes: false, under_way: true });
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        if x.op != Op::CreateTask || !x.client.is_phone() {
            return;
        }
        let doubts = self.doubts.of(x.client.index);
        let Some(place) = doubts.iter().position(|d| d.call == x.number) else { return };
        doubts[place].under_way = false;
        if x.effect() == Effect::Unknown {
            notes.held(RULE);
        } else {
            doubts.remove(place);
        }
    }
}
