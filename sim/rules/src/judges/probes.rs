//! What intruders tried, and what came of it: `tenancy.isolated` and `ownership.own-only` by foreign ids,
//! `tenancy.from-token-only`, `recording.start.prerequisites`, `validation.rejects`, and limits for `paging.exact`.
//!
//! A probe says what kind it is, and so what must come back. That a refused write changed nothing is seen by reading what
//! it was aimed at before and after, a moment apart: rows of earlier days, which nobody else touches.

use super::auth::said;
use crate::exchanges::Exchange;
use crate::facts::Facts;
use crate::facts::views::ASSIGNED;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{ById, PerClient};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::defaults::PAGE_MAX;
use fieldday_api::endpoint::Op;
use fieldday_api::error::ErrorCode;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::Appointment;
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_history::event::{Cause, Probe};

use Rule::{
    OwnershipOwnOnly as OWN, PagingExact as PAGING, RecordingStartPrerequisites as SHIFT, RecordingStopOnce as STOP,
    RecordingUploadOnce as UPLOAD, TenancyFromTokenOnly as TOKEN, TenancyIsolated as TENANCY,
    ValidationRejects as VALIDATION,
};

#[derive(Default)]
pub(crate) struct Probes {
    intruders: PerClient<Intruder>,
    /// Whether limits beyond the maximum were refused, and whether they were cut: one of the two always.
    refused_limit: bool,
    cut_limit: bool,
    /// Reps for whom somebody sent a clock-in.
    clocked_in: ById<()>,
    /// Tasks that were made with another tenant's id in the body, and the tenant of whoever made them.
    planted: ById<u8>,
}

/// What can be read back.
#[derive(PartialEq)]
enum Row {
    Appointment(Box<Appointment>),
    Session(Box<RecordingSession>),
}

impl Row {
    fn id(&self) -> &SmolStr {
        match self {
            Row::Appointment(appointment) => &appointment.id,
            Row::Session(session) => &session.id,
        }
    }
}

#[derive(Default)]
struct Intruder {
    /// The last answer to a control, by its rows, and what a probe after it showed.
    control: Option<Vec<SmolStr>>,
    probed: Option<(Part, Vec<SmolStr>)>,
    /// What was read back last, and the part of the rule that says that it is still so: something was refused since, or repeated.
    before: Option<Row>,
    unchanged: Option<Part>,
}

impl Judge for Probes {
    const RULES: &'static [Rule] = &[TENANCY, OWN, TOKEN, SHIFT, VALIDATION, PAGING, STOP, UPLOAD];
    const SENT: Ops = Ops::of(&[Op::ClockIn]);

