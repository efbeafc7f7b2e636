//! ChaCha8, a block at a time.
//!
//! Most streams give a draw or two. Generators made for long streams compute four blocks at the first draw; this one
//! computes the one that is asked for. Its words are those of `rand_chacha`, which the tests hold it against.

/// Words of a block.
const WORDS: usize = 16;
/// Four words that are worked on together: one vector register.
type Row = [u32; 4];

/// The words of one key and one stream number, in pairs.
pub(crate) struct ChaCha8 {
    key: [Row; 2],
    /// The number of the next block, then that of the stream, each in two words.
    counter: u64,
    stream: u64,
    block: [u64; WORDS / 2],
    /// How many pairs of the block are used up.
    used: usize,
}

impl ChaCha8 {
    /// The generator of that key and that stream number, before its first word.
    pub fn new(key: [u64; 4], stream: u64) -> ChaCha8 {
        let row = |a: u64, b: u64| [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32];
        let key = [row(key[0], key[1]), row(key[2], key[3])];
        ChaCha8 { key, counter: 0, stream, block: [0; WORDS / 2], used: WORDS / 2 }
    }
    /// The next two words, the first one low.
    #[inline]
    pub fn next(&mut self) -> u64 {
        if self.used == self.block.len() {
            self.refill();
        }
        let pair = self.block[self.used];
        self.used += 1;
        pair
    }
    fn refill(&mut self) {
        let (counter, stream) = (self.counter, self.stream);
        let last = [counter as u32, (counter >> 32) as u32, stream as u32, (stream >> 32) as u32];
        // "expand 32-byte k"
        let first = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
        let start = [first, self.key[0], self.key[1], last];
        let [mut a, mut b, mut c, mut d] = start;
        for _ in 0..4 {
            (a, b, c, d) = quarter_rounds(a, b, c, d);
            // The columns have been mixed; the diagonals, turned upright, are next.
            let (turned_b, turned_c, turned_d) = (turned::<1>(b), turned::<2>(c), turned::<3>(d));
            (a, b, c, d) = quarter_rounds(a, turned_b, turned_c, turned_d);
            (b, c, d) = (turned::<3>(b), turned::<2>(c), turned::<1>(d));
        }
        for (row, (mixed, start)) in [a, b, c, d].into_iter().zip(start).enumerate() {
            let words = added(mixed, start).map(u64::from);
            self.block[2 * row] = words[0] | words[1] << 32;
            self.block[2 * row + 1] = words[2] | words[3] << 32;
        }
        self.counter = counter.wrapping_add(1);
        self.used = 0;
    }
}

/// Four quarter rounds side by side.
#[inline(always)]
fn quarter_rounds(mut a: Row, mut b: Row, mut c: Row, mut d: Row) -> (Row, Row, Row, Row) {
    a = added(a, b);
    d = mixed::<16>(d, a);
    c = added(c, d);
    b = mixed::<12>(b, c);
    a = added(a, b);
    d = mixed::<8>(d, a);
    c = added(c, d);
    b = mixed::<7>(b, c);
    (a, b, c, d)
}
#[inline(always)]
fn added(a: Row, b: Row) -> Row {
    std::array::from_fn(|i| a[i].wrapping_add(b[i]))
}
#[inline(always)]
fn mixed<const BITS: u32>(a: Row, b: Row) -> Row {
    std::array::from_fn(|i| (a[i] ^ b[i]).rotate_left(BITS))
}
#[inline(always)]
fn turned<const BY: usize>(row: Row) -> Row {
    std::array::from_fn(|i| row[(i + BY) % 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    #[test]
    fn its_words_are_those_of_an_independent_library() {
        for n in 0..200_u64 {
            let part = |i: u64| (n * 4 + i).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let key = [0, 1, 2, 3].map(part);
            let mut seed = [0; 32];
            for (bytes, part) in seed.chunks_mut(8).zip(key) {
                bytes.copy_from_slice(&part.to_le_bytes());
            }
            for stream in [0, n, part(5), u64::MAX] {
                let (mut ours, mut theirs) = (ChaCha8::new(key, stream), ChaCha8Rng::from_seed(seed));
                theirs.set_stream(stream);
                // Over several of our blocks, and several of their buffers.
                for word in 0..100 {
                    assert_eq!(ours.next(), theirs.next_u64(), "key {key:x?}, stream {stream:x}, pair {word}");
                }
            }
        }
    }
}
