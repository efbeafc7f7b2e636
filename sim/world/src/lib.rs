//! The world that virtual reps work in: where they are, what their day holds, and what their phones' network does.
//!
//! A [`Scenario`](scenario::Scenario) is read from TOML. With a seed it gives a [`Plan`](plan::Plan), cell by cell and only
//! when asked: tenants with their territories and data, reps with their visits, the office's day, mishaps, outages. Every
//! element has a [name](keys) and draws from streams of that name alone, so that taking one away moves no other. A
//! [`Link`](link::Link) then decides the fate of every attempt that a phone makes, from where it is, when, and the seed.
//!
//! ```
//! use fieldday_world::{plan::Plan, scenario::Scenario};
//! use std::sync::Arc;
//!
//! let mut scenario = Scenario::load("weekday")?;
//! scenario.with_reps(10);
//! let cell = Plan::new(Arc::new(scenario), 0x5eed)?.cell(0);
//! let mut day = String::new();
//! cell.render(&mut day)?;
//! assert!(day.contains("cell-0/tenant-1/rep-04/visit-1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing here has a clock or does I/O but [`Scenario::load`](scenario::Scenario::load), which reads the file it is given.

pub mod air;
pub mod coverage;
pub mod csv;
pub mod export;
pub mod keys;
pub mod link;
pub mod network;
pub mod people;
pub mod persona;
pub mod place;
pub mod plan;
pub mod repro;
pub mod roster;
pub mod scenario;
pub mod territory;
pub mod track;
pub mod zones;
