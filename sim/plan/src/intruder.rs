//! Intruders: each tenant has somebody with a login of their own who tries, at a low rate, what must fail or make no
//! difference. What is tried is decided here, request by request.
//!
//! Probes take the kinds in turn, so that a few intruders try all. What a probe is aimed at is picked by rendezvous among
//! the rows that there are: a row that is taken out of the plan moves no other probe's aim. Writes are aimed at rows of
//! earlier days, which nobody else touches; a system that keeps the rules is not changed by any of them.

use super::{CellPlan, IntruderPlan, Login, OffDutyPlan, Plan, ProbePlan, ProbeStep, TenantPlan};
use crate::keys::{between, id, part, stream};
use crate::people;
use fieldday_api::SmolStr;
use fieldday_api::call::{Call, RawCall};
use fieldday_api::dataset::{TenantData, User};
use fieldday_api::defaults;
use fieldday_api::fixed::Fixed;
use fieldday_api::names::{Assignee, Outcome, Role, TaskStatus};
use fieldday_api::probe::Probe;
use fieldday_api::token::{RoleClaim, TenantClaim, UserClaim};
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::recordings::{Location, RecordingStart, RecordingStop, UploadAudio};
use fieldday_api::wire::shifts::ClockIn;
use fieldday_api::wire::tasks::{TaskCreate, TaskPatch, TaskQuery};
use fieldday_kernel::random::{Stream, join_keys, name_key};
use fieldday_kernel::time::{Span, TimeOfDay};

/// When they are about, by local time. One kind of probe goes out before anybody has a shift.
const FROM: TimeOfDay = TimeOfDay::hm(8, 0);
const UNTIL: TimeOfDay = TimeOfDay::hm(19, 0);
const NIGHT: TimeOfDay = TimeOfDay::hm(1, 30);

/// The names that a token may give a role (§0.1).
const ROLE_NAMES: [&str; 9] =
    ["admin", "org:admin", "exec", "manager", "csr", "org:csr", "rep", "sales_rep", "org:sales_rep"];

/// Gives every tenant of the cell its intruders, and a rep who has the day off.
pub(super) fn add(plan: &Plan, cell: &mut CellPlan) {
    let per_tenant = plan.scenario.intruders.per_tenant as usize;
    for at in 0..cell.tenants.len() {
        if per_tenant > 0 {
            add_off_duty(plan, &mut cell.tenants[at]);
        }
        for number in 0..per_tenant {
            let name = part(&cell.tenants[at].name, "intruder", number);
            if plan.removed.takes(&name) {
                continue;
            }
            let key = name_key(&name);
            let (user_id, rep_id) = (id("user_", key), id("rep_", key));
            let other = &cell.tenants[(at + 1) % cell.tenants.len()];
            let aims = Aims { own: &cell.tenants[at], other, rep_id: &rep_id };
            let mut probes = aims.probes(plan, &name, key);
            probes.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
            let tenant = &mut cell.tenants[at];
            let (email, login) = (people::email(b'i', key), "Intruder".into());
            let rep = Some(rep_id.clone());
            tenant.data.users.push(User {
                user_id: user_id.clone(),
                rep_id: rep,
                role: Role::SalesRep,
                name: login,
                email,
            });
            let tenant_id = tenant.data.id.clone();
            tenant.intruders.push(IntruderPlan { name, key, tenant_id, user_id, rep_id, probes });
        }
    }
}

fn add_off_duty(plan: &Plan, tenant: &mut TenantPlan) {
    let name = format!("{}/off-duty", tenant.name);
    if plan.removed.takes(&name) {
        return;
    }
    let key = name_key(&name);
    let (user_id, rep_id) = (id("user_", key), id("rep_", key));
    tenant.data.users.push(User {
        user_id: user_id.clone(),
        rep_id: Some(rep_id.clone()),
        role: Role::SalesRep,
        name: "Off duty".into(),
        email: people::email(b'o', key),
    });
    tenant.off_duty = Some(OffDutyPlan { name, user_id, rep_id });
}

