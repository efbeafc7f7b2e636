//! Two small tenants, and somebody to send requests for.
#![allow(dead_code, missing_docs)] // Every test file takes what it needs.

use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::dataset::{OwnedTask, Policy, TenantData, Thread, User};
use fieldday_api::error::ErrorCode;
use fieldday_api::fixed::{Degrees, Money, Seconds};
use fieldday_api::mishap::Mishap;
use fieldday_api::names::*;
use fieldday_api::private::Private;
use fieldday_api::token::{Claims, Credential};
use fieldday_api::wire::appointments::{Appointment, AppointmentPatch, Contact, Lead};
use fieldday_api::wire::messages::Message;
use fieldday_api::wire::recordings::{Location, RecordingSession, RecordingStart, RecordingStop, UploadAudio};
use fieldday_api::wire::shifts::ClockIn;
use fieldday_api::wire::tasks::{Task, TaskCreate};
use fieldday_backend::{Backend, BackendDefect, Config, Request, Served};
use fieldday_kernel::time::{Span, Time, TimeOfDay, Zone};
use std::sync::Arc;

/// 07:00 in Los Angeles on 2026-06-10.
pub const MORNING: Time = Time::from_micros(1_781_100_000_000_000);

pub fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}
pub fn s(text: impl AsRef<str>) -> SmolStr {
    SmolStr::new(text)
}

/// A backend, what time it is, and how many requests it had.
pub struct World {
    pub backend: Backend,
    pub now: Time,
    pub requests: u64,
    /// Between arrival and effect.
    pub work: Span,
}

pub fn world(config: Config) -> World {
    let backend = Backend::new(config, 7, MORNING, tenants());
    World { backend, now: MORNING, requests: 0, work: Span::ZERO }
}
pub fn healthy() -> World {
    world(Config::default())
}
pub fn with(defects: &[BackendDefect]) -> World {
    world(Config { defects: defects.to_vec(), ..quick() })
}
pub fn struck_by(mishap: Mishap) -> World {
    world(Config { mishaps: vec![mishap], ..quick() })
}
/// Nothing fails and no field is null by draw.
pub fn quick() -> Config {
    let mut config = Config::default();
    config.shunya.transcription_fail_ppm = 0;
    config.shunya.analysis_fail_ppm = 0;
    config.shunya.null_ppm = 0;
    config
}

impl World {
    pub fn wait(&mut self, span: Span) -> &mut Self {
        self.now = self.now + span;
        self
    }
    pub fn serve(&mut self, credential: &Credential, call: &Call) -> Served {
        self.requests += 1;
        let request = Request { call, credential, key: self.requests };
        let arrived = self.now;
        let seen = self.backend.take_snapshot(arrived, &request);
        self.now = arrived + self.work;
        self.backend.serve(arrived, self.now, &request, seen)
    }
    pub fn answer(&mut self, credential: &Credential, call: &Call) -> Arc<Response> {
        match self.serve(credential, call) {
            Served::Answered(response) => response,
            Served::Cut { .. } => panic!("cut: {call:?}"),
        }
    }
    /// The answer of a user of the data set, by the name of the user.
    pub fn ask(&mut self, user: &str, call: Call) -> Arc<Response> {
        let credential = token(user, self.now);
        self.answer(&credential, &call)
    }
    pub fn status(&mut self, user: &str, call: Call) -> u16 {
        self.ask(user, call).status
    }
    /// Two requests of a user, overlapping: both arrive, then both take effect.
    pub fn overlap(&mut self, user: &str, first: Call, second: Call) -> [Arc<Response>; 2] {
        let credential = token(user, self.now);
        let keys = [self.requests + 1, self.requests + 2];
        self.requests += 2;
        let requests = [
            Request { call: &first, credential: &credential, key: keys[0] },
            Request { call: &second, credential: &credential, key: keys[1] },
        ];
        let arrived = self.now;
        let seen = requests.map(|request| self.backend.take_snapshot(arrived, &request));
        self.now = arrived + Span::millis(40);
        let mut seen = seen.into_iter();
        requests.map(|request| match self.backend.serve(arrived, self.now, &request, seen.next().flatten()) {
            Served::Answered(response) => response,
            Served::Cut { .. } => panic!("cut"),
        })
    }
}

pub fn claims(user: &str, now: Time) -> Claims {
    let org = if user.ends_with('b') { "org_b" } else { "org_a" };
    let role = match user {
        "manager" => "org:admin",
        "csr" => "csr",
        _ => "sales_rep",
    };
    Claims {
        named_by: Default::default(),
        tenant: Some(s(org)),
        user: Some(s(format!("user_{user}"))),
        role: Some(s(role)),
        issued_at: now,
        expires_at: now + Span::minutes(1),
    }
}
pub fn token(user: &str, now: Time) -> Credential {
    Credential::Token(claims(user, now))
}
pub fn code(response: &Response) -> Option<ErrorCode> {
    match &response.answer {
        Answer::Error(body) => Some(body.detail.error_code),
        _ => None,
    }
}

