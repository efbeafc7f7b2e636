//! What intruders tried, and what came of it: `tenancy.isolated` and `ownership.own-only` by foreign ids,
//! `tenancy.from-token-only`, `recording.start.prerequisites`, `validation.rejects`, and limits for `paging.exact`.
//!
//! A probe says what kind it is, and so what must come back. That a refused write changed nothing is seen by reading what
//! it was aimed at before and after, a moment apart: rows of earlier days, which nobody else touches.

use super::auth::{said, said_words};
use crate::exchanges::{ClientInfo, Exchange};
use crate::facts::sessions::rank;
use crate::facts::views::ASSIGNED;
use crate::facts::{Facts, shifts};
use crate::judge::{Judge, Ops};
use crate::notes::{Notes, Place};
use crate::tables::{ById, PerClient, push_bounded};
use crate::told::About;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::defaults::PAGE_MAX;
use fieldday_api::endpoint::Op;
use fieldday_api::error::ErrorCode;
use fieldday_api::readings::Reading;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::Appointment;
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_history::event::{Cause, Probe};
use fieldday_kernel::time::{Date, Span, Time};

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
    /// Starts that were answered though nobody here clocked their rep in: a shift of an earlier run may have been open.
    unclocked: Vec<Unclocked>,
    /// Tasks that were made with another tenant's id in the body, and the tenant of whoever made them.
    planted: ById<u8>,
}

/// A start of a rep whom nobody here clocked in. What is seen of that day's shift later tells whether there was one.
struct Unclocked {
    rep_id: SmolStr,
    date: Date,
    sent: Time,
    at: Span,
    client: ClientInfo,
    call: u32,
}

/// Such starts remembered per cell.
const UNCLOCKED: usize = 64;

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

/// The names of the fields in which two rows differ.
macro_rules! differing {
    ($one:expr, $other:expr, $($field:ident)+) => {
        [$((stringify!($field), $one.$field != $other.$field)),+].into_iter().filter(|of| of.1).map(|of| of.0).collect()
    };
}

/// What Shunya fills as it goes on.
const PIPELINE: [&str; 4] = ["transcription_status", "analysis_status", "transcript", "analysis"];

impl Row {
    /// Whether the only difference is that a session that was being processed is processed further.
    fn goes_on(&self, now: &Row) -> bool {
        let (Row::Session(was), Row::Session(is)) = (self, now) else { return false };
        let steps = [(was.transcription_status, is.transcription_status), (was.analysis_status, is.analysis_status)];
        let forward = steps.iter().all(|(was, is)| was == is || (!was.is_final() && rank(*is) > rank(*was)));
        let moved = steps.iter().any(|(was, is)| was != is);
        forward && moved && self.differs(now).iter().all(|field| PIPELINE.contains(field))
    }
    fn differs(&self, now: &Row) -> Vec<&'static str> {
        match (self, now) {
            (Row::Appointment(a), Row::Appointment(b)) => differing!(a, b,
                lead_id contact_card_id scheduled_start scheduled_end status outcome assigned_rep_id location
                service_type notes deal_size created_at updated_at),
            (Row::Session(a), Row::Session(b)) => differing!(a, b,
                rep_id appointment_id started_at ended_at mode transcription_status analysis_status audio_url
                audio_storage_mode audio_duration_seconds audio_size_bytes transcript analysis),
            _ => vec!["its kind"],
        }
    }
}

#[derive(Default)]
struct Intruder {
    /// The last answer to a control, by its rows, and what a probe after it showed.
    control: Option<Vec<SmolStr>>,
    probed: Option<(Part, Vec<SmolStr>)>,
    /// The row that the last look did not find.
    missing: Option<SmolStr>,
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
        self.sees_shift(x, facts, notes);
        self.shows_planted(x, notes);
        let Cause::Probe(probe) = x.cause else { return self.started(x, facts, notes) };
        let Some((status, code)) = said(x) else { return self.intruders.of(x.client.index).forget() };
        let gone = matches!(status, 403 | 404);
        if gone && self.intruders.of(x.client.index).missed(x, probe) {
            // Whatever is tried at a row that is not there says nothing.
            return notes.reading(Reading::RowNotThere, x, || {
                format!("{} answered {status}, as the read just before it did", x.op)
            });
        }
        if let (Probe::OutOfRange, 200..300, Call::Raw(raw)) = (probe, status, &**x.call)
            && let Some((reading, what)) = allowed(&raw.body)
        {
            notes.reading(reading, x, || format!("an update with {what} was accepted"));
            return self.intruders.of(x.client.index).forget();
        }
        match probe {
            Probe::OtherTenant => notes.judge(by(x, [Part::TenancyRead, Part::TenancyWrite]), x, gone, || {
                format!("expected 403 or 404 for an id of another tenant, {} answered {status}", x.op)
            }),
            Probe::OtherRep => notes.judge(by(x, [Part::OwnRead, Part::OwnWrite]), x, gone, || {
                format!("expected 403 or 404 for an id of another rep, {} answered {status}", x.op)
            }),
            Probe::StartWithoutShift if status < 300 => self.may_be_unclocked(x, facts, notes),
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
                    let got = said_words(status, code);
                    format!(
                        "expected 400 with a code of §4 for a request with {}, {} answered {got}",
                        wrong(probe),
                        x.op
                    )
                });
                self.intruders.of(x.client.index).unchanged = (status >= 400).then_some(Part::RejectsUnchanged);
            }
            Probe::Repeat => {
                let (part, after) = match x.op {
                    Op::StopRecording => (Part::StopRepeat, Part::StopRow),
                    _ => (Part::UploadRepeat, Part::UploadJob),
                };
                notes.judge(part, x, status < 300, || {
                    let id = x.call.path_id().unwrap_or_default();
                    format!(
                        "expected a repeat at {id} to answer 200 as the first did, got {}",
                        said_words(status, code)
                    )
                    .about(id)
                });
                self.intruders.of(x.client.index).unchanged = Some(after);
            }
            Probe::TenantIdInBody => {
                if let Some(Answer::Task(task)) = x.success() {
                    self.planted.insert(task.id.clone(), x.client.tenant);
                }
            }
            Probe::Role | Probe::Token | Probe::Alias | Probe::Page | Probe::Undo => {}
        }
    }
    fn finish(&mut self, notes: &mut Notes) {
        self.unclocked.iter().for_each(|_| notes.inconclusive(Part::StartShift));
    }
}

