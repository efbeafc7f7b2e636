//! Deployments differ from the spec in form. A [`Dialect`] says how one of them names things; [`read_answer`] reads what it
//! answers leniently and tells every difference once, as a [`Deviation`]; [`write_call`] speaks to it in its own names.
//!
//! An answer that has exactly the spec's shape has no deviations. Any other is walked along the shape that the spec gives
//! it: names are mapped, known differences of form are undone, and what is missing is stood in for where nothing is decided
//! by it. What cannot be brought into the spec's shape is [`Answer::Foreign`], and a deviation names the place.
//! Pure functions of bytes: no clock, no network.

mod bridge;
mod envelope;
mod errors;
mod hide;
mod json;
mod kind;
mod names;
mod shape;
mod shapes;
mod write;

pub use errors::shown_id;
pub use kind::{Consequence, ContractKind, Deviation, Severity};
pub use names::{NAME_SETS, NameSet};
pub use shapes::stand_together;
pub use write::write_call;

use crate::call::{Answer, Call};
use crate::endpoint::Op;
use crate::http::{decode_answer, foreign, is_encoded, typed};
use crate::names::RecordingMode;
use crate::wire::extras::Health;
use bridge::{Bridge, Stuck};
use fieldday_kernel::time::Date;
use kind::Notes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// How a deployment names things and wraps them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dialect {
    /// By [set](NAME_SETS): the deployment's name for each of the spec's that it calls otherwise. Sent and read.
    pub names: BTreeMap<SmolStr, BTreeMap<SmolStr, SmolStr>>,
    /// By set: the spec's name for further ones that the deployment answers. Read, never sent.
    pub also: BTreeMap<SmolStr, BTreeMap<SmolStr, SmolStr>>,
    /// By set: the name that the deployment takes for each of the spec's, where it answers another. Sent, never read.
    pub sent: BTreeMap<SmolStr, BTreeMap<SmolStr, SmolStr>>,
    /// The deployment's name for each of the spec's fields that it calls otherwise, in requests, queries and answers.
    pub fields: BTreeMap<SmolStr, SmolStr>,
    /// Whether a time without a zone means UTC. If not, it cannot be read.
    pub naive_times_are_utc: bool,
    /// The envelopes that a success may come in.
    pub envelopes: Vec<Envelope>,
    /// Whether 422 is as good as 400.
    pub accept_422: bool,
}

/// Who says what a name means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    /// The spec: it is its own.
    Spec,
    /// The scenario's `[dialect.names]`.
    Scenario,
    /// Nobody, but deployments are known to call it so.
    Guess,
}

/// The envelope around the data of a success.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Envelope {
    /// `{data}`, as the specification has it.
    Data,
    /// `{success, data, meta, message}`, as some frameworks wrap it.
    Success,
    /// No envelope: the body is the answer itself.
    Bare,
}

impl Envelope {
    /// Every envelope, the specification's first.
    pub const ALL: [Envelope; 3] = [Envelope::Data, Envelope::Success, Envelope::Bare];
}

impl Default for Dialect {
    /// The spec's own names; every known difference of form is read.
    fn default() -> Dialect {
        Dialect {
            names: BTreeMap::new(),
            also: BTreeMap::new(),
            sent: BTreeMap::new(),
            fields: BTreeMap::new(),
            naive_times_are_utc: true,
            envelopes: Envelope::ALL.to_vec(),
            accept_422: false,
        }
    }
}

impl Dialect {
    /// What the deployment calls a name of the spec's, if otherwise.
    fn name_here(&self, set: &NameSet, word: &str) -> Option<&str> {
        let own = set.own(word)?;
        self.names.get(set.name)?.get(own).map(SmolStr::as_str)
    }
    /// What is sent for a name of the spec's, if otherwise.
    fn name_sent(&self, set: &NameSet, word: &str) -> Option<&str> {
        let sent = || self.sent.get(set.name)?.get(set.own(word)?).map(SmolStr::as_str);
        sent().or_else(|| self.name_here(set, word))
    }
    /// The spec's name for what the deployment says, and who says so.
    fn name_of(&self, set: &'static NameSet, word: &str) -> Option<(&'static str, Known)> {
        let here = |own: &&&str| self.name_here(set, own) == Some(word);
        let mapped = set.words.iter().find(here).copied();
        let also = || self.also.get(set.name)?.get(word).and_then(|own| set.own(own));
        let scenario = mapped.or_else(also).map(|own| (own, Known::Scenario));
        let spec = || set.own(word).map(|own| (own, Known::Spec));
        scenario.or_else(spec).or_else(|| set.guess(word).map(|own| (own, Known::Guess)))
    }
}

