//! Pages for people: one file each, which needs nothing else.
//!
//! [`Report`] is a run's page.

mod day;
mod map;
mod metrics;
mod report;

pub use report::Report;

/// The page's name in a run folder.
pub const REPORT: &str = "report.html";
