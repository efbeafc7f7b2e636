//! Reads an error in whatever envelope it comes: the spec's, RFC 7807, FastAPI's own, or a text.
//!
//! A backend may repeat in an error what was sent, and that may be private. So a message is [scrubbed](scrub) here, before
//! anything can write it, and so is a request id; of `details`, ids and short words alone are kept.

use super::bridge::{shown, word_of};
use super::kind::ContractKind::{ErrorCode as CodeKind, ErrorShape, MissingField, WrongType};
use super::kind::Notes;
use crate::error::{ErrorBody, ErrorCode, ErrorDetail, UNKNOWN_CODE};
use crate::private::{scan, scrub};
use fieldday_kernel::text::one_line;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Characters of a message that are kept.
const MESSAGE: usize = 300;
/// Characters of a request id that are kept.
const REQUEST_ID: usize = 200;
/// The most entries of `details` that are kept of an error answer.
const DETAILS: usize = 20;

/// Reads an error. None of its fields must be there: its status alone says something.
pub(super) fn read(status: u16, body: &Value, notes: &mut Notes) -> ErrorBody {
    let fields = body.as_object();
    let get = |name: &str| fields.and_then(|fields| fields.get(name));
    let detail = match get("detail") {
        Some(Value::Object(_)) => get("detail"),
        _ => None,
    };
    if detail.is_none() {
        let saw = match get("detail") {
            _ if fields.is_none() => word_of(body),
            Some(other) => word_of(other),
            None if get("title").is_some() => "problem",
            None => "missing",
        };
        notes.add(ErrorShape, "detail", saw);
    }
    let invalid = ["validation_errors", "errors", "detail"]
        .iter()
        .find_map(|name| get(name).or(detail.and_then(|d| d.get(*name))).filter(|list| list.is_array()));
    let error_code = code(status, detail, body, invalid.is_some(), notes);
    let request_id = request_id(detail, body, notes);
    let message = message(detail, body, invalid, notes);
    let details = details(detail, invalid, notes);
    ErrorBody { detail: ErrorDetail { error_code, message, request_id, details } }
}

/// The first text under one of these names, in `detail` or beside it.
fn text<'a>(detail: Option<&'a Value>, body: &'a Value, names: &[&str]) -> Option<(&'a str, bool)> {
    let within = detail.and_then(|detail| names.iter().find_map(|name| detail.get(*name)?.as_str()));
    let beside = |at: &'a Value| names.iter().find_map(|name| at.get(*name)?.as_str());
    within
        .map(|text| (text, true))
        .or_else(|| beside(body).or_else(|| beside(&body["error"])).map(|text| (text, false)))
}

fn code(status: u16, detail: Option<&Value>, body: &Value, invalid: bool, notes: &mut Notes) -> ErrorCode {
    let found = text(detail, body, &["error_code", "code"]);
    let by_status = || match status {
        400 | 422 if invalid => ErrorCode::ValidationError,
        422 => ErrorCode::ValidationError,
        400 => ErrorCode::InvalidRequest,
        401 => {
            let says = text(detail, body, &["message", "detail", "title"]).map(|(says, _)| says.to_ascii_lowercase());
            let expired = says.is_some_and(|says| says.contains("expired"));
            if expired { ErrorCode::TokenExpired } else { ErrorCode::InvalidToken }
        }
        403 => ErrorCode::RbacViolation,
        404 => ErrorCode::NotFound,
        405 => ErrorCode::MethodNotAllowed,
        429 => ErrorCode::RateLimited,
        500..=599 => ErrorCode::InternalError,
        _ => ErrorCode::InvalidRequest,
    };
    let Some((word, in_place)) = found else {
        notes.add(MissingField, "detail.error_code", "missing");
        notes.stands_in("detail.error_code");
        return by_status();
    };
    if detail.is_some() && !in_place {
        notes.add(ErrorShape, "detail.error_code", "beside detail");
    }
    let plain = word.trim().to_ascii_uppercase().replace(['-', ' ', '.'], "_");
    let known = serde_json::from_value(Value::String(plain.clone())).ok().filter(|code| *code != ErrorCode::Unknown);
    if known.is_none() || plain != word {
        notes.add(CodeKind, "detail.error_code", shown(&word.to_ascii_lowercase()));
    }
    known.unwrap_or_else(|| {
        notes.stands_in("detail.error_code");
        notes.stand_ins.push(UNKNOWN_CODE.into());
        by_status()
    })
}

