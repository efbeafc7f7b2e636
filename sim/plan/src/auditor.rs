//! Auditors: a manager's login that reads back each tenant's rows in rounds, the last one after everybody is done.

use super::{AuditorPlan, CellPlan, Plan};
use crate::keys::{id, part, stream};
use crate::people;
use fieldday_api::dataset::User;
use fieldday_api::names::Role;
use fieldday_kernel::random::name_key;
use fieldday_kernel::time::{Span, TimeOfDay};

/// The first round begins when most reps are on the road.
const FIRST: TimeOfDay = TimeOfDay::hm(12, 30);
/// The last one begins so long before the cell ends.
const LAST: Span = Span::minutes(75);
/// Each round begins up to so much later, so that the auditors of all tenants do not come at once.
const SPREAD: Span = Span::minutes(20);

/// Gives every tenant of the cell its auditor.
pub(super) fn add(plan: &Plan, cell: &mut CellPlan) {
    let (rounds, end) = (plan.scenario.proof.rounds, cell.end);
    for tenant in &mut cell.tenants {
        let name = format!("{}/auditor", tenant.name);
        if rounds == 0 || plan.removed.takes(&name) {
            continue;
        }
        let key = name_key(&name);
        let user_id = id("user_", key);
        let (email, login) = (people::email(b'a', key), "Auditor".into());
        tenant.data.users.push(User {
            user_id: user_id.clone(),
            rep_id: None,
            role: Role::Manager,
            name: login,
            email,
        });
        let date = tenant.date;
        let first = tenant.data.zone.at(date, FIRST);
        let last = end - LAST;
        let between = Span::micros(last.since(first).as_micros() / i64::from(rounds.max(2) - 1));
        let at = |round: u32| {
            if round + 1 == rounds { last } else { first + Span::micros(between.as_micros() * i64::from(round)) }
        };
        let named = (0..rounds).map(|round| {
            let name = part(&name, "round", round as usize + 1);
            let later = stream(plan.seed, name_key(&name)).range(0..SPREAD.as_micros());
            (name, at(round) + Span::micros(later))
        });
        let rounds = named.filter(|(name, _)| !plan.removed.takes(name)).collect();
        let reps = tenant.reps.iter().map(|rep| rep.rep_id.clone()).collect();
        tenant.auditor =
            Some(AuditorPlan { key, tenant_id: tenant.data.id.clone(), user_id, date, reps, rounds, name });
    }
}
