//! Calls and answers as HTTP: method, path, query and JSON body, and back. What a request gets wrong comes back as the
//! error that §4 gives it.

use crate::call::{Answer, Call, RawCall};
use crate::endpoint::{ENDPOINTS, Method, Op};
use crate::error::{ErrorBody, ErrorCode};
use crate::private::{Private, exposed};
use crate::wire::Data;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use smol_str::SmolStr;
use std::io::{self, Write};

/// A request as it goes over a wire, without host and headers.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The HTTP method of the request.
    pub method: Method,
    /// The path from the API's root, with ids percent-encoded.
    pub path: String,
    /// The query string, without `?`; empty if there is none.
    pub query: String,
    /// The JSON body, if the endpoint takes one.
    pub body: Option<Vec<u8>>,
}

/// Turns a call into HTTP. Private values are in it, in the clear: it is for the wire alone.
pub fn encode(call: &Call) -> HttpRequest {
    exposed(|| written(call, call.path_id().unwrap_or_default()))
}

impl RawCall {
    /// The raw form of a typed call, to be changed. What is private in the call would stand in it in the clear: that is
    /// for whoever calls this to keep out.
    pub fn of(call: &Call) -> RawCall {
        let http = encode(call);
        let body = http.body.unwrap_or_default();
        RawCall {
            op: call.op(),
            method: http.method,
            path: http.path.into(),
            query: http.query.into(),
            body: String::from_utf8_lossy(&body).into_owned().into(),
            padding: 0,
            company_id: None,
        }
    }
}

/// Turns a call into HTTP for people to read: private values are in it as tokens.
pub fn redacted(call: &Call) -> HttpRequest {
    match call {
        Call::PutAudio { key, .. } => written(call, &key.to_string()),
        _ => written(call, call.path_id().unwrap_or_default()),
    }
}

/// Private values in it are written as the surrounding [`exposed`], or its absence, says.
fn written(call: &Call, path_id: &str) -> HttpRequest {
    if let Call::Raw(raw) = call {
        return raw_request(raw);
    }
    let endpoint = call.op().endpoint();
    let path = match (endpoint.path.find('{'), endpoint.path.find('}')) {
        (Some(open), Some(close)) => {
            let id = percent_encode(path_id);
            format!("{}{}{}", &endpoint.path[..open], id, &endpoint.path[close + 1..])
        }
        _ => endpoint.path.to_owned(),
    };
    let (query, body) = match call {
        Call::ListAppointments(q) => (query_of(q), None),
        Call::ListTasks(q) => (query_of(q), None),
        Call::GetThread { page, .. } | Call::ListWins(page) => (query_of(page), None),
        Call::UpdateAppointment { body, .. } => (String::new(), Some(body_of(body))),
        Call::CreateTask(body) => (String::new(), Some(body_of(body))),
        Call::UpdateTask { body, .. } => (String::new(), Some(body_of(body))),
        Call::StartRecording(body) => (String::new(), Some(body_of(body))),
        Call::StopRecording { body, .. } => (String::new(), Some(body_of(body))),
        Call::UploadAudio { body, .. } => (String::new(), Some(body_of(body))),
        Call::ClockIn { body, .. } => (String::new(), Some(body_of(body))),
        Call::RagQuery(body) => (String::new(), Some(body_of(body))),
        Call::PostWin(body) => (String::new(), Some(body_of(body))),
        _ => (String::new(), None),
    };
    HttpRequest { method: endpoint.method, path, query, body }
}

/// As it is. `X-Company-Id` is a header, and so not part of this.
fn raw_request(raw: &RawCall) -> HttpRequest {
    let mut body = vec![b' '; raw.padding as usize];
    body.extend_from_slice(raw.body.as_bytes());
    HttpRequest {
        method: raw.method,
        path: raw.path.as_str().to_owned(),
        query: raw.query.as_str().to_owned(),
        body: (!body.is_empty()).then_some(body),
    }
}

