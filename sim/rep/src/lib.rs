//! The rep: a [person] who lives a working day, and the [app] in their hand that does what the spec asks of
//! it. The [office], its managers and CSRs, lives here too.
//!
//! All of it calls the backend from a [station], over a [transport]: in process in virtual time, over HTTP on the wall clock, or
//! by a script in tests. Nothing else is different.

pub mod app;
pub mod auditor;
mod browser;
pub mod intruder;
pub mod office;
pub mod person;
pub mod phone;
pub mod player;
pub mod process;
pub mod station;
pub mod transport;
