//! One request and its answer over a connection, whatever the answer is.

use crate::http::body::Outgoing;
use crate::http::budget::{AnswerBudget, HeldBytes};
use crate::http::connect::{Connection, Stream};
use fieldday_api::SmolStr;
use fieldday_api::dialect::shown_id;
use fieldday_kernel::time::{Span, Time};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;
use tracing::trace;

/// More than any answer of the API has: what is larger is not read to its end.
const MOST_BYTES: usize = 16 << 20;

/// An answer as the wire brought it.
pub struct Exchange {
    /// The HTTP status, 100 or above.
    pub status: u16,
    /// The type of the body.
    pub content_type: Option<String>,
    /// How the body is packed, if it is.
    pub content_encoding: Option<String>,
    /// Where else to look, as a redirect says.
    pub location: Option<String>,
    /// Which authentication is wanted, as a refusal says.
    pub challenge: Option<String>,
    /// `Retry-After`, where it gives seconds.
    pub retry_after: Option<Span>,
    /// The id that the target gave the request.
    pub request_id: Option<SmolStr>,
    /// What time it is there, to the second, if it says so.
    pub date: Option<Time>,
    /// Which build of the target answered, if it says so.
    pub version: Option<String>,
    /// The body as it came, still packed if `content_encoding` says so.
    pub body: Bytes,
    /// The arrival of its last byte.
    pub ended: Instant,
    /// What it holds of what all answers may, until it was read.
    _held: HeldBytes,
}

/// The reason why an exchange failed, in a few words.
pub struct ExchangeEnd(pub SmolStr);

/// Sends a request, and reads its answer to the end. The connection comes back if it can be used again and nobody else has it.
pub async fn exchange(
    connection: Connection,
    request: Request<Outgoing>,
    budget: &AnswerBudget,
) -> Result<(Exchange, Option<Connection>), ExchangeEnd> {
    let began = Instant::now();
    let ended = match connection {
        Connection::Http1(stream) => over_http1(stream, request, budget).await,
        Connection::Http2(sender) => over_http2(sender, request, budget).await,
    };
    match &ended {
        Ok((answer, again)) => {
            let (status, bytes, took_us) = (answer.status, answer.body.len(), (answer.ended - began).as_micros());
            // A stream of HTTP/2 ends with its answer; the connection that it was a part of goes on.
            trace!(status, bytes, took_us, reusable = again.is_some(), "answer read");
        }
        Err(ExchangeEnd(why)) => {
            trace!(%why, took_us = began.elapsed().as_micros(), "exchange ended without an answer")
        }
    }
    ended
}

async fn over_http2(
    mut sender: http2::SendRequest<Outgoing>,
    request: Request<Outgoing>,
    budget: &AnswerBudget,
) -> Result<(Exchange, Option<Connection>), ExchangeEnd> {
    let response = sender.send_request(request).await;
    Ok((read(response.map_err(|e| broken(&e))?, budget).await?, None))
}

async fn over_http1(
    stream: Stream,
    request: Request<Outgoing>,
    budget: &AnswerBudget,
) -> Result<(Exchange, Option<Connection>), ExchangeEnd> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| broken(&e))?;
    let mut connection = Some(connection);
    let mut answered = pin!(async {
        let answer = read(sender.send_request(request).await.map_err(|e| broken(&e))?, budget).await?;
        Ok((answer, sender.ready().await.is_ok()))
    });
    // hyper's side of the connection has no task of its own, which would have to be woken: it goes on with ours.
    let (answer, again) = poll_fn(|context| {
        if let Poll::Ready(answered) = answered.as_mut().poll(context) {
            return Poll::Ready(answered);
        }
        // One that is over is let go, or the sender would wait for it.
        if connection.as_mut().is_some_and(|connection| connection.poll_without_shutdown(context).is_ready()) {
            connection = None;
        }
        answered.as_mut().poll(context)
    })
    .await?;
    let parts = connection.filter(|_| again).map(http1::Connection::into_parts);
    // Bytes that no answer asked for: whoever sent them means something else by this connection.
    let usable = parts.filter(|parts| parts.read_buf.is_empty());
    Ok((answer, usable.map(|parts| Connection::Http1(parts.io.into_inner()))))
}

