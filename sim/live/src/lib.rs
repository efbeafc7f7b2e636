//! The same reps on the wall clock: goose starts them, an executor fed from the wall runs them, hyper carries their calls.
//!
//! A run is a library call: [prepare](prepare::prepare) it, open its target, look at it, run. A [run](run::LiveRun) sets [cells](cell::LiveCell) up on [workers](worker), each a thread with one
//! [executor](fieldday_kernel::executor) whose clock the wall feeds. Clients sit at the same
//! [stations](fieldday_rep::station::Station) as in virtual time; a [transport] carries what the link lets through to the
//! target and back. [Goose](attack) starts a user for each rep and keeps its metrics.

pub mod attack;
pub mod cell;
pub mod clock;
pub mod conform;
pub mod disturb;
pub mod guard;
pub mod health;
pub mod http;
pub mod inbox;
pub mod machine;
pub mod plan;
pub mod preflight;
pub mod prepare;
pub mod prove;
pub mod provision;
pub mod replay;
pub mod run;
pub mod scrape;
pub mod script;
pub mod shell;
pub mod silence;
pub mod sizing;
pub mod start;
pub mod target;
pub mod transport;
pub mod watch;
pub mod worker;
