//! Charts as plain SVG and HTML. Figures are drawn in a square of a thousand units that is stretched to its place, words
//! stand beside it in the page's own type, and the values are in a table: what the pointer and the arrow keys show is read
//! from there, so that nothing is said twice and nothing is lost without a script.

mod axis;
mod bars;
mod heat;
mod lines;
mod scale;
mod spark;

pub use axis::Axis;
pub use bars::{Bar, LogBars};
pub use heat::Heat;
pub use lines::{Kind, Line, LineChart};
pub use scale::{Mark, Scale, Tick};
pub use spark::sparkline;

/// The side of the square that figures are drawn in.
pub(super) const SIDE: f64 = 1_000.0;
