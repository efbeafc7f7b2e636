//! What a bearer token says, once decoded. How it is signed and read is the business of whoever has a wire.

use fieldday_kernel::time::{Span, Time};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

macro_rules! claim_names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $wire:literal),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[doc = concat!("`", $wire, "`")] #[serde(rename = $wire)] $variant),+ }
        impl $name {
            /// Every claim of the kind; the first is the usual one.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The claim's name in the token.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $wire),+ }
            }
        }
    };
}

claim_names! {
    /// By which claim a token names its tenant.
    TenantClaim { #[default] OrgId = "org_id", OrganizationId = "organization_id", TenantId = "tenant_id", CompanyId = "company_id" }
}
claim_names! {
    /// By which claim a token names its user.
    UserClaim { #[default] Sub = "sub", UserId = "user_id" }
}
claim_names! {
    /// By which claim a token names its role.
    RoleClaim { #[default] OrgRole = "org_role", Role = "role" }
}

/// What went along as proof of who asks, as a history tells it: of what kind it was, never the token itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// The request had no `Authorization` header.
    None,
    /// A valid token of the client.
    Own,
    /// The client's own, expired for so long when it was sent.
    Expired {
        /// How long before the request the token had expired.
        ago: Span,
    },
    /// One that does not verify.
    Forged,
    /// The client's own, but it names no tenant.
    WithoutTenant,
    /// The client's own, under other names for its claims or its role.
    Alias {
        /// The claim that names the tenant.
        tenant: TenantClaim,
        /// The claim that names the user.
        user: UserClaim,
        /// The claim that names the role.
        role: RoleClaim,
        /// The name of the role, one of those that the backend must map.
        role_name: SmolStr,
    },
}

/// The claims of a session token (§0.1). Aliases are kept apart, since the backend must understand each.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// The first of `org_id`, `organization_id`, `tenant_id`, `company_id` that is there.
    pub tenant: Option<SmolStr>,
    /// The claim `sub`, or `user_id` if that is not there.
    pub user: Option<SmolStr>,
    /// `org_role`, or `role`, as the token has it.
    pub role: Option<SmolStr>,
    /// The claims that name tenant, user and role in this token.
    pub named_by: (TenantClaim, UserClaim, RoleClaim),
    /// The time from which the token counts as issued.
    pub issued_at: Time,
    /// From when it is refused (but for the leeway).
    pub expires_at: Time,
}

/// The credential that came in the `Authorization` header.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The request has no `Authorization` header.
    None,
    /// Something that is no token, or whose signature does not verify.
    Invalid,
    /// The token verifies; it may have expired.
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
