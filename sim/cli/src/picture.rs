//! A picture of a run at the end of stderr, where that is a terminal. It is drawn over its last state, line by line, without
//! raw keys, a second screen or a hidden cursor, so there is nothing to put right again, whatever ends the run. The cursor
//! stands below it: what a terminal echoes, such as ^C, goes there and away with the next picture.

use crate::terminal as screen;
use crossterm::cursor::MoveToPreviousLine;
use crossterm::queue;
use crossterm::terminal::{self, Clear, ClearType};
use fieldday_documents::view::View;
use fieldday_paint::Paint;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// What is drawn now: one for the process, as there is one stderr.
static DRAWN: Mutex<Drawn> = Mutex::new(Drawn { lines: Vec::new(), lengths: Vec::new() });

struct Drawn {
    lines: Vec<String>,
    /// How many places each line takes: colour takes none.
    lengths: Vec<usize>,
}

impl Drawn {
    /// The rows that it takes: a terminal that has become narrower has broken its lines.
    fn rows(&self, width: usize) -> usize {
        self.lengths.iter().map(|length| length.div_ceil(width.max(1)).max(1)).sum()
    }
    fn take_away(&self, out: &mut impl Write) -> io::Result<()> {
        match u16::try_from(self.rows(size().0)) {
            Ok(rows @ 1..) => queue!(out, MoveToPreviousLine(rows), Clear(ClearType::FromCursorDown)),
            _ => Ok(()),
        }
    }
    fn put(&self, out: &mut impl Write) -> io::Result<()> {
        self.lines.iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}

pub struct Picture(());

impl Picture {
    /// A picture if stderr is a terminal; none if nobody can see one.
    pub fn begin() -> Option<Picture> {
        static HOOKED: Once = Once::new();
        if !screen::stderr_is_terminal() {
            return None;
        }
        // Whoever panics is to be heard: a rep's panic ends nothing but that rep's day.
        HOOKED.call_once(|| {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                clear();
                hook(info);
            }));
        });
        Some(Picture(()))
    }
    pub fn draw(&self, view: &View) {
        let paint = screen::stderr_paint();
        // A line that fills the last column would be broken by some terminals.
        let width = paint.width() - 1;
        let room = size().1 - 1;
        let lines = |paint: Paint| view.draw(paint.within(width)).lines().take(room).map(str::to_owned).collect();
        let plain: Vec<String> = lines(Paint::new(false));
        let next = Drawn { lines: lines(paint), lengths: plain.iter().map(|line| line.chars().count()).collect() };
        let mut drawn = lock();
        let mut frame = Vec::new();
        // Into memory, then to the terminal at once, so that nothing flickers. If nobody can see it, nobody misses it.
        let _ = drawn.take_away(&mut frame).and_then(|()| next.put(&mut frame));
        let _ = io::stderr().write_all(&frame);
        *drawn = next;
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        clear();
    }
}

/// Columns and rows of the terminal; as many as one likes, if it does not tell.
fn size() -> (usize, usize) {
    let told = |n: u16| if n == 0 { usize::MAX } else { n.into() };
    terminal::size().map_or((usize::MAX, usize::MAX), |(columns, rows)| (told(columns), told(rows)))
}

fn lock() -> MutexGuard<'static, Drawn> {
    DRAWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says something above the picture, if there is one: gives it to know whether there is.
pub fn aside(say: impl FnOnce(bool)) {
    let drawn = lock();
    let _ = drawn.take_away(&mut io::stderr());
    say(!drawn.lines.is_empty());
    let _ = drawn.put(&mut io::stderr());
}

/// Takes the picture away for good, unless somebody is drawing right now.
pub fn clear() {
    if let Ok(mut drawn) = DRAWN.try_lock() {
        let _ = drawn.take_away(&mut io::stderr());
        (drawn.lines, drawn.lengths) = (Vec::new(), Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_became_narrower_has_broken_the_lines() {
        let drawn = Drawn { lines: vec![String::new(); 3], lengths: vec![79, 60, 0] };
        assert_eq!([drawn.rows(120), drawn.rows(79), drawn.rows(60), drawn.rows(40)], [3, 3, 4, 5]);
    }
}
