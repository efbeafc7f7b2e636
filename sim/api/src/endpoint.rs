//! The one table of endpoints: path, method, roles, timeout class, idempotency, of §1 and §2. Everything else that needs
//! to know one of these reads it here.

use crate::names::Role;
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The API's endpoints.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// `GET /appointments`
    ListAppointments,
    /// `GET /appointments/{appointment_id}`
    GetAppointment,
    /// `PATCH /appointments/{appointment_id}`
    UpdateAppointment,
    /// `GET /tasks`
    ListTasks,
    /// `POST /tasks`
    CreateTask,
    /// `POST /tasks/{task_id}/complete`
    CompleteTask,
    /// `PATCH /tasks/{task_id}`
    UpdateTask,
    /// `POST /recording-sessions/start`
    StartRecording,
    /// `POST /recording-sessions/{session_id}/stop`
    StopRecording,
    /// `POST /recording-sessions/{session_id}/upload-audio`
    UploadAudio,
    /// `GET /recording-sessions/{session_id}`
    GetRecording,
    /// `POST /reps/{rep_id}/shifts/clock-in`
    ClockIn,
    /// `POST /reps/{rep_id}/shifts/clock-out`
    ClockOut,
    /// `GET /reps/{rep_id}/shifts/today`
    ShiftToday,
    /// `GET /message-threads/{contact_card_id}`
    GetThread,
    /// `POST /rag/query`
    RagQuery,
    /// `GET /wins-feed`
    ListWins,
    /// `POST /wins-feed`
    PostWin,
    /// `GET /health` (the path is set by scenario)
    Health,
    /// `PUT` to the presigned URL that a recording start gave, outside `/api/v1`
    PutAudio,
}

/// HTTP methods that the API uses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads rows.
    Get,
    /// Creates a row, or starts an action.
    Post,
    /// Changes some fields of a row.
    Patch,
    /// Stores audio at an upload URL.
    Put,
}

impl Method {
    /// The method as it stands in a request: `GET`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Put => "PUT",
        }
    }
}
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How long the app waits (§0.4), as `latency.timeout` reads it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeoutClass {
    /// Starting, stopping and reading recordings: 30 s.
    Recording,
    /// Every other read: 10 s.
    Read,
    /// Every other write: 5 s.
    Update,
    /// The health check: 3 s.
    Health,
    /// The audio itself: no limit of the spec's, but 60 s without a byte is a stall.
    Transfer,
}

impl TimeoutClass {
    /// How long the app waits for an answer before it gives the attempt up.
    pub const fn limit(self) -> Span {
        match self {
            TimeoutClass::Recording => Span::seconds(30),
            TimeoutClass::Read => Span::seconds(10),
            TimeoutClass::Update => Span::seconds(5),
            TimeoutClass::Health => Span::seconds(3),
            TimeoutClass::Transfer => Span::seconds(60),
        }
    }
}

/// What repeating a request does (§0.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// A read: a repeat changes nothing.
    Read,
    /// Safe: §0.2 promises that a repeat has no further effect.
    Idempotent,
    /// Not safe: never sent again without the person's yes.
    NotIdempotent,
}

/// One row of the table.
#[derive(Debug)]
pub struct Endpoint {
    /// The endpoint that the row describes.
    pub op: Op,
    /// The section of the specification that documents it.
    pub section: &'static str,
    /// The HTTP method of its requests.
    pub method: Method,
    /// The path of its requests, with `{…}` for an id.
    pub path: &'static str,
    /// Who may call it. Empty: anyone, without a token.
    pub roles: &'static [Role],
    /// The class that decides how long the app waits for an answer.
    pub class: TimeoutClass,
    /// Whether a repeat is safe, by §0.2.
    pub repeat: Repeat,
    /// Whether it is documented "if implemented" only.
    pub optional: bool,
}

use Role::{Csr, Manager, SalesRep};
const EVERYONE: &[Role] = &[SalesRep, Manager, Csr];
const FIELD: &[Role] = &[SalesRep, Manager];

macro_rules! endpoints {
    ($($op:ident $section:literal $method:ident $path:literal $roles:expr, $class:ident, $repeat:ident $(, $optional:ident)?;)+) => {
        /// All endpoints, in the spec's order; indexed by [`Op::index`].
        pub static ENDPOINTS: &[Endpoint] = &[$(Endpoint {
            op: Op::$op, section: $section, method: Method::$method, path: $path, roles: $roles,
            class: TimeoutClass::$class, repeat: Repeat::$repeat, optional: false $(|| { stringify!($optional); true })?,
        }),+];
        impl Op {
            /// All endpoints, in the spec's order.
            pub const ALL: &'static [Op] = &[$(Op::$op),+];
        }
    };
}

