//! The floor of what a request costs: goose without reps, for `bench/live/request-cost.sh`.
//!
//! usage: `bare_goose URL USERS SECONDS own|hyper [WAIT_MS]`: GETs with goose's own client, or over a hyper connection a user
//! whose times are handed to goose, as reps do it; each user waits so long between two. Prints how many requests were made.

use goose::GooseAttack;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionError, TransactionFunction, TransactionResult};
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// What a user keeps between its requests; goose wants it to be clonable.
type Line = Arc<Mutex<SendRequest<Empty<Bytes>>>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, users, seconds, client, waits @ ..] = &words[..] else {
        return Err("usage: URL USERS SECONDS own|hyper [WAIT_MS]".into());
    };
    let wait = Duration::from_millis(waits.first().map_or(Ok(0), |wait| wait.parse())?);
    let (host, path) = url.split_at(url.rfind('/').ok_or("a URL has a path")?);
    let (address, path) = (host.trim_start_matches("http://").to_owned(), path.to_owned());
    let hyper = client == "hyper";
    let get: TransactionFunction = Arc::new(move |user| {
        let (address, path) = (address.clone(), path.clone());
        Box::pin(async move {
            if hyper { over_hyper(user, &address, &path).await } else { own(user, &path).await }?;
            // Plainly: how goose waits costs more.
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            Ok(())
        })
    });
    let mut goose = GooseConfiguration::default();
    goose.host = Some(host.to_owned());
    goose.users = Some(users.parse()?);
    goose.increase_time = Some("1s".to_owned());
    goose.run_time = Some(seconds.clone());
    goose.no_telnet = true;
    goose.no_print_metrics = true;
    goose.quiet = 3;
    let scenario = Scenario::new("bare").register_transaction(Transaction::new(get));
    let mut attack = GooseAttack::initialize_with_config(goose)?.register_scenario(scenario);
    if hyper {
        // Nobody uses goose's own client, and making one for each user would be most of what a slow run costs.
        attack = attack.set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())?;
    }
    let metrics = attack.execute().await?;
    let requests: usize = metrics.requests.values().map(|of| of.success_count + of.fail_count).sum();
    println!("{requests}");
    Ok(())
}

async fn own(user: &mut GooseUser, path: &str) -> TransactionResult {
    let answer = user.get(path).await?;
    if let Ok(answer) = answer.response {
        let _ = answer.bytes().await;
    }
    Ok(())
}

async fn over_hyper(user: &mut GooseUser, address: &str, path: &str) -> TransactionResult {
    if user.get_session_data::<Line>().is_none() {
        let Ok(stream) = tokio::net::TcpStream::connect(address).await else { return Ok(()) };
        let Ok((line, connection)) = handshake(TokioIo::new(stream)).await else { return Ok(()) };
        tokio::spawn(connection);
        user.set_session_data(Line::new(Mutex::new(line)));
    }
    let began = Instant::now();
    let line = user.get_session_data::<Line>().ok_or_else(broken)?.clone();
    let mut line = line.lock().await;
    let request = Request::get(path).header("host", address).body(Empty::new()).map_err(|_| broken())?;
    line.ready().await.map_err(|_| broken())?;
    let answer = line.send_request(request).await.map_err(|_| broken())?;
    let status = answer.status().as_u16();
    answer.into_body().collect().await.map_err(|_| broken())?;
    user.record_custom_request_duration("GET", path, began.elapsed(), status < 400, Some(status), None).await?;
    Ok(())
}

fn broken() -> Box<TransactionError> {
    Box::new(TransactionError::Custom("the connection broke".into()))
}
