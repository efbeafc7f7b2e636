//! Builds streams of events by hand, a line a step. Every step takes ten milliseconds unless it says otherwise.
#![allow(dead_code)] // Each test file uses its part.

use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::fixed::{Degrees, Money};
use fieldday_api::names::*;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::*;
use fieldday_api::wire::recordings::{Location, RecordingSession, RecordingSessionBody};
use fieldday_api::wire::shifts::{Shift, ShiftDay};
use fieldday_api::wire::tasks::{Task, TaskList};
use fieldday_history::Event;
use fieldday_history::event::{Cause, Client, ClientKind, CredentialKind, EventKind, NoAnswer, Sent, Settlement};
use fieldday_kernel::time::{Date, Span, Time};
use fieldday_rules::{Findings, Judges, Settings};
use std::sync::Arc;

/// A rep of the first tenant.
pub const REP: u32 = 0;
/// The office of the first tenant.
pub const OFFICE: u32 = 1;
/// Another rep of the first tenant.
pub const OTHER: u32 = 2;
/// A rep of the second tenant.
pub const STRANGER: u32 = 3;
/// Somebody of the first tenant who tries what must fail, with a rep's token.
pub const INTRUDER: u32 = 300;
/// Somebody of the first tenant who reads back what should be there, with a manager's token.
pub const AUDITOR: u32 = 301;

/// Somebody looks at it, and no screen is kept by it.
pub const TAP: Cause = Cause::Tap;
pub const START: &str = "2026-06-10T15:00:00Z";

#[derive(Clone)]
pub struct Ticket {
    pub client: u32,
    pub call: u32,
    pub attempt: u8,
    pub sent_at: Span,
    pub request: Arc<Call>,
    pub cause: Cause,
}

#[derive(Clone)]
pub struct Stream {
    pub now: Span,
    pub events: Vec<Event>,
    pub settings: Settings,
    calls: u32,
    actions: u32,
}