/// Reads a call from HTTP, as a backend must: the endpoint is found by method and path, query and body are checked.
/// Query keys and body fields that the endpoint does not know (`tenant_id` among them) change nothing.
///
/// `body_bytes` is the length of an audio upload, whose content is not looked at.
pub fn decode(method: &str, path: &str, query: &str, body: &[u8], request_id: &str) -> Result<Call, Box<ErrorBody>> {
    let (op, id) = route(method, path, request_id)?;
    let id = || SmolStr::from(id.as_str());
    Ok(match op {
        Op::ListAppointments => Call::ListAppointments(parse_query(query, request_id)?),
        Op::GetAppointment => Call::GetAppointment { appointment_id: id() },
        Op::UpdateAppointment => Call::UpdateAppointment { appointment_id: id(), body: parse_body(body, request_id)? },
        Op::ListTasks => Call::ListTasks(parse_query(query, request_id)?),
        Op::CreateTask => Call::CreateTask(parse_body(body, request_id)?),
        Op::CompleteTask => Call::CompleteTask { task_id: id() },
        Op::UpdateTask => Call::UpdateTask { task_id: id(), body: parse_body(body, request_id)? },
        Op::StartRecording => Call::StartRecording(parse_body(body, request_id)?),
        Op::StopRecording => Call::StopRecording { session_id: id(), body: parse_body(body, request_id)? },
        Op::UploadAudio => Call::UploadAudio { session_id: id(), body: parse_body(body, request_id)? },
        Op::GetRecording => Call::GetRecording { session_id: id() },
        Op::ClockIn => {
            let body = if body.is_empty() { b"{}" } else { body };
            Call::ClockIn { rep_id: id(), body: parse_body(body, request_id)? }
        }
        Op::ClockOut => Call::ClockOut { rep_id: id() },
        Op::ShiftToday => Call::ShiftToday { rep_id: id() },
        Op::GetThread => Call::GetThread { contact_card_id: id(), page: parse_query(query, request_id)? },
        Op::RagQuery => Call::RagQuery(parse_body(body, request_id)?),
        Op::ListWins => Call::ListWins(parse_query(query, request_id)?),
        Op::PostWin => Call::PostWin(parse_body(body, request_id)?),
        Op::Health => Call::Health,
        Op::PutAudio => Call::PutAudio { key: Private::new(id()), bytes: body.len() as u64 },
    })
}

/// The same of a body that so many blanks go before, which are not looked at one by one: what is huge on purpose would
/// otherwise be most of a simulation's work.
pub fn decode_after_blanks(
    blanks: u32,
    (method, path, query): (&str, &str, &str),
    body: &[u8],
    request_id: &str,
) -> Result<Call, Box<ErrorBody>> {
    // Nothing but blanks is not the same as nothing.
    let (body, blanks) = if body.is_empty() && blanks > 0 { (&b" "[..], blanks - 1) } else { (body, blanks) };
    match decode(method, path, query, body, request_id) {
        Ok(Call::PutAudio { key, bytes }) => Ok(Call::PutAudio { key, bytes: bytes + u64::from(blanks) }),
        Err(mut error) => {
            let details = &mut error.detail.details;
            let column = details.get("column").and_then(|column| column.parse::<u32>().ok());
            if let (Some("1"), Some(column)) = (details.get("line").map(SmolStr::as_str), column) {
                details.insert("column".into(), (column + blanks).to_string().into());
            }
            Err(error)
        }
        call => call,
    }
}

/// The JSON body of an answer; none where the answer has no body. Private values are in it, in the clear.
pub fn encode_answer(answer: &Answer) -> Option<Vec<u8>> {
    exposed(|| written_answer(answer))
}

/// Whether a body is to the byte what [`encode_answer`] makes of an answer.
pub(crate) fn is_encoded(answer: &Answer, body: &[u8]) -> bool {
    let mut rest = Expected(body);
    exposed(|| write_answer(answer, &mut rest)).is_some_and(|written| written.is_ok()) && rest.0.is_empty()
}

/// Takes what it expects, and nothing else.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The JSON body of an answer for people to read: private values are in it as tokens.
pub fn redacted_answer(answer: &Answer) -> Option<Vec<u8>> {
    written_answer(answer)
}

