//! Names of new rows, made of the key of the request that made them.

use fieldday_api::SmolStr;
use fieldday_kernel::random::{join_keys, name_key};

/// Thirteen digits of base 36 hold 64 bits; the longest prefix (`session_`) leaves them within 23 bytes.
const DIGITS: usize = 13;

/// `prefix` and a hash of `key` in base 36.
pub(crate) fn named(prefix: &str, key: u64) -> SmolStr {
    let mut text = [0_u8; 23];
    text[..prefix.len()].copy_from_slice(prefix.as_bytes());
    let end = prefix.len() + DIGITS;
    let mut rest = join_keys(name_key(prefix), key);
    for place in text[prefix.len()..end].iter_mut().rev() {
        *place = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
        rest /= 36;
    }
    SmolStr::from(std::str::from_utf8(&text[..end]).unwrap_or(prefix))
}

/// The id that an error carries: `req_` and the key.
pub(crate) fn request_id(key: u64) -> SmolStr {
    SmolStr::from(format!("req_{key:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_differ_by_prefix_and_key() {
        let name = named("session_", 7);
        assert!(name.starts_with("session_") && name.len() == 21 && !name.is_heap_allocated());
        assert_ne!(named("session_", 8), name);
        assert_ne!(named("shift_", 7)["shift_".len()..], name["session_".len()..]);
        assert_eq!(request_id(0x5eed), "req_0000000000005eed");
    }
}
