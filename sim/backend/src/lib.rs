//! The model of the Otto backend: plain rows and one function from state, time and request to answer.
//!
//! [`Backend::serve`] is all there is to it. There is no clock in it, no thread and no I/O: time comes with each request,
//! and everything that is drawn or named for a request is keyed by the request's own key. What happens while nobody
//! asks (Shunya's pipeline, tasks that fall overdue, messages that arrive) is computed when somebody does.
//!
//! It keeps every promise of the spec (§0.1 to §4). Trouble that the spec allows is switched on as a [`Mishap`], trouble
//! that it does not allow as a [`Defect`].

mod appointments;
mod auth;
mod config;
mod defects;
mod extras;
mod ids;
mod inspect;
mod load;
mod mishaps;
mod paging;
mod recordings;
mod refusal;
mod shifts;
mod shunya;
mod state;
mod tasks;
mod threads;
mod times;

pub use config::{ClockInRepeat, Config, LimitPolicy, Readings, ServiceTimes, ShunyaTimes, Spread};
pub use defects::Defect;
pub use inspect::RepRows;
pub use load::DataError;
pub use mishaps::{Mishap, MishapKind, ShunyaStep};
pub use recordings::UPLOAD_URL_PREFIX;

use crate::defects::Defects;
use crate::mishaps::{Fate, Mishaps};
use crate::refusal::{Refusal, failure};
use crate::shunya::ShunyaTables;
use crate::state::{Ids, Tenant, Uploads};
use crate::times::ServiceTables;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::http::{decode, encode, encode_answer};
use fieldday_api::time::{Span, Time};
use fieldday_api::token::Credential;
use fieldday_api::wire::appointments::Appointment;
use fieldday_chance::{Purpose, Stream};
use std::sync::Arc;

const SERVICE: Purpose = Purpose::new("backend service time");
const SLOW_LIST: Purpose = Purpose::new("backend slow list");

/// One attempt of a call, as it reaches the backend.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What is asked.
    pub call: &'a Call,
    /// Who asks.
    pub credential: &'a Credential,
    /// The identity of this attempt, unlike that of any other: everything that the backend draws or names for it is keyed
    /// by it.
    pub key: u64,
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Served {
    /// An answer.
    Answered(Arc<Response>),
    /// The connection broke (a restart, a lost answer).
    Cut {
        /// Whether it changed anything: for replays alone, since no client can know.
        took_effect: bool,
    },
}

/// What a handler read when its request arrived: what a racy one acts upon later. See [`Backend::look`].
#[derive(Clone, Debug)]
pub struct Snapshot(Seen);

#[derive(Clone, Debug)]
enum Seen {
    /// The rep's shift of that day, if there was one.
    Shift(Option<u32>),
    /// The appointment's last session, if there was one.
    Session(Option<u32>),
    /// The whole row.
    Appointment(Box<Appointment>),
}

/// The backend: its rows and how it behaves.
pub struct Backend {
    config: Config,
    seed: u64,
    start: Time,
    defects: Defects,
    mishaps: Mishaps,
    service: ServiceTables,
    shunya: ShunyaTables,
    ids: Ids,
    uploads: Uploads,
    tenants: Vec<Tenant>,
    /// Lists under their queries, kept until then: a defect's.
    cached_lists: Vec<(Call, Time, Arc<Response>)>,
}

impl Backend {
    /// Switches every defect off, from now on.
    pub fn heal(&mut self) {
        self.defects = Defects::default();
    }

    /// Whether `look` has anything to see: a racy defect is on.
    pub fn races(&self) -> bool {
        self.defects.any_race()
    }

    /// The moment that the run starts at, as given.
    pub fn start(&self) -> Time {
        self.start
    }

    /// How it behaves.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How long a request that arrives at `at` is worked on before it takes effect, slow mishaps included.
    pub fn service_time(&self, at: Time, request: &Request<'_>) -> Span {
        let op = request.call.op();
        let mut stream = Stream::new(self.seed, SERVICE, request.key, 0, 0);
        let mut span = self.service.of(op).draw(&mut stream);
        if self.has(Defect::SlowLists)
            && matches!(op, Op::ListAppointments | Op::ListTasks | Op::GetThread)
            && Stream::new(self.seed, SLOW_LIST, request.key, 0, 0).chance(40_000)
        {
            span += Span::seconds(11);
        }
        self.mishaps.slowed(at, request, span)
    }

