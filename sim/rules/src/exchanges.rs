//! The exchange tracker joins what was sent with how it ended, so that judges see whole exchanges.
//!
//! Order is told by the place in the stream, never by the clock alone: what was answered at one event was over before
//! whatever is sent at a later event, also where both happen in the same microsecond.

use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_history::event::{Cause, Client, ClientKind, CredentialKind, EventKind, NoAnswer, Sent};
use fieldday_history::{End, OpenAttempts};
use fieldday_kernel::time::{Span, Zone};
use std::collections::VecDeque;
use std::sync::Arc;

/// A client, as it introduced itself.
#[derive(Clone, Debug)]
pub struct ClientInfo {
    /// Its number within the cell, from 0.
    pub index: u32,
    /// Its name in the plan.
    pub name: SmolStr,
    /// Its tenant, as a number within the cell.
    pub tenant: u8,
    /// The id of the login's user.
    pub user_id: SmolStr,
    /// `rep_…`, the id that the shift endpoints take; none for a login that has none.
    pub rep_id: Option<SmolStr>,
    /// The role in its token, which decides what it may do.
    pub role: Role,
    /// Phone, desk, auditor, intruder or conformer: the App rules bind phones alone.
    pub kind: ClientKind,
    /// The zone of its tenant, which decides the dates of its requests.
    pub zone: Zone,
    /// Which start of the app runs, from 1; 0 before the first.
    pub launch: u32,
}

impl ClientInfo {
    /// Whether it is a rep with a phone, whom the App rules bind.
    pub fn is_phone(&self) -> bool {
        self.kind == ClientKind::Phone
    }
    /// Whether `id` names this client: a rep has two ids.
    pub fn is(&self, id: &str) -> bool {
        self.user_id == id || self.rep_id.as_ref().is_some_and(|rep_id| rep_id == id)
    }
}

/// An attempt in flight.
#[derive(Clone, Debug)]
pub struct OpenAttempt {
    /// The call's number, unique for the client: all its attempts share it.
    pub number: u32,
    /// The number of earlier attempts of the call: 0 for the first.
    pub attempt: u8,
    /// The endpoint that is called.
    pub op: Op,
    /// What made the client send it.
    pub cause: Cause,
    /// What goes with it as proof of who asks.
    pub bearer: CredentialKind,
    /// How long the app waits for the answer before it gives the attempt up.
    pub patience: Span,
    /// The request with its parameters and body.
    pub call: Arc<Call>,
    /// The time of sending, from the cell's start.
    pub sent_at: Span,
    /// The place of the sending in the cell's event stream.
    pub sent_seq: u64,
    /// How the attempt before ended, if that was without success.
    pub prior: Option<PreviousAttempt>,
    slot: Option<u64>,
}

/// How an earlier attempt of the same call ended.
#[derive(Clone, Copy, Debug)]
pub struct PreviousAttempt {
    call: u32,
    /// The time of its sending, from the cell's start.
    pub sent_at: Span,
    /// The time at which its client had the answer or gave it up, from the cell's start.
    pub ended_at: Span,
    /// How the attempt ended for its client.
    pub end: PreviousEnd,
    /// How often the call was answered 5xx so far.
    pub server_errors: u8,
    /// How often the call was answered 401 so far.
    pub unauthorized: u8,
}

/// How an earlier attempt ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PreviousEnd {
    /// It was answered with an error in the API's envelope.
    Refused {
        /// The HTTP status, 400 or above.
        status: u16,
        /// The pause that the header `Retry-After` asks for; none without the header.
        retry_after: Option<Span>,
    },
    /// With something that the endpoint does not promise.
    Foreign,
    /// No answer came, for this reason.
    Unanswered(NoAnswer),
}

/// What a request did, as far as its client can know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It took effect between the sending and the answer.
    Done,
    /// It had no effect and will have none.
    None,
    /// It may have taken effect, may still do so, or may never.
    Unknown,
}

