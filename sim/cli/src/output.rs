//! The two streams: results on stdout, everything else on stderr. A reader who has gone away is no failure.

use crate::failure::Failure;
use crate::picture;
use std::io::{self, Write};

/// Whether the reader of standard output is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// The output was taken.
    Listens,
    /// The pipe is closed: whoever read it has seen enough.
    Left,
}

/// Prints a result on standard output; a closed pipe is not an error.
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
