//! A failure as `repro.har`: what went over the network, for the tools of a browser. HTTP Archive 1.2, as a
//! few plain types: the fields that the format demands, and `_error`, with which browsers note a request without an answer.

use crate::attempts::problem;
use crate::attempts::{Attempt, attempts};
use fieldday_api::call::{Answer, Call};
use fieldday_api::http::{redacted, redacted_answer};
use fieldday_history::event::CredentialKind;
use fieldday_history::{End, Event};
use fieldday_kernel::time::Time;
use serde::Serialize;

/// Where the requests of an archive go: nobody's real backend.
pub const BASE: &str = "https://otto.example";

#[derive(Serialize)]
struct Har {
    log: Log,
}

#[derive(Serialize)]
struct Log {
    version: &'static str,
    creator: Creator,
    entries: Vec<Entry>,
    comment: String,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: Time,
    time: f64,
    request: Request,
    response: Response,
    cache: Cache,
    timings: Timings,
    comment: String,
}

#[derive(Serialize)]
struct Cache {}

#[derive(Serialize)]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

#[derive(Serialize)]
struct Pair {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: &'static str,
    url: String,
    http_version: &'static str,
    cookies: [Pair; 0],
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData>,
    headers_size: i64,
    body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    mime_type: &'static str,
    params: [Pair; 0],
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: u16,
    status_text: &'static str,
    http_version: &'static str,
    cookies: [Pair; 0],
    headers: Vec<Pair>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: &'static str,
    headers_size: i64,
    body_size: i64,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    size: i64,
    mime_type: &'static str,
    text: String,
}

const JSON: &str = "application/json";
const HTTP: &str = "HTTP/1.1";
/// The archive's way to say that a size is not known.
const UNKNOWN: i64 = -1;

/// The archive of a failure's events. `start` is when the scenario starts, `about` says what is broken.
pub fn har(events: &[Event], start: Time, about: &str) -> String {
    let entries = attempts(events).iter().map(|attempt| entry(attempt, start)).collect();
    let creator = Creator { name: "Field Day", version: env!("CARGO_PKG_VERSION").to_owned() };
    let har = Har { log: Log { version: "1.2", creator, entries, comment: about.to_owned() } };
    fieldday_paint::json(&har).unwrap_or_default()
}

fn entry(attempt: &Attempt<'_>, start: Time) -> Entry {
    // Exact: a span of microseconds is far below what a double holds.
    let wait = (attempt.until.as_micros() - attempt.at.as_micros()).max(0) as f64 / 1_000.0;
    Entry {
        started_date_time: start + attempt.at,
        time: wait,
        request: request(attempt),
        response: response(attempt),
        cache: Cache {},
        timings: Timings { send: 0.0, wait, receive: 0.0 },
        comment: format!("{}, call {}, attempt {}", attempt.name, attempt.sent.call, attempt.sent.attempt + 1),
    }
}

fn pair(name: &str, value: impl Into<String>) -> Pair {
    Pair { name: name.to_owned(), value: value.into() }
}

fn request(attempt: &Attempt<'_>) -> Request {
    let call = attempt.sent.request.as_ref();
    let http = redacted(call);
    let mut headers = vec![pair("Host", BASE.trim_start_matches("https://"))];
    if attempt.sent.bearer != CredentialKind::None && !matches!(call, Call::PutAudio { .. }) {
        headers.push(pair("Authorization", "Bearer REDACTED"));
    }
    if let Call::Raw(raw) = call
        && let Some(company) = &raw.company_id
    {
        headers.push(pair("X-Company-Id", company.as_str()));
    }
    let (body_size, mime_type) = match call {
        Call::PutAudio { bytes, .. } => (i64::try_from(*bytes).unwrap_or(i64::MAX), "audio/mp4"),
        _ => (http.body.as_ref().map_or(0, |body| body.len() as i64), JSON),
    };
    if body_size > 0 {
        headers.push(pair("Content-Type", mime_type));
    }
    let text = http.body.as_ref().map(|body| String::from_utf8_lossy(body).into_owned());
    let split = |pair_of: &str| {
        let (name, value) = pair_of.split_once('=').unwrap_or((pair_of, ""));
        pair(name, value)
    };
    let query_string = http.query.split('&').filter(|pair| !pair.is_empty()).map(split).collect();
    let query = if http.query.is_empty() { String::new() } else { format!("?{}", http.query) };
    Request {
        method: http.method.as_str(),
        url: format!("{BASE}{}{query}", http.path),
        http_version: HTTP,
        cookies: [],
        headers,
        query_string,
        post_data: (body_size > 0).then(|| PostData { mime_type, params: [], text: text.unwrap_or_default() }),
        headers_size: UNKNOWN,
        body_size,
    }
}

fn response(attempt: &Attempt<'_>) -> Response {
    let mut response = Response {
        status: 0,
        status_text: "",
        http_version: "",
        cookies: [],
        headers: Vec::new(),
        content: Content { size: 0, mime_type: "x-unknown", text: String::new() },
        redirect_url: "",
        headers_size: UNKNOWN,
        body_size: UNKNOWN,
        error: problem(attempt.end),
    };
    if let Some(End::Answered(answered)) = attempt.end {
        let text = redacted_answer(&answered.answer).map(|body| String::from_utf8_lossy(&body).into_owned());
        let mime_type = if matches!(answered.answer, Answer::Foreign(_)) { "text/plain" } else { JSON };
        if text.is_some() {
            response.headers.push(pair("Content-Type", mime_type));
        }
        if let Some(after) = answered.retry_after {
            response.headers.push(pair("Retry-After", after.as_seconds().to_string()));
        }
        let text = text.unwrap_or_default();
        let size = text.len() as i64;
        (response.status, response.http_version, response.body_size) = (answered.status, HTTP, size);
        response.content = Content { size, mime_type, text };
    }
    response
}