/// An attempt with its end.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The client that sent it.
    pub client: &'a ClientInfo,
    /// The call's number, unique for the client: all its attempts share it.
    pub number: u32,
    /// The number of earlier attempts of the call: 0 for the first.
    pub attempt: u8,
    /// The endpoint that was called.
    pub op: Op,
    /// What made the client send it.
    pub cause: Cause,
    /// What went with it as proof of who asks.
    pub bearer: &'a CredentialKind,
    /// The request with its parameters and body.
    pub call: &'a Arc<Call>,
    /// The time of sending, from the cell's start.
    pub sent_at: Span,
    /// The time at which the client had the answer or gave it up, from the cell's start.
    pub ended_at: Span,
    /// The place of the sending in the cell's event stream.
    pub sent_seq: u64,
    /// The place of the end in the cell's event stream.
    pub ended_seq: u64,
    /// No attempt that is still under way was sent before this place in the stream.
    pub horizon: u64,
    /// The answer, or the reason why there is none.
    pub end: End<'a>,
}

impl Exchange<'_> {
    /// From sending until the answer or the end of waiting, by the client's clock.
    pub fn took(&self) -> Span {
        self.ended_at - self.sent_at
    }
    /// The answer, of whatever kind.
    pub fn response(&self) -> Option<&Response> {
        match self.end {
            End::Answered(response) => Some(response),
            End::Unanswered(_) => None,
        }
    }
    /// Whether the answer itself has a field of that name: nothing stands in for it.
    pub fn shows(&self, field: &str) -> bool {
        self.response().is_none_or(|response| response.shows(field))
    }
    /// The answer of a success; none for a refusal, or without an answer.
    pub fn success(&self) -> Option<&Answer> {
        self.response().filter(|r| r.is_success()).map(|r| &r.answer)
    }
    /// The status of an error in its envelope: one that the backend gave, not something on the way to it.
    pub fn refusal(&self) -> Option<u16> {
        self.response().filter(|r| r.status >= 400 && matches!(r.answer, Answer::Error(_))).map(|r| r.status)
    }
    /// Whether the request certainly took effect, certainly did not, or may have.
    pub fn effect(&self) -> Effect {
        match self.end {
            End::Answered(response) if response.is_success() => Effect::Done,
            // 408 comes from whatever stands before the backend, which may have been told already.
            End::Answered(_) => match self.refusal() {
                Some(status) if status < 500 && status != 408 => Effect::None,
                _ => Effect::Unknown,
            },
            End::Unanswered(lapse) if lapse.is_indeterminate() => Effect::Unknown,
            End::Unanswered(_) => Effect::None,
        }
    }
}

/// An attempt as it is sent.
pub(crate) struct SentAttempt<'a> {
    pub client: &'a ClientInfo,
    pub attempt: &'a OpenAttempt,
}

/// Anything else that a client told.
pub(crate) struct ClientEvent<'a> {
    pub at: Span,
    pub client: &'a ClientInfo,
    pub what: &'a EventKind,
}

/// Failed calls remembered per client, in case there is another attempt.
const PRIORS: usize = 32;
/// Attempts under way in a cell beyond which the oldest no longer holds anything back.
const WINDOW: usize = 1 << 16;

/// Who is there, and what is under way.
#[derive(Debug, Default)]
pub(crate) struct ExchangeTracker {
    pub clients: Vec<Option<ClientInfo>>,
    tenants: Vec<SmolStr>,
    open: OpenAttempts<OpenAttempt>,
    /// By client; the oldest first.
    priors: Vec<VecDeque<PreviousAttempt>>,
    /// Places of the attempts in the order sent, `0` once ended: the first is the horizon.
    window: VecDeque<u64>,
    window_base: u64,
}

