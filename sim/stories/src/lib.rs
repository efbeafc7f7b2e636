//! One failure, told in every form in which somebody may want it.
//!
//! Begin with [`story`]: the Markdown of `story.md`, with a diagram and the events in words. The same events are a
//! [`timeline`] on a terminal (a [`stepper`] goes through it, a [`moment`] is the state of phone and rows), a [HAR](har), and a [script] of curl calls that can be run
//! against a backend. [`sequences`] draws what happened before the cases of a report's page.

pub mod attempts;
mod decisive;
mod diagram;
mod draw;
pub mod har;
pub mod moment;
pub mod script;
mod sequence;
pub mod sequences;
pub mod stepper;
pub mod story;
pub mod timeline;
mod told;
mod words;

pub use sequence::Sequence;
