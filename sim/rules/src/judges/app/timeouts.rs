//! `app.timeouts` (§0.4): the app waits no longer than the call's class allows.
//!
//! The audio itself is a transfer in the background with a limit of its own, which events do not tell.

use crate::exchanges::{Exchange, SentAttempt};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::Notes;
use fieldday_api::endpoint::TimeoutClass;
use fieldday_api::rules::Rule;

const RULE: Rule = Rule::AppTimeouts;

#[derive(Default)]
pub(crate) struct Timeouts;

impl Judge for Timeouts {
    const RULES: &'static [Rule] = &[RULE];

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        let class = s.attempt.op.endpoint().class;
        if s.client.is_phone() && class != TimeoutClass::Transfer {
            let (limit, patience) = (notes.settings.pace.limit(class), s.attempt.patience);
            notes.judge(RULE, s, patience <= limit, || {
                format!("expected a wait of at most {limit}, the app plans to wait {patience}")
            });
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        let class = x.op.endpoint().class;
        let limit = notes.settings.pace.limit(class);
        if x.client.is_phone() && class != TimeoutClass::Transfer && x.took() > limit {
            notes.broken(RULE, x, || format!("expected a wait of at most {limit}, the app waited {}", x.took()));
        }
    }
}
