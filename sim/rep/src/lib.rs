//! The rep: a [person] who lives a working day, and the [app] in their hand that does what the spec asks of
//! it. The [office], its managers and CSRs, lives here too.
//!
//! Everything is generic over the phone's [surroundings]: clock, network, position, and where events go. So
//! the same code runs on the virtual clock and on the wall clock.

pub mod app;
pub mod auditor;
mod browser;
pub mod intruder;
pub mod office;
pub mod person;
pub mod phone;
pub mod process;
pub mod surroundings;
