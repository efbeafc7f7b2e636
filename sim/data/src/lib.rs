//! Data of a plan for real backends, and who the plan's people are there.
//!
//! [`export`] writes a plan's tenants, people and rows as JSON, CSV or SQL; a [`roster`] names the users that a deployment
//! knows, and gives the plan's reps their identities.

mod csv;
pub mod export;
pub mod roster;
