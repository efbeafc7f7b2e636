//! Colour, where it is wanted, and how wide a page is. Nothing is said by colour alone.

use crate::text::printable;
use anstyle::{AnsiColor, Style};

/// What a piece of text means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// What is as it should be.
    Good,
    /// What is broken or exceeded.
    Bad,
    /// What could not be decided, or should be looked at.
    Doubt,
    /// What matters less than the rest.
    Faint,
    /// What heads something.
    Strong,
}

/// Puts colour on text, or not, and knows how much of it goes on a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paint {
    colour: bool,
    width: usize,
}

/// The width where nobody says another: what is read in a file or sent through a pipe.
const WIDE: usize = 120;
/// Lines of words are no longer than this, however much room there is: longer ones are hard to read.
const PROSE: usize = 100;
/// Nothing is laid out for less.
const NARROW: usize = 40;

impl Paint {
    /// With colours, or without any escape sequence.
    pub fn new(colour: bool) -> Paint {
        Paint { colour, width: WIDE }
    }
    /// The same for lines of at most so many characters.
    pub fn within(self, width: usize) -> Paint {
        Paint { width: width.max(NARROW), ..self }
    }
    /// The most characters on a line.
    pub fn width(self) -> usize {
        self.width
    }
    /// How long a line of words may be after so many characters.
    pub fn prose(self, after: usize) -> usize {
        self.width.min(PROSE).saturating_sub(after).max(NARROW / 2)
    }
    /// The text in its tone.
    pub fn on(self, tone: Tone, text: &str) -> String {
        let text = printable(text);
        if !self.colour || tone == Tone::Plain || text.is_empty() {
            return text.into_owned();
        }
        let style = style(tone);
        format!("{style}{text}{style:#}")
    }
}

fn style(tone: Tone) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => colour(AnsiColor::Green),
        Tone::Bad => colour(AnsiColor::Red).bold(),
        Tone::Doubt => colour(AnsiColor::Yellow),
        Tone::Faint => Style::new().dimmed(),
        Tone::Strong => Style::new().bold(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_the_text_alone() {
        assert_eq!(Paint::new(false).on(Tone::Bad, "✗ broken"), "✗ broken");
        let red = Paint::new(true).on(Tone::Bad, "✗");
        assert!(red.starts_with('\u{1b}') && red.ends_with("\u{1b}[0m"), "{red:?}");
    }
}
