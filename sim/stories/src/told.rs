//! What a story is told of.

use fieldday_engine::shrink::Size;
use fieldday_history::Event;
use fieldday_kernel::time::{Span, Time, Zone};

/// What the text of a story is made of.
pub struct Told<'a> {
    /// The events up to the violation.
    pub events: &'a [Event],
    /// How large it is, and what is broken.
    pub size: &'a Size,
    /// The time from which the events count.
    pub start: Time,
    /// The zone whose local time the story shows.
    pub zone: &'a Zone,
    /// The moment from which on no repair would have helped.
    pub no_return: Option<Span>,
    /// The line that shows it again.
    pub again: &'a str,
    /// The clients' names, by number.
    pub names: Vec<&'a str>,
}
