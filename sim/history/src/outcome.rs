//! How attempts end: one classification for every table, limit and verdict.
//!
//! An attempt is the target's to answer once it has reached it. What became of it is told by the answer that its client saw; where
//! the simulated network kept that from the client, by the wire of a live run, or by the ground truth of a virtual one. What
//! the simulated phone or network did to an attempt is never counted against the target.

use crate::attempts::{AttemptEnd, End, OpenAttempts};
use crate::event::{Cause, ClientKind, CredentialKind, Event, EventKind, GroundTruth, NoAnswer, Sent, WireEnd};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Response};
use fieldday_api::endpoint::Op;
use fieldday_kernel::time::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How an attempt ended, for the report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeClass {
    /// Answered as expected: 2xx, or a refusal that the day plans, such as a probe's 403.
    Expected,
    /// A 4xx that nobody planned.
    Refused,
    /// 429: the target asks to wait.
    RateLimited,
    /// A 5xx in the API's form.
    ServerError,
    /// An answer that is none of the API's: a redirect, a page, something unreadable.
    NotTheApi,
    /// The target had the attempt for as long as the client waits, and did not answer.
    TimedOut,
    /// No connection was made, or it broke before the answer was whole.
    ConnectionFailed,
    /// Lost, cut or cancelled by the simulated phone or network: never the target's fault.
    NotTheTarget,
}

impl OutcomeClass {
    /// Every class, in the order in which they are told.
    pub const ALL: [OutcomeClass; 8] = [
        OutcomeClass::Expected,
        OutcomeClass::Refused,
        OutcomeClass::RateLimited,
        OutcomeClass::ServerError,
        OutcomeClass::NotTheApi,
        OutcomeClass::TimedOut,
        OutcomeClass::ConnectionFailed,
        OutcomeClass::NotTheTarget,
    ];
    /// The name in files and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            OutcomeClass::Expected => "expected",
            OutcomeClass::Refused => "refused",
            OutcomeClass::RateLimited => "rate-limited",
            OutcomeClass::ServerError => "server-error",
            OutcomeClass::NotTheApi => "not-the-api",
            OutcomeClass::TimedOut => "timed-out",
            OutcomeClass::ConnectionFailed => "connection-failed",
            OutcomeClass::NotTheTarget => "not-the-target",
        }
    }
    /// The class of that name.
    pub fn named(name: &str) -> Option<OutcomeClass> {
        OutcomeClass::ALL.into_iter().find(|class| class.as_str() == name)
    }
    /// The words for it in tables and pages.
    pub const fn label(self) -> &'static str {
        match self {
            OutcomeClass::Expected => "answered as expected",
            OutcomeClass::Refused => "refused unexpectedly (4xx)",
            OutcomeClass::RateLimited => "rate-limited (429)",
            OutcomeClass::ServerError => "server error (5xx)",
            OutcomeClass::NotTheApi => "not the API's answer",
            OutcomeClass::TimedOut => "timed out",
            OutcomeClass::ConnectionFailed => "connection failed",
            OutcomeClass::NotTheTarget => "lost or cancelled by the simulated phone or network",
        }
    }
    /// Whether the attempt counts as an error, everywhere: it reached the target, or should have, and was not answered as
    /// expected.
    pub const fn is_error(self) -> bool {
        !matches!(self, OutcomeClass::Expected | OutcomeClass::NotTheTarget)
    }
    /// Whether the target is answerable for the attempt.
    pub const fn is_the_targets(self) -> bool {
        !matches!(self, OutcomeClass::NotTheTarget)
    }
    /// Whether the API gave no answer of its own: what tells a dead target from one that refuses.
    pub const fn is_unanswered(self) -> bool {
        matches!(self, OutcomeClass::NotTheApi | OutcomeClass::TimedOut | OutcomeClass::ConnectionFailed)
    }
}

/// An attempt that has ended, classified.
#[derive(Clone, Debug)]
pub struct EndedAttempt {
    /// The endpoint of the attempt.
    pub op: Op,
    /// The class that the report counts it under.
    pub class: OutcomeClass,
    /// The answer's status, as far as one is known.
    pub status: Option<u16>,
    /// What the client got to see of the answer.
    pub response: Option<Arc<Response>>,
    /// What kept the answer away: `timed out`, or the connection's own words. Empty if an answer came.
    pub why: SmolStr,
}

/// What is known of an attempt that has not ended.
#[derive(Clone, Debug)]
struct Open {
    op: Op,
    patience: Span,
    planned: Planned,
    seen: Seen,
}