/// An answer in the specification's terms, and how it differed from them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    /// The answer in the spec's terms.
    pub answer: Answer,
    /// How it differs in form; empty if it is exactly as the spec has it.
    pub deviations: Vec<Deviation>,
    /// Where something neutral stands in: what [`Response::stand_ins`](crate::call::Response::stand_ins) has.
    pub stand_ins: Vec<SmolStr>,
}

/// What of a call helps to read its answer, where that leaves out what was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'a> {
    date: Option<Date>,
    path_id: Option<&'a str>,
    mode: Option<RecordingMode>,
}

/// Reads the answer to a call: as [`read_answer`], and what the call asked for stands in where the answer leaves it out
/// (a list's date, the id in the path, a recording's mode).
pub fn read_answer_to(call: &Call, status: u16, content_type: Option<&str>, body: &[u8], dialect: &Dialect) -> Read {
    let date = match call {
        Call::ListAppointments(query) => query.date,
        _ => None,
    };
    let path_id = if call.op() == Op::PutAudio { None } else { call.path_id() };
    let mode = match call {
        Call::StartRecording(start) => start.mode,
        _ => None,
    };
    read(call.op(), &Asked { date, path_id, mode }, status, content_type, body, dialect)
}

/// Reads what a deployment answered at `op`. Never fails: what is no answer of the API in any known form is
/// [`Answer::Foreign`] with a word that says what it is.
pub fn read_answer(op: Op, status: u16, content_type: Option<&str>, body: &[u8], dialect: &Dialect) -> Read {
    read(op, &Asked::default(), status, content_type, body, dialect)
}

fn read(op: Op, asked: &Asked<'_>, status: u16, content_type: Option<&str>, body: &[u8], dialect: &Dialect) -> Read {
    let mut notes = Notes::default();
    let mut answer = match op {
        // The object store is no part of the API, and has no form to keep to.
        Op::PutAudio if (200..300).contains(&status) => Answer::Stored,
        Op::PutAudio => Answer::Foreign(page_word(content_type, body).unwrap_or("not json").into()),
        _ => answer(op, asked, status, content_type, body, dialect, &mut notes),
    };
    hide::hide(&mut answer);
    // §0.4 names a health check and nothing of its answer: whatever says that all is well will do.
    if op == Op::PutAudio || (op == Op::Health && matches!(answer, Answer::Health(_))) {
        notes = Notes::default();
    }
    Read { answer, deviations: notes.deviations, stand_ins: notes.stand_ins }
}

fn answer(
    op: Op,
    asked: &Asked<'_>,
    status: u16,
    content_type: Option<&str>,
    body: &[u8],
    dialect: &Dialect,
    notes: &mut Notes,
) -> Answer {
    if !(200..600).contains(&status) || (300..400).contains(&status) {
        notes.add(ContractKind::Status, "status", status.to_string());
        notes.unread("status");
        return Answer::Foreign("redirect".into());
    }
    if matches!(status, 201..300) || (status == 422 && !dialect.accept_422) {
        notes.add(ContractKind::Status, "status", status.to_string());
    }
    // A success without a body is the whole answer to a write of which nothing is needed.
    let body = if status == 204 && body.is_empty() { b"{\"data\":{}}" } else { body };
    if let Some(word) = page_word(content_type, body) {
        return page(op, status, word, notes);
    }
    if !says_json(content_type) {
        notes.add(ContractKind::ContentType, "content-type", media_word(content_type));
    }
    if let Some(answer) = exact(op, status, body) {
        return answer;
    }
    let value: Value = match json::parse(body, notes) {
        Ok(value) => value,
        Err(error) => return page(op, status, &foreign(&error), notes),
    };
    if status >= 400 || envelope::is_failure(&value) {
        if status < 400 {
            notes.add(ContractKind::Status, "status", status.to_string());
        }
        let status = if status < 400 { 500 } else { status };
        return Answer::Error(Box::new(errors::read(status, &value, notes)));
    }
    match bridged(op, asked, value, dialect, notes) {
        Ok(answer) => answer,
        Err(Stuck) => Answer::Foreign("json of another shape".into()),
    }
}

