//! The model of the Otto backend: plain rows and one function from state, time and request to answer.
//!
//! [`Backend::serve`] is all there is to it. There is no clock in it, no thread and no I/O: time comes with each request,
//! and everything that is drawn or named for a request is keyed by the request's own key. What happens while nobody
//! asks (Shunya's pipeline, tasks that fall overdue, messages that arrive) is computed when somebody does.
//!
//! It keeps every promise of the spec (§0.1 to §4), and refuses in one order (`heard.rs`). Trouble that the spec allows is
//! switched on as a [`Mishap`](fieldday_api::mishap::Mishap), trouble that it does not allow as a [`BackendDefect`].

mod appointments;
mod auth;
mod config;
mod defects;
mod extras;
mod heard;
mod ids;
mod inspect;
mod load;
mod memory;
mod mishaps;
mod paging;
mod pipeline;
mod recordings;
mod refusal;
mod request;
mod shifts;
mod shunya;
mod state;
mod tasks;
mod threads;
mod times;

pub use config::{Config, Readings, ServiceTimes, ShunyaTimes, Spread};
pub use defects::BackendDefect;
pub use inspect::RepRows;
pub use load::DataError;
pub use recordings::UPLOAD_URL_PREFIX;
pub use refusal::failure;
pub use request::Request;

use crate::defects::Defects;
use crate::heard::{ParsedRequest, Wire};
use crate::memory::Memory;
use crate::mishaps::{MishapEffect, Mishaps};
use crate::pipeline::ShunyaTables;
use crate::refusal::Refusal;
use crate::request::Target;
use crate::state::{Ids, Tenant, Uploads};
use crate::times::ServiceTables;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::http::{encode_answer, op_of};
use fieldday_api::token::Credential;
use fieldday_api::wire::appointments::Appointment;
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::{Span, Time};
use std::sync::Arc;

const SERVICE: Purpose = Purpose::new("backend service time");
/// What the defect that asks once a row takes for one.
const ROW_TAKES: Span = Span::millis(120);

/// The end of a request at the backend.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Served {
    /// The backend answered, with success or an error.
    Answered(Arc<Response>),
    /// The connection broke (a restart, a lost answer).
    Cut {
        /// Whether it changed anything: for replays alone, since no client can know.
        took_effect: bool,
    },
}

/// What a handler read when its request arrived: what a racy one acts upon later. See [`Backend::take_snapshot`].
#[derive(Clone, Debug)]
pub struct Snapshot(Seen);

#[derive(Clone, Debug)]
enum Seen {
    /// The rep's shift of that day, if there was one.
    Shift(Option<u32>),
    /// The appointment's last session, if there was one.
    Session(Option<u32>),
    /// The appointment as it was when the request arrived.
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
    memory: Memory,
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

    /// The configuration that it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How long a request that arrives at `at` is worked on before it takes effect, slow mishaps included.
    pub fn service_time(&self, at: Time, request: &Request<'_>) -> Span {
        let target = Target::of(request);
        let op = target.op;
        let mut stream = Stream::new(self.seed, SERVICE, request.key, 0, 0);
        let mut span = self.service.of(op).draw(&mut stream);
        if self.has(BackendDefect::SlowLists) {
            span += ROW_TAKES.times(self.rows_behind(at, request) as i64);
        }
        self.mishaps.slowed(at, target, span)
    }

