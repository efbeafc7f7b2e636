//! A request and its answer as typed values. In a simulation they are passed as they are; [`crate::http`] turns them into
//! what goes over a wire and back.

use crate::endpoint::{Method, Op};
use crate::error::ErrorBody;
use crate::wire::Page;
use crate::wire::appointments::{AppointmentDetail, AppointmentList, AppointmentPatch, AppointmentQuery};
use crate::wire::extras::{Health, RagAnswer, RagQuery, Win, WinPost, WinsFeed};
use crate::wire::messages::MessageThread;
use crate::wire::recordings::{
    RecordingSessionBody, RecordingStart, RecordingStarted, RecordingStop, UploadAudio, Uploaded,
};
use crate::wire::shifts::{ClockIn, Shift, ShiftDay};
use crate::wire::tasks::{Task, TaskCompleted, TaskCreate, TaskList, TaskPatch, TaskQuery};
use fieldday_kernel::time::Span;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use smol_str::SmolStr;

/// What is asked of the API: an endpoint with its ids, query and body.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // Each variant is the endpoint of the same name in `Op`; its fields are the path's ids and the body.
pub enum Call {
    ListAppointments(AppointmentQuery),
    GetAppointment {
        appointment_id: SmolStr,
    },
    UpdateAppointment {
        appointment_id: SmolStr,
        body: AppointmentPatch,
    },
    ListTasks(TaskQuery),
    CreateTask(TaskCreate),
    CompleteTask {
        task_id: SmolStr,
    },
    UpdateTask {
        task_id: SmolStr,
        body: TaskPatch,
    },
    StartRecording(RecordingStart),
    StopRecording {
        session_id: SmolStr,
        body: RecordingStop,
    },
    UploadAudio {
        session_id: SmolStr,
        body: UploadAudio,
    },
    GetRecording {
        session_id: SmolStr,
    },
    ClockIn {
        rep_id: SmolStr,
        body: ClockIn,
    },
    ClockOut {
        rep_id: SmolStr,
    },
    ShiftToday {
        rep_id: SmolStr,
    },
    GetThread {
        contact_card_id: SmolStr,
        page: Page,
    },
    RagQuery(RagQuery),
    ListWins(Page),
    PostWin(WinPost),
    Health,
    /// The audio itself: `key` is the last part of the presigned URL (a secret while it lasts, so private).
    PutAudio {
        key: crate::private::Private,
        bytes: u64,
    },
    /// A request that no typed call can say: wrong on purpose, or more than the endpoint asks for.
    Raw(Box<RawCall>),
}

/// A request as it goes over the wire, of somebody who does not keep to the types: an intruder's, or a broken app's.
/// Holds nothing private.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RawCall {
    /// The endpoint that it is aimed at.
    pub op: Op,
    /// The HTTP method, which need not be the endpoint's.
    pub method: Method,
    /// The path, with ids percent-encoded.
    pub path: SmolStr,
    /// The query string, without `?`; empty if there is none.
    pub query: SmolStr,
    /// The body; empty if there is none.
    pub body: SmolStr,
    /// So many more bytes of blank space go before the body.
    pub padding: u32,
    /// What the header `X-Company-Id` says, if it is there.
    pub company_id: Option<SmolStr>,
}

