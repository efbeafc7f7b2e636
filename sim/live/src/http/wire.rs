//! Carries the requests of one cell's clients over HTTP.

use crate::carrier::{Arrival, Arrived, Carrier, Errand};
use crate::clock::{WallClock, duration};
use crate::http::body::Outgoing;
use crate::http::connect::{Connector, NoConnection};
use crate::http::exchange::{Exchange, ExchangeEnd, exchange};
use crate::http::lines::Lines;
use crate::inbox::Inbox;
use crate::station::Station;
use crate::target::Target;
use fieldday_api::SmolStr;
use fieldday_api::call::{Call, Response};
use fieldday_api::dialect::{Deviation, Dialect, read_answer_to, write_call};
use fieldday_api::endpoint::Op;
use fieldday_api::token::{Claims, Credential};
use fieldday_history::event::WireEnd;
use fieldday_kernel::time::{Span, Time};
use fieldday_tokens::{Identity, Jwt, Wallet};
use fieldday_world::scenario::HttpVersion;
use hyper::Request;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;

/// What all cells of a run have in common.
pub struct WireSettings {
    /// Where to, and how.
    pub connector: Connector,
    /// Which HTTP is spoken, to object stores too.
    pub http: HttpVersion,
    /// Further root certificates, in DER.
    pub roots: Vec<Vec<u8>>,
    /// How the target's answers differ from the specification in form.
    pub dialect: Dialect,
    /// Where tokens come from.
    pub wallet: Wallet,
    /// The run's own id: in `User-Agent`, and in every trace.
    pub run: u64,
    /// The most audio that is really sent of a recording.
    pub upload_bytes: Option<u64>,
    /// Which build of the target answers, once it said so.
    pub version: std::sync::OnceLock<String>,
    /// The first of what a source of tokens had to say.
    pub token_trouble: std::sync::Mutex<Option<String>>,
}

/// Tokens that a client keeps: the newest, and those that a call under way may still hold.
const KEPT_TOKENS: usize = 4;

/// The wire of one cell.
#[derive(Clone)]
pub struct HttpWire(Rc<Inner>);

struct Inner {
    cell: u32,
    settings: Arc<WireSettings>,
    clock: WallClock,
    inbox: Rc<Inbox>,
    clients: RefCell<Vec<Line>>,
    under_way: RefCell<BTreeMap<(u32, u32, u8), UnderWay>>,
    stores: RefCell<BTreeMap<String, Connector>>,
    pool: Option<Rc<Lines>>,
}

