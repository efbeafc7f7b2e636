//! How many reps a deployment carries, what breaks first, and what more of them need.
//!
//! *Measured*: a [search] raises the number of reps, [level] by level, until a limit breaks. *Fitted*: the Universal
//! Scalability Law ([usl]) and a [queueing model](demand) are fitted to the levels. *Simulated*: a [plant] is what serves the
//! requests: instances, workers, queues, a database. A [simulation](simulate) lets all cells of a plan live their day against
//! one plant, in lockstep.

pub mod day;
pub mod demand;
pub mod disturbed;
pub mod excerpt;
pub mod journal;
pub mod level;
pub mod part;
pub mod plant;
pub mod played;
pub mod queue;
pub mod report;
pub mod search;
mod share;
pub mod simulate;
#[cfg(test)]
mod synthetic;
pub mod trace;
pub mod usl;
