//! Answers by a script: for tests of the app, which say what the backend does to each attempt and look at what was sent.

use super::{Completion, DeadlineTimer, IssuedToken, Passage, TokenFetch, Transport};
use crate::station::{InFlight, Station};
use fieldday_api::call::{Call, Response};
use fieldday_api::token::{Claims, Credential};
use fieldday_kernel::executor::{Due, Handle};
use fieldday_kernel::time::{Span, Time};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// What a script makes happen to an attempt.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The backend answers so long after the request reached it.
    After(Span, Arc<Response>),
    /// The backend never answers.
    Silence,
    /// The connection breaks so long after the request reached the backend.
    Breaks(Span),
    /// No connection to the backend can be opened.
    NoConnection,
}

impl Reply {
    /// An answer 100 ms after the request reached the backend.
    pub fn soon(response: Response) -> Reply {
        Reply::After(Span::millis(100), Arc::new(response))
    }
}

/// An attempt that reached the backend.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When its last byte reached the backend.
    pub at: Time,
    /// The number of the call within its client, from 1.
    pub call: u32,
    /// The number of the attempt within the call, from 0.
    pub attempt: u8,
    /// The request as the app sent it.
    pub request: Arc<Call>,
    /// The claims of its token; none if it carries none.
    pub claims: Option<Claims>,
    /// The key of the attempt's draws.
    pub key: u64,
    /// Whether the phone had to open a connection for it.
    pub reconnects: bool,
}

/// The answer of the identity provider to a request for a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenReply {
    /// It issues a token.
    Issued {
        /// The time from the request's arrival to the token's departure.
        after: Span,
        /// The life of the token from its departure on.
        lives: Span,
    },
    /// It issues no token.
    Refused,
    /// It never answers.
    Silence,
}

/// The function that decides what happens to an attempt.
type Script = Box<dyn FnMut(&Seen) -> Reply>;

/// A transport whose answers come from a script, for tests.
pub struct Scripted {
    clock: Handle,
    script: RefCell<Script>,
    seen: RefCell<Vec<Seen>>,
    cancelled: RefCell<Vec<(u32, u8)>>,
    token_reply: Cell<TokenReply>,
    tokens: RefCell<Vec<Time>>,
    timer: Cell<DeadlineTimer>,
}

impl Scripted {
    /// A transport that answers as `script` says. Tokens come at once and live for 60 s.
    pub fn new(clock: Handle, script: impl FnMut(&Seen) -> Reply + 'static) -> Rc<Scripted> {
        Rc::new(Scripted {
            clock,
            script: RefCell::new(Box::new(script)),
            seen: RefCell::default(),
            cancelled: RefCell::default(),
            token_reply: Cell::new(TokenReply::Issued { after: Span::ZERO, lives: Span::seconds(60) }),
            tokens: RefCell::default(),
            timer: Cell::new(DeadlineTimer::Needed),
        })
    }
    /// Replaces the script from now on.
    pub fn answer(&self, script: impl FnMut(&Seen) -> Reply + 'static) {
        *self.script.borrow_mut() = Box::new(script);
    }
    /// From now on, an attempt that arrives is completed at once with what the script says will come of it, as the model does,
    /// so that its client needs no timer.
    pub fn knows_ahead(&self) {
        self.timer.set(DeadlineTimer::Spared);
    }
    /// Replaces the identity provider's answer from now on.
    pub fn tokens(&self, reply: TokenReply) {
        self.token_reply.set(reply);
    }
    /// The attempts that reached the backend so far, in order of time.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }
    /// Attempts that were cancelled, by call and attempt.
    pub fn cancelled(&self) -> Vec<(u32, u8)> {
        self.cancelled.borrow().clone()
    }
    /// When requests for a token reached the identity provider.
    pub fn tokens_asked(&self) -> Vec<Time> {
        self.tokens.borrow().clone()
    }
}

/// An attempt on its way to the script.
struct Arriving {
    transport: Rc<Scripted>,
    attempt: Rc<InFlight>,
    reply: RefCell<Option<Reply>>,
}

impl Arriving {
    fn ends_ahead(&self, now: Time, reply: Reply) {
        match reply {
            Reply::After(span, response) => {
                self.attempt.complete(now + span, Completion::Answered { bytes: response.bytes_down(), response });
            }
            Reply::Breaks(span) => self.attempt.complete(now, Completion::Broken { noticed: now + span }),
            Reply::NoConnection => self.attempt.complete(now, Completion::NoConnection),
            Reply::Silence => self.attempt.complete(now, Completion::TooLate),
        }
    }
}

impl Due for Arriving {
    fn due(self: Rc<Self>) {
        let now = self.attempt.clock().now();
        let reply = self.reply.borrow_mut().take();
        match reply {
            None => {
                let of = &self.attempt.attempt;
                let claims = match &*of.credential {
                    Credential::Token(claims) => Some(claims.clone()),
                    _ => None,
                };
                let request = of.request.clone();
                let (key, reconnects) = (self.attempt.key, self.attempt.reconnects);
                let seen = Seen { at: now, call: of.call, attempt: of.attempt, request, claims, key, reconnects };
                let reply = (self.transport.script.borrow_mut())(&seen);
                self.transport.seen.borrow_mut().push(seen);
                if self.transport.timer.get() == DeadlineTimer::Spared {
                    return self.ends_ahead(now, reply);
                }
                let after = match &reply {
                    Reply::After(span, _) | Reply::Breaks(span) => *span,
                    Reply::NoConnection => Span::ZERO,
                    Reply::Silence => return,
                };
                *self.reply.borrow_mut() = Some(reply);
                self.attempt.clock().schedule(now + after, self.clone());
            }
            Some(reply) => self.attempt.complete(
                now,
                match reply {
                    Reply::After(_, response) => Completion::Answered { bytes: response.bytes_down(), response },
                    Reply::Breaks(_) => Completion::Broken { noticed: now },
                    Reply::NoConnection => Completion::NoConnection,
                    Reply::Silence => Completion::Cancelled,
                },
            ),
        }
    }
}

impl Transport for Scripted {
    fn dispatch(self: Rc<Self>, attempt: &Rc<InFlight>, passage: Passage) -> DeadlineTimer {
        if let Passage::Whole { arrives } = passage {
            let arriving = Arriving { transport: self.clone(), attempt: attempt.clone(), reply: RefCell::default() };
            self.clock.schedule(arrives, Rc::new(arriving));
        }
        self.timer.get()
    }
    fn cancel(&self, attempt: &InFlight) {
        self.cancelled.borrow_mut().push((attempt.attempt.call, attempt.attempt.attempt));
    }
    fn fetch_token(self: Rc<Self>, station: &Station, arrives: Time) -> TokenFetch {
        self.tokens.borrow_mut().push(arrives);
        let token = match self.token_reply.get() {
            TokenReply::Issued { after, lives } => {
                let at = arrives + after;
                let claims = Claims { issued_at: at, expires_at: at + lives, ..station.identity().clone() };
                Some(IssuedToken { at, claims })
            }
            TokenReply::Refused => None,
            TokenReply::Silence => return Box::pin(std::future::pending()),
        };
        Box::pin(std::future::ready(token))
    }
}
