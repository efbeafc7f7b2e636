//! Bodies and queries that are not what an endpoint takes: `validation.rejects`, and limits for `paging.exact`.

use crate::actor::{Actor, Reply};
use crate::notes::MALFORMED;
use crate::{Pass, appointments, place, recordings, shifts, tasks};
use fieldday_api::call::{Answer, Call, RawCall};
use fieldday_api::defaults::PAGE_MAX;
use fieldday_api::error::ErrorCode;
use fieldday_api::rules::Rule;
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::tasks::{TaskPatch, TaskQuery};

use Rule::{PagingExact as PAGING, ValidationRejects as VALIDATION};

/// A field of a body: its name, a value that does, whether it must be there, and values that do not do.
struct Field {
    name: &'static str,
    good: String,
    required: bool,
    bad: &'static [&'static str],
}

/// Values that no field of a kind can have.
mod bad {
    pub const ENUM: &[&str] = &["\"no_such_value\"", "7"];
    pub const TIME: &[&str] = &["\"yesterday\"", "[1,2,3]"];
    pub const OBJECT: &[&str] = &["\"here\"", "{}", "{\"lat\":\"north\",\"lng\":0}"];
    pub const NUMBER: &[&str] = &["\"many\"", "[1]"];
    pub const TEXT: &[&str] = &["[1,2,3]", "{\"a\":1}"];
}
fn field(name: &'static str, bad: &'static [&'static str], required: bool, good: impl Into<String>) -> Field {
    Field { name, good: good.into(), required, bad }
}
fn quoted(text: impl std::fmt::Display) -> String {
    format!("\"{text}\"")
}

fn json(fields: &[Field], skip: Option<&str>, replace: Option<(&str, &str)>) -> String {
    let of = |field: &Field| {
        let value = match replace {
            Some((name, value)) if name == field.name => value,
            _ => &field.good,
        };
        format!("\"{}\":{value}", field.name)
    };
    let parts: Vec<_> = fields.iter().filter(|field| skip != Some(field.name)).map(of).collect();
    format!("{{{}}}", parts.join(","))
}

impl Pass {
    pub(crate) async fn sends_malformed_requests(&self) {
        self.malformed_bodies().await;
        self.malformed_queries().await;
        self.bounds().await;
    }
    /// Each endpoint with a body, and its fields.
    fn bodies(&self) -> Vec<(Call, Vec<Field>)> {
        let by = self.rep();
        let place = "{\"lat\":40.0,\"lng\":-74.0}";
        let due = self.group(15).due(1);
        let rep = self.about(place::REP);
        let mut bodies = vec![(
            Call::CreateTask(tasks::new("malformed", None)),
            vec![
                field("description", bad::TEXT, true, quoted("Field Day conformance check: malformed")),
                field("assigned_to", bad::ENUM, true, quoted("rep")),
                field("due_at", bad::TIME, false, quoted(due)),
                field("priority", bad::ENUM, false, quoted("low")),
                field("source", bad::ENUM, false, quoted("manual")),
                field("call_id", bad::NUMBER, false, "1"),
            ],
        )];
        if let Some(id) = &rep.task {
            bodies.push((
                tasks::update(id, TaskPatch::default()),
                vec![
                    field("notes", bad::TEXT, false, quoted("Conformance, refused")),
                    field("status", bad::ENUM, false, quoted("open")),
                    field("due_at", bad::TIME, false, quoted(due)),
                    field("priority", bad::ENUM, false, quoted("low")),
                    field("assigned_to", bad::ENUM, false, quoted("rep")),
                ],
            ));
        }
        if let Some(appointment) = self.appointment(place::REP, 3) {
            bodies.push((
                appointments::patch(&appointment.appointment_id, AppointmentPatch::default()),
                vec![
                    field("service_type", bad::TEXT, false, quoted("Conformance, refused")),
                    field("status", bad::ENUM, false, quoted("scheduled")),
                    field("outcome", bad::ENUM, false, quoted("pending")),
                    field("deal_size", bad::NUMBER, false, "7"),
                    field("scheduled_start", bad::TIME, false, quoted(appointment.scheduled_start)),
                    field("scheduled_end", bad::TIME, false, quoted(appointment.scheduled_end)),
                ],
            ));
            bodies.push((
                recordings::start(by, &appointment.appointment_id, 0, None),
                vec![
                    field("appointment_id", bad::TEXT, true, quoted(&appointment.appointment_id)),
                    field("rep_id", bad::TEXT, true, quoted(by.rep_id())),
                    field("location", bad::OBJECT, true, place),
                    field("mode", bad::ENUM, false, quoted("full")),
                ],
            ));
        }
        if let Some(id) = &rep.session {
            bodies.push((recordings::stop(id, 0), vec![field("location", bad::OBJECT, true, place)]));
            bodies.push((
                recordings::upload(id, "s3://otto-recordings/x.m4a"),
                vec![
                    field("audio_url", bad::TEXT, true, quoted(format!("s3://otto-recordings/{id}.m4a"))),
                    field("audio_duration_seconds", bad::NUMBER, true, "120.5"),
                    field("audio_size_bytes", bad::NUMBER, true, "16000"),
                ],
            ));
        }
        bodies.push((
            shifts::clock_in(by, None),
            vec![
                field("desired_start_time", bad::TIME, false, quoted(by.now())),
                field("notes", bad::TEXT, false, quoted("Field Day conformance check")),
            ],
        ));
        bodies
    }
    async fn malformed_bodies(&self) {
        let by = self.rep();
        for (call, fields) in self.bodies() {
            let (op, aim) = (
                call.op(),
                match &call {
                    Call::UpdateAppointment { appointment_id, .. } => Some(appointment_id.clone()),
                    _ => None,
                },
            );
            let before = match &aim {
                Some(id) => self.reads(by, id).await,
                None => None,
            };
            let mut bodies = vec![
                ("a body that is no JSON".to_owned(), "{\"a\":".to_owned()),
                ("a list for a body".to_owned(), "[]".to_owned()),
                ("a text for a body".to_owned(), "\"text\"".to_owned()),
            ];
            for field in &fields {
                if field.required {
                    bodies.push((format!("a body without {}", field.name), json(&fields, Some(field.name), None)));
                    bodies.push((format!("{} null", field.name), json(&fields, None, Some((field.name, "null")))));
                }
                for bad in field.bad {
                    bodies.push((format!("{} = {bad}", field.name), json(&fields, None, Some((field.name, bad)))));
                }
            }
            for (check, body) in bodies {
                let reply = self.sends(by, &call, &body).await;
                self.keeps(place::REP, &reply);
                self.is_malformed(by, &reply, format!("{op}: {check}"));
            }
            // What may be left out may be null: taken or refused, but no error of the server.
            for field in fields.iter().filter(|field| !field.required && op != fieldday_api::endpoint::Op::CreateTask) {
                if matches!(field.name, "notes" | "service_type" | "mode") {
                    continue;
                }
                let reply = self.sends(by, &call, &format!("{{\"{}\":null}}", field.name)).await;
                self.is_no_server_error(by, &reply, format!("{op}: {} null", field.name));
            }
            let (Some(id), Some(before)) = (&aim, before) else { continue };
            let Some(now) = self.reads(by, id).await else { continue };
            let other = appointments::differing(&before, &now, &[]);
            self.case(by, VALIDATION, "the appointment after malformed updates", None).judge(
                other.is_none(),
                "it as it was",
                || other.unwrap_or_default(),
            );
        }
    }
    /// A request with another body; asked again where the target does not decide, to tell a fault of the moment from one of
    /// the body.
    async fn sends(&self, by: &Actor, call: &Call, body: &str) -> Reply {
        let mut raw = RawCall::of(call);
        raw.body = body.into();
        by.ask_until_decided(Call::Raw(Box::new(raw))).await
    }
    fn is_malformed(&self, by: &Actor, reply: &Reply, check: String) {
        let case = self.case(by, VALIDATION, check, reply);
        let Some(status) = reply.status() else { return case.undecided() };
        let code = reply.code();
        let right = MALFORMED.contains(&status)
            && code.is_none_or(|code| matches!(code, ErrorCode::ValidationError | ErrorCode::InvalidRequest));
        case.judge(right, "400 VALIDATION_ERROR or INVALID_REQUEST", || reply.says());
    }
    fn is_no_server_error(&self, by: &Actor, reply: &Reply, check: String) {
        let case = self.case(by, VALIDATION, check, reply);
        let Some(status) = reply.status() else { return case.undecided() };
        case.judge(status < 500, "an answer or a refusal, no error of the server", || reply.says());
    }

    async fn malformed_queries(&self) {
        let by = self.rep();
        let lists: [(Call, &[&str]); 2] = [
            (
                Call::ListAppointments(AppointmentQuery::default()),
                &["date=not-a-date", "status=no_such", "outcome=no_such"],
            ),
            (
                Call::ListTasks(TaskQuery::default()),
                &[
                    "status=no_such",
                    "overdue=perhaps",
                    "due_before=soon",
                    "due_after=1",
                    "limit=many",
                    "limit=-1",
                    "offset=-1",
                    "offset=x",
                ],
            ),
        ];
        for (list, queries) in lists {
            for query in queries {
                let reply = self.queries(by, &list, query).await;
                self.is_malformed(by, &reply, format!("{} with {query}", reply.op));
            }
            for query in ["no_such_parameter=1", "no_such_parameter=%00%F0%9F%9A%80"] {
                let reply = self.queries(by, &list, query).await;
                self.is_no_server_error(by, &reply, format!("{} with {query}", reply.op));
            }
        }
        for query in ["date=2024-02-29", "date=1999-12-31", "date=2100-01-01"] {
            let reply = self.queries(by, &Call::ListAppointments(AppointmentQuery::default()), query).await;
            self.is_no_server_error(by, &reply, format!("{} with {query}", reply.op));
        }
    }
    async fn queries(&self, by: &Actor, call: &Call, query: &str) -> Reply {
        let mut raw = RawCall::of(call);
        raw.query = query.into();
        by.ask_until_decided(Call::Raw(Box::new(raw))).await
    }

    /// `limit` and `offset` at, below and beyond their bounds.
    async fn bounds(&self) {
        let by = self.rep();
        let contact = self.about(place::REP).contact;
        let thread =
            contact.map(|id| Call::GetThread { contact_card_id: id, page: Page { limit: None, offset: None } });
        let lists = [Some(Call::ListTasks(TaskQuery::default())), thread];
        let mut ways: Vec<&str> = Vec::new();
        for list in lists.iter().flatten() {
            for limit in [0, 1, 2, PAGE_MAX - 1, PAGE_MAX] {
                let reply = self.queries(by, list, &format!("limit={limit}")).await;
                let check = format!("{} with limit={limit}", reply.op);
                if limit == 0 {
                    // Whether nothing may be asked for is open.
                    self.is_no_server_error(by, &reply, check);
                    continue;
                }
                self.case(by, PAGING, check, &reply).succeeds(&format!("{limit} rows at most"), |reply| {
                    let (rows, total) = counted(reply)?;
                    let expected = (total as usize).min(limit as usize);
                    (rows != expected).then(|| format!("{rows} rows, total {total}"))
                });
            }
            for limit in ["1001", "100000", "4294967296"] {
                let reply = self.queries(by, list, &format!("limit={limit}")).await;
                let case = self.case(by, PAGING, format!("{} with limit={limit}", reply.op), &reply);
                if reply.status().is_some_and(|status| MALFORMED.contains(&status)) {
                    ways.push("refused");
                    case.judge(true, "", String::new);
                    continue;
                }
                case.succeeds("400 INVALID_REQUEST, or 1000 rows at most", |reply| {
                    let (rows, _) = counted(reply)?;
                    (rows > PAGE_MAX as usize).then(|| format!("{rows} rows"))
                });
                ways.extend(reply.success().map(|_| "cut"));
            }
            let whole = self.queries(by, list, "limit=1000").await;
            let Some((_, total)) = counted(&whole) else { continue };
            for offset in [0, 1, total.saturating_sub(1), total, total + 1, 1_000_000] {
                let reply = self.queries(by, list, &format!("limit=1000&offset={offset}")).await;
                let expected = (total as usize).saturating_sub(offset as usize).min(PAGE_MAX as usize);
                let check = format!("{} with offset={offset} of {total}", reply.op);
                self.case(by, PAGING, check, &reply).succeeds(&format!("{expected} rows, total {total}"), |reply| {
                    let (rows, now) = counted(reply)?;
                    (rows != expected || now != total).then(|| format!("{rows} rows, total {now}"))
                });
            }
        }
        ways.dedup();
        if !ways.is_empty() {
            self.case(by, PAGING, "limits beyond the maximum", None).judge(
                ways.len() == 1,
                "them refused or cut, always the same",
                || ways.join(", then "),
            );
        }
    }
}

/// How many rows there are, and the total that stands beside them.
fn counted(reply: &Reply) -> Option<(usize, u32)> {
    match reply.success()? {
        Answer::Tasks(list) => Some((list.tasks.len(), list.total)),
        Answer::Thread(thread) => Some((thread.messages.len(), thread.total)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_written_with_a_field_left_out_or_replaced() {
        let fields = [field("a", bad::TEXT, true, "1"), field("b", bad::ENUM, false, "\"x\"")];
        assert_eq!(json(&fields, None, None), r#"{"a":1,"b":"x"}"#);
        assert_eq!(json(&fields, Some("a"), None), r#"{"b":"x"}"#);
        assert_eq!(json(&fields, None, Some(("b", "null"))), r#"{"a":1,"b":null}"#);
    }
}
