//! What a bearer token says, once decoded. How it is signed and read is the business of whoever has a wire.

use crate::time::Time;
use smol_str::SmolStr;
use std::fmt;

/// The claims of a session token (§0.1). Aliases are kept apart, since the backend must understand each.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// The first of `org_id`, `organization_id`, `tenant_id`, `company_id` that is there.
    pub tenant: Option<SmolStr>,
    /// `sub`, or `user_id`.
    pub user: Option<SmolStr>,
    /// `org_role`, or `role`, as the token has it.
    pub role: Option<SmolStr>,
    /// When it was issued.
    pub issued_at: Time,
    /// From when it is refused (but for the leeway).
    pub expires_at: Time,
}

/// What came in the `Authorization` header.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// No header.
    None,
    /// Something that is no token, or whose signature does not verify.
    Invalid,
    /// A token that verifies.
    Token(Claims),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credential::None => "no token",
            Credential::Invalid => "invalid token",
            Credential::Token(_) => "token",
        })
    }
}
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token until {}", self.expires_at)
    }
}
