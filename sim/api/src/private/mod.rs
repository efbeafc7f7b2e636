//! Values that must not leave in the clear: names, phone numbers, e-mails, addresses, free text, presigned URLs.
//!
//! A [`Private`] prints, debugs and serialises as a keyed token: equal values give equal tokens under one key, and
//! without the key a token says nothing. Only [`exposed`], which the wire codec uses, writes the value itself.
//!
//! Free text of a target is [scrubbed](scrub) when it is read, before anything can write it: each private thing in it has its
//! token in its place. What judges and the app go by, the words of a message and whether two are the same, stays.

mod find;
mod phones;

pub use find::{scan, scrub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use siphasher::sip::SipHasher24;
use smol_str::SmolStr;
use std::cell::Cell;
use std::fmt;
use std::hash::Hasher;
use std::sync::OnceLock;

/// A kind of thing that must not leave in the clear.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrivateKind {
    /// A bearer token, or what looks like one.
    Token,
    /// A phone number, in any of its usual forms.
    Phone,
    /// An e-mail address.
    Email,
}

impl fmt::Display for PrivateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PrivateKind::Token => "a token or key",
            PrivateKind::Phone => "a phone number",
            PrivateKind::Email => "an e-mail address",
        })
    }
}

/// A private text with the token that stands for it.
#[derive(Clone)]
pub struct Private {
    value: SmolStr,
    token: u64,
}

static KEY: OnceLock<(u64, u64)> = OnceLock::new();

thread_local! {
    static EXPOSE: Cell<bool> = const { Cell::new(false) };
}

/// Sets the key of all tokens of this process. A simulation keeps the fixed default, since its people are invented and
/// its tokens are part of the fingerprint; a run against real data sets a random key first.
///
/// Fails with the value given back if a token was made or a key set before.
pub fn set_token_key(key: (u64, u64)) -> Result<(), (u64, u64)> {
    KEY.set(key)
}

/// Runs `write` with private values serialised in the clear: for request and answer bodies on the wire, nothing else.
pub fn exposed<T>(write: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            EXPOSE.set(self.0);
        }
    }
    let _restore = Restore(EXPOSE.replace(true));
    write()
}

impl Private {
    /// Wraps a text, so that it is shown only in requests and by its token elsewhere.
    pub fn new(value: impl Into<SmolStr>) -> Private {
        let value = value.into();
        let (k0, k1) = *KEY.get_or_init(|| (0x6669_656c_6464_6179, 0x7072_6976_6174_6531));
        let mut hasher = SipHasher24::new_with_keys(k0, k1);
        hasher.write(value.as_bytes());
        Private { token: hasher.finish(), value }
    }
    /// What stands for a value whose own name is all that is known: as read back from a history.
    pub fn named(name: String) -> Private {
        let token = name.strip_prefix("private:").and_then(|hex| u64::from_str_radix(hex, 16).ok());
        match token {
            Some(token) => Private { value: name.into(), token },
            None => Private::new(name),
        }
    }
    /// The value itself. Whoever calls this is answerable for where it goes.
    pub fn expose(&self) -> &str {
        &self.value
    }
    /// The token that stands for the value.
    pub fn token(&self) -> u64 {
        self.token
    }
}

impl PartialEq for Private {
    fn eq(&self, other: &Self) -> bool {
        self.token == other.token
    }
}
impl Eq for Private {}
impl From<&str> for Private {
    fn from(value: &str) -> Self {
        Private::new(value)
    }
}
impl From<String> for Private {
    fn from(value: String) -> Self {
        Private::new(value)
    }
}
impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "private:{:016x}", self.token)
    }
}
impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Private {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if EXPOSE.get() {
            s.serialize_str(&self.value)
        } else if s.is_human_readable() {
            s.collect_str(self)
        } else {
            s.serialize_u64(self.token)
        }
    }
}

impl<'de> Deserialize<'de> for Private {
    /// Reads a value in the clear; a token read back from a history stays the token it was.
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Private::named(String::deserialize(d)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_value_shows_only_where_it_is_exposed() {
        let phone = Private::from("+15550100");
        let shown = format!("{phone} {phone:?} {}", serde_json::to_string(&phone).unwrap());
        assert!(!shown.contains("5550100"), "{shown}");
        assert_eq!(exposed(|| serde_json::to_string(&phone).unwrap()), "\"+15550100\"");
        assert!(!serde_json::to_string(&phone).unwrap().contains("5550100"), "exposure ends with its scope");
    }

    #[test]
    fn equal_values_have_equal_tokens_and_a_token_survives_a_history() {
        let (a, b, c) = (Private::from("a"), Private::from("a"), Private::from("b"));
        assert_eq!(a.token(), b.token());
        assert_ne!(a.token(), c.token());
        let read: Private = serde_json::from_str(&serde_json::to_string(&a).unwrap()).unwrap();
        assert_eq!(read, a);
    }

    #[test]
    fn a_line_that_leaks_is_told_from_one_that_does_not() {
        assert_eq!(scan("call 7 failed: status 404, request req_0123456789abcdef, appt_5a2f302f7bb043"), None);
        assert_eq!(scan("Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"), Some(PrivateKind::Token));
        assert_eq!(scan("{\"to\":\"+15550100123\"}"), Some(PrivateKind::Phone));
        assert_eq!(scan("sent to someone@example.com."), Some(PrivateKind::Email));
        assert_eq!(scan("took +12 ms at 2026-06-10T10:00:00+00:00"), None);
    }

    #[test]
    fn a_panic_inside_an_exposure_closes_it() {
        let _ = std::panic::catch_unwind(|| exposed(|| panic!("mid-write")));
        assert!(!EXPOSE.get());
    }
}
