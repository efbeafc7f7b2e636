//! `app.bearer` (§0.1): every call carries a bearer token.

use crate::docket::Sending;
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use fieldday_api::rules::Rule;

#[derive(Default)]
pub(crate) struct Bearer;

impl Judge for Bearer {
    const RULES: &'static [Rule] = &[Rule::AppBearer];
    const ENDED: Ops = Ops::NONE;

    fn sent(&mut self, s: &Sending<'_>, _: &Facts, notes: &mut Notes) {
        // An endpoint that asks for no role asks for no token.
        if s.client.is_phone() && !s.flight.op.endpoint().roles.is_empty() {
            notes.judge(Rule::AppBearer, s, s.flight.bearer != fieldday_api::token::Bearer::None, || {
                "expected a bearer token, there was none".to_owned()
            });
        }
    }
}
