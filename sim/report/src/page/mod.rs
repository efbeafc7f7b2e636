//! Pages for people: one file each, which needs nothing else.

pub mod chart;
pub mod frame;
