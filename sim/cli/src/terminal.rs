//! What the terminal of each stream can show: colour, and how wide it is.

use anstream::{AutoStream, ColorChoice};
use fieldday_paint::Paint;
use std::io::{self, IsTerminal};

/// How wide lists are where nothing says how wide the reader's window is.
const LIST_WIDTH: usize = 80;

/// Whether results on stdout have colour: on a terminal, unless the environment says otherwise.
pub fn stdout_has_colour() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// How results are shown: with colour or without, and as wide as whoever reads them can see.
pub fn stdout_paint() -> Paint {
    paint(stdout_has_colour(), io::stdout().is_terminal())
}
/// How lists of sentences are shown: in a file or a pipe within the width of an ordinary terminal.
pub fn list_paint() -> Paint {
    let width = width(io::stdout().is_terminal()).unwrap_or(LIST_WIDTH);
    Paint::new(stdout_has_colour()).within(width)
}
/// How the picture of a run that goes on is shown.
pub fn stderr_paint() -> Paint {
    paint(stderr_has_colour(), true)
}
/// The paint for a stream; a file or a pipe has no greatest width.
fn paint(colour: bool, is_terminal: bool) -> Paint {
    let paint = Paint::new(colour);
    width(is_terminal).map_or(paint, |width| paint.within(width))
}

/// `COLUMNS` goes before what a terminal says of itself.
fn width(is_terminal: bool) -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok()).filter(|width| *width > 0);
    let size = || crossterm::terminal::size().ok().filter(|(columns, _)| is_terminal && *columns > 0);
    let seen = || size().map(|(columns, _)| columns.into());
    said.or_else(seen)
}

/// Whether notes on stderr have colour: on a terminal, unless the environment says otherwise.
pub fn stderr_has_colour() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Whether notes go to a terminal, and not to a file or a pipe.
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}
