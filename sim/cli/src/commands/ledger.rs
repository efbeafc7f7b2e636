//! The ledger of a live run: every write that intruders, auditors and probes sent to the target, and what it answered, in the
//! run's folder. They write to put rules to the test, on rows that are there to be worked on as well.

use crate::failure::Failure;
use crate::output;
use fieldday_api::SmolStr;
use fieldday_folder::{HISTORY, bounded};
use fieldday_history::event::{Cause, ClientKind};
use fieldday_history::file::{HistoryLine, Reader};
use fieldday_history::{AttemptEnd, End, Event, EventKind, OpenAttempts};
use fieldday_kernel::text::printable_json;
use fieldday_kernel::time::Time;
use fieldday_paint::units::counted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The file in the run folder.
const LEDGER: &str = "ledger.jsonl";

/// A write that was no work of the day.
#[derive(Debug, Serialize)]
struct Write {
    /// When it was sent, UTC.
    at: String,
    /// Who sent it: a client's name in the plan.
    who: String,
    /// What was put to the test; none of what is no probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<String>,
    /// The endpoint.
    endpoint: &'static str,
    /// The id in its path.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The answer's status; none if none came.
    status: Option<u16>,
}

/// What is known of a cell so far: a history tells of each in many parts, and of its clients in the first.
#[derive(Default)]
struct SoFar {
    begins: Time,
    /// Those who put rules to the test, by number.
    testers: BTreeMap<u32, SmolStr>,
    open: OpenAttempts<Write>,
}

/// Whose an event is: what is read of the lines of everybody else.
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
    output::note(&format!("{which} sent only to test rules: {}", path.display()));
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
    writes
}

impl SoFar {
    /// The write that ended with an event.
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
                };
                self.open.sent(event.client, sent.call, sent.attempt, write);
            }
            _ => {}
        }
        let AttemptEnd { call, attempt, end, .. } = AttemptEnd::of(&event.what)?;
        let mut write = self.open.ended(event.client, call, attempt)?;
        if let End::Answered(response) = end {
            write.status = Some(response.status);
        }
        Some(write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_api::call::{Answer, Call, Response};
    use fieldday_api::names::Role;
    use fieldday_api::probe::Probe;
    use fieldday_history::event::{Client, CredentialKind, Sent};
    use fieldday_history::file::{FORMAT, Header, Writer};
    use fieldday_kernel::fingerprint::Fingerprint;
    use fieldday_kernel::time::Span;
    use std::sync::Arc;

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
        let request = Arc::new(Call::ClockOut { rep_id: "rep_1".into() });
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
}
