//! The two streams: results on stdout, everything else on stderr. A reader who has gone away is no failure.

use crate::failure::Failure;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, IsTerminal, Write};

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

/// Says something that is no result. If nobody can hear it, there is nobody to tell.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether results may have colour.
pub fn stdout_has_colour() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Whether notes may have colour.
pub fn stderr_has_colour() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Whether a person reads the notes.
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}
