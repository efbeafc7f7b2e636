//! The ledger of a live run: every write that intruders, auditors and probes sent to the target, what it answered, and whether
//! it was undone, in the run's folder. They write to put rules to the test, on rows that are there to be worked on as well.

use crate::failure::Failure;
use crate::output;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::names::TaskStatus;
use fieldday_api::probe::Probe;
use fieldday_folder::{HISTORY, bounded};
use fieldday_history::event::{Cause, ClientKind};
use fieldday_history::file::{HistoryLine, Reader};
use fieldday_history::{AttemptEnd, End, Event, EventKind, OpenAttempts};
use fieldday_kernel::text::printable_json;
use fieldday_kernel::time::Time;
use fieldday_paint::units::counted;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

/// The name of the ledger in a run folder: a JSON object per line, one per write.
const LEDGER: &str = "ledger.jsonl";

/// A write that was no work of the day.
#[derive(Debug, Serialize)]
struct Write {
    /// When the request was sent, in UTC.
    at: String,
    /// Who sent it: a client's name in the plan.
    who: String,
    /// The kind of probe that the write belongs to; absent if it belongs to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<String>,
    /// The endpoint's method and path.
    endpoint: &'static str,
    /// The id in the request's path; absent if the path has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The HTTP status of the answer; null if none came.
    status: Option<u16>,
    /// The id of the row that it made, by the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<SmolStr>,
    /// Whether a later write took that row back.
    undone: bool,
    /// How it was undone, or why it was not, in words.
    note: Cow<'static, str>,
    #[serde(skip)]
    request: Arc<Call>,
    /// Whether somebody had sent it before, and it must change nothing.
    #[serde(skip)]
    is_repeat: bool,
    #[serde(skip)]
    row: Option<Row>,
}

/// A row that a write makes, and a later one can take back as far as the API has a way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Row {
    Task,
    Recording,
    Shift,
}

impl Row {
    /// The row that a write made which was answered so, and its id.
    fn made(call: &Call, answer: &Answer) -> Option<(Row, SmolStr)> {
        match (answer, call) {
            (Answer::Task(task), _) if call.op() == Op::CreateTask => Some((Row::Task, task.id.clone())),
            (Answer::RecordingStarted(started), _) => Some((Row::Recording, started.recording_session_id.clone())),
            // A rep has one shift a day.
            (_, Call::ClockIn { rep_id, .. }) => Some((Row::Shift, rep_id.clone())),
            _ => None,
        }
    }
    /// The row that a write undoes, with its id; none if it undoes none.
    fn taken_back(call: &Call) -> Option<(Row, SmolStr)> {
        match call {
            Call::UpdateTask { task_id, body } if body.status == Some(TaskStatus::Cancelled) => {
                Some((Row::Task, task_id.clone()))
            }
            Call::CompleteTask { task_id } => Some((Row::Task, task_id.clone())),
            Call::StopRecording { session_id, .. } => Some((Row::Recording, session_id.clone())),
            Call::ClockOut { rep_id } => Some((Row::Shift, rep_id.clone())),
            _ => None,
        }
    }
    /// What undoing did to the row, and what the API leaves of it.
    fn how(self) -> &'static str {
        match self {
            Row::Task => "the task was closed",
            Row::Recording => "the recording was stopped; the API deletes none",
            Row::Shift => "the shift was ended; the API deletes none",
        }
    }
}

