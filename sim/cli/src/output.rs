//! The two streams: results on stdout, everything else on stderr. A reader who has gone away is no failure.

use crate::failure::Failure;
use crate::picture;
use anstream::{AutoStream, ColorChoice};
use fieldday_paint::Paint;
use std::io::{self, IsTerminal, Write};

/// How wide lists are where nothing says how wide the reader's window is.
const LIST_WIDTH: usize = 80;

/// Whether more can be printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// It can.
    Listens,
    /// The pipe is closed: whoever read it has seen enough.
    Left,
}

/// Prints a result.
pub fn print(text: &str) -> Result<Reader, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Reader::Listens),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Left),
        Err(error) => Err(Failure::Output(error)),
    }
}

/// Says something that is no result. If nobody can hear it, there is nobody to tell. A picture makes room for it.
pub fn note(text: &str) {
    picture::aside(|is_drawn| {
        // A line of its own is what begins a note that comes after an echoed ^C; a picture takes the echo away.
        let text = if is_drawn { text.trim_start_matches('\n') } else { text };
        let _ = writeln!(io::stderr().lock(), "{text}");
    });
}

/// Whether results may have colour.
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
/// What goes into a file or a pipe is as wide as it likes.
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

/// Whether notes may have colour.
pub fn stderr_has_colour() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Whether a person reads the notes.
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}
