//! The surroundings of a client on a live run: the executor's clock, which the wall feeds; the world's link; and a carrier
//! between the link and the target.
//!
//! The link is asked about moments of the day, since people move by the day's clock, and what it answers (a delay, a cut)
//! is taken as the protocol's time: at speed 1 the two are the same.

use crate::carrier::{Arrived, Carrier};
use crate::clock::DayClock;
use crate::flight::{Departure, Flight};
use crate::recorder::Recorder;
use crate::watch::Watch;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Response};
use fieldday_api::endpoint::Op;
use fieldday_api::private::Private;
use fieldday_api::token::Claims;
use fieldday_engine::occasions::Occasions;
use fieldday_history::What;
use fieldday_history::event::{Cause, Lapse, Sent, Truth, Wire};
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
pub struct Shared {
    /// The executor's clock.
    pub clock: Handle,
    /// The cell's seed.
    pub seed: u64,
    /// Where events go; none once the cell is over.
    pub recorder: RefCell<Option<Recorder>>,
    /// Who carries requests; set before anybody asks.
    pub carrier: RefCell<Option<Rc<dyn Carrier>>>,
    /// How long a phone stays on for what waits to be sent.
    pub lingers: Span,
    /// Who watches, and as which of the watched cells.
    pub watch: RefCell<Option<(Rc<RefCell<Watch>>, usize)>>,
}

impl Shared {
    /// Notes what happened.
    pub fn record(&self, client: u32, what: What) {
        let now = self.clock.now();
        if let Some((watch, cell)) = &*self.watch.borrow() {
            watch.borrow_mut().on(*cell, client, &what);
        }
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            recorder.record(now, client, what);
        }
    }
    pub(crate) fn carrier(&self) -> Rc<dyn Carrier> {
        self.carrier.borrow().clone().expect("a cell has a carrier before its clients begin")
    }
}

/// How a client reaches the target.
pub enum Line {
    /// A phone's mobile network.
    Mobile(Box<RefCell<Link>>),
    /// Straight: a desk's line, or a phone's where the scenario has no link.
    Straight,
}

/// The kind of occasion that fetching a token is.
const TOKEN: u64 = 0;
/// About the size of a token request, and of its answer.
const TOKEN_BYTES: u64 = 900;
/// How far back a phone remembers that it was online.
const REMEMBERS: i64 = 30;

/// One client's place in a cell.
pub struct Place {
    pub(crate) shared: Rc<Shared>,
    pub(crate) client: u32,
    key: u64,
    line: Line,
    day: DayClock,
    zone: Zone,
    territory: Arc<Territory>,
    occasions: RefCell<Occasions>,
    moved: Signal,
    since: Cell<Time>,
    /// The way that the client is on.
    leg: Cell<Leg>,
    /// Attempts that the link holds back.
    pub(crate) leaving: Cell<u32>,
    /// Attempts on the wire.
    pub(crate) aloft: RefCell<Vec<Rc<Flight>>>,
    fetches: Cell<u32>,
    /// Tokens that came, until whoever asked takes them.
    tokens: RefCell<Vec<(u32, Option<Claims>)>>,
    token_came: Signal,
    /// How late the person is for what they do next.
    person_late: Cell<Span>,
    /// Calls that a person began late.
    late_calls: RefCell<Vec<(u32, Span)>>,
    /// Presigned URLs by the names that the app knows them by.
    upload_urls: RefCell<Vec<(SmolStr, SmolStr)>>,
}

/// Who a place is for.
pub struct Occupant {
    /// The client's number within the cell.
    pub client: u32,
    /// The key of its draws.
    pub key: u64,
    /// How it reaches the target.
    pub line: Line,
    /// Its tenant's day.
    pub day: DayClock,
    /// Its tenant's zone.
    pub zone: Zone,
    /// Where it works.
    pub territory: Arc<Territory>,
}

/// A client's surroundings. Cheap to clone.
#[derive(Clone)]
pub struct Station(pub(crate) Rc<Place>);