/// The data that probes are aimed at: of the intruder's own tenant and of another one.
struct Aims<'a> {
    own: &'a TenantPlan,
    other: &'a TenantPlan,
    rep_id: &'a SmolStr,
}

/// One row that depends on the draw alone, so that other rows may be removed without changing it.
fn pick<'a, T>(rows: impl Iterator<Item = &'a T>, id_of: impl Fn(&T) -> &SmolStr, draw: u64) -> Option<&'a T> {
    rows.min_by_key(|row| join_keys(draw, name_key(id_of(row))))
}

fn step(probe: Probe, login: Login, call: Call) -> ProbeStep {
    ProbeStep { probe, login, call }
}

/// The number of kinds of probes, which follow one another in turn.
const KINDS: u64 = 29;

impl Aims<'_> {
    fn probes(&self, plan: &Plan, name: &str, key: u64) -> Vec<ProbePlan> {
        let count = between(&mut stream(plan.seed, key), plan.scenario.intruders.probes) as usize;
        let (date, zone) = (self.own.date, &self.own.data.zone);
        let (from, until) = (zone.at(date, FROM), zone.at(date, UNTIL));
        // Where the turn begins, so that intruders differ.
        let first = stream(plan.seed, join_keys(key, 1)).bits();
        let mut probes = Vec::new();
        for number in 1..=count {
            let name = part(name, "probe", number);
            if plan.removed.takes(&name) {
                continue;
            }
            let mut stream = stream(plan.seed, name_key(&name));
            let length = until.since(from).as_micros() as u64;
            let at = from + Span::micros(stream.below(length) as i64);
            let kind = first.wrapping_add(number as u64) % KINDS;
            // At night, within a quarter of an hour: `at` is as good a draw for it as another.
            let night = Span::micros(at.since(from).as_micros() % Span::minutes(15).as_micros());
            let at = if kind == 25 { zone.at(date, NIGHT) + night } else { at };
            let steps = self.steps(kind, &mut stream);
            if !steps.is_empty() {
                probes.push(ProbePlan { name, at, steps });
            }
        }
        probes
    }

    /// The requests of one probe; none if there is nothing to aim at.
    fn steps(&self, kind: u64, stream: &mut Stream) -> Vec<ProbeStep> {
        let (draw, which) = (stream.bits(), stream.bits());
        let steps = match kind {
            4 if which & 1 == 1 => self.starts_elsewhere(draw),
            0..=4 => self.other_rep(kind, draw, which).map(|call| vec![step(Probe::OtherRep, rep(), call)]),
            5..=10 => self.other_tenant(kind, draw).map(|call| vec![step(Probe::OtherTenant, manager(), call)]),
            11 => self.role(draw, which).map(|call| vec![step(Probe::Role, Login::Good(Role::Csr), call)]),
            12 => Some(vec![step(Probe::Token, bad_token(which), self.list())]),
            13 => Some(vec![step(Probe::Alias, alias(which), self.list())]),
            14 | 15 => Some(self.with_tenant(kind == 14)),
            16 => Some(self.creates_elsewhere(draw)),
            17 => self.beyond(which).map(|call| vec![step(Probe::LimitBeyondMaximum, manager(), call)]),
            18 => self.pages(draw, which),
            19..=24 => self.malformed(kind, draw, which),
            26..=28 => self.repeats(kind, draw),
            _ => self.start_without_shift(draw).map(|call| vec![step(Probe::StartWithoutShift, manager(), call)]),
        };
        steps.unwrap_or_default()
    }

    /// An appointment of an earlier day, which nobody touches any more.
    fn past<'b>(&self, tenant: &'b TenantPlan, draw: u64) -> Option<&'b fieldday_api::wire::appointments::Appointment> {
        let midnight = tenant.data.zone.midnight(tenant.date);
        let past = tenant.data.appointments.iter().filter(move |a| a.scheduled_end < midnight);
        pick(past, |a| &a.id, draw)
    }
    fn list(&self) -> Call {
        let date = Some(self.own.date.plus_days(-1));
        Call::ListAppointments(AppointmentQuery { date, ..Default::default() })
    }

    fn other_rep(&self, kind: u64, draw: u64, which: u64) -> Option<Call> {
        let data = &self.own.data;
        Some(match kind {
            0 => Call::GetAppointment { appointment_id: self.past(self.own, draw)?.id.clone() },
            1 => patch(
                &self.past(self.own, draw)?.id,
                &AppointmentPatch { service_type: Some("x".into()), ..Default::default() },
            ),
            2 => Call::CompleteTask { task_id: theirs(data, draw)?.clone() },
            3 => {
                let off_duty = self.own.off_duty.as_ref().map(|rep| rep.rep_id.clone());
                match which % 3 {
                    0 => {
                        Call::ShiftToday { rep_id: pick(self.own.reps.iter(), |rep| &rep.rep_id, draw)?.rep_id.clone() }
                    }
                    1 => Call::ClockIn { rep_id: off_duty?, body: ClockIn { desired_start_time: None, notes: None } },
                    _ => Call::ClockOut { rep_id: off_duty? },
                }
            }
            _ => Call::GetRecording { session_id: session(data, draw)? },
        })
    }
    fn other_tenant(&self, kind: u64, draw: u64) -> Option<Call> {
        let data = &self.other.data;
        if data.id == self.own.data.id {
            return None;
        }
        Some(match kind {
            5 => Call::GetAppointment { appointment_id: self.past(self.other, draw)?.id.clone() },
            6 => patch(
                &self.past(self.other, draw)?.id,
                &AppointmentPatch { service_type: Some("x".into()), ..Default::default() },
            ),
            7 => {
                let body = TaskPatch { priority: Some(fieldday_api::names::Priority::Low), ..Default::default() };
                Call::UpdateTask { task_id: theirs(data, draw)?.clone(), body }
            }
            8 => Call::GetThread {
                contact_card_id: contact(data, draw)?,
                page: Page { limit: Some(defaults::FIRST_PAGE), offset: None },
            },
            9 => Call::GetRecording { session_id: session(data, draw)? },
            _ => Call::ShiftToday { rep_id: pick(self.other.reps.iter(), |rep| &rep.rep_id, draw)?.rep_id.clone() },
        })
    }
    /// A call that is forbidden to a CSR, of six kinds in turn.
    fn role(&self, draw: u64, which: u64) -> Option<Call> {
        let rep_id = self.rep_id.clone();
        let location = nowhere();
        Some(match which % 6 {
            0 => Call::ShiftToday { rep_id },
            1 => Call::ClockIn { rep_id, body: ClockIn { desired_start_time: None, notes: None } },
            2 => Call::ClockOut { rep_id },
            3 => Call::GetRecording { session_id: session(&self.own.data, draw)? },
            4 => Call::StopRecording { session_id: session(&self.own.data, draw)?, body: RecordingStop { location } },
            _ => Call::UploadAudio {
                session_id: session(&self.own.data, draw)?,
                body: UploadAudio {
                    audio_url: "s3://otto-recordings/x.m4a".into(),
                    audio_duration_seconds: Fixed(1_000),
                    audio_size_bytes: 1_000,
                },
            },
        })
    }
    /// Three reads that are alike, but that the second one carries another tenant's id.
    fn with_tenant(&self, in_query: bool) -> Vec<ProbeStep> {
        let mut raw = RawCall::of(&self.list());
        let probe = if in_query {
            raw.query = format!("{}&tenant_id={}", raw.query, self.other.data.id).into();
            Probe::TenantIdInQuery
        } else {
            raw.company_id = Some(self.other.data.id.clone());
            Probe::CompanyHeader
        };
        let control = || step(Probe::Control, manager(), self.list());
        vec![control(), step(probe, manager(), Call::Raw(Box::new(raw))), control()]
    }
    /// Clocked in themselves, they start a recording at another rep's appointment.
    fn starts_elsewhere(&self, draw: u64) -> Option<Vec<ProbeStep>> {
        let (appointment_id, rep_id) = (self.past(self.own, draw)?.id.clone(), self.rep_id.clone());
        let clock_in =
            Call::ClockIn { rep_id: rep_id.clone(), body: ClockIn { desired_start_time: None, notes: None } };
        let start = RecordingStart { appointment_id, rep_id, location: nowhere(), mode: None };
        Some(vec![step(Probe::Control, rep(), clock_in), step(Probe::OtherRep, rep(), Call::StartRecording(start))])
    }
    /// A task with another tenant's id in its body: it is one of the own tenant. Then the same without it, twice: two
    /// more, since every request makes one.
    fn creates_elsewhere(&self, draw: u64) -> Vec<ProbeStep> {
        let create = Call::CreateTask(TaskCreate {
            description: format!("Look at the roof again, {draw:016x}").into(),
            assigned_to: Assignee::Csr,
            contact_card_id: None,
            lead_id: None,
            appointment_id: None,
            call_id: None,
            due_at: None,
            priority: None,
            source: None,
        });
        let mut raw = RawCall::of(&create);
        raw.body = raw.body.replacen('{', &format!("{{\"tenant_id\":\"{}\",", self.other.data.id), 1).into();
        vec![
            step(Probe::TenantIdInBody, manager(), Call::Raw(Box::new(raw))),
            step(Probe::Control, manager(), create.clone()),
            step(Probe::Control, manager(), create),
        ]
    }
    fn beyond(&self, which: u64) -> Option<Call> {
        let limit = Some(if which & 2 == 0 { defaults::PAGE_MAX + 1 } else { 100_000 });
        Some(match which & 1 {
            0 => Call::ListTasks(TaskQuery { limit, ..Default::default() }),
            _ => {
                Call::GetThread { contact_card_id: contact(&self.own.data, which)?, page: Page { limit, offset: None } }
            }
        })
    }
    /// Six pages of five entries of a list, one after the other, which must fit together.
    fn pages(&self, draw: u64, which: u64) -> Option<Vec<ProbeStep>> {
        let contact = contact(&self.own.data, draw)?;
        let page = |number: u32| {
            let (limit, offset) = (Some(5), Some(number * 5).filter(|offset| *offset > 0));
            match which & 1 {
                0 => Call::ListTasks(TaskQuery {
                    status: Some(TaskStatus::Completed),
                    limit,
                    offset,
                    ..Default::default()
                }),
                _ => Call::GetThread { contact_card_id: contact.clone(), page: Page { limit, offset } },
            }
        };
        Some((0..6).map(|number| step(Probe::Page, manager(), page(number))).collect())
    }
    /// A body that no backend may take, between two looks at what it is aimed at.
    fn malformed(&self, kind: u64, draw: u64, which: u64) -> Option<Vec<ProbeStep>> {
        let appointment = self.past(self.own, draw)?;
        let notes = AppointmentPatch { service_type: Some("x".into()), ..Default::default() };
        let mut raw = RawCall::of(&patch(&appointment.id, &notes));
        let (probe, body) = match kind {
            19 => (Probe::UnknownEnum, "{\"status\":\"finished\",\"service_type\":\"x\"}".to_owned()),
            20 => {
                raw = RawCall::of(&Call::CreateTask(TaskCreate {
                    description: "x".into(),
                    assigned_to: Assignee::Csr,
                    contact_card_id: None,
                    lead_id: None,
                    appointment_id: None,
                    call_id: None,
                    due_at: None,
                    priority: None,
                    source: None,
                }));
                (Probe::MissingField, "{\"assigned_to\":\"csr\"}".to_owned())
            }
            21 => (Probe::WrongType, "{\"service_type\":\"x\",\"scheduled_start\":[1,2,3]}".to_owned()),
            22 => (Probe::BrokenBody, "{\"service_type\":\"x\",".to_owned()),
            23 => {
                raw.padding = 1_000_000;
                (Probe::HugeBody, "{\"service_type\":\"x\",".to_owned())
            }
            _ => (Probe::OutOfRange, out_of_range(appointment, which)),
        };
        raw.body = body.into();
        let look = || step(Probe::ReadBack, manager(), Call::GetAppointment { appointment_id: appointment.id.clone() });
        // A typed call can say this one.
        let won =
            AppointmentPatch { outcome: Some(Outcome::Won), service_type: Some("x".into()), ..Default::default() };
        let call =
            if kind == 24 && which.is_multiple_of(3) { patch(&appointment.id, &won) } else { Call::Raw(Box::new(raw)) };
        Some(vec![look(), step(probe, manager(), call), look()])
    }
    /// A write of an earlier day once more, between two looks at the session that it is about.
    fn repeats(&self, kind: u64, draw: u64) -> Option<Vec<ProbeStep>> {
        let recorded = self.own.data.sessions.iter().filter(|session| session.audio_url.is_some());
        let session = pick(recorded, |session| &session.id, draw)?;
        let session_id = session.id.clone();
        let again = match kind {
            26 => Call::StopRecording { session_id: session_id.clone(), body: RecordingStop { location: nowhere() } },
            _ => Call::UploadAudio {
                session_id: session_id.clone(),
                body: UploadAudio {
                    audio_url: session.audio_url.clone()?,
                    audio_duration_seconds: session.audio_duration_seconds?,
                    audio_size_bytes: session.audio_size_bytes?,
                },
            },
        };
        let look = || step(Probe::ReadBack, manager(), Call::GetRecording { session_id: session_id.clone() });
        Some(vec![look(), step(Probe::Repeat, manager(), again), look()])
    }
    /// The start of a recording for a rep, at a time at which nobody has clocked in yet.
    fn start_without_shift(&self, draw: u64) -> Option<Call> {
        let appointment = self.past(self.own, draw)?;
        let (appointment_id, rep_id) = (appointment.id.clone(), appointment.assigned_rep_id.clone()?);
        Some(Call::StartRecording(RecordingStart { appointment_id, rep_id, location: nowhere(), mode: None }))
    }
}

