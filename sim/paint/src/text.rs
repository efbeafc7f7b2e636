//! What stands around tables on a terminal: headings, notes, facts; and text from outside, made fit for where it goes.

use crate::{Paint, Tone, wrapped};
pub use fieldday_kernel::text::{one_line, printable};
use std::fmt::Write as _;

/// Writes a line to a String, which cannot fail. Needs `std::fmt::Write` in scope.
#[macro_export]
macro_rules! line {
    ($out:expr, $($arg:tt)*) => {{ let _ = writeln!($out, $($arg)*); }};
}

/// Text that is nothing but text in Markdown, in a cell of a table, too: on one line, printable, and no markup.
pub fn markdown(text: &str) -> String {
    let line = one_line(text);
    let mut out = String::with_capacity(line.len());
    let mut before = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let is_markup = match c {
            '|' | '\\' | '`' | '*' | '<' | '>' | '#' | '[' | ']' => true,
            // Within a word, as an id has it, it is none.
            '_' => !before.is_some_and(char::is_alphanumeric) || !chars.peek().is_some_and(|c| c.is_alphanumeric()),
            _ => false,
        };
        if is_markup {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Table, figure, words};

    /// What somebody could have a target say.
    const NASTY: &str = "a|b\n<script>alert(1)</script> \u{1b}[31m`x` **b** [l](u) \u{202e}_it_ appt_1 \u{9b}2J";

    #[test]
    fn nothing_of_a_target_is_markup_or_moves_a_cursor() {
        let said = markdown(NASTY);
        let expected = "a\\|b \\<script\\>alert(1)\\</script\\> \u{fffd}\\[31m\\`x\\` \\*\\*b\\*\\* \\[l\\](u) \\_it\\_ appt_1 \u{fffd}2J";
        assert_eq!(said, expected);
        let mut table = Table::default();
        table.row([words(NASTY), figure(NASTY), words(NASTY)]);
        let mut out = table.render(Paint::new(false), 0) + &table.render_within(Paint::new(false).within(60), 2, &[]);
        faint(&mut out, Paint::new(false), NASTY);
        fact(&mut out, Paint::new(false), "first", NASTY);
        out.push_str(
            &Paint::new(true)
                .on(Tone::Bad, NASTY)
                .replace("\u{1b}[1m", "")
                .replace("\u{1b}[31m", "")
                .replace("\u{1b}[0m", ""),
        );
        let is_harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!out.contains(is_harmful), "{out:?}");
        let html = crate::frame::escaped(NASTY);
        assert!(!html.contains('<') && !html.contains(is_harmful), "{html:?}");
    }
}