macro_rules! unwraps {
    ($($name:ident $variant:ident $type:ty;)+) => { $(
        #[track_caller]
        pub fn $name(response: &Response) -> &$type {
            match &response.answer { Answer::$variant(it) => it, other => panic!("{} {other:?}", response.status) }
        }
    )+ };
}
use fieldday_api::wire as w;
unwraps! {
    appointments Appointments w::appointments::AppointmentList;
    detail Appointment w::appointments::AppointmentDetail;
    tasks Tasks w::tasks::TaskList;
    task Task Task;
    completed TaskCompleted w::tasks::TaskCompleted;
    started RecordingStarted w::recordings::RecordingStarted;
    recording Recording w::recordings::RecordingSessionBody;
    shift_day ShiftDay w::shifts::ShiftDay;
    shift Shift w::shifts::Shift;
    thread Thread w::messages::MessageThread;
}
pub fn session(response: &Response) -> &RecordingSession {
    &recording(response).session
}

// Calls, short.
pub fn clock_in(rep: &str) -> Call {
    Call::ClockIn { rep_id: s(format!("rep_{rep}")), body: ClockIn::default() }
}
pub fn clock_out(rep: &str) -> Call {
    Call::ClockOut { rep_id: s(format!("rep_{rep}")) }
}
pub fn today(rep: &str) -> Call {
    Call::ShiftToday { rep_id: s(format!("rep_{rep}")) }
}
pub fn start(rep: &str, appointment: &str, mode: RecordingMode) -> Call {
    Call::StartRecording(RecordingStart {
        appointment_id: s(appointment),
        rep_id: s(format!("rep_{rep}")),
        location: here(),
        mode: Some(mode),
    })
}
pub fn stop(session: &str) -> Call {
    Call::StopRecording { session_id: s(session), body: RecordingStop { location: here() } }
}
pub fn uploaded(session: &str, url: &str) -> Call {
    let body =
        UploadAudio { audio_url: s(url), audio_duration_seconds: Seconds::whole(1_800), audio_size_bytes: 28_800_000 };
    Call::UploadAudio { session_id: s(session), body }
}
pub fn poll(session: &str) -> Call {
    Call::GetRecording { session_id: s(session) }
}
pub fn get(appointment: &str) -> Call {
    Call::GetAppointment { appointment_id: s(appointment) }
}
pub fn patch(appointment: &str, body: AppointmentPatch) -> Call {
    Call::UpdateAppointment { appointment_id: s(appointment), body }
}
pub fn won(appointment: &str, size: i64) -> Call {
    patch(
        appointment,
        AppointmentPatch {
            status: Some(AppointmentStatus::Completed),
            outcome: Some(Outcome::Won),
            deal_size: Some(Money::whole(size)),
            ..AppointmentPatch::default()
        },
    )
}
pub fn noted(appointment: &str, notes: &str) -> Call {
    patch(appointment, AppointmentPatch { notes: Some(notes.into()), ..AppointmentPatch::default() })
}
pub fn new_task(appointment: Option<&str>) -> TaskCreate {
    TaskCreate {
        description: "Send the offer".into(),
        assigned_to: Assignee::SalesRep,
        contact_card_id: None,
        lead_id: None,
        appointment_id: appointment.map(s),
        call_id: None,
        due_at: None,
        priority: None,
        source: None,
    }
}
pub fn complete(task: &str) -> Call {
    Call::CompleteTask { task_id: s(task) }
}
fn here() -> Location {
    Location { lat: Degrees::whole(34), lng: Degrees::whole(-118) }
}

/// Tenant `org_a` (Los Angeles) with the reps `a1` and `a2`, a manager and a CSR, and tenant `org_b` (New York) with the
/// rep `b`. Each rep `r` has `appt_r_0` (yesterday, done), `appt_r_1` and `appt_r_2` (today), `appt_r_3` (this evening,
/// tomorrow by UTC) and `appt_r_4` (tomorrow); and the tasks `task_r_0` to `task_r_5`.
pub fn tenants() -> Vec<TenantData> {
    let los_angeles =
        Zone { name: "America/Los_Angeles".into(), offsets: vec![(Time::from_micros(i64::MIN), -7 * 3600)] };
    let new_york = Zone { name: "America/New_York".into(), offsets: vec![(Time::from_micros(i64::MIN), -4 * 3600)] };
    vec![tenant("org_a", los_angeles, &["a1", "a2"], &["manager", "csr"]), tenant("org_b", new_york, &["b"], &[])]
}

