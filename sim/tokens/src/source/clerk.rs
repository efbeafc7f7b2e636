//! Tokens that Clerk's Backend API gives: of a user's active session, or of a new one where the instance allows that.
//!
//! `GET /v1/sessions?user_id=…&status=active`, else `POST /v1/sessions`, then `POST /v1/sessions/{id}/tokens` whenever a token
//! is wanted. The session is remembered, and looked for again if Clerk no longer knows it.

use super::{FETCH_LIMIT, Identity};
use crate::{Jwt, TokenError};
use fieldday_api::SmolStr;
use fieldday_kernel::text::one_line;
use fieldday_kernel::time::Span;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where Clerk is, unless the environment says otherwise.
const CLERK: &str = "https://api.clerk.com";
/// One request may take so long.
const REQUEST_LIMIT: Duration = Duration::from_secs(5);
/// How often a request is sent that meets trouble which passes.
const ATTEMPTS: u32 = 3;
/// Before the first repeat; twice as long before each next one.
const PAUSE: Duration = Duration::from_millis(200);
const RATE_LIMITED: &str = "it limits the rate of requests";
/// An answer of the API is some hundred bytes a session.
const MOST_BYTES: usize = 1 << 20;

/// Takes tokens from Clerk's Backend API.
pub struct Clerk {
    client: Client,
    base: Url,
    life: Option<Span>,
    sessions: Mutex<HashMap<SmolStr, String>>,
    /// Until when Clerk asked to be left alone, by all users together.
    paused: Mutex<Option<Instant>>,
}

impl fmt::Debug for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tokens of {}", self.base)
    }
}

/// What an answer means for the one who asked.
enum Met {
    /// No further attempt can succeed, for this reason.
    Over(TokenError),
    /// It may go well if asked again, after so long.
    Passing(TokenError, Duration),
}

impl Clerk {
    /// Of the address in `CLERK_API_URL` (Clerk's own if absent) with the secret in `CLERK_SECRET_KEY`. Tokens live as long as
    /// `life` says, or as Clerk decides.
    pub fn from_environment(life: Option<Span>) -> Result<Clerk, TokenError> {
        let secret = std::env::var("CLERK_SECRET_KEY").ok().filter(|secret| !secret.trim().is_empty());
        let secret = secret
            .ok_or(TokenError::Settings("CLERK_SECRET_KEY is not set; it holds the secret key of your instance"))?;
        let base = std::env::var("CLERK_API_URL").ok().filter(|base| !base.trim().is_empty());
        Clerk::new(base.as_deref().unwrap_or(CLERK), &secret, life)
    }

    /// Of that address with that secret. The secret goes over TLS, or no further than this machine.
    pub fn new(base: &str, secret: &str, life: Option<Span>) -> Result<Clerk, TokenError> {
        let base = Url::parse(base.trim()).map_err(|_| TokenError::Settings("CLERK_API_URL is not a URL"))?;
        let host = base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_near = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        match base.scheme() {
            "https" => {}
            "http" if is_near => {}
            _ => {
                return Err(TokenError::Settings(
                    "CLERK_API_URL must begin with https://, because a secret is sent there",
                ));
            }
        }
        if !base.username().is_empty() || base.password().is_some() || base.query().is_some() {
            return Err(TokenError::Settings("CLERK_API_URL must not contain a user, a password or a query"));
        }
        let bearer = HeaderValue::try_from(format!("Bearer {}", secret.trim()));
        let mut bearer = bearer
            .map_err(|_| TokenError::Settings("CLERK_SECRET_KEY contains characters that a header cannot hold"))?;
        bearer.set_sensitive(true);
        let client = if is_near { Client::builder().no_proxy() } else { Client::builder() };
        let client = client
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .timeout(REQUEST_LIMIT)
            // An API that answers elsewhere is another API, and the secret is not for it.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("fieldday/", env!("CARGO_PKG_VERSION")))
            .build();
        let client =
            client.map_err(|_| TokenError::Settings("this machine has no root certificates to verify Clerk"))?;
        Ok(Clerk { client, base, life, sessions: Mutex::default(), paused: Mutex::default() })
    }

    pub(super) async fn token(&self, who: &Identity) -> Result<Jwt, TokenError> {
        let fetch = tokio::time::timeout(FETCH_LIMIT, self.fetch(&who.user_id));
        fetch.await.unwrap_or_else(|_| Err(self.error("it gave no token within 10 s")))
    }

    async fn fetch(&self, user: &SmolStr) -> Result<Jwt, TokenError> {
        let known = lock(&self.sessions).get(user).cloned();
        if let Some(session) = known {
            match self.token_of(&session).await {
                // The session ended: there may be another.
                Err(TokenError::Provider { status: Some(404 | 410 | 422), .. }) => {
                    lock(&self.sessions).remove(user);
                }
                outcome => return outcome,
            }
        }
        let session = match self.active_session(user).await? {
            Some(session) => session,
            None => self.new_session(user).await?,
        };
        let jwt = self.token_of(&session).await?;
        lock(&self.sessions).insert(user.clone(), session);
        Ok(jwt)
    }

