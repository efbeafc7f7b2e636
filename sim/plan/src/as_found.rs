//! A cell whose target has rows of its own: what of the plan is left then.

use super::{CellPlan, EVENING, OfficeDeed};
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_scenario::Scenario;
use std::collections::BTreeSet;

impl CellPlan {
    /// Takes out of the cell whatever needs rows of the plan: they are not at the target, whose rows are used as they are
    /// found. Reps make the visits that the target's lists show, until the latest hour of the scenario; the office looks at
    /// reps' days, and intruders try what is aimed at nothing.
    pub fn as_found(&mut self, scenario: &Scenario) {
        let mut rows = BTreeSet::new();
        for tenant in &self.tenants {
            let data = &tenant.data;
            rows.extend(data.contacts.iter().map(|row| row.id.clone()));
            rows.extend(data.leads.iter().map(|row| row.id.clone()));
            rows.extend(data.appointments.iter().map(|row| row.id.clone()));
            rows.extend(data.tasks.iter().map(|row| row.task.id.clone()));
            rows.extend(data.sessions.iter().map(|row| row.id.clone()));
        }
        let end = self.end;
        for tenant in &mut self.tenants {
            for office in &mut tenant.office {
                office.actions.retain(|action| matches!(action.what, OfficeDeed::Look { .. }));
            }
            for intruder in &mut tenant.intruders {
                let needs_none = |call: &Call| !names_any(&rows, &format!("{call:?}"));
                intruder.probes.retain(|probe| probe.steps.iter().all(|step| needs_none(&step.call)));
            }
            let latest = tenant.data.zone.at(tenant.date, scenario.day.latest);
            for rep in &mut tenant.reps {
                rep.stops_work = rep.stops_work.max(latest);
                rep.lives_until = rep.lives_until.max(rep.stops_work + EVENING).min(end);
            }
            let data = &mut tenant.data;
            data.contacts.clear();
            data.leads.clear();
            data.appointments.clear();
            data.tasks.clear();
            data.sessions.clear();
            data.threads.clear();
            tenant.visits.clear();
            tenant.rows.clear();
        }
    }
}

/// Whether one of these ids is a word of the text.
fn names_any(ids: &BTreeSet<SmolStr>, text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| ids.contains(word))
}
