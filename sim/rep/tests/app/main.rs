//! The app against the specification, rule by rule: one phone, and a backend that answers as each test says.

mod cache;
mod day_end;
mod harness;
mod kills;
mod queue;
mod recording;
mod retry;
mod screens;
mod station;
mod tasks;
mod token;