    /// What a racy handler reads as the request arrives, to be handed to [`Backend::serve`]. None without a racy defect
    /// that concerns this call.
    pub fn take_snapshot(&mut self, at: Time, request: &Request<'_>) -> Option<Snapshot> {
        if !self.races() {
            return None;
        }
        let heard = ParsedRequest::of(request, self.defects);
        let seen = match &**heard.call.as_ref().ok()? {
            Call::ClockIn { rep_id, .. }
                if self.has(BackendDefect::ClockInRace) || self.has(BackendDefect::LoserOfRaceRefused) =>
            {
                Seen::Shift(self.shift_on_arrival(at, rep_id))
            }
            Call::StartRecording(body) if self.has(BackendDefect::StartRace) => {
                Seen::Session(self.appointment_named(&body.appointment_id)?.last_session)
            }
            Call::UpdateAppointment { appointment_id, .. } if self.has(BackendDefect::PatchLostUpdate) => {
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
        let heard = ParsedRequest::of(request, self.defects);
        self.serve_heard(arrived, now, &heard, seen)
    }

    fn serve_heard(&mut self, arrived: Time, now: Time, heard: &ParsedRequest<'_>, seen: Option<Snapshot>) -> Served {
        let key = heard.target.key;
        let fate = self.mishaps.fate(arrived, now, heard.target);
        match fate {
            MishapEffect::CutBefore { under_way } => {
                if under_way {
                    self.breaks_off(arrived, now, heard);
                }
                return Served::Cut { took_effect: false };
            }
            MishapEffect::FailsBefore { status, retry_after } => {
                if status >= 500 {
                    self.breaks_off(arrived, now, heard);
                }
                return Served::Answered(Arc::new(failure(status, retry_after, key)));
            }
            MishapEffect::Served | MishapEffect::FailsAfter { .. } | MishapEffect::CutAfter => {}
        }
        let response = match self.handle(arrived, now, heard, seen) {
            Ok(response) => response,
            Err(refusal) => Arc::new(self.enveloped(refusal.answer(key))),
        };
        if fate != MishapEffect::Served {
            self.leaves_lock(now, heard);
        }
        match fate {
            MishapEffect::FailsAfter { status } => Served::Answered(Arc::new(failure(status, None, key))),
            MishapEffect::CutAfter => Served::Cut { took_effect: heard.target.op.writes() && response.is_success() },
            _ => Served::Answered(response),
        }
    }

    /// The same over HTTP: what came on the wire in, what goes back out (status, `Retry-After`, body). A status of 0
    /// says that the connection is to be broken without an answer.
    ///
    /// The body of an upload is only counted. Racy defects need two moments, so they show through [`Backend::take_snapshot`] and
    /// [`Backend::serve`] alone.
    #[allow(clippy::too_many_arguments)] // The parts of an HTTP request, named.
    pub fn handle_http(
        &mut self,
        arrived: Time,
        now: Time,
        method: &str,
        path: &str,
        query: &str,
        company_id: Option<&str>,
        body: &[u8],
        credential: &Credential,
        key: u64,
    ) -> (u16, Option<Span>, Option<Vec<u8>>) {
        // What leads nowhere is struck like the cheapest of reads.
        let op = op_of(method, path).unwrap_or(Op::Health);
        let wire = Wire { method, path, query, blanks: 0, body, company_id };
        let heard = ParsedRequest::wire(&wire, Target { op, credential, key }, self.defects);
        match self.serve_heard(arrived, now, &heard, None) {
            Served::Answered(response) => (response.status, response.retry_after, encode_answer(&response.answer)),
            Served::Cut { .. } => (0, None, None),
        }
    }

    /// Why a query is refused.
    fn of_a_query(&self, refusal: Refusal) -> Refusal {
        if self.has(BackendDefect::ReadRefusedAsBody) { refusal.into_body_error() } else { refusal }
    }

    fn has(&self, defect: BackendDefect) -> bool {
        self.defects.has(defect)
    }

    /// The error answer, in the API's envelope (unless a defect leaves that out).
    fn enveloped(&self, response: Response) -> Response {
        if self.has(BackendDefect::BareErrors) && response.status == 404 {
            let answer = Answer::Foreign(r#"{"detail":"Not Found"}"#.into());
            return Response::of(404, answer);
        }
        response
    }

    fn handle(
        &mut self,
        arrived: Time,
        now: Time,
        heard: &ParsedRequest<'_>,
        seen: Option<Snapshot>,
    ) -> Result<Arc<Response>, Refusal> {
        let Target { op, key, .. } = heard.target;
        let call = match &heard.call {
            Ok(call) => &**call,
            Err(misread) => {
                if misread.is_routed && !op.endpoint().roles.is_empty() {
                    self.caller(arrived, heard)?;
                }
                return Ok(Arc::new(self.enveloped(Response::error((*misread.error).clone()))));
            }
        };
        let caller = match call {
            Call::Health => return answered(Ok(self.health())),
            Call::PutAudio { key, .. } => return answered(self.put_audio(arrived, key)),
            _ => self.caller(arrived, heard)?,
        };
        if self.has(BackendDefect::KeyStuckAfterCrash) && self.memory.is_locked(now, heard.target, call) {
            return Err(Refusal::conflict("The request is being worked on"));
        }
        if self.has(BackendDefect::TenantLeakByCache) && matches!(op, Op::ListAppointments | Op::ListTasks) {
            return self.cached_list(now, &caller, call);
        }
        let seen = seen.map(|snapshot| snapshot.0);
        if let Call::GetRecording { session_id } = call {
            return self.get_recording(now, &caller, session_id);
        }
        answered(match call {
            Call::ListAppointments(query) => self.list_appointments(now, &caller, query),
            Call::GetAppointment { appointment_id } => self.get_appointment(now, &caller, appointment_id),
            Call::UpdateAppointment { appointment_id, body } => {
                self.update_appointment(now, &caller, appointment_id, body, seen)
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
            // Answered above, and a raw call was read.
            Call::Health | Call::PutAudio { .. } | Call::GetRecording { .. } | Call::Raw(_) => Ok(self.health()),
        })
    }
}

impl Backend {
    /// A list as somebody else got it in the last minute, or anew.
    fn cached_list(&mut self, now: Time, caller: &auth::Caller<'_>, call: &Call) -> Result<Arc<Response>, Refusal> {
        if let Some(response) = self.memory.list(now, call) {
            return Ok(response);
        }
        let response = answered(match call {
            Call::ListAppointments(query) => self.list_appointments(now, caller, query),
            Call::ListTasks(query) => self.list_tasks(now, caller, query),
            _ => Ok(self.health()),
        })?;
        self.memory.keep_list(now, call.clone(), response.clone());
        Ok(response)
    }

    /// How many rows a list is made of, the page aside.
    fn rows_behind(&self, at: Time, request: &Request<'_>) -> usize {
        let heard = ParsedRequest::of(request, self.defects);
        let (Ok(call), Ok(caller)) = (&heard.call, self.caller(at, &heard)) else { return 0 };
        let tenant = &self.tenants[usize::from(caller.tenant)];
        let own = caller.rep.filter(|_| caller.is_rep()).map(|rep| &tenant.reps[rep as usize]);
        match &**call {
            Call::ListTasks(_) => own.map_or(&tenant.agenda, |rep| &rep.agenda).all().len(),
            Call::ListAppointments(query) => {
                let date = query.date.unwrap_or_else(|| tenant.zone.date(at));
                own.map_or(&tenant.calendar, |rep| &rep.calendar).day(date).len()
            }
            Call::GetThread { contact_card_id, .. } => {
                match self.find(&caller, state::Kind::Contact, contact_card_id) {
                    Ok(at) => self.tenants[usize::from(at.tenant)].contacts[at.row as usize].messages.len(),
                    Err(_) => 0,
                }
            }
            _ => 0,
        }
    }

    /// A write breaks off before its commit: nothing happened, unless a defect committed half of it or left its lock.
    fn breaks_off(&mut self, arrived: Time, now: Time, heard: &ParsedRequest<'_>) {
        self.leaves_lock(now, heard);
        if self.has(BackendDefect::TornPatch)
            && let Ok(call) = &heard.call
            && let Call::UpdateAppointment { appointment_id, body } = &**call
            && let Ok(caller) = self.caller(arrived, heard)
        {
            // Whatever would have refused it would have done so before the first half.
            let _ = self.write_half(now, &caller, appointment_id, body);
        }
    }

    fn leaves_lock(&mut self, now: Time, heard: &ParsedRequest<'_>) {
        if let Ok(call) = &heard.call
            && self.has(BackendDefect::KeyStuckAfterCrash)
        {
            self.memory.lock(now, heard.target, call);
        }
    }
}

fn answered(answer: Result<Answer, Refusal>) -> Result<Arc<Response>, Refusal> {
    answer.map(|answer| Arc::new(Response::ok(answer)))
}
