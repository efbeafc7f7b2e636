//! The one handler behind both mounts: a request arrives, is worked on for a while, takes effect.

use crate::clock::Clock;
use crate::options::{MockError, Options, Service};
use crate::pacer::Pacer;
use crate::resource::{Resource, Taken};
use crate::tally::{Served, Tally};
use crate::uploads;
use fieldday_api::SmolStr;
use fieldday_api::call::{Call, RawCall};
use fieldday_api::endpoint::{ENDPOINTS, Method, Op};
use fieldday_api::error::{ErrorBody, ErrorCode};
use fieldday_api::http::{decode, encode_answer, op_of};
use fieldday_api::token::Credential;
use fieldday_backend::{self as backend, Backend, Request, Snapshot};
use fieldday_engine::setup;
use fieldday_kernel::random::join_keys;
use fieldday_kernel::time::{Span, Time};
use fieldday_tokens::Verifier;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The methods that an endpoint can have, for the header `Allow`.
const METHODS: [Method; 4] = [Method::Get, Method::Post, Method::Patch, Method::Put];

/// The model backend behind HTTP. Cheap to clone; clones are the same backend.
#[derive(Clone)]
pub struct Handler(Arc<Inner>);

struct Inner {
    shards: Vec<Mutex<Shard>>,
    /// How many shards are cells of the plan's days; they come first, and the conformance cell's follows.
    day_shards: usize,
    /// The shard of each tenant, and of each user for tokens that name no tenant.
    homes: HashMap<SmolStr, usize>,
    verifier: Verifier,
    jwks: String,
    clock: Clock,
    seed: u64,
    requests: AtomicU64,
    workers: Option<Resource>,
    /// A permit for each request that may be in the mock, waiting or worked on; none if there is no limit.
    room: Option<Semaphore>,
    /// One for all writes, and how long each holds it.
    lock: Option<(Resource, Span)>,
    connections: Option<Resource>,
    pacer: Pacer,
    service: Service,
    slowdown: Span,
    upload_limit: u64,
    patience: Duration,
    /// Where upload URLs lead if a request does not say how it got here.
    authority: String,
    scheme: &'static str,
    tally: Tally,
}

/// One cell's backend. Its times never go back.
struct Shard {
    backend: Backend,
    last: Time,
}

/// A request whose body has been read.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// The method, in capital letters.
    pub method: &'a str,
    /// The path, with percent-encoded ids.
    pub path: &'a str,
    /// The query string, without `?`; empty if there is none.
    pub query: &'a str,
    /// The value of the header `Authorization`, `?` if it is not text.
    pub authorization: Option<&'a str>,
    /// The value of the header `X-Company-Id`, which the backend must not obey.
    pub company_id: Option<&'a str>,
    /// The header `Host`, or the authority: where the client reaches us, so where it can upload to.
    pub host: Option<&'a str>,
    /// The body; empty for an upload whose bytes were only counted.
    pub body: &'a [u8],
    /// How many bytes of audio came, if it is an upload.
    pub uploaded: u64,
}

/// The answer to a request, before it is put on the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`, sent in whole seconds, rounded up.
    pub retry_after: Option<Span>,
    /// The header `Allow` of a 405: the path's methods.
    pub allow: Option<String>,
    /// The JSON body; none if the answer has none.
    pub body: Option<Vec<u8>>,
}

impl Reply {
    fn new(status: u16, body: Option<Vec<u8>>) -> Reply {
        Reply { status, retry_after: None, allow: None, body }
    }
    /// The headers of the answer, but for the content's type and length.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        // Whole seconds, rounded up: who waits as long as it is told is not refused again.
        let seconds = |span: Span| ((span.as_micros() + 999_999) / 1_000_000).to_string();
        let retry_after = self.retry_after.map(|span| ("retry-after", seconds(span)));
        let allow = self.allow.clone().map(|methods| ("allow", methods));
        let challenge = (self.status == 401).then(|| ("www-authenticate", "Bearer".to_owned()));
        retry_after.into_iter().chain(allow).chain(challenge)
    }
}

/// How a request ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is answered.
    Answered(Reply),
    /// The connection is to be broken off without one.
    Cut,
}

/// A request that has arrived and not taken effect.
pub struct Pending {
    handler: Handler,
    shard: usize,
    asked: Asked,
    credential: Credential,
    key: u64,
    arrived: Time,
    takes: Span,
    seen: Option<Snapshot>,
    base: String,
    uploaded: u64,
    /// When its last byte came, before any wait for a worker.
    came: Time,
}

