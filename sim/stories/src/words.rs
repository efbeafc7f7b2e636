//! Events in words: a sentence each, with units.

use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::private::PrivateKind;
use fieldday_history::EventKind;
use fieldday_history::event::{
    Cause, CheckOutcome, GroundTruth, NoAnswer, PollEnd, RefreshReason, Sent, Settlement, Source, Trigger, UserAction,
    Wire, WireEnd,
};
use fieldday_kernel::text::one_line;
use fieldday_kernel::time::Span;
use fieldday_paint::units::{bytes, count, micros};
use std::borrow::Cow;

/// What the signs before the events of a timeline mean.
pub const LEGEND: &str = "\
Legend: → request  ← answer  ✗ no answer, or a broken rule  ! failed check
        · phone or person  + action queued  - action leaves the queue
        » queue starts sending  « queue stops sending  (…) not visible to the app
";

/// An event in words, on one line: some of them may be a target's.
pub fn says(what: &EventKind) -> String {
    let words = words_of(what);
    match one_line(&words) {
        Cow::Borrowed(_) => words,
        Cow::Owned(line) => line,
    }
}

pub(crate) fn span(span: Span) -> String {
    micros(span.as_micros().max(0) as u64)
}

fn words_of(what: &EventKind) -> String {
    match what {
        EventKind::Sent(sent) => request(sent),
        EventKind::Answered { call, response, took, .. } => {
            format!("← {} call {call} after {}  {}", response.status, span(*took), answer(response))
        }
        EventKind::Unanswered { call, why, took, .. } => {
            format!("✗ no answer to call {call} after {}: {}", span(*took), unanswered(*why))
        }
        EventKind::Person(action) => format!("· person {}", action_words(action)),
        EventKind::Launched { launch: 1 } => "· app starts".to_owned(),
        EventKind::Launched { launch } => format!("· app starts again (launch {launch})"),
        EventKind::Killed => "· app is killed".to_owned(),
        EventKind::Crashed { op } => format!("· app crashes on the answer to {op}"),
        EventKind::TokenRefreshed { why } => format!("· app has a new token ({})", why_refreshed(*why)),
        EventKind::TokenUnavailable => "· app cannot get a token".to_owned(),
        EventKind::Queued { action, request } => {
            format!("+ action {action} queued: {} {}", request.op(), id_of(request))
        }
        EventKind::Settled { action, how } => format!("- action {action} leaves the queue: {}", settled(*how)),
        EventKind::FlushBegan { trigger, waiting } => {
            format!("» queue starts sending ({}), {waiting} waiting", triggered(*trigger))
        }
        EventKind::FlushEnded { waiting } => format!("« queue stops sending, {waiting} waiting"),
        EventKind::GroundTruth(truth) => format!("  ({})", hidden(truth)),
        EventKind::Network { online } => format!("· {}", network(*online)),
        EventKind::Wire(wire) => on_the_wire(wire),
        EventKind::TokenCame { lives: Some(lives), took, .. } => {
            format!("  (identity provider: token valid for {} after {})", span(*lives), span(*took))
        }
        EventKind::TokenCame { lives: None, took, .. } => {
            format!("  (identity provider: no token after {})", span(*took))
        }
        EventKind::Began => "· begins".to_owned(),
        EventKind::CalledHome => "· stops because the run ends".to_owned(),
        EventKind::Checked(checked) => match &checked.outcome {
            CheckOutcome::Held => format!("  (check {}: held)", checked.check),
            CheckOutcome::Broken { expected, came } => {
                format!("! check {}: expected {expected}, got {came}", checked.check)
            }
            CheckOutcome::Undecided => format!("  (check {}: inconclusive)", checked.check),
            CheckOutcome::Untested { why } => format!("  (check {}: not tried, {why})", checked.check),
        },
        other => format!("· {}", on_the_phone(other)),
    }
}