fn request_id(detail: Option<&Value>, body: &Value, notes: &mut Notes) -> SmolStr {
    let names = ["request_id", "trace_id", "correlation_id"];
    let within = detail.and_then(|detail| names.iter().find_map(|name| detail.get(*name)));
    let beside = || [body, &body["error"]].into_iter().find_map(|at| names.iter().find_map(|name| at.get(*name)));
    let (found, in_place) = match within {
        Some(id) => (Some(id), true),
        None => (beside(), false),
    };
    if found.is_some() && detail.is_some() && !in_place {
        notes.add(ErrorShape, "detail.request_id", "beside detail");
    }
    let id = match found {
        Some(Value::String(id)) => shown_id(id),
        Some(Value::Number(number)) => {
            notes.add(WrongType, "detail.request_id", "number");
            number.to_string().into()
        }
        None | Some(Value::Null) => SmolStr::default(),
        Some(other) => {
            notes.add(WrongType, "detail.request_id", word_of(other));
            return SmolStr::default();
        }
    };
    if id.is_empty() {
        notes.add(MissingField, "detail.request_id", if found.is_none() { "missing" } else { "empty" });
    }
    id
}

/// An id as it came, but for what is private in it and what cannot be printed: whoever looks for it in the backend's logs must
/// find it.
pub fn shown_id(id: &str) -> SmolStr {
    kept(id.trim(), REQUEST_ID)
}

/// So many characters of a text, without what is private in it and what cannot be printed.
fn kept(text: &str, most: usize) -> SmolStr {
    // Looked at before it is cut: half of a phone number has no shape.
    let text = match text.char_indices().nth(LOOKED_AT) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    let line = one_line(text);
    let scrubbed = scrub(&line);
    match scrubbed.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", scrubbed[..end].trim_end()).into(),
        None => scrubbed.into(),
    }
}

/// Characters of a text that are looked at.
const LOOKED_AT: usize = 4_000;

fn message(detail: Option<&Value>, body: &Value, invalid: Option<&Value>, notes: &mut Notes) -> SmolStr {
    if invalid.is_some() {
        // What a validator says may repeat what was sent.
        return "validation failed".into();
    }
    let names = ["message", "detail", "error", "msg", "title"];
    let found = text(detail, body, &names).map(|(text, _)| text).or(body.as_str());
    if found.is_none() {
        notes.add(MissingField, "detail.message", "missing");
    }
    kept(found.unwrap_or_default(), MESSAGE)
}

fn details(detail: Option<&Value>, invalid: Option<&Value>, notes: &mut Notes) -> BTreeMap<SmolStr, SmolStr> {
    let mut kept = BTreeMap::new();
    let given = detail.and_then(|detail| detail.get("details")).filter(|given| !given.is_null());
    if let Some(other) = given.filter(|given| !given.is_object()) {
        notes.add(WrongType, "detail.details", word_of(other));
    }
    for (name, value) in given.and_then(Value::as_object).into_iter().flatten() {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => String::new(),
        };
        if !value.is_string() {
            notes.add(WrongType, "detail.details.*", word_of(value));
        }
        if is_word(name) && is_word(&text) && kept.len() < DETAILS {
            kept.insert(name.into(), text.into());
        }
    }
    // Of each thing that a validator found: where, and of what kind.
    for entry in invalid.and_then(Value::as_array).into_iter().flatten().take(DETAILS) {
        let place: Vec<&str> = match entry.get("loc").or(entry.get("field")) {
            Some(Value::Array(steps)) => steps.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(field)) => vec![field.as_str()],
            _ => continue,
        };
        let what = entry.get("type").and_then(Value::as_str).unwrap_or("invalid");
        let place = place.join(".");
        if is_word(&place) && is_word(what) {
            kept.insert(place.into(), what.into());
        }
    }
    kept
}

/// An error in the spec's form, with nothing of the shape of something private in it.
pub(super) fn tame(error: &mut ErrorBody) {
    let detail = &mut error.detail;
    detail.message = kept(&detail.message, MESSAGE);
    detail.request_id = shown_id(&detail.request_id);
    detail.details.retain(|name, text| is_word(name) && is_word(text));
}

/// An id, a field's name, a date, a kind of error.
fn is_word(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:/=".contains(&b))
        && scan(text).is_none()
}
