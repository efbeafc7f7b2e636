//! What an answer gave that a later request needs.

use crate::attempts::Attempt;
use crate::decisive::Check;
use fieldday_api::call::{Answer, Call};
use fieldday_api::http::redacted;
use fieldday_history::End;
use std::fmt::Write as _;

/// A value that comes out of an answer.
struct Capture {
    /// Whose answer it comes in, counted from 0.
    number: usize,
    /// The name of the field that holds it.
    field: &'static str,
    /// The variable of the shell that takes it.
    variable: String,
    /// The value in the run. It is compared with, and never written: a presigned URL is private.
    value: String,
}

/// All that is needed of earlier answers.
pub struct Captures {
    all: Vec<Capture>,
    /// How many of them were taken: requests before that know nothing of them.
    taken: Vec<usize>,
}

impl Captures {
    /// Those of a story, for its requests and for what is expected of its answers.
    pub fn new(attempts: &[Attempt<'_>], checks: &[Check]) -> Captures {
        let mut all: Vec<Capture> = Vec::new();
        for (number, attempt) in attempts.iter().enumerate() {
            for (field, kind, value) in made(attempt).into_iter().flatten() {
                let later = attempts[number + 1..].iter().filter(|later| later.at >= attempt.until);
                let is_needed = later.into_iter().any(|later| needs(&later.sent.request, &value))
                    || checks.iter().any(|check| check.number >= number && check.want.names(&value));
                if is_needed && all.iter().all(|known| known.value != value) {
                    let variable = format!("{kind}_{}", number + 1);
                    all.push(Capture { number, field, variable, value });
                }
            }
        }
        Captures { all, taken: Vec::new() }
    }

    /// The lines that take what an answer gave.
    pub fn of(&mut self, number: usize) -> String {
        let mut out = String::new();
        for (place, capture) in self.all.iter().enumerate().filter(|(_, capture)| capture.number == number) {
            let (variable, field, answer) = (&capture.variable, capture.field, number + 1);
            let _ = writeln!(out, "{variable}=$(value {answer} data.{field} | bare)");
            let _ = writeln!(
                out,
                "[ -n \"${variable}\" ] || {{ echo 'INCONCLUSIVE: answer {answer} has no data.{field}'; exit 4; }}"
            );
            self.taken.push(place);
        }
        out
    }

    /// A text as one word of a shell, with variables where there is what was taken.
    pub fn quoted(&self, text: &str) -> String {
        let mut out = format!("'{}'", text.replace('\'', r"'\''"));
        for capture in self.taken.iter().map(|place| &self.all[*place]) {
            out = out.replace(&capture.value, &format!("'\"${}\"'", capture.variable));
        }
        out
    }

    /// The variable with the URL that audio goes to.
    pub fn upload_url(&self, call: &Call) -> Option<String> {
        let Call::PutAudio { .. } = call else { return None };
        let mut taken = self.taken.iter().map(|place| &self.all[*place]);
        taken.find(|capture| needs(call, &capture.value)).map(|capture| format!("\"${}\"", capture.variable))
    }
}

/// What an answer gave: the field, the kind, the value.
fn made(attempt: &Attempt<'_>) -> [Option<(&'static str, &'static str, String)>; 2] {
    let Some(End::Answered(response)) = attempt.end else { return [None, None] };
    match (attempt.sent.request.as_ref(), &response.answer) {
        (_, Answer::RecordingStarted(started)) => [
            Some(("recording_session_id", "session", started.recording_session_id.to_string())),
            started.audio_upload_url.as_ref().map(|url| ("audio_upload_url", "upload_url", url.expose().to_owned())),
        ],
        (Call::ClockIn { .. }, Answer::ShiftDay(day)) => [Some(("shift.id", "shift", day.shift.id.to_string())), None],
        (Call::CreateTask(_), Answer::Task(task)) => [Some(("id", "task", task.id.to_string())), None],
        _ => [None, None],
    }
}

/// Whether a request has a value in it that an answer gave.
fn needs(call: &Call, value: &str) -> bool {
    if let Call::PutAudio { key, .. } = call {
        let path = value.split('?').next().unwrap_or_default();
        return !key.expose().is_empty() && (value.ends_with(key.expose()) || path.ends_with(key.expose()));
    }
    let http = redacted(call);
    let body = http.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    http.path.contains(value) || http.query.contains(value) || body.contains(value)
}
