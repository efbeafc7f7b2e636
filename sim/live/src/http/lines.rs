//! The open connections of one phone, or of all where they are shared.

use crate::http::connect::{Connection, Connector, NoConnection};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// A phone whose calls overlapped keeps one connection open; the others it closes when they were idle for so long.
const SURPLUS_IDLE: Duration = Duration::from_secs(30);

/// Open connections that can be used again.
pub struct Lines {
    /// Each with when it was given back; the last one is the youngest.
    idle: RefCell<Vec<(Connection, Instant)>>,
    /// Whether somebody looks after those that are too many.
    swept: Cell<bool>,
    /// Goes up when the phone loses its network: what was opened before is not used again.
    generation: Cell<u64>,
    /// Of a bounded pool: how many there may be.
    bound: Option<std::sync::Arc<Semaphore>>,
}

/// What a connection in use is taken with.
pub struct Hold {
    /// Whether it was used before, and so may have been closed by the other side meanwhile.
    pub reused: bool,
    generation: u64,
    permit: Option<OwnedSemaphorePermit>,
}

impl Lines {
    /// A phone's own: as many as it has calls under way.
    pub fn of_a_phone() -> Lines {
        Lines { idle: RefCell::default(), swept: Cell::default(), generation: Cell::new(0), bound: None }
    }
    /// A pool of so many.
    pub fn pool(connections: usize) -> Lines {
        let bound = Some(std::sync::Arc::new(Semaphore::new(connections.max(1))));
        Lines { idle: RefCell::default(), swept: Cell::default(), generation: Cell::new(0), bound }
    }
    /// The phone lost its network: every connection is closed. A pool has no phone that could.
    pub fn drop_all(&self) {
        if self.bound.is_none() {
            self.generation.set(self.generation.get() + 1);
            self.idle.borrow_mut().clear();
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
            return Ok((connection, Hold { reused: true, generation, permit }));
        }
        let connection = connector.connect().await?;
        if let Connection::Http2(shared) = &connection {
            self.idle.borrow_mut().push((Connection::Http2(shared.clone()), Instant::now()));
        }
        Ok((connection, Hold { reused: false, generation, permit }))
    }
    fn an_idle_one(&self) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        while let Some((mut connection, since)) = idle.pop() {
            if !connection.is_open() {
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
            idle.retain(|(_, since)| since.elapsed() < SURPLUS_IDLE);
            idle.extend(youngest);
        }
        self.swept.set(false);
    }
}
