//! Names of elements, and what follows from a name: its key, its random streams, the ids of its rows.
//!
//! `cell-0/tenant-1/rep-07/visit-3` is a name. An element draws from streams of its own name alone, and the ids of its rows
//! are digits of its key, so an element is the same whatever stands beside it.

use fieldday_api::SmolStr;
use fieldday_kernel::random::{Purpose, Stream, join_keys, name_key};
use fieldday_scenario::persona::Bounds;
use std::fmt::Write as _;

/// The purpose of all draws of the plan.
pub const PLAN: Purpose = Purpose::new("world.plan");

/// The stream of an element of the plan.
pub fn stream(seed: u64, key: u64) -> Stream {
    Stream::new(seed, PLAN, key, 0, 0)
}

/// Draws a whole number, both bounds included, each with the same chance.
pub fn between(stream: &mut Stream, (least, most): Bounds) -> i64 {
    stream.range(i64::from(least)..i64::from(most) + 1)
}

/// The name of a part of `parent`: `rep-07` is a part `("rep", 7)`. Reps have two digits at least, for the eye.
pub fn part(parent: &str, word: &str, number: usize) -> String {
    let mut name = String::with_capacity(parent.len() + word.len() + 6);
    name.push_str(parent);
    name.push('/');
    name.push_str(word);
    // Writing to a String cannot fail.
    let _ = if word == "rep" { write!(name, "-{number:02}") } else { write!(name, "-{number}") };
    name
}

/// An id: the prefix and 56 bits of the key in hex, 22 bytes at most, so that it is never allocated. Of ten million ids
/// two are equal with a chance of one in a thousand.
pub fn id(prefix: &str, key: u64) -> SmolStr {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0_u8; 23];
    let start = prefix.len().min(9);
    text[..start].copy_from_slice(&prefix.as_bytes()[..start]);
    for (i, place) in text[start..start + 14].iter_mut().enumerate() {
        *place = DIGITS[(key >> (52 - 4 * i) & 15) as usize];
    }
    SmolStr::new(std::str::from_utf8(&text[..start + 14]).unwrap_or_default())
}

/// The key of a row that belongs to an element: its task, its third message.
pub fn row(element: u64, what: &str, number: u64) -> u64 {
    join_keys(join_keys(element, name_key(what)), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_from_the_outside_in() {
        assert_eq!(part(&part("cell-0/tenant-1", "rep", 7), "visit", 3), "cell-0/tenant-1/rep-07/visit-3");
    }

    #[test]
    fn ids_are_short_and_differ_with_their_key() {
        assert_eq!(id("appt_", 0xff12_3456_789a_bcde).as_str(), "appt_123456789abcde");
        assert_eq!(id("contact_", u64::MAX).len(), 22);
        assert!(!id("contact_", 1).is_heap_allocated());
        assert_ne!(row(1, "message", 0), row(1, "message", 1));
    }
}