impl Station {
    /// A place for a client.
    pub fn new(shared: Rc<Shared>, who: Occupant) -> Station {
        let since = Cell::new(who.day.day(shared.clock.now()));
        Station(Rc::new(Place {
            shared,
            client: who.client,
            key: who.key,
            line: who.line,
            day: who.day,
            zone: who.zone,
            territory: who.territory,
            occasions: RefCell::default(),
            moved: Signal::default(),
            leg: Cell::new(Leg::stay(Point::default(), since.get())),
            since,
            leaving: Cell::new(0),
            aloft: RefCell::default(),
            fetches: Cell::new(0),
            tokens: RefCell::default(),
            token_came: Signal::default(),
            person_late: Cell::new(Span::ZERO),
            late_calls: RefCell::default(),
            upload_urls: RefCell::default(),
        }))
    }
    /// The client's number within its cell.
    pub fn client(&self) -> u32 {
        self.0.client
    }
    /// The clock of its tenant's day.
    pub fn day(&self) -> DayClock {
        self.0.day
    }
    /// The wire brought something for this client.
    pub fn came(&self, what: Arrived) {
        match what {
            Arrived::Attempt { call, attempt, end, response, service, connect, lag, deviations } => {
                let flight = {
                    let mut aloft = self.0.aloft.borrow_mut();
                    let is_it = |f: &Rc<Flight>| f.attempt.call == call && f.attempt.attempt == attempt;
                    aloft.iter().position(is_it).map(|at| aloft.swap_remove(at))
                };
                let late = self.0.lateness(call, attempt);
                let response = response.map(|response| self.0.keeps_upload_url(response));
                // What is not on the wire any more was broken off before.
                let Some(op) = flight.as_ref().map(|flight| flight.attempt.request.op()) else { return };
                let wire = Wire { op, call, attempt, end, service, connect, late: late + lag, lag, deviations };
                let end = wire.end.clone();
                self.0.record(What::Wire(Box::new(wire)));
                if let Some(flight) = flight {
                    flight.came(&end, response);
                }
            }
            Arrived::Token { fetch, claims, took } => {
                let now = self.0.shared.clock.now();
                let lives = claims.as_ref().map(|claims| claims.expires_at.since(now));
                self.0.record(What::TokenCame { fetch, lives, took });
                self.0.tokens.borrow_mut().push((fetch, claims));
                self.0.token_came.notify();
            }
        }
    }
    /// Whether nothing of this client's is on its way.
    pub fn is_silent(&self) -> bool {
        self.0.leaving.get() == 0 && self.0.aloft.borrow().is_empty()
    }
    /// Breaks off what is on the wire: the phone is switched off.
    pub fn break_off(&self) {
        let aloft: Vec<_> = self.0.aloft.borrow().clone();
        aloft.iter().for_each(|flight| flight.break_off());
    }
    /// The endpoint of an attempt that is on the wire.
    pub fn asks(&self, call: u32, attempt: u8) -> Option<Op> {
        let aloft = self.0.aloft.borrow();
        let flight = aloft.iter().find(|f| f.attempt.call == call && f.attempt.attempt == attempt)?;
        Some(flight.attempt.request.op())
    }
    /// The presigned URL behind the key that a call names.
    pub fn upload_url(&self, key: &str) -> Option<SmolStr> {
        self.0.upload_urls.borrow().iter().find(|(known, _)| known == key).map(|(_, url)| url.clone())
    }
    fn attempt_key(&self, occasion: u64, attempt: u8) -> u64 {
        join_keys(join_keys(self.0.key, occasion), u64::from(attempt))
    }
    fn delay(&self, asked: Time, at: Time) -> Time {
        self.now() + at.since(asked)
    }
}

/// Upload URLs that a client remembers.
const URLS: usize = 32;

