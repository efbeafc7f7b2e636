//! Over a real wire: tokens, errors, uploads, connections.

mod common;
use common::*;
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_kernel::time::Span;
use fieldday_mock::Service;
use fieldday_tokens::{Algorithm, Key};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_rep_clocks_in_twice_and_has_one_shift() {
    let world = world(plan(""), |_| ()).await;
    let clock_in = format!("POST {}", world.shift("clock-in"));
    let (status, first) = world.ask(&clock_in, "{}").await;
    assert_eq!(status, 200, "{first}");
    let (_, again) = world.ask(&clock_in, "").await;
    assert!(first["data"]["shift"]["id"].is_string());
    assert_eq!(again["data"]["shift"], first["data"]["shift"]);
    assert_eq!(
        world.ask(&format!("GET {}", world.shift("today")), "").await.1["data"]["shift"],
        first["data"]["shift"]
    );
    let served = world.mock.served();
    assert_eq!((served.of(Op::ClockIn), served.of(Op::ShiftToday), served.requests()), (2, 1, 3));
    assert_eq!(served.delays.len(), 3);
    world.mock.stop().await;
}

#[tokio::test]
async fn a_token_is_taken_only_from_its_key_and_in_its_time() {
    let world = world(plan(""), |_| ()).await;
    let claims = world.claims(&world.reps[0], Role::SalesRep);
    let bearer = |key: &Key, claims: &_| Some(key.sign(claims).expose_as_bearer());
    let expired = fieldday_api::token::Claims { expires_at: world.now() - Span::minutes(2), ..claims.clone() };
    let homeless = fieldday_api::token::Claims { tenant: None, ..claims.clone() };
    let stranger = Key::generate(Algorithm::Rs256).unwrap();
    let cases = [
        (bearer(&world.key, &claims), 200, None),
        (None, 401, Some("INVALID_TOKEN")),
        (Some("Bearer garbage".to_owned()), 401, Some("INVALID_TOKEN")),
        (Some("Basic dXNlcjpwYXNz".to_owned()), 401, Some("INVALID_TOKEN")),
        (bearer(&stranger, &claims), 401, Some("INVALID_TOKEN")),
        (bearer(&world.key, &expired), 401, Some("TOKEN_EXPIRED")),
        (bearer(&world.key, &homeless), 401, Some("MISSING_TENANT_ID")),
        (bearer(&world.key, &world.claims(&world.reps[0], Role::Csr)), 403, Some("RBAC_VIOLATION")),
    ];
    assert_eq!(world.ask(&format!("POST {}", world.shift("clock-in")), "").await.0, 200);
    for (number, (header, status, code)) in cases.into_iter().enumerate() {
        let request = world.request(&format!("GET {}", world.shift("today")), header.as_deref(), "");
        let (got, body) = world.send(request).await.unwrap();
        let said = body["detail"]["error_code"].as_str();
        assert_eq!((got.as_u16(), said), (status, code), "case {number}: {body}");
    }
    assert_eq!(world.mock.served().refused, 7);
}

#[tokio::test]
async fn what_is_not_documented_or_not_json_is_refused_in_the_envelope() {
    let world = world(plan(""), |_| ()).await;
    let cases: [(&str, &'static [u8], u16, &str); 6] = [
        ("GET /api/v1/secrets", b"", 404, "NOT_FOUND"),
        ("GET /", b"", 404, "NOT_FOUND"),
        ("DELETE /api/v1/tasks", b"", 405, "METHOD_NOT_ALLOWED"),
        ("POST /api/v1/tasks", b"{\"description\":", 400, "VALIDATION_ERROR"),
        ("POST /api/v1/tasks", b"{\"description\":\"\xff\",\"assigned_to\":\"rep\"}", 400, "VALIDATION_ERROR"),
        ("GET /api/v1/tasks?limit=many", b"", 400, "INVALID_REQUEST"),
    ];
    for (line, body, status, code) in cases {
        let (got, answer) = world.send(world.request(line, Some(&world.bearer()), body)).await.unwrap();
        assert_eq!((got.as_u16(), answer["detail"]["error_code"].as_str()), (status, Some(code)), "{line}: {answer}");
        assert!(answer["detail"]["request_id"].as_str().unwrap().starts_with("req_"));
    }
    let put = world.request("PUT /api/v1/tasks", Some(&world.bearer()), "");
    let response = world.client.request(put).await.unwrap();
    assert_eq!(response.headers()["allow"], "GET, POST");
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[tokio::test]
async fn audio_goes_to_the_mock_itself_and_is_counted_and_thrown_away() {
    let world = world(plan(""), |options| options.upload_limit = 8 << 20).await;
    world.ask(&format!("POST {}", world.shift("clock-in")), "").await;
    let today = world.ask("GET /api/v1/appointments", "").await.1;
    let appointment = today["data"]["appointments"][0]["appointment_id"].as_str().unwrap().to_owned();
    let start = format!(
        r#"{{"appointment_id":"{appointment}","rep_id":"{}","location":{{"lat":40.7,"lng":-74.0}},"mode":"full"}}"#,
        world.reps[0].rep_id
    );
    let request = world.request("POST /api/v1/recording-sessions/start", Some(&world.bearer()), start);
    let (_, started) = world.send(request).await.unwrap();
    let url = started["data"]["audio_upload_url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/uploads/0.session_", world.mock.base_url())), "it leads to the mock");
    let (status, _) = world.send(world.request(&format!("PUT {url}"), None, vec![7; 5 << 20])).await.unwrap();
    assert_eq!((status.as_u16(), world.mock.served().audio_bytes), (200, 5 << 20));
    let guess = world.send(world.request(&format!("PUT {url}x"), None, "audio")).await.unwrap();
    assert_eq!((guess.0.as_u16(), &guess.1["detail"]["error_code"]), (403, &"RBAC_VIOLATION".into()));
    // The answer may come before the whole body went out; then the connection may break first.
    if let Some((status, _)) = world.send(world.request(&format!("PUT {url}"), None, vec![7; 9 << 20])).await {
        assert_eq!(status.as_u16(), 413);
    }
    assert_eq!(world.mock.served().audio_bytes, (5 << 20) + 5, "what is too large is not counted as uploaded");
}