fn request(sent: &Sent) -> String {
    let cause = match sent.cause {
        Cause::Queue { action } => format!("action {action}"),
        Cause::Screen(screen) => format!("{} screen", spaced(&screen)),
        Cause::Tap => "tap".to_owned(),
        Cause::Poll => "poll".to_owned(),
        Cause::Upload => "upload".to_owned(),
        Cause::Office => "office".to_owned(),
        Cause::ReadBack => "read back".to_owned(),
        Cause::Probe(probe) => format!("probe: {}", spaced(&probe)),
        Cause::Check => "check".to_owned(),
    };
    format!(
        "→ {} {}  call {}{} ({cause}) {}",
        sent.request.op(),
        id_of(&sent.request),
        sent.call,
        attempt(sent.attempt),
        body_of(&sent.request)
    )
}

/// Which attempt of a call it is, unless it is the first.
pub(crate) fn attempt(attempt: u8) -> String {
    if attempt > 0 { format!(", attempt {}", attempt + 1) } else { String::new() }
}

/// What the screens and the background work of an app do.
fn on_the_phone(what: &EventKind) -> String {
    match what {
        EventKind::Shown { screen, of, call, from, age } => {
            let of = of.as_ref().map_or(String::new(), |of| format!(" ({of})"));
            let call = call.map_or(String::new(), |call| format!(", data of call {call}"));
            let from = match from {
                Source::Fresh => format!("from the cache, age {}", span(*age)),
                Source::Stale => format!("from the cache and marked as old, age {}", span(*age)),
                Source::Network => "from a new answer".to_owned(),
                Source::Nothing => "empty".to_owned(),
            };
            format!("{} screen{of}: {from}{call}", spaced(screen))
        }
        EventKind::StaleShown { screen, during } => {
            format!("{} screen showed old data for {}", spaced(screen), span(*during))
        }
        EventKind::Spinner { op, during } => format!("loading indicator for {op} shown for {}", span(*during)),
        EventKind::Retrying { op } => format!("app shows \"Retrying...\" for {op}"),
        EventKind::AskedToRetry { call, yes } => {
            let says = if *yes { "yes" } else { "no" };
            format!("app asks whether to create the task of call {call} again: {says}")
        }
        EventKind::Logged { call, status, request_id, leaks } => {
            let leaks = leaks.map_or(String::new(), |kind| format!(", with {} in the line", private(kind)));
            format!("app logs the error answer {status} to call {call}, request id {request_id}{leaks}")
        }
        EventKind::Evicted { id } => format!("{id} leaves the cache"),
        EventKind::Geofence { appointment_id, distance_m, accuracy_m, inside } => {
            let allowed = if *inside { "inside the geofence" } else { "outside the geofence" };
            format!("position for {appointment_id}: {distance_m} m away, accuracy {accuracy_m} m, {allowed}")
        }
        EventKind::UploadBegan { session_id, bytes: size } => {
            format!("upload of {session_id} begins, {}", bytes(*size))
        }
        EventKind::UploadEnded { session_id, took } => format!("upload of {session_id} complete after {}", span(*took)),
        EventKind::PollBegan { session_id } => format!("polling of {session_id} begins"),
        EventKind::PollEnded { session_id, why } => {
            let why = match why {
                PollEnd::Completed => "processing is complete",
                PollEnd::Failed => "processing failed",
                PollEnd::TookTooLong => "5 minutes are over",
                PollEnd::Left => "the person left the screen",
            };
            format!("polling of {session_id} ends: {why}")
        }
        EventKind::Results { session_id, playback, transcript, analysis } => {
            let shown = [("playback", playback), ("transcript", transcript), ("analysis", analysis)];
            let shown: Vec<&str> = shown.into_iter().filter(|(_, is_shown)| **is_shown).map(|(what, _)| what).collect();
            let shown = if shown.is_empty() { "nothing".to_owned() } else { shown.join(", ") };
            format!("results of {session_id} show {shown}")
        }
        EventKind::DayEnded { queued, uploads, online_for } => {
            let online = online_for.map_or("offline".to_owned(), |online| format!("online for {}", span(online)));
            format!("day ends, {online}: {queued} actions in the queue, {uploads} uploads open")
        }
        // Those that remain have a sign of their own, and are told above.
        other => plain(other),
    }
}

