//! Ctrl-C: the first one ends the run with what it has, the second one ends the process.

use crate::{exit, output, picture};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The flag that the first interrupt sets, so that the command ends in order.
pub fn flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = stop.clone();
    let watching = ctrlc::set_handler(move || {
        if set.swap(true, Ordering::Relaxed) {
            picture::clear();
            // What a run disturbed is not left so.
            fieldday_live::disturb::undo_all();
            std::process::exit(exit::INTERRUPTED.into());
        }
        output::note("\nstopping; results so far are kept (press Ctrl-C again to quit at once)");
    });
    if let Err(error) = watching {
        output::note(&format!("Ctrl-C cannot be handled, and would lose the results: {error}"));
    }
    stop
}
