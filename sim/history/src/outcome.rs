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
use std::sync::Arc;

/// How an attempt ended.
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
    /// The name for people.
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

/// An attempt with how it ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The client that sent it.
    pub client: u32,
    /// The call's number within its client.
    pub call: u32,
    /// Which attempt of the call, from 0.
    pub attempt: u8,
    /// The endpoint.
    pub op: Op,
    /// How it ended.
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
    /// None.
    None,
}

/// What was seen of an attempt behind its client's back.
#[derive(Clone, Debug)]
enum Seen {
    Nothing,
    /// The wire brought an answer.
    Answer(u16),
    /// The wire failed.
    ConnectionFailed(SmolStr),
    /// The simulated network or the phone kept it from the target, or the answer from the phone.
    NotTheTarget,
}

/// Joins what was sent with how it ended, and classifies the end.
///
/// An outcome is given once for each attempt: with the event that ends it for its client, but for a timeout of a live run, whose
/// wire tells a moment later how long the target had it.
#[derive(Clone, Debug, Default)]
pub struct OutcomeTracker {
    is_live: bool,
    kinds: Vec<ClientKind>,
    /// Whether a clock-in of each client was acknowledged.
    clocked_in: Vec<bool>,
    open: OpenAttempts<Open>,
    /// Attempts of a live run that timed out for their client and that the wire has not reported yet.
    timed_out: OpenAttempts<Open>,
}

/// What is said of an answer that the simulated network kept from the phone.
const LOST_ANSWER: &str = "(the answer was lost on its way to the phone)";

/// The share of the time a client waits that the target must have had for a timeout to be its own, in percent: the rest
/// is what the simulated network took.
const TARGETS_SHARE_PERCENT: i64 = 90;

