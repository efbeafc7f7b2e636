//! A signed token. Its text is a secret: whoever has it is that user for a minute.

use fieldday_api::time::Time;
use std::fmt;

/// A signed token, with what must be known of it without reading it. Printing one prints when it ends, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwt {
    text: String,
    /// When it was issued, to the second, as `iat` says.
    pub issued_at: Time,
    /// From when it is refused (but for the leeway), to the second, as `exp` says.
    pub expires_at: Time,
}

impl Jwt {
    pub(crate) fn new(text: String, issued_at: Time, expires_at: Time) -> Jwt {
        Jwt { text, issued_at, expires_at }
    }
    /// The token itself. Whoever calls this is answerable for where it goes.
    pub fn expose(&self) -> &str {
        &self.text
    }
    /// The value of an `Authorization` header with it, as secret as the token itself.
    pub fn expose_as_bearer(&self) -> String {
        format!("Bearer {}", self.text)
    }
    /// The same token with another signature of the same length: one that does not verify.
    pub fn forged(&self) -> Jwt {
        let (signed, signature) = self.text.rsplit_once('.').unwrap_or((&self.text, ""));
        // Another first letter is another first six bits, whatever the algorithm.
        let first = if signature.starts_with('A') { 'B' } else { 'A' };
        Jwt { text: format!("{signed}.{first}{}", signature.get(1..).unwrap_or_default()), ..self.clone() }
    }
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token until {}", self.expires_at)
    }
}
impl fmt::Display for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
