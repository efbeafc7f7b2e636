//! `app.bearer` (§0.1): every call carries a bearer token.

use crate::exchanges::SentAttempt;
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use fieldday_api::rules::Rule;

#[derive(Default)]
pub(crate) struct BearerSent;

impl Judge for BearerSent {
    const RULES: &'static [Rule] = &[Rule::AppBearer];
    const ENDED: Ops = Ops::NONE;

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        // An endpoint that asks for no role asks for no token.
        if s.client.is_phone() && !s.attempt.op.endpoint().roles.is_empty() {
            notes.judge(Rule::AppBearer, s, s.attempt.bearer != fieldday_api::token::CredentialKind::None, || {
                "expected a bearer token, there was none".to_owned()
            });
        }
    }
}