/// What no text forbids of a body that is out of range.
fn allowed(body: &str) -> Option<(Reading, &'static str)> {
    match () {
        () if body.contains("\"scheduled_end\"") => Some((Reading::EndBeforeStart, "an end before its start")),
        () if body.contains("\"deal_size\"") => Some((Reading::NegativeDealSize, "a negative deal_size")),
        () => None,
    }
}

/// What is wrong with the body of a probe.
fn wrong(probe: Probe) -> &'static str {
    match probe {
        Probe::UnknownEnum => "an unknown status",
        Probe::MissingField => "no description",
        Probe::WrongType => "a list for scheduled_start",
        Probe::BrokenBody => "a body that is cut off",
        Probe::HugeBody => "a body of a megabyte that is cut off",
        _ => "values out of range",
    }
}

impl Probes {
    /// A start is answered without a shift that anybody here began. If one is known to have been, all is well.
    fn may_be_unclocked(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Call::StartRecording(start) = &**x.call else { return };
        let sent = notes.settings.start + x.sent_at;
        let date = x.client.zone.date(sent);
        if facts.shift_on(&start.rep_id, date).is_some_and(|day| day.clock_in_at <= sent) {
            return;
        }
        let (rep_id, at, client, call) = (start.rep_id.clone(), x.ended_at, x.client.clone(), x.number);
        push_bounded(&mut self.unclocked, UNCLOCKED, Unclocked { rep_id, date, sent, at, client, call });
    }
    /// A shift tells since when its rep is clocked in.
    fn sees_shift(&mut self, x: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
        let Some(shift) = shifts::shown(x).filter(|_| !self.unclocked.is_empty()) else { return };
        let rep = facts.person(&shift.rep_id);
        self.unclocked.retain(|start| {
            let theirs = start.rep_id == shift.rep_id || (rep.is_some() && rep == facts.person(&start.rep_id));
            if !theirs || start.date != shift.shift_date {
                return true;
            }
            if shift.clock_in_at > start.sent {
                let (op, request_id) = (Some(Op::StartRecording), None);
                let place = Place { at: start.at, client: &start.client, call: Some(start.call), request_id, op };
                notes.broken(Part::StartShift, &place, || {
                    let (rep_id, sent, at) = (&start.rep_id, start.sent, shift.clock_in_at);
                    format!("expected a start of {rep_id} at {sent} to be refused, the day's shift began only at {at}")
                });
            }
            false
        });
    }
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
            match refused {
                true => notes.held(Part::StartShift),
                false => self.may_be_unclocked(x, facts, notes),
            }
        }
        let assigned = facts.appointments.get(&start.appointment_id).and_then(|a| a.settled(ASSIGNED));
        let (Some(assigned), Some(rep)) = (assigned, facts.person(&start.rep_id)) else { return };
        if assigned != u64::from(rep) {
            notes.judge(Part::StartOwn, x, refused, || {
                format!("expected a start at {} to be refused, it is another rep's", start.appointment_id)
                    .about(&start.appointment_id)
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
        let asked = match &**x.call {
            Call::ListTasks(query) => query.limit,
            Call::GetThread { page, .. } => page.limit,
            _ => None,
        };
        let asked = asked.map(|limit| limit.to_string()).unwrap_or_default();
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
                format!("expected {PAGE_MAX} entries at most with limit {asked}, got {entries}")
            }
            _ if !always_one => {
                let (now, before) = if refused { ("refused", "cut") } else { ("cut", "refused") };
                format!("expected a limit beyond the maximum to be {before} as before, limit {asked} is {now}")
            }
            _ => {
                let got = said_words(status, code);
                format!("expected 400 INVALID_REQUEST or {PAGE_MAX} entries for limit {asked}, got {got}")
            }
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
    /// Whether this is aimed at the row that the look just before did not find.
    fn missed(&mut self, x: &Exchange<'_>, probe: Probe) -> bool {
        let aimed = |id: &SmolStr| match &**x.call {
            Call::Raw(raw) => raw.path.ends_with(id.as_str()),
            call => call.path_id() == Some(id.as_str()),
        };
        probe != Probe::ReadBack && self.missing.take().is_some_and(|id| aimed(&id))
    }
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
            _ => {
                self.forget();
                let missing = matches!(x.refusal(), Some(403 | 404));
                self.missing = x.call.path_id().filter(|_| missing).map(SmolStr::from);
                return;
            }
        };
        self.missing = None;
        if let (Some(before), Some(part)) = (&self.before, self.unchanged.take())
            && before.id() == now.id()
        {
            notes.judge(part, x, *before == now || before.goes_on(&now), || {
                let (id, fields) = (now.id(), before.differs(&now).join(", "));
                let what = if part.rule() == VALIDATION { "refused" } else { "repeated" };
                format!("expected {id} to be as it was after a write that was {what}, it differs in {fields}").about(id)
            });
        }
        self.before = Some(now);
    }
}
