//! The fingerprint of a stream of events of any type: 128 bits of XXH3 over their [canonical binary form](crate::canonical),
//! one after the other.

use crate::canonical;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use xxhash_rust::xxh3::Xxh3;

/// 128 bits that stand for a stream of events.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// Parses 32 hexadecimal digits; none for anything else.
    pub fn parse(text: &str) -> Option<Fingerprint> {
        (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok().map(Fingerprint))?
    }
    /// The fingerprint of several streams in their order.
    pub fn combine(parts: impl Iterator<Item = Fingerprint>) -> Fingerprint {
        let mut state = Xxh3::new();
        parts.for_each(|part| state.update(&part.0.to_le_bytes()));
        Fingerprint(state.digest128())
    }
}
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Fingerprint::parse(&text).ok_or_else(|| D::Error::custom("a fingerprint has 32 hexadecimal digits"))
    }
}

/// Takes the fingerprint of a stream as it passes, with a checkpoint every so many events: two streams that differ can
/// be told apart near the first difference without keeping either.
pub struct Fingerprinter {
    state: Box<Xxh3>,
    scratch: Vec<u8>,
    events: u64,
    checkpoints: Vec<Fingerprint>,
}

/// The number of events between two checkpoints.
pub const CHECKPOINT_EVERY: u64 = 4_096;

impl Default for Fingerprinter {
    fn default() -> Self {
        Fingerprinter {
            state: Box::new(Xxh3::new()),
            scratch: Vec::with_capacity(4_096),
            events: 0,
            checkpoints: Vec::new(),
        }
    }
}

impl Fingerprinter {
    /// Takes in the next event, in its canonical binary form.
    pub fn add(&mut self, event: &impl Serialize) {
        self.scratch.clear();
        // Writing to memory fails only if a type refuses to be written, which is a bug in the type.
        canonical::write(event, &mut self.scratch).expect("every event has a canonical form");
        self.state.update(&self.scratch);
        self.events += 1;
        if self.events.is_multiple_of(CHECKPOINT_EVERY) {
            self.checkpoints.push(Fingerprint(self.state.digest128()));
        }
    }
    /// The number of events that were taken in.
    pub fn events(&self) -> u64 {
        self.events
    }
    /// The fingerprint of all that passed.
    pub fn finish(&self) -> Fingerprint {
        Fingerprint(self.state.digest128())
    }
    /// The fingerprints after every [`CHECKPOINT_EVERY`] events.
    pub fn checkpoints(&self) -> &[Fingerprint] {
        &self.checkpoints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    #[derive(Serialize)]
    enum What {
        Sent,
        Received,
    }
    type Event = (Span, u32, What);

    fn of(events: &[Event]) -> Fingerprint {
        let mut taken = Fingerprinter::default();
        events.iter().for_each(|event| taken.add(event));
        taken.finish()
    }

    #[test]
    fn every_part_of_an_event_counts_and_so_does_the_order() {
        let at = Span::micros;
        let one = of(&[(at(5), 3, What::Sent)]);
        let others = [(at(6), 3, What::Sent), (at(5), 3, What::Received), (at(5), 4, What::Sent)];
        assert!(others.iter().all(|other| of(std::slice::from_ref(other)) != one));
        let (first, second) = ((at(5), 3, What::Sent), (at(6), 3, What::Sent));
        let there = of(&[first, second]);
        assert_ne!(there, of(&[(at(6), 3, What::Sent), (at(5), 3, What::Sent)]));
    }

    #[test]
    fn a_fingerprint_reads_back() {
        let print = of(&[(Span::micros(1), 0, What::Sent)]);
        assert_eq!(Fingerprint::parse(&print.to_string()), Some(print));
        assert_eq!(Fingerprint::parse("12"), None);
    }
}
