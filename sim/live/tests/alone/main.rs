//! Live runs whose figures other work on the machine would change: one after the other, and nothing beside them.

#[path = "../common/mod.rs"]
mod common;

mod growth;
mod scaled;

use std::sync::{Mutex, MutexGuard, PoisonError};

static ALONE: Mutex<()> = Mutex::new(());

/// Held by a test for as long as it runs.
fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
