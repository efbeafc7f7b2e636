//! The open connections of one phone, or of all where they are shared.

use crate::http::connect::{Connector, NoConnection, Sender};
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
    idle: RefCell<Vec<(Sender, Instant)>>,
    /// Whether somebody looks after those that are too many.
    swept: Cell<bool>,
    /// Goes up when the phone loses its network: what was opened before is not used again.
    generation: Cell<u64>,
    /// Of a bounded pool: how many there may be.
    bound: Option<std::sync::Arc<Semaphore>>,
}

/// A connection in use.
pub struct Held {
    /// Its sending end.
    pub sender: Sender,
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
    pub async fn take(self: &Rc<Self>, connector: &Connector) -> Result<Held, NoConnection> {
        let permit = match &self.bound {
            Some(bound) => bound.clone().acquire_owned().await.ok(),
            None => None,
        };
        let generation = self.generation.get();
        if let Some(sender) = self.an_idle_one() {
            return Ok(Held { sender, reused: true, generation, permit });
        }
        let sender = connector.connect().await?;
        if let Sender::Http2(shared) = &sender {
            self.idle.borrow_mut().push((Sender::Http2(shared.clone()), Instant::now()));
        }
        Ok(Held { sender, reused: false, generation, permit })
    }
    fn an_idle_one(&self) -> Option<Sender> {
        let mut idle = self.idle.borrow_mut();
        idle.retain(|(sender, _)| match sender {
            Sender::Http1(sender) => !sender.is_closed(),
            Sender::Http2(sender) => !sender.is_closed(),
        });
        match idle.last() {
            // One connection carries many requests at once.
            Some((Sender::Http2(shared), _)) => Some(Sender::Http2(shared.clone())),
            Some((Sender::Http1(_), _)) => idle.pop().map(|(sender, _)| sender),
            None => None,
        }
    }
    /// Gives a connection back after its answer was read to the end.
    pub async fn give_back(&self, mut held: Held) {
        if let Sender::Http1(sender) = &mut held.sender
            && sender.ready().await.is_ok()
            && held.generation == self.generation.get()
        {
            self.idle.borrow_mut().push((held.sender, Instant::now()));
            drop(held.permit);
            self.close_surplus().await;
        }
    }
    /// Closes what a burst of calls opened and nobody needs any more. A pool keeps what it has.
    async fn close_surplus(&self) {
        let is_surplus = || self.bound.is_none() && self.idle.borrow().len() > 1;
        if !is_surplus() || self.swept.replace(true) {
            return;
        }
        while is_surplus() {
            tokio::time::sleep(SURPLUS_IDLE).await;
            let mut idle = self.idle.borrow_mut();
            let youngest = idle.pop();
            idle.retain(|(_, since)| since.elapsed() < SURPLUS_IDLE);
            idle.extend(youngest);
        }
        self.swept.set(false);
    }
}
