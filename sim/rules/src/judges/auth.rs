//! `auth.token-required`, `auth.token-expiry`, `auth.tenant-claim`, `auth.role-map`, `auth.role-gate` (§0.1, §0.3, §4): who may
//! ask at all.
//!
//! Bad tokens and other roles are what intruders show; a good token that is refused within its life is anybody's case.
//! An answer that is not the backend's own judgement (5xx, 429, a portal's page) decides nothing.

use crate::exchanges::{ClientEvent, Exchange};
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::PerClient;
use fieldday_api::call::{Answer, Call};
use fieldday_api::defaults::TOKEN_FETCH_LIMIT;
use fieldday_api::error::ErrorCode;
use fieldday_api::names::Role;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::Rule;
use fieldday_api::token::{RoleClaim, TenantClaim, UserClaim};
use fieldday_history::event::{Cause, CredentialKind, EventKind, Probe};
use fieldday_kernel::time::Span;

use Rule::{
    AuthRoleGate as GATE, AuthRoleMap as MAP, AuthTenantClaim as TENANT, AuthTokenExpiry as EXPIRY,
    AuthTokenRequired as REQUIRED,
};

#[derive(Default)]
pub(crate) struct Auth {
    /// When each client fetched its last two tokens.
    fetched: PerClient<[Option<Span>; 2]>,
    /// When the last token was fetched of which an answer was seen.
    answered: PerClient<Option<Span>>,
}

/// What the backend itself said: the status, and the code of an error. None if it did not say.
pub(super) fn said(x: &Exchange<'_>) -> Option<(u16, Option<ErrorCode>)> {
    let response = x.response()?;
    match &response.answer {
        Answer::Error(body) if response.status < 500 && ![408, 425, 429].contains(&response.status) => {
            Some((response.status, Some(body.detail.error_code)))
        }
        Answer::Error(_) | Answer::Foreign(_) => None,
        _ => Some((response.status, None)),
    }
}

/// A status and the code of an error in a few words.
pub(super) fn said_words(status: u16, code: Option<ErrorCode>) -> String {
    code.map_or_else(|| status.to_string(), |code| format!("{status} {}", code.name()))
}

impl Judge for Auth {
    const RULES: &'static [Rule] = &[REQUIRED, EXPIRY, TENANT, MAP, GATE];
    const SENT: Ops = Ops::NONE;

    fn on_event(&mut self, t: &ClientEvent<'_>, _: &mut Notes) {
        if let EventKind::TokenRefreshed { .. } = t.what {
            let fetched = self.fetched.of(t.client.index);
            *fetched = [Some(t.at), fetched[0]];
        }
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, notes: &mut Notes) {
        if x.op.endpoint().roles.is_empty() {
            return;
        }
        let Some((status, code)) = said(x) else { return };
        let got = || said_words(status, code);
        match x.bearer {
            CredentialKind::None => notes
                .judge(Part::TokenMissing, x, status == 401, || format!("expected 401 without a token, got {}", got())),
            CredentialKind::Forged => {
                let holds = status == 401 && code == Some(ErrorCode::InvalidToken);
                notes.judge(Part::TokenForged, x, holds, || {
                    format!("expected 401 INVALID_TOKEN for a forged token, got {}", got())
                });
            }
            CredentialKind::Expired { ago } if *ago > notes.settings.leeway => {
                let holds = status == 401 && code == Some(ErrorCode::TokenExpired);
                notes.judge(Part::TokenExpired, x, holds, || {
                    format!("expected 401 TOKEN_EXPIRED for a token that expired {ago} before, got {}", got())
                });
            }
            CredentialKind::Expired { .. } => {}
            CredentialKind::WithoutTenant => {
                let holds = status == 401 && code == Some(ErrorCode::MissingTenantId);
                notes.judge(Part::TenantMissing, x, holds, || {
                    format!("expected 401 MISSING_TENANT_ID for a token that names no tenant, got {}", got())
                });
            }
            CredentialKind::Alias { tenant, user, role, role_name } => {
                // A token that says it as every token of the day does puts nothing to the test.
                let names = [tenant.as_str(), user.as_str(), role.as_str()].join(", ");
                let says = || format!("expected a token with the claims {names} to be accepted, got {}", got());
                let is_case = (*tenant, *user) != (TenantClaim::OrgId, UserClaim::Sub);
                notes.judge_if(is_case, Part::TenantAlias, x, status != 401, says);
                let says = || format!("expected the role {role_name} to be known, got {}", got());
                let is_usual = *role == RoleClaim::OrgRole && Role::ALL.iter().any(|role| role.claim() == role_name);
                notes.judge_if(!is_usual, Part::RoleAlias, x, status != 403, says);
            }
            CredentialKind::Own => self.own(x, status, code, notes),
        }
    }
}

impl Auth {
    fn own(&mut self, x: &Exchange<'_>, status: u16, code: Option<ErrorCode>, notes: &mut Notes) {
        if x.cause == Cause::Probe(Probe::Role) {
            let holds = status == 403 && code == Some(ErrorCode::RbacViolation);
            let part = if x.op.writes() { Part::GateWrite } else { Part::GateRead };
            return notes.judge(part, x, holds, || {
                format!(
                    "expected 403 RBAC_VIOLATION from {} for a role that it does not list, got {}",
                    x.op,
                    said_words(status, code)
                )
            });
        }
        let fetched = self.fetched.of(x.client.index).iter().flatten().find(|at| **at <= x.sent_at).copied();
        let is_fresh = |at: &Span| x.ended_at - *at + TOKEN_FETCH_LIMIT < notes.settings.token_life;
        if let Some(at) = fetched.filter(is_fresh) {
            let is_first = self.answered.of(x.client.index).replace(at) != Some(at);
            let says = || "expected a valid token to be accepted, it was refused with 401".to_owned();
            notes.judge_if(is_first, Part::TokenFresh, x, status != 401, says);
        }
        // A list of one's own: nobody but the role can be in the way.
        let own_list = match &**x.call {
            Call::ListAppointments(query) => query.rep_id.is_none(),
            Call::ListTasks(query) => query.assignee_id.is_none(),
            _ => false,
        };
        if own_list {
            notes.judge(Part::RoleUsual, x, status != 403, || {
                format!("expected the role of {} to be accepted, got 403", x.client.role)
            });
        }
    }
}
