//! The open connections of one phone, or of all where they are shared.

use crate::http::connect::{Connection, Connector};
use crate::http::trouble::NoConnection;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tracing::debug;

/// A phone whose calls overlapped keeps one connection open; the others it closes when they were idle for so long.
const SURPLUS_IDLE: Duration = Duration::from_secs(30);

/// Open connections that can be used again.
pub struct ConnectionPool {
    /// Each with when it was given back; the last one is the youngest.
    idle: RefCell<Vec<(Connection, Instant)>>,
    /// Whether somebody looks after those that are too many.
    swept: Cell<bool>,
    /// Goes up when the phone loses its network: what was opened before is not used again.
    generation: Cell<u64>,
    /// The most connections of a bounded pool; none if the pool is not bounded.
    bound: Option<std::sync::Arc<Semaphore>>,
}

/// What a connection in use is taken with.
pub struct Hold {
    /// How long it took to open it; none if it was used before, and so may have been closed by the other side meanwhile.
    pub opened_in: Option<Duration>,
    generation: u64,
    permit: Option<OwnedSemaphorePermit>,
}

impl ConnectionPool {
    /// Surplus is looked for as often as it may be idle: so it lives twice as long at most.
    pub const SURPLUS_LIVES: Duration = SURPLUS_IDLE.saturating_mul(2);

    /// A phone's own: as many as it has calls under way.
    pub fn of_a_phone() -> ConnectionPool {
        ConnectionPool { idle: RefCell::default(), swept: Cell::default(), generation: Cell::new(0), bound: None }
    }
    /// A pool of so many connections.
    pub fn pool(connections: usize) -> ConnectionPool {
        let bound = Some(std::sync::Arc::new(Semaphore::new(connections.max(1))));
        ConnectionPool { idle: RefCell::default(), swept: Cell::default(), generation: Cell::new(0), bound }
    }
    /// The phone lost its network: every connection is closed. A pool has no phone that could.
    pub fn drop_all(&self) {
        if self.bound.is_none() {
            self.generation.set(self.generation.get() + 1);
            let closed = std::mem::take(&mut *self.idle.borrow_mut()).len();
            debug!(closed, "connections dropped with the network");
        }
    }
    /// A connection: an idle one, or a new one.
    pub async fn take(&self, connector: &Connector) -> Result<(Connection, Hold), NoConnection> {
        let permit = match &self.bound {
            Some(bound) => bound.clone().acquire_owned().await.ok(),
            None => None,
        };
        let generation = self.generation.get();
        if let Some(connection) = self.an_idle_one() {
            return Ok((connection, Hold { opened_in: None, generation, permit }));
        }
        let began = Instant::now();
        let connection = connector.connect().await?;
        let opened_in = Some(began.elapsed());
        if let Connection::Http2(shared) = &connection {
            self.idle.borrow_mut().push((Connection::Http2(shared.clone()), Instant::now()));
        }
        Ok((connection, Hold { opened_in, generation, permit }))
    }
    fn an_idle_one(&self) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        while let Some((mut connection, since)) = idle.pop() {
            if !connection.is_open() {
                debug!(idle_us = since.elapsed().as_micros(), "idle connection was closed by the other side");
                continue;
            }
            // One connection of HTTP/2 carries many requests at once.
            if let Connection::Http2(shared) = &connection {
                idle.push((Connection::Http2(shared.clone()), since));
            }
            return Some(connection);
        }
        None
    }
    /// Gives a connection back after its answer was read to the end.
    pub fn give_back(self: &Rc<Self>, connection: Connection, hold: Hold) {
        if hold.generation != self.generation.get() {
            return;
        }
        self.idle.borrow_mut().push((connection, Instant::now()));
        drop(hold.permit);
        if self.has_surplus() && !self.swept.replace(true) {
            let lines = self.clone();
            tokio::task::spawn_local(async move { lines.close_surplus().await });
        }
    }
    /// A pool keeps what it has.
    fn has_surplus(&self) -> bool {
        self.bound.is_none() && self.idle.borrow().len() > 1
    }
    /// Closes what a burst of calls opened and nobody needs any more.
    async fn close_surplus(&self) {
        while self.has_surplus() {
            tokio::time::sleep(SURPLUS_IDLE).await;
            let mut idle = self.idle.borrow_mut();
            let youngest = idle.pop();
            let before = idle.len();
            idle.retain(|(_, since)| since.elapsed() < SURPLUS_IDLE);
            debug!(closed = before - idle.len(), "surplus connections closed");
            idle.extend(youngest);
        }
        self.swept.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::Outgoing;
    use crate::http::budget::AnswerBudget;
    use crate::http::exchange::{ExchangeEnd, exchange};
    use crate::target::Target;
    use fieldday_scenario::HttpVersion;
    use hyper::Request;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    const FINE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

    /// A server that gives these answers over each connection, one a request, and then closes it.
    fn server(answers: &'static [&'static [u8]]) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    for answer in answers {
                        let (mut request, mut piece) = (Vec::new(), [0; 512]);
                        while !request.ends_with(b"\r\n\r\n") {
                            match stream.read(&mut piece) {
                                Ok(0) | Err(_) => return,
                                Ok(bytes) => request.extend_from_slice(&piece[..bytes]),
                            }
                        }
                        stream.write_all(answer).unwrap();
                    }
                });
            }
        });
        target
    }
    /// Whether each of some requests, one after the other, went over a connection that was used before.
    fn reused(target: Target, requests: usize, before_each: impl Fn(&ConnectionPool)) -> Vec<bool> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connector = runtime.block_on(Connector::new(target, HttpVersion::Http1, &[])).unwrap();
        let lines = Rc::new(ConnectionPool::of_a_phone());
        runtime.block_on(async {
            let mut reused = Vec::new();
            for _ in 0..requests {
                before_each(&lines);
                let (connection, hold) = lines.take(&connector).await.unwrap();
                reused.push(hold.opened_in.is_none());
                let request = Request::get("/health").header("host", "here").body(Outgoing::json(None)).unwrap();
                match exchange(connection, request, &AnswerBudget::default()).await {
                    Ok((answer, Some(connection))) if answer.status == 200 => lines.give_back(connection, hold),
                    Ok((answer, _)) => assert_eq!(answer.status, 200),
                    Err(ExchangeEnd(why)) => panic!("{why}"),
                }
                // What the other side does next has to come through.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            reused
        })
    }

    #[test]
    fn a_connection_is_used_again_until_the_other_side_closes_it() {
        assert_eq!(reused(server(&[FINE, FINE, FINE]), 5, |_| ()), [false, true, true, false, true]);
    }

    #[test]
    fn what_was_opened_before_the_network_was_lost_is_not_used_again() {
        assert_eq!(reused(server(&[FINE, FINE]), 3, ConnectionPool::drop_all), [false, false, false]);
    }

    #[test]
    fn a_connection_that_was_called_off_or_says_more_than_it_was_asked_is_not_used_again() {
        const LAST: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        const MORE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n";
        assert_eq!(reused(server(&[LAST, FINE]), 2, |_| ()), [false, false]);
        assert_eq!(reused(server(&[MORE, FINE]), 2, |_| ()), [false, false]);
    }
}
