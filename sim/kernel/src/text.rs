//! Text from outside, made fit for a terminal, a page, a table or a log: nothing in it moves a cursor, changes a colour,
//! turns the reading order round, hides, or ends the line that it stands on.
//!
//! Whoever writes text of a target anywhere passes it through [`one_line`], or a whole document through [`printable`];
//! JSON keeps it, in escapes: [`printable_json`].
//! What is markup to the place that it goes to (HTML, Markdown) is escaped there as well.

use std::borrow::Cow;

/// What stands for a control character.
const REPLACED: char = '\u{fffd}';

/// The text on one line, without anything that a terminal or a reader of the page acts upon: line breaks and tabs become
/// blanks, other control characters `\u{fffd}`, and marks without a width of their own, those for the reading order among
/// them, go. What has none of these is given back as it is.
pub fn one_line(text: &str) -> Cow<'_, str> {
    cleaned(text, false)
}

/// The text with its line feeds and tabs, and otherwise as [`one_line`] gives it.
pub fn printable(text: &str) -> Cow<'_, str> {
    cleaned(text, true)
}

/// JSON with an escape such as `\u009b` in place of each character that a terminal or a reader acts upon: its value stays the
/// same. What has none of these is given back as it is.
pub fn printable_json(json: String) -> String {
    let is_plain = |c: char| c.is_ascii() || !(c.is_control() || is_invisible(c));
    if json.is_ascii() || json.chars().all(is_plain) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_plain(c) {
            escaped.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")));
        }
    }
    escaped
}

fn cleaned(text: &str, keeps_lines: bool) -> Cow<'_, str> {
    let stays = |c: char| match c {
        ' '..='~' => true,
        '\n' | '\t' => keeps_lines,
        _ => !c.is_control() && !is_invisible(c),
    };
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let instead = |c: char| match c {
        c if stays(c) => Some(c),
        '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        c if c.is_control() => Some(REPLACED),
        _ => None,
    };
    Cow::Owned(text.chars().filter_map(instead).collect())
}

/// Marks that show nothing themselves: overrides of the reading order, joiners, blanks without a width, tags, and the breaks
/// of lines and paragraphs.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_value_and_escapes_what_a_terminal_acts_upon() {
        let plain = r#"{"a":"é ✓ \u001b"}"#;
        assert_eq!(printable_json(plain.to_owned()), plain);
        let json = "[\"\u{9b}2J\u{202e}\u{e0041}é\"]".to_owned();
        assert_eq!(printable_json(json), r#"["\u009b2J\u202e\udb40\udc41é"]"#);
    }

    #[test]
    fn what_a_terminal_acts_upon_is_gone_and_plain_text_is_as_it_was() {
        let kept = "Termin \u{2713} für Zoë, 3 °C: 客户 🚚";
        assert!(matches!(one_line(kept), Cow::Borrowed(text) if text == kept));
        assert_eq!(one_line("a\u{1b}[31mred\u{1b}[0m\u{7}b"), "a\u{fffd}[31mred\u{fffd}[0m\u{fffd}b");
        assert_eq!(one_line("a\r\nb\tc\u{85}d\u{2028}e"), "a  b c d e");
        assert_eq!(one_line("user\u{202e}txt.exe\u{2066}\u{200b}\u{feff}"), "usertxt.exe");
        assert_eq!(one_line("\u{9b}2J"), "\u{fffd}2J", "controls of eight bits, too");
        assert_eq!(printable("a\n\tb\u{1b}c\r"), "a\n\tb\u{fffd}c ");
        assert_eq!(one_line(&one_line("\u{1b}\n\u{202e}")), one_line("\u{1b}\n\u{202e}"));
    }
}
