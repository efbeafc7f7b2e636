//! The same reps on the wall clock: goose starts them, an executor fed from the wall runs them, hyper carries their calls.
//!
//! A [run](run::LiveRun) sets [cells](cell::LiveCell) up on [workers](worker), each a thread with one executor of
//! `fieldday-engine` whose clock the wall feeds. A client's surroundings are a [station](station::Station): the world's
//! link decides what becomes of each attempt, as on the virtual clock, and a [carrier](carrier::Carrier) brings what the
//! link lets through to the target and back. [Goose](attack) starts a user for each rep and keeps its metrics.

pub mod attack;
pub mod carrier;
pub mod cell;
pub mod clock;
mod flight;
pub mod guard;
pub mod health;
pub mod http;
pub mod inbox;
pub mod plateau;
pub mod preflight;
pub mod provision;
pub mod recorder;
pub mod relive;
pub mod run;
pub mod slice;
pub mod station;
pub mod target;
pub mod watch;
pub mod worker;