    /// What a racy handler reads as the request arrives, to be handed to [`Backend::serve`]. None without a racy defect
    /// that concerns this call.
    pub fn look(&mut self, at: Time, request: &Request<'_>) -> Option<Snapshot> {
        let seen = match request.call {
            Call::ClockIn { rep_id, .. } if self.has(Defect::ClockInRace) => {
                Seen::Shift(self.shift_on_arrival(at, rep_id))
            }
            Call::StartRecording(body) if self.has(Defect::StartRace) => {
                Seen::Session(self.appointment_named(&body.appointment_id)?.last_session)
            }
            Call::UpdateAppointment { appointment_id, .. } if self.has(Defect::PatchLostUpdate) => {
                Seen::Appointment(Box::new(self.appointment_named(appointment_id)?.appointment.clone()))
            }
            _ => return None,
        };
        Some(Snapshot(seen))
    }

    /// The request, which arrived at `arrived`, takes effect `now`: state in, answer and changed state out.
    ///
    /// Times never go back from one call to the next.
    pub fn serve(&mut self, arrived: Time, now: Time, request: &Request<'_>, seen: Option<Snapshot>) -> Served {
        let fate = self.mishaps.fate(arrived, now, request);
        match fate {
            Fate::CutBefore => return Served::Cut { took_effect: false },
            Fate::FailsBefore { status, retry_after } => {
                return Served::Answered(Arc::new(failure(status, retry_after, request.key)));
            }
            Fate::Served | Fate::FailsAfter { .. } | Fate::CutAfter => {}
        }
        let response = match self.handle(arrived, now, request, seen) {
            Ok(response) => response,
            Err(refusal) => Arc::new(self.refused(refusal, request.key)),
        };
        match fate {
            Fate::FailsAfter { status } => Served::Answered(Arc::new(failure(status, None, request.key))),
            Fate::CutAfter => Served::Cut { took_effect: request.call.op().writes() && response.is_success() },
            _ => Served::Answered(response),
        }
    }

    /// The same over HTTP: what came on the wire in, what goes back out (status, `Retry-After`, body). A status of 0
    /// says that the connection is to be broken without an answer.
    ///
    /// The body of an upload is only counted. Racy defects need two moments, so they show through [`Backend::look`] and
    /// [`Backend::serve`] alone.
    #[allow(clippy::too_many_arguments)] // The parts of an HTTP request, named.
    pub fn handle_http(
        &mut self,
        arrived: Time,
        now: Time,
        method: &str,
        path: &str,
        query: &str,
        body: &[u8],
        credential: &Credential,
        key: u64,
    ) -> (u16, Option<Span>, Option<Vec<u8>>) {
        let call = match decode(method, path, query, body, &ids::request_id(key)) {
            Ok(call) => call,
            Err(error) => {
                let response = self.malformed(arrived, credential, *error, key);
                return (response.status, response.retry_after, encode_answer(&response.answer));
            }
        };
        match self.serve(arrived, now, &Request { call: &call, credential, key }, None) {
            Served::Answered(response) => (response.status, response.retry_after, encode_answer(&response.answer)),
            Served::Cut { .. } => (0, None, None),
        }
    }

    /// The answer to what no call can be read from: looked at after the token, an unknown path before it.
    fn malformed(&self, arrived: Time, credential: &Credential, error: ErrorBody, key: u64) -> Response {
        let known = matches!(error.detail.error_code, ErrorCode::ValidationError | ErrorCode::InvalidRequest);
        match self.identify(arrived, credential) {
            Err(refusal) if known => refusal.answer(key),
            _ => Response::error(error),
        }
    }
    /// A request that came as bytes: read first, as on a wire.
    fn handle_raw(
        &mut self,
        arrived: Time,
        now: Time,
        raw: &Call,
        request: &Request<'_>,
    ) -> Result<Arc<Response>, Refusal> {
        let http = encode(raw);
        let body = http.body.unwrap_or_default();
        match decode(http.method.as_str(), &http.path, &http.query, &body, &ids::request_id(request.key)) {
            Ok(call) => self.handle(arrived, now, &Request { call: &call, ..*request }, None),
            Err(error) => Ok(Arc::new(self.malformed(arrived, request.credential, *error, request.key))),
        }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defects.has(defect)
    }

