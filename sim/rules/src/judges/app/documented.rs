//! `app.no-tenant` (§0.1, §0.5): the app never sends `tenant_id` or `X-Company-Id`. `app.documented-only` (§0.5): it calls
//! documented endpoints alone.
//!
//! A typed call cannot but keep both; what a broken app sends beside them comes as raw requests.

use crate::exchanges::SentAttempt;
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use fieldday_api::call::{Call, RawCall};
use fieldday_api::http::is_documented;
use fieldday_api::rules::Rule;

#[derive(Default)]
pub(crate) struct Documented;

fn names_tenant(raw: &RawCall) -> bool {
    let in_query = raw.query.split('&').any(|pair| pair.starts_with("tenant_id="));
    in_query || raw.body.contains("\"tenant_id\"") || raw.company_id.is_some()
}

impl Judge for Documented {
    const RULES: &'static [Rule] = &[Rule::AppNoTenant, Rule::AppDocumentedOnly];
    const ENDED: Ops = Ops::NONE;

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        if !s.client.is_phone() {
            return;
        }
        let Call::Raw(raw) = &*s.attempt.call else {
            notes.held(Rule::AppNoTenant);
            return notes.held(Rule::AppDocumentedOnly);
        };
        notes.judge(Rule::AppNoTenant, s, !names_tenant(raw), || {
            format!("expected the tenant to come from the token alone, {} names one", raw.op)
        });
        notes.judge(Rule::AppDocumentedOnly, s, is_documented(raw.method, &raw.path), || {
            format!("expected a documented endpoint, the app called {} {}", raw.method, raw.path)
        });
    }
}
