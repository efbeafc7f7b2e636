//! The changes of an answer that are tried: each makes another answer of it, and says what would then be expected.

use super::Want;
use super::json::{Place, at, leaves};
use crate::attempts::Attempt;
use fieldday_api::call::{Answer, Response};
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::http::{decode_answer, encode, encode_answer, redacted_answer};
use fieldday_api::names::AudioStorage;
use fieldday_api::rules::Rule;
use fieldday_history::End;
use fieldday_history::event::{Cause, CredentialKind};
use serde_json::Value;

/// An answer as it should perhaps have been.
#[derive(Clone, Debug)]
pub struct Change {
    /// The answer as it would be with the change.
    pub response: Response,
    /// What a correct answer would have, and this one has.
    pub wants: Vec<Want>,
    /// Where `wants` has several entries: for each, the answer without what it expects.
    pub without: Vec<Change>,
}

impl Change {
    pub(super) fn new(response: Response, want: Want) -> Change {
        Change { response, wants: vec![want], without: Vec::new() }
    }
}

/// What is tried of the answer to an attempt, the likeliest first.
pub fn changes(number: usize, attempts: &[Attempt<'_>], rule: Rule) -> Vec<Change> {
    let Some(End::Answered(response)) = attempts[number].end else { return Vec::new() };
    let answer = Subject { number, attempts, response };
    if response.status >= 400 {
        let mut all = answer.in_the_envelope();
        all.extend(answer.successes());
        // A refusal where another was to come; where a success was, what follows from the rule is said last.
        all.extend(refusals().into_iter().filter(|_| expects_refusal(rule, &attempts[number])));
        return all;
    }
    let values = || {
        let mut all = answer.earlier_values();
        all.extend(answer.wholes(rule));
        all.extend(answer.sent_values());
        all.extend(answer.constants());
        all
    };
    let rows = || {
        let mut all = answer.without_rows();
        all.extend(answer.with_rows());
        all.extend(answer.in_another_order());
        all
    };
    let mut all = Vec::new();
    match rule {
        Rule::TenancyIsolated | Rule::TenancyFromTokenOnly | Rule::OwnershipOwnOnly | Rule::PagingExact => {
            all.extend(rows());
            all.extend(refusals());
            all.extend(values());
        }
        Rule::TaskCreateSingle => all.extend(answer.without_rows()),
        // What was processed once is not unprocessed: the step before it is done.
        Rule::RecordingStatusForward => {
            all.extend(answer.step_done());
            all.extend(answer.earlier_values());
        }
        Rule::AuthTokenRequired
        | Rule::AuthTokenExpiry
        | Rule::AuthTenantClaim
        | Rule::AuthRoleGate
        | Rule::RecordingStartPrerequisites
        | Rule::AppointmentWonDealSize
        | Rule::ValidationRejects => {
            all.extend(refusals());
            all.extend(values());
            all.extend(rows());
        }
        _ => {
            all.extend(values());
            all.extend(rows());
            all.extend(refusals());
        }
    }
    all
}

/// Whether a request was sent in order to be refused.
fn expects_refusal(rule: Rule, attempt: &Attempt<'_>) -> bool {
    let is_role_map = rule == Rule::AuthRoleMap;
    let is_probe = matches!(attempt.sent.cause, Cause::Probe(_) | Cause::Check);
    is_probe && !is_role_map && !matches!(attempt.sent.bearer, CredentialKind::Alias { .. })
}

/// Each refusal that the API knows.
pub fn refusals() -> Vec<Change> {
    [
        ErrorCode::InvalidToken,
        ErrorCode::TokenExpired,
        ErrorCode::MissingTenantId,
        ErrorCode::RbacViolation,
        ErrorCode::NotFound,
        ErrorCode::ValidationError,
        ErrorCode::InvalidRequest,
    ]
    .into_iter()
    .map(|code| {
        let error = ErrorBody::new(code, "refused", "req_0");
        let refused = Response {
            status: code.status(),
            answer: Answer::Error(Box::new(error)),
            retry_after: None,
            stand_ins: Vec::new(),
        };
        Change::new(refused, Want::Status(vec![code.status()]))
    })
    .collect()
}

pub(super) struct Subject<'a> {
    pub(super) number: usize,
    pub(super) attempts: &'a [Attempt<'a>],
    response: &'a Response,
}

pub(super) fn json(answer: &Answer) -> Value {
    encode_answer(answer).and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or(Value::Null)
}

/// Whether a value is one that is private: it stands as a token wherever people read.
fn is_private(redacted: &Value, place: &Place) -> bool {
    let mut redacted = redacted.clone();
    at(&mut redacted, &place.steps).is_some_and(|value| value.as_str().is_some_and(|s| s.starts_with("private:")))
}