impl Call {
    /// The endpoint that the call is aimed at.
    pub fn op(&self) -> Op {
        match self {
            Call::ListAppointments(_) => Op::ListAppointments,
            Call::GetAppointment { .. } => Op::GetAppointment,
            Call::UpdateAppointment { .. } => Op::UpdateAppointment,
            Call::ListTasks(_) => Op::ListTasks,
            Call::CreateTask(_) => Op::CreateTask,
            Call::CompleteTask { .. } => Op::CompleteTask,
            Call::UpdateTask { .. } => Op::UpdateTask,
            Call::StartRecording(_) => Op::StartRecording,
            Call::StopRecording { .. } => Op::StopRecording,
            Call::UploadAudio { .. } => Op::UploadAudio,
            Call::GetRecording { .. } => Op::GetRecording,
            Call::ClockIn { .. } => Op::ClockIn,
            Call::ClockOut { .. } => Op::ClockOut,
            Call::ShiftToday { .. } => Op::ShiftToday,
            Call::GetThread { .. } => Op::GetThread,
            Call::RagQuery(_) => Op::RagQuery,
            Call::ListWins(_) => Op::ListWins,
            Call::PostWin(_) => Op::PostWin,
            Call::Health => Op::Health,
            Call::PutAudio { .. } => Op::PutAudio,
            Call::Raw(raw) => raw.op,
        }
    }
    /// The id in its path, if there is one.
    pub fn path_id(&self) -> Option<&str> {
        Some(match self {
            Call::GetAppointment { appointment_id } | Call::UpdateAppointment { appointment_id, .. } => appointment_id,
            Call::CompleteTask { task_id } | Call::UpdateTask { task_id, .. } => task_id,
            Call::StopRecording { session_id, .. }
            | Call::UploadAudio { session_id, .. }
            | Call::GetRecording { session_id } => session_id,
            Call::ClockIn { rep_id, .. } | Call::ClockOut { rep_id } | Call::ShiftToday { rep_id } => rep_id,
            Call::GetThread { contact_card_id, .. } => contact_card_id,
            Call::PutAudio { key, .. } => key.expose(),
            _ => return None,
        })
    }
    /// Bytes that the request puts on the uplink, headers included: an estimate for the link, exact for audio.
    pub fn bytes_up(&self) -> u64 {
        // A request line, the usual headers and a bearer token of some 800 characters.
        const HEADERS: u64 = 1_100;
        match self {
            Call::PutAudio { bytes, .. } => HEADERS + bytes,
            Call::Raw(raw) => HEADERS + raw.body.len() as u64 + u64::from(raw.padding),
            Call::UpdateAppointment { .. } | Call::CreateTask(_) | Call::UpdateTask { .. } | Call::PostWin(_) => {
                HEADERS + 250
            }
            Call::StartRecording(_) | Call::StopRecording { .. } | Call::UploadAudio { .. } | Call::ClockIn { .. } => {
                HEADERS + 150
            }
            _ => HEADERS,
        }
    }
}

/// The parsed body of an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // Each variant is the answer of §2's endpoint(s) of that name.
pub enum Answer {
    Appointments(AppointmentList),
    Appointment(Box<AppointmentDetail>),
    Tasks(TaskList),
    Task(Box<Task>),
    TaskCompleted(TaskCompleted),
    RecordingStarted(RecordingStarted),
    Recording(Box<RecordingSessionBody>),
    Uploaded(Uploaded),
    ShiftDay(Box<ShiftDay>),
    Shift(Shift),
    Thread(MessageThread),
    Rag(RagAnswer),
    Wins(WinsFeed),
    Win(Box<Win>),
    Health(Health),
    /// No body: the object store's answer to the audio.
    Stored,
    /// The envelope of a 4xx or 5xx.
    Error(Box<ErrorBody>),
    /// Something else than the endpoint promises: a captive portal's page, a proxy's text. What is wrong with it, in a
    /// word, never its content.
    Foreign(SmolStr),
}

/// An answer as it came.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Response {
    /// The HTTP status, as the target sent it.
    pub status: u16,
    /// `Retry-After`, on a 429 or 503.
    pub retry_after: Option<Span>,
    /// The body, parsed for the endpoint and the status.
    pub answer: Answer,
    /// Where something neutral stands in for what a live target left out, or answered in a form that says nothing: places by
    /// the spec's names, as `data.completed_by`. A judge decides nothing by these. Nothing is written where there are none,
    /// as in every answer of the model.
    #[serde(default)]
    pub stand_ins: Vec<SmolStr>,
}

