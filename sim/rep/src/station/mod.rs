//! A client's place in a cell: its clock, its line, its position, its draws, and where its events go.
//!
//! [`Station::attempt`] is the one way in which a client calls the backend. It records the attempt, asks the link what
//! becomes of it, hands it to the [transport](crate::transport), waits for the answer or the deadline, and records how it
//! ended.

mod access_link;
mod day_clock;
mod in_flight;
mod lateness;
mod occasions;

pub use access_link::AccessLink;
pub use day_clock::DayClock;
pub use in_flight::InFlight;

use crate::transport::{Attempt, AttemptOutcome, DeadlineTimer, Passage, Transport};
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Response};
use fieldday_api::names::Role;
use fieldday_api::token::Claims;
use fieldday_api::wire::recordings::Location;
use fieldday_history::EventKind;
use fieldday_history::event::{Cause, GroundTruth, NoAnswer, Sent, UserAction};
use fieldday_kernel::executor::{Handle, Sleep};
use fieldday_kernel::random::{Purpose, Stream, join_keys};
use fieldday_kernel::signal::Signal;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_radio::link::{DownlinkOutcome, UplinkOutcome};
use fieldday_radio::place::Point;
use fieldday_radio::territory::Territory;
use fieldday_radio::track::Leg;
use futures_lite::future;
use lateness::Lateness;
use occasions::Occasions;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// Takes the events of a cell as they happen.
pub trait EventSink {
    /// Takes an event of a client; `now` is the executor's time, and `client` its number within the cell.
    fn record(&self, now: Time, client: u32, what: EventKind);
}

/// The clock, the seed and the connections that all clients of a cell share.
pub struct CellContext {
    /// The clock of the executor that runs the cell.
    pub clock: Handle,
    /// The seed of the draws of all clients, told apart by their keys.
    pub seed: u64,
    /// The sink of the cell's events.
    pub events: Box<dyn EventSink>,
    /// The transport that carries the clients' attempts to the backend.
    pub transport: Rc<dyn Transport>,
    /// How long after the day a phone stays on for what still waits to be sent.
    pub lingers: Span,
}

/// The client that a station is for.
pub struct Occupant {
    /// The client's number within the cell.
    pub client: u32,
    /// The key of the client's draws, made of its name.
    pub key: u64,
    /// The id of the client's tenant, as tokens have it.
    pub tenant: SmolStr,
    /// The id of the client's user, the subject of its tokens.
    pub user_id: SmolStr,
    /// The role in the client's tokens.
    pub role: Role,
    /// The client's line to the backend.
    pub line: AccessLink,
    /// The clock of the tenant's day.
    pub day: DayClock,
    /// The time zone of the tenant.
    pub zone: Zone,
    /// The territory whose plane the client moves in.
    pub territory: Arc<Territory>,
}

/// A reading of the phone's positioning system.
#[derive(Clone, Copy, Debug)]
pub struct Fix {
    /// The place in the territory's plane, with the error of the reading.
    pub point: Point,
    /// The same place in degrees, as requests carry it.
    pub location: Location,
    /// The error that the phone itself reports, in metres.
    pub accuracy_m: u32,
}

/// The end of an attempt, as the client sees it.
pub struct Ended {
    /// The answer, or the reason why there is none.
    pub outcome: AttemptOutcome,
    /// The time from sending to the end, by the phone's clock.
    pub took: Span,
}

/// The kind of occasion that fetching a token is.
const TOKEN: u64 = 0;
/// About the size of a token request, and of its answer.
const TOKEN_BYTES: u64 = 900;
/// How many minutes back a phone remembers that it was online.
const REMEMBERS_MINUTES: i64 = 30;

struct Place {
    cell: Rc<CellContext>,
    client: u32,
    key: u64,
    identity: Claims,
    line: AccessLink,
    day: DayClock,
    zone: Zone,
    territory: Arc<Territory>,
    occasions: RefCell<Occasions>,
    moved: Signal,
    /// Since when the client is on the leg that it is on, by the day's clock.
    since: Cell<Time>,
    lateness: Lateness,
    fetches: Cell<u32>,
    /// Attempts that were dispatched and are not completed.
    in_flight: Cell<u32>,
}

