//! Writes a call with a deployment's own names.

use super::Dialect;
use super::names::*;
use crate::call::Call;
use crate::endpoint::Op;
use crate::http::{HttpRequest, encode};
use serde_json::{Map, Value};

/// A call as HTTP, its names and fields as the deployment calls them. A raw call goes out as it is.
pub fn write_call(call: &Call, dialect: &Dialect) -> HttpRequest {
    let mut request = encode(call);
    if matches!(call, Call::Raw(_))
        || (dialect.names.is_empty() && dialect.sent.is_empty() && dialect.fields.is_empty())
    {
        return request;
    }
    let op = call.op();
    if let Some(Value::Object(fields)) = request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()) {
        let fields: Map<String, Value> =
            fields.into_iter().map(|(name, value)| here(op, name, value, dialect)).collect();
        request.body = Some(Value::Object(fields).to_string().into_bytes());
    }
    if !request.query.is_empty() {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&request.query).unwrap_or_default();
        let pairs: Vec<(String, String)> = pairs
            .into_iter()
            .map(|(name, value)| match here(op, name, Value::String(value), dialect) {
                (name, Value::String(value)) => (name, value),
                (name, _) => (name, String::new()),
            })
            .collect();
        request.query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    }
    request
}

/// A field with its name here, and its value if that is a name too.
fn here(op: Op, name: String, value: Value, dialect: &Dialect) -> (String, Value) {
    let value = match (set_of(op, &name), &value) {
        (Some(set), Value::String(word)) => match dialect.name_sent(set, word) {
            Some(word) => Value::String(word.to_owned()),
            None => value,
        },
        _ => value,
    };
    let name = dialect.fields.get(name.as_str()).map_or(name, ToString::to_string);
    (name, value)
}

/// The set that a request's field has its name from.
fn set_of(op: Op, field: &str) -> Option<&'static NameSet> {
    let is_task = matches!(op, Op::ListTasks | Op::CreateTask | Op::UpdateTask);
    Some(match field {
        "status" if is_task => &TASK_STATUS,
        "status" => &APPOINTMENT_STATUS,
        "outcome" => &OUTCOME,
        "mode" => &RECORDING_MODE,
        "assigned_to" => &ASSIGNEE,
        "priority" => &PRIORITY,
        "source" => &TASK_SOURCE,
        _ => return None,
    })
}
