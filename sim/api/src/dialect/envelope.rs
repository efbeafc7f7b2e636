//! Takes the answer out of the envelope that a deployment puts it in.

use super::Envelope;
use super::bridge::{Bridge, Stuck};
use super::kind::ContractKind;
use super::shapes::{list_of, shape_of};
use crate::endpoint::Op;
use serde_json::{Map, Value, json};

/// What stands in `data` by the spec.
pub(super) fn payload(op: Op, body: Value, bridge: &mut Bridge<'_>) -> Result<Value, Stuck> {
    let kind = match &body {
        Value::Object(fields) if fields.contains_key("data") && fields.contains_key("success") => Envelope::Success,
        Value::Object(fields) if fields.contains_key("data") => Envelope::Data,
        _ => Envelope::Bare,
    };
    let word = match kind {
        Envelope::Data => "data",
        Envelope::Success => "success",
        Envelope::Bare => "bare",
    };
    let (allowed, is_default) = (&bridge.dialect.envelopes, bridge.dialect.envelopes == Envelope::ALL);
    let is_allowed = allowed.contains(&kind);
    // What the scenario names is as it should be.
    if !is_allowed || (kind != Envelope::Data && is_default) {
        bridge.notes.add(ContractKind::Envelope, "body", word);
    }
    if !is_allowed {
        bridge.notes.unread("body");
        return Err(Stuck);
    }
    let (data, meta) = match (kind, body) {
        (Envelope::Bare, body) => (body, Value::Null),
        (_, Value::Object(mut fields)) => {
            let meta = ["meta", "pagination"].iter().find_map(|name| fields.remove(*name));
            (fields.remove("data").unwrap_or_default(), meta.unwrap_or_default())
        }
        (_, body) => (body, Value::Null),
    };
    if data.is_null() {
        bridge.notes.add(ContractKind::NullField, "data", "null");
        // A write was done all the same.
        return Ok(Value::Object(Map::new()));
    }
    let data = whole(op, data, bridge);
    if kind == Envelope::Bare && !shape_of(op).is_some_and(|shape| bridge.knows_any_of(shape, &data)) {
        // Any object would be an answer then.
        bridge.notes.add(ContractKind::Envelope, "body", "another object");
        bridge.notes.unread("body");
        return Err(Stuck);
    }
    Ok(with_total(op, data, &meta, bridge))
}

/// The parts that §2 shows, where a deployment leaves a layer out or puts one more around.
fn whole(op: Op, data: Value, bridge: &mut Bridge<'_>) -> Value {
    let has = |name: &str| data.get(name).is_some();
    let lacks_layer = |layer: &str, ids: [&str; 2]| !has(layer) && ids.into_iter().any(has);
    let (saw, made) = match op {
        _ if data.is_array() && list_of(op).is_some() => ("list", json!({ list_of(op).unwrap_or_default(): data })),
        Op::StopRecording | Op::GetRecording if lacks_layer("session", ["id", "recording_session_id"]) => {
            ("unwrapped", json!({ "session": data }))
        }
        Op::GetAppointment | Op::UpdateAppointment if lacks_layer("appointment", ["id", "appointment_id"]) => {
            let part = |name: &str| data.get(name).cloned();
            let mut made = Map::from_iter([("appointment".to_owned(), data.clone())]);
            made.extend(["lead", "contact"].into_iter().filter_map(|name| Some((name.to_owned(), part(name)?))));
            ("unwrapped", Value::Object(made))
        }
        Op::ClockIn | Op::ShiftToday if lacks_layer("shift", ["id", "shift_id"]) => {
            let mut made = data.as_object().cloned().unwrap_or_default();
            made.insert("shift".to_owned(), data);
            ("unwrapped", Value::Object(made))
        }
        Op::ClockOut if data["shift"].is_object() => ("wrapped", data["shift"].clone()),
        Op::CreateTask | Op::UpdateTask | Op::CompleteTask if data["task"].is_object() => {
            ("wrapped", data["task"].clone())
        }
        _ => return data,
    };
    bridge.notes.add(ContractKind::Envelope, "data", saw);
    made
}

/// How many entries there are may stand beside the answer.
fn with_total(op: Op, mut data: Value, meta: &Value, bridge: &mut Bridge<'_>) -> Value {
    let (Some(_), Value::Object(fields)) = (list_of(op), &mut data) else { return data };
    if !fields.contains_key("total")
        && let Some(total) = ["total", "total_count", "count"].iter().find_map(|name| meta.get(*name)).cloned()
    {
        bridge.notes.add(ContractKind::FieldName, "data.total", "in meta");
        fields.insert("total".to_owned(), total);
    }
    data
}

/// `off` is no mode of the spec's: it says that nothing may be recorded.
pub(super) fn off_forbids_recording(op: Op, data: &mut Value) {
    let is_off = |mode: &Value| mode.as_str().is_some_and(|mode| mode.eq_ignore_ascii_case("off"));
    if matches!(op, Op::ClockIn | Op::ShiftToday) && is_off(&data["recording_mode"]) {
        data["allow_recording"] = false.into();
    }
}

/// Whether a body is an error in spite of its status.
pub(super) fn is_failure(body: &Value) -> bool {
    body["success"] == Value::Bool(false)
}
