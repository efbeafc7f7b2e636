//! Carries the attempts of one cell's clients over HTTP.

use super::{Arrival, Departing, Departs, Departure, PendingToken, WireCompletion};
use crate::clock::{WallClock, span};
use crate::http::{ConnectionPool, Connector, Exchange, ExchangeEnd, NoConnection, Outgoing, WireSettings, exchange};
use crate::inbox::Inbox;
use crate::target::Target;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::dialect::{Consequence, ContractKind, Deviation, read_answer_to};
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_api::private::Private;
use fieldday_api::token::{Claims, Credential};
use fieldday_history::event::{self, NoAnswer, WireEnd};
use fieldday_kernel::time::{Span, Time};
use fieldday_rep::station::{InFlight, Station};
use fieldday_rep::transport::{DeadlineTimer, Passage, TokenFetch, Transport};
use fieldday_scenario::HttpVersion;
use fieldday_tokens::{Identity, Jwt};
use hyper::Request;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;
use tracing::debug;

/// Tokens that a client keeps: the newest, and those that a call under way may still hold.
const KEPT_TOKENS: usize = 4;

/// For how much longer than its phone waits an attempt stays on the wire at most, so that the wire tells whether the
/// answer came within the specification's limit: what the link took of it is not the target's.
const HELD_ON: Span = Span::seconds(2);

/// Upload URLs that a client remembers.
const KEPT_URLS: usize = 32;

/// The HTTP transport of one cell.
pub struct HttpTransport {
    cell: u32,
    settings: Arc<WireSettings>,
    clock: WallClock,
    inbox: Rc<Inbox>,
    clients: RefCell<Vec<Client>>,
    exchanges: RefCell<BTreeMap<Key, Open>>,
    stores: RefCell<BTreeMap<String, Connector>>,
    pool: Option<Rc<ConnectionPool>>,
    me: Weak<HttpTransport>,
}

/// An attempt by its client, its call and its number within that.
type Key = (u32, u32, u8);

/// An exchange that goes on.
struct Open {
    attempt: Rc<InFlight>,
    /// Ends the task that sends and waits.
    task: AbortHandle,
    /// When it was to leave, by the executor's clock.
    leaves: Time,
    /// Since when, and by how much that was late; none while it waits for its turn.
    began: Option<(Instant, Span)>,
    /// What it took to open a connection, if it had to.
    connect: Span,
}

/// What was timed of an exchange.
struct Timed {
    service: Span,
    connect: Span,
    lag: Span,
}

/// What the transport knows of a client: its identity, connections, tokens and upload URLs.
struct Client {
    who: Identity,
    connections: Rc<ConnectionPool>,
    tokens: Vec<Jwt>,
    /// Presigned URLs by the names that the app knows them by.
    upload_urls: Vec<(String, SmolStr)>,
}

impl HttpTransport {
    /// A transport for the cell of that number among its worker's. Where connections are shared, `pool` is what all cells of
    /// a worker share.
    pub fn new(
        cell: u32,
        settings: Arc<WireSettings>,
        clock: WallClock,
        inbox: Rc<Inbox>,
        pool: Option<Rc<ConnectionPool>>,
    ) -> Rc<HttpTransport> {
        let (clients, exchanges, stores) = (RefCell::default(), RefCell::default(), RefCell::default());
        Rc::new_cyclic(|me| {
            let me = me.clone();
            HttpTransport { cell, settings, clock, inbox, clients, exchanges, stores, pool, me }
        })
    }
    /// A pool of connections for the cells of a worker.
    pub fn pool(connections: usize) -> Rc<ConnectionPool> {
        Rc::new(ConnectionPool::pool(connections))
    }
    /// The next client, in the order of their numbers.
    pub fn introduce(&self, client: &event::Client) {
        let who = Identity {
            user_id: client.user_id.clone(),
            tenant: client.tenant.clone(),
            role: client.role,
            role_name: client.role.claim().into(),
        };
        let connections = self.pool.clone().unwrap_or_else(|| Rc::new(ConnectionPool::of_a_phone()));
        self.clients.borrow_mut().push(Client { who, connections, tokens: Vec::new(), upload_urls: Vec::new() });
    }
    /// Cancels what a client has on the wire: its phone is switched off.
    pub fn cancel_all(&self, client: u32) {
        let of_client = |open: &BTreeMap<Key, Open>| -> Vec<Rc<InFlight>> {
            open.range((client, 0, 0)..=(client, u32::MAX, u8::MAX)).map(|(_, open)| open.attempt.clone()).collect()
        };
        let open = of_client(&self.exchanges.borrow());
        open.iter().for_each(|attempt| self.break_off(&key(attempt)));
    }
    /// Ends what is still on the wire.
    fn break_off(&self, key: &Key) {
        let Timed { service, connect, lag } = self.timed(key, Instant::now());
        let Some(Open { attempt, task, .. }) = self.exchanges.borrow_mut().remove(key) else { return };
        task.abort();
        let (end, response, deviations) = (WireEnd::BrokenOff, None, Vec::new());
        self.arrived(Arrival::Attempt(WireCompletion { attempt, end, response, service, connect, lag, deviations }));
    }
    /// Lets go of all attempts: an attempt and its transport hold each other.
    pub fn close(&self) {
        self.exchanges.borrow_mut().clear();
    }
}

