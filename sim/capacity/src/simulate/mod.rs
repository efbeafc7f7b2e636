//! The whole day of a fleet against one plant, on the virtual clock.
//!
//! A [`Question`] is a scenario, a plant, and perhaps a what-if; [`simulate`] answers it with an [`Outcome`].

mod advice;
mod calibrate;
mod endpoint;
mod fleet;
mod forms;
mod gathering;
mod happenings;
mod limits;
mod outcome;
mod pilot;
mod question;
mod run;
mod shadows;

pub use advice::{GridFound, Told, advise, beyond_physics, grid};
pub use calibrate::{CalibrateError, Calibration, calibrate};
pub use endpoint::{AttemptTime, AttemptTimes, EndpointTally};
pub use outcome::*;
pub use pilot::Pilot;
pub use question::{MOST_ALIVE, Question, WHAT_IFS, WhatIf, WhatIfRow};
pub use run::{SimulateError, Watch, answer, local_zone, simulate};
