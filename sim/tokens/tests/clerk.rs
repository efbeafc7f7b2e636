//! Clerk's Backend API, played by a stand-in.

mod common;

use common::{claims, noon, rep};
use fieldday_kernel::time::Span;
use fieldday_tokens::{Algorithm, Clerk, Jwt, Key, Source, TokenError, Wallet};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SECRET: &str = "sk_test_of_nobody";

/// A token of rep 1, as Clerk would sign it.
fn jwt() -> Jwt {
    Key::generate(Algorithm::EdDsa).unwrap().sign(&claims(&rep(1)))
}

async fn clerk(life: Option<Span>) -> (MockServer, Source) {
    let server = MockServer::start().await;
    let source = Source::Clerk(Clerk::new(&server.uri(), SECRET, life).unwrap());
    (server, source)
}

/// The list of active sessions holds these.
async fn sessions(server: &MockServer, ids: &[&str]) {
    let list: Vec<_> = ids.iter().map(|id| json!({"object": "session", "id": id, "status": "active"})).collect();
    Mock::given(method("GET"))
        .and(path("/v1/sessions"))
        .and(query_param("user_id", "user_1"))
        .and(query_param("status", "active"))
        .and(header("authorization", format!("Bearer {SECRET}").as_str()))
        .respond_with(ResponseTemplate::new(200).set_body_json(list))
        .mount(server)
        .await;
}

/// Asking for a token of `session` is answered like that, so often at most.
async fn tokens(server: &MockServer, session: &str, answer: ResponseTemplate, times: u64) {
    Mock::given(method("POST"))
        .and(path(format!("/v1/sessions/{session}/tokens")))
        .and(header("authorization", format!("Bearer {SECRET}").as_str()))
        .respond_with(answer)
        .up_to_n_times(times)
        .mount(server)
        .await;
}

fn gives(jwt: &Jwt) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"object": "token", "jwt": jwt.expose()}))
}

async fn asked(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
}

#[tokio::test]
async fn a_token_of_the_active_session_and_then_another_of_the_same() {
    let (server, clerk) = clerk(None).await;
    sessions(&server, &["sess_1"]).await;
    let jwt = jwt();
    tokens(&server, "sess_1", gives(&jwt), 2).await;
    for _ in 0..2 {
        assert!(clerk.token(&rep(1), noon()).await.unwrap() == jwt);
    }
    let (list, token) = ("GET /v1/sessions", "POST /v1/sessions/sess_1/tokens");
    assert_eq!(asked(&server).await, [list, token, token], "the session is remembered");
}

