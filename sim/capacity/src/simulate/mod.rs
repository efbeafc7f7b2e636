//! The whole day of a fleet against one plant, on the virtual clock.

mod outcome;

pub use outcome::*;
