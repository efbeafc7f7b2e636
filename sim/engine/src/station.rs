//! The surroundings of a client on the virtual clock: the executor's time, the world's link, the model backend.

use crate::flight::Flight;
use crate::gate::Gate;
use crate::occasions::Occasions;
use crate::recorder::Recorder;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_api::token::Claims;
use fieldday_backend::Backend;
use fieldday_history::What;
use fieldday_history::event::{Lapse, Truth};
use fieldday_kernel::executor::Handle;
use fieldday_kernel::random::{Purpose, Stream, join_keys};
use fieldday_kernel::signal::Signal;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_rep::surroundings::{Attempt, Ending, Fix, Surroundings};
use fieldday_world::link::{Back, Link, Out};
use fieldday_world::place::Point;
use fieldday_world::territory::Territory;
use fieldday_world::track::Leg;
use futures_lite::future;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// What all clients of a cell share.
pub(crate) struct Shared {
    pub clock: Handle,
    pub seed: u64,
    pub backend: RefCell<Backend>,
    /// The way to a plant that all cells share, if there is one.
    pub gate: Option<Gate>,
    /// Whether a racy defect wants to see requests on their arrival.
    pub races: bool,
    /// None once the cell is over: a phone that is still held then has nobody to tell.
    pub recorder: RefCell<Option<Recorder>>,
    pub token_life: Span,
    /// Requests that reached the backend.
    pub served: Cell<u64>,
}

impl Shared {
    pub fn record(&self, now: Time, client: u32, what: What) {
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            recorder.record(now, client, what);
        }
    }
}

/// How a client reaches the world.
pub(crate) enum Line {
    /// A phone's, with all that may happen to it.
    Mobile(Box<RefCell<Link>>),
    /// A desk's: a steady line.
    Desk,
}

/// One way over a desk's line.
pub const DESK_ONE_WAY: Span = Span::millis(15);
/// How long the identity provider takes for a token.
const TOKEN_TAKES: Span = Span::millis(60);
/// The kind of occasion that fetching a token is.
const TOKEN: u64 = 0;
/// About the size of a token request, and of its answer.
const TOKEN_BYTES: u64 = 900;
/// How far back a phone remembers that it was online, and in what steps.
const REMEMBERS: i64 = 30;

/// One client's place in a cell.
pub(crate) struct Place {
    pub shared: Rc<Shared>,
    pub client: u32,
    pub key: u64,
    pub line: Line,
    occasions: RefCell<Occasions>,
    moved: Signal,
    since: Cell<Time>,
    claims: Claims,
    zone: Zone,
    territory: Arc<Territory>,
}

/// A client's surroundings. Cheap to clone.
#[derive(Clone)]
pub struct Station(Rc<Place>);

/// Who a station is for.
pub(crate) struct Occupant {
    pub client: u32,
    pub key: u64,
    pub tenant: SmolStr,
    pub user_id: SmolStr,
    pub role: Role,
}

impl Station {
    pub(crate) fn new(shared: Rc<Shared>, who: Occupant, line: Line, zone: Zone, territory: Arc<Territory>) -> Station {
        let claim = who.role.claim();
        let claims =
            Claims { tenant: Some(who.tenant), user: Some(who.user_id), role: Some(claim.into()), ..Claims::default() };
        let (moved, since) = (Signal::default(), Cell::new(shared.clock.now()));
        Station(Rc::new(Place {
            shared,
            client: who.client,
            key: who.key,
            line,
            occasions: RefCell::default(),
            moved,
            since,
            claims,
            zone,
            territory,
        }))
    }
    /// The key of an attempt at something: whatever is drawn for it is keyed by this.
    fn attempt_key(&self, occasion: u64, attempt: u8) -> u64 {
        join_keys(join_keys(self.0.key, occasion), u64::from(attempt))
    }
    fn token_until(&self, issued_at: Time) -> Claims {
        let expires_at = issued_at + self.0.shared.token_life;
        Claims { issued_at, expires_at, ..self.0.claims.clone() }
    }
    async fn ends_at(&self, at: Time, attempt: &Attempt, ending: Ending) -> Ending {
        if at >= attempt.deadline {
            self.sleep_until(attempt.deadline).await;
            return Ending::Unanswered(attempt.at_deadline);
        }
        self.sleep_until(at).await;
        ending
    }
}

impl Place {
    pub fn record(&self, what: What) {
        self.shared.record(self.shared.clock.now(), self.client, what);
    }
    /// The way to the backend.
    pub fn send(&self, at: Time, bytes: u64, key: u64) -> Out {
        match &self.line {
            Line::Mobile(link) => link.borrow_mut().send(at, bytes, key),
            Line::Desk => Out::Arrives { at: at + DESK_ONE_WAY },
        }
    }
    /// The way back.
    pub fn reply(&self, at: Time, bytes: u64, key: u64) -> Back {
        match &self.line {
            Line::Mobile(link) => link.borrow_mut().reply(at, bytes, key),
            Line::Desk => Back::Arrives { at: at + DESK_ONE_WAY },
        }
    }
    fn next_online(&self, at: Time) -> Option<Time> {
        match &self.line {
            Line::Mobile(link) => link.borrow_mut().next_online(at),
            Line::Desk => Some(at),
        }
    }
}

