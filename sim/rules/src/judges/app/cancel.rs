//! `app.cancel` (§0.4): a person can cancel a slow call. Whoever presses the button is not kept waiting: the call ends there
//! and then. That a cancelled write counts as undetermined is `app.create-task-asks`' business.

use crate::exchanges::{ClientEvent, ClientInfo, Exchange, SentAttempt};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::{Notes, Place};
use crate::tables::PerClient;
use fieldday_api::rules::Rule;
use fieldday_history::End;
use fieldday_history::event::{EventKind, NoAnswer, UserAction};
use fieldday_kernel::time::Span;

const RULE: Rule = Rule::AppCancel;

#[derive(Default)]
pub(crate) struct Cancel {
    /// The time at which the person last cancelled, by the cell's clock; none if nothing was cancelled.
    pressed: PerClient<Option<Span>>,
}

impl Judge for Cancel {
    const RULES: &'static [Rule] = &[RULE];

    fn on_event(&mut self, t: &ClientEvent<'_>, notes: &mut Notes) {
        match t.what {
            EventKind::Person(UserAction::LosesPatience) => {
                self.goes_on(t.client, notes);
                *self.pressed.of(t.client.index) = Some(t.at);
            }
            EventKind::Killed => *self.pressed.of(t.client.index) = None,
            _ => self.goes_on(t.client, notes),
        }
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        self.goes_on(s.client, notes);
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        let is_cancelled = matches!(x.end, End::Unanswered(NoAnswer::Cancelled));
        let pressed = self.pressed.of(x.client.index);
        if is_cancelled && *pressed == Some(x.ended_at) {
            *pressed = None;
            notes.held(RULE);
        } else {
            self.goes_on(x.client, notes);
        }
    }
}

impl Cancel {
    /// Something else happened than the end of what was cancelled.
    fn goes_on(&mut self, client: &ClientInfo, notes: &mut Notes) {
        if let Some(at) = self.pressed.of(client.index).take() {
            let place = Place { at, client, call: None, request_id: None, op: None };
            notes.broken(RULE, &place, || "expected the call to end when it was cancelled, it went on".to_owned());
        }
    }
}
