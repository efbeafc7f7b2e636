//! The app against the specification, rule by rule: one phone, and a backend that answers as each test says.

mod cache;
mod harness;
mod queue;
mod recording;
mod retry;
mod screens;
mod tasks;
mod token;
