//! The wire: each rep's own connections, or a bounded pool for all.

mod body;
mod budget;
mod connect;
mod exchange;
mod pool;
mod settings;
mod trouble;

pub(crate) use body::Outgoing;
pub use budget::AnswerBudget;
pub use connect::{Connection, Connector, certificates};
pub use exchange::{Exchange, ExchangeEnd, exchange};
pub use pool::ConnectionPool;
pub use settings::{Unanswered, WireSettings, call_once};
pub use trouble::{NoConnection, TlsTrouble};
