//! `error.envelope` (§0.3, §4): every error has a code that fits its status, a message and a request id.

use crate::exchanges::Exchange;
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::judges::auth::said_words;
use crate::notes::Notes;
use fieldday_api::call::Answer;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;

#[derive(Default)]
pub(crate) struct Envelope;

impl Judge for Envelope {
    const RULES: &'static [Rule] = &[Rule::ErrorEnvelope];
    const SENT: Ops = Ops::NONE;

    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        let Some(response) = x.response().filter(|r| r.status >= 400) else { return };
        // The object store and the health path speak for themselves.
        if matches!(x.op, Op::PutAudio | Op::Health) {
            return;
        }
        let status = response.status;
        match &response.answer {
            Answer::Error(body) => {
                let detail = &body.detail;
                let missing = match (detail.message.is_empty(), detail.request_id.is_empty()) {
                    (true, true) => "detail.message and detail.request_id are",
                    (true, false) => "detail.message is",
                    (false, true) => "detail.request_id is",
                    (false, false) => "",
                };
                let whole = missing.is_empty();
                notes.judge(Rule::ErrorEnvelope, x, whole && detail.error_code.agrees_with(status), || {
                    if whole {
                        let got = said_words(status, Some(detail.error_code));
                        format!("expected a detail.error_code that fits status {status}, got {got}")
                    } else {
                        format!("expected a message and a request id with status {status}, {missing} empty or missing")
                    }
                });
            }
            // What stands between the phone and the backend answers with its own pages.
            Answer::Foreign(_) if matches!(status, 407 | 502 | 503 | 504 | 511) => {
                notes.inconclusive(Rule::ErrorEnvelope);
            }
            Answer::Foreign(what) => notes.broken(Rule::ErrorEnvelope, x, || {
                format!("expected the error envelope with status {status}, got another body ({what})")
            }),
            _ => notes.broken(Rule::ErrorEnvelope, x, || {
                format!("expected the error envelope with status {status}, got the body of a success")
            }),
        }
    }
}