impl Place {
    pub(crate) fn record(&self, what: What) {
        self.shared.record(self.client, what);
    }
    fn today(&self) -> Time {
        self.day.day(self.shared.clock.now())
    }
    fn send(&self, bytes: u64, key: u64) -> Out {
        let at = self.today();
        match &self.line {
            Line::Mobile(link) => link.borrow_mut().send(at, bytes, key),
            Line::Straight => Out::Arrives { at },
        }
    }
    /// The way back of what the wire brought `now`; when it is there, by the protocol's clock.
    pub(crate) fn reply(&self, now: Time, bytes: u64, key: u64) -> Back {
        let at = self.day.day(now);
        let Line::Mobile(link) = &self.line else { return Back::Arrives { at: now } };
        match link.borrow_mut().reply(at, bytes, key) {
            Back::Arrives { at: there } => Back::Arrives { at: now + there.since(at) },
            Back::Lost => Back::Lost,
        }
    }
    fn next_online(&self, at: Time) -> Option<Time> {
        match &self.line {
            Line::Mobile(link) => link.borrow_mut().next_online(at),
            Line::Straight => Some(at),
        }
    }
    /// How late the person was who began that call.
    fn lateness(&self, call: u32, attempt: u8) -> Span {
        let calls = self.late_calls.borrow();
        let late = calls.iter().find(|(late, _)| attempt == 0 && *late == call);
        late.map_or(Span::ZERO, |(_, span)| *span)
    }
    /// The app is given a name in the place of a presigned URL, and the URL is kept for the wire: so what the app asks
    /// for is the same when the run is lived again from its history, which knows no URL.
    fn keeps_upload_url(&self, response: Arc<Response>) -> Arc<Response> {
        let Answer::RecordingStarted(started) = &response.answer else { return response };
        let Some(url) = &started.audio_upload_url else { return response };
        let name = url.to_string();
        let mut urls = self.upload_urls.borrow_mut();
        urls.retain(|(known, _)| *known != name);
        if urls.len() == URLS {
            urls.remove(0);
        }
        urls.push((name.as_str().into(), url.expose().into()));
        let mut started = started.clone();
        started.audio_upload_url = Some(Private::named(name));
        Arc::new(Response { answer: Answer::RecordingStarted(started), ..(*response).clone() })
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
        let asked = self.day_now();
        let reconnect = match &self.0.line {
            Line::Mobile(link) => !link.borrow_mut().connected(asked),
            Line::Straight => false,
        };
        let late = self.0.lateness(call, number);
        let departure = |leaves, cut_after, over| Departure { key, leaves, late, reconnect, cut_after, over };
        match self.0.send(attempt.request.bytes_up(), key) {
            Out::Arrives { at } => {
                let (now, there) = (self.now(), self.delay(asked, at));
                // Audio is under way for as long as the link takes to carry it; all else is sent when it is through.
                let departure = match attempt.request.op() {
                    Op::PutAudio => departure(now, None, there.since(now)),
                    _ => departure(there, None, Span::ZERO),
                };
                Flight::start(self.0.clone(), attempt, departure).await
            }
            Out::Unreachable { at } => {
                self.ends_at(self.delay(asked, at), &attempt, Ending::Unanswered(Lapse::Unreachable)).await
            }
            Out::Lost => {
                self.record(What::Truth(Truth::LostOnTheWayOut { call, attempt: number }));
                self.ends_at(attempt.deadline, &attempt, Ending::Unanswered(attempt.at_deadline)).await
            }
            Out::Cut { at, sent_bytes } => {
                self.record(What::Truth(Truth::CutMidUpload { call, attempt: number, sent_bytes }));
                let cut = self.delay(asked, at);
                let (deadline, at_deadline) = (attempt.deadline.min(cut), attempt.at_deadline);
                let is_cut = cut < attempt.deadline;
                let attempt =
                    Attempt { deadline, at_deadline: if is_cut { Lapse::Broken } else { at_deadline }, ..attempt };
                let now = self.now();
                Flight::start(self.0.clone(), attempt, departure(now, Some(sent_bytes), cut.since(now))).await
            }
            Out::Portal { at } => {
                let page = Response::ok(Answer::Foreign("not json".into()));
                self.ends_at(self.delay(asked, at), &attempt, Ending::Answered(Arc::new(page))).await
            }
        }
    }

