//! Live runs against servers of the tests' own. They wait more than they work: one binary for all of them, since cargo runs
//! binaries one after the other and the tests of one side by side.

#[path = "../common/mod.rs"]
mod common;

mod bent;
mod conform;
mod day;
mod hostile;
mod intruders;
mod metrics;
mod preflight;
mod prepare;
mod tls;
mod twice;
