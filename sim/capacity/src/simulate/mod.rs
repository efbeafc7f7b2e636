//! The whole day of a fleet against one plant, on the virtual clock.
//!
//! A [`Question`] is a scenario, a plant, and perhaps a what-if; [`simulate`] answers it with an [`Outcome`].

mod fleet;
mod limits;
mod outcome;
mod question;
mod run;

pub use outcome::*;
pub use question::{Question, WHAT_IFS, WhatIf, WhatIfRow};
pub use run::{SimulateError, Watch, answer, simulate};