    async fn active_session(&self, user: &str) -> Result<Option<String>, TokenError> {
        let query = [("user_id", user), ("status", "active"), ("limit", "1")];
        let mut url = self.url(&["v1", "sessions"]);
        url.query_pairs_mut().extend_pairs(query);
        let answer = self.ask(|| self.client.request(Method::GET, url.clone())).await?;
        // A list, or a page with a list in it.
        let list = answer.as_array().or(answer["data"].as_array());
        let list = list.ok_or_else(|| self.error("its list of sessions is malformed"))?;
        let is_active = |session: &&Value| session["status"].as_str().is_none_or(|status| status == "active");
        Ok(list.iter().find(is_active).and_then(|session| session["id"].as_str()).map(str::to_owned))
    }

    async fn new_session(&self, user: &str) -> Result<String, TokenError> {
        let url = self.url(&["v1", "sessions"]);
        let answer =
            self.ask(|| self.client.request(Method::POST, url.clone()).json(&json!({"user_id": user}))).await?;
        let id = answer["id"].as_str().filter(|id| !id.is_empty());
        id.map(str::to_owned).ok_or_else(|| self.error("its new session has no id"))
    }

    async fn token_of(&self, session: &str) -> Result<Jwt, TokenError> {
        let url = self.url(&["v1", "sessions", session, "tokens"]);
        let body = self.life.map_or(json!({}), |life| json!({"expires_in_seconds": life.as_seconds()}));
        let answer = self.ask(|| self.client.request(Method::POST, url.clone()).json(&body)).await?;
        let jwt = answer["jwt"].as_str().and_then(Jwt::read);
        jwt.ok_or_else(|| self.error("its answer is not a session token"))
    }

    /// Asks until there is an answer, or trouble that does not pass.
    async fn ask(&self, request: impl Fn() -> RequestBuilder) -> Result<Value, TokenError> {
        let mut pause = PAUSE;
        for attempt in 1.. {
            self.wait_while_paused().await?;
            match self.once(request()).await {
                Ok(value) => return Ok(value),
                Err(Met::Over(error)) => return Err(error),
                Err(Met::Passing(error, _)) if attempt == ATTEMPTS => return Err(error),
                Err(Met::Passing(_, at_least)) => {
                    tokio::time::sleep(pause.max(at_least)).await;
                    pause *= 2;
                }
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn once(&self, request: RequestBuilder) -> Result<Value, Met> {
        // The library's own errors carry the URL, and with it ids: what they say is said here instead.
        let mut response = request.send().await.map_err(|error| {
            let what: Cow<'static, str> = if error.is_timeout() {
                "it does not answer within 5 s".into()
            } else {
                cause(&error).map_or("it cannot be reached".into(), |why| format!("it cannot be reached: {why}").into())
            };
            Met::Passing(self.error(what), Duration::ZERO)
        })?;
        let status = response.status();
        let met = |what: &'static str| TokenError::Provider {
            at: self.at(),
            status: Some(status.as_u16()),
            what: what.into(),
        };
        match status {
            StatusCode::OK | StatusCode::CREATED => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(Met::Over(met("it refuses the secret in CLERK_SECRET_KEY")));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let wait = retry_after(response.headers());
                *lock(&self.paused) = Some(Instant::now() + wait);
                let error = met(RATE_LIMITED);
                return Err(if wait < FETCH_LIMIT { Met::Passing(error, wait) } else { Met::Over(error) });
            }
            _ if status.is_server_error() => return Err(Met::Passing(met("it answers with an error"), Duration::ZERO)),
            _ => return Err(Met::Over(met("it rejects the request"))),
        }
        let mut body = Vec::new();
        loop {
            let broken_off = |_| Met::Passing(met("its answer is incomplete"), Duration::ZERO);
            match response.chunk().await.map_err(broken_off)? {
                Some(chunk) if body.len() + chunk.len() <= MOST_BYTES => body.extend_from_slice(&chunk),
                Some(_) => return Err(Met::Over(met("its answer is too long"))),
                None => break,
            }
        }
        serde_json::from_slice(&body).map_err(|_| Met::Over(met("its answer is not JSON")))
    }

    async fn wait_while_paused(&self) -> Result<(), TokenError> {
        let until = *lock(&self.paused);
        let wait = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
        if wait >= FETCH_LIMIT {
            return Err(TokenError::Provider { at: self.at(), status: Some(429), what: RATE_LIMITED.into() });
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
    fn at(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }
    fn error(&self, what: impl Into<Cow<'static, str>>) -> TokenError {
        TokenError::Provider { at: self.at(), status: None, what: what.into() }
    }
}

/// What is behind everything else that an error says: what the system, the resolver or TLS reported. URLs stand above it.
fn cause(error: &reqwest::Error) -> Option<String> {
    let mut cause = error.source()?;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Some(one_line(&cause.to_string()).chars().take(160).collect())
}

/// How long a 429 asks to wait: a second if it does not say so in seconds.
fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(1).min(3600))
}

/// What these hold is whole whatever panicked.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
