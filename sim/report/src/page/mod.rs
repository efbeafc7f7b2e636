//! Pages for people: one file each, which needs nothing else.
//!
//! [`Report`] is a run's page. Its pieces serve other pages, too: the [`frame`] with its style and theme, and the
//! [charts](mod@chart).

pub mod chart;
mod day;
mod draw;
pub mod frame;
mod report;
mod sequence;
pub mod stories;

pub use report::Report;

/// The page's name in a run folder.
pub const REPORT: &str = "report.html";
