//! Targets that cannot be used, each in another way: what is seen of them before anything is sent to, and what is said.

use fieldday_live::clock::utc_now;
use fieldday_live::preflight::{Preflight, TokenTrouble, Unusable};
use fieldday_live::prepare::{Called, LiveOptions, PrepareError, prepare};
use fieldday_mock::{Mock, Options, Service};
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use fieldday_tokens::{Algorithm, Key};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};
use tokio::runtime::Runtime;

/// A request as a server reads it: its path with the query, and its token.
struct Asked {
    path: String,
    token: String,
}

/// An answer: a status, headers, a body.
struct Answer(u16, Vec<(&'static str, String)>, Vec<u8>);

fn json(status: u16, body: &str) -> Answer {
    Answer(status, vec![("Content-Type", "application/json".to_owned())], body.as_bytes().to_vec())
}
fn error(status: u16, code: &str, message: &str) -> Answer {
    json(status, &format!(r#"{{"detail":{{"error_code":"{code}","message":"{message}","request_id":"req_1"}}}}"#))
}
/// What an API without any rows answers.
fn empty(asked: &Asked) -> Answer {
    match &asked.path {
        path if path.starts_with("/health") => json(200, r#"{"status":"ok"}"#),
        path if path.starts_with("/api/v1/appointments") => {
            json(200, r#"{"data":{"appointments":[],"total":0,"date":"2026-06-10"}}"#)
        }
        path if path.starts_with("/api/v1/tasks") => json(200, r#"{"data":{"tasks":[],"total":0,"overdue_count":0}}"#),
        _ => error(404, "NOT_FOUND", "No shift today"),
    }
}

/// Serves whoever connects, one request a connection; gives its base URL. It dies with the process.
fn serves(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut byte) {
                        Ok(1..) => head.push(byte[0]),
                        _ => return,
                    }
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let path = head.split(' ').nth(1).unwrap().to_owned();
                let header = |name: &str| {
                    let line = head.lines().find(|line| line.to_lowercase().starts_with(name));
                    line.map_or_else(String::new, |line| line[name.len()..].trim().to_owned())
                };
                let Answer(status, headers, body) = answer(&Asked { path, token: header("authorization: bearer") });
                let mut text = format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n", body.len());
                headers.iter().for_each(|(name, value)| write!(text, "{name}: {value}\r\n").unwrap());
                let _ = stream.write_all(&[text.as_bytes(), b"Connection: close\r\n\r\n", &body].concat());
            });
        }
    });
    url
}

fn today() -> Scenario {
    let mut scenario = crate::common::demo(5_000);
    scenario.set_today(utc_now());
    scenario
}

fn looked(scenario: Scenario, url: &str, options: LiveOptions) -> Result<Preflight, PrepareError> {
    loop {
        match prepare(scenario.clone(), crate::common::SEED, Called::Url(url.to_owned()), options.clone()) {
            // No run goes over midnight.
            Err(PrepareError::Midnight { .. }) => std::thread::sleep(Duration::from_secs(1)),
            prepared => return prepared?.open(&AtomicBool::new(false))?.look(),
        }
    }
}

/// What is said of a target that cannot be used, and what to do about it.
fn refused_by(scenario: Scenario, url: &str) -> (Unusable, String, String) {
    match looked(scenario, url, LiveOptions::default()) {
        Err(PrepareError::Unusable(unusable)) => {
            let (says, hint) = (unusable.to_string().replace(url, "URL"), unusable.hint().replace(url, "URL"));
            (unusable, says, hint)
        }
        Err(error) => panic!("it is refused for something else: {error}"),
        Ok(seen) => panic!("it can be used: {seen:?}"),
    }
}
fn refused(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> (String, String) {
    let (_, says, hint) = refused_by(today(), &serves(answer));
    (says, hint)
}
fn is_health(asked: &Asked) -> bool {
    asked.path.starts_with("/health")
}

#[test]
fn a_redirect_is_told_with_its_place_and_without_what_is_secret_in_it() {
    let to = |place: &'static str| {
        refused(move |asked| match is_health(asked) {
            true => empty(asked),
            false => {
                Answer(301, vec![("Location", place.replace("PATH", &asked.path))], b"<html>moved</html>".to_vec())
            }
        })
    };
    let (says, hint) = to("https://staging.example.comPATH");
    assert_eq!(
        says,
        "URL/api/v1/appointments answers 301, a redirect to https://staging.example.com/api/v1/appointments"
    );
    assert_eq!(hint, "if that is the target, use it: --target https://staging.example.com");
    let (says, hint) = to("https://user:hunter2@login.example.com/?next=hunter2");
    assert!(says.ends_with("a redirect to https://***@login.example.com/?***"), "{says}");
    assert!(hint.contains("redirects are not followed"), "{hint}");
}

#[test]
fn a_path_that_is_doubled_or_wrong_is_told_with_the_one_that_is_right() {
    let url = serves(|asked| match asked.path.starts_with("/api/v1/api/") {
        true => json(404, r#"{"detail":"Not Found"}"#),
        false => empty(asked),
    });
    let (_, says, hint) = refused_by(today(), &format!("{url}/api/v1"));
    assert_eq!(says, "URL/api/v1/appointments answers 404: the path is repeated");
    assert_eq!(hint, format!("/api/v1 is added to the base URL: try {url}"));
    let (says, hint) = refused(|_| json(404, r#"{"detail":"Not Found"}"#));
    assert_eq!(says, "URL/api/v1/appointments answers 404: no API at this path");
    assert!(hint.contains("everything before /api/v1"), "{hint}");
}

#[test]
fn what_fails_or_is_another_thing_is_no_api() {
    let html = |status| Answer(status, vec![("Content-Type", "text/html".to_owned())], b"<h1>Oops</h1>".to_vec());
    let (says, _) = refused(move |asked| if is_health(asked) { empty(asked) } else { html(502) });
    assert_eq!(says, "URL/api/v1/appointments answers 502 with an HTML page, 3 times in a row");
    let (says, _) = refused(|_| error(503, "INTERNAL_ERROR", "the database is away"));
    assert_eq!(says, "URL/api/v1/appointments answers 503 with the message \"the database is away\", 3 times in a row");
    let (says, hint) = refused(move |_| html(200));
    assert_eq!(says, "URL/api/v1/appointments answers 200 with an HTML page instead of JSON");
    assert!(hint.contains("a web page"), "{hint}");
    let (says, _) = refused(|_| Answer(200, Vec::new(), Vec::new()));
    assert_eq!(says, "URL/api/v1/appointments answers 200 with nothing instead of JSON");
    let (says, _) = refused(|_| Answer(200, Vec::new(), b"hello".to_vec()));
    assert!(says.contains("text that is not JSON"), "{says}");
}

#[test]
fn a_target_that_was_just_restarting_can_be_used() {
    let asked_before = std::sync::atomic::AtomicU32::new(0);
    let url = serves(move |asked| {
        let restarting = !is_health(asked) && asked_before.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        if restarting { error(503, "INTERNAL_ERROR", "starting") } else { with_a_task(asked) }
    });
    assert!(looked(today(), &url, LiveOptions::default()).is_ok());
}

fn with_a_task(asked: &Asked) -> Answer {
    match asked.path.starts_with("/api/v1/tasks") {
        true => json(200, r#"{"data":{"tasks":[],"total":1,"overdue_count":0}}"#),
        false => empty(asked),
    }
}

#[test]
fn an_empty_database_is_told_from_a_day_off() {
    let url = serves(empty);
    let (unusable, says, hint) = refused_by(today(), &url);
    assert!(matches!(unusable, Unusable::Empty { asked: 4, .. }), "{unusable:?}");
    assert_eq!(says, "the database of URL is empty: 4 of its reps have no appointment today and no task");
    assert!(hint.contains("provision"), "{hint}");
    let seen = looked(today(), &serves(with_a_task), LiveOptions::default()).unwrap();
    assert!(seen.notes.iter().any(|note| note.contains("no appointment today")), "{:?}", seen.notes);
    // What would load it was not run.
    let mut scenario = today();
    let loaded = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dry-run-loaded");
    scenario.data.provision = Some(format!("touch {}", loaded.display()));
    let seen = looked(scenario, &url, LiveOptions { dry_run: true, ..LiveOptions::default() }).unwrap();
    assert!(
        seen.notes.iter().any(|note| note.contains("`provision` loads it when the run begins")),
        "{:?}",
        seen.notes
    );
    assert!(!loaded.exists(), "a dry run changes nothing at the target");
}

#[test]
fn what_cannot_be_read_is_told_by_its_encoding() {
    let list = r#"{"data":{"appointments":[],"total":0,"date":"2026-06-10"}}"#;
    let with = |name: &'static str, value: &'static str, body: Vec<u8>| {
        refused(move |_| {
            let json = ("Content-Type", "application/json".to_owned());
            let headers = if name == json.0 { Vec::new() } else { vec![json] };
            Answer(200, [headers, vec![(name, value.to_owned())]].concat(), body.clone())
        })
    };
    let (says, hint) = with("Content-Encoding", "gzip", vec![0x1f, 0x8b, 8, 0]);
    assert_eq!(says, "URL/api/v1/appointments answers in the encoding gzip, which cannot be read");
    assert!(hint.contains("UTF-8"), "{hint}");
    let wide: Vec<u8> = list.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (says, _) = with("Content-Type", "application/json; charset=utf-16", wide);
    assert!(says.contains("in the character set utf-16"), "{says}");
    let marked = [b"\xef\xbb\xbf", list.as_bytes()].concat();
    let (says, _) = with("Content-Type", "application/json", marked);
    assert!(says.contains("byte order mark"), "{says}");
    let (says, _) = with("Content-Type", "application/json", b"{\"name\":\"Jos\xe9\"}".to_vec());
    assert!(says.contains("characters that are no UTF-8"), "{says}");
}

/// A target whose clock is so many seconds ahead; behind, if negative.
fn clock_off_by(seconds: i64) -> String {
    serves(move |asked| {
        let Answer(status, mut headers, body) = with_a_task(asked);
        let off = Duration::from_secs(seconds.unsigned_abs());
        let now = if seconds < 0 { SystemTime::now() - off } else { SystemTime::now() + off };
        headers.push(("Date", httpdate::fmt_http_date(now)));
        Answer(status, headers, body)
    })
}

#[test]
fn a_clock_that_is_off_by_more_than_is_allowed_or_than_tokens_allow_is_told() {
    let (_, says, hint) = refused_by(today(), &clock_off_by(-60));
    assert!(says.contains("the clock of URL is 6") && says.ends_with(" s behind"), "{says}");
    assert!(hint.contains("clock_difference_s"), "{hint}");
    let mut lenient = today();
    (lenient.live.clock_difference_s, lenient.switches.token_life_s, lenient.switches.leeway_s) = (3_600, 60, 30);
    let with = |seconds| refused_by(lenient.clone(), &clock_off_by(seconds));
    for seconds in [-45, 300] {
        let (unusable, says, _) = with(seconds);
        assert!(matches!(unusable, Unusable::OutOfTime { .. }), "{says}");
        assert!(says.contains("too much for tokens that live for") && says.contains("a leeway of 30 s"), "{says}");
    }
    let seen = looked(lenient.clone(), &clock_off_by(50), LiveOptions::default()).unwrap();
    assert!(seen.notes.iter().any(|note| note.contains("tokens expire that much earlier for it")), "{:?}", seen.notes);
    assert!(looked(lenient, &clock_off_by(-20), LiveOptions::default()).is_ok());
}

#[test]
fn a_refused_token_is_told_by_what_is_wrong_with_it() {
    let says = |answer: fn(&Asked) -> Answer| {
        let (unusable, says, _) = refused_by(today(), &serves(answer));
        assert!(matches!(unusable, Unusable::TokenRefused { .. }), "{says}");
        says
    };
    let refused = "URL answers 401 to the token of a rep, at GET appointments: ";
    let expired = |asked: &Asked| if is_health(asked) { empty(asked) } else { error(401, "TOKEN_EXPIRED", "gone") };
    assert_eq!(says(expired), format!("{refused}it considers the token expired, and its clock is unknown"));
    let tenant = |_: &Asked| error(401, "MISSING_TENANT_ID", "no tenant");
    assert_eq!(says(tenant), format!("{refused}it finds no tenant in the token, whose claim for it is org_id"));
    let immature = |_: &Asked| json(401, r#"{"detail":"The token is not yet valid (iat)"}"#);
    assert!(says(immature).contains("considers the token not valid yet"));
    let described = |_: &Asked| {
        let challenge = "Bearer error=\"invalid_token\", error_description=\"Signature has expired\"".to_owned();
        Answer(401, vec![("WWW-Authenticate", challenge)], Vec::new())
    };
    assert!(says(described).contains("considers the token expired"));
    let basic = |_: &Asked| Answer(401, vec![("WWW-Authenticate", "Basic realm=\"staging\"".to_owned())], Vec::new());
    assert_eq!(
        says(basic),
        format!("{refused}it asks for Basic authentication, so a proxy answers instead of the API")
    );
    let role = |_: &Asked| error(403, "RBAC_VIOLATION", "not for this role");
    let says_of_role = says(role);
    assert!(says_of_role.contains("the role \"org:sales_rep\" in the claim org_role"), "{says_of_role}");
    // Whatever is asked with whatever token, it answers the same.
    let same = |_: &Asked| json(401, r#"{"detail":"Could not validate credentials"}"#);
    let untold = says(same);
    assert!(untold.contains("it is unknown whether key, user or time is wrong"), "{untold}");
    assert!(untold.contains("it says \"Could not validate credentials\""), "{untold}");
    let knows_signatures = |asked: &Asked| {
        let is_forged =
            asked.token.rsplit('.').next().is_some_and(|sign| sign.starts_with('A') || sign.starts_with('B'));
        json(401, if is_forged { r#"{"detail":"bad signature"}"# } else { r#"{"detail":"who are you?"}"# })
    };
    assert!(says(knows_signatures).contains("it trusts the key, but does not know the user"));
}

/// The mock of today's demo, which trusts this key, and the demo with tokens that the other signs; perhaps with the
/// rows of other tenants.
fn mock_trusting(runtime: &Runtime, trusted: &Key, signs: &Key, name: &str, of_others: bool) -> (Mock, Scenario) {
    let mut scenario = today();
    let file = format!("{}/preflight-{name}.pem", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_file(&file);
    signs.save(file.as_ref()).unwrap();
    scenario.tokens.key = Some(file);
    let plan = Plan::new(Arc::new(scenario.clone()), crate::common::SEED).unwrap();
    let mut options = Options::trusting(plan, std::slice::from_ref(trusted));
    options.service = Service::NONE;
    if of_others {
        options.prepare = Some(Box::new(|cell| {
            cell.tenants.iter_mut().for_each(|tenant| tenant.data.id = format!("{}_other", tenant.data.id).into());
        }));
    }
    (runtime.block_on(Mock::serve(options)).unwrap(), scenario)
}

#[test]
fn a_wrong_key_and_an_unknown_user_are_told_apart_at_the_mock() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let [one, other] = [(); 2].map(|()| Key::generate(Algorithm::EdDsa).unwrap());
    let (mock, scenario) = mock_trusting(&runtime, &one, &other, "wrong-key", false);
    let (unusable, says, hint) = refused_by(scenario, &mock.base_url());
    assert!(
        matches!(unusable, Unusable::TokenRefused { trouble: TokenTrouble::Key { is_development: false }, .. }),
        "{says}"
    );
    assert!(hint.contains("fieldday tokens jwks"), "{hint}");
    let (mock, scenario) = mock_trusting(&runtime, &one, &one, "right", false);
    let seen = looked(scenario, &mock.base_url(), LiveOptions::default()).unwrap();
    assert!(seen.appointments.is_some_and(|found| found > 0), "the clean mock can be used: {seen:?}");
    let (mock, scenario) = mock_trusting(&runtime, &one, &one, "wrong-user", true);
    let (unusable, says, hint) = refused_by(scenario, &mock.base_url());
    assert!(matches!(unusable, Unusable::TokenRefused { trouble: TokenTrouble::User { .. }, .. }), "{says}");
    assert!(hint.contains("`users` in [data]"), "{hint}");
}
