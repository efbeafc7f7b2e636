//! Who plays which part: a plan's tenants, reps and office with the identities of a target's users.
//!
//! Names and keys of the plan stay what they are, and with them every draw: a rep's day is the same whoever plays it. What
//! is replaced are the ids that go over the wire. Without rotation, whoever is in the file under the id that the plan gave
//! keeps their part, so a target that was loaded with the plan's data is met by the plan's own people.

use super::ids::Ids;
use super::{Roster, RosterTenant, RosterUser};
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::names::Role;
use fieldday_kernel::random::{join_keys, name_key};
use fieldday_plan::{CellPlan, Plan, PlanError, TenantPlan};
use fieldday_scenario::Scenario;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// What became of a cell's parts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cast {
    /// Parts that nobody plays, since the file has nobody for them: office staff, auditors, intruders, by their names.
    pub left_out: Vec<String>,
}

/// Users that a plan needs and a file does not have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// The name of the tenant in the plan.
    pub tenant: String,
    /// The id of the tenant in the users' file.
    pub tenant_id: SmolStr,
    /// The role of which users are missing.
    pub role: Role,
    /// The number of users that the plan needs.
    pub wanted: usize,
    /// The number of users that the file has.
    pub there: usize,
}

/// A cell that cannot be cast.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CastError {
    /// The file has too few tenants.
    #[error("{part} has no tenant in the file of users, which has {there}; {wanted} are needed")]
    TooFewTenants {
        /// The name in the plan of the tenant for which there is none.
        part: String,
        /// How many tenants the plan has on a day.
        wanted: usize,
        /// The number of tenants that the file has.
        there: usize,
    },
    /// The file has too few users of a role.
    #[error("{}", shown(.0))]
    TooFewUsers(Vec<Missing>),
    /// Too few users have no part in the day.
    #[error(
        "the conformance pass needs two reps of one tenant and one of another who have no part in the day: the file of users has \
         {spare} to spare"
    )]
    NoSpareReps {
        /// How many reps there are beside the day's.
        spare: usize,
    },
}

