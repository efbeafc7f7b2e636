//! Who takes part: two reps of one tenant, a rep of another, and their offices.

use fieldday_api::SmolStr;
use fieldday_api::names::Role;
use fieldday_history::event::{Client, ClientKind};
use fieldday_plan::TenantPlan;

/// One of the clients that take part in a pass.
#[derive(Clone, Debug)]
pub struct Part {
    /// Their tenant's place in the cell.
    pub tenant: usize,
    /// The key of their draws.
    pub key: u64,
    /// The client as the history introduces it.
    pub client: Client,
}

/// The places of the parts in what [`cast`] gives.
pub mod place {
    /// The rep whom most is about.
    pub const REP: usize = 0;
    /// Another rep of the same tenant.
    pub const OTHER: usize = 1;
    /// A rep of another tenant.
    pub const STRANGER: usize = 2;
    /// The office of the first tenant.
    pub const MANAGER: usize = 3;
    /// The CSR of the first tenant.
    pub const CSR: usize = 4;
}

/// The plan has no two reps of one tenant and one of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoCast;

/// Who takes part, in the order of [`place`]. There must be a tenant with two reps at least, and another with one.
pub fn cast(tenants: &[TenantPlan]) -> Result<Vec<Part>, NoCast> {
    let home = tenants.iter().position(|tenant| tenant.reps.len() >= 2).ok_or(NoCast)?;
    let away = (0..tenants.len()).find(|place| *place != home && !tenants[*place].reps.is_empty()).ok_or(NoCast)?;
    let rep = |tenant: usize, number: usize| {
        let plan = &tenants[tenant].reps[number];
        let client = Client {
            name: plan.name.as_str().into(),
            tenant: plan.tenant_id.clone(),
            user_id: plan.user_id.clone(),
            rep_id: Some(plan.rep_id.clone()),
            role: Role::SalesRep,
            kind: ClientKind::Conformer,
        };
        Part { tenant, key: plan.key, client }
    };
    let office = |tenant: usize, role: Role| {
        let (name, key, user_id) = desk(&tenants[tenant], role);
        let (org, kind) = (tenants[tenant].data.id.clone(), ClientKind::Conformer);
        Part { tenant, key, client: Client { name, tenant: org, user_id, rep_id: None, role, kind } }
    };
    Ok(vec![rep(home, 0), rep(home, 1), rep(away, 0), office(home, Role::Manager), office(home, Role::Csr)])
}

/// Somebody of the office: a desk of the plan, else any login of that role, else the role under a name of its own.
fn desk(tenant: &TenantPlan, role: Role) -> (SmolStr, u64, SmolStr) {
    if let Some(desk) = tenant.office.iter().find(|desk| desk.role == role) {
        return (desk.name.as_str().into(), desk.key, desk.user_id.clone());
    }
    if let Some(auditor) = tenant.auditor.iter().find(|_| role == Role::Manager) {
        return (auditor.name.as_str().into(), auditor.key, auditor.user_id.clone());
    }
    let name = SmolStr::from(format!("{}/conform/{role}", tenant.name));
    let key = fieldday_kernel::random::name_key(&name);
    let known = tenant.data.users.iter().find(|user| user.role == role).map(|user| user.user_id.clone());
    (name, key, known.unwrap_or_else(|| format!("user_{key:016x}").into()))
}
