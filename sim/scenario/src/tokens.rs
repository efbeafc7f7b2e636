//! Where the tokens of runs against an HTTP target come from. On the virtual clock nobody needs one. No secret is ever in a
//! scenario: it names files and commands, and Clerk's is in the environment.

use super::words;
use fieldday_api::token::{RoleClaim, TenantClaim, UserClaim};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The source of tokens for HTTP targets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tokens {
    /// The source of tokens of live runs.
    pub source: TokenSource,
    /// For `local`: the key file to sign with, as `fieldday tokens new-key` writes it; default: the
    /// development key for a target on the loopback, else a new key for each run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// For `file`: the file of tokens by user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// For `command`: the program and its arguments, without a shell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub command: Vec<String>,
    /// For `local` and `clerk`: life of a token in seconds; default: `token_life_s` of the switches, or Clerk's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 86_400))]
    pub life_s: Option<u32>,
    /// For `local`: the claim `iss`; omitted if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// For `local`: the claim `azp`; omitted if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// For `local`: the claim that holds the tenant.
    #[schemars(schema_with = "words::tenant_claims_schema")]
    pub tenant_claim: TenantClaim,
    /// For `local`: the claim that holds the user.
    #[schemars(schema_with = "words::user_claims_schema")]
    pub user_claim: UserClaim,
    /// For `local`: the claim that holds the role.
    #[schemars(schema_with = "words::role_claims_schema")]
    pub role_claim: RoleClaim,
    /// Greatest number of tokens fetched at once, over all users.
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

/// Where the tokens of a live run come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenSource {
    /// Field Day signs tokens with `key`.
    #[default]
    Local,
    /// Tokens are read from the file `path`.
    File,
    /// `command` prints one token per call.
    Command,
    /// Clerk's Backend API creates tokens, with CLERK_SECRET_KEY and CLERK_API_URL from the environment.
    Clerk,
}
