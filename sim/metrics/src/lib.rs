//! What a target's exporters tell while it is called.
//!
//! [`text`] reads the Prometheus text format, [`known`] says which metrics are kept, [`keeper`] keeps their values over a run in
//! bounded memory, and [`figures`] is what reports and programs are given of them. Nothing here calls anything: the scrapes
//! themselves are a live run's (`fieldday-live`).

pub mod figures;
pub mod keeper;
pub mod known;
pub mod text;

pub use figures::{Exporter, MetricFigures, TargetMetrics, Unit};
pub use keeper::{Keeper, Kept, Observed};
