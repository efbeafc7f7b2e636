//! The Otto API as data.
//!
//! One table of [endpoints](endpoint::ENDPOINTS), the [wire types](wire) of their bodies, the [error envelope](error), the
//! names of the [rules], and [calls and answers](call) as typed values with their [HTTP form](http). Everything else in
//! Field Day reads the API from here; nothing here has a clock, a network or a random number.
//!
//! Source: the Sales Rep Mobile App Integration Specification of 2025-01-20; `§` in these pages is a section of it.

pub mod call;
pub mod dataset;
pub mod defaults;
pub mod defect_table;
pub mod dialect;
pub mod endpoint;
pub mod error;
pub mod fixed;
pub mod http;
pub mod mishap;
pub mod names;
pub mod pace;
pub mod private;
pub mod probe;
pub mod readings;
pub mod rule_parts;
pub mod rules;
pub mod token;
pub mod wire;

#[doc(hidden)] // For `defects!`.
pub use serde;
pub use smol_str::SmolStr;
