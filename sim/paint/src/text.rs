//! What stands around tables on a terminal: headings, notes, facts.

use crate::{Paint, Tone, wrapped};
use std::fmt::Write as _;

/// Writes a line to a String, which cannot fail. Needs `std::fmt::Write` in scope.
#[macro_export]
macro_rules! line {
    ($out:expr, $($arg:tt)*) => {{ let _ = writeln!($out, $($arg)*); }};
}

/// A section's first line, with a blank one before it.
pub fn heading(out: &mut String, paint: Paint, title: &str, note: &str) {
    line!(out, "");
    if title.len() + 2 + note.chars().count() > paint.width() {
        line!(out, "{}", paint.on(Tone::Strong, title));
        return faint(out, paint, note);
    }
    let gap = if note.is_empty() { "" } else { "  " };
    line!(out, "{}{gap}{}", paint.on(Tone::Strong, title), paint.on(Tone::Faint, note));
}

/// Words of less weight, on as many lines as they need.
pub fn faint(out: &mut String, paint: Paint, text: &str) {
    wrapped(text, paint.prose(2)).iter().for_each(|text| line!(out, "  {}", paint.on(Tone::Faint, text)));
}

/// A fact with its title, on as many lines as it needs.
pub fn fact(out: &mut String, paint: Paint, title: &str, text: &str) {
    for (number, text) in wrapped(text, paint.prose(12)).iter().enumerate() {
        line!(out, "    {:<8}{text}", if number == 0 { title } else { "" });
    }
}