/// Which refusals of an attempt the day plans.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Planned {
    /// Whatever is refused: it is tried in order to be refused.
    Any,
    /// That the credential is not accepted.
    Credential,
    /// That it was done before: a queued action may be repeated.
    Repeat,
    /// That the endpoint is not there.
    Absence,
    /// That there is no shift: its state is asked for before it begins, or somebody leaves who never clocked in.
    NoShift,
    /// No refusal is planned.
    None,
}

/// What was seen of an attempt behind its client's back.
#[derive(Clone, Debug)]
enum Seen {
    Nothing,
    /// The wire brought an answer.
    Answer(u16),
    /// No connection could be made, or it broke; the error in a few words.
    ConnectionFailed(SmolStr),
    /// The simulated network or the phone kept it from the target, or the answer from the phone.
    NotTheTarget,
}

/// Joins what was sent with how it ended, and classifies the end.
///
/// Each attempt is given once: with the event that ends it for its client, but for a timeout of a live run, whose
/// wire tells a moment later how long the target had it.
#[derive(Clone, Debug, Default)]
pub struct OutcomeTracker {
    is_live: bool,
    kinds: Vec<ClientKind>,
    /// The clients whose clock-in was acknowledged.
    clocked_in: BTreeSet<u32>,
    open: OpenAttempts<Open>,
    /// Attempts of a live run that timed out for their client and that the wire has not reported yet.
    timed_out: OpenAttempts<Open>,
}

/// What is said of an answer that the simulated network kept from the phone.
const LOST_ANSWER: &str = "(the answer was lost on its way to the phone)";

/// Whether an attempt that its client gave up is the target's to answer for: it had nine tenths at least of the time that the
/// client waits. The rest is what the simulated network took.
pub fn had_its_time(service: Span, patience: Span) -> bool {
    service.times(10) >= patience.times(9)
}

impl OutcomeTracker {
    /// What kind of client that is, once it has introduced itself.
    pub fn kind(&self, client: u32) -> Option<ClientKind> {
        self.kinds.get(client as usize).copied()
    }
    /// The next event of a cell; `each` is called for every attempt that ended with it. Gives the endpoint of the attempt of which
    /// its client learned the end, if the event tells of one.
    pub fn on(&mut self, event: &Event, mut each: impl FnMut(EndedAttempt)) -> Option<Op> {
        let client = event.client;
        match &event.what {
            EventKind::Client(introduced) => self.introduce(client, introduced.kind),
            EventKind::Sent(sent) => {
                let open = Open {
                    op: sent.request.op(),
                    patience: sent.patience,
                    planned: self.planned(client, sent),
                    seen: Seen::Nothing,
                };
                self.open.sent(client, sent.call, sent.attempt, open);
            }
            EventKind::Killed => self.open.drain(client).for_each(|open| each(open.unanswered(NoAnswer::Killed))),
            EventKind::GroundTruth(truth) => self.learn(client, truth),
            EventKind::Began | EventKind::TokenCame { .. } => self.is_live = true,
            EventKind::Wire(wire) => {
                self.is_live = true;
                if let Some(mut open) = self.timed_out.ended(client, wire.call, wire.attempt) {
                    let had_its_time = had_its_time(wire.service, open.patience);
                    open.see(&wire.end);
                    if wire.end == WireEnd::BrokenOff && had_its_time {
                        open.seen = Seen::Nothing;
                    }
                    each(open.unanswered(NoAnswer::Timeout));
                } else if let Some(open) = self.open.get_mut(client, wire.call, wire.attempt) {
                    open.see(&wire.end);
                }
            }
            _ => {}
        }
        let AttemptEnd { call, attempt, end, .. } = AttemptEnd::of(&event.what)?;
        let open = self.open.ended(client, call, attempt)?;
        let op = open.op;
        match end {
            End::Answered(response) => {
                if op == Op::ClockIn && response.is_success() {
                    self.clocked_in.insert(client);
                }
                each(open.answered(response, self.is_live));
            }
            End::Unanswered(NoAnswer::Timeout) if self.is_live && matches!(open.seen, Seen::Nothing) => {
                self.timed_out.sent(client, call, attempt, open);
            }
            End::Unanswered(why) => each(open.unanswered(why)),
        }
        Some(op)
    }

    /// A client of that number begins: nothing that is known of another of that number, in another cell, is its own.
    fn introduce(&mut self, client: u32, kind: ClientKind) {
        let place = client as usize;
        if self.kinds.len() <= place {
            self.kinds.resize(place + 1, ClientKind::default());
        }
        self.kinds[place] = kind;
        self.clocked_in.remove(&client);
        self.open.drain(client).for_each(drop);
        self.timed_out.drain(client).for_each(drop);
    }

