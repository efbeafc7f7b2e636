//! What a run on the wall clock lives: the plan, and its cells with the identities and rows that the target knows. The same
//! again when a rep of that run lives again.

use crate::failure::Failure;
use fieldday_folder::series::Ground;
use fieldday_kernel::time::{Span, Time};
use fieldday_live::run::{lasts, window};
use fieldday_world::plan::{CellPlan, Plan};
use fieldday_world::roster::Roster;
use fieldday_world::scenario::Scenario;
use std::fs;
use std::sync::Arc;

/// The scenario as settled, its plan, and its cells.
pub struct Stage {
    pub scenario: Arc<Scenario>,
    pub plan: Plan,
    pub cells: Vec<CellPlan>,
    /// Parts that nobody of the file of users plays.
    pub left_out: Vec<String>,
}

impl Stage {
    pub fn new(scenario: Arc<Scenario>, seed: u64, is_mock: bool) -> Result<Stage, Failure> {
        let data = &scenario.data;
        let roster = data.users.as_deref().filter(|_| !is_mock).map(roster).transpose()?;
        let day = scenario.day.dates.first();
        let turn = day.filter(|_| data.rotate).map(|date| u64::from(date.days().unsigned_abs()));
        let plan = match &roster {
            Some(roster) => roster.plan(scenario.clone(), seed, turn)?,
            None => Plan::new(scenario.clone(), seed)?,
        };
        let (mut cells, mut left_out) = (Vec::new(), Vec::new());
        for index in 0..plan.cells() {
            let mut cell = plan.cell(index);
            if let Some(roster) = &roster {
                left_out.extend(roster.cast(&plan, &mut cell, turn)?.left_out);
            }
            if data.found && !is_mock {
                cell.as_found(&scenario);
            }
            cells.push(cell);
        }
        Ok(Stage { plan, cells, left_out, scenario })
    }
    /// When the window opens, by the plan: what a mock's clock is to show then.
    pub fn opens(&self) -> Time {
        let first = self.cells.first().and_then(|cell| cell.tenants.first());
        first.map_or(self.plan.start(), |tenant| tenant.data.zone.at(tenant.date, window(&self.scenario).0))
    }
    /// What a map of the run is drawn on. The cells were given away to be lived, and are made once more.
    pub fn ground(&self, is_mock: bool, secret: Option<u64>) -> Ground<'_> {
        let again = Stage::new(self.scenario.clone(), self.plan.seed(), is_mock);
        // What could be made once can be made again, unless somebody took the file of users away: then it is the plan's.
        let cells = again.map_or_else(|_| Vec::new(), |stage| stage.cells);
        let cells = cells.into_iter().map(|cell| (cell.index, cell)).collect();
        Ground { plan: &self.plan, cells, speed: self.scenario.live.speed, secret }
    }
    pub fn reps(&self) -> u64 {
        self.cells.iter().flat_map(|cell| &cell.tenants).map(|tenant| tenant.reps.len() as u64).sum()
    }
    /// How many play beside them: at desks, as auditors, as intruders. Each does one thing after the other.
    pub fn others(&self) -> u64 {
        let live = &self.scenario.live;
        let of = |is_on: bool, many: usize| if is_on { many as u64 } else { 0 };
        let tenants = self.cells.iter().flat_map(|cell| &cell.tenants);
        let each = tenants.map(|tenant| {
            of(live.office, tenant.office.len())
                + of(live.auditors, tenant.auditor.iter().len())
                + of(live.intruders, tenant.intruders.len())
        });
        each.sum()
    }
    /// All tenants have the plan's date now, and still have it when the run ends.
    pub fn ends_before_midnight(&self, now: Time) -> Result<(), Failure> {
        let lasts = lasts(&self.scenario) + Span::seconds(i64::from(self.scenario.live.linger_s));
        for tenant in self.cells.iter().flat_map(|cell| &cell.tenants) {
            let (zone, date) = (&tenant.data.zone, tenant.date);
            if zone.date(now) != date || zone.date(now + lasts) != date {
                let (tenant, time) = (format!("{} ({})", tenant.name, zone.name), zone.time_of_day(now).to_string());
                let midnight =
                    (zone.date(now) == date).then(|| zone.midnight(date.plus_days(1)).since(now).as_seconds());
                let minutes = lasts.as_seconds() / 60;
                return Err(Failure::Midnight { tenant, time, minutes, midnight_min: midnight.map(|s| s / 60 + 1) });
            }
        }
        Ok(())
    }
}

fn roster(file: &str) -> Result<Roster, Failure> {
    let text = fs::read_to_string(file).map_err(|source| Failure::Unreadable { path: file.into(), source })?;
    Ok(Roster::parse(&text, file)?)
}