impl Departs for HttpTransport {
    fn depart(self: Rc<Self>, attempt: Rc<InFlight>, departure: Departure) {
        let (key, leaves) = (key(&attempt), departure.leaves);
        let (transport, sent) = (self.clone(), attempt.clone());
        let task = tokio::task::spawn_local(async move {
            let carried = transport.carry(&sent, departure).await;
            let ended = carried.as_ref().map_or_else(|_| Instant::now(), |answer| answer.ended);
            let Timed { service, connect, lag } = transport.timed(&key, ended);
            // Others whose answers are there, too, take their time first: then there is time to read what it says.
            tokio::task::yield_now().await;
            let (end, response, deviations) = transport.read(&sent, carried);
            transport.exchanges.borrow_mut().remove(&key);
            let attempt = sent;
            transport.arrived(Arrival::Attempt(WireCompletion {
                attempt,
                end,
                response,
                service,
                connect,
                lag,
                deviations,
            }));
        });
        let open = Open { attempt, task: task.abort_handle(), leaves, began: None, connect: Span::ZERO };
        self.exchanges.borrow_mut().insert(key, open);
    }
}

impl Transport for HttpTransport {
    fn dispatch(self: Rc<Self>, attempt: &Rc<InFlight>, passage: Passage) -> DeadlineTimer {
        Departing::schedule(self, attempt, passage);
        DeadlineTimer::Needed
    }
    /// What is on the wire is broken off, as a phone does; after a time-out not before the target had all of its own time,
    /// if the link took only little of it. What the link still holds leaves all the same.
    fn cancel(&self, attempt: &InFlight) {
        let (key, class) = (key(attempt), attempt.op().endpoint().class);
        let rest = class.limit() - self.timed(&key, Instant::now()).service;
        let timed_out = attempt.attempt.at_deadline == NoAnswer::Timeout && class != TimeoutClass::Transfer;
        match self.me.upgrade().filter(|_| timed_out && rest > Span::ZERO && rest <= HELD_ON) {
            Some(transport) => drop(tokio::task::spawn_local(async move {
                tokio::time::sleep(rest.duration()).await;
                transport.break_off(&key);
            })),
            None => self.break_off(&key),
        }
    }
    fn fetch_token(self: Rc<Self>, station: &Station, arrives: Time) -> TokenFetch {
        let station = station.clone();
        Box::pin(async move {
            station.sleep_until(arrives).await;
            let fetch = PendingToken::new(station.clone(), station.next_fetch());
            self.fetch(fetch.clone(), station.client());
            fetch.token().await
        })
    }
}

fn key(attempt: &InFlight) -> Key {
    (attempt.station().client(), attempt.attempt.call, attempt.attempt.attempt)
}

/// What the wire brought, unread; or why it brought nothing.
type Carried = Result<Exchange, WireEnd>;
/// The same after parsing: how it ended, the answer, and its differences of form.
type Read = (WireEnd, Option<Arc<Response>>, Vec<Deviation>);