    fn learn(&mut self, client: u32, truth: &GroundTruth) {
        let (call, attempt, seen) = match truth {
            GroundTruth::LostOnTheWayOut { call, attempt } | GroundTruth::CutMidUpload { call, attempt, .. } => {
                (*call, *attempt, Seen::NotTheTarget)
            }
            // Of a live run, the wire has told what the target answered.
            GroundTruth::LostOnTheWayBack { call, attempt, status } => (*call, *attempt, Seen::Answer(*status)),
            GroundTruth::Late { call, attempt, .. } if !self.is_live => (*call, *attempt, Seen::Nothing),
            GroundTruth::Late { call, attempt, status } => (*call, *attempt, Seen::Answer(*status)),
            GroundTruth::CutByBackend { call, attempt, .. } => {
                (*call, *attempt, Seen::ConnectionFailed("connection cut by the backend".into()))
            }
        };
        if let Some(open) = self.open.get_mut(client, call, attempt) {
            open.seen = seen;
        }
    }

    fn planned(&self, client: u32, sent: &Sent) -> Planned {
        let is_intruder = self.kind(client) == Some(ClientKind::Intruder);
        let endpoint = sent.request.op().endpoint();
        match sent.bearer {
            _ if is_intruder || matches!(sent.cause, Cause::Probe(_) | Cause::Check) => Planned::Any,
            CredentialKind::Own => match sent.cause {
                _ if endpoint.optional => Planned::Absence,
                _ if endpoint.op == Op::ShiftToday => Planned::NoShift,
                _ if endpoint.op == Op::ClockOut && !self.clocked_in.contains(&client) => Planned::NoShift,
                Cause::Queue { .. } => Planned::Repeat,
                _ => Planned::None,
            },
            _ if endpoint.roles.is_empty() => Planned::None,
            _ => Planned::Credential,
        }
    }
}