impl Subject<'_> {
    pub(super) fn body(&self) -> Value {
        json(&self.response.answer)
    }

    fn redacted(&self) -> Value {
        let body = redacted_answer(&self.response.answer);
        body.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or(Value::Null)
    }

    /// The same answer with another body; none if that is none that the endpoint gives.
    pub(super) fn with(&self, body: &Value) -> Option<Response> {
        let op = self.attempts[self.number].sent.request.op();
        let answer = decode_answer(op, self.response.status, body.to_string().as_bytes());
        (!matches!(answer, Answer::Foreign(_))).then(|| Response { answer, ..self.response.clone() })
    }

    fn put(&self, place: &Place, value: &Value) -> Option<Response> {
        let mut body = self.body();
        *at(&mut body, &place.steps)? = value.clone();
        self.with(&body)
    }

    /// The other answers: the nearest before this one first, then those that were under way beside it.
    pub(super) fn others(&self) -> Vec<(usize, &Response)> {
        let here = &self.attempts[self.number];
        let answered = |number: usize| match self.attempts[number].end {
            Some(End::Answered(response)) if response.status < 400 => Some((number, response.as_ref())),
            _ => None,
        };
        let before = (0..self.number).rev().filter_map(answered);
        let beside = (self.number + 1..self.attempts.len()).filter(|other| self.attempts[*other].at < here.until);
        before.chain(beside.filter_map(answered)).collect()
    }

    /// A value of an earlier answer in place of this one's.
    fn earlier_values(&self) -> Vec<Change> {
        let body = self.body();
        let mut found: Vec<Change> = Vec::new();
        let others: Vec<(usize, Value)> =
            self.others().into_iter().map(|(number, response)| (number, json(&response.answer))).collect();
        let mut places = leaves(&body);
        // What something is comes before how it is.
        places.sort_by_key(|(place, _)| !place.name().ends_with("id"));
        for (place, value) in places {
            let mut tried: Vec<Value> = vec![value.clone()];
            for (number, other) in &others {
                for (from, earlier) in leaves(other) {
                    let is_alike = is_same_name(place.name(), from.name()) && same_row(&place, &from);
                    if !is_alike || tried.contains(earlier) || !same_kind(&place, value, earlier) {
                        continue;
                    }
                    tried.push(earlier.clone());
                    let want = Want::Same(place.clone(), *number, from);
                    found.extend(self.put(&place, earlier).map(|response| Change::new(response, want)));
                }
            }
        }
        found
    }

    /// The whole of an earlier answer of the same endpoint in place of this one.
    fn wholes(&self, rule: Rule) -> Vec<Change> {
        let op = self.attempts[self.number].sent.request.op();
        let is_foreign = |other: &Attempt<'_>| {
            let keeps_apart = matches!(rule, Rule::TenancyIsolated | Rule::OwnershipOwnOnly);
            keeps_apart && other.client != self.attempts[self.number].client
        };
        let body = self.body();
        let mut found = Vec::new();
        for (number, response) in self.others() {
            let other = &self.attempts[number];
            if other.sent.request.op() != op || is_foreign(other) {
                continue;
            }
            let whole = Response { status: self.response.status, ..response.clone() };
            let other = json(&response.answer);
            let (mut wants, mut without) = (Vec::new(), Vec::new());
            for (place, value) in leaves(&body) {
                let mut back = other.clone();
                let Some(there) = at(&mut back, &place.steps) else { continue };
                if there == value {
                    continue;
                }
                *there = value.clone();
                let Some(back) = self.with(&back) else { continue };
                wants.push(Want::Same(place.clone(), number, place.clone()));
                without.push(Change { response: back, wants: Vec::new(), without: Vec::new() });
            }
            if !wants.is_empty() {
                found.push(Change { response: whole, wants, without });
            }
        }
        found
    }

    /// A value that a request sent in place of this one's: for each request its values one by one, then all of it together.
    fn sent_values(&self) -> Vec<Change> {
        let (body, redacted) = (self.body(), self.redacted());
        let mut found = Vec::new();
        for sent in self.attempts[..=self.number].iter().rev() {
            let Some(request) = encode(&sent.sent.request).body else { continue };
            let Ok(request) = serde_json::from_slice::<Value>(&request) else { continue };
            let (mut together, mut wants) = (body.clone(), Vec::new());
            for (from, value) in leaves(&request) {
                for (place, here) in leaves(&body) {
                    let is_alike = place.name() == from.name() && here != value && !is_private(&redacted, &place);
                    let Some(response) = self.put(&place, value).filter(|_| is_alike) else { continue };
                    let want = Want::Value(place.clone(), value.clone());
                    found.push(Change::new(response, want.clone()));
                    if let Some(there) = at(&mut together, &place.steps) {
                        *there = value.clone();
                        wants.push(want);
                    }
                }
            }
            if let Some(response) = self.with(&together).filter(|_| wants.len() > 1) {
                found.push(Change { response, wants, without: Vec::new() });
            }
        }
        found
    }

    /// Nothing, a share in place of a percentage, a count that is off by a few.
    fn constants(&self) -> Vec<Change> {
        let body = self.body();
        let redacted = self.redacted();
        let mut found: Vec<Change> = self.shares().into_iter().collect();
        for (place, value) in leaves(&body) {
            let mut others: Vec<Value> = Vec::new();
            if let Some(number) = value.as_f64().filter(|number| *number > 1.0)
                && let Some(response) = self.put(&place, &Value::from(number / 100.0))
            {
                found.push(Change::new(response, Want::AtMost(place.clone(), 1.0)));
            }
            if let Some(count) = value.as_i64() {
                others.extend((1..=12).flat_map(|by| [count + by, count - by]).filter(|n| *n >= 0).map(Value::from));
            }
            if !value.is_null() && !value.is_number() {
                others.push(Value::Null);
            }
            if value.as_str().is_some_and(|word| AudioStorage::WORDS.contains(&word)) {
                found.extend(self.stored_nowhere(&place, value));
            }
            if !is_private(&redacted, &place) {
                for other in others {
                    let want = Want::Value(place.clone(), other.clone());
                    found.extend(self.put(&place, &other).map(|response| Change::new(response, want)));
                }
            }
        }
        found
    }

    /// The first step of a session done, too.
    fn step_done(&self) -> Vec<Change> {
        let done = Value::from("completed");
        let begun = |(place, value): &(Place, &Value)| place.name() == "analysis_status" && **value != "not_started";
        if !leaves(&self.body()).iter().any(begun) {
            return Vec::new();
        }
        let steps = leaves(&self.body()).into_iter().map(|(place, _)| place).collect::<Vec<_>>();
        let steps = steps.into_iter().filter(|place| place.name() == "transcription_status");
        steps
            .filter_map(|place| Some(Change::new(self.put(&place, &done)?, Want::Value(place.clone(), done.clone()))))
            .collect()
    }

    /// All scores as shares, where they are percentages.
    fn shares(&self) -> Option<Change> {
        let mut body = self.body();
        let mut wants = Vec::new();
        for (place, value) in leaves(&self.body()) {
            let is_share = ["score", "confidence", "probability"].iter().any(|end| place.name().ends_with(end));
            if let Some(percent) = value.as_f64().filter(|percent| *percent > 1.0 && is_share) {
                if place.name() != "sop_compliance_score" {
                    wants.push(Want::AtMost(place.clone(), 1.0));
                } else if percent <= 10.0 {
                    continue;
                }
                *at(&mut body, &place.steps)? = Value::from(percent / 100.0);
            }
        }
        let response = self.with(&body).filter(|_| wants.len() > 1)?;
        Some(Change { response, wants, without: Vec::new() })
    }

    /// Audio that is kept nowhere: another word for where it is, and no URL.
    fn stored_nowhere(&self, place: &Place, word: &Value) -> Option<Change> {
        let mut body = self.body();
        let mut wants = vec![Want::Not(place.clone(), word.clone())];
        *at(&mut body, &place.steps)? = Value::from(AudioStorage::NotStored.as_str());
        let urls: Vec<Place> = leaves(&body).into_iter().map(|(place, _)| place).collect();
        for place in urls.into_iter().filter(|place| matches!(place.name(), "audio_url" | "audio_upload_url")) {
            *at(&mut body, &place.steps)? = Value::Null;
            wants.push(Want::Value(place, Value::Null));
        }
        Some(Change { response: self.with(&body)?, wants, without: Vec::new() })
    }

    /// The refusal in the API's form.
    fn in_the_envelope(&self) -> Vec<Change> {
        let code = match self.response.status {
            401 => ErrorCode::InvalidToken,
            403 => ErrorCode::RbacViolation,
            404 => ErrorCode::NotFound,
            405 => ErrorCode::MethodNotAllowed,
            429 => ErrorCode::RateLimited,
            status if status >= 500 => ErrorCode::InternalError,
            _ => ErrorCode::ValidationError,
        };
        let answer = Answer::Error(Box::new(ErrorBody::new(code, "refused", "req_0")));
        let response = Response { answer, stand_ins: Vec::new(), ..self.response.clone() };
        vec![Change::new(response, Want::Envelope)]
    }

    /// The success of another attempt of the same endpoint in place of this refusal.
    fn successes(&self) -> Vec<Change> {
        let op = self.attempts[self.number].sent.request.op();
        let same = |(number, _): &(usize, &Response)| self.attempts[*number].sent.request.op() == op;
        let others = self.others().into_iter().filter(same);
        others.map(|(_, other)| Change::new(other.clone(), Want::Status(Vec::new()))).collect()
    }
}

/// The id of a session has two names.
fn is_same_name(one: &str, other: &str) -> bool {
    let is_id = |name: &str| name == "id" || name == "recording_session_id";
    one == other || is_id(one) && is_id(other)
}

/// An id is exchanged for one of the same kind of row alone: `shift_1` for `shift_2`.
fn same_kind(place: &Place, one: &Value, other: &Value) -> bool {
    let kind = |value: &Value| value.as_str().and_then(|id| id.split_once('_')).map(|(kind, _)| kind.to_owned());
    !place.name().ends_with("id") || kind(one) == kind(other)
}

/// Two places in rows are compared only where it is the same row, but for its id.
fn same_row(one: &Place, other: &Place) -> bool {
    match (&one.row, &other.row) {
        (Some((_, one, field)), Some((_, other, _))) => one == other || field == "id",
        _ => true,
    }
}
