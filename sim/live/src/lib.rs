//! The same reps on the wall clock: goose starts them, an executor fed from the wall runs them, hyper carries their calls.

pub mod provision;
