//! The ledger of a live run: every write that intruders, auditors and probes sent to the target, and what it answered, in the
//! run's folder. They write to put rules to the test, on rows that are there to be worked on as well.

use crate::failure::Failure;
use fieldday_folder::HISTORY;
use fieldday_history::event::{Cause, ClientKind};
use fieldday_history::file::{HistoryLine, Reader};
use fieldday_history::{AttemptEnd, End, EventKind, OpenAttempts};
use fieldday_kernel::time::Time;
use serde::Serialize;
use std::fs::{self, File};
use std::path::Path;

/// The file in the run folder.
pub const LEDGER: &str = "ledger.jsonl";

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

/// Writes the ledger of a run whose history is recorded; gives how many writes it holds. Without any there is no file.
pub fn write(folder: &Path) -> Result<usize, Failure> {
    let history = folder.join(HISTORY);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Failure::File { path, source }
    };
    if !history.is_file() {
        return Ok(0);
    }
    let file = File::open(&history).map_err(failed(&history))?;
    // A history that cannot be read is told where it is read to be judged; the ledger holds what can be.
    let Ok(reader) = Reader::new(file) else { return Ok(0) };
    let mut lines = Vec::new();
    let (mut begins, mut clients) = (Time::default(), Vec::new());
    let mut open: OpenAttempts<Write> = OpenAttempts::default();
    for line in reader.map_while(Result::ok) {
        let event = match line {
            HistoryLine::Cell { start, .. } => {
                (begins, open) = (start, OpenAttempts::default());
                clients.clear();
                continue;
            }
            HistoryLine::Event(event) => event,
            HistoryLine::Header(_) | HistoryLine::End { .. } => continue,
        };
        match &event.what {
            EventKind::Client(client) => {
                clients.resize(clients.len().max(event.client as usize + 1), None);
                clients[event.client as usize] = Some((client.name.clone(), client.kind));
            }
            EventKind::Sent(sent) => {
                let Some(Some((name, kind))) = clients.get(event.client as usize) else { continue };
                let probe = match sent.cause {
                    Cause::Probe(probe) => Some(probe),
                    _ => None,
                };
                let is_test = probe.is_some()
                    || matches!(kind, ClientKind::Intruder | ClientKind::Auditor | ClientKind::Conformer);
                if is_test && sent.request.op().writes() {
                    let word = probe.and_then(|probe| serde_json::to_value(probe).ok());
                    let write = Write {
                        at: (begins + event.at).to_string(),
                        who: name.to_string(),
                        probe: word.and_then(|word| word.as_str().map(str::to_owned)),
                        endpoint: sent.request.op().label(),
                        id: sent.request.path_id().map(str::to_owned),
                        status: None,
                    };
                    open.sent(event.client, sent.call, sent.attempt, write);
                }
            }
            _ => {}
        }
        if let Some(AttemptEnd { call, attempt, end, .. }) = AttemptEnd::of(&event.what)
            && let Some(mut write) = open.ended(event.client, call, attempt)
        {
            if let End::Answered(response) = end {
                write.status = Some(response.status);
            }
            lines.extend(serde_json::to_string(&write));
        }
    }
    if !lines.is_empty() {
        let path = folder.join(LEDGER);
        fs::write(&path, lines.join("\n") + "\n").map_err(failed(&path))?;
    }
    Ok(lines.len())
}