impl HttpTransport {
    fn fetch(self: Rc<Self>, fetch: Rc<PendingToken>, client: u32) {
        tokio::task::spawn_local(async move {
            let began = Instant::now();
            let who = self.clients.borrow().get(client as usize).map(|client| client.who.clone());
            let Some(who) = who else { return };
            let token = self.settings.wallet.fresh(&who, self.clock.now()).await;
            let claims = match token {
                Ok(jwt) => Some(self.keeps(client, jwt)),
                Err(error) => {
                    let first = self.settings.token_trouble.lock().ok();
                    first.map(|mut first| first.get_or_insert_with(|| error.to_string()).len());
                    None
                }
            };
            let took = span(began.elapsed());
            self.arrived(Arrival::Token { fetch, claims, took });
        });
    }
    /// All is ready, and the exchange begins, unless it had begun.
    fn begins(&self, attempt: &InFlight) {
        if let Some(open) = self.exchanges.borrow_mut().get_mut(&key(attempt)) {
            let leaves = open.leaves;
            open.began.get_or_insert_with(|| (Instant::now(), self.clock.now().since(leaves)));
        }
    }
    /// It has a connection, which took so long to open.
    fn connected(&self, attempt: &InFlight, opened_in: Option<Duration>) {
        if let (Some(open), Some(took)) = (self.exchanges.borrow_mut().get_mut(&key(attempt)), opened_in) {
            open.connect = span(took);
        }
    }
    /// How long an exchange took that ended then, and by how much it began late.
    fn timed(&self, key: &Key, ended: Instant) -> Timed {
        let none = Timed { service: Span::ZERO, connect: Span::ZERO, lag: Span::ZERO };
        match self.exchanges.borrow().get(key) {
            Some(Open { began: Some((began, lag)), connect, .. }) => {
                Timed { service: span(ended.duration_since(*began)), connect: *connect, lag: *lag }
            }
            Some(Open { leaves, .. }) => Timed { lag: self.clock.now().since(*leaves), ..none },
            None => none,
        }
    }
    fn arrived(&self, arrival: Arrival) {
        self.inbox.put(self.cell, arrival);
    }
    fn keeps(&self, client: u32, jwt: Jwt) -> Claims {
        let claims = jwt.claims.clone();
        if let Some(line) = self.clients.borrow_mut().get_mut(client as usize) {
            if line.tokens.len() == KEPT_TOKENS {
                line.tokens.remove(0);
            }
            line.tokens.push(jwt);
        }
        claims
    }
    /// The value of the `Authorization` header that says what a credential says.
    fn authorization(&self, client: u32, credential: &Credential) -> Option<String> {
        let clients = self.clients.borrow();
        let tokens = clients.get(client as usize).map_or(&[][..], |line| &line.tokens);
        match credential {
            Credential::None => None,
            Credential::Invalid => {
                Some(tokens.last().map_or("Bearer invalid".to_owned(), |jwt| jwt.forged().expose_as_bearer()))
            }
            Credential::Token(claims) => {
                let held = tokens.iter().rev().find(|jwt| jwt.claims == *claims);
                let signed = || self.settings.wallet.source().key().map(|key| key.sign(claims));
                held.cloned().or_else(signed).or_else(|| tokens.last().cloned()).map(|jwt| jwt.expose_as_bearer())
            }
        }
    }

    async fn carry(&self, attempt: &InFlight, departure: Departure) -> Carried {
        let carried = match &*attempt.attempt.request {
            Call::PutAudio { key, bytes } => match self.upload_url(attempt.station().client(), key.expose()) {
                Some(url) => self.upload(attempt, departure, &url, *bytes).await,
                None => failed("no upload URL was given"),
            },
            call => self.call(attempt, call).await,
        };
        let (client, endpoint) = (attempt.station().client(), attempt.attempt.request.op().label());
        match &carried {
            Ok(answer) => debug!(client, endpoint, status = answer.status, "answered"),
            Err(WireEnd::NoConnection { why } | WireEnd::Broken { why }) => {
                debug!(client, endpoint, %why, "not answered")
            }
            Err(end) => debug!(client, endpoint, ?end, "not answered"),
        }
        carried
    }