fn rep() -> Login {
    Login::Good(Role::SalesRep)
}
fn manager() -> Login {
    Login::Good(Role::Manager)
}
fn bad_token(which: u64) -> Login {
    match which % 5 {
        0 => Login::None,
        1 => Login::Forged,
        2 => Login::WithoutTenant,
        3 => Login::Expired(Span::hours(2)),
        _ => Login::Expired(Span::minutes(90)),
    }
}
fn alias(which: u64) -> Login {
    let tenant = TenantClaim::ALL[(which % 4) as usize];
    let user = UserClaim::ALL[(which / 4 % 2) as usize];
    let role = RoleClaim::ALL[(which / 8 % 2) as usize];
    Login::Alias(tenant, user, role, SmolStr::new_static(ROLE_NAMES[(which / 16 % 9) as usize]))
}
/// A point in the Atlantic: no fix of anybody's.
fn nowhere() -> Location {
    Location { lat: Fixed(0), lng: Fixed(0) }
}
fn patch(id: &SmolStr, body: &AppointmentPatch) -> Call {
    Call::UpdateAppointment { appointment_id: id.clone(), body: body.clone() }
}
/// A body whose fields are of the right types, and cannot be.
fn out_of_range(appointment: &fieldday_api::wire::appointments::Appointment, which: u64) -> String {
    let start = appointment.scheduled_start;
    match which % 3 {
        1 => format!("{{\"scheduled_start\":\"{start}\",\"scheduled_end\":\"{}\"}}", start - Span::hours(1)),
        _ => "{\"deal_size\":-5,\"service_type\":\"x\"}".to_owned(),
    }
}
fn theirs(data: &TenantData, draw: u64) -> Option<&SmolStr> {
    let done = data.tasks.iter().filter(|task| task.rep_id.is_some() && task.task.status == TaskStatus::Completed);
    pick(done, |task| &task.task.id, draw).map(|task| &task.task.id)
}
fn session(data: &TenantData, draw: u64) -> Option<SmolStr> {
    pick(data.sessions.iter(), |session| &session.id, draw).map(|session| session.id.clone())
}
fn contact(data: &TenantData, draw: u64) -> Option<SmolStr> {
    pick(data.threads.iter(), |thread| &thread.contact_card_id, draw).map(|thread| thread.contact_card_id.clone())
}