    async fn fetch_token(&self, deadline: Time) -> Option<Claims> {
        let key = self.attempt_key(self.0.occasions.borrow_mut().next(TOKEN), 0);
        let asked = self.day_now();
        let Out::Arrives { at } = self.0.send(TOKEN_BYTES, key) else {
            let known = (self.now() + Span::seconds(3)).min(deadline);
            self.sleep_until(known).await;
            return None;
        };
        self.sleep_until(self.delay(asked, at)).await;
        let fetch = self.0.fetches.get() + 1;
        self.0.fetches.set(fetch);
        self.0.shared.carrier().fetch_token(self.0.client, fetch);
        let came = async {
            loop {
                let took = {
                    let mut tokens = self.0.tokens.borrow_mut();
                    tokens.iter().position(|(number, _)| *number == fetch).map(|at| tokens.swap_remove(at).1)
                };
                match took {
                    Some(claims) => return claims,
                    None => self.0.token_came.wait().await,
                }
            }
        };
        let patience = async {
            self.sleep_until(deadline).await;
            None
        };
        let claims = future::or(came, patience).await?;
        match self.0.reply(self.now(), TOKEN_BYTES, key) {
            Back::Arrives { at } if at <= deadline => {
                self.sleep_until(at).await;
                Some(claims)
            }
            _ => {
                self.sleep_until(deadline).await;
                None
            }
        }
    }

    fn record(&self, what: What) {
        if let What::Sent(Sent { call, attempt: 0, cause: Cause::Screen(_) | Cause::Tap | Cause::Office, .. }) = &what {
            let late = self.0.person_late.take();
            if late > Span::ZERO {
                let mut calls = self.0.late_calls.borrow_mut();
                if calls.len() == URLS {
                    calls.remove(0);
                }
                calls.push((*call, late));
            }
        }
        self.0.record(what);
    }
    fn follow(&self, leg: Leg) {
        if let Line::Mobile(link) = &self.0.line {
            link.borrow_mut().follow(leg);
        }
        self.0.since.set(leg.depart);
        self.0.leg.set(leg);
        self.0.moved.notify();
    }
    fn here(&self) -> Point {
        match &self.0.line {
            Line::Mobile(link) => link.borrow().here(self.day_now()),
            Line::Straight => self.0.leg.get().at(self.day_now()),
        }
    }
    fn online(&self) -> bool {
        let now = self.day_now();
        self.0.next_online(now) == Some(now)
    }
    fn online_for(&self) -> Option<Span> {
        let now = self.now();
        let was_online = |minutes: &i64| {
            let at = self.0.day.day(now - Span::minutes(*minutes));
            at >= self.0.since.get() && self.0.next_online(at) == Some(at)
        };
        let minutes = (0..=REMEMBERS).take_while(was_online).last()?;
        Some(Span::minutes(minutes))
    }
    async fn network_back(&self) {
        loop {
            let now = self.day_now();
            match self.0.next_online(now) {
                Some(at) if at <= now => return,
                Some(at) => future::or(self.sleep_until_in_day(at), self.0.moved.wait()).await,
                None => self.0.moved.wait().await,
            }
        }
    }
    fn fix(&self, reading: u32) -> Fix {
        let (point, accuracy_m) = match &self.0.line {
            Line::Mobile(link) => link.borrow_mut().fix(self.day_now(), u64::from(reading)),
            Line::Straight => (self.here(), 5),
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
    fn day_now(&self) -> Time {
        self.0.today()
    }
    fn sleep_until_in_day(&self, until: Time) -> impl Future<Output = ()> + 'static {
        self.sleep_until(self.0.day.wall(until))
    }
    fn was_due(&self, at: Time) {
        let late = self.now().since(self.0.day.wall(at));
        // Whoever begins before the window opened is not late: the window is.
        let begins = at >= self.0.day.day_from;
        self.0.person_late.set(if begins { late.max(Span::ZERO) } else { Span::ZERO });
    }
    fn lingers(&self) -> Span {
        self.0.shared.lingers
    }
}

impl Station {
    async fn ends_at(&self, at: Time, attempt: &Attempt, ending: Ending) -> Ending {
        if at >= attempt.deadline {
            self.sleep_until(attempt.deadline).await;
            return Ending::Unanswered(attempt.at_deadline);
        }
        self.sleep_until(at).await;
        ending
    }
}