/// Says of each write whether a later one took back what it made, and why not if none did.
fn settle(writes: &mut [Write]) {
    let succeeded = |write: &Write| matches!(write.status, Some(200..300));
    // From the end, so that what takes a row back is known before what made it.
    let mut later: BTreeMap<(Row, SmolStr), usize> = BTreeMap::new();
    let mut undoing = BTreeSet::new();
    for at in (0..writes.len()).rev() {
        let write = &writes[at];
        let row = write.row.zip(write.made.clone());
        let by = row.as_ref().and_then(|row| later.get(row)).map(|by| (*by, writes[*by].status));
        let (undone, note) = match (write.status, row, by) {
            (None, ..) => (false, "no answer: whether it changed anything is unknown".into()),
            (Some(500..), ..) => (false, "the target failed: whether it changed anything is unknown".into()),
            (Some(300..500), ..) => (false, "refused: there is nothing to undo".into()),
            _ if write.is_repeat => {
                (false, "it repeats an earlier write, which a correct target answers without a change".into())
            }
            (_, Some((row, _)), Some((by, Some(200..300)))) => {
                undoing.insert(by);
                (true, row.how().into())
            }
            (_, Some(_), Some((_, Some(status)))) => {
                (false, format!("what was to undo it was answered {status}").into())
            }
            (_, Some(_), Some((_, None))) => (false, "what was to undo it was not answered".into()),
            (_, Some(_), None) => (false, "nothing was sent that undoes it".into()),
            (_, None, _) => (false, "it may have changed a row that was there: the API keeps no earlier state".into()),
        };
        if let Some(row) = Row::taken_back(&write.request).filter(|_| !write.is_repeat) {
            // One that succeeded counts, whatever was tried after it.
            let is_settled = later.get(&row).is_some_and(|by| succeeded(&writes[*by]));
            if succeeded(write) || !is_settled {
                later.insert(row, at);
            }
        }
        (writes[at].undone, writes[at].note) = (undone, note);
    }
    undoing.into_iter().for_each(|at| writes[at].note = "it undoes another write".into());
}

/// The state of one cell while the history is read, which tells of cells in many parts.
#[derive(Default)]
struct SoFar {
    begins: Time,
    /// The names of the clients who put rules to the test, by their number in the cell.
    testers: BTreeMap<u32, SmolStr>,
    open: OpenAttempts<Write>,
}

/// The client of an event: the only field that is read of the lines of other clients.
#[derive(Deserialize)]
struct Whose {
    c: Option<u32>,
}

/// Writes the ledger of a run whose history is recorded, and says so. Without any such write there is no file.
pub fn write(folder: &Path) -> Result<(), Failure> {
    let history = folder.join(HISTORY);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Failure::File { path, source }
    };
    let file = match bounded::open(&history) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(&history)(error)),
    };
    // A history that cannot be read is told where it is read to be judged; the ledger holds what can be.
    let writes = Reader::new(file).map(writes).unwrap_or_default();
    if writes.is_empty() {
        return Ok(());
    }
    let path = folder.join(LEDGER);
    let text: String =
        writes.iter().filter_map(|write| Some(printable_json(serde_json::to_string(write).ok()?) + "\n")).collect();
    fs::write(&path, text).map_err(failed(&path))?;
    let which = counted(writes.len() as u64, "write", "writes");
    let left = writes.iter().filter(|write| write.row.is_some() && !write.undone).count() as u64;
    let left = if left > 0 { format!(", of which {left} left something behind") } else { String::new() };
    output::note(&format!("{which} sent only to test rules{left}: {}", path.display()));
    Ok(())
}

/// The writes of a history, in the order in which they ended; those that never ended come last.
fn writes<R: Read>(mut reader: Reader<R>) -> Vec<Write> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let (mut cells, mut current) = (vec![SoFar::default()], 0);
    let mut writes = Vec::new();
    while let Ok(Some(text)) = reader.text() {
        let so_far = &mut cells[current];
        let whose = serde_json::from_str(&text).ok().and_then(|Whose { c }| c);
        let is_told = whose.is_some_and(|client| !so_far.testers.contains_key(&client));
        if is_told && !text.contains("\"client\"") {
            continue;
        }
        match reader.parse(&text) {
            Ok(HistoryLine::Cell { cell, start, .. }) => {
                current = *places.entry(cell).or_insert(cells.len());
                if current == cells.len() {
                    cells.push(SoFar { begins: start, ..SoFar::default() });
                }
            }
            Ok(HistoryLine::Event(event)) => writes.extend(so_far.on(&event)),
            Ok(HistoryLine::Header(_) | HistoryLine::End { .. }) => {}
            Err(_) => break,
        }
    }
    for mut cell in cells {
        let testers: Vec<u32> = cell.testers.keys().copied().collect();
        testers.into_iter().for_each(|client| writes.extend(cell.open.drain(client)));
    }
    settle(&mut writes);
    writes
}