impl OutcomeTracker {
    /// The next event of a cell; `each` is called for every attempt that ended with it.
    pub fn on(&mut self, event: &Event, mut each: impl FnMut(Outcome)) {
        let client = event.client;
        match &event.what {
            EventKind::Client(introduced) => {
                let place = client as usize;
                if self.kinds.len() <= place {
                    self.kinds.resize(place + 1, ClientKind::default());
                }
                self.kinds[place] = introduced.kind;
                if let Some(clocked_in) = self.clocked_in.get_mut(place) {
                    *clocked_in = false;
                }
                self.open.drain(client).for_each(drop);
            }
            EventKind::Sent(sent) => {
                let open = Open {
                    op: sent.request.op(),
                    patience: sent.patience,
                    planned: self.planned(client, sent),
                    seen: Seen::Nothing,
                };
                self.open.sent(client, sent.call, sent.attempt, open);
            }
            EventKind::Killed => {
                let killed = self.open.drain_numbered(client);
                killed.for_each(|(call, attempt, open)| each(open.unanswered(client, call, attempt, NoAnswer::Killed)));
            }
            EventKind::GroundTruth(truth) => self.learn(client, truth),
            EventKind::Began | EventKind::TokenCame { .. } => self.is_live = true,
            EventKind::Wire(wire) => {
                self.is_live = true;
                let (call, attempt) = (wire.call, wire.attempt);
                if let Some(open) = self.timed_out.ended(client, call, attempt) {
                    let enough = open.patience.as_micros() / 100 * TARGETS_SHARE_PERCENT;
                    let was_there = wire.service.as_micros() >= enough;
                    each(match &wire.end {
                        WireEnd::BrokenOff if was_there => {
                            open.outcome(client, call, attempt, OutcomeClass::TimedOut, "timed out")
                        }
                        WireEnd::BrokenOff => open.not_the_target(client, call, attempt),
                        end => open.seen(end).unanswered(client, call, attempt, NoAnswer::Timeout),
                    });
                } else if let Some(open) = self.open.get_mut(client, call, attempt) {
                    *open = open.clone().seen(&wire.end);
                }
            }
            _ => {}
        }
        let Some(AttemptEnd { call, attempt, end, .. }) = AttemptEnd::of(&event.what) else { return };
        let Some(open) = self.open.ended(client, call, attempt) else { return };
        if open.op == Op::ClockIn && matches!(end, End::Answered(response) if response.is_success()) {
            let place = client as usize;
            self.clocked_in.resize(self.clocked_in.len().max(place + 1), false);
            self.clocked_in[place] = true;
        }
        match end {
            End::Answered(response) => each(open.answered(client, call, attempt, response, self.is_live)),
            End::Unanswered(NoAnswer::Timeout) if self.is_live && matches!(open.seen, Seen::Nothing) => {
                self.timed_out.sent(client, call, attempt, open);
            }
            End::Unanswered(why) => each(open.unanswered(client, call, attempt, why)),
        }
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

    fn has_clocked_in(&self, client: u32) -> bool {
        self.clocked_in.get(client as usize).copied().unwrap_or(false)
    }
    fn planned(&self, client: u32, sent: &Sent) -> Planned {
        let kind = self.kinds.get(client as usize).copied().unwrap_or_default();
        let endpoint = sent.request.op().endpoint();
        match sent.bearer {
            _ if kind == ClientKind::Intruder || matches!(sent.cause, Cause::Probe(_) | Cause::Check) => Planned::Any,
            CredentialKind::Own => match sent.cause {
                _ if endpoint.optional => Planned::Absence,
                _ if endpoint.op == Op::ShiftToday => Planned::NoShift,
                _ if endpoint.op == Op::ClockOut && !self.has_clocked_in(client) => Planned::NoShift,
                Cause::Queue { .. } => Planned::Repeat,
                _ => Planned::None,
            },
            _ if endpoint.roles.is_empty() => Planned::None,
            _ => Planned::Credential,
        }
    }
}

impl Open {
    fn seen(self, end: &WireEnd) -> Open {
        let seen = match end {
            WireEnd::Answered { status, .. } => Seen::Answer(*status),
            WireEnd::NoConnection { why } | WireEnd::Broken { why } => Seen::ConnectionFailed(why.clone()),
            WireEnd::BrokenOff => Seen::NotTheTarget,
        };
        Open { seen, ..self }
    }
    fn answered(self, client: u32, call: u32, attempt: u8, response: &Arc<Response>, is_live: bool) -> Outcome {
        // What no wire carried is the page of the simulated network's own portal.
        let is_portal = matches!(&response.answer, Answer::Foreign(_))
            && (200..300).contains(&response.status)
            && self.op != Op::PutAudio
            && if is_live { matches!(self.seen, Seen::Nothing) } else { true };
        let class = if is_portal { OutcomeClass::NotTheTarget } else { self.class_of(response) };
        let (status, response) = (Some(response.status), Some(response.clone()));
        Outcome { client, call, attempt, op: self.op, class, status, response, why: SmolStr::default() }
    }
    fn class_of(&self, response: &Response) -> OutcomeClass {
        match (&response.answer, response.status) {
            _ if response.is_success() => OutcomeClass::Expected,
            (_, 429) => OutcomeClass::RateLimited,
            (Answer::Foreign(_), 500..) => OutcomeClass::ServerError,
            (Answer::Error(body), status @ 400..500) => {
                let is_repeat = body.detail.message.to_ascii_lowercase().contains("already");
                self.refusal(status, is_repeat)
            }
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
            Planned::Any => true,
            Planned::Credential => matches!(status, 401 | 403),
            Planned::Repeat => is_repeat,
            Planned::Absence => matches!(status, 404 | 501),
            Planned::NoShift => is_repeat || matches!(status, 400 | 404 | 409),
            Planned::None => false,
        };
        if is_planned { OutcomeClass::Expected } else { OutcomeClass::Refused }
    }
    /// The client has no answer, for that reason.
    fn unanswered(self, client: u32, call: u32, attempt: u8, why: NoAnswer) -> Outcome {
        match (&self.seen, why) {
            (Seen::Answer(status), _) => {
                let status = *status;
                let class = match status {
                    ..400 => OutcomeClass::Expected,
                    429 => OutcomeClass::RateLimited,
                    // The message is not known; a repeat that is refused is the likelier reading.
                    400..500 => self.refusal(status, true),
                    _ => OutcomeClass::ServerError,
                };
                Outcome { status: Some(status), ..self.outcome(client, call, attempt, class, LOST_ANSWER) }
            }
            (Seen::ConnectionFailed(words), _) => {
                let words = words.clone();
                self.outcome(client, call, attempt, OutcomeClass::ConnectionFailed, &words)
            }
            (Seen::Nothing, NoAnswer::Timeout) => {
                self.outcome(client, call, attempt, OutcomeClass::TimedOut, "timed out")
            }
            _ => self.not_the_target(client, call, attempt),
        }
    }
    fn not_the_target(self, client: u32, call: u32, attempt: u8) -> Outcome {
        self.outcome(client, call, attempt, OutcomeClass::NotTheTarget, "")
    }
    fn outcome(&self, client: u32, call: u32, attempt: u8, class: OutcomeClass, why: &str) -> Outcome {
        Outcome { client, call, attempt, op: self.op, class, status: None, response: None, why: why.into() }
    }
}
