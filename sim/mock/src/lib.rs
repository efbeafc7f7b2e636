//! The model backend over HTTP: one [`Handler`], mounted on axum for load ([`Mock`]) and in wiremock for tests (with the
//! feature `wiremock` it is a `wiremock::Respond`).
//!
//! What is answered follows from the scenario's plan and from the requests; nothing is kept of a request but the rows that
//! it made. Each cell of the plan is a backend of its own behind its own lock, and a request finds its cell by the tenant of
//! its token.

mod body;
mod clock;
mod handler;
mod options;
mod pacer;
mod resource;
#[cfg(feature = "wiremock")]
mod respond;
mod serve;
mod tally;
mod uploads;

pub use clock::Clock;
pub use handler::{Arrival, Handler, Outcome, Pending, Reply};
pub use options::{MockError, Options, Prepare, Service};
pub use serve::Mock;
pub use tally::Served;