/// What a person does, in the third person.
pub(crate) fn action_words(action: &UserAction) -> String {
    let (what, id) = match action {
        UserAction::LeavesHome => ("leaves home", None),
        UserAction::ClocksIn => ("clocks in", None),
        UserAction::ClocksOut => ("clocks out", None),
        UserAction::ForgetsToClockOut => ("forgets to clock out", None),
        UserAction::DrivesTo { appointment_id } => ("drives to", Some(appointment_id)),
        UserAction::Arrives { appointment_id } => ("arrives at", Some(appointment_id)),
        UserAction::FindsNobody { appointment_id } => ("finds nobody at", Some(appointment_id)),
        UserAction::IsTurnedAway { appointment_id } => ("is turned away at", Some(appointment_id)),
        UserAction::FindsItChanged { appointment_id } => ("finds changed:", Some(appointment_id)),
        UserAction::Records { appointment_id } => ("starts recording", Some(appointment_id)),
        UserAction::RecordsLate { appointment_id } => ("starts recording late", Some(appointment_id)),
        UserAction::StopsRecording { appointment_id } => ("stops recording", Some(appointment_id)),
        UserAction::GivesUpRecording { appointment_id } => ("gives up recording", Some(appointment_id)),
        UserAction::PicksOutcome { appointment_id } => ("picks the outcome of", Some(appointment_id)),
        UserAction::DoubleTaps => ("taps twice", None),
        UserAction::HasLunch => ("has lunch", None),
        UserAction::GoesHome => ("goes home", None),
        UserAction::WritesTask => ("writes a task", None),
        UserAction::TicksTask { task_id } => ("completes", Some(task_id)),
        UserAction::LosesPatience => ("cancels the call", None),
        UserAction::ClosesApp => ("closes the app", None),
    };
    id.map_or_else(|| what.to_owned(), |id| format!("{what} {id}"))
}

/// Why no answer came, as every picture of it says.
pub(crate) fn unanswered(why: NoAnswer) -> &'static str {
    match why {
        NoAnswer::Timeout => "timed out",
        NoAnswer::Unreachable => "no network",
        NoAnswer::Broken => "connection broken",
        NoAnswer::Cancelled => "cancelled by the person",
        NoAnswer::Killed => "app killed",
    }
}

/// That the phone's network came or went.
pub(crate) fn network(online: bool) -> &'static str {
    if online { "network is back" } else { "network is lost" }
}

fn why_refreshed(why: RefreshReason) -> &'static str {
    match why {
        RefreshReason::First => "it had none",
        RefreshReason::Expiring => "the old one was about to expire",
        RefreshReason::Refused => "the backend answered 401",
    }
}

fn settled(how: Settlement) -> String {
    match how {
        Settlement::Done => "acknowledged".to_owned(),
        Settlement::AlreadyDone => "it was done before".to_owned(),
        Settlement::Refused { status } => format!("refused with {status}"),
        Settlement::DayOver => "its day is over".to_owned(),
    }
}

fn triggered(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::NewAction => "new action",
        Trigger::NetworkBack => "network is back",
        Trigger::AppOpened => "app started",
        Trigger::Minute => "a minute passed",
    }
}

fn private(kind: PrivateKind) -> &'static str {
    match kind {
        PrivateKind::Token => "a token",
        PrivateKind::Phone => "a phone number",
        PrivateKind::Email => "an e-mail address",
    }
}

