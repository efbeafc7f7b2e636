//! Transports in virtual time: a cell's own [model] of the backend, and the [plant] that all cells share.

pub mod model;
pub mod plant;
