//! `error.envelope` (§0.3, §4): every error has a code that fits its status, a message and a request id.
//!
//! Held means that all three were there. A code that the specification does not have decides nothing here: it is a contract
//! finding.
//!
//! Where a status has several codes, the request may tell which cannot be: a read has no body to be invalid
//! (`VALIDATION_ERROR`), and a token of the day names its tenant (`MISSING_TENANT_ID`).

use crate::exchanges::Exchange;
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::judges::auth::said_words;
use crate::notes::Notes;
use fieldday_api::call::Answer;
use fieldday_api::endpoint::Op;
use fieldday_api::error::{ErrorCode, UNKNOWN_CODE};
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_history::event::CredentialKind;

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
        let part = match status {
            400 | 422 => Part::EnvelopeRequest,
            401 => Part::EnvelopeUnauthorized,
            403 => Part::EnvelopeForbidden,
            404 => Part::EnvelopeNotFound,
            500.. => Part::EnvelopeServer,
            _ => Part::EnvelopeOther,
        };
        match &response.answer {
            Answer::Error(body) => {
                let detail = &body.detail;
                let is_unknown = response.stand_ins.iter().any(|place| place == UNKNOWN_CODE);
                let parts = [
                    ("error_code", is_unknown || response.shows("error_code")),
                    ("message", !detail.message.is_empty()),
                    ("request_id", !detail.request_id.is_empty()),
                ];
                let missing: Vec<&str> = parts.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
                if missing.is_empty() && is_unknown {
                    return notes.inconclusive(part);
                }
                let fits = detail.error_code.agrees_with(status);
                notes.judge(part, x, missing.is_empty() && fits, || {
                    if missing.is_empty() {
                        let got = said_words(status, Some(detail.error_code));
                        format!("expected a detail.error_code that fits status {status}, got {got}")
                    } else {
                        let missing = missing.join(" and ");
                        format!(
                            "expected error_code, message and request_id with status {status}, there was no {missing}"
                        )
                    }
                });
                if response.shows("error_code") {
                    cause(status, detail.error_code, x, notes);
                }
            }
            // What stands between the phone and the backend answers with its own pages.
            Answer::Foreign(_) if matches!(status, 407 | 502 | 503 | 504 | 511) => {
                notes.inconclusive(part);
            }
            Answer::Foreign(what) => notes.broken(part, x, || {
                format!("expected the error envelope with status {status}, got another body ({what})")
            }),
            _ => notes.broken(part, x, || {
                format!("expected the error envelope with status {status}, got the body of a success")
            }),
        }
    }
}

/// Whether the code can be the cause.
fn cause(status: u16, code: ErrorCode, x: &Exchange<'_>, notes: &mut Notes) {
    let impossible = match (status, x.bearer) {
        (400, _) if !x.op.writes() => ErrorCode::ValidationError,
        (401, CredentialKind::Own | CredentialKind::Expired { .. } | CredentialKind::Forged) => {
            ErrorCode::MissingTenantId
        }
        _ => return,
    };
    notes.judge(Part::EnvelopeCause, x, code != impossible, || {
        let why = if status == 400 { "the request has no body" } else { "the token names its tenant" };
        format!("expected an error_code other than {} from {}: {why}", impossible.name(), x.op)
    });
}