/// The units of resources that a request has while it is worked on.
pub(crate) struct Turn<'a> {
    worker: Option<Taken<'a>>,
    connection: Option<Taken<'a>>,
    /// When the work begins.
    from: Instant,
}

/// The mock holds as many requests as it may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Full;

/// A unit of a resource, for a request that asked for it at `since`; none if there is no limit.
async fn taken(of: Option<&Resource>, since: Instant) -> Option<Taken<'_>> {
    of?.take(since).await
}

/// The request as the backend is asked.
enum Asked {
    /// A call of a documented endpoint.
    Call(Call),
    /// Something else, or something with a body that is no text: it is refused whatever else it says.
    Other { method: String, path: String, query: String, company_id: Option<String>, body: Vec<u8> },
}

impl Handler {
    /// A backend for each cell of the plan.
    pub fn new(options: Options) -> Result<Handler, MockError> {
        let Options {
            plan,
            prepare,
            verifier,
            jwks,
            clock,
            service,
            slowdown,
            workers,
            sheds_above,
            write_lock,
            connections,
            upload_limit,
            patience,
            listen,
            tls,
        } = options;
        let mut shards = Vec::new();
        let mut homes = HashMap::new();
        if plan.cells() == 0 {
            return Err(MockError::NoCells);
        }
        // Also for the people of a conformance pass, whom no day has.
        let cells = (0..plan.cells()).map(|index| plan.cell(index)).chain([plan.conformance_cell()]);
        for mut cell in cells {
            if let Some(prepare) = &prepare {
                prepare(&mut cell);
            }
            let mut config = setup::backend(plan.scenario(), &cell);
            // Whoever polls faster than specified is to find what they would have found.
            config.shunya = config.shunya.sped_up(setup::pace(plan.scenario()).polling);
            config.service = service.of(config.service);
            let rows: Vec<_> = cell.tenants.into_iter().map(|tenant| tenant.data).collect();
            for tenant in &rows {
                homes.insert(tenant.id.clone(), shards.len());
                homes.extend(tenant.users.iter().map(|user| (user.user_id.clone(), shards.len())));
            }
            let backend = Backend::try_new(config, cell.seed, cell.start, rows);
            let backend = backend.map_err(|source| MockError::Data { cell: cell.name, source })?;
            shards.push(Mutex::new(Shard { backend, last: Time::from_micros(i64::MIN) }));
        }
        Ok(Handler(Arc::new(Inner {
            day_shards: plan.cells() as usize,
            shards,
            homes,
            verifier,
            jwks,
            clock,
            seed: plan.seed(),
            requests: AtomicU64::new(0),
            service,
            slowdown,
            workers: workers.map(Resource::of),
            room: sheds_above.map(|most| Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS))),
            lock: write_lock.map(|held| (Resource::of(1), held)),
            connections: connections.map(Resource::of),
            pacer: Pacer::default(),
            upload_limit,
            patience,
            authority: listen.to_string(),
            scheme: if tls.is_some() { "https" } else { "http" },
            tally: Tally::new(),
        })))
    }

    /// What was served so far, by all clones.
    pub fn served(&self) -> Served {
        self.0.tally.served()
    }
    /// The clock of the backend.
    pub fn clock(&self) -> Clock {
        self.0.clock
    }
    /// The public keys of the tokens that it takes, as a JWKS document.
    pub fn jwks(&self) -> &str {
        &self.0.jwks
    }
    /// How many bytes of audio an upload may have.
    pub fn upload_limit(&self) -> u64 {
        self.0.upload_limit
    }
    /// How long it waits for the next part of a request.
    pub fn patience(&self) -> Duration {
        self.0.patience
    }
    /// A place for a request that came, until what this gives is dropped; an error if there is no room for it.
    pub(crate) fn place(&self) -> Result<Option<SemaphorePermit<'_>>, Full> {
        self.0.room.as_ref().map(Semaphore::try_acquire).transpose().map_err(|_| Full)
    }
    /// Waits for what a request needs to be worked on, and keeps it until what this gives is dropped: a worker, the lock if it
    /// is a write, which it lets go of, a connection.
    pub(crate) async fn turn(&self, is_write: bool) -> Turn<'_> {
        let now = Instant::now();
        let worker = taken(self.0.workers.as_ref(), now).await;
        let mut from = worker.as_ref().map_or(now, Taken::from);
        if let Some((lock, held)) = self.0.lock.as_ref().filter(|_| is_write)
            && let Some(mut lock) = lock.take(from).await
        {
            from = lock.from() + held.duration();
            lock.has_until(from);
            self.pause_until(from, true).await;
        }
        let connection = taken(self.0.connections.as_ref(), from).await;
        let from = connection.as_ref().map_or(from, Taken::from);
        Turn { worker, connection, from }
    }
    /// Waits for the time that a request is worked on, whose turn it is; of one that needs none, from now on.
    pub(crate) async fn work(&self, turn: Option<&mut Turn<'_>>, takes: Span) {
        let from = turn.as_ref().map_or_else(Instant::now, |turn| turn.from);
        let until = from + takes.duration();
        if let Some(turn) = turn {
            turn.worker.iter_mut().chain(&mut turn.connection).for_each(|taken| taken.has_until(until));
        }
        if takes > Span::ZERO {
            self.pause_until(until, self.0.service.is_given()).await;
        }
    }
    async fn pause_until(&self, until: Instant, is_fine: bool) {
        match is_fine {
            true => self.0.pacer.until(until).await,
            false => tokio::time::sleep_until(until.into()).await,
        }
    }

    /// A request has come. It takes effect when [`Pending::take_effect`] is called, which should be after
    /// [`Pending::takes`].
    pub fn arrive(&self, arrival: &Arrival<'_>) -> Pending {
        self.arrive_late(arrival, self.0.clock.now())
    }

    /// Takes a request that came at `came` and has waited since.
    pub(crate) fn arrive_late(&self, arrival: &Arrival<'_>, came: Time) -> Pending {
        let inner = &*self.0;
        let number = inner.requests.fetch_add(1, Ordering::Relaxed);
        let key = join_keys(inner.seed, number);
        let credential = inner.verifier.read(arrival.authorization);
        let (shard, asked) = asked(arrival);
        let shard = shard.filter(|shard| *shard < inner.shards.len());
        let shard = shard.unwrap_or_else(|| inner.home_of(&credential, key));
        let health = Call::Health;
        let call = match &asked {
            Asked::Call(call) => call,
            // What leads nowhere costs as little as the cheapest of reads.
            Asked::Other { .. } => &health,
        };
        let request = Request { call, credential: &credential, key };
        let mut locked = inner.shard(shard);
        let arrived = locked.now(inner.clock);
        let takes = inner.service.takes(locked.backend.service_time(arrived, &request), inner.seed, key)
            + inner.slowdown.times(i64::try_from(number).unwrap_or(i64::MAX));
        let seen = locked.backend.take_snapshot(arrived, &request);
        drop(locked);
        let base = format!("{}://{}", inner.scheme, arrival.host.unwrap_or(&inner.authority));
        let uploaded = arrival.uploaded;
        Pending { handler: self.clone(), shard, asked, credential, key, arrived, takes, seen, base, uploaded, came }
    }

    /// The answer to a body that is longer than it may be.
    pub(crate) fn too_large(&self, op: Option<Op>) -> Reply {
        self.refused(op, 413, ErrorCode::InvalidRequest, "The body is too large")
    }
    /// The answer to a request for which there is no room.
    pub(crate) fn full(&self, op: Option<Op>) -> Reply {
        self.refused(op, 503, ErrorCode::InternalError, "Too many requests are being served")
    }
    fn refused(&self, op: Option<Op>, status: u16, code: ErrorCode, why: &str) -> Reply {
        let key = join_keys(self.0.seed, self.0.requests.fetch_add(1, Ordering::Relaxed));
        self.0.tally.add(op, status, 0, Span::ZERO);
        let body = ErrorBody::new(code, why, format!("req_{key:016x}"));
        Reply::new(status, serde_json::to_vec(&body).ok())
    }
}

