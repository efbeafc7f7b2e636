//! The virtual clock and what runs on it.
//!
//! An [executor] of futures and nothing but (time, sequence); a [cell] with a model backend, its reps and
//! its office on it; a [run] of many cells on many threads; and a [verification](verify) that runs twice and compares.

pub mod cell;
pub mod defects;
pub mod explore;
mod lockstep;
pub mod prove;
pub mod recorder;
pub mod replay;
pub mod run;
pub mod setup;
pub mod shrink;
pub mod slice;
pub mod transport;
pub mod verify;
