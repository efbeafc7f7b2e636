//! How things look, on a terminal and on a page. Nothing here knows what a run is: it is given texts and figures.
//!
//! Begin with [`units`], the one place where a number gets its unit and its rounding. A [`Table`] lines up words and figures
//! in the tones of a [`Paint`]; [`text`] has what stands around it on a terminal. A page is a [`frame::Frame`] around
//! sections and [charts](mod@chart). A [`document`] is what is to be said before it is known where: it is turned into text
//! for a terminal, into Markdown, and into a page.

pub mod chart;
pub mod document;
pub mod frame;
mod json;
mod paint;
mod table;
pub mod text;
pub mod units;

pub use json::json;
pub use paint::{Paint, Tone};
pub use table::{Entry, Table, figure, shortened, words, wrapped};
