//! What happened, as one stream of events.
//!
//! Every call and every step of a client is an [`Event`]. The stream has a [canonical binary form](fieldday_kernel::canonical) whose
//! 128-bit fingerprint says whether two runs are the same, and a [file form](mod@file) for people and programs. Nothing
//! private is in either: private values are of a type that writes itself as a keyed token, and tokens of authority are
//! in no event at all.

pub mod attempts;
pub mod event;
pub mod file;
pub mod outcome;

pub use attempts::{AttemptEnd, End, OpenAttempts};
pub use event::{Event, EventKind};
pub use outcome::{EndedAttempt, OutcomeClass, OutcomeTracker};