impl SoFar {
    /// The write that an event ends; none if the event ends no write of those who test rules.
    fn on(&mut self, event: &Event) -> Option<Write> {
        match &event.what {
            EventKind::Client(client) => {
                let puts_to_the_test =
                    matches!(client.kind, ClientKind::Intruder | ClientKind::Auditor | ClientKind::Conformer);
                if puts_to_the_test {
                    self.testers.insert(event.client, client.name.clone());
                }
            }
            EventKind::Sent(sent) if sent.request.op().writes() => {
                let name = self.testers.get(&event.client)?;
                let probe = match sent.cause {
                    Cause::Probe(probe) => serde_json::to_value(probe).ok(),
                    _ => None,
                };
                let write = Write {
                    at: (self.begins + event.at).to_string(),
                    who: name.to_string(),
                    probe: probe.and_then(|word| word.as_str().map(str::to_owned)),
                    endpoint: sent.request.op().label(),
                    id: sent.request.path_id().map(str::to_owned),
                    status: None,
                    made: None,
                    undone: false,
                    note: "".into(),
                    request: sent.request.clone(),
                    // Auditors read back, and repeat what a rep did.
                    is_repeat: matches!(sent.cause, Cause::ReadBack | Cause::Probe(Probe::Repeat)),
                    row: None,
                };
                self.open.sent(event.client, sent.call, sent.attempt, write);
            }
            _ => {}
        }
        let AttemptEnd { call, attempt, end, .. } = AttemptEnd::of(&event.what)?;
        let mut write = self.open.ended(event.client, call, attempt)?;
        if let End::Answered(response) = end {
            write.status = Some(response.status);
            let makes = response.is_success() && !write.is_repeat;
            let made = makes.then(|| Row::made(&write.request, &response.answer)).flatten();
            (write.row, write.made) = made.unzip();
        }
        Some(write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_api::call::Response;
    use fieldday_api::names::Role;
    use fieldday_history::event::{Client, CredentialKind, Sent};
    use fieldday_history::file::{FORMAT, Header, Writer};
    use fieldday_kernel::fingerprint::Fingerprint;
    use fieldday_kernel::time::Span;

    fn client(name: &str, kind: ClientKind) -> EventKind {
        let (tenant, user_id) = ("org_1".into(), "user_1".into());
        EventKind::Client(Box::new(Client {
            name: name.into(),
            tenant,
            user_id,
            rep_id: None,
            role: Role::SalesRep,
            kind,
        }))
    }
    fn sent(call: u32, cause: Cause) -> EventKind {
        asks(call, cause, Call::ClockOut { rep_id: "rep_1".into() })
    }
    fn asks(call: u32, cause: Cause, request: Call) -> EventKind {
        let request = Arc::new(request);
        let bearer = CredentialKind::Own;
        EventKind::Sent(Sent { call, attempt: 0, cause, bearer, patience: Span::seconds(5), request })
    }
    fn answered(call: u32) -> EventKind {
        let response = Arc::new(Response { status: 403, ..Response::ok(Answer::Stored) });
        EventKind::Answered { call, attempt: 0, response, took: Span::ZERO }
    }

    #[test]
    fn every_write_of_those_who_test_is_listed_however_the_history_is_cut_into_parts() {
        let header = Header {
            fieldday_history: FORMAT,
            version: "0.1.0".into(),
            scenario: "small".into(),
            seed: 1,
            start: Time::default(),
        };
        let mut file = Writer::new(Vec::new(), &header).unwrap();
        let probe = || Cause::Probe(Probe::OtherRep);
        let parts = [
            ("one", vec![(0, client("one/rep", ClientKind::Phone)), (1, client("one/intruder", ClientKind::Intruder))]),
            ("two", vec![(0, client("two/auditor", ClientKind::Auditor)), (0, sent(1, Cause::ReadBack))]),
            ("one", vec![(0, sent(1, Cause::Tap)), (1, sent(1, probe()))]),
            ("one", vec![(1, answered(1)), (0, answered(1))]),
        ];
        for (cell, events) in parts {
            file.cell(cell, Time::default()).unwrap();
            for (client, what) in events {
                file.event(&Event { at: Span::ZERO, client, what }).unwrap();
            }
        }
        let file = file.finish(Fingerprint::default()).unwrap();
        let writes = writes(Reader::new(&file[..]).unwrap());
        let told: Vec<_> = writes.iter().map(|w| (w.who.as_str(), w.probe.as_deref(), w.status)).collect();
        // What was never answered is in it, too; a rep's own work is not.
        assert_eq!(told, [("one/intruder", Some("other-rep"), Some(403)), ("two/auditor", None, None)]);
    }

    #[test]
    fn a_write_is_undone_if_a_later_one_took_back_what_it_made() {
        use fieldday_api::names::{Assignee, Priority};
        use fieldday_api::wire::tasks::{Task, TaskCreate, TaskPatch};
        let create = || {
            Call::CreateTask(TaskCreate {
                description: "x".into(),
                assigned_to: Assignee::Csr,
                contact_card_id: None,
                lead_id: None,
                appointment_id: None,
                call_id: None,
                due_at: None,
                priority: None,
                source: None,
            })
        };
        let task = |id: &str| {
            Answer::Task(Box::new(Task {
                id: id.into(),
                description: "x".into(),
                status: TaskStatus::Open,
                assigned_to: Assignee::Csr,
                due_at: None,
                priority: Priority::Low,
                contact_card_id: None,
                lead_id: None,
                appointment_id: None,
                notes: None,
                completed_at: None,
                completed_by: None,
                created_at: Time::default(),
                updated_at: None,
            }))
        };
        let cancel = |id: &str| Call::UpdateTask {
            task_id: id.into(),
            body: TaskPatch { status: Some(TaskStatus::Cancelled), ..TaskPatch::default() },
        };
        let other = |id: &str| Call::UpdateTask {
            task_id: id.into(),
            body: TaskPatch { priority: Some(Priority::Low), ..TaskPatch::default() },
        };
        let mut so_far = SoFar::default();
        so_far.on(&Event { at: Span::ZERO, client: 1, what: client("one/intruder", ClientKind::Intruder) });
        let mut writes = Vec::new();
        let exchanges = [
            (create(), Some((200, task("a")))),
            (create(), Some((200, task("b")))),
            (create(), Some((200, task("c")))),
            (create(), Some((403, Answer::Stored))),
            (create(), None),
            (other("d"), Some((200, task("d")))),
            (cancel("b"), Some((403, Answer::Stored))),
            (cancel("a"), Some((403, Answer::Stored))),
            (cancel("a"), Some((200, task("a")))),
            (Call::ClockIn { rep_id: "r".into(), body: Default::default() }, Some((200, Answer::Stored))),
        ];
        for (call, (request, answer)) in (1..).zip(exchanges) {
            let is_clock_in = matches!(request, Call::ClockIn { .. });
            let probe = if is_clock_in { Cause::ReadBack } else { Cause::Probe(Probe::Control) };
            so_far.on(&Event { at: Span::ZERO, client: 1, what: asks(call, probe, request) });
            let what = match answer {
                Some((status, answer)) => {
                    let response = Arc::new(Response { status, ..Response::ok(answer) });
                    EventKind::Answered { call, attempt: 0, response, took: Span::ZERO }
                }
                None => {
                    let why = fieldday_history::event::NoAnswer::Timeout;
                    EventKind::Unanswered { call, attempt: 0, why, took: Span::ZERO }
                }
            };
            writes.extend(so_far.on(&Event { at: Span::ZERO, client: 1, what }));
        }
        settle(&mut writes);
        let told: Vec<_> = writes.iter().map(|w| (w.made.as_deref(), w.undone, w.note.as_ref())).collect();
        let (refused, existed) = (
            "refused: there is nothing to undo",
            "it may have changed a row that was there: the API keeps no earlier state",
        );
        assert_eq!(
            told,
            [
                (Some("a"), true, "the task was closed"),
                (Some("b"), false, "what was to undo it was answered 403"),
                (Some("c"), false, "nothing was sent that undoes it"),
                (None, false, refused),
                (None, false, "no answer: whether it changed anything is unknown"),
                (None, false, existed),
                (None, false, refused),
                (None, false, refused),
                (None, false, "it undoes another write"),
                (None, false, "it repeats an earlier write, which a correct target answers without a change"),
            ]
        );
    }
}
