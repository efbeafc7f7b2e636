//! A tenant's rows, table by table.

use fieldday_api::dataset::TenantData;
use fieldday_api::private::{Private, exposed};
use fieldday_kernel::time::Date;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Display;

/// What stands in a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Number(String),
    Flag(bool),
}

impl Value<'_> {
    /// The text of the value in a CSV file; none for null.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Null => None,
            Value::Text(text) => Some(text),
            Value::Number(number) => Some(number),
            Value::Flag(flag) => Some(if *flag { "true" } else { "false" }),
        }
    }
}

fn text<'a>(text: impl Into<Cow<'a, str>>) -> Value<'a> {
    Value::Text(text.into())
}
fn shown<'a>(value: impl Display) -> Value<'a> {
    Value::Text(Cow::Owned(value.to_string()))
}
fn clear(value: &Private) -> Value<'_> {
    text(value.expose())
}
fn or_null<'a, T>(value: Option<T>, of: impl FnOnce(T) -> Value<'a>) -> Value<'a> {
    value.map_or(Value::Null, of)
}
fn number<'a>(value: impl Display) -> Value<'a> {
    Value::Number(value.to_string())
}
fn json<'a>(value: impl Serialize) -> Value<'a> {
    // Texts and numbers: it cannot fail.
    Value::Text(Cow::Owned(exposed(|| serde_json::to_string(&value)).unwrap_or_default()))
}

/// Goes through all rows in the order of their references, each with its table's place in [`super::TABLES`] and its values
/// in the order of the columns.
pub(super) fn for_each_row<E>(
    data: &TenantData,
    date: Date,
    mut each: impl FnMut(usize, &[Value<'_>]) -> Result<(), E>,
) -> Result<(), E> {
    let (tenant, policy) = (|| text(data.id.as_str()), &data.policy);
    each(
        0,
        &[
            tenant(),
            text(data.zone.name.as_str()),
            shown(date),
            text(policy.recording_mode.as_str()),
            Value::Flag(policy.allow_location_tracking),
            Value::Flag(policy.allow_recording),
            Value::Flag(policy.ghost_keeps_transcript),
            shown(policy.scheduled_start),
            shown(policy.scheduled_end),
        ],
    )?;
    for user in &data.users {
        let (name, email) = (clear(&user.name), clear(&user.email));
        each(1, &[text(user.user_id.as_str()), tenant(), text(user.role.as_str()), name, email])?;
    }
    for (user, rep_id) in data.users.iter().filter_map(|user| Some((user, user.rep_id.as_deref()?))) {
        each(2, &[text(rep_id), tenant(), text(user.user_id.as_str())])?;
    }
    for contact in &data.contacts {
        each(
            3,
            &[
                text(contact.id.as_str()),
                tenant(),
                clear(&contact.first_name),
                clear(&contact.last_name),
                clear(&contact.phone_number),
                or_null(contact.email.as_ref(), clear),
                clear(&contact.address),
            ],
        )?;
    }
    for lead in &data.leads {
        let deal_size = or_null(lead.deal_size, number);
        let (status, created_at) = (text(lead.status.as_str()), shown(lead.created_at));
        each(4, &[text(lead.id.as_str()), tenant(), status, deal_size, created_at])?;
    }
    for a in &data.appointments {
        each(
            5,
            &[
                text(a.id.as_str()),
                tenant(),
                text(a.lead_id.as_str()),
                text(a.contact_card_id.as_str()),
                or_null(a.assigned_rep_id.as_deref(), text),
                shown(a.scheduled_start),
                shown(a.scheduled_end),
                text(a.status.as_str()),
                text(a.outcome.as_str()),
                clear(&a.location),
                text(a.service_type.as_str()),
                or_null(a.notes.as_ref(), clear),
                or_null(a.deal_size, number),
                shown(a.created_at),
                shown(a.updated_at),
            ],
        )?;
    }
    for owned in &data.tasks {
        let task = &owned.task;
        each(
            6,
            &[
                text(task.id.as_str()),
                tenant(),
                or_null(owned.rep_id.as_deref(), text),
                clear(&task.description),
                text(task.status.as_str()),
                text(task.assigned_to.as_str()),
                text(task.priority.as_str()),
                or_null(task.due_at, shown),
                or_null(task.contact_card_id.as_deref(), text),
                or_null(task.lead_id.as_deref(), text),
                or_null(task.appointment_id.as_deref(), text),
                or_null(task.notes.as_ref(), clear),
                or_null(task.completed_at, shown),
                or_null(task.completed_by.as_deref(), text),
                shown(task.created_at),
                or_null(task.updated_at, shown),
            ],
        )?;
    }
    for thread in &data.threads {
        for message in &thread.messages {
            each(
                7,
                &[
                    text(message.id.as_str()),
                    tenant(),
                    text(thread.contact_card_id.as_str()),
                    clear(&message.sender),
                    text(message.sender_role.as_str()),
                    clear(&message.body),
                    text(message.direction.as_str()),
                    shown(message.created_at),
                    text(message.provider.as_str()),
                    text(message.message_sid.as_str()),
                    Value::Flag(message.delivered),
                    Value::Flag(message.read),
                ],
            )?;
        }
    }
    for s in &data.sessions {
        each(
            8,
            &[
                text(s.id.as_str()),
                tenant(),
                text(s.rep_id.as_str()),
                text(s.appointment_id.as_str()),
                shown(s.started_at),
                or_null(s.ended_at, shown),
                text(s.mode.as_str()),
                text(s.transcription_status.as_str()),
                text(s.analysis_status.as_str()),
                or_null(s.audio_url.as_deref(), text),
                or_null(s.audio_storage_mode, |mode| text(mode.as_str())),
                or_null(s.audio_duration_seconds, number),
                or_null(s.audio_size_bytes, number),
                or_null(s.transcript.as_ref(), json),
                or_null(s.analysis.as_ref(), json),
            ],
        )?;
    }
    Ok(())
}