impl Serialize for Response {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let is_read = s.is_human_readable();
        let fields = 3 + usize::from(is_read && !self.stand_ins.is_empty());
        let mut response = s.serialize_struct("Response", fields)?;
        response.serialize_field("status", &self.status)?;
        response.serialize_field("retry_after", &self.retry_after)?;
        if is_read || self.stand_ins.is_empty() {
            response.serialize_field("answer", &self.answer)?;
        } else {
            response.serialize_field("answer", &Bent(self))?;
        }
        if is_read && !self.stand_ins.is_empty() {
            response.serialize_field("stand_ins", &self.stand_ins)?;
        }
        response.end()
    }
}

/// An answer with its stand-ins in the canonical form: as one more variant of answers, so that the form of all others stays.
struct Bent<'a>(&'a Response);

impl Serialize for Bent<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_newtype_variant("Answer", 255, "bent", &(&self.0.answer, &self.0.stand_ins))
    }
}

impl Response {
    /// An answer with its status.
    pub fn of(status: u16, answer: Answer) -> Response {
        Response { status, retry_after: None, answer, stand_ins: Vec::new() }
    }
    /// The answer with the status 200.
    pub fn ok(answer: Answer) -> Response {
        Response::of(200, answer)
    }
    /// An error with the status of its code.
    pub fn error(body: ErrorBody) -> Response {
        Response::of(body.detail.error_code.status(), Answer::Error(Box::new(body)))
    }
    /// 2xx with the body that was promised.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status) && !matches!(self.answer, Answer::Error(_) | Answer::Foreign(_))
    }
    /// Whether the answer itself has a field of that name, wherever in it: nothing stands in for one.
    pub fn shows(&self, field: &str) -> bool {
        let is_it = |place: &SmolStr| place.rsplit('.').next() == Some(field);
        self.stand_ins.is_empty() || !self.stand_ins.iter().any(is_it)
    }
    /// Whether it refuses because what was asked for was done before: "already clocked in", "already completed".
    pub fn says_done_before(&self) -> bool {
        let Answer::Error(body) = &self.answer else { return false };
        body.detail.message.to_ascii_lowercase().contains("already")
    }
    /// The request id of an error.
    pub fn request_id(&self) -> Option<&SmolStr> {
        match &self.answer {
            Answer::Error(body) => Some(&body.detail.request_id),
            _ => None,
        }
    }
    /// Bytes that the answer puts on the downlink, headers included: an estimate for the link.
    pub fn bytes_down(&self) -> u64 {
        const HEADERS: u64 = 350;
        HEADERS
            + match &self.answer {
                Answer::Appointments(list) => 100 + 420 * list.appointments.len() as u64,
                Answer::Tasks(list) => 80 + 330 * list.tasks.len() as u64,
                Answer::Thread(thread) => 90 + 260 * thread.messages.len() as u64,
                Answer::Wins(feed) => 60 + 250 * feed.posts.len() as u64,
                Answer::Appointment(_) => 950,
                Answer::Recording(body) => {
                    if body.session.analysis.is_some() {
                        3_200
                    } else {
                        480
                    }
                }
                Answer::Stored | Answer::Health(_) => 20,
                _ => 400,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::canonical;

    #[test]
    fn stand_ins_are_told_apart_and_written_back_and_leave_no_trace_where_there_are_none() {
        let form = |response: &Response| {
            let mut out = Vec::new();
            canonical::write(response, &mut out).unwrap();
            out
        };
        let whole = Response::ok(Answer::Stored);
        let bent = Response { stand_ins: vec!["data.completed_by".into()], ..whole.clone() };
        // Status, no Retry-After, the number of the variant.
        assert_eq!(form(&whole), [200, 0, 0, 15]);
        assert!(form(&bent).starts_with(&[200, 0, 0, 255, 15]) && form(&bent).ends_with(b"data.completed_by"));
        for response in [whole, bent] {
            let text = serde_json::to_string(&response).unwrap();
            assert_eq!(text.contains("stand_ins"), !response.stand_ins.is_empty());
            assert_eq!(serde_json::from_str::<Response>(&text).unwrap(), response);
        }
    }
}