impl Stream {
    pub fn new() -> Stream {
        // No token counts as fresh: what is answered 401 may have expired.
        let settings = Settings { start: Time::parse(START).unwrap(), token_life: Span::ZERO, ..Settings::default() };
        let mut s = Stream { now: Span::ZERO, events: Vec::new(), settings, calls: 0, actions: 0 };
        s.client(REP, "org_a", Role::SalesRep);
        s.client(OFFICE, "org_a", Role::Csr);
        s.client(OTHER, "org_a", Role::SalesRep);
        s.client(STRANGER, "org_b", Role::SalesRep);
        s.client(INTRUDER, "org_a", Role::SalesRep);
        s.client(AUDITOR, "org_a", Role::Manager);
        s
    }
    fn client(&mut self, index: u32, tenant: &str, role: Role) {
        let rep_id = (role == Role::SalesRep).then(|| rep(index));
        let (name, user_id) = (format!("client-{index}").into(), format!("user_{index}").into());
        let kind = match index {
            OFFICE => ClientKind::Desk,
            INTRUDER => ClientKind::Intruder,
            AUDITOR => ClientKind::Auditor,
            _ => ClientKind::Phone,
        };
        self.say(
            index,
            EventKind::Client(Box::new(Client { name, tenant: tenant.into(), user_id, rep_id, role, kind })),
        );
        if kind == ClientKind::Phone {
            self.say(index, EventKind::Launched { launch: 1 });
        }
    }
    pub fn say(&mut self, client: u32, what: EventKind) -> &mut Stream {
        self.now += Span::millis(10);
        self.events.push(Event { at: self.now, client, what });
        self
    }
    pub fn wait(&mut self, span: Span) -> &mut Stream {
        self.now += span;
        self
    }
    pub fn send(&mut self, client: u32, cause: Cause, call: Call) -> Ticket {
        self.calls += 1;
        let ticket = Ticket { client, call: self.calls, attempt: 0, sent_at: self.now, request: Arc::new(call), cause };
        self.put(ticket)
    }
    pub fn again(&mut self, ticket: &Ticket) -> Ticket {
        if matches!(ticket.cause, Cause::Screen(_) | Cause::Tap) {
            let what = EventKind::Retrying { op: ticket.request.op() };
            self.events.push(Event { at: self.now, client: ticket.client, what });
        }
        self.put(Ticket { attempt: ticket.attempt + 1, ..ticket.clone() })
    }
    fn put(&mut self, mut ticket: Ticket) -> Ticket {
        let (call, attempt, cause, request) = (ticket.call, ticket.attempt, ticket.cause, ticket.request.clone());
        let patience = request.op().endpoint().class.limit();
        let sent = Sent { call, attempt, cause, bearer: CredentialKind::Own, patience, request };
        self.say(ticket.client, EventKind::Sent(sent));
        ticket.sent_at = self.now;
        ticket
    }
    pub fn answer(&mut self, t: &Ticket, response: Response) -> &mut Stream {
        let (call, attempt, took) = (t.call, t.attempt, self.now + Span::millis(10) - t.sent_at);
        let gone = (response.status == 404 && response.request_id().is_some()).then(|| t.request.path_id()).flatten();
        let evicted = gone.map(SmolStr::from);
        self.say(t.client, EventKind::Answered { call, attempt, response: Arc::new(response), took });
        self.spinner(t, took);
        if let Some(id) = evicted {
            self.events.push(Event { at: self.now, client: t.client, what: EventKind::Evicted { id } });
        }
        self
    }
    /// The indicator of an attempt that somebody looked at, told in the moment in which it ended.
    fn spinner(&mut self, t: &Ticket, took: Span) {
        if matches!(t.cause, Cause::Screen(_) | Cause::Tap) && took > Span::seconds(1) {
            let what = EventKind::Spinner { op: t.request.op(), during: took - Span::seconds(1) };
            self.events.push(Event { at: self.now, client: t.client, what });
        }
    }
    pub fn ok(&mut self, t: &Ticket, answer: Answer) -> &mut Stream {
        self.answer(t, Response::ok(answer))
    }
    /// An error in its envelope, logged as it should be.
    pub fn fail(&mut self, t: &Ticket, status: u16) -> &mut Stream {
        let code = match status {
            400 => ErrorCode::InvalidRequest,
            401 => ErrorCode::TokenExpired,
            403 => ErrorCode::RbacViolation,
            404 => ErrorCode::NotFound,
            429 => ErrorCode::RateLimited,
            _ => ErrorCode::InternalError,
        };
        let request_id = SmolStr::from(format!("req_{}_{}", t.call, t.attempt));
        let response = Response { status, ..Response::error(ErrorBody::new(code, "no", request_id.clone())) };
        self.answer(t, response);
        self.say(t.client, EventKind::Logged { call: t.call, status, request_id, leaks: None })
    }
    pub fn lapse(&mut self, t: &Ticket, why: NoAnswer) -> &mut Stream {
        let (call, attempt, took) = (t.call, t.attempt, self.now + Span::millis(10) - t.sent_at);
        self.say(t.client, EventKind::Unanswered { call, attempt, why, took });
        self.spinner(t, took);
        self
    }
    /// Sends and is answered.
    pub fn call(&mut self, client: u32, call: Call, answer: Answer) -> &mut Stream {
        let cause = if client == OFFICE { Cause::Office } else { TAP };
        let ticket = self.send(client, cause, call);
        self.ok(&ticket, answer)
    }
    /// Queues an action; its number.
    pub fn queue(&mut self, client: u32, call: Call) -> u32 {
        self.actions += 1;
        let (action, request) = (self.actions, Arc::new(call));
        self.say(client, EventKind::Queued { action, request });
        action
    }
    /// Sends a queued action.
    pub fn send_queued(&mut self, client: u32, action: u32, call: Call) -> Ticket {
        self.send(client, Cause::Queue { action }, call)
    }
    pub fn settle(&mut self, client: u32, action: u32) -> &mut Stream {
        self.settle_as(client, action, Settlement::Done)
    }
    pub fn settle_as(&mut self, client: u32, action: u32, how: Settlement) -> &mut Stream {
        self.say(client, EventKind::Settled { action, how })
    }
    pub fn day_ends(&mut self, client: u32, queued: u32) -> &mut Stream {
        self.say(client, EventKind::DayEnded { queued, uploads: 0, online_for: Some(Span::hours(1)) })
    }
    pub fn findings(&self) -> Findings {
        let mut judges = Judges::new(Arc::new(self.settings.clone()));
        self.events.iter().for_each(|event| judges.on(event));
        judges.finish()
    }
    /// The rule was exercised, and nothing at all was broken.
    #[track_caller]
    pub fn holds(&self, rule: Rule) {
        let findings = self.findings();
        assert!(findings.violations.is_empty(), "{:#?}", findings.violations);
        assert!(findings.count(rule).exercised > 0, "{rule} was not exercised");
    }
    /// Nothing at all was broken.
    #[track_caller]
    pub fn is_fine(&self) {
        let findings = self.findings();
        assert!(findings.violations.is_empty(), "{:#?}", findings.violations);
    }
    /// Exactly these rules were broken.
    #[track_caller]
    pub fn breaks(&self, rules: &[Rule]) {
        let findings = self.findings();
        let broken: Vec<Rule> = Rule::ALL.iter().copied().filter(|r| findings.count(*r).broken > 0).collect();
        let mut expected = rules.to_vec();
        expected.sort();
        assert_eq!(broken, expected, "{:#?}", findings.violations);
    }
}