#[tokio::test]
async fn a_lost_answer_breaks_the_connection_and_has_taken_effect() {
    let lost = "[[mishap]]\nname = \"lost\"\nkind = \"lost-answer\"\nops = [\"clock-in\"]\n";
    let world = world(plan(lost), |_| ()).await;
    let mut stream = TcpStream::connect(world.mock.address()).await.unwrap();
    let (path, bearer) = (world.shift("clock-in"), world.bearer());
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: mock\r\nauthorization: {bearer}\r\ncontent-length: 2\r\n\r\n{{}}");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Reset or closed: either way not a byte of an answer.
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(answer, b"");
    assert_eq!(world.mock.served().cut, 1);
    let (status, today) = world.ask(&format!("GET {}", world.shift("today")), "").await;
    assert_eq!((status, &today["data"]["shift"]["status"]), (200, &"active".into()));
}

/// Check-then-insert: what two requests read before either wrote.
#[tokio::test]
async fn a_race_shows_over_http_where_the_defect_is_built_in_and_not_otherwise() {
    for (plan, shifts) in [(with_defect("clock-in-race"), 2), (plan(""), 1)] {
        let world = world(plan, |options| options.service = Service::Fixed(Span::millis(300))).await;
        let clock_in = format!("POST {}", world.shift("clock-in"));
        let ((_, one), (_, other)) = tokio::join!(world.ask(&clock_in, ""), world.ask(&clock_in, ""));
        let mut ids = [&one, &other].map(|body| body["data"]["shift"]["id"].as_str().unwrap()).to_vec();
        ids.dedup();
        assert_eq!(ids.len(), shifts);
    }
}

