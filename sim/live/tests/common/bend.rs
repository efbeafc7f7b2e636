//! A proxy that bends what passes between reps and a target: one thread a connection, one connection to the target a request.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How answers are bent. The health path is left alone.
#[derive(Clone, Debug)]
pub enum Bend {
    /// Takes a field out of `data` of successes to paths with this end.
    Drop { path_end: &'static str, field: &'static str },
    /// Answers the first request of each path with this end with 500, then passes on.
    ErrorOnce { path_end: &'static str, request_id: &'static str, message: &'static str },
    /// Refuses so many of a hundred at once with 503, and delays the others.
    Shed { percent: u64, delay: Duration },
    /// Resets the connection of so many of a hundred.
    Reset { percent: u64 },
    /// Sends everything elsewhere.
    Redirect { to: &'static str },
    /// Knows paths below `/api/v1` alone, once.
    Prefix,
}

struct Proxy {
    how: Bend,
    target: String,
    /// Requests so far.
    count: AtomicU64,
    /// Paths that were answered with an error.
    seen: Mutex<Vec<String>>,
}

/// Stands before a target (`http://host:port`), and gives its own base URL. It dies with the process.
pub fn bent(target: &str, how: Bend) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let target = target.trim_start_matches("http://").to_owned();
    let proxy = Arc::new(Proxy { how, target, count: AtomicU64::new(0), seen: Mutex::default() });
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let proxy = proxy.clone();
            // What breaks off is over: the client sees it.
            thread::spawn(move || while proxy.serve(&stream).is_some() {});
        }
    });
    base_url
}

struct Message {
    /// The first line and the headers, without the blank line.
    head: String,
    body: Vec<u8>,
}

impl Message {
    fn read(mut from: &TcpStream) -> Option<Message> {
        let (mut bytes, mut piece) = (Vec::new(), [0; 8192]);
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            match from.read(&mut piece) {
                Ok(0) => return None,
                Ok(n) => bytes.extend_from_slice(&piece[..n]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut body = bytes.split_off(end + 4);
        let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0_usize);
        while body.len() < length {
            let n = from.read(&mut piece).ok().filter(|n| *n > 0)?;
            body.extend_from_slice(&piece[..n]);
        }
        Some(Message { head, body })
    }
    /// The same headers, but for those of a connection.
    fn write(&self, mut to: &TcpStream, connection: &str) -> Option<()> {
        let mut lines = self.head.lines();
        let mut text = format!("{}\r\n", lines.next()?);
        let is_of_the_way = |line: &str| {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            ["connection", "content-length", "transfer-encoding"].contains(&name.as_str())
        };
        lines.filter(|line| !is_of_the_way(line)).for_each(|line| text.push_str(&format!("{line}\r\n")));
        text.push_str(&format!("content-length: {}\r\nconnection: {connection}\r\n\r\n", self.body.len()));
        to.write_all(text.as_bytes()).ok()?;
        to.write_all(&self.body).ok()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let of = |line: &'a str| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name));
    head.lines().find_map(of).map(|(_, value)| value.trim())
}

fn answer(status: &str, headers: &str, body: &str) -> Message {
    Message { head: format!("HTTP/1.1 {status}\r\n{headers}"), body: body.as_bytes().to_vec() }
}

fn error(status: &str, request_id: &str, message: &str) -> Message {
    let detail = serde_json::json!({"error_code": "INTERNAL_ERROR", "message": message, "request_id": request_id});
    answer(status, "content-type: application/json", &serde_json::json!({ "detail": detail }).to_string())
}

impl Proxy {
    /// One request, if there is another.
    fn serve(&self, client: &TcpStream) -> Option<()> {
        let (mut first, mut n) = ([0; 2048], 0);
        // A look at the first line, which stays unread: whoever closes what is unread resets the connection.
        while !first[..n].contains(&b'\n') {
            n = client.peek(&mut first).ok().filter(|n| *n > 0)?;
        }
        let line = String::from_utf8_lossy(&first[..n]).into_owned();
        let path = line.split([' ', '?']).nth(1)?.to_owned();
        let is_health = path == "/health";
        if let (false, Bend::Reset { percent }) = (is_health, &self.how)
            && self.is_one_of(*percent)
        {
            return None;
        }
        let request = Message::read(client)?;
        let own = if is_health { None } else { self.own_answer(&request, &path) };
        let answer = match own {
            Some(answer) => answer,
            None => self.passed_on(&request, &path)?,
        };
        answer.write(client, "keep-alive")
    }
    /// So many of each hundred, evenly spread.
    fn is_one_of(&self, percent: u64) -> bool {
        let n = self.count.fetch_add(1, Ordering::Relaxed);
        (n + 1) * percent / 100 > n * percent / 100
    }
    fn own_answer(&self, request: &Message, path: &str) -> Option<Message> {
        match &self.how {
            Bend::Shed { percent, delay } => {
                if self.is_one_of(*percent) {
                    return Some(error("503 Service Unavailable", "req-busy", "busy"));
                }
                thread::sleep(*delay);
                None
            }
            Bend::Redirect { to } => {
                let headers = format!("location: {to}{path}\r\ncontent-type: text/html");
                Some(answer("301 Moved Permanently", &headers, "<html>moved</html>"))
            }
            Bend::Prefix if !path.starts_with("/api/v1/") || path.starts_with("/api/v1/api/") => {
                Some(answer("404 Not Found", "content-type: application/json", r#"{"detail":"Not Found"}"#))
            }
            Bend::ErrorOnce { path_end, request_id, message } if path.ends_with(path_end) => {
                let method = request.head.split(' ').next().unwrap_or_default();
                let (key, mut seen) = (format!("{method} {path}"), self.seen.lock().unwrap());
                if seen.contains(&key) {
                    return None;
                }
                seen.push(key);
                Some(error("500 Internal Server Error", request_id, message))
            }
            _ => None,
        }
    }
    fn passed_on(&self, request: &Message, path: &str) -> Option<Message> {
        let target = TcpStream::connect(&self.target).ok()?;
        request.write(&target, "close")?;
        let mut answer = Message::read(&target)?;
        if let Bend::Drop { path_end, field } = &self.how
            && path.ends_with(path_end)
            && answer.head.starts_with("HTTP/1.1 200")
        {
            let mut document: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
            document["data"].as_object_mut()?.remove(*field);
            answer.body = document.to_string().into_bytes();
        }
        Some(answer)
    }
}