    fn on_sent(&mut self, s: &crate::exchanges::SentAttempt<'_>, _: &Facts, _: &mut Notes) {
        if let Call::ClockIn { rep_id, .. } = &*s.attempt.call {
            self.clocked_in.insert(rep_id.clone(), ());
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        self.shows_planted(x, notes);
        let Cause::Probe(probe) = x.cause else { return self.started(x, facts, notes) };
        let Some((status, code)) = said(x) else { return self.intruders.of(x.client.index).forget() };
        let gone = matches!(status, 403 | 404);
        match probe {
            Probe::OtherTenant => notes.judge(by(x, [Part::TenancyRead, Part::TenancyWrite]), x, gone, || {
                format!("expected 403 or 404 for an id of another tenant, {} answered {status}", x.op)
            }),
            Probe::OtherRep => notes.judge(by(x, [Part::OwnRead, Part::OwnWrite]), x, gone, || {
                format!("expected 403 or 404 for an id of another rep, {} answered {status}", x.op)
            }),
            Probe::StartWithoutShift => notes.judge(Part::StartShift, x, (400..500).contains(&status), || {
                format!("expected a start without a shift to be refused, got {status}")
            }),
            Probe::LimitBeyondMaximum => self.limit(x, status, code, notes),
            Probe::Control | Probe::TenantIdInQuery | Probe::CompanyHeader => {
                self.intruders.of(x.client.index).compare(x, probe, notes);
            }
            Probe::ReadBack => self.intruders.of(x.client.index).read_back(x, notes),
            Probe::UnknownEnum
            | Probe::MissingField
            | Probe::WrongType
            | Probe::BrokenBody
            | Probe::OutOfRange
            | Probe::HugeBody => {
                let right = matches!(code, Some(ErrorCode::ValidationError | ErrorCode::InvalidRequest));
                let holds = match probe {
                    Probe::HugeBody => (400..500).contains(&status),
                    // 422 is a matter of form, and told as that.
                    _ => matches!(status, 400 | 422) && right,
                };
                let part = match probe {
                    Probe::UnknownEnum => Part::RejectsValue,
                    Probe::MissingField => Part::RejectsMissing,
                    Probe::WrongType => Part::RejectsType,
                    Probe::OutOfRange => Part::RejectsRange,
                    _ => Part::RejectsBody,
                };
                notes.judge(part, x, holds, || {
                    format!("expected 400 for a malformed request, {} answered {status} {code:?}", x.op)
                });
                self.intruders.of(x.client.index).unchanged = (status >= 400).then_some(Part::RejectsUnchanged);
            }
            Probe::Repeat => {
                let (part, after) = match x.op {
                    Op::StopRecording => (Part::StopRepeat, Part::StopRow),
                    _ => (Part::UploadRepeat, Part::UploadJob),
                };
                notes.judge(part, x, status < 300, || format!("expected a repeat to be acknowledged, got {status}"));
                self.intruders.of(x.client.index).unchanged = Some(after);
            }
            Probe::TenantIdInBody => {
                if let Some(Answer::Task(task)) = x.success() {
                    self.planted.insert(task.id.clone(), x.client.tenant);
                }
            }
            Probe::Role | Probe::Token | Probe::Alias | Probe::Page => {}
        }
    }
}

impl Probes {
    /// Anybody's start: nobody is on shift for whom no clock-in was ever sent, and the appointment is the rep's, as far as
    /// nothing disputes whose it is. A start that may be accepted puts neither to the test.
    fn started(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Call::StartRecording(start) = &**x.call else { return };
        let refused = match x.refusal() {
            Some(400 | 403 | 404 | 409 | 422) => true,
            _ if x.success().is_some() => false,
            _ => return,
        };
        if !self.clocked_in.contains_key(&start.rep_id) {
            notes.judge(Part::StartShift, x, refused, || {
                format!("expected a start of {} to be refused, nobody ever clocked in", start.rep_id)
            });
        }
        let assigned = facts.appointments.get(&start.appointment_id).and_then(|a| a.settled(ASSIGNED));
        let (Some(assigned), Some(rep)) = (assigned, facts.person(&start.rep_id)) else { return };
        if assigned != u64::from(rep) {
            notes.judge(Part::StartOwn, x, refused, || {
                format!("expected a start at {} to be refused, it is another rep's", start.appointment_id)
            });
        }
    }
    /// A row that was made with another tenant's id beside it is its maker's tenant's.
    fn shows_planted(&self, x: &Exchange<'_>, notes: &mut Notes) {
        let Some(Answer::Tasks(list)) = x.success() else { return };
        for task in list.tasks.iter().filter(|_| !self.planted.is_empty()) {
            let Some(tenant) = self.planted.get(&task.id) else { continue };
            notes.judge(Part::TenantInBody, x, *tenant == x.client.tenant, || {
                format!(
                    "expected {} to be of its maker's tenant, whatever the body said, another's list shows it",
                    task.id
                )
            });
        }
    }
    fn limit(&mut self, x: &Exchange<'_>, status: u16, code: Option<ErrorCode>, notes: &mut Notes) {
        let entries = match x.success() {
            Some(Answer::Tasks(list)) => Some(list.tasks.len()),
            Some(Answer::Thread(thread)) => Some(thread.messages.len()),
            _ => None,
        };
        let refused = status == 400 && code == Some(ErrorCode::InvalidRequest);
        let cut = entries.is_some_and(|entries| entries <= PAGE_MAX as usize);
        self.refused_limit |= refused;
        self.cut_limit |= cut;
        let always_one = !(self.refused_limit && self.cut_limit);
        notes.judge(Part::PageMaximum, x, (refused || cut) && always_one, || match entries {
            Some(entries) if entries > PAGE_MAX as usize => {
                format!("expected {PAGE_MAX} entries at most, got {entries}")
            }
            _ if !always_one => "expected a limit beyond the maximum to be refused or cut, always the same".to_owned(),
            _ => format!("expected 400 INVALID_REQUEST or the maximum for a limit beyond it, got {status}"),
        });
    }
}

/// The part for reads, or that for writes.
fn by(x: &Exchange<'_>, [read, write]: [Part; 2]) -> Part {
    if x.op.writes() { write } else { read }
}

/// The ids of an answer's rows.
fn rows(answer: Option<&Answer>) -> Option<Vec<SmolStr>> {
    Some(match answer? {
        Answer::Appointments(list) => list.appointments.iter().map(|a| a.appointment_id.clone()).collect(),
        Answer::Tasks(list) => list.tasks.iter().map(|task| task.id.clone()).collect(),
        Answer::Thread(thread) => thread.messages.iter().map(|message| message.id.clone()).collect(),
        _ => return None,
    })
}

impl Intruder {
    /// Something came between that decides nothing.
    fn forget(&mut self) {
        *self = Intruder::default();
    }
    /// A probe between two controls that agree must agree with both.
    fn compare(&mut self, x: &Exchange<'_>, probe: Probe, notes: &mut Notes) {
        let shown = rows(x.success());
        if probe != Probe::Control {
            let part = if probe == Probe::CompanyHeader { Part::TenantInHeader } else { Part::TenantInQuery };
            self.probed = Some((part, shown.unwrap_or_default()));
            return;
        }
        let (before, probed) = (self.control.take(), self.probed.take());
        if let (Some(before), Some((part, probed)), Some(after)) = (before, probed, &shown)
            && before == *after
        {
            notes.judge(part, x, probed == before, || {
                let (with, without) = (probed.len(), before.len());
                format!("expected the same {without} rows with another tenant's id beside the request, got {with}")
            });
        } else {
            self.control = shown;
        }
    }
    /// What a refused write was aimed at is as it was.
    fn read_back(&mut self, x: &Exchange<'_>, notes: &mut Notes) {
        let now = match x.success() {
            Some(Answer::Appointment(detail)) => Row::Appointment(Box::new(detail.appointment.clone())),
            Some(Answer::Recording(body)) => Row::Session(Box::new(body.session.clone())),
            _ => return self.forget(),
        };
        if let (Some(before), Some(part)) = (&self.before, self.unchanged.take())
            && before.id() == now.id()
        {
            notes.judge(part, x, *before == now, || {
                format!("expected {} to be as it was, after a write that was refused or repeated it is not", now.id())
            });
        }
        self.before = Some(now);
    }
}