    async fn call(&self, attempt: &InFlight, call: &Call) -> Carried {
        let client = attempt.station().client();
        let lines = self.clients.borrow().get(client as usize).map(|client| client.connections.clone());
        let Some(lines) = lines else { return failed("an unknown client") };
        if attempt.reconnects {
            lines.drop_all();
        }
        loop {
            let request = match self.request(attempt, call) {
                Ok(request) => request,
                Err(why) => return failed(why),
            };
            self.begins(attempt);
            let (connection, hold) = match lines.take(&self.settings.connector).await {
                Ok(taken) => taken,
                Err(error) => return no_connection(&error),
            };
            self.connected(attempt, hold.opened_in);
            match exchange(connection, request, &self.settings.answers).await {
                Ok((answer, again)) => {
                    if let Some(connection) = again {
                        lines.give_back(connection, hold);
                    }
                    return Ok(answer);
                }
                // The other side closed an idle connection just then: nothing was sent, and any client tries anew.
                Err(ExchangeEnd(why)) if hold.opened_in.is_none() && why == "closed before the request was sent" => {
                    debug!(client, endpoint = call.op().label(), "retried: the idle connection was closed meanwhile");
                    continue;
                }
                Err(ExchangeEnd(why)) => return failed(&why),
            }
        }
    }
    fn request(&self, attempt: &InFlight, call: &Call) -> Result<Request<Outgoing>, &'static str> {
        let (mut request, body) = self.settings.written(call, attempt.key);
        if !call.op().endpoint().roles.is_empty()
            && let Some(bearer) = self.authorization(attempt.station().client(), &attempt.attempt.credential)
        {
            let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| "a token that is no header")?;
            bearer.set_sensitive(true);
            request = request.header(AUTHORIZATION, bearer);
        }
        if let Call::Raw(raw) = call
            && let Some(company) = &raw.company_id
        {
            request = request.header("x-company-id", company.as_str());
        }
        request.body(body).map_err(|_| "a request that is no HTTP")
    }
    fn read(&self, attempt: &InFlight, carried: Carried) -> Read {
        let call = &*attempt.attempt.request;
        let answer = match carried {
            Ok(answer) => answer,
            Err(end) => return (end, None, Vec::new()),
        };
        // What an object store says of itself is not the target's.
        if let Some(version) = answer.version.filter(|_| call.op() != Op::PutAudio) {
            let _ = self.settings.version.set(version);
        }
        let mut read =
            read_answer_to(call, answer.status, answer.content_type.as_deref(), &answer.body, &self.settings.dialect);
        if answer.status == 429 && answer.retry_after.is_none() {
            let (kind, at, saw) = (ContractKind::RetryAfter, "Retry-After".into(), "missing, or no seconds".into());
            read.deviations.push(Deviation { kind, at, saw, consequence: Consequence::Read });
        }
        let end =
            WireEnd::Answered { status: answer.status, bytes: answer.body.len() as u64, request_id: answer.request_id };
        let said = self.keep_upload_url(attempt.station().client(), read.answer);
        let (status, retry_after, stand_ins) = (answer.status, answer.retry_after, read.stand_ins);
        let response = Response { status, retry_after, answer: said, stand_ins };
        (end, Some(Arc::new(response)), read.deviations)
    }

    /// The app is given a name in the place of a presigned URL, and the URL is kept for the wire: so what the app asks for is
    /// the same when the run is replayed from its history, which knows no URL.
    fn keep_upload_url(&self, client: u32, answer: Answer) -> Answer {
        let Answer::RecordingStarted(mut started) = answer else { return answer };
        let mut clients = self.clients.borrow_mut();
        if let (Some(url), Some(client)) = (&mut started.audio_upload_url, clients.get_mut(client as usize)) {
            let name = url.to_string();
            client.upload_urls.retain(|(known, _)| *known != name);
            if client.upload_urls.len() == KEPT_URLS {
                client.upload_urls.remove(0);
            }
            client.upload_urls.push((name.clone(), url.expose().into()));
            *url = Private::named(name);
        }
        Answer::RecordingStarted(started)
    }
    /// The presigned URL behind the key that a call names.
    fn upload_url(&self, client: u32, key: &str) -> Option<SmolStr> {
        let clients = self.clients.borrow();
        let urls = &clients.get(client as usize)?.upload_urls;
        urls.iter().find(|(known, _)| known == key).map(|(_, url)| url.clone())
    }

    /// Audio, to wherever the presigned URL says.
    async fn upload(&self, attempt: &InFlight, departure: Departure, url: &str, bytes: u64) -> Carried {
        let Some((origin, rest)) = split_url(url) else { return failed("an upload URL that is none") };
        self.begins(attempt);
        let known = self.stores.borrow().get(&origin).cloned();
        let store = match known {
            Some(store) => store,
            None => {
                let Ok(target) = Target::parse(&origin) else { return failed("an upload URL that is none") };
                let here = self.settings.connector.target();
                if !here.may_upload_to(&target, &self.settings.allow) {
                    let first = self.settings.not_allowed.lock().ok();
                    first.map(|mut first| first.get_or_insert_with(|| target.host().to_owned()).len());
                    return failed("an upload URL on a host that is not allowed");
                }
                match Connector::new(target, HttpVersion::Http1, &self.settings.roots).await {
                    Ok(store) => self.stores.borrow_mut().entry(origin).or_insert(store).clone(),
                    Err(error) => return no_connection(&error),
                }
            }
        };
        let began = Instant::now();
        let connection = match store.connect().await {
            Ok(connection) => connection,
            Err(error) => return no_connection(&error),
        };
        self.connected(attempt, Some(began.elapsed()));
        let bytes = self.settings.upload_bytes.map_or(bytes, |most| bytes.min(most));
        let request = Request::builder().method("PUT").uri(rest).header(HOST, store.target().authority());
        let request = self.settings.traced(request, attempt.key).header(CONTENT_TYPE, "audio/mp4");
        let Ok(request) = request.body(Outgoing::audio(bytes, departure.cut_after, departure.over.duration())) else {
            return failed("an upload URL that is none");
        };
        match exchange(connection, request, &self.settings.answers).await {
            Ok((answer, _)) => Ok(answer),
            Err(ExchangeEnd(why)) => failed(&why),
        }
    }
}

/// A presigned URL's origin, and its path with the query.
fn split_url(url: &str) -> Option<(String, String)> {
    let uri: hyper::Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    Some((format!("{scheme}://{authority}"), uri.path_and_query()?.to_string()))
}

fn failed(why: &str) -> Carried {
    Err(WireEnd::Broken { why: SmolStr::new(why) })
}
fn no_connection(error: &NoConnection) -> Carried {
    Err(WireEnd::NoConnection { why: error.to_string().into() })
}
