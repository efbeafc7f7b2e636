//! `app.forbidden-final` (§0.1, §0.3): a 403 is never tried again: not in the same call, not for the same action, and no audio
//! at an upload URL that was refused.

use crate::exchanges::{Exchange, PreviousEnd, SentAttempt};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::notes::Notes;
use crate::tables::{PerClient, push_bounded};
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::Cause;
use std::sync::Arc;

const RULE: Rule = Rule::AppForbiddenFinal;
/// The most refused actions that are remembered of a rep.
const ACTIONS: usize = 16;

#[derive(Default)]
pub(crate) struct ForbiddenFinal {
    /// Queued actions that were answered 403.
    actions: PerClient<Vec<u32>>,
    /// Uploads that were answered 403.
    uploads: PerClient<Vec<Arc<Call>>>,
}

impl Judge for ForbiddenFinal {
    const RULES: &'static [Rule] = &[RULE];

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        if !s.client.is_phone() {
            return;
        }
        let call = matches!(s.attempt.prior.map(|p| p.end), Some(PreviousEnd::Refused { status: 403, .. }));
        let action = matches!(s.attempt.cause, Cause::Queue { action }
            if self.actions.of(s.client.index).contains(&action));
        let upload = s.attempt.op == Op::PutAudio && self.uploads.of(s.client.index).contains(&s.attempt.call);
        if call || action || upload {
            notes.broken(RULE, s, || "expected a 403 to be final, the request was sent again".to_owned());
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        if x.client.is_phone() && x.refusal() == Some(403) {
            notes.held(RULE);
            if x.op == Op::PutAudio {
                push_bounded(self.uploads.of(x.client.index), ACTIONS, x.call.clone());
            }
            if let Cause::Queue { action } = x.cause {
                push_bounded(self.actions.of(x.client.index), ACTIONS, action);
            }
        }
    }
}