impl Inner {
    fn shard(&self, index: usize) -> MutexGuard<'_, Shard> {
        // A panic in one request is that request's; the rows are what they were before it.
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The shard of whoever asks; any one for who is unknown.
    fn home_of(&self, credential: &Credential, key: u64) -> usize {
        let home = match credential {
            Credential::Token(claims) => {
                let at = |name: &Option<SmolStr>| name.as_ref().and_then(|name| self.homes.get(name));
                at(&claims.tenant).or_else(|| at(&claims.user))
            }
            Credential::None | Credential::Invalid => None,
        };
        // Who has no home meets what goes wrong in the day: nothing does with the conformance pass's backend.
        home.copied().unwrap_or((key % self.day_shards as u64) as usize)
    }
}

impl Shard {
    fn now(&mut self, clock: Clock) -> Time {
        self.last = self.last.max(clock.now());
        self.last
    }
}

impl Pending {
    /// How long it is worked on, from now, before it takes effect.
    pub fn takes(&self) -> Span {
        self.takes
    }

    /// Applies the request to the backend at the present time, and gives the answer.
    pub fn take_effect(mut self) -> Outcome {
        let seen = self.seen.take();
        let outcome = self.answer(seen);
        let status = match &outcome {
            Outcome::Answered(reply) => reply.status,
            Outcome::Cut => 0,
        };
        let op = match &self.asked {
            Asked::Call(call) => Some(call.op()),
            Asked::Other { method, path, .. } => op_of(method, path),
        };
        let inner = &*self.handler.0;
        inner.tally.add(op, status, self.uploaded, inner.clock.now().since(self.came));
        outcome
    }