async fn read(response: Response<Incoming>, budget: &AnswerBudget) -> Result<Exchange, ExchangeEnd> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let seconds = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse::<u32>().ok());
    let is_id = |id: &String| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let (status, content_type) = (response.status().as_u16(), header(CONTENT_TYPE.as_str()));
    let (content_encoding, location) = (header(CONTENT_ENCODING.as_str()), header(LOCATION.as_str()));
    let challenge = header(WWW_AUTHENTICATE.as_str());
    let request_id = header("x-request-id").or_else(|| header("x-trace-id")).map(|id| shown_id(&id));
    let request_id = request_id.filter(|id| !id.is_empty());
    let version = header("x-git-sha").or_else(|| header("x-version")).filter(is_id);
    let date = header(DATE.as_str()).and_then(|text| http_date(&text));
    let mut body = response.into_body();
    let (mut bytes, mut held) = (Vec::new(), budget.begin());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|e| broken(&e))?.into_data() else { continue };
        if bytes.len() + data.len() > MOST_BYTES {
            return Err(ExchangeEnd("an answer of more than 16 MiB".into()));
        }
        if !held.grow_to(bytes.len() + data.len()) {
            return Err(ExchangeEnd(format!("answers of more than {} MiB at once", budget.most_mib()).into()));
        }
        bytes.extend_from_slice(&data);
    }
    let ended = Instant::now();
    let retry_after = seconds.map(|seconds| Span::seconds(i64::from(seconds)));
    let body = bytes.into();
    Ok(Exchange {
        status,
        content_type,
        content_encoding,
        location,
        challenge,
        retry_after,
        request_id,
        date,
        version,
        body,
        ended,
        _held: held,
    })
}

/// What hyper says went wrong, as a word that is the same for all that go wrong alike.
fn broken(error: &hyper::Error) -> ExchangeEnd {
    ExchangeEnd(
        match () {
            () if error.is_incomplete_message() => "closed in the middle of an answer",
            () if error.is_closed() => "closed",
            () if error.is_canceled() => "closed before the request was sent",
            () if error.is_parse() => "not HTTP",
            () if error.is_timeout() => "timed out",
            () if error.is_body_write_aborted() => "broken off while the body was sent",
            () => "reset",
        }
        .into(),
    )
}

/// A date as HTTP has it: `Wed, 10 Jun 2026 07:30:00 GMT`.
fn http_date(text: &str) -> Option<Time> {
    let at = httpdate::parse_http_date(text).ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Time::from_micros(i64::try_from(since.as_micros()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::connect::Connector;
    use crate::target::Target;
    use fieldday_scenario::HttpVersion;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    /// What came to an object store: how much in all, and after how long each part of it, counted from the first.
    type Came = Vec<(usize, Duration)>;

    /// Uploads audio to a store of bare TCP, for as long as `patience`; gives what the store saw of the body, and whether it
    /// was answered.
    fn uploaded(audio: Outgoing, patience: Duration) -> (Came, bool) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let store = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let (mut left, mut piece, mut came) = (length.parse::<usize>().unwrap(), [0; 65_536], Came::new());
            let began = Instant::now();
            while left > 0 {
                let bytes = stream.read(&mut piece).unwrap_or(0);
                if bytes == 0 {
                    return came;
                }
                came.push((bytes, began.elapsed()));
                left -= bytes;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            came
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answered = runtime.block_on(async {
            let connector = Connector::new(target, HttpVersion::Http1, &[]).await.unwrap();
            let connection = connector.connect().await.ok().unwrap();
            let request = Request::put("/audio").header("host", "store").body(audio).unwrap();
            let answer = tokio::time::timeout(patience, exchange(connection, request, &AnswerBudget::default())).await;
            answer.is_ok_and(|answer| answer.is_ok_and(|(answer, _)| answer.status == 200))
        });
        (store.join().unwrap(), answered)
    }

    fn bytes(came: &Came) -> usize {
        came.iter().map(|(bytes, _)| bytes).sum()
    }

    #[test]
    fn a_store_sees_audio_come_as_slowly_as_the_link_carries_it() {
        let takes = Duration::from_millis(500);
        let (came, answered) = uploaded(Outgoing::audio(200_000, None, takes), Duration::from_secs(20));
        assert_eq!((bytes(&came), answered), (200_000, true));
        let half_way: Came = came.iter().copied().filter(|(_, at)| *at < takes / 2).collect();
        assert!(bytes(&half_way) <= 120_000, "more than its half came in half of the time: {came:?}");
        // The store's clock starts when the head has come, a moment after the link's.
        assert!(came.last().unwrap().1 >= takes - Duration::from_millis(100), "{came:?}");
    }

    #[test]
    fn a_store_sees_an_upload_that_is_cut_stop_where_the_link_cut_it() {
        let audio = Outgoing::audio(200_000, Some(50_000), Duration::from_millis(50));
        let (came, answered) = uploaded(audio, Duration::from_millis(600));
        assert_eq!((bytes(&came), answered), (50_000, false), "all was announced, a quarter came");
    }
}
