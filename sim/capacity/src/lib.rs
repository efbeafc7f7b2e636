//! How many reps a deployment carries, what breaks first, and what more of them need.
//!
//! A [plant] is what serves the requests: instances, workers, queues, a database. A [simulation](simulate) lets all cells
//! of a plan live their day against one plant, in lockstep.

pub mod plant;
pub mod simulate;
