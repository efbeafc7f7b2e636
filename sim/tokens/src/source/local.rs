//! Tokens that are signed here, with a key that the target trusts.

use super::Identity;
use crate::{Jwt, Key};
use fieldday_api::token::{Claims, RoleClaim, TenantClaim, UserClaim};
use fieldday_kernel::time::{Span, Time};

/// Tokens that are signed here.
#[derive(Debug)]
pub struct Local {
    /// The key that signs them.
    pub key: Key,
    /// The claims that name tenant, user and role.
    pub named_by: (TenantClaim, UserClaim, RoleClaim),
    /// How long each token is valid, from the time of its making.
    pub life: Span,
}

impl Local {
    pub(super) fn token(&self, who: &Identity, now: Time) -> Jwt {
        self.key.sign(&Claims {
            tenant: Some(who.tenant.clone()),
            user: Some(who.user_id.clone()),
            role: Some(who.role_name.clone()),
            named_by: self.named_by,
            issued_at: now,
            expires_at: now + self.life,
        })
    }
}