/// Why a file of users has nobody for the conformance pass.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SpareError {
    /// The file has too few users for the day.
    #[error(transparent)]
    Cast(#[from] CastError),
    /// A zone that is none.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl CastError {
    /// What the user can do about it, in a sentence.
    pub fn hint(&self) -> String {
        match self {
            CastError::NoSpareReps { .. } => {
                "add users to the file, run fewer reps (--reps), or run without the pass (live.conform, --conform)".to_owned()
            }
            CastError::TooFewTenants { part, .. } => {
                format!(
                    "add tenants to the file, reduce people.tenants, or remove some from the plan: remove = [\"{part}\"]"
                )
            }
            CastError::TooFewUsers(_) => {
                "add users to the file, or reduce the plan: --reps, people.reps_per_tenant, office.reps_per_csr, office.reps_per_manager"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing { tenant, tenant_id, role, wanted, there } = self;
        write!(f, "{tenant} needs {wanted} {role}, tenant {tenant_id} of the file has {there}: ")?;
        write!(f, "{} missing", wanted.saturating_sub(*there))
    }
}
fn shown(missing: &[Missing]) -> String {
    missing.iter().map(Missing::to_string).collect::<Vec<_>>().join("; ")
}

impl Roster {
    /// The plan of a scenario with the file's tenants in the place of its own: each works by its own zone's clock, in a
    /// territory of that zone if there is one.
    pub fn plan(&self, scenario: Arc<Scenario>, seed: u64, turn: Option<u64>) -> Result<Plan, PlanError> {
        let seats = Seats::of(&scenario);
        let zone = |cell, tenant| self.tenant(&seats, cell, tenant, turn).map(|tenant| tenant.zone.as_str());
        Plan::in_zones(scenario.clone(), seed, zone)
    }

    /// Gives the parts of a cell of [`Roster::plan`] to users of the file. `turn` counts the runs where users rotate: each
    /// turn takes the next ones of an order that follows from the seed; none where they do not.
    ///
    /// Reps must all be played. A role of the office that the file has nobody for is left out, and so are intruders without
    /// a login to spare; an auditor without one shares a manager's. Where the file has no rep beside all these, intruders leave
    /// out what they would try on somebody else's shift: it would be that of a rep who works.
    pub fn cast(&self, plan: &Plan, cell: &mut CellPlan, turn: Option<u64>) -> Result<Cast, CastError> {
        let seats = Seats::of(plan.scenario());
        let (mut ids, mut cast, mut missing) = (Ids::default(), Cast::default(), Vec::new());
        let mut new_ids = Vec::new();
        for tenant in &mut cell.tenants {
            let number = tenant_number(&tenant.name);
            let Some(file) = self.tenant(&seats, cell.index, number, turn) else {
                let (part, wanted, there) = (tenant.name.clone(), seats.a_day as usize, self.tenants.len());
                return Err(CastError::TooFewTenants { part, wanted, there });
            };
            let mut parts = Parts { file, seed: plan.seed(), turn, taken: BTreeSet::new(), missing: Vec::new() };
            parts.play(tenant, &mut ids, &mut cast);
            missing.extend(parts.missing);
            new_ids.push((tenant.data.id.clone(), file.id.clone()));
        }
        if !missing.is_empty() {
            return Err(CastError::TooFewUsers(missing));
        }
        new_ids.into_iter().for_each(|(plan, file)| ids.put(plan, file));
        ids.rename(cell);
        Ok(cast)
    }

    /// The cell of the conformance pass, played by users of the file who are not among `taken`, the day's users. Managers and CSRs
    /// may be: the pass is over when the day begins.
    pub fn conformance_cell(&self, plan: &Plan, taken: &BTreeSet<SmolStr>) -> Result<CellPlan, SpareError> {
        let is_spare = |user: &&RosterUser| !taken.contains(&user.user_id);
        let spare = |tenant: &RosterTenant| tenant.users_of(Role::SalesRep).filter(is_spare).count();
        let home = self.tenants.iter().position(|tenant| spare(tenant) >= 2);
        let away = (0..self.tenants.len()).find(|place| Some(*place) != home && spare(&self.tenants[*place]) >= 1);
        let (Some(home), Some(away)) = (home, away) else {
            return Err(CastError::NoSpareReps { spare: self.tenants.iter().map(spare).sum() }.into());
        };
        let files = [&self.tenants[home], &self.tenants[away]];
        let mut cell = plan.conformance_cell_in(files.map(|tenant| tenant.zone.as_str()))?;
        let (mut ids, mut cast, mut new_ids) = (Ids::default(), Cast::default(), Vec::new());
        for (tenant, file) in cell.tenants.iter_mut().zip(files) {
            let taken =
                file.users_of(Role::SalesRep).filter(|user| !is_spare(user)).map(|user| &user.user_id).collect();
            let mut parts = Parts { file, seed: plan.seed(), turn: None, taken, missing: Vec::new() };
            parts.play(tenant, &mut ids, &mut cast);
            if !parts.missing.is_empty() {
                return Err(CastError::TooFewUsers(parts.missing).into());
            }
            new_ids.push((tenant.data.id.clone(), file.id.clone()));
        }
        new_ids.into_iter().for_each(|(plan, file)| ids.put(plan, file));
        ids.rename(&mut cell);
        Ok(cell)
    }

    fn tenant(&self, seats: &Seats, cell: u32, tenant: u32, turn: Option<u64>) -> Option<&RosterTenant> {
        let (there, seat) = (self.tenants.len(), seats.seat(cell, tenant, self.tenants.len()));
        let taken = seats.taken(there) as u64;
        // The next turn's tenants are those after this turn's.
        let shift = turn.map_or(0, |turn| (u128::from(turn) * u128::from(taken) % there.max(1) as u128) as usize);
        (seat < there).then(|| &self.tenants[(seat + shift) % there])
    }
}

/// How a plan's tenants are numbered.
struct Seats {
    a_day: u32,
    tenants_per_cell: u32,
    dates: u32,
}

impl Seats {
    fn of(scenario: &Scenario) -> Seats {
        let tenants_per_cell = scenario.people.tenants_per_cell;
        let a_day = scenario.cells_a_day() * tenants_per_cell;
        Seats { a_day, tenants_per_cell, dates: (scenario.day.dates.len() as u32).max(1) }
    }
    /// How many tenants of the file a run takes: one for each of the plan's on all dates if there are so many, else each date
    /// has the same ones.
    fn taken(&self, there: usize) -> usize {
        let all = self.a_day as usize * self.dates as usize;
        if there >= all { all } else { self.a_day as usize }
    }
    fn seat(&self, cell: u32, tenant: u32, there: usize) -> usize {
        let number = if self.taken(there) > self.a_day as usize { cell } else { cell / self.dates };
        number as usize * self.tenants_per_cell as usize + tenant as usize
    }
}

/// The number in the name of a tenant: 1 of `cell-0/tenant-1`.
fn tenant_number(name: &str) -> u32 {
    name.rsplit_once("tenant-").and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
}

/// A tenant's parts, while they are given away.
struct Parts<'a> {
    file: &'a RosterTenant,
    seed: u64,
    turn: Option<u64>,
    taken: BTreeSet<&'a SmolStr>,
    missing: Vec<Missing>,
}

impl<'a> Parts<'a> {
    fn play(&mut self, tenant: &mut TenantPlan, ids: &mut Ids, cast: &mut Cast) {
        let intruders = tenant.intruders.iter().map(|intruder| &intruder.user_id);
        let beside: BTreeSet<SmolStr> =
            intruders.chain(tenant.off_duty.iter().map(|rep| &rep.user_id)).cloned().collect();
        let users = tenant.data.users.iter();
        let reps: Vec<_> = users.filter(|u| u.role == Role::SalesRep && !beside.contains(&u.user_id)).collect();
        let wanted: Vec<&SmolStr> = reps.iter().map(|rep| &rep.user_id).collect();
        let players = self.players(Role::SalesRep, &wanted);
        self.must_have(&tenant.name, Role::SalesRep, wanted.len(), players.len());
        for (rep, player) in reps.iter().zip(&players) {
            ids.put(rep.user_id.clone(), player.user_id.clone());
            ids.put(rep.rep_id.clone().unwrap_or_default(), player.rep_id().clone());
        }
        let wanted: Vec<&SmolStr> = tenant.intruders.iter().map(|intruder| &intruder.user_id).collect();
        let players = self.players(Role::SalesRep, &wanted);
        for (intruder, player) in tenant.intruders.iter().zip(&players) {
            ids.put(intruder.user_id.clone(), player.user_id.clone());
            ids.put(intruder.rep_id.clone(), player.rep_id().clone());
        }
        cast.left_out.extend(tenant.intruders.drain(players.len()..).map(|intruder| intruder.name));
        self.off_duty(tenant, ids, cast);
        for role in [Role::Csr, Role::Manager] {
            self.office(role, tenant, ids, cast);
        }
        self.auditor(tenant, ids, cast);
        tenant.data.users.retain(|user| ids.has(&user.user_id));
    }

    /// Somebody whom the day leaves over has the day off. Without intruders nobody needs them.
    fn off_duty(&mut self, tenant: &mut TenantPlan, ids: &mut Ids, cast: &mut Cast) {
        let Some(rep) = tenant.off_duty.take().filter(|_| !tenant.intruders.is_empty()) else { return };
        if let Some(player) = self.players(Role::SalesRep, &[&rep.user_id]).first() {
            ids.put(rep.user_id.clone(), player.user_id.clone());
            ids.put(rep.rep_id.clone(), player.rep_id().clone());
            tenant.off_duty = Some(rep);
            return;
        }
        let is_theirs = |call: &Call| call.path_id() == Some(rep.rep_id.as_str());
        for intruder in &mut tenant.intruders {
            intruder.probes.retain(|probe| !probe.steps.iter().any(|step| is_theirs(&step.call)));
        }
        cast.left_out.push(rep.name);
    }

    fn office(&mut self, role: Role, tenant: &mut TenantPlan, ids: &mut Ids, cast: &mut Cast) {
        let staff: Vec<SmolStr> = tenant.office.iter().filter(|o| o.role == role).map(|o| o.user_id.clone()).collect();
        let players = self.players(role, &staff.iter().collect::<Vec<_>>());
        if players.is_empty() {
            let gone = tenant.office.extract_if(.., |office| office.role == role);
            cast.left_out.extend(gone.map(|office| office.name));
            return;
        }
        self.must_have(&tenant.name, role, staff.len(), players.len());
        for (office, player) in staff.iter().zip(&players) {
            ids.put(office.clone(), player.user_id.clone());
        }
    }

    fn auditor(&mut self, tenant: &mut TenantPlan, ids: &mut Ids, cast: &mut Cast) {
        let Some(auditor) = &tenant.auditor else { return };
        let player = self.players(Role::Manager, &[&auditor.user_id]).first().copied();
        match player.or_else(|| self.file.users_of(Role::Manager).next()) {
            Some(player) => ids.put(auditor.user_id.clone(), player.user_id.clone()),
            None => cast.left_out.extend(tenant.auditor.take().map(|auditor| auditor.name)),
        }
    }

    fn must_have(&mut self, tenant: &str, role: Role, wanted: usize, there: usize) {
        if there < wanted {
            let (tenant, tenant_id) = (tenant.to_owned(), self.file.id.clone());
            self.missing.push(Missing { tenant, tenant_id, role, wanted, there });
        }
    }

    /// Users for these parts, as many as there are, nobody twice.
    fn players(&mut self, role: Role, wanted: &[&SmolStr]) -> Vec<&'a RosterUser> {
        let free = |parts: &Self| -> Vec<&'a RosterUser> {
            parts.file.users_of(role).filter(|user| !parts.taken.contains(&user.user_id)).collect()
        };
        let mut players = vec![None; wanted.len()];
        if self.turn.is_none() {
            let themselves = free(self);
            for (player, part) in players.iter_mut().zip(wanted) {
                *player = themselves.iter().copied().find(|user| user.user_id == **part);
                self.taken.extend(player.map(|user| &user.user_id));
            }
        }
        let mut others = free(self);
        // A place in the order is one's own: a user more in the file moves nobody else by more than one.
        others.sort_by_key(|user| (join_keys(self.seed, name_key(&user.user_id)), &user.user_id));
        let shift = (u128::from(self.turn.unwrap_or(0)) * wanted.len() as u128) % others.len().max(1) as u128;
        others.rotate_left(shift as usize);
        let mut others = others.into_iter();
        let players: Vec<_> = players.into_iter().map_while(|player| player.or_else(|| others.next())).collect();
        self.taken.extend(players.iter().map(|user| &user.user_id));
        players
    }
}