    /// The error answer, in the API's envelope (unless a defect leaves that out).
    fn refused(&self, refusal: Refusal, key: u64) -> Response {
        if self.has(Defect::BareErrors) && refusal.code == ErrorCode::NotFound {
            let answer = Answer::Foreign(r#"{"detail":"Not Found"}"#.into());
            return Response { status: 404, retry_after: None, answer };
        }
        refusal.answer(key)
    }

    fn handle(
        &mut self,
        arrived: Time,
        now: Time,
        request: &Request<'_>,
        seen: Option<Snapshot>,
    ) -> Result<Arc<Response>, Refusal> {
        let op = request.call.op();
        let caller = match request.call {
            Call::Health => return answered(Ok(self.health())),
            Call::PutAudio { key, .. } => return answered(self.put_audio(arrived, key)),
            Call::Raw(_) => return self.handle_raw(arrived, now, request.call, request),
            _ => self.caller(arrived, op, request.credential)?,
        };
        if self.has(Defect::TenantLeakByCache) && matches!(op, Op::ListAppointments | Op::ListTasks) {
            return self.cached_list(now, &caller, request.call);
        }
        let key = request.key;
        let seen = seen.map(|snapshot| snapshot.0);
        if let Call::GetRecording { session_id } = request.call {
            return self.get_recording(now, &caller, session_id);
        }
        answered(match request.call {
            Call::ListAppointments(query) => self.list_appointments(now, &caller, query),
            Call::GetAppointment { appointment_id } => self.get_appointment(now, &caller, appointment_id),
            Call::UpdateAppointment { appointment_id, body } => {
                self.update_appointment(now, &caller, appointment_id, body, key, seen)
            }
            Call::ListTasks(query) => self.list_tasks(now, &caller, query),
            Call::CreateTask(body) => self.create_task(now, &caller, body, key),
            Call::CompleteTask { task_id } => self.complete_task(now, &caller, task_id),
            Call::UpdateTask { task_id, body } => self.update_task(now, &caller, task_id, body),
            Call::StartRecording(body) => self.start_recording(now, &caller, body, key, seen),
            Call::StopRecording { session_id, body } => self.stop_recording(now, &caller, session_id, body),
            Call::UploadAudio { session_id, body } => self.upload_audio(now, &caller, session_id, body),
            Call::ClockIn { rep_id, body } => self.clock_in(now, &caller, rep_id, body, key, seen),
            Call::ClockOut { rep_id } => self.clock_out(now, &caller, rep_id),
            Call::ShiftToday { rep_id } => self.shift_today(now, &caller, rep_id),
            Call::GetThread { contact_card_id, page } => self.get_thread(now, &caller, contact_card_id, page),
            Call::RagQuery(body) => self.rag_query(body),
            Call::ListWins(page) => self.list_wins(&caller, page),
            Call::PostWin(body) => self.post_win(now, &caller, body, key),
            // Answered above.
            Call::Health | Call::PutAudio { .. } | Call::GetRecording { .. } | Call::Raw(_) => Ok(self.health()),
        })
    }
}

impl Backend {
    /// A list as somebody else got it in the last minute, or anew.
    fn cached_list(&mut self, now: Time, caller: &auth::Caller<'_>, call: &Call) -> Result<Arc<Response>, Refusal> {
        self.cached_lists.retain(|(_, until, _)| now < *until);
        if let Some((_, _, response)) = self.cached_lists.iter().find(|(cached, ..)| cached == call) {
            return Ok(response.clone());
        }
        let response = answered(match call {
            Call::ListAppointments(query) => self.list_appointments(now, caller, query),
            Call::ListTasks(query) => self.list_tasks(now, caller, query),
            _ => Ok(self.health()),
        })?;
        self.cached_lists.push((call.clone(), now + Span::minutes(1), response.clone()));
        Ok(response)
    }
}

fn answered(answer: Result<Answer, Refusal>) -> Result<Arc<Response>, Refusal> {
    answer.map(|answer| Arc::new(Response::ok(answer)))
}
