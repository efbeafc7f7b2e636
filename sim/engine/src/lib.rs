//! Virtual time and what runs in it.
//!
//! A [cell] with a model backend, its reps and its office on one executor; a [run] of many cells on many threads; a
//! [verification](verify) that runs twice and compares. [`transport`] holds what carries requests in virtual time. A failure is
//! found by [exploring](explore), made small by [shrinking](shrink) or [slicing](mod@slice), and [proved](prove) to be one that
//! the judges find.

pub mod all_defects;
pub mod cell;
pub mod conform;
pub mod explore;
pub mod live_trial;
mod lockstep;
pub mod meter;
pub mod pass;
pub mod prove;
pub mod recorder;
pub mod replay;
pub mod run;
pub mod setup;
pub mod shrink;
pub mod slice;
pub mod transport;
pub mod verify;
