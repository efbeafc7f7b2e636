//! Every kind of token and every role at every endpoint: `auth.*`.
//!
//! What must come of a bad token is decided by the judge of those rules, from what was shown and what came.

use crate::actor::Actor;
use crate::samples::shift_of;
use crate::{Pass, place};
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::error::ErrorCode;
use fieldday_api::names::Role;
use fieldday_api::rules::Rule;
use fieldday_api::token::{Claims, Credential, CredentialKind, RoleClaim, TenantClaim, UserClaim};
use fieldday_api::wire::tasks::TaskQuery;
use fieldday_kernel::time::Span;

use Rule::{
    AuthRoleGate as GATE, AuthRoleMap as MAP, AuthTenantClaim as TENANT, AuthTokenExpiry as EXPIRY,
    AuthTokenRequired as REQUIRED,
};

/// The names that a token may give a role (§0.1).
const ROLE_NAMES: [(&str, Role); 9] = [
    ("admin", Role::Manager),
    ("org:admin", Role::Manager),
    ("exec", Role::Manager),
    ("manager", Role::Manager),
    ("csr", Role::Csr),
    ("org:csr", Role::Csr),
    ("rep", Role::SalesRep),
    ("sales_rep", Role::SalesRep),
    ("org:sales_rep", Role::SalesRep),
];
/// Why tokens are not tried that say something else than those that there are.
const UNSIGNED: &str =
    "tokens come from elsewhere, so none can be made that says this ([tokens] source = \"local\" can)";

impl Pass {
    pub(crate) async fn shows_tokens(&self) {
        let by = self.rep();
        let calls = self.about(place::REP).everywhere(by);
        for call in &calls {
            by.ask_as(call.clone(), CredentialKind::None, Credential::None).await;
            // One that was seen before, so that there is something to forge.
            by.claims().await;
            by.ask_as(call.clone(), CredentialKind::Forged, Credential::Invalid).await;
        }
        self.shows_fresh_tokens().await;
        if self.means.signs {
            self.shows_bad_claims(&calls).await;
            self.shows_aliases().await;
        } else {
            for (rule, check) in
                [(EXPIRY, "expired tokens"), (TENANT, "tokens without a tenant"), (MAP, "other names of roles")]
            {
                self.untested(rule, check, UNSIGNED);
            }
        }
        self.untested(REQUIRED, "tokens that are not valid yet", "the specification names no nbf and no limit of iat");
        self.calls_with_each_role().await;
    }
    /// A token in the first moments of its life does.
    async fn shows_fresh_tokens(&self) {
        for by in [self.rep(), self.other(), self.stranger(), self.manager(), self.csr()] {
            by.forget_token();
            let list = Call::ListTasks(TaskQuery { limit: Some(1), ..TaskQuery::default() });
            let reply = by.ask(list).await;
            let case = self.case(by, EXPIRY, format!("a token just issued, as {}", by.client.role), &reply);
            case.succeeds("an answer", |_| None);
        }
    }
    async fn shows_bad_claims(&self, calls: &[Call]) {
        let by = self.rep();
        let leeway = self.means.leeway;
        for call in calls {
            for ago in [leeway + Span::seconds(5), Span::hours(2)] {
                self.shows_expired(by, call.clone(), ago).await;
            }
            let Some(good) = by.claims().await else { return };
            let claims = Credential::Token(Claims { tenant: None, ..good });
            by.ask_as(call.clone(), CredentialKind::WithoutTenant, claims).await;
        }
        // Within the leeway either answer is right: judged is that one comes.
        for ago in [Span::seconds(1), Span::seconds(leeway.as_seconds() / 2)] {
            self.shows_expired(by, calls[0].clone(), ago).await;
        }
    }
    async fn shows_expired(&self, by: &Actor, call: Call, ago: Span) {
        let Some(good) = by.claims().await else { return };
        // Tokens carry whole seconds: what is cut off would make it older by that.
        let expires_at = by.now() - ago;
        let issued_at = expires_at - Span::seconds(60);
        let claims = Credential::Token(Claims { issued_at, expires_at, ..good });
        by.ask_as(call, CredentialKind::Expired { ago }, claims).await;
    }
    async fn shows_aliases(&self) {
        let by = self.rep();
        let list = || Call::ListTasks(TaskQuery { limit: Some(1), ..TaskQuery::default() });
        for tenant in TenantClaim::ALL.iter().copied() {
            for user in UserClaim::ALL.iter().copied() {
                for role in RoleClaim::ALL.iter().copied() {
                    self.shows_alias(by, list(), (tenant, user, role), "org:sales_rep").await;
                }
            }
        }
        for (name, role) in ROLE_NAMES {
            let by = match role {
                Role::SalesRep => self.rep(),
                Role::Manager => self.manager(),
                Role::Csr => self.csr(),
            };
            self.shows_alias(by, list(), Default::default(), name).await;
        }
    }
    async fn shows_alias(
        &self,
        by: &Actor,
        call: Call,
        named_by: (TenantClaim, UserClaim, RoleClaim),
        role_name: &'static str,
    ) {
        let Some(good) = by.claims().await else { return };
        let (tenant, user, role) = named_by;
        let role_name = SmolStr::new_static(role_name);
        let claims = Credential::Token(Claims { named_by, role: Some(role_name.clone()), ..good });
        by.ask_as(call, CredentialKind::Alias { tenant, user, role, role_name }, claims).await;
    }
    /// A CSR at endpoints for reps and managers; and each role where it may be.
    async fn calls_with_each_role(&self) {
        let about = self.about(place::REP);
        let csr = self.csr();
        let calls = about.everywhere(self.rep());
        for call in &calls {
            let roles = call.op().endpoint().roles;
            for by in [self.rep(), self.manager(), csr] {
                let role = by.client.role;
                if !roles.contains(&role) {
                    let reply = by.ask_until_decided(call.clone()).await;
                    let case = self.case(by, GATE, format!("{} as {role}", reply.op), &reply);
                    let right =
                        reply.status() == Some(403) && reply.code().is_none_or(|code| code == ErrorCode::RbacViolation);
                    if reply.status().is_some_and(|status| status < 500) {
                        case.judge(right, "403 RBAC_VIOLATION", || reply.says());
                    } else {
                        case.undecided();
                    }
                } else if !call.op().writes() {
                    let reply = by.ask_until_decided(call.clone()).await;
                    let case = self.case(by, GATE, format!("{} as {role}, which may", reply.op), &reply);
                    if reply.is_decided() {
                        case.judge(reply.status() != Some(403), "any answer but 403", || reply.says());
                    } else {
                        case.undecided();
                    }
                }
            }
        }
        // Somebody who is no rep has no shift to look at.
        let reply = self.manager().ask_until_decided(shift_of(self.manager())).await;
        self.case(self.manager(), GATE, "a shift of somebody who is no rep", &reply).judge(
            reply.status().is_none_or(|status| status < 500),
            "no error of the server",
            || reply.says(),
        );
    }
}
