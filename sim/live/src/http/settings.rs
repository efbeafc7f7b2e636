//! What all requests of a run have in common, and one call outside of any cell.

use super::body::Outgoing;
use super::budget::AnswerBudget;
use super::connect::Connector;
use super::exchange::{Exchange, ExchangeEnd, exchange};
use super::trouble::NoConnection;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::dialect::{Dialect, write_call};
use fieldday_scenario::HttpVersion;
use fieldday_tokens::Wallet;
use hyper::Request;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};

/// What all cells of a run have in common.
pub struct WireSettings {
    /// Opens connections to the target.
    pub connector: Connector,
    /// Which HTTP is spoken, to object stores too.
    pub http: HttpVersion,
    /// Further root certificates, in DER.
    pub roots: Vec<Vec<u8>>,
    /// How the target's answers differ from the specification in form.
    pub dialect: Dialect,
    /// Holds the users' tokens and asks the source for new ones.
    pub wallet: Wallet,
    /// The run's own id: in `User-Agent`, and in every trace.
    pub run: u64,
    /// The most audio that is really sent of a recording.
    pub upload_bytes: Option<u64>,
    /// What answers may hold together while they are read.
    pub answers: AnswerBudget,
    /// Hosts beyond the target's that may be called: audio goes to no other.
    pub allow: Vec<String>,
    /// The first host that audio was to go to, and that nobody allowed.
    pub not_allowed: std::sync::Mutex<Option<String>>,
    /// Which build of the target answers, once it said so.
    pub version: std::sync::OnceLock<String>,
    /// The first of what a source of tokens had to say.
    pub token_trouble: std::sync::Mutex<Option<String>>,
}

/// Why a call outside any cell has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unanswered {
    /// The connection could not be made.
    NoConnection(NoConnection),
    /// The exchange failed, as the word says.
    Ended(SmolStr),
}

/// One call outside any cell: to look at a target before a run.
pub async fn call_once(wire: &WireSettings, call: &Call, bearer: Option<&str>) -> Result<Exchange, Unanswered> {
    let connection = wire.connector.connect().await.map_err(Unanswered::NoConnection)?;
    let ended = |why: &str| Unanswered::Ended(why.into());
    let (mut request, body) = wire.written(call, 1);
    if let Some(bearer) = bearer {
        let mut bearer = HeaderValue::from_str(bearer).map_err(|_| ended("a token that is no header"))?;
        bearer.set_sensitive(true);
        request = request.header(AUTHORIZATION, bearer);
    }
    let request = request.body(body).map_err(|_| ended("a request that is no HTTP"))?;
    let limit = call.op().endpoint().class.limit().duration();
    match tokio::time::timeout(limit, exchange(connection, request, &wire.answers)).await {
        Ok(Ok((answer, _))) => Ok(answer),
        Ok(Err(ExchangeEnd(why))) => Err(Unanswered::Ended(why)),
        Err(_) => Err(ended("no answer in time")),
    }
}

impl WireSettings {
    /// A request but for what says who asks, and its body.
    pub(crate) fn written(&self, call: &Call, key: u64) -> (hyper::http::request::Builder, Outgoing) {
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
    pub(crate) fn traced(&self, request: hyper::http::request::Builder, key: u64) -> hyper::http::request::Builder {
        let (run, version, span) = (self.run, env!("CARGO_PKG_VERSION"), key.rotate_left(32) | 1);
        request
            .header(USER_AGENT, format!("fieldday/{version} run/{run:016x}"))
            .header("traceparent", format!("00-{run:016x}{key:016x}-{span:016x}-01"))
    }
}