#[tokio::test]
async fn without_a_session_one_is_made_and_a_life_is_asked_for() {
    let (server, clerk) = clerk(Some(Span::seconds(90))).await;
    sessions(&server, &[]).await;
    Mock::given(method("POST"))
        .and(path("/v1/sessions"))
        .and(body_json(json!({"user_id": "user_1"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": "sess_9", "status": "active"})))
        .mount(&server)
        .await;
    let jwt = jwt();
    Mock::given(method("POST"))
        .and(path("/v1/sessions/sess_9/tokens"))
        .and(body_json(json!({"expires_in_seconds": 90})))
        .respond_with(gives(&jwt))
        .mount(&server)
        .await;
    assert!(clerk.token(&rep(1), noon()).await.unwrap() == jwt);
}

#[tokio::test]
async fn a_session_that_ended_is_looked_for_again() {
    let (server, clerk) = clerk(None).await;
    sessions(&server, &["sess_1"]).await;
    let jwt = jwt();
    tokens(&server, "sess_1", gives(&jwt), 1).await;
    tokens(&server, "sess_1", ResponseTemplate::new(404), 1).await;
    tokens(&server, "sess_1", gives(&jwt), 1).await;
    for _ in 0..2 {
        assert!(clerk.token(&rep(1), noon()).await.unwrap() == jwt);
    }
    assert_eq!(asked(&server).await.len(), 5);
}

#[tokio::test]
async fn a_refused_secret_is_said_at_once() {
    for status in [401, 403] {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(status).set_body_string(format!("{SECRET} is wrong")))
            .expect(1)
            .mount(&server)
            .await;
        let clerk = Source::Clerk(Clerk::new(&server.uri(), SECRET, None).unwrap());
        let error = clerk.token(&rep(1), noon()).await.unwrap_err();
        let said = format!("{error} {error:?} {} {clerk:?}", error.hint());
        assert!(said.contains("CLERK_SECRET_KEY") && said.contains(&status.to_string()), "{said}");
        assert!(!said.contains(SECRET), "{said}");
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_as_long_as_it_says() {
    let (server, clerk) = clerk(None).await;
    sessions(&server, &["sess_1"]).await;
    tokens(&server, "sess_1", ResponseTemplate::new(429).insert_header("retry-after", "1"), 1).await;
    let jwt = jwt();
    tokens(&server, "sess_1", gives(&jwt), 1).await;
    let began = Instant::now();
    assert!(clerk.token(&rep(1), noon()).await.unwrap() == jwt);
    assert!(began.elapsed() >= Duration::from_secs(1), "it was asked to wait a second");
    assert_eq!(asked(&server).await.len(), 3);
}

#[tokio::test]
async fn a_rate_limit_that_outlasts_a_fetch_is_not_waited_for_and_holds_for_everybody() {
    let (server, clerk) = clerk(None).await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "600"))
        .mount(&server)
        .await;
    for n in 1..=3 {
        let error = clerk.token(&rep(n), noon()).await.unwrap_err();
        assert!(matches!(error, TokenError::Provider { status: Some(429), .. }), "{error}");
    }
    assert_eq!(asked(&server).await.len(), 1, "the others leave it alone");
}

#[tokio::test]
async fn a_failing_clerk_is_asked_three_times() {
    let (server, clerk) = clerk(None).await;
    sessions(&server, &["sess_1"]).await;
    tokens(&server, "sess_1", ResponseTemplate::new(503), 2).await;
    let jwt = jwt();
    tokens(&server, "sess_1", gives(&jwt), 1).await;
    assert!(clerk.token(&rep(1), noon()).await.unwrap() == jwt, "the third time it works");
    tokens(&server, "sess_1", ResponseTemplate::new(500), 9).await;
    let before = asked(&server).await.len();
    let error = clerk.token(&rep(1), noon()).await.unwrap_err();
    assert!(matches!(error, TokenError::Provider { status: Some(500), .. }), "{error}");
    assert_eq!(asked(&server).await.len() - before, 3);
}

#[tokio::test]
async fn garbage_is_said_and_not_shown() {
    let garbage = "private-words";
    let text = |text: &str| ResponseTemplate::new(200).set_body_string(text);
    for (list, token) in [
        (Some(text(garbage)), None),
        (Some(text(r#"{"data": "private-words"}"#)), None),
        (Some(text("")), None),
        (Some(ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/private-words")), None),
        (Some(ResponseTemplate::new(418).set_body_string(garbage)), None),
        (Some(text(&format!("[\"{}\"]", "x".repeat(2 << 20)))), None),
        (None, Some(text("<html>private-words</html>"))),
        (None, Some(text(r#"{"jwt": "private-words"}"#))),
        (None, Some(text(r#"{"jwt": 7}"#))),
        (None, Some(text("{}"))),
    ] {
        let (server, clerk) = clerk(None).await;
        match list {
            Some(list) => Mock::given(method("GET")).respond_with(list).mount(&server).await,
            None => sessions(&server, &["sess_1"]).await,
        }
        if let Some(token) = token {
            tokens(&server, "sess_1", token, 1).await;
        }
        let error = clerk.token(&rep(1), noon()).await.unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(matches!(error, TokenError::Provider { .. }) && said.contains(&server.uri()), "{said}");
        assert!(!said.contains(garbage), "{said}");
    }
}

#[tokio::test]
async fn nobody_there_is_said_with_the_address() {
    // Nobody may listen on port 1 without being root, and nobody does.
    let clerk = Source::Clerk(Clerk::new("http://127.0.0.1:1/", SECRET, None).unwrap());
    let error = clerk.token(&rep(1), noon()).await.unwrap_err().to_string();
    assert!(error.contains("http://127.0.0.1:1") && error.contains("cannot be reached: Connection refused"), "{error}");
}

#[test]
fn the_secret_goes_over_tls_or_no_further_than_this_machine() {
    for base in ["https://api.clerk.com", "http://127.0.0.1:4010", "http://localhost:4010/", "http://[::1]:4010/api"] {
        assert!(Clerk::new(base, SECRET, None).is_ok(), "{base}");
    }
    for base in [
        "http://api.clerk.com",
        "http://localhost.example.com",
        "ftp://localhost",
        "",
        "clerk",
        "https://a:b@c.d",
        "https://c.d?e=f",
    ] {
        assert!(matches!(Clerk::new(base, SECRET, None), Err(TokenError::Settings(_))), "{base}");
    }
    assert!(matches!(Clerk::new("https://api.clerk.com", "a\nb", None), Err(TokenError::Settings(_))));
}

#[tokio::test]
async fn a_thousand_who_ask_at_once_for_one_user_make_one_fetch() {
    let (server, clerk) = clerk(None).await;
    sessions(&server, &["sess_1"]).await;
    let jwt = jwt();
    // Slow enough that all have asked before it answers.
    tokens(&server, "sess_1", gives(&jwt).set_delay(Duration::from_millis(100)), 9).await;
    let wallet = Arc::new(Wallet::new(clerk, 8));
    for fetches in 1..=2 {
        let asks: Vec<_> = (0..1000)
            .map(|_| {
                let wallet = wallet.clone();
                tokio::spawn(async move { wallet.fresh(&rep(1), noon()).await })
            })
            .collect();
        for ask in asks {
            assert!(ask.await.unwrap().unwrap() == jwt);
        }
        assert_eq!(wallet.fetches(), fetches);
    }
    assert_eq!(asked(&server).await.len(), 3, "the session, and a token each time");
}

#[tokio::test]
async fn a_thousand_who_ask_in_vain_make_one_fetch_and_the_next_may_succeed() {
    let (server, clerk) = clerk(None).await;
    let refused = ResponseTemplate::new(401).set_delay(Duration::from_millis(100));
    Mock::given(method("GET")).respond_with(refused).up_to_n_times(1).mount(&server).await;
    let wallet = Arc::new(Wallet::new(clerk, 8));
    let asks: Vec<_> = (0..1000)
        .map(|_| {
            let wallet = wallet.clone();
            tokio::spawn(async move { wallet.token(&rep(1), noon()).await })
        })
        .collect();
    for ask in asks {
        assert!(matches!(*ask.await.unwrap().unwrap_err(), TokenError::Provider { status: Some(401), .. }));
    }
    assert_eq!((wallet.fetches(), asked(&server).await.len()), (1, 1));
    sessions(&server, &["sess_1"]).await;
    let jwt = jwt();
    tokens(&server, "sess_1", gives(&jwt), 1).await;
    assert!(wallet.token(&rep(1), noon()).await.unwrap() == jwt, "a failure is not kept");
}

#[tokio::test]
async fn a_fetch_that_is_given_up_leaves_the_next_one_its_turn() {
    let (server, clerk) = clerk(None).await;
    sessions(&server, &["sess_1"]).await;
    let jwt = jwt();
    tokens(&server, "sess_1", gives(&jwt).set_delay(Duration::from_secs(600)), 1).await;
    tokens(&server, "sess_1", gives(&jwt), 1).await;
    let wallet = Wallet::new(clerk, 1);
    let (who, limit) = (rep(1), Duration::from_millis(100));
    let given_up = tokio::time::timeout(limit, wallet.token(&who, noon())).await;
    assert!(given_up.is_err());
    assert!(wallet.token(&who, noon()).await.unwrap() == jwt);
}