pub fn tenant(id: &str, zone: Zone, reps: &[&str], office: &[&str]) -> TenantData {
    let mut data = TenantData {
        id: s(id),
        zone,
        policy: Policy {
            recording_mode: RecordingMode::Full,
            allow_location_tracking: true,
            allow_recording: true,
            ghost_keeps_transcript: false,
            scheduled_start: TimeOfDay::hm(7, 0),
            scheduled_end: TimeOfDay::hm(20, 0),
        },
        users: Vec::new(),
        contacts: Vec::new(),
        leads: Vec::new(),
        appointments: Vec::new(),
        tasks: Vec::new(),
        sessions: Vec::new(),
        threads: Vec::new(),
    };
    for name in office {
        let role = if *name == "csr" { Role::Csr } else { Role::Manager };
        data.users.push(user(name, None, role));
    }
    for rep in reps {
        data.users.push(user(rep, Some(s(format!("rep_{rep}"))), Role::SalesRep));
        (0..5).for_each(|n| visit(&mut data, rep, n));
        (0..6).for_each(|n| data.tasks.push(owned_task(rep, n)));
    }
    data
}

fn user(name: &str, rep_id: Option<SmolStr>, role: Role) -> User {
    let email = format!("{name}@example.com").into();
    User { user_id: s(format!("user_{name}")), rep_id, role, name: name.into(), email }
}

fn visit(data: &mut TenantData, rep: &str, n: i64) {
    let id = |prefix: &str| s(format!("{prefix}_{rep}_{n}"));
    // Yesterday 09:00, today 09:00, 11:00 and 19:00, tomorrow 09:00, in Los Angeles.
    let start = MORNING + Span::hours([-22, 2, 4, 12, 26][n as usize]);
    data.contacts.push(Contact {
        id: id("contact"),
        first_name: "Ada".into(),
        last_name: format!("Example {n}").into(),
        phone_number: "+15550100".into(),
        email: None,
        address: "1 Example St".into(),
    });
    let created_at = MORNING - Span::hours(100);
    data.leads.push(Lead { id: id("lead"), status: LeadStatus::Qualified, deal_size: None, created_at });
    data.appointments.push(Appointment {
        id: id("appt"),
        lead_id: id("lead"),
        contact_card_id: id("contact"),
        scheduled_start: start,
        scheduled_end: start + Span::hours(1),
        status: if n == 0 { AppointmentStatus::Completed } else { AppointmentStatus::Scheduled },
        outcome: if n == 0 { Outcome::Lost } else { Outcome::Pending },
        assigned_rep_id: Some(s(format!("rep_{rep}"))),
        location: "1 Example St".into(),
        service_type: s("Roof Replacement"),
        notes: Some(Private::from("Has a dog")),
        deal_size: None,
        created_at,
        updated_at: created_at,
    });
    data.threads
        .push(Thread { contact_card_id: id("contact"), messages: (0..10).map(|m| message(rep, n, m)).collect() });
}

/// Ten messages: eight before the morning in pairs of equal times, two still to come.
fn message(rep: &str, n: i64, m: i64) -> Message {
    let created_at = if m < 8 { MORNING - Span::hours(8 - m / 2) } else { MORNING + Span::hours(m) };
    Message {
        id: s(format!("msg_{rep}_{n}_{m}")),
        sender: "+15550100".into(),
        sender_role: SenderRole::Customer,
        body: "Hello".into(),
        direction: Direction::Inbound,
        created_at,
        provider: s("Twilio"),
        message_sid: s(format!("SM{m}")),
        delivered: true,
        read: m == 3,
    }
}

/// Two overdue ones, three that are due at the same time, and one without a date. The first two name `appt_…_1`.
fn owned_task(rep: &str, n: i64) -> OwnedTask {
    let due = [Some(-30), Some(-5), Some(24), Some(24), Some(24), None][n as usize];
    let task = Task {
        id: s(format!("task_{rep}_{n}")),
        description: "Call back".into(),
        status: TaskStatus::Open,
        assigned_to: Assignee::SalesRep,
        due_at: due.map(|hours| MORNING + Span::hours(hours)),
        priority: Priority::Medium,
        contact_card_id: Some(s(format!("contact_{rep}_1"))),
        lead_id: (n < 2).then(|| s(format!("lead_{rep}_1"))),
        appointment_id: (n < 2).then(|| s(format!("appt_{rep}_1"))),
        notes: None,
        completed_at: None,
        completed_by: None,
        created_at: MORNING - Span::hours(50),
        updated_at: Some(MORNING - Span::hours(50)),
    };
    OwnedTask { rep_id: Some(s(format!("rep_{rep}"))), task }
}