/// The answer, if its body is to the byte what the spec's own encoder writes: there is nothing to look for then.
fn exact(op: Op, status: u16, body: &[u8]) -> Option<Answer> {
    if !body.starts_with(b"{\"data\":") && !body.starts_with(b"{\"detail\":{") {
        return None;
    }
    let mut answer = decode_answer(op, status, body);
    let is_exact = !matches!(answer, Answer::Foreign(_)) && is_encoded(&answer, body);
    if let Answer::Error(error) = &mut answer {
        if error.detail.error_code == crate::error::ErrorCode::Unknown {
            return None;
        }
        errors::tame(error);
    }
    // A session whose audio is kept and that names no place for it is worth a note.
    let is_exact = is_exact && !matches!(&answer, Answer::RecordingStarted(started) if lacks_url(started));
    is_exact.then_some(answer)
}

fn bridged(op: Op, asked: &Asked<'_>, value: Value, dialect: &Dialect, notes: &mut Notes) -> Result<Answer, Stuck> {
    let Some(shape) = shapes::shape_of(op) else { return Ok(Answer::Stored) };
    let mut bridge = Bridge { dialect, asked, notes, path: vec!["data"] };
    let mut data = envelope::payload(op, value, &mut bridge)?;
    envelope::off_forbids_recording(op, &mut data);
    let data = bridge.object(shape, data)?;
    let answer = typed(op, data).map_err(|_| {
        // All is of its type, and some figure is beyond what that holds.
        notes.add(ContractKind::WrongType, "data", "out of range");
        notes.unread("data");
        Stuck
    })?;
    if let Answer::RecordingStarted(started) = &answer
        && lacks_url(started)
    {
        notes.add(ContractKind::UploadUrl, "data.audio_upload_url", "null");
    }
    Ok(answer)
}

fn lacks_url(started: &crate::wire::recordings::RecordingStarted) -> bool {
    started.audio_storage_mode == crate::names::AudioStorage::Persistent && started.audio_upload_url.is_none()
}

/// The reading of a body that is no JSON, such as a proxy's page.
fn page(op: Op, status: u16, word: &str, notes: &mut Notes) -> Answer {
    notes.add(ContractKind::NotJson, "body", word);
    notes.unread("body");
    if op == Op::Health && (200..300).contains(&status) && word != "html" {
        return Answer::Health(Health { status: "ok".into() });
    }
    Answer::Foreign(word.into())
}

/// What a body is that is no JSON at the first look.
fn page_word(content_type: Option<&str>, body: &[u8]) -> Option<&'static str> {
    let start = body.trim_ascii_start();
    let tag = start.get(..9.min(start.len())).unwrap_or_default().to_ascii_lowercase();
    match start.first() {
        None => Some("empty"),
        Some(b'<') if tag.starts_with(b"<!doctype") || tag.starts_with(b"<html") => Some("html"),
        Some(b'<') => Some(if media_word(content_type) == "html" { "html" } else { "xml" }),
        _ => None,
    }
}

fn says_json(content_type: Option<&str>) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// What a content type says, in a word.
fn media_word(content_type: Option<&str>) -> &'static str {
    let Some(given) = content_type.map(str::to_ascii_lowercase) else { return "missing" };
    let words = [("html", "html"), ("xml", "xml"), ("text/", "text"), ("octet-stream", "octet-stream")];
    words.into_iter().find(|(part, _)| given.contains(part)).map_or("another", |(_, word)| word)
}
