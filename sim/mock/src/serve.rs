//! On axum: an accept loop of our own, so that a connection can be broken off in place of an answer.

use crate::body::{self, Unread};
use crate::handler::{Arrival, Handler, Outcome, Reply};
use crate::options::{MockError, Options};
use crate::tally::Served;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use fieldday_api::endpoint::Op;
use fieldday_api::http::op_of;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// How long answers that are under way have to get out once the mock is stopped.
const LAST_ANSWERS: Duration = Duration::from_millis(500);
/// How long a client that has connected may take to say something, and a handshake to be over.
const FIRST_BYTE: Duration = Duration::from_secs(30);
/// How long it waits before it accepts again, when the system has no more descriptors.
const BREATH: Duration = Duration::from_millis(20);

/// Marks an answer that is none: its connection is to be broken off.
#[derive(Clone, Copy)]
struct Cut;

/// A mock that is being served: HTTP/1.1 and HTTP/2, over TLS if it was given a certificate. It runs on the runtime that
/// it was started on, until it is stopped or dropped.
pub struct Mock {
    handler: Handler,
    address: SocketAddr,
    scheme: &'static str,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Mock {
    /// Listens, makes a backend for each cell of the plan and serves in the background.
    pub async fn serve(mut options: Options) -> Result<Mock, MockError> {
        let cannot = |source| MockError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        options.listen = address;
        let tls = options.tls.clone().map(TlsAcceptor::from);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let handler = Handler::new(options)?;
        let (stop, stopped) = watch::channel(false);
        let router = router(handler.clone());
        let accepting = tokio::spawn(accept(listener, tls, router, handler.patience(), stopped));
        Ok(Mock { handler, address, scheme, stop, accepting })
    }
    /// The address with the port that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// The URL before paths: `http://127.0.0.1:8080`.
    pub fn base_url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
    /// Where the public keys of the tokens are that it takes.
    pub fn jwks_url(&self) -> String {
        format!("{}/.well-known/jwks.json", self.base_url())
    }
    /// The handler that answers the requests.
    pub fn handler(&self) -> &Handler {
        &self.handler
    }
    /// What was served so far.
    pub fn served(&self) -> Served {
        self.handler.served()
    }
    /// Takes no more connections, lets what is under way be answered for a moment, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It ends by itself; if it panicked there is nothing left to stop.
        let _ = self.accepting.await;
    }
}

fn router(handler: Handler) -> Router {
    Router::new().route("/.well-known/jwks.json", get(jwks)).fallback(answer).with_state(handler)
}

async fn jwks(State(handler): State<Handler>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], handler.jwks().to_owned())
}

/// Answers any request but that for the public keys.
async fn answer(State(handler): State<Handler>, request: Request<Body>) -> Response<Body> {
    // Whatever was heard takes effect, also if who asked does not wait for the answer. So it is no part of the connection.
    let outcome = tokio::spawn(outcome(handler, request)).await;
    match outcome {
        Ok(Outcome::Answered(reply)) => response(reply),
        // A panic is a bug; its client sees what a crash looks like.
        Ok(Outcome::Cut) | Err(_) => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(Cut);
            response
        }
    }
}

async fn outcome(handler: Handler, request: Request<Body>) -> Outcome {
    let (head, body) = request.into_parts();
    let (method, path) = (head.method.as_str(), head.uri.path());
    let op = op_of(method, path);
    let read = match op {
        Some(Op::PutAudio) => {
            body::counted(body, handler.upload_limit(), handler.patience()).await.map(|bytes| (Vec::new(), bytes))
        }
        _ => body::read(body, handler.patience()).await.map(|body| (body, 0)),
    };
    let (body, uploaded) = match read {
        Ok(read) => read,
        Err(Unread::TooLarge) => return Outcome::Answered(handler.too_large(op)),
        Err(Unread::Broken) => return Outcome::Cut,
    };
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let arrival = Arrival {
        method,
        path,
        query: head.uri.query().unwrap_or_default(),
        // One that is no text is no token either.
        authorization: head.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or("?")),
        company_id: header("x-company-id"),
        host: head.uri.authority().map(|authority| authority.as_str()).or_else(|| header(HOST.as_str())),
        body: &body,
        uploaded,
    };
    let came = handler.clock().now();
    // Audio goes to a store, not to those who answer.
    if op == Some(Op::PutAudio) {
        let pending = handler.arrive_late(&arrival, came);
        handler.work(None, pending.takes()).await;
        return pending.take_effect();
    }
    let Ok(_place) = handler.place() else { return Outcome::Answered(handler.full(op)) };
    let mut turn = handler.turn(!matches!(method, "GET" | "HEAD")).await;
    let pending = handler.arrive_late(&arrival, came);
    handler.work(Some(&mut turn), pending.takes()).await;
    pending.take_effect()
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap_or_default());
    for (name, value) in reply.headers() {
        response = response.header(name, value);
    }
    if reply.body.is_some() {
        response = response.header(CONTENT_TYPE, "application/json");
    }
    // Every part of it is made of numbers and of names of our own.
    response.body(reply.body.map_or_else(Body::empty, Body::from)).unwrap_or_default()
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    patience: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // Connections that ended are let go of.
            Some(_) = connections.join_next() => continue,
            // Stopped, or dropped without being stopped.
            _ = stopped.changed() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, tls.clone(), router.clone(), patience, stopped.clone()));
            }
            Err(_) => tokio::time::sleep(BREATH).await,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    patience: Duration,
    stopped: watch::Receiver<bool>,
) {
    // Answers are small and wait for nothing. What cannot be set is no reason not to answer.
    let _ = stream.set_nodelay(true);
    // Who connects says something: its first byte tells which HTTP it speaks, or begins a handshake.
    if !matches!(timeout(patience.min(FIRST_BYTE), stream.peek(&mut [0])).await, Ok(Ok(1..))) {
        return;
    }
    match tls {
        None => converse(stream, router, patience, stopped).await,
        Some(tls) => {
            // A handshake that fails is the client's to tell.
            if let Ok(Ok(stream)) = timeout(patience.min(FIRST_BYTE), tls.accept(stream)).await {
                converse(stream, router, patience, stopped).await;
            }
        }
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    patience: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let cut = Arc::new(Notify::new());
    let service = TowerToHyperService::new(router);
    let served = service_fn(|request: Request<Incoming>| {
        let (answer, cut) = (service.call(request), cut.clone());
        async move {
            let response = answer.await?;
            if response.extensions().get::<Cut>().is_some() {
                cut.notify_one();
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // It closes what nobody speaks over any more: a head that does not go on, a client that vanished without a word.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(patience).keep_alive_timeout(patience.min(FIRST_BYTE));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), served));
    tokio::select! {
        // However it ends, it has ended.
        _ = connection.as_mut() => {}
        // Dropping it breaks it off.
        () = cut.notified() => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(LAST_ANSWERS, connection).await;
        }
    }
}
