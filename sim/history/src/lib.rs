//! What happened, as one stream of events.
//!
//! Every call and every step of a client is an [`Event`]. The stream has a [canonical binary form](canonical) whose
//! 128-bit fingerprint says whether two runs are the same, and a [file form](mod@file) for people and programs. Nothing
//! private is in either: private values are of a type that writes itself as a keyed token, and tokens of authority are
//! in no event at all.

pub mod canonical;
pub mod event;
pub mod file;
pub mod fingerprint;

pub use event::{Event, What};
pub use fingerprint::{Fingerprint, Fingerprinter};