endpoints! {
    ListAppointments  "2.1.1" Get   "/api/v1/appointments"                                     EVERYONE, Read, Read;
    GetAppointment    "2.1.2" Get   "/api/v1/appointments/{appointment_id}"                    EVERYONE, Read, Read;
    UpdateAppointment "2.1.3" Patch "/api/v1/appointments/{appointment_id}"                    EVERYONE, Update, Idempotent;
    ListTasks         "2.2.1" Get   "/api/v1/tasks"                                            EVERYONE, Read, Read;
    CreateTask        "2.2.2" Post  "/api/v1/tasks"                                            EVERYONE, Update, NotIdempotent;
    CompleteTask      "2.2.3" Post  "/api/v1/tasks/{task_id}/complete"                         EVERYONE, Update, Idempotent;
    UpdateTask        "2.2.4" Patch "/api/v1/tasks/{task_id}"                                  EVERYONE, Update, Idempotent;
    StartRecording    "2.3.1" Post  "/api/v1/recording-sessions/start"                         FIELD, Recording, Idempotent;
    StopRecording     "2.3.2" Post  "/api/v1/recording-sessions/{session_id}/stop"             FIELD, Recording, Idempotent;
    UploadAudio       "2.3.3" Post  "/api/v1/recording-sessions/{session_id}/upload-audio"     FIELD, Recording, Idempotent;
    GetRecording      "2.3.4" Get   "/api/v1/recording-sessions/{session_id}"                  FIELD, Recording, Read;
    ClockIn           "2.4.1" Post  "/api/v1/reps/{rep_id}/shifts/clock-in"                    FIELD, Update, Idempotent;
    ClockOut          "2.4.2" Post  "/api/v1/reps/{rep_id}/shifts/clock-out"                   FIELD, Update, Idempotent;
    ShiftToday        "2.4.3" Get   "/api/v1/reps/{rep_id}/shifts/today"                       FIELD, Read, Read;
    GetThread         "2.5.1" Get   "/api/v1/message-threads/{contact_card_id}"                EVERYONE, Read, Read;
    RagQuery          "1.1"   Post  "/api/v1/rag/query"                                        EVERYONE, Read, Read, optional;
    ListWins          "1.4"   Get   "/api/v1/wins-feed"                                        EVERYONE, Read, Read, optional;
    PostWin           "1.3"   Post  "/api/v1/wins-feed"                                        EVERYONE, Update, NotIdempotent, optional;
    Health            "0.4"   Get   "/health"                                                  &[], Health, Read;
    PutAudio          "2.3.1" Put   "/uploads/{upload_key}"                                    &[], Transfer, Idempotent;
}

impl Op {
    /// The name by which it is known in files and on command lines: `clock-in`.
    pub fn kebab_name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_else(|| format!("{self:?}"))
    }
    /// The row of the table.
    pub fn endpoint(self) -> &'static Endpoint {
        &ENDPOINTS[self.index()]
    }
    /// The place in the table.
    pub const fn index(self) -> usize {
        self as usize
    }
    /// Whether a request to it may change rows.
    pub fn writes(self) -> bool {
        self.endpoint().repeat != Repeat::Read
    }
    /// A short name for people: `PATCH appointments/{id}`.
    pub fn label(self) -> &'static str {
        match self {
            Op::ListAppointments => "GET appointments",
            Op::GetAppointment => "GET appointments/{id}",
            Op::UpdateAppointment => "PATCH appointments/{id}",
            Op::ListTasks => "GET tasks",
            Op::CreateTask => "POST tasks",
            Op::CompleteTask => "POST tasks/{id}/complete",
            Op::UpdateTask => "PATCH tasks/{id}",
            Op::StartRecording => "POST recording/start",
            Op::StopRecording => "POST recording/{id}/stop",
            Op::UploadAudio => "POST recording/{id}/upload",
            Op::GetRecording => "GET recording/{id}",
            Op::ClockIn => "POST clock-in",
            Op::ClockOut => "POST clock-out",
            Op::ShiftToday => "GET shifts/today",
            Op::GetThread => "GET message-threads/{id}",
            Op::RagQuery => "POST rag/query",
            Op::ListWins => "GET wins-feed",
            Op::PostWin => "POST wins-feed",
            Op::Health => "GET health",
            Op::PutAudio => "PUT audio",
        }
    }
}
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_its_names() {
        assert_eq!(ENDPOINTS.len(), Op::ALL.len());
        for (index, row) in ENDPOINTS.iter().enumerate() {
            assert_eq!(row.op.index(), index, "{:?}", row.op);
        }
    }

    #[test]
    fn no_two_rows_answer_the_same_request() {
        for (i, a) in ENDPOINTS.iter().enumerate() {
            assert!(ENDPOINTS[i + 1..].iter().all(|b| (a.method, a.path) != (b.method, b.path)), "{:?}", a.op);
        }
    }

    #[test]
    fn timeouts_are_the_specs() {
        let seconds = |op: Op| op.endpoint().class.limit().as_seconds();
        assert!(
            [Op::StartRecording, Op::StopRecording, Op::UploadAudio, Op::GetRecording]
                .iter()
                .all(|op| seconds(*op) == 30)
        );
        assert!(
            [Op::ListAppointments, Op::GetAppointment, Op::ListTasks, Op::GetThread, Op::ShiftToday]
                .iter()
                .all(|op| seconds(*op) == 10)
        );
        assert!(
            [Op::UpdateAppointment, Op::CreateTask, Op::CompleteTask, Op::UpdateTask, Op::ClockIn, Op::ClockOut]
                .iter()
                .all(|op| seconds(*op) == 5)
        );
        assert_eq!(seconds(Op::Health), 3);
    }
}