/// The place of a client in its cell. Cheap to clone.
#[derive(Clone)]
pub struct Station(Rc<Place>);

impl Station {
    /// The station of a client who has made no call yet.
    pub fn new(cell: Rc<CellContext>, who: Occupant) -> Station {
        let role = Some(who.role.claim().into());
        let identity = Claims { tenant: Some(who.tenant), user: Some(who.user_id), role, ..Claims::default() };
        let since = Cell::new(who.day.day(cell.clock.now()));
        Station(Rc::new(Place {
            cell,
            client: who.client,
            key: who.key,
            identity,
            line: who.line,
            day: who.day,
            zone: who.zone,
            territory: who.territory,
            occasions: RefCell::default(),
            moved: Signal::default(),
            since,
            lateness: Lateness::default(),
            fetches: Cell::new(0),
            in_flight: Cell::new(0),
        }))
    }
    /// The number of the client within its cell.
    pub fn client(&self) -> u32 {
        self.0.client
    }
    /// The claims of this client's tokens, without their times.
    pub fn identity(&self) -> &Claims {
        &self.0.identity
    }
    /// The time zone of the client's tenant.
    pub fn zone(&self) -> &Zone {
        &self.0.zone
    }
    /// The clock of the tenant's day.
    pub fn day(&self) -> DayClock {
        self.0.day
    }
    /// The clock of the executor that runs the cell.
    pub fn clock(&self) -> &Handle {
        &self.0.cell.clock
    }
    /// How long after the day a phone stays on for what still waits to be sent.
    pub fn lingers(&self) -> Span {
        self.0.cell.lingers
    }
    /// A stream of draws of this client's own.
    pub fn stream(&self, purpose: Purpose, action: u64, attempt: u64) -> Stream {
        Stream::new(self.0.cell.seed, purpose, self.0.key, action, attempt)
    }
    /// How many attempts were dispatched and are not completed.
    pub fn in_flight(&self) -> u32 {
        self.0.in_flight.get()
    }
    /// The number of the client's next token fetch, from 1: for transports whose tokens come from outside.
    pub fn next_fetch(&self) -> u32 {
        self.0.fetches.set(self.0.fetches.get() + 1);
        self.0.fetches.get()
    }
    /// Records an event of this client at the present time.
    pub fn record(&self, what: EventKind) {
        self.0.cell.events.record(self.now(), self.0.client, what);
    }