impl ExchangeTracker {
    pub fn introduce(&mut self, index: u32, client: &Client, zone: Zone) {
        let known = self.tenants.iter().position(|tenant| *tenant == client.tenant);
        let tenant = known.unwrap_or_else(|| {
            self.tenants.push(client.tenant.clone());
            self.tenants.len() - 1
        });
        let place = index as usize;
        if self.clients.len() <= place {
            self.clients.resize(place + 1, None);
            self.priors.resize_with(place + 1, VecDeque::default);
        }
        self.clients[place] = Some(ClientInfo {
            index,
            name: client.name.clone(),
            tenant: tenant.min(usize::from(u8::MAX)) as u8,
            user_id: client.user_id.clone(),
            rep_id: client.rep_id.clone(),
            role: client.role,
            kind: client.kind,
            zone,
            launch: 0,
        });
    }
    pub fn client(&self, index: u32) -> Option<&ClientInfo> {
        self.clients.get(index as usize)?.as_ref()
    }
    pub fn launched(&mut self, index: u32, launch: u32) {
        if let Some(Some(client)) = self.clients.get_mut(index as usize) {
            client.launch = launch;
        }
    }
    /// Keeps an attempt until its end is known.
    pub fn sent(&mut self, client: u32, sent: &Sent, at: Span, seq: u64) {
        let Some(priors) = self.priors.get_mut(client as usize) else { return };
        let prior = match sent.attempt {
            0 => None,
            _ => priors.iter().position(|p| p.call == sent.call).and_then(|place| priors.remove(place)),
        };
        let op = sent.request.op();
        // A transfer may take an hour; no judge orders anything by it.
        let slot = (op != Op::PutAudio).then(|| {
            if self.window.len() >= WINDOW {
                self.window.pop_front();
                self.window_base += 1;
            }
            self.window.push_back(seq);
            self.window_base + self.window.len() as u64 - 1
        });
        let attempt = OpenAttempt {
            number: sent.call,
            attempt: sent.attempt,
            op,
            cause: sent.cause,
            bearer: sent.bearer.clone(),
            patience: sent.patience,
            call: sent.request.clone(),
            sent_at: at,
            sent_seq: seq,
            prior,
            slot,
        };
        self.open.sent(client, sent.call, sent.attempt, attempt);
    }
    /// The attempt that was sent last by this client.
    pub fn last_sent(&self, client: u32) -> Option<&OpenAttempt> {
        self.open.last(client)
    }
    /// Takes an attempt that ended.
    pub fn ended(&mut self, client: u32, call: u32, attempt: u8) -> Option<OpenAttempt> {
        let attempt = self.open.ended(client, call, attempt)?;
        self.close(&attempt);
        Some(attempt)
    }
    /// Takes an attempt of a client that died, if there is any; forgets its calls if there is none.
    pub fn died(&mut self, client: u32) -> Option<OpenAttempt> {
        let Some(attempt) = self.open.pop(client) else {
            self.priors.get_mut(client as usize)?.clear();
            return None;
        };
        self.close(&attempt);
        Some(attempt)
    }
    /// Remembers how an attempt ended, in case there is another.
    pub fn remember(&mut self, client: u32, attempt: &OpenAttempt, ended_at: Span, end: End<'_>) {
        let end = match end {
            End::Answered(response) if response.is_success() => return,
            End::Answered(response) if matches!(response.answer, Answer::Error(_)) => {
                PreviousEnd::Refused { status: response.status, retry_after: response.retry_after }
            }
            End::Answered(_) => PreviousEnd::Foreign,
            End::Unanswered(lapse) => PreviousEnd::Unanswered(lapse),
        };
        let (mut server_errors, mut unauthorized) = attempt.prior.map_or((0, 0), |p| (p.server_errors, p.unauthorized));
        match end {
            PreviousEnd::Refused { status: 401, .. } => unauthorized += 1,
            PreviousEnd::Refused { status: 500.., .. } => server_errors += 1,
            _ => {}
        }
        let priors = &mut self.priors[client as usize];
        if priors.len() >= PRIORS {
            priors.pop_front();
        }
        let (call, sent_at) = (attempt.number, attempt.sent_at);
        priors.push_back(PreviousAttempt { call, sent_at, ended_at, end, server_errors, unauthorized });
    }
    /// No attempt that is still under way was sent before this place.
    pub fn horizon(&self, now: u64) -> u64 {
        self.window.front().copied().unwrap_or(now)
    }
    fn close(&mut self, attempt: &OpenAttempt) {
        let place = attempt.slot.and_then(|slot| slot.checked_sub(self.window_base));
        if let Some(seq) = place.and_then(|place| self.window.get_mut(place as usize)) {
            *seq = 0;
        }
        while self.window.front() == Some(&0) {
            self.window.pop_front();
            self.window_base += 1;
        }
    }
}
