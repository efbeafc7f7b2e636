//! The same handler as what a wiremock server answers.

mod common;
use common::*;
use fieldday_kernel::time::Span;
use fieldday_mock::{Clock, Handler, Options, Service};
use fieldday_plan::Plan;
use fieldday_tokens::{Algorithm, Key};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

async fn served(plan: Plan, key: &Key) -> MockServer {
    let cell = plan.cell(0);
    let mut options = Options::trusting(plan, std::slice::from_ref(key));
    options.clock = Clock::at(cell.tenants[0].data.zone.midnight(cell.date) + Span::hours(8));
    options.service = Service::NONE;
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Handler::new(options).unwrap()).mount(&server).await;
    server
}

#[tokio::test]
async fn a_rep_clocks_in_twice_and_a_foreign_answer_is_the_same_as_on_axum() {
    let mut world = world(plan(""), |_| ()).await;
    let server = served(plan(""), &world.key).await;
    let clock_in = format!("POST {}{}", server.uri(), world.shift("clock-in"));
    let (status, first) = world.ask(&clock_in, "{}").await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(world.ask(&clock_in, "{}").await.1["data"]["shift"], first["data"]["shift"]);
    assert_eq!(world.mock.served().requests(), 0, "it went to wiremock");
    let here = world.ask("DELETE /api/v1/tasks", "").await;
    let there = world.ask(&format!("DELETE {}/api/v1/tasks", server.uri()), "").await;
    assert_eq!((there.0, &there.1["detail"]["error_code"]), (here.0, &here.1["detail"]["error_code"]));
    world.key = Key::generate(Algorithm::Hs256).unwrap();
    assert_eq!(world.ask(&clock_in, "{}").await.0, 401);
}

#[tokio::test]
async fn where_the_connection_would_break_a_502_without_a_body_comes() {
    let key = Key::generate(Algorithm::Hs256).unwrap();
    let lost = "[[mishap]]\nname = \"lost\"\nkind = \"lost-answer\"\n";
    let server = served(plan(lost), &key).await;
    let world = world(plan(""), |_| ()).await;
    let (status, body) = world.ask(&format!("GET {}/health", server.uri()), "").await;
    assert_eq!((status, body), (502, serde_json::Value::Null));
}
