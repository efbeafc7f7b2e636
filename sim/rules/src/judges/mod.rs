//! The judges, a rule a file (or a few that one look decides).

pub(crate) mod app;
pub(crate) mod appointment;
pub(crate) mod atomic;
pub(crate) mod auth;
pub(crate) mod checks;
pub(crate) mod envelope;
pub(crate) mod landed;
pub(crate) mod latency;
pub(crate) mod lists;
pub(crate) mod ownership;
pub(crate) mod pending;
pub(crate) mod probes;
pub(crate) mod recording;
pub(crate) mod rows;
pub(crate) mod schema;
pub(crate) mod shift;
pub(crate) mod task;
pub(crate) mod tenancy;
pub(crate) mod your_writes;