impl Open {
    fn see(&mut self, end: &WireEnd) {
        self.seen = match end {
            WireEnd::Answered { status, .. } => Seen::Answer(*status),
            WireEnd::NoConnection { why } | WireEnd::Broken { why } => Seen::ConnectionFailed(why.clone()),
            WireEnd::BrokenOff => Seen::NotTheTarget,
        };
    }
    fn answered(self, response: &Arc<Response>, is_live: bool) -> EndedAttempt {
        // What no wire carried is the page of the simulated network's own portal.
        let is_portal = matches!(&response.answer, Answer::Foreign(_))
            && (200..300).contains(&response.status)
            && self.op != Op::PutAudio
            && (!is_live || matches!(self.seen, Seen::Nothing));
        let class = if is_portal { OutcomeClass::NotTheTarget } else { self.class_of(response) };
        EndedAttempt { status: Some(response.status), response: Some(response.clone()), ..self.ended(class, "") }
    }
    fn class_of(&self, response: &Response) -> OutcomeClass {
        match (&response.answer, response.status) {
            _ if response.is_success() => OutcomeClass::Expected,
            (_, 429) => OutcomeClass::RateLimited,
            // An optional endpoint that is not there may say so in either way.
            (_, status @ 501) => match self.refusal(status, false) {
                OutcomeClass::Expected => OutcomeClass::Expected,
                _ => OutcomeClass::ServerError,
            },
            (Answer::Foreign(_), 500..) => OutcomeClass::ServerError,
            (Answer::Error(_), status @ 400..500) => self.refusal(status, response.says_done_before()),
            (Answer::Foreign(_), status @ 400..500) if self.refusal(status, false) == OutcomeClass::Expected => {
                OutcomeClass::Expected
            }
            // The object store has refusals of its own form.
            (_, 400..500) if self.op == Op::PutAudio => OutcomeClass::Refused,
            (Answer::Foreign(_), _) => OutcomeClass::NotTheApi,
            (_, 500..) => OutcomeClass::ServerError,
            _ => OutcomeClass::Refused,
        }
    }
    fn refusal(&self, status: u16, is_repeat: bool) -> OutcomeClass {
        let is_planned = match self.planned {
            Planned::Any => status < 500,
            Planned::Credential => matches!(status, 401 | 403),
            Planned::Repeat => is_repeat,
            Planned::Absence => matches!(status, 404 | 501),
            Planned::NoShift => is_repeat || matches!(status, 400 | 404 | 409),
            Planned::None => false,
        };
        if is_planned { OutcomeClass::Expected } else { OutcomeClass::Refused }
    }
    /// The client has no answer, for that reason.
    fn unanswered(self, why: NoAnswer) -> EndedAttempt {
        match (&self.seen, why) {
            (Seen::Answer(status), _) => {
                let class = match *status {
                    ..400 => OutcomeClass::Expected,
                    429 => OutcomeClass::RateLimited,
                    // The message is not known; a repeat that is refused is the likelier reading.
                    400..500 => self.refusal(*status, true),
                    _ => OutcomeClass::ServerError,
                };
                EndedAttempt { status: Some(*status), ..self.ended(class, LOST_ANSWER) }
            }
            (Seen::ConnectionFailed(words), _) => self.ended(OutcomeClass::ConnectionFailed, words),
            (Seen::Nothing, NoAnswer::Timeout) => self.ended(OutcomeClass::TimedOut, "timed out"),
            _ => self.ended(OutcomeClass::NotTheTarget, ""),
        }
    }
    fn ended(&self, class: OutcomeClass, why: &str) -> EndedAttempt {
        EndedAttempt { op: self.op, class, status: None, response: None, why: why.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Client, Wire};
    use fieldday_api::call::Call;
    use fieldday_api::error::{ErrorBody, ErrorCode, ErrorDetail};
    use fieldday_api::names::Role;
    use fieldday_api::probe::Probe;
    use fieldday_api::wire::shifts::ClockIn;

    const CALL: (u32, u8) = (1, 0);
    const PATIENCE: Span = Span::seconds(10);

    fn client(kind: ClientKind) -> EventKind {
        let (name, tenant, user_id) = ("c".into(), "t".into(), "u".into());
        EventKind::Client(Box::new(Client { name, tenant, user_id, rep_id: None, role: Role::SalesRep, kind }))
    }
    fn sent(request: Call, cause: Cause, bearer: CredentialKind) -> EventKind {
        let (call, attempt) = CALL;
        EventKind::Sent(Sent { call, attempt, cause, bearer, patience: PATIENCE, request: Arc::new(request) })
    }
    fn tap(request: Call) -> EventKind {
        sent(request, Cause::Tap, CredentialKind::Own)
    }
    fn today() -> Call {
        Call::ShiftToday { rep_id: "rep_1".into() }
    }
    fn refused(status: u16, message: &str) -> EventKind {
        let detail = ErrorDetail {
            error_code: ErrorCode::InvalidRequest,
            message: message.into(),
            request_id: "req_1".into(),
            details: Default::default(),
        };
        answered(status, Answer::Error(Box::new(ErrorBody { detail })))
    }
    fn answered(status: u16, answer: Answer) -> EventKind {
        let response = Response { status, ..Response::ok(answer) };
        EventKind::Answered { call: CALL.0, attempt: CALL.1, response: Arc::new(response), took: Span::ZERO }
    }
    fn unanswered(why: NoAnswer) -> EventKind {
        EventKind::Unanswered { call: CALL.0, attempt: CALL.1, why, took: PATIENCE }
    }
    fn wire(end: WireEnd, service: Span) -> EventKind {
        let (call, attempt) = CALL;
        let (connect, late, lag, deviations) = (Span::ZERO, Span::ZERO, Span::ZERO, Vec::new());
        let op = Op::ShiftToday;
        EventKind::Wire(Box::new(Wire { op, call, attempt, end, service, connect, late, lag, deviations }))
    }
    fn status(status: u16) -> WireEnd {
        WireEnd::Answered { status, bytes: 0, request_id: None }
    }

    /// How the one attempt of these events ended.
    fn class(kind: ClientKind, events: Vec<EventKind>) -> OutcomeClass {
        let mut tracker = OutcomeTracker::default();
        let mut classes = Vec::new();
        for what in [client(kind)].into_iter().chain(events) {
            tracker.on(&Event { at: Span::ZERO, client: 0, what }, |ended| classes.push(ended.class));
        }
        assert_eq!(classes.len(), 1, "each attempt is given once: {classes:?}");
        classes[0]
    }
    fn of_phone(events: Vec<EventKind>) -> OutcomeClass {
        class(ClientKind::Phone, events)
    }

    #[test]
    fn an_answer_is_what_its_status_says_unless_the_day_plans_it() {
        let clock_in = || Call::ClockIn { rep_id: "rep_1".into(), body: ClockIn::default() };
        let queued = |request| sent(request, Cause::Queue { action: 1 }, CredentialKind::Own);
        let get = || Call::GetAppointment { appointment_id: "appt_1".into() };
        for (asked, answer, expected) in [
            (tap(get()), answered(200, Answer::Stored), OutcomeClass::Expected),
            (tap(get()), refused(404, "no such appointment"), OutcomeClass::Refused),
            (tap(get()), refused(429, "slow down"), OutcomeClass::RateLimited),
            (tap(get()), refused(503, "busy"), OutcomeClass::ServerError),
            (tap(get()), answered(301, Answer::Foreign("redirect".into())), OutcomeClass::NotTheApi),
            (tap(today()), refused(404, "no shift today"), OutcomeClass::Expected),
            (tap(Call::ListWins(Default::default())), refused(501, "not here"), OutcomeClass::Expected),
            (queued(clock_in()), refused(400, "Rep is ALREADY clocked in"), OutcomeClass::Expected),
            (queued(clock_in()), refused(400, "wrong location"), OutcomeClass::Refused),
            (
                sent(get(), Cause::Probe(Probe::OtherRep), CredentialKind::Own),
                refused(403, "no"),
                OutcomeClass::Expected,
            ),
            (sent(get(), Cause::Tap, CredentialKind::Forged), refused(401, "no"), OutcomeClass::Expected),
            (sent(get(), Cause::Tap, CredentialKind::Forged), refused(500, "no"), OutcomeClass::ServerError),
        ] {
            assert_eq!(of_phone(vec![asked.clone(), answer.clone()]), expected, "{asked:?} {answer:?}");
        }
        assert_eq!(class(ClientKind::Intruder, vec![tap(get()), refused(404, "no")]), OutcomeClass::Expected);
    }

    #[test]
    fn what_the_simulated_phone_or_network_did_is_not_the_targets() {
        let (call, attempt) = CALL;
        let lost = EventKind::GroundTruth(GroundTruth::LostOnTheWayOut { call, attempt });
        let not_the_targets = [
            vec![lost, unanswered(NoAnswer::Timeout)],
            vec![unanswered(NoAnswer::Unreachable)],
            vec![unanswered(NoAnswer::Cancelled)],
            vec![EventKind::Killed],
            vec![answered(200, Answer::Foreign("not json".into()))],
            vec![EventKind::Began, unanswered(NoAnswer::Timeout), wire(WireEnd::BrokenOff, Span::seconds(8))],
        ];
        for events in not_the_targets {
            let events: Vec<_> = [tap(today())].into_iter().chain(events).collect();
            assert_eq!(of_phone(events.clone()), OutcomeClass::NotTheTarget, "{events:?}");
        }
    }

    #[test]
    fn a_timeout_and_a_broken_connection_are_the_targets() {
        let refused = || WireEnd::NoConnection { why: "refused".into() };
        for (events, expected) in [
            (vec![unanswered(NoAnswer::Timeout)], OutcomeClass::TimedOut),
            (
                vec![EventKind::Began, unanswered(NoAnswer::Timeout), wire(WireEnd::BrokenOff, Span::seconds(9))],
                OutcomeClass::TimedOut,
            ),
            (vec![wire(refused(), Span::ZERO), unanswered(NoAnswer::Unreachable)], OutcomeClass::ConnectionFailed),
            // The link lost the answer; the wire has seen it.
            (vec![wire(status(200), Span::ZERO), unanswered(NoAnswer::Timeout)], OutcomeClass::Expected),
            (vec![wire(status(500), Span::ZERO), unanswered(NoAnswer::Timeout)], OutcomeClass::ServerError),
            (vec![wire(status(500), Span::ZERO), EventKind::Killed], OutcomeClass::ServerError),
        ] {
            let events: Vec<_> = [tap(today())].into_iter().chain(events).collect();
            assert_eq!(of_phone(events.clone()), expected, "{events:?}");
        }
    }

    #[test]
    fn who_never_clocked_in_may_be_refused_to_clock_out() {
        let clock_out = || tap(Call::ClockOut { rep_id: "rep_1".into() });
        assert_eq!(of_phone(vec![clock_out(), refused(400, "not clocked in")]), OutcomeClass::Expected);
        let mut tracker = OutcomeTracker::default();
        let mut classes = Vec::new();
        let clock_in = tap(Call::ClockIn { rep_id: "rep_1".into(), body: ClockIn::default() });
        for what in
            [client(ClientKind::Phone), clock_in, answered(200, Answer::Stored), clock_out(), refused(400, "no")]
        {
            tracker.on(&Event { at: Span::ZERO, client: 0, what }, |ended| classes.push(ended.class));
        }
        assert_eq!(classes, [OutcomeClass::Expected, OutcomeClass::Refused]);
    }
}
