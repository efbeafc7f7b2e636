//! Callers who are independent of each other, over HTTP.

use crate::case::Case;
use fieldday_api::SmolStr;
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_api::token::Claims;
use fieldday_capacity::level::{About, Level};
use fieldday_history::OutcomeClass;
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::{Span, Time};
use fieldday_mock::{Mock, Options};
use fieldday_plan::Plan;
use fieldday_rules::{Carried, Measures, Traffic};
use fieldday_scenario::Scenario;
use fieldday_scenario::limits::Limit;
use fieldday_tokens::{Algorithm, Key};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Requests a second of one caller.
pub const CALLS: f64 = 0.5;
/// Before a level is measured, the queue has so long to become what it will be.
pub const WARM_UP: Duration = Duration::from_secs(5);
/// Requests that are sent later than this make a level invalid, if more than one in fifty are …
const LATE: Duration = Duration::from_millis(3);
/// … so a shorter share of the time that a request is worked on, if that is long.
const LATE_SHARE: f64 = 0.25;
/// What a write sends.
const TASK: &str = r#"{"description":"call back","assigned_to":"rep"}"#;

/// A mock, and who calls it.
pub struct Callers {
    mock: Mock,
    client: Client<HttpConnector, Full<Bytes>>,
    bearer: String,
    limits: Vec<Limit>,
    writes_ppm: u32,
    late: Duration,
    levels: u64,
}

impl Callers {
    pub async fn of(case: &Case) -> Result<Callers, Box<dyn Error + Send + Sync>> {
        let key = Key::generate(Algorithm::Hs256)?;
        let plan = Plan::new(Arc::new(Scenario::load("demo")?), 1)?;
        let rep = plan.cell(0).tenants.into_iter().flat_map(|tenant| tenant.reps).next().ok_or("nobody to call")?;
        let mut options = Options::trusting(plan, std::slice::from_ref(&key));
        case.tell(&mut options);
        let mock = Mock::serve(options).await?;
        let now = mock.handler().clock().now();
        let claims = Claims {
            tenant: Some(rep.tenant_id),
            user: Some(rep.user_id),
            role: Some(SmolStr::new(Role::SalesRep.as_str())),
            issued_at: now,
            expires_at: now + Span::hours(12),
            ..Claims::default()
        };
        Ok(Callers {
            client: Client::builder(TokioExecutor::new()).build_http(),
            bearer: key.sign(&claims).expose_as_bearer(),
            limits: vec![Limit::parse(&format!("wire p95 < {} ms", (case.bound_s * 1e3).round()))?],
            writes_ppm: case.target.lock.map_or(0, |lock| lock.writes_ppm),
            late: LATE.max(Duration::from_secs_f64(case.target.work.mean_s() * LATE_SHARE)),
            levels: 0,
            mock,
        })
    }
    /// A level that was measured before: the next one has other calls.
    pub fn skip(&mut self) {
        self.levels += 1;
    }
    /// A level of so many callers: requests begin when they are due, whatever became of those before.
    pub async fn level(&mut self, callers: u64, for_s: f64) -> Result<Level, Box<dyn Error + Send + Sync>> {
        self.levels += 1;
        let lasts = Duration::from_secs_f64(for_s);
        let mut stream = Stream::new(7, Purpose::new("callers"), self.levels, 0, 0);
        let (began, mut due, mut calls, mut late) = (Instant::now(), Duration::ZERO, JoinSet::new(), (0_u64, 0_u64));
        let from = began + WARM_UP;
        let mut over = Over::new(lasts);
        loop {
            due += Duration::from_secs_f64(stream.exponential(1.0 / (callers as f64 * CALLS)));
            if due > WARM_UP + lasts {
                break;
            }
            tokio::time::sleep_until((began + due).into()).await;
            late = (late.0 + u64::from(began.elapsed() > due + self.late), late.1 + 1);
            let op = if stream.bernoulli(self.writes_ppm) { Op::CreateTask } else { Op::Health };
            let call = self.client.request(self.request(op)?);
            calls.spawn(async move {
                let sent = Instant::now();
                let class = match call.await {
                    Ok(answer) => {
                        let status = answer.status();
                        match answer.into_body().collect().await {
                            Ok(_) if status.is_success() => OutcomeClass::Expected,
                            Ok(_) if status.is_server_error() => OutcomeClass::ServerError,
                            Ok(_) => OutcomeClass::Refused,
                            Err(_) => OutcomeClass::ConnectionFailed,
                        }
                    }
                    Err(_) => OutcomeClass::ConnectionFailed,
                };
                (op, micros(from, sent), micros(from, Instant::now()), class)
            });
            while let Some(ended) = calls.try_join_next() {
                over.add(ended?);
            }
        }
        while let Some(ended) = calls.join_next().await {
            over.add(ended?);
        }
        let invalid = (late.0 > late.1 / 50 + 2).then(|| format!("{} of {} requests were sent late", late.0, late.1));
        let about = About { invalid, ..About::of(callers, Time::from_micros(0)) };
        over.traffic.carried.sort_by_key(|one| one.ended_us);
        Ok(Level::new(about, &over.traffic, &over.measures, &self.limits))
    }
    fn request(&self, op: Op) -> Result<Request<Full<Bytes>>, Box<dyn Error + Send + Sync>> {
        let request = Request::builder();
        let base = self.mock.base_url();
        Ok(match op {
            Op::CreateTask => request
                .method("POST")
                .uri(format!("{base}/api/v1/tasks"))
                .header("authorization", &self.bearer)
                .body(Full::new(Bytes::from_static(TASK.as_bytes())))?,
            _ => request.uri(format!("{base}/health")).body(Full::default())?,
        })
    }
    pub async fn stop(self) {
        self.mock.stop().await;
    }
}

/// What was measured of a level so far.
struct Over {
    traffic: Traffic,
    measures: Measures,
}

impl Over {
    fn new(lasts: Duration) -> Over {
        let lasts = Span::micros(lasts.as_micros() as i64);
        Over { traffic: Traffic::new(Span::ZERO, lasts), measures: Measures::default() }
    }
    fn add(&mut self, (op, began_us, ended_us, class): (Op, i64, i64, OutcomeClass)) {
        if ended_us <= 0 {
            return;
        }
        let good = class == OutcomeClass::Expected;
        self.traffic.carried.push(Carried { op, began_us, ended_us, good });
        if ended_us <= self.traffic.lasts().as_micros() {
            if good {
                self.measures.record_wire(op, Span::micros(ended_us - began_us));
            }
            self.measures.record_ended(op, class, 1);
        }
    }
}

/// From one moment to another; negative if that was before.
fn micros(from: Instant, to: Instant) -> i64 {
    match to.checked_duration_since(from) {
        Some(after) => after.as_micros() as i64,
        None => -(from.duration_since(to).as_micros() as i64),
    }
}