/// An exchange that goes on.
struct UnderWay {
    /// How to end it.
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

/// One client's end.
struct Line {
    who: Identity,
    lines: Rc<Lines>,
    tokens: Vec<Jwt>,
    station: Option<Station>,
}

impl HttpWire {
    /// A wire for a cell. Where connections are shared, `pool` is what all cells of a worker share.
    pub fn new(
        cell: u32,
        settings: Arc<WireSettings>,
        clock: WallClock,
        inbox: Rc<Inbox>,
        pool: Option<Rc<Lines>>,
    ) -> HttpWire {
        let (clients, under_way, stores) = (RefCell::default(), RefCell::default(), RefCell::default());
        HttpWire(Rc::new(Inner { cell, settings, clock, inbox, clients, under_way, stores, pool }))
    }
    /// A pool of connections for the cells of a worker.
    pub fn pool(connections: usize) -> Rc<Lines> {
        Rc::new(Lines::pool(connections))
    }
    /// The next client, in the order of their numbers.
    pub fn introduce(&self, who: Identity) {
        let lines = self.0.pool.clone().unwrap_or_else(|| Rc::new(Lines::of_a_phone()));
        self.0.clients.borrow_mut().push(Line { who, lines, tokens: Vec::new(), station: None });
    }
    /// The station of a client, which knows its upload URLs.
    pub fn seat(&self, client: u32, station: Station) {
        if let Some(line) = self.0.clients.borrow_mut().get_mut(client as usize) {
            line.station = Some(station);
        }
    }
}

impl Carrier for HttpWire {
    fn send(&self, errand: Errand) {
        let inner = self.0.clone();
        let key = (errand.client, errand.call, errand.attempt);
        let leaves = errand.leaves;
        let task = tokio::task::spawn_local(async move {
            let carried = inner.carry(&errand).await;
            let ended = carried.as_ref().map_or_else(|_| Instant::now(), |answer| answer.ended);
            let Timed { service, connect, lag } = inner.timed(&key, ended);
            // Others whose answers are there, too, take their time first: then there is time to read what it says.
            tokio::task::yield_now().await;
            let (end, response, deviations) = inner.read(&errand.request, carried);
            inner.under_way.borrow_mut().remove(&key);
            inner.arrived(
                key,
                Arrived::Attempt { call: key.1, attempt: key.2, end, response, service, connect, lag, deviations },
            );
        });
        self.0
            .under_way
            .borrow_mut()
            .insert(key, UnderWay { task: task.abort_handle(), leaves, began: None, connect: Span::ZERO });
    }
    fn fetch_token(&self, client: u32, fetch: u32) {
        let inner = self.0.clone();
        tokio::task::spawn_local(async move {
            let began = Instant::now();
            let who = inner.clients.borrow().get(client as usize).map(|line| line.who.clone());
            let Some(who) = who else { return };
            let token = inner.settings.wallet.fresh(&who, inner.clock.now()).await;
            let claims = match token {
                Ok(jwt) => Some(inner.keeps(client, jwt)),
                Err(error) => {
                    inner
                        .settings
                        .token_trouble
                        .lock()
                        .ok()
                        .map(|mut first| first.get_or_insert_with(|| error.to_string()).len());
                    None
                }
            };
            let took = span(began.elapsed());
            inner.arrived((client, 0, 0), Arrived::Token { fetch, claims, took });
        });
    }
    fn break_off(&self, client: u32, call: u32, attempt: u8) {
        let key = (client, call, attempt);
        let Timed { service, connect, lag } = self.0.timed(&key, Instant::now());
        let Some(under_way) = self.0.under_way.borrow_mut().remove(&key) else { return };
        under_way.task.abort();
        let end = WireEnd::BrokenOff;
        let deviations = Vec::new();
        let what = Arrived::Attempt { call, attempt, end, response: None, service, connect, lag, deviations };
        self.0.arrived(key, what);
    }
}

/// What the wire brought, unread; or why it brought nothing.
type Carried = Result<Exchange, WireEnd>;
/// The same, read.
type Read = (WireEnd, Option<Arc<Response>>, Vec<Deviation>);

impl Inner {
    /// All is ready, and the exchange begins, unless it had begun.
    fn departs(&self, errand: &Errand) {
        let key = (errand.client, errand.call, errand.attempt);
        if let Some(under_way) = self.under_way.borrow_mut().get_mut(&key) {
            let leaves = under_way.leaves;
            under_way.began.get_or_insert_with(|| (Instant::now(), self.clock.now().since(leaves)));
        }
    }
    /// It has a connection, which took so long to open.
    fn connected(&self, errand: &Errand, opened_in: Option<Duration>) {
        let key = (errand.client, errand.call, errand.attempt);
        if let (Some(under_way), Some(took)) = (self.under_way.borrow_mut().get_mut(&key), opened_in) {
            under_way.connect = span(took);
        }
    }
    /// How long an exchange took that ended then, and by how much it began late.
    fn timed(&self, key: &(u32, u32, u8), ended: Instant) -> Timed {
        let none = Timed { service: Span::ZERO, connect: Span::ZERO, lag: Span::ZERO };
        match self.under_way.borrow().get(key) {
            Some(UnderWay { began: Some((began, lag)), connect, .. }) => {
                Timed { service: span(ended.duration_since(*began)), connect: *connect, lag: *lag }
            }
            Some(UnderWay { leaves, .. }) => Timed { lag: self.clock.now().since(*leaves), ..none },
            None => none,
        }
    }
    fn arrived(&self, (client, ..): (u32, u32, u8), what: Arrived) {
        self.inbox.put(self.cell, Arrival { client, what });
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

    async fn carry(self: &Rc<Self>, errand: &Errand) -> Carried {
        match &*errand.request {
            Call::PutAudio { key, bytes } => {
                let station = self.clients.borrow().get(errand.client as usize).and_then(|line| line.station.clone());
                match station.and_then(|station| station.upload_url(key.expose())) {
                    Some(url) => self.upload(errand, &url, *bytes).await,
                    None => failed("no upload URL was given"),
                }
            }
            call => self.call(errand, call).await,
        }
    }

    async fn call(self: &Rc<Self>, errand: &Errand, call: &Call) -> Carried {
        let lines = self.clients.borrow().get(errand.client as usize).map(|line| line.lines.clone());
        let Some(lines) = lines else { return failed("an unknown client") };
        if errand.reconnect {
            lines.drop_all();
        }
        loop {
            let request = match self.request(errand, call) {
                Ok(request) => request,
                Err(why) => return failed(why),
            };
            self.departs(errand);
            let (connection, hold) = match lines.take(&self.settings.connector).await {
                Ok(taken) => taken,
                Err(error) => return no_connection(&error),
            };
            self.connected(errand, hold.opened_in);
            match exchange(connection, request).await {
                Ok((answer, again)) => {
                    if let Some(connection) = again {
                        lines.give_back(connection, hold);
                    }
                    return Ok(answer);
                }
                // The other side closed an idle connection just then: nothing was sent, and any client tries anew.
                Err(ExchangeEnd(why)) if hold.opened_in.is_none() && why == "closed before the request was sent" => {
                    continue;
                }
                Err(ExchangeEnd(why)) => return failed(&why),
            }
        }
    }
    fn request(&self, errand: &Errand, call: &Call) -> Result<Request<Outgoing>, &'static str> {
        let (mut request, body) = self.settings.written(call, errand.key);
        if !call.op().endpoint().roles.is_empty()
            && let Some(bearer) = self.authorization(errand.client, &errand.credential)
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
    fn read(&self, call: &Call, carried: Carried) -> Read {
        let answer = match carried {
            Ok(answer) => answer,
            Err(end) => return (end, None, Vec::new()),
        };
        // What an object store says of itself is not the target's.
        if let Some(version) = answer.version.filter(|_| call.op() != Op::PutAudio) {
            let _ = self.settings.version.set(version);
        }
        let read =
            read_answer_to(call, answer.status, answer.content_type.as_deref(), &answer.body, &self.settings.dialect);
        let end =
            WireEnd::Answered { status: answer.status, bytes: answer.body.len() as u64, request_id: answer.request_id };
        let response = Response { status: answer.status, retry_after: answer.retry_after, answer: read.answer };
        (end, Some(Arc::new(response)), read.deviations)
    }

    /// Audio, to wherever the presigned URL says.
    async fn upload(self: &Rc<Self>, errand: &Errand, url: &str, bytes: u64) -> Carried {
        let Some((origin, rest)) = split_url(url) else { return failed("an upload URL that is none") };
        self.departs(errand);
        let known = self.stores.borrow().get(&origin).cloned();
        let store = match known {
            Some(store) => store,
            None => {
                let Ok(target) = Target::parse(&origin) else { return failed("an upload URL that is none") };
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
        self.connected(errand, Some(began.elapsed()));
        let bytes = self.settings.upload_bytes.map_or(bytes, |most| bytes.min(most));
        let request = Request::builder().method("PUT").uri(rest).header(HOST, store.target().authority());
        let request = self.settings.traced(request, errand.key).header(CONTENT_TYPE, "audio/mp4");
        let Ok(request) = request.body(Outgoing::audio(bytes, errand.cut_after, duration(errand.over))) else {
            return failed("an upload URL that is none");
        };
        match exchange(connection, request).await {
            Ok((answer, _)) => Ok(answer),
            Err(ExchangeEnd(why)) => failed(&why),
        }
    }
}

/// One call outside any cell: to look at a target before a run.
pub async fn call_once(wire: &WireSettings, call: &Call, bearer: Option<&str>) -> Result<Exchange, ExchangeEnd> {
    let connection = wire.connector.connect().await.map_err(|error| ExchangeEnd(error.to_string().into()))?;
    let (mut request, body) = wire.written(call, 1);
    if let Some(bearer) = bearer {
        let mut bearer = HeaderValue::from_str(bearer).map_err(|_| ExchangeEnd("a token that is no header".into()))?;
        bearer.set_sensitive(true);
        request = request.header(AUTHORIZATION, bearer);
    }
    let request = request.body(body).map_err(|_| ExchangeEnd("a request that is no HTTP".into()))?;
    let limit = duration(call.op().endpoint().class.limit());
    match tokio::time::timeout(limit, exchange(connection, request)).await {
        Ok(answered) => answered.map(|(answer, _)| answer),
        Err(_) => Err(ExchangeEnd("no answer in time".into())),
    }
}

impl WireSettings {
    /// A request but for what says who asks, and its body.
    fn written(&self, call: &Call, key: u64) -> (hyper::http::request::Builder, Outgoing) {
        let http = write_call(call, &self.dialect);
        let target = self.connector.target();
        let path = target.path(&http.path, &http.query);
        let is_h2 = self.http == HttpVersion::Http2;
        let scheme = if target.is_secure() { "https" } else { "http" };
        let uri = if is_h2 { format!("{scheme}://{}{path}", target.authority()) } else { path };
        let mut request = Request::builder().method(http.method.as_str()).uri(uri).header(ACCEPT, "application/json");
        if !is_h2 {
            request = request.header(HOST, target.authority());
        }
        if http.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        (self.traced(request, key), Outgoing::json(http.body))
    }
    fn traced(&self, request: hyper::http::request::Builder, key: u64) -> hyper::http::request::Builder {
        let (run, version, span) = (self.run, env!("CARGO_PKG_VERSION"), key.rotate_left(32) | 1);
        request
            .header(USER_AGENT, format!("fieldday/{version} run/{run:016x}"))
            .header("traceparent", format!("00-{run:016x}{key:016x}-{span:016x}-01"))
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
fn span(took: Duration) -> Span {
    Span::micros(i64::try_from(took.as_micros()).unwrap_or(i64::MAX))
}
