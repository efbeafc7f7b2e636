//! When a level's load begins: as soon as its clients are prepared, or when those of all shards are.

use crate::machine;
use fieldday_kernel::time::Time;
use fieldday_live::start::{StartError, Together};
use fieldday_plan::shard::Shard;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// When a load begins: at a moment, or now if there is none.
pub type Moment = Result<Option<Time>, StartError>;

/// How a level's load begins.
pub enum Start {
    /// As soon as it is ready.
    Alone,
    /// With the other shards, who meet in this directory.
    Together { dir: PathBuf, shard: Shard, within: Duration },
}

/// The beginning of one level, which is asked for its moment again and again.
pub struct Beginning<'a> {
    of: &'a Start,
    /// The thread that waits for the other shards; none before this one is prepared.
    others: RefCell<Option<Receiver<Moment>>>,
    ends: Arc<AtomicBool>,
}

impl Start {
    /// Which part of the level is played here; all of it if none.
    pub fn shard(&self) -> Option<Shard> {
        match self {
            Start::Alone => None,
            Start::Together { shard, .. } => Some(*shard),
        }
    }
    pub fn begin(&self) -> Beginning<'_> {
        Beginning { of: self, others: RefCell::new(None), ends: Arc::default() }
    }
}

impl Beginning<'_> {
    pub fn is_of_shards(&self) -> bool {
        matches!(self.of, Start::Together { .. })
    }
    /// The moment, once this shard is prepared: none while others are waited for.
    pub fn moment(&self) -> Option<Moment> {
        let Start::Together { dir, shard, within } = self.of else { return Some(Ok(None)) };
        let mut others = self.others.borrow_mut();
        let others = others.get_or_insert_with(|| {
            let (tells, hears) = channel();
            let (dir, shard, within, ends) = (dir.clone(), *shard, *within, self.ends.clone());
            // Whoever waits must not keep the level's progress and its interruption waiting.
            thread::spawn(move || {
                let together = Together { dir: &dir, shard, within };
                // A level that is over by then does not listen any more.
                let _ = tells.send(together.wait(&ends, machine::now, |_| ()));
            });
            hears
        });
        others.try_recv().ok()
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}
