//! Who calls, and what it may touch: token, tenant, role, then tenancy and ownership of each row (§0.1, §4).

use crate::Backend;
use crate::defects::BackendDefect;
use crate::heard::ParsedRequest;
use crate::refusal::Refusal;
use crate::state::{At, Kind};
use fieldday_api::SmolStr;
use fieldday_api::error::ErrorCode;
use fieldday_api::names::Role;
use fieldday_api::token::{Claims, Credential, TenantClaim};
use fieldday_kernel::time::{Span, Time};

/// The user and role that a verified token names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) tenant: u16,
    pub(crate) user_id: &'a SmolStr,
    /// Its row among the tenant's reps, if it is one.
    pub(crate) rep: Option<u32>,
    pub(crate) role: Role,
}

impl Caller<'_> {
    pub(crate) fn is_rep(&self) -> bool {
        self.role == Role::SalesRep
    }
}

/// Who a request without a token is taken for, by the defect that serves it.
static NOBODY: SmolStr = SmolStr::new_static("user_nobody");

/// By how much the clock of the defect that knows no leeway is behind the identity provider's.
const BEHIND: Span = Span::seconds(2);

const INVALID_TOKEN: Refusal = Refusal::new(ErrorCode::InvalidToken, "Invalid or missing token");

impl Backend {
    /// The caller, if its role may use the endpoint.
    pub(crate) fn caller<'a>(&self, at: Time, heard: &ParsedRequest<'a>) -> Result<Caller<'a>, Refusal> {
        let (tenant, user_id, rep, claims) = self.identify(at, heard.target.credential)?;
        let endpoint = heard.target.op.endpoint();
        if endpoint.optional && !self.config.optional_endpoints {
            return Err(Refusal::not_found("Not implemented"));
        }
        let claimed = claims.and_then(|claims| claims.role.as_deref());
        let role = match claimed {
            Some("org:sales_rep") if self.has(BackendDefect::RoleMapIncomplete) => None,
            Some(claimed) => Role::from_claim(claimed),
            None if claims.is_none() => Some(Role::Manager),
            None => None,
        };
        let role = role.ok_or(Refusal::forbidden("No role that this API knows"))?;
        if !endpoint.roles.contains(&role) && !self.has(BackendDefect::RoleGateSkipped) {
            return Err(Refusal::forbidden("Not allowed for this role"));
        }
        match heard.claims_tenant.as_ref().and_then(|id| self.ids.get(id)) {
            Some((Kind::Tenant, at)) if at.tenant != tenant && self.has(BackendDefect::TenantIdFromQuery) => {
                Ok(Caller { tenant: at.tenant, user_id, rep: None, role })
            }
            _ => Ok(Caller { tenant, user_id, rep, role }),
        }
    }

    /// The tenant, the user and its rep row, by the token alone; no claims where a defect serves without a token.
    #[allow(clippy::type_complexity)] // Taken apart by its one caller.
    fn identify<'a>(
        &self,
        at: Time,
        credential: &'a Credential,
    ) -> Result<(u16, &'a SmolStr, Option<u32>, Option<&'a Claims>), Refusal> {
        let claims = match credential {
            Credential::Token(claims) => claims,
            Credential::None if self.has(BackendDefect::MissingTokenServed) => return Ok((0, &NOBODY, None, None)),
            Credential::None | Credential::Invalid => return Err(INVALID_TOKEN),
        };
        if at.since(claims.expires_at) > self.config.leeway && !self.has(BackendDefect::ExpiryUnchecked) {
            return Err(Refusal::new(ErrorCode::TokenExpired, "Token has expired"));
        }
        if at.since(claims.issued_at) < BEHIND && self.has(BackendDefect::TokenNotYetValid) {
            return Err(INVALID_TOKEN);
        }
        let user_id = claims.user.as_ref();
        let user = user_id.and_then(|id| self.ids.get(id)).filter(|(kind, _)| *kind == Kind::User).map(|(_, at)| *at);
        let is_understood = claims.named_by.0 == TenantClaim::OrgId || !self.has(BackendDefect::OnlyOrgIdUnderstood);
        let Some(org) = claims.tenant.as_ref().filter(|_| is_understood) else {
            if !self.has(BackendDefect::MissingTenantDefaulted) {
                return Err(Refusal::new(ErrorCode::MissingTenantId, "The token names no tenant"));
            }
            let rep = user.filter(|at| at.tenant == 0).and_then(|at| self.tenants[0].users[at.row as usize].rep);
            return Ok((0, user_id.ok_or(INVALID_TOKEN)?, rep, Some(claims)));
        };
        let user_id = user_id.ok_or(INVALID_TOKEN)?;
        // The tenant is the token's: a user that is known elsewhere is unknown here.
        if let Some(at) = user
            && self.tenants[usize::from(at.tenant)].id == *org
        {
            let rep = self.tenants[usize::from(at.tenant)].users[at.row as usize].rep;
            return Ok((at.tenant, user_id, rep, Some(claims)));
        }
        match self.ids.get(org) {
            Some((Kind::Tenant, at)) => Ok((at.tenant, user_id, None, Some(claims))),
            _ => Err(INVALID_TOKEN),
        }
    }

    /// The row of that kind and id, if it is the caller's tenant's: 404 otherwise, for who may not see it may not know.
    pub(crate) fn find(&self, caller: &Caller<'_>, kind: Kind, id: &str) -> Result<At, Refusal> {
        match self.ids.get(id) {
            Some((k, at)) if *k == kind && (at.tenant == caller.tenant || self.has(BackendDefect::TenantLeakById)) => {
                Ok(*at)
            }
            _ => Err(not_found(kind, id)),
        }
    }

    /// 403 if the caller is a rep and the row is not its own.
    pub(crate) fn own(&self, caller: &Caller<'_>, at: At, rep: Option<u32>) -> Result<(), Refusal> {
        let own = !caller.is_rep() || (rep.is_some() && rep == caller.rep);
        if own || at.tenant != caller.tenant || self.has(BackendDefect::OwnershipSkipped) {
            return Ok(());
        }
        Err(Refusal::forbidden("Not yours"))
    }

    /// The rep that a rep id or a user id names (§5).
    pub(crate) fn find_rep(&self, caller: &Caller<'_>, id: &str) -> Result<At, Refusal> {
        let (kind, at) = *self.ids.get(id).ok_or_else(|| not_found(Kind::Rep, id))?;
        if at.tenant != caller.tenant && !self.has(BackendDefect::TenantLeakById) {
            return Err(not_found(Kind::Rep, id));
        }
        self.rep_at(kind, at).ok_or_else(|| not_found(Kind::Rep, id))
    }

    /// The rep that the id names, if it is the caller itself or the caller is no rep.
    pub(crate) fn own_rep(&self, caller: &Caller<'_>, id: &str) -> Result<At, Refusal> {
        let at = self.find_rep(caller, id)?;
        self.own(caller, at, Some(at.row))?;
        Ok(at)
    }

    /// The rep row behind a rep or a user.
    pub(crate) fn rep_at(&self, kind: Kind, at: At) -> Option<At> {
        match kind {
            Kind::Rep => Some(at),
            Kind::User => {
                let row = self.tenants[usize::from(at.tenant)].users[at.row as usize].rep?;
                Some(At { tenant: at.tenant, row })
            }
            _ => None,
        }
    }
}

fn not_found(kind: Kind, id: &str) -> Refusal {
    let (message, key) = match kind {
        Kind::Rep | Kind::User => ("Rep not found", "rep_id"),
        Kind::Contact => ("Contact not found", "contact_card_id"),
        Kind::Lead => ("Lead not found", "lead_id"),
        Kind::Appointment => ("Appointment not found", "appointment_id"),
        Kind::Task => ("Task not found", "task_id"),
        Kind::Session => ("Recording session not found", "session_id"),
        Kind::Tenant | Kind::Shift | Kind::Win | Kind::Message => ("Not found", "id"),
    };
    Refusal::not_found(message).about(key, id)
}