fn written_answer(answer: &Answer) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    write_answer(answer, &mut body)?.ok().map(|()| body)
}

/// Writes the body of an answer, if it has one.
fn write_answer(answer: &Answer, mut to: impl Write) -> Option<io::Result<()>> {
    fn data<T: Serialize>(to: impl Write, data: &T) -> io::Result<()> {
        Ok(serde_json::to_writer(to, &Data { data })?)
    }
    Some(match answer {
        Answer::Appointments(a) => data(to, a),
        Answer::Appointment(a) => data(to, a),
        Answer::Tasks(a) => data(to, a),
        Answer::Task(a) => data(to, a),
        Answer::TaskCompleted(a) => data(to, a),
        Answer::RecordingStarted(a) => data(to, a),
        Answer::Recording(a) => data(to, a),
        Answer::Uploaded(a) => data(to, a),
        Answer::ShiftDay(a) => data(to, a),
        Answer::Shift(a) => data(to, a),
        Answer::Thread(a) => data(to, a),
        Answer::Rag(a) => data(to, a),
        Answer::Wins(a) => data(to, a),
        Answer::Win(a) => data(to, a),
        Answer::Health(a) => data(to, a),
        Answer::Error(a) => serde_json::to_writer(to, a).map_err(io::Error::from),
        Answer::Stored => return None,
        Answer::Foreign(text) => to.write_all(text.as_bytes()),
    })
}

/// Reads the answer that `op` promises; anything else is [`Answer::Foreign`].
pub fn decode_answer(op: Op, status: u16, body: &[u8]) -> Answer {
    if status >= 400 {
        return match serde_json::from_slice(body) {
            Ok(error) => Answer::Error(Box::new(error)),
            Err(e) => Answer::Foreign(foreign(&e)),
        };
    }
    typed(op, body).unwrap_or_else(|e| Answer::Foreign(foreign(&e)))
}

/// Where the data of a success is read from.
pub(crate) trait Source {
    /// Parses the data.
    fn read<T: DeserializeOwned>(self) -> Result<T, serde_json::Error>;
}
/// A body in its envelope.
impl Source for &[u8] {
    fn read<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        serde_json::from_slice::<Data<T>>(self).map(|envelope| envelope.data)
    }
}
/// The content of an envelope, parsed as JSON before.
impl Source for Value {
    fn read<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        T::deserialize(self)
    }
}

/// Reads the success that `op` promises.
pub(crate) fn typed(op: Op, source: impl Source) -> Result<Answer, serde_json::Error> {
    Ok(match op {
        Op::ListAppointments => Answer::Appointments(source.read()?),
        Op::GetAppointment | Op::UpdateAppointment => Answer::Appointment(Box::new(source.read()?)),
        Op::ListTasks => Answer::Tasks(source.read()?),
        Op::CreateTask | Op::UpdateTask => Answer::Task(Box::new(source.read()?)),
        Op::CompleteTask => Answer::TaskCompleted(source.read()?),
        Op::StartRecording => Answer::RecordingStarted(source.read()?),
        Op::StopRecording | Op::GetRecording => Answer::Recording(Box::new(source.read()?)),
        Op::UploadAudio => Answer::Uploaded(source.read()?),
        Op::ClockIn | Op::ShiftToday => Answer::ShiftDay(Box::new(source.read()?)),
        Op::ClockOut => Answer::Shift(source.read()?),
        Op::GetThread => Answer::Thread(source.read()?),
        Op::RagQuery => Answer::Rag(source.read()?),
        Op::ListWins => Answer::Wins(source.read()?),
        Op::PostWin => Answer::Win(Box::new(source.read()?)),
        Op::Health => Answer::Health(source.read()?),
        Op::PutAudio => Answer::Stored,
    })
}

/// What is wrong with a body, in words that hold nothing of it.
pub(crate) fn foreign(e: &serde_json::Error) -> SmolStr {
    match e.classify() {
        serde_json::error::Category::Data => "json of another shape",
        serde_json::error::Category::Eof => "cut short",
        _ => "not json",
    }
    .into()
}