    fn answer(&self, seen: Option<Snapshot>) -> Outcome {
        let inner = &*self.handler.0;
        let (arrived, credential, key) = (self.arrived, &self.credential, self.key);
        let mut shard = inner.shard(self.shard);
        let now = shard.now(inner.clock);
        match &self.asked {
            Asked::Call(call) => {
                let served = shard.backend.serve(arrived, now, &Request { call, credential, key }, seen);
                drop(shard);
                let backend::Served::Answered(response) = served else { return Outcome::Cut };
                let rewritten = uploads::leading_here(&response, &self.base, self.shard);
                let body = encode_answer(rewritten.as_ref().unwrap_or(&response.answer));
                Outcome::Answered(Reply { retry_after: response.retry_after, ..Reply::new(response.status, body) })
            }
            Asked::Other { method, path, query, company_id, body } => {
                let company_id = company_id.as_deref();
                let backend = &mut shard.backend;
                let (status, retry_after, body) =
                    backend.handle_http(arrived, now, method, path, query, company_id, body, credential, key);
                let allow = (status == 405).then(|| methods_of(path));
                match status {
                    0 => Outcome::Cut,
                    _ => Outcome::Answered(Reply { retry_after, allow, ..Reply::new(status, body) }),
                }
            }
        }
    }
}

/// The request as the backend is asked, and the shard if the path tells it.
fn asked(arrival: &Arrival<'_>) -> (Option<usize>, Asked) {
    let Arrival { method, path, query, company_id, body, .. } = *arrival;
    let other = || Asked::Other {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        company_id: company_id.map(str::to_owned),
        body: body.to_vec(),
    };
    let Some(op) = op_of(method, path) else { return (None, other()) };
    if op == Op::PutAudio {
        let Ok(Call::PutAudio { key, .. }) = decode(method, path, "", b"", "") else { return (None, other()) };
        let (shard, call) = uploads::shard_of(&key, arrival.uploaded);
        return (Some(shard), Asked::Call(call));
    }
    let Ok(text) = std::str::from_utf8(body) else { return (None, other()) };
    let raw = RawCall {
        op,
        method: op.endpoint().method,
        path: path.into(),
        query: query.into(),
        body: text.into(),
        padding: 0,
        company_id: company_id.map(SmolStr::new),
    };
    (None, Asked::Call(Call::Raw(Box::new(raw))))
}

/// The methods that a path has. A path that is documented as it stands has those alone, though it could be one with an id
/// in its last place, too.
fn methods_of(path: &str) -> String {
    let has = |method: &&str| op_of(method, path).is_some_and(|op| !is_literal(path) || op.endpoint().path == path);
    METHODS.iter().map(|method| method.as_str()).filter(has).collect::<Vec<_>>().join(", ")
}

fn is_literal(path: &str) -> bool {
    ENDPOINTS.iter().any(|endpoint| endpoint.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_methods_of_a_path_are_those_of_the_table() {
        assert_eq!(methods_of("/api/v1/tasks"), "GET, POST");
        assert_eq!(methods_of("/api/v1/appointments/appt_1"), "GET, PATCH");
        assert_eq!(methods_of("/api/v1/recording-sessions/start"), "POST");
        assert_eq!(methods_of("/uploads/0.key"), "PUT");
    }
}