#[tokio::test]
async fn what_was_heard_takes_effect_though_its_client_went_away() {
    let world = world(plan(""), |options| options.service = Service::Fixed(Span::millis(50))).await;
    let mut stream = TcpStream::connect(world.mock.address()).await.unwrap();
    let (path, bearer) = (world.shift("clock-in"), world.bearer());
    let head = format!("POST {path} HTTP/1.1\r\nhost: mock\r\nauthorization: {bearer}\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    drop(stream);
    while world.mock.served().requests() < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(world.ask(&format!("GET {}", world.shift("today")), "").await.0, 200);
}

#[tokio::test]
async fn one_worker_takes_one_request_at_a_time_and_the_delay_says_so() {
    let world = world(plan(""), |options| {
        options.service = Service::Fixed(Span::millis(40));
        options.workers = Some(1);
    })
    .await;
    let health = || world.ask("GET /health", "");
    tokio::join!(health(), health(), health());
    let delays = world.mock.served().delays;
    assert!(delays.min() >= 39_000, "{} µs", delays.min());
    assert!(delays.max() >= 118_000, "the last waited for two others: {} µs", delays.max());
}

#[tokio::test]
async fn what_finds_no_room_is_refused_at_once() {
    let world = world(plan(""), |options| {
        options.service = Service::Fixed(Span::millis(150));
        (options.workers, options.sheds_above) = (Some(1), Some(2));
    })
    .await;
    let health = || world.ask("GET /health", "");
    let (one, two, three) = tokio::join!(health(), health(), health());
    let mut statuses = [one.0, two.0, three.0];
    statuses.sort();
    assert_eq!((statuses, world.mock.served().failed), ([200, 200, 503], 1));
    assert_eq!(health().await.0, 200, "there is room again");
}

#[tokio::test]
async fn writes_share_a_lock_and_reads_do_not_wait_for_it() {
    let world = world(plan(""), |options| options.write_lock = Some(Span::millis(60))).await;
    let task = || world.ask("POST /api/v1/tasks", r#"{"description":"call back","assigned_to":"rep"}"#);
    let read = async {
        let began = std::time::Instant::now();
        (world.ask("GET /health", "").await.0, began.elapsed())
    };
    let (one, two, (status, took)) = tokio::join!(task(), task(), read);
    assert!((200..300).contains(&one.0) && (200..300).contains(&two.0) && status == 200, "{one:?} {two:?} {status}");
    let delays = world.mock.served().delays;
    assert!(delays.max() >= 119_000, "the second write waited for the first: {} µs", delays.max());
    assert!(took < Duration::from_millis(60), "{took:?}");
}

#[tokio::test]
async fn requests_wait_for_a_connection_with_their_worker() {
    let world = world(plan(""), |options| {
        options.service = Service::Fixed(Span::millis(40));
        (options.workers, options.connections) = (Some(8), Some(1));
    })
    .await;
    let health = || world.ask("GET /health", "");
    tokio::join!(health(), health(), health());
    let delays = world.mock.served().delays;
    assert!(delays.max() >= 118_000, "the last waited for two others: {} µs", delays.max());
}

#[tokio::test]
async fn three_workers_take_three_requests_at_a_time() {
    let world = world(plan(""), |options| {
        options.service = Service::Fixed(Span::millis(60));
        options.workers = Some(3);
    })
    .await;
    let health = || world.ask("GET /health", "");
    tokio::join!(health(), health(), health(), health(), health(), health());
    let delays = world.mock.served().delays;
    assert!(delays.value_at_quantile(0.5) < 110_000, "three waited for nobody: {} µs", delays.value_at_quantile(0.5));
    assert!(delays.max() >= 118_000, "and three for those: {} µs", delays.max());
}

#[tokio::test]
async fn an_exponential_service_time_has_its_mean_and_a_long_tail() {
    let world = Arc::new(world(plan(""), |options| options.service = Service::Exponential(Span::millis(100))).await);
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let world = world.clone();
        asked.spawn(async move { world.ask("GET /health", "").await });
    }
    asked.join_all().await;
    let delays = world.mock.served().delays;
    assert!((80_000.0..130_000.0).contains(&delays.mean()), "{} µs on average", delays.mean());
    assert!(delays.value_at_quantile(0.1) < 30_000, "{} µs", delays.value_at_quantile(0.1));
    assert!(delays.max() > 300_000, "{} µs at most", delays.max());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_are_answered_side_by_side() {
    let world = world(plan(""), |_| ()).await;
    let mut streams = Vec::new();
    for _ in 0..1_000 {
        streams.push(TcpStream::connect(world.mock.address()).await.unwrap());
    }
    for stream in &mut streams {
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: mock\r\n\r\n").await.unwrap();
    }
    let mut answered = 0;
    for stream in &mut streams {
        let mut head = [0; 15];
        stream.read_exact(&mut head).await.unwrap();
        answered += usize::from(&head == b"HTTP/1.1 200 OK");
    }
    assert_eq!((answered, world.mock.served().of(Op::Health)), (1_000, 1_000));
    let stopping = tokio::time::timeout(Duration::from_secs(10), world.mock.stop()).await;
    assert!(stopping.is_ok(), "a mock with idle connections stops");
}

#[tokio::test]
async fn http_2_is_spoken_with_prior_knowledge_and_a_cut_is_a_cut_there_too() {
    use http_body_util::Full;
    use hyper::body::Bytes;
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    let lost = "[[mishap]]\nname = \"lost\"\nkind = \"lost-answer\"\nops = [\"list-tasks\"]\n";
    let world = world(plan(lost), |_| ()).await;
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let health = client.request(world.request("GET /health", None, "")).await.unwrap();
    assert_eq!((health.status().as_u16(), health.version()), (200, hyper::Version::HTTP_2));
    let lost = client.request(world.request("GET /api/v1/tasks", Some(&world.bearer()), "")).await;
    let lost = lost.unwrap_err();
    assert!(!lost.is_connect(), "{lost:?}");
    assert!(format!("{lost:?}").contains("stream closed because of a broken pipe"), "{lost:?}");
    assert_eq!(world.mock.served().cut, 1);
}

#[tokio::test]
async fn the_keys_are_served_for_whoever_is_to_trust_them() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    let served = fieldday_tokens::jwks(std::slice::from_ref(&key));
    let world = world(plan(""), |options| options.jwks = served.clone()).await;
    assert_eq!(world.mock.jwks_url(), format!("{}/.well-known/jwks.json", world.mock.base_url()));
    let (status, body) = world.ask("GET /.well-known/jwks.json", "").await;
    assert_eq!((status, body["keys"][0]["kid"].as_str()), (200, Some(key.kid())));
}

#[tokio::test]
async fn connections_over_which_nothing_more_comes_are_closed() {
    let world = world(plan(""), |options| options.patience = Duration::from_millis(300)).await;
    let path = world.shift("clock-in");
    let half_a_body = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{{");
    let whole = "GET /health HTTP/1.1\r\nhost: a\r\n\r\n";
    for sent in ["", "GET /health HT", "GET /health HTTP/1.1\r\nhost: a\r\n", &half_a_body, whole] {
        let mut stream = TcpStream::connect(world.mock.address()).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "it is kept open after {sent:?}");
        assert_eq!(answer.starts_with(b"HTTP/1.1 200"), sent == whole, "{sent:?}");
    }
}
