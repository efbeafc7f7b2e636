//! Charts as plain SVG and HTML. Figures are drawn in a square of a thousand units that is stretched to its place, words
//! stand beside it in the page's own type, and the values are in a table: what the pointer and the arrow keys show is read
//! from there, so that nothing is said twice and nothing is lost without a script.

mod axis;
mod bars;
mod heat;
mod lines;
mod scale;

pub use axis::Axis;
pub use bars::{Bar, LogBars};
pub use heat::Heat;
pub use lines::{Kind, Line, LineChart};
pub use scale::{Mark, Scale, Tick};

/// The side of the square that figures are drawn in.
pub(super) const SIDE: f64 = 1_000.0;

/// Labels of a run of columns, few enough to stand beside one another: place from 0 to 1, and words.
pub fn thinned(labels: &[String], most: usize) -> Vec<Tick> {
    let step = labels.len().div_ceil(most.max(1)).max(1);
    let at = |place: usize| (place as f64 + 0.5) / labels.len().max(1) as f64;
    labels.iter().enumerate().step_by(step).map(|(i, words)| Tick { at: at(i), words: words.clone() }).collect()
}
