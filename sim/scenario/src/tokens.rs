//! Where the tokens of runs against an HTTP target come from. On the virtual clock nobody needs one. No secret is ever in a
//! scenario: it names files and commands, and Clerk's is in the environment.

use super::words;
use fieldday_api::token::{RoleClaim, TenantClaim, UserClaim};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the tokens of runs against an HTTP target come from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tokens {
    /// Where a live run's tokens come from.
    pub source: TokenSource,
    /// Of `local`: the key file that signs, as `fieldday tokens new-key` writes it; a new key for each run when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of `file`: the file of tokens by user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Of `command`: the program and its arguments; no shell reads them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub command: Vec<String>,
    /// Of `local` and `clerk`: how long a token lives; `token_life_s` of the switches, or what Clerk decides, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 86_400))]
    pub life_s: Option<u32>,
    /// Of `local`: what `iss` says; left out when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Of `local`: what `azp` says; left out when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// Of `local`: by which claim a token names its tenant.
    #[schemars(schema_with = "words::tenant_claims_schema")]
    pub tenant_claim: TenantClaim,
    /// Of `local`: by which claim a token names its user.
    #[schemars(schema_with = "words::user_claims_schema")]
    pub user_claim: UserClaim,
    /// Of `local`: by which claim a token names its role.
    #[schemars(schema_with = "words::role_claims_schema")]
    pub role_claim: RoleClaim,
    /// How many are fetched at once, over all users.
    #[schemars(range(min = 1, max = 256))]
    pub parallel: u32,
}

impl Default for Tokens {
    fn default() -> Tokens {
        Tokens {
            source: TokenSource::Local,
            key: None,
            path: None,
            command: Vec::new(),
            life_s: None,
            issuer: None,
            azp: None,
            tenant_claim: TenantClaim::default(),
            user_claim: UserClaim::default(),
            role_claim: RoleClaim::default(),
            parallel: 8,
        }
    }
}

impl Tokens {
    /// Whether a file need not mention them.
    pub(super) fn are_default(&self) -> bool {
        *self == Tokens::default()
    }
}

/// Who makes tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenSource {
    /// They are signed here, with `key`.
    #[default]
    Local,
    /// They are in the file `path`.
    File,
    /// `command` prints one a call.
    Command,
    /// Clerk's Backend API gives them: CLERK_SECRET_KEY and CLERK_API_URL are in the environment.
    Clerk,
}
