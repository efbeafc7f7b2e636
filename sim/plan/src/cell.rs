//! A cell: its tenants, and what goes wrong with their backend.

use super::tenant::{self, TenantSite};
use super::{CONFORMANCE_CELL, CellPlan, DaySite, Plan, PlanDay, cell_name};
use super::{auditor, intruder};
use crate::keys::stream;
use fieldday_api::mishap::Mishap;
use fieldday_kernel::random::{join_keys, name_key};
use fieldday_kernel::time::{Span, Zone};

/// The reps of the conformance pass's tenants: as few as it needs.
const CONFORMANCE_REPS: [u32; 2] = [2, 1];

/// Makes a cell. `index` is its place in the plan, `number` its place in its day.
pub(super) fn make(plan: &Plan, index: u32, number: u32, day: &PlanDay) -> CellPlan {
    let tenants = plan.scenario.people.tenants_per_cell;
    let site = |j: u32| site(day, tenants, number, j).clone();
    let reps = |j: u32| reps_of(plan, number, j);
    let seats: Vec<_> = (0..tenants).map(|j| (site(j), reps(j))).collect();
    let mut cell = furnish(plan, index, day, &seats, plan.scenario.people.demo && number == 0);
    intruder::add(plan, &mut cell);
    let first_zone = seats.first().map(|(site, _)| site.zone.clone()).unwrap_or_else(Zone::utc);
    for mishap in plan.scenario.mishap.iter().filter(|_| !plan.removed.takes(&cell.name)) {
        cell.mishaps.extend(make_mishap(plan, &cell, mishap, &first_zone));
    }
    cell
}

/// Makes the cell of the conformance pass: nobody lives a day in it, and nothing goes wrong with its backend.
pub(super) fn for_conformance(plan: &Plan, day: &PlanDay, sites: &[DaySite; 2]) -> CellPlan {
    let seats: Vec<_> = sites.iter().cloned().zip(CONFORMANCE_REPS).collect();
    furnish(plan, CONFORMANCE_CELL, day, &seats, false)
}

/// Makes a cell of tenants at these sites, with so many reps each.
fn furnish(plan: &Plan, index: u32, day: &PlanDay, seats: &[(DaySite, u32)], demo: bool) -> CellPlan {
    let sites = || seats.iter().map(|(site, _)| site);
    let name = cell_name(index);
    let start = sites().map(DaySite::midnight).min().unwrap_or_default();
    let end = sites().map(DaySite::end).max().unwrap_or_default();
    let mut cell = CellPlan {
        seed: join_keys(plan.seed, name_key(&name)),
        date: sites().next().map_or(day.date, |site| site.date),
        index,
        start,
        end,
        tenants: Vec::new(),
        mishaps: Vec::new(),
        name,
    };
    if plan.removed.takes(&cell.name) {
        return cell;
    }
    for (j, (DaySite { territory, zone, date }, reps)) in (0..).zip(seats) {
        let site = TenantSite {
            name: format!("{}/tenant-{j}", cell.name),
            number: j,
            demo: demo && j == 0,
            reps: *reps,
            territory,
            zone,
            date: *date,
            ends: end,
        };
        if !plan.removed.takes(&site.name) {
            cell.tenants.push(tenant::make(plan, site));
        }
    }
    auditor::add(plan, &mut cell);
    cell
}

/// Where a tenant works: territories in turn over all tenants of the day.
pub(super) fn site(day: &PlanDay, tenants: u32, number: u32, tenant: u32) -> &DaySite {
    let turn = u64::from(number) * u64::from(tenants) + u64::from(tenant);
    &day.sites[(turn % day.sites.len() as u64) as usize]
}

/// How many reps a tenant of a cell has: cells fill one after the other, tenants of a cell evenly.
fn reps_of(plan: &Plan, cell: u32, tenant: u32) -> u32 {
    let tenants = u64::from(plan.scenario.people.tenants_per_cell);
    let full = u64::from(plan.scenario.reps_per_tenant()) * tenants;
    let here = plan.scenario.people.reps.saturating_sub(u64::from(cell) * full).min(full);
    (here / tenants) as u32 + u32::from(u64::from(tenant) < here % tenants)
}

fn make_mishap(plan: &Plan, cell: &CellPlan, mishap: &fieldday_scenario::Mishap, zone: &Zone) -> Option<Mishap> {
    let name = format!("{}/mishap/{}", cell.name, mishap.name);
    if plan.removed.takes(&name) {
        return None;
    }
    let tenant = match mishap.tenant {
        // A mishap of a tenant that was taken out has nobody to happen to.
        Some(number) => {
            let of = format!("{}/tenant-{number}", cell.name);
            Some(cell.tenants.iter().find(|t| t.name == of)?.data.id.clone())
        }
        None => None,
    };
    let later = stream(plan.seed, name_key(&name)).below(u64::from(mishap.jitter_minutes) * 60_000_000 + 1);
    let later = Span::micros(later as i64);
    Some(Mishap {
        kind: mishap.kind,
        figures: mishap.figures(),
        from: zone.at(cell.date, mishap.from) + later,
        until: zone.at(cell.date, mishap.until) + later,
        rate_ppm: mishap.rate_ppm,
        ops: mishap.ops.clone(),
        tenant,
        name,
    })
}
