//! Transports in virtual time: a cell's own [model](model) of the backend, and the [plant](plant) that all cells share.

pub mod model;
pub mod plant;
