//! Who a live run may be: the users of a real target, from a file, and which of them plays which part of a plan.
//!
//! The file is JSON, or CSV with a line a user. `docs/data.md` describes both.

mod cast;
mod ids;
mod read;

#[cfg(test)]
mod tests;

pub use cast::{Cast, CastError, Missing, SpareError};
pub use read::RosterError;

use fieldday_api::SmolStr;
use fieldday_api::dataset::TenantData;
use fieldday_api::names::Role;
use fieldday_api::private::Private;
use serde::{Deserialize, Serialize};

/// The users of a target, by tenant. It serialises without tokens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// Its tenants, in the order of the file.
    pub tenants: Vec<RosterTenant>,
}

/// A tenant of a target.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterTenant {
    /// `org_…`
    #[serde(deserialize_with = "read::id")]
    pub id: SmolStr,
    /// The IANA name of its zone.
    #[serde(deserialize_with = "read::zone")]
    pub zone: String,
    /// The tenant's users, at least those that the plan needs.
    pub users: Vec<RosterUser>,
}

/// A user of a target.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterUser {
    /// The subject of the user's tokens.
    #[serde(deserialize_with = "read::user_id")]
    pub user_id: SmolStr,
    /// `rep_…`, the id that the shift endpoints take; the same as the user's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::maybe_id")]
    pub rep_id: Option<SmolStr>,
    /// What the token's role is; any of the names that §0.1 maps is read.
    #[serde(deserialize_with = "read::role")]
    pub role: Role,
    /// A token that lives long enough for the run, where tokens are not made.
    #[serde(default, skip_serializing)]
    pub token: Option<Private>,
}

impl RosterUser {
    /// The id that the endpoints of reps take.
    pub fn rep_id(&self) -> &SmolStr {
        self.rep_id.as_ref().unwrap_or(&self.user_id)
    }
}

impl RosterTenant {
    /// The users of a plan's tenant.
    pub fn of(data: &TenantData) -> RosterTenant {
        let user = |user: &fieldday_api::dataset::User| RosterUser {
            user_id: user.user_id.clone(),
            rep_id: user.rep_id.clone(),
            role: user.role,
            token: None,
        };
        let users = data.users.iter().map(user).collect();
        RosterTenant { id: data.id.clone(), zone: data.zone.name.clone(), users }
    }
    /// Its users of a role, in the order of the file.
    pub fn users_of(&self, role: Role) -> impl Iterator<Item = &RosterUser> {
        self.users.iter().filter(move |user| user.role == role)
    }
    /// Its entry in a file, a user a line.
    pub fn to_json(&self) -> String {
        let word = |value: &str| serde_json::Value::from(value).to_string();
        let users = self.users.iter().map(|user| {
            let rep = user.rep_id.as_ref().map_or(String::new(), |id| format!(", \"rep_id\": {}", word(id)));
            format!("    {{ \"user_id\": {}{rep}, \"role\": {} }}", word(&user.user_id), word(user.role.as_str()))
        });
        let users = users.collect::<Vec<_>>().join(",\n");
        format!("  {{ \"id\": {}, \"zone\": {}, \"users\": [\n{users}\n  ] }}", word(&self.id), word(&self.zone))
    }
}

impl Roster {
    /// The token of a user, if the file gives one.
    pub fn token(&self, tenant_id: &str, user_id: &str) -> Option<&Private> {
        let tenant = self.tenants.iter().find(|tenant| tenant.id == tenant_id)?;
        tenant.users.iter().find(|user| user.user_id == user_id)?.token.as_ref()
    }
    /// How many users have a role.
    pub fn count(&self, role: Role) -> usize {
        self.tenants.iter().map(|tenant| tenant.users_of(role).count()).sum()
    }
}
