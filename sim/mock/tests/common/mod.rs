//! A mock of the demo scenario at eight in the morning of its day, and a client.
#![allow(dead_code, missing_docs)] // Every test file takes what it needs.

use fieldday_api::SmolStr;
use fieldday_api::names::Role;
use fieldday_api::token::Claims;
use fieldday_kernel::time::{Span, Time};
use fieldday_mock::{Clock, Mock, Options, Service};
use fieldday_plan::{Plan, RepPlan};
use fieldday_scenario::Scenario;
use fieldday_tokens::{Algorithm, Key};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::sync::Arc;

/// The demo scenario with more of it, as TOML.
pub fn plan(more: &str) -> Plan {
    let text = format!("{}\n{more}", Scenario::builtin_text("demo").unwrap());
    let scenario = Scenario::parse(&text, "demo.toml").unwrap();
    Plan::new(Arc::new(scenario), 7).unwrap()
}
pub fn with_defect(name: &str) -> Plan {
    let mut scenario = Scenario::load("demo").unwrap();
    scenario.defects.push(name.to_owned());
    Plan::new(Arc::new(scenario), 7).unwrap()
}

/// A mock, its key, and the reps of its first tenant.
pub struct World {
    pub mock: Mock,
    pub key: Key,
    pub reps: Vec<RepPlan>,
    pub client: Client<HttpConnector, Full<Bytes>>,
}

/// One that takes no time at all, if `change` does not say otherwise.
pub async fn world(plan: Plan, change: impl FnOnce(&mut Options)) -> World {
    let key = Key::generate(Algorithm::Hs256).unwrap();
    let cell = plan.cell(0);
    let eight = cell.tenants[0].data.zone.midnight(cell.date) + Span::hours(8);
    let mut options = Options::trusting(plan, std::slice::from_ref(&key));
    options.clock = Clock::at(eight);
    options.service = Service::NONE;
    change(&mut options);
    let mock = Mock::serve(options).await.unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    World { mock, key, reps: cell.tenants.into_iter().flat_map(|tenant| tenant.reps).collect(), client }
}

impl World {
    pub fn now(&self) -> Time {
        self.mock.handler().clock().now()
    }
    pub fn claims(&self, rep: &RepPlan, role: Role) -> Claims {
        Claims {
            tenant: Some(rep.tenant_id.clone()),
            user: Some(rep.user_id.clone()),
            role: Some(SmolStr::new(role.as_str())),
            issued_at: self.now(),
            expires_at: self.now() + Span::minutes(1),
            ..Claims::default()
        }
    }
    /// The `Authorization` header of the first rep.
    pub fn bearer(&self) -> String {
        self.key.sign(&self.claims(&self.reps[0], Role::SalesRep)).expose_as_bearer()
    }
    /// The path of the first rep's shift: `clock-in`, `today`.
    pub fn shift(&self, what: &str) -> String {
        format!("/api/v1/reps/{}/shifts/{what}", self.reps[0].rep_id)
    }
    pub fn request(&self, line: &str, authorization: Option<&str>, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
        let (method, target) = line.split_once(' ').unwrap();
        let url = if target.starts_with('/') { format!("{}{target}", self.mock.base_url()) } else { target.to_owned() };
        let mut request = Request::builder().method(method).uri(url);
        if let Some(header) = authorization {
            request = request.header("authorization", header);
        }
        request.body(Full::new(body.into())).unwrap()
    }
    /// Sends a request; none if no answer came.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Option<(StatusCode, Value)> {
        let response = self.client.request(request).await.ok()?;
        let status = response.status();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
    /// The same as the first rep, who is answered.
    pub async fn ask(&self, line: &str, body: &'static str) -> (u16, Value) {
        let (status, body) = self.send(self.request(line, Some(&self.bearer()), body)).await.expect("an answer");
        (status.as_u16(), body)
    }
}