impl Surroundings for Station {
    fn now(&self) -> Time {
        self.0.shared.clock.now()
    }
    fn sleep_until(&self, until: Time) -> impl Future<Output = ()> + 'static {
        self.0.shared.clock.sleep_until(until)
    }
    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.0.shared.clock.spawn(task);
    }

    async fn attempt(&self, attempt: Attempt) -> Ending {
        let occasion = self.0.occasions.borrow_mut().of(attempt.call, &attempt.request);
        let key = self.attempt_key(occasion, attempt.attempt);
        let (call, number) = (attempt.call, attempt.attempt);
        match self.0.send(self.now(), attempt.request.bytes_up(), key) {
            // The audio goes to the object store, which is no part of the plant.
            Out::Arrives { at } if self.0.shared.gate.is_some() && attempt.request.op() != Op::PutAudio => {
                Flight::start_at_gate(self.0.clone(), attempt, key, at).await
            }
            Out::Arrives { at } => Flight::start(self.0.clone(), attempt, key, at).await,
            Out::Unreachable { at } => self.ends_at(at, &attempt, Ending::Unanswered(Lapse::Unreachable)).await,
            Out::Lost => {
                self.record(What::Truth(Truth::LostOnTheWayOut { call, attempt: number }));
                self.ends_at(attempt.deadline, &attempt, Ending::Unanswered(attempt.at_deadline)).await
            }
            Out::Cut { at, sent_bytes } => {
                self.record(What::Truth(Truth::CutMidUpload { call, attempt: number, sent_bytes }));
                self.ends_at(at, &attempt, Ending::Unanswered(Lapse::Broken)).await
            }
            Out::Portal { at } => {
                let page = Response::ok(Answer::Foreign("not json".into()));
                self.ends_at(at, &attempt, Ending::Answered(Arc::new(page))).await
            }
        }
    }

    async fn fetch_token(&self, deadline: Time) -> Option<Claims> {
        let key = self.attempt_key(self.0.occasions.borrow_mut().next(TOKEN), 0);
        let Out::Arrives { at } = self.0.send(self.now(), TOKEN_BYTES, key) else {
            // Nothing, or a portal's page: no token either way. That is known sooner or later.
            let known = (self.now() + Span::seconds(3)).min(deadline);
            self.sleep_until(known).await;
            return None;
        };
        let issued_at = at + TOKEN_TAKES;
        match self.0.reply(issued_at, TOKEN_BYTES, key) {
            Back::Arrives { at } if at <= deadline => {
                self.sleep_until(at).await;
                Some(self.token_until(issued_at))
            }
            _ => {
                self.sleep_until(deadline).await;
                None
            }
        }
    }

    fn record(&self, what: What) {
        self.0.record(what);
    }
    fn follow(&self, leg: Leg) {
        if let Line::Mobile(link) = &self.0.line {
            link.borrow_mut().follow(leg);
        }
        self.0.since.set(leg.depart);
        self.0.moved.notify();
    }
    fn here(&self) -> Point {
        match &self.0.line {
            Line::Mobile(link) => link.borrow().here(self.now()),
            Line::Desk => Point::default(),
        }
    }
    fn online(&self) -> bool {
        let now = self.now();
        self.0.next_online(now) == Some(now)
    }
    fn online_for(&self) -> Option<Span> {
        let now = self.now();
        let was_online = |minutes: &i64| {
            let at = now - Span::minutes(*minutes);
            at >= self.0.since.get() && self.0.next_online(at) == Some(at)
        };
        let minutes = (0..=REMEMBERS).take_while(was_online).last()?;
        Some(Span::minutes(minutes))
    }
    async fn network_back(&self) {
        loop {
            let now = self.now();
            match self.0.next_online(now) {
                Some(at) if at <= now => return,
                Some(at) => future::or(self.sleep_until(at), self.0.moved.wait()).await,
                None => self.0.moved.wait().await,
            }
        }
    }
    fn fix(&self, reading: u32) -> Fix {
        let (point, accuracy_m) = match &self.0.line {
            Line::Mobile(link) => link.borrow_mut().fix(self.now(), u64::from(reading)),
            Line::Desk => (Point::default(), 0),
        };
        let accuracy_m = accuracy_m.max(0).unsigned_abs();
        Fix { point, location: self.0.territory.degrees(point), accuracy_m }
    }
    fn stream(&self, purpose: Purpose, action: u64, attempt: u64) -> Stream {
        Stream::new(self.0.shared.seed, purpose, self.0.key, action, attempt)
    }
    fn zone(&self) -> &Zone {
        &self.0.zone
    }
}
