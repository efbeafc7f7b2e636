//! When a level's load begins: as soon as its clients are prepared, or when those of all shards are.

use crate::machine;
use fieldday_kernel::time::Time;
use fieldday_live::start::{StartError, Together};
use fieldday_plan::shard::Shard;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How a level's load begins.
pub enum Start {
    /// By itself.
    Alone,
    /// With the other shards, who meet in this directory.
    Together { dir: PathBuf, shard: Shard, within: Duration },
}

/// The beginning of one level, which is asked for its moment again and again.
pub struct Beginning<'a> {
    of: &'a Start,
    /// What the thread that waits for the others found; none while it waits, or before there is one.
    found: Arc<Mutex<Option<Result<Option<Time>, StartError>>>>,
    waits: AtomicBool,
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
        Beginning { of: self, found: Arc::default(), waits: AtomicBool::new(false), ends: Arc::default() }
    }
}

impl Beginning<'_> {
    pub fn is_of_shards(&self) -> bool {
        matches!(self.of, Start::Together { .. })
    }
    /// The moment, once this shard is prepared: none while others are waited for, and `Some(Ok(None))` for now.
    pub fn moment(&self) -> Option<Result<Option<Time>, StartError>> {
        let Start::Together { dir, shard, within } = self.of else { return Some(Ok(None)) };
        if !self.waits.swap(true, Ordering::Relaxed) {
            let (dir, shard, within) = (dir.clone(), *shard, *within);
            let (found, ends) = (self.found.clone(), self.ends.clone());
            // Whoever waits must not keep the level's progress and its interruption waiting.
            thread::spawn(move || {
                let together = Together { dir: &dir, shard, within };
                let moment = together.wait(&ends, machine::now, |_| ());
                *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(moment);
            });
        }
        self.found.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}
