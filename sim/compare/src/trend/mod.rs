//! Many nights beside one another: how each ended, how its latencies stood, and from which night on something is different.
//!
//! Nights of one scenario, shape and kind of target are a [`Group`]; only those are looked at as one series. What changed is
//! found by [`steps`](crate::stats::steps), over all percentiles of all endpoints at once.

mod capacity;
mod charts;
mod data;
mod document;
mod outliers;
mod read;
mod words;

pub use data::*;
pub use read::{Asked, trend};

/// The JSON schema of a trend, as it is written.
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Trend>().to_value()
}
