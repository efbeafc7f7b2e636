//! What can be said of a few runs, each of which measured many things.
//!
//! The rows are runs, the columns are what was measured (the logarithm of a percentile of an endpoint). A question is a
//! contrast between rows: these runs against those. A column's statistic is the contrast over its own variation, which is
//! [moderated](moderate) by that of the other columns, since five runs alone know little of how much a column varies. Which
//! of the columns differ is judged by the greatest statistic of all columns under [relabelled](relabel) rows, so that the
//! columns may depend on each other in any way: a slow night slows all. See `docs/compare.md`.

pub mod max_t;
pub mod moderate;
pub mod relabel;
pub mod steps;
pub mod student;

pub use max_t::{Tested, test};
pub use moderate::Moderated;
pub use relabel::{Contrasts, Null};