    /// The time on the phone's clock, which is the executor's.
    pub fn now(&self) -> Time {
        self.clock().now()
    }
    /// Waits until the phone's clock shows `until`; at once if it is past.
    pub fn sleep_until(&self, until: Time) -> Sleep {
        self.clock().sleep_until(until)
    }
    /// Waits for `span` on the phone's clock.
    pub fn sleep(&self, span: Span) -> Sleep {
        self.clock().sleep(span)
    }
    /// Runs a task beside the others of the cell.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.clock().spawn(task);
    }
    /// The present time of the person's day.
    pub fn day_now(&self) -> Time {
        self.0.day.day(self.now())
    }
    /// Waits until the clock of the day shows that.
    pub fn sleep_until_in_day(&self, until: Time) -> Sleep {
        self.sleep_until(self.0.day.wall(until))
    }
    /// What the person does next was due at that time of the day, by the plan, whatever the backend did.
    pub fn was_due(&self, at: Time) {
        let late = self.now().since(self.0.day.wall(at));
        // Whoever begins before the window opened is not late: the window is.
        let begins = at >= self.0.day.day_from;
        self.0.lateness.person_is_late(if begins { late.max(Span::ZERO) } else { Span::ZERO });
    }
    /// How late the person began a call, if this is its first attempt.
    pub fn late(&self, call: u32, attempt: u8) -> Span {
        self.0.lateness.of(call, attempt)
    }

    /// Moves the client along this leg from now on.
    pub fn follow(&self, leg: Leg) {
        self.0.line.follow(leg);
        self.0.since.set(leg.depart);
        self.0.moved.notify();
    }
    /// The true place of the client now, in the territory's plane.
    pub fn here(&self) -> Point {
        self.0.line.here(self.day_now())
    }
    /// Asks the positioning system, for the `reading`th time.
    pub fn fix(&self, reading: u32) -> Fix {
        let (point, accuracy_m) = self.0.line.fix(self.day_now(), reading);
        Fix { point, location: self.0.territory.degrees(point), accuracy_m }
    }
    /// Whether there is a network at the client's place now.
    pub fn online(&self) -> bool {
        let now = self.day_now();
        self.0.line.next_online(now) == Some(now)
    }
    /// How long there has been a network without a break, in whole minutes up to 30; none if there is none now.
    pub fn online_for(&self) -> Option<Span> {
        let now = self.now();
        let was_online = |minutes: &i64| {
            let at = self.0.day.day(now - Span::minutes(*minutes));
            at >= self.0.since.get() && self.0.line.next_online(at) == Some(at)
        };
        let minutes = (0..=REMEMBERS_MINUTES).take_while(was_online).last()?;
        Some(Span::minutes(minutes))
    }
    /// Waits until there is a network at the client's place.
    pub async fn network_back(&self) {
        loop {
            let now = self.day_now();
            match self.0.line.next_online(now) {
                Some(at) if at <= now => return,
                Some(at) => future::or(self.sleep_until_in_day(at), self.0.moved.wait()).await,
                None => self.0.moved.wait().await,
            }
        }
    }

    /// Sends a request and waits for its answer, until its patience is over. Dropping the future does not call the request
    /// back.
    pub async fn attempt(&self, attempt: Attempt) -> Ended {
        let Attempt { call, attempt: number, cause, bearer, patience, .. } = &attempt;
        let (call, number) = (*call, *number);
        if number == 0 && matches!(cause, Cause::Screen(_) | Cause::Tap | Cause::Office) {
            self.0.lateness.begins(call);
        }
        self.record(EventKind::Sent(Sent {
            call,
            attempt: number,
            cause: *cause,
            bearer: bearer.clone(),
            patience: *patience,
            request: attempt.request.clone(),
        }));
        let sent_at = self.now();
        let outcome = self.carry(attempt, sent_at).await;
        let took = self.now().since(sent_at);
        self.record(match &outcome {
            AttemptOutcome::Answered(response) => {
                EventKind::Answered { call, attempt: number, response: response.clone(), took }
            }
            AttemptOutcome::Unanswered(why) => {
                if *why == NoAnswer::Cancelled {
                    self.record(EventKind::Person(UserAction::LosesPatience));
                }
                EventKind::Unanswered { call, attempt: number, why: *why, took }
            }
        });
        Ended { outcome, took }
    }
    async fn carry(&self, attempt: Attempt, sent_at: Time) -> AttemptOutcome {
        let (call, number) = (attempt.call, attempt.attempt);
        let key = self.attempt_key(self.0.occasions.borrow_mut().of(call, &attempt.request), number);
        let deadline = (sent_at + attempt.patience, attempt.at_deadline);
        let asked = self.day_now();
        match self.0.line.send(asked, attempt.request.bytes_up(), key) {
            UplinkOutcome::Arrives { at } => {
                let passage = Passage::Whole { arrives: self.by_phone(asked, at) };
                self.fly(attempt, key, deadline, passage).await
            }
            UplinkOutcome::Unreachable { at } => {
                let unreachable = AttemptOutcome::Unanswered(NoAnswer::Unreachable);
                self.ends_at(self.by_phone(asked, at), deadline, unreachable).await
            }
            UplinkOutcome::Lost => {
                self.record(EventKind::GroundTruth(GroundTruth::LostOnTheWayOut { call, attempt: number }));
                self.ends_at(deadline.0, deadline, AttemptOutcome::Unanswered(deadline.1)).await
            }
            UplinkOutcome::Cut { at, sent_bytes } => {
                self.record(EventKind::GroundTruth(GroundTruth::CutMidUpload { call, attempt: number, sent_bytes }));
                let at = self.by_phone(asked, at);
                let deadline = if at < deadline.0 { (at, NoAnswer::Broken) } else { deadline };
                self.fly(attempt, key, deadline, Passage::Cut { at, sent_bytes }).await
            }
            UplinkOutcome::Portal { at } => {
                let page = Response::ok(Answer::Foreign("not json".into()));
                self.ends_at(self.by_phone(asked, at), deadline, AttemptOutcome::Answered(Arc::new(page))).await
            }
        }
    }
    async fn fly(&self, attempt: Attempt, key: u64, deadline: (Time, NoAnswer), passage: Passage) -> AttemptOutcome {
        let flight = InFlight::new(self.clone(), attempt, key, deadline, self.0.line.reconnected());
        let transport = &self.0.cell.transport;
        self.0.in_flight.set(self.in_flight() + 1);
        let timer = transport.clone().dispatch(&flight, passage);
        flight.set_timer(timer);
        if timer == DeadlineTimer::Spared {
            return flight.ended().await;
        }
        let expires = async {
            self.sleep_until(flight.deadline).await;
            transport.cancel(&flight);
            flight.expired()
        };
        future::or(flight.ended(), expires).await
    }
    async fn ends_at(
        &self,
        at: Time,
        (deadline, at_deadline): (Time, NoAnswer),
        outcome: AttemptOutcome,
    ) -> AttemptOutcome {
        if at >= deadline {
            self.sleep_until(deadline).await;
            return AttemptOutcome::Unanswered(at_deadline);
        }
        self.sleep_until(at).await;
        outcome
    }

    /// Fetches a session token from the identity provider; none if that cannot be reached by the deadline.
    pub async fn fetch_token(&self, deadline: Time) -> Option<Claims> {
        let key = self.attempt_key(self.0.occasions.borrow_mut().next(TOKEN), 0);
        let asked = self.day_now();
        let UplinkOutcome::Arrives { at } = self.0.line.send(asked, TOKEN_BYTES, key) else {
            // Nothing, or a portal's page: no token either way. That is known sooner or later.
            let known = (self.now() + Span::seconds(3)).min(deadline);
            self.sleep_until(known).await;
            return None;
        };
        let fetch = self.0.cell.transport.clone().fetch_token(self, self.by_phone(asked, at));
        let expires = async {
            self.sleep_until(deadline).await;
            None
        };
        let issued = future::or(fetch, expires).await?;
        match self.reply(issued.at, TOKEN_BYTES, key) {
            DownlinkOutcome::Arrives { at } if at <= deadline => {
                self.sleep_until(at).await;
                Some(issued.claims)
            }
            _ => {
                self.sleep_until(deadline).await;
                None
            }
        }
    }

    /// Counts an attempt that the transport has completed.
    fn landed(&self) {
        self.0.in_flight.set(self.in_flight() - 1);
    }
    /// The key of an attempt at something: whatever is drawn for it is keyed by this.
    fn attempt_key(&self, occasion: u64, attempt: u8) -> u64 {
        join_keys(join_keys(self.0.key, occasion), u64::from(attempt))
    }
    /// What the phone's clock shows when that much time has passed for the link. The link is asked about moments of the day
    /// and answers with one; the time between the two passes at the phone's pace.
    fn by_phone(&self, asked: Time, answer: Time) -> Time {
        self.now() + answer.since(asked)
    }
    /// The way back of what leaves the backend at `from`: when it is there, by the phone's clock.
    fn reply(&self, from: Time, bytes: u64, key: u64) -> DownlinkOutcome {
        let at = self.0.day.day(from);
        match self.0.line.reply(at, bytes, key) {
            DownlinkOutcome::Arrives { at: there } => DownlinkOutcome::Arrives { at: from + there.since(at) },
            DownlinkOutcome::Lost => DownlinkOutcome::Lost,
        }
    }
}