fn route(method: &str, path: &str, request_id: &str) -> Result<(Op, String), Box<ErrorBody>> {
    let mut other_method = false;
    // `start` is no session id: literal paths stand before those with ids of the same shape.
    for endpoint in ENDPOINTS {
        let Some(id) = match_path(endpoint.path, path) else { continue };
        if endpoint.method.as_str() == method {
            return Ok((endpoint.op, id));
        }
        other_method = true;
    }
    let (code, message) = if other_method {
        (ErrorCode::MethodNotAllowed, "Method not allowed")
    } else {
        (ErrorCode::NotFound, "No such endpoint")
    };
    Err(Box::new(ErrorBody::new(code, message, request_id)))
}

/// The endpoint that the specification documents under this method and path.
pub fn op_of(method: &str, path: &str) -> Option<Op> {
    route(method, path, "").ok().map(|(op, _)| op)
}

/// Whether the specification documents an endpoint with this method and path.
pub fn is_documented(method: Method, path: &str) -> bool {
    op_of(method.as_str(), path).is_some()
}

/// The id in `path` if it has the shape of `template` (empty if the template has none).
fn match_path(template: &str, path: &str) -> Option<String> {
    let (Some(open), Some(close)) = (template.find('{'), template.find('}')) else {
        return (template == path).then(String::new);
    };
    let id = path.strip_prefix(&template[..open])?.strip_suffix(&template[close + 1..])?;
    (!id.is_empty() && !id.contains('/')).then(|| percent_decode(id))?
}

fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A text with its `%41` decoded; none if an escape is malformed, or the result is not UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            out.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &tail[2..];
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(out).ok()
}

fn query_of<T: Serialize>(query: &T) -> String {
    serde_urlencoded::to_string(query).unwrap_or_default()
}

/// A body as JSON, fields without a value left out.
fn body_of<T: Serialize>(body: &T) -> Vec<u8> {
    let mut value = serde_json::to_value(body).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, v| !v.is_null());
    }
    value.to_string().into_bytes()
}

fn parse_query<T: DeserializeOwned>(query: &str, request_id: &str) -> Result<T, Box<ErrorBody>> {
    // An empty value (`status=`) means the filter is not set.
    let set: Vec<&str> = query.split('&').filter(|pair| !pair.ends_with('=')).map(bounded).collect();
    serde_urlencoded::from_str(&set.join("&")).map_err(|e| {
        Box::new(ErrorBody::new(ErrorCode::InvalidRequest, without_values(&e.to_string(), QUERY), request_id))
    })
}

/// A `limit` or `offset` that no 32 bits hold is as good as the greatest that they do: it is judged by its value, like any
/// other beyond the maximum.
fn bounded(pair: &str) -> &str {
    let is_huge = |digits: &str| digits.parse::<u32>().is_err() && digits.bytes().all(|b| b.is_ascii_digit());
    match pair.split_once('=') {
        Some(("limit", digits)) if is_huge(digits) => "limit=4294967295",
        Some(("offset", digits)) if is_huge(digits) => "offset=4294967295",
        _ => pair,
    }
}

fn parse_body<T: DeserializeOwned>(body: &[u8], request_id: &str) -> Result<T, Box<ErrorBody>> {
    // serde would take the fields of an object from an array, too.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Box::new(ErrorBody::new(ErrorCode::ValidationError, BODY, request_id)));
    }
    serde_json::from_slice(body).map_err(|e| {
        let said = e.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        let error = ErrorBody::new(ErrorCode::ValidationError, without_values(said, BODY), request_id);
        Box::new(error.about("line", e.line().to_string()).about("column", e.column().to_string()))
    })
}

const QUERY: &str = "the query is not what this endpoint takes";
const BODY: &str = "the body is not what this endpoint takes";

/// What serde says is wrong, if that names no value that was sent, which may be private: `otherwise` if it does.
fn without_values(said: &str, otherwise: &str) -> String {
    match said.split_once("`, expected ") {
        _ if said.starts_with("missing field") => said.to_owned(),
        Some((before, expected)) if before.starts_with("unknown variant") => {
            format!("unknown value, expected {expected}")
        }
        _ => otherwise.to_owned(),
    }
}
