//! The wire: each rep's own connections, or a bounded pool for all.

mod body;
mod connect;
mod exchange;
mod pool;
mod settings;

pub(crate) use body::Outgoing;
pub use connect::{Connector, NoConnection, certificates};
pub use exchange::{Exchange, ExchangeEnd, exchange};
pub use pool::ConnectionPool;
pub use settings::{WireSettings, call_once};