pub fn rep(index: u32) -> SmolStr {
    format!("rep_{index}").into()
}

pub fn at(text: &str) -> Time {
    Time::parse(&format!("2026-06-10T{text}:00Z")).unwrap()
}

/// Appointment `appt_1` of the rep, at 16:00.
pub fn visit() -> Appointment {
    Appointment {
        id: "appt_1".into(),
        lead_id: "lead_1".into(),
        contact_card_id: "contact_1".into(),
        scheduled_start: at("16:00"),
        scheduled_end: at("17:00"),
        status: AppointmentStatus::Scheduled,
        outcome: Outcome::Pending,
        assigned_rep_id: Some(rep(REP)),
        location: "1 Main St".into(),
        service_type: "Roof Replacement".into(),
        notes: None,
        deal_size: None,
        created_at: at("01:00"),
        updated_at: at("01:00"),
    }
}

pub fn detail(a: &Appointment) -> Answer {
    let lead = Lead { id: a.lead_id.clone(), status: LeadStatus::New, deal_size: None, created_at: a.created_at };
    let contact = Contact {
        id: a.contact_card_id.clone(),
        first_name: "A".into(),
        last_name: "B".into(),
        phone_number: "1".into(),
        email: None,
        address: "1 Main St".into(),
    };
    Answer::Appointment(Box::new(AppointmentDetail { appointment: a.clone(), lead, contact }))
}

pub fn list(appointments: &[Appointment]) -> Answer {
    let entry = |a: &Appointment| AppointmentSummary {
        appointment_id: a.id.clone(),
        lead_id: a.lead_id.clone(),
        contact_card_id: a.contact_card_id.clone(),
        customer_name: "A B".into(),
        address: "1 Main St".into(),
        scheduled_start: a.scheduled_start,
        scheduled_end: a.scheduled_end,
        status: a.status,
        outcome: a.outcome,
        service_type: a.service_type.clone(),
        is_assigned_to_me: true,
        deal_size: a.deal_size,
        pending_tasks_count: 0,
    };
    let appointments: Vec<_> = appointments.iter().map(entry).collect();
    let total = appointments.len() as u32;
    Answer::Appointments(AppointmentList { appointments, total, date: Date::parse("2026-06-10").unwrap() })
}