/// What the network or the backend did where no client can see it.
fn hidden(truth: &GroundTruth) -> String {
    match truth {
        GroundTruth::LostOnTheWayOut { call, attempt: of } => {
            format!("hidden: the request of call {call}{} was lost on the way to the backend", attempt(*of))
        }
        GroundTruth::LostOnTheWayBack { call, attempt: of, status } => {
            format!("hidden: the backend answered call {call}{} with {status}; the answer was lost", attempt(*of))
        }
        GroundTruth::Late { call, attempt: of, status } => {
            format!("hidden: the answer {status} to call {call}{} came after the app gave up", attempt(*of))
        }
        GroundTruth::CutByBackend { call, attempt: of, took_effect } => {
            let when = if *took_effect { "after" } else { "before" };
            format!("hidden: the backend closed the connection of call {call}{} {when} it acted", attempt(*of))
        }
        GroundTruth::CutMidUpload { call, attempt: of, sent_bytes } => {
            format!("hidden: the upload of call {call}{} was cut after {}", attempt(*of), bytes(*sent_bytes))
        }
    }
}

fn on_the_wire(wire: &Wire) -> String {
    let (call, service, late) = (wire.call, span(wire.service), span(wire.late));
    let end = match &wire.end {
        WireEnd::Answered { status, .. } => format!("{status} to call {call}"),
        WireEnd::NoConnection { why } => format!("no connection for call {call} ({why})"),
        WireEnd::Broken { why } => format!("connection of call {call} broken ({why})"),
        WireEnd::BrokenOff => format!("call {call} given up by the phone"),
    };
    let opened = match wire.connect {
        Span::ZERO => String::new(),
        took => format!(", {} of it to connect", span(took)),
    };
    format!("  (wire: {end} after {service}{opened}; sent {late} late)")
}

/// A unit variant's name, with blanks.
fn spaced(value: &impl serde::Serialize) -> String {
    plain(value).replace('-', " ")
}

/// A value as JSON without quotes and braces: short, and nothing private in it.
fn plain(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().chars().filter(|c| !"\"{}".contains(*c)).collect()
}
fn id_of(call: &Call) -> String {
    match call {
        Call::PutAudio { bytes, .. } => format!("{} bytes", count(*bytes)),
        Call::StartRecording(start) => start.appointment_id.to_string(),
        other => other.path_id().unwrap_or_default().to_owned(),
    }
}
fn body_of(call: &Call) -> String {
    match call {
        Call::UpdateAppointment { body, .. } => plain(&given(body)),
        Call::UpdateTask { body, .. } => plain(&given(body)),
        Call::Raw(raw) => format!("{} {}?{} {}", raw.method, raw.path, raw.query, raw.body),
        _ => String::new(),
    }
}
/// Without the fields that are not there.
fn given(body: &impl serde::Serialize) -> serde_json::Value {
    let mut value = serde_json::to_value(body).unwrap_or_default();
    if let serde_json::Value::Object(fields) = &mut value {
        fields.retain(|_, value| !value.is_null());
    }
    value
}
fn answer(response: &Response) -> String {
    match &response.answer {
        Answer::Appointments(list) => format!("{} appointments", list.total),
        Answer::Appointment(detail) => {
            format!("{} {}, {}", detail.appointment.id, detail.appointment.status, detail.appointment.outcome)
        }
        Answer::Tasks(list) => format!("{} of {} tasks, {} overdue", list.tasks.len(), list.total, list.overdue_count),
        Answer::Task(task) => format!("{} {}", task.id, task.status),
        Answer::RecordingStarted(started) => format!("{} {}", started.recording_session_id, started.mode),
        Answer::Recording(body) => format!(
            "{}: transcription {}, analysis {}",
            body.session.id, body.session.transcription_status, body.session.analysis_status
        ),
        Answer::ShiftDay(day) => format!("{} since {}", day.shift.id, day.shift.clock_in_at),
        Answer::Shift(shift) => format!("{} since {}", shift.id, shift.clock_in_at),
        Answer::Thread(thread) => format!("{} of {} messages", thread.messages.len(), thread.total),
        Answer::Error(error) => {
            format!("{:?}: {} ({})", error.detail.error_code, error.detail.message, error.detail.request_id)
        }
        Answer::Foreign(_) => "something that is no answer of the API".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_read_as_words() {
        assert_eq!(action_words(&UserAction::LosesPatience), "cancels the call");
        assert_eq!(action_words(&UserAction::DrivesTo { appointment_id: "appt_1".into() }), "drives to appt_1");
    }
}
