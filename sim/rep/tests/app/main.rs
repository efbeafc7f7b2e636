//! The app against the specification, rule by rule: one phone, and a backend that answers as each test says.

mod answers;
mod cache;
mod day_end;
mod defects;
mod harness;
mod kills;
mod line;
mod player;
mod polling;
mod queue;
mod queued_start;
mod recording;
mod retry;
mod screens;
mod station;
mod tasks;
mod token;