pub fn get() -> Call {
    Call::GetAppointment { appointment_id: "appt_1".into() }
}

pub fn get_list() -> Call {
    Call::ListAppointments(AppointmentQuery::default())
}

pub fn patch(body: AppointmentPatch) -> Call {
    Call::UpdateAppointment { appointment_id: "appt_1".into(), body }
}

pub fn moved(hour: &str) -> AppointmentPatch {
    AppointmentPatch { scheduled_start: Some(at(hour)), ..AppointmentPatch::default() }
}

pub fn noted(notes: &str) -> AppointmentPatch {
    AppointmentPatch { notes: Some(notes.into()), ..AppointmentPatch::default() }
}

pub fn won() -> AppointmentPatch {
    AppointmentPatch {
        outcome: Some(Outcome::Won),
        deal_size: Some(Money::whole(5_000)),
        status: Some(AppointmentStatus::Completed),
        ..AppointmentPatch::default()
    }
}

/// What an update makes of an appointment.
pub fn with(a: &Appointment, body: &AppointmentPatch) -> Appointment {
    let mut a = a.clone();
    a.scheduled_start = body.scheduled_start.unwrap_or(a.scheduled_start);
    a.status = body.status.unwrap_or(a.status);
    a.outcome = body.outcome.unwrap_or(a.outcome);
    a.deal_size = body.deal_size.or(a.deal_size);
    a.notes = body.notes.clone().or(a.notes);
    a.assigned_rep_id = body.assigned_rep_id.clone().or(a.assigned_rep_id);
    a
}

pub fn task(id: &str) -> Task {
    Task {
        id: id.into(),
        description: "Follow up".into(),
        status: TaskStatus::Open,
        assigned_to: Assignee::SalesRep,
        due_at: Some(at("23:00")),
        priority: Priority::Medium,
        contact_card_id: None,
        lead_id: None,
        appointment_id: None,
        notes: None,
        completed_at: None,
        completed_by: None,
        created_at: at("15:00"),
        updated_at: None,
    }
}

pub fn tasks(tasks: &[Task]) -> Answer {
    let overdue = tasks.iter().filter(|task| task.status == TaskStatus::Overdue).count();
    Answer::Tasks(TaskList { tasks: tasks.to_vec(), total: tasks.len() as u32, overdue_count: overdue as u32 })
}

pub fn shift() -> Shift {
    Shift {
        id: "shift_1".into(),
        rep_id: rep(REP),
        shift_date: Date::parse("2026-06-10").unwrap(),
        clock_in_at: at("15:00"),
        clock_out_at: None,
        status: ShiftStatus::Active,
        scheduled_start: None,
        scheduled_end: None,
    }
}

pub fn shift_day(shift: Shift) -> Answer {
    Answer::ShiftDay(Box::new(ShiftDay {
        effective_start_time: shift.clock_in_at,
        effective_end_time: at("23:00"),
        recording_mode: RecordingMode::Full,
        allow_location_tracking: true,
        allow_recording: true,
        shift,
    }))
}

pub fn session() -> RecordingSession {
    RecordingSession {
        id: "session_1".into(),
        rep_id: rep(REP),
        appointment_id: "appt_1".into(),
        started_at: at("16:00"),
        ended_at: None,
        mode: RecordingMode::Full,
        transcription_status: Processing::NotStarted,
        analysis_status: Processing::NotStarted,
        audio_url: None,
        audio_storage_mode: Some(AudioStorage::Persistent),
        audio_duration_seconds: None,
        audio_size_bytes: None,
        transcript: None,
        analysis: None,
    }
}

pub fn recording(session: RecordingSession) -> Answer {
    Answer::Recording(Box::new(RecordingSessionBody { session }))
}

pub fn somewhere() -> Location {
    Location { lat: Degrees::whole(40), lng: Degrees::whole(-74) }
}
